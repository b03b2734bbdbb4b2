/// quantileTiming: ClickHouse's, made for times in milliseconds. Numbers are cut to whole ones, those above 30,000 count as
/// 30,000, and where there are many they fall into buckets.
///
/// Invariants:
/// 1. The answer hangs on the values and their weights alone, not on their order.
/// 2. What is in a bucket is of the same value: of 16 values from 1,024 on, the one that ClickHouse names.
import TickColumns

final class TimingQuantileState: AggregateState {
  private let levels: QuantileLevels
  private let isWeighted: Bool
  private var groups: [Group] = []
  private var held = 0

  private struct Group {
    /// How often each value was seen.
    var weights: [UInt16: UInt64] = [:]
    /// Many rows, or a row of much weight: the values are in buckets.
    var isLarge = false
  }

  static let valueMax: UInt16 = 30_000
  /// Up to so many rows are kept one by one.
  private static let rowsMax: UInt64 = 5_672
  /// The same with weights; a row has less.
  private static let weightMax: UInt64 = 31

  init(_ levels: QuantileLevels, isWeighted: Bool) {
    self.levels = levels
    self.isWeighted = isWeighted
  }

  func resize(_ count: Int) { groups.extend(to: count, with: Group()) }

  func update(_ input: AggregateInput) {
    let values = Self.values(input.column(0))
    let weights: Vector<UInt64> =
      isWeighted ? input.operands[1].integers(UInt64.self) : .scalar(1)
    for run in 0..<input.runs.starts.count {
      let group = Int(input.runs.groups[run])
      for row in input.runs.range(run) {
        guard let value = values[row] else { continue }
        add(value, weights.element(row), to: group)
      }
    }
  }

  /// The numbers as they are kept; nil for those that are no time: below 0, NaN, beyond Int64.
  private static func values(_ column: Column) -> [UInt16?] {
    if column.type.isFloat {
      return KernelValue.column(column).doubles().map(rows: column.count) { value in
        guard value >= 0, value <= Double(Int64.max) else { return nil }
        return value >= Double(valueMax) ? valueMax : UInt16(value)
      }
    }
    return WideNumbers(.column(column)).map(rows: column.count) { number in
      guard !number.isNegative, number.magnitude <= UInt128(Int64.max) else { return nil }
      return UInt16(min(number.magnitude, UInt128(valueMax)))
    }
  }

  private func add(_ value: UInt16, _ weight: UInt64, to group: Int) {
    guard weight > 0 else { return }
    if isWeighted, weight >= Self.weightMax { groups[group].isLarge = true }
    if groups[group].weights[value] == nil { held += 24 }
    groups[group].weights[value, default: 0] &+= weight
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? TimingQuantileState else { return }
    for (theirs, ours) in groups.enumerated() {
      if other.groups[theirs].isLarge { self.groups[Int(ours)].isLarge = true }
      for (value, weight) in other.groups[theirs].weights { add(value, weight, to: Int(ours)) }
    }
  }

  func finish() throws(SQLError) -> Column {
    var out: [Float] = []
    for group in groups {
      try CancellationPoint.check()
      out += results(group)
    }
    return levels.shaped(Column(.float32, .float32(out)))
  }

  private func results(_ group: Group) -> [Float] {
    let total = group.weights.values.reduce(0, &+)
    guard total > 0 else { return levels.levels.map { _ in .nan } }
    let sorted = group.weights.sorted { $0.key < $1.key }
    let most = isWeighted ? Self.weightMax : Self.rowsMax
    let isLarge = group.isLarge || total > most
    return levels.levels.map { level in
      if isLarge { return Float(Self.bucket(sorted, (Double(total) * level).rounded(.up))) }
      let place = level < 1 ? UInt64(level * Double(total)) : total - 1
      var before: UInt64 = 0
      for (value, weight) in sorted {
        before &+= weight
        if before > place { return Float(value) }
      }
      return Float(Self.valueMax)
    }
  }

  /// The value of the first bucket up to which there are as many as wanted.
  private static func bucket(_ sorted: [(key: UInt16, value: UInt64)], _ wanted: Double) -> UInt16 {
    var reached: UInt64 = 0
    for (value, weight) in sorted where value < valueMax {
      reached &+= weight
      // The rest of a bucket does not change which one it is.
      if Double(reached) >= wanted { return bucketValue(value) }
    }
    return valueMax
  }

  private static func bucketValue(_ value: UInt16) -> UInt16 {
    guard value >= 1_024 else { return value }
    let index = (value - 1_024) / 16
    let shift = UInt16(truncatingIfNeeded: IntegerHash.hash32(UInt64(index), salt: 0) % 16)
    return index * 16 + 1_024 + shift - 8
  }

  var byteCount: Int { held + groups.count * 16 }
}

extension WideNumbers {
  fileprivate func map<T>(rows: Int, _ body: (WideNumber) -> T) -> [T] {
    (0..<rows).map { body(at($0)) }
  }
}

extension AggregateFunction {
  static let timingQuantiles: [AggregateFunction] = [false, true].flatMap { areMany in
    [timing(isWeighted: false, areMany), timing(isWeighted: true, areMany)]
  }

  private static func timing(isWeighted: Bool, _ areMany: Bool) -> AggregateFunction {
    let suffix = isWeighted ? "TimingWeighted" : "Timing"
    let texts = texts(
      areMany,
      "The value with that share of all \(isWeighted ? "weights" : "values") below it, for whole numbers of up to "
        + "\(TimingQuantileState.valueMax), which greater ones become; many are counted in buckets of 16 from 1,024 on.",
      "Float32")
    return AggregateFunction(
      "\(areMany ? "quantiles" : "quantile")\(suffix)",
      arguments: isWeighted ? "x, weight" : "x", result: texts.result, summary: texts.summary,
      arity: isWeighted ? 2...2 : 1...1, aliases: areMany ? [] : ["median\(suffix)"],
      aliasesAnyCase: false, traits: .takesParameters
    ) { (call) throws(SQLError) in
      try call.requireNumberOrSeconds()
      if isWeighted { try call.requireWeight() }
      let levels = try levels(call, areMany)
      return AggregateResolution(type: areMany ? .array(.float32) : .float32, neverNull: areMany) {
        TimingQuantileState(levels, isWeighted: isWeighted)
      }
    }
  }
}

extension AggregateBinding {
  /// Error 43 for what is neither a number of up to 64 bits nor a Date or DateTime.
  func requireNumberOrSeconds() throws(SQLError) {
    let type = types[0]
    if case .dateTime64 = type { throw illegal(0, "a number, Date or DateTime") }
    guard type.isNumber || type == .float32 || type.isDateOrTime, !type.isWideInteger else {
      throw illegal(0, "a number, Date or DateTime")
    }
  }

  func requireWeight() throws(SQLError) {
    guard types[1].isInteger || types[1] == .bool, !types[1].isSignedInteger else {
      throw illegal(1, "an unsigned integer")
    }
  }
}
