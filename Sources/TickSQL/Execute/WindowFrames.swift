import TickColumns

/// The frame of each row: a range of sorted positions within the row's partition; an empty one has `start == end`.
struct WindowFrames {
  private(set) var starts: [Int32]
  private(set) var ends: [Int32]

  init(_ plan: WindowPlan, _ batch: Batch, _ rows: SortedRows) {
    let bounds = plan.frame
    starts = Self.filled(rows, rows.partitions) { Int32($0.lowerBound) }
    ends = Self.filled(rows, rows.partitions) { Int32($0.upperBound) }
    switch bounds.unit {
    case .rows:
      if let offset = bounds.start.distance {
        Self.move(&starts, rows) { row, low, high in min(max(row + offset, low), high) }
      }
      if let offset = bounds.end.distance {
        Self.move(&ends, rows) { row, low, high in min(max(row + offset + 1, low), high) }
      }
    case .groups:
      if let offset = bounds.start.distance { Self.moveByGroups(&starts, rows, offset) }
      if let offset = bounds.end.distance { Self.moveByGroups(&ends, rows, offset + 1) }
    case .range:
      if case .current = bounds.start {
        starts = Self.filled(rows, rows.peers) { Int32($0.lowerBound) }
      }
      if case .current = bounds.end {
        ends = Self.filled(rows, rows.peers) { Int32($0.upperBound) }
      }
      fillRange(plan, batch, rows)
    }
    for row in starts.indices where ends[row] < starts[row] { ends[row] = starts[row] }
  }

  /// For each row a value of the range, of those that begin at `starts`, that the row is in.
  private static func filled(
    _ rows: SortedRows, _ starts: [Int32], _ value: (Range<Int>) -> Int32
  ) -> [Int32] {
    var out = [Int32](repeating: 0, count: rows.count)
    var span = out.mutableSpan
    rows.forEach(starts) { range in
      let value = value(range)
      for row in range { span[row] = value }
    }
    return out
  }

  /// Sets each row's bound by where it stands and where its partition begins and ends.
  @inline(__always)
  private static func move(
    _ bounds: inout [Int32], _ rows: SortedRows, _ bound: (Int, Int, Int) -> Int
  ) {
    var span = bounds.mutableSpan
    rows.forEach(rows.partitions) { range in
      for row in range {
        span[row] = Int32(truncatingIfNeeded: bound(row, range.lowerBound, range.upperBound))
      }
    }
  }

  /// Sets each row's bound to where the group of peers begins that is so many groups away, within the partition.
  private static func moveByGroups(_ bounds: inout [Int32], _ rows: SortedRows, _ offset: Int) {
    let peers = rows.peers
    var span = bounds.mutableSpan
    var group = 0
    rows.forEach(rows.partitions) { partition in
      let first = group
      while group < peers.count, Int(peers[group]) < partition.upperBound { group += 1 }
      for own in first..<group {
        let other = own + offset
        let bound =
          other < first
          ? Int32(partition.lowerBound)
          : other < group ? peers[other] : Int32(partition.upperBound)
        let end = own + 1 < group ? Int(peers[own + 1]) : partition.upperBound
        for row in Int(peers[own])..<end { span[row] = bound }
      }
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
    let column = rows.sorted(batch.columns[item.output])
    // Rows without a place, NULL and NaN, are near their peers only.
    let places = AsofRanks.places(column)
    if let places {
      let firsts = Self.filled(rows, rows.peers) { Int32($0.lowerBound) }
      let lasts = Self.filled(rows, rows.peers) { Int32($0.upperBound) }
      for row in places.indices where places[row] == 0 {
        if distances.start != nil { starts[row] = firsts[row] }
        if distances.end != nil { ends[row] = lasts[row] }
      }
    }
    switch column.values {
    case .float32(let v):
      fill(v.map { Double($0) }, places, distances, item, rows) { $0 + Double($1) }
    case .float64(let v): fill(v, places, distances, item, rows) { $0 + Double($1) }
    default:
      let ranks = AsofRanks.ranks(column)
      if let numbers = Self.narrow(ranks, column, distances) {
        fill(numbers, places, distances, item, rows) { $0 &+ $1 }
        return
      }
      // Distances between ranks of whole numbers are those between the numbers.
      fill(ranks.map { Int128($0) }, places, distances, item, rows) { $0 + Int128($1) }
    }
  }

  /// Whole numbers with room for the distances on both sides; nil where they have none.
  private static func narrow(
    _ ranks: [UInt64], _ column: Column, _ distances: (start: Int64?, end: Int64?)
  ) -> [Int64]? {
    let room = max(distances.start?.magnitude ?? 0, distances.end?.magnitude ?? 0) + 1
    let isSigned =
      switch column.values {
      case .int8, .int16, .int32, .int64: true
      default: false
      }
    // The rank of a number with a sign is the number with its first bit turned.
    let turned: UInt64 = isSigned ? 1 << 63 : 0
    var (least, greatest) = (UInt64.max, UInt64.min)
    for rank in ranks {
      least = min(least, rank)
      greatest = max(greatest, rank)
    }
    guard greatest < (isSigned ? UInt64.max : 1 << 63) - room, !isSigned || least > room else {
      return nil
    }
    return ranks.map { Int64(bitPattern: $0 ^ turned) }
  }

  /// Follows the ends of the rows' frames along the values of each partition, which ascend as the bounds do.
  private mutating func fill<T: Comparable & SignedNumeric>(
    _ given: [T], _ places: [UInt8]?, _ distances: (start: Int64?, end: Int64?), _ item: SortItem,
    _ rows: SortedRows, _ moved: (T, Int64) -> T
  ) {
    // Values that ascend along the sorted rows.
    let values = item.isDescending ? given.map { -$0 } : given
    var starts = starts
    var ends = ends
    rows.forEach(rows.partitions) { partition in
      let range = places.map { Self.placed(partition, $0) } ?? partition
      if let n = distances.start {
        var place = range.lowerBound
        for row in range {
          let bound = moved(values[row], n)
          while place < range.upperBound, values[place] < bound { place += 1 }
          starts[row] = Int32(place)
        }
      }
      if let n = distances.end {
        var place = range.lowerBound
        for row in range {
          let bound = moved(values[row], n)
          while place < range.upperBound, values[place] <= bound { place += 1 }
          ends[row] = Int32(place)
        }
      }
    }
    self.starts = starts
    self.ends = ends
  }

  /// A partition without the rows at its ends that have no place.
  private static func placed(_ partition: Range<Int>, _ places: [UInt8]) -> Range<Int> {
    var low = partition.lowerBound
    var high = partition.upperBound
    while low < high, places[low] == 0 { low += 1 }
    while low < high, places[high - 1] == 0 { high -= 1 }
    return low..<high
  }
}

extension WindowBounds.Bound {
  /// How far from the current row or its group; nil where there is no bound.
  fileprivate var distance: Int? {
    switch self {
    case .unbounded: nil
    case .current: 0
    case .offset(let n): Int(n)
    }
  }
}
