/// Worlds of edits on a simulated disk: seeded edits, errors, kills and power cuts, and after each restart the
/// directory must hold exactly what was acknowledged (or that and the one edit whose fate was open).
import TestSupport
import Testing
import TickColumns
import TickFormats

@testable import TickStorage

/// What a correct directory holds, as far as these worlds care.
private struct ModelTable: Equatable {
  var name: String
  /// Ids of its columns, and the next one.
  var columns: [UInt32] = [1]
  var nextColumn: UInt32 = 2
  var files: [FileID] = []
  var imports: Set<UInt64> = []
}

private typealias Model = [TableID: ModelTable]

/// The bytes of a segment file follow from its id.
private func fileBytes(_ id: FileID) -> [UInt8] {
  var random = SplitMix64(seed: id)
  return (0..<(1 + random.below(300))).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}

struct WorldFailure: Error, CustomStringConvertible {
  let description: String
}

private struct ManifestWorld {
  var random: SplitMix64
  let disk: SimulatedDisk
  let fault: PlantedFault?
  var verifiesChecksums = true
  /// Every state that the directory may show now: the last acknowledged one first.
  var allowed: [Model] = [[:]]
  var cuts = 0
  var edits = 0

  init(seed: UInt64, fault: PlantedFault?) {
    random = SplitMix64(seed: seed)
    disk = SimulatedDisk(seed: seed ^ 0xD15C)
    self.fault = fault
  }

  mutating func run() throws {
    for _ in 0..<(2 + random.below(3)) {
      var faults = SimulatedDisk.Faults()
      faults.syncErrorOneIn = random.oneIn(2) ? 30 : 0
      faults.shortWriteOneIn = random.oneIn(2) ? 4 : 0
      faults.writeErrorOneIn = random.oneIn(2) ? 6 : 0
      faults.powerFailsAfter = random.oneIn(2) ? random.below(150) : nil
      try session(faults)
      // A kill leaves the caches as they are; a power cut does not.
      if random.below(4) > 0 || !disk.hasPower {
        disk.powerCut()
        cuts += 1
      }
      disk.setFaults(SimulatedDisk.Faults())
      // The recovery may be cut as well.
      if random.oneIn(3) {
        var faults = SimulatedDisk.Faults()
        faults.powerFailsAfter = random.below(12)
        disk.setFaults(faults)
        _ = try? open()
        disk.powerCut()
        cuts += 1
      }
      try verify()
    }
  }

  private func open() throws(StorageError) -> Store {
    let mounted = disk.mount()
    let files: any FileSystem = fault.map { FaultyFileSystem(mounted, $0) } ?? mounted
    var options = StoreOptions(identity: 7)
    options.manifestRewriteBytes = 600
    options.hasThreads = false
    options.verifiesChecksums = verifiesChecksums
    return try Store.open(files: files, options: options)
  }

  private mutating func session(_ faults: SimulatedDisk.Faults) throws {
    disk.setFaults(faults)
    guard let store = try? open() else { return }
    var held: [Snapshot] = []
    for _ in 0..<random.below(25) {
      if random.oneIn(4) { held.append(store.snapshot()) }
      if random.oneIn(6), !held.isEmpty { held.removeFirst() }
      guard let (edit, next) = prepare(store) else { continue }
      do {
        try store.publish(edit)
        allowed = [next]
        edits += 1
      } catch {
        // Whether a failed edit reached the medium is open until the next one is acknowledged.
        allowed.append(next)
        if store.failure != nil || !disk.hasPower { return }
      }
    }
  }

  /// A random edit and the state it leads to; files that it names are written.
  private mutating func prepare(_ store: Store) -> (ManifestEdit, Model)? {
    var next = allowed[0]
    var actions: [ManifestAction] = []
    if store.snapshot().databases.isEmpty { actions.append(.createDatabase("db")) }
    for _ in 0...random.below(2) {
      let ids = next.keys.sorted()
      let table = ids.isEmpty ? nil : ids[random.below(ids.count)]
      switch (random.below(11), table) {
      case (0, _), (_, nil):
        let id = store.allocateTableID()
        let name = "t\(random.below(4))"
        guard !next.values.contains(where: { $0.name == name }) else { continue }
        next[id] = ModelTable(name: name)
        actions.append(
          .createTable(
            definition(id, ModelTable(name: name))))
      case (1, let table?):
        next[table] = nil
        actions.append(.dropTable(table))
      case (2, let table?):
        next[table]?.files = []
        next[table]?.imports = []
        actions.append(.truncateTable(table))
      case (3, let table?):
        let identity = UInt64(random.below(1000))
        guard next[table]?.imports.insert(identity).inserted == true else { continue }
        actions.append(.importIdentity(table, ImportIdentity(high: identity, low: 0)))
      case (4, let table?):
        guard let file = next[table]?.files.first else { continue }
        next[table]?.files.removeFirst()
        actions.append(.removeSegments(table, [file]))
      case (8, let table?):
        // Names swap, or one moves to a free name.
        let other = ids[random.below(ids.count)]
        guard let name = next[table]?.name, let otherName = next[other]?.name else { continue }
        let free = "t\(4 + random.below(3))"
        guard table != other || !next.values.contains(where: { $0.name == free }) else { continue }
        next[table]?.name = table == other ? free : otherName
        if table != other { next[other]?.name = name }
        actions.append(
          .renameTables(
            Set([table, other]).sorted().map {
              TableRename($0, database: "db", name: next[$0]?.name ?? "")
            }))
      case (9, let table?), (10, let table?):
        // A column comes, or one of those goes.
        guard var changed = next[table] else { continue }
        if changed.columns.count > 1, random.oneIn(2) {
          changed.columns.remove(at: 1 + random.below(changed.columns.count - 1))
        } else {
          changed.columns.append(changed.nextColumn)
          changed.nextColumn += 1
        }
        next[table] = changed
        actions.append(.redefineTable(definition(table, changed)))
      case (_, let table?):
        var entries: [SegmentEntry] = []
        for _ in 0...random.below(2) {
          guard let entry = writeFile(store, table) else { return nil }
          entries.append(entry)
        }
        next[table]?.files += entries.map(\.fileID)
        actions.append(.addSegments(table, entries))
      }
    }
    return actions.isEmpty ? nil : (ManifestEdit(actions, newSequences: 10), next)
  }

  private func definition(_ id: TableID, _ table: ModelTable) -> TableDefinition {
    TableDefinition(
      id: id, database: "db", name: table.name,
      fields: table.columns.map { column in
        TableField(
          id: column, name: column == 1 ? "a" : "c\(column)", type: .int64,
          origin: column == 1 ? nil : FieldOrigin(.value, "a + \(column)"))
      }, orderBy: ["a"], nextFieldID: table.nextColumn)
  }

  private func writeFile(_ store: Store, _ table: TableID) -> SegmentEntry? {
    do {
      let writer = try store.newSegmentFile(table: table)
      let bytes = fileBytes(writer.fileID)
      try writer.file.writeAll(bytes[...], at: 0)
      let id = try writer.finish()
      return SegmentEntry(
        partition: "2024-08-08",
        descriptor: SegmentDescriptor(
          fileID: id, byteCount: bytes.count, footerHash: Hash128(low: 1, high: 2), rowCount: 3,
          sequenceMinimum: 0, sequenceMaximum: 2,
          bounds: [1: FieldBounds(minimum: .int(-1), maximum: .int(4))]),
        sequenceBase: 0)
    } catch {
      return nil
    }
  }

  private mutating func verify() throws {
    let store: Store
    do {
      store = try open()
    } catch {
      throw WorldFailure(description: "does not open: \(error.sentence)")
    }
    var found: Model = [:]
    for table in store.snapshot().tables {
      found[table.definition.id] = ModelTable(
        name: table.definition.name, columns: table.definition.fields.map(\.id),
        nextColumn: table.definition.nextFieldID, files: table.segments.map(\.entry.fileID),
        imports: Set(table.imports.map(\.high)))
      for segment in table.segments {
        let id = segment.entry.fileID
        let bytes: [UInt8]
        do {
          bytes = try store.core.durable.read(segment.file.path)
        } catch {
          throw WorldFailure(description: "segment \(id) is lost: \(error)")
        }
        guard bytes == fileBytes(id) else {
          throw WorldFailure(description: "segment \(id) has wrong bytes")
        }
      }
    }
    guard allowed.contains(found) else {
      throw WorldFailure(description: "found \(found), allowed are \(allowed)")
    }
    allowed = [found]
    let first = disk.contents
    _ = try open()
    guard disk.contents == first else {
      throw WorldFailure(description: "a second recovery changes the bytes")
    }
  }
}

@Suite("Power cuts between manifest edits")
struct PowerCutManifestTests {
  private static func failures(
    _ seeds: Range<UInt64>, fault: PlantedFault? = nil, verifiesChecksums: Bool = true,
    atMost limit: Int = .max
  ) -> (failed: [UInt64: String], cuts: Int, edits: Int) {
    var failed: [UInt64: String] = [:]
    var cuts = 0
    var edits = 0
    for seed in seeds where failed.count < limit {
      var world = ManifestWorld(seed: seed, fault: fault)
      world.verifiesChecksums = verifiesChecksums
      do { try world.run() } catch { failed[seed] = "\(error)" }
      cuts += world.cuts
      edits += world.edits
    }
    return (failed, cuts, edits)
  }

  @Test("an acknowledged edit survives, an unacknowledged one is there whole or not at all")
  func correctStoreLosesNothing() {
    let seeds = worldCount(debug: 100, long: 2_000)
    let (failed, cuts, edits) = Self.failures(0..<UInt64(seeds))
    print("manifest worlds: \(seeds), power cuts: \(cuts), edits: \(edits)")
    #expect(failed.isEmpty, "\(failed.sorted { $0.key < $1.key }.prefix(3))")
    #expect(cuts > seeds)
    #expect(edits > seeds)
  }

  @Test("a planted mistake is found", arguments: PlantedFault.allCases)
  func plantedFaultIsFound(_ fault: PlantedFault) {
    let (failed, _, _) = Self.failures(
      0..<UInt64(worldCount(debug: 50, long: 2_000)), fault: fault)
    print("manifest worlds that find \(fault.rawValue): \(failed.count)")
    #expect(!failed.isEmpty)
  }

  @Test("records without a checksum are found")
  func missingChecksumIsFound() {
    // A tear inside the body of the very last record is rare; one is enough.
    let (failed, _, _) = Self.failures(0..<2_000, verifiesChecksums: false, atMost: 1)
    print("manifest world that finds missing checksums: \(failed)")
    #expect(!failed.isEmpty)
  }
}
