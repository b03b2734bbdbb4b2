import TestSupport
import Testing

@testable import TickEngine
@testable import TickStorage

@Suite("Inserts that come again") struct InsertMarkTests {
  private func create(_ database: Database, settings: String = "") throws {
    try database.run(
      "CREATE TABLE t (s LowCardinality(String), a UInt64) ENGINE = MergeTree ORDER BY a\(settings)"
    )
  }

  private func written(_ database: Database, _ mark: String, _ rows: String) throws(EngineError)
    -> Int
  {
    try database.execute(
      QueryRequest(text: Array("INSERT INTO t SETTINGS \(mark) VALUES \(rows)".utf8), queryID: ""),
      input: NoInput(), sink: TextSink(), cancellation: Never()
    ).writtenRows
  }

  private func rows(_ database: Database) throws -> String {
    try database.run("SELECT groupArray(a) FROM (SELECT a FROM t ORDER BY _sequence)")
  }

  @Test(
    "a token stores its rows once, in memory, in segments and after an opening",
    arguments: ["", " SETTINGS deduplicate_by = 's, a'"])
  func tokens(settings: String) throws {
    let scratch = Scratch()
    let token = "insert_deduplication_token = 'one'"
    do {
      let database = try Database.open(at: scratch.path)
      defer { database.close() }
      try create(database, settings: settings)
      #expect(try written(database, token, "('x', 1), ('x', 2)") == 2)
      #expect(try written(database, token, "('x', 1), ('x', 2)") == 0)
      // The token counts, not the rows.
      #expect(try written(database, token, "('x', 3)") == 0)
      #expect(try written(database, "insert_deduplication_token = 'two'", "('x', 4)") == 1)
      #expect(try written(database, "insert_deduplicate = 0, \(token)", "('x', 5)") == 1)
    }
    do {
      // Out of the log.
      let database = try Database.open(at: scratch.path)
      defer { database.close() }
      #expect(try written(database, token, "('x', 1), ('x', 2)") == 0)
      try database.flush()
      #expect(try written(database, token, "('x', 1), ('x', 2)") == 0)
    }
    // Out of the manifest.
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    #expect(try written(database, token, "('x', 1), ('x', 2)") == 0)
    #expect(try rows(database) == "[1,2,4,5]\n")
    try database.run("TRUNCATE TABLE t")
    #expect(try written(database, token, "('x', 6)") == 1)
  }

  @Test("what is too large for the log is known as well")
  func largeInserts() throws {
    let scratch = Scratch()
    var options = DatabaseOptions()
    options.insertLogBytesMax = 1_000
    let database = try Database.open(at: scratch.path, options: options)
    defer { database.close() }
    try create(database)
    let insert =
      "INSERT INTO t SELECT 'x', number FROM numbers(1000) SETTINGS insert_deduplication_token = 'large'"
    try database.run(insert)
    try database.run(insert)
    #expect(try database.run("SELECT count() FROM t") == "1000\n")
    // No segment is left of the second one.
    let table = try #require(database.store.snapshot().table(database: "default", name: "t"))
    let files = try PosixFileSystem(root: scratch.path).list("segments/\(table.definition.id)")
    #expect(files.count == table.segments.count)
  }

  @Test("a producer's rows are stored while its sequence rises")
  func producers() throws {
    let scratch = Scratch()
    do {
      let database = try Database.open(at: scratch.path)
      defer { database.close() }
      try create(database)
      func send(_ name: String, _ sequence: Int, _ value: Int) throws -> Int {
        try written(
          database, "insert_producer = '\(name)', insert_sequence = \(sequence)", "('x', \(value))")
      }
      #expect(try send("feed", 1, 10) == 1)
      #expect(try send("feed", 1, 10) == 0)
      #expect(try send("feed", 7, 70) == 1)
      #expect(try send("feed", 3, 30) == 0)
      #expect(try send("other", 3, 31) == 1)
      try database.flush()
      #expect(try send("feed", 7, 70) == 0)
      #expect(try send("feed", 8, 80) == 1)
    }
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    #expect(
      try database.run("SELECT * FROM system.insert_producers ORDER BY producer")
        == "default\tt\tfeed\t8\ndefault\tt\tother\t3\n")
    #expect(try rows(database) == "[10,70,31,80]\n")
  }

  @Test("inserts at the same time with one token store one of them")
  func atTheSameTime() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try create(database)
    let threads = (0..<8).map { number in
      SystemThread(name: "test", stackBytes: RequestThreads.stackBytes) {
        for round in 0..<20 {
          do throws(EngineError) {
            _ = try database.execute(
              QueryRequest(
                text: Array(
                  "INSERT INTO t SETTINGS insert_deduplication_token = '\(round)' VALUES ('\(number)', \(round))"
                    .utf8), queryID: ""), input: NoInput(), sink: TextSink(), cancellation: Never())
          } catch {
            Issue.record("\(error.message)")
          }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(try database.run("SELECT count(), uniqExact(a) FROM t") == "20\t20\n")
  }

  @Test("the last 10,000 tokens are known, and a store with many reopens as it was")
  func manyTokens() {
    var marks = InsertMarks()
    let tokens = (0..<40_000).map { InsertMark.token(ImportIdentity(high: UInt64($0), low: 1)) }
    for token in tokens {
      marks.insert(token)
      #expect(marks.contains(token))
    }
    #expect(tokens.suffix(InsertMarks.tokensMax).allSatisfy(marks.contains))
    #expect(!marks.contains(tokens[0]))
    #expect(marks.tokenCount <= 3 * InsertMarks.tokensMax / 2)
    var again = InsertMarks()
    for mark in marks.all { again.insert(mark) }
    #expect(again == marks)
  }

  @Test(
    "marks that say nothing are refused",
    arguments: [
      ("insert_producer = 'x'", "go together"), ("insert_sequence = 1", "go together"),
      (
        "insert_producer = 'x', insert_sequence = 1, insert_deduplication_token = 'y'",
        "not by both"
      ),
      ("insert_producer = 'x', insert_sequence = -1", "insert_sequence"),
      ("insert_producer = '\(String(repeating: "x", count: 257))', insert_sequence = 1", "256"),
    ])
  func refused(mark: String, words: String) throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try create(database)
    let failure = #expect(throws: EngineError.self) { try written(database, mark, "('x', 1)") }
    #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    try database.run("CREATE TABLE m (a UInt8) ENGINE = Memory")
    let memory = #expect(throws: EngineError.self) {
      try database.run("INSERT INTO m SETTINGS insert_deduplication_token = 'x' VALUES (1)")
    }
    #expect(memory?.code == .notImplemented)
  }
}
