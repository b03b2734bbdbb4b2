/// One moment for all tables: pairs that cancel go into two tables in one transaction, while rows are flushed, files
/// are imported, and a third table comes and goes. No statement that reads both ever sees a sum that is not zero.
///
/// SQL has no statement that writes two tables, so the pairs go through the store, as an embedding program's would.
import Glibc
import Synchronization
import TestSupport
import TickColumns
import TickStorage
import Testing

@testable import TickEngine

/// The writers and readers of one run, and what they saw.
private final class Pairs: Sendable {
  /// The tables of the pairs are read by two subqueries of one statement.
  static let query = """
    SELECT (SELECT sum(n) FROM a) + (SELECT sum(n) FROM b), \
    ((SELECT count() FROM a) + (SELECT count() FROM b)) % 2
    """

  let database: Database
  let directory: String
  private let isDone = Atomic(false)
  private let reads = Atomic(0)
  private let flushes = Atomic(0)
  private let imports = Atomic(0)
  private let drops = Atomic(0)
  /// Answers other than zero.
  let wrong = Mutex<[String]>([])
  let errors = Mutex<[String]>([])

  init(_ database: Database, directory: String) throws {
    self.database = database
    self.directory = directory
    for name in ["a", "b"] { try create(name) }
  }

  private func create(_ name: String) throws(EngineError) {
    try database.run(
      "CREATE TABLE \(name) (n Int64, k UInt64) ENGINE = MergeTree PARTITION BY k % 3 ORDER BY k")
  }

  /// How often the rarest of the others has happened.
  var least: Int {
    min(
      min(reads.load(ordering: .relaxed), flushes.load(ordering: .relaxed)),
      min(imports.load(ordering: .relaxed), drops.load(ordering: .relaxed)))
  }

  /// Repeats `body` on a thread of its own until the run is over.
  private func repeating(_ body: @escaping @Sendable () throws(EngineError) -> Void) -> SystemThread
  {
    SystemThread(name: "test", stackBytes: RequestThreads.stackBytes) { [self] in
      while !isDone.load(ordering: .sequentiallyConsistent) {
        do throws(EngineError) {
          try body()
        } catch {
          errors.withLock { $0.append(error.message) }
        }
      }
    }
  }

  private func read() throws(EngineError) {
    let answer = try database.run(Self.query)
    if answer != "0\t0\n" { wrong.withLock { $0.append(answer) } }
    reads.add(1, ordering: .relaxed)
  }

  private func flush() throws(EngineError) {
    try database.flush()
    flushes.add(1, ordering: .relaxed)
  }

  /// Files whose rows cancel out, into a table of the pairs and into the one that comes and goes.
  private func importFile() throws(EngineError) {
    let number = imports.load(ordering: .relaxed)
    let path = directory + "/\(number).csv"
    let lines = (1...50).map { "\($0 * (number + 1)),\($0)\n-\($0 * (number + 1)),\($0 + 1)\n" }
    guard let file = fopen(path, "w") else { preconditionFailure("\(path) cannot be made") }
    fputs("n,k\n" + lines.joined(), file)
    fclose(file)
    _ = try database.importFile(path, ImportOptions(table: "a"), cancellation: Never()) { _ in }
    do throws(EngineError) {
      _ = try database.importFile(path, ImportOptions(table: "c"), cancellation: Never()) { _ in }
    } catch  where error.code == .unknownTable {
      // Dropped, before the import or under it.
    }
    imports.add(1, ordering: .relaxed)
  }

  private func createAndDrop() throws(EngineError) {
    try create("c")
    try database.run("INSERT INTO c VALUES (1, 1), (2, 2)")
    try database.run("DROP TABLE c")
    drops.add(1, ordering: .relaxed)
  }

  /// One row for a table of the pairs.
  private func part(_ name: String, _ n: Int64, _ k: UInt64) throws -> TransactionPart {
    let snapshot = database.store.snapshot()
    let table = try #require(snapshot.table(database: "default", name: name))
    let layout = try database.layout(of: table.definition)
    let columns = [Column(.int64, .int64([n])), Column(.uint64, .uint64([k]))]
    let batch = Batch(columns, rowCount: 1)
    let partition = try #require(try layout.partitions(of: batch).first)
    return TransactionPart(
      definition: table.definition, partition: partition.name, columns: batch,
      key: [SegmentKeyColumn(columns[1], fieldID: table.definition.fields[1].id)],
      sequenceOffsets: nil)
  }

  /// Commits pairs, in one transaction each or (the mistake) in two, until `isEnough`.
  func run(together: Bool, isEnough: (_ rounds: Int) -> Bool) throws {
    let threads = [
      repeating(read), repeating(read), repeating(flush), repeating(importFile),
      repeating(createAndDrop),
    ]
    defer {
      isDone.store(true, ordering: .sequentiallyConsistent)
      for thread in threads { thread.join() }
    }
    var random = SplitMix64(seed: 7)
    var rounds = 0
    while !isEnough(rounds) {
      let n = Int64.random(in: 1...1_000_000, using: &random)
      let parts = [
        try part("a", n, UInt64(random.below(9))), try part("b", -n, UInt64(random.below(9))),
      ]
      if together {
        try database.store.commit(Transaction(parts))
      } else {
        for part in parts { try database.store.commit(Transaction([part])) }
      }
      rounds += 1
    }
  }
}

@Suite("Snapshots over tables") struct SnapshotTests {
  @Test("pairs that cancel out over two tables are never seen apart")
  func pairs() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path + "/db")
    defer { database.close() }
    let pairs = try Pairs(database, directory: scratch.path)
    try pairs.run(together: true) { rounds in
      rounds >= 150 && pairs.least >= 10
    }
    #expect(pairs.wrong.withLock { $0 } == [])
    #expect(pairs.errors.withLock { $0 } == [])
    let segments = database.store.snapshot().table(database: "default", name: "a")?.segments.count
    #expect(segments ?? 0 > 10)
    #expect(try database.run(Pairs.query) == "0\t0\n")
  }

  @Test("planted: pairs in two transactions are seen apart by the same readers")
  func apart() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path + "/db")
    defer { database.close() }
    let pairs = try Pairs(database, directory: scratch.path)
    try pairs.run(together: false) { rounds in
      rounds >= 20_000 || pairs.wrong.withLock { !$0.isEmpty }
    }
    #expect(!pairs.wrong.withLock { $0 }.isEmpty)
  }
}
