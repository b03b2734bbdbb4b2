import TickColumns

/// Any aggregate over the elements of arrays, an array for a group.
extension FunctionTable {
  static let arrayReduce: [ScalarFunction] = [
    ScalarFunction(
      "arrayReduce", .array, arguments: "'aggregate', a, ...", result: "type of the aggregate",
      summary: "The aggregate over the elements of each array: `arrayReduce('max', a)`.",
      arity: 2...Int.max, traits: [.ownNulls, .mayThrow]
    ) { (call) throws(SQLError) in
      let (type, settled) = try reducing(call, firstArray: 1)
      return .kernel(type, arguments: Array(call.arguments.dropFirst()), mayThrow: call.count > 2) {
        (input) throws(SQLError) in
        let arrays = input.operands.map { ArrayRows(.column($0.column(rows: input.rows))) }
        try FunctionBinding.checkLengths(arrays, rows: input.rows, "arrayReduce")
        return .column(try reduced(arrays, settled, rows: input.rows))
      }
    }
  ]

  /// What the aggregate that the first argument names makes of the elements of the arrays: its type, and how it is worked out.
  static func reducing(
    _ call: FunctionBinding, firstArray first: Int
  ) throws(SQLError) -> (DataType, AggregateResolution) {
    guard case .bytes(let bytes)? = call.constant(0) else {
      throw call.illegal(0, "the name of an aggregate function")
    }
    let name = String(decoding: bytes, as: UTF8.self)
    guard let found = AggregateFunction.find(name) else {
      throw SQLError(
        .unknownAggregateFunction, "Unknown aggregate function \(name)",
        at: call.arguments[0].position ?? call.position,
        hint: NearestName.hint(for: name, among: AggregateFunction.names))
    }
    guard found.suffixes.isEmpty else {
      throw SQLError(
        .notImplemented, "\(call.name) of \(name) is not supported yet: only of plain aggregates",
        at: call.position)
    }
    var elements: [DataType] = []
    for i in first..<call.count { elements.append(try call.element(i)) }
    guard found.function.arity.contains(elements.count) || !found.chain.isEmpty else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Aggregate function \(name) does not take \(elements.count) arguments", at: call.position)
    }
    let plain = elements.map { $0.withoutNullable.withoutLowCardinality }
    guard !plain.contains(.nothing) else { throw call.illegal(first, "an array of values") }
    let givesState = found.chain.contains(.state)
    let binding = AggregateBinding(
      name: name, position: call.position,
      types: givesState ? elements.map(\.withoutLowCardinality) : plain, session: call.session)
    let resolution =
      found.chain.isEmpty
      ? try found.function.resolve(binding)
      : try CombinedAggregate(function: found.function, chain: found.chain[...]).resolve(binding)
    let isNullable = !resolution.neverNull && elements.contains(where: \.isNullable)
    let type = isNullable ? resolution.type.madeNullable : resolution.type
    let settled =
      isNullable && type.isNullable
      ? AggregateResolution(
        type: type, needsOrder: resolution.needsOrder,
        makeState: { PresenceState(resolution.makeState(), .null) }) : resolution
    return (type, settled)
  }

  /// The aggregate of each array, all elements in one update; elements with a NULL are left out.
  static func reduced(
    _ arrays: [ArrayRows], _ resolution: AggregateResolution, rows: Int
  ) throws(SQLError) -> Column {
    let state = resolution.makeState()
    state.resize(rows)
    let parts = arrays.map { $0.elements.expandingCodes() }
    var valid: [UInt8]?
    for part in parts { valid = Column.intersect(valid, part.validity) }
    let kept = valid.map { markedPositions($0) }
    let count = kept?.count ?? parts[0].count
    var runs = GroupRuns(starts: [], groups: [], rows: count)
    var next = 0
    for row in 0..<rows {
      let range = arrays[0].range(row)
      let start = kept == nil ? range.lowerBound : next
      if let kept { while next < kept.count, Int(kept[next]) < range.upperBound { next += 1 } }
      let end = kept == nil ? range.upperBound : next
      if start < end {
        runs.starts.append(Int32(truncatingIfNeeded: start))
        runs.groups.append(Int32(truncatingIfNeeded: row))
      }
    }
    if !runs.starts.isEmpty {
      let operands = parts.map { part in
        KernelValue.column(kept.map { part.gather($0) } ?? part).withoutNulls
      }
      try state.update(
        AggregateInput(operands: operands, rows: count, runs: runs, order: .ascending(0)))
    }
    return try state.finish()
  }
}
