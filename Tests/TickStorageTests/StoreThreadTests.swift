import Dispatch
import Glibc
import Synchronization
import TestSupport
import TickColumns
import TickFormats
import Testing

@testable import TickStorage

@Suite("A store with threads")
struct StoreThreadTests {
  private func open(
    _ files: any FileSystem, _ change: (inout StoreOptions) -> Void = { _ in }
  ) throws -> Store {
    var options = StoreOptions(identity: 42)
    options.logFileBytes = 1 << 17
    change(&options)
    return try Store.open(files: files, options: options)
  }

  private func create(_ store: Store) throws {
    #expect([store.allocateTableID(), store.allocateTableID()] == [1, 2])
    try store.publish(
      ManifestEdit([
        .createDatabase("market"), .createTable(tableDefinition(1)),
        .createTable(tableDefinition(2, "quotes")),
      ]))
  }

  /// Runs `body` on so many threads at once and waits for all.
  private func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let threads = (0..<count).map { thread in SystemThread(name: "test") { body(thread) } }
    for thread in threads { thread.join() }
  }

  @Test("committers at the same time share syncs, and every answer is a row that stays")
  func groupCommit() throws {
    let disk = SimulatedDisk(seed: 1)
    let files = HookedFiles(disk.mount()) { operation, _ in
      if operation == .sync { usleep(2_000) }
    }
    let store = try open(files)
    try create(store)
    let before = files.syncCount
    let commits = Mutex<[Commit]>([])
    let asked = 200
    for number in 0..<asked {
      try store.submit(Transaction([SampleRows.part(tableDefinition(1), [number])])) { answer in
        if case .success(let commit) = answer { commits.withLock { $0.append(commit) } }
      }
    }
    concurrently(4) { thread in
      for number in 0..<10 {
        let part = SampleRows.part(tableDefinition(2, "quotes"), [1_000 * thread + number])
        let commit = try? store.commit(Transaction([part]))
        #expect(commit != nil)
        if let commit {
          // Read your writes: the snapshot after the answer has the row.
          #expect(store.snapshot().lsn >= commit.lsn)
        }
      }
    }
    store.close()
    let answered = commits.withLock { $0 }
    #expect(answered.count == asked)
    #expect(answered.map(\.lsn) == answered.map(\.lsn).sorted())
    #expect(Set(answered.map(\.firstSequence)).count == asked)
    let syncs = files.syncCount - before
    #expect(syncs < 100, "240 commits took \(syncs) syncs")
    disk.powerCut()
    let again = try open(disk.mount())
    #expect(again.snapshot().table(1)?.rowCount == asked)
    #expect(again.snapshot().table(2)?.rowCount == 40)
    again.close()
  }

  @Test(
    "rows for the system are answered and shown while their sync waits, those for the disk behind it"
  )
  func acknowledgements() throws {
    let disk = SimulatedDisk(seed: 4)
    let gate = Monitor(true)
    let files = HookedFiles(disk.mount()) { operation, path in
      if operation == .sync, path.hasPrefix("wal/") { gate.wait { $0 ? () : nil } }
    }
    let store = try open(files)
    try create(store)
    func row(_ number: Int, _ level: Acknowledgement) -> Transaction {
      Transaction([SampleRows.part(tableDefinition(1), [number])], acknowledgement: level)
    }
    try store.commit(row(0, .disk))
    gate.withLock { $0 = false }
    try store.commit(row(1, .system))
    #expect(store.snapshot().table(1)?.rowCount == 2)
    // What comes next waits for that sync, whatever it asks for.
    let answered = Monitor<[Int]>([])
    for (number, level) in [(2, Acknowledgement.disk), (3, .system), (4, .disk)] {
      try store.submit(row(number, level)) { answer in
        if case .success = answer { answered.withLock { $0.append(number) } }
      }
    }
    #expect(answered.wait(milliseconds: 50) { $0.isEmpty ? nil : () } == nil)
    #expect(store.snapshot().table(1)?.rowCount == 2)
    gate.withLock { $0 = true }
    answered.wait { $0.count == 3 ? () : nil }
    #expect(answered.withLock { $0 } == [2, 3, 4])
    store.close()
    disk.powerCut()
    let again = try open(disk.mount())
    #expect(again.snapshot().table(1)?.rowCount == 5)
    again.close()
  }

  @Test("without power rows for the system are a beginning of what was answered", arguments: 0..<20)
  func acknowledgedBySystem(seed: Int) throws {
    let disk = SimulatedDisk(seed: UInt64(seed))
    var random = SplitMix64(seed: UInt64(seed))
    let mount = disk.mount()
    let cut = 1 + random.below(12)
    let syncs = Atomic(0)
    let files = HookedFiles(mount) { operation, path in
      // From some sync of the log on the medium is not reached any more.
      if operation == .sync, path.hasPrefix("wal/"),
        syncs.wrappingAdd(1, ordering: .relaxed).newValue == cut
      {
        disk.powerCut()
      }
    }
    let store = try open(files)
    try create(store)
    var answered = 0
    for number in 0..<40 {
      let level: Acknowledgement = random.oneIn(4) ? .disk : .system
      let part = SampleRows.part(tableDefinition(1), [number])
      guard (try? store.commit(Transaction([part], acknowledgement: level))) != nil else { break }
      answered += 1
    }
    store.close()
    disk.powerCut()
    let again = try open(disk.mount())
    let rows = again.snapshot().table(1)?.rowCount ?? 0
    let numbers = try again.snapshot().table(1).map { try SampleRows.numbers(of: $0) } ?? [:]
    #expect(
      numbers.values.compactMap { $0 }.sorted() == Array(0..<rows), "seed \(seed): not a beginning")
    // One that is answered waits for the sync of the one before: at most the last two are lost.
    #expect(rows >= answered - 2 && rows <= answered + 1, "seed \(seed): \(rows) of \(answered)")
    again.close()
  }

  @Test(
    "no snapshot ever shows half a transaction over two tables, while both are flushed and others dropped"
  )
  func snapshotsAreWhole() throws {
    let store = try open(SimulatedDisk(seed: 2).mount()) { $0.memtableBytesMax = 20_000 }
    try create(store)
    let isDone = Atomic<Bool>(false)
    let checks = Atomic<Int>(0)
    concurrently(4) { thread in
      switch thread {
      case 0:
        for number in 0..<150 {
          _ = try? store.commit(
            Transaction([
              SampleRows.part(tableDefinition(1), [number], offsets: [0]),
              SampleRows.part(tableDefinition(2, "quotes"), [number], offsets: [1]),
            ]))
          if number % 20 == 19 { _ = try? store.flush([1]) }
        }
        isDone.store(true, ordering: .relaxed)
      case 1:
        while !isDone.load(ordering: .relaxed) {
          let id = store.allocateTableID()
          _ = try? store.publish(ManifestEdit([.createTable(tableDefinition(id, "x"))]))
          _ = try? store.commit(Transaction([SampleRows.part(tableDefinition(id, "x"), [1])]))
          _ = try? store.publish(ManifestEdit([.dropTable(id)]))
        }
      default:
        while !isDone.load(ordering: .relaxed) {
          let snapshot = store.snapshot()
          let one = snapshot.table(1).flatMap { try? SampleRows.numbers(of: $0) } ?? [:]
          let two = snapshot.table(2).flatMap { try? SampleRows.numbers(of: $0) } ?? [:]
          #expect(Set(one.values) == Set(two.values))
          checks.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    #expect(store.snapshot().table(1)?.rowCount == 150)
    #expect(store.snapshot().table(2)?.rowCount == 150)
    #expect(checks.load(ordering: .relaxed) > 0)
    store.close()
  }

  @Test("large memory is flushed by itself, and old rows are")
  func flushesByItself() throws {
    let store = try open(SimulatedDisk(seed: 3).mount()) {
      $0.memtableBytesMax = 10_000
      $0.flushAgeMilliseconds = 100
    }
    try create(store)
    try store.commit(
      Transaction([SampleRows.part(tableDefinition(1), Array(0..<300))]))
    try store.commit(Transaction([SampleRows.part(tableDefinition(2, "quotes"), [7])]))
    for _ in 0..<200 {
      let tables = store.snapshot().tables
      if tables.allSatisfy({ $0.memtables.isEmpty }) { break }
      usleep(20_000)
    }
    #expect(store.snapshot().tables.map(\.segments.count) == [1, 1])
    #expect(store.snapshot().tables.map(\.rowCount) == [300, 1])
    store.close()
  }

  @Test(
    "full memory that cannot be flushed refuses rows with the reason, and takes them when the disk has room"
  )
  func refusesWhenFull() throws {
    let disk = SimulatedDisk(seed: 4)
    let store = try open(disk.mount()) {
      $0.memtableBytesMax = 10_000
      $0.memoryBytesMax = 20_000
    }
    try create(store)
    try store.commit(Transaction([SampleRows.part(tableDefinition(1), [10_000])]))
    var faults = SimulatedDisk.Faults()
    faults.createErrorOneIn = 1
    disk.setFaults(faults)
    var refusal: StorageError?
    for number in 0..<50 where refusal == nil {
      do throws(StorageError) {
        try store.commit(
          Transaction([SampleRows.part(tableDefinition(1), Array(number * 50..<number * 50 + 50))]))
      } catch {
        refusal = error
      }
    }
    guard case .io("create", _, 28)? = refusal else {
      Issue.record("refused with \(String(describing: refusal))")
      return
    }
    #expect(store.snapshot().table(1)?.rowCount ?? 0 > 0)
    disk.setFaults(SimulatedDisk.Faults())
    var accepted = false
    for _ in 0..<100 where !accepted {
      accepted = (try? store.commit(Transaction([SampleRows.part(tableDefinition(1), [9])]))) != nil
      if !accepted { usleep(50_000) }
    }
    #expect(accepted)
    store.close()
  }

  @Test("a failed sync answers everybody with the reason, and snapshots stay")
  func failedSync() throws {
    let disk = SimulatedDisk(seed: 5)
    let store = try open(disk.mount())
    try create(store)
    try store.commit(Transaction([SampleRows.part(tableDefinition(1), [1])]))
    var faults = SimulatedDisk.Faults()
    faults.syncErrorOneIn = 1
    disk.setFaults(faults)
    let answers = Mutex<[StorageError?]>([])
    for number in 2..<40 {
      try store.submit(Transaction([SampleRows.part(tableDefinition(1), [number])])) { answer in
        answers.withLock { answers in
          if case .failure(let error) = answer {
            answers.append(error)
          } else {
            answers.append(nil)
          }
        }
      }
    }
    #expect(throws: StorageError.self) { try store.publish(ManifestEdit([.truncateTable(1)])) }
    store.close()
    let all = answers.withLock { $0 }
    #expect(all.count == 38)
    #expect(all.allSatisfy { $0 != nil })
    #expect(store.snapshot().table(1)?.rowCount == 1)
    #expect(
      store.failure == .io(operation: "fdatasync", path: "wal/0000000000000001.wal", errno: 5))
  }

  @Test("a transaction that became empty for the sake of one in flight fails with it")
  func emptyBehindFailedSync() throws {
    let isArmed = Atomic<Bool>(false)
    let (writes, mayWrite) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let settled = DispatchSemaphore(value: 0)
    let files = HookedFiles(SimulatedDisk(seed: 7).mount()) {
      (operation, path) throws(StorageError) in
      guard isArmed.load(ordering: .relaxed) else { return }
      switch operation {
      case .write:
        writes.signal()
        mayWrite.wait()
      case .sync:
        settled.wait()
        throw .io(operation: "fdatasync", path: path, errno: 5)
      }
    }
    let store = try open(files)
    try create(store)
    // The log file is there, so that the next write and sync are those of a group.
    try store.commit(Transaction([SampleRows.part(tableDefinition(1), [0])]))
    isArmed.store(true, ordering: .relaxed)
    let answers = Mutex<[Bool]>([])
    let note: CommitCompletion = { answer in
      let isDone = if case .success = answer { true } else { false }
      answers.withLock { $0.append(isDone) }
    }
    try store.submit(Transaction([SampleRows.part(tableDefinition(1), [1])]), completion: note)
    // The second one arrives while the first is written, so it is settled while the first is synced.
    writes.wait()
    try store.submit(
      Transaction([SampleRows.part(tableDefinition(1), [1])]),
      settle: { _ in
        settled.signal()
        return Transaction([])
      }, completion: note)
    mayWrite.signal()
    store.close()
    #expect(answers.withLock { $0 } == [false, false])
  }

  @Test("a store that is let go ends its threads without a close")
  func letGo() throws {
    let disk = SimulatedDisk(seed: 6)
    for round in 0..<5 {
      let store = try open(disk.mount())
      if round == 0 { try create(store) }
      try store.commit(Transaction([SampleRows.part(tableDefinition(1), [round])]))
    }
    let store = try open(disk.mount())
    #expect(store.snapshot().table(1)?.rowCount == 5)
    store.close()
    store.close()
    #expect(throws: StorageError.self) {
      try store.commit(Transaction([SampleRows.part(tableDefinition(1), [9])]))
    }
    #expect(throws: StorageError.self) { try store.publish(ManifestEdit([.truncateTable(1)])) }
  }
}
