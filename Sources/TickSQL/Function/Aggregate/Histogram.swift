/// histogram: ClickHouse's adaptive one (Ben-Haim and Tom-Tov), fed in the order in which rows arrived. So an answer is the
/// one that ClickHouse gives with one thread, however many threads there are.
///
/// Invariants:
/// 1. There are fewer than twice as many points as bins between two values, and no more than bins in the result.
/// 2. Weights add up to the number of values, but for rounding.
import TickColumns

struct AdaptiveHistogram {
  private struct Point {
    var mean: Double
    var weight: Double

    mutating func add(_ other: Point) {
      mean += other.weight * (other.mean - mean) / (other.weight + weight)
      weight += other.weight
    }
  }

  /// A bin of the result.
  struct Bin {
    let lower: Double
    let upper: Double
    let weight: Double
  }

  private let binsMax: Int
  private var points: [Point] = []
  private var least = Double.infinity
  private var greatest = -Double.infinity

  static let binsLimit = 250

  init(_ binsMax: Int) { self.binsMax = binsMax }

  mutating func add(_ value: Double) {
    points.append(Point(mean: value, weight: 1))
    least = min(least, value)
    greatest = max(greatest, value)
    if points.count >= 2 * binsMax { compress() }
  }

  /// Fuses the two nearest neighbours until there are no more points than bins.
  private mutating func compress() {
    points.sort { $0.mean < $1.mean }
    while points.count > binsMax {
      var best = 0
      var distance = Double.infinity
      for i in 0..<points.count - 1 where points[i + 1].mean - points[i].mean < distance {
        best = i
        distance = points[i + 1].mean - points[i].mean
      }
      points[best].add(points[best + 1])
      points.remove(at: best + 1)
    }
  }

  /// Bins end in the middle between two points. Between two points the density goes from the weight of one to that of
  /// the other, and half of the weight at each end lies outside of them.
  mutating func bins() -> [Bin] {
    compress()
    var kept: [Point] = []
    for point in points {
      if let last = kept.last, !(last.mean < point.mean) {
        kept[kept.count - 1].add(point)
      } else {
        kept.append(point)
      }
    }
    guard kept.count > 1 else {
      return kept.map { Bin(lower: least, upper: greatest, weight: $0.weight) }
    }
    return kept.indices.map { i in
      let point = kept[i]
      var (lower, upper) = (least, greatest)
      var weight = 0.0
      if i > 0 {
        lower = (kept[i - 1].mean + point.mean) / 2
        weight += (kept[i - 1].weight + point.weight * 3) / 8
      } else {
        weight += point.weight / 2
      }
      if i + 1 < kept.count {
        upper = (point.mean + kept[i + 1].mean) / 2
        weight += (point.weight * 3 + kept[i + 1].weight) / 8
      } else {
        weight += point.weight / 2
      }
      return Bin(lower: lower, upper: upper, weight: weight)
    }
  }
}

extension AggregateFunction {
  static let histograms: [AggregateFunction] = [
    AggregateFunction(
      "histogram", arguments: "x", result: "Array(Tuple(Float64, Float64, Float64))",
      summary:
        "Lower bound, upper bound and height of bins that adapt to the values in the order of arrival. Parameter: how many at "
        + "most, up to \(AdaptiveHistogram.binsLimit).", arity: 1...1, traits: .takesParameters
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      guard type.isNumber || type == .float32 else { throw call.illegal(0, "a number") }
      guard call.parameters.count == 1 else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch,
          "Function histogram requires single parameter: bins count", at: call.position)
      }
      guard let count = call.parameters[0].value.int64, call.parameters[0].type.isInteger else {
        throw SQLError(
          .badArguments, "Invalid type for bins count of histogram", at: call.position)
      }
      guard count > 0 else {
        throw SQLError(.badArguments, "Bin count should be positive", at: call.position)
      }
      guard count <= AdaptiveHistogram.binsLimit else {
        throw SQLError(
          .parameterOutOfBound,
          "Unsupported bins count. Should not be greater than \(AdaptiveHistogram.binsLimit)",
          at: call.position)
      }
      let element = DataType.tuple(Array(repeating: TupleElement(type: .float64), count: 3))
      return .collected([type], .array(element), neverNull: true) { (rows) throws(SQLError) in
        let values = rows.doubles(0)
        var offsets = [0]
        var bins: [AdaptiveHistogram.Bin] = []
        for group in rows.groups {
          var histogram = AdaptiveHistogram(Int(count))
          for row in rows.rows(group) {
            if row % CancellationPoint.stride == 0 { try CancellationPoint.check() }
            guard values[row].isFinite else {
              throw SQLError(
                .incorrectData, "Invalid value (inf or nan) for aggregation by histogram")
            }
            histogram.add(values[row])
          }
          bins += histogram.bins()
          offsets.append(bins.count)
        }
        let columns = [bins.map(\.lower), bins.map(\.upper), bins.map(\.weight)].map {
          Column(.float64, .float64($0))
        }
        return Column(
          .array(element),
          .array(
            ArrayValues(
              offsets: offsets,
              elements: Column(element, .tuple(columns, count: bins.count)))))
      }
    }
  ]
}
