import TestSupport
import Testing
import TickColumns

@testable import TickStorage

@Suite("Segment files of a store")
struct StoreSegmentTests {
  /// Writes a file of three rows and returns the entry that names it.
  private func write(_ store: Store, table: TableID) throws -> SegmentEntry {
    let descriptor = try store.writeSegment(
      SampleRows.input(tableDefinition(table), [1, 2, 3]), table: table)
    return SegmentEntry(partition: "2024-08-08", descriptor: descriptor, sequenceBase: 0)
  }

  private func paths(_ disk: PerfectDisk) -> [String] {
    disk.disk.contents.keys.filter { $0.hasPrefix("segments/") || $0.hasPrefix("tmp/") }.sorted()
  }

  @Test("a dropped segment's file stays while a snapshot sees it, and goes with the last one")
  func filesOutliveDrop() throws {
    let disk = PerfectDisk()
    let store = try disk.open()
    try store.publish(
      ManifestEdit([.createDatabase("market"), .createTable(tableDefinition(1))]))
    let entry = try write(store, table: 1)
    try store.publish(ManifestEdit([.addSegments(1, [entry])], newSequences: 3))
    var first: Snapshot? = store.snapshot()
    var second: Snapshot? = store.snapshot()
    try store.publish(ManifestEdit([.removeSegments(1, [entry.fileID])]))
    #expect(paths(disk) == ["segments/1/0000000000000001.seg"])
    #expect(first?.table(1)?.segments[0].entry.fileID == 1)
    first = nil
    #expect(paths(disk).count == 1)
    second = nil
    #expect(paths(disk).isEmpty)
    _ = (first, second)
  }

  @Test("truncate and drop remove all files of the table and of no other")
  func truncateAndDrop() throws {
    let disk = PerfectDisk()
    let store = try disk.open()
    try store.publish(
      ManifestEdit([
        .createDatabase("market"), .createTable(tableDefinition(1)),
        .createTable(tableDefinition(2, "quotes")), .createTable(tableDefinition(3, "book")),
      ]))
    for table in [1, 2, 3, 1, 2] as [TableID] {
      let entry = try write(store, table: table)
      try store.publish(ManifestEdit([.addSegments(table, [entry])]))
    }
    try store.publish(ManifestEdit([.truncateTable(1)]))
    #expect(paths(disk).allSatisfy { !$0.hasPrefix("segments/1/") })
    try store.publish(ManifestEdit([.dropTable(2)]))
    #expect(paths(disk) == ["segments/3/0000000000000003.seg"])
  }

  @Test("an edit gives rows their sequences in the order of publishing")
  func sequencesAtPublish() throws {
    let disk = PerfectDisk()
    let store = try disk.open()
    try store.publish(
      ManifestEdit([.createDatabase("market"), .createTable(tableDefinition(1))]))
    var one = try write(store, table: 1)
    var two = try write(store, table: 1)
    one.sequenceBase = 0
    two.sequenceBase = 3
    let first = try store.publish(ManifestEdit([.addSegments(1, [one, two])], newSequences: 6))
    let third = try write(store, table: 1)
    let second = try store.publish(ManifestEdit([.addSegments(1, [third])], newSequences: 3))
    #expect(first.firstSequence == 0)
    #expect(second.firstSequence == 6)
    let segments = try disk.open().snapshot().table(1)?.segments ?? []
    #expect(segments.map(\.entry.sequenceBase) == [0, 3, 6])
    #expect(store.snapshot().nextSequence == 9)
  }

  @Test("files that no edit names are removed at the next opening, with their directories")
  func orphans() throws {
    let disk = PerfectDisk()
    var store = try disk.open()
    try store.publish(
      ManifestEdit([.createDatabase("market"), .createTable(tableDefinition(1))]))
    let live = try write(store, table: 1)
    try store.publish(ManifestEdit([.addSegments(1, [live])]))
    _ = try write(store, table: 1)
    _ = try write(store, table: 99)
    let unfinished = try store.newSegmentFile(table: 1)
    #expect(paths(disk).count == 4)
    store = try disk.open()
    #expect(paths(disk) == ["segments/1/0000000000000001.seg"])
    #expect(try disk.disk.mount().list("segments") == ["1"])
    _ = consume unfinished
  }

  @Test("a writer that is given up takes its file with it, and a discarded file goes")
  func abandonedWriters() throws {
    let disk = PerfectDisk()
    let store = try disk.open()
    do {
      let writer = try store.newSegmentFile(table: 1)
      try writer.file.writeAll([1, 2, 3], at: 0)
      #expect(paths(disk).count == 1)
    }
    #expect(paths(disk).isEmpty)
    let entry = try write(store, table: 1)
    store.discard([entry.fileID], table: 1)
    #expect(paths(disk).isEmpty)
  }

  @Test("after a failed sync writes are refused with the reason, reads go on, an opening recovers")
  func failedSyncIsFinal() throws {
    let disk = PerfectDisk()
    var store = try disk.open()
    try store.publish(
      ManifestEdit([.createDatabase("market"), .createTable(tableDefinition(1))]))
    let entry = try write(store, table: 1)
    try store.publish(ManifestEdit([.addSegments(1, [entry])]))
    var faults = SimulatedDisk.Faults()
    faults.syncErrorOneIn = 1
    disk.disk.setFaults(faults)
    #expect(
      throws: StorageError.io(operation: "fdatasync", path: "MANIFEST-0000000000000001", errno: 5)
    ) {
      try store.publish(ManifestEdit([.truncateTable(1)]))
    }
    disk.disk.setFaults(SimulatedDisk.Faults())
    for _ in 0..<3 {
      #expect {
        try store.publish(ManifestEdit([.truncateTable(1)]))
      } throws: {
        guard case .failedEarlier(let reason)? = $0 as? StorageError else { return false }
        return reason.contains("fdatasync")
      }
    }
    #expect(throws: StorageError.self) { _ = try store.newSegmentFile(table: 1) }
    #expect(store.snapshot().table(1)?.segments.count == 1)
    #expect(try store.snapshot().table(1)?.segments[0].file.reader().rowCount == 3)
    store = try disk.open()
    #expect(store.failure == nil)
    try store.publish(ManifestEdit([.truncateTable(1)]))
  }

  @Test("check reports a missing, a cut and a forgotten file, and nothing in a sound directory")
  func check() throws {
    let disk = PerfectDisk()
    let store = try disk.open()
    try store.publish(
      ManifestEdit([.createDatabase("market"), .createTable(tableDefinition(1))]))
    let entries = [try write(store, table: 1), try write(store, table: 1)]
    try store.publish(ManifestEdit([.addSegments(1, entries)]))
    var report = Store.check(files: disk.disk.mount())
    #expect(report.isSound)
    #expect(report.notes.isEmpty)
    #expect(report.segments == 2)
    #expect(report.rows == 6)
    disk.disk.lose("segments/1/0000000000000001.seg")
    disk.disk.damage("segments/1/0000000000000002.seg") { $0.removeLast() }
    report = Store.check(files: disk.disk.mount())
    #expect(report.damages.count == 2)
    #expect(report.damages.allSatisfy { $0.sentence.contains("segments/1/") })
  }
}
