import TickSQL
import Testing

@testable import TickEngine

/// What others may see of a statement.
@Suite struct LoggedTextTests {
  private func logged(_ text: String) -> String {
    do throws(SQLError) {
      return LoggedText.of(try Parser.parse(Array(text.utf8)), Array(text.utf8))
    } catch {
      return LoggedText.of(Array(text.utf8), refusedFor: error)
    }
  }

  @Test(
    "data and passwords are left out, queries are shown",
    arguments: [
      ("SELECT 1  \n", "SELECT 1"), ("INSERT INTO t VALUES (1, 'secret')", "INSERT INTO t VALUES"),
      ("INSERT INTO t (a)\nFORMAT CSV\nsecret\n", "INSERT INTO t (a)\nFORMAT CSV"),
      ("INSERT INTO t SELECT 'shown'", "INSERT INTO t SELECT 'shown'"),
      ("INSERT INTO t VALUEZ ('secret')", "INSERT INTO t"),
      ("CREATE USER u IDENTIFIED BY 'secret'", "CREATE"), ("secret", ""),
      ("SELECT 1 +", "SELECT 1 +"), ("(select 1", "(select 1"),
      ("SELECT * FROM PostgreSQL ('h', 'secret')", "SELECT * FROM PostgreSQL ("),
      ("SELECT max(encrypt('m', x, 'secret'))", "SELECT max(encrypt("),
      ("SELECT maxs3(1)", "SELECT maxs3(1)"),
    ])
  func texts(text: String, shown: String) {
    #expect(logged(text) == shown)
  }

  @Test("a long text is cut between characters")
  func cut() {
    let text = "SELECT '" + String(repeating: "é", count: 60_000) + "'"
    let shown = logged(text)
    #expect(shown.utf8.count <= LoggedText.bytesMax && shown.utf8.count >= LoggedText.bytesMax - 3)
    #expect(text.hasPrefix(shown))
  }

  @Test("the query log holds no more bytes than it may, the newest of them")
  func ring() {
    let log = QueryLog(bytesMax: 20_000)
    for number in 0..<1_000 {
      var record = StatementRecord(
        QueryRequest(text: [], queryID: "\(number)"), startedAt: Int64(number))
      record.text = String(repeating: "x", count: number % 300)
      log.append(record)
    }
    let kept = log.records
    #expect(kept.reduce(0) { $0 + $1.byteCount } <= 20_000)
    #expect(kept.count > 20)
    #expect(kept.map(\.queryID) == (1_000 - kept.count..<1_000).map { String($0) })
  }
}
