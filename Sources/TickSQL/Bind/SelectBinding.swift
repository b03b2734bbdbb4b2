import TickColumns

/// Binds one SELECT: source, names, clauses in the order in which they mean something.
struct SelectBinding {
  private let select: SelectStatement
  private let builder: ExpressionBuilder
  private let environment: QueryEnvironment
  private let relation: BoundRelation
  private let scope: Scope
  private var binding: ExpressionBinding

  init(
    _ select: SelectStatement, _ builder: ExpressionBuilder, _ outer: QueryEnvironment
  ) throws(SQLError) {
    self.select = select
    self.builder = builder
    environment = outer.adding(select.with)
    let aliases = try AliasCollector(select).aliases
    relation = try RelationBinding(builder, environment).bind(select.from)
    scope = Scope(
      tables: relation.tables, merged: relation.merged, aliases: aliases, environment: environment)
    binding = ExpressionBinding(scope, builder)
  }

  mutating func block() throws(SQLError) -> SelectBlock {
    try refuseAbsentClauses()
    var conditions = relation.filter
    for (clause, name) in [(select.prewhere, "PREWHERE"), (select.filter, "WHERE")] {
      guard let clause else { continue }
      if name == "PREWHERE" { try checkPrewhere(clause) }
      let bound = try binding.bind(clause, in: .plain(name))
      try checkCondition(bound, name)
      conditions += Rules.conjuncts(bound)
    }
    let items = try SelectItems(select.items, scope).items
    var outputs: [BoundExpression] = []
    for item in items { outputs.append(try output(item)) }
    let keys = try groupKeys(items, outputs)
    var having: BoundExpression?
    for (clause, name) in [(select.having, "HAVING"), (select.qualify, "QUALIFY")] {
      guard let clause else { continue }
      let bound = try binding.bind(clause, in: .aggregating)
      try checkCondition(bound, name)
      having =
        try having.map { (known) throws(SQLError) in
          try builder.call("and", [known, bound])
        } ?? bound
    }
    let names = items.map(\.name)
    var block = SelectBlock(
      source: relation.source, filter: conditions, outputs: outputs,
      schema: Schema(zip(names, outputs).map { Field($0, $1.type) }))
    if case .rows = select.distinct { block.isDistinct = true }
    try addOrder(to: &block, items)
    try addLimitBy(to: &block, items)
    try group(&block, keys, having)
    if let clause = select.offset { block.offset = try count(clause, "OFFSET") }
    if let clause = select.limit { block.limit = try count(clause, "LIMIT") }
    block.withTies = select.withTies
    if block.withTies, select.orderBy.isEmpty, select.orderByAll == nil {
      throw SQLError(
        .withTiesWithoutOrderBy, "Can not use WITH TIES without ORDER BY",
        at: select.limit?.range.lowerBound)
    }
    return block
  }

  /// What parses and does not act yet.
  private func refuseAbsentClauses() throws(SQLError) {
    func refuse(_ what: String, _ place: Int) -> SQLError {
      SQLError(.notImplemented, "\(what) is not supported yet", at: place)
    }
    if let groupBy = select.groupBy {
      if case .groupingSets = groupBy.keys {
        throw refuse("GROUPING SETS", groupBy.range.lowerBound)
      }
      if let modifier = groupBy.modifier {
        throw refuse("GROUP BY WITH \(modifier.rawValue)", groupBy.range.lowerBound)
      }
      if groupBy.withTotals { throw refuse("WITH TOTALS", groupBy.range.lowerBound) }
    }
    if let window = select.windows.first { throw refuse("WINDOW", window.range.lowerBound) }
    for item in select.orderBy + [select.orderByAll].compactMap({ $0 }) {
      if let fill = item.fill { throw refuse("WITH FILL", fill.range.lowerBound) }
    }
    if let interpolate = select.interpolate {
      throw refuse("INTERPOLATE", interpolate.range.lowerBound)
    }
  }

  private func checkPrewhere(_ clause: Expression) throws(SQLError) {
    if case .table(let reference) = relation.source, reference.table.hasSequence { return }
    throw SQLError(
      .illegalPrewhere, "PREWHERE needs a table of the MergeTree family in FROM",
      at: clause.range.lowerBound)
  }

  private mutating func output(_ item: SelectItems.Item) throws(SQLError) -> BoundExpression {
    if let column = item.column { return column }
    guard let expression = item.expression else {
      throw SQLError(.logicalError, "a SELECT item without an expression")
    }
    return try binding.bind(expression, in: .aggregating)
  }

  private func checkCondition(
    _ expression: BoundExpression, _ clause: String
  ) throws(SQLError) {
    let type = expression.type.withoutNullable
    guard type.isNumber || type == .nothing else {
      throw SQLError(
        .illegalTypeOfColumnForFilter, "Invalid type for filter in \(clause): \(expression.type)",
        at: expression.position)
    }
  }

  // MARK: GROUP BY

  private mutating func groupKeys(
    _ items: [SelectItems.Item], _ outputs: [BoundExpression]
  ) throws(SQLError) -> [BoundExpression]? {
    guard let clause = select.groupBy else { return nil }
    var keys: [BoundExpression] = []
    if case .all = clause.keys {
      for output in outputs { addKeys(output, &keys) }
      return keys
    }
    for expression in clause.expressions {
      let key: BoundExpression
      if let item = try positional(expression, items) {
        key = try output(item)
        if key.hasAggregate {
          throw SQLError(
            .illegalAggregation, "Aggregate function \(key.label) is found in GROUP BY in query",
            at: expression.range.lowerBound)
        }
      } else {
        key = try binding.bind(expression, in: .plain("GROUP BY"))
      }
      if !keys.contains(where: { $0 === key }) { keys.append(key) }
    }
    return keys
  }

  /// GROUP BY ALL: of an output with aggregates, the parts beside them.
  private func addKeys(_ output: BoundExpression, _ keys: inout [BoundExpression]) {
    if output.hasAggregate {
      if case .aggregate = output.kind { return }
      for child in output.children { addKeys(child, &keys) }
    } else if output.constant == nil, !keys.contains(where: { $0 === output }) {
      keys.append(output)
    }
  }

  /// Splits the block at the aggregation: below it keys and arguments over the source, above it expressions
  /// over keys and results.
  private func group(
    _ block: inout SelectBlock, _ keys: [BoundExpression]?, _ having: BoundExpression?
  ) throws(SQLError) {
    let above = block.outputs + (having.map { [$0] } ?? [])
    guard keys != nil || above.contains(where: \.hasAggregate) else {
      // Without aggregation HAVING is one more filter.
      if let having { block.filter += Rules.conjuncts(having) }
      return
    }
    // A constant key makes no groups, but GROUP BY it still means no row for no input.
    let variable = (keys ?? []).filter { $0.constant == nil }
    let calls = ExpressionWalk(above, entersAggregates: false).aggregates
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
    if let having { block.having = try pool.rewritten(having, memo: &memo, replace) }
    block.grouping = Grouping(keys: variable, aggregates: calls, isGrouped: keys != nil)
  }

  // MARK: ORDER BY, LIMIT BY, LIMIT

  private mutating func addOrder(
    to block: inout SelectBlock, _ items: [SelectItems.Item]
  ) throws(SQLError) {
    if let all = select.orderByAll {
      block.order = block.outputs.indices.filter { block.outputs[$0].constant == nil }.map {
        SortItem(
          output: $0, isDescending: all.isDescending, nullsFirst: all.nullsFirst ?? false)
      }
      return
    }
    for item in select.orderBy {
      let key = try key(item.expression, items)
      // Sorting by a constant sorts nothing.
      if key.constant != nil { continue }
      block.order.append(
        SortItem(
          output: Self.place(of: key, in: &block), isDescending: item.isDescending,
          nullsFirst: item.nullsFirst ?? false))
    }
  }

  private mutating func addLimitBy(
    to block: inout SelectBlock, _ items: [SelectItems.Item]
  ) throws(SQLError) {
    let visible = block.schema.count
    if case .on(let keys) = select.distinct {
      var places: [Int] = []
      for expression in keys {
        places.append(Self.place(of: try key(expression, items), in: &block))
      }
      block.limitBy = LimitBy(keys: places, offset: 0, limit: 1)
      return
    }
    guard let clause = select.limitBy else { return }
    var places: [Int] = []
    if let keys = clause.keys {
      for expression in keys {
        let key = try key(expression, items)
        if key.constant != nil { continue }
        places.append(Self.place(of: key, in: &block))
      }
    } else {
      places = Array(0..<visible)
    }
    block.limitBy = LimitBy(
      keys: places,
      offset: try clause.offset.map { (o) throws(SQLError) in try count(o, "OFFSET") } ?? 0,
      limit: try count(clause.limit, "LIMIT"))
  }

  /// Where an expression stands among the outputs; a hidden one is added where it does not.
  private static func place(of key: BoundExpression, in block: inout SelectBlock) -> Int {
    if let known = block.outputs.firstIndex(where: { $0 === key }) { return known }
    block.outputs.append(key)
    return block.outputs.count - 1
  }

  private mutating func key(
    _ expression: Expression, _ items: [SelectItems.Item]
  ) throws(SQLError) -> BoundExpression {
    if let positional = try positional(expression, items) { return try output(positional) }
    return try binding.bind(expression, in: .aggregating)
  }

  /// The SELECT item that a bare number in GROUP BY or ORDER BY names.
  private func positional(
    _ expression: Expression, _ items: [SelectItems.Item]
  ) throws(SQLError) -> SelectItems.Item? {
    guard case .literal(.unsigned(let number)) = expression.kind else { return nil }
    guard number >= 1, number <= UInt64(items.count) else {
      throw SQLError(
        .badArguments,
        "Positional argument number \(number) is out of bounds. Expected in range [1, "
          + "\(items.count)]", at: expression.range.lowerBound)
    }
    return items[Int(number) - 1]
  }

  private func count(_ expression: Expression, _ clause: String) throws(SQLError) -> Int {
    let place = expression.range.lowerBound
    let aliases = scope.aliases
    var plain = ExpressionBinding(
      Scope(tables: [], aliases: aliases, environment: environment), builder)
    let bound: BoundExpression
    do throws(SQLError) {
      bound = try plain.bind(expression, in: .plain(clause))
    } catch {
      guard error.code == .unknownIdentifier else { throw error }
      throw SQLError(
        .invalidLimitExpression, "\(clause) expression must be constant with numeric type",
        at: place)
    }
    switch bound.constant {
    case .uint(let n)?: return Int(clamping: n)
    case .int(let n)? where n >= 0: return Int(n)
    case .int?, .float?:
      throw SQLError(
        .notImplemented, "negative or fractional \(clause) is not supported yet", at: place)
    default:
      throw SQLError(
        .invalidLimitExpression, "\(clause) expression must be constant with numeric type",
        at: place)
    }
  }
}
