import TickColumns

/// Calls with OVER: the window that they mean, and the function that runs over it.
extension ExpressionBinding {
  mutating func bindWindow(
    _ call: Call, _ reference: WindowReference, in clause: Clause, at place: Int
  ) throws(SQLError) -> BoundExpression {
    let label = windowLabel(call, reference)
    if let refusal = clause.windowRefusal {
      throw SQLError(
        .illegalAggregation, "Window function \(label) is found \(refusal) in query", at: place)
    }
    let definition = try definition(reference, at: place)
    var arguments: [BoundExpression] = []
    for argument in call.arguments {
      if case .matcher(let matcher) = argument.kind, matcher.isPlain { continue }
      arguments.append(try bind(argument, in: .aggregating))
    }
    var partition: [BoundExpression] = []
    for expression in definition.partitionBy {
      partition += try keys(expression, in: .aggregating)
    }
    var order: [BoundExpression] = []
    var directions: [SortItem] = []
    for item in definition.orderBy {
      if let fill = item.fill {
        throw SQLError(
          .notImplemented, "WITH FILL in a window is not supported", at: fill.range.lowerBound)
      }
      let key = try orderKey(item.expression)
      try key.checkSortable(at: item.expression.range.lowerBound)
      order.append(key)
      directions.append(
        SortItem(output: -1, isDescending: item.isDescending, nullsFirst: item.nullsFirst ?? false))
    }
    for inner in arguments + partition + order where inner.hasWindow {
      throw SQLError(
        .illegalAggregation,
        "Window function \(inner.label) is found inside another window function in query",
        at: inner.position ?? place)
    }
    var frame = try bounds(definition, at: place)
    let (function, type, inputs) = try settle(
      call, arguments, &frame, hasOrder: !order.isEmpty, at: place)
    if case .offset = frame.start { try checkRange(frame, order, at: place) }
    if case .offset = frame.end { try checkRange(frame, order, at: place) }
    let window = WindowCall(
      function: function, arguments: inputs, partition: partition, order: order,
      directions: directions, frame: frame, text: "\(function) \(directions) \(frame)")
    return builder.pool.window(window, type, at: place, label: label)
  }

  private func windowLabel(_ call: Call, _ reference: WindowReference) -> String {
    columnName(of: Expression(.call(call), range: call.nameRange))
  }

  // MARK: The window

  /// The definition with what it inherits from a named window.
  private func definition(
    _ reference: WindowReference, at place: Int
  ) throws(SQLError) -> WindowDefinition {
    switch reference {
    case .named(let name): return try named(name, at: place, depth: 0)
    case .defined(let window): return try inherited(window, at: place, depth: 0)
    }
  }

  private func named(_ name: String, at place: Int, depth: Int) throws(SQLError) -> WindowDefinition
  {
    guard let window = scope.windows[name], depth <= scope.windows.count else {
      throw SQLError(
        .badArguments, "Window '\(name)' does not exist", at: place,
        hint: NearestName.hint(for: name, among: scope.windows.keys))
    }
    return try inherited(window, at: place, depth: depth + 1)
  }

  private func inherited(
    _ window: WindowDefinition, at place: Int, depth: Int
  ) throws(SQLError) -> WindowDefinition {
    guard let parent = window.parent else { return window }
    var out = try named(parent, at: place, depth: depth)
    func refuse(_ what: String) -> SQLError {
      SQLError(
        .badArguments, "A window that goes on from '\(parent)' cannot have \(what) of its own",
        at: window.range.lowerBound)
    }
    guard window.partitionBy.isEmpty else { throw refuse("PARTITION BY") }
    if !window.orderBy.isEmpty {
      guard out.orderBy.isEmpty else { throw refuse("ORDER BY") }
      out.orderBy = window.orderBy
    }
    guard out.frame == nil else { throw refuse("a frame") }
    out.frame = window.frame
    return out
  }

  private mutating func bounds(
    _ definition: WindowDefinition, at place: Int
  ) throws(SQLError) -> WindowBounds {
    guard let frame = definition.frame else {
      return definition.orderBy.isEmpty ? .wholePartition : .untilPeers
    }
    let start = try bound(frame.start, frame, isEnd: false)
    let end = try bound(frame.end, frame, isEnd: true)
    func rank(_ bound: WindowBounds.Bound, isEnd: Bool) -> Int64 {
      switch bound {
      case .unbounded: isEnd ? .max : .min
      case .current: 0
      case .offset(let n): n
      }
    }
    guard rank(start, isEnd: false) <= rank(end, isEnd: true) else {
      throw SQLError(
        .badArguments, "The start of a window's frame does not precede its end",
        at: frame.range.lowerBound)
    }
    return WindowBounds(unit: frame.unit, start: start, end: end)
  }

  private mutating func bound(
    _ bound: WindowFrame.Bound, _ frame: WindowFrame, isEnd: Bool
  ) throws(SQLError) -> WindowBounds.Bound {
    let place = frame.range.lowerBound
    switch bound {
    case .unboundedPreceding, .unboundedFollowing:
      let isFollowing = if case .unboundedFollowing = bound { true } else { false }
      guard isFollowing == isEnd else {
        throw SQLError(
          .badArguments, "A window's frame cannot \(isEnd ? "end" : "start") there", at: place)
      }
      return .unbounded
    case .currentRow: return .current
    case .preceding(let offset), .following(let offset):
      let isPreceding = if case .preceding = bound { true } else { false }
      let value = try bind(offset, in: .plain("a window's frame"))
      guard case .uint(let number)? = value.constant, number <= UInt64(Int32.max) else {
        throw SQLError(
          .badArguments, "An offset of a window's frame must be a nonnegative 32-bit integer",
          at: place)
      }
      return .offset(isPreceding ? -Int64(number) : Int64(number))
    }
  }

  private func checkRange(
    _ frame: WindowBounds, _ order: [BoundExpression], at place: Int
  ) throws(SQLError) {
    guard frame.unit == .range else { return }
    guard order.count == 1 else {
      throw SQLError(
        .badArguments,
        "A RANGE frame with an offset requires exactly one ORDER BY column, \(order.count) given",
        at: place)
    }
    let type = order[0].type.withoutNullable
    guard type.isNumber || type == .date || type.isDateTime else {
      throw SQLError(
        .notImplemented, "A RANGE frame with an offset over \(type) is not supported yet",
        at: place)
    }
  }

  // MARK: The function

  private mutating func settle(
    _ call: Call, _ arguments: [BoundExpression], _ frame: inout WindowBounds, hasOrder: Bool,
    at place: Int
  ) throws(SQLError) -> (WindowFunction, DataType, [BoundExpression]) {
    func count(_ range: ClosedRange<Int>) throws(SQLError) {
      guard range.contains(arguments.count) else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch,
          "Number of arguments for window function \(call.name) doesn't match: passed "
            + "\(arguments.count)", at: place)
      }
    }
    switch call.name {
    case "row_number", "rank", "dense_rank", "denseRank":
      let function: WindowFunction =
        call.name == "row_number" ? .rowNumber : call.name == "rank" ? .rank : .denseRank
      return (function, .uint64, [])
    case "percent_rank", "percentRank": return (.percentRank, .float64, [])
    case "cume_dist": return (.cumeDist, .float64, [])
    case "ntile":
      try count(1...1)
      guard hasOrder, frame == .untilPeers else {
        throw SQLError(
          .badArguments, "Function ntile needs ORDER BY and the frame that comes with it",
          at: place)
      }
      return (.ntile(try number(arguments[0], call, from: 1, at: place)), .uint64, [])
    case "lag", "lead", "lagInFrame", "leadInFrame":
      try count(1...3)
      let distance = arguments.count > 1 ? try number(arguments[1], call, from: 0, at: place) : 1
      var inputs = [arguments[0]]
      if arguments.count > 2 {
        inputs.append(try builder.cast(arguments[2], to: arguments[0].type))
      }
      let isInFrame = call.name.hasSuffix("InFrame")
      return (
        .offset(
          call.name.hasPrefix("lag") ? -distance : distance, isInFrame: isInFrame,
          hasDefault: inputs.count > 1), arguments[0].type, inputs
      )
    case "nth_value":
      try count(2...2)
      let nth = try number(arguments[1], call, from: 1, at: place)
      return (.nth(nth), arguments[0].type, [arguments[0]])
    case "any", "first_value", "any_value", "last_value", "anyLast":
      try count(1...1)
      let isLast = call.name == "last_value" || call.name == "anyLast"
      return (
        .edge(isLast: isLast, skipsNulls: call.nulls != .respect), arguments[0].type, [arguments[0]]
      )
    default: return try aggregate(call, arguments, at: place)
    }
  }

  private mutating func aggregate(
    _ call: Call, _ arguments: [BoundExpression], at place: Int
  ) throws(SQLError) -> (WindowFunction, DataType, [BoundExpression]) {
    guard let found = AggregateFunction.find(call.name) else {
      throw SQLError(
        .unknownAggregateFunction, "Aggregate function with name '\(call.name)' does not exist",
        at: call.nameRange.lowerBound,
        hint: NearestName.hint(
          for: call.name, among: AggregateFunction.names + Self.windowFunctionNames))
    }
    let named = try found.treating(call)
    let bound = try builder.aggregate(
      named.function, name: call.name, arguments, try variant(of: call, named),
      isDistinct: found.isDistinct || call.isDistinct, isWindow: true, at: place)
    guard case .aggregate(let settled) = bound.kind else {
      throw SQLError(.notImplemented, "\(call.name) OVER is not supported yet", at: place)
    }
    // The state is fed from columns: the inputs in their order.
    let inputs = settled.inputs
    let columns = inputs.enumerated().map { i, input in
      builder.pool.column(i, input.type, name: input.label)
    }
    return (.aggregate(settled.over(columns)), bound.type, inputs)
  }

  static let windowFunctionNames = [
    "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead",
    "lagInFrame", "leadInFrame", "nth_value", "first_value", "last_value",
  ]

  private func number(
    _ argument: BoundExpression, _ call: Call, from lowest: Int, at place: Int
  ) throws(SQLError) -> Int {
    let value = argument.constant?.int64.flatMap { Int(exactly: $0) }
    guard let value, value >= lowest, value <= Int(Int32.max) else {
      throw SQLError(
        .badArguments,
        "The number of function \(call.name) must be a constant of at least \(lowest)", at: place)
    }
    return value
  }
}

extension DataType {
  fileprivate var isDateTime: Bool { if case .dateTime = self { true } else { false } }
}
