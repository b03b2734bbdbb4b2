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

  /// The same; nil where the rows are in order.
  func sortedUnlessInOrder(_ keys: [SortKey], rowCount: Int) throws(SQLError) -> [Int32]? {
    switch sortUnlessInOrder(keys, rowCount: rowCount, while: { !isCancelled }) {
    case .inOrder: return nil
    case .sorted(let order): return order
    case .unwanted: throw Self.cancelled
    }
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
    // Each bound leaves about the share of the sample that is wanted; what is left gives the next one.
    while let marks = passing(count, candidates) {
      let places = markedPositions(marks)
      let isMuchLess = places.count * 2 < candidates.rowCount
      candidates = candidates.gather(places)
      if !isMuchLess { break }
    }
    return candidates.gather(Array(try permutation(candidates, run).prefix(count)))
  }

  /// Rows whose first key is not behind that of `count` others; nil where a bound does not pay.
  private func passing(_ count: Int, _ batch: Batch) -> [UInt8]? {
    let sample = max(Self.sampleRows, 4 * count)
    guard count > 0, batch.rowCount > 4 * sample, let (item, column) = boundable(batch) else {
      return nil
    }
    // Spread over the batch, so that a batch in order does not fool it.
    let step = batch.rowCount / sample
    let places = (0..<sample).map { Int32($0 * step) }
    let key = SortKey(
      column.gather(places), isDescending: item.isDescending, nullsFirst: item.nullsFirst)
    let order = sortPermutation([key], rowCount: sample)
    return notBehind(key.column.value(at: Int(order[count - 1])), item, column)
  }

  /// The first key, where a bound on it says something: NULL and NaN sort apart from the numbers.
  private func boundable(_ batch: Batch) -> (SortItem, Column)? {
    guard let item = items.first else { return nil }
    let column = batch.columns[item.output]
    switch column.values {
    case .string, .codes, .tuple, .nothing: return nil
    default: break
    }
    return column.validity != nil || item.nullsFirst ? nil : (item, column)
  }

  /// The rows of a batch that do not sort behind the last row of another one, which is in order; all of them where
  /// the first key alone does not tell.
  func rows(of batch: Batch, notBehind kept: Batch) -> Batch {
    guard kept.rowCount > 0, boundable(kept) != nil, let (item, column) = boundable(batch) else {
      return batch
    }
    let bound = kept.columns[item.output].value(at: kept.rowCount - 1)
    guard let marks = notBehind(bound, item, column) else { return batch }
    return batch.gather(markedPositions(marks))
  }

  private func notBehind(_ bound: Value, _ item: SortItem, _ column: Column) -> [UInt8]? {
    if case .float(let x) = bound, x.isNaN { return nil }
    let raw = Column(column.type.rawNumber, column.values)
    return NumberComparison.run(
      item.isDescending ? .greaterOrEquals : .lessOrEquals, .column(raw),
      .constant(bound, raw.type), column.count)
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
