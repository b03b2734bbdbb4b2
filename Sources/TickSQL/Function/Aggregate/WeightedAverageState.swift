import TickColumns
import TickFormats

/// avgWeighted: the exact sum of value times weight over the exact sum of the weights.
final class WeightedAverageState: AggregateState {
  private let products = FloatSumState(isAverage: false, isProduct: true)
  private let weights = FloatSumState(isAverage: false, isProduct: false)

  func resize(_ count: Int) {
    products.resize(count)
    weights.resize(count)
  }

  func update(_ input: AggregateInput) {
    products.update(input)
    var part = input
    part.operands = [.column(.float64, input.operands[1].doubles().map(rows: input.rows) { $0 })]
    weights.update(part)
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? WeightedAverageState else { return }
    products.merge(other.products, groups)
    weights.merge(other.weights, groups)
  }

  func finish() -> Column {
    guard case .float64(let sums) = products.finish().values,
      case .float64(let totals) = weights.finish().values
    else { preconditionFailure("sums of doubles are doubles") }
    return Column(.float64, .float64(zip(sums, totals).map { $0 / $1 }))
  }
  var byteCount: Int { products.byteCount + weights.byteCount }
}

/// The two sums, in the 64 bits that ClickHouse has for them: doubles, or integers where both arguments are.
extension WeightedAverageState: ExchangedState {
  func encoded(_ layout: StateLayout) throws(SQLError) -> StringValues {
    guard case .sequence(let parts) = layout, parts.count == 2,
      case .float64(let sums) = products.finish().values,
      case .float64(let totals) = weights.finish().values
    else { throw SQLError(.logicalError, "an average is written to a state of something else") }
    return StateWriter.sequence([
      try Self.cells(sums, parts[0]), try Self.cells(totals, parts[1]),
    ])
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    guard case .sequence(let parts) = layout, parts.count == 2 else { return }
    let sums = try read(&states, parts[0])
    let totals = try read(&states, parts[1])
    // Each sum as it is: a value with the weight 1.
    products.update(
      AggregateInput(
        operands: [.column(.float64, sums), .constant(.float(1), .float64)], rows: runs.rows,
        runs: runs, order: order))
    weights.update(
      AggregateInput(
        operands: [.column(.float64, totals)], rows: runs.rows, runs: runs, order: order))
  }

  /// Error 407 for sums that 64 bits do not hold.
  private static func cells(
    _ sums: [Double], _ layout: StateLayout
  ) throws(SQLError) -> StringValues {
    switch layout {
    case .cell(.float64): return StateWriter.cells(Column(.float64, .float64(sums)))
    case .cell(.int64): return StateWriter.cells(Column(.int64, .int64(try whole(sums))))
    case .cell: return StateWriter.cells(Column(.uint64, .uint64(try whole(sums))))
    default: return StateWriter.counts(try whole(sums))
    }
  }

  private static func whole<T: FixedWidthInteger>(_ sums: [Double]) throws(SQLError) -> [T] {
    try sums.map { (sum) throws(SQLError) in
      guard let whole = T(exactly: sum) else {
        throw SQLError(
          .decimalOverflow, "A sum of weighted values is too long for the state of their average")
      }
      return whole
    }
  }

  private func read(
    _ states: inout StateReader, _ layout: StateLayout
  ) throws(SQLError) -> [Double] {
    guard case .cell(let type) = layout else { return try counts(&states).map { Double($0) } }
    let column = try cells(&states, type)
    return KernelValue.column(column).doubles().map(rows: column.count) { $0 }
  }
}
