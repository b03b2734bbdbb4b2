import TickColumns
import TickFormats

/// Sums and averages of decimals, of integers of 128 bits and of Float32.

/// Sums in 128 bits, wrapping there as ClickHouse's do.
final class WideSumState: AggregateState {
  private let type: DataType
  private var sums: [Int128] = []

  init(_ type: DataType) { self.type = type }

  func resize(_ count: Int) { sums.extend(to: count, with: 0) }

  func update(_ input: AggregateInput) {
    Self.add(KernelValue.column(input.column(0)).integers(Int128.self), input.runs, &sums)
  }

  fileprivate static func add(
    _ numbers: Vector<Int128>, _ runs: GroupRuns, _ sums: inout [Int128]
  ) {
    for run in 0..<runs.starts.count {
      var sum: Int128 = 0
      for row in runs.range(run) { sum &+= numbers.element(row) }
      sums[Int(runs.groups[run])] &+= sum
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? WideSumState else { return }
    for (theirs, ours) in groups.enumerated() { sums[Int(ours)] &+= other.sums[theirs] }
  }

  func finish() -> Column {
    FunctionTable.convertIntegers(.column(.int128, sums), to: type, rows: sums.count)
      .column(rows: sums.count)
  }
  var byteCount: Int { sums.count * 16 }
}

extension WideSumState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues {
    StateWriter.cells(wideCells(sums, layout))
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    let totals = try cells(&states, layout.partTypes[0])
    Self.add(KernelValue.column(totals).integers(Int128.self), runs, &sums)
  }
}

/// Sums as the cells of a state.
private func wideCells(_ sums: [Int128], _ layout: StateLayout) -> Column {
  layout.partTypes[0] == .uint128
    ? Column(.uint128, .uint128(sums.map { UInt128(truncatingIfNeeded: $0) }))
    : Column(.int128, .int128(sums))
}

/// Averages as Float64: the exact sum of the units over the count and the power of ten.
final class WideAverageState: AggregateState {
  private let isUnsigned: Bool
  private let power: Double
  private var sums: [Int128] = []
  private var counts: [UInt64] = []

  /// - Parameter type: of the argument.
  init(_ type: DataType) {
    isUnsigned = type == .uint128
    power = Double(decimalPowers[type.decimalScale])
  }

  func resize(_ count: Int) {
    sums.extend(to: count, with: 0)
    counts.extend(to: count, with: 0)
  }

  func update(_ input: AggregateInput) {
    WideSumState.add(
      KernelValue.column(input.column(0)).integers(Int128.self), input.runs, &sums)
    for run in 0..<input.runs.starts.count {
      counts[Int(input.runs.groups[run])] += UInt64(input.runs.range(run).count)
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? WideAverageState else { return }
    for (theirs, ours) in groups.enumerated() {
      sums[Int(ours)] &+= other.sums[theirs]
      counts[Int(ours)] += other.counts[theirs]
    }
  }

  func finish() -> Column {
    Column(
      .float64,
      .float64(
        zip(sums, counts).map { sum, count in
          let total = isUnsigned ? Double(UInt128(truncatingIfNeeded: sum)) : Double(sum)
          return total / power / Double(count)
        }))
  }
  var byteCount: Int { sums.count * 24 }
}

extension WideAverageState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues {
    StateWriter.sequence([
      StateWriter.cells(wideCells(sums, layout)), StateWriter.counts(counts),
    ])
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    let totals = try cells(&states, layout.partTypes[0])
    WideSumState.add(KernelValue.column(totals).integers(Int128.self), runs, &sums)
    let given = try counts(&states)
    for run in 0..<runs.starts.count {
      for row in runs.range(run) { counts[Int(runs.groups[run])] &+= given[row] }
    }
  }
}
