/// Calls of aggregate functions, settled: arguments, the condition of -If, DISTINCT, NULL.
import TickColumns

extension ExpressionBuilder {
  /// A call of an aggregate, its types settled and its state made ready.
  func aggregate(
    _ function: AggregateFunction, name: String, _ given: [BoundExpression],
    _ variant: AggregateVariant, isDistinct: Bool, isWindow: Bool = false, at place: Int?
  ) throws(SQLError) -> BoundExpression {
    guard isWindow || !function.traits.contains(.needsWindow) else {
      throw SQLError(
        .badArguments,
        "The function '\(name)' can only be used as a window function, not as an aggregate function",
        at: place)
    }
    var arguments = given
    var condition: BoundExpression?
    if variant.suffixes.contains(.if) {
      guard let last = arguments.popLast() else {
        throw countError(function, name, given.count, at: place)
      }
      switch last.type.withoutNullable {
      case .uint8, .bool, .nothing: condition = last
      default:
        throw SQLError(
          .illegalTypeOfArgument,
          "Illegal type \(last.type) of the condition of aggregate function \(name). Must be UInt8",
          at: last.position ?? place)
      }
    }
    // count(DISTINCT a, b) counts combinations, so it takes any number.
    let isDistinctCount = isDistinct && function.name == "count" && !arguments.isEmpty
    let isPlain = variant.chain.isEmpty
    guard function.arity.contains(arguments.count) || isDistinctCount || !isPlain else {
      throw countError(function, name, given.count, at: place)
    }
    let takesNulls = isPlain && function.traits.contains(.takesNulls)
    // The type of a state says which arguments are Nullable, though it is given no NULL.
    let givesState = variant.chain.contains(.state)
    let plain = arguments.map { $0.type.withoutNullable.withoutLowCardinality }
    let types = takesNulls || givesState ? arguments.map(\.type.withoutLowCardinality) : plain
    if variant.chain.last == .merge,
      !variant.suffixes.isDisjoint(with: [.orNull, .orDefault, .distinct])
    {
      throw SQLError(
        .illegalTypeOfArgument, "The suffixes of \(name) behind Merge belong before it", at: place)
    }
    let factors = isDistinct || !isPlain ? nil : productFactors(function, arguments)
    let binding = AggregateBinding(
      name: name, position: place, types: types, parameters: variant.parameters,
      isProduct: factors != nil, session: context.sessionZone)
    if plain.contains(.nothing), !takesNulls {
      // Nothing but NULL: counts are 0, everything else is NULL.
      let isCount = function.traits.contains(.counts) && isPlain
      let make: @Sendable () -> any AggregateState = {
        if isCount { CountState() } else { NothingState() }
      }
      let call = AggregateCall(
        function: function, name: name, arguments: arguments, condition: condition,
        isProduct: false, isDistinct: isDistinct, variant: variant, needsOrder: false,
        makeState: make)
      return pool.aggregate(call, isCount ? .uint64 : .nullable(.nothing), at: place)
    }
    let resolution =
      isPlain
      ? try function.resolve(binding)
      : try CombinedAggregate(function: function, chain: variant.chain[...]).resolve(binding)
    let makeInner = resolution.makeState
    var make = makeInner
    let repeats = !function.traits.contains(.ignoresRepeats)
    if isDistinct, resolution.needsOrder {
      throw SQLError(
        .notImplemented, "DISTINCT in \(name) is not supported", at: place)
    }
    if isDistinct, repeats, !arguments.isEmpty {
      make = { DistinctState(plain, makeInner()) }
    }
    var type = resolution.type
    var neverNull = resolution.neverNull || takesNulls
    if variant.suffixes.contains(.orDefault) {
      let makePlain = make
      make = { PresenceState(makePlain(), .zero) }
    }
    if variant.suffixes.contains(.orNull) {
      neverNull = true
      let makePlain = make
      make = { PresenceState(makePlain(), .null) }
      type = type.madeNullable
    }
    if !neverNull, arguments.contains(where: { $0.type.isNullable }) {
      let makePlain = make
      make = { PresenceState(makePlain(), .null) }
      type = type.madeNullable
    }
    let call = AggregateCall(
      function: function, name: name, arguments: factors ?? arguments, condition: condition,
      isProduct: factors != nil, isDistinct: isDistinct && repeats, variant: variant,
      needsOrder: resolution.needsOrder, makeState: make)
    return pool.aggregate(call, type, at: place)
  }

  /// The factors of the argument, where dialect.md (Sums of products) counts it as a product.
  private func productFactors(
    _ function: AggregateFunction, _ arguments: [BoundExpression]
  ) -> [BoundExpression]? {
    guard function.name == "sum" || function.name == "avg", let argument = arguments.first,
      argument.type.withoutNullable == .float64, case .call(let call) = argument.kind,
      call.function == "multiply"
    else { return nil }
    return call.arguments
  }

  private func countError(
    _ function: AggregateFunction, _ name: String, _ count: Int, at place: Int?
  ) -> SQLError {
    let low = function.arity.lowerBound
    let high = function.arity.upperBound
    let wanted = low == high ? "\(low)" : high == Int.max ? "at least \(low)" : "\(low) or \(high)"
    return SQLError(
      .numberOfArgumentsDoesntMatch,
      "Number of arguments for aggregate function \(name) doesn't match: passed \(count), should "
        + "be \(wanted)", at: place)
  }
}
