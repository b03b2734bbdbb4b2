import TickColumns

/// Sorted batches that were put aside, to be merged into one stream.
///
/// Invariants:
/// 1. A merge holds one piece of each list, and all pieces together are a quarter of what their owner may hold: pieces
///    shrink with the limit, and more than `listsMax` lists are merged in steps.
/// 2. Equal rows come in the order in which their batches were appended.
final class SortedLists {
  /// Lists that one merge takes.
  private static let listsMax = 128

  private let sort: SortSpecification
  private let types: [DataType]
  private let run: QueryRun
  private let store: any SpillStore
  private let bytesMax: Int
  private var lists: [SpilledRows] = []
  private var file: (any SpillFile)?

  /// `bytesMax` is what the owner may hold.
  init(
    _ sort: SortSpecification, _ types: [DataType], _ run: QueryRun, _ store: any SpillStore,
    bytesMax: Int
  ) {
    self.sort = sort
    self.types = types
    self.run = run
    self.store = store
    self.bytesMax = bytesMax
  }

  /// Takes rows that are in order.
  func append(_ batch: Batch) throws(SQLError) {
    if batch.rowCount == 0 { return }
    try run.check()
    let rows = pieceRows(batch)
    if lists.count == Self.listsMax {
      let merge = merged()
      let file = try store.makeFile()
      var list = SpilledRows(types, in: file, pieceRows: rows)
      while let batch = try merge.next() { try list.append(batch) }
      // Nothing refers to the old file any more.
      lists = [list]
      self.file = file
    }
    let file: any SpillFile
    if let open = self.file { file = open } else { file = try store.makeFile() }
    self.file = file
    var list = SpilledRows(types, in: file, at: lists.last?.fileEnd ?? 0, pieceRows: rows)
    try list.append(batch)
    lists.append(list)
  }

  /// All rows in order; nothing is appended after this.
  func merged() -> MergeStream { MergeStream(lists, sort, types, run) }

  private func pieceRows(_ batch: Batch) -> Int {
    let rowBytes = max(1, batch.byteCount / batch.rowCount)
    let rows = bytesMax / 4 / Self.listsMax / rowBytes
    return min(max(rows, SpilledRows.pieceRowsMin), SpilledRows.pieceRowsMax)
  }
}
