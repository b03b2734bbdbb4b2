import TickColumns

/// Computes one window function for all rows, in sorted order.
struct WindowEvaluation {
  private let plan: WindowPlan
  private let batch: Batch
  private let rows: SortedRows
  private let run: QueryRun
  private let frames: WindowFrames

  init(_ plan: WindowPlan, _ batch: Batch, _ rows: SortedRows, _ run: QueryRun) {
    self.plan = plan
    self.batch = batch
    self.rows = rows
    self.run = run
    frames = WindowFrames(plan, batch, rows)
  }

  /// The results by sorted position.
  func result() throws(SQLError) -> Column {
    if rows.count == 0 { return Column(plan.type, of: []) }
    switch plan.function {
    case .rowNumber: return numbers { row in row - Int(frames.partitionStarts[row]) + 1 }
    case .rank:
      return numbers { row in Int(frames.peerStarts[row] - frames.partitionStarts[row]) + 1 }
    case .denseRank:
      return numbers { row in
        Int(frames.groups[row] - frames.groups[Int(frames.partitionStarts[row])]) + 1
      }
    case .percentRank:
      return shares { row in
        let size = Int(frames.partitionEnds[row] - frames.partitionStarts[row])
        let before = Int(frames.peerStarts[row] - frames.partitionStarts[row])
        return size > 1 ? Double(before) / Double(size - 1) : 0
      }
    case .cumeDist:
      return shares { row in
        let size = frames.partitionEnds[row] - frames.partitionStarts[row]
        return Double(frames.peerEnds[row] - frames.partitionStarts[row]) / Double(size)
      }
    case .ntile(let buckets): return numbers { row in tile(row, buckets) }
    case .offset(let distance, let isInFrame, let hasDefault):
      return picked(default: hasDefault) { row in
        let (target, overflow) = row.addingReportingOverflow(distance)
        let low = Int(isInFrame ? frames.starts[row] : frames.partitionStarts[row])
        let high = Int(isInFrame ? frames.ends[row] : frames.partitionEnds[row])
        return !overflow && target >= low && target < high ? target : nil
      }
    case .nth(let n):
      return picked(default: false) { row in
        let target = Int(frames.starts[row]) + n - 1
        return target < Int(frames.ends[row]) ? target : nil
      }
    case .edge(let isLast, let skipsNulls):
      return picked(default: false, edge(isLast: isLast, skipsNulls: skipsNulls))
    case .aggregate(let call): return try aggregated(call)
    case .running(let function):
      return try RunningEvaluation(
        plan.arguments.map { batch.columns[$0] }, plan.type, rowCount: batch.rowCount, run
      ).result(function)
    }
  }

  private func numbers(_ value: (Int) -> Int) -> Column {
    Column(.uint64, .uint64((0..<rows.count).map { UInt64(value($0)) }))
  }

  private func shares(_ value: (Int) -> Double) -> Column {
    Column(.float64, .float64((0..<rows.count).map(value)))
  }

  /// Buckets of equal size, the first ones larger by one where it does not divide.
  private func tile(_ row: Int, _ buckets: Int) -> Int {
    let size = Int(frames.partitionEnds[row] - frames.partitionStarts[row])
    let place = row - Int(frames.partitionStarts[row])
    let (small, rest) = size.quotientAndRemainder(dividingBy: buckets)
    let large = rest * (small + 1)
    if place < large { return place / (small + 1) + 1 }
    return rest + (small == 0 ? 0 : (place - large) / small) + 1
  }

  /// The row at the frame's edge, or the nearest to it that is not NULL.
  private func edge(isLast: Bool, skipsNulls: Bool) -> (Int) -> Int? {
    let column = batch.columns[plan.arguments[0]]
    let (order, starts, ends) = (rows.order, frames.starts, frames.ends)
    guard skipsNulls, let validity = column.validity else {
      return { row in
        starts[row] < ends[row] ? Int(isLast ? ends[row] - 1 : starts[row]) : nil
      }
    }
    // Of each position the next one with a value, so that a stretch of NULL is crossed at once.
    var next = [Int32](repeating: -1, count: order.count)
    let positions = Array(order.indices)
    var known: Int32 = -1
    for position in isLast ? positions : positions.reversed() {
      if validity[Int(order[position])] != 0 { known = Int32(position) }
      next[position] = known
    }
    return { row in
      guard starts[row] < ends[row] else { return nil }
      let found = next[Int(isLast ? ends[row] - 1 : starts[row])]
      return found >= starts[row] && found < ends[row] ? Int(found) : nil
    }
  }

  /// The argument of another row; where there is none the second argument, or the type's default.
  private func picked(default hasDefault: Bool, _ target: (Int) -> Int?) -> Column {
    let column = batch.columns[plan.arguments[0]]
    let other =
      hasDefault
      ? batch.columns[plan.arguments[1]] : Column(plan.type, of: [.defaultValue(of: plan.type)])
    let both = Column.concatenate(plan.type, [column, other])
    let base = Int32(column.count)
    let positions = (0..<rows.count).map { row -> Int32 in
      if let found = target(row) { return rows.order[found] }
      return hasDefault ? base + rows.order[row] : base
    }
    return both.gather(positions)
  }

  // MARK: Aggregates

  private func aggregated(_ call: AggregateCall) throws(SQLError) -> Column {
    let columns = plan.arguments.map { batch.columns[$0].gather(rows.order) }
    let sorted = Batch(columns, rowCount: rows.count)
    if plan.frame.start == .unbounded {
      return plan.frame.end == .unbounded
        ? try overPartitions(call, sorted) : try growing(call, sorted)
    }
    return try sliding(call, sorted)
  }

  /// One result for each partition.
  private func overPartitions(
    _ call: AggregateCall, _ sorted: Batch
  ) throws(SQLError) -> Column {
    let state = call.makeState()
    let groups = (0..<Int32(rows.partitions.count)).map { $0 }
    state.resize(groups.count)
    let runs = GroupRuns(starts: rows.partitions, groups: groups, rows: rows.count)
    if let input = try call.input(Evaluator(sorted), runs, order(rows.order)) {
      try state.update(input)
    }
    var places = [Int32](repeating: 0, count: rows.count)
    for (group, start) in rows.partitions.enumerated() {
      let end = group + 1 < groups.count ? Int(rows.partitions[group + 1]) : rows.count
      for row in Int(start)..<end { places[row] = Int32(group) }
    }
    return try state.finish().typed(plan.type).gather(places)
  }

  /// Frames that begin with their partition: what lies before some rows is summed up in one state, which is merged
  /// into a group for each of them. So the states' work per call is shared by many rows.
  private func growing(_ call: AggregateCall, _ sorted: Batch) throws(SQLError) -> Column {
    var results: [Column] = []
    var places = [Int32](repeating: 0, count: rows.count)
    var known: Int32 = 0
    var row = 0
    var before = call.makeState()
    var base = 0
    while row < rows.count {
      try run.check()
      let partition = frames.partitionStarts[row]
      if Int(partition) == row {
        before = call.makeState()
        before.resize(1)
        base = row
      }
      // The ends of some frames of the partition, each with the rows that have it.
      var ends: [Int] = []
      var positions: [Int32] = []
      var starts: [Int32] = []
      var groups: [Int32] = []
      while row < rows.count, frames.partitionStarts[row] == partition {
        let end = max(base, Int(frames.ends[row]))
        if ends.last != end {
          if ends.count == Self.sharedFrames || positions.count > Batch.rowsMax { break }
          if end > base {
            starts.append(Int32(positions.count))
            groups.append(Int32(ends.count))
            positions += Int32(base)..<Int32(end)
          }
          ends.append(end)
        }
        places[row] = known + Int32(ends.count - 1)
        row += 1
      }
      let state = call.makeState()
      state.resize(ends.count)
      try feed(
        state, call, sorted, positions,
        GroupRuns(starts: starts, groups: groups, rows: positions.count))
      for group in ends.indices { try state.merge(before, [Int32(group)]) }
      results.append(try state.finish().typed(plan.type))
      known += Int32(ends.count)
      if let last = ends.last, last > base {
        let added = Array(Int32(base)..<Int32(last))
        try feed(
          before, call, sorted, added, GroupRuns(starts: [0], groups: [0], rows: added.count))
        base = last
      }
    }
    return Column.concatenate(plan.type, results).gather(places)
  }

  /// How many frames share one state. Each row is added once for each frame behind it, so more is not better.
  private static let sharedFrames = 64

  private func feed(
    _ state: any AggregateState, _ call: AggregateCall, _ sorted: Batch, _ positions: [Int32],
    _ runs: GroupRuns
  ) throws(SQLError) {
    guard !positions.isEmpty else { return }
    let order = order(positions.map { rows.order[Int($0)] })
    let input = try call.input(Evaluator(sorted.gather(positions)), runs, order)
    if let input { try state.update(input) }
  }

  /// Any frames: each row is a group of its own, fed with its frame, some rows at a time.
  private func sliding(_ call: AggregateCall, _ sorted: Batch) throws(SQLError) -> Column {
    var results: [Column] = []
    var row = 0
    while row < rows.count {
      try run.check()
      let state = call.makeState()
      var positions: [Int32] = []
      var starts: [Int32] = []
      var groups: [Int32] = []
      let first = row
      repeat {
        let frame = frames.starts[row]..<frames.ends[row]
        if !frame.isEmpty {
          starts.append(Int32(positions.count))
          groups.append(Int32(row - first))
          positions += frame
        }
        row += 1
      } while row < rows.count && positions.count < Batch.rowsMax && row - first < Batch.rowsMax
      state.resize(row - first)
      try feed(
        state, call, sorted, positions,
        GroupRuns(starts: starts, groups: groups, rows: positions.count))
      results.append(try state.finish().typed(plan.type))
    }
    return Column.concatenate(plan.type, results)
  }

  /// Rows arrived in the order of the input.
  private func order(_ rows: [Int32]) -> RowOrder { .stored(rows.map { UInt64($0) }) }
}
