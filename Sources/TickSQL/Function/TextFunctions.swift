import TickColumns

/// Strings are bytes: positions and lengths count bytes, case is ASCII's.
extension FunctionTable {
  static let text: [ScalarFunction] = [
    ScalarFunction(
      "length", .text, arguments: "s", result: "UInt64", summary: "The number of bytes.",
      arity: 1...1, aliases: ["OCTET_LENGTH"], anyCase: true
    ) { (call) throws(SQLError) in
      if let lengths = arrayLengths(call, .uint64, { UInt64($0) }) { return lengths }
      try checkText(call, 0..<1)
      return .kernel(.uint64) { input in
        let strings = input.operands[0].strings
        return .column(.uint64, (0..<input.rows).map { UInt64(strings[$0].count) })
      }
    },
    ScalarFunction(
      "empty", .text, arguments: "s", result: "UInt8", summary: "1 where s has no bytes.",
      arity: 1...1
    ) { (call) throws(SQLError) in
      if let lengths = arrayLengths(call, .uint8, { $0 == 0 ? 1 : 0 as UInt8 }) { return lengths }
      try checkText(call, 0..<1)
      return .kernel(.uint8) { input in
        let strings = input.operands[0].strings
        return .column(.uint8, (0..<input.rows).map { strings[$0].isEmpty ? 1 : 0 as UInt8 })
      }
    },
    ScalarFunction(
      "notEmpty", .text, arguments: "s", result: "UInt8", summary: "1 where s has bytes.",
      arity: 1...1
    ) { (call) throws(SQLError) in
      if let lengths = arrayLengths(call, .uint8, { $0 == 0 ? 0 : 1 as UInt8 }) { return lengths }
      try checkText(call, 0..<1)
      return .kernel(.uint8) { input in
        let strings = input.operands[0].strings
        return .column(.uint8, (0..<input.rows).map { strings[$0].isEmpty ? 0 : 1 as UInt8 })
      }
    },
    mapped("lower", "ASCII letters in lower case.", ["lcase"]) { byte in
      byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    },
    mapped("upper", "ASCII letters in upper case.", ["ucase"]) { byte in
      byte >= 0x61 && byte <= 0x7A ? byte & 0xDF : byte
    },
    ScalarFunction(
      "concat", .text, arguments: "a, b, ...", result: "String",
      summary: "The arguments one after the other; what is not a string becomes its text.",
      arity: 1...Int.max, anyCase: true
    ) { (call) throws(SQLError) in
      if call.types.allSatisfy({ $0.arrayElement != nil }) {
        return .expression(
          try call.builder.call("arrayConcat", call.arguments, at: call.position))
      }
      var arguments: [BoundExpression] = []
      for (argument, type) in zip(call.arguments, call.types) {
        arguments.append(
          type == .string
            ? argument : try call.builder.call("toString", [argument], at: call.position))
      }
      return .kernel(.string, arguments: arguments) { input in
        let parts = input.operands.map(\.strings)
        var out = StringValues()
        var cell: [UInt8] = []
        for row in 0..<input.rows {
          cell.removeAll(keepingCapacity: true)
          for part in parts { cell += part[row] }
          out.append(cell)
        }
        return .column(Column(.string, .string(out)))
      }
    },
    ScalarFunction(
      "substring", .text, arguments: "s, from[, count]", result: "String",
      summary:
        "count bytes from position `from`, which counts from 1, or from the end where it is negative.",
      arity: 2...3, aliases: ["substr", "mid"], anyCase: true
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      for i in 1..<call.count where !call.types[i].isInteger {
        throw call.illegal(i, "an integer")
      }
      return .kernel(.string) { input in
        let strings = input.operands[0].strings
        let starts = input.operands[1].integers(Int64.self)
        let counts: Vector<Int64> =
          input.operands.count == 3 ? input.operands[2].integers(Int64.self) : .scalar(.max)
        var out = StringValues()
        for row in 0..<input.rows {
          let string = strings[row]
          let range = pieceRange(of: string.count, from: starts.element(row), counts.element(row))
          let base = string.startIndex
          out.append(string[base + range.lowerBound..<base + range.upperBound])
        }
        return .column(Column(.string, .string(out)))
      }
    },
    pattern(
      "like", "`s LIKE pattern`: `%` is any bytes, `_` one character, `\\` escapes.", false, false),
    pattern("notLike", "`s NOT LIKE pattern`.", false, true),
    pattern("ilike", "`s ILIKE pattern`: as LIKE without regard to ASCII case.", true, false),
    pattern("notILike", "`s NOT ILIKE pattern`.", true, true),
  ]

  static func checkText(_ call: FunctionBinding, _ range: Range<Int>) throws(SQLError) {
    for i in range where call.types[i] != .string { throw call.illegal(i, "String") }
  }

  private static func mapped(
    _ name: String, _ summary: String, _ aliases: [String],
    _ body: @escaping @Sendable (UInt8) -> UInt8
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "s", result: "String", summary: summary, arity: 1...1,
      aliases: aliases, anyCase: true
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      return .kernel(.string) { input in
        switch input.operands[0].strings {
        case .scalar(let bytes): return .constant(.bytes(bytes.map(body)), .string)
        case .array(let strings):
          let out = StringValues(offsets: strings.offsets, bytes: strings.bytes.map(body))
          return .column(Column(.string, .string(out)))
        }
      }
    }
  }

  // MARK: LIKE

  private static func pattern(
    _ name: String, _ summary: String, _ ignoresCase: Bool, _ isNegated: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "s, pattern", result: "UInt8", summary: summary, arity: 2...2
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      let match: UInt8 = isNegated ? 0 : 1
      if case .bytes(let bytes)? = call.constant(1) {
        let pattern = LikePattern(bytes[...], ignoresCase: ignoresCase)
        return .kernel(.uint8) { input in
          let strings = input.operands[0].strings
          return .column(
            .uint8, (0..<input.rows).map { pattern.matches(strings[$0]) ? match : 1 - match })
        }
      }
      return .kernel(.uint8) { input in
        let strings = input.operands[0].strings
        let patterns = input.operands[1].strings
        return .column(
          .uint8,
          (0..<input.rows).map { row in
            let pattern = LikePattern(patterns[row], ignoresCase: ignoresCase)
            return pattern.matches(strings[row]) ? match : 1 - match
          })
      }
    }
  }
}

extension Vector {
  @inline(__always)
  func element(_ row: Int) -> Element {
    switch self {
    case .array(let v): v[row]
    case .scalar(let x): x
    }
  }
}

/// A LIKE pattern, matched without backtracking over more than the last `%`: time is at most the product of
/// both lengths, whatever the pattern.
struct LikePattern: Sendable {
  private enum Token: Equatable {
    case byte(UInt8)
    /// `_`: one UTF-8 character, or one byte where the text is not UTF-8.
    case one
    /// `%`.
    case any
  }
  private let tokens: [Token]
  private let ignoresCase: Bool

  init(_ pattern: ArraySlice<UInt8>, ignoresCase: Bool) {
    self.ignoresCase = ignoresCase
    var tokens: [Token] = []
    var at = pattern.startIndex
    while at < pattern.endIndex {
      let byte = pattern[at]
      at += 1
      switch byte {
      case 0x25: if tokens.last != .any { tokens.append(.any) }
      case 0x5F: tokens.append(.one)
      case 0x5C where at < pattern.endIndex:
        let next = pattern[at]
        // A backslash before anything else stands for itself.
        if next == 0x25 || next == 0x5F || next == 0x5C {
          at += 1
          tokens.append(.byte(next))
        } else {
          tokens.append(.byte(byte))
        }
      default: tokens.append(.byte(LikePattern.folded(byte, ignoresCase)))
      }
    }
    self.tokens = tokens
  }

  private static func folded(_ byte: UInt8, _ ignoresCase: Bool) -> UInt8 {
    ignoresCase && byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  func matches(_ text: ArraySlice<UInt8>) -> Bool {
    var at = text.startIndex
    var token = 0
    var retryToken: Int?
    var retryAt = at
    while at < text.endIndex || token < tokens.count {
      if token < tokens.count {
        switch tokens[token] {
        case .any:
          token += 1
          retryToken = token
          retryAt = at
          continue
        case .byte(let byte):
          if at < text.endIndex, LikePattern.folded(text[at], ignoresCase) == byte {
            at += 1
            token += 1
            continue
          }
        case .one:
          if at < text.endIndex {
            at += LikePattern.characterLength(text, at)
            token += 1
            continue
          }
        }
      }
      guard let retry = retryToken, retryAt < text.endIndex else { return false }
      retryAt += 1
      at = retryAt
      token = retry
    }
    return true
  }

  private static func characterLength(_ text: ArraySlice<UInt8>, _ at: Int) -> Int {
    let lead = text[at]
    let length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    guard at + length <= text.endIndex else { return 1 }
    for i in 1..<max(length, 1) where text[at + i] & 0xC0 != 0x80 { return 1 }
    return length
  }
}
