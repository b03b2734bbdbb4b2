/// Candles out of partials against candles out of rows, bit for bit: over rows in memory, in fresh and in merged segments, with
/// late rows, duplicates, deletions, updates, and prices that have no partials.
import TestSupport
import TickColumns
import Testing

@testable import TickEngine
@testable import TickStorage

@Suite struct CandleTests {
  private static let create = """
    CREATE TABLE t (at DateTime64(6, 'UTC'), code LowCardinality(String), px Float64, size Float64, \
    way Enum8('none' = 0, 'buy' = 3, 'sell' = 4), id UInt64, note String) ENGINE = MergeTree \
    PARTITION BY toDate(at) ORDER BY (code, at) \
    SETTINGS deduplicate_by = 'code, id', candles = 'at, px, size, way, id'
    """

  private func opened(_ scratch: Scratch, _ body: (Database) throws -> Void) throws {
    var options = DatabaseOptions()
    options.mergesInBackground = false
    options.mergedSegmentRowsMax = 3_000
    let database = try Database.open(at: scratch.path, options: options)
    defer { database.close() }
    try body(database)
  }

  /// The code of the error of a statement; 0 when it has none.
  private func failure(_ database: Database, _ sql: String) -> Int {
    do throws(EngineError) {
      try database.run(sql)
      return 0
    } catch {
      return error.code.rawValue
    }
  }

  /// Rows around two midnights: dense ones in order, or thin ones from anywhere.
  private static func rows(_ random: inout SplitMix64, _ next: inout Int) -> String {
    let isLate = random.oneIn(3)
    let count = isLate ? 1 + random.below(40) : 300 + random.below(900)
    // 2024-03-09 23:59:54 UTC; New York's clocks change on the next day at 07:00 UTC.
    let first = 1_710_028_794 + (random.oneIn(3) ? random.below(3) * 40_000 : 0)
    // On a grid, so that rows of several inserts share a time and the sequence decides.
    let start = first * 1_000_000 + random.below(6_000) * 2_000
    let price = 100 + random.below(900)
    let odd =
      random.oneIn(6) ? ["nan", "0.30000000000000004", "-0.", "1e200"][random.below(4)] : nil
    // The digits of one side are not those of the other.
    let coarse = ["", "buy", "sell"][random.below(3)]
    return (0..<count).map { i in
      let step = isLate ? random.below(100_000_000_000) : i * 2_000 + random.below(2) * 2_000
      let code = isLate ? ["a", "b", "c"][random.below(3)] : ["a", "b"][random.below(2)]
      let px =
        odd != nil && i == count / 2 ? odd ?? "" : "\(price + random.below(9)).\(random.below(100))"
      let way = ["none", "buy", "sell"][random.below(3)]
      let size = way == coarse ? "\(1 + random.below(9))" : "0.\(random.below(100_000))"
      // Now and then an identifier that was there before.
      let id = random.oneIn(50) ? 1 + random.below(max(1, next)) : next + 1
      next = max(next, id)
      let time = start + step
      let fraction = String(1_000_000 + time % 1_000_000).dropFirst()
      return
        "('\(time / 1_000_000).\(fraction)', '\(code)', \(px), \(size), '\(way)', \(id), 'n')"
    }.joined(separator: ",")
  }

  private static let candle = """
    argMin(px, at), max(px), min(px), argMax(px, at), sum(size), sum(px * size), \
    sum(px * size) / sum(size), count(), sumIf(size, way = 'buy'), argMin(id, at), argMax(id, at), \
    min(at), max(at), avg(size), avg(px * size), argMin(at, at)
    """

  /// Each with its rows in a total order.
  private static let queries = [
    "SELECT code, toStartOfMinute(at) AS b, \(candle) FROM t GROUP BY code, b ORDER BY ALL",
    "SELECT toStartOfSecond(at) AS b, \(candle) FROM t GROUP BY b ORDER BY ALL",
    """
    SELECT code, toStartOfInterval(at, INTERVAL 7 MINUTE) AS b, \(candle) FROM t \
    WHERE at >= '2024-03-09 23:59:57.5' AND at < '2024-03-10 00:00:03.25' GROUP BY code, b ORDER BY ALL
    """,
    """
    SELECT toStartOfHour(at, 'America/New_York') AS b, \(candle) FROM t \
    WHERE code IN ('a', 'c') GROUP BY b ORDER BY ALL
    """,
    "SELECT toStartOfDay(at, 'Asia/Kathmandu') AS b, \(candle) FROM t GROUP BY b ORDER BY ALL",
    "SELECT toDate(toTimeZone(at, 'Pacific/Apia')) AS b, \(candle) FROM t GROUP BY b ORDER BY ALL",
    "SELECT \(candle) FROM t WHERE at > '2024-03-10 00:00:00.000001'",
    "SELECT \(candle) FROM t WHERE at BETWEEN '2024-03-10 00:00:10' AND '2024-03-10 00:00:10.5'",
    """
    SELECT code, toHour(at) AS h, count(), sum(size), countIf(code = 'a'), sumIf(px * size, code != 'b') \
    FROM t GROUP BY ROLLUP(code, h) ORDER BY ALL
    """,
    """
    SELECT code, intDiv(toUnixTimestamp(at), 300) * 300 AS b, max(px) - min(px) AS r FROM t \
    GROUP BY code, b HAVING count() > 3 ORDER BY r DESC, code, b LIMIT 20
    """,
  ]

  /// What EXPLAIN says where partials are read.
  private static let mark = "partial candles of"

  @Test(
    "any history of a table gives the candles of its rows",
    arguments: 0..<worldCount(debug: 4, long: 60))
  func history(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let scratch = Scratch()
    var next = 0
    var used = 0
    for life in 0..<3 {
      try opened(scratch) { database in
        if life == 0 { try database.run(Self.create) }
        for _ in 0..<4 {
          switch random.below(8) {
          case 0...3:
            try database.run("INSERT INTO t VALUES \(Self.rows(&random, &next))")
            if random.oneIn(2) { try database.run("SYSTEM FLUSH TABLE t") }
          case 4: try database.run("SYSTEM FLUSH TABLE t")
          case 5: try database.run("OPTIMIZE TABLE t\(random.oneIn(2) ? " FINAL" : "")")
          case 6:
            try database.run("DELETE FROM t WHERE id % 97 = \(random.below(97))")
          default:
            try database.run(
              "ALTER TABLE t UPDATE px = 5.5, size = size * 2 WHERE id % 89 = \(random.below(89))")
          }
          for query in Self.queries {
            let rows = try database.run("\(query) SETTINGS optimize_use_projections = 0")
            let partials = try database.run(query)
            #expect(rows == partials, "seed \(seed): \(query)")
            if try database.run("EXPLAIN \(query)").contains(Self.mark) { used += 1 }
          }
        }
      }
    }
    // Thin rows alone have none.
    #expect(used > 5 || next < 300, "partials were read by \(used) queries")
    let report = Store.check(files: try PosixFileSystem(root: scratch.path))
    #expect(report.damages.isEmpty && report.notes.isEmpty, "\(report)")
  }

  @Test("a segment of which rows are gone gives the candles of the others", arguments: 0..<3)
  func goneRows(seed: UInt64) throws {
    var random = SplitMix64(seed: 900 + seed)
    let scratch = Scratch()
    var next = 0
    try opened(scratch) { database in
      try database.run(Self.create)
      for _ in 0..<6 { try database.run("INSERT INTO t VALUES \(Self.rows(&random, &next))") }
      try database.run("OPTIMIZE TABLE t FINAL")
      let parts = "SELECT count() FROM system.parts WHERE has_lightweight_delete"
      var used = 0
      for step in 0..<8 {
        let id = random.below(next)
        let condition =
          step % 2 == 0 ? "id = \(id)" : "id BETWEEN \(id) AND \(id + random.below(9))"
        try database.run(
          random.oneIn(3)
            ? "ALTER TABLE t UPDATE px = 77.5 WHERE \(condition)"
            : "DELETE FROM t WHERE \(condition)")
        for query in Self.queries {
          let rows = try database.run("\(query) SETTINGS optimize_use_projections = 0")
          #expect(try database.run(query) == rows, "seed \(seed), step \(step): \(query)")
          if try database.run("EXPLAIN \(query)").contains(Self.mark) { used += 1 }
        }
      }
      #expect(try database.run(parts) != "0\n")
      #expect(used > 30, "partials were read by \(used) queries")
      // What a merge makes of it answers the same.
      let before = try Self.queries.map { try database.run($0) }
      try database.run("OPTIMIZE TABLE t FINAL")
      #expect(try database.run(parts) == "0\n")
      for (query, answer) in zip(Self.queries, before) {
        #expect(try database.run(query) == answer, "seed \(seed), merged: \(query)")
      }
    }
  }

  @Test("EXPLAIN says what takes partials, and what must not")
  func plans() throws {
    let scratch = Scratch()
    try opened(scratch) { database in
      try database.run(Self.create)
      try database.run(
        """
        INSERT INTO t SELECT toDateTime64('2024-03-10 00:00:00', 6, 'UTC') + toIntervalMillisecond(number * 5), \
        'a', 100 + number % 7, 1, 'buy', number, '' FROM numbers(40000)
        """)
      try database.run("SYSTEM FLUSH TABLE t")
      func isUsed(_ query: String) throws -> Bool {
        try database.run("EXPLAIN \(query)").contains(Self.mark)
      }
      for taken in Self.queries {
        #expect(try isUsed(taken), "\(taken)")
        #expect(try !isUsed(taken + " SETTINGS optimize_use_projections = 0"), "\(taken)")
      }
      for untaken in [
        "SELECT sum(px) FROM t", "SELECT avg(px) FROM t", "SELECT median(px) FROM t",
        "SELECT sum(size) FROM t WHERE px > 1", "SELECT sum(size), way FROM t GROUP BY way",
        "SELECT sumIf(size, way = 'sell') FROM t", "SELECT countIf(way = 'buy') FROM t",
        "SELECT uniq(code) FROM t", "SELECT count(DISTINCT at) FROM t",
        "SELECT argMin(note, at) FROM t", "SELECT argMin(px, id) FROM t",
        "SELECT any(px) FROM t", "SELECT max(at - toIntervalSecond(1)) FROM t",
        "SELECT count() FROM t GROUP BY at",
        "SELECT count() FROM t GROUP BY toUnixTimestamp64Milli(at)",
        "SELECT count() FROM t GROUP BY toStartOfInterval(at, INTERVAL 500 MILLISECOND)",
        "SELECT count() FROM t WHERE at = '2024-03-10 00:00:00'",
        "SELECT count() FROM t WHERE _sequence > 5", "SELECT sumOrNull(size) FROM t",
        "SELECT sum(size) FROM (SELECT size FROM t LIMIT 5)",
        "SELECT count(), rand() % 2 AS r FROM t GROUP BY r",
      ] { #expect(try !isUsed(untaken), "\(untaken)") }
      // Which groups come first decides where only so many are kept.
      #expect(
        try !isUsed(
          "SELECT count() FROM t GROUP BY toStartOfMinute(at) SETTINGS max_rows_to_group_by = 2, group_by_overflow_mode = 'any'"
        ))
      // A second holds 200 rows, a minute 12,000.
      let partials = try database.run(
        "SELECT toStartOfMinute(at) AS m, count() FROM t GROUP BY m ORDER BY m")
      #expect(
        partials
          == "2024-03-10 00:00:00\t12000\n2024-03-10 00:01:00\t12000\n2024-03-10 00:02:00\t12000\n2024-03-10 00:03:00\t4000\n"
      )
      // Bounds choose the level: what they cut is read as rows.
      for (bounds, seconds) in [
        ("", 86_400), ("WHERE at >= '2024-03-10 00:00:00'", 86_400),
        ("WHERE at < '2024-03-10 00:03:00'", 60), ("WHERE at < '2024-03-10 00:03:01'", 60),
        ("WHERE at < '2024-03-10 00:02:30'", 1), ("WHERE at >= '2024-03-10 00:00:10.5'", 1),
      ] {
        let plan = try database.run("EXPLAIN SELECT sum(size) FROM t \(bounds)")
        #expect(plan.contains("\(Self.mark) \(seconds) s"), "\(bounds): \(plan)")
      }
      // Columns keep their candles under new names and refuse to go.
      try database.run("ALTER TABLE t RENAME COLUMN px TO price")
      #expect(
        try isUsed("SELECT toStartOfMinute(at) AS m, max(price) FROM t GROUP BY m"))
      for refused in ["DROP COLUMN price", "CLEAR COLUMN size", "DROP COLUMN way"] {
        let code = failure(
          database, "ALTER TABLE t \(refused)")
        #expect(code == 524, "\(refused)")
      }
      #expect(
        try database.run("SHOW CREATE TABLE t").contains("candles = \\'at, price, size, way, id\\'")
      )
    }
  }

  @Test("candles are refused where rows cannot have them")
  func refused() throws {
    let scratch = Scratch()
    try opened(scratch) { database in
      let columns =
        "at DateTime64(6), n DateTime, code LowCardinality(String), px Float64, size Float64, f Float32, way Enum8('buy' = 1), odd Enum8('x' = 1), id UInt64"
      for (candles, order) in [
        ("at, px", "code, at"), ("n, px, size", "code, n"), ("at, px, f", "code, at"),
        ("at, px, px", "code, at"), ("at, px, size, odd", "code, at"),
        ("at, px, size, id, way", "code, at"), ("at, px, size", "at"),
        ("at, px, size", "code, at, id"), ("at, px, size", "id, at"),
        ("at, px, size", "code, toStartOfHour(at)"), ("at, px, size, nothing", "code, at"),
        ("", "code, at"),
      ] {
        let code = failure(
          database,
          "CREATE TABLE u (\(columns)) ENGINE = MergeTree ORDER BY (\(order)) SETTINGS candles = '\(candles)'"
        )
        #expect(code == 36, "\(candles) by \(order)")
      }
      try database.run(
        "CREATE TABLE u (\(columns)) ENGINE = MergeTree ORDER BY (code, at) SETTINGS candles = 'at, px, size, id'"
      )
      #expect(try database.run("SELECT count() FROM u") == "0\n")
    }
  }

  @Test("candles of any length and zone, on days whose clocks change, filled on their calendar")
  func anyLength() throws {
    let scratch = Scratch()
    try opened(scratch) { database in
      try database.run(Self.create)
      // Every second from Friday noon to Sunday noon, and on Tuesday: New York's clocks change on Sunday, 2024-03-10.
      try database.run(
        """
        INSERT INTO t SELECT toDateTime64('2024-03-08 17:00:00', 6, 'UTC') + toIntervalSecond(number), \
        'a', 10 + number % 3, 0.5, if(number % 2 = 0, 'buy', 'sell'), number + 1, '' \
        FROM numbers(172800)
        """)
      try database.run(
        "INSERT INTO t VALUES ('2024-03-12 05:00:00', 'a', 7, 1, 'sell', 999999, '')")
      try database.run("SYSTEM FLUSH TABLE t")
      func asked(_ sql: String) throws -> String {
        let partials = try database.run(sql)
        #expect(try database.run(sql + " SETTINGS optimize_use_projections = 0") == partials)
        return partials
      }
      #expect(
        try asked(
          """
          SELECT ts, open, close, volume, trades, buy_volume, toUnixTimestamp(ts) \
          FROM candles('1d', 'America/New_York', 't') ORDER BY ts WITH FILL STEP INTERVAL 1 DAY
          """)
            == """
            2024-03-08 00:00:00.000000000\t10\t12\t21600\t43200\t10800\t1709874000
            2024-03-09 00:00:00.000000000\t10\t12\t43200\t86400\t21600\t1709960400
            2024-03-10 00:00:00.000000000\t10\t12\t21600\t43200\t10800\t1710046800
            2024-03-11 00:00:00.000000000\t0\t0\t0\t0\t0\t0
            2024-03-12 00:00:00.000000000\t7\t7\t1\t1\t0\t1710216000

            """)
      #expect(
        try asked(
          """
          SELECT ts, trades FROM candles('4h', 'America/New_York', 't') \
          WHERE ts >= '2024-03-09 20:00:00' AND ts <= '2024-03-10 08:00:00' ORDER BY ts
          """)
            == """
            2024-03-09 20:00:00.000000000\t14400
            2024-03-10 00:00:00.000000000\t10800
            2024-03-10 04:00:00.000000000\t14400
            2024-03-10 08:00:00.000000000\t14400

            """)
      #expect(
        try asked(
          "SELECT ts, trades, high, low FROM candles('1w', 'Asia/Kathmandu', 't') ORDER BY ts")
            == """
            2024-03-04 00:00:00.000000000\t172800\t12\t10
            2024-03-11 00:00:00.000000000\t1\t7\t7

            """)
      #expect(
        try asked("SELECT count(), sum(trades), max(trades) FROM candles('7m', 'UTC', 'default.t')")
          == "413\t172801\t420\n")
      for (call, code) in [
        ("candles()", 42), ("candles('1m', 'UTC', 't', 1)", 42), ("candles(7)", 43),
        ("candles('7')", 36), ("candles('0m')", 36), ("candles('-1m')", 36), ("candles('m')", 36),
        ("candles('999999999999999999999m')", 36), ("candles('101y')", 36),
        ("candles('1m', 'Moon')", 36), ("candles('1m', 'UTC', 'quotes')", 36),
        ("candles('1m', 'UTC', 'none')", 60), ("candles('1m', 'UTC', 'x.t')", 60),
      ] {
        #expect(failure(database, "SELECT * FROM \(call)") == code, "\(call)")
      }
    }
  }
}
