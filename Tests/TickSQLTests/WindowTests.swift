import TestSupport
import TickColumns
import Testing

@testable import TickSQL

/// Window functions against a model that looks at each frame anew, and the bounds of windows and fills.
@Suite struct WindowTests {
  private struct Row {
    var k: Int64
    var t: Int64
    var v: Int64?
  }

  private func table(_ rows: [Row]) -> MemoryTable {
    MemoryTable(
      [Field("k", .int64), Field("t", .int64), Field("v", .nullable(.int64))],
      rows: rows.map { [.int($0.k), .int($0.t), $0.v.map { .int($0) } ?? .null] }, morselRows: 70,
      batchRows: 30)
  }

  private func sample(seed: UInt64) -> [Row] {
    var random = SplitMix64(seed: seed)
    return (0..<400).map { _ in
      Row(
        k: Int64(random.next() % 3), t: Int64(random.next() % 60),
        v: random.next() % 5 == 0 ? nil : Int64(random.next() % 100))
    }
  }

  @Test(
    "frames hold the rows that they say",
    arguments: [
      ("ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING", -3, 1, true),
      ("ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", -1_000, 0, true),
      ("ROWS BETWEEN 2 FOLLOWING AND 5 FOLLOWING", 2, 5, true),
      ("ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", 0, 1_000, true),
      ("RANGE BETWEEN 7 PRECEDING AND 2 FOLLOWING", -7, 2, false),
      ("RANGE BETWEEN 9 PRECEDING AND 4 PRECEDING", -9, -4, false),
      ("RANGE BETWEEN CURRENT ROW AND CURRENT ROW", 0, 0, false),
      ("RANGE BETWEEN UNBOUNDED PRECEDING AND 3 FOLLOWING", -1_000, 3, false),
    ])
  func frames(frame: String, from: Int64, to: Int64, isRows: Bool) throws {
    let sample = sample(seed: 11)
    let context = testContext(catalog(table(sample), as: "t"), workers: ThreadPool(width: 2))
    // ROWS needs one order of equal times, which the position gives.
    let given = try rows(
      """
      SELECT sum(v) OVER w, count() OVER w, min(v) OVER w FROM t
      WINDOW w AS (PARTITION BY k ORDER BY t \(frame))
      """, context)
    var expected: [[String]] = []
    for (i, row) in sample.enumerated() {
      let partition = sample.indices.filter { sample[$0].k == row.k }
        .sorted { (sample[$0].t, $0) < (sample[$1].t, $1) }
      let place = try #require(partition.firstIndex(of: i))
      let held = partition.indices.filter { other in
        let distance = isRows ? Int64(other - place) : sample[partition[other]].t - row.t
        return distance >= from && distance <= to
      }
      let values = held.compactMap { sample[partition[$0]].v }
      let least = values.min().map { "\($0)" } ?? "\\N"
      expected.append([
        values.isEmpty ? "\\N" : "\(values.reduce(0, +))", "\(held.count)", least,
      ])
    }
    #expect(given == expected)
  }

  /// Many rows, so that the work is divided, with all types that have a quick way.
  private func wide(_ count: Int, seed: UInt64) -> MemoryTable {
    var random = SplitMix64(seed: seed)
    func maybe(_ value: Value) -> Value { random.next() % 7 == 0 ? .null : value }
    return MemoryTable(
      [
        Field("k", .int32), Field("t", .int64), Field("i", .nullable(.int16)), Field("u", .uint64),
        Field("d", .float64), Field("x", .nullable(.float64)), Field("f", .float32),
        Field("b", .uint8), Field("w", .dateTime(zone: nil)),
      ],
      rows: (0..<count).map { _ in
        let number = Int64(random.next() % 2_001) - 1_000
        let odd: [Double] = [.nan, .infinity, -.infinity, -0.0, 0]
        let fraction = Double(number) / 777
        return [
          .int(Int64(random.next() % 3)), .int(Int64(random.next() % 500)), maybe(.int(number)),
          .uint(random.next()), .float(Double(number) / 100),
          maybe(.float(random.next() % 9 == 0 ? odd[Int(random.next() % 5)] : fraction)),
          .float(Double(Float(fraction))), .uint(random.next() % 2), .uint(random.next() % 9_000),
        ]
      }, morselRows: 1_000, batchRows: 500)
  }

  @Test(
    "aggregates that take rows out of a frame give what each frame adds up to",
    arguments: [
      "ROWS BETWEEN 9 PRECEDING AND CURRENT ROW", "ROWS BETWEEN 3 FOLLOWING AND 7 FOLLOWING",
      "ROWS BETWEEN 5 PRECEDING AND 4 PRECEDING",
      "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
      "RANGE BETWEEN 12 PRECEDING AND 3 FOLLOWING", "GROUPS BETWEEN 2 PRECEDING AND 1 FOLLOWING",
      "ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING", "RANGE UNBOUNDED PRECEDING",
    ])
  func slidingEqualsGeneral(frame: String) throws {
    let calls = [
      "count()", "count(i)", "sum(i)", "sum(u)", "sum(d)", "sum(x)", "sum(f)", "avg(i)", "avg(u)",
      "avg(d)", "avg(x)", "avg(w)", "min(i)", "max(i)", "min(u)", "max(u)", "min(d)", "max(x)",
      "min(x)", "max(f)", "min(w)", "sum(d * t)", "avg(d * d)", "sum(x * d)", "sum(d * i)",
      "sum(u * d)", "sumIf(d, b)",
      "avgIf(i, b)", "countIf(b)", "minIf(d, b)", "maxIf(x, b)", "sumOrNull(d)", "sum(DISTINCT i)",
      "any(i)", "groupArray(t)", "sum(b)", "sum(toDecimal64(d, 3))", "max(toString(t))",
    ]
    var context = testContext(
      catalog(wide(1_500, seed: 5), as: "t"), workers: ThreadPool(width: 2))
    let text = """
      SELECT \(calls.map { "\($0) OVER w" }.joined(separator: ", ")) FROM t
      WINDOW w AS (PARTITION BY k ORDER BY t \(frame))
      """
    let quick = try rows(text, context)
    context.slidesWindows = false
    let general = try rows(text, context)
    #expect(quick.count == 1_500)
    for column in calls.indices {
      #expect(quick.map { $0[column] } == general.map { $0[column] }, "\(calls[column])")
    }
  }

  @Test("many rows are divided among workers without a seam")
  func workers() throws {
    let text = """
      SELECT n, sum(n) OVER w AS s, min(n % 1000) OVER w, avg(n / 8) OVER w FROM
      (SELECT number AS n FROM numbers(300000))
      WINDOW w AS (ORDER BY n ROWS BETWEEN 99 PRECEDING AND CURRENT ROW) ORDER BY n
      """
    let one = try rows(text, testContext())
    #expect(try rows(text, testContext(workers: ThreadPool(width: 3))) == one)
    #expect(one[299_999][1] == "\((299_900...299_999).reduce(0, +))")
  }

  @Test("rows that windows hold count against the memory limit, and a cancelled window stops")
  func limits() {
    let text = "SELECT sum(number) OVER (ORDER BY number % 100) FROM numbers(200000)"
    let small = testContext(limits: QueryLimits(memoryBytesMax: 100_000))
    #expect(failure(text, small)?.code == .memoryLimitExceeded)
    #expect(failure(text, testContext(isCancelled: { true }))?.code == .queryWasCancelled)
  }

  @Test("a fill without an end is streamed, and cancelled like any other part")
  func endlessFill() throws {
    let text = "SELECT number AS n FROM numbers(1) ORDER BY n WITH FILL FROM 0 TO 1000000000000000"
    #expect(try rows("\(text) LIMIT 3") == [["0"], ["1"], ["2"]])
    #expect(failure(text, testContext(isCancelled: { true }))?.code == .queryWasCancelled)
    // The step stops where the type ends.
    let last = "SELECT toUInt8(253) AS n FROM numbers(1) ORDER BY n WITH FILL TO 255 STEP 1"
    #expect(try rows(last) == [["253"], ["254"]])
  }

  @Test("queries under names are bound a bounded number of times")
  func bindingBudget() {
    var text = "WITH q0 AS (SELECT 1 AS a)"
    for i in 1...14 { text += ", q\(i) AS (SELECT x.a FROM q\(i - 1) AS x, q\(i - 1) AS y)" }
    #expect(failure("\(text) SELECT a FROM q14")?.code == .tooBigAst)
  }
}
