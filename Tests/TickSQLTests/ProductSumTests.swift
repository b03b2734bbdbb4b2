import Testing

@testable import TickSQL

/// Which arguments of sum and avg count as products (sql/dialect.md, Sums of products): one row, x = 0.1 and y = 0.2,
/// whose exact product is 0.02 and whose rounded one is 0.020000000000000004.
@Suite struct ProductSumTests {
  private static let row =
    "(SELECT number / 10 AS x, number / 5 AS y, number AS n FROM numbers(1, 1))"

  @Test(arguments: [
    ("sum(x * y)", "0.02"),
    ("sum((x * y))", "0.02"),
    ("sum(multiply(x, y))", "0.02"),
    ("avg(x * y)", "0.02"),
    ("sumIf(x * y, n > 0)", "0.02"),
    ("avgIf(x * y, n > 0)", "0.02"),
    ("sum(x * y) FILTER (WHERE n > 0)", "0.02"),
    ("sum(x * 0.2)", "0.02"),
    ("sum(0.2 * x)", "0.02"),
    ("sum(-x * y)", "-0.02"),
    ("sum(x * x)", "0.01"),
    ("sum((n * 3) * x)", "0.3"),
    ("sum(if(n > 1, NULL, x) * y)", "0.02"),
    ("sum((x + 0) * (y + 0))", "0.02"),
    // (0.1 * 0.2) rounded is no short decimal, so 1 times it is the rounded double.
    ("sum(x * y * n)", "0.020000000000000004"),
    ("sum(n * (x * y))", "0.020000000000000004"),
    ("sum(-(x * y))", "-0.020000000000000004"),
    ("sum(x * y + 0)", "0.020000000000000004"),
    ("sum(if(n > 0, x * y, 0))", "0.020000000000000004"),
    ("sum(DISTINCT x * y)", "0.020000000000000004"),
    ("sumDistinct(x * y)", "0.020000000000000004"),
    ("avg(DISTINCT x * y)", "0.020000000000000004"),
    ("sum(0.1 * 0.2)", "0.020000000000000004"),
    ("max(x * y)", "0.020000000000000004"),
    ("sum(n * 3)", "3"),
  ])
  func whatCounts(_ expression: String, _ answer: String) throws {
    #expect(try rows("SELECT \(expression) FROM \(Self.row)") == [[answer]])
  }

  @Test func namesCountAsWhatTheyStandFor() throws {
    #expect(try rows("SELECT sum(p) FROM (SELECT x * y AS p FROM \(Self.row))") == [["0.02"]])
    #expect(
      try rows("SELECT x * y AS p, sum(p) FROM \(Self.row) GROUP BY p")
        == [["0.020000000000000004", "0.02"]])
  }

  @Test(arguments: [
    "SELECT x * y AS p FROM \(row) LIMIT 1", "SELECT x * y AS p FROM \(row) ORDER BY p",
    "SELECT DISTINCT x * y AS p FROM \(row)", "SELECT x * y AS p FROM \(row) GROUP BY p",
  ])
  func rowsOfASubqueryHoldDoubles(_ subquery: String) throws {
    #expect(try rows("SELECT sum(p) FROM (\(subquery))") == [["0.020000000000000004"]])
  }

  @Test func bothKindsOfSumStandSideBySide() throws {
    let query =
      "SELECT sum(x * y), sum(y * x), sum(x), sum(DISTINCT x * y), avg(x * y), sumIf(x * y, n = 2) "
      + "FROM \(Self.row)"
    #expect(try rows(query) == [["0.02", "0.02", "0.1", "0.020000000000000004", "0.02", "0"]])
  }
}
