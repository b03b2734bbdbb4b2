/// A set of integers kept as ranges: exchanges number trades without gaps, so millions of ids are a few ranges.
///
/// Invariants: ranges are not empty, ascend, and neither overlap nor touch.
struct IntervalSet: Sendable, Hashable {
  private(set) var ranges: [ClosedRange<UInt64>] = []

  /// How many integers are in the set; `UInt64.max` stands for more.
  var count: UInt64 {
    ranges.reduce(0) { total, range in
      let (width, wide) = (range.upperBound - range.lowerBound).addingReportingOverflow(1)
      let (sum, over) = total.addingReportingOverflow(width)
      return wide || over ? .max : sum
    }
  }

  func contains(_ value: UInt64) -> Bool {
    let place = firstRange(endingAtOrAfter: value)
    return place < ranges.count && ranges[place].lowerBound <= value
  }

  /// Adds a value; false when it was there already.
  mutating func insert(_ value: UInt64) -> Bool {
    // Ids arrive in ascending order nearly always.
    if let last = ranges.last, value > last.upperBound {
      if value == last.upperBound + 1 {
        ranges[ranges.count - 1] = last.lowerBound...value
      } else {
        ranges.append(value...value)
      }
      return true
    }
    let place = firstRange(endingAtOrAfter: value)
    guard place < ranges.count else {
      ranges.append(value...value)
      return true
    }
    if ranges[place].lowerBound <= value { return false }
    let touchesNext = ranges[place].lowerBound == value + 1
    let touchesPrevious = place > 0 && ranges[place - 1].upperBound + 1 == value
    switch (touchesPrevious, touchesNext) {
    case (true, true):
      ranges[place - 1] = ranges[place - 1].lowerBound...ranges[place].upperBound
      ranges.remove(at: place)
    case (true, false): ranges[place - 1] = ranges[place - 1].lowerBound...value
    case (false, true): ranges[place] = value...ranges[place].upperBound
    case (false, false): ranges.insert(value...value, at: place)
    }
    return true
  }

  /// Takes a value out; nothing happens when it is not there.
  mutating func remove(_ value: UInt64) {
    let place = firstRange(endingAtOrAfter: value)
    guard place < ranges.count, ranges[place].lowerBound <= value else { return }
    let range = ranges[place]
    switch (range.lowerBound == value, range.upperBound == value) {
    case (true, true): ranges.remove(at: place)
    case (true, false): ranges[place] = (value + 1)...range.upperBound
    case (false, true): ranges[place] = range.lowerBound...(value - 1)
    case (false, false):
      ranges[place] = range.lowerBound...(value - 1)
      ranges.insert((value + 1)...range.upperBound, at: place + 1)
    }
  }

  /// Adds all values of another set.
  mutating func formUnion(_ other: IntervalSet) {
    guard !other.ranges.isEmpty else { return }
    let all = ranges + other.ranges
    ranges = []
    for range in all.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard let last = ranges.last,
        last.upperBound == .max || range.lowerBound <= last.upperBound + 1
      else {
        ranges.append(range)
        continue
      }
      ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
    }
  }

  /// Whether any value is in both.
  func intersects(_ other: IntervalSet) -> Bool {
    other.ranges.contains { range in
      let place = firstRange(endingAtOrAfter: range.lowerBound)
      return place < ranges.count && ranges[place].lowerBound <= range.upperBound
    }
  }

  private func firstRange(endingAtOrAfter value: UInt64) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
