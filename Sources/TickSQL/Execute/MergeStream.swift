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
    let counts = try prefixes(heads.map(\.batch))
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

  /// How many rows of each head may go out: those not behind the bound; rows equal to the bound only of its own list
  /// and of those before it, since the rest of the bound's list may hold more of them.
  private func prefixes(_ heads: [Batch]) throws(SQLError) -> [Int] {
    let last = rows(heads.indices.map { (heads[$0], heads[$0].rowCount - 1) })
    let order = try sort.permutation(last, nil)
    // The first of equal rows is that of the first list.
    let bound = Int(order[0])
    var low = [Int](repeating: 0, count: heads.count)
    var high = heads.map(\.rowCount)
    low[bound] = heads[bound].rowCount
    // All lists are searched at once: a round sorts one row of each with the bound between them.
    while true {
      let open = heads.indices.filter { low[$0] < high[$0] }
      if open.isEmpty { return low }
      let middle = open.map { (low[$0] + high[$0]) / 2 }
      let before = open.indices.filter { open[$0] < bound }
      let after = open.indices.filter { open[$0] > bound }
      let probes =
        before.map { (heads[open[$0]], middle[$0]) } + [(heads[bound], heads[bound].rowCount - 1)]
        + after.map { (heads[open[$0]], middle[$0]) }
      let sorted = try sort.permutation(rows(probes), nil)
      let numbers = before + [-1] + after
      var isBefore = true
      for place in sorted {
        let number = numbers[Int(place)]
        if number < 0 {
          isBefore = false
        } else if isBefore {
          low[open[number]] = middle[number] + 1
        } else {
          high[open[number]] = middle[number]
        }
      }
    }
  }

  private func rows(_ places: [(Batch, Int)]) -> Batch {
    let columns = types.indices.map { i in
      Column.concatenate(types[i], places.map { $0.0.columns[i].slice($0.1..<$0.1 + 1) })
    }
    return Batch(columns, rowCount: places.count)
  }
}
