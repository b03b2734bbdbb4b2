import Testing

@testable import TickSQL

@Suite struct ScriptTests {
  /// The statements of a text; `>` stands before one that the text cuts off, `|` behind one whose rows are elsewhere.
  private func pieces(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var out: [String] = []
    var position = 0
    while let piece = Script.piece(in: bytes, from: position) {
      #expect(piece.range.lowerBound >= position && piece.next >= piece.range.upperBound)
      #expect(piece.next > position && piece.next <= bytes.count)
      position = piece.next
      let text = String(decoding: bytes[piece.range], as: UTF8.self)
      out.append(
        (piece.isComplete ? "" : ">") + text + (piece.isVertical ? "\\G" : "")
          + (piece.rows == .elsewhere ? "|" : ""))
    }
    return out
  }

  @Test("statements end at semicolons outside quotes and comments")
  func semicolons() {
    #expect(pieces("") == [])
    #expect(pieces(" ;; -- x;\n") == [])
    #expect(pieces("SELECT 1; SELECT 2 ;\n") == ["SELECT 1", "SELECT 2"])
    #expect(
      pieces("SELECT ';', \"a;b\", `;` -- ;\n; SELECT /* ; */ 2")
        == ["SELECT ';', \"a;b\", `;` -- ;", ">SELECT /* ; */ 2"])
    #expect(pieces("SELECT 'a;\n") == [">SELECT 'a;"])
    #expect(pieces("SELECT 1 /* ;") == [">SELECT 1 /* ;"])
    #expect(
      pieces("SELECT 1\\G SELECT 2\\G; SELECT 3") == ["SELECT 1\\G", "SELECT 2\\G", ">SELECT 3"])
    #expect(pieces("SELECT \\Gx;") == ["SELECT \\Gx"])
  }

  @Test("the rows of an INSERT end where their format lets them")
  func rows() {
    #expect(
      pieces("INSERT INTO t VALUES (1, ';'), (2, 'x'); SELECT 1;")
        == ["INSERT INTO t VALUES (1, ';'), (2, 'x')", "SELECT 1"])
    #expect(
      pieces("INSERT INTO t (a, format) FORMAT CSV\n1,a;b\n2,c\n\nSELECT 1;")
        == ["INSERT INTO t (a, format) FORMAT CSV\n1,a;b\n2,c\n", "SELECT 1"])
    #expect(pieces("INSERT INTO t FORMAT CSV\n1;\n2") == [">INSERT INTO t FORMAT CSV\n1;\n2"])
    #expect(
      pieces("INSERT INTO t FORMAT RowBinary\n\n\n;") == [">INSERT INTO t FORMAT RowBinary\n\n\n;"])
    #expect(pieces("INSERT INTO t FORMAT CSV") == [">INSERT INTO t FORMAT CSV|"])
    #expect(
      pieces("INSERT INTO t FORMAT CSV; SELECT 1") == ["INSERT INTO t FORMAT CSV", ">SELECT 1"])
    #expect(pieces("INSERT INTO t VALUES") == [">INSERT INTO t VALUES|"])
    #expect(
      pieces("INSERT INTO t SELECT 1 FORMAT CSV; SELECT 2;")
        == ["INSERT INTO t SELECT 1 FORMAT CSV", "SELECT 2"])
  }

  @Test("an open quote is found, a closed one is not")
  func quotes() {
    #expect(Script.openQuote(in: Array("SELECT 'a".utf8)) == 7)
    #expect(Script.openQuote(in: Array("SELECT 'a', 'b".utf8)) == 12)
    #expect(Script.openQuote(in: Array("SELECT 'a' || x".utf8)) == nil)
    #expect(Script.endsInsideText(Array("SELECT /* a".utf8)))
    #expect(!Script.endsInsideText(Array("SELECT a".utf8)))
  }

  @Test("any bytes are cut into pieces that go forward")
  func anyBytes() {
    var state: UInt64 = 0x1234_5678_9ABC_DEF1
    let alphabet = Array("';\"`\\G/*-#$ \nINSERT VALUES FORMAT CSV(){}1.!|é".utf8) + [0xFF, 0]
    for _ in 0..<2_000 {
      var bytes: [UInt8] = []
      for _ in 0..<24 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      var position = 0
      while let piece = Script.piece(in: bytes, from: position) {
        #expect(piece.next > position && piece.next <= bytes.count, "\(bytes)")
        #expect(piece.range.lowerBound >= position && piece.range.upperBound <= bytes.count)
        guard piece.next > position else { return }
        position = piece.next
      }
      _ = Script.openQuote(in: bytes)
    }
  }
}
