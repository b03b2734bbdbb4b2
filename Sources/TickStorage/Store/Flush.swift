/// Moves the rows of a table from memory to segments: frozen, a segment for each partition (small ones share one), published by one edit
/// that also says how far the log is covered.
///
/// 1. Files are durable and named before the edit; the edit removes the rows from memory and shows the segments
///    in the same snapshot.
/// 2. When it fails, the frozen rows stay where they are and the files go; the next flush takes the same rows first, then those
///    that came since.
internal import Synchronization
internal import TickColumns

struct Flush {
  let core: StoreCore
  /// Commits the edit and returns when it is shown.
  let commit: (PendingEdit) -> Void

  func run(_ table: TableID) throws(StorageError) {
    // What a flush before left behind when it failed goes first, alone; the rows that came since are wanted as well, by a
    // DELETE that looks into segments or by a copy.
    let isLeftOver = core.writer.withLock { $0.isFrozen(table) }
    try moveFrozen(table)
    if isLeftOver { try moveFrozen(table) }
  }

  private func moveFrozen(_ table: TableID) throws(StorageError) {
    guard let (definition, frozen) = core.writer.withLock({ $0.freeze(table) }) else { return }
    var written: [FileID] = []
    do {
      var entries: [SegmentEntry] = []
      for (span, rows) in Self.segments(frozen.memtable) {
        let entry = try write(rows, span, definition)
        written.append(entry.fileID)
        entries.append(entry)
      }
      var actions: [ManifestAction] = entries.isEmpty ? [] : [.addSegments(table, entries)]
      if !frozen.marks.isEmpty, !PlantedBug.isOn(.marksNotFlushed) {
        actions.append(.insertMarks(table, frozen.marks.all))
      }
      let edit = ManifestEdit(actions + [.flushedTo(table, frozen.throughLSN)])
      try core.syncDirectories(of: edit)
      let result = HandOver<Result<Commit, StorageError>>()
      commit(
        PendingEdit(
          edit: edit, purpose: .flush(table, through: frozen.throughLSN), settle: nil,
          completion: { result.give($0) }))
      _ = try result.take().get()
    } catch {
      // After a failed sync the edit may be durable and its files live: the next opening decides.
      if core.durable.failure == nil || PlantedBug.isOn(.filesDiscardedAfterFailedSync) {
        core.discard(written, table: table)
      }
      // Truncated or dropped meanwhile: there is nothing to move any more.
      if !core.writer.withLock({ $0.isFrozen(table, through: frozen.throughLSN) }) { return }
      throw error
    }
  }

  /// The rows of each segment as one batch, in ascending order of partitions. Small partitions share one; one that is
  /// larger than a segment is several, and so are rows that were made with different fields.
  private static func segments(_ memtable: Memtable) -> [(PartitionSpan, MemtableBatch)] {
    var byPartition: [String: [MemtableBatch]] = [:]
    for batch in memtable.batches { byPartition[batch.partition, default: []].append(batch) }
    let rowCounts = byPartition.mapValues { $0.reduce(0) { $0 + $1.rowCount } }
    var out: [(PartitionSpan, MemtableBatch)] = []
    for names in PartitionGrouping.groups(rowCounts) {
      guard let span = PartitionSpan(names) else { continue }
      var part: [MemtableBatch] = []
      var rows = 0
      for batch in names.flatMap({ byPartition[$0] ?? [] }) {
        let isFull = rows + batch.rowCount > SegmentLimits.rowsMax
        if let last = part.last, isFull || !last.hasFields(of: batch) {
          out.append((span, .joined(part)))
          part = []
          rows = 0
        }
        part.append(batch)
        rows += batch.rowCount
      }
      out.append((span, .joined(part)))
    }
    return out
  }

  private func write(
    _ rows: MemtableBatch, _ span: PartitionSpan, _ definition: TableDefinition
  ) throws(StorageError) -> SegmentEntry {
    let base = rows.sequences.min() ?? 0
    // What was dropped since is left behind; what was added since is computed when it is read.
    let found = definition.storedFields.compactMap { field in
      rows.column(of: field).map {
        (SegmentField(id: field.id, name: field.name, type: field.type), $0)
      }
    }
    let input = SegmentInput(
      fields: found.map(\.0), columns: found.map(\.1),
      key: rows.key.map { key in
        let place = key.fieldID.flatMap { id in found.firstIndex { $0.0.id == id } }
        return place.map { SegmentKeyColumn(found[$0].1, fieldID: key.fieldID) } ?? key
      },
      sequences: rows.sequences.map { $0 - base }, candles: definition.candles)
    let descriptor = try core.writeSegment(input, table: definition.id)
    return SegmentEntry(partition: span, descriptor: descriptor, sequenceBase: base)
  }
}
