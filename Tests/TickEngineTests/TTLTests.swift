/// Rows that expire: with a clock that the test holds, in whole segments and in parts of them, by the background and by
/// statements, across restarts.
import Glibc
import Synchronization
import TestSupport
import TickColumns
import Testing

@testable import TickEngine
@testable import TickStorage

/// Seconds since 1970 that somebody sets.
private final class Clock: Sendable {
  private let seconds: Mutex<Int64>
  init(_ seconds: Int64) { self.seconds = Mutex(seconds) }
  func set(_ now: Int64) { seconds.withLock { $0 = now } }
  var nanoseconds: Int64 { seconds.withLock { $0 * 1_000_000_000 } }
}

@Suite struct TTLTests {
  /// 2024-01-01 00:00:00 UTC.
  private static let start: Int64 = 1_704_067_200
  private static let day: Int64 = 86_400
  private static let days = "SELECT toDate(ts), count() FROM t GROUP BY 1 ORDER BY 1"

  private func opened<R>(
    _ path: String, _ clock: Clock, inBackground: Bool = false, partsSeconds: Double = 0,
    _ body: (Database) throws -> R
  ) throws -> R {
    var options = DatabaseOptions()
    options.mergesInBackground = inBackground
    options.restSeconds = 1_000
    options.expirySeconds = partsSeconds
    options.wallClock = { clock.nanoseconds }
    let database = try Database.open(at: path, options: options)
    defer { database.close() }
    return try body(database)
  }

  /// Three days of rows, one each minute, in a segment for each day or one for all.
  private func fill(_ database: Database, partition: String, more: String = "") throws {
    try database.run(
      """
      CREATE TABLE t (k LowCardinality(String), ts DateTime64(9, 'UTC'), id UInt64) ENGINE = MergeTree \
      \(partition) ORDER BY (k, ts) TTL ts + INTERVAL 30 DAY \(more)
      """)
    try database.run(
      """
      INSERT INTO t SELECT 'a', toDateTime64('2024-01-01', 9, 'UTC') + toIntervalMinute(number), number + 1 \
      FROM numbers(\(3 * 1_440))
      """)
    try database.run("SYSTEM FLUSH")
  }

  private func wait(_ database: Database, _ sql: String, for answer: String) throws -> String {
    var found = ""
    for _ in 0..<1_200 {
      found = try database.run(sql)
      if found == answer { break }
      usleep(50_000)
    }
    return found
  }

  @Test("whole segments go in the background when their last row has expired, and not before")
  func wholeSegments() throws {
    let (scratch, clock) = (Scratch(), Clock(Self.start + 31 * Self.day - 61))
    // Parts are looked at once and then not for a long time.
    try opened(scratch.path, clock, inBackground: true, partsSeconds: 1e6) {
      (database: Database) throws in
      try fill(
        database, partition: "PARTITION BY toDate(ts)",
        more: "SETTINGS ttl_only_drop_parts = 1")
      let all = "2024-01-01\t1440\n2024-01-02\t1440\n2024-01-03\t1440\n"
      usleep(6_000_000)
      #expect(try database.run(Self.days) == all)
      clock.set(Self.start + 31 * Self.day - 60)
      let rest = "2024-01-02\t1440\n2024-01-03\t1440\n"
      #expect(try wait(database, Self.days, for: rest) == rest)
    }
    // A restart keeps the TTL.
    clock.set(Self.start + 40 * Self.day)
    try opened(scratch.path, clock, inBackground: true, partsSeconds: 1e6) {
      (database: Database) throws in
      #expect(try wait(database, Self.days, for: "") == "")
      #expect(
        try database.run("SELECT create_table_query FROM system.tables WHERE name = 't'")
          .contains("TTL ts + toIntervalDay(30) SETTINGS ttl_only_drop_parts = 1"))
    }
    #expect(Store.check(files: try PosixFileSystem(root: scratch.path)).notes.isEmpty)
  }

  @Test("the expired rows of a segment go in the background unless only parts are dropped")
  func partsInBackground() throws {
    let (scratch, clock) = (Scratch(), Clock(Self.start + 31 * Self.day + 3_599))
    try opened(scratch.path, clock, inBackground: true) { (database: Database) throws in
      try fill(database, partition: "")
      let rest = "2024-01-02\t1380\n2024-01-03\t1440\n"
      #expect(try wait(database, Self.days, for: rest) == rest)
      #expect(try database.run("SELECT count(), min(id) FROM t") == "2820\t1501\n")
    }
  }

  @Test("OPTIMIZE FINAL and MATERIALIZE TTL take the rows that have expired and no others")
  func statements() throws {
    for statement in ["OPTIMIZE TABLE t FINAL", "ALTER TABLE t MATERIALIZE TTL"] {
      let (scratch, clock) = (Scratch(), Clock(Self.start + 29 * Self.day))
      try opened(scratch.path, clock) { (database: Database) throws in
        try fill(database, partition: "PARTITION BY toDate(ts)")
        // In memory as well.
        try database.run(
          "INSERT INTO t VALUES ('b', '2024-01-01 00:00:01', 9000), ('b', '2024-02-01 00:00:00', 9001)"
        )
        try database.run(statement)
        #expect(try database.run("SELECT count() FROM t") == "4322\n")
        clock.set(Self.start + 31 * Self.day + 43_200 - 1)
        let sequences = try database.run("SELECT _sequence FROM t WHERE id > 2160 ORDER BY id")
        try database.run(statement)
        #expect(
          try database.run(Self.days)
            == "2024-01-02\t720\n2024-01-03\t1440\n2024-02-01\t1\n")
        #expect(
          try database.run("SELECT _sequence FROM t WHERE id > 2160 AND id <> 9000 ORDER BY id")
            == sequences.split(separator: "\n").filter { $0 != "4320" }.map { $0 + "\n" }.joined())
        // Another time, and none.
        try database.run("ALTER TABLE t MODIFY TTL toDate(ts) + INTERVAL 1 MONTH")
        try database.run(statement)
        #expect(try database.run("SELECT count() FROM t") == "2161\n")
        try database.run("ALTER TABLE t REMOVE TTL")
        clock.set(Self.start + 1_000 * Self.day)
        if statement.hasPrefix("OPTIMIZE") { try database.run(statement) }
        #expect(try database.run("SELECT count() FROM t") == "2161\n")
      }
    }
  }

  @Test("a key that expired may come again")
  func keys() throws {
    let (scratch, clock) = (Scratch(), Clock(Self.start))
    try opened(scratch.path, clock) { (database: Database) throws in
      try database.run(
        """
        CREATE TABLE t (s LowCardinality(String), id UInt64, ts DateTime) ENGINE = MergeTree ORDER BY s \
        TTL ts + INTERVAL 1 DAY SETTINGS deduplicate_by = 's, id'
        """)
      try database.run(
        "INSERT INTO t VALUES ('a', 1, '2024-01-01 00:00:00'), ('a', 2, '2024-01-02 00:00:00')")
      clock.set(Self.start + Self.day)
      try database.run("ALTER TABLE t MATERIALIZE TTL")
      #expect(try database.run("SELECT id FROM t") == "2\n")
      try database.run(
        "INSERT INTO t VALUES ('a', 1, '2024-01-03 00:00:00'), ('a', 2, '2024-01-03 00:00:00')")
      #expect(
        try database.run("SELECT id, toDate(ts) FROM t ORDER BY id")
          == "1\t2024-01-03\n2\t2024-01-02\n")
    }
  }

  @Test("a column that came later expires by its default; zero never does")
  func columns() throws {
    let (scratch, clock) = (Scratch(), Clock(Self.start))
    try opened(scratch.path, clock) { (database: Database) throws in
      try database.run("CREATE TABLE t (k UInt64) ENGINE = MergeTree ORDER BY k")
      try database.run("INSERT INTO t VALUES (1), (2)")
      try database.run("SYSTEM FLUSH")
      try database.run(
        "ALTER TABLE t ADD COLUMN d Date DEFAULT toDate('2020-01-01') + k, MODIFY TTL d")
      try database.run("INSERT INTO t VALUES (3, 0), (4, '2024-01-01'), (5, '2024-01-02')")
      try database.run("ALTER TABLE t MATERIALIZE TTL")
      #expect(try database.run("SELECT k FROM t ORDER BY k") == "3\n5\n")
      try database.run("ALTER TABLE t RENAME COLUMN d TO day")
      clock.set(Self.start + Self.day)
      try database.run("ALTER TABLE t MATERIALIZE TTL")
      #expect(try database.run("SELECT k FROM t ORDER BY k") == "3\n")
    }
  }

  @Test("a time beyond what the column can hold is not past")
  func farAway() throws {
    let (scratch, clock) = (Scratch(), Clock(Self.start))
    try opened(scratch.path, clock) { (database: Database) throws in
      try database.run(
        "CREATE TABLE t (ts DateTime) ENGINE = MergeTree ORDER BY ts TTL ts + INTERVAL 100 YEAR")
      try database.run(
        "CREATE TABLE u (d Date) ENGINE = MergeTree ORDER BY d TTL d + INTERVAL 200 YEAR")
      try database.run("INSERT INTO t VALUES ('2020-01-01 00:00:00'), ('1970-01-01 00:00:00')")
      try database.run("INSERT INTO u VALUES ('2020-01-01')")
      for table in ["t", "u"] { try database.run("ALTER TABLE \(table) MATERIALIZE TTL") }
      #expect(try database.run("SELECT count() FROM t") == "2\n")
      #expect(try database.run("SELECT count() FROM u") == "1\n")
    }
  }

  @Test("what rows of an age cannot do here is refused by name")
  func refusals() throws {
    let scratch = Scratch()
    try opened(scratch.path, Clock(0)) { (database: Database) throws in
      for (clause, name) in [
        ("ts + INTERVAL 1 DAY TO DISK 'x'", "TO DISK"), ("ts TO VOLUME 'x'", "TO VOLUME"),
        ("ts DELETE WHERE k = 1", "DELETE WHERE"), ("ts WHERE k = 1", "WHERE"),
        ("ts GROUP BY k SET v = max(v)", "GROUP BY"),
        ("ts RECOMPRESS CODEC(ZSTD(1))", "RECOMPRESS"),
        ("if(k > 3, ts, ts + INTERVAL 1 DAY)", "may be a column"),
        ("toDateTime(k) + k", "may be a column"),
        ("toDateTime(k)", "may be a column"),
      ] {
        let error = #expect(throws: EngineError.self, "\(clause)") {
          try database.run(
            "CREATE TABLE t (k UInt64, v UInt64, ts DateTime) ENGINE = MergeTree ORDER BY k TTL \(clause)"
          )
        }
        #expect(
          error?.code.rawValue == 48 && error?.message.contains(name) == true,
          "\(clause): \(error?.message ?? "")")
      }
      let error = #expect(throws: EngineError.self) {
        try database.run(
          "CREATE TABLE t (ts DateTime, v Int8 TTL ts) ENGINE = MergeTree ORDER BY ts")
      }
      #expect(error?.code.rawValue == 48)
    }
  }
}
