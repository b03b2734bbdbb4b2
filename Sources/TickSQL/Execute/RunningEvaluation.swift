import TickColumns
import TickFormats

/// Computes one running function for all rows, in the order in which they came.
struct RunningEvaluation {
  private let arguments: [Column]
  private let type: DataType
  private let rowCount: Int
  private let run: QueryRun

  init(_ arguments: [Column], _ type: DataType, rowCount: Int, _ run: QueryRun) {
    self.arguments = arguments
    self.type = type
    self.rowCount = rowCount
    self.run = run
  }

  func result(_ function: RunningFunction) throws(SQLError) -> Column {
    switch function {
    case .rowNumber: numbers { $0 }
    case .rowNumberInBlock: numbers { $0 % RunningFunction.blockRows }
    case .blockNumber: numbers { $0 / RunningFunction.blockRows }
    case .neighbor: neighbors()
    case .difference(let startsWithValue): differences(startsWithValue)
    case .accumulated(let state): try accumulated(state)
    }
  }

  private func numbers(_ value: (Int) -> Int) -> Column {
    Column(.uint64, .uint64((0..<rowCount).map { UInt64(value($0)) }))
  }

  private func neighbors() -> Column {
    let distances = KernelValue.column(arguments[1]).integers(Int64.self)
    let hasDefault = arguments.count > 2
    let other = hasDefault ? arguments[2] : Column(type, of: [.defaultValue(of: type)])
    let both = Column.concatenate(type, [arguments[0], other])
    return both.gather(
      (0..<rowCount).map { row -> Int32 in
        let (target, overflow) = Int64(row).addingReportingOverflow(distances.element(row))
        if !overflow, target >= 0, target < Int64(rowCount) { return Int32(target) }
        return Int32(rowCount + (hasDefault ? row : 0))
      })
  }

  private func differences(_ startsWithValue: Bool) -> Column {
    let column = arguments[0]
    let plain = type.withoutNullable
    let values: Column
    if plain == .float64 {
      let numbers = KernelValue.column(column).doubles()
      values = Column(
        plain, .float64(along(column, startsWithValue, { numbers.element($0) }, 0) { $0 - $1 }))
    } else {
      let numbers = KernelValue.column(column).integers(Int128.self)
      let wide = along(column, startsWithValue, { numbers.element($0) }, 0) { $0 &- $1 }
      values = FunctionTable.convertIntegers(.column(.int128, wide), to: plain, rows: rowCount)
        .column(rows: rowCount)
    }
    return column.validity.map { values.masked(by: $0) } ?? values
  }

  private func along<Number>(
    _ column: Column, _ startsWithValue: Bool, _ number: (Int) -> Number, _ zero: Number,
    _ difference: (Number, Number) -> Number
  ) -> [Number] {
    var last: Number?
    return (0..<rowCount).map { row in
      if column.isNull(at: row) { return zero }
      let value = number(row)
      defer { last = value }
      if let last { return difference(value, last) }
      return startsWithValue ? value : zero
    }
  }

  private func accumulated(_ type: AggregateStateType) throws(SQLError) -> Column {
    let resolution = try CombinedAggregate.of(type, at: nil)
    var state = MergingState(resolution.makeState(), type.layout)
    state.resize(1)
    var results: [Column] = []
    for row in 0..<rowCount {
      if row % 1_024 == 0 { try run.check() }
      if arguments.count > 1, row > 0, compareRows(arguments[1], row, row - 1) != 0 {
        state = MergingState(resolution.makeState(), type.layout)
        state.resize(1)
      }
      try state.update(
        AggregateInput(
          operands: [.column(arguments[0].slice(row..<row + 1))], rows: 1,
          runs: GroupRuns(starts: [0], groups: [0], rows: 1), order: .ascending(UInt64(row))))
      results.append(try state.finish().typed(self.type))
    }
    return Column.concatenate(self.type, results)
  }
}
