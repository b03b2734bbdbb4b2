/// Aggregates that count values, or walk through them.
import TickColumns

extension AggregateFunction {
  static let distinctCounts: [AggregateFunction] = [
    distinctCount("uniqExact", "How many distinct values (or combinations) there are, exactly."),
    distinctCount("uniq", "As uniqExact: ClickHouse estimates, Tickbase counts."),
    distinctCount("uniqCombined", "As uniqExact.", precision: 12...20),
    distinctCount("uniqCombined64", "As uniqExact.", precision: 12...20),
    distinctCount("uniqHLL12", "As uniqExact."),
  ]

  private static func distinctCount(
    _ name: String, _ summary: String, precision: ClosedRange<Double>? = nil
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x, ...", result: "UInt64", summary: summary, arity: 1...Int.max,
      traits: precision == nil ? .counts : [.counts, .takesParameters]
    ) { (call) throws(SQLError) in
      // How precise the estimate must be; an exact count always is.
      if let precision, let parameter = call.parameters.first {
        guard call.parameters.count == 1, let value = parameter.value.double,
          precision.contains(value)
        else {
          throw SQLError(
            .argumentOutOfBound,
            "Parameter for aggregate function \(name) is out of range: [12, 20]", at: call.position)
        }
      }
      let types = call.types
      if call.isExchanged, types.count != 1 || !types[0].isDistinctByItself {
        return AggregateResolution(type: .uint64, neverNull: true) {
          HashedValues.counted(types)
        }
      }
      return AggregateResolution(type: .uint64, neverNull: true) {
        DistinctState(types, CountState())
      }
    }
  }

  static let frequencies: [AggregateFunction] = [
    AggregateFunction(
      "anyHeavy", arguments: "x", result: "type of x",
      summary: "The most frequent value; of several the least.", arity: 1...1
    ) { (call) throws(SQLError) in
      let types = call.types
      return AggregateResolution(type: types[0]) { FrequencyState(types, .mostFrequent) }
    },
    AggregateFunction(
      "entropy", arguments: "x, ...", result: "Float64",
      summary: "Shannon's entropy of the values (or combinations), in bits.", arity: 1...Int.max
    ) { (call) throws(SQLError) in
      let types = call.types
      return AggregateResolution(type: .float64) { FrequencyState(types, .entropy) }
    },
    top("topK", "x", "Array(type of x)", "The most frequent values", [], isCounted: false),
    top(
      "topKWeighted", "x, weight", "Array(type of x)", "The values with the greatest weights", [],
      isCounted: false),
    top(
      "approx_top_k", "x", "Array(Tuple(item, count, error))",
      "The most frequent values and how often they occur", ["approx_top_count"], isCounted: true),
    top(
      "approx_top_sum", "x, weight", "Array(Tuple(item, count, error))",
      "The values with the greatest weights, and these", [], isCounted: true),
  ]

  /// Exact, so that the error is 0; what ClickHouse's parameters say about precision does not matter.
  private static func top(
    _ name: String, _ arguments: String, _ result: String, _ summary: String, _ aliases: [String],
    isCounted: Bool
  ) -> AggregateFunction {
    let arity = arguments == "x" ? 1 : 2
    return AggregateFunction(
      name, arguments: arguments, result: result,
      summary:
        "\(summary), exactly, of equal ones the least first. Parameter: how many, 10 by default"
        + "\(isCounted ? "." : "; with 'counts' as the third the result is as that of approx_top_k.")",
      arity: arity...arity, aliases: aliases, aliasesAnyCase: false, traits: .takesParameters
    ) { (call) throws(SQLError) in
      try call.requireParameters(0...(isCounted ? 2 : 3))
      let type = call.types[0]
      if arity == 2, !call.types[1].isInteger || call.types[1].isSignedInteger {
        throw call.illegal(1, "an unsigned integer")
      }
      var numbers: [Int] = []
      for parameter in call.parameters.prefix(2) {
        guard let number = parameter.value.int64, (1...65_536).contains(number) else {
          throw SQLError(
            .argumentOutOfBound, "Parameter is illegal for aggregate function '\(name)'",
            at: call.position)
        }
        numbers.append(Int(number))
      }
      var withCounts = isCounted
      if call.parameters.count == 3 {
        guard case .bytes(let word) = call.parameters[2].value, word == Array("counts".utf8) else {
          throw SQLError(
            .badArguments, "The third parameter of aggregate function \(name) must be 'counts'",
            at: call.position)
        }
        withCounts = true
      }
      let element = withCounts ? FrequencyState.countedType(type) : type
      let (count, counted) = (numbers.first ?? 10, withCounts)
      return AggregateResolution(type: .array(element), neverNull: true) {
        FrequencyState([type], .top(count, withCounts: counted), hasWeights: arity == 2)
      }
    }
  }

  static let sumsAndSteps: [AggregateFunction] = [
    AggregateFunction(
      "sumKahan", arguments: "x", result: "Float64 or Decimal(38, scale)",
      summary: "The sum as a double, or as a decimal; exact, as sum is.", arity: 1...1
    ) { (call) throws(SQLError) in
      guard call.types[0].isMeasured else { throw call.illegal(0, "a number") }
      if call.types[0].isDecimal {
        let type = DataType.decimal(
          precision: UInt8(DataType.decimalPrecisionMax),
          scale: UInt8(call.types[0].decimalScale))
        return AggregateResolution(type: type) { WideSumState(type) }
      }
      return AggregateResolution(type: .float64) {
        AdaptingState.reals(FloatSumState(isAverage: false, isProduct: false))
      }
    },
    AggregateFunction(
      "sumWithOverflow", arguments: "x", result: "type of x",
      summary: "The sum in the type of x, wrapped.", arity: 1...1
    ) { (call) throws(SQLError) in
      let type = call.types[0].withoutBool
      guard type.isMeasured else { throw call.illegal(0, "a number") }
      if type.isDecimal || type.isWideInteger {
        return AggregateResolution(type: type) { WideSumState(type) }
      }
      if type == .float32 {
        return AggregateResolution(type: type) {
          AdaptingState.floats(FloatSumState(isAverage: false, isProduct: false))
        }
      }
      guard type.isInteger else {
        return AggregateResolution(type: type) { FloatSumState(isAverage: false, isProduct: false) }
      }
      return AggregateResolution(type: type) {
        AdaptingState.wrapped(IntegerSumState(.int64), type)
      }
    },
    AggregateFunction(
      "avgWeighted", arguments: "x, weight", result: "Float64",
      summary: "The average of x, each value as often as its weight says.", arity: 2...2
    ) { (call) throws(SQLError) in
      for i in 0..<2 where !call.types[i].isPlainNumber { throw call.illegal(i, "a number") }
      return AggregateResolution(type: .float64) { WeightedAverageState() }
    },
    AggregateFunction(
      "boundingRatio", arguments: "x, y", result: "Float64",
      summary: "The slope from the point with the least x to the one with the greatest.",
      arity: 2...2
    ) { (call) throws(SQLError) in
      for i in 0..<2 where !call.types[i].isMeasuredOrTime {
        throw SQLError(
          .badArguments,
          "Illegal type \(call.types[i]) of aggregate function \(call.name), expected a number or time",
          at: call.position)
      }
      return AggregateResolution(type: .float64, needsOrder: true) { BoundingRatioState() }
    },
    AggregateFunction(
      "deltaSum", arguments: "x", result: "type of x",
      summary: "The sum of the steps upwards, in the order of arrival.", arity: 1...1
    ) { (call) throws(SQLError) in
      let type = call.types[0].withoutBool
      if type.isWideInteger { try call.requireNarrow() }
      guard type.isNumber || type == .float32 else { throw call.illegal(0, "a number") }
      return AggregateResolution(type: type, needsOrder: true, neverNull: true) {
        deltaSum(type, times: nil)
      }
    },
    AggregateFunction(
      "deltaSumTimestamp", arguments: "x, timestamp", result: "type of x",
      summary: "The sum of the steps upwards, in the order of the timestamps.", arity: 2...2
    ) { (call) throws(SQLError) in
      let (type, time) = (call.types[0].withoutBool, call.types[1])
      if type.isWideInteger { try call.requireNarrow() }
      guard type.isNumber || type == .float32 else { throw call.illegal(0, "a number") }
      guard time.isNumber || time == .float32 || time.isDateOrTime else {
        throw call.illegal(1, "a number or time")
      }
      return AggregateResolution(type: type, needsOrder: true, neverNull: true) {
        deltaSum(type, times: time)
      }
    },
  ]

  /// Float32 is kept as Float64, in values and timestamps.
  private static func deltaSum(_ type: DataType, times: DataType?) -> any AggregateState {
    let times = times == .float32 ? .float64 : times
    guard type == .float32 else { return AdaptingState.widened(DeltaSumState(type, times: times)) }
    return AdaptingState.floats(DeltaSumState(.float64, times: times))
  }

  static let bitFolds: [AggregateFunction] = [
    bitFold("groupBitAnd", "All values joined by AND; all bits set without rows.", "BIT_AND", .and),
    bitFold("groupBitOr", "All values joined by OR.", "BIT_OR", .or),
    bitFold("groupBitXor", "All values joined by XOR.", "BIT_XOR", .xor),
  ]

  private static func bitFold(
    _ name: String, _ summary: String, _ alias: String, _ fold: BitFold
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x", result: "type of x", summary: summary, arity: 1...1, aliases: [alias]
    ) { (call) throws(SQLError) in
      let type = call.types[0].withoutBool
      if type.isWideInteger { try call.requireNarrow() }
      guard type.isInteger else { throw call.illegal(0, "an integer") }
      return AggregateResolution(type: type) { BitFoldState(type, fold) }
    }
  }
}

extension DataType {
  /// UInt8 for Bool, as which it is added up and joined.
  fileprivate var withoutBool: DataType { self == .bool ? .uint8 : self }
}
