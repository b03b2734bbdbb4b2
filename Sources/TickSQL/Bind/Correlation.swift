/// Subqueries that refer to columns of the query around them, turned into joins.
///
///     SELECT ..., (SELECT max(i.v) FROM i WHERE i.k = o.k AND i.x > 1) FROM o
///     SELECT ..., d.v FROM o LEFT ANY JOIN (SELECT max(i.v) AS v, i.k FROM i WHERE i.x > 1 GROUP BY i.k) AS d ON o.k = d.k
///
/// EXISTS asks whether there is a partner. A row without one gets NULL, as in ClickHouse, also for `count()`. Where columns
/// of the query around stand elsewhere than in equalities, their values are joined with the subquery (`DependentJoin`).
import TickColumns

/// The joins that the subqueries of one SELECT come to, behind its own FROM.
///
/// Invariant: columns of FROM keep their positions; those of join i follow those of FROM and of the joins before it.
final class Correlation {
  private(set) var source: BlockSource
  /// FROM alone, and the conditions that came with it.
  private let from: BlockSource
  private let filter: [BoundExpression]
  private let fromCount: Int
  private var fields: [Field]
  private var bound: [(key: String, value: BoundExpression)] = []
  /// The columns of each join, and what of the query around it compares.
  private var joined: [(columns: Range<Int>, comparison: [BoundExpression])] = []

  init(_ relation: BoundRelation) {
    source = relation.source
    from = relation.source
    filter = relation.filter
    fields = Self.fields(of: relation.source)
    fromCount = fields.count
  }

  private static func fields(of source: BlockSource) -> [Field] {
    switch source {
    case .table(let reference): reference.fields
    case .query(let plan): plan.schema.fields
    case .join(let join): join.schema.fields
    case .unnested(let unnesting): unnesting.fields
    }
  }

  /// A subquery that stands twice is joined once.
  func known(_ text: String) -> BoundExpression? {
    bound.first { $0.key == text }?.value
  }

  func note(_ text: String, _ value: BoundExpression) { bound.append((text, value)) }

  /// What rows some expressions over the columns are read from.
  func origin(of values: [BoundExpression]) -> (source: BlockSource, filter: [BoundExpression]) {
    let isPlain = ExpressionWalk(values).columns.allSatisfy { $0 < fromCount }
    return (isPlain ? from : source, filter)
  }

  /// Joins a query on equal keys; gives the positions of its columns among those of the source.
  func join(
    _ plan: QueryPlan, _ keys: [JoinPlan.Key], makesNullable: Bool, _ pool: ExpressionPool
  ) -> Range<Int> {
    let left = SelectBlock(
      source: source, filter: [],
      outputs: fields.enumerated().map { pool.column($0, $1.type, name: $1.name) },
      schema: Schema(fields))
    let added = plan.schema.fields.map { field in
      makesNullable ? Field(field.name, field.type.madeNullable) : field
    }
    let start = fields.count
    fields += added
    source = .join(
      JoinPlan(
        left: .select(left), right: plan, kind: .left, matching: .any, keys: keys,
        columns: (0..<start).map { .left($0) } + added.indices.map { .right($0) },
        schema: Schema(fields)))
    joined.append((start..<fields.count, keys.map(\.left)))
    return start..<fields.count
  }

  /// What the join that gives a column compares; nil for columns of FROM.
  func comparison(at position: Int) -> [BoundExpression]? {
    joined.first { $0.columns.contains(position) }?.comparison
  }
}

/// One such subquery, taken apart.
struct Decorrelation {
  private let outer: ExpressionBinding
  private let correlation: Correlation
  private let query: QueryStatement
  private let select: SelectStatement
  private let place: Int
  /// Conditions on the subquery alone.
  private var own: [Expression] = []
  /// Pairs that must be equal: of the subquery, and of the query around it.
  private var pairs: [(inner: Expression, outer: BoundExpression)] = []
  /// Where equalities are not all.
  private var dependent: DependentJoin?

  /// Nil where the query around the subquery cannot be joined with it.
  init?(
    _ outer: ExpressionBinding, _ query: QueryStatement, at place: Int
  ) throws(SQLError) {
    guard let correlation = outer.scope.correlation, case .select(let select) = query.body,
      outer.parameters.isEmpty
    else { return nil }
    self.outer = outer
    self.correlation = correlation
    self.query = query
    self.select = select
    self.place = place
    var inner = try innerScope()
    var hasOthers = false
    for condition in Self.conjuncts(select.filter) {
      if try binds(condition, &inner) {
        own.append(condition)
      } else if let pair = try pair(condition, &inner) {
        pairs.append(pair)
      } else {
        hasOthers = true
      }
    }
    var beside = select
    beside.filter = nil
    let outside = try DependentJoin(beside, inner: inner, outer: outer)
    if hasOthers || !outside.values.isEmpty {
      dependent = try DependentJoin(select, inner: inner, outer: outer)
      return
    }
    // The name that was not found stands elsewhere.
    guard !pairs.isEmpty else { return nil }
  }

  private func innerScope() throws(SQLError) -> ExpressionBinding {
    let environment = outer.scope.environment.adding(select.with)
    let aliases = try AliasCollector(select).aliases
    let relation = try RelationBinding(outer.builder, environment, aliases: aliases).bind(
      select.from)
    return ExpressionBinding(
      Scope(
        tables: relation.tables, merged: relation.merged, aliases: aliases,
        environment: environment), outer.builder)
  }

  private static func conjuncts(_ condition: Expression?) -> [Expression] {
    guard let condition else { return [] }
    if case .call(let call) = condition.kind, call.name == "and" {
      return call.arguments.flatMap { conjuncts($0) }
    }
    return [condition]
  }

  private func binds(
    _ expression: Expression, _ inner: inout ExpressionBinding
  ) throws(SQLError) -> Bool {
    do throws(SQLError) {
      _ = try inner.bind(expression, in: .plain("WHERE"))
      return true
    } catch {
      guard error.code == .unknownIdentifier else { throw error }
      return false
    }
  }

  /// Nil where the condition is no equality of the two queries.
  private func pair(
    _ condition: Expression, _ inner: inout ExpressionBinding
  ) throws(SQLError) -> (inner: Expression, outer: BoundExpression)? {
    guard case .call(let call) = condition.kind, call.name == "equals", call.arguments.count == 2
    else { return nil }
    let (first, second) = (call.arguments[0], call.arguments[1])
    let own: Expression
    let other: Expression
    if try binds(first, &inner) {
      (own, other) = (first, second)
    } else if try binds(second, &inner) {
      (own, other) = (second, first)
    } else {
      return nil
    }
    // The other side may mix columns of both.
    var around = outer
    do throws(SQLError) {
      return (own, try around.bind(other, in: .plain("a correlated subquery")))
    } catch {
      guard error.code == .unknownIdentifier else { throw error }
      return nil
    }
  }

  func refusal(_ what: String, _ expression: Expression? = nil) -> SQLError {
    SQLError(
      .notImplemented, "a correlated subquery with \(what) is not supported",
      at: expression?.range.lowerBound ?? place)
  }

  // MARK: The joins

  func exists() throws(SQLError) -> BoundExpression {
    try refuse(allowsLimit: true)
    if hasAggregates, select.groupBy == nil, select.having == nil {
      // Aggregates over nothing are one row.
      return outer.builder.constant(.uint(1), .uint8, at: place)
    }
    if let limit = select.limit {
      guard case .literal(.unsigned(let rows)) = limit.kind, rows > 0 else {
        throw refusal("a LIMIT", limit)
      }
    }
    let text = "exists " + query.formatted(.calls)
    if let known = correlation.known(text) { return known }
    let one = SelectItem(Expression(.literal(.unsigned(1)), range: select.range))
    let positions = try join([one], isDistinct: true, makesNullable: false)
    let found = outer.builder.pool.column(positions.lowerBound, .uint8, name: "exists")
    correlation.note(text, found)
    return found
  }

  func scalar() throws(SQLError) -> BoundExpression {
    try refuse(allowsLimit: false)
    guard select.orderBy.isEmpty, select.orderByAll == nil else { throw refusal("ORDER BY") }
    guard select.items.count == 1 else {
      throw SQLError(
        .numberOfColumnsDoesntMatch,
        "A correlated subquery used as an expression must return exactly one column, but it "
          + "returns \(select.items.count)", at: place)
    }
    if case .matcher = select.items[0].expression.kind { throw refusal("*") }
    let text = query.formatted(.calls)
    if let known = correlation.known(text) { return known }
    let items = dependent?.select.items ?? select.items
    let positions = try join(items, isDistinct: false, makesNullable: true)
    let type = correlation.type(at: positions.lowerBound)
    // An array or map is empty instead.
    guard type.isNullable || type.elementType != nil else {
      throw refusal("a result that cannot be NULL: a tuple")
    }
    let value = outer.builder.pool.column(positions.lowerBound, type, name: "_subquery")
    correlation.note(text, value)
    return value
  }

  private func refuse(allowsLimit: Bool) throws(SQLError) {
    let parts: [(Bool, String)] = [
      (!query.settings.isEmpty, "SETTINGS"), (select.prewhere != nil, "PREWHERE"),
      (select.withTotals, "WITH TOTALS"),
      (
        !select.windows.isEmpty || select.qualify != nil || calls.contains { $0.over != nil },
        "window functions"
      ),
      (select.limitBy != nil, "LIMIT BY"), (select.offset != nil, "OFFSET"),
      (!allowsLimit && select.limit != nil, "LIMIT"), (select.interpolate != nil, "INTERPOLATE"),
    ]
    if let found = parts.first(where: \.0) { throw refusal(found.1) }
    if let groupBy = select.groupBy {
      guard case .list = groupBy.keys, groupBy.modifier == nil else {
        throw refusal("GROUP BY ALL, ROLLUP, CUBE or GROUPING SETS")
      }
    }
    if case .none = select.distinct { return }
    if !allowsLimit { throw refusal("DISTINCT") }
  }

  private var hasAggregates: Bool {
    calls.contains { $0.over == nil && AggregateFunction.find($0.name) != nil }
  }

  /// The calls in the select list and HAVING.
  private var calls: [Call] {
    (select.items.map(\.expression) + [select.having].compactMap { $0 }).flatMap(\.calls)
  }

  /// The subquery without what refers outwards, its sides of the equalities behind its own columns.
  private func join(
    _ items: [SelectItem], isDistinct: Bool, makesNullable: Bool
  ) throws(SQLError) -> Range<Int> {
    let builder = outer.builder
    var environment = outer.scope.environment
    var inner: SelectStatement
    var pairs = pairs
    if let dependent {
      let origin = correlation.origin(of: dependent.values)
      (inner, environment) = dependent.joined(origin.source, origin.filter, environment)
      pairs = Array(zip(dependent.names, dependent.values))
    } else {
      inner = SelectStatement(items: [], from: select.from, range: select.range)
      inner.with = select.with
      inner.filter = own.isEmpty ? nil : own.count == 1 ? own[0] : conjunction
      inner.groupBy = select.groupBy
      inner.having = select.having
    }
    inner.items = items
    if isDistinct { inner.distinct = .rows }
    inner.limit = nil
    inner.orderBy = []
    inner.orderByAll = nil
    if hasAggregates || select.groupBy != nil {
      let keys = (inner.groupBy?.expressions ?? []) + pairs.map(\.inner)
      inner.groupBy = GroupByClause(keys: .list(keys), range: select.range)
    }
    let visible = inner.items.count
    for (i, pair) in pairs.enumerated() {
      inner.items.append(
        SelectItem(Expression(.alias(pair.inner, "_key_\(i)"), range: pair.inner.range)))
    }
    let plan = try QueryBinding(builder, environment).plan(.select(inner), place: place)
    var keys: [JoinPlan.Key] = []
    for (i, pair) in pairs.enumerated() {
      let field = plan.schema[visible + i]
      let column = builder.pool.column(visible + i, field.type, name: field.name)
      guard let type = DataType.common(pair.outer.type, field.type) else {
        throw SQLError(
          .noCommonType,
          "There is no common type of \(pair.outer.type) and \(field.type) in a correlated subquery",
          at: pair.inner.range.lowerBound)
      }
      keys.append(
        JoinPlan.Key(
          left: try builder.cast(pair.outer, to: type), right: try builder.cast(column, to: type)))
    }
    return correlation.join(plan, keys, makesNullable: makesNullable, builder.pool)
  }

  private var conjunction: Expression {
    Expression(.call(Call("and", own, nameRange: select.range)), range: select.range)
  }
}

extension Correlation {
  func type(at position: Int) -> DataType { fields[position].type }
}
