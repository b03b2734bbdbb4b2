import TickColumns

extension QueryRun {
  /// Row positions in sorted order; throws once the query was cancelled.
  func sorted(
    _ keys: [SortKey], rowCount: Int, tieBreak: [UInt64]? = nil
  ) throws(SQLError) -> [Int32] {
    let order = sortPermutation(keys, rowCount: rowCount, tieBreak: tieBreak) { !isCancelled }
    guard let order else { throw Self.cancelled }
    return order
  }
}

/// How to sort batches of outputs.
struct SortSpecification: Sendable {
  let items: [SortItem]

  init(_ items: [SortItem]) { self.items = items }

  /// The first rows in this order. Most rows are dropped by one comparison with a bound that a sample gives, and
  /// only the rest is sorted.
  func first(_ count: Int, of batch: Batch, _ run: QueryRun? = nil) throws(SQLError) -> Batch {
    var candidates = batch
    if let marks = passing(count, batch) { candidates = batch.gather(markedPositions(marks)) }
    return candidates.gather(Array(try permutation(candidates, run).prefix(count)))
  }

  /// Rows whose first key is not behind that of `count` others; nil where a bound does not pay.
  private func passing(_ count: Int, _ batch: Batch) -> [UInt8]? {
    let sample = max(Self.sampleRows, 4 * count)
    guard count > 0, batch.rowCount > 4 * sample, let item = items.first else { return nil }
    let column = batch.columns[item.output]
    switch column.values {
    case .string, .codes, .tuple, .nothing: return nil
    default: break
    }
    // NULL and NaN sort apart from the numbers, so a bound on numbers says nothing where they come first.
    if column.validity != nil || item.nullsFirst { return nil }
    // Spread over the batch, so that a batch in order does not fool it.
    let step = batch.rowCount / sample
    let places = (0..<sample).map { Int32($0 * step) }
    let key = SortKey(
      column.gather(places), isDescending: item.isDescending, nullsFirst: item.nullsFirst)
    let order = sortPermutation([key], rowCount: sample)
    let bound = key.column.value(at: Int(order[count - 1]))
    if case .float(let x) = bound, x.isNaN { return nil }
    let raw = Column(column.type.rawNumber, column.values)
    return NumberComparison.run(
      item.isDescending ? .greaterOrEquals : .lessOrEquals, .column(raw),
      .constant(bound, raw.type), batch.rowCount)
  }

  private static let sampleRows = 1_024

  /// Positions in sorted order; rows that compare equal keep their order.
  /// With a run it stops when that is cancelled, which few rows need not ask.
  func permutation(_ batch: Batch, _ run: QueryRun?) throws(SQLError) -> [Int32] {
    let keys = items.map {
      SortKey(batch.columns[$0.output], isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
    }
    guard let run else { return sortPermutation(keys, rowCount: batch.rowCount) }
    return try run.sorted(keys, rowCount: batch.rowCount)
  }
}
