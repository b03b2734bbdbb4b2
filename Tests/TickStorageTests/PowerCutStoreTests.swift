/// Proof against power cuts: worlds of inserts, flushes and edits on a simulated disk that loses, tears and
/// reorders what was not synced, and fails writes and syncs. After each restart the directory must show every
/// acknowledged change, no change that was refused, and of the last unanswered ones a beginning of their order.
import Synchronization
import TestSupport
import TickColumns
import TickFormats
import Testing

@testable import TickStorage

/// What the store should hold: for each table its name and the number of each row by sequence.
private struct ModelState: Equatable {
  struct Table: Equatable {
    var name: String
    var rows: [UInt64: Int] = [:]
    /// Ids of its fields.
    var columns: [UInt32] = [1, 2, 3]
  }

  var tables: [TableID: Table] = [:]
  var nextSequence: UInt64 = 0
}

private struct StoreWorld {
  var random: SplitMix64
  let disk: SimulatedDisk
  let fault: PlantedFault?
  var verifiesChecksums = true
  /// The last acknowledged state.
  var acknowledged = ModelState()
  /// States that changes without an answer may have led to since.
  var possible: [ModelState] = []
  var nextNumber = 0
  var figures = Figures()

  struct Figures {
    var cuts = 0
    var kills = 0
    var acknowledged = 0
    var refused = 0
    var flushes = 0
    var injected = 0
  }

  init(seed: UInt64, fault: PlantedFault?) {
    random = SplitMix64(seed: seed)
    disk = SimulatedDisk(seed: seed ^ 0x5EED_D15C)
    self.fault = fault
  }

  mutating func run() throws {
    for _ in 0..<(2 + random.below(3)) {
      var faults = SimulatedDisk.Faults()
      faults.syncErrorOneIn = random.oneIn(2) ? 25 : 0
      faults.shortWriteOneIn = random.oneIn(2) ? 5 : 0
      faults.writeErrorOneIn = random.oneIn(2) ? 8 : 0
      faults.createErrorOneIn = random.oneIn(4) ? 5 : 0
      faults.powerFailsAfter = random.oneIn(2) ? random.below(120) : nil
      try session(faults)
      try restart()
      // The recovery may be cut as well, even twice.
      while random.oneIn(3) {
        var faults = SimulatedDisk.Faults()
        faults.powerFailsAfter = random.below(10)
        disk.setFaults(faults)
        _ = try? open()
        disk.powerCut()
        figures.cuts += 1
      }
      try verify()
    }
    figures.injected = disk.injectedErrors
  }

  private mutating func restart() throws {
    // A kill leaves the caches as they are; a power cut does not.
    if random.below(4) > 0 || !disk.hasPower {
      disk.powerCut()
      figures.cuts += 1
    } else {
      figures.kills += 1
    }
    disk.setFaults(SimulatedDisk.Faults())
  }

  private func open() throws(StorageError) -> Store {
    let mounted = disk.mount()
    let files: any FileSystem = fault.map { FaultyFileSystem(mounted, $0) } ?? mounted
    var options = StoreOptions(identity: 7)
    options.hasThreads = false
    options.manifestRewriteBytes = 3_000
    // Small enough that groups of some rows roll over and files are reused.
    options.logFileBytes = 4 * LogFormat.blockBytes
    options.logBytesMax = 40 * LogFormat.blockBytes
    options.memtableBytesMax = 6_000
    options.verifiesChecksums = verifiesChecksums
    return try Store.open(files: files, options: options)
  }

  // MARK: A run

  private mutating func session(_ faults: SimulatedDisk.Faults) throws {
    disk.setFaults(faults)
    guard let store = try? open() else { return }
    for _ in 0..<random.below(20) {
      switch random.below(10) {
      case 0, 1: edit(store)
      case 2:
        do throws(StorageError) {
          try store.flush()
          figures.flushes += 1
        } catch { figures.refused += 1 }
      default: insert(store)
      }
      if store.failure != nil || !disk.hasPower { break }
    }
    if random.oneIn(5) { store.close() }
    // The process is gone: nothing of it may touch the disk any more.
    _ = disk.mount()
  }

  /// Submits a group of transactions and notes what their answers allow.
  private mutating func insert(_ store: Store) {
    let live = store.snapshot().tables.map(\.definition)
    guard !live.isEmpty else { return edit(store) }
    let answers = Mutex<[Int: Result<Commit, StorageError>]>([:])
    var transactions: [Transaction] = []
    for position in 0..<(1 + random.below(4)) {
      var parts: [TransactionPart] = []
      var offset: UInt32 = 0
      for _ in 0...random.below(2) {
        let count = 1 + random.below(4)
        parts.append(
          SampleRows.part(
            live[random.below(live.count)], Array(nextNumber..<nextNumber + count),
            partition: "p\(random.below(2))", offsets: (0..<UInt32(count)).map { offset + $0 }))
        nextNumber += count
        offset += UInt32(count)
      }
      let transaction = Transaction(parts)
      transactions.append(transaction)
      do throws(StorageError) {
        try store.submit(transaction) { answer in
          answers.withLock { $0[position] = answer }
        }
      } catch {
        answers.withLock { $0[position] = .failure(error) }
      }
    }
    store.runPending()
    // In order: what was acknowledged is a beginning. The rest may be found as a beginning of what follows.
    var state = acknowledged
    var open: [ModelState] = []
    for (position, transaction) in transactions.enumerated() {
      apply(transaction, to: &state)
      switch answers.withLock({ $0[position] }) {
      case .success?:
        acknowledged = state
        possible = []
        open = []
        figures.acknowledged += 1
      case .failure?, nil:
        open.append(state)
        figures.refused += 1
      }
    }
    possible += open
  }

  private func apply(_ transaction: Transaction, to state: inout ModelState) {
    for part in transaction.parts {
      guard case .int64(let times) = part.columns.columns[0].values else { continue }
      for (row, time) in times.enumerated() {
        let sequence = state.nextSequence + UInt64(part.sequenceOffsets?[row] ?? UInt32(row))
        state.tables[part.definition.id]?.rows[sequence] =
          Int((time - 1_723_075_200_000_000_000) / 1_000)
      }
    }
    state.nextSequence += transaction.sequenceCount
  }

  private mutating func edit(_ store: Store) {
    var next = acknowledged
    var actions: [ManifestAction] = []
    if store.snapshot().databases.isEmpty { actions.append(.createDatabase("market")) }
    let ids = next.tables.keys.sorted()
    switch (random.below(6), ids.isEmpty) {
    case (0, false):
      let id = ids[random.below(ids.count)]
      actions.append(.truncateTable(id))
      next.tables[id]?.rows = [:]
    case (1, false):
      let id = ids[random.below(ids.count)]
      guard let name = next.tables[id]?.name else { return }
      actions.append(.dropTable(id))
      next.tables[id] = nil
      // A new table of the same name, in the same edit.
      if random.oneIn(2) { create(store, name, &actions, &next) }
    case (2, false):
      return importRows(store, ids[random.below(ids.count)])
    case (3, false):
      // A column comes or goes; rows of before stay as they lie.
      let id = ids[random.below(ids.count)]
      guard var definition = store.snapshot().table(id)?.definition else { return }
      if definition.fields.count > 3, random.oneIn(2) {
        definition.fields.removeLast()
      } else {
        let number = definition.nextFieldID
        definition.fields.append(TableField(id: number, name: "c\(number)", type: .int64))
        definition.nextFieldID += 1
      }
      actions.append(.redefineTable(definition))
      next.tables[id]?.columns = definition.fields.map(\.id)
    case (4, false) where ids.count > 1:
      guard let one = next.tables[ids[0]]?.name, let two = next.tables[ids[1]]?.name else { return }
      actions.append(
        .renameTables([
          TableRename(ids[0], database: "market", name: two),
          TableRename(ids[1], database: "market", name: one),
        ]))
      next.tables[ids[0]]?.name = two
      next.tables[ids[1]]?.name = one
    default:
      let name = "t\(random.below(3))"
      guard !next.tables.values.contains(where: { $0.name == name }) else { return }
      create(store, name, &actions, &next)
    }
    publish(store, ManifestEdit(actions), next)
  }

  private func create(
    _ store: Store, _ name: String, _ actions: inout [ManifestAction], _ next: inout ModelState
  ) {
    let id = store.allocateTableID()
    actions.append(.createTable(tableDefinition(id, name)))
    next.tables[id] = ModelState.Table(name: name)
  }

  /// Rows that go to a segment directly.
  private mutating func importRows(_ store: Store, _ id: TableID) {
    guard let definition = store.snapshot().table(id)?.definition else { return }
    let numbers = Array(nextNumber..<nextNumber + 5)
    nextNumber += 5
    do throws(StorageError) {
      let descriptor = try store.writeSegment(SampleRows.input(definition, numbers), table: id)
      var next = acknowledged
      for (row, number) in numbers.enumerated() {
        next.tables[id]?.rows[next.nextSequence + UInt64(row)] = number
      }
      next.nextSequence += 5
      publish(
        store,
        ManifestEdit(
          [
            .addSegments(
              id, [SegmentEntry(partition: "p0", descriptor: descriptor, sequenceBase: 0)])
          ],
          newSequences: 5), next)
    } catch {
      figures.refused += 1
    }
  }

  private mutating func publish(_ store: Store, _ edit: ManifestEdit, _ next: ModelState) {
    do throws(StorageError) {
      try store.publish(edit)
      acknowledged = next
      possible = []
      figures.acknowledged += 1
    } catch {
      possible.append(next)
      figures.refused += 1
    }
  }

  // MARK: After a restart

  private mutating func verify() throws {
    let store: Store
    do throws(StorageError) {
      store = try open()
    } catch {
      throw WorldFailure(description: "does not open: \(error.sentence)")
    }
    let found = try state(of: store)
    guard found == acknowledged || possible.contains(found) else {
      throw WorldFailure(
        description: "found \(found), acknowledged \(acknowledged), possible \(possible)")
    }
    acknowledged = found
    possible = []
    let bytes = disk.contents
    guard try state(of: open()) == found, disk.contents == bytes else {
      throw WorldFailure(description: "a second recovery differs")
    }
    let report = Store.check(files: disk.mount())
    guard report.isSound else {
      throw WorldFailure(description: "check finds \(report.damages.map(\.sentence))")
    }
    // Faults have ended: the store must take rows again.
    let again = try open()
    insert(again)
    _ = disk.mount()
    guard again.snapshot().tables.isEmpty || possible.isEmpty else {
      throw WorldFailure(description: "a healthy store refuses rows")
    }
  }

  private func state(of store: Store) throws -> ModelState {
    let snapshot = store.snapshot()
    var out = ModelState()
    out.nextSequence = snapshot.nextSequence
    for table in snapshot.tables {
      var rows: [UInt64: Int] = [:]
      for (sequence, number) in try SampleRows.numbers(of: table) {
        guard let number else { throw WorldFailure(description: "row \(sequence) is wrong") }
        rows[sequence] = number
      }
      out.tables[table.definition.id] = ModelState.Table(
        name: table.definition.name, rows: rows, columns: table.definition.fields.map(\.id))
    }
    return out
  }
}

@Suite("Power cuts in the write path")
struct PowerCutStoreTests {
  private static func run(
    _ seeds: Range<UInt64>, fault: PlantedFault? = nil, verifiesChecksums: Bool = true,
    atMost limit: Int = .max
  ) -> (failed: [UInt64: String], figures: [StoreWorld.Figures]) {
    var failed: [UInt64: String] = [:]
    var figures: [StoreWorld.Figures] = []
    for seed in seeds where failed.count < limit {
      var world = StoreWorld(seed: seed, fault: fault)
      world.verifiesChecksums = verifiesChecksums
      do { try world.run() } catch { failed[seed] = "\(error)" }
      figures.append(world.figures)
    }
    return (failed, figures)
  }

  @Test("what was acknowledged is there, what was refused is not, and recovery can be repeated")
  func correctStoreLosesNothing() {
    let worlds = worldCount(debug: 60, long: 2_000)
    let (failed, figures) = Self.run(0..<UInt64(worlds))
    func sum(_ figure: KeyPath<StoreWorld.Figures, Int>) -> Int {
      figures.reduce(0) { $0 + $1[keyPath: figure] }
    }
    print(
      "store worlds: \(worlds), power cuts: \(sum(\.cuts)), kills: \(sum(\.kills)), acknowledged: "
        + "\(sum(\.acknowledged)), refused: \(sum(\.refused)), flushes: \(sum(\.flushes)), "
        + "injected errors: \(sum(\.injected)), failing worlds: \(failed.count)")
    #expect(failed.isEmpty, "\(failed.sorted { $0.key < $1.key }.prefix(3))")
    #expect(sum(\.cuts) > worlds)
    #expect(sum(\.acknowledged) > 10 * worlds)
    #expect(sum(\.flushes) > worlds / 2)
  }

  @Test("a planted mistake is found", arguments: PlantedFault.allCases)
  func plantedFaultIsFound(_ fault: PlantedFault) {
    let worlds = worldCount(debug: 25, long: 2_000)
    let (failed, figures) = Self.run(0..<UInt64(worlds), fault: fault)
    print("store worlds that find \(fault.rawValue): \(failed.count) of \(figures.count)")
    #expect(!failed.isEmpty)
  }

  @Test("records without a checksum are found")
  func missingChecksumIsFound() {
    let limit = worldCount(debug: 1, long: .max)
    let (failed, figures) = Self.run(0..<2_000, verifiesChecksums: false, atMost: limit)
    print("store worlds that find missing checksums: \(failed.count) of \(figures.count)")
    #expect(!failed.isEmpty)
  }
}
