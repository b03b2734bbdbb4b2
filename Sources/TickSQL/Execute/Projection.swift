import TickColumns

/// Filters rows one condition after the other, then computes outputs. Immutable; used by many workers.
struct Projection: Sendable {
  let filter: [BoundExpression]
  let outputs: [BoundExpression]
  /// Keep only the first rows of each batch in this order.
  let sort: SortSpecification?
  let rowsKept: Int
  /// What all workers together know of these rows.
  let bound: TopBound?

  init(_ block: SelectBlock, cut: (SortSpecification, Int)?) {
    filter = block.filter
    outputs = block.rowOutputs
    sort = cut?.0
    rowsKept = cut?.1 ?? 0
    bound = cut.map { TopBound($0.0, count: $0.1) }
  }

  /// Conditions and outputs alone.
  init(filter: [BoundExpression], outputs: [BoundExpression]) {
    self.filter = filter
    self.outputs = outputs
    sort = nil
    rowsKept = 0
    bound = nil
  }

  /// The rows that pass all conditions.
  static func selection(
    _ filter: [BoundExpression], _ batch: Batch
  ) throws(SQLError) -> Selection {
    var selection = Selection.all
    for condition in filter {
      let evaluator = Evaluator(batch, selection)
      if evaluator.rows == 0 { break }
      selection = selection.narrowed(by: try evaluator.marks(condition))
    }
    return selection
  }

  func apply(_ batch: Batch) throws(SQLError) -> Batch {
    let evaluator = Evaluator(batch, try Self.selection(filter, batch))
    let rows = evaluator.rows
    var columns: [Column] = []
    columns.reserveCapacity(outputs.count)
    for output in outputs { columns.append(try evaluator.operand(output).column(rows: rows)) }
    let result = Batch(columns, rowCount: rows)
    guard let sort, let bound else { return result }
    let left = bound.narrowed(result)
    guard left.rowCount > rowsKept else { return left }
    let first = try sort.first(rowsKept, of: left)
    try bound.learn(first)
    return first
  }
}
