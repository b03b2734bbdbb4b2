import TestSupport
import TickStorage
import Testing

@testable import TickEngine

@Suite("gaps(...)") struct GapTests {
  private func database(_ scratch: Scratch) throws -> Database {
    let database = try Database.open(at: scratch.path)
    try database.run(
      """
      CREATE TABLE t (ts DateTime64(3, 'UTC'), venue LowCardinality(String), s LowCardinality(String), id UInt64)
      ENGINE = MergeTree ORDER BY (venue, s, ts) SETTINGS deduplicate_by = 'venue, s, id'
      """)
    return database
  }

  /// Each id a second after the one before.
  private func insert(_ ids: some Sequence<Int>, _ symbol: String, into database: Database) throws {
    let rows = ids.map { "(\(1_700_000_000 + $0), 'x', '\(symbol)', \($0))" }
    try database.run("INSERT INTO t (ts, venue, s, id) VALUES \(rows.joined(separator: ","))")
  }

  @Test("a hole is told with its numbers and the times around it, wherever the rows lie")
  func holes() throws {
    let scratch = Scratch()
    let database = try database(scratch)
    defer { database.close() }
    try insert(Array(1...10) + [15, 16, 30], "A", into: database)
    try database.flush()
    // Late rows close a part of a hole, others make one.
    try insert([12, 13, 17, 0, 0], "A", into: database)
    try insert([7, 9], "B", into: database)
    let found = try database.run("SELECT * FROM gaps('t') FORMAT TSVWithNames")
    let expected = """
      venue	s	first_missing	last_missing	missing	time_before	time_after
      x	A	11	11	1	2023-11-14 22:13:30.000	2023-11-14 22:13:32.000
      x	A	14	14	1	2023-11-14 22:13:33.000	2023-11-14 22:13:35.000
      x	A	18	29	12	2023-11-14 22:13:37.000	2023-11-14 22:13:50.000
      x	B	8	8	1	2023-11-14 22:13:27.000	2023-11-14 22:13:29.000

      """
    #expect(found == expected)
    #expect(
      try database.run("SELECT sum(missing), count() FROM gaps('default.t') WHERE s = 'A'")
        == "14\t3\n")
    try database.flush()
    let plan = try database.run("EXPLAIN SELECT missing FROM gaps('t') WHERE s = 'B'")
    #expect(plan.contains("segments: 1 of 2"), "\(plan)")
  }

  @Test("holes are those of a sorted list, for rows in any order", arguments: 0..<8)
  func againstSortedList(seed: Int) throws {
    let scratch = Scratch()
    let database = try database(scratch)
    defer { database.close() }
    var random = SplitMix64(seed: UInt64(seed))
    var all: Set<Int> = []
    for _ in 0..<6 {
      let start = 1 + random.below(3_000)
      var ids = (0..<(1 + random.below(400))).map { start + $0 + random.below(3) }
      if random.oneIn(3) { ids = (0..<200).map { _ in 1 + random.below(5_000) } }
      if random.oneIn(2) { ids.reverse() }
      all.formUnion(ids)
      try insert(ids, "A", into: database)
      if random.oneIn(2) { try database.flush() }
    }
    let sorted = all.sorted()
    let holes = zip(sorted, sorted.dropFirst()).filter { $1 > $0 + 1 }
    let lines = holes.map {
      "\($0 + 1)\t\($1 - 1)\t\($1 - $0 - 1)\t\(1_700_000_000 + $0)\t\(1_700_000_000 + $1)\n"
    }
    #expect(!holes.isEmpty)
    #expect(
      try database.run(
        "SELECT first_missing, last_missing, missing, toUnixTimestamp(time_before), toUnixTimestamp(time_after) FROM gaps('t')"
      ) == lines.joined(), "seed \(seed)")
  }

  @Test("the ends of the numbers do not overflow")
  func ends() {
    var runs = NumberRuns()
    for number in [UInt64.max, 1, .max - 1, .max, 2] { runs.append(number, time: 0) }
    runs.normalize()
    #expect(runs.runs.map(\.first) == [1, .max - 1])
    #expect(runs.runs.map(\.last) == [2, .max])
  }

  @Test(
    "what cannot be told is refused",
    arguments: [
      ("gaps('u')", "does not exist"), ("gaps('v')", "deduplicate_by"),
      ("gaps('candles_1m')", "deduplicate_by"), ("gaps('system.tables')", "deduplicate_by"),
      ("gaps()", "takes the name"),
      ("gaps(7)", "takes the name"), ("gaps('t', 't')", "takes the name"),
    ])
  func refused(call: String, words: String) throws {
    let scratch = Scratch()
    let database = try database(scratch)
    defer { database.close() }
    try database.run("CREATE TABLE v (a UInt8) ENGINE = MergeTree ORDER BY a")
    let failure = #expect(throws: EngineError.self) { try database.run("SELECT * FROM \(call)") }
    #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
  }
}
