import TestSupport
import Testing
import TickColumns
import TickFormats

@testable import TickStorage

/// A store on a perfect simulated disk.
struct PerfectDisk {
  let disk = SimulatedDisk(seed: 1)
  var rewriteBytes = 1 << 20

  func open() throws -> Store {
    var options = StoreOptions(identity: 42)
    options.manifestRewriteBytes = rewriteBytes
    options.hasThreads = false
    return try Store.open(files: disk.mount(), options: options)
  }
}

func tableDefinition(_ id: TableID, _ name: String = "trades") -> TableDefinition {
  TableDefinition(
    id: id, database: "market", name: name,
    fields: [
      TableField(id: 1, name: "ts", type: .dateTime64(precision: 9, zone: "UTC")),
      TableField(id: 2, name: "symbol", type: .lowCardinality(.string), codec: "ZSTD(1)"),
      TableField(id: 3, name: "note", type: .nullable(.string)),
    ], orderBy: ["symbol", "ts"], partitionBy: "toDate(ts)", engine: "MergeTree",
    deduplicateBy: ["symbol"], createdSequence: 9)
}

/// What ALTER could make of `tableDefinition(id)`.
func changedDefinition(_ id: TableID) -> TableDefinition {
  var changed = tableDefinition(id)
  changed.comment = "ticks, \u{3bd}ew"
  changed.fields[0].type = .dateTime64(precision: 9, zone: "Europe/Berlin")
  changed.fields.remove(at: 2)
  changed.fields += [
    TableField(
      id: 4, name: "price", type: .float64, origin: FieldOrigin(.value, "qty * 2"), comment: "p"),
    TableField(id: 5, name: "twice", type: .float64, origin: FieldOrigin(.alias, "price * 2")),
    TableField(id: 7, name: "given", type: .int8, origin: FieldOrigin(.ephemeral, "")),
  ]
  changed.nextFieldID = 8
  return changed
}

func segmentEntry(_ id: FileID, rows: Int = 3, base: UInt64 = 0) -> SegmentEntry {
  SegmentEntry(
    partition: "2024-08-08",
    descriptor: SegmentDescriptor(
      fileID: id, byteCount: 100, footerHash: Hash128(low: 1, high: .max), rowCount: rows,
      sequenceMinimum: 0, sequenceMaximum: UInt64(rows - 1),
      bounds: [
        1: FieldBounds(minimum: .int(-1), maximum: .int(.max), hasNaN: true),
        2: FieldBounds(minimum: .text("A"), maximum: nil, hasNull: true),
        3: FieldBounds(
          minimum: nil, maximum: .tuple([.uint(.max), .float(-0.0), .bytes([]), .null])),
      ]),
    sequenceBase: base, level: 2)
}

/// A manifest of a checkpoint and some edits, with the offset where each record ends.
private func sampleManifest() throws -> (bytes: [UInt8], ends: [Int], states: [ManifestState]) {
  var state = ManifestState()
  var bytes = ManifestFile.header(generation: 3, identity: 42)
  var previous = word(bytes, at: 60)
  var ends: [Int] = []
  var states: [ManifestState] = []
  let edits: [[ManifestAction]] = [
    [], [.createDatabase("market"), .createTable(tableDefinition(1))],
    [.addSegments(1, [segmentEntry(1), segmentEntry(2, base: 7)])],
    [.importIdentity(1, ImportIdentity(high: 5, low: 6)), .removeSegments(1, [1])],
    [.flushedTo(1, 2), .createTable(tableDefinition(2, "quotes"))], [.truncateTable(2)],
    [
      .renameTables([
        TableRename(1, database: "market", name: "quotes"),
        TableRename(2, database: "market", name: "trades"),
      ])
    ], [.redefineTable(changedDefinition(2))],
    [.removeSegments(1, [2]), .addDetached(1, [segmentEntry(2, base: 7), segmentEntry(9)])],
    [.removeDetached(1, [9]), .tableTTL(1, "ts + toIntervalDay(1)", onlyDropsParts: true)],
  ]
  for (lsn, actions) in edits.enumerated() {
    try state.apply(actions, lsn: UInt64(lsn))
    let record = try ManifestFile.record(
      lsn == 0 ? .checkpoint : .edit, lsn: UInt64(lsn), counters: state.counters, actions: actions,
      previous: previous)
    previous = word(record, at: 4)
    bytes += record
    ends.append(bytes.count)
    states.append(state)
  }
  return (bytes, ends, states)
}

@Suite("The manifest")
struct ManifestTests {
  @Test("reads back what was written, and a checkpoint gives the same state")
  func roundTrip() throws {
    let (bytes, _, states) = try sampleManifest()
    let contents = try ManifestContents(bytes, path: "m", generation: 3)
    #expect(contents.state == states.last)
    #expect(contents.editLSNs == [1, 2, 3, 4, 5, 6, 7, 8, 9])
    #expect(contents.state.tables[1]?.definition.ttl == "ts + toIntervalDay(1)")
    #expect(contents.state.tables[1]?.detached == [segmentEntry(2, base: 7)])
    #expect(contents.state.tables[2]?.definition == changedDefinition(2))
    #expect(contents.state.tables[1]?.definition.name == "quotes")
    #expect(contents.tornBytes == 0)
    var rebuilt = ManifestState()
    try rebuilt.apply(contents.state.checkpoint, lsn: contents.state.lsn)
    try rebuilt.raise(to: contents.state.counters)
    #expect(rebuilt == contents.state)
  }

  @Test("a definition that would take stored values for others is refused")
  func redefinition() throws {
    var state = ManifestState()
    try state.apply(
      [
        .createDatabase("market"), .createTable(tableDefinition(1)),
        .createTable(tableDefinition(2, "quotes")),
      ], lsn: 1)
    let old = tableDefinition(1)
    let changes: [(inout TableDefinition) -> Void] = [
      { $0.fields[0].type = .int32 },
      { $0.fields[2].type = .string },
      { $0.fields[2].origin = FieldOrigin(.alias, "1") },
      { $0.fields[2].id = 4 },
      { $0.nextFieldID = 3 },
      { $0.orderBy = ["symbol"] },
      { $0.partitionBy = nil },
      { $0.engine = "Memory" },
      { $0.name = "other" },
      { $0.fields = [] },
    ]
    for (number, change) in changes.enumerated() {
      var new = old
      change(&new)
      let before = state
      #expect(throws: StorageError.self, "change \(number)") {
        try state.apply([.redefineTable(new)], lsn: 2)
      }
      #expect(state == before)
    }
    // A dropped column's id is never another column's.
    var dropped = old
    dropped.fields.remove(at: 2)
    try state.apply([.redefineTable(dropped)], lsn: 2)
    #expect(throws: StorageError.self) { try state.apply([.redefineTable(old)], lsn: 3) }
    // Names move at once, and only to where there is room.
    func rename(_ moves: [(TableID, String, String)]) throws {
      let renames = moves.map { TableRename($0.0, database: $0.1, name: $0.2) }
      try state.apply([.renameTables(renames)], lsn: 4)
    }
    try rename([(1, "market", "quotes"), (2, "market", "trades")])
    #expect(state.names[TableName(database: "market", name: "trades")] == 2)
    let before = state
    for moves: [(TableID, String, String)] in [
      [(1, "market", "trades")], [(1, "nowhere", "x")], [(9, "market", "x")], [(1, "market", "")],
      [(1, "market", "x"), (1, "market", "y")], [(1, "market", "x"), (2, "market", "x")],
    ] {
      #expect(throws: StorageError.self) { try rename(moves) }
      #expect(state == before)
    }
  }

  @Test(
    "a file cut at any byte gives the state of its whole records, never less and never an error")
  func cutAnywhere() throws {
    let (bytes, ends, states) = try sampleManifest()
    for length in ends[0]..<bytes.count {
      let contents = try ManifestContents(Array(bytes[..<length]), path: "m", generation: 3)
      let whole = ends.lastIndex { $0 <= length } ?? 0
      #expect(contents.state == states[whole], "cut at \(length)")
      #expect(contents.tornBytes == length - ends[whole])
    }
    for length in 0..<ends[0] {
      #expect(throws: StorageError.self, "cut at \(length)") {
        try ManifestContents(Array(bytes[..<length]), path: "m", generation: 3)
      }
    }
  }

  @Test("a flipped bit anywhere is damage, except in the last record, which reads as torn")
  func flipAnywhere() throws {
    let (bytes, ends, states) = try sampleManifest()
    let lastStart = ends[ends.count - 2]
    for position in bytes.indices {
      var flipped = bytes
      flipped[position] ^= 1 << UInt8(position % 8)
      do {
        let contents = try ManifestContents(flipped, path: "m", generation: 3)
        #expect(position >= lastStart, "byte \(position) was accepted")
        #expect(contents.state == states[states.count - 2])
      } catch {
        #expect(position < lastStart, "byte \(position): \(error)")
      }
    }
  }

  @Test("zeros after the last record are a torn end, a record of another chain is damage")
  func whatFollowsTheEnd() throws {
    let (bytes, ends, states) = try sampleManifest()
    let zeros = try ManifestContents(
      bytes + Array(repeating: 0, count: 4096), path: "m", generation: 3)
    #expect(zeros.state == states.last)
    #expect(zeros.tornBytes == 4096)
    let foreign = Array(bytes[ends[1]..<ends[2]])
    #expect(throws: StorageError.self) {
      try ManifestContents(bytes + foreign, path: "m", generation: 3)
    }
  }

  @Test("a file of another version or generation is refused with a sentence")
  func otherVersions() throws {
    let (bytes, _, _) = try sampleManifest()
    #expect(throws: StorageError.self) {
      try ManifestContents(bytes, path: "m", generation: 4)
    }
    // The version, then the feature bits.
    for (place, value, words) in [(8, UInt8(2), "2.0"), (12, 4, "features 0000000000000004")] {
      var other = bytes
      other[place] = value
      let checksum = crc32c(other[..<60])
      for byte in 0..<4 {
        other[60 + byte] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(byte)))
      }
      #expect {
        try ManifestContents(other, path: "m", generation: 3)
      } throws: {
        guard case .unsupportedFormat(_, let detail)? = $0 as? StorageError else { return false }
        return detail.contains(words)
      }
    }
  }

  @Test("an edit that contradicts the catalog is refused and changes nothing")
  func conflicts() throws {
    let store = try PerfectDisk().open()
    try store.publish(
      ManifestEdit([.createDatabase("market"), .createTable(tableDefinition(1))]))
    let refused: [[ManifestAction]] = [
      [.createDatabase("market")], [.dropDatabase("market")], [.dropDatabase("none")],
      [.createTable(tableDefinition(1, "other"))], [.createTable(tableDefinition(2))],
      [.dropTable(2)], [.truncateTable(9)], [.removeSegments(1, [1])],
      [.createTable(tableDefinition(2, "ok")), .dropTable(3)],
    ]
    for actions in refused {
      #expect(throws: StorageError.self) { try store.publish(ManifestEdit(actions)) }
    }
    #expect(store.snapshot().tables.count == 1)
    #expect(store.snapshot().lsn == 1)
    #expect(store.failure == nil)
    try store.publish(ManifestEdit([.dropTable(1), .dropDatabase("market")]))
    #expect(store.snapshot().databases.isEmpty)
  }

  @Test("content imported once is refused until TRUNCATE, and until DROP")
  func importIdentities() throws {
    let store = try PerfectDisk().open()
    let identity = ImportIdentity(high: 1, low: 2)
    try store.publish(
      ManifestEdit([.createDatabase("market"), .createTable(tableDefinition(1))]))
    try store.publish(ManifestEdit([.importIdentity(1, identity)]))
    #expect(throws: StorageError.alreadyImported(1)) {
      try store.publish(ManifestEdit([.importIdentity(1, identity)]))
    }
    try store.publish(ManifestEdit([.truncateTable(1)]))
    #expect(store.snapshot().table(1)?.imports.isEmpty == true)
    try store.publish(ManifestEdit([.importIdentity(1, identity)]))
    #expect(store.snapshot().table(1)?.imports == [identity])
  }

  @Test("the manifest is replaced when it has grown, two generations stay, ids are never reused")
  func rewriting() throws {
    let disk = PerfectDisk(rewriteBytes: 500)
    var store = try disk.open()
    try store.publish(ManifestEdit([.createDatabase("market")]))
    for round in 1...60 {
      let id = store.allocateTableID()
      #expect(id == TableID(round))
      try store.publish(ManifestEdit([.createTable(tableDefinition(id))]))
      try store.publish(ManifestEdit([.dropTable(id)]))
      if round % 7 == 0 { store = try disk.open() }
    }
    let manifests = disk.disk.contents.keys.filter { $0.hasPrefix("MANIFEST-") }
    #expect(manifests.count == 2)
    #expect(store.snapshot().lsn == 121)
    #expect(store.allocateTableID() == 61)
  }

  @Test("a stale or missing CURRENT is damage, a new directory is not")
  func staleCurrent() throws {
    let disk = PerfectDisk(rewriteBytes: 200)
    var store = try disk.open()
    let old = disk.disk.contents["CURRENT"] ?? []
    for name in 0..<40 { try store.publish(ManifestEdit([.createDatabase("d\(name)")])) }
    let new = disk.disk.contents["CURRENT"] ?? []
    #expect(old != new)
    disk.disk.damage("CURRENT") { $0 = Array("MANIFEST-zz\n".utf8) }
    #expect(throws: StorageError.self) { try disk.open() }
    disk.disk.damage("CURRENT") { $0 = old }
    #expect(throws: StorageError.self) { try disk.open() }
    let previous = ManifestFile.current(
      naming: {
        disk.disk.contents.keys.filter { $0.hasPrefix("MANIFEST-") }.min() ?? ""
      }())
    disk.disk.damage("CURRENT") { $0 = previous }
    #expect(throws: StorageError.self) { try disk.open() }
    disk.disk.damage("CURRENT") { $0 = new }
    store = try disk.open()
    #expect(store.snapshot().databases.count == 40)
    disk.disk.lose("CURRENT")
    #expect(throws: StorageError.self) { try disk.open() }
  }

  @Test("hostile records never trap", arguments: 0..<UInt64(4))
  func hostileRecords(seed: UInt64) throws {
    let (bytes, ends, _) = try sampleManifest()
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      var changed = bytes
      // Behind the checksum: the record is mutated and signed again.
      let index = 1 + random.below(ends.count - 1)
      let start = ends[index - 1]
      for _ in 0...random.below(3) {
        changed[start + 8 + random.below(ends[index] - start - 8)] = UInt8(
          truncatingIfNeeded: random.next())
      }
      let sum = crc32c(changed[start + 8..<ends[index]])
      for i in 0..<4 { changed[start + 4 + i] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * i)) }
      do {
        _ = try ManifestContents(changed, path: "m", generation: 3)
      } catch {
        #expect(!error.sentence.isEmpty, "seed \(seed)")
      }
    }
  }
}
