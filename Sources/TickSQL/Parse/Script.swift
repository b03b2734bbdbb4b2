/// Cuts a text of several statements into its statements, as clients do before they send them one by one.
///
/// Invariants:
/// 1. Pieces come in order and never overlap; between them lie blanks, comments and `;` only.
/// 2. A `;` inside quotes, comments or the data of a format ends nothing. Whether a piece is right is not asked here.
/// 3. The data behind `INSERT ... FORMAT name` ends at an empty line or with the text, that of a binary format with the
///    text only; the rows behind VALUES end at a `;` as any other statement.

/// One statement of a script.
public struct ScriptPiece: Sendable, Hashable {
  /// What the statement inserts and does not ask for.
  public enum Rows: Sendable, Hashable {
    /// It is no INSERT of data.
    case none
    /// They stand in the text.
    case inText
    /// It says how they look, and they are not there.
    case elsewhere
  }
  /// The bytes of the statement, without what ends it and without blanks around it.
  public let range: Range<Int>
  /// Where to look for the next piece.
  public let next: Int
  /// False when the text ends before the statement does.
  public let isComplete: Bool
  /// True when it was ended by `\G`, which asks for a row per column.
  public let isVertical: Bool
  public let rows: Rows
}

public enum Script {
  /// The words of the grammar, for completion.
  public static var keywords: [String] { Keyword.allCases.map(\.rawValue) }

  /// The first statement at or behind a position; nil when there is none.
  public static func piece(in text: [UInt8], from start: Int) -> ScriptPiece? {
    var lexer = Lexer(text, from: start)
    var token = lexer.next()
    while token.kind == .semicolon { token = lexer.next() }
    guard token.kind != .end else { return nil }
    let first = token.start
    var head = InsertHead()
    var lastEnd = token.end
    while true {
      switch token.kind {
      case .end: return ended(text, first, lastEnd, next: text.count, false, head)
      case .semicolon: return ended(text, first, token.start, next: token.end, true, head)
      case .invalid where isVerticalMark(text, at: token.start):
        let end = token.start + 2
        let next = end < text.count && text[end] == UInt8(ascii: ";") ? end + 1 : end
        return ScriptPiece(
          range: trimmed(text, first..<token.start), next: next, isComplete: true,
          isVertical: true, rows: .none)
      default: break
      }
      lastEnd = token.end
      if head.take(token), let data = formatData(text, behind: token) {
        return ScriptPiece(
          range: data.isMissing ? trimmed(text, first..<data.end) : first..<data.end,
          next: data.next, isComplete: data.isClosed, isVertical: false,
          rows: data.isMissing ? .elsewhere : .inText)
      }
      token = lexer.next()
    }
  }

  /// The position of the quote that is open where the text ends; nil where none is.
  public static func openQuote(in text: [UInt8]) -> Int? {
    var lexer = Lexer(text)
    while true {
      let token = lexer.next()
      if token.kind == .end { return nil }
      let isQuote = token.kind == .invalid && token.end == text.count && token.start < text.count
      if isQuote, [0x27, 0x60, 0x22].contains(text[token.start]) { return token.start }
    }
  }

  /// True where the text ends inside quotes or a comment.
  public static func endsInsideText(_ text: [UInt8]) -> Bool {
    var lexer = Lexer(text)
    var last = lexer.next()
    while last.kind != .end {
      if last.kind == .invalid, last.end == text.count, lexer.complaint.hasSuffix("is not closed") {
        return true
      }
      last = lexer.next()
    }
    return false
  }

  private static func ended(
    _ text: [UInt8], _ first: Int, _ end: Int, next: Int, _ isComplete: Bool, _ head: InsertHead
  ) -> ScriptPiece {
    let rows: ScriptPiece.Rows =
      switch head.state {
      case .values(let offset):
        trimmed(text, offset..<end).isEmpty ? .elsewhere : .inText
      default: .none
      }
    return ScriptPiece(
      range: trimmed(text, first..<end), next: next, isComplete: isComplete, isVertical: false,
      rows: rows)
  }

  /// `\G`, and nothing that goes on.
  private static func isVerticalMark(_ text: [UInt8], at position: Int) -> Bool {
    guard text[position] == UInt8(ascii: "\\"), position + 1 < text.count,
      text[position + 1] == UInt8(ascii: "G")
    else { return false }
    return position + 2 == text.count || text[position + 2] <= 0x20
      || text[position + 2] == UInt8(ascii: ";")
  }

  private struct FormatData {
    var end: Int
    var next: Int
    var isClosed: Bool
    var isMissing: Bool
  }

  /// The data behind the name of a format; nil where a `;` stands instead, which the parser complains about.
  private static func formatData(_ text: [UInt8], behind name: Token) -> FormatData? {
    var at = name.end
    while at < text.count, [0x20, 0x09, 0x0C].contains(text[at]) { at += 1 }
    if at < text.count, text[at] == UInt8(ascii: ";") { return nil }
    if at < text.count, text[at] == 0x0D { at += 1 }
    if at < text.count, text[at] == 0x0A { at += 1 }
    let format = String(decoding: text[name.range], as: UTF8.self).lowercased()
    let isBinary = format.hasPrefix("rowbinary") || format == "native"
    var end = text.count
    var next = text.count
    var isClosed = false
    if !isBinary, let empty = emptyLine(text, from: at) {
      (end, next, isClosed) = (empty.lowerBound, empty.upperBound, true)
    }
    return FormatData(
      end: end, next: next, isClosed: isClosed, isMissing: trimmed(text, at..<end).isEmpty)
  }

  /// The first line without bytes, with its end.
  private static func emptyLine(_ text: [UInt8], from start: Int) -> Range<Int>? {
    var lineStart = start
    while lineStart < text.count {
      let isReturn = text[lineStart] == 0x0D
      let newline = isReturn ? lineStart + 1 : lineStart
      if newline < text.count, text[newline] == 0x0A { return lineStart..<newline + 1 }
      guard let end = text[lineStart...].firstIndex(of: 0x0A) else { return nil }
      lineStart = end + 1
    }
    return nil
  }

  private static func trimmed(_ text: [UInt8], _ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isBlank(text[start]) { start += 1 }
    while end > start, isBlank(text[end - 1]) { end -= 1 }
    return start..<end
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }
}

/// Follows the tokens of a statement to where the data of an INSERT begins.
private struct InsertHead {
  enum State: Equatable {
    case start
    case head
    /// The next word names a format.
    case format
    case values(offset: Int)
    /// No INSERT, or one of a query.
    case other
  }
  private(set) var state = State.start
  private var depth = 0

  /// True when the token is the name of the format whose data follows.
  mutating func take(_ token: Token) -> Bool {
    switch token.kind {
    case .openParenthesis: depth += 1
    case .closeParenthesis: depth -= 1
    default: break
    }
    switch state {
    case .start: state = token.keyword == .insert ? .head : .other
    case .head where depth == 0:
      switch token.keyword {
      case .values?: state = .values(offset: token.end)
      case .format?: state = .format
      case .select?, .with?: state = .other
      default: break
      }
    case .format:
      state = .other
      return token.kind == .word || token.kind == .quotedIdentifier
    case .head, .values, .other: break
    }
    return false
  }
}
