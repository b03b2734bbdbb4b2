import TickColumns

/// Type names and codecs: text that another reader understands, kept in one spelling.

extension Parser {
  /// A type's name with its arguments, blanks and quotes normalised: `Enum8('a' = 1, 'b' = 2)`.
  mutating func typeName() throws(SQLError) -> (text: String, range: SourceRange) {
    guard token.kind == .word || token.kind == .quotedIdentifier else {
      note("data type")
      throw syntaxError()
    }
    let start = token.start
    var text = try identifier()
    // SQL's names of two words are one name in ClickHouse, in capitals.
    if at(.unsigned) || at(.signed) || at(.precision) {
      text = "\(text) \(token.keyword?.rawValue ?? "")".uppercased()
      try advance()
    }
    if token.kind == .openParenthesis { text += try bracketedText() }
    return (text, start..<previousEnd)
  }

  /// Everything from `(` to its `)`, in ClickHouse's spelling.
  mutating func bracketedText() throws(SQLError) -> String {
    var text = ""
    var depth = 0
    var previous = TokenKind.openParenthesis
    guard at(.openParenthesis) else { throw syntaxError() }
    repeat {
      switch token.kind {
      case .openParenthesis: depth += 1
      case .closeParenthesis: depth -= 1
      default: break
      }
      if depth > DataType.nestingMax { throw tooDeep() }
      text += try spelling(after: previous)
      previous = token.kind
      try advance()
    } while depth > 0
    return text
  }

  /// The current token as it stands in a normalised type name.
  private mutating func spelling(after previous: TokenKind) throws(SQLError) -> String {
    switch token.kind {
    case .word, .quotedIdentifier:
      let name = quotedIdentifierIfNeeded(try identifierText(token))
      // A tuple element's name, then its type.
      return previous == .word || previous == .quotedIdentifier ? " \(name)" : name
    case .number: return String(decoding: lexer.text[token.range], as: UTF8.self)
    case .string:
      guard let value = unquoted(lexer.text[token.range]) else { throw syntaxError() }
      return quotedLiteral(value)
    case .comma: return ", "
    case .equals: return " = "
    case .minus: return "-"
    case .openParenthesis: return "("
    case .closeParenthesis: return ")"
    default:
      note("data type argument")
      throw syntaxError()
    }
  }
}
