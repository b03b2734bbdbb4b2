import TickColumns
import TickFormats

/// Query parameters: `{name:Type}` stands for a value that came beside the text, `{name:Identifier}` for a name.
///
/// The value is text in the escaped form of TabSeparated, so it can never be read as SQL.

extension Parser {
  /// At `{`: true for `{name:Identifier}`.
  var atIdentifierParameter: Bool {
    var probe = lexer
    _ = probe.next()
    guard probe.next().kind == .colon else { return false }
    let type = probe.next()
    return String(decoding: lexer.text[type.range], as: UTF8.self) == "Identifier"
  }

  /// `{name:Identifier}` as the name that it stands for.
  mutating func identifierParameter() throws(SQLError) -> String {
    let start = token.start
    try expect(.openBrace)
    let name = try identifier()
    try expect(.colon)
    guard try identifier() == "Identifier" else {
      throw SQLError(
        .syntaxError, "Syntax error: only {name:Identifier} may stand for a name", at: start)
    }
    try expect(.closeBrace)
    let bytes = try parameterValue(name, at: start)
    guard let bytes, let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else {
      throw SQLError(
        .badQueryParameter, "Value of query parameter '\(name)' is no identifier", at: start)
    }
    return text
  }

  /// `{name:Type}` as the value that it stands for, cast to the type.
  mutating func parameter(_ stack: inout ExpressionStack) throws(SQLError) {
    let start = token.start
    try expect(.openBrace)
    let name = try identifier()
    try expect(.colon)
    let type = try typeName()
    try expect(.closeBrace)
    let value = try parameterValue(name, at: start)
    let range = start..<previousEnd
    let literal = Self.literal(value)
    if type.text == "String", case .some(let bytes) = value {
      stack.push(.literal(.string(bytes)), range)
      return
    }
    let operands = [
      Operand(expression: Expression(.literal(literal), range: range), weight: .leaf),
      Operand(
        expression: Expression(.literal(.string(Array(type.text.utf8))), range: type.range),
        weight: .leaf),
    ]
    try push(Self.parameterCast, operands, range, range, on: &stack)
  }

  /// What ClickHouse calls the cast of a parameter.
  static let parameterCast = "_CAST"

  /// Nil for NULL.
  private func parameterValue(_ name: String, at place: Int) throws(SQLError) -> [UInt8]? {
    guard let raw = parameters[name] else {
      throw SQLError(
        .unknownQueryParameter, "Substitution `\(name)` is not set", at: place,
        hint: nearestName(name, among: parameters.keys.sorted()).map { "Did you mean \($0)?" })
    }
    if raw == Array("\\N".utf8) { return nil }
    // The escapes of TabSeparated are those of a string literal.
    guard raw.contains(UInt8(ascii: "\\")) else { return raw }
    guard let value = unquoted([0] + raw + [0]) else {
      throw SQLError(
        .badQueryParameter, "Value of query parameter '\(name)' holds a wrong escape", at: place)
    }
    return value
  }

  /// A number where the text is one, so that columns are named as ClickHouse names them.
  private static func literal(_ value: [UInt8]?) -> Literal {
    guard let value else { return .null }
    let digits = value.first == UInt8(ascii: "-") ? value[1...] : value[...]
    let isNumber =
      !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
      && digits.count < 20
    guard isNumber,
      let number = numberLiteral(digits, isNegative: digits.startIndex > 0)
    else { return .string(value) }
    return number
  }
}
