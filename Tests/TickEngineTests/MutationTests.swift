/// DELETE, UPDATE and DROP PARTITION against a model that holds the rows in an array, over rows in memory, in fresh and
/// in merged segments; and across restarts.
import TestSupport
import TickColumns
import Testing

@testable import TickEngine
@testable import TickStorage

@Suite struct MutationTests {
  private struct Row: Equatable {
    var day: Int
    var k: Int
    var v: Int?
    var sequence: Int

    /// The MATERIALIZED column w is v * 2, and u is w + 1.
    var text: String {
      let value = v.map(String.init) ?? "\\N"
      let double = v.map { String($0 * 2) } ?? "\\N"
      let more = v.map { String($0 * 2 + 1) } ?? "\\N"
      return "2024-01-0\(day)\t\(k)\t\(value)\t\(double)\t\(more)\t\(sequence)\n"
    }
  }

  private static let query = "SELECT d, k, v, w, u, _sequence FROM t ORDER BY _sequence"

  private func opened(_ scratch: Scratch, _ body: (Database) throws -> Void) throws {
    var options = DatabaseOptions()
    options.mergesInBackground = false
    options.mergedSegmentRowsMax = 200
    let database = try Database.open(at: scratch.path, options: options)
    defer { database.close() }
    try body(database)
  }

  @Test("any sequence of changes leaves what the model has", arguments: 0..<6)
  func model(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let scratch = Scratch()
    var rows: [Row] = []
    var next = 0
    try opened(scratch) { database in
      try database.run(
        """
        CREATE TABLE t (d Date, k Int64, v Nullable(Int64), w Nullable(Int64) MATERIALIZED v * 2, \
        u Nullable(Int64) MATERIALIZED w + 1) ENGINE = MergeTree PARTITION BY d ORDER BY (k, d)
        """)
    }
    for _ in 0..<4 {
      try opened(scratch) { database in
        for _ in 0..<12 {
          switch random.below(7) {
          case 0, 1:
            let more = (0..<1 + random.below(100)).map { i in
              Row(
                day: 1 + random.below(3), k: random.below(30),
                v: random.oneIn(5) ? nil : random.below(100), sequence: next + i)
            }
            next += more.count
            rows += more
            let values = more.map { row in
              "('2024-01-0\(row.day)', \(row.k), \(row.v.map(String.init) ?? "NULL"))"
            }
            try database.run("INSERT INTO t (d, k, v) VALUES \(values.joined(separator: ","))")
          case 2: try database.run("SYSTEM FLUSH TABLE t")
          case 3: try database.run("OPTIMIZE TABLE t\(random.oneIn(2) ? " FINAL" : "")")
          case 4:
            // NULL is no match.
            let bound = random.below(100)
            let k = random.below(30)
            try database.run("DELETE FROM t WHERE v < \(bound) AND k = \(k)")
            rows.removeAll { $0.k == k && ($0.v ?? .max) < bound }
          case 5:
            let k = random.below(30)
            try database.run("ALTER TABLE t UPDATE v = v + k WHERE k >= \(k)")
            for i in rows.indices where rows[i].k >= k {
              rows[i].v = rows[i].v.map { $0 + rows[i].k }
            }
          default:
            guard random.oneIn(3) else { break }
            let day = 1 + random.below(3)
            try database.run("ALTER TABLE t DROP PARTITION '2024-01-0\(day)'")
            rows.removeAll { $0.day == day }
          }
          let found = try database.run(Self.query).split(separator: "\n")
          let expected = rows.map(\.text).joined().split(separator: "\n")
          let place = zip(found, expected).enumerated().first { $1.0 != $1.1 }
          #expect(
            found == expected,
            "\(found.count) rows, \(expected.count) expected; first \(String(describing: place))")
          if found != expected { return }
        }
      }
    }
    let report = Store.check(files: try PosixFileSystem(root: scratch.path))
    #expect(report.damages.isEmpty && report.notes.isEmpty, "\(report)")
  }

  @Test("expressions see the old values, subqueries the whole table")
  func expressions() throws {
    let scratch = Scratch()
    try opened(scratch) { database in
      try database.run(
        """
        CREATE TABLE t (a Int64, b Int64, c Int64 MATERIALIZED a - b, e Int64 MATERIALIZED c * 2, \
        `odd name` String) ORDER BY tuple()
        """)
      try database.run("INSERT INTO t VALUES (1, 2, 'x'), (3, 4, 'y'), (5, 6, 'z')")
      try database.run(
        "ALTER TABLE t UPDATE a = b, b = a, `odd name` = upper(`odd name`) WHERE t.a > 1")
      #expect(
        try database.run("SELECT *, c, e FROM t ORDER BY b")
          == "1\t2\tx\t-1\t-2\n4\t3\tY\t1\t2\n6\t5\tZ\t1\t2\n")
      try database.run("INSERT INTO t VALUES (9, 9, 'q')")
      try database.run("ALTER TABLE t DELETE WHERE a = (SELECT max(a) FROM t)")
      #expect(try database.run("SELECT max(a) FROM t") == "6\n")
      try database.run("ALTER TABLE t UPDATE b = 0 WHERE a IN (SELECT a FROM t WHERE a > 1)")
      #expect(try database.run("SELECT sum(b) FROM t") == "2\n")
      // Settings that shape results do not shape what is stored.
      try database.run("ALTER TABLE t UPDATE b = 7 WHERE 1")
      #expect(try database.run("SELECT count(), sum(b) FROM t") == "3\t21\n")
    }
  }

  @Test("rows that were deleted may come again into a table that keeps duplicates out")
  func duplicates() throws {
    let scratch = Scratch()
    try opened(scratch) { database in
      try database.run(
        """
        CREATE TABLE t (s LowCardinality(String), id UInt64, p Float64) ENGINE = MergeTree \
        ORDER BY (s, id) SETTINGS deduplicate_by = 's, id'
        """)
      func insert() throws {
        try database.run("INSERT INTO t VALUES ('a', 1, 1), ('a', 2, 2), ('b', 1, 3)")
      }
      try insert()
      try insert()
      #expect(try database.run("SELECT count() FROM t") == "3\n")
      try database.run("DELETE FROM t WHERE s = 'a'")
      try insert()
      #expect(try database.run("SELECT count(), sum(p) FROM t") == "3\t6\n")
      try database.run("OPTIMIZE TABLE t FINAL")
      try insert()
      #expect(try database.run("SELECT count(), sum(p) FROM t") == "3\t6\n")
      var code: ErrorCode?
      do throws(EngineError) {
        try database.run("ALTER TABLE t UPDATE id = 5 WHERE 1")
      } catch {
        code = error.code
      }
      #expect(code == .cannotUpdateColumn)
    }
  }

  @Test("few rows that change leave the file of their segment as it is; many do not")
  func goneRows() throws {
    let scratch = Scratch()
    let parts =
      "SELECT name, rows, has_lightweight_delete FROM system.parts ORDER BY toUInt64(name)"
    let sums = "SELECT count(), sum(k), sum(v), sum(_sequence), min(k), max(k) FROM t"
    var expected = ""
    try opened(scratch) { database in
      try database.run("CREATE TABLE t (k Int64, v Int64) ORDER BY k")
      try database.run("INSERT INTO t SELECT number, 1 FROM numbers(100000)")
      try database.run("SYSTEM FLUSH TABLE t")
      #expect(try database.run(parts) == "1\t100000\t0\n")
      try database.run("DELETE FROM t WHERE k % 1000 = 7 OR k < 3 OR k = 99999")
      #expect(try database.run(parts) == "1\t99896\t1\n")
      // Also of rows that a block has no more, and where the pruned blocks hold none.
      #expect(try database.run("SELECT count() FROM t WHERE k IN (0, 7, 8, 99999)") == "1\n")
      #expect(try database.run("SELECT k FROM t ORDER BY k LIMIT 2") == "3\n4\n")
      #expect(try database.run("SELECT k FROM t ORDER BY k DESC LIMIT 1") == "99998\n")
      try database.run("ALTER TABLE t UPDATE v = v + k WHERE k BETWEEN 5 AND 9")
      #expect(try database.run(parts) == "1\t99892\t1\n2\t4\t0\n")
      #expect(
        try database.run("SELECT v FROM t WHERE k < 11 ORDER BY k") == "1\n1\n6\n7\n9\n10\n1\n")
      // Rows that were updated go and change like others.
      try database.run("ALTER TABLE t UPDATE v = 0 WHERE k = 5")
      try database.run("DELETE FROM t WHERE k = 6")
      expected = try database.run(sums)
      #expect(expected == "99895\t4994899292\t99911\t4994899292\t3\t99998\n")
    }
    try opened(scratch) { database in
      #expect(try database.run(sums) == expected)
      let before = try database.run("SELECT sum(bytes_on_disk) FROM system.parts")
      // A part of a quarter and more is written again.
      try database.run("DELETE FROM t WHERE k < 30000")
      let left = "SELECT max(has_lightweight_delete) FROM system.parts"
      #expect(try database.run(left) == "0\n")
      #expect(try database.run("SELECT min(k), count() FROM t") == "30000\t69929\n")
      #expect(try database.run("SELECT sum(bytes_on_disk) < \(before) FROM system.parts") == "1\n")
      try database.run("DELETE FROM t WHERE k = 40000")
      #expect(try database.run(left) == "1\n")
      try database.run("OPTIMIZE TABLE t")
      #expect(try database.run(left) == "0\n")
      try database.run("DELETE FROM t WHERE k = 40001")
      try database.run("OPTIMIZE TABLE t")
      #expect(try database.run(left) == "1\n")
      try database.run("OPTIMIZE TABLE t FINAL")
      #expect(try database.run(left) == "0\n")
      #expect(try database.run("SELECT count(), min(_sequence) FROM t") == "69927\t30000\n")
    }
    let report = Store.check(files: try PosixFileSystem(root: scratch.path))
    #expect(report.isSound && report.rows == 69_927)
  }

  @Test(
    "what cannot be done is said, and nothing changes",
    arguments: [
      ("ALTER TABLE t DELETE WHERE nope", 47), ("ALTER TABLE t DELETE WHERE 'abc'", 36),
      ("ALTER TABLE t UPDATE nope = 1 WHERE 1", 16), ("ALTER TABLE t UPDATE k = 1 WHERE 1", 420),
      ("ALTER TABLE t UPDATE m = 1 WHERE 1", 420),
      ("ALTER TABLE t UPDATE v = 1, v = 2 WHERE 1", 419),
      ("ALTER TABLE t UPDATE v = 'x' WHERE 1", 6), ("ALTER TABLE t UPDATE v = NULL WHERE 1", 70),
      ("DELETE FROM t WHERE rand() % 2", 36), ("ALTER TABLE t DROP PARTITION 'x'", 38),
      ("ALTER TABLE t DROP PARTITION nope", 62),
      ("ALTER TABLE t DELETE IN PARTITION 1 WHERE 1", 48),
      ("ALTER TABLE t DELETE WHERE 1, DELETE WHERE 0", 48), ("OPTIMIZE TABLE t DEDUPLICATE", 48),
      ("DELETE FROM mem WHERE 1", 36), ("ALTER TABLE mem DELETE WHERE 1", 48),
      ("OPTIMIZE TABLE mem", 48), ("ALTER TABLE v DELETE WHERE 1", 48),
      ("DELETE FROM v WHERE 1", 36),
      ("OPTIMIZE TABLE nope", 60), ("ALTER TABLE whole DROP PARTITION 5", 248),
      ("DELETE FROM system.one WHERE 1", 242),
      ("ALTER TABLE t UPDATE v = sum(v) WHERE 1", 184), ("DELETE FROM t WHERE count() > 1", 184),
      ("ALTER TABLE t UPDATE v = 1 WHERE v = max(v)", 184),
      ("ALTER TABLE t UPDATE v = row_number() OVER () WHERE 1", 184),
      ("ALTER TABLE t UPDATE v = arrayJoin([1]) WHERE 1", 183),
      ("DELETE FROM t WHERE k >= 0 SETTINGS nosuch = 1", 115),
      (
        "ALTER TABLE t UPDATE v = v + sleepEachRow(0.001) WHERE 1 SETTINGS max_execution_time = 0.1",
        159
      ),
    ])
  func refusals(sql: String, code: Int) throws {
    let scratch = Scratch()
    try opened(scratch) { database in
      try database.run(
        "CREATE TABLE t (d Date, k Int64, v Int64, m Int64 MATERIALIZED v) PARTITION BY d ORDER BY k"
      )
      try database.run("CREATE TABLE whole (k Int64) ORDER BY k")
      try database.run("CREATE TABLE mem (k Int64) ENGINE = Memory")
      try database.run("CREATE VIEW v AS SELECT 1 AS k")
      try database.run("INSERT INTO t SELECT '2024-01-01', number, number FROM numbers(1000)")
      var found: Int?
      do throws(EngineError) {
        try database.run(sql)
      } catch {
        found = error.code.rawValue
      }
      #expect(found == code)
      #expect(try database.run("SELECT count(), sum(v) FROM t") == "1000\t499500\n")
    }
  }
}
