/// Straight lines through points, ranks, and averages that fade.
import Glibc
import TickColumns

extension AggregateFunction {
  static let regressions: [AggregateFunction] =
    [
      AggregateFunction(
        "simpleLinearRegression", arguments: "x, y", result: "Tuple(k Float64, b Float64)",
        summary: "The line y = k * x + b with the least squares.", arity: 2...2
      ) { (call) throws(SQLError) in
        try requireNumbers(call)
        let type = DataType.tuple([
          TupleElement(name: "k", type: .float64), TupleElement(name: "b", type: .float64),
        ])
        return .collected(call.types, type, neverNull: true) { rows in
          let points = pointSums(rows, x: 0, y: 1)
          let lines = points.map { ($0.slope, $0.intercept) }
          return Column(
            type,
            .tuple(
              [
                Column(.float64, .float64(lines.map(\.0))),
                Column(.float64, .float64(lines.map(\.1))),
              ], count: lines.count))
        }
      },
      AggregateFunction(
        "regr_count", arguments: "y, x", result: "UInt64",
        summary: "How many pairs without NULL there are.", arity: 2...2, anyCase: true
      ) { (call) throws(SQLError) in
        try requireNumbers(call)
        return AggregateResolution(type: .uint64, neverNull: true) { CountState() }
      },
      regression("regr_avgx", "The average of x.") { $0.count > 0 ? $0.meanX : .nan },
      regression("regr_avgy", "The average of y.") { $0.count > 0 ? $0.meanY : .nan },
      regression("regr_sxx", "The sum of squares of x less its average.") {
        $0.count > 0 ? $0.sumXX : .nan
      },
      regression("regr_syy", "The sum of squares of y less its average.") {
        $0.count > 0 ? $0.sumYY : .nan
      },
      regression("regr_sxy", "The sum of products of x and y less their averages.") {
        $0.count > 0 ? $0.sumXY : .nan
      },
      regression("regr_slope", "The slope of the line with the least squares.") { $0.slope },
      regression("regr_intercept", "Where that line meets x = 0.") { $0.intercept },
      regression("regr_r2", "The square of the correlation.") { $0.determination },
      AggregateFunction(
        "rankCorr", arguments: "x, y", result: "Float64",
        summary: "Spearman's rank correlation.", arity: 2...2
      ) { (call) throws(SQLError) in
        try requireNumbers(call)
        return .collected(call.types, .float64) { (rows) throws(SQLError) in
          let (x, y) = (rows.measures(0), rows.measures(1))
          return Column(
            .float64,
            .float64(
              try CancellationPoint.map(rows.groups.count) { (group) throws(SQLError) in
                let range = rows.rows(group)
                return try rankCorrelation(Array(x[range]), Array(y[range]))
              }))
        }
      },
      AggregateFunction(
        "exponentialMovingAverage", arguments: "x, time", result: "Float64",
        summary:
          "The average of x that forgets half of what it knew in the time that the parameter says.",
        arity: 2...2, traits: .takesParameters
      ) { (call) throws(SQLError) in
        try requireNumbers(call)
        guard call.parameters.count == 1, let half = call.parameters[0].value.double else {
          throw SQLError(
            .numberOfArgumentsDoesntMatch,
            "Aggregate function \(call.name) requires exactly one parameter: half decay time",
            at: call.position)
        }
        return .collected(call.types, .float64) { rows in
          let (values, times) = (rows.measures(0), rows.measures(1))
          return Column(
            .float64,
            .float64(
              rows.groups.map { group in
                let range = rows.rows(group)
                guard let latest = range.map({ times[$0] }).max() else { return 0 }
                let sum = range.reduce(0.0) {
                  $0 + values[$1] * exp2((times[$1] - latest) / half)
                }
                return sum * (1 - exp2(-1 / half))
              }))
        }
      },
      AggregateFunction(
        "largestTriangleThreeBuckets", arguments: "x, y",
        result: "Array(Tuple(type of x, type of y))",
        summary:
          "The points that keep the look of a curve, as many as the parameter says, in the order of x.",
        arity: 2...2, aliases: ["lttb"], aliasesAnyCase: false, traits: .takesParameters
      ) { (call) throws(SQLError) in
        for i in 0..<2 {
          let type = call.types[i]
          guard type.isNumber || type == .float32 || type.isDateOrTime else {
            throw call.illegal(i, "a number or time")
          }
        }
        try call.requireParameters(1...1)
        guard let buckets = call.parameters[0].value.int64, buckets >= 0 else {
          throw SQLError(
            .badArguments, "The parameter of aggregate function \(call.name) must be a count",
            at: call.position)
        }
        let types = call.types.map { type -> DataType in
          if case .dateTime = type { return .dateTime(zone: nil) }
          return type.isDateOrTime ? type : .float64
        }
        let pair = DataType.tuple(types.map { TupleElement(type: $0) })
        return .collected(call.types, .array(pair), neverNull: true) {
          (rows) throws(SQLError) in
          try curve(rows, Int(clamping: buckets), types, pair)
        }
      },
    ]

  private static func requireNumbers(_ call: AggregateBinding) throws(SQLError) {
    for i in call.types.indices where !call.types[i].isMeasured {
      throw call.illegal(i, "a number")
    }
  }

  // MARK: Lines

  /// Sums over the points of a group, from distances to the mean.
  private struct PointSums {
    var count = 0
    var meanX = 0.0
    var meanY = 0.0
    var sumXX = 0.0
    var sumYY = 0.0
    var sumXY = 0.0

    var slope: Double { sumXX == 0 ? .nan : sumXY / sumXX }
    var intercept: Double { sumXX == 0 ? .nan : meanY - slope * meanX }
    var determination: Double {
      sumXX == 0 ? .nan : sumYY == 0 ? 1 : sumXY * sumXY / (sumXX * sumYY)
    }
  }

  private static func pointSums(_ rows: CollectedRows, x: Int, y: Int) -> [PointSums] {
    let (x, y) = (rows.measures(x), rows.measures(y))
    return rows.groups.map { group in
      let range = rows.rows(group)
      var sums = PointSums(count: range.count)
      guard sums.count > 0 else { return sums }
      for row in range {
        sums.meanX += x[row]
        sums.meanY += y[row]
      }
      sums.meanX /= Double(sums.count)
      sums.meanY /= Double(sums.count)
      for row in range {
        let (dx, dy) = (x[row] - sums.meanX, y[row] - sums.meanY)
        sums.sumXX += dx * dx
        sums.sumYY += dy * dy
        sums.sumXY += dx * dy
      }
      return sums
    }
  }

  private static func regression(
    _ name: String, _ summary: String, _ value: @escaping @Sendable (PointSums) -> Double
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "y, x", result: "Float64", summary: summary, arity: 2...2, anyCase: true
    ) { (call) throws(SQLError) in
      try requireNumbers(call)
      return .collected(call.types, .float64) { rows in
        Column(.float64, .float64(pointSums(rows, x: 1, y: 0).map(value)))
      }
    }
  }

  // MARK: Ranks

  /// From the distances of ranks; equal values share the mean of theirs.
  private static func rankCorrelation(
    _ x: [Double], _ y: [Double]
  ) throws(SQLError) -> Double {
    let n = Double(x.count)
    let distances = zip(try ranks(x), try ranks(y)).reduce(0.0) {
      $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
    }
    return 1 - 6 * distances / (n * (n * n - 1))
  }

  private static func ranks(_ values: [Double]) throws(SQLError) -> [Double] {
    var order = try CancellationPoint.map(values.count) { $0 }
    try CancellationPoint.sort(&order) {
      SortableImage.image(values[$0]) < SortableImage.image(values[$1])
    }
    var out = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      end = max(end, start + 1)
      let rank = Double(start + end + 1) / 2
      for place in start..<end { out[order[place]] = rank }
      start = end
    }
    return out
  }

  // MARK: Curves

  /// Largest triangle, three buckets: the first and the last point stay, and of each bucket between the one that spans
  /// the largest triangle with the point before it and the middle of the bucket behind it.
  private static func curve(
    _ rows: CollectedRows, _ buckets: Int, _ types: [DataType], _ pair: DataType
  ) throws(SQLError) -> Column {
    let (x, y) = (rows.doubles(0), rows.doubles(1))
    var offsets = [0]
    var picked: [Int32] = []
    for group in rows.groups {
      let first = rows.rows(group).lowerBound
      var points = try CancellationPoint.map(rows.rows(group).count) { first + $0 }
      try CancellationPoint.sort(&points) { x[$0] != x[$1] ? x[$0] < x[$1] : $0 < $1 }
      let kept: [Int]
      if points.count <= buckets {
        kept = points
      } else if buckets <= 2 {
        kept =
          buckets == 0 ? [] : buckets == 1 ? [points[0]] : [points[0], points[points.count - 1]]
      } else {
        kept = peaks(points, buckets, x, y)
      }
      picked += kept.map { Int32(truncatingIfNeeded: $0) }
      offsets.append(picked.count)
    }
    let columns = zip(types, [x, y]).enumerated().map { i, part in
      part.0 == .float64
        ? Column(.float64, .float64(picked.map { part.1[Int($0)] }))
        : Column(part.0, rows.columns[i].gather(picked).values)
    }
    let elements = Column(pair, .tuple(columns, count: picked.count))
    return Column(.array(pair), .array(ArrayValues(offsets: offsets, elements: elements)))
  }

  private static func peaks(
    _ points: [Int], _ buckets: Int, _ x: [Double], _ y: [Double]
  ) -> [Int] {
    let width = Double(points.count - 2) / Double(buckets - 2)
    func start(_ bucket: Int) -> Int { min(Int(Double(bucket) * width) + 1, points.count) }
    var kept = [points[0]]
    for bucket in 0..<buckets - 2 {
      let ahead = points[start(bucket + 1)..<min(start(bucket + 2), points.count)]
      let count = Double(ahead.count)
      let meanX = ahead.reduce(0.0) { $0 + x[$1] } / count
      let meanY = ahead.reduce(0.0) { $0 + y[$1] } / count
      let before = kept[kept.count - 1]
      var best = points[start(bucket)]
      var largest = -1.0
      for point in points[start(bucket)..<start(bucket + 1)] {
        let area =
          ((x[before] - meanX) * (y[point] - y[before])
          - (x[before] - x[point]) * (meanY - y[before])).magnitude / 2
        if area > largest {
          largest = area
          best = point
        }
      }
      kept.append(best)
    }
    return kept + [points[points.count - 1]]
  }
}
