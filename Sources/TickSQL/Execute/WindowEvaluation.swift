import TickColumns

/// Computes one window function for all rows, in sorted order.
struct WindowEvaluation {
  private let plan: WindowPlan
  private let batch: Batch
  private let rows: SortedRows
  private let run: QueryRun

  init(_ plan: WindowPlan, _ batch: Batch, _ rows: SortedRows, _ run: QueryRun) {
    self.plan = plan
    self.batch = batch
    self.rows = rows
    self.run = run
  }

  private var frames: WindowFrames { WindowFrames(plan, batch, rows) }

  /// The results by row.
  func result() throws(SQLError) -> Column {
    if rows.count == 0 { return Column(plan.type, of: []) }
    switch plan.function {
    case .rowNumber:
      return numbers(rows.partitions) { range, _, out in
        for row in range { out[row] = UInt64(row - range.lowerBound + 1) }
      }
    case .rank:
      return numbers(rows.peers) { peers, partition, out in
        let rank = UInt64(peers.lowerBound - partition.lowerBound + 1)
        for row in peers { out[row] = rank }
      }
    case .denseRank:
      var rank: UInt64 = 0
      return numbers(rows.peers) { peers, partition, out in
        rank = peers.lowerBound == partition.lowerBound ? 1 : rank + 1
        for row in peers { out[row] = rank }
      }
    case .percentRank:
      return shares { peers, partition in
        let before = Double(peers.lowerBound - partition.lowerBound)
        return partition.count > 1 ? before / Double(partition.count - 1) : 0
      }
    case .cumeDist:
      return shares { peers, partition in
        Double(peers.upperBound - partition.lowerBound) / Double(partition.count)
      }
    case .ntile(let buckets):
      return numbers(rows.partitions) { range, _, out in
        for row in range { out[row] = UInt64(Self.tile(row, of: range, buckets)) }
      }
    case .offset(let distance, let isInFrame, let hasDefault):
      return offset(distance, isInFrame: isInFrame, hasDefault: hasDefault)
    case .nth(let n):
      let frames = frames
      return picked(default: false) { row in
        let target = Int(frames.starts[row]) + n - 1
        return target < Int(frames.ends[row]) ? target : nil
      }
    case .edge(let isLast, let skipsNulls):
      return picked(default: false, edge(isLast: isLast, skipsNulls: skipsNulls))
    case .aggregate(let call): return try aggregated(call)
    case .running(let function):
      return rows.unsorted(
        try RunningEvaluation(
          plan.arguments.map { batch.columns[$0] }, plan.type, rowCount: batch.rowCount, run
        ).result(function))
    }
  }

  /// Whole numbers of the rows of each range that begins at one of the starts, within its partition.
  private func numbers(
    _ starts: [Int32],
    _ fill: (_ range: Range<Int>, _ partition: Range<Int>, _ out: inout MutableSpan<UInt64>) -> Void
  ) -> Column {
    var out = [UInt64](repeating: 0, count: rows.count)
    var span = out.mutableSpan
    forEach(starts) { fill($0, $1, &span) }
    return Column(.uint64, .uint64(rows.unsorted(out)))
  }

  /// A share for the rows of each group of peers, within its partition.
  private func shares(_ share: (_ peers: Range<Int>, _ partition: Range<Int>) -> Double) -> Column {
    var out = [Double](repeating: 0, count: rows.count)
    forEach(rows.peers) { peers, partition in
      let share = share(peers, partition)
      for row in peers { out[row] = share }
    }
    return Column(.float64, .float64(rows.unsorted(out)))
  }

  /// Ranges with the partitions that they are in.
  private func forEach(_ starts: [Int32], _ body: (Range<Int>, Range<Int>) -> Void) {
    let partitions = rows.partitions
    var next = 0
    var partition = 0..<0
    rows.forEach(starts) { range in
      if range.lowerBound >= partition.upperBound {
        next += 1
        let end = next < partitions.count ? Int(partitions[next]) : rows.count
        partition = range.lowerBound..<end
      }
      body(range, partition)
    }
  }

  /// Buckets of equal size, the first ones larger by one where it does not divide.
  private static func tile(_ row: Int, of partition: Range<Int>, _ buckets: Int) -> Int {
    let place = row - partition.lowerBound
    let (small, rest) = partition.count.quotientAndRemainder(dividingBy: buckets)
    let large = rest * (small + 1)
    if place < large { return place / (small + 1) + 1 }
    return rest + (small == 0 ? 0 : (place - large) / small) + 1
  }

  // MARK: Other rows

  /// lag and lead, in the partition or in the frame.
  private func offset(_ distance: Int, isInFrame: Bool, hasDefault: Bool) -> Column {
    let column = batch.columns[plan.arguments[0]]
    let none = Int32(column.count)
    var targets = [Int32](repeating: 0, count: rows.count)
    let rows = rows
    func target(_ row: Int, _ range: Range<Int>) -> Int32 {
      let target = row + distance
      if range.contains(target) { return rows.row(at: target) }
      return hasDefault ? none + rows.row(at: row) : none
    }
    var span = targets.mutableSpan
    if isInFrame {
      let frames = frames
      for row in 0..<rows.count {
        span[row] = target(row, Int(frames.starts[row])..<Int(frames.ends[row]))
      }
    } else {
      rows.forEach(rows.partitions) { range in
        for row in range { span[row] = target(row, range) }
      }
    }
    return gathered(targets, hasDefault: hasDefault)
  }

  /// The argument at the targets of the sorted positions. Beyond the last row stand the second argument, or the type's
  /// default.
  private func gathered(_ targets: [Int32], hasDefault: Bool) -> Column {
    let other =
      hasDefault
      ? batch.columns[plan.arguments[1]] : Column(plan.type, of: [.defaultValue(of: plan.type)])
    let both = Column.concatenate(plan.type, [batch.columns[plan.arguments[0]], other])
    return both.gather(rows.unsorted(targets))
  }

  /// The row at the frame's edge, or the nearest to it that is not NULL.
  private func edge(isLast: Bool, skipsNulls: Bool) -> (Int) -> Int? {
    let column = batch.columns[plan.arguments[0]]
    let frames = frames
    let (starts, ends) = (frames.starts, frames.ends)
    guard skipsNulls, let validity = column.validity else {
      return { row in
        starts[row] < ends[row] ? Int(isLast ? ends[row] - 1 : starts[row]) : nil
      }
    }
    // Of each position the next one with a value, so that a stretch of NULL is crossed at once.
    var next = [Int32](repeating: -1, count: rows.count)
    var known: Int32 = -1
    func note(_ position: Int) {
      if validity[Int(rows.row(at: position))] != 0 { known = Int32(position) }
      next[position] = known
    }
    if isLast {
      for position in 0..<rows.count { note(position) }
    } else {
      for position in (0..<rows.count).reversed() { note(position) }
    }
    return { row in
      guard starts[row] < ends[row] else { return nil }
      let found = next[Int(isLast ? ends[row] - 1 : starts[row])]
      return found >= starts[row] && found < ends[row] ? Int(found) : nil
    }
  }

  /// The argument of another sorted position; where there is none the type's default.
  private func picked(default hasDefault: Bool, _ target: (Int) -> Int?) -> Column {
    let none = Int32(batch.columns[plan.arguments[0]].count)
    let targets = (0..<rows.count).map { row in target(row).map { rows.row(at: $0) } ?? none }
    return gathered(targets, hasDefault: false)
  }

  // MARK: Aggregates

  private func aggregated(_ call: AggregateCall) throws(SQLError) -> Column {
    let columns = plan.arguments.map { rows.sorted(batch.columns[$0]) }
    let sorted = Batch(columns, rowCount: rows.count)
    return rows.unsorted(try aggregated(call, sorted))
  }

  private func aggregated(_ call: AggregateCall, _ sorted: Batch) throws(SQLError) -> Column {
    let bounds = plan.frame
    if bounds.start == .unbounded, bounds.end == .unbounded {
      return try overPartitions(call, sorted)
    }
    let frames = frames
    if run.context.slidesWindows,
      let column = try SlidingAggregate(call, plan.type, sorted)?.result(frames, run)
    {
      return column
    }
    return bounds.start == .unbounded
      ? try growing(call, sorted, frames) : try sliding(call, sorted, frames)
  }

  /// One result for each partition.
  private func overPartitions(
    _ call: AggregateCall, _ sorted: Batch
  ) throws(SQLError) -> Column {
    let state = call.makeState()
    let groups = (0..<Int32(rows.partitions.count)).map { $0 }
    state.resize(groups.count)
    let runs = GroupRuns(starts: rows.partitions, groups: groups, rows: rows.count)
    if let input = try call.input(Evaluator(sorted), runs, order(call, 0..<rows.count)) {
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
  private func growing(
    _ call: AggregateCall, _ sorted: Batch, _ frames: WindowFrames
  ) throws(SQLError) -> Column {
    var results: [Column] = []
    var places = [Int32](repeating: 0, count: rows.count)
    var known: Int32 = 0
    var row = 0
    var before = call.makeState()
    var base = 0
    var next = 0
    var partitionEnd = 0
    while row < rows.count {
      try run.check()
      if row == partitionEnd {
        before = call.makeState()
        before.resize(1)
        base = row
        next += 1
        partitionEnd = next < rows.partitions.count ? Int(rows.partitions[next]) : rows.count
      }
      // The ends of some frames of the partition, each with the rows that have it.
      var ends: [Int] = []
      var positions: [Int32] = []
      var starts: [Int32] = []
      var groups: [Int32] = []
      while row < partitionEnd {
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
    let order = order(call, positions.lazy.map { Int($0) })
    let input = try call.input(Evaluator(sorted.gather(positions)), runs, order)
    if let input { try state.update(input) }
  }

  /// Any frames: each row is a group of its own, fed with its frame, some rows at a time.
  private func sliding(
    _ call: AggregateCall, _ sorted: Batch, _ frames: WindowFrames
  ) throws(SQLError) -> Column {
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
  private func order(_ call: AggregateCall, _ positions: some Sequence<Int>) -> RowOrder {
    call.needsOrder ? .stored(positions.map { UInt64(rows.row(at: $0)) }) : .ascending(0)
  }
}
