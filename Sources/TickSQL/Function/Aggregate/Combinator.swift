/// Suffixes of aggregate functions, and what an aggregate with some of them is.
import TickColumns

enum Combinator: String, CaseIterable, Hashable, Sendable {
  case `if` = "If"
  case distinct = "Distinct"
  case orNull = "OrNull"
  case orDefault = "OrDefault"
  case array = "Array"
  case map = "Map"
  case forEach = "ForEach"
  case resample = "Resample"
  case argMin = "ArgMin"
  case argMax = "ArgMax"
  case tuple = "Tuple"
  case state = "State"
  case merge = "Merge"

  /// Changes the arguments or the result, so that its place among the others matters to the caller.
  var isStructural: Bool {
    switch self {
    case .if, .distinct, .orNull, .orDefault: false
    case .array, .map, .forEach, .resample, .argMin, .argMax, .tuple, .state, .merge: true
    }
  }

  /// What ClickHouse has and Tickbase lacks.
  static let absent = ["SimpleState"]
}

/// What the name of an aggregate says: `sumArrayIf` is `sum` with `-Array`, then `-If`.
struct AggregateName {
  private(set) var function: AggregateFunction
  /// From the innermost to the outermost: those up to the last one that is structural.
  var chain: [Combinator] = []
  /// Those around them.
  var suffixes = Suffixes()
  /// One stands directly upon itself, which ClickHouse refuses.
  var repeated: Combinator?
  /// A suffix that is not there.
  var absent: String?

  struct Suffixes: OptionSet, Hashable, Sendable {
    let rawValue: Int
    static let `if` = Suffixes(rawValue: 1)
    static let distinct = Suffixes(rawValue: 2)
    static let orNull = Suffixes(rawValue: 4)
    static let orDefault = Suffixes(rawValue: 8)

    init(rawValue: Int) { self.rawValue = rawValue }

    init(_ combinator: Combinator) {
      switch combinator {
      case .if: self = .if
      case .distinct: self = .distinct
      case .orNull: self = .orNull
      case .orDefault: self = .orDefault
      case .array, .map, .forEach, .resample, .argMin, .argMax, .tuple, .state, .merge: self = []
      }
    }
  }

  /// `combinators` from the outermost to the innermost, as they are taken off the name.
  init(_ function: AggregateFunction, _ combinators: [Combinator] = [], absent: String? = nil) {
    self.function = function
    self.absent = absent
    let outer = combinators.prefix { !$0.isStructural }
    for combinator in outer {
      let suffix = Suffixes(combinator)
      if combinator == .if, suffixes.contains(.if) { repeated = .if }
      suffixes.insert(suffix)
    }
    chain = combinators.dropFirst(outer.count).reversed()
  }

  var isDistinct: Bool { suffixes.contains(.distinct) }

  /// All combinators from the innermost to the outermost.
  var wholeChain: [Combinator] {
    chain
      + [Combinator.if, .distinct, .orDefault, .orNull].filter {
        suffixes.contains(Suffixes($0))
      }
  }

  /// The same under the RESPECT NULLS or IGNORE NULLS of a call.
  func treating(_ call: Call) throws(SQLError) -> AggregateName {
    guard let nulls = call.nulls else { return self }
    let respects = nulls == .respect
    if function.traits.contains(.takesNulls) == respects { return self }
    var out = self
    guard
      let name = AggregateFunction.choices.first(where: {
        respects ? $0.plain == function.name : $0.respecting == function.name
      }),
      let other = AggregateFunction.find(respects ? name.respecting : name.plain)
    else {
      guard respects else { return self }
      throw SQLError(
        .notImplemented, "Function \(call.name) does not support RESPECT NULLS",
        at: call.nameRange.lowerBound)
    }
    out.function = other.function
    return out
  }
}

/// An aggregate with some combinators, settled.
struct CombinedAggregate {
  let function: AggregateFunction
  /// From the innermost to the outermost.
  let chain: ArraySlice<Combinator>

  /// Types of arguments inside of arrays may be nullable: rows with NULL are left out there, and the result is NULL
  /// where no row is left.
  func resolve(_ call: AggregateBinding) throws(SQLError) -> AggregateResolution {
    // A row with NULL in its condition is left out, and what -If is around knows the rest.
    let takesRows =
      chain.last.map { ![.array, .map, .forEach, .tuple, .if, .state, .merge].contains($0) }
      ?? !function.traits.contains(.takesNulls)
    let plain = call.types.map { $0.withoutNullable.withoutLowCardinality }
    if takesRows, plain != call.types {
      let inner = try resolve(call.over(plain))
      if !call.types.contains(where: \.isNullable) { return inner }
      let isNullable = !inner.neverNull && inner.type.madeNullable.isNullable
      return AggregateResolution(
        type: isNullable ? inner.type.madeNullable : inner.type, needsOrder: inner.needsOrder,
        neverNull: inner.neverNull
      ) {
        let state = inner.makeState()
        return AdaptingState.withoutNulls(isNullable ? PresenceState(state, .null) : state)
      }
    }
    guard let outer = chain.last else {
      guard function.arity.contains(call.types.count) else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch,
          "Number of arguments for aggregate function \(call.name) doesn't match", at: call.position
        )
      }
      if call.types.contains(.nothing) { throw call.illegal(0, "values") }
      return try function.resolve(call)
    }
    return try around(CombinedAggregate(function: function, chain: chain.dropLast()), outer, call)
  }

  private func around(
    _ inner: CombinedAggregate, _ outer: Combinator, _ call: AggregateBinding
  ) throws(SQLError) -> AggregateResolution {
    switch outer {
    case .state: return try givingState(inner, call)
    case .merge: return try mergingStates(inner, call)
    case .array, .forEach: return try overElements(inner, isEach: outer == .forEach, call)
    case .tuple: return try overTuple(inner, call)
    case .map:
      guard call.types.count == 1, case .map(let key, let value) = call.types[0] else {
        throw call.illegal(0, "a map")
      }
      let settled = try inner.resolve(call.over([value.withoutNullable]))
      let plainKey = key.withoutLowCardinality
      let type = DataType.map(key: plainKey, value: settled.type)
      let plain = value.withoutNullable.withoutLowCardinality
      return settled.wrapped(type, neverNull: true) {
        MapFoldState(
          key: plainKey, value: plain, result: type, dropsZeros: false, settled.makeState())
      }
    case .resample:
      let range = try ResampleRange(call)
      var binding = call.over(Array(call.types.dropLast()))
      binding.parameters.removeLast(3)
      let settled = try inner.resolve(binding)
      return settled.wrapped(.array(settled.type), neverNull: true) {
        ResampleState(settled.makeState(), range, settled.type)
      }
    case .argMin, .argMax:
      let key = try lastType(call, "a key")
      let settled = try inner.resolve(call.over(Array(call.types.dropLast())))
      return settled.wrapped(settled.type, neverNull: settled.neverNull) {
        ExtremeKeyState(settled.makeState(), key: key, isMax: outer == .argMax)
      }
    case .if:
      let condition = try lastType(call, "a condition")
      let plain = condition.withoutNullable
      guard plain == .uint8 || plain == .bool else {
        throw call.illegal(call.types.count - 1, "UInt8")
      }
      let settled = try inner.resolve(call.over(Array(call.types.dropLast())))
      return settled.wrapped(settled.type, neverNull: settled.neverNull) {
        AdaptingState.filtered(settled.makeState())
      }
    case .distinct:
      let settled = try inner.resolve(call)
      let types = call.types
      guard !settled.needsOrder else {
        throw SQLError(
          .notImplemented, "-Distinct in \(call.name) is not supported", at: call.position)
      }
      return settled.wrapped(settled.type, neverNull: settled.neverNull) {
        types.isEmpty ? settled.makeState() : DistinctState(types, settled.makeState())
      }
    case .orNull:
      let settled = try inner.resolve(call)
      return settled.wrapped(settled.type.madeNullable, neverNull: true) {
        PresenceState(settled.makeState(), .null)
      }
    case .orDefault:
      let settled = try inner.resolve(call)
      return settled.wrapped(settled.type, neverNull: settled.neverNull) {
        PresenceState(settled.makeState(), .zero)
      }
    }
  }

  private func overElements(
    _ inner: CombinedAggregate, isEach: Bool, _ call: AggregateBinding
  ) throws(SQLError) -> AggregateResolution {
    var elements: [DataType] = []
    for i in call.types.indices {
      guard case .array(let element) = call.types[i] else { throw call.illegal(i, "an array") }
      elements.append(element)
    }
    guard !elements.isEmpty else {
      throw SQLError(
        .tooFewArgumentsForFunction,
        "-\(isEach ? "ForEach" : "Array") of aggregate function \(call.name) needs an argument",
        at: call.position)
    }
    let settled = try inner.resolve(call.over(elements))
    guard isEach else {
      return settled.wrapped(settled.type, neverNull: settled.neverNull) {
        ArrayState(settled.makeState())
      }
    }
    return settled.wrapped(.array(settled.type), neverNull: true) {
      ForEachState(settled.makeState(), settled.type)
    }
  }

  /// The aggregate of each element of tuples.
  private func overTuple(
    _ inner: CombinedAggregate, _ call: AggregateBinding
  ) throws(SQLError) -> AggregateResolution {
    guard call.types.count == 1, case .tuple(let elements) = call.types[0], !elements.isEmpty else {
      throw call.illegal(0, "a tuple")
    }
    var parts: [AggregateResolution] = []
    for element in elements { parts.append(try inner.resolve(call.over([element.type]))) }
    let types = zip(elements, parts).map { TupleElement(name: $0.name, type: $1.type) }
    let settled = parts
    return AggregateResolution(
      type: .tuple(types), needsOrder: parts.contains(where: \.needsOrder), neverNull: true
    ) {
      TupleState(settled.map { $0.makeState() }, .tuple(types))
    }
  }

  private func lastType(
    _ call: AggregateBinding, _ what: String
  ) throws(SQLError) -> DataType {
    guard let last = call.types.last else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Aggregate function \(call.name) needs \(what) as its last argument",
        at: call.position)
    }
    return last
  }
}

extension AggregateBinding {
  func over(_ types: [DataType]) -> AggregateBinding {
    AggregateBinding(
      name: name, position: position, types: types, parameters: parameters, session: session,
      isExchanged: isExchanged)
  }
}

extension AggregateResolution {
  func wrapped(
    _ type: DataType, neverNull: Bool, _ make: @escaping @Sendable () -> any AggregateState
  ) -> AggregateResolution {
    AggregateResolution(
      type: type, needsOrder: needsOrder, neverNull: neverNull, makeState: make)
  }
}

/// The last three parameters of -Resample: which buckets its last argument falls into.
struct ResampleRange: Sendable {
  let start: Int64
  let end: Int64
  let step: Int64
  let count: Int

  /// As in ClickHouse.
  private static let countMax = 1_048_576

  init(_ call: AggregateBinding) throws(SQLError) {
    guard call.parameters.count >= 3 else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Incorrect number of parameters for aggregate function \(call.name) with Resample suffix",
        at: call.position)
    }
    guard let key = call.types.last else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Aggregate function \(call.name) with Resample suffix needs an argument", at: call.position)
    }
    guard key.isInteger || key == .date || key.isEnum || key.isSeconds else {
      throw call.illegal(max(0, call.types.count - 1), "an integer")
    }
    let numbers = call.parameters.suffix(3).map { $0.value.int64 }
    guard let start = numbers[0], let end = numbers[1], let step = numbers[2] else {
      throw SQLError(
        .badArguments, "The range of aggregate function \(call.name) must be three integers",
        at: call.position)
    }
    guard step > 0 else {
      throw SQLError(
        .argumentOutOfBound, "The step given in function \(call.name) should not be zero",
        at: call.position)
    }
    let (width, overflow) = end.subtractingReportingOverflow(start)
    let full = max(0, width)
    let count = full / step + (full % step == 0 ? 0 : 1)
    guard !overflow, count <= Self.countMax else {
      throw SQLError(
        .argumentOutOfBound, "The range given in function \(call.name) contains too many elements",
        at: call.position)
    }
    (self.start, self.end, self.step, self.count) = (start, end, step, Int(count))
  }

  /// The bucket of a key; nil outside of the range.
  @inline(__always)
  func bucket(_ key: Int64) -> Int? {
    guard key >= start, key < end else { return nil }
    return Int((key - start) / step)
  }
}

extension DataType {
  fileprivate var isSeconds: Bool { if case .dateTime = self { true } else { false } }
}
