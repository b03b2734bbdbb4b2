import TickColumns

/// Window functions: holds all rows, sorts them once per window, computes each call along the sorted rows, and gives
/// the rows back in their order with the results behind them.
final class WindowStream: BatchStream {
  private let input: any BatchStream
  private let windowing: Windowing
  private let run: QueryRun
  private var result: Batch?
  private var position = 0

  init(_ input: any BatchStream, _ windowing: Windowing, _ run: QueryRun) {
    self.input = input
    self.windowing = windowing
    self.run = run
  }

  var rowsBeforeLimit: Int { 0 }

  func next() throws(SQLError) -> Batch? {
    let batch: Batch
    if let result {
      batch = result
    } else {
      batch = try compute()
      result = batch
    }
    guard position < batch.rowCount else { return nil }
    let end = min(position + Batch.rowsMax, batch.rowCount)
    defer { position = end }
    return batch.slice(position..<end)
  }

  /// The row of totals is a partition of its own.
  func totals() throws(SQLError) -> Batch? {
    try input.totals().map { (row) throws(SQLError) in
      try WindowStream(SingleBatchStream(row), windowing, run).compute()
    }
  }

  private func compute() throws(SQLError) -> Batch {
    var parts: [Batch] = []
    var rows = 0
    while let batch = try input.next() {
      if batch.rowCount == 0 { continue }
      try run.check()
      parts.append(batch)
      rows += batch.rowCount
      try run.memory.change(by: batch.byteCount)
      guard rows <= Int(Int32.max) else {
        throw SQLError(
          .memoryLimitExceeded,
          "Window functions over more than \(Int32.max) rows are not supported")
      }
    }
    var columns = windowing.inputs.indices.map { i in
      Column.concatenate(windowing.inputs[i].type, parts.map { $0.columns[i] })
    }
    let whole = Batch(columns, rowCount: rows)
    var windows: [(plan: WindowPlan, rows: SortedRows)] = []
    for call in windowing.calls {
      let sorted: SortedRows
      if let known = windows.first(where: { $0.plan.sharesOrder(with: call) }) {
        sorted = known.rows
      } else {
        sorted = try SortedRows(whole, call, run)
        windows.append((call, sorted))
        try run.memory.change(by: rows * 4)
      }
      let column = try WindowEvaluation(call, whole, sorted, run).result()
      columns.append(column)
      try run.memory.change(by: column.byteCount)
    }
    return Batch(columns, rowCount: rows)
  }
}

extension WindowPlan {
  /// Both look at the rows in one order and see the same partitions and peers.
  fileprivate func sharesOrder(with other: WindowPlan) -> Bool {
    partition == other.partition && order.count == other.order.count
      && zip(order, other.order).allSatisfy {
        $0.output == $1.output && $0.isDescending == $1.isDescending
          && $0.nullsFirst == $1.nullsFirst
      }
  }
}

/// The rows of a window in its order. Confined to the thread of its stream.
///
/// Invariant: `partitions` and `peers` are the sorted positions where a partition, or a group of rows that are equal
/// in the order, begins; every partition begins a group of peers.
final class SortedRows {
  let count: Int
  /// Sorted position to row; nil where the rows came in order.
  let order: [Int32]?
  let partitions: [Int32]
  private let batch: Batch
  private let keys: [Int]

  /// Without an order all rows of a partition are peers.
  private(set) lazy var peers = starts(keys)
  /// Row to sorted position.
  private lazy var inverse = order.map { order in
    var inverse = [Int32](repeating: 0, count: order.count)
    for (position, row) in order.enumerated() { inverse[Int(row)] = Int32(position) }
    return inverse
  }

  init(_ batch: Batch, _ plan: WindowPlan, _ run: QueryRun) throws(SQLError) {
    let keys =
      plan.partition.map { SortKey(batch.columns[$0]) }
      + plan.order.map {
        SortKey(batch.columns[$0.output], isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
      }
    let order = try run.sortedUnlessInOrder(keys, rowCount: batch.rowCount)
    self.order = order
    self.batch = batch
    self.keys = plan.partition + plan.order.map(\.output)
    count = batch.rowCount
    partitions = Self.starts(plan.partition, batch, order)
  }

  private func starts(_ positions: [Int]) -> [Int32] { Self.starts(positions, batch, order) }

  private static func starts(_ positions: [Int], _ batch: Batch, _ order: [Int32]?) -> [Int32] {
    guard batch.rowCount > 0 else { return [] }
    let columns = positions.map { place in
      order.map(batch.columns[place].gather) ?? batch.columns[place]
    }
    return runStarts(columns, rowCount: batch.rowCount)
  }

  /// The row at a sorted position.
  func row(at position: Int) -> Int32 { order?[position] ?? Int32(position) }

  /// A column of rows as one of sorted positions.
  func sorted(_ column: Column) -> Column { order.map(column.gather) ?? column }

  /// A column of sorted positions as one of rows.
  func unsorted(_ column: Column) -> Column { inverse.map(column.gather) ?? column }

  /// The same of plain values.
  func unsorted<T>(_ values: [T]) -> [T] {
    guard let inverse else { return values }
    return inverse.map { values[Int($0)] }
  }

  /// Calls with each range of positions that begins at one of the starts.
  @inline(__always)
  func forEach(_ starts: [Int32], _ body: (Range<Int>) -> Void) {
    for i in starts.indices {
      body(Int(starts[i])..<(i + 1 < starts.count ? Int(starts[i + 1]) : count))
    }
  }
}
