/// A sort that asks at short intervals whether it is still wanted: sorting a hundred million rows takes half a minute,
/// and whoever asked may be gone after a second.

extension Array {
  /// Elements that are sorted, and merged, between two questions: some milliseconds of work.
  private static var pollInterval: Int { 1 << 14 }

  /// Sorts by an order in which no two elements are equal. False when `isWanted` said so; the elements are then in no
  /// order.
  mutating func sort(
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
  private func merge(
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
