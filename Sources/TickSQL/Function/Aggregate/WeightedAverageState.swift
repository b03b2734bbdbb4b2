import TickColumns

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
