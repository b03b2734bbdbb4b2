import TickColumns

/// The operators that stop: LIMIT BY, and OFFSET with LIMIT.

/// `LIMIT n OFFSET m BY keys`: counts the rows of each group as they come.
final class LimitByStream: BatchStream {
  private let input: any BatchStream
  private let limitBy: LimitBy
  private let run: QueryRun
  private var table: GroupTable
  private var counts: [Int] = []
  private var held = 0
  private(set) var rowsBeforeLimit = 0

  /// `types` are those of the keys.
  init(_ input: any BatchStream, _ limitBy: LimitBy, _ types: [DataType], _ run: QueryRun) {
    self.input = input
    self.limitBy = limitBy
    self.run = run
    table = GroupTable(types)
  }

  func next() throws(SQLError) -> Batch? {
    guard let batch = try input.next() else { return nil }
    try run.check()
    let keys = limitBy.keys.map { batch.columns[$0] }
    let groups = table.rowGroups(keys, rows: batch.rowCount)
    counts.extend(to: table.count, with: 0)
    let (end, overflow) = limitBy.offset.addingReportingOverflow(limitBy.limit)
    var kept: [Int32] = []
    for (row, group) in groups.enumerated() {
      let count = counts[Int(group)]
      counts[Int(group)] = count + 1
      if count >= limitBy.offset, overflow || count < end { kept.append(Int32(row)) }
    }
    let bytes = table.byteCount + counts.count * 8
    try run.memory.change(by: bytes - held)
    held = bytes
    rowsBeforeLimit += kept.count
    return kept.count == batch.rowCount ? batch : batch.gather(kept)
  }
}

/// OFFSET and LIMIT; stops asking for more once it has enough. With ties it goes on while rows equal the last one
/// in the columns of the order.
final class LimitStream: BatchStream {
  private let input: any BatchStream
  private let tieColumns: [Int]
  private var toSkip: Int
  private var left: Int
  private var seen = 0
  /// The row that later ones must equal.
  private var last: [Value]?
  private var hasEnded = false

  init(_ input: any BatchStream, offset: Int, limit: Int?, tieColumns: [Int] = []) {
    self.input = input
    self.tieColumns = tieColumns
    toSkip = offset
    left = limit ?? Int.max
  }

  var rowsBeforeLimit: Int { max(seen, input.rowsBeforeLimit) }

  func next() throws(SQLError) -> Batch? {
    while !hasEnded, left > 0 || last != nil, let batch = try input.next() {
      seen += batch.rowCount
      let skipped = min(toSkip, batch.rowCount)
      toSkip -= skipped
      var count = min(left, batch.rowCount - skipped)
      left -= count
      if !tieColumns.isEmpty, left == 0 {
        if last == nil, count > 0 { last = row(skipped + count - 1, of: batch) }
        while skipped + count < batch.rowCount {
          guard row(skipped + count, of: batch) == last else {
            hasEnded = true
            break
          }
          count += 1
        }
      }
      if count == 0 { continue }
      return batch.slice(skipped..<skipped + count)
    }
    return nil
  }

  /// The values that the order looks at; NaN as its bits, so that it equals itself.
  private func row(_ row: Int, of batch: Batch) -> [Value] {
    tieColumns.map { column in
      let value = batch.columns[column].value(at: row)
      if case .float(let x) = value, x.isNaN { return .text("nan") }
      return value
    }
  }
}
