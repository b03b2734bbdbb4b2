import TickColumns

/// SQL text in, syntax tree out.
///
/// A cursor over one token at a time, plus the rules of the grammar in the extensions: one file per kind of
/// statement, and the expressions apart. `sql/grammar.ebnf` holds the same rules for people.
///
/// Invariants:
/// 1. Any bytes give a statement or an `SQLError`; nothing traps, and the limits of `ParserLimits` hold.
/// 2. Expressions are parsed with an explicit stack, so only SELECTs, windows and transformers inside one another
///    recurse, at most `ParserLimits.subqueryDepthMax` deep.
/// 3. Nothing behind the VALUES or the FORMAT name of an INSERT is read: it is data.
/// 4. What ClickHouse has and the grammar lacks is refused by name (48), everything else is a syntax error (62).
///    What parses and does not act yet is refused by the binder.
public struct Parser {
  var lexer: Lexer
  /// The token that the next rule looks at.
  var token: Token
  /// Where the last token taken ends.
  var previousEnd = 0
  /// What the rules have looked for at `token`, for the message of a syntax error.
  private var expected: [String] = []
  /// Values of `{name:Type}`, as text.
  let parameters: [String: [UInt8]]
  /// Brackets open right now, over all nested SELECTs.
  var openBrackets = 0
  var openSelects = 0
  /// The SETTINGS of a statement that has no other place for them.
  var trailingSettings: [SettingAssignment] = []

  /// Parses one statement. A trailing `;` is fine, a second statement is not. `parameters` are the values of
  /// `{name:Type}`, as escaped text.
  public static func parse(
    _ text: [UInt8], parameters: [String: [UInt8]] = [:]
  ) throws(SQLError) -> Statement {
    var parser = try Parser(text, parameters)
    return try parser.wholeStatement()
  }

  /// Parses one statement.
  public static func parse(_ text: String) throws(SQLError) -> Statement {
    try parse(Array(text.utf8))
  }

  /// Parses one expression, for example the partition expression of a stored table.
  public static func parseExpression(_ text: [UInt8]) throws(SQLError) -> Expression {
    var parser = try Parser(text)
    var weight = Weight.leaf
    let expression = try parser.expression(&weight)
    guard parser.at(.end) else { throw parser.syntaxError() }
    return expression
  }

  /// Parses one expression.
  public static func parseExpression(_ text: String) throws(SQLError) -> Expression {
    try parseExpression(Array(text.utf8))
  }

  /// An expression that was kept as text, for a statement that uses it in this place.
  public static func parseExpression(
    _ text: String, at range: SourceRange
  ) throws(SQLError) -> Expression {
    try QueryRewriter(place: range).rewritten(try parseExpression(text))
  }

  private init(_ text: [UInt8], _ parameters: [String: [UInt8]] = [:]) throws(SQLError) {
    lexer = Lexer(text)
    self.parameters = parameters
    token = Token(kind: .end, start: 0, end: 0, keyword: nil)
    try advance()
  }
}

// MARK: The cursor

extension Parser {
  /// Takes the current token and reads the next one.
  mutating func advance() throws(SQLError) {
    previousEnd = token.end
    expected.removeAll(keepingCapacity: true)
    token = lexer.next()
    guard token.end <= ParserLimits.textBytesMax else {
      throw SQLError(
        .syntaxError,
        "Max query size exceeded: the text of a statement has at most "
          + "\(ParserLimits.textBytesMax) bytes, the data of an INSERT not counted",
        at: ParserLimits.textBytesMax)
    }
    switch token.kind {
    case .invalid: throw syntaxError(because: lexer.complaint)
    default: break
    }
  }

  /// The token behind the current one.
  func peek() -> Token {
    var probe = lexer
    return probe.next()
  }

  mutating func at(_ keyword: Keyword) -> Bool {
    if token.keyword == keyword { return true }
    note(keyword.rawValue)
    return false
  }

  mutating func at(_ kind: TokenKind) -> Bool {
    if token.kind == kind { return true }
    note(kind.sign)
    return false
  }

  mutating func accept(_ keyword: Keyword) throws(SQLError) -> Bool {
    guard at(keyword) else { return false }
    try advance()
    return true
  }

  mutating func accept(_ kind: TokenKind) throws(SQLError) -> Bool {
    guard at(kind) else { return false }
    try advance()
    return true
  }

  /// Takes both words or none.
  mutating func accept(_ first: Keyword, _ second: Keyword) throws(SQLError) -> Bool {
    guard token.keyword == first, peek().keyword == second else {
      note("\(first.rawValue) \(second.rawValue)")
      return false
    }
    try advance()
    try advance()
    return true
  }

  /// Takes one of two words.
  mutating func accept(_ first: Keyword, or second: Keyword) throws(SQLError) -> Bool {
    if try accept(first) { return true }
    return try accept(second)
  }

  mutating func expect(_ keyword: Keyword) throws(SQLError) {
    guard try accept(keyword) else { throw syntaxError() }
  }

  mutating func expect(_ kind: TokenKind) throws(SQLError) {
    guard try accept(kind) else { throw syntaxError() }
  }

  /// Adds to what a syntax error at this token would have expected.
  mutating func note(_ what: String) {
    if !expected.contains(what) { expected.append(what) }
  }

  /// The current token in capitals: a word that is no keyword of the grammar.
  var word: String { String(decoding: lexer.text[token.range], as: UTF8.self).uppercased() }

  /// Takes an identifier, bare, quoted or given as a parameter.
  mutating func identifier() throws(SQLError) -> String {
    if token.kind == .openBrace, atIdentifierParameter { return try identifierParameter() }
    guard token.kind == .word || token.kind == .quotedIdentifier else {
      note("identifier")
      throw syntaxError()
    }
    let name = try identifierText(token)
    try advance()
    return name
  }

  func identifierText(_ token: Token) throws(SQLError) -> String {
    let bytes = lexer.text[token.range]
    guard token.kind == .quotedIdentifier else { return String(decoding: bytes, as: UTF8.self) }
    guard let raw = unquoted(bytes), let name = String(validating: raw, as: UTF8.self) else {
      throw syntaxError(because: "Identifier is not UTF-8 text")
    }
    guard !name.isEmpty else { throw syntaxError(because: "Empty identifier") }
    return name
  }

  /// Takes a string literal.
  mutating func stringLiteral() throws(SQLError) -> [UInt8] {
    let bytes = lexer.text[token.range]
    let value: [UInt8]? =
      switch token.kind {
      case .string: unquoted(bytes)
      case .hexString: hexBytes(bytes)
      case .binaryString: binaryBytes(bytes)
      case .heredoc: heredocBytes(bytes)
      default: nil
      }
    guard let value else {
      note("string literal")
      throw syntaxError()
    }
    try advance()
    return value
  }

  /// Takes a string literal that must be text, a pattern or a name.
  mutating func textLiteral() throws(SQLError) -> String {
    let start = token.start
    guard let text = String(validating: try stringLiteral(), as: UTF8.self) else {
      throw SQLError(.syntaxError, "string literal is not UTF-8 text", at: start)
    }
    return text
  }

  /// `[database .] name`.
  mutating func qualifiedName() throws(SQLError) -> QualifiedName {
    let start = token.start
    let first = try identifier()
    guard try accept(.dot) else { return QualifiedName(name: first, range: start..<previousEnd) }
    let second = try identifier()
    return QualifiedName(database: first, name: second, range: start..<previousEnd)
  }
}

// MARK: Refusals

extension Parser {
  /// The construct exists in ClickHouse and not here.
  func unsupported(_ construct: String, at position: Int) -> SQLError {
    SQLError(.notImplemented, "\(construct) is not supported", at: position)
  }

  func unsupported(_ construct: String) -> SQLError { unsupported(construct, at: token.start) }

  /// A syntax error at the current token, in ClickHouse's words.
  func syntaxError(because reason: String? = nil, hint: String? = nil) -> SQLError {
    let place = SyntaxErrorPlace(text: lexer.text, token: token)
    var message = "Syntax error: \(place.description)"
    if let reason {
      message = "\(reason): \(message)"
    } else if let unmatched = place.unmatchedBrackets() {
      message += ". \(unmatched)"
    } else if expected.count == 1 {
      message += ". Expected \(expected[0])"
    } else if !expected.isEmpty {
      message += ". Expected one of: \(expected.joined(separator: ", "))"
    }
    return SQLError(.syntaxError, message, at: token.start, hint: hint)
  }

  func tooDeep() -> SQLError {
    SQLError(
      .tooDeepRecursion,
      "Maximum parse depth (\(ParserLimits.depthMax)) exceeded: brackets, calls or operators nest too deep",
      at: token.start)
  }

  func check(_ weight: Weight) throws(SQLError) {
    if weight.depth > ParserLimits.depthMax { throw tooDeep() }
    if weight.size > ParserLimits.elementsMax {
      throw SQLError(
        .tooBigAst, "AST is too big. Maximum: \(ParserLimits.elementsMax)", at: token.start)
    }
  }
}

/// How large a part of the tree is.
struct Weight {
  var depth: Int
  var size: Int

  static let leaf = Weight(depth: 1, size: 1)

  /// Adds a part that lies one level below.
  mutating func add(_ part: Weight) {
    depth = max(depth, part.depth + 1)
    size += part.size
  }
}
