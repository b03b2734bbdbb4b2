/// quantileGK and quantileDD: ClickHouse's sketches, step by step, fed in the order in which rows arrived. So an answer is
/// the one that ClickHouse gives with one thread, however many threads there are.
import Glibc
import TickColumns

/// Greenwald and Khanna's summary, of values by their numbers (`ValueRanks`), as Spark keeps it.
///
/// Invariants:
/// 1. Samples ascend; the least and the greatest value are among them.
/// 2. A sample stands for `span` values up to it, and its place is known but for `slack`.
struct GreenwaldKhanna {
  private struct Sample {
    var rank: Int32
    var span: Int64
    var slack: Int64
  }

  private let error: Double
  private var samples: [Sample] = []
  private var head: [Int32] = []
  private var count = 0

  private static let headMax = 50_000
  private static let samplesMax = 10_000

  init(accuracy: Int64) { error = 1 / Double(accuracy) }

  mutating func add(_ rank: Int32) throws(SQLError) {
    head.append(rank)
    guard head.count >= Self.headMax else { return }
    try takeHead()
    if samples.count >= Self.samplesMax { compress() }
  }

  private mutating func takeHead() throws(SQLError) {
    guard !head.isEmpty else { return }
    try CancellationPoint.sort(&head) { $0 < $1 }
    var out: [Sample] = []
    out.reserveCapacity(samples.count + head.count)
    var next = 0
    for (i, rank) in head.enumerated() {
      while next < samples.count, samples[next].rank <= rank {
        out.append(samples[next])
        next += 1
      }
      count += 1
      let isEnd = out.isEmpty || (next == samples.count && i == head.count - 1)
      let slack = isEnd ? 0 : Int64((2 * error * Double(count)).rounded(.down))
      out.append(Sample(rank: rank, span: 1, slack: slack))
    }
    out += samples[next...]
    samples = out
    head.removeAll(keepingCapacity: true)
  }

  /// From the greatest down: what fits into the sample above becomes part of it.
  private mutating func compress() {
    guard let first = samples.first, var top = samples.last else { return }
    let threshold = 2 * error * Double(count)
    var out: [Sample] = []
    for sample in samples.dropFirst().dropLast().reversed() {
      if Double(sample.span + top.span + top.slack) < threshold {
        top.span += sample.span
      } else {
        out.append(top)
        top = sample
      }
    }
    out.append(top)
    if samples.count > 1, first.rank <= top.rank { out.append(first) }
    samples = out.reversed()
  }

  /// For each level the number of a value; nil without values.
  mutating func values(at levels: [Double]) throws(SQLError) -> [Int32]? {
    try takeHead()
    compress()
    guard let first = samples.first, let last = samples.last else { return nil }
    let slack = samples.reduce(0) { max($0, $1.span + $1.slack) } / 2
    var out = levels.map { _ in last.rank }
    // Levels are sought from the least to the greatest, each from where the one before was found.
    var index = 0
    var place = first.span
    for i in levels.indices.sorted(by: { levels[$0] < levels[$1] }) {
      if levels[i] <= error {
        out[i] = first.rank
      } else if levels[i] < 1 - error {
        let wanted = Int64((levels[i] * Double(count)).rounded(.up))
        var (at, low) = (index, place)
        while at < samples.count - 1 {
          if low + samples[at].slack - slack <= wanted, wanted <= low + slack { break }
          at += 1
          low += samples[at].span
        }
        out[i] = samples[at].rank
        (index, place) = (at, at < samples.count - 1 ? low : 0)
      }
    }
    return out
  }
}

/// Masson, Rim and Lee's sketch: values are counted in buckets whose bounds grow by a factor, so that every answer is off
/// by no more than a share of itself.
struct DistributedSketch {
  private let accuracy: Double
  private let logarithm: Double
  private let least: Double
  private let greatest: Double
  private var above: [Int: UInt64] = [:]
  private var below: [Int: UInt64] = [:]
  private var zeros: UInt64 = 0
  private var count: UInt64 = 0

  /// As in ClickHouse: the buckets from the first to the last one used.
  private static let bucketsMax = 65_536

  init(accuracy: Double) {
    self.accuracy = accuracy
    let factor = (1 + accuracy) / (1 - accuracy)
    logarithm = log(factor)
    least = Double.leastNormalMagnitude * factor
    greatest = Double.greatestFiniteMagnitude / factor
  }

  mutating func add(_ value: Double) throws(SQLError) {
    if value.isNaN { return }
    guard value.magnitude <= greatest else {
      throw SQLError(
        .badArguments, "Value \(value.magnitude) is out of range [\(least), \(greatest)]")
    }
    count += 1
    if value > least {
      above[key(value), default: 0] += 1
    } else if value < -least {
      below[key(-value), default: 0] += 1
    } else {
      zeros += 1
    }
  }

  /// Toward zero, as in ClickHouse: of values below 1 the number of a bucket is one too high.
  private func key(_ value: Double) -> Int { Int(log(value) / logarithm) }

  private func value(_ key: Int) -> Double {
    exp(Double(key) * logarithm) * (1 + accuracy)
  }

  /// For each level; NaN without values.
  func values(at levels: [Double]) throws(SQLError) -> [Double] {
    let (high, low) = (try Self.ascending(above), try Self.ascending(below))
    let belowCount = low.reduce(0) { $0 + $1.value }
    return levels.map { level in
      guard count > 0 else { return .nan }
      let place = level * Double(count - 1)
      if place < Double(belowCount) {
        let wanted = Double(belowCount) - place
        return -value(Self.first(low) { Double($0) >= wanted })
      }
      let rest = place - Double(zeros) - Double(belowCount)
      return rest < 0 ? 0 : value(Self.first(high) { Double($0) > rest })
    }
  }

  private static func ascending(
    _ buckets: [Int: UInt64]
  ) throws(SQLError) -> [(key: Int, value: UInt64)] {
    let sorted = buckets.sorted { $0.key < $1.key }
    if let first = sorted.first, let last = sorted.last, last.key - first.key > bucketsMax {
      throw SQLError(
        .incorrectData, "DDSketch store key range too large: \(last.key - first.key)")
    }
    return sorted
  }

  /// The first bucket up to which there are enough.
  private static func first(
    _ buckets: [(key: Int, value: UInt64)], _ isEnough: (UInt64) -> Bool
  ) -> Int {
    var reached: UInt64 = 0
    for (key, count) in buckets {
      reached += count
      if isEnough(reached) { return key }
    }
    return buckets.last?.key ?? 0
  }
}

extension AggregateFunction {
  static let sketches: [AggregateFunction] = [false, true].flatMap { areMany in
    [greenwaldKhanna(areMany), distributed(areMany)]
  }

  private static func greenwaldKhanna(_ areMany: Bool) -> AggregateFunction {
    sketch(
      "GK", result: "type of x",
      "About the value with that share of all values below it; its place is off by up to the values' number over the "
        + "accuracy. First parameter: the accuracy, a positive integer.", areMany
    ) { (call) throws(SQLError) in
      try call.requireOrderedNumber()
      guard let parameter = call.parameters.first, parameter.type.isInteger else {
        throw SQLError(
          .illegalTypeOfArgument,
          "Aggregate function \(call.name) requires accuracy parameter with integer type",
          at: call.position)
      }
      guard let accuracy = parameter.value.int64, accuracy > 0 else {
        throw SQLError(
          .badArguments,
          "Aggregate function \(call.name) requires accuracy parameter with positive value",
          at: call.position)
      }
      let (type, levels) = (call.types[0], try call.laterLevels(areMany))
      return .collected(
        [type], areMany ? .array(type) : type, neverNull: areMany
      ) { (rows) throws(SQLError) in
        let ranks = try ValueRanks(rows.columns[0])
        let count = rows.columns[0].count
        let values = Column.concatenate(
          type, [rows.columns[0], Column(type, of: [.defaultValue(of: type)])])
        var positions: [Int32] = []
        for group in rows.groups {
          var sketch = GreenwaldKhanna(accuracy: accuracy)
          for row in rows.rows(group) where ranks.ranks[row] != ValueRanks.none {
            try sketch.add(ranks.ranks[row])
          }
          if let found = try sketch.values(at: levels.levels) {
            positions += found.map { ranks.rows[Int($0)] }
          } else {
            positions += levels.levels.map { _ in Int32(truncatingIfNeeded: count) }
          }
        }
        return levels.shaped(try values.picked(positions))
      }
    }
  }

  private static func distributed(_ areMany: Bool) -> AggregateFunction {
    sketch(
      "DD", result: "Float64, or the type of a date or time",
      "About the value with that share of all values below it, off by up to a share of itself. First parameter: that "
        + "share, a Float64 from 0.000001 to 1.", areMany
    ) { (call) throws(SQLError) in
      try call.requireNumberOrSeconds()
      guard let parameter = call.parameters.first, parameter.type.isFloat,
        let accuracy = parameter.value.double
      else {
        throw SQLError(
          .illegalTypeOfArgument,
          "Aggregate function \(call.name) requires relative accuracy parameter with Float64 type",
          at: call.position)
      }
      guard accuracy > 1e-6, accuracy < 1 else {
        throw SQLError(
          .badArguments,
          "Aggregate function \(call.name) requires relative accuracy parameter with value between 1e-6 and 1 but is "
            + "\(accuracy)", at: call.position)
      }
      let type = call.types[0]
      let element = type.isDateOrTime ? type : .float64
      let levels = try call.laterLevels(areMany)
      return .collected(
        [type], areMany ? .array(element) : element, neverNull: areMany
      ) { (rows) throws(SQLError) in
        let numbers = TickNumbers.doubles(rows.columns[0])
        var out: [Double] = []
        for group in rows.groups {
          var sketch = DistributedSketch(accuracy: accuracy)
          try CancellationPoint.forEachPiece(of: rows.rows(group)) { (piece) throws(SQLError) in
            for row in piece { try sketch.add(numbers[row]) }
          }
          out += try sketch.values(at: levels.levels)
        }
        return levels.shaped(TickNumbers.column(out, element))
      }
    }
  }

  private static func sketch(
    _ suffix: String, result: String, _ summary: String, _ areMany: Bool,
    resolve: @escaping @Sendable (AggregateBinding) throws(SQLError) -> AggregateResolution
  ) -> AggregateFunction {
    AggregateFunction(
      "\(areMany ? "quantiles" : "quantile")\(suffix)", arguments: "x",
      result: areMany ? "Array(\(result))" : result,
      summary: "\(summary) Then: \(areMany ? "the levels" : "the level, 0.5 by default").",
      arity: 1...1, aliases: areMany ? [] : ["median\(suffix)"], aliasesAnyCase: false,
      traits: .takesParameters
    ) { (call) throws(SQLError) in
      guard !call.parameters.isEmpty else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch,
          "Aggregate function \(call.name) requires at least one param", at: call.position)
      }
      return try resolve(call)
    }
  }
}

extension AggregateBinding {
  /// The levels behind a first parameter that is something else.
  fileprivate func laterLevels(_ areMany: Bool) throws(SQLError) -> QuantileLevels {
    var rest = self
    rest.parameters.removeFirst()
    return try AggregateFunction.levels(rest, areMany)
  }
}
