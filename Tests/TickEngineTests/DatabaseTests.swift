import Glibc
import Synchronization
import TestSupport
import TickStorage
import Testing

@testable import TickEngine

/// Collects a result.
final class TextSink: QuerySink {
  private let bytes = Mutex<[UInt8]>([])
  func begin(_ head: ResultHead) {}
  func write(_ more: [UInt8]) { bytes.withLock { $0 += more } }
  var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
}

struct Never: Cancellation { var isCancelled: Bool { false } }

/// A directory that goes away with the test.
final class Scratch {
  let path: String

  init() {
    var template = Array("/tmp/tickbase-engine-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { buffer in
      guard let name = buffer.baseAddress, mkdtemp(name) != nil else { return "." }
      return String(cString: name)
    }
    precondition(path != ".", "no temporary directory")
  }

  deinit { _ = system("rm -rf '\(path)'") }
}

extension Database {
  @discardableResult
  func run(_ sql: String, readOnly: Bool = false) throws(EngineError) -> String {
    let sink = TextSink()
    _ = try execute(
      QueryRequest(text: Array(sql.utf8), queryID: "", isReadOnly: readOnly), input: NoInput(),
      sink: sink, cancellation: Never())
    return sink.text
  }
}

@Suite struct DatabaseTests {
  @Test(
    "of a thousand trades in one millisecond the first opens and the last closes, wherever they lie"
  )
  func ties() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    func insert(_ ids: Range<Int>) throws {
      let rows = ids.map {
        "('2024-08-08 00:00:00.001', '2024-08-08 00:00:00.001', 'x', 'A', \($0), 1, 'buy', \($0 + 1))"
      }
      try database.run("INSERT INTO trades VALUES \(rows.joined(separator: ","))")
    }
    let query = "SELECT argMin(price, ts), argMax(price, ts), count(), sum(qty) FROM trades"
    try insert(0..<400)
    try database.store.flush()
    #expect(try database.run(query) == "0\t399\t400\t400\n")
    try insert(400..<700)
    try database.store.flush()
    try insert(700..<1000)
    #expect(try database.run(query) == "0\t999\t1000\t1000\n")
    #expect(database.store.snapshot().tables.first?.segments.count == 2)
    #expect(
      try database.run("SELECT open, close, trades FROM candles_1s WHERE symbol = 'A'")
        == "0\t999\t1000\n")
    try database.store.flush()
    #expect(try database.run(query) == "0\t999\t1000\t1000\n")
  }

  @Test("a trade id goes in once, by insert or again after a restart; id 0 is no id")
  func duplicates() throws {
    let scratch = Scratch()
    let row = { (id: Int, price: Int) in
      "('2024-08-08 00:00:01', '2024-08-08 00:00:01', 'x', 'A', \(price), 1, 'buy', \(id))"
    }
    do {
      let database = try Database.open(at: scratch.path)
      try database.run("INSERT INTO trades VALUES \(row(7, 1)), \(row(7, 2)), \(row(8, 3))")
      try database.run(
        "INSERT INTO trades VALUES \(row(8, 4)), \(row(9, 5)), \(row(0, 6)), \(row(0, 7))")
      try database.store.flush()
      try database.run("INSERT INTO trades VALUES \(row(9, 8))")
      database.close()
    }
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try database.run("INSERT INTO trades VALUES \(row(7, 9)), \(row(10, 10))")
    #expect(
      try database.run("SELECT trade_id, price FROM trades ORDER BY trade_id, price")
        == "0\t6\n0\t7\n7\t1\n8\t3\n9\t5\n10\t10\n")
    try database.run("TRUNCATE TABLE trades")
    try database.run("INSERT INTO trades VALUES \(row(7, 11))")
    #expect(try database.run("SELECT trade_id, price FROM trades") == "7\t11\n")
  }

  @Test("an insert larger than the log takes goes in whole, through segments")
  func large() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try database.run("CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    let text = String(repeating: "x", count: 1_000)
    let rows = (0..<12_000).map { "\($0)\t\(text)" }.joined(separator: "\n")
    try database.run("INSERT INTO t FORMAT TSV\n\(rows)\n")
    #expect(
      try database.run("SELECT count(), sum(n), min(length(s)) FROM t") == "12000\t71994000\t1000\n"
    )
    #expect(
      database.store.snapshot().table(database: "default", name: "t")?.memtables.isEmpty == true)
    // The last row is bad: nothing of the insert is there.
    let error = #expect(throws: EngineError.self) {
      try database.run("INSERT INTO t FORMAT TSV\n\(rows)\nx\ty\n")
    }
    #expect(error?.code == .cannotParseInputAssertionFailed)
    #expect(try database.run("SELECT count() FROM t") == "12000\n")
  }

  @Test("an insert over more than a thousand partitions is refused, nothing of it is there")
  func partitions() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try database.run("CREATE TABLE t (n UInt32) ENGINE = MergeTree PARTITION BY n ORDER BY n")
    let values = { (count: Int) in (0..<count).map { "(\($0))" }.joined(separator: ",") }
    let error = #expect(throws: EngineError.self) {
      try database.run("INSERT INTO t VALUES \(values(1_001))")
    }
    #expect(error?.code == .tooManyParts)
    try database.run("INSERT INTO t VALUES \(values(1_000))")
    #expect(try database.run("SELECT count() FROM t") == "1000\n")
  }

  @Test("a second opening is told who holds the directory; after close it succeeds")
  func lock() throws {
    let scratch = Scratch()
    do {
      let first = try Database.open(at: scratch.path)
      let error = #expect(throws: EngineError.self) { try Database.open(at: scratch.path) }
      #expect(error?.message.contains("pid \(getpid())") == true)
      first.close()
    }
    let second = try Database.open(at: scratch.path)
    #expect(try second.run("SELECT 1") == "1\n")
    second.close()
  }

  @Test("two databases live in one process")
  func two() throws {
    let (left, right) = (Scratch(), Scratch())
    let a = try Database.open(at: left.path)
    let b = try Database.open(at: right.path)
    for (database, value) in [(a, "1"), (b, "2")] {
      try database.run("CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n")
      try database.run("INSERT INTO t VALUES (\(value))")
    }
    #expect(try a.run("SELECT n FROM t") == "1\n")
    #expect(try b.run("SELECT n FROM t") == "2\n")
    a.close()
    b.close()
  }

  @Test("views and system tables take no rows, and reading requests change nothing")
  func readOnly() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    func code(_ sql: String, readOnly: Bool = false) -> Int? {
      #expect(throws: EngineError.self) { try database.run(sql, readOnly: readOnly) }?.code.rawValue
    }
    #expect(code("INSERT INTO candles_1m VALUES (1)") == 242)
    #expect(code("TRUNCATE TABLE system.parts") == 242)
    #expect(code("DROP TABLE candles_1h") == 242)
    for sql in [
      "CREATE DATABASE d", "INSERT INTO trades VALUES (1)", "DROP TABLE trades",
      "TRUNCATE TABLE trades",
    ] {
      #expect(code(sql, readOnly: true) == 164)
    }
    #expect(try database.run("SELECT count() FROM trades", readOnly: true) == "0\n")
  }

  @Test(
    "readers see inserts of rows that cancel out whole, while rows are flushed and tables come and go"
  )
  func snapshots() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    try database.run(
      "CREATE TABLE t (n Int64, k UInt64) ENGINE = MergeTree PARTITION BY k % 3 ORDER BY k")
    let isDone = Atomic(false)
    let reads = Atomic(0)
    let wrong = Mutex<[String]>([])
    let readers = (0..<2).map { _ in
      SystemThread(name: "test", stackBytes: RequestThreads.stackBytes) {
        while !isDone.load(ordering: .sequentiallyConsistent) {
          do throws(EngineError) {
            let answer = try database.run("SELECT sum(n), count() % 2 FROM t")
            if answer != "0\t0\n" { wrong.withLock { $0.append(answer) } }
            reads.add(1, ordering: .relaxed)
          } catch {
            wrong.withLock { $0.append(error.message) }
          }
        }
      }
    }
    var random = SplitMix64(seed: 11)
    for round in 0..<300 {
      let n = Int.random(in: 1...1_000_000, using: &random)
      try database.run("INSERT INTO t VALUES (\(n), \(round)), (-\(n), \(round + 1))")
      if round % 20 == 7 { try database.store.flush() }
      if round % 50 == 3 {
        try database.run("CREATE TABLE u (n UInt8) ENGINE = MergeTree ORDER BY n")
        try database.run("DROP TABLE u")
      }
      if round == 200 { try database.run("TRUNCATE TABLE t") }
    }
    while reads.load(ordering: .relaxed) < 20 { sched_yield() }
    isDone.store(true, ordering: .sequentiallyConsistent)
    for reader in readers { reader.join() }
    #expect(wrong.withLock { $0 } == [])
    #expect(try database.run("SELECT count() FROM t") == "198\n")
  }
}
