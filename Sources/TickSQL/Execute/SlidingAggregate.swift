import Synchronization
import TickColumns

/// count, sum, avg, min and max over frames that move along the rows: a row goes into a frame once and leaves it once, so
/// that the cost does not grow with the frame.
///
/// Invariants:
/// 1. The results are those of the aggregate's state fed with each frame (`AggregateStates`, `ExtremumStates`). Nothing is
///    taken out of a total that was rounded: whole numbers wrap, and doubles are added exactly (`SlidingSums`).
/// 2. Frames that do not move forward begin anew, so any frames are right and these are quick.
struct SlidingAggregate {
  private enum Kind {
    case count
    case wrapping([Int64])
    case average([Int128])
    case sums(SlidingSums, isAverage: Bool)
    case extremum(Ranks, Column)
  }

  /// Numbers in whose order the values are, the greatest first where the greatest is looked for.
  private struct Ranks {
    let ranks: [UInt64]
    /// NaN, which is chosen where there is nothing else.
    let lacksPlace: [UInt8]?
  }

  private let kind: Kind
  private let type: DataType
  /// Rows that count; nil: all.
  private let marks: [UInt8]?

  /// Nil for a call whose state has to be fed with each frame.
  init?(_ call: AggregateCall, _ type: DataType, _ sorted: Batch) throws(SQLError) {
    guard call.variant == AggregateVariant(), !call.isDistinct, !call.takesNulls else { return nil }
    let evaluator = Evaluator(sorted)
    var columns: [Column] = []
    var marks: [UInt8]?
    for argument in call.arguments {
      let operand = try evaluator.operand(argument)
      if operand.isConstantNull { return nil }
      marks = Column.intersect(marks, operand.validity)
      columns.append(operand.withoutNulls.withoutCodes.column(rows: sorted.rowCount))
    }
    if let condition = call.condition {
      marks = Column.intersect(
        marks, try evaluator.marks(condition).map { $0 != 0 ? 1 : 0 as UInt8 })
    }
    guard
      let kind = Self.kind(
        call.function.name, columns, isProduct: call.isProduct, type.withoutNullable, marks)
    else { return nil }
    self.kind = kind
    self.type = type
    self.marks = marks
  }

  private static func kind(
    _ name: String, _ columns: [Column], isProduct: Bool, _ type: DataType, _ marks: [UInt8]?
  ) -> Kind? {
    if name == "count" { return .count }
    guard let column = columns.first else { return nil }
    switch name {
    case "sum", "avg":
      let isAverage = name == "avg"
      if isProduct {
        guard columns.count == 2 else { return nil }
        let (x, y) = (columns[0].factors, columns[1].factors)
        return SlidingSums(x, times: y, marks: marks).map { .sums($0, isAverage: isAverage) }
      }
      guard columns.count == 1, !column.type.isDecimal else { return nil }
      if let doubles = column.asDoubles {
        return SlidingSums(doubles, marks: marks).map { .sums($0, isAverage: isAverage) }
      }
      if isAverage {
        guard type == .float64 else { return nil }
        return column.wideNumbers(marks).map(Kind.average)
      }
      guard type == .int64 || type == .uint64 else { return nil }
      return column.wrappedNumbers(marks).map(Kind.wrapping)
    case "min", "max":
      guard columns.count == 1, AsofRanks.canRank(column.type), column.type == type else {
        return nil
      }
      return .extremum(ranks(column, isMax: name == "max"), column)
    default: return nil
    }
  }

  /// -0 below 0, and the places of NaN.
  private static func ranks(_ column: Column, isMax: Bool) -> Ranks {
    func total(_ value: Double) -> UInt64 {
      let bits = value.bitPattern
      return bits >> 63 != 0 ? ~bits : bits | 1 << 63
    }
    var ranks: [UInt64]
    var lacksPlace: [UInt8]?
    switch column.values {
    case .float64(let v): ranks = v.map(total)
    case .float32(let v): ranks = v.map { total(Double($0)) }
    default: ranks = AsofRanks.ranks(column)
    }
    if let places = AsofRanks.places(column) { lacksPlace = places.map { 1 - $0 } }
    if isMax { for i in ranks.indices { ranks[i] = ~ranks[i] } }
    return Ranks(ranks: ranks, lacksPlace: lacksPlace)
  }

  // MARK: Results

  /// The results by sorted position.
  func result(_ frames: WindowFrames, _ run: QueryRun) throws(SQLError) -> Column {
    let rows = frames.starts.count
    let pieces = max(1, min(run.context.workers.width, rows / Self.pieceRowsMin))
    let parts = Mutex([Column?](repeating: nil, count: pieces))
    try run.context.onWorkers(count: pieces) { (piece) throws(SQLError) in
      let range = rows * piece / pieces..<rows * (piece + 1) / pieces
      var columns: [Column] = []
      var first = range.lowerBound
      while first < range.upperBound {
        try CancellationPoint.check()
        let end = min(first + Self.stretchRows, range.upperBound)
        columns.append(column(frames.starts[first..<end], frames.ends[first..<end]))
        first = end
      }
      let column = Column.concatenate(type, columns)
      parts.withLock { $0[piece] = column }
    }
    return Column.concatenate(type, parts.withLock { $0.compactMap(\.self) })
  }

  /// Rows that are worth a worker of their own.
  private static let pieceRowsMin = 1 << 16
  /// Rows between two questions whether they are still wanted. Each begins its frames anew.
  private static let stretchRows = 1 << 22

  private func column(_ starts: ArraySlice<Int32>, _ ends: ArraySlice<Int32>) -> Column {
    // How many rows of each frame count.
    let counts = marks.map { Self.counts($0, starts, ends) }
    func count(_ i: Int) -> Int {
      counts?[i] ?? Int(ends[starts.startIndex + i]) - Int(starts[starts.startIndex + i])
    }
    let indices = 0..<starts.count
    let found: Column
    switch kind {
    case .count: return Column(.uint64, .uint64(indices.map { UInt64(count($0)) }))
    case .wrapping(let numbers):
      let sums = Self.slide(starts, ends, Int64(0)) {
        $0 &+= numbers[$1]
      } removing: {
        $0 &-= numbers[$1]
      } result: {
        $0
      }
      found =
        type.withoutNullable == .int64
        ? Column(.int64, .int64(sums))
        : Column(.uint64, .uint64(sums.map { UInt64(bitPattern: $0) }))
    case .average(let numbers):
      let sums = Self.slide(starts, ends, Int128(0)) {
        $0 &+= numbers[$1]
      } removing: {
        $0 &-= numbers[$1]
      } result: {
        $0
      }
      found = Column(.float64, .float64(indices.map { Double(sums[$0]) / Double(count($0)) }))
    case .sums(let sliding, let isAverage):
      var sums = sliding.sums(starts: starts, ends: ends)
      if isAverage { for i in sums.indices { sums[i] = sums[i] / Double(count(i)) } }
      found = Column(.float64, .float64(sums))
    case .extremum(let ranks, let column): found = extremes(ranks, column, starts, ends)
    }
    guard type.isNullable else { return found }
    return found.masked(by: indices.map { count($0) > 0 ? 1 : 0 })
  }

  private static func counts(
    _ marks: [UInt8], _ starts: ArraySlice<Int32>, _ ends: ArraySlice<Int32>
  ) -> [Int] {
    slide(starts, ends, 0) {
      $0 += marks[$1] != 0 ? 1 : 0
    } removing: {
      $0 -= marks[$1] != 0 ? 1 : 0
    } result: {
      $0
    }
  }

  /// Keeps a total of the rows of the frame, from one frame to the next.
  @inline(__always)
  private static func slide<Total, Result>(
    _ starts: ArraySlice<Int32>, _ ends: ArraySlice<Int32>, _ empty: Total,
    adding: (inout Total, Int) -> Void, removing: (inout Total, Int) -> Void,
    result: (Total) -> Result
  ) -> [Result] {
    var out: [Result] = []
    out.reserveCapacity(starts.count)
    var (low, high) = (0, 0)
    var total = empty
    for i in starts.indices {
      let (start, end) = (Int(starts[i]), Int(ends[i]))
      if start >= high || start < low || end < high { (low, high, total) = (start, start, empty) }
      while high < end {
        adding(&total, high)
        high &+= 1
      }
      while low < start {
        removing(&total, low)
        low &+= 1
      }
      out.append(result(total))
    }
    return out
  }

  /// The best row of each frame: rows that a later one beats are never the best again, so what is left ascends.
  private func extremes(
    _ ranks: Ranks, _ column: Column, _ starts: ArraySlice<Int32>, _ ends: ArraySlice<Int32>
  ) -> Column {
    let none = Int32(column.count)
    var positions: [Int32] = []
    positions.reserveCapacity(starts.count)
    // Rows in the running, the best at `head`.
    var candidates: [Int32] = []
    var head = 0
    // The last row seen that has no place in the order.
    var odd = -1
    var (low, high) = (0, 0)
    var misses = false
    let values = ranks.ranks
    for i in starts.indices {
      let (start, end) = (Int(starts[i]), Int(ends[i]))
      if start >= high || start < low || end < high {
        (low, high, head, odd) = (start, start, 0, -1)
        candidates.removeAll(keepingCapacity: true)
      }
      while high < end {
        defer { high += 1 }
        if let marks, marks[high] == 0 { continue }
        if let lacksPlace = ranks.lacksPlace, lacksPlace[high] != 0 {
          odd = high
          continue
        }
        let rank = values[high]
        while candidates.count > head, values[Int(candidates[candidates.count - 1])] >= rank {
          candidates.removeLast()
        }
        candidates.append(Int32(high))
      }
      low = start
      while head < candidates.count, Int(candidates[head]) < low { head += 1 }
      // What was left behind does not pile up.
      if head > Self.leftBehindMax, head * 2 > candidates.count {
        candidates.removeFirst(head)
        head = 0
      }
      if head < candidates.count {
        positions.append(candidates[head])
      } else if odd >= low, odd < end {
        positions.append(Int32(odd))
      } else {
        positions.append(none)
        misses = true
      }
    }
    guard misses else { return column.gather(positions) }
    let fallback = Column(column.type, of: [.defaultValue(of: column.type)])
    return Column.concatenate(column.type, [column, fallback]).gather(positions)
  }

  /// Candidates before the head that are kept.
  private static let leftBehindMax = 1 << 12
}

extension Column {
  /// Floats as doubles; nil for anything else.
  fileprivate var asDoubles: [Double]? {
    switch values {
    case .float64(let v): v
    case .float32(let v): v.map { Double($0) }
    default: nil
    }
  }

  /// The doubles that a product multiplies.
  fileprivate var factors: [Double] {
    switch KernelValue.column(self).doubles() {
    case .array(let values): values
    case .scalar(let value): Array(repeating: value, count: count)
    }
  }

  /// Whole numbers modulo 2^64, those that do not count as 0; nil for anything longer or else.
  fileprivate func wrappedNumbers(_ marks: [UInt8]?) -> [Int64]? {
    func wrapped<T: FixedWidthInteger>(_ values: [T]) -> [Int64] {
      guard let marks else { return values.map { Int64(truncatingIfNeeded: $0) } }
      return values.indices.map { marks[$0] != 0 ? Int64(truncatingIfNeeded: values[$0]) : 0 }
    }
    return switch values {
    case .int8(let v): wrapped(v)
    case .int16(let v): wrapped(v)
    case .int32(let v): wrapped(v)
    case .int64(let v): wrapped(v)
    case .uint8(let v): wrapped(v)
    case .uint16(let v): wrapped(v)
    case .uint32(let v): wrapped(v)
    case .uint64(let v): wrapped(v)
    default: nil
    }
  }

  /// The same as they are.
  fileprivate func wideNumbers(_ marks: [UInt8]?) -> [Int128]? {
    guard let numbers = wrappedNumbers(marks) else { return nil }
    if case .uint64 = values { return numbers.map { Int128(UInt64(bitPattern: $0)) } }
    return numbers.map { Int128($0) }
  }
}
