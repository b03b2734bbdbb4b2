/// Strings put together from parts.
import TickColumns

extension FunctionTable {
  static let textFormats: [ScalarFunction] = [
    ScalarFunction(
      "format", .text, arguments: "'pattern', a, ...", result: "String",
      summary:
        "The pattern with `{}` replaced by the arguments in order, or `{0}`, `{1}` by number; `{{` and `}}` are braces.",
      arity: 2...Int.max
    ) { (call) throws(SQLError) in
      guard case .bytes(let pattern)? = call.constant(0), call.types[0] == .string else {
        throw SQLError(
          .illegalColumn, "The first argument of function format must be a constant string",
          at: call.arguments[0].position ?? call.position)
      }
      let parts: [FormatPart]
      do throws(SQLError) {
        parts = try FormatPart.parts(of: pattern, arguments: call.count - 1)
      } catch {
        throw SQLError(error.code, error.message, at: call.arguments[0].position ?? call.position)
      }
      return .kernel(.string, arguments: try texts(call, from: 1)) { (input) throws(SQLError) in
        let strings = input.operands.dropFirst().map(\.strings)
        var out = TextBuilder(rows: input.rows)
        for row in 0..<input.rows {
          for part in parts {
            switch part {
            case .text(let bytes): try out.append(bytes)
            case .argument(let i): try out.append(strings[i][row])
            }
          }
          out.endRow()
        }
        return out.finish()
      }
    },
    joined("concatWithSeparator", ["concat_ws"]),
    joined("concatWithSeparatorAssumeInjective", []),
  ]

  /// The arguments, those from a place on as strings.
  static func texts(
    _ call: FunctionBinding, from start: Int
  ) throws(SQLError) -> [BoundExpression] {
    var out = Array(call.arguments[..<start])
    for i in start..<call.count {
      out.append(
        call.types[i] == .string
          ? call.arguments[i]
          : try call.builder.call("toString", [call.arguments[i]], at: call.position))
    }
    return out
  }

  private static func joined(_ name: String, _ aliases: [String]) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "'separator', a, ...", result: "String",
      summary: "The arguments one after the other, with the separator between them.",
      arity: 1...Int.max, aliases: aliases, aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      guard case .bytes(let separator)? = call.constant(0) else {
        throw SQLError(
          .illegalColumn, "The first argument of function \(name) must be a constant string",
          at: call.arguments[0].position ?? call.position)
      }
      if call.count == 1 { return .constant(.bytes([]), .string) }
      return .kernel(.string, arguments: try texts(call, from: 1)) { (input) throws(SQLError) in
        let strings = input.operands.dropFirst().map(\.strings)
        var out = TextBuilder(rows: input.rows)
        for row in 0..<input.rows {
          for (i, string) in strings.enumerated() {
            if i > 0 { try out.append(separator) }
            try out.append(string[row])
          }
          out.endRow()
        }
        return out.finish()
      }
    }
  }
}

/// A piece of a pattern of `format`.
private enum FormatPart: Sendable {
  case text([UInt8])
  case argument(Int)

  static func parts(of pattern: [UInt8], arguments: Int) throws(SQLError) -> [FormatPart] {
    var parts: [FormatPart] = []
    var text: [UInt8] = []
    var next = 0
    var isNumbered: Bool?
    var at = 0
    while at < pattern.count {
      let byte = pattern[at]
      let following = at + 1 < pattern.count ? pattern[at + 1] : nil
      if (byte == 0x7B || byte == 0x7D), following == byte {
        text.append(byte)
        at += 2
      } else if byte == 0x7B {
        guard let close = pattern[at...].firstIndex(of: 0x7D) else {
          throw SQLError(.badArguments, "Last open curly brace is not closed")
        }
        let inner = pattern[(at + 1)..<close]
        if (isNumbered ?? !inner.isEmpty) == inner.isEmpty {
          throw SQLError(
            .badArguments,
            "Cannot switch between automatic and manual numbers of fields in a pattern")
        }
        isNumbered = !inner.isEmpty
        let number = inner.isEmpty ? next : try number(inner)
        guard number < arguments else {
          throw SQLError(
            .badArguments, "Too big number for arguments, must be at most \(arguments - 1)")
        }
        next += 1
        if !text.isEmpty { parts.append(.text(text)) }
        text = []
        parts.append(.argument(number))
        at = close + 1
      } else if byte == 0x7D {
        throw SQLError(.badArguments, "Closed curly brace without open one")
      } else {
        text.append(byte)
        at += 1
      }
    }
    if !text.isEmpty { parts.append(.text(text)) }
    return parts
  }

  private static func number(_ digits: ArraySlice<UInt8>) throws(SQLError) -> Int {
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int(String(decoding: digits, as: UTF8.self))
    else { throw SQLError(.badArguments, "Not a number in curly braces") }
    return number
  }
}
