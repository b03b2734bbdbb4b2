import TickColumns

/// Binds one SELECT: source, names, clauses in the order in which they mean something.
struct SelectBinding {
  private let select: SelectStatement
  private let builder: ExpressionBuilder
  private let source: BoundSource
  private let scope: Scope
  private var binding: ExpressionBinding

  init(_ select: SelectStatement, _ builder: ExpressionBuilder) throws(SQLError) {
    self.select = select
    self.builder = builder
    let aliases = try AliasCollector(select).aliases
    source = try BoundSource(select.from, builder)
    scope = Scope(columns: source.columns, qualifiers: source.qualifiers, aliases: aliases)
    binding = ExpressionBinding(scope, builder)
  }

  mutating func block() throws(SQLError) -> SelectBlock {
    var conditions = source.filter
    if let filter = select.filter {
      let bound = try binding.bind(filter, in: .plain("WHERE"))
      try checkCondition(bound, "WHERE")
      conditions += conjuncts(bound)
    }
    let items = try expandedItems()
    var outputs: [BoundExpression] = []
    for item in items { outputs.append(try output(item)) }
    let keys = try groupKeys(items)
    var having: BoundExpression?
    if let clause = select.having {
      let bound = try binding.bind(clause, in: .aggregating)
      try checkCondition(bound, "HAVING")
      having = bound
    }
    var order: [SortItem] = []
    var sortKeys: [BoundExpression] = []
    for item in select.orderBy {
      let key = try orderKey(item, items)
      // Sorting by a constant sorts nothing.
      if key.constant != nil { continue }
      sortKeys.append(key)
      order.append(
        SortItem(
          output: -1, isDescending: item.isDescending, nullsFirst: item.nullsFirst ?? false))
    }
    let visible = outputs.count
    for (i, key) in sortKeys.enumerated() {
      if let known = outputs.firstIndex(where: { $0 === key }) {
        order[i].output = known
      } else {
        outputs.append(key)
        order[i].output = outputs.count - 1
      }
    }
    let names = items.map(\.name)
    var block = SelectBlock(
      source: source.source, filter: conditions, grouping: nil, having: nil, outputs: outputs,
      schema: Schema(zip(names, outputs).map { Field($0, $1.type) }),
      isDistinct: select.isDistinct, order: order, offset: 0, limit: nil)
    assert(block.schema.count == visible, "a name per visible output")
    try group(&block, keys, having)
    (block.offset, block.limit) = try limits()
    return block
  }

  // MARK: The SELECT list

  private struct Item {
    let name: String
    let expression: Expression?
    let column: BoundExpression?
  }

  private func expandedItems() throws(SQLError) -> [Item] {
    var items: [Item] = []
    for item in select.items {
      guard case .asterisk(let qualifier) = item.expression.kind else {
        items.append(
          Item(name: name(of: item.expression), expression: item.expression, column: nil))
        continue
      }
      guard qualifier.isEmpty || scope.qualifiers.contains(qualifier) else {
        throw SQLError(
          .unknownIdentifier,
          "Unknown table `\(qualifier.joined(separator: "."))` before the asterisk",
          at: item.expression.range.lowerBound,
          hint: NearestName.hint(
            for: qualifier.last ?? "", among: scope.qualifiers.compactMap(\.last)))
      }
      for column in scope.columns where !column.isHidden {
        items.append(Item(name: column.name, expression: nil, column: column.expression))
      }
    }
    return items
  }

  /// The alias, or the expression as ClickHouse writes it.
  private func name(of expression: Expression) -> String {
    if case .alias(_, let name) = expression.kind { return name }
    return columnName(
      of: expression,
      identifier: { parts in
        if scope.aliases[parts[0]] == nil, let rest = scope.unqualified(parts) {
          return rest.joined(separator: ".")
        }
        return parts.joined(separator: ".")
      })
  }

  private mutating func output(_ item: Item) throws(SQLError) -> BoundExpression {
    if let column = item.column { return column }
    guard let expression = item.expression else {
      throw SQLError(.logicalError, "a SELECT item without an expression")
    }
    return try binding.bind(expression, in: .aggregating)
  }

  // MARK: Clauses

  private mutating func groupKeys(_ items: [Item]) throws(SQLError) -> [BoundExpression]? {
    guard !select.groupBy.isEmpty else { return nil }
    var keys: [BoundExpression] = []
    for expression in select.groupBy {
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

  private mutating func orderKey(_ item: OrderItem, _ items: [Item]) throws(SQLError)
    -> BoundExpression
  {
    if let positional = try positional(item.expression, items) { return try output(positional) }
    return try binding.bind(item.expression, in: .aggregating)
  }

  /// The SELECT item that a bare number in GROUP BY or ORDER BY names.
  private func positional(_ expression: Expression, _ items: [Item]) throws(SQLError) -> Item? {
    guard case .literal(.unsigned(let number)) = expression.kind else { return nil }
    guard number >= 1, number <= UInt64(items.count) else {
      throw SQLError(
        .badArguments,
        "Positional argument number \(number) is out of bounds. Expected in range [1, "
          + "\(items.count)]", at: expression.range.lowerBound)
    }
    return items[Int(number) - 1]
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

  private func limits() throws(SQLError) -> (offset: Int, limit: Int?) {
    var offset = 0
    var limit: Int?
    if let clause = select.offset { offset = try count(clause, "OFFSET") }
    if let clause = select.limit { limit = try count(clause, "LIMIT") }
    return (offset, limit)
  }

  private func count(_ expression: Expression, _ clause: String) throws(SQLError) -> Int {
    let place = expression.range.lowerBound
    var plain = ExpressionBinding(Scope(columns: [], qualifiers: [], aliases: [:]), builder)
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

  // MARK: Grouping

  /// Splits the block at the aggregation: below it keys and arguments over the source, above it expressions
  /// over keys and results.
  private func group(
    _ block: inout SelectBlock, _ keys: [BoundExpression]?, _ having: BoundExpression?
  ) throws(SQLError) {
    let above = block.outputs + (having.map { [$0] } ?? [])
    guard keys != nil || above.contains(where: \.hasAggregate) else {
      // Without aggregation HAVING is one more filter.
      if let having { block.filter += conjuncts(having) }
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

  private func conjuncts(_ condition: BoundExpression) -> [BoundExpression] {
    Rules.conjuncts(condition)
  }
}

/// What FROM comes to.
struct BoundSource {
  let source: BlockSource
  let columns: [Scope.SourceColumn]
  let qualifiers: [[String]]
  /// Conditions of a subquery that was taken into its outer query.
  let filter: [BoundExpression]

  init(_ from: TableExpression?, _ builder: ExpressionBuilder) throws(SQLError) {
    switch from {
    case nil:
      self.init(
        table: GeneratedTable.one, name: QualifiedTable("system", "one"), qualifiers: [],
        isImplicit: true, builder)
    case .table(let name, let alias)?:
      let (table, qualified) = try Self.find(name, builder.context)
      let own = [[qualified.name], [qualified.database, qualified.name]]
      self.init(
        table: table, name: qualified, qualifiers: alias.map { [[$0]] } ?? own, isImplicit: false,
        builder)
    case .function(let name, let arguments, let alias, let range)?:
      let table = try Self.generated(name, arguments, range, builder)
      self.init(
        table: table, name: QualifiedTable("", name), qualifiers: alias.map { [[$0]] } ?? [],
        isImplicit: false, builder)
    case .subquery(let select, let alias)?:
      try self.init(select, alias: alias, builder)
    }
  }

  private init(
    table: any TableSource, name: QualifiedTable, qualifiers: [[String]], isImplicit: Bool,
    _ builder: ExpressionBuilder
  ) {
    var fields = table.schema.fields
    if table.hasSequence, table.schema.position(of: SelectBlock.sequenceName) == nil {
      fields.append(Field(SelectBlock.sequenceName, .uint64))
    }
    source = .table(
      TableReference(table: table, name: name, fields: fields, isImplicit: isImplicit))
    let visible = table.schema.count
    columns =
      isImplicit
      ? []
      : fields.enumerated().map { position, field in
        Scope.SourceColumn(
          name: field.name,
          expression: builder.pool.column(position, field.type, name: field.name),
          isHidden: position >= visible)
      }
    self.qualifiers = qualifiers
    filter = []
  }

  private init(
    _ select: SelectStatement, alias: String?, _ builder: ExpressionBuilder
  ) throws(SQLError) {
    var binding = try SelectBinding(select, builder)
    let inner = try binding.block()
    qualifiers = alias.map { [[$0]] } ?? []
    if inner.isTransparent {
      // A subquery that only filters and computes is read as part of the outer query, so it runs in parallel
      // and its columns prune.
      source = inner.source
      filter = inner.filter
      columns = inner.schema.fields.enumerated().map { position, field in
        Scope.SourceColumn(
          name: field.name, expression: inner.outputs[position], isHidden: false)
      }
      return
    }
    source = .block(inner)
    filter = []
    columns = inner.schema.fields.enumerated().map { position, field in
      Scope.SourceColumn(
        name: field.name,
        expression: builder.pool.column(position, field.type, name: field.name), isHidden: false)
    }
  }

  // MARK: Finding tables

  private static func find(
    _ name: QualifiedName, _ context: QueryContext
  ) throws(SQLError) -> (any TableSource, QualifiedTable) {
    let database = name.database ?? context.currentDatabase
    let place = name.range.lowerBound
    if database == "system", let table = GeneratedTable.system(name.name) {
      return (table, QualifiedTable(database, name.name))
    }
    if let table = context.catalog.table(database: database, name: name.name) {
      return (table, QualifiedTable(database, name.name))
    }
    guard let tables = context.catalog.tables(in: database) ?? (database == "system" ? [] : nil)
    else {
      throw SQLError(
        .unknownDatabase, "Database \(database) does not exist", at: place,
        hint: NearestName.hint(for: database, among: context.catalog.databases))
    }
    let shown = name.database.map { "\($0).\(name.name)" } ?? name.name
    let known = database == "system" ? tables + GeneratedTable.systemNames : tables
    throw SQLError(
      .unknownTable, "Unknown table expression identifier '\(shown)'", at: place,
      hint: NearestName.hint(for: name.name, among: known))
  }

  /// `numbers(n)`, `numbers(first, n)`, `numbers(first, n, step)`.
  private static func generated(
    _ name: String, _ arguments: [Expression], _ range: SourceRange, _ builder: ExpressionBuilder
  ) throws(SQLError) -> any TableSource {
    guard name == "numbers" else {
      throw SQLError(
        .unknownFunction, "Unknown table function \(name)", at: range.lowerBound,
        hint: NearestName.hint(for: name, among: ["numbers"]))
    }
    guard arguments.count <= 3 else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch, "Table function numbers takes up to three arguments",
        at: range.lowerBound)
    }
    var values: [UInt64] = []
    var binding = ExpressionBinding(Scope(columns: [], qualifiers: [], aliases: [:]), builder)
    for argument in arguments {
      let bound = try binding.bind(argument, in: .plain("a table function"))
      guard case .uint(let value)? = bound.constant, bound.type.isInteger else {
        throw SQLError(
          .illegalTypeOfArgument, "Table function numbers expects constant unsigned integers",
          at: argument.range.lowerBound)
      }
      values.append(value)
    }
    switch values.count {
    case 0: return GeneratedTable.numbers(from: 0, count: .max, step: 1)
    case 1: return GeneratedTable.numbers(from: 0, count: values[0], step: 1)
    case 2: return GeneratedTable.numbers(from: values[0], count: values[1], step: 1)
    default:
      guard values[2] > 0 else {
        throw SQLError(
          .badArguments, "The step of table function numbers must be positive",
          at: range.lowerBound)
      }
      // The second argument counts numbers passed over, as in ClickHouse.
      let count = values[1] / values[2] + (values[1] % values[2] == 0 ? 0 : 1)
      return GeneratedTable.numbers(from: values[0], count: count, step: values[2])
    }
  }
}
