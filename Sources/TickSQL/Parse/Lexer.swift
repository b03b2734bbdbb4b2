/// Cuts text into tokens, one at a time: the data behind an INSERT is never looked at.
///
/// Invariants:
/// 1. Tokens come in order and never overlap; between them lie blanks and comments only.
/// 2. No byte is read outside the text, whatever it holds; text is bytes, not necessarily UTF-8.
/// 3. `end` is returned for ever once the text is used up.
struct Lexer {
  let text: [UInt8]
  /// Where the next token is looked for.
  private(set) var position = 0
  /// Why the last token was `invalid`.
  private(set) var complaint = ""
  private var previous = TokenKind.end

  init(_ text: [UInt8], from position: Int = 0) {
    self.text = text
    self.position = position
  }

  mutating func next() -> Token {
    let before = position
    guard skipBlanksAndComments() else {
      complaint = "Multiline comment is not closed"
      return finish(.invalid, from: position, to: text.count)
    }
    let start = position
    guard start < text.count else { return finish(.end, from: text.count, to: text.count) }
    let byte = text[start]
    if isDigit(byte) { return number(from: start) }
    if isWordStart(byte) { return word(from: start) }
    switch byte {
    case UInt8(ascii: "'"):
      return quoted(from: start, opening: start, as: .string, named: "Single quoted string")
    case UInt8(ascii: "`"):
      return quoted(from: start, opening: start, as: .quotedIdentifier, named: "Back quoted string")
    case UInt8(ascii: "\""):
      return quoted(
        from: start, opening: start, as: .quotedIdentifier, named: "Double quoted string")
    case UInt8(ascii: "."):
      if digitFollows(at: start + 1), !isTupleAccess(gap: start > before) {
        return number(from: start)
      }
      return finish(.dot, from: start, to: start + 1)
    case UInt8(ascii: "$"): return dollar(from: start)
    default: return sign(byte, from: start)
    }
  }

  // MARK: Blanks

  /// False when a comment is not closed; `position` is then its start.
  private mutating func skipBlanksAndComments() -> Bool {
    while position < text.count {
      let blank = blankLength(at: position)
      if blank > 0 {
        position += blank
      } else if startsLineComment {
        while position < text.count, text[position] != 0x0A { position += 1 }
      } else if text[position] == UInt8(ascii: "/"), byte(at: position + 1) == UInt8(ascii: "*") {
        guard let end = endOfComment(from: position + 2) else { return false }
        position = end
      } else {
        return true
      }
    }
    return true
  }

  /// `--`, `# ` and `#!` begin a comment that the line's end closes.
  private var startsLineComment: Bool {
    let next = byte(at: position + 1)
    return switch text[position] {
    case UInt8(ascii: "-"): next == UInt8(ascii: "-")
    case UInt8(ascii: "#"): next == UInt8(ascii: " ") || next == UInt8(ascii: "!")
    default: false
    }
  }

  private func endOfComment(from start: Int) -> Int? {
    var at = start
    while at + 1 < text.count {
      if text[at] == UInt8(ascii: "*"), text[at + 1] == UInt8(ascii: "/") { return at + 2 }
      at += 1
    }
    return nil
  }

  /// Length of the blank at a position, 0 when there is none. Copied text often holds Unicode's blanks.
  private func blankLength(at position: Int) -> Int {
    switch text[position] {
    case 0x20, 0x09...0x0D: return 1
    case 0xC2: return byte(at: position + 1) == 0xA0 ? 2 : 0
    case 0xE2:
      let second = byte(at: position + 1)
      let third = byte(at: position + 2) ?? 0
      if second == 0x80, (0x80...0x8F).contains(third) || [0xA8, 0xA9, 0xAF].contains(third) {
        return 3
      }
      return second == 0x81 && third == 0x9F ? 3 : 0
    case 0xE3: return byte(at: position + 1) == 0x80 && byte(at: position + 2) == 0x80 ? 3 : 0
    case 0xEF: return byte(at: position + 1) == 0xBB && byte(at: position + 2) == 0xBF ? 3 : 0
    default: return 0
    }
  }

  // MARK: Words and numbers

  private mutating func word(from start: Int) -> Token {
    var end = start + 1
    while end < text.count, isWord(text[end]) || text[end] == UInt8(ascii: "$") { end += 1 }
    if end == start + 1, byte(at: end) == UInt8(ascii: "'") {
      let letter = text[start] | 0x20
      if letter == UInt8(ascii: "x") {
        return quoted(from: start, opening: end, as: .hexString, named: "Single quoted string")
      }
      if letter == UInt8(ascii: "b") {
        return quoted(from: start, opening: end, as: .binaryString, named: "Single quoted string")
      }
    }
    return finish(.word, from: start, to: end)
  }

  /// After a name, a number or a closing bracket a dot asks for an element: `t.1` is no number.
  private func isTupleAccess(gap: Bool) -> Bool {
    switch previous {
    case .closeParenthesis, .closeBracket, .quotedIdentifier, .number: true
    // `SELECT .5` is a number: ClickHouse reads a tuple access there, which nothing can satisfy.
    case .word: !gap
    default: false
    }
  }

  /// Digits with single underscores between them; returns the end.
  private func digits(from start: Int, _ accepts: (UInt8) -> Bool) -> Int {
    var at = start
    while at < text.count {
      if accepts(text[at]) {
        at += 1
      } else if at > start, text[at] == UInt8(ascii: "_"), text[at - 1] != UInt8(ascii: "_"),
        let next = byte(at: at + 1), accepts(next)
      {
        at += 1
      } else {
        break
      }
    }
    return at
  }

  private mutating func number(from start: Int) -> Token {
    // The element of a tuple: `t.1.2` holds the numbers 1 and 2, not 1.2.
    if previous == .dot {
      return ended(number: start, at: digits(from: start, isDigit))
    }
    if text[start] == UInt8(ascii: "0"), let letter = byte(at: start + 1) {
      if letter | 0x20 == UInt8(ascii: "x"), let first = byte(at: start + 2), isHexDigit(first) {
        return ended(number: start, at: hexNumber(from: start + 2))
      }
      if letter | 0x20 == UInt8(ascii: "b"), let first = byte(at: start + 2), first | 1 == 0x31 {
        return ended(number: start, at: digits(from: start + 2) { $0 | 1 == 0x31 })
      }
    }
    var at = digits(from: start, isDigit)
    if byte(at: at) == UInt8(ascii: ".") { at = digits(from: at + 1, isDigit) }
    if let letter = byte(at: at), letter | 0x20 == UInt8(ascii: "e") {
      var exponent = at + 1
      if let sign = byte(at: exponent), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        exponent += 1
      }
      if digitFollows(at: exponent) { at = digits(from: exponent, isDigit) }
    }
    return ended(number: start, at: at)
  }

  private func hexNumber(from start: Int) -> Int {
    var at = digits(from: start, isHexDigit)
    if byte(at: at) == UInt8(ascii: "."), let first = byte(at: at + 1), isHexDigit(first) {
      at = digits(from: at + 1, isHexDigit)
    }
    if let letter = byte(at: at), letter | 0x20 == UInt8(ascii: "p") {
      var exponent = at + 1
      if let sign = byte(at: exponent), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        exponent += 1
      }
      if digitFollows(at: exponent) { at = digits(from: exponent, isDigit) }
    }
    return at
  }

  /// A number that runs into letters is an identifier, `1a`, unless it holds a sign: `1.5a` is nothing.
  private mutating func ended(number start: Int, at end: Int) -> Token {
    guard end < text.count, isWord(text[end]) else { return finish(.number, from: start, to: end) }
    var tail = end
    while tail < text.count, isWord(text[tail]) || text[tail] == UInt8(ascii: "$") { tail += 1 }
    if text[start..<end].allSatisfy(isWord) { return finish(.word, from: start, to: tail) }
    complaint = "Wrong number"
    return finish(.invalid, from: start, to: tail)
  }

  // MARK: Quotes and signs

  /// A quoted text: `\` escapes any byte, a doubled quote stands for itself.
  private mutating func quoted(
    from start: Int, opening: Int, as kind: TokenKind, named name: String
  ) -> Token {
    let quote = text[opening]
    var at = opening + 1
    while at < text.count {
      if text[at] == quote {
        if byte(at: at + 1) != quote { return finish(kind, from: start, to: at + 1) }
        at += 2
      } else if text[at] == UInt8(ascii: "\\") {
        at += 2
      } else {
        at += 1
      }
    }
    complaint = "\(name) is not closed"
    return finish(.invalid, from: start, to: text.count)
  }

  /// `$$text$$` and `$tag$text$tag$` hold their text as it is; a word may also begin with a dollar: `$1`.
  private mutating func dollar(from start: Int) -> Token {
    var end = start + 1
    while end < text.count, isWord(text[end]) { end += 1 }
    if byte(at: end) == UInt8(ascii: "$") {
      let tag = text[start...end]
      var at = end + 1
      while at + tag.count <= text.count {
        if text[at] == UInt8(ascii: "$"), text[at..<at + tag.count].elementsEqual(tag) {
          return finish(.heredoc, from: start, to: at + tag.count)
        }
        at += 1
      }
      complaint = "Heredoc string is not closed"
      return finish(.invalid, from: start, to: text.count)
    }
    if end > start + 1 { return finish(.word, from: start, to: end) }
    complaint = "Unrecognized token"
    return finish(.invalid, from: start, to: end)
  }

  private mutating func sign(_ byte: UInt8, from start: Int) -> Token {
    let next = self.byte(at: start + 1) ?? 0
    switch byte {
    case UInt8(ascii: "("): return finish(.openParenthesis, from: start, to: start + 1)
    case UInt8(ascii: ")"): return finish(.closeParenthesis, from: start, to: start + 1)
    case UInt8(ascii: "["): return finish(.openBracket, from: start, to: start + 1)
    case UInt8(ascii: "]"): return finish(.closeBracket, from: start, to: start + 1)
    case UInt8(ascii: "{"): return finish(.openBrace, from: start, to: start + 1)
    case UInt8(ascii: "}"): return finish(.closeBrace, from: start, to: start + 1)
    case UInt8(ascii: ","): return finish(.comma, from: start, to: start + 1)
    case UInt8(ascii: ";"): return finish(.semicolon, from: start, to: start + 1)
    case UInt8(ascii: "*"): return finish(.star, from: start, to: start + 1)
    case UInt8(ascii: "/"): return finish(.slash, from: start, to: start + 1)
    case UInt8(ascii: "%"): return finish(.percent, from: start, to: start + 1)
    case UInt8(ascii: "+"): return finish(.plus, from: start, to: start + 1)
    case UInt8(ascii: "-"):
      return next == UInt8(ascii: ">")
        ? finish(.arrow, from: start, to: start + 2) : finish(.minus, from: start, to: start + 1)
    case UInt8(ascii: "?"): return finish(.question, from: start, to: start + 1)
    case UInt8(ascii: ":"):
      return next == UInt8(ascii: ":")
        ? finish(.doubleColon, from: start, to: start + 2)
        : finish(.colon, from: start, to: start + 1)
    case UInt8(ascii: "="):
      return finish(.equals, from: start, to: start + (next == UInt8(ascii: "=") ? 2 : 1))
    case UInt8(ascii: "!"):
      if next == UInt8(ascii: "=") { return finish(.notEquals, from: start, to: start + 2) }
      if next == UInt8(ascii: "~") { return finish(.notMatches, from: start, to: start + 2) }
      complaint = "Exclamation mark can only occur in != operator"
      return finish(.invalid, from: start, to: start + 1)
    case UInt8(ascii: "<"):
      if next == UInt8(ascii: "=") {
        return self.byte(at: start + 2) == UInt8(ascii: ">")
          ? finish(.nullSafeEquals, from: start, to: start + 3)
          : finish(.lessOrEquals, from: start, to: start + 2)
      }
      return next == UInt8(ascii: ">")
        ? finish(.notEquals, from: start, to: start + 2) : finish(.less, from: start, to: start + 1)
    case UInt8(ascii: ">"):
      return next == UInt8(ascii: "=")
        ? finish(.greaterOrEquals, from: start, to: start + 2)
        : finish(.greater, from: start, to: start + 1)
    case UInt8(ascii: "|"):
      if next == UInt8(ascii: "|") { return finish(.concat, from: start, to: start + 2) }
      complaint = "Pipe symbol could only occur in || operator"
      return finish(.invalid, from: start, to: start + 1)
    case UInt8(ascii: "~"): return finish(.matches, from: start, to: start + 1)
    default:
      complaint = "Unrecognized token"
      var end = start + 1
      // A whole run of bytes beyond ASCII is shown, not the first byte of a character.
      while end < text.count, byte >= 0x80, text[end] >= 0x80 { end += 1 }
      return finish(.invalid, from: start, to: end)
    }
  }

  // MARK: Bytes

  private mutating func finish(_ kind: TokenKind, from start: Int, to end: Int) -> Token {
    position = end
    previous = kind
    guard kind == .word, end - start <= Keyword.lengthMax else {
      return Token(kind: kind, start: start, end: end, keyword: nil)
    }
    let upper = text[start..<end].map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 }
    let keyword = Keyword.lookup[String(decoding: upper, as: UTF8.self)]
    return Token(kind: kind, start: start, end: end, keyword: keyword)
  }

  private func byte(at position: Int) -> UInt8? { position < text.count ? text[position] : nil }

  private func digitFollows(at position: Int) -> Bool {
    byte(at: position).map(isDigit) ?? false
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

private func isHexDigit(_ byte: UInt8) -> Bool {
  isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
}

private func isWordStart(_ byte: UInt8) -> Bool {
  (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
}

private func isWord(_ byte: UInt8) -> Bool { isWordStart(byte) || isDigit(byte) }
