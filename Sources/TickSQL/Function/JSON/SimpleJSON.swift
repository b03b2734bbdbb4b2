/// simpleJSON, also called visitParam: the first `"name":` of a text, at whatever depth and without a look at the rest,
/// so it is fast, and right only for JSON that is written without blanks.
import TickColumns
import TickFormats

extension FunctionTable {
  static let simpleJSON: [ScalarFunction] = [
    simple("simpleJSONHas", "visitParamHas", .uint8, "1 where there is such a field.") { _ in
      1 as UInt8
    },
    simple("simpleJSONExtractUInt", "visitParamExtractUInt", .uint64, "The number, or 0.") {
      number($0, UInt64.self)
    },
    simple("simpleJSONExtractInt", "visitParamExtractInt", .int64, "The number, or 0.") {
      number($0, Int64.self)
    },
    simple("simpleJSONExtractFloat", "visitParamExtractFloat", .float64, "The number, or 0.") {
      real($0)
    },
    simple("simpleJSONExtractBool", "visitParamExtractBool", .uint8, "1 for true.") {
      $0.starts(with: "true".utf8) ? 1 : 0 as UInt8
    },
    simpleText(
      "simpleJSONExtractRaw", "visitParamExtractRaw", "The value as it is written, or ''."
    ) { raw($0) },
    simpleText(
      "simpleJSONExtractString", "visitParamExtractString", "The string without its quotes, or ''."
    ) { string($0) },
  ]

  /// What stands behind `"name":`, or nil.
  private static func field(
    _ name: [UInt8], in text: ArraySlice<UInt8>
  ) -> ArraySlice<UInt8>? {
    find(name[...], in: text).map { text[(text.startIndex + $0 + name.count)...] }
  }

  private static func fieldName(_ call: FunctionBinding) throws(SQLError) -> [UInt8] {
    try checkText(call, 0..<2)
    guard case .bytes(let name)? = call.constant(1) else {
      throw SQLError(
        .illegalColumn, "Argument 2 of function \(call.name), the field, must be constant",
        at: call.arguments[1].position ?? call.position)
    }
    return [0x22] + name + [0x22, 0x3A]
  }

  private static func simple<T: ColumnElement & ExpressibleByIntegerLiteral>(
    _ name: String, _ alias: String, _ type: DataType, _ summary: String,
    _ value: @escaping @Sendable (ArraySlice<UInt8>) -> T
  ) -> ScalarFunction {
    ScalarFunction(
      name, .json, arguments: "json, 'field'", result: type.description,
      summary: "\(summary) Of the first such field at any depth.", arity: 2...2, aliases: [alias]
    ) { (call) throws(SQLError) in
      let field = try fieldName(call)
      return .kernel(type) { input in
        let texts = input.operands[0].strings
        var out = [T](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          if let rest = self.field(field, in: texts[row]) { out[row] = value(rest) }
        }
        return .column(type, out)
      }
    }
  }

  private static func simpleText(
    _ name: String, _ alias: String, _ summary: String,
    _ value: @escaping @Sendable (ArraySlice<UInt8>) -> ArraySlice<UInt8>
  ) -> ScalarFunction {
    ScalarFunction(
      name, .json, arguments: "json, 'field'", result: "String",
      summary: "\(summary) Of the first such field at any depth.", arity: 2...2, aliases: [alias]
    ) { (call) throws(SQLError) in
      let field = try fieldName(call)
      return textResult { (input, out) throws(SQLError) in
        let texts = input.operands[0].strings
        for row in 0..<input.rows {
          if let rest = self.field(field, in: texts[row]) { try out.append(value(rest)) }
          out.endRow()
        }
      }
    }
  }

  // MARK: Values

  private static func withoutQuote(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    text.first == 0x22 ? text.dropFirst() : text
  }

  /// The digits in front; 0 where they do not fit.
  private static func number<T: FixedWidthInteger>(
    _ text: ArraySlice<UInt8>, _ type: T.Type
  ) -> T {
    let text = withoutQuote(text)
    let isSigned = text.first == 0x2D || text.first == 0x2B
    let digits = text.dropFirst(isSigned ? 1 : 0).prefix { (0x30...0x39).contains($0) }
    let number = (isSigned ? text.prefix(1) : []) + digits
    return T(String(decoding: number, as: UTF8.self)) ?? 0
  }

  private static func real(_ text: ArraySlice<UInt8>) -> Double {
    let signs = Set("+-.eE0123456789".utf8)
    let number = withoutQuote(text).prefix { signs.contains($0) }
    guard case .float(let value)? = try? parseText(number, as: .float64, style: .raw) else {
      return 0
    }
    return value
  }

  /// Up to the comma or bracket that ends the value; '' where the text ends first.
  private static func raw(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var depth = 0
    var isInString = false
    var at = text.startIndex
    while at < text.endIndex {
      switch text[at] {
      case 0x5C where isInString: at += 1
      case 0x22: isInString.toggle()
      case _ where isInString: break
      case 0x7B, 0x5B: depth += 1
      case 0x7D, 0x5D:
        if depth == 0 { return text[..<at] }
        depth -= 1
      case 0x2C where depth == 0: return text[..<at]
      default: break
      }
      at += 1
    }
    return []
  }

  private static func string(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard text.first == 0x22 else { return [] }
    var end = text.startIndex + 1
    while end < text.endIndex, text[end] != 0x22 { end += text[end] == 0x5C ? 2 : 1 }
    guard end < text.endIndex else { return [] }
    var tape = JSONTape()
    guard tape.read(text[text.startIndex...end]) else { return [] }
    return tape.string(JSONTape.root)[...]
  }
}
