/// -State and -Merge, settled, and the types that they give and take.
import TickColumns
import TickFormats

extension CombinedAggregate {
  /// -State: a type of the aggregate and its arguments. Of -MergeState, that of the states given.
  func givingState(
    _ inner: CombinedAggregate, _ call: AggregateBinding
  ) throws(SQLError) -> AggregateResolution {
    guard !inner.chain.contains(.state) else { throw call.nested(.state) }
    var exchanged = call
    exchanged.isExchanged = true
    let type: AggregateStateType
    if inner.chain.last == .merge, case .aggregateFunction(let given)? = call.types.first {
      type = given
    } else {
      type = try call.stateType(inner.stateName)
    }
    let settled = try inner.resolve(exchanged)
    return settled.wrapped(.aggregateFunction(type), neverNull: true) {
      StateOutput(settled.makeState(), type)
    }
  }

  /// -Merge: the aggregate over what the states are of, with the parameters of the call.
  func mergingStates(
    _ inner: CombinedAggregate, _ call: AggregateBinding
  ) throws(SQLError) -> AggregateResolution {
    guard !inner.chain.contains(.merge) else { throw call.nested(.merge) }
    guard call.types.count == 1 else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Incorrect number of arguments for aggregate function \(call.name) with Merge suffix",
        at: call.position)
    }
    guard case .aggregateFunction(let state) = call.types[0] else {
      throw call.illegal(0, "AggregateFunction(...)")
    }
    let parameters = try call.parameterTexts()
    let hasSameLimit = !inner.function.keepsLimit || state.parameters == parameters
    guard Self.stateKind(state.name) == Self.stateKind(inner.stateName), hasSameLimit else {
      throw SQLError(
        .illegalTypeOfArgument,
        "Illegal type \(call.types[0]) of argument for aggregate function \(call.name): it is the state of another "
          + "aggregate function", at: call.position)
    }
    var exchanged = call.over(state.arguments)
    exchanged.isExchanged = true
    let settled = try inner.resolve(exchanged)
    let layout = state.layout
    return settled.wrapped(settled.type, neverNull: true) {
      MergingState(settled.makeState(), layout)
    }
  }

  /// `sumIf` for `sum` with -If.
  private var stateName: String { function.name + chain.map(\.rawValue).joined() }

  /// One and several quantiles have states alike.
  private static func stateKind(_ name: String) -> String {
    name.hasPrefix("quantiles") ? "quantile" + name.dropFirst("quantiles".count) : name
  }

  /// The aggregate whose states a type is of, as it would be called over the type's arguments.
  static func of(
    _ type: AggregateStateType, at place: Int?
  ) throws(SQLError) -> AggregateResolution {
    guard let found = AggregateFunction.find(type.name), found.repeated == nil,
      found.absent == nil
    else {
      throw SQLError(
        .unknownAggregateFunction, "Unknown aggregate function \(type.name)", at: place)
    }
    var binding = AggregateBinding(name: type.name, position: place, types: type.arguments)
    binding.parameters = type.parameters.map { text in
      if let number = UInt64(text) {
        return AggregateParameter(value: .uint(number), type: .uint64)
      }
      return AggregateParameter(value: .float(Double(text) ?? 0), type: .float64)
    }
    binding.isExchanged = true
    return try CombinedAggregate(function: found.function, chain: found.wholeChain[...])
      .resolve(binding)
  }
}

extension AggregateFunction {
  /// The parameter says what the state keeps, not only what the result shows.
  fileprivate var keepsLimit: Bool { name == "groupArray" || name == "groupUniqArray" }
}

extension AggregateBinding {
  fileprivate func nested(_ combinator: Combinator) -> SQLError {
    SQLError(
      .illegalAggregation,
      "Nested identical combinator '\(combinator.rawValue)' is not supported", at: position)
  }

  /// The type of the states of this call; error 48 where states have no bytes that ClickHouse reads.
  fileprivate func stateType(_ function: String) throws(SQLError) -> AggregateStateType {
    guard
      let type = AggregateStateType(
        name: function, parameters: try parameterTexts(), arguments: types)
    else {
      let types = types.map(\.description).joined(separator: ", ")
      throw SQLError(
        .notImplemented, "States of aggregate function \(function)(\(types)) are not supported",
        at: position)
    }
    return type
  }

  fileprivate func parameterTexts() throws(SQLError) -> [String] {
    try parameters.map { (parameter) throws(SQLError) in
      switch parameter.value {
      case .uint(let number): return "\(number)"
      case .int(let number): return "\(number)"
      case .float:
        let text = TextConversion.text(.constant(parameter.value, .float64), rows: 1, in: session)
        return String(decoding: text.strings[0], as: UTF8.self)
      default:
        throw SQLError(
          .notImplemented, "States of \(name) with such a parameter are not supported",
          at: position)
      }
    }
  }
}

/// uniqExact of what is no number: ClickHouse keeps hashes of 128 bits, and a state can hold nothing else.
enum HashedValues {
  static func counted(_ types: [DataType]) -> any AggregateState {
    AdaptingState(
      DistinctState([.uint128], CountState()),
      given: { input in
        var hashed = input
        hashed.operands = [.column(Column(.uint128, .uint128(hashes(input))))]
        return hashed
      })
  }

  /// The hash of a string alone is that of its bytes; beside others it has a zero behind it, and the length of both
  /// before it, in 64 bits.
  private static func hashes(_ input: AggregateInput) -> [UInt128] {
    let isAlone = input.operands.count == 1
    let cells = input.operands.indices.map { i in
      let column = input.column(i)
      if column.type == .string, case .string(let strings) = column.values { return strings }
      return StateWriter.cells(column)
    }
    let areStrings = input.operands.map { $0.type == .string && !isAlone }
    var bytes: [UInt8] = []
    return (0..<input.rows).map { row in
      bytes.removeAll(keepingCapacity: true)
      for (cell, isString) in zip(cells, areStrings) {
        if isString { bytes += UInt64(cell.length(at: row) + 1).littleEndianBytes }
        bytes += cell[row]
        if isString { bytes.append(0) }
      }
      return SipHash.hash128(bytes[...])
    }
  }
}
