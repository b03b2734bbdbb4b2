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
