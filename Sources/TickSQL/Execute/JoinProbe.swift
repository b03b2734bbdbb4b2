import TickColumns

/// Finds the partners of left rows, a batch at a time.
///
/// Immutable; used by many workers.
struct JoinProbe: Sendable {
  let plan: JoinPlan
  let table: JoinTable

  /// Which group each left row belongs to; -1 where its key has no rows.
  func groups(_ evaluator: Evaluator) throws(SQLError) -> [Int32] {
    let rows = evaluator.rows
    var columns: [Column] = []
    var marks: [UInt8]?
    for key in plan.keys {
      let column = try evaluator.operand(key.left).column(rows: rows)
      marks = Column.intersect(marks, column.validity)
      columns.append(column.withoutMarks)
    }
    let starts = runStarts(columns, rowCount: rows)
    let found = table.groups.find(columns, starts: starts)
    var out = [Int32](repeating: -1, count: rows)
    for (run, group) in found.enumerated() where group >= 0 {
      let end = run + 1 < starts.count ? Int(starts[run + 1]) : rows
      for row in Int(starts[run])..<end { out[row] = group }
    }
    if let marks { for row in 0..<rows where marks[row] == 0 { out[row] = -1 } }
    return out
  }

  // MARK: ASOF

  /// The nearest right row of each left row, -1 where there is none.
  ///
  /// Within a group a cursor follows the left times, which mostly ascend: a step is then a short gallop forward, and
  /// the whole is a merge. Times that go back are searched for from the beginning.
  func nearest(_ batch: Batch) throws(SQLError) -> [Int32] {
    guard let nearest = plan.nearest else {
      throw SQLError(.logicalError, "a join without an order was asked for the nearest row")
    }
    let evaluator = Evaluator(batch)
    let groups = try groups(evaluator)
    let times = try evaluator.operand(nearest.left).column(rows: batch.rowCount)
    let places = AsofRanks.places(times)
    let ranks = AsofRanks.ranks(times)
    let includesEqual = nearest.comparison == .greaterOrEquals || nearest.comparison == .less
    let looksBack = nearest.comparison == .greaterOrEquals || nearest.comparison == .greater
    var out = [Int32](repeating: -1, count: batch.rowCount)
    var cursors = [Int32](repeating: -1, count: table.starts.count - 1)
    for row in 0..<batch.rowCount {
      let group = Int(groups[row])
      if group < 0 { continue }
      if let places, places[row] == 0 { continue }
      let low = Int(table.starts[group])
      let high = Int(table.starts[group + 1])
      // The first right row behind the left one: of a later time, or where equal ones count as behind, not before it.
      let behind = bound(
        ranks[row], isAfterEqual: includesEqual, low, high, from: Int(cursors[group]))
      cursors[group] = Int32(truncatingIfNeeded: behind)
      let found = looksBack ? behind - 1 : behind
      if found >= low, found < high { out[row] = table.rows[found] }
    }
    return out
  }

  /// The first position in `low..<high` whose rank is above `rank`, or not below it.
  private func bound(
    _ rank: UInt64, isAfterEqual: Bool, _ low: Int, _ high: Int, from cursor: Int
  ) -> Int {
    let ranks = table.ranks
    func isBehind(_ position: Int) -> Bool {
      isAfterEqual ? ranks[position] > rank : ranks[position] >= rank
    }
    var (first, last) = (low, high)
    if cursor >= low, cursor == low || !isBehind(cursor - 1) {
      // Gallop: most steps are short.
      var step = 1
      first = cursor
      while first + step <= high, !isBehind(first + step - 1) {
        first += step
        step *= 2
      }
      last = min(high, first + step)
    } else if cursor > low {
      last = cursor
    }
    while first < last {
      let middle = first + (last - first) / 2
      if isBehind(middle) { last = middle } else { first = middle + 1 }
    }
    return first
  }
}
