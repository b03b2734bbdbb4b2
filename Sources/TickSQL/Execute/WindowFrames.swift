import TickColumns

/// The frame of each row: a range of sorted positions within the row's partition.
struct WindowFrames {
  /// Where each row's frame begins and ends; an empty one has `start == end`.
  private(set) var starts: [Int32]
  private(set) var ends: [Int32]
  /// Of each row: its partition and its peers, as ranges.
  let partitionStarts: [Int32]
  let partitionEnds: [Int32]
  let peerStarts: [Int32]
  let peerEnds: [Int32]
  /// Of each row: which group of peers it belongs to, counted over all partitions.
  let groups: [Int32]

  init(_ plan: WindowPlan, _ batch: Batch, _ rows: SortedRows) {
    let count = rows.count
    (partitionStarts, partitionEnds, _) = Self.ranges(rows.partitions, count)
    (peerStarts, peerEnds, groups) = Self.ranges(rows.peers, count)
    starts = partitionStarts
    ends = partitionEnds
    let bounds = plan.frame
    switch bounds.unit {
    case .rows:
      fill(bounds) { row, offset in
        Int(row) + Int(offset)
      } end: { row, offset in
        Int(row) + Int(offset) + 1
      }
    case .groups: fillGroups(bounds, rows)
    case .range:
      if case .current = bounds.start { starts = peerStarts }
      if case .current = bounds.end { ends = peerEnds }
      fillRange(plan, batch, rows)
    }
    for row in 0..<count where ends[row] < starts[row] { ends[row] = starts[row] }
  }

  private static func ranges(
    _ starts: [Int32], _ count: Int
  ) -> (starts: [Int32], ends: [Int32], numbers: [Int32]) {
    var first = [Int32](repeating: 0, count: count)
    var last = first
    var numbers = first
    for (i, start) in starts.enumerated() {
      let end = i + 1 < starts.count ? starts[i + 1] : Int32(count)
      for row in Int(start)..<Int(end) {
        first[row] = start
        last[row] = end
        numbers[row] = Int32(i)
      }
    }
    return (first, last, numbers)
  }

  private mutating func fill(
    _ bounds: WindowBounds, start: (Int32, Int64) -> Int, end: (Int32, Int64) -> Int
  ) {
    for row in starts.indices {
      let low = Int(partitionStarts[row])
      let high = Int(partitionEnds[row])
      func clamped(_ position: Int) -> Int32 { Int32(min(max(position, low), high)) }
      switch bounds.start {
      case .unbounded: break
      case .current: starts[row] = clamped(start(Int32(row), 0))
      case .offset(let offset): starts[row] = clamped(start(Int32(row), offset))
      }
      switch bounds.end {
      case .unbounded: break
      case .current: ends[row] = clamped(end(Int32(row), 0))
      case .offset(let offset): ends[row] = clamped(end(Int32(row), offset))
      }
    }
  }

  private mutating func fillGroups(_ bounds: WindowBounds, _ rows: SortedRows) {
    let (peers, groups, count) = (rows.peers, groups, rows.count)
    /// Where a group begins; the one behind the last begins at the end.
    func start(of group: Int) -> Int {
      group < 0 ? 0 : group < peers.count ? Int(peers[group]) : count
    }
    fill(bounds) { row, offset in
      start(of: Int(groups[Int(row)]) + Int(offset))
    } end: {
      row, offset in
      start(of: Int(groups[Int(row)]) + Int(offset) + 1)
    }
  }

  // MARK: RANGE with distances

  /// The order's values as numbers that ascend along the sorted rows; nil for NULL and NaN, which are near their
  /// peers only.
  private func fillRangeValues(_ column: Column, isDescending: Bool) -> [Double?] {
    let sign: Double = isDescending ? -1 : 1
    return (0..<column.count).map { row in
      guard let value = column.value(at: row).double, !value.isNaN else { return nil }
      return sign * value
    }
  }

  private mutating func fillRange(_ plan: WindowPlan, _ batch: Batch, _ rows: SortedRows) {
    var distances: (start: Int64?, end: Int64?)
    if case .offset(let n) = plan.frame.start { distances.start = n }
    if case .offset(let n) = plan.frame.end { distances.end = n }
    guard distances.start != nil || distances.end != nil, let item = plan.order.first else {
      return
    }
    let column = batch.columns[item.output].gather(rows.order)
    let wide = Self.wideValues(column, isDescending: item.isDescending)
    let doubles = wide == nil ? fillRangeValues(column, isDescending: item.isDescending) : []
    for row in starts.indices {
      let isPlaced = wide.map { $0[row] != nil } ?? (doubles[row] != nil)
      guard isPlaced else {
        if distances.start != nil { starts[row] = peerStarts[row] }
        if distances.end != nil { ends[row] = peerEnds[row] }
        continue
      }
      let range = Int(partitionStarts[row])..<Int(partitionEnds[row])
      if let n = distances.start {
        starts[row] = Int32(
          wide.map { Self.first($0, range, notBelow: ($0[row] ?? 0) + Int128(n)) }
            ?? Self.first(doubles, range, notBelow: (doubles[row] ?? 0) + Double(n)))
      }
      if let n = distances.end {
        ends[row] = Int32(
          wide.map { Self.first($0, range, notBelow: ($0[row] ?? 0) + Int128(n) + 1) }
            ?? Self.first(doubles, range, above: (doubles[row] ?? 0) + Double(n)))
      }
    }
  }

  /// Whole numbers exactly; nil for floats.
  private static func wideValues(_ column: Column, isDescending: Bool) -> [Int128?]? {
    switch column.values {
    case .float32, .float64: return nil
    default: break
    }
    let sign: Int128 = isDescending ? -1 : 1
    return (0..<column.count).map { row in
      switch column.value(at: row) {
      case .int(let n): sign * Int128(n)
      case .uint(let n): sign * Int128(n)
      default: nil
      }
    }
  }

  /// The first position whose value is there and not below a bound. Rows without a value stand at one end; they never
  /// belong to the range of one that has a value.
  private static func first<T: Comparable>(
    _ values: [T?], _ range: Range<Int>, notBelow bound: T
  ) -> Int {
    search(values, range) { $0 >= bound }
  }

  private static func first<T: Comparable>(
    _ values: [T?], _ range: Range<Int>, above bound: T
  ) -> Int {
    search(values, range) { $0 > bound }
  }

  private static func search<T>(
    _ values: [T?], _ range: Range<Int>, _ isBehind: (T) -> Bool
  ) -> Int {
    var low = range.lowerBound
    var high = range.upperBound
    // Leave out rows without a value at either end.
    while low < high, values[low] == nil { low += 1 }
    while low < high, values[high - 1] == nil { high -= 1 }
    while low < high {
      let middle = low + (high - low) / 2
      if let value = values[middle], !isBehind(value) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
