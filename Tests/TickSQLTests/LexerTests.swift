import TickColumns
import Testing

@testable import TickSQL

@Suite struct LexerTests {
  private func kinds(_ text: String) -> [TokenKind] {
    var lexer = Lexer(Array(text.utf8))
    var kinds: [TokenKind] = []
    while true {
      let token = lexer.next()
      if token.kind == .end || token.kind == .invalid { return kinds + [token.kind] }
      kinds.append(token.kind)
    }
  }

  private func literal(_ text: String) throws -> Literal? {
    guard case .literal(let literal) = try Parser.parseExpression(text).kind else { return nil }
    return literal
  }

  @Test("signs are cut greedily")
  func signs() {
    #expect(
      kinds(":: : ? -> - || <=> <= <> < >= > == = != ") == [
        .doubleColon, .colon, .question, .arrow, .minus, .concat, .nullSafeEquals, .lessOrEquals,
        .notEquals, .less, .greaterOrEquals, .greater, .equals, .equals, .notEquals, .end,
      ])
    #expect(kinds("a-b->c") == [.word, .minus, .word, .arrow, .word, .end])
  }

  @Test(
    "comments and every kind of blank separate tokens",
    arguments: [
      "a -- x\n b", "a --x\nb", "a # x\nb", "a #! x\nb", "a /* x * / ** */ b", "a\u{A0}b",
      "a\u{3000}b", "\u{FEFF}a\u{2003}b", "a\t\r\n\u{0B}\u{0C}b", "a/**/b", "a b--",
    ])
  func comments(text: String) {
    #expect(kinds(text) == [.word, .word, .end])
  }

  @Test(
    "what is not closed or not a token is invalid",
    arguments: [
      "'abc", "`abc", "\"abc", "/* abc", "'abc\\'", "'a''", "!", "|", "&", "1.5abc", "#x", "\u{E9}",
      "\u{0}", "$", "x'41",
    ])
  func invalid(text: String) {
    #expect(kinds(text).last == .invalid)
  }

  @Test("numbers of every form")
  func numbers() throws {
    #expect(try literal("0") == .unsigned(0))
    #expect(try literal("00012") == .unsigned(12))
    #expect(try literal("1_000_000") == .unsigned(1_000_000))
    #expect(try literal("0x1F") == .unsigned(31))
    #expect(try literal("0XfF") == .unsigned(255))
    #expect(try literal("0b101") == .unsigned(5))
    #expect(try literal("18446744073709551615") == .unsigned(.max))
    #expect(try literal("18446744073709551616") == .float(18_446_744_073_709_551_616))
    #expect(try literal("0xFFFFFFFFFFFFFFFF") == .unsigned(.max))
    #expect(try literal("-9223372036854775808") == .negative(.min))
    #expect(try literal("-9223372036854775809") == .float(-9_223_372_036_854_775_808))
    #expect(try literal("-0") == .unsigned(0))
    #expect(try literal("- 1") == .negative(-1))
    #expect(try literal("1.") == .float(1))
    #expect(try literal(".5") == .float(0.5))
    #expect(try literal("1.e3") == .float(1_000))
    #expect(try literal("1e3") == .float(1_000))
    #expect(try literal("1.5E-3") == .float(0.0015))
    #expect(try literal("0x1p3") == .float(8))
    #expect(try literal("0x1.8p1") == .float(3))
    #expect(try literal("1e-400") == .float(0))
    #expect(try literal("1.7976931348623157e308") == .float(.greatestFiniteMagnitude))
    #expect(try literal("inf") == .float(.infinity))
    #expect(parseError("SELECT 1e400")?.code == .syntaxError)
    #expect(parseError("SELECT 1.7976931348623159e308")?.code == .syntaxError)
  }

  @Test("digits that run into letters are an identifier, as ClickHouse has it")
  func wordsWithDigits() throws {
    for text in ["1a", "12abc", "0xg", "1__0", "1_", "_1", "0b2", "$1", "a$b"] {
      guard case .identifier(let parts) = try Parser.parseExpression(text).kind else {
        Issue.record("\(text) is no identifier")
        continue
      }
      #expect(parts == [text])
    }
  }

  @Test("a dot after a name or a bracket asks for an element, elsewhere it begins a number")
  func dots() throws {
    #expect(try calls("t.1") == "tupleElement(t, 1)")
    #expect(try calls("t.1.2") == "tupleElement(tupleElement(t, 1), 2)")
    #expect(try calls("(a, b).1") == "tupleElement(tuple(a, b), 1)")
    #expect(try calls("1.2.3") == "tupleElement(1.2, 3)")
    #expect(try calls("1+.5") == "plus(1, 0.5)")
    #expect(try calls("f(x).name") == "tupleElement(f(x), 'name')")
    #expect(parseError("SELECT .5") == nil)
  }

  @Test("strings resolve escapes as ClickHouse does")
  func strings() throws {
    func bytes(_ text: String) throws -> [UInt8]? {
      guard case .string(let bytes)? = try literal(text) else { return nil }
      return bytes
    }
    #expect(try bytes("'it''s'") == Array("it's".utf8))
    #expect(try bytes(#"'it\'s'"#) == Array("it's".utf8))
    #expect(try bytes(#"'\x41\n\t\\\0'"#) == [0x41, 0x0A, 0x09, 0x5C, 0x00])
    #expect(try bytes(#"'\a\b\e\f\v\r\/'"#) == [0x07, 0x08, 0x1B, 0x0C, 0x0B, 0x0D, 0x2F])
    #expect(try bytes(#"'a\Nb'"#) == Array("ab".utf8))
    #expect(try bytes(#"'\q\%\_'"#) == Array(#"\q\%\_"#.utf8))
    #expect(try bytes("x'4142'") == Array("AB".utf8))
    #expect(try bytes("X'1'") == [0x01])
    #expect(try bytes("b'0100000101'") == [0x01, 0x05])
    #expect(parseError(#"SELECT '\x4'"#)?.code == .syntaxError)
    #expect(parseError("SELECT x'4G'")?.code == .syntaxError)
  }

  @Test("quoted identifiers resolve escapes and doubled quotes")
  func identifiers() throws {
    for (text, name) in [
      ("`a b`", "a b"), ("\"a b\"", "a b"), ("`a``b`", "a`b"), ("\"a\"\"b\"", "a\"b"),
      ("`a\\`b`", "a`b"), ("`select`", "select"),
    ] {
      guard case .identifier(let parts) = try Parser.parseExpression(text).kind else {
        Issue.record("\(text) is no identifier")
        continue
      }
      #expect(parts == [name])
    }
    #expect(parseError("SELECT ``")?.code == .syntaxError)
    #expect(parseError("SELECT `\\xff`")?.code == .syntaxError)
  }

  @Test("heredocs hold their text as it is")
  func heredocs() throws {
    for (text, expected) in [
      ("$$a'b\\n$$", "a'b\\n"), ("$tag$a$$b$tag$", "a$$b"), ("$$$$", ""), ("$$ $ $$", " $ "),
    ] {
      guard case .literal(.string(let bytes)) = try Parser.parseExpression(text).kind else {
        Issue.record("not a string: \(text)")
        continue
      }
      #expect(bytes == Array(expected.utf8), "\(text)")
    }
    #expect(parseError("SELECT $$abc$")?.code == .syntaxError)
    #expect(parseError("SELECT $a$abc$b$")?.code == .syntaxError)
  }
}
