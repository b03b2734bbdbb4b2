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
      moment("varPopStable", "As varPop.", [], .variance(isSample: false)),
      moment("varSampStable", "As varSamp.", [], .variance(isSample: true)),
      moment("stddevPopStable", "As stddevPop.", [], .deviation(isSample: false)),
      moment("stddevSampStable", "As stddevSamp.", [], .deviation(isSample: true)),
      joint("covarPopStable", "As covarPop.", [], .covariance(isSample: false)),
      joint("covarSampStable", "As covarSamp.", [], .covariance(isSample: true)),
      joint("corrStable", "As corr.", [], .correlation),
    ]

  private static func moment(
    _ name: String, _ summary: String, _ aliases: [String], _ result: MomentResult
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x", result: "Float64", summary: summary, arity: 1...1, aliases: aliases
    ) { (call) throws(SQLError) in
      guard call.types[0].isNumber else { throw call.illegal(0, "a number") }
      return AggregateResolution(type: .float64) { RealArgumentsState(MomentState(result)) }
    }
  }

  private static func joint(
    _ name: String, _ summary: String, _ aliases: [String], _ result: JointResult,
    anyCase: Bool = false
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x, y", result: "Float64", summary: summary, arity: 2...2,
      aliases: aliases, anyCase: anyCase
    ) { (call) throws(SQLError) in
      for i in 0..<2 where !call.types[i].isNumber { throw call.illegal(i, "a number") }
      return AggregateResolution(type: .float64) { RealArgumentsState(JointMomentState(result)) }
    }
  }

  // MARK: Quantiles

  static let quantiles: [AggregateFunction] = [
    quantile(
      "quantile", "Interpolated between the two nearest values; exact for any number of rows.",
      "Float64, or the type of a date or time", ["median"], .interpolated),
    quantile(
      "quantileExact", "The value with that share of all values below it.", "type of x",
      ["medianExact"], .element),
    quantile(
      "quantileExactLow", "As quantileExact; the lower one of two medians.", "type of x",
      ["medianExactLow"], .lowElement),
    quantile(
      "quantileExactHigh", "As quantileExact; the higher one of two medians.", "type of x",
      ["medianExactHigh"], .highElement),
    quantile(
      "quantileExactInclusive", "Interpolated as PERCENTILE.INC of Excel.", "Float64", [],
      .inclusive),
    quantile(
      "quantileExactExclusive", "Interpolated as PERCENTILE.EXC of Excel; not for levels 0 and 1.",
      "Float64", [], .exclusive),
    AggregateFunction(
      "quantileDeterministic", arguments: "x, determinator",
      result: "Float64, or the type of a date or time",
      summary:
        "As quantile, which needs no determinator here. Parameter: the level, 0.5 by default.",
      arity: 2...2, aliases: ["medianDeterministic"], aliasesAnyCase: false,
      traits: .takesParameters
    ) { (call) throws(SQLError) in
      let type = try quantileType(call)
      guard call.types[1].isInteger else { throw call.illegal(1, "an integer") }
      let level = try level(call)
      return AggregateResolution(type: type.isDateOrTime ? type : .float64) {
        QuantileState(type, .interpolated, level: level)
      }
    },
    AggregateFunction(
      "quantileExactWeighted", arguments: "x, weight", result: "type of x",
      summary:
        "The first value up to which the weights reach their share. Parameter: the level, 0.5 by default.",
      arity: 2...2, aliases: ["medianExactWeighted"], aliasesAnyCase: false,
      traits: .takesParameters
    ) { (call) throws(SQLError) in
      let type = try quantileType(call)
      guard call.types[1].isInteger, !call.types[1].isSignedInteger else {
        throw call.illegal(1, "an unsigned integer")
      }
      let level = try level(call)
      return AggregateResolution(type: type) { WeightedQuantileState(type, level: level) }
    },
  ]

  private static func quantile(
    _ name: String, _ summary: String, _ result: String, _ aliases: [String], _ rule: QuantileRule
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x", result: result,
      summary: "\(summary) Parameter: the level, 0.5 by default.", arity: 1...1, aliases: aliases,
      aliasesAnyCase: false, traits: .takesParameters
    ) { (call) throws(SQLError) in
      let type = try quantileType(call)
      let level = try level(call)
      if rule == .exclusive, level == 0 || level == 1 {
        throw SQLError(
          .badArguments, "\(name) cannot interpolate for the levels 0 and 1", at: call.position)
      }
      let isFloat = !rule.givesElements && !(rule == .interpolated && type.isDateOrTime)
      return AggregateResolution(type: isFloat ? .float64 : type) {
        QuantileState(type, rule, level: level)
      }
    }
  }

  private static func quantileType(_ call: AggregateBinding) throws(SQLError) -> DataType {
    let type = call.types[0]
    guard type.isNumber || type.isDateOrTime else { throw call.illegal(0, "a number or time") }
    return type
  }

  private static func level(_ call: AggregateBinding) throws(SQLError) -> Double {
    guard call.parameters.count <= 1 else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Aggregate function \(call.name) requires one level parameter or less", at: call.position)
    }
    guard let parameter = call.parameters.first else { return 0.5 }
    guard let level = parameter.value.double else {
      throw SQLError(
        .cannotConvertType, "The level of aggregate function \(call.name) must be a number",
        at: call.position)
    }
    guard (0...1).contains(level) else {
      throw SQLError(
        .parameterOutOfBound, "Quantile level is out of range [0..1]", at: call.position)
    }
    return level
  }
}
