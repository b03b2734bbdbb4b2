/// Copies of a store on a disk that fails: a copy that was acknowledged can be restored to exactly its rows, and one that was not is
/// whole or not there.
import TestSupport
import TickColumns
import Testing

@testable import TickStorage

/// Small files: a disk in memory zeroes what a log reserves.
private func smallOptions(identity: UInt64) -> StoreOptions {
  var options = StoreOptions(identity: identity)
  options.hasThreads = false
  options.logFileBytes = 4 * LogFormat.blockBytes
  options.logBytesMax = 40 * LogFormat.blockBytes
  return options
}

private struct BackupWorld {
  var random: SplitMix64
  let source = SimulatedDisk(seed: 1)
  let target: SimulatedDisk
  let fault: PlantedFault?
  let store: Store
  let definition: TableDefinition
  /// Numbers of the rows that the store has.
  var rows: [Int] = []
  /// The rows of each copy that was acknowledged.
  var copies: [UInt64: [Int]] = [:]
  var acknowledged: Set<UInt64> = []
  /// The rows of those that were not: each may have become whole, under whatever number.
  var attempts: [[Int]] = []
  var restored = 0
  var cuts = 0

  init(seed: UInt64, fault: PlantedFault? = nil) throws {
    random = SplitMix64(seed: seed)
    target = SimulatedDisk(seed: seed ^ 0xD15C)
    self.fault = fault
    store = try Store.open(files: source.mount(), options: smallOptions(identity: 7))
    definition = tableDefinition(store.allocateTableID())
    try store.publish(ManifestEdit([.createDatabase("market"), .createTable(definition)]))
  }

  private func mounted() -> any FileSystem {
    fault.map { FaultyFileSystem(target.mount(), $0) } ?? target.mount()
  }

  mutating func run() throws {
    for _ in 0..<(3 + random.below(5)) {
      try change()
      var faults = SimulatedDisk.Faults()
      faults.syncErrorOneIn = random.oneIn(3) ? 20 : 0
      faults.shortWriteOneIn = random.oneIn(2) ? 4 : 0
      faults.writeErrorOneIn = random.oneIn(3) ? 10 : 0
      faults.powerFailsAfter = random.oneIn(2) ? random.below(60) : nil
      target.setFaults(faults)
      let keep = random.oneIn(3) ? 1 + random.below(3) : nil
      do throws(StorageError) {
        let report = try store.backup(to: mounted(), keep: keep)
        guard report.number > acknowledged.max() ?? 0, report.rows == rows.count else {
          throw .conflict("copy \(report.number) of \(report.rows) rows where \(rows.count) are")
        }
        copies[report.number] = rows.sorted()
        acknowledged.insert(report.number)
        // Copies that nobody acknowledged may be among the others that are kept.
        if keep != nil { acknowledged = [report.number] }
      } catch {
        if case .conflict = error { throw WorldFailure(description: error.sentence) }
        attempts.append(rows.sorted())
        // Pruning may have begun.
        if keep != nil { acknowledged = [] }
      }
      if random.below(3) > 0 || !target.hasPower {
        target.powerCut()
        cuts += 1
      }
      target.setFaults(SimulatedDisk.Faults())
      try verify()
    }
  }

  /// Rows come, and now and then segments are merged.
  private mutating func change() throws {
    let first = (rows.max() ?? -1) + 1
    let more = Array(first..<first + 1 + random.below(30))
    rows += more
    try store.commit(Transaction([SampleRows.part(definition, more)]))
    guard random.oneIn(3), let table = store.snapshot().table(definition.id),
      !table.segments.isEmpty
    else { return }
    // One segment with the rows of all of them, as a merge would leave it.
    try store.flush()
    guard let all = store.snapshot().table(definition.id) else { return }
    let descriptor = try store.writeSegment(
      SampleRows.input(definition, rows), table: definition.id)
    try store.publish(
      ManifestEdit([
        .removeSegments(definition.id, all.segments.map(\.entry.fileID)),
        .addSegments(
          definition.id,
          [
            SegmentEntry(
              partition: "2024-08-08", descriptor: descriptor, sequenceBase: 0, level: 2)
          ]),
      ]))
  }

  private mutating func verify() throws {
    let listed: [BackupReport]
    do {
      listed = try Store.backups(in: target.mount())
    } catch {
      guard acknowledged.isEmpty else {
        throw WorldFailure(description: "no copies are found: \(error)")
      }
      return
    }
    let numbers = Set(listed.map(\.number))
    guard acknowledged.isSubset(of: numbers) else {
      throw WorldFailure(description: "of \(acknowledged) only \(numbers) are there")
    }
    // The newest, and one of the others.
    let looked = Set(numbers.sorted().suffix(1) + numbers.shuffled(using: &random).prefix(1))
    for number in looked {
      let allowed = copies[number].map { [$0] } ?? attempts
      let disk = SimulatedDisk(seed: 3)
      do {
        _ = try Store.restore(
          from: target.mount(), number: number, to: disk.mount(), identity: 8)
        disk.powerCut()
        let found = try Store.open(files: disk.mount(), options: smallOptions(identity: 9))
        let table = try #require(found.snapshot().table(definition.id))
        let values = try SampleRows.numbers(of: table).values.compactMap { $0 }.sorted()
        guard allowed.contains(values) else {
          throw WorldFailure(
            description: "copy \(number) has \(values.count) rows where \(allowed.map(\.count)) are"
          )
        }
        // It goes on as a store of its own.
        try found.commit(Transaction([SampleRows.part(definition, [values.count + 1_000_000])]))
        #expect(Store.check(files: disk.mount()).damages.isEmpty)
        restored += 1
      } catch {
        throw WorldFailure(description: "copy \(number) cannot be restored: \(error)")
      }
    }
  }
}

@Suite("Copies of a store")
struct BackupTests {
  private static func failures(
    _ seeds: Range<UInt64>, fault: PlantedFault? = nil, atMost limit: Int = .max
  ) throws -> (failed: [UInt64: String], restored: Int) {
    var failed: [UInt64: String] = [:]
    var restored = 0
    for seed in seeds where failed.count < limit {
      var world = try BackupWorld(seed: seed, fault: fault)
      do { try world.run() } catch { failed[seed] = "\(error)" }
      restored += world.restored
    }
    return (failed, restored)
  }

  @Test(
    "an acknowledged copy survives power cuts and can be restored, another is whole or not there")
  func correct() throws {
    let count = UInt64(worldCount(debug: 25, long: 2_000))
    let (failed, restored) = try Self.failures(0..<count)
    #expect(failed.isEmpty, "\(failed)")
    #expect(restored > Int(count), "\(restored) restored")
  }

  @Test("planted mistakes are found", arguments: [PlantedFault.noFileSync, .noDirectorySync])
  func planted(fault: PlantedFault) throws {
    let (failed, _) = try Self.failures(0..<200, fault: fault, atMost: 1)
    #expect(!failed.isEmpty)
  }

  private func store(_ disk: SimulatedDisk, identity: UInt64) throws -> (Store, TableDefinition) {
    let store = try Store.open(files: disk.mount(), options: smallOptions(identity: identity))
    let definition = tableDefinition(store.allocateTableID())
    try store.publish(ManifestEdit([.createDatabase("market"), .createTable(definition)]))
    return (store, definition)
  }

  @Test("what an earlier copy has is not copied again, and old copies go with what only they had")
  func incremental() throws {
    let (store, definition) = try store(SimulatedDisk(seed: 1), identity: 7)
    let target = SimulatedDisk(seed: 2)
    try store.commit(Transaction([SampleRows.part(definition, [1, 2, 3])]))
    let first = try store.backup(to: target.mount())
    #expect(first.number == 1 && first.copiedSegments == 1 && first.rows == 3)
    try store.commit(Transaction([SampleRows.part(definition, [4])]))
    let second = try store.backup(to: target.mount())
    #expect(second.number == 2 && second.segments == 2 && second.copiedSegments == 1)
    let third = try store.backup(to: target.mount())
    #expect(third.copiedSegments == 0 && third.copiedBytes == 0 && third.rows == 4)
    try store.publish(ManifestEdit([.truncateTable(definition.id)]))
    let last = try store.backup(to: target.mount(), keep: 1)
    #expect(last.number == 4 && last.rows == 0 && last.removedCopies == 3)
    #expect(last.removedSegments == 2)
    #expect(try Store.backups(in: target.mount()).map(\.number) == [4])
    #expect(!target.contents.keys.contains { $0.hasSuffix(".seg") })
  }

  private func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch let error as StorageError {
      return error.sentence
    } catch {
      return "another: \(error)"
    }
  }

  @Test("what is no place for a copy is refused, and damage is found when a copy is restored")
  func refused() throws {
    let (store, definition) = try store(SimulatedDisk(seed: 1), identity: 7)
    try store.commit(Transaction([SampleRows.part(definition, Array(0..<500))]))
    let target = SimulatedDisk(seed: 2)
    let report = try store.backup(to: target.mount())
    let (other, _) = try self.store(SimulatedDisk(seed: 3), identity: 8)
    #expect(refusal { _ = try other.backup(to: target.mount()) }.contains("another store"))
    let full = SimulatedDisk(seed: 4)
    _ = try full.mount().create("letters.txt")
    #expect(refusal { _ = try store.backup(to: full.mount()) }.contains("other things"))
    #expect(refusal { _ = try Store.backups(in: full.mount()) }.contains("no directory of copies"))
    func restored(_ number: UInt64? = nil, to disk: SimulatedDisk) throws {
      _ = try Store.restore(
        from: target.mount(), number: number, to: disk.mount(), identity: 9)
    }
    #expect(refusal { try restored(to: full) }.contains("empty directory only"))
    #expect(refusal { try restored(5, to: SimulatedDisk(seed: 5)) }.contains("no copy 5"))
    #expect(refusal { try restored(report.number, to: SimulatedDisk(seed: 5)) } == "none")
    let segment = try #require(target.contents.keys.first { $0.hasSuffix(".seg") })
    let length = target.contents[segment]?.count ?? 0
    for place in stride(from: 0, to: length, by: max(1, length / 15)) {
      target.damage(segment) { $0[place] ^= 4 }
      #expect(refusal { try restored(to: SimulatedDisk(seed: 5)) }.contains("damaged"), "\(place)")
      target.damage(segment) { $0[place] ^= 4 }
    }
    // A file that is not the one that is meant is never taken for it.
    target.damage(segment) { $0.removeLast() }
    #expect(refusal { _ = try store.backup(to: target.mount()) }.contains("damaged"))
  }
}
