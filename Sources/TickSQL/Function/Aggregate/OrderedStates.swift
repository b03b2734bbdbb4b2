/// Aggregates that walk through a group's rows one after the other: the values are kept with their place in the
/// order and sorted at the end, so that neither blocks nor threads matter.
import TickColumns

/// boundingRatio: the slope from the leftmost to the rightmost point; of equal ones the first that arrived.
final class BoundingRatioState: AggregateState {
  private var groups: [Bounds] = []

  private struct Point {
    var x: Double
    var y: Double
    var order: UInt64
  }

  private struct Bounds {
    var left: Point?
    var right: Point?

    mutating func offer(_ point: Point) {
      if let known = left {
        if point.x < known.x || point.x == known.x && point.order < known.order { left = point }
      } else {
        left = point
      }
      if let known = right {
        if point.x > known.x || point.x == known.x && point.order < known.order { right = point }
      } else {
        right = point
      }
    }
  }

  func resize(_ count: Int) { groups.extend(to: count, with: Bounds()) }

  func update(_ input: AggregateInput) {
    let x = input.operands[0].measures()
    let y = input.operands[1].measures()
    for run in 0..<input.runs.starts.count {
      let group = Int(input.runs.groups[run])
      var bounds = groups[group]
      for row in input.runs.range(run) {
        bounds.offer(Point(x: x.element(row), y: y.element(row), order: input.order.number(row)))
      }
      groups[group] = bounds
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? BoundingRatioState else { return }
    for (theirs, ours) in groups.enumerated() {
      if let left = other.groups[theirs].left { self.groups[Int(ours)].offer(left) }
      if let right = other.groups[theirs].right { self.groups[Int(ours)].offer(right) }
    }
  }

  func finish() -> Column {
    let values = groups.map { bounds -> Double in
      guard let left = bounds.left, let right = bounds.right else { return .nan }
      return (right.y - left.y) / (right.x - left.x)
    }
    return Column(.float64, .float64(values))
  }

  var byteCount: Int { groups.count * MemoryLayout<Bounds>.stride }
}
