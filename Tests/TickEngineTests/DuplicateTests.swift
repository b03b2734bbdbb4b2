import Glibc
import Synchronization
import TestSupport
import TickStorage
import Testing

@testable import TickEngine

/// Rows of `trades` for an INSERT ... VALUES.
private func values(_ ids: some Sequence<Int>, price: Int = 1, symbol: String = "A") -> String {
  ids.map {
    "('2024-08-08 00:00:01', '2024-08-08 00:00:01', 'binance', '\(symbol)', \(price), 1, 'buy', \($0))"
  }.joined(separator: ",")
}

/// A file of Binance trades, with two trades to the second.
private func writeTrades(_ ids: some Sequence<Int>, to path: String) throws {
  let lines = ids.map { "\($0),9.5,1,9.5,\(1_723_075_200_000 + 500 * $0),True,True\n" }
  let file = try #require(fopen(path, "w"))
  defer { fclose(file) }
  #expect(fputs(lines.joined(), file) >= 0)
}

private func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let threads = (0..<count).map { number in
    SystemThread(name: "test", stackBytes: RequestThreads.stackBytes) { body(number) }
  }
  for thread in threads { thread.join() }
}

/// Pieces of data, of which all but the first come when it is opened.
private final class GatedInput: QueryInput {
  private struct State {
    var pieces: ArraySlice<[UInt8]>
    var asked = -1
    var isOpen = false
  }

  private let state: Monitor<State>

  init(_ pieces: [[UInt8]]) { state = Monitor(State(pieces: pieces[...])) }

  func next() -> [UInt8]? {
    state.withLock { $0.asked += 1 }
    return state.wait { state -> [UInt8]?? in
      guard state.asked == 0 || state.isOpen else { return nil }
      return .some(state.pieces.popFirst())
    }
  }

  /// Waits until somebody waits for this piece.
  func waitUntilAsked(for number: Int) {
    state.wait { $0.asked >= number ? () : nil }
  }

  func open() { state.withLock { $0.isOpen = true } }
}

extension Database {
  fileprivate static func open(
    over files: HookedFiles, at path: String
  ) throws(EngineError) -> Database {
    try open(
      at: path, files: files, storage: StoreOptions(identity: 1), options: DatabaseOptions())
  }

  /// Runs an INSERT and gives how many rows it says it wrote.
  fileprivate func written(_ sql: String) throws(EngineError) -> Int {
    try execute(
      QueryRequest(text: Array(sql.utf8), queryID: ""), input: NoInput(), sink: TextSink(),
      cancellation: Never()
    ).writtenRows
  }
}

@Suite struct DuplicateTests {
  @Test("inserts at the same time share syncs, and each id goes in once")
  func sharedSyncs() throws {
    let scratch = Scratch()
    let files = HookedFiles(try PosixFileSystem(root: scratch.path)) { operation, _ in
      if operation == .sync { usleep(3_000) }
    }
    let database = try Database.open(over: files, at: scratch.path)
    defer { database.close() }
    let before = files.syncCount
    let (threads, rounds) = (8, 25)
    let written = Atomic(0)
    let errors = Mutex<[String]>([])
    concurrently(threads) { thread in
      for round in 0..<rounds {
        do throws(EngineError) {
          let first = 1 + round * 5 + thread
          let ids = first..<first + 10
          let rows = try database.written("INSERT INTO trades VALUES \(values(ids, price: thread))")
          written.add(rows, ordering: .relaxed)
        } catch {
          errors.withLock { $0.append(error.message) }
        }
      }
    }
    let syncs = files.syncCount - before
    #expect(errors.withLock { $0 } == [])
    let ids = (rounds - 1) * 5 + (threads - 1) + 10
    #expect(
      try database.run("SELECT count(), uniqExact(trade_id) FROM trades") == "\(ids)\t\(ids)\n")
    #expect(written.load(ordering: .relaxed) == ids)
    #expect(syncs < threads * rounds / 2, "\(threads * rounds) inserts took \(syncs) syncs")
  }

  @Test("an id is never dropped as the duplicate of a row that failed", arguments: 0..<4)
  func failures(seed: Int) throws {
    let scratch = Scratch()
    let isFailing = Atomic(false)
    let random = Mutex(SplitMix64(seed: UInt64(seed)))
    let hasFailed = Atomic(false)
    let files = HookedFiles(try PosixFileSystem(root: scratch.path)) {
      (operation, path) throws(StorageError) in
      guard operation == .write, path.hasPrefix("wal/"), isFailing.load(ordering: .relaxed),
        // What takes a failed write back succeeds: otherwise the store takes nothing more.
        !hasFailed.exchange(false, ordering: .relaxed),
        random.withLock({ Int.random(in: 0..<3, using: &$0) }) == 0
      else { return }
      hasFailed.store(true, ordering: .relaxed)
      throw .io(operation: "pwrite", path: path, errno: ENOSPC)
    }
    let database = try Database.open(over: files, at: scratch.path)
    defer { database.close() }
    let acknowledged = Mutex<Set<Int>>([])
    let failed = Atomic(0)
    isFailing.store(true, ordering: .relaxed)
    concurrently(6) { thread in
      for round in 0..<30 {
        let ids = 1 + round * 4..<1 + round * 4 + 6
        do throws(EngineError) {
          try database.run("INSERT INTO trades VALUES \(values(ids, price: thread))")
          acknowledged.withLock { $0.formUnion(ids) }
        } catch {
          #expect(error.code == .notEnoughSpace)
          failed.add(1, ordering: .relaxed)
        }
      }
    }
    isFailing.store(false, ordering: .relaxed)
    func check(_ database: Database) throws {
      let ids = try database.run("SELECT trade_id FROM trades ORDER BY trade_id")
        .split(separator: "\n").map { Int($0) ?? -1 }
      #expect(Set(ids).count == ids.count)
      #expect(acknowledged.withLock { $0 }.isSubset(of: ids))
    }
    try check(database)
    try database.store.flush()
    try check(database)
    #expect(failed.load(ordering: .relaxed) > 0)
    #expect(acknowledged.withLock { $0.count } > 0)
  }

  @Test("rows of one insert that lie in several partitions keep their order without the duplicates")
  func partitions() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    let row = { (day: Int, id: Int) in
      "('2024-08-0\(day) 00:00:01', '2024-08-08 00:00:01', 'x', 'A', \(day), 1, 'buy', \(id))"
    }
    let rows = [(1, 5), (2, 5), (2, 6), (1, 7), (3, 6), (2, 8), (1, 8), (3, 9)].map(row)
    let written = try database.written("INSERT INTO trades VALUES \(rows.joined(separator: ","))")
    #expect(written == 5)
    #expect(
      try database.run("SELECT trade_id, price FROM trades ORDER BY _sequence")
        == "5\t1\n6\t2\n7\t1\n8\t2\n9\t3\n")
    try database.store.flush()
    #expect(
      try database.run("SELECT trade_id, price FROM trades ORDER BY _sequence")
        == "5\t1\n6\t2\n7\t1\n8\t2\n9\t3\n")
  }

  @Test("an insert larger than the log takes keeps the first of each id as well")
  func large() throws {
    let scratch = Scratch()
    var options = DatabaseOptions()
    options.insertLogBytesMax = 500
    let database = try Database.open(at: scratch.path, options: options)
    defer { database.close() }
    let symbols = (0..<12).map { "S\($0)" }
    func insert(_ price: Int) throws -> Int {
      let rows = symbols.map { values([1, 2], price: price, symbol: $0) } + [values([7, 7])]
      return try database.written("INSERT INTO trades VALUES \(rows.joined(separator: ","))")
    }
    try database.run("INSERT INTO trades VALUES \(values([2], price: 3, symbol: symbols[4]))")
    #expect(try insert(5) == 24)
    #expect(try insert(6) == 0)
    #expect(
      try database.run("SELECT count(), sum(price), uniqExact(symbol, trade_id) FROM trades")
        == "25\t119\t25\n")
    #expect(database.store.snapshot().tables.first?.segments.isEmpty == false)
  }

  @Test("an insert that still comes holds up no other writer, however much of it is there")
  func slowLargeInsert() throws {
    let scratch = Scratch()
    var options = DatabaseOptions()
    options.insertLogBytesMax = 500
    let database = try Database.open(at: scratch.path, options: options)
    defer { database.close() }
    let input = GatedInput([
      Array((values(0..<100, price: 5) + ",").utf8), Array(values(50..<200, price: 6).utf8),
    ])
    var found = glob_t()
    let rows = Atomic(0)
    let slow = SystemThread(name: "test", stackBytes: RequestThreads.stackBytes) {
      let request = QueryRequest(text: Array("INSERT INTO trades VALUES ".utf8), queryID: "slow")
      let summary = try? database.execute(
        request, input: input, sink: TextSink(), cancellation: Never())
      rows.store(summary?.writtenRows ?? -1, ordering: .relaxed)
    }
    input.waitUntilAsked(for: 1)
    #expect(try database.written("INSERT INTO trades VALUES \(values([120], price: 7))") == 1)
    input.open()
    slow.join()
    #expect(rows.load(ordering: .relaxed) == 199)
    #expect(
      try database.run("SELECT count(), countIf(price = 5), countIf(price = 7) FROM trades")
        == "200\t100\t1\n")
    #expect(glob(scratch.path + "/tmp/*", 0, nil, &found) == GLOB_NOMATCH)
  }

  enum Meanwhile: CaseIterable {
    case other, sameBefore, sameBehind, truncate
  }

  @Test("what is written while a file is imported meets it once", arguments: Meanwhile.allCases)
  func importBesideInserts(_ meanwhile: Meanwhile) throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path + "/db")
    defer { database.close() }
    let path = scratch.path + "/A-trades-x.csv"
    try writeTrades(0..<2_000, to: path)
    try database.run("INSERT INTO trades VALUES \(values([1_999, 5_000], price: 3))")
    var isFirst = true
    var calls = 0
    var options = ImportOptions()
    options.rejectsPath = scratch.path + "/rejects.tsv"
    let outcome = try database.importFile(path, options, cancellation: Never()) { progress in
      calls += 1
      guard isFirst else { return }
      isFirst = false
      do throws(EngineError) {
        switch meanwhile {
        case .other: try database.run("INSERT INTO trades VALUES \(values([6_000], price: 4))")
        case .sameBefore:
          try database.run("INSERT INTO trades VALUES \(values([3, 4], price: 4))")
        case .sameBehind:
          try database.run("INSERT INTO trades VALUES \(values([1_998, 6_000], price: 4))")
        case .truncate: try database.run("TRUNCATE TABLE trades")
        }
      } catch {
        Issue.record("\(error.message)")
      }
    }
    let answer = try database.run(
      "SELECT price, count(), min(trade_id), max(trade_id) FROM trades GROUP BY price ORDER BY price"
    )
    switch meanwhile {
    case .other:
      #expect(calls == 1)
      #expect(answer == "3\t2\t1999\t5000\n4\t1\t6000\t6000\n9.5\t1999\t0\t1998\n")
    case .sameBefore:
      #expect(answer == "3\t2\t1999\t5000\n4\t2\t3\t4\n9.5\t1997\t0\t1998\n")
    case .sameBehind:
      #expect(answer == "3\t2\t1999\t5000\n4\t2\t1998\t6000\n9.5\t1998\t0\t1997\n")
    case .truncate:
      #expect(answer == "9.5\t2000\t0\t1999\n")
    }
    #expect(try database.run("SELECT count() - uniqExact(trade_id) FROM trades") == "0\n")
    let held = try database.run("SELECT count() FROM trades WHERE price = 9.5")
    #expect(held == "\(outcome.rows)\n")
    // What the file brought keeps later inserts out, and the file itself.
    #expect(try database.written("INSERT INTO trades VALUES \(values(1..<2_000, price: 7))") == 0)
    #expect(
      try database.importFile(path, options, cancellation: Never()) { _ in }.wasKnown)
  }

  @Test("a file whose content is known stores nothing and makes no row a duplicate")
  func knownFile() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path + "/db")
    defer { database.close() }
    let path = scratch.path + "/A-trades-x.csv"
    try writeTrades(1..<101, to: path)
    var options = ImportOptions()
    options.rejectsPath = scratch.path + "/rejects.tsv"
    #expect(try database.importFile(path, options, cancellation: Never()) { _ in }.rows == 100)
    try database.run("DELETE FROM trades WHERE trade_id > 50")
    #expect(try database.importFile(path, options, cancellation: Never()) { _ in }.wasKnown)
    #expect(try database.written("INSERT INTO trades VALUES \(values(1..<101))") == 50)
    #expect(try database.run("SELECT count() FROM trades") == "100\n")
  }

  @Test("inserts go on while files come in, and every id is there once")
  func importsAndInserts() throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path + "/db")
    defer { database.close() }
    for file in 0..<6 {
      try writeTrades(file * 300..<file * 300 + 400, to: "\(scratch.path)/A-trades-\(file).csv")
    }
    let written = Atomic(0)
    let errors = Mutex<[String]>([])
    let path = scratch.path
    concurrently(5) { thread in
      do throws(EngineError) {
        guard thread > 0 else {
          for file in 0..<6 {
            let rows = try database.importFile(
              "\(path)/A-trades-\(file).csv", ImportOptions(), cancellation: Never()
            ) { _ in }.rows
            written.add(rows, ordering: .relaxed)
          }
          return
        }
        for round in 0..<60 {
          let ids = round * 30 + thread..<round * 30 + thread + 40
          let rows = try database.written("INSERT INTO trades VALUES \(values(ids, price: thread))")
          written.add(rows, ordering: .relaxed)
        }
      } catch {
        errors.withLock { $0.append(error.message) }
      }
    }
    #expect(errors.withLock { $0 } == [])
    let counts = try database.run("SELECT count(), uniqExact(trade_id), max(trade_id) FROM trades")
    // Id 0 is no id: the first file brings it, no insert does.
    #expect(counts == "1900\t1900\t1899\n")
    #expect(written.load(ordering: .relaxed) == 1_900)
  }
}
