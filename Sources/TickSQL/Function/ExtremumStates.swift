import TickColumns
import TickFormats

/// The states of min and max: numbers by their bits, everything else boxed.

/// min and max of anything stored as an integer.
final class IntegerExtremumState: AggregateState {
  private let type: DataType
  private var cells: Cells

  /// The best value of each group. For UInt64 the sign bit is flipped, so that Int64 order is value order.
  private struct Cells {
    let isMax: Bool
    var best: [Int64] = []
    var has: [Bool] = []

    mutating func scan<T: FixedWidthInteger>(_ values: [T], _ runs: GroupRuns) {
      for run in 0..<runs.starts.count {
        let range = runs.range(run)
        guard range.lowerBound < range.upperBound else { continue }
        var found = values[range.lowerBound]
        if isMax {
          for row in range { found = max(found, values[row]) }
        } else {
          for row in range { found = min(found, values[row]) }
        }
        let bits = Int64(truncatingIfNeeded: found)
        offer(Int(runs.groups[run]), T.self == UInt64.self ? bits ^ .min : bits)
      }
    }

    mutating func offer(_ group: Int, _ value: Int64) {
      if !has[group] || (isMax ? value > best[group] : value < best[group]) {
        best[group] = value
        has[group] = true
      }
    }
  }

  init(_ type: DataType, isMax: Bool) {
    self.type = type
    cells = Cells(isMax: isMax)
  }

  func resize(_ count: Int) {
    cells.best.extend(to: count, with: 0)
    cells.has.extend(to: count, with: false)
  }

  func update(_ input: AggregateInput) {
    switch input.column(0).values {
    case .int8(let v): cells.scan(v, input.runs)
    case .int16(let v): cells.scan(v, input.runs)
    case .int32(let v): cells.scan(v, input.runs)
    case .int64(let v): cells.scan(v, input.runs)
    case .uint8(let v): cells.scan(v, input.runs)
    case .uint16(let v): cells.scan(v, input.runs)
    case .uint32(let v): cells.scan(v, input.runs)
    case .uint64(let v): cells.scan(v, input.runs)
    default: break
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? IntegerExtremumState else { return }
    for (theirs, ours) in groups.enumerated() where other.cells.has[theirs] {
      cells.offer(Int(ours), other.cells.best[theirs])
    }
  }

  func finish() -> Column {
    let fallback = Value.defaultValue(of: type).wrappedInt64
    let isUnsigned64 = type.physical == .uint64
    let bits = cells.best.indices.map { group in
      cells.has[group]
        ? (isUnsigned64 ? cells.best[group] ^ .min : cells.best[group]) : fallback
    }
    return FunctionTable.convertIntegers(.column(.int64, bits), to: type, rows: bits.count)
      .column(rows: bits.count)
  }
  var byteCount: Int { cells.best.count * 9 }
}

/// min and max of doubles: NaN only where there is nothing else, -0 below 0.
final class FloatExtremumState: AggregateState {
  private var cells: Cells

  private struct Cells {
    let isMax: Bool
    var best: [Double] = []
    var has: [Bool] = []

    mutating func scan(_ values: [Double], _ runs: GroupRuns) {
      for run in 0..<runs.starts.count {
        let range = runs.range(run)
        guard range.lowerBound < range.upperBound else { continue }
        let found =
          isMax ? Extremes.greatest(values, range) : Extremes.least(values, range)
        offer(Int(runs.groups[run]), found)
      }
    }

    mutating func offer(_ group: Int, _ value: Double) {
      let old = best[group]
      has[group] = true
      if old.isNaN || (isMax ? value > old : value < old)
        || (value == 0 && old == 0 && value.sign == (isMax ? .plus : .minus))
      {
        best[group] = value
      }
    }
  }

  init(isMax: Bool) { cells = Cells(isMax: isMax) }

  func resize(_ count: Int) {
    cells.best.extend(to: count, with: .nan)
    cells.has.extend(to: count, with: false)
  }

  func update(_ input: AggregateInput) {
    guard case .float64(let values) = input.column(0).values else { return }
    cells.scan(values, input.runs)
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? FloatExtremumState else { return }
    for (theirs, ours) in groups.enumerated() where other.cells.has[theirs] {
      cells.offer(Int(ours), other.cells.best[theirs])
    }
  }

  func finish() -> Column {
    let cells = cells
    return Column(
      .float64, .float64(cells.best.indices.map { cells.has[$0] ? cells.best[$0] : 0 }))
  }
  var byteCount: Int { cells.best.count * 9 }
}

/// min and max of strings and tuples.
final class BoxedExtremumState: AggregateState {
  private let type: DataType
  private let isMax: Bool
  private var best: [Value?] = []
  private var bytes = 0

  init(_ type: DataType, isMax: Bool) {
    self.type = type
    self.isMax = isMax
  }

  func resize(_ count: Int) { best.extend(to: count, with: nil) }

  func update(_ input: AggregateInput) {
    let column = input.column(0)
    let runs = input.runs
    for run in 0..<runs.starts.count {
      let range = runs.range(run)
      guard var found = range.first else { continue }
      for row in range.dropFirst() {
        let order = compareRows(column, row, found)
        if isMax ? order > 0 : order < 0 { found = row }
      }
      offer(Int(runs.groups[run]), column.value(at: found))
    }
  }

  private func offer(_ group: Int, _ value: Value) {
    if let old = best[group] {
      let order = compareValues(value, old, of: type)
      guard isMax ? order > 0 : order < 0 else { return }
    }
    bytes += value.byteCount
    best[group] = value
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? BoxedExtremumState else { return }
    for (theirs, ours) in groups.enumerated() {
      if let value = other.best[theirs] { offer(Int(ours), value) }
    }
  }

  func finish() -> Column {
    Column(type, of: best.map { $0 ?? .defaultValue(of: type) })
  }
  var byteCount: Int { best.count * 32 + bytes }
}

// MARK: As values

extension IntegerExtremumState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues {
    StateWriter.choices(finish(), cells.has.map { $0 ? 1 : 0 })
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    if let rows = try choices(&states, layout.partTypes[0], runs, order) { update(rows) }
  }
}

extension FloatExtremumState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues {
    StateWriter.choices(finish(), cells.has.map { $0 ? 1 : 0 })
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    if let rows = try choices(&states, layout.partTypes[0], runs, order) { update(rows) }
  }
}

extension BoxedExtremumState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues {
    StateWriter.choices(finish(), best.map { $0 == nil ? 0 : 1 })
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    if let rows = try choices(&states, layout.partTypes[0], runs, order) { update(rows) }
  }
}
