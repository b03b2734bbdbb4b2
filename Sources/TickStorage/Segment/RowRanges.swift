/// Some rows of a file as stretches: those that are live.
///
/// Invariant: the ranges ascend, none is empty, and no two touch.
public struct RowRanges: Hashable, Sendable {
  public let ranges: [Range<Int>]
  /// Rows in all of them.
  public let count: Int

  /// The rows of a whole file; none for an empty range.
  public init(_ range: Range<Int>) {
    ranges = range.isEmpty ? [] : [range]
    count = range.count
  }

  /// Nil where the ranges do not ascend, touch, or are empty.
  public init?(_ ranges: [Range<Int>]) {
    var end = -1
    var count = 0
    for range in ranges {
      guard range.lowerBound > end, !range.isEmpty else { return nil }
      end = range.upperBound
      let (sum, overflow) = count.addingReportingOverflow(range.count)
      if overflow { return nil }
      count = sum
    }
    self.ranges = ranges
    self.count = count
  }

  /// Ranges that ascend and may be empty or touch.
  private init(joining stretches: [Range<Int>]) {
    var out: [Range<Int>] = []
    for stretch in stretches where !stretch.isEmpty {
      if let last = out.last, last.upperBound >= stretch.lowerBound {
        out[out.count - 1] = last.lowerBound..<max(last.upperBound, stretch.upperBound)
      } else {
        out.append(stretch)
      }
    }
    ranges = out
    count = out.reduce(0) { $0 + $1.count }
  }

  public var end: Int { ranges.last?.upperBound ?? 0 }

  /// The parts of the ranges that lie in a stretch of the file, in order.
  public func parts(in stretch: Range<Int>) -> [Range<Int>] {
    var out: [Range<Int>] = []
    var next = firstRange(endingAbove: stretch.lowerBound)
    while next < ranges.count, ranges[next].lowerBound < stretch.upperBound {
      let part = ranges[next].clamped(to: stretch)
      if !part.isEmpty { out.append(part) }
      next += 1
    }
    return out
  }

  /// How many of a stretch's rows are among these.
  public func count(in stretch: Range<Int>) -> Int {
    parts(in: stretch).reduce(0) { $0 + $1.count }
  }

  /// The rows of these that lie in stretches that ascend and may touch.
  public func intersection(_ stretches: [Range<Int>]) -> RowRanges {
    RowRanges(joining: stretches.flatMap { parts(in: $0) })
  }

  /// The rows that are left without some.
  ///
  /// - Parameter rows: ascending, each once.
  public func subtracting(_ rows: [Int]) -> RowRanges {
    var out: [Range<Int>] = []
    var next = 0
    for range in ranges {
      var start = range.lowerBound
      while next < rows.count, rows[next] < range.upperBound {
        if rows[next] >= start {
          if rows[next] > start { out.append(start..<rows[next]) }
          start = rows[next] + 1
        }
        next += 1
      }
      if start < range.upperBound { out.append(start..<range.upperBound) }
    }
    return RowRanges(joining: out)
  }

  /// The rows of these that are not among others.
  public func subtracting(_ other: RowRanges) -> RowRanges {
    var out: [Range<Int>] = []
    for range in ranges {
      var start = range.lowerBound
      for part in other.parts(in: range) {
        out.append(start..<part.lowerBound)
        start = part.upperBound
      }
      out.append(start..<range.upperBound)
    }
    return RowRanges(joining: out)
  }

  private func firstRange(endingAbove row: Int) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= row { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
