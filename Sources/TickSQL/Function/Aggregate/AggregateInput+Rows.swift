import TickColumns

/// Choosing among the rows that a state is given.
extension AggregateInput {
  /// The rows at ascending `positions`.
  func gathered(_ positions: [Int32]) -> AggregateInput {
    AggregateInput(
      operands: operands.map { operand in
        if case .column(let column) = operand { .column(column.gather(positions)) } else { operand }
      }, rows: positions.count, runs: runs.compacted(positions), order: order.compacted(positions))
  }

  /// The marked rows; nil when there is none.
  func kept(by marks: [UInt8]) -> AggregateInput? {
    guard marks.contains(0) else { return self }
    let positions = markedPositions(marks)
    return positions.isEmpty ? nil : gathered(positions)
  }

  /// The rows where no operand is NULL, under types without NULL; nil when there is none.
  var withoutNulls: AggregateInput? {
    if operands.contains(where: \.isConstantNull) { return nil }
    var marks: [UInt8]?
    for operand in operands { marks = Column.intersect(marks, operand.validity) }
    guard var out = marks.map(kept) ?? self else { return nil }
    out.operands = out.operands.map(\.withoutNulls)
    return out
  }

  /// The group of every row.
  var rowGroups: [Int32] {
    var groups = [Int32](repeating: 0, count: rows)
    for run in 0..<runs.starts.count {
      for row in runs.range(run) { groups[row] = runs.groups[run] }
    }
    return groups
  }
}
