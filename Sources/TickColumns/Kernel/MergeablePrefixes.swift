/// Merging sorted lists of rows by pieces: of all lists' first pieces the one whose last row comes first gives the
/// bound; what lies before it in every piece can be put together, sorted, and handed out. So a row is compared a few
/// times and moved twice, however many lists there are.

/// How many rows of each head may go out: those not behind the bound; rows equal to the bound only of its own list and of
/// those before it, since the rest of the bound's list may hold more of them.
///
/// - Parameters:
///   - heads: what is left of the piece of each list that was read; at least one, none empty, each sorted.
///   - order: positions of a batch's rows in sorted order, equal rows in the order of the batch.
/// - Returns: one number for each head; that of the bound's list is all its rows.
public func mergeablePrefixes<Failure: Error>(
  _ heads: [Batch], _ order: (Batch) throws(Failure) -> [Int32]
) throws(Failure) -> [Int] {
  let last = rows(heads.map { ($0, $0.rowCount - 1) })
  // The first of equal rows is that of the first list.
  let bound = Int(try order(last)[0])
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
    let sorted = try order(rows(probes))
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

/// One row of each of these batches, which have columns of the same types.
private func rows(_ places: [(batch: Batch, row: Int)]) -> Batch {
  let columns = places[0].batch.columns.indices.map { i in
    Column.concatenate(
      places[0].batch.columns[i].type,
      places.map { $0.batch.columns[i].slice($0.row..<$0.row + 1) })
  }
  return Batch(columns, rowCount: places.count)
}
