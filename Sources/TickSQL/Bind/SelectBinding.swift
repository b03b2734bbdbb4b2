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
    relation = try RelationBinding(builder, environment, aliases: aliases).bind(
      select.from)
    scope = Scope(
      tables: relation.tables, merged: relation.merged, aliases: aliases, environment: environment)
    if select.from != nil { scope.correlation = Correlation(relation) }
    for named in select.windows {
      guard scope.windows.updateValue(named.window, forKey: named.name) == nil else {
        throw SQLError(
          .badArguments, "Window '\(named.name)' is defined twice", at: named.range.lowerBound)
      }
    }
    binding = ExpressionBinding(scope, builder)
  }

  mutating func block() throws(SQLError) -> SelectBlock {
    var conditions = relation.filter
    for (clause, name) in [(select.prewhere, "PREWHERE"), (select.filter, "WHERE")] {
      guard let clause else { continue }
      if name == "PREWHERE" { try checkPrewhere(clause) }
      let bound = try binding.bind(clause, in: .plain(name))
      try checkCondition(bound, name)
      conditions += Rules.conjuncts(bound)
    }
    var untupled = binding
    let items = try SelectItems(select.items, scope, builder) { (expression) throws(SQLError) in
      try untupled.bind(expression, in: .aggregating)
    }.items
    var outputs: [BoundExpression] = []
    for item in items { outputs.append(try output(item)) }
    let groups = try groupBinding(items, outputs)
    let having = try condition(select.having, "HAVING", in: .aggregatingOnly("HAVING"))
    let qualify = try condition(select.qualify, "QUALIFY", in: .aggregating)
    let names = items.map(\.name)
    var block = SelectBlock(
      source: scope.correlation?.source ?? relation.source, filter: conditions, outputs: outputs,
      schema: Schema(zip(names, outputs).map { Field($0, $1.type) }))
    if case .rows = select.distinct { block.isDistinct = true }
    let filled = try addOrder(to: &block, items)
    try addLimitBy(to: &block, items)
    try group(&block, groups, having, qualify)
    block.fill = try FillBinding(select, builder, scope).fill(block, filled)
    try addLimit(to: &block)
    block.withTies = select.withTies
    if block.withTies, select.orderBy.isEmpty, select.orderByAll == nil {
      throw SQLError(
        .withTiesWithoutOrderBy, "Can not use WITH TIES without ORDER BY",
        at: select.limit?.range.lowerBound)
    }
    return try ArrayJoinRule(pool: builder.pool).apply(to: block).deferringRunning(builder.pool)
  }

  private mutating func condition(
    _ expression: Expression?, _ name: String, in clause: Clause
  ) throws(SQLError) -> BoundExpression? {
    guard let expression else { return nil }
    let bound = try binding.bind(expression, in: clause)
    try checkCondition(bound, name)
    return bound
  }

  private func group(
    _ block: inout SelectBlock, _ groups: GroupBinding?, _ having: BoundExpression?,
    _ qualify: BoundExpression?
  ) throws(SQLError) {
    var above = [having, qualify].compactMap { $0 }
    guard groups != nil || (block.outputs + above).contains(where: \.hasAggregate) else {
      if select.withTotals {
        throw SQLError(
          .notImplemented, "WITH TOTALS is not supported without aggregation",
          at: select.range.lowerBound)
      }
      // Without aggregation HAVING is one more filter.
      if let having { block.filter += Rules.conjuncts(having) }
      try WindowSplit.split(&block, qualify, builder)
      return
    }
    if let groups, let correlation = scope.correlation {
      var memo: [ObjectIdentifier: BoundExpression] = [:]
      for i in block.outputs.indices {
        block.outputs[i] = try correlation.grouped(
          block.outputs[i], by: groups, memo: &memo, builder)
      }
      for i in above.indices {
        above[i] = try correlation.grouped(above[i], by: groups, memo: &memo, builder)
      }
    }
    try GroupBinding.split(&block, groups, above: &above, builder)
    if having != nil { block.having = above.removeFirst() }
    if select.withTotals { try addTotals(to: &block, groups) }
    try WindowSplit.split(&block, above.first, builder)
  }

  private func addTotals(
    to block: inout SelectBlock, _ groups: GroupBinding?
  ) throws(SQLError) {
    if groups?.isGroupingSets == true {
      throw SQLError(
        .notImplemented, "WITH TOTALS and GROUPING SETS are not supported together",
        at: select.range.lowerBound)
    }
    if groups?.sets != nil, block.having != nil {
      throw SQLError(
        .notImplemented,
        "WITH TOTALS and WITH ROLLUP or CUBE are not supported together in presence of HAVING",
        at: select.range.lowerBound)
    }
    let limits = builder.context.limits
    if limits.groupsMax > 0, limits.groupOverflow == .keepsKnown,
      builder.context.options.totalsCountOverflow
    {
      throw SQLError(
        .notImplemented,
        "WITH TOTALS over groups that group_by_overflow_mode = 'any' leaves out is not supported: "
          + "only totals_mode = 'after_having_exclusive' is", at: select.range.lowerBound)
    }
    block.grouping?.totals = builder.context.options.totals
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
    guard type.isNumber || type == .float32 || type == .nothing else {
      throw SQLError(
        .illegalTypeOfColumnForFilter, "Invalid type for filter in \(clause): \(expression.type)",
        at: expression.position)
    }
  }

  // MARK: GROUP BY

  private mutating func groupBinding(
    _ items: [SelectItems.Item], _ outputs: [BoundExpression]
  ) throws(SQLError) -> GroupBinding? {
    guard let clause = select.groupBy else { return nil }
    var keys: [BoundExpression] = []
    if case .all = clause.keys {
      for output in outputs { addKeys(output, &keys) }
      return try GroupBinding(clause, keys)
    }
    // `untuple` is as many keys as its tuple has elements.
    var widths: [Int] = []
    for expression in clause.expressions {
      let before = keys.count
      defer { widths.append(keys.count - before) }
      guard let item = try positional(expression, items) else {
        keys += try binding.keys(expression, in: .plain("GROUP BY"))
        continue
      }
      let key = try output(item)
      if key.hasAggregate || key.hasWindow {
        throw SQLError(
          .illegalAggregation, "Aggregate function \(key.label) is found in GROUP BY in query",
          at: expression.range.lowerBound)
      }
      keys.append(key)
    }
    return try GroupBinding(clause, keys, widths: widths)
  }

  /// GROUP BY ALL: of an output with aggregates, the parts beside them.
  private func addKeys(_ output: BoundExpression, _ keys: inout [BoundExpression]) {
    if output.hasAggregate || output.hasWindow {
      if case .aggregate = output.kind { return }
      for child in output.children { addKeys(child, &keys) }
    } else if output.constant == nil, !keys.contains(where: { $0 === output }) {
      keys.append(output)
    }
  }

  // MARK: ORDER BY, LIMIT BY, LIMIT

  /// Gives the entry that has WITH FILL.
  private mutating func addOrder(
    to block: inout SelectBlock, _ items: [SelectItems.Item]
  ) throws(SQLError) -> Int? {
    if let all = select.orderByAll {
      for output in block.outputs { try output.checkSortable(at: nil) }
      block.order = block.outputs.indices.filter { block.outputs[$0].constant == nil }.map {
        SortItem(
          output: $0, isDescending: all.isDescending, nullsFirst: all.nullsFirst ?? false)
      }
      return nil
    }
    var filled: Int?
    for item in select.orderBy {
      let key =
        if let positional = try positional(item.expression, items) {
          try output(positional)
        } else {
          try binding.orderKey(item.expression)
        }
      try key.checkSortable(at: item.expression.range.lowerBound)
      // Sorting by a constant sorts nothing.
      if key.constant != nil, item.fill == nil { continue }
      if item.fill != nil { filled = block.order.count }
      block.order.append(
        SortItem(
          output: Self.place(of: key, in: &block), isDescending: item.isDescending,
          nullsFirst: item.nullsFirst ?? false))
    }
    return filled
  }

  private mutating func addLimitBy(
    to block: inout SelectBlock, _ items: [SelectItems.Item]
  ) throws(SQLError) {
    let visible = block.schema.count
    if case .on(let keys) = select.distinct {
      var places: [Int] = []
      for expression in keys {
        for key in try self.keys(expression, items) {
          places.append(Self.place(of: key, in: &block))
        }
      }
      block.limitBy = LimitBy(keys: places, offset: 0, limit: 1)
      return
    }
    guard let clause = select.limitBy else { return }
    var places: [Int] = []
    if let keys = clause.keys {
      for expression in keys {
        for key in try self.keys(expression, items) where key.constant == nil {
          places.append(Self.place(of: key, in: &block))
        }
      }
    } else {
      places = Array(0..<visible)
    }
    let limit = try count(clause.limit, "LIMIT")
    let offset = try clause.offset.map { (o) throws(SQLError) in try count(o, "OFFSET") }
    if case .rows(let most) = limit, offset?.isPlain ?? true {
      var skipped = 0
      if case .rows(let rows)? = offset { skipped = rows }
      block.limitBy = LimitBy(keys: places, offset: skipped, limit: most)
      return
    }
    for part in [limit, offset] {
      guard case .share? = part else { continue }
      throw SQLError(
        .notImplemented, "a fractional LIMIT or OFFSET with LIMIT BY is not supported",
        at: clause.limit.range.lowerBound)
    }
    block.limitBy = LimitBy(
      keys: places, offset: 0, limit: 0, counted: CountedLimit(limit: limit, offset: offset))
  }

  private func addLimit(to block: inout SelectBlock) throws(SQLError) {
    let limit = try select.limit.map { (l) throws(SQLError) in try count(l, "LIMIT") }
    let offset = try select.offset.map { (o) throws(SQLError) in try count(o, "OFFSET") }
    guard !CountedLimit(limit: limit, offset: offset).isMixed else {
      throw SQLError(
        .notImplemented, "a fraction and a negative number in LIMIT and OFFSET are not supported",
        at: (select.limit ?? select.offset)?.range.lowerBound)
    }
    block.setLimit(limit, offset)
  }

  /// Where an expression stands among the outputs; a hidden one is added where it does not.
  private static func place(of key: BoundExpression, in block: inout SelectBlock) -> Int {
    if let known = block.outputs.firstIndex(where: { $0 === key }) { return known }
    block.outputs.append(key)
    return block.outputs.count - 1
  }

  /// What an expression of LIMIT BY or DISTINCT ON is: one key, or the elements of a tuple in `untuple`.
  private mutating func keys(
    _ expression: Expression, _ items: [SelectItems.Item]
  ) throws(SQLError) -> [BoundExpression] {
    if let positional = try positional(expression, items) { return [try output(positional)] }
    return try binding.keys(expression, in: .aggregating)
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

  private func count(_ expression: Expression, _ clause: String) throws(SQLError) -> RowCount {
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
    case .uint(let n)?: return .rows(Int(clamping: n))
    case .int(let n)?: return n >= 0 ? .rows(Int(n)) : .fromEnd(Int(clamping: n.magnitude))
    case .float(let x)? where x > 0 && x < 1: return .share(x)
    case .float(let x)?:
      guard let rows = Int64(exactly: x) else {
        throw SQLError(
          .invalidLimitExpression,
          "The value \(x) of \(clause) expression is neither a number of rows nor a share of them",
          at: place)
      }
      return rows >= 0 ? .rows(Int(rows)) : .fromEnd(Int(clamping: rows.magnitude))
    default:
      throw SQLError(
        .invalidLimitExpression, "\(clause) expression must be constant with numeric type",
        at: place)
    }
  }
}
