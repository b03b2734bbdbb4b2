/// Definitions that change: what each statement makes survives a restart and a flush, and no row is touched for it.
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TickEngine
@testable import TickStorage

@Suite struct DefinitionTests {
  /// A statement, and what it leads to.
  private struct Step {
    let sql: String
    let query: String
    let answer: String

    init(_ sql: String, _ query: String, _ answer: String) {
      self.sql = sql
      self.query = query
      self.answer = answer
    }
  }

  /// One life of a database: the directory is free again afterwards.
  private func opened(_ scratch: Scratch, _ body: (Database) throws -> Void) throws {
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try body(database)
  }

  private static let steps = [
    Step(
      "CREATE TABLE t (a Int32, b Int32 DEFAULT a + 1, m Int32 MATERIALIZED a * 10, l Int32 ALIAS b + 1, "
        + "e Int8 EPHEMERAL 3, k Int8 DEFAULT e) ENGINE = MergeTree PARTITION BY a % 2 ORDER BY a COMMENT 'c'",
      "SELECT comment FROM system.tables WHERE name = 't'", "c\n"),
    Step(
      "INSERT INTO t (a) VALUES (1), (2)", "SELECT *, m, l FROM t ORDER BY a",
      "1\t2\t3\t10\t3\n2\t3\t3\t20\t4\n"),
    Step(
      "ALTER TABLE t ADD COLUMN n Int64 DEFAULT m + b FIRST", "SELECT n, a FROM t ORDER BY a",
      "12\t1\n23\t2\n"),
    Step(
      "INSERT INTO t (a, n) VALUES (3, 7)", "SELECT n, a FROM t ORDER BY a", "12\t1\n23\t2\n7\t3\n"),
    Step(
      "ALTER TABLE t RENAME COLUMN n TO nn", "SELECT nn, a FROM t ORDER BY a",
      "12\t1\n23\t2\n7\t3\n"),
    Step(
      "ALTER TABLE t MODIFY COLUMN nn DEFAULT 5", "SELECT nn, a FROM t ORDER BY a",
      "5\t1\n5\t2\n7\t3\n"),
    Step("ALTER TABLE t CLEAR COLUMN b", "SELECT b, l FROM t ORDER BY a", "2\t3\n3\t4\n4\t5\n"),
    Step("ALTER TABLE t DROP COLUMN nn", "SELECT * FROM t ORDER BY a LIMIT 1", "1\t2\t3\n"),
    Step("ALTER TABLE t ADD COLUMN nn Int64", "SELECT nn FROM t ORDER BY a", "0\n0\n0\n"),
    Step(
      "ALTER TABLE t COMMENT COLUMN nn 'x'",
      "SELECT comment FROM system.columns WHERE table = 't' AND name = 'nn'", "x\n"),
    Step(
      "ALTER TABLE t MODIFY COMMENT 'd'", "SELECT comment FROM system.tables WHERE name = 't'",
      "d\n"),
    Step("CREATE TABLE u AS t", "SELECT count() FROM u", "0\n"),
    Step("INSERT INTO u (a) VALUES (9)", "SELECT a, b, m FROM u", "9\t10\t90\n"),
    Step("EXCHANGE TABLES t AND u", "SELECT a FROM t", "9\n"),
    Step(
      "RENAME TABLE t TO w, u TO t", "SELECT (SELECT count() FROM t), (SELECT count() FROM w)",
      "3\t1\n"),
    Step(
      "CREATE VIEW v AS SELECT a, m FROM t WHERE a > 1", "SELECT * FROM v ORDER BY a",
      "2\t20\n3\t30\n"),
    Step("CREATE OR REPLACE VIEW v AS SELECT sum(m) AS s FROM t", "SELECT s FROM v", "60\n"),
    Step(
      "CREATE OR REPLACE TABLE w ENGINE = MergeTree ORDER BY a AS SELECT a, m FROM t",
      "SELECT * FROM w ORDER BY a", "1\t10\n2\t20\n3\t30\n"),
    Step(
      "CREATE OR REPLACE TABLE w (z Int8) ENGINE = MergeTree ORDER BY z", "SELECT count() FROM w",
      "0\n"),
    Step("CREATE TABLE null_table (a Int8) ENGINE = Null", "SELECT count() FROM null_table", "0\n"),
    Step("DROP VIEW v", "EXISTS TABLE v", "0\n"),
    Step("DROP TABLE w", "SHOW TABLES LIKE 'w'", ""),
    Step("CREATE DATABASE other", "SHOW TABLES FROM other", ""),
    Step("RENAME TABLE t TO other.t", "SELECT sum(m) FROM other.t", "60\n"),
  ]

  @Test(
    "what a statement makes is there after a restart, from the log and from segments",
    arguments: [false, true])
  func restarts(flushes: Bool) throws {
    let scratch = Scratch()
    for step in Self.steps {
      try opened(scratch) { (database) throws in
        try database.run(step.sql)
        #expect(try database.run(step.query) == step.answer, "\(step.sql)")
        if flushes { try database.flush() }
      }
      try opened(scratch) { (database) throws in
        #expect(try database.run(step.query) == step.answer, "after a restart: \(step.sql)")
      }
    }
    let isSound = try Database.check(scratch.path, report: { _ in })
    #expect(isSound)
  }

  @Test("rows of Memory tables are gone after a restart, the tables are not")
  func memory() throws {
    let scratch = Scratch()
    try opened(scratch) { (database) throws in
      try database.run("CREATE TABLE m (a Int8, b Int8 DEFAULT a + 1) ENGINE = Memory")
      try database.run("INSERT INTO m (a) VALUES (1)")
      #expect(try database.run("SELECT * FROM m") == "1\t2\n")
    }
    try opened(scratch) { (database) throws in
      #expect(try database.run("SELECT count() FROM m") == "0\n")
      try database.run("INSERT INTO m (a) VALUES (5)")
      #expect(try database.run("SELECT * FROM m") == "5\t6\n")
      try database.run("DROP TABLE m")
      #expect(database.memory.current.isEmpty)
    }
  }

  @Test("no file but the manifest changes when columns do")
  func filesStay() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try database.run("CREATE TABLE t (a Int32, s String) ENGINE = MergeTree ORDER BY a")
    try database.run("INSERT INTO t SELECT number, toString(number) FROM numbers(1000)")
    try database.flush()
    try database.run("INSERT INTO t SELECT number, toString(number) FROM numbers(10)")
    func contents() throws -> [String: Data] {
      var out: [String: Data] = [:]
      for folder in ["segments", "wal"] {
        let root = scratch.path + "/" + folder
        for name in try FileManager.default.subpathsOfDirectory(atPath: root) {
          out[folder + "/" + name] = FileManager.default.contents(atPath: root + "/" + name)
        }
      }
      return out
    }
    let before = try contents()
    #expect(before.count > 1)
    for change in [
      "ADD COLUMN n Int64 DEFAULT a * 2", "RENAME COLUMN s TO text", "DROP COLUMN text",
      "ADD COLUMN s String DEFAULT 'new'", "MODIFY COLUMN n DEFAULT 1", "CLEAR COLUMN n",
    ] {
      try database.run("ALTER TABLE t \(change)")
    }
    #expect(try contents() == before)
    #expect(
      try database.run("SELECT count(), sum(n), any(s), max(a) FROM t") == "1010\t1010\tnew\t999\n")
  }

  @Test("a replacement whose query fails leaves what was there, and nothing else")
  func failedReplacement() throws {
    let scratch = Scratch()
    try opened(scratch) { (database) throws in
      try database.run("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
      try database.run("INSERT INTO t VALUES (1), (2)")
      let failing =
        "CREATE OR REPLACE TABLE t ENGINE = MergeTree ORDER BY a AS SELECT throwIf(a = 2) AS a FROM t"
      #expect(throws: EngineError.self) { try database.run(failing) }
      #expect(try database.run("SELECT sum(a) FROM t") == "3\n")
    }
    try opened(scratch) { (database) throws in
      #expect(try database.run("SELECT sum(a) FROM t") == "3\n")
      #expect(try database.run("SELECT count() FROM system.parts WHERE table = 't'") == "0\n")
    }
  }

  @Test("inserts go on while columns come and go, and every row is there")
  func concurrentChanges() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try database.run("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
    let failures = Mutex<[String]>([])
    let threads = (0..<3).map { thread in
      Thread {
        for i in 0..<60 {
          do throws(EngineError) {
            if thread == 0 {
              try database.run("ALTER TABLE t ADD COLUMN c\(i) UInt64 DEFAULT a + \(i)")
              if i > 2 { try database.run("ALTER TABLE t DROP COLUMN c\(i - 2)") }
              if i % 20 == 0 { try database.flush() }
            } else {
              try database.run("INSERT INTO t (a) VALUES (\(thread * 1000 + i))")
            }
          } catch {
            failures.withLock { $0.append(error.message) }
          }
        }
      }
    }
    threads.forEach { $0.start() }
    while !threads.allSatisfy(\.isFinished) { Thread.sleep(forTimeInterval: 0.01) }
    #expect(failures.withLock { $0 } == [])
    let sum = (0..<60).reduce(0) { $0 + 3_000 + 2 * $1 }
    #expect(
      try database.run("SELECT count(), sum(a), sum(c59) FROM t")
        == "120\t\(sum)\t\(sum + 120 * 59)\n")
  }

  @Test("duplicates stay out when columns move before those that tell them")
  func duplicates() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    func insert(_ id: Int) throws {
      try database.run(
        "INSERT INTO trades (exchange, symbol, price, trade_id) VALUES ('x', 'A', 1, \(id)), ('x', 'A', 2, \(id + 1))"
      )
    }
    try insert(1)
    try database.run(
      "ALTER TABLE trades ADD COLUMN note String DEFAULT 'n' FIRST, ADD COLUMN twice Float64 DEFAULT price * 2"
    )
    try insert(2)
    #expect(
      try database.run("SELECT trade_id, note, twice FROM trades ORDER BY trade_id")
        == "1\tn\t2\n2\tn\t4\n3\tn\t4\n")
    let error = #expect(throws: EngineError.self) {
      try database.run("ALTER TABLE trades RENAME COLUMN trade_id TO id")
    }
    #expect(error?.code.rawValue == 524)
    let file = scratch.path + "/more.csv"
    try "exchange,symbol,price,trade_id\nx,A,5,3\nx,A,6,9\n".write(
      toFile: file, atomically: true, encoding: .utf8)
    let outcome = try database.importFile(
      file, ImportOptions(table: "trades"), cancellation: Never()
    ) { _ in }
    #expect(outcome.rows == 1)
    #expect(
      try database.run("SELECT trade_id, note, twice FROM trades WHERE trade_id > 3")
        == "9\tn\t12\n")
  }

  @Test("views on views end, whether they are many or one")
  func viewsOnViews() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    func code(_ sql: String) -> Int? {
      #expect(throws: EngineError.self) { try database.run(sql) }?.code.rawValue
    }
    try database.run("CREATE TABLE v0 (a Int8) ENGINE = MergeTree ORDER BY a")
    try database.run("INSERT INTO v0 VALUES (4)")
    for i in 1...49 { try database.run("CREATE VIEW v\(i) AS SELECT a FROM v\(i - 1)") }
    #expect(try database.run("SELECT a FROM v49") == "4\n")
    try database.run("CREATE VIEW v50 AS SELECT 1 AS a")
    try database.run("CREATE OR REPLACE VIEW v50 AS SELECT a FROM v49")
    #expect(code("CREATE VIEW v51 AS SELECT a FROM v50") == 306)
    // A cycle that no CREATE could make.
    try database.run("DROP TABLE v0")
    try database.run("RENAME TABLE v3 TO v0")
    #expect(code("SELECT a FROM v2") == 269)
    #expect(code("CREATE OR REPLACE VIEW v0 AS SELECT a FROM v2") == 269)
    #expect(
      try database.run(
        "SELECT count() FROM system.tables WHERE engine = 'View' AND database = currentDatabase() AND name LIKE 'v%'"
      ) == "50\n")
  }

  @Test("what cannot be changed is refused by name")
  func refusals() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try database.run("CREATE TABLE t (a Int32, s String) ENGINE = MergeTree ORDER BY a")
    for (sql, code) in [
      ("ALTER TABLE t MODIFY COLUMN s Int8", 48), ("ALTER TABLE t MODIFY COLUMN a Int64", 48),
      ("ALTER TABLE t MODIFY COLUMN s String ALIAS 'x'", 48),
      ("ALTER TABLE t ADD INDEX i a TYPE minmax", 48), ("ALTER TABLE t DETACH PART 'x'", 48),
      ("ALTER TABLE t ATTACH PARTITION tuple() FROM u", 48),
      ("ALTER TABLE t REPLACE PARTITION tuple() FROM u", 48),
      ("ALTER TABLE t MOVE PARTITION tuple() TO TABLE u", 48),
      ("ALTER TABLE t DROP DETACHED PART 'x'", 48),
      ("ALTER TABLE t DROP DETACHED PARTITION ALL", 344),
      ("ALTER TABLE t DETACH PARTITION ALL, DROP PARTITION ALL", 48),
      ("ALTER TABLE t DROP PARTITION 1", 248), ("ALTER TABLE t MODIFY TTL a", 450),
      ("ALTER TABLE candles_1m ADD COLUMN x Int8", 242),
      ("ALTER TABLE system.one ADD COLUMN x Int8", 242),
      ("RENAME TABLE candles_1m TO c", 242), ("RENAME TABLE t TO candles_1m", 57),
      ("RENAME TABLE t TO system.t", 48), ("CREATE OR REPLACE VIEW candles_1m AS SELECT 1", 242),
      ("CREATE MATERIALIZED VIEW m AS SELECT 1", 48), ("OPTIMIZE TABLE t FINAL CLEANUP", 48),
      ("CREATE VIEW x AS SELECT a FROM t SETTINGS max_threads = 1", 48),
      ("CREATE VIEW x AS SELECT a FROM t WHERE a IN t", 48), ("ALTER TABLE t NONSENSE", 62),
      ("CREATE TABLE z (a Int8) ENGINE = Log", 48), ("RENAME DATABASE default TO d", 48),
    ] {
      let error = #expect(throws: EngineError.self, "\(sql)") { try database.run(sql) }
      #expect(error?.code.rawValue == code, "\(sql): \(error?.message ?? "")")
    }
    #expect(throws: EngineError.self) {
      try database.run("ALTER TABLE t ADD COLUMN b Int8", readOnly: true)
    }
  }
}
