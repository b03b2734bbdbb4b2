/// States around other states that change what goes in or what comes out.
import TickColumns

/// Arguments as doubles.
final class RealArgumentsState: AggregateState {
  private let inner: any AggregateState

  init(_ inner: any AggregateState) { self.inner = inner }

  func resize(_ count: Int) { inner.resize(count) }

  func update(_ input: AggregateInput) {
    var real = input
    real.operands = input.operands.map { operand in
      .column(.float64, operand.doubles().map(rows: input.rows) { $0 })
    }
    inner.update(real)
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? RealArgumentsState else { return }
    inner.merge(other.inner, groups)
  }

  func finish() -> Column { inner.finish() }
  var byteCount: Int { inner.byteCount }
}

/// Integer results in a narrower type, wrapped.
final class WrappedResultState: AggregateState {
  private let inner: any AggregateState
  private let type: DataType

  init(_ inner: any AggregateState, _ type: DataType) {
    self.inner = inner
    self.type = type
  }

  func resize(_ count: Int) { inner.resize(count) }
  func update(_ input: AggregateInput) { inner.update(input) }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? WrappedResultState else { return }
    inner.merge(other.inner, groups)
  }

  func finish() -> Column {
    let result = inner.finish()
    return FunctionTable.convertIntegers(.column(result), to: type, rows: result.count)
      .column(rows: result.count)
  }
  var byteCount: Int { inner.byteCount }
}

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

/// `-OrDefault`: the type's zero value where there was no row, whatever the aggregate gives then.
final class DefaultState: AggregateState {
  private let inner: any AggregateState
  private var seen: [UInt8] = []

  init(_ inner: any AggregateState) { self.inner = inner }

  func resize(_ count: Int) {
    inner.resize(count)
    seen.extend(to: count, with: 0)
  }

  func update(_ input: AggregateInput) {
    for group in input.runs.groups { seen[Int(group)] = 1 }
    inner.update(input)
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? DefaultState else { return }
    for (theirs, ours) in groups.enumerated() { seen[Int(ours)] |= other.seen[theirs] }
    inner.merge(other.inner, groups)
  }

  func finish() -> Column {
    let column = inner.finish()
    guard seen.contains(0) else { return column }
    let zero = Column(column.type, of: [.defaultValue(of: column.type)])
    let last = Int32(column.count)
    let places = seen.indices.map { seen[$0] == 0 ? last : Int32($0) }
    return Column.concatenate(column.type, [column, zero]).gather(places)
  }
  var byteCount: Int { inner.byteCount + seen.count }
}
