import TickColumns
import Testing

@testable import TickSQL

/// Hostile text gives an error, on the smallest stack that a thread has, in a debug build as well.
@Suite struct ParserLimitsTests {
  static let smallStackBytes = 512 * 1024

  private func codeOnSmallStack(_ text: String) -> ErrorCode? {
    nonisolated(unsafe) var code: ErrorCode?
    onThread(stackBytes: Self.smallStackBytes) { code = parseError(text)?.code }
    return code
  }

  private func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  @Test(
    "nesting beyond the limit is 306",
    arguments: [
      ("(", "1", ")"), ("-(", "1", ")"), ("NOT (", "1", ")"), ("abs(", "1", ")"), ("- ", "x", ""),
      ("NOT ", "x", ""), ("1+(", "1", ")"), ("(1, ", "1", ")"), ("CASE WHEN ", "1", " THEN 1 END"),
      ("CAST(", "1", " AS Int8)"), ("INTERVAL (", "1", ") DAY"), ("(SELECT ", "1", ")"),
      ("((SELECT ", "1", "))"), ("", "1", " + 1"), ("1 ? 1 : ", "1", ""), ("", "x", " IS NULL"),
      ("(", "x", " AS a)"), ("f(x)(", "1", ")"),
      ("x IN (SELECT ", "1", ")"), ("", "x", "::Int8"), ("", "f(x)", ".1"),
      ("count() FILTER (WHERE ", "1", ")"), ("[", "1", "]"), ("", "x", "[1]"), ("x[", "1", "]"),
      ("x -> ", "1", ""), ("count() OVER (ORDER BY ", "1", ")"), ("* REPLACE (", "1 AS a", ")"),
      ("EXISTS (SELECT ", "1", ")"), ("(WITH 1 AS a SELECT ", "1", ")"),
    ])
  func deepNesting(opening: String, middle: String, closing: String) {
    let text = "SELECT " + repeated(opening, 10_000) + middle + repeated(closing, 10_000)
    #expect(codeOnSmallStack(text) == .tooDeepRecursion, "\(opening)...\(closing)")
  }

  @Test("nested subqueries in FROM beyond the limit are 306")
  func deepSubqueries() {
    let text = repeated("SELECT * FROM (", 10_000) + "SELECT 1" + repeated(")", 10_000)
    #expect(codeOnSmallStack(text) == .tooDeepRecursion)
  }

  @Test("a tree as deep as the limits allow parses, prints and is freed on a small stack")
  func deepestTrees() {
    let deepest = [
      "SELECT " + repeated("(", 1_000) + "1" + repeated(")", 1_000),
      "SELECT " + repeated("abs(", 495) + "1" + repeated(")", 495),
      "SELECT 1" + repeated("+1", 495),
      "SELECT " + repeated("(1, ", 495) + "2" + repeated(")", 495),
      repeated("SELECT * FROM (", 49) + "SELECT 1" + repeated(")", 49),
      "SELECT " + repeated("(SELECT ", 49) + "1" + repeated(")", 49),
      "SELECT " + repeated("x IN (SELECT ", 49) + "1" + repeated(")", 49),
      "SELECT " + repeated("[", 495) + "1" + repeated("]", 495),
      "SELECT " + repeated("sum(1) OVER (ORDER BY ", 49) + "1" + repeated(")", 49),
      "SELECT f(" + repeated("x -> ", 300) + "1)",
      "SELECT 1" + repeated(" UNION ALL SELECT 1", 2_000),
      repeated("(", 900) + "SELECT 1" + repeated(")", 900),
      "SELECT 1" + repeated(" EXCEPT SELECT 1 UNION ALL SELECT 1", 24),
      "SELECT 1 FROM a" + repeated(" JOIN a ON 1", 100),
    ]
    for text in deepest {
      nonisolated(unsafe) var printed: [String] = []
      nonisolated(unsafe) var error: SQLError?
      onThread(stackBytes: Self.smallStackBytes) {
        do throws(SQLError) {
          let statement = try Parser.parse(text)
          printed = [statement.formatted(.calls), statement.formatted(.operators)]
          if case .select(let query) = statement, let item = query.body.first.items.first {
            printed.append(columnName(of: item.expression))
          }
        } catch let failure {
          error = failure
        }
      }
      #expect(error == nil, "\(text.prefix(40))")
      #expect(printed.count == 3 && printed.allSatisfy { !$0.isEmpty }, "\(text.prefix(40))")
    }
  }

  @Test("a long chain of AND or of || is one flat call, whatever its length")
  func flatChains() throws {
    let and = try Parser.parseExpression("1" + repeated(" AND 1", 20_000))
    guard case .call(let call) = and.kind else {
      Issue.record("not a call")
      return
    }
    #expect(call.arguments.count == 20_001)
    #expect(parseError("SELECT 'a'" + repeated(" || 'a'", 20_000)) == nil)
  }

  @Test("more than 50,000 nodes are 168")
  func tooManyElements() {
    #expect(parseError("SELECT 1" + repeated(",1", 49_000)) == nil)
    #expect(parseError("SELECT 1" + repeated(",1", 51_000))?.code == .tooBigAst)
    #expect(
      parseError("SELECT 1 FROM t WHERE x IN (1" + repeated(",1", 51_000) + ")")?.code == .tooBigAst
    )
    // BETWEEN holds its operand twice: 30 of them inside one another would be 2^30 nodes.
    let between = repeated("(", 30) + "x" + repeated(" BETWEEN 1 AND 2)", 30)
    #expect(parseError("SELECT \(between)")?.code == .tooBigAst)
  }

  @Test("text beyond 262,144 bytes is 62, the data of an INSERT does not count")
  func longText() {
    let max = ParserLimits.textBytesMax
    #expect(parseError("SELECT 1" + repeated(" ", max - 8)) == nil)
    #expect(parseError("SELECT 1" + repeated(" ", max - 7))?.code == .syntaxError)
    #expect(parseError("SELECT '" + repeated("a", max) + "'")?.code == .syntaxError)
    #expect(
      parseError("SELECT 1 -- " + repeated("a", max))?.message.contains("Max query size") == true)
    #expect(parseError("INSERT INTO t VALUES " + repeated("(1),", max)) == nil)
    #expect(parseError("INSERT INTO t FORMAT CSV\n" + repeated("'", max)) == nil)
  }

  @Test("every prefix and every damaged byte of a statement gives a statement or an error")
  func damagedText() {
    let text = Array(
      """
      SELECT DISTINCT a + 1 AS z, count(*), sum(x) FILTER (WHERE y > 1), (1, 'it''s').1, CASE a WHEN 1 \
      THEN .5e3 ELSE 0x1F END, CAST(a AS Enum8('a' = -1)), b::DateTime64(9, 'UTC'), INTERVAL 5 MINUTE, \
      `q``r` FROM d.t AS t WHERE x BETWEEN 1 AND 2 AND NOT y IN (SELECT 1) OR s NOT LIKE '%\\x41' \
      GROUP BY a, b HAVING 1 ? 2 : 3 ORDER BY a DESC NULLS FIRST, b LIMIT 1, 2 SETTINGS q = 1 FORMAT JSON
      """.utf8)
    #expect((try? Parser.parse(text)) != nil)
    var failures = 0
    for end in text.indices where (try? Parser.parse(Array(text[..<end]))) == nil { failures += 1 }
    #expect(failures > text.count / 4)
    for position in text.indices {
      for byte: UInt8 in [
        0x00, 0x20, 0x27, 0x28, 0x29, 0x2D, 0x2E, 0x30, 0x3A, 0x3F, 0x60, 0x5C, 0xFF,
      ] {
        var damaged = text
        damaged[position] = byte
        _ = try? Parser.parse(damaged)
      }
    }
  }
}
