import Glibc
import TestSupport
import TickStorage
import Testing

@testable import TickEngine

@Suite("The last of equal rows") struct ReplacementTests {
  private struct Row: Equatable {
    var symbol: String
    var id: Int
    var value: Int
  }

  /// Rows that are there, in the order in which they came.
  private struct Model {
    var rows: [Row] = []

    mutating func add(_ more: [Row]) {
      for row in more {
        if row.id != 0 { rows.removeAll { $0.symbol == row.symbol && $0.id == row.id } }
        rows.append(row)
      }
    }

    var text: String { rows.map { "\($0.symbol)\t\($0.id)\t\($0.value)\n" }.joined() }
  }

  private static let all = "SELECT s, id, v FROM t ORDER BY _sequence"

  private func create(_ database: Database) throws {
    try database.run(
      """
      CREATE TABLE t (ts DateTime64(3, 'UTC'), s LowCardinality(String), id UInt64, v Int64)
      ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (s, ts)
      SETTINGS deduplicate_by = 's, id', deduplicate_keep = 'last'
      """)
  }

  private func insert(_ rows: [Row], _ database: Database) throws {
    let values = rows.map {
      "(\(1_700_000_000 + $0.id % 5 * 86_400), '\($0.symbol)', \($0.id), \($0.value))"
    }
    try database.run("INSERT INTO t (ts, s, id, v) VALUES \(values.joined(separator: ","))")
  }

  @Test("rows take the place of those with their keys, wherever these lie", arguments: 0..<6)
  func againstModel(seed: Int) throws {
    let scratch = Scratch()
    var options = DatabaseOptions()
    // Every other INSERT is too large for the log.
    options.insertLogBytesMax = 2_000
    options.mergedSegmentRowsMax = 100
    // Let go before it is opened again: the lock of the directory goes with it.
    var open: Database? = try Database.open(at: scratch.path, options: options)
    defer { open?.close() }
    try create(#require(open))
    var model = Model()
    var random = SplitMix64(seed: UInt64(seed))
    var value = 0
    for step in 0..<30 {
      if random.below(12) == 0 {
        open?.close()
        open = nil
        open = try Database.open(at: scratch.path, options: options)
      }
      let database = try #require(open)
      switch random.below(11) {
      case 0: try database.flush()
      case 1: try database.run("OPTIMIZE TABLE t\(random.oneIn(2) ? " FINAL" : "")")
      case 2:
        let rest = random.below(5)
        try database.run("DELETE FROM t WHERE v % 5 = \(rest)")
        model.rows.removeAll { $0.value % 5 == rest }
      case 3 where step > 20:
        try database.run("ALTER TABLE t ADD COLUMN IF NOT EXISTS more Int64 DEFAULT v * 2")
      default:
        let rows = (0..<(1 + random.below(random.oneIn(3) ? 200 : 8))).map { _ -> Row in
          value += 1
          return Row(symbol: "s\(random.below(3))", id: random.below(150), value: value)
        }
        model.add(rows)
        try insert(rows, database)
      }
      #expect(try database.run(Self.all) == model.text, "seed \(seed), step \(step)")
    }
    #expect(model.rows.count > 50)
    let segments = try #require(open?.store.snapshot().table(database: "default", name: "t"))
    let files = try PosixFileSystem(root: scratch.path).list("segments/\(segments.definition.id)")
    #expect(files.count == segments.segments.count, "files that nothing names are left")
  }

  @Test("a file's rows take the place of those before, and of its own the last stays")
  func files() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try create(database)
    try insert([Row(symbol: "a", id: 1, value: 1), Row(symbol: "a", id: 2, value: 2)], database)
    let path = scratch.path + "/rows.csv"
    let lines = ["a,2,20", "a,3,30", "a,3,31", "b,2,22"].enumerated().map {
      "2023-11-14 00:00:0\($0),\($1)\n"
    }
    let file = try #require(fopen(path, "w"))
    #expect(fputs("ts,s,id,v\n" + lines.joined(), file) >= 0)
    fclose(file)
    let report = try database.importFile(path, ImportOptions(table: "t"), cancellation: Never()) {
      _ in
    }
    #expect(report.rows == 3 && report.duplicateRows == 1)
    #expect(try database.run(Self.all) == "a\t1\t1\na\t2\t20\na\t3\t31\nb\t2\t22\n")
    let again = try database.importFile(path, ImportOptions(table: "t"), cancellation: Never()) {
      _ in
    }
    #expect(again.rows == 0)
  }

  @Test("a new table out of a query has the last of equal rows, and marks work with it")
  func newTables() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try database.run(
      """
      CREATE TABLE t ENGINE = MergeTree ORDER BY v SETTINGS deduplicate_by = 's, id', deduplicate_keep = 'last'
      AS SELECT toLowCardinality('a') AS s, toUInt64(number % 10 + 1) AS id, toInt64(number) AS v FROM numbers(25)
      """)
    #expect(
      try database.run("SELECT groupArray(v) FROM (SELECT v FROM t ORDER BY _sequence)")
        == "[15,16,17,18,19,20,21,22,23,24]\n")
    let insert = "INSERT INTO t SETTINGS insert_deduplication_token = 'x' VALUES ('a', 3, 100)"
    try database.run(insert)
    try database.run("DELETE FROM t WHERE id = 3")
    try database.run(insert)
    #expect(try database.run("SELECT count(), max(v) FROM t") == "9\t24\n")
  }

  @Test("nobody sees two rows of one key, or none")
  func atTheSameTime() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try create(database)
    try insert((1...20).map { Row(symbol: "a", id: $0, value: 0) }, database)
    let writers = (1...3).map { writer in
      SystemThread(name: "test", stackBytes: RequestThreads.stackBytes) {
        for round in 0..<15 {
          do {
            try self.insert(
              (1...20).filter { $0 % 3 == writer - 1 || round % 5 == 0 }.map {
                Row(symbol: "a", id: $0, value: writer * 1_000 + round)
              }, database)
          } catch {
            Issue.record("\(error)")
          }
        }
      }
    }
    for _ in 0..<40 {
      #expect(try database.run("SELECT count(), uniqExact(id) FROM t") == "20\t20\n")
    }
    for thread in writers { thread.join() }
    #expect(try database.run("SELECT count(), uniqExact(id), min(v) > 0 FROM t") == "20\t20\t1\n")
  }

  @Test("all rows are kept where that is said, and gaps are told all the same")
  func keepsAll() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try database.run(
      """
      CREATE TABLE t (s LowCardinality(String), id UInt64) ENGINE = MergeTree ORDER BY id
      SETTINGS deduplicate_by = 's, id', deduplicate_keep = 'all'
      """)
    try database.run("INSERT INTO t VALUES ('a', 1), ('a', 1), ('a', 4)")
    try database.run("INSERT INTO t VALUES ('a', 1)")
    #expect(try database.run("SELECT count() FROM t") == "4\n")
    #expect(try database.run("SELECT * FROM gaps('t')") == "a\t2\t3\t2\n")
    let created = try database.run("SHOW CREATE TABLE t FORMAT TSVRaw")
    #expect(created.contains("deduplicate_keep = 'all'"))
  }

  @Test(
    "ways to keep rows that are none are refused",
    arguments: [
      ("deduplicate_keep = 'last'", "deduplicate_by"),
      ("deduplicate_by = 's, id', deduplicate_keep = 'newest'", "'first', 'last' or 'all'"),
    ])
  func refused(settings: String, words: String) throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    let failure = #expect(throws: EngineError.self) {
      try database.run(
        "CREATE TABLE t (s LowCardinality(String), id UInt64) ENGINE = MergeTree ORDER BY id SETTINGS \(settings)"
      )
    }
    #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
  }
}
