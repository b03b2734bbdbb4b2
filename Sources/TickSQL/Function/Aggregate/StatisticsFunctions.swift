/// Statistics of numbers: moments and quantiles.
import TickColumns

extension AggregateFunction {
  static let moments: [AggregateFunction] =
    [
      moment("varPop", "The variance.", ["VAR_POP"], .variance(isSample: false)),
      moment("varSamp", "The variance of a sample.", ["VAR_SAMP"], .variance(isSample: true)),
      moment(
        "stddevPop", "The standard deviation.", ["STD", "STDDEV_POP"], .deviation(isSample: false)),
      moment(
        "stddevSamp", "The standard deviation of a sample.", ["STDDEV", "STDDEV_SAMP"],
        .deviation(isSample: true)),
      moment("skewPop", "The skewness.", [], .skewness(isSample: false)),
      moment("skewSamp", "The skewness of a sample.", [], .skewness(isSample: true)),
      moment(
        "kurtPop", "The kurtosis, 3 for a normal distribution.", [], .kurtosis(isSample: false)),
      moment("kurtSamp", "The kurtosis of a sample.", [], .kurtosis(isSample: true)),
      joint("covarPop", "The covariance.", ["COVAR_POP"], .covariance(isSample: false)),
      joint(
        "covarSamp", "The covariance of a sample.", ["COVAR_SAMP"], .covariance(isSample: true)),
      joint("corr", "Pearson's correlation.", [], .correlation, anyCase: true),
    ]
    // Here the plain ones are stable as well.
    + [
      stableMoment("varPopStable", "As varPop.", .variance(isSample: false)),
      stableMoment("varSampStable", "As varSamp.", .variance(isSample: true)),
      stableMoment("stddevPopStable", "As stddevPop.", .deviation(isSample: false)),
      stableMoment("stddevSampStable", "As stddevSamp.", .deviation(isSample: true)),
      stableJoint("covarPopStable", "As covarPop.", .covariance(isSample: false)),
      stableJoint("covarSampStable", "As covarSamp.", .covariance(isSample: true)),
      stableJoint("corrStable", "As corr.", .correlation),
    ]

  private static func moment(
    _ name: String, _ summary: String, _ aliases: [String], _ result: MomentResult
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x", result: "Float64, or Float32 of Float32", summary: summary,
      arity: 1...1, aliases: aliases
    ) { (call) throws(SQLError) in
      guard call.types[0].isMeasured else { throw call.illegal(0, "a number") }
      let type: DataType = call.types[0] == .float32 ? .float32 : .float64
      return AggregateResolution(type: type) { AdaptingState.reals(MomentState(result), type) }
    }
  }

  /// Of doubles whatever is given, so that times are taken as well.
  private static func stableMoment(
    _ name: String, _ summary: String, _ result: MomentResult
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x", result: "Float64", summary: summary, arity: 1...1
    ) { (call) throws(SQLError) in
      guard call.types[0].isMeasuredOrTime else { throw call.unmeasured(0) }
      return AggregateResolution(type: .float64) { AdaptingState.reals(MomentState(result)) }
    }
  }

  private static func joint(
    _ name: String, _ summary: String, _ aliases: [String], _ result: JointResult,
    anyCase: Bool = false
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x, y", result: "Float64, or Float32 of two Float32", summary: summary,
      arity: 2...2, aliases: aliases, anyCase: anyCase
    ) { (call) throws(SQLError) in
      for i in 0..<2 where !call.types[i].isNumber && call.types[i] != .float32 {
        throw call.illegal(i, "a number")
      }
      let type: DataType = call.types.allSatisfy { $0 == .float32 } ? .float32 : .float64
      return AggregateResolution(type: type) {
        AdaptingState.reals(JointMomentState(result), type)
      }
    }
  }

  private static func stableJoint(
    _ name: String, _ summary: String, _ result: JointResult
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x, y", result: "Float64", summary: summary, arity: 2...2
    ) { (call) throws(SQLError) in
      for i in 0..<2 where !call.types[i].isMeasuredOrTime { throw call.unmeasured(i) }
      return AggregateResolution(type: .float64) { AdaptingState.reals(JointMomentState(result)) }
    }
  }

  // MARK: Quantiles

  /// Each for one level, and under a plural name for several.
  static let quantiles: [AggregateFunction] = [false, true].flatMap { areMany in
    [
      quantile(
        "quantile", "Interpolated between the two nearest values; exact for any number of rows.",
        "Float64, or the type of a date or time", ["median"], .interpolated, areMany),
      quantile(
        "quantileExact", "The value with that share of all values below it.", "type of x",
        ["medianExact"], .element, areMany),
      quantile(
        "quantileExactLow", "As quantileExact; the lower one of two medians.", "type of x",
        ["medianExactLow"], .lowElement, areMany),
      quantile(
        "quantileExactHigh", "As quantileExact; the higher one of two medians.", "type of x",
        ["medianExactHigh"], .highElement, areMany),
      quantile(
        "quantileExactInclusive", "Interpolated as PERCENTILE.INC of Excel.", "Float64", [],
        .inclusive, areMany),
      quantile(
        "quantileExactExclusive",
        "Interpolated as PERCENTILE.EXC of Excel; not for levels 0 and 1.",
        "Float64", [], .exclusive, areMany),
      weighted(
        "quantileDeterministic", "x, determinator", "Float64, or the type of a date or time",
        "As quantile, which needs no determinator here.", ["medianDeterministic"], areMany
      ) { (call, type, levels) throws(SQLError) in
        guard call.types[1].isInteger else { throw call.illegal(1, "an integer") }
        try requireNoFraction(call)
        let state = kept(type) { QuantileState($0, .interpolated, levels) }
        return (type.isDateOrTime ? type : .float64, state)
      },
      weighted(
        "quantileExactWeighted", "x, weight", "type of x",
        "The first value up to which the weights reach their share.", ["medianExactWeighted"],
        areMany
      ) { (call, type, levels) throws(SQLError) in
        guard call.types[1].isInteger, !call.types[1].isSignedInteger else {
          throw call.illegal(1, "an unsigned integer")
        }
        return (type, elements(type) { WeightedQuantileState($0, levels) })
      },
      weighted(
        "quantileBFloat16Weighted", "x, weight", "Float64, or the type of a date or time",
        "As quantileExactWeighted, of values cut to the 8 bits of a BFloat16.",
        ["medianBFloat16Weighted"], areMany
      ) { (call, type, levels) throws(SQLError) in
        guard call.types[1].isInteger, !call.types[1].isSignedInteger else {
          throw call.illegal(1, "an unsigned integer")
        }
        try requireNoFraction(call)
        let result = type.isDateOrTime ? type : .float64
        return (result, { WeightedQuantileState(result, levels, isCut: true) })
      },
      brief("quantileBFloat16", ["medianBFloat16"], areMany),
    ]
  }

  /// Of an array where there are several levels.
  static func texts(_ areMany: Bool, _ summary: String, _ result: String) -> (
    summary: String, result: String
  ) {
    areMany
      ? ("\(summary) Parameters: the levels.", "Array(\(result))")
      : ("\(summary) Parameter: the level, 0.5 by default.", result)
  }

  private static func plural(_ name: String) -> String {
    "quantiles" + name.dropFirst("quantile".count)
  }

  private static func quantile(
    _ name: String, _ summary: String, _ result: String, _ aliases: [String], _ rule: QuantileRule,
    _ areMany: Bool
  ) -> AggregateFunction {
    let texts = texts(areMany, summary, result)
    return AggregateFunction(
      areMany ? plural(name) : name, arguments: "x", result: texts.result, summary: texts.summary,
      arity: 1...1, aliases: areMany ? [] : aliases, aliasesAnyCase: false,
      traits: .takesParameters
    ) { (call) throws(SQLError) in
      let type = try quantileType(call)
      let levels = try levels(call, areMany)
      if rule == .exclusive, levels.levels.contains(where: { $0 == 0 || $0 == 1 }) {
        throw SQLError(
          .badArguments, "\(call.name) cannot interpolate for the levels 0 and 1",
          at: call.position)
      }
      if rule == .inclusive || rule == .exclusive { try requireNoFraction(call) }
      if type.isWide {
        // Of integers of 128 bits ClickHouse takes the place between two and the plain element only.
        guard type.isDecimal || rule == .interpolated || rule == .element else {
          throw call.illegal(0, "a number of up to 64 bits")
        }
        return .wideQuantile(type, rule, levels)
      }
      let isFloat = !rule.givesElements(of: type)
      let element = isFloat ? .float64 : type
      let state: MakeState =
        isFloat
        ? kept(type) { QuantileState($0, rule, levels) }
        : elements(type) { QuantileState($0, rule, levels) }
      return AggregateResolution(
        type: areMany ? .array(element) : element, neverNull: areMany, makeState: state)
    }
  }

  private typealias MakeState = @Sendable () -> any AggregateState

  /// A state that keeps values of the type; of Float32, Float64 with the same values.
  private static func kept(
    _ type: DataType, _ make: @escaping @Sendable (DataType) -> any AggregateState
  ) -> MakeState {
    guard type == .float32 else { return { make(type) } }
    return { AdaptingState.widened(make(.float64)) }
  }

  /// The same where some of the values come out again.
  private static func elements(
    _ type: DataType, _ make: @escaping @Sendable (DataType) -> any AggregateState
  ) -> MakeState {
    guard type == .float32 else { return { make(type) } }
    return { AdaptingState.floats(make(.float64)) }
  }

  /// Error 43 for decimals and DateTime64, for aggregates that take no values with digits behind a point of their own.
  private static func requireNoFraction(_ call: AggregateBinding) throws(SQLError) {
    if case .dateTime64 = call.types[0] { throw call.illegal(0, "a number, Date or DateTime") }
    guard !call.types[0].isDecimal else { throw call.illegal(0, "a number, Date or DateTime") }
  }

  private static func weighted(
    _ name: String, _ arguments: String, _ result: String, _ summary: String, _ aliases: [String],
    _ areMany: Bool,
    _ resolve:
      @escaping @Sendable (AggregateBinding, DataType, QuantileLevels) throws(SQLError) -> (
        DataType, @Sendable () -> any AggregateState
      )
  ) -> AggregateFunction {
    let texts = texts(areMany, summary, result)
    return AggregateFunction(
      areMany ? plural(name) : name, arguments: arguments, result: texts.result,
      summary: texts.summary, arity: 2...2, aliases: areMany ? [] : aliases,
      aliasesAnyCase: false, traits: .takesParameters
    ) { (call) throws(SQLError) in
      let type = try quantileType(call)
      try call.requireNarrow()
      let (element, make) = try resolve(call, type, try levels(call, areMany))
      return AggregateResolution(
        type: areMany ? .array(element) : element, neverNull: areMany, makeState: make)
    }
  }

  private static func brief(
    _ name: String, _ aliases: [String], _ areMany: Bool
  ) -> AggregateFunction {
    let texts = texts(
      areMany, "The value with that share of all values up to it, cut to the 8 bits of a BFloat16.",
      "Float64, or the type of a date or time")
    return AggregateFunction(
      areMany ? plural(name) : name, arguments: "x", result: texts.result, summary: texts.summary,
      arity: 1...1, aliases: areMany ? [] : aliases, aliasesAnyCase: false,
      traits: .takesParameters
    ) { (call) throws(SQLError) in
      let type = try quantileType(call)
      try requireNoFraction(call)
      guard !type.isWide else { throw call.illegal(0, "a number of up to 64 bits") }
      let result = type.isDateOrTime ? type : .float64
      let levels = try levels(call, areMany)
      return AggregateResolution(type: areMany ? .array(result) : result, neverNull: areMany) {
        WeightedQuantileState(result, levels, isCut: true)
      }
    }
  }

  private static func quantileType(_ call: AggregateBinding) throws(SQLError) -> DataType {
    let type = call.types[0]
    guard type.isMeasured || type.isDateOrTime else { throw call.illegal(0, "a number or time") }
    return type
  }

  /// One or several levels, each from 0 to 1.
  static func levels(
    _ call: AggregateBinding, _ areMany: Bool
  ) throws(SQLError) -> QuantileLevels {
    guard areMany ? !call.parameters.isEmpty : call.parameters.count <= 1 else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Aggregate function \(call.name) requires \(areMany ? "at least one parameter" : "one level parameter or less")",
        at: call.position)
    }
    var levels: [Double] = []
    for parameter in call.parameters {
      guard let level = parameter.value.double else {
        throw SQLError(
          .cannotConvertType, "The level of aggregate function \(call.name) must be a number",
          at: call.position)
      }
      guard (0...1).contains(level) else {
        throw SQLError(
          .parameterOutOfBound, "Quantile level is out of range [0..1]", at: call.position)
      }
      levels.append(level)
    }
    return QuantileLevels(levels: levels.isEmpty ? [0.5] : levels, isArray: areMany)
  }
}
