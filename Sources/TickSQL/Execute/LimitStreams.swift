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
  /// Where rows count from the end: all of them, the group of each, and which of a group are meant.
  private var collected: CollectedBatches?
  private var groups: [[Int32]] = []
  private var ranges: [Range<Int>] = []
  private var nextBatch = 0

  /// `types` are those of the keys.
  init(_ input: any BatchStream, _ limitBy: LimitBy, _ types: [DataType], _ run: QueryRun) {
    self.input = input
    self.limitBy = limitBy
    self.run = run
    table = GroupTable(types)
  }

  func totals() throws(SQLError) -> Batch? { try input.totals() }

  func next() throws(SQLError) -> Batch? {
    if let counted = limitBy.counted { return try nextCounted(counted) }
    guard let batch = try input.next() else { return nil }
    try run.check()
    let keys = limitBy.keys.map { batch.columns[$0] }
    let groups = try table.rowGroups(keys, rows: batch.rowCount)
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

extension LimitByStream {
  /// Rows that count from the end of their group are known when all rows are.
  fileprivate func nextCounted(_ counted: CountedLimit) throws(SQLError) -> Batch? {
    if collected == nil {
      let rows = try CollectedBatches(input, run)
      for batch in rows.batches {
        groups.append(
          try table.rowGroups(limitBy.keys.map { batch.columns[$0] }, rows: batch.rowCount))
      }
      counts = Array(repeating: 0, count: table.count)
      for group in groups.joined() { counts[Int(group)] += 1 }
      ranges = counts.map(counted.range)
      counts = Array(repeating: 0, count: table.count)
      collected = rows
    }
    guard let collected, nextBatch < collected.batches.count else { return nil }
    var kept: [Int32] = []
    for (row, group) in groups[nextBatch].enumerated() {
      if ranges[Int(group)].contains(counts[Int(group)]) { kept.append(Int32(row)) }
      counts[Int(group)] += 1
    }
    nextBatch += 1
    rowsBeforeLimit += kept.count
    return collected.batches[nextBatch - 1].gather(kept)
  }
}

/// All rows of a stream, held.
struct CollectedBatches {
  private(set) var batches: [Batch] = []
  private(set) var rowCount = 0

  init(_ input: any BatchStream, _ run: QueryRun) throws(SQLError) {
    while let batch = try input.next() {
      if batch.rowCount == 0 { continue }
      try run.check()
      try run.memory.change(by: batch.byteCount)
      batches.append(batch)
      rowCount += batch.rowCount
    }
  }
}

/// LIMIT and OFFSET that need to know how many rows there are: holds them all. Ties are looked for behind the last
/// row, or before the first where rows count from the end.
final class CountedLimitStream: BatchStream {
  private let input: any BatchStream
  private let counted: CountedLimit
  private let tieColumns: [Int]
  private let run: QueryRun
  private var rows: CollectedBatches?
  private var range = 0..<0
  /// The batch that comes next, and the rows before it.
  private var position = 0
  private var before = 0

  init(
    _ input: any BatchStream, _ counted: CountedLimit, tieColumns: [Int], _ run: QueryRun
  ) {
    self.input = input
    self.counted = counted
    self.tieColumns = tieColumns
    self.run = run
  }

  var rowsBeforeLimit: Int { max(rows?.rowCount ?? 0, input.rowsBeforeLimit) }
  func totals() throws(SQLError) -> Batch? { try input.totals() }

  func next() throws(SQLError) -> Batch? {
    if rows == nil {
      let collected = try CollectedBatches(input, run)
      range = counted.range(of: collected.rowCount)
      if !tieColumns.isEmpty, !range.isEmpty { range = withTies(collected) }
      rows = collected
    }
    guard let rows else { return nil }
    while position < rows.batches.count {
      let batch = rows.batches[position]
      let part = range.clamped(to: before..<before + batch.rowCount)
      position += 1
      before += batch.rowCount
      if part.isEmpty { continue }
      let start = before - batch.rowCount
      return batch.slice(part.lowerBound - start..<part.upperBound - start)
    }
    return nil
  }

  private func withTies(_ rows: CollectedBatches) -> Range<Int> {
    var (lower, upper) = (range.lowerBound, range.upperBound)
    if case .fromEnd? = counted.limit {
      let first = key(rows, lower)
      while lower > 0, key(rows, lower - 1) == first { lower -= 1 }
    } else {
      let last = key(rows, upper - 1)
      while upper < rows.rowCount, key(rows, upper) == last { upper += 1 }
    }
    return lower..<upper
  }

  private func key(_ rows: CollectedBatches, _ row: Int) -> [Value] {
    var rest = row
    for batch in rows.batches {
      if rest < batch.rowCount { return batch.tieKey(rest, tieColumns) }
      rest -= batch.rowCount
    }
    return []
  }
}

extension Batch {
  /// The values that the order looks at; NaN as its bits, so that it equals itself.
  fileprivate func tieKey(_ row: Int, _ columns: [Int]) -> [Value] {
    columns.map { column in
      let value = self.columns[column].value(at: row)
      if case .float(let x) = value, x.isNaN { return .text("nan") }
      return value
    }
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
  func totals() throws(SQLError) -> Batch? { try input.totals() }

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

  private func row(_ row: Int, of batch: Batch) -> [Value] { batch.tieKey(row, tieColumns) }
}
