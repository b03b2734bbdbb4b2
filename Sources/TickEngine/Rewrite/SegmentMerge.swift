/// Merges segments of one partition into fewer, in one order, and puts these in their place by one edit.
///
/// Invariants:
/// 1. The rows before and after are the same, with the same sequences; only the files that hold them differ. A query
///    sees the old ones or the new ones.
/// 2. When it fails or is given up, the old segments stay and the new files go.
/// 3. When one of the segments went away meanwhile (TRUNCATE, DROP, DETACH), nothing is published. Rows that went meanwhile are
///    gone in the new segments too.
/// 4. Memory is one piece for each list of rows and one output segment, whatever the size of the partition.
import TickColumns
import TickSQL
import TickStorage

struct SegmentMerge {
  let store: Store
  let layout: TableLayout
  let merge: CompactionPolicy.Merge
  let rowsMax: Int
  /// Told of rows read so far; false when the merge is not wanted any more.
  let goesOn: (Int) -> Bool

  /// Returns the bytes that were written; nil when it was given up, or was in vain.
  ///
  /// - Parameter alone: runs what publishes while nothing else changes segments.
  func run(
    _ snapshot: TableSnapshot,
    alone: (() throws(SQLError) -> Bool) throws(SQLError) -> Bool
  ) throws(SQLError) -> Int? {
    let ids = Set(merge.segments.map(\.fileID))
    let segments = snapshot.segments.filter { ids.contains($0.entry.fileID) }
    guard segments.count == ids.count else { return nil }
    let total = segments.reduce(0) { $0 + $1.entry.liveRowCount }
    let pieces = max(1, (total + rowsMax - 1) / rowsMax)
    var output = SegmentOutput(
      store: store, layout: layout, partition: merge.partition, level: merge.level,
      rowsMax: max(1, (total + pieces - 1) / pieces))
    var isPublished = false
    do throws(SQLError) {
      if try write(snapshot, segments, total, into: &output) {
        let entries = output.entries
        isPublished = try alone { () throws(SQLError) -> Bool in
          try publish(entries, replacing: segments)
        }
      }
    } catch {
      output.discard()
      throw error
    }
    guard isPublished else {
      output.discard()
      return nil
    }
    return output.entries.reduce(0) { $0 + $1.descriptor.byteCount }
  }

  /// False when one of the old segments is not there any more.
  private func publish(
    _ written: [SegmentEntry], replacing old: [LiveSegment]
  ) throws(SQLError) -> Bool {
    let table = layout.definition.id
    var now: [FileID: LiveSegment] = [:]
    for segment in store.snapshot().table(table)?.segments ?? [] {
      now[segment.entry.fileID] = segment
    }
    var gone: [UInt64] = []
    for segment in old {
      guard let current = now[segment.entry.fileID] else { return false }
      if !PlantedBug.isOn(.mergeBringsRowsBack) {
        gone += try segment.sequencesGone(since: current.entry)
      }
    }
    let entries = gone.isEmpty ? written : try written.without(gone, of: table, in: store)
    var actions: [ManifestAction] = [.removeSegments(table, old.map(\.entry.fileID))]
    if !entries.isEmpty { actions.append(.addSegments(table, entries)) }
    do throws(StorageError) {
      try store.publish(ManifestEdit(actions))
    } catch {
      switch error {
      case .conflict, .unknownTable: return false
      default: throw SQLError(storage: error)
      }
    }
    let kept = Set(entries.map(\.fileID))
    store.discard(written.map(\.fileID).filter { !kept.contains($0) }, table: table)
    return true
  }

  /// False when it was given up.
  private func write(
    _ snapshot: TableSnapshot, _ segments: [LiveSegment], _ total: Int,
    into output: inout SegmentOutput
  ) throws(SQLError) -> Bool {
    let reading = try RewriteReading(snapshot, layout, segments)
    guard var lists = try self.lists(of: segments, reading) else { return false }
    for i in lists.indices { try lists[i].begin() }
    var rowsRead = 0
    while true {
      guard goesOn(rowsRead) else { return false }
      let heads = lists.indices.compactMap { i in lists[i].head.map { (list: i, batch: $0) } }
      guard let first = heads.first else { break }
      if heads.count == 1, lists.count > 1, PlantedBug.isOn(.mergeDropsTail) { break }
      if heads.count == 1 {
        try output.add(first.batch)
        rowsRead += first.batch.rowCount
        try lists[first.list].drop(first.batch.rowCount)
        continue
      }
      let counts = mergeablePrefixes(heads.map(\.batch)) { batch in
        reading.order(batch, while: { true }) ?? []
      }
      var parts: [Batch] = []
      for (head, count) in zip(heads, counts) where count > 0 {
        parts.append(head.batch.slice(0..<count))
        try lists[head.list].drop(count)
      }
      let rowCount = counts.reduce(0, +)
      rowsRead += rowCount
      let columns = first.batch.columns.indices.map { i in
        Column.concatenate(first.batch.columns[i].type, parts.map { $0.columns[i] })
      }
      let whole = Batch(columns, rowCount: rowCount)
      guard parts.count > 1 else {
        try output.add(whole)
        continue
      }
      guard let order = reading.order(whole, while: { goesOn(rowsRead) }) else { return false }
      try output.add(whole.gather(order))
    }
    try output.flush()
    // What would lose rows is never published.
    guard output.entries.reduce(0, { $0 + $1.liveRowCount }) == total else {
      throw SQLError(
        .logicalError,
        "a merge of \(total) rows of table \(layout.definition.id) gave others")
    }
    return true
  }

  /// Segments whose rows follow each other are one list, so a load in order costs no comparing. Nil when the merge was
  /// given up.
  private func lists(
    of segments: [LiveSegment], _ reading: RewriteReading
  ) throws(SQLError) -> [SortedList]? {
    var lists: [SortedList] = []
    for segment in segments.sorted(by: { $0.entry.fileID < $1.entry.fileID }) {
      guard goesOn(0) else { return nil }
      if !lists.isEmpty, try lists[lists.count - 1].append(segment) { continue }
      var list = SortedList(reading)
      guard try list.append(segment) else {
        preconditionFailure("a list that refuses its first rows")
      }
      lists.append(list)
    }
    return lists
  }
}

extension LiveSegment {
  /// The sequences of live rows that a later entry of the same file has no more.
  fileprivate func sequencesGone(since later: SegmentEntry) throws(SQLError) -> [UInt64] {
    let rows = entry.liveRows.subtracting(later.liveRows)
    if rows.count == 0 { return [] }
    do throws(StorageError) {
      return try file.reader().sequences(of: rows, base: entry.sequenceBase)
    } catch {
      throw failed(error)
    }
  }
}

extension [SegmentEntry] {
  /// Without the rows that have these sequences; each is in one of them. Entries that have no row left are left out.
  fileprivate func without(
    _ sequences: [UInt64], of table: TableID, in store: Store
  ) throws(SQLError) -> [SegmentEntry] {
    let sequences = sequences.sorted()
    var out: [SegmentEntry] = []
    var found = 0
    for var entry in self {
      let segment = store.unpublished(entry, table: table)
      let rows: [Int]
      do throws(StorageError) {
        rows = try segment.file.reader().rows(
          withSequences: sequences, base: entry.sequenceBase, in: entry.liveRows)
      } catch {
        throw segment.failed(error)
      }
      found += rows.count
      entry.liveRows = entry.liveRows.subtracting(rows)
      if entry.liveRowCount > 0 { out.append(entry) }
    }
    guard found == sequences.count else {
      throw SQLError(
        .logicalError, "\(sequences.count) rows that went during a merge have \(found) places")
    }
    return out
  }
}
