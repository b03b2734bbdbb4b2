import TickColumns

/// Sorted lists of rows as one, in the order of a sort that keeps equal rows in the order of the lists.
///
/// Works on pieces: of all lists' first pieces the one whose last row comes first gives the bound; what lies before the
/// bound in every piece is put together, sorted, and handed out. So a row is compared a few times and moved twice,
/// however many lists there are.
final class MergeStream: BatchStream {
  private struct Cursor {
    let rows: SpilledRows
    var nextPiece = 0
    /// What is left of the piece that was read; nil at the end of the list.
    var head: Batch?
    /// Bytes of the piece that was read.
    var held = 0
  }

  private let sort: SortSpecification
  private let types: [DataType]
  private let run: QueryRun
  private var cursors: [Cursor]
  private var hasBegun = false

  init(_ lists: [SpilledRows], _ sort: SortSpecification, _ types: [DataType], _ run: QueryRun) {
    self.sort = sort
    self.types = types
    self.run = run
    cursors = lists.map { Cursor(rows: $0) }
  }

  var rowsBeforeLimit: Int { 0 }

  func next() throws(SQLError) -> Batch? {
    if !hasBegun {
      hasBegun = true
      for i in cursors.indices { try readHead(of: i) }
    }
    let heads = cursors.indices.compactMap { i in cursors[i].head.map { (list: i, batch: $0) } }
    guard heads.count > 1 else {
      // The last list needs no more comparing.
      guard let only = heads.first else { return nil }
      try readHead(of: only.list)
      return only.batch
    }
    try run.check()
    let counts = try mergeablePrefixes(heads.map(\.batch)) { (rows) throws(SQLError) in
      try sort.permutation(rows, nil)
    }
    var parts: [Batch] = []
    for (head, count) in zip(heads, counts) where count > 0 {
      parts.append(count == head.batch.rowCount ? head.batch : head.batch.slice(0..<count))
      if count == head.batch.rowCount {
        try readHead(of: head.list)
      } else {
        cursors[head.list].head = head.batch.slice(count..<head.batch.rowCount)
      }
    }
    let rows = parts.reduce(0) { $0 + $1.rowCount }
    let columns = types.indices.map { i in
      Column.concatenate(types[i], parts.map { $0.columns[i] })
    }
    let whole = Batch(columns, rowCount: rows)
    return parts.count == 1 ? whole : try whole.gather(sort.permutation(whole, run))
  }

  private func readHead(of list: Int) throws(SQLError) {
    let cursor = cursors[list]
    var batch: Batch?
    if cursor.nextPiece < cursor.rows.pieceCount {
      batch = try cursor.rows.piece(cursor.nextPiece)
      cursors[list].nextPiece += 1
    }
    cursors[list].head = batch
    cursors[list].held = batch?.byteCount ?? 0
    try run.memory.change(by: cursors[list].held - cursor.held)
  }
}
