/// Many arrays back to back: array i holds the elements `offsets[i]..<offsets[i + 1]` of one column.
///
/// Invariants: `offsets` starts with 0, never decreases, has `count + 1` entries and ends with `elements.count`.
public struct ArrayValues: Sendable {
  public let offsets: [Int]
  public let elements: Column

  /// Takes offsets that already keep the invariants; a break of them is a programming error.
  public init(offsets: [Int], elements: Column) {
    precondition(
      offsets.first == 0 && offsets.last == elements.count, "array offsets do not span the elements"
    )
    assert(zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }, "array offsets decrease")
    self.offsets = offsets
    self.elements = elements
  }

  /// No array at all, over elements of a type.
  public init(of element: DataType) {
    self.init(offsets: [0], elements: Column(element, of: []))
  }

  public var count: Int { offsets.count - 1 }

  public func range(at index: Int) -> Range<Int> { offsets[index]..<offsets[index + 1] }

  public func length(at index: Int) -> Int { offsets[index + 1] - offsets[index] }

  /// Arrays at the positions, in their order; nil once they are not wanted any more.
  func gather(_ positions: [Int32], while isWanted: () -> Bool) -> ArrayValues? {
    var moved = [0]
    moved.reserveCapacity(positions.count + 1)
    var total = 0
    for position in positions {
      total += length(at: Int(position))
      moved.append(total)
    }
    var sources: [Int32] = []
    sources.reserveCapacity(total)
    var untilAsked = rowsBetweenQuestions
    for position in positions {
      for element in range(at: Int(position)) {
        sources.append(Int32(truncatingIfNeeded: element))
        untilAsked -= 1
        if untilAsked == 0 {
          guard isWanted() else { return nil }
          untilAsked = rowsBetweenQuestions
        }
      }
    }
    return elements.gather(sources, while: isWanted).map {
      ArrayValues(offsets: moved, elements: $0)
    }
  }

  public func slice(_ rows: Range<Int>) -> ArrayValues {
    let base = offsets[rows.lowerBound]
    return ArrayValues(
      offsets: offsets[rows.lowerBound...rows.upperBound].map { $0 - base },
      elements: elements.slice(base..<offsets[rows.upperBound]))
  }

  /// The number of the array that each element belongs to.
  public var parents: [Int32] {
    var out: [Int32] = []
    out.reserveCapacity(elements.count)
    for row in 0..<count {
      for _ in range(at: row) { out.append(Int32(truncatingIfNeeded: row)) }
    }
    return out
  }
}
