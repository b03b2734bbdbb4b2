import TickColumns
import TickFormats

/// The states behind the aggregates: arrays indexed by group, updated run by run.
///
/// A loop over runs works on arrays handed over `inout`, not on fields of the class: a field is checked for
/// conflicting accesses each time it is touched.

final class CountState: AggregateState {
  fileprivate var counts: [UInt64] = []

  func resize(_ count: Int) { counts.extend(to: count, with: 0) }

  func update(_ input: AggregateInput) {
    countRuns(input.runs, &counts)
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? CountState else { return }
    for (theirs, ours) in groups.enumerated() { counts[Int(ours)] += other.counts[theirs] }
  }

  func finish() -> Column { Column(.uint64, .uint64(counts)) }
  var byteCount: Int { counts.count * 8 }
}

extension CountState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues { StateWriter.counts(counts) }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    addRuns(try counts(&states), runs, &counts)
  }
}

extension CountState: TotalsState {
  func add(_ totals: DecimalTotals?, rowCounts: [UInt64], _ runs: GroupRuns) {
    addRuns(rowCounts, runs, &counts)
  }
}

extension FloatSumState: ExchangedState {
  /// The sums, each rounded once.
  func encoded(_ layout: StateLayout) -> StringValues {
    let cells = StateWriter.cells(Column(.float64, .float64(sums.values)))
    if layout.isCompensated {
      let rest = [Double](repeating: 0, count: sums.values.count)
      return StateWriter.sequence([cells, StateWriter.cells(Column(.float64, .float64(rest)))])
    }
    return isAverage ? StateWriter.sequence([cells, StateWriter.counts(counts)]) : cells
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    guard case .float64(let values) = try cells(&states, .float64).values else { return }
    sums.add(values, starts: runs.starts, groups: runs.groups)
    if layout.isCompensated {
      guard case .float64(let rest) = try cells(&states, .float64).values else { return }
      // What was added too much.
      sums.add(rest.map { $0.isFinite ? -$0 : 0 }, starts: runs.starts, groups: runs.groups)
    }
    if isAverage { addRuns(try counts(&states), runs, &counts) }
  }
}

extension StateLayout {
  /// A sum and what its rounding has left: sumKahan.
  fileprivate var isCompensated: Bool {
    if case .sequence(let parts) = self {
      parts == [.cell(.float64), .cell(.float64)]
    } else {
      false
    }
  }
}

extension FloatSumState: TotalsState {
  func add(_ totals: DecimalTotals?, rowCounts: [UInt64], _ runs: GroupRuns) {
    if let totals { sums.add(totals, starts: runs.starts, groups: runs.groups) }
    if isAverage { addRuns(rowCounts, runs, &counts) }
  }
}

/// A state that takes rows which were counted and added up before.
protocol TotalsState: AggregateState {
  /// - Parameters:
  ///   - totals: of what is summed; nil for a count.
  ///   - rowCounts: how many rows each stands for.
  func add(_ totals: DecimalTotals?, rowCounts: [UInt64], _ runs: GroupRuns)
}

private func addRuns(_ given: [UInt64], _ runs: GroupRuns, _ counts: inout [UInt64]) {
  for run in 0..<runs.starts.count {
    var sum: UInt64 = 0
    for row in runs.range(run) { sum &+= given[row] }
    counts[Int(runs.groups[run])] &+= sum
  }
}

private func countRuns(_ runs: GroupRuns, _ counts: inout [UInt64]) {
  for run in 0..<runs.starts.count {
    counts[Int(runs.groups[run])] += UInt64(runs.range(run).count)
  }
}

/// Sums of integers, wrapping at 64 bits.
final class IntegerSumState: AggregateState {
  private let type: DataType
  private var sums: [Int64] = []

  init(_ type: DataType) { self.type = type }

  func resize(_ count: Int) { sums.extend(to: count, with: 0) }

  func update(_ input: AggregateInput) {
    switch input.column(0).values {
    case .int8(let v): addRuns(v, input.runs, &sums)
    case .int16(let v): addRuns(v, input.runs, &sums)
    case .int32(let v): addRuns(v, input.runs, &sums)
    case .int64(let v): addRuns(v, input.runs, &sums)
    case .uint8(let v): addRuns(v, input.runs, &sums)
    case .uint16(let v): addRuns(v, input.runs, &sums)
    case .uint32(let v): addRuns(v, input.runs, &sums)
    case .uint64(let v): addRuns(v, input.runs, &sums)
    default: break
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? IntegerSumState else { return }
    for (theirs, ours) in groups.enumerated() { sums[Int(ours)] &+= other.sums[theirs] }
  }

  func finish() -> Column {
    type == .int64
      ? Column(type, .int64(sums)) : Column(type, .uint64(sums.map { UInt64(bitPattern: $0) }))
  }
  var byteCount: Int { sums.count * 8 }
}

extension IntegerSumState: ExchangedState {
  /// sumWithOverflow keeps no more than its result.
  func encoded(_ layout: StateLayout) -> StringValues {
    let narrow = FunctionTable.convertIntegers(
      .column(finish()), to: layout.partTypes[0], rows: sums.count)
    return StateWriter.cells(narrow.column(rows: sums.count))
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    let column = try cells(&states, layout.partTypes[0])
    update(
      AggregateInput(operands: [.column(column)], rows: runs.rows, runs: runs, order: order))
  }
}

private func addRuns<T: FixedWidthInteger>(
  _ values: [T], _ runs: GroupRuns, _ sums: inout [Int64]
) {
  for run in 0..<runs.starts.count {
    var sum: Int64 = 0
    for row in runs.range(run) { sum &+= Int64(truncatingIfNeeded: values[row]) }
    sums[Int(runs.groups[run])] &+= sum
  }
}

/// Averages of integers and times, from sums that cannot wrap.
final class IntegerAverageState: AggregateState {
  private let type: DataType
  private var sums: [Int128] = []
  private var counts: [UInt64] = []

  init(_ type: DataType) { self.type = type }

  func resize(_ count: Int) {
    sums.extend(to: count, with: 0)
    counts.extend(to: count, with: 0)
  }

  func update(_ input: AggregateInput) {
    let numbers = FunctionTable.wide(.column(input.column(0)))
    Self.add(numbers, input.runs, &sums)
    countRuns(input.runs, &counts)
  }

  private static func add(
    _ numbers: FunctionTable.WideIntegers, _ runs: GroupRuns, _ sums: inout [Int128]
  ) {
    for run in 0..<runs.starts.count {
      var sum: Int128 = 0
      for row in runs.range(run) { sum += numbers.at(row) }
      sums[Int(runs.groups[run])] += sum
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? IntegerAverageState else { return }
    for (theirs, ours) in groups.enumerated() {
      sums[Int(ours)] += other.sums[theirs]
      counts[Int(ours)] += other.counts[theirs]
    }
  }

  func finish() -> Column {
    if type == .float64 {
      return Column(type, .float64(zip(sums, counts).map { Double($0) / Double($1) }))
    }
    let ticks = zip(sums, counts).map { sum, count in
      count == 0 ? 0 : Self.nearest(sum, Int128(count))
    }
    return FunctionTable.convertIntegers(.column(.int64, ticks), to: type, rows: ticks.count)
      .column(rows: ticks.count)
  }

  /// The quotient as the nearest integer, halves to even.
  private static func nearest(_ sum: Int128, _ count: Int128) -> Int64 {
    let doubled = sum * 2 + count
    var floor = doubled / (2 * count)
    if doubled % (2 * count) < 0 { floor -= 1 }
    // `floor` rounds halves up; an odd one on an exact half belongs one lower.
    if doubled % (2 * count) == 0, floor % 2 != 0 { floor -= 1 }
    return Int64(truncatingIfNeeded: floor)
  }

  var byteCount: Int { sums.count * 24 }
}

extension IntegerAverageState: ExchangedState {
  /// Error 407 where a sum is longer than a state of ClickHouse's can say.
  func encoded(_ layout: StateLayout) throws(SQLError) -> StringValues {
    let type = layout.partTypes[0]
    let least: Int128 = type == .int64 ? Int128(Int64.min) : type == .uint64 ? 0 : .min
    let greatest: Int128 =
      type == .int64 ? Int128(Int64.max) : type == .uint64 ? Int128(UInt64.max) : .max
    for sum in sums where sum < least || sum > greatest {
      throw SQLError(.decimalOverflow, "The sum \(sum) is too long for the state of an average")
    }
    let column = FunctionTable.convertIntegers(
      .column(.int128, sums), to: type, rows: sums.count
    ).column(rows: sums.count)
    return StateWriter.sequence([StateWriter.cells(column), StateWriter.counts(counts)])
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    let totals = try cells(&states, layout.partTypes[0])
    Self.add(
      KernelValue.column(totals).integers(Int128.self), runs, &sums)
    addRuns(try counts(&states), runs, &counts)
  }

  private static func add(
    _ totals: Vector<Int128>, _ runs: GroupRuns, _ sums: inout [Int128]
  ) {
    for run in 0..<runs.starts.count {
      for row in runs.range(run) { sums[Int(runs.groups[run])] &+= totals.element(row) }
    }
  }
}

/// Sums and averages of doubles, or of products of two: exact, so the order of rows and workers does not matter.
final class FloatSumState: AggregateState {
  fileprivate let isAverage: Bool
  private let isProduct: Bool
  fileprivate var sums = GroupedSums()
  fileprivate var counts: [UInt64] = []

  init(isAverage: Bool, isProduct: Bool) {
    self.isAverage = isAverage
    self.isProduct = isProduct
  }

  func resize(_ count: Int) {
    sums.resize(count)
    if isAverage { counts.extend(to: count, with: 0) }
  }

  func update(_ input: AggregateInput) {
    let (starts, groups) = (input.runs.starts, input.runs.groups)
    if isProduct {
      switch (input.operands[0].doubles(), input.operands[1].doubles()) {
      case (.array(let x), .array(let y)):
        sums.addProducts(x, y, starts: starts, groups: groups)
      case (.array(let x), .scalar(let factor)), (.scalar(let factor), .array(let x)):
        sums.addProducts(x, constant: factor, starts: starts, groups: groups)
      case (.scalar(let x), .scalar(let factor)):
        sums.addProducts(
          Array(repeating: x, count: input.rows), constant: factor, starts: starts, groups: groups)
      }
    } else if case .float64(let values) = input.column(0).values {
      sums.add(values, starts: starts, groups: groups)
    }
    if isAverage { countRuns(input.runs, &counts) }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? FloatSumState else { return }
    sums.merge(other.sums, groups)
    guard isAverage else { return }
    for (theirs, ours) in groups.enumerated() { counts[Int(ours)] += other.counts[theirs] }
  }

  func finish() -> Column {
    guard isAverage else { return Column(.float64, .float64(sums.values)) }
    return Column(.float64, .float64(zip(sums.values, counts).map { $0 / Double($1) }))
  }

  var byteCount: Int { sums.byteCount + counts.count * 8 }
}
