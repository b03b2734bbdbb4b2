/// A sort that asks at short intervals whether it is still wanted: sorting a hundred million rows takes half a minute,
/// and whoever asked may be gone after a second.

extension Array {
  /// Elements that are sorted, and merged, between two questions: some milliseconds of work.
  @inlinable static var pollInterval: Int { 1 << 14 }

  /// Sorts by an order in which no two elements are equal, or equal ones may trade places. False when `isWanted` said
  /// so; the elements are then in no order.
  @inlinable public mutating func sort(
    while isWanted: () -> Bool, by precedes: (Element, Element) -> Bool
  ) -> Bool {
    let run = Self.pollInterval
    guard count > 2 * run else {
      sort(by: precedes)
      return isWanted()
    }
    var start = 0
    while start < count {
      let end = Swift.min(start + run, count)
      self[start..<end].sort(by: precedes)
      guard isWanted() else { return false }
      start = end
    }
    var merged = self
    var width = run
    while width < count {
      for low in stride(from: 0, to: count, by: 2 * width) {
        let middle = Swift.min(low + width, count)
        let high = Swift.min(middle + width, count)
        guard merge(low, middle, high, into: &merged, while: isWanted, by: precedes) else {
          return false
        }
      }
      swap(&self, &merged)
      width *= 2
    }
    return true
  }

  /// Merges two sorted ranges that follow each other into the same places of `out`.
  @inlinable func merge(
    _ low: Int, _ middle: Int, _ high: Int, into out: inout [Element], while isWanted: () -> Bool,
    by precedes: (Element, Element) -> Bool
  ) -> Bool {
    var (left, right, place) = (low, middle, low)
    // Rows that come in order mostly are.
    if middle < high, precedes(self[middle - 1], self[middle]) { right = high }
    let isInOrder = right == high
    while place < high {
      let end = Swift.min(place + Self.pollInterval, high)
      if isInOrder {
        out.replaceSubrange(place..<end, with: self[place..<end])
        place = end
      }
      while place < end {
        if left < middle, right == high || precedes(self[left], self[right]) {
          out[place] = self[left]
          left += 1
        } else {
          out[place] = self[right]
          right += 1
        }
        place += 1
      }
      guard isWanted() else { return false }
    }
    return true
  }
}

extension [Int64] {
  /// Sorts ascending, digit by digit of 11 bits from the last to the first. False when `isWanted` said so; the numbers
  /// are then in no order.
  public mutating func sort(while isWanted: () -> Bool) -> Bool {
    guard count > 1 << 12 else {
      sort()
      return isWanted()
    }
    let interval = 1 << 16
    let (digitBits, digits) = (11, 6)
    let mask = UInt64(1 << digitBits - 1)
    // All digits are counted in one go.
    var starts = [Int](repeating: 0, count: digits << digitBits)
    for piece in stride(from: 0, to: count, by: interval) {
      guard isWanted() else { return false }
      for i in piece..<Swift.min(piece + interval, count) {
        var rest = UInt64(bitPattern: self[i]) ^ 1 << 63
        for digit in 0..<digits {
          starts[digit << digitBits | Int(rest & mask)] += 1
          rest >>= UInt64(digitBits)
        }
      }
    }
    var moved = self
    for digit in 0..<digits {
      let first = digit << digitBits
      var place = 0
      var isShared = false
      for bucket in first..<first + 1 << digitBits {
        isShared = isShared || starts[bucket] == count
        (starts[bucket], place) = (place, place + starts[bucket])
      }
      if isShared { continue }
      let shift = UInt64(digit * digitBits)
      for piece in stride(from: 0, to: count, by: interval) {
        guard isWanted() else { return false }
        for i in piece..<Swift.min(piece + interval, count) {
          let number = self[i]
          let bucket = first | Int((UInt64(bitPattern: number) ^ 1 << 63) >> shift & mask)
          moved[starts[bucket]] = number
          starts[bucket] += 1
        }
      }
      swap(&self, &moved)
    }
    return true
  }
}
