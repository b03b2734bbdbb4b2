/// Segments that are written again hold the same rows: merges by themselves and by OPTIMIZE, beside statements that take
/// the table away, and what an interrupted one leaves behind.
import Glibc
import Synchronization
import TestSupport
import TickColumns
import TickSQL
import Testing

@testable import TickEngine
@testable import TickStorage

@Suite struct RewriteTests {
  private static let create = """
    CREATE TABLE t (s LowCardinality(String), ts DateTime64(9), x Nullable(Int64), f Float64, \
    n LowCardinality(Nullable(String)), a Array(String), note String) \
    ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (s, toStartOfHour(ts), f)
    """

  private func opened(
    _ scratch: Scratch, rowsMax: Int = 1_000, background: Bool = false,
    _ body: (Database) throws -> Void
  ) throws {
    var options = DatabaseOptions()
    options.mergesInBackground = background
    options.restSeconds = 0
    options.mergedSegmentRowsMax = rowsMax
    let database = try Database.open(at: scratch.path, options: options)
    defer { database.close() }
    try body(database)
  }

  /// Rows of a few symbols and two days, most of them in order, some far back.
  private static func rows(_ random: inout SplitMix64, _ count: Int, from start: Int) -> String {
    (0..<count).map { i in
      let time = random.oneIn(10) ? random.below(200_000) : start + i
      let symbol = ["", "AAPL", "B", "Zürich", "x\\'y"][random.below(5)]
      let x = random.oneIn(7) ? "NULL" : String(Int64(bitPattern: random.next()))
      let f = random.oneIn(9) ? "nan" : random.oneIn(9) ? "-0." : "\(random.below(50)).5"
      let n = random.oneIn(3) ? "NULL" : "'n\(random.below(4))'"
      let array = (0..<random.below(3)).map { "'e\($0)'" }.joined(separator: ",")
      func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
      let day = "2024-01-0\(1 + time / 86_400)"
      let clock = "\(two(time / 3_600 % 24)):\(two(time / 60 % 60)):\(two(time % 60))"
      return
        "('\(symbol)', '\(day) \(clock).\(random.below(1000))', \(x), \(f), \(n), [\(array)], 'r\(i)')"
    }.joined(separator: ",")
  }

  private static let everything = "SELECT *, _sequence FROM t ORDER BY _sequence"
  /// How many segments of a partition are below level 2, and how many are of it.
  private static let levels = """
    SELECT partition, countIf(level < 2), countIf(level = 2) FROM system.parts WHERE table = 't' \
    GROUP BY partition ORDER BY partition
    """

  @Test("merging changes no row, and level 2 is one order", arguments: 0..<6)
  func merges(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let scratch = Scratch()
    try opened(scratch, rowsMax: 1 + random.below(3_000)) { database in
      try database.run(Self.create)
      var start = 0
      for round in 0..<10 {
        let count = 1 + random.below(400)
        try database.run(
          "INSERT INTO t (s, ts, x, f, n, a, note) VALUES \(Self.rows(&random, count, from: start))"
        )
        start += count
        if random.oneIn(2) { try database.run("SYSTEM FLUSH TABLE t") }
        if round == 5 {
          // Rows of before have it computed: a merge must write what a query shows.
          try database.run("ALTER TABLE t ADD COLUMN late Nullable(Int64) DEFAULT x + 1 AFTER ts")
          try database.run("ALTER TABLE t DROP COLUMN note")
          try database.run("ALTER TABLE t ADD COLUMN note String")
        }
        if random.oneIn(4) { try database.run("OPTIMIZE TABLE t") }
      }
      let before = try database.run(Self.everything)
      try database.run("OPTIMIZE TABLE t FINAL")
      #expect(try database.run(Self.everything) == before)
      for line in try database.run(Self.levels).split(separator: "\n") {
        let parts = line.split(separator: "\t")
        // One segment is in order already, and may stay what it is.
        #expect(parts[1] == "0" || parts[2] == "0" && parts[1] == "1", "\(line)")
      }
      try isInOrder(database)
    }
    let report = Store.check(files: try PosixFileSystem(root: scratch.path))
    #expect(report.damages.isEmpty && report.notes.isEmpty, "\(report)")
    try opened(scratch) { database in
      let isThere = try database.run("SELECT count() > 0 FROM t")
      #expect(isThere == "1\n")
    }
  }

  /// The segments of level 2 of a partition, one after the other, are in the order of the table.
  private func isInOrder(_ database: Database) throws {
    let snapshot = try #require(database.store.snapshot().table(database: "default", name: "t"))
    let layout = try database.layout(of: snapshot.definition)
    for (name, entries) in snapshot.mergeGroups where entries.count > 1 {
      let ids = Set(entries.map(\.fileID))
      let segments = snapshot.segments.filter { ids.contains($0.entry.fileID) }
      let reading = try RewriteReading(snapshot, layout, segments)
      var list = SortedList(reading)
      for segment in segments.sorted(by: { $0.entry.fileID < $1.entry.fileID }) {
        let follows = try list.append(segment)
        #expect(follows, "segments of \(name ?? "several") that overlap")
      }
    }
  }

  @Test("the background merges what rests, and closing stops it")
  func background() throws {
    let scratch = Scratch()
    try opened(scratch, rowsMax: 500, background: true) { database in
      var random = SplitMix64(seed: 1)
      try database.run(Self.create)
      for round in 0..<12 {
        try database.run(
          "INSERT INTO t (s, ts, x, f, n, a, note) VALUES \(Self.rows(&random, 100, from: round * 100))"
        )
        try database.run("SYSTEM FLUSH TABLE t")
      }
      let before = try database.run(Self.everything)
      // What came after a merge may be too little for another one.
      let unsettled = """
        SELECT count() FROM (SELECT sumIf(rows, level < 2) AS above, sumIf(rows, level = 2) AS rest \
        FROM system.parts WHERE table = 't' GROUP BY partition HAVING above > 0 AND above * 4 >= rest)
        """
      // The thread gives way to all others: beside other tests it may wait until these are done.
      let deadline = Database.ticks() + 600_000_000_000
      while Database.ticks() < deadline, database.compactor.failure == nil,
        database.store.failure == nil, try database.run(unsettled) != "0\n"
      {
        usleep(20_000)
      }
      #expect(try database.run(unsettled) == "0\n")
      #expect(try database.run(Self.everything) == before)
      #expect(database.compactor.counts.merges > 0)
      #expect(database.compactor.failure == nil)
      #expect(database.store.failure == nil)
    }
  }

  @Test("tables that go or are emptied while they are merged lose nothing else", arguments: 0..<3)
  func beside(seed: UInt64) throws {
    let scratch = Scratch()
    try opened(scratch, rowsMax: 300, background: true) { database in
      let isDone = Atomic(false)
      let wrong = Mutex<[String]>([])
      let optimizer = SystemThread(name: "test", stackBytes: RequestThreads.stackBytes) {
        while !isDone.load(ordering: .sequentiallyConsistent) {
          do throws(EngineError) {
            try database.run("OPTIMIZE TABLE t FINAL")
          } catch {
            // Between DROP and CREATE there is no table.
            if error.code != .unknownTable { wrong.withLock { $0.append(error.message) } }
          }
        }
      }
      defer {
        isDone.store(true, ordering: .sequentiallyConsistent)
        optimizer.join()
      }
      var random = SplitMix64(seed: seed)
      try database.run(Self.create)
      var expected = 0
      for _ in 0..<60 {
        switch random.below(8) {
        case 0:
          try database.run("TRUNCATE TABLE t")
          expected = 0
        case 1:
          try database.run("DROP TABLE t")
          try database.run(Self.create)
          expected = 0
        default:
          let count = 1 + random.below(120)
          try database.run(
            "INSERT INTO t (s, ts, x, f, n, a, note) VALUES \(Self.rows(&random, count, from: 0))")
          expected += count
          if random.oneIn(2) { try database.run("SYSTEM FLUSH TABLE t") }
        }
        #expect(
          try database.run("SELECT count(), uniqExact(_sequence) FROM t")
            == "\(expected)\t\(expected)\n")
      }
      #expect(wrong.withLock { $0 } == [])
    }
    // Whatever was given up left no file.
    let report = Store.check(files: try PosixFileSystem(root: scratch.path))
    #expect(report.damages.isEmpty && report.notes.isEmpty, "\(report)")
  }

  @Test("a merge that is cancelled changes nothing")
  func cancelled() throws {
    let scratch = Scratch()
    try opened(scratch) { database in
      var random = SplitMix64(seed: 9)
      try database.run(Self.create)
      for _ in 0..<3 {
        try database.run(
          "INSERT INTO t (s, ts, x, f, n, a, note) VALUES \(Self.rows(&random, 50, from: 0))")
        try database.run("SYSTEM FLUSH TABLE t")
      }
      let parts = "SELECT groupArray(name) FROM (SELECT name FROM system.parts ORDER BY name)"
      let before = try database.run(parts)
      let id = try #require(database.store.snapshot().table(database: "default", name: "t"))
        .definition.id
      var code: ErrorCode?
      do throws(SQLError) {
        try database.compactor.optimize(id, partition: nil, isFinal: true, isCancelled: { true })
      } catch {
        code = error.code
      }
      #expect(code == .queryWasCancelled)
      #expect(try database.run(parts) == before)
    }
  }

  @Test("segments in order are joined without comparing rows")
  func joined() throws {
    let scratch = Scratch()
    try opened(scratch, rowsMax: 100_000) { database in
      try database.run("CREATE TABLE t (k UInt64, v String) ORDER BY k")
      for part in 0..<4 {
        try database.run(
          "INSERT INTO t SELECT number + \(part * 1000), toString(number) FROM numbers(1000)")
        try database.run("SYSTEM FLUSH TABLE t")
      }
      let snapshot = try #require(database.store.snapshot().table(database: "default", name: "t"))
      let layout = try database.layout(of: snapshot.definition)
      var list = SortedList(try RewriteReading(snapshot, layout, snapshot.segments))
      for segment in snapshot.segments {
        let follows = try list.append(segment)
        #expect(follows)
      }
      let goesBack = try list.append(snapshot.segments[0])
      #expect(!goesBack, "rows before the last one")
      try database.run("OPTIMIZE TABLE t FINAL")
      #expect(
        try database.run("SELECT rows, level FROM system.parts WHERE table = 't'") == "4000\t2\n")
      #expect(try database.run("SELECT sum(k), uniqExact(v) FROM t") == "7998000\t1000\n")
    }
  }

  /// Rows that are thinly spread over ten years: by INSERT, by a load that goes to segments at once, and by a file.
  @Test("ten years of days do not become a file each", arguments: [false, true])
  func sparse(isLoad: Bool) throws {
    let scratch = Scratch()
    var options = DatabaseOptions()
    options.mergesInBackground = false
    if isLoad { options.insertLogBytesMax = 1_000 }
    let database = try Database.open(at: scratch.path, options: options)
    defer { database.close() }
    try database.run(
      """
      CREATE TABLE t (s LowCardinality(String), d Date, n UInt64) ENGINE = MergeTree PARTITION BY d \
      ORDER BY (s, d)
      """)
    for part in 0..<5 {
      try database.run(
        """
        INSERT INTO t SELECT concat('s', toString(number % 3)), toDate('2014-01-01') + number % 730 + \(part * 730), \
        number FROM numbers(7300)
        """)
      try database.run("SYSTEM FLUSH TABLE t")
    }
    let parts = "SELECT count(), sum(rows), any(partition) FROM system.parts WHERE table = 't'"
    #expect(try database.run(parts) == "5\t36500\t2014-01-01 .. 2015-12-31\n")
    let digest =
      "SELECT count(), sum(n), sum(cityHash64(s, d, n)), uniqExact(d), uniqExact(_sequence) FROM t"
    let before = try database.run(digest)
    try database.run("OPTIMIZE TABLE t FINAL")
    #expect(try database.run(parts) == "1\t36500\t2014-01-01 .. 2023-12-29\n")
    #expect(try database.run(digest) == before)
    // A partition of it goes, with rows in memory, in a segment of its own and among those of others.
    try database.run("INSERT INTO t VALUES ('s1', '2016-02-29', 1)")
    try database.run("SYSTEM FLUSH TABLE t")
    try database.run("INSERT INTO t VALUES ('s1', '2016-02-29', 2), ('s1', '2016-03-01', 3)")
    try database.run("ALTER TABLE t DROP PARTITION '2016-02-29'")
    #expect(
      try database.run("SELECT count(), countIf(d = '2016-02-29'), uniqExact(d) FROM t")
        == "36491\t0\t3649\n")
    try database.run("ALTER TABLE t DROP PARTITION '2030-01-01'")
    #expect(try database.run("SELECT count() FROM t WHERE d = '2016-03-01'") == "11\n")
  }
}
