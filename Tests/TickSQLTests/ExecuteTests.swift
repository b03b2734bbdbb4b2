import Foundation
import TickColumns
import TickFormats
import Testing

@testable import TickSQL

@Suite struct ExecuteTests {
  private static let candles =
    "SELECT toStartOfMinute(ts) AS t, argMin(price, ts) AS o, max(price) AS h, min(price) AS l, "
    + "argMax(price, ts) AS c, sum(qty) AS v, count() AS n FROM trades "
    + "WHERE symbol = 'ETHUSDT' GROUP BY t ORDER BY t"

  /// The candles worked out row by row, in arrival order.
  private func expectedCandles(_ trades: [TestTrades.Trade]) -> [[String]] {
    let mine = trades.filter { $0.symbol == "ETHUSDT" }.sorted { $0.sequence < $1.sequence }
    var minutes: [Int64: [TestTrades.Trade]] = [:]
    for trade in mine { minutes[trade.ts / 60_000_000_000, default: []].append(trade) }
    return minutes.keys.sorted().map { minute in
      let rows = minutes[minute] ?? []
      let first = rows.map(\.ts).min() ?? 0
      let last = rows.map(\.ts).max() ?? 0
      // Quantities have five decimals, so their exact sum is an integer of 10^-5.
      let units = rows.reduce(0) { $0 + Int(($1.qty * 100_000).rounded()) }
      let prices = rows.map(\.price)
      let open: Double = rows.first { $0.ts == first }?.price ?? 0
      let close: Double = rows.last { $0.ts == last }?.price ?? 0
      let high: Double = prices.max() ?? 0
      let low: Double = prices.min() ?? 0
      let numbers: [Double] = [open, high, low, close, Double(units) / 100_000]
      let time = Column(.dateTime(zone: nil), .uint32([UInt32(minute * 60)])).rendered(as: .raw)
      return [String(decoding: time[0], as: UTF8.self)]
        + numbers.map { number in
          let cell = Column(.float64, .float64([number])).rendered(as: .raw)
          return String(decoding: cell[0], as: UTF8.self)
        } + ["\(rows.count)"]
    }
  }

  @Test(arguments: [(1_000, 300), (37, 10), (100_000, 100_000)])
  func candlesAreRightHoweverTheTableIsCut(_ cut: (Int, Int)) throws {
    let trades = TestTrades(count: 5_000, seed: 11)
    let table = trades.table(morselRows: cut.0, batchRows: cut.1)
    let got = try rows(Self.candles, testContext(catalog(table)))
    #expect(got.count > 30)
    #expect(got == expectedCandles(trades.trades))
  }

  @Test func fourWorkersGiveWhatOneGives() throws {
    let table = TestTrades(count: 8_000, seed: 12).table(morselRows: 123, batchRows: 50)
    let queries = [
      Self.candles,
      "SELECT symbol, side, sum(price * qty), avg(price), any(trade_id), uniqExact(price) "
        + "FROM trades GROUP BY symbol, side",
      "SELECT trade_id, price FROM trades WHERE qty > 5 LIMIT 50",
      "SELECT DISTINCT toStartOfHour(ts), side FROM trades",
      "SELECT trade_id FROM trades ORDER BY price DESC, trade_id LIMIT 20",
      "SELECT side, qty FROM trades ORDER BY side",
      "SELECT sum(qty), sum(price * qty) / sum(qty) FROM trades",
    ]
    for query in queries {
      let alone = try rows(query, testContext(catalog(table)))
      for _ in 0..<5 {
        let together = try rows(query, testContext(catalog(table), workers: ThreadPool(width: 4)))
        #expect(together == alone, "\(query)")
      }
    }
  }

  @Test func rowsWithoutOrderByComeInTableOrder() throws {
    let trades = TestTrades(count: 3_000, seed: 13)
    let context = testContext(
      catalog(trades.table(morselRows: 100)), workers: ThreadPool(width: 4))
    let got = try rows("SELECT trade_id FROM trades WHERE side = 'buy'", context)
    #expect(got == trades.trades.filter { $0.side == 1 }.map { ["\($0.id)"] })
  }

  @Test func limitReadsOnlyTheFirstMorsels() throws {
    let table = TestTrades(count: 20_000, seed: 14).table(morselRows: 100)
    _ = try rows("SELECT price FROM trades LIMIT 150", testContext(catalog(table)))
    #expect(table.log.morselsRead.isSubset(of: [0, 1, 2]))
  }

  @Test func onlyColumnsThatAreReadAreScanned() throws {
    let table = TestTrades(count: 10, seed: 15).table()
    let context = testContext(catalog(table))
    _ = try rows("SELECT count() FROM trades", context)
    _ = try rows("SELECT sum(qty) FROM (SELECT *, price * 2 AS p FROM trades)", context)
    _ = try rows("SELECT argMin(price, ts) FROM trades", context)
    _ = try rows("SELECT max(price) FROM trades WHERE symbol = 'x'", context)
    _ = try rows(
      "SELECT k FROM (SELECT side AS k, max(qty), count() FROM trades GROUP BY k)", context)
    #expect(
      table.log.requests.map(\.columns) == [
        [], ["qty"], ["ts", "price", "_sequence"], ["symbol", "price"], ["side"],
      ])
  }

  @Test func theHiddenSequenceCanBeReadByName() throws {
    let trades = TestTrades(count: 20, seed: 16)
    let got = try rows("SELECT _sequence FROM trades", testContext(catalog(trades.table())))
    #expect(got == trades.trades.map { ["\($0.sequence)"] })
    #expect(
      try rows("SELECT * FROM trades LIMIT 1", testContext(catalog(trades.table())))[0].count == 6)
  }

  @Test func withoutASequenceThePositionDecidesTies() throws {
    let fields = [Field("k", .uint8), Field("v", .uint8)]
    let values: [[Value]] = [[1, 10], [1, 20], [0, 30], [0, 40], [1, 50]].map { row in
      row.map { .uint($0) }
    }
    let query = "SELECT argMin(v, k), argMax(v, k), any(v), anyLast(v) FROM t"
    for morselRows in 1...5 {
      let plain = MemoryTable(fields, rows: values, morselRows: morselRows, batchRows: 2)
      #expect(try rows(query, testContext(catalog(plain, as: "t"))) == [["30", "50", "10", "50"]])
      let stored = MemoryTable(
        fields, rows: values, morselRows: morselRows, batchRows: 2, sequence: [9, 8, 7, 6, 5])
      #expect(try rows(query, testContext(catalog(stored, as: "t"))) == [["40", "10", "50", "10"]])
    }
  }

  @Test func constraintsReachTheScanInTheColumnsType() throws {
    let table = TestTrades(count: 10, seed: 17).table()
    _ = try rows(
      "SELECT count() FROM trades WHERE symbol = 'BTCUSDT' AND ts >= '2024-08-08 00:00:00' "
        + "AND toDateTime('2024-08-09 00:00:00') > ts AND price BETWEEN 1 AND 2.5 "
        + "AND side IN ('buy', 'nothing') AND trade_id > -1 AND trade_id != 5 AND qty + 1 > 2",
      testContext(catalog(table)))
    let day: Int64 = 86_400_000_000_000
    let start: Int64 = 1_723_075_200_000_000_000
    #expect(
      table.log.requests[0].constraints == [
        ColumnConstraint(column: "symbol", condition: .oneOf([.text("BTCUSDT")])),
        ColumnConstraint(
          column: "ts",
          condition: .range(
            lower: .int(start), lowerIsInclusive: true, upper: nil, upperIsInclusive: false)),
        ColumnConstraint(
          column: "ts",
          condition: .range(
            lower: nil, lowerIsInclusive: false, upper: .int(start + day), upperIsInclusive: false)),
        ColumnConstraint(
          column: "price",
          condition: .range(
            lower: .float(1), lowerIsInclusive: true, upper: nil, upperIsInclusive: false)),
        ColumnConstraint(
          column: "price",
          condition: .range(
            lower: nil, lowerIsInclusive: false, upper: .float(2.5), upperIsInclusive: true)),
        ColumnConstraint(column: "side", condition: .oneOf([.int(1)])),
      ])
  }

  @Test func theDayOfATimeConstrainsTheTime() throws {
    let table = TestTrades(count: 10, seed: 18).table()
    _ = try rows(
      "SELECT count() FROM trades WHERE toDate(ts) = '2024-08-08'", testContext(catalog(table)))
    let start: Int64 = 1_723_075_200_000_000_000
    #expect(
      table.log.requests[0].constraints == [
        ColumnConstraint(
          column: "ts",
          condition: .range(
            lower: .int(start), lowerIsInclusive: true, upper: .int(start + 86_400_000_000_000),
            upperIsInclusive: false))
      ])
  }

  @Test func aConditionThatIsNeverTrueReadsNothing() throws {
    let table = TestTrades(count: 10, seed: 19).table()
    let got = try rows(
      "SELECT count() FROM trades WHERE 1 = 2 AND qty > 0", testContext(catalog(table)))
    #expect(got == [["0"]])
    #expect(table.log.morselsRead.isEmpty)
  }

  @Test func explainShowsOperatorsFromTheResultDown() throws {
    let context = testContext(catalog(TestTrades(count: 10, seed: 20).table()))
    let lines = try Binder.explain(
      .plan, try selectStatement(Self.candles + " LIMIT 5"), context)
    #expect(
      lines == [
        "Limit 5", "  Sort: t ASC", "    Project: t, o, h, l, c, v, n",
        "      Aggregate by toStartOfMinute(ts): argMin(price, ts), max(price), min(price), "
          + "argMax(price, ts), sum(qty), count()",
        "        Filter: equals(symbol, 'ETHUSDT')",
        "          Scan default.trades: ts, symbol, price, qty, _sequence",
        "            prune symbol in ('ETHUSDT')", "            1 of 1 morsels",
      ])
    #expect(
      try Binder.explain(.syntax, try selectStatement("SELECT 1+1 a"), context) == [
        "SELECT plus(1, 1) AS a"
      ])
  }

  @Test func figuresCountRowsReadAndRowsBeforeTheLimit() throws {
    let context = testContext(catalog(TestTrades(count: 500, seed: 21).table(morselRows: 100)))
    let all = try run("SELECT price FROM trades", context).statistics
    #expect(all.rowsRead == 500)
    #expect(all.bytesRead == 4_000)
    #expect(all.resultRows == 500)
    #expect(all.rowsBeforeLimit == nil)
    let top = try run("SELECT price FROM trades ORDER BY price LIMIT 3", context).statistics
    #expect(top.resultRows == 3)
    let first = try run("SELECT side, count() FROM trades GROUP BY side LIMIT 1", context)
    #expect(first.statistics.rowsBeforeLimit == 3)
  }
}

@Suite struct ExecuteLimitTests {
  private let context = { (limits: QueryLimits) in
    testContext(catalog(TestTrades(count: 5_000, seed: 31).table(morselRows: 100)), limits: limits)
  }

  @Test(arguments: [
    "SELECT trade_id, count() FROM trades GROUP BY trade_id",
    "SELECT uniqExact(trade_id) FROM trades", "SELECT DISTINCT trade_id FROM trades",
    "SELECT * FROM trades ORDER BY price",
    "SELECT max(toString(trade_id)) FROM trades GROUP BY trade_id",
  ])
  func stateAboveTheMemoryLimitIs241(_ query: String) throws {
    #expect(
      failure(query, context(QueryLimits(memoryBytesMax: 20_000)))?.code == .memoryLimitExceeded)
    #expect(failure(query, context(QueryLimits(memoryBytesMax: 50_000_000))) == nil)
  }

  @Test func tooManyResultRowsAre396AndTooManyReadRowsAre158() throws {
    #expect(
      failure("SELECT price FROM trades", context(QueryLimits(resultRowsMax: 100)))?.code
        == .tooManyRowsOrBytes)
    #expect(failure("SELECT count() FROM trades", context(QueryLimits(resultRowsMax: 100))) == nil)
    #expect(
      failure("SELECT count() FROM trades", context(QueryLimits(readRowsMax: 4_999)))?.code
        == .tooManyRows)
    #expect(failure("SELECT count() FROM trades", context(QueryLimits(readRowsMax: 5_000))) == nil)
  }

  /// What a limit that breaks off leaves depends on the batches, which are 100 rows here.
  @Test func limitsThatBreakOffAnswerWithPart() throws {
    func count(_ query: String, _ change: (inout QueryLimits) -> Void) throws -> Int {
      var limits = QueryLimits()
      change(&limits)
      let plan = try Binder.bind(selectStatement(query), context(limits))
      let execution = try plan.execute()
      var rows = 0
      while let batch = try execution.next() { rows += batch.rowCount }
      return rows
    }
    func broken(_ rows: Int) -> SizeLimit {
      var limit = SizeLimit(rowsMax: rows)
      limit.breaks = true
      return limit
    }
    let read = try count("SELECT price FROM trades") { $0.read = broken(150) }
    #expect(read >= 150 && read < 5_000)
    let result = try count("SELECT price FROM trades") { $0.result = broken(150) }
    #expect(result == 200)
    let distinct = try count("SELECT DISTINCT trade_id FROM trades") { $0.distinct = broken(150) }
    #expect(distinct == 200)
    let sorted = try count("SELECT price FROM trades ORDER BY price") { $0.sort = broken(150) }
    #expect(sorted == 200)
    let joined = try count(
      "SELECT a.price FROM trades AS a JOIN trades AS b ON a.trade_id = b.trade_id"
    ) { $0.join = broken(150) }
    #expect(joined == 200)
    for overflow in [QueryLimits.GroupOverflow.breaks, .keepsKnown] {
      let groups = try count("SELECT trade_id, count() FROM trades GROUP BY trade_id") {
        $0.groupsMax = 150
        $0.groupOverflow = overflow
      }
      #expect(groups == 200)
    }
    #expect(
      failure(
        "SELECT trade_id FROM trades GROUP BY trade_id",
        context(
          {
            var limits = QueryLimits()
            limits.groupsMax = 150
            return limits
          }()))?.code == .tooManyRows)
  }

  /// Groups that came before the limit count their later rows, others do not.
  @Test func knownGroupsCountOnWhereNewOnesAreLeftOut() throws {
    var limits = QueryLimits()
    limits.groupsMax = 1
    limits.groupOverflow = .keepsKnown
    let rows = try rows(
      "SELECT count() AS n, sum(n) OVER () FROM trades GROUP BY trade_id % 100 ORDER BY n LIMIT 1",
      context(limits))
    // Each group has 50 rows in all; how many groups the first batch knows is chance.
    #expect(rows[0][0] == "50")
    let total = try #require(Int(rows[0][1]))
    #expect(total < 5_000 && total % 50 == 0)
  }

  @Test(arguments: [
    "SELECT count() FROM system.numbers", "SELECT number FROM system.numbers WHERE number < 0",
    "SELECT DISTINCT number % 2 FROM system.numbers",
    "SELECT number FROM system.numbers ORDER BY 1",
  ])
  func aCancelledQueryEndsWith394(_ query: String) throws {
    let calls = MemoryTable.ScanLog()
    let context = testContext(isCancelled: {
      calls.add(ScanRequest(columns: []))
      return calls.requests.count > 20
    })
    #expect(failure(query, context)?.code == .queryWasCancelled)
  }

  /// One row, so that what asks per batch asks a few times only.
  @Test(arguments: [
    "arraySort(x -> cityHash64(x), a)[1]", "arrayReverse(a)[1]", "arrayCumSum(a)[-1]",
    "arrayDifference(a)[-1]", "arrayMap(x -> x + 1, a)[-1]", "length(arrayFilter(x -> x % 2, a))",
    "length(arrayDistinct(a))", "arrayUniq(a)", "has(a, 7)", "arrayConcat(a, a)[-1]",
    "arrayReduce('quantile', a)", "arrayReduce('groupArray', a)[1]", "arrayReduce('topK', a)[1]",
    "CAST(a, 'Array(String)')[1]",
  ])
  func longWorkAsksOnItsWay(_ expression: String) throws {
    final class Count: @unchecked Sendable {
      private let lock = NSLock()
      private var count = 0
      func next() -> Int {
        lock.withLock {
          count += 1
          return count
        }
      }
    }
    let asked = Count()
    let context = testContext(isCancelled: {
      _ = asked.next()
      return false
    })
    let elements = 1_400_000
    _ = try run(
      "WITH range(number + \(elements)) AS a SELECT \(expression) FROM numbers(1)", context)
    let pieces = elements / (1 << 16)
    // range itself asks for each piece.
    #expect(asked.next() > 2 * pieces)
  }

  @Test func expressionsNestAsDeepAsTheParserAllows() throws {
    let depth = 330
    let nested =
      String(repeating: "negate(", count: depth) + "number" + String(repeating: ")", count: depth)
    #expect(try rows("SELECT \(nested) FROM numbers(2)") == [["0"], ["1"]])
    let sum = (0..<300).map { _ in "number" }.joined(separator: " + ")
    #expect(try rows("SELECT \(sum) FROM numbers(2)") == [["0"], ["300"]])
  }

  @Test func aliasesThatDoubleStayCheap() throws {
    let aliases = (1...60).map { "a\($0 - 1) + a\($0 - 1) AS a\($0)" }.joined(separator: ", ")
    let got = try rows("SELECT number AS a0, \(aliases) FROM numbers(2)")
    #expect(got[1].last == "\(1 << 60)")
  }
}

@Suite struct BindErrorTests {
  @Test(
    arguments: [
      ("SELECT prise FROM trades", 47, "Maybe you meant: 'price'", 7),
      ("SELECT price FROM trads", 60, "Maybe you meant: 'trades'", 18),
      ("SELECT price FROM defalt.trades", 81, "Maybe you meant: 'default'", 18),
      ("SELECT toStartOfMinut(ts) FROM trades", 46, "Maybe you meant: 'toStartOfMinute'", 7),
      ("SELECT summ(price) FROM trades", 46, "Maybe you meant: 'sum'", 7),
      ("SELECT price, count() FROM trades", 215, "Add it to GROUP BY, or take any(price)", 7),
      ("SELECT 1 FROM trades WHERE sum(price) > 1", 184, nil, 27),
      ("SELECT side = 'buyy' AND side < 'buyy' FROM trades", 691, "Maybe you meant: 'buy'", 25),
      ("SELECT price + symbol FROM trades", 43, nil, 7),
      ("SELECT 1 FROM trades WHERE ts > 'yesterday'", 41, nil, 32),
      ("SELECT price AS x, qty AS x FROM trades", 179, nil, 19),
      ("SELECT * FROM numbrs(3)", 46, "Maybe you meant: 'numbers'", 14),
      ("SELECT (SELECT number, 1 FROM numbers(0))", 48, nil, 7),
      ("SELECT (SELECT number FROM numbers(2))", 125, nil, 7),
      (
        "SELECT toStartOfMinute(ts, 'Asia/Tokio') FROM trades", 36, "Maybe you meant: 'Asia/Tokyo'",
        27
      ),
      ("SELECT cleverness(0.5)(price) FROM trades", 46, nil, 7),
      ("SELECT sum(0.5)(price) FROM trades", 133, nil, 7),
      ("SELECT argMin(DISTINCT price, ts) FROM trades", 48, nil, 7),
      ("SELECT price FROM trades LIMIT 0.5 OFFSET -1", 48, nil, 31),
      ("SELECT price FROM trades LIMIT 1.5", 440, nil, 31),
      ("SELECT sequenceMatch('(?1')(trade_id, 1, 0) FROM trades", 62, nil, 7),
      ("SELECT sequenceMatch('a')(trade_id, 1, 0) FROM trades", 62, nil, 7),
      ("SELECT sequenceMatch('(?t>1)(?t<2)(?1)')(trade_id, 1, 0) FROM trades", 62, nil, 7),
      ("SELECT quantileState(price) FROM trades", 48, nil, 7),
      ("SELECT price FROM trades WITH TOTALS", 48, nil, 0),
    ] as [(String, Int, String?, Int)])
  func errorsNameCodePlaceAndWhatWasMeant(
    _ text: String, _ code: Int, _ hint: String?, _ place: Int
  )
    throws
  {
    let context = testContext(catalog(TestTrades(count: 1, seed: 41).table()))
    let error = try #require(failure(text, context))
    #expect(error.code.rawValue == code, "\(error)")
    #expect(error.position == place, "\(error)")
    if let hint { #expect(error.hint?.hasPrefix(hint) == true, "\(error)") }
  }
}

@Suite struct BindTableTests {
  private func table(_ text: String) throws -> TableSpecification {
    guard case .createTable(let statement) = try Parser.parse(text) else {
      throw SQLError(.syntaxError, "not a CREATE TABLE")
    }
    return try Binder.bindCreateTable(statement)
  }

  @Test func keysComeAsExpressionsOverTheColumns() throws {
    let table = try table(
      "CREATE TABLE t (ts DateTime64(3, 'UTC'), sym LowCardinality(String) CODEC(ZSTD), p Float64) "
        + "ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY (sym, toStartOfHour(ts))")
    let fields = table.columns.map { Field($0.name, $0.type) }
    #expect(fields.map(\.name) == ["ts", "sym", "p"])
    #expect(table.columns.map(\.codec) == [nil, "ZSTD", nil])
    let batch = Batch(
      [
        Column(fields[0].type, .int64([1_723_077_000_000, 0])),
        Column(fields[1].type, of: [.text("b"), .text("a")]),
        Column(.float64, .float64([1, 2])),
      ], rowCount: 2)
    let key = { (text: String) in
      try Binder.bindKey(Parser.parseExpression(text), over: Schema(fields)).evaluate(batch)
    }
    let keys = try table.orderBy.map(key)
    #expect(keys[0].value(at: 1) == .text("a"))
    #expect(keys[1].type == .dateTime(zone: "UTC"))
    #expect(keys[1].value(at: 0) == .uint(1_723_075_200))
    let partition = try #require(table.partitionBy)
    #expect(try key(partition).value(at: 0) == .uint(202_408))
  }

  @Test func whatDumpsOfTablesHoldIsTaken() throws {
    let table = try table(
      "CREATE TABLE t (s LowCardinality(String), n UInt64) "
        + "ENGINE = ReplicatedMergeTree('/tables/t', 'one') PARTITION BY tuple() ORDER BY s "
        + "SETTINGS deduplicate_by = 's, n', index_granularity = 8192")
    #expect(table.deduplicateBy == ["s", "n"])
    #expect(table.partitionBy == "tuple()")
  }

  @Test func orderByNothingAndNoPartitionAreAllowed() throws {
    let table = try table("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY tuple()")
    #expect(table.orderBy.isEmpty)
    #expect(table.partitionBy == nil)
  }

  @Test(arguments: [
    ("CREATE TABLE t (a Int8, a Int8) ENGINE = MergeTree ORDER BY a", 44),
    ("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY nosuch", 47),
    ("CREATE TABLE t (a Nullable(Int8)) ENGINE = MergeTree ORDER BY a", 44),
    ("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY count()", 184),
    ("CREATE TABLE t (a Int8, b Float64) ENGINE = MergeTree ORDER BY a PARTITION BY b", 36),
    ("CREATE TABLE t (a Int8, b Nosuch) ENGINE = MergeTree ORDER BY a", 50),
    ("CREATE TABLE t (a Int8) ENGINE = Nosuch ORDER BY a", 56),
    ("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY (a, a)", 36),
    ("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY (a, now())", 36),
    ("CREATE TABLE t (a Int8) ENGINE = MergeTree(1) ORDER BY a", 42),
    ("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a PARTITION BY toNullable(a)", 44),
    ("CREATE TABLE t (a Int8) ENGINE = ReplacingMergeTree ORDER BY a", 48),
    ("CREATE TABLE t (a Int8) ENGINE = Log", 48),
    ("CREATE TABLE t (a Int8) ENGINE = Null ORDER BY a", 36),
    ("CREATE TABLE t (a Int8, _sequence UInt64) ENGINE = MergeTree ORDER BY a", 44),
    ("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS nosuch = 1", 115),
    ("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS deduplicate_by = 'b'", 36),
    ("CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a SETTINGS deduplicate_by = 'a'", 36),
    ("CREATE TABLE t (a Int8, b Int8) ENGINE = MergeTree ORDER BY (a, (a, b))", 48),
    ("CREATE TABLE t (a Tuple()) ENGINE = MergeTree ORDER BY tuple()", 48),
    ("CREATE TABLE t (a LowCardinality(FixedString(2))) ENGINE = MergeTree ORDER BY tuple()", 48),
    ("CREATE TABLE t (a Array(Int8)) ENGINE = MergeTree ORDER BY a", 48),
    ("CREATE TABLE t (a Tuple(Int8, Int8)) ENGINE = MergeTree ORDER BY a", 48),
    ("CREATE TABLE t (a Int8, b Float32) ENGINE = MergeTree ORDER BY a PARTITION BY (a, b)", 36),
  ])
  func whatCannotBeStoredIsRefused(_ text: String, _ code: Int) throws {
    #expect(throws: SQLError.self) { _ = try table(text) }
    do {
      _ = try table(text)
    } catch let error as SQLError {
      #expect(error.code.rawValue == code, "\(error)")
    }
  }
}
