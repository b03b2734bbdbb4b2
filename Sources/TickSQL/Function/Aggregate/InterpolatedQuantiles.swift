/// Quantiles of values that count as often as their weights say, between two of them where none stands at the level.
///
/// Invariants:
/// 1. The values of a group ascend, each once, with the sum of its weights; sums wrap at 64 bits, as in ClickHouse.
/// 2. NaN is left away.
import TickColumns

/// What a level means.
enum WeightedRule: Sendable {
  /// The share of the weights up to the middle of a value's own.
  case middles
  /// A place among the values, each written as often as its weight says, counted as in Excel's PERCENTILE.INC.
  case repeated

  /// Nil where no weight is left to divide by.
  func value(_ numbers: [Double], _ weights: [UInt64], _ level: Double) -> Double? {
    switch self {
    case .middles: Self.betweenMiddles(numbers, weights, level)
    case .repeated: Self.amongRepeated(numbers, weights, level)
    }
  }

  private static func betweenMiddles(
    _ numbers: [Double], _ weights: [UInt64], _ level: Double
  ) -> Double {
    let total = weights.reduce(0.0) { $0 + Double($1) }
    var sum = 0.0
    let places = weights.map { weight in
      sum += Double(weight)
      return total == 0 ? 0 : (sum - 0.5 * Double(weight)) / total
    }
    let last = numbers.count - 1
    var low = 0
    if last > 0 {
      low = last - 1
      if level < places[low],
        let found = places.indices.first(where: { $0 < last && level <= places[$0 + 1] })
      {
        low = found
      }
    }
    let high = min(low + 1, last)
    let (start, end) = (places[low], places[high])
    // Before the first place and behind the last one the nearest value holds.
    let from = level > end ? numbers[high] : numbers[low]
    let to = level < start ? from : numbers[high]
    let width = end - start
    return from + (to - from) / (width == 0 ? 1 : width) * (level - start)
  }

  private static func amongRepeated(
    _ numbers: [Double], _ weights: [UInt64], _ level: Double
  ) -> Double? {
    var sum: UInt64 = 0
    let ends = weights.map { weight in
      sum &+= weight
      return sum
    }
    guard sum > 0 else { return nil }
    let place = Double(sum - 1) * level
    let (lower, higher) = (place.rounded(.down), place.rounded(.up))
    let low = numbers[ends.firstIndex { Double($0) > lower } ?? numbers.count - 1]
    let high = numbers[ends.firstIndex { Double($0) > higher } ?? numbers.count - 1]
    return low == high ? low : (higher - place) * low + (place - lower) * high
  }
}

/// Numbers of a column of any type as doubles and back: decimals and times by their ticks.
enum TickNumbers {
  static func doubles(_ column: Column) -> [Double] {
    if column.type.isFloat {
      return KernelValue.column(column).doubles().map(rows: column.count) { $0 }
    }
    let numbers = WideNumbers(.column(column))
    return (0..<column.count).map { row in
      let number = numbers.at(row)
      return number.isNegative ? -Double(number.magnitude) : Double(number.magnitude)
    }
  }

  /// Cut toward zero; what 64 bits cannot hold is what the processor makes of it, as in ClickHouse.
  static func column(_ numbers: [Double], _ type: DataType) -> Column {
    switch type.physical {
    case .float64: return Column(type, .float64(numbers))
    case .float32: return Column(type, .float32(numbers.map { Float($0) }))
    case .int128, .uint128:
      let cut = numbers.map {
        Int128(exactly: $0.rounded(.towardZero))
          ?? (type == .uint128
            ? Int128(truncatingIfNeeded: UInt128(exactly: $0.rounded(.towardZero)) ?? 0) : 0)
      }
      return FunctionTable.convertIntegers(.column(.int128, cut), to: type, rows: cut.count)
        .column(rows: cut.count)
    default:
      let cut = numbers.map { number -> Int64 in
        if number.isNaN { return 0 }
        let whole = number.rounded(.towardZero)
        if type.physical == .uint64, let value = UInt64(exactly: whole) {
          return Int64(bitPattern: value)
        }
        return Int64(exactly: whole) ?? .min
      }
      return FunctionTable.convertIntegers(.column(.int64, cut), to: type, rows: cut.count)
        .column(rows: cut.count)
    }
  }
}

extension AggregateFunction {
  static let interpolatedQuantiles: [AggregateFunction] = [false, true].flatMap { areMany in
    [
      interpolated(
        "InterpolatedWeighted", .middles, "type of x",
        "Between the two values in the middles of whose weights the level lies.", areMany),
      interpolated(
        "ExactWeightedInterpolated", .repeated, "Float64, or the type of a decimal, date or time",
        "As quantileExactInclusive of each value as often as its weight says.", areMany),
    ]
  }

  private static func interpolated(
    _ suffix: String, _ rule: WeightedRule, _ result: String, _ summary: String, _ areMany: Bool
  ) -> AggregateFunction {
    let texts = texts(areMany, summary, result)
    return AggregateFunction(
      "\(areMany ? "quantiles" : "quantile")\(suffix)", arguments: "x, weight",
      result: texts.result, summary: texts.summary, arity: 2...2,
      aliases: areMany ? [] : ["median\(suffix)"], aliasesAnyCase: false, traits: .takesParameters
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      try call.requireOrderedNumber()
      try call.requireWeight()
      let levels = try levels(call, areMany)
      let keepsType = rule == .middles || type.isDateOrTime || type.isDecimal
      let element = keepsType ? type : .float64
      return .collected(
        call.types, areMany ? .array(element) : element, neverNull: areMany
      ) { (rows) throws(SQLError) in
        levels.shaped(TickNumbers.column(try results(rows, rule, levels), element))
      }
    }
  }

  private static func results(
    _ rows: CollectedRows, _ rule: WeightedRule, _ levels: QuantileLevels
  ) throws(SQLError) -> [Double] {
    let ranks = try ValueRanks(rows.columns[0])
    let numbers = TickNumbers.doubles(rows.columns[0])
    let given = KernelValue.column(rows.columns[1]).integers(UInt64.self)
    var out: [Double] = []
    for group in rows.groups {
      var sums: [Int32: UInt64] = [:]
      try CancellationPoint.forEachPiece(of: rows.rows(group)) { piece in
        for row in piece where ranks.ranks[row] != ValueRanks.none {
          sums[ranks.ranks[row], default: 0] &+= given.element(row)
        }
      }
      let sorted = sums.sorted { $0.key < $1.key }
      let values = sorted.map { numbers[Int(ranks.rows[Int($0.key)])] }
      let weights = sorted.map(\.value)
      for level in levels.levels {
        out.append(values.isEmpty ? .nan : rule.value(values, weights, level) ?? .nan)
      }
    }
    return out
  }
}

extension AggregateBinding {
  /// Error 43 for what is neither a number of any width, a Date, DateTime nor DateTime64.
  func requireOrderedNumber() throws(SQLError) {
    let type = types[0]
    guard
      type.isNumber || type.isWideInteger || type == .float32 || type.isDecimal
        || type.isDateOrTime
    else {
      throw illegal(0, "a number or time")
    }
  }
}
