/// Where a syntax error is, said as ClickHouse says it: `failed at position 8 (FRM): FRM t`.
struct SyntaxErrorPlace: CustomStringConvertible {
  let text: [UInt8]
  let token: Token

  /// Bytes of the rest of the text that a message shows.
  static let excerptBytesMax = 60

  var description: String {
    "failed at position \(token.start + 1) (\(found))\(line): \(excerpt(from: token.start))"
  }

  private var found: String {
    if token.kind == .end { return "end of query" }
    let end = min(token.end, token.start + Self.excerptBytesMax)
    return String(decoding: text[token.start..<end], as: UTF8.self)
  }

  /// Line and column, where the text has more than one line.
  private var line: String {
    guard text.contains(0x0A) else { return "" }
    let before = text[..<token.start]
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let number = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    return " (line \(number), col \(token.start - lineStart + 1))"
  }

  private func excerpt(from start: Int) -> String {
    let end = min(text.count, start + Self.excerptBytesMax)
    return String(decoding: text[start..<end], as: UTF8.self)
  }

  /// What is wrong with the brackets up to the token, nil when nothing is. Only the text's end proves that a
  /// bracket is never closed.
  func unmatchedBrackets() -> String? {
    var open: [Token] = []
    var lexer = Lexer(text)
    while true {
      let next = lexer.next()
      guard next.start <= token.start, next.kind != .end, next.kind != .invalid else { break }
      switch next.kind {
      case .openParenthesis, .openBracket, .openBrace: open.append(next)
      case .closeParenthesis, .closeBracket, .closeBrace:
        let partner = open.popLast()
        guard let partner, partner.kind.closing == next.kind else {
          let place = "Unmatched parentheses: '\(next.kind.sign)' at position \(next.start + 1)"
          guard let partner else { return "\(place) has no matching opening bracket" }
          return "\(place) does not match '\(partner.kind.sign)' at position \(partner.start + 1)"
        }
      default: break
      }
    }
    guard token.kind == .end, !open.isEmpty else { return nil }
    let list = open.suffix(10).map { "'\($0.kind.sign)' at position \($0.start + 1)" }
    return "Unmatched parentheses: \(list.joined(separator: ", ")) "
      + (open.count == 1 ? "is never closed" : "are never closed")
  }
}

extension TokenKind {
  fileprivate var closing: TokenKind? {
    switch self {
    case .openParenthesis: .closeParenthesis
    case .openBracket: .closeBracket
    case .openBrace: .closeBrace
    default: nil
    }
  }
}
