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

  private mutating func fillRange(_ plan: WindowPlan, _ batch: Batch, _ rows: SortedRows) {
    var distances: (start: Int64?, end: Int64?)
    if case .offset(let n) = plan.frame.start { distances.start = n }
    if case .offset(let n) = plan.frame.end { distances.end = n }
    guard distances.start != nil || distances.end != nil, let item = plan.order.first else {
      return
    }
    let column = batch.columns[item.output].gather(rows.order)
    // Rows without a place, NULL and NaN, are near their peers only.
    let places = AsofRanks.places(column) ?? Array(repeating: 1, count: column.count)
    switch column.values {
    case .float32(let v): fill(v.map { Double($0) }, places, distances, item) { $0 + Double($1) }
    case .float64(let v): fill(v, places, distances, item) { $0 + Double($1) }
    default:
      // Distances between ranks of whole numbers are those between the numbers.
      fill(AsofRanks.ranks(column).map { Int128($0) }, places, distances, item) { $0 + Int128($1) }
    }
  }

  /// Searches for the ends of each row's frame among the values of its partition.
  private mutating func fill<T: Comparable & SignedNumeric>(
    _ given: [T], _ places: [UInt8], _ distances: (start: Int64?, end: Int64?), _ item: SortItem,
    _ moved: (T, Int64) -> T
  ) {
    // Values that ascend along the sorted rows.
    let values = item.isDescending ? given.map { -$0 } : given
    var partition: Int32 = -1
    var range = 0..<0
    for row in starts.indices {
      if partitionStarts[row] != partition {
        partition = partitionStarts[row]
        range = Self.placed(Int(partition)..<Int(partitionEnds[row]), places)
      }
      guard places[row] != 0 else {
        if distances.start != nil { starts[row] = peerStarts[row] }
        if distances.end != nil { ends[row] = peerEnds[row] }
        continue
      }
      if let n = distances.start {
        let bound = moved(values[row], n)
        starts[row] = Int32(Self.search(values, range) { $0 >= bound })
      }
      if let n = distances.end {
        let bound = moved(values[row], n)
        ends[row] = Int32(Self.search(values, range) { $0 > bound })
      }
    }
  }

  /// A partition without the rows at its ends that have no place.
  private static func placed(_ partition: Range<Int>, _ places: [UInt8]) -> Range<Int> {
    var low = partition.lowerBound
    var high = partition.upperBound
    while low < high, places[low] == 0 { low += 1 }
    while low < high, places[high - 1] == 0 { high -= 1 }
    return low..<high
  }

  /// The first position of ascending values that is behind a bound.
  private static func search<T>(
    _ values: [T], _ range: Range<Int>, _ isBehind: (T) -> Bool
  ) -> Int {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
      let middle = low + (high - low) / 2
      if isBehind(values[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
