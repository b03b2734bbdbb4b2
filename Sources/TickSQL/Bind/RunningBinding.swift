/// Calls of functions that go along the rows of a result, and where they are worked out.
///
/// In ClickHouse they see a block at a time, and blocks are cut anyhow; here they see the whole result in the order of its
/// rows. They are window functions without PARTITION BY and ORDER BY, and come last (`deferred`).
import TickColumns

/// What a name of such a function means.
struct RunningBinding {
  enum Kind {
    case rowNumber, rowNumberInBlock, blockNumber
    case neighbor
    case difference(startsWithValue: Bool)
    case accumulated
  }
  let kind: Kind

  init?(_ name: String) {
    switch name {
    case "rowNumberInAllBlocks": kind = .rowNumber
    case "rowNumberInBlock": kind = .rowNumberInBlock
    case "blockNumber": kind = .blockNumber
    case "neighbor": kind = .neighbor
    case "runningDifference": kind = .difference(startsWithValue: false)
    case "runningDifferenceStartingWithFirstValue": kind = .difference(startsWithValue: true)
    case "runningAccumulate": kind = .accumulated
    default: return nil
    }
  }

  static let setting = "allow_deprecated_error_prone_window_functions"

  var needsSetting: Bool {
    switch kind {
    case .rowNumber, .rowNumberInBlock, .blockNumber: false
    case .neighbor, .difference, .accumulated: true
    }
  }
}

extension ExpressionBinding {
  mutating func bindRunning(
    _ call: Call, _ running: RunningBinding, in clause: Clause, at place: Int
  ) throws(SQLError) -> BoundExpression {
    if running.needsSetting, !builder.context.options.runsAlongRows {
      throw SQLError(
        .deprecatedFunction,
        "Function \(call.name) is deprecated since its usage is error-prone. Use a window function, or set "
          + "\(RunningBinding.setting) = 1", at: place)
    }
    if let refusal = clause.windowRefusal {
      throw SQLError(
        .notImplemented, "Function \(call.name) \(refusal) is not supported", at: place)
    }
    guard parameters.isEmpty else {
      throw SQLError(
        .notImplemented, "Function \(call.name) inside of a lambda is not supported", at: place)
    }
    var arguments: [BoundExpression] = []
    for argument in call.arguments { arguments.append(try bind(argument, in: .aggregating)) }
    guard FunctionTable.scalar(named: call.name)?.arity.contains(arguments.count) ?? true else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Number of arguments for function \(call.name) doesn't match: passed \(arguments.count)",
        at: place)
    }
    for inner in arguments where inner.hasWindow {
      throw SQLError(
        .notImplemented, "Function \(call.name) over a window function is not supported",
        at: inner.position ?? place)
    }
    let (function, type, inputs) = try settle(running.kind, call, arguments, at: place)
    let window = WindowCall(
      function: .running(function), arguments: inputs, partition: [], order: [], directions: [],
      frame: .wholePartition, text: "running \(call.name)")
    let label = columnName(of: Expression(.call(call), range: call.nameRange))
    return builder.pool.window(window, type, at: place, label: label)
  }

  private func settle(
    _ kind: RunningBinding.Kind, _ call: Call, _ arguments: [BoundExpression], at place: Int
  ) throws(SQLError) -> (RunningFunction, DataType, [BoundExpression]) {
    switch kind {
    case .rowNumber: return (.rowNumber, .uint64, [])
    case .rowNumberInBlock: return (.rowNumberInBlock, .uint64, [])
    case .blockNumber: return (.blockNumber, .uint64, [])
    case .neighbor:
      guard arguments[1].type.isInteger else {
        throw illegal(call, arguments[1], "an integer", at: place)
      }
      let distance = try builder.cast(arguments[1], to: .int64)
      guard arguments.count > 2 else {
        return (.neighbor, arguments[0].type, [arguments[0], distance])
      }
      guard let type = DataType.common(arguments[0].type, arguments[2].type) else {
        throw SQLError(
          .noCommonType,
          "There is no supertype for types \(arguments[0].type), \(arguments[2].type) of function \(call.name)",
          at: place)
      }
      return (
        .neighbor, type,
        [
          try builder.cast(arguments[0], to: type), distance,
          try builder.cast(arguments[2], to: type),
        ]
      )
    case .difference(let startsWithValue):
      let type = arguments[0].type.withoutNullable.withoutLowCardinality
      guard let plain = Self.differenceType(type) else {
        throw illegal(call, arguments[0], "a number, Date or DateTime", at: place)
      }
      let result = arguments[0].type.isNullable ? plain.madeNullable : plain
      // A constant has no first value in ClickHouse: all its differences are 0.
      let hasFirst = startsWithValue && arguments[0].constant == nil
      return (.difference(startsWithValue: hasFirst), result, [arguments[0]])
    case .accumulated:
      guard case .aggregateFunction(let state) = arguments[0].type else {
        throw illegal(call, arguments[0], "the state of an aggregate function", at: place)
      }
      let result = try CombinedAggregate.of(state, at: place).type
      return (.accumulated(state), result, arguments)
    }
  }

  private static func differenceType(_ type: DataType) -> DataType? {
    switch type {
    case .float32, .float64: .float64
    case .bool, .uint8, .int8: .int16
    case .uint16, .int16, .date: .int32
    case .uint32, .int32, .uint64, .int64, .dateTime: .int64
    case .int128, .uint128: .int128
    default: nil
    }
  }

  private func illegal(
    _ call: Call, _ argument: BoundExpression, _ wanted: String, at place: Int
  ) -> SQLError {
    SQLError(
      .illegalTypeOfArgument,
      "Illegal type \(argument.type) of argument of function \(call.name), expected \(wanted)",
      at: argument.position ?? place)
  }
}

extension BoundExpression {
  var hasRunningFunction: Bool {
    ExpressionWalk([self]).windows.contains { node in
      if case .window(let call) = node.kind, case .running = call.function { true } else { false }
    }
  }
}

extension SelectBlock {
  /// The block with its running functions over what it gives in the end, after ORDER BY and LIMIT, where nothing before
  /// that reads them; itself otherwise.
  func deferringRunning(_ pool: ExpressionPool) -> SelectBlock {
    guard let windowing, windowing.qualify.isEmpty, !isDistinct, fill == nil,
      windowing.calls.allSatisfy({ if case .running = $0.function { true } else { false } }),
      !order.isEmpty || limit != nil || offset > 0 || limitBy != nil || countedLimit != nil
    else { return self }
    let width = windowing.inputs.count
    let readsResults = outputsRead.contains { output in
      ExpressionWalk([outputs[output]], entersWindows: false).columnNodes.contains { node in
        if case .column(let position) = node.kind { position >= width } else { true }
      }
    }
    guard !readsResults else { return self }
    var inner = self
    inner.windowing = Windowing(inputs: windowing.inputs, calls: [])
    inner.outputs = windowing.inputs.enumerated().map { i, input in
      pool.column(i, input.type, name: input.label)
    }
    inner.schema = Schema(
      windowing.inputs.enumerated().map { i, input in Field("\(i)", input.type) })
    var moved: [Int: Int] = [:]
    for output in outputsRead.sorted() {
      moved[output] = inner.outputs.count
      inner.outputs.append(outputs[output])
    }
    for i in inner.order.indices { inner.order[i].output = moved[order[i].output] ?? 0 }
    if let limitBy { inner.limitBy?.keys = limitBy.keys.map { moved[$0] ?? 0 } }
    var outer = SelectBlock(
      source: .query(.select(inner)), filter: [],
      outputs: Array(outputs.prefix(schema.count)), schema: schema)
    outer.windowing = Windowing(
      inputs: windowing.inputs.enumerated().map { i, input in
        pool.column(i, input.type, name: input.label)
      }, calls: windowing.calls)
    return outer
  }
}
