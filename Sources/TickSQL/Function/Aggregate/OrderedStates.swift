/// Aggregates that walk through a group's rows one after the other: the values are kept with their place in the
/// order and sorted at the end, so that neither blocks nor threads matter.
import TickColumns

/// deltaSum: the sum of the steps upwards, in order of arrival or of a timestamp.
final class DeltaSumState: AggregateState {
  private let type: DataType
  private let hasTimestamps: Bool
  private var groups: [[Entry]] = []
  private var held = 0

  private struct Entry {
    let time: Int64
    let order: UInt64
    /// Doubles by their bits, integers widened.
    let bits: Int64
  }

  init(_ type: DataType, hasTimestamps: Bool) {
    self.type = type
    self.hasTimestamps = hasTimestamps
  }

  func resize(_ count: Int) { groups.extend(to: count, with: []) }

  func update(_ input: AggregateInput) {
    let column = input.column(0)
    let bits: [Int64]
    if case .float64(let values) = column.values {
      bits = values.map { Int64(bitPattern: $0.bitPattern) }
    } else {
      bits = KernelValue.column(column).integers(Int64.self).map(rows: input.rows) { $0 }
    }
    let times = hasTimestamps ? SortableImage.images(input.column(1)) : nil
    for run in 0..<input.runs.starts.count {
      let group = Int(input.runs.groups[run])
      for row in input.runs.range(run) {
        groups[group].append(
          Entry(time: times?[row] ?? 0, order: input.order.number(row), bits: bits[row]))
      }
    }
    held += input.rows * MemoryLayout<Entry>.stride
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? DeltaSumState else { return }
    for (theirs, ours) in groups.enumerated() { self.groups[Int(ours)] += other.groups[theirs] }
    held += other.held
  }

  func finish() throws(SQLError) -> Column {
    for group in groups.indices {
      try CancellationPoint.sort(&groups[group]) {
        $0.time != $1.time ? $0.time < $1.time : $0.order < $1.order
      }
    }
    if type == .float64 {
      let sums = groups.map { entries in
        zip(entries, entries.dropFirst()).reduce(0.0) { sum, pair in
          let step =
            Double(bitPattern: UInt64(bitPattern: pair.1.bits))
            - Double(bitPattern: UInt64(bitPattern: pair.0.bits))
          return step > 0 ? sum + step : sum
        }
      }
      return Column(type, .float64(sums))
    }
    let isUnsigned64 = type == .uint64
    let sums = groups.map { entries in
      zip(entries, entries.dropFirst()).reduce(Int64(0)) { sum, pair in
        let rises =
          isUnsigned64
          ? UInt64(bitPattern: pair.1.bits) > UInt64(bitPattern: pair.0.bits)
          : pair.1.bits > pair.0.bits
        return rises ? sum &+ (pair.1.bits &- pair.0.bits) : sum
      }
    }
    return FunctionTable.convertIntegers(.column(.int64, sums), to: type, rows: sums.count)
      .column(rows: sums.count)
  }

  var byteCount: Int { held + groups.count * 8 }
}

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
