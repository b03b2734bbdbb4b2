/// Partitions that are named, dropped, detached and attached: by value and by ID, of segments that hold several, with keys that
/// are there again, with other columns, across restarts, copies and repairs.
import Foundation
import TestSupport
import TickColumns
import Testing

@testable import TickEngine
@testable import TickStorage

@Suite struct PartitionTests {
  private func opened<R>(_ path: String, _ body: (Database) throws -> R) throws -> R {
    var options = DatabaseOptions()
    options.mergesInBackground = false
    let database = try Database.open(at: path, options: options)
    defer { database.close() }
    return try body(database)
  }

  private static func detached(_ table: String = "t") -> String {
    "SELECT partition_id, count() FROM system.detached_parts WHERE table = '\(table)' "
      + "GROUP BY partition_id ORDER BY partition_id"
  }

  /// What ClickHouse says in `system.parts` of a table that is divided by one column of the type, with one row.
  @Test(
    "a partition has ClickHouse's ID",
    arguments: [
      ("UInt8", "3", "3"), ("Int8", "-3", "-3"), ("Bool", "true", "1"),
      ("UInt64", "18446744073709551615", "18446744073709551615"),
      ("Date", "'2024-01-05'", "20240105"), ("Date32", "'1950-01-05'", "-7301"),
      ("DateTime('UTC')", "'2024-01-05 01:02:03'", "1704416523"),
      ("DateTime64(3, 'UTC')", "'2024-01-05 01:02:03.123'", "bb940cfc397ef1b9a4185cf0ef24892e"),
      ("Enum8('a' = -1, 'b' = 2)", "'a'", "-1"), ("Enum16('a' = -1, 'b' = 2)", "'b'", "2"),
      ("String", "''", "f64abffc6c96f8ef72c783f1b9426e19"),
      ("String", "'hello world, this is long'", "00c7c37a6a3ad39443946051e7705fae"),
      ("FixedString(4)", "'ab'", "b1856e3697389b559bfc0e9b80aabac2"),
      ("LowCardinality(String)", "'x'", "8b8f0fede53df97513a9fb4cb19dc1e4"),
      ("Tuple(UInt8, String)", "(1, 'a')", "856971e78dc9ccfd8e6a0270f6924206"),
      ("UUID", "'00112233-4455-6677-8899-aabbccddeeff'", "2462615b0a052003f1dfc9e6cda040a3"),
      ("IPv4", "'1.2.3.4'", "16909060"), ("IPv6", "'::1'", "1ebc31932a947b7ca9e898a271e7f028"),
      ("Int128", "-5", "1d894163b5898d55565fce607a003475"),
      ("UInt128", "5", "7950b33bf17282bc39c6aa3e17c9c7a5"),
      ("Decimal(9, 2)", "1.25", "ef4f1cf591db9967dbc042e1e11dfc6e"),
      ("Decimal(18, 2)", "1.25", "0fbb95ee8cfeb1af653c4d42edad9bcc"),
      ("Decimal(38, 2)", "1.25", "525e43e58176da94c7fd56c1e9c50290"),
    ])
  func identifier(type: String, value: String, id: String) throws {
    let scratch = Scratch()
    try opened(scratch.path) { (database: Database) throws in
      try database.run(
        "CREATE TABLE t (x \(type), k UInt8) ENGINE = MergeTree PARTITION BY x ORDER BY k")
      try database.run("INSERT INTO t VALUES (\(value), 1)")
      try database.run("SYSTEM FLUSH")
      let parts = "SELECT partition_id FROM system.parts WHERE table = 't'"
      #expect(try database.run(parts) == id + "\n")
      try database.run("ALTER TABLE t DETACH PARTITION ID '\(id)'")
      #expect(try database.run("SELECT count() FROM t") == "0\n")
      #expect(try database.run(Self.detached()) == "\(id)\t1\n")
      try database.run("ALTER TABLE t ATTACH PARTITION \(value)")
      #expect(try database.run("SELECT count() FROM t") == "1\n")
    }
  }

  @Test("a partition and an ID may be parameters")
  func parameters() throws {
    let scratch = Scratch()
    try opened(scratch.path) { (database: Database) throws in
      try database.run(
        "CREATE TABLE t (s String, d Date) ENGINE = MergeTree PARTITION BY (s, d) ORDER BY d")
      try database.run(
        "INSERT INTO t VALUES ('a', '2024-01-01'), ('b', '2024-01-02'), ('c', '2024-01-03')")
      _ = try database.query(
        "ALTER TABLE t DROP PARTITION ({s:String}, {d:Date})",
        parameters: ["s": "a", "d": "2024-01-01"])
      _ = try database.query(
        "ALTER TABLE t DROP PARTITION {p:Tuple(String, Date)}",
        parameters: ["p": "('b', '2024-01-02')"])
      #expect(try database.run("SELECT s FROM t") == "c\n")
      let id = try database.run("SELECT partition_id FROM system.parts WHERE table = 't'")
      _ = try database.query(
        "ALTER TABLE t DROP PARTITION ID {id:String}",
        parameters: ["id": String(id.dropLast())])
      #expect(try database.run("SELECT count() FROM t") == "0\n")
    }
  }

  /// Days that are thin enough to share segments.
  @Test(
    "one partition of a segment that holds several is detached and attached",
    arguments: [false, true])
  func shared(byID: Bool) throws {
    let scratch = Scratch()
    let digest =
      "SELECT count(), sum(n), sum(cityHash64(s, d, n, _sequence)), uniqExact(_sequence) FROM t"
    let day = byID ? "PARTITION ID '20160229'" : "PARTITION '2016-02-29'"
    let before = try opened(scratch.path) { (database: Database) throws -> String in
      try database.run(
        """
        CREATE TABLE t (s LowCardinality(String), d Date, n UInt64) ENGINE = MergeTree PARTITION BY d \
        ORDER BY (s, d)
        """)
      try database.run(
        """
        INSERT INTO t SELECT concat('s', toString(number % 3)), toDate('2016-01-01') + number % 365, number \
        FROM numbers(3650)
        """)
      try database.run("SYSTEM FLUSH")
      // In a segment of its own, and in memory.
      try database.run("INSERT INTO t VALUES ('s1', '2016-02-29', 1)")
      try database.run("SYSTEM FLUSH")
      try database.run("INSERT INTO t VALUES ('s1', '2016-02-29', 2), ('s1', '2016-03-01', 3)")
      return try database.run(digest)
    }
    try opened(scratch.path) { (database: Database) throws in
      try database.run("ALTER TABLE t DETACH \(day)")
      #expect(
        try database.run("SELECT count(), countIf(d = '2016-02-29'), uniqExact(d) FROM t")
          == "3641\t0\t364\n")
      #expect(
        try database.run("SELECT DISTINCT partition_id FROM system.detached_parts") == "20160229\n")
      try database.run("ALTER TABLE t DETACH PARTITION ID 'nothing'")
      // All others as they are, those that share segments among them.
      try database.run("ALTER TABLE t DETACH PARTITION ALL")
      #expect(try database.run("SELECT count() FROM t") == "0\n")
    }
    #expect(Store.check(files: try PosixFileSystem(root: scratch.path)).detachedRows == 3653)
    try opened(scratch.path) { (database: Database) throws in
      try database.run("ALTER TABLE t ATTACH PARTITION '2016-03-01'")
      #expect(try database.run("SELECT count(), uniqExact(d) FROM t") == "11\t1\n")
      try database.run("ALTER TABLE t ATTACH \(day)")
      #expect(try database.run("SELECT count(), uniqExact(d) FROM t") == "23\t2\n")
      try database.run("ALTER TABLE t ATTACH PARTITION ALL")
      #expect(try database.run(digest) == before)
      #expect(try database.run("SELECT count() FROM system.detached_parts") == "0\n")
      try database.run("OPTIMIZE TABLE t FINAL")
      #expect(try database.run(digest) == before)
    }
    #expect(Store.check(files: try PosixFileSystem(root: scratch.path)).notes.isEmpty)
  }

  @Test("what is attached brings no key that is there")
  func duplicates() throws {
    let scratch = Scratch()
    let rows = "SELECT s, id, v FROM t ORDER BY id, v"
    try opened(scratch.path) { (database: Database) throws in
      try database.run(
        """
        CREATE TABLE t (s LowCardinality(String), id UInt64, v String, d Date DEFAULT '2024-01-01') \
        ENGINE = MergeTree PARTITION BY d ORDER BY s SETTINGS deduplicate_by = 's, id'
        """)
      try database.run(
        "INSERT INTO t (s, id, v) VALUES ('a', 1, 'old'), ('a', 2, 'old'), ('a', 0, 'old')")
      try database.run("ALTER TABLE t DETACH PARTITION '2024-01-01'")
      // Keys that are detached are not there.
      try database.run("INSERT INTO t (s, id, v) VALUES ('a', 1, 'new'), ('a', 3, 'new')")
      try database.run("INSERT INTO t VALUES ('a', 4, 'other day', '2024-01-02')")
      try database.run("ALTER TABLE t ATTACH PARTITION '2024-01-01'")
      #expect(
        try database.run(rows) == "a\t0\told\na\t1\tnew\na\t2\told\na\t3\tnew\na\t4\tother day\n")
      // What came back is known from then on.
      try database.run("INSERT INTO t (s, id, v) VALUES ('a', 2, 'again'), ('a', 5, 'new')")
      #expect(try database.run("SELECT v FROM t WHERE id IN (2, 5) ORDER BY id") == "old\nnew\n")
      // Detached twice with one key: the one that was detached first had been there first.
      try database.run("ALTER TABLE t DETACH PARTITION ALL")
      try database.run("INSERT INTO t (s, id, v) VALUES ('a', 1, 'third'), ('a', 6, 'third')")
      try database.run("ALTER TABLE t DETACH PARTITION ALL")
    }
    try opened(scratch.path) { (database: Database) throws in
      try database.run("ALTER TABLE t ATTACH PARTITION ALL")
      #expect(
        try database.run("SELECT id, v FROM t WHERE id IN (1, 6) ORDER BY id")
          == "1\tnew\n6\tthird\n")
      #expect(
        try database.run("SELECT count(), uniqExact(_sequence) FROM t WHERE id > 0") == "6\t6\n")
    }
    #expect(Store.check(files: try PosixFileSystem(root: scratch.path)).notes.isEmpty)
  }

  @Test("what is attached has the columns of the table as it is now")
  func columns() throws {
    let scratch = Scratch()
    try opened(scratch.path) { (database: Database) throws in
      try database.run(
        """
        CREATE TABLE t (d Date, a UInt64, gone String, e Enum8('x' = 1)) ENGINE = MergeTree PARTITION BY d \
        ORDER BY a
        """)
      try database.run(
        "INSERT INTO t VALUES ('2024-01-01', 1, 'g', 'x'), ('2024-01-02', 2, 'h', 'x')")
      try database.run("ALTER TABLE t DETACH PARTITION '2024-01-01'")
      try database.run(
        "ALTER TABLE t DROP COLUMN gone, ADD COLUMN more UInt64 DEFAULT a * 10, "
          + "MODIFY COLUMN e Enum8('x' = 1, 'y' = 2)")
      try database.run("ALTER TABLE t ADD COLUMN gone String DEFAULT 'new'")
      try database.run("RENAME TABLE t TO u")
    }
    try opened(scratch.path) { (database: Database) throws in
      #expect(try database.run(Self.detached("u")) == "20240101\t1\n")
      try database.run("ALTER TABLE u ATTACH PARTITION '2024-01-01'")
      #expect(
        try database.run("SELECT * FROM u ORDER BY a FORMAT TSVWithNames")
          == "d\ta\te\tmore\tgone\n2024-01-01\t1\tx\t10\tnew\n2024-01-02\t2\tx\t20\tnew\n")
      try database.run("DROP TABLE u")
      #expect(try database.run("SELECT count() FROM system.detached_parts") == "0\n")
    }
    let left = try FileManager.default.subpathsOfDirectory(atPath: scratch.path + "/segments")
    #expect(!left.contains { $0.hasSuffix(".seg") })
  }

  @Test("candles are the same when their rows are back")
  func candles() throws {
    let scratch = Scratch()
    try opened(scratch.path) { (database: Database) throws in
      try database.run(
        """
        INSERT INTO trades (ts, exchange, symbol, price, qty, side, trade_id) \
        SELECT toDateTime64('2024-01-01', 9) + toIntervalMillisecond(number * 1000), 'x', 'S', \
        number % 17, number % 5, if(number % 2 = 0, 'buy', 'sell'), number + 1 FROM numbers(100000)
        """)
      let query =
        "SELECT * FROM candles_1m ORDER BY ts, exchange, symbol"
      let before = try database.run(query)
      try database.run("OPTIMIZE TABLE trades FINAL")
      try database.run("ALTER TABLE trades DETACH PARTITION '2024-01-01'")
      #expect(try database.run("SELECT count() FROM candles_1m") != "0\n")
      try database.run("ALTER TABLE trades DETACH PARTITION ALL")
      #expect(try database.run("SELECT count() FROM candles_1m") == "0\n")
      try database.run("ALTER TABLE trades ATTACH PARTITION ALL")
      #expect(try database.run(query) == before)
      // Whole partitions are one order again when they are merged.
      let levels = "SELECT DISTINCT level FROM system.parts WHERE table = 'trades'"
      #expect(try database.run(levels) == "1\n")
      try database.run("OPTIMIZE TABLE trades FINAL")
      #expect(try database.run(levels) == "2\n")
      #expect(try database.run(query) == before)
    }
  }

  @Test("a copy holds what is detached, and a repair saves it")
  func copies() throws {
    let (scratch, copies) = (Scratch(), Scratch())
    let rows = "SELECT d, k, _sequence FROM t ORDER BY _sequence"
    let before = try opened(scratch.path) { (database: Database) throws -> String in
      try database.run(
        "CREATE TABLE t (d Date, k UInt64) ENGINE = MergeTree PARTITION BY d ORDER BY k")
      try database.run(
        "INSERT INTO t SELECT toDate('2024-01-01') + number % 3, number FROM numbers(3000)")
      let before = try database.run(rows)
      try database.run("ALTER TABLE t DETACH PARTITION '2024-01-02'")
      _ = try database.store.backup(to: PosixFileSystem(root: copies.path))
      return before
    }
    let restored = Scratch()
    _ = try Store.restore(
      from: PosixFileSystem(root: copies.path), to: PosixFileSystem(root: restored.path),
      identity: 5)
    try opened(restored.path) { (database: Database) throws in
      #expect(try database.run("SELECT count() FROM t") == "2000\n")
      try database.run("ALTER TABLE t ATTACH PARTITION '2024-01-02'")
      #expect(try database.run(rows) == before)
    }
    // Damage to a detached segment is told, and costs what it holds.
    let path = try opened(scratch.path) {
      $0.store.snapshot().tables.flatMap(\.detached)[0].file.path
    }
    let url = URL(filePath: scratch.path + "/" + path)
    var bytes = Array(try Data(contentsOf: url))
    for i in 100..<140 { bytes[i] ^= 0xFF }
    try Data(bytes).write(to: url)
    #expect(Store.check(files: try PosixFileSystem(root: scratch.path)).damages.count == 1)
    let home = Scratch()
    let report = try Database.repair(scratch.path, to: home.path + "/new") { _ in }
    #expect(report.savedRows + report.lostRows == 1000)
    try opened(home.path + "/new") { (database: Database) throws in
      #expect(try database.run("SELECT count() FROM t") == "2000\n")
    }
  }
}
