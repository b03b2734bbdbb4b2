import Synchronization
import TestSupport
import TickColumns
import TickFormats
import Testing

@testable import TickStorage

@Suite("Rows of a store")
struct StoreRowsTests {
  private func bed() throws -> (SimulatedDisk, Store) {
    let disk = SimulatedDisk(seed: 5)
    let store = try open(disk)
    try store.publish(
      ManifestEdit([
        .createDatabase("market"), .createTable(tableDefinition(1)),
        .createTable(tableDefinition(2, "quotes")),
      ]))
    return (disk, store)
  }

  private func open(
    _ disk: SimulatedDisk, _ change: (inout StoreOptions) -> Void = { _ in }
  ) throws -> Store {
    var options = StoreOptions(identity: 42)
    options.hasThreads = false
    options.logFileBytes = 1 << 16
    change(&options)
    return try Store.open(files: disk.mount(), options: options)
  }

  @Test("a table takes so many producers, forgets none, and says so to one more")
  func producers() throws {
    let (disk, store) = try bed()
    let most = InsertMarks.producersMax
    func send(_ store: Store, _ names: some Sequence<Int>, _ sequence: UInt64) throws -> [Bool?] {
      let answers = Mutex<[Bool?]>([])
      for name in names {
        let mark = TableMark(1, .producer("p\(name)", sequence: sequence))
        try store.submit(Transaction([], mark: mark)) { answer in
          answers.withLock { $0.append((try? answer.get()).map(\.isRepeated)) }
        }
      }
      store.runPending()
      return answers.withLock { $0 }
    }
    #expect(try send(store, 0..<most - 2, 1).allSatisfy { $0 == false })
    try store.flush([1])
    // Those that are known count once, wherever they are known.
    #expect(try send(store, 0..<most - 2, 2).allSatisfy { $0 == false })
    #expect(try send(store, [most], 1) == [false])
    #expect(try send(store, [most], 1) == [true])
    #expect(try send(store, [most + 1], 1) == [false])
    #expect(try send(store, [most + 2], 1) == [nil])
    #expect(try send(store, [5], 2) == [true])
    #expect(try send(store, [5], 3) == [false])
    #expect(store.snapshot().table(1)?.producers.count == most)
    store.close()
    disk.powerCut()
    let again = try open(disk)
    #expect(again.snapshot().table(1)?.producers.count == most)
    #expect(again.snapshot().table(1)?.producers["p5"] == 3)
    #expect(try send(again, [most + 2], 1) == [nil])
    again.close()
  }

  private func numbers(_ store: Store, _ table: TableID) throws -> [UInt64: Int?] {
    try store.snapshot().table(table).map { try SampleRows.numbers(of: $0) } ?? [:]
  }

  @Test("a transaction over two tables and three partitions has one LSN and its own order")
  func severalTables() throws {
    let (disk, store) = try bed()
    let commit = try store.commit(
      Transaction([
        SampleRows.part(tableDefinition(1), [10, 12], partition: "a", offsets: [0, 2]),
        SampleRows.part(tableDefinition(1), [11], partition: "b", offsets: [1]),
        SampleRows.part(tableDefinition(2, "quotes"), [13, 14], partition: "a", offsets: [3, 4]),
      ]))
    #expect(commit == Commit(lsn: 2, firstSequence: 0))
    for store in [store, try open(disk)] {
      #expect(try numbers(store, 1) == [0: 10, 1: 11, 2: 12])
      #expect(try numbers(store, 2) == [3: 13, 4: 14])
      #expect(store.snapshot().nextSequence == 5)
    }
  }

  // A flush failed on a full disk and left its rows frozen. The next one moved these alone, so a DELETE did not see rows
  // that had come since, and a copy lacked them: "a flush moves every row that was there when it began" did not hold.
  @Test("a flush after one that failed moves the rows of both")
  func flushAfterFailure() throws {
    let (disk, store) = try bed()
    let one = tableDefinition(1)
    try store.commit(Transaction([SampleRows.part(one, [1])]))
    var full = SimulatedDisk.Faults()
    full.createErrorOneIn = 1
    disk.setFaults(full)
    do throws(StorageError) {
      try store.flush([1])
      Issue.record("a full disk took a segment")
    } catch {
      #expect(error.sentence.contains("No space left"))
    }
    disk.setFaults(SimulatedDisk.Faults())
    try store.commit(Transaction([SampleRows.part(one, [2])]))
    try store.flush([1])
    let table = try #require(store.snapshot().table(1))
    #expect(table.memtables.isEmpty && table.segments.count == 2)
    #expect(try numbers(store, 1) == [0: 1, 1: 2])
  }

  @Test("a snapshot keeps its rows while others are added, flushed, truncated and dropped")
  func snapshotsStay() throws {
    let (_, store) = try bed()
    let one = tableDefinition(1)
    try store.commit(Transaction([SampleRows.part(one, [1])]))
    let first = store.snapshot()
    try store.commit(Transaction([SampleRows.part(one, [2])]))
    let second = store.snapshot()
    try store.flush()
    let third = store.snapshot()
    try store.publish(ManifestEdit([.truncateTable(1)]))
    let fourth = store.snapshot()
    try store.commit(Transaction([SampleRows.part(one, [3])]))
    try store.publish(ManifestEdit([.dropTable(1)]))
    func rows(_ snapshot: Snapshot) throws -> [UInt64: Int?]? {
      try snapshot.table(1).map { try SampleRows.numbers(of: $0) }
    }
    #expect(try rows(first) == [0: 1])
    #expect(try rows(second) == [0: 1, 1: 2])
    #expect(try rows(third) == [0: 1, 1: 2])
    #expect(third.table(1)?.memtables.isEmpty == true)
    #expect(third.table(1)?.segments.count == 1)
    #expect(try rows(fourth) == [:])
    #expect(try rows(store.snapshot()) == nil)
    #expect([first, second, third, fourth].map(\.lsn) == [2, 3, 4, 5])
  }

  @Test("a flush moves rows to one segment per partition and replay skips what it covers")
  func flushAndReplay() throws {
    let (disk, first) = try bed()
    var store = first
    let one = tableDefinition(1)
    try store.commit(
      Transaction([
        SampleRows.part(one, [4, 1], partition: "a", offsets: [0, 1]),
        SampleRows.part(one, [3], partition: "b", offsets: [2]),
      ]))
    try store.commit(Transaction([SampleRows.part(tableDefinition(2, "quotes"), [7])]))
    try store.flush([1])
    try store.commit(Transaction([SampleRows.part(one, [9], partition: "a")]))
    for _ in 0..<3 {
      defer { store = (try? open(disk)) ?? store }
      let table = try #require(store.snapshot().table(1))
      #expect(table.segments.map(\.entry.partition) == ["a", "b"])
      #expect(table.rowCount == 4)
      #expect(try numbers(store, 1) == [0: 4, 1: 1, 2: 3, 4: 9])
      #expect(try numbers(store, 2) == [3: 7])
    }
    #expect(Store.check(files: disk.mount()).isSound)
  }

  @Test(
    "TRUNCATE and DROP hide logged rows from a replay; a new table of the name is another table")
  func truncateAndReplay() throws {
    let (disk, store) = try bed()
    let one = tableDefinition(1)
    try store.commit(Transaction([SampleRows.part(one, [1, 2])]))
    try store.publish(ManifestEdit([.truncateTable(1)]))
    try store.commit(Transaction([SampleRows.part(one, [3])]))
    try store.commit(Transaction([SampleRows.part(tableDefinition(2, "quotes"), [4])]))
    try store.publish(ManifestEdit([.dropTable(2), .createTable(tableDefinition(3, "quotes"))]))
    #expect(throws: StorageError.unknownTable(2)) {
      try store.commit(Transaction([SampleRows.part(tableDefinition(2, "quotes"), [5])]))
    }
    try store.commit(Transaction([SampleRows.part(tableDefinition(3, "quotes"), [6])]))
    for store in [store, try open(disk)] {
      #expect(try numbers(store, 1) == [2: 3])
      #expect(store.snapshot().table(2) == nil)
      #expect(try numbers(store, 3) == [4: 6])
    }
  }

  @Test("a settle closure runs in commit order and may drop rows, all of them, or the transaction")
  func settling() throws {
    let (disk, store) = try bed()
    let one = tableDefinition(1)
    let seen = Mutex<Set<Int>>([])
    let settle: SettleTransaction = { (transaction) throws(StorageError) in
      var parts: [TransactionPart] = []
      for part in transaction.parts {
        guard case .int64(let times) = part.columns.columns[0].values else { continue }
        let numbers = times.map { Int(($0 - 1_723_075_200_000_000_000) / 1_000) }
        if numbers.contains(99) { throw .conflict("99 is not allowed") }
        let new = seen.withLock { seen in numbers.filter { seen.insert($0).inserted } }
        parts.append(SampleRows.part(one, new))
      }
      return Transaction(parts)
    }
    let results = Mutex<[Result<Commit, StorageError>]>([])
    for numbers in [[1, 2], [2, 3], [1, 3], [99], [4]] {
      try store.submit(Transaction([SampleRows.part(one, numbers)]), settle: settle) { result in
        results.withLock { $0.append(result) }
      }
    }
    store.runPending()
    let outcomes = results.withLock { $0 }
    #expect(outcomes.first == .failure(.conflict("99 is not allowed")))
    #expect(outcomes.dropFirst().allSatisfy { (try? $0.get()) != nil })
    #expect(try numbers(store, 1) == [0: 1, 1: 2, 2: 3, 3: 4])
    #expect(try numbers(open(disk), 1) == [0: 1, 1: 2, 2: 3, 3: 4])
  }

  @Test(
    "rows of before and after a change of columns lie side by side, and nothing is written for it")
  func redefinition() throws {
    let (disk, first) = try bed()
    var store = first
    var definition = tableDefinition(1)
    try store.commit(Transaction([SampleRows.part(definition, [1, 2])]))
    try store.flush()
    try store.commit(Transaction([SampleRows.part(definition, [3])]))
    let early = definition
    definition.fields.append(TableField(id: 4, name: "c", type: .int64))
    definition.nextFieldID = 5
    let before = disk.contents.filter { !$0.key.hasPrefix("MANIFEST") }
    try store.publish(ManifestEdit([.redefineTable(definition)]))
    #expect(disk.contents.filter { !$0.key.hasPrefix("MANIFEST") } == before)
    try store.commit(Transaction([SampleRows.part(definition, [4])]))
    // An insert that began before the change ends after it.
    try store.commit(Transaction([SampleRows.part(early, [5])]))
    func rows() throws -> [UInt64: Int?] { try numbers(store, 1) }
    let wanted: [UInt64: Int?] = [0: 1, 1: 2, 2: 3, 3: 4, 4: 5]
    for round in 0..<4 {
      #expect(try rows() == wanted, "round \(round)")
      let added = try #require(store.snapshot().table(1)).memtables.flatMap(\.batches)
        .compactMap { $0.column(of: definition.fields[3]) }
      #expect(round > 1 || added.map(\.count) == [1])
      if round == 1 { try store.flush() }
      store = try open(disk)
    }
    // One segment of before, and one for each shape that was flushed.
    #expect(store.snapshot().table(1)?.segments.count == 4)
    definition.fields.removeLast()
    try store.publish(ManifestEdit([.redefineTable(definition)]))
    definition.fields.append(TableField(id: 5, name: "c", type: .int64))
    definition.nextFieldID = 6
    try store.publish(ManifestEdit([.redefineTable(definition)]))
    store = try open(disk)
    #expect(try rows() == wanted)
    for segment in try #require(store.snapshot().table(1)).segments {
      #expect(try !segment.file.reader().fields.contains { $0.id == 5 })
    }
    #expect(Store.check(files: disk.mount()).isSound)
  }

  @Test("ten thousand inserts of one row stay few batches and keep every row")
  func smallInserts() {
    var memtable = Memtable()
    for number in 0..<10_000 {
      let part = SampleRows.part(tableDefinition(1), [number], partition: "p\(number % 3)")
      memtable.append(
        MemtableBatch(part, firstSequence: UInt64(number)), lsn: LSN(number + 1))
    }
    #expect(memtable.rowCount == 10_000)
    #expect(memtable.batches.count < 200)
    #expect(Set(memtable.batches.flatMap(\.sequences)).count == 10_000)
    for batch in memtable.batches {
      #expect(batch.sequences.allSatisfy { batch.partition == "p\($0 % 3)" })
    }
    #expect(memtable.byteCount == memtable.batches.reduce(0) { $0 + $1.byteCount })
  }

  @Test(
    "memory and log stay bounded: writes flush, and are refused with the reason when that fails")
  func bounded() throws {
    let (disk, _) = try bed()
    let store = try open(disk) {
      $0.memoryBytesMax = 20_000
      $0.memtableBytesMax = 15_000
      $0.logBytesMax = 8 << 16
    }
    for number in 0..<60 {
      try store.commit(
        Transaction([SampleRows.part(tableDefinition(1), Array(number * 10..<number * 10 + 10))]))
    }
    #expect((store.snapshot().table(1)?.segments.count ?? 0) > 1)
    #expect(store.core.writer.withLock { $0.pressure.memoryBytes } < 20_000)
    #expect(try numbers(store, 1).count == 600)
    // No new file can be made, so nothing can be flushed: memory fills up and then refuses.
    let big = Transaction([SampleRows.part(tableDefinition(1), Array(1_000..<1_400))])
    var faults = SimulatedDisk.Faults()
    faults.createErrorOneIn = 1
    disk.setFaults(faults)
    var refusal: StorageError?
    for _ in 0..<3 where refusal == nil {
      do throws(StorageError) { try store.commit(big) } catch { refusal = error }
    }
    #expect(
      refusal
        == .io(
          operation: "create",
          path:
            "tmp/\(hexadecimal(UInt64(store.core.nextFileID.load(ordering: .relaxed) - 1))).seg",
          errno: 28))
    #expect(store.failure == nil)
    disk.setFaults(SimulatedDisk.Faults())
    try store.commit(Transaction([SampleRows.part(tableDefinition(1), [5_000])]))
    #expect(store.flushFailure == nil)
  }

  @Test("what presses is decided by values")
  func pressure() {
    func files(_ count: Int) -> [LogFileInfo] {
      (0..<count).map {
        LogFileInfo(number: UInt64($0 + 1), byteCount: 100, previousLSN: LSN($0 * 10))
      }
    }
    func tables(_ bytes: [Int], _ first: [LSN]) -> [MemoryPressure.Table] {
      zip(bytes, first).enumerated().map {
        .init(id: TableID($0.offset + 1), byteCount: $0.element.0, firstLSN: $0.element.1)
      }
    }
    var options = StoreOptions(identity: 1)
    options.memtableBytesMax = 1_000
    options.memoryBytesMax = 3_000
    options.logBytesMax = 1_000
    var pressure = MemoryPressure(tables: tables([10, 999], [1, 2]), logFiles: files(1))
    #expect(pressure.tablesToFlush(options) == [])
    pressure = MemoryPressure(tables: tables([10, 1_000], [1, 2]), logFiles: files(1))
    #expect(pressure.tablesToFlush(options) == [2])
    pressure = MemoryPressure(tables: tables([700, 900], [1, 2]), logFiles: files(1))
    #expect(pressure.tablesToFlush(options) == [2])
    pressure = MemoryPressure(tables: tables([10, 10, 10], [1, 25, 26]), logFiles: files(5))
    #expect(pressure.tablesToFlush(options) == [1, 2, 3])
    pressure = MemoryPressure(tables: tables([10, 10, 10], [1, 30, 31]), logFiles: files(5))
    #expect(pressure.tablesToFlush(options) == [1, 2])
    pressure = MemoryPressure(tables: tables([10, 10], [1, 85]), logFiles: files(10))
    #expect(pressure.isFull(options))
    #expect(!MemoryPressure(tables: [], logFiles: files(10)).isFull(options))
    #expect(!MemoryPressure(tables: tables([10], [95]), logFiles: files(10)).isFull(options))
  }
}
