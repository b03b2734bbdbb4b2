import TickColumns

/// GROUP BY: its keys, the sets of them that rows are grouped by, and the split of a block at the aggregation.
struct GroupBinding {
  /// Distinct keys as written, constants among them.
  let keys: [BoundExpression]
  /// Positions in `keys`; nil for one set of all keys.
  let sets: [[Int]]?
  let isGroupingSets: Bool

  /// `bound` holds the keys of the clause, in order; expression i of it is `widths[i]` of them (GROUP BY ALL has none).
  init(
    _ clause: GroupByClause, _ bound: [BoundExpression], widths: [Int] = []
  ) throws(SQLError) {
    var keys: [BoundExpression] = []
    var places: [Int] = []
    for key in bound {
      if let known = keys.firstIndex(where: { $0 === key }) {
        places.append(known)
      } else {
        keys.append(key)
        places.append(keys.count - 1)
      }
    }
    self.keys = keys
    var sets: [[Int]]?
    switch clause.keys {
    case .all, .list:
      switch clause.modifier {
      case nil: break
      case .rollup?: sets = (0...places.count).reversed().map { Array(places.prefix($0)) }
      case .cube?: sets = try Self.cube(places, at: clause.range.lowerBound)
      }
      isGroupingSets = false
    case .groupingSets(let written):
      guard clause.modifier == nil else {
        throw SQLError(
          .notImplemented, "GROUPING SETS WITH ROLLUP or CUBE are not supported",
          at: clause.range.lowerBound)
      }
      var next = 0
      var expression = 0
      var list: [[Int]] = []
      for set in written {
        let width = widths[expression..<expression + set.count].reduce(0, +)
        list.append(Array(places[next..<next + width]))
        next += width
        expression += set.count
      }
      sets = list
      isGroupingSets = true
    }
    guard (sets?.count ?? 0) <= Grouping.setsMax else {
      throw SQLError(
        .tooBigAst, "GROUP BY asks for more than \(Grouping.setsMax) sets of keys",
        at: clause.range.lowerBound)
    }
    self.sets = sets
  }

  private static func cube(_ places: [Int], at place: Int) throws(SQLError) -> [[Int]] {
    guard places.count < Int.bitWidth - 1, 1 << places.count <= Grouping.setsMax else {
      throw SQLError(
        .tooBigAst, "CUBE asks for more than \(Grouping.setsMax) sets of keys", at: place)
    }
    return (0..<(1 << places.count)).map { left in
      places.indices.filter { left & 1 << (places.count - 1 - $0) == 0 }.map { places[$0] }
    }
  }

  /// Splits a block at the aggregation: below it keys and arguments over the source, above it expressions over keys
  /// and results. Nil keys: aggregates without GROUP BY.
  static func split(
    _ block: inout SelectBlock, _ groups: GroupBinding?, above: inout [BoundExpression],
    _ builder: ExpressionBuilder
  ) throws(SQLError) {
    // A constant key makes no groups, but GROUP BY it still means no row for no input.
    let keys = groups?.keys ?? []
    let variable = keys.filter { $0.constant == nil }
    let all = block.outputs + above
    let calls = ExpressionWalk(all, entersAggregates: false).aggregates
    let pool = builder.pool
    var memo: [ObjectIdentifier: BoundExpression] = [:]
    let replace: (BoundExpression) throws(SQLError) -> BoundExpression? = {
      (node) throws(SQLError) -> BoundExpression? in
      if let i = variable.firstIndex(where: { $0 === node }) {
        return pool.column(i, node.type, name: node.label, at: node.position)
      }
      if let i = calls.firstIndex(where: { $0 === node }) {
        return pool.column(variable.count + i, node.type, name: node.label, at: node.position)
      }
      if case .call(let call) = node.kind, call.function == ExpressionPool.groupingName, let groups
      {
        return try groups.answer(call, setColumn: variable.count + calls.count, node, builder)
      }
      if case .column = node.kind {
        throw SQLError(
          .notAnAggregate,
          "Column '\(node.label)' is not under aggregate function and not in GROUP BY keys",
          at: node.position ?? builder.places[ObjectIdentifier(node)],
          hint: "Add it to GROUP BY, or take any(\(node.label))")
      }
      return nil
    }
    for i in block.outputs.indices {
      block.outputs[i] = try pool.rewritten(block.outputs[i], memo: &memo, replace)
    }
    for i in above.indices { above[i] = try pool.rewritten(above[i], memo: &memo, replace) }
    var grouping = Grouping(keys: variable, aggregates: calls, isGrouped: groups != nil)
    grouping.sets = groups?.sets.map { sets in
      sets.map { set in
        set.compactMap { place in variable.firstIndex { $0 === keys[place] } }
      }
    }
    grouping.hasRowForNothing = groups?.isGroupingSets == true
    block.grouping = grouping
  }

  /// `grouping(k, ...)`: a bit for each key that the row's set leaves out, the last key lowest.
  private func answer(
    _ call: BoundCall, setColumn: Int, _ node: BoundExpression, _ builder: ExpressionBuilder
  ) throws(SQLError) -> BoundExpression {
    var places: [Int] = []
    for argument in call.arguments {
      guard let place = keys.firstIndex(where: { $0 === argument }) else {
        throw SQLError(
          .badArguments, "GROUPING function argument \(argument.label) is not in GROUP BY keys",
          at: node.position)
      }
      places.append(place)
    }
    let masks = (sets ?? [Array(keys.indices)]).map { set in
      places.reduce(UInt64(0)) { $0 << 1 | (set.contains($1) ? 0 : 1) }
    }
    let results = masks.map { builder.constant(.uint($0), .uint64) }
    if results.count == 1 { return results[0] }
    let column = builder.pool.column(setColumn, .uint64, name: "grouping set")
    var conditions: [BoundExpression] = []
    for set in 0..<results.count - 1 {
      conditions.append(
        try builder.call("equals", [column, builder.constant(.uint(UInt64(set)), .uint64)]))
    }
    return builder.pool.choice(
      conditions: conditions, results: results, .uint64, at: node.position)
  }
}
