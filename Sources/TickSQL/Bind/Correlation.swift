/// Subqueries that refer to columns of the query around them, turned into joins.
///
///     SELECT ..., (SELECT max(i.v) FROM i WHERE i.k = o.k AND i.x > 1) FROM o
///     SELECT ..., d.v FROM o LEFT ANY JOIN (SELECT max(i.v) AS v, i.k FROM i WHERE i.x > 1 GROUP BY i.k) AS d ON o.k = d.k
///
/// EXISTS asks whether there is a partner. A row without one gets NULL, as in ClickHouse, also for `count()`.
import TickColumns

/// The joins that the subqueries of one SELECT come to, behind its own FROM.
///
/// Invariant: columns of FROM keep their positions; those of join i follow those of FROM and of the joins before it.
final class Correlation {
  private(set) var source: BlockSource
  private var fields: [Field]
  private var bound: [(key: String, value: BoundExpression)] = []

  init(_ relation: BoundRelation) {
    source = relation.source
    fields = []
    fields = Self.fields(of: relation.source)
  }

  private static func fields(of source: BlockSource) -> [Field] {
    switch source {
    case .table(let reference): reference.fields
    case .query(let plan): plan.schema.fields
    case .join(let join): join.schema.fields
    case .unnested(let unnesting): unnesting.plan.schema.fields
    }
  }

  /// A subquery that stands twice is joined once.
  func known(_ text: String) -> BoundExpression? {
    bound.first { $0.key == text }?.value
  }

  func note(_ text: String, _ value: BoundExpression) { bound.append((text, value)) }

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
    return start..<fields.count
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
    for condition in Self.conjuncts(select.filter) {
      if try binds(condition, &inner) {
        own.append(condition)
        continue
      }
      pairs.append(try pair(condition, &inner))
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

  private func pair(
    _ condition: Expression, _ inner: inout ExpressionBinding
  ) throws(SQLError) -> (inner: Expression, outer: BoundExpression) {
    guard case .call(let call) = condition.kind, call.name == "equals", call.arguments.count == 2
    else { throw refusal("another condition than equality", condition) }
    let (first, second) = (call.arguments[0], call.arguments[1])
    let own: Expression
    let other: Expression
    if try binds(first, &inner) {
      (own, other) = (first, second)
    } else if try binds(second, &inner) {
      (own, other) = (second, first)
    } else {
      // A name that neither query knows is unknown; one side may also mix columns of both.
      var around = outer
      _ = try around.bind(first, in: .plain("a correlated subquery"))
      _ = try around.bind(second, in: .plain("a correlated subquery"))
      throw refusal("an equality of outer columns on both sides", condition)
    }
    // The other side must be of the outer query alone, or its name is unknown to both.
    var around = outer
    let bound = try around.bind(other, in: .plain("a correlated subquery"))
    return (own, bound)
  }

  func refusal(_ what: String, _ expression: Expression? = nil) -> SQLError {
    SQLError(
      .notImplemented, "a correlated subquery with \(what) is not supported",
      at: expression?.range.lowerBound ?? place)
  }

  // MARK: The joins

  func exists() throws(SQLError) -> BoundExpression {
    try refuse(allowsLimit: true)
    guard select.groupBy == nil, !hasAggregates else { throw refusal("aggregates under EXISTS") }
    if let limit = select.limit {
      guard case .literal(.unsigned(let rows)) = limit.kind, rows > 0 else {
        throw refusal("a LIMIT", limit)
      }
    }
    let text = "exists " + query.formatted(.calls)
    if let known = correlation.known(text) { return known }
    var inner = SelectStatement(
      items: [SelectItem(Expression(.literal(.unsigned(1)), range: select.range))],
      from: select.from, range: select.range)
    inner.distinct = .rows
    let positions = try join(inner, makesNullable: false)
    let found = outer.builder.pool.column(positions.lowerBound, .uint8, name: "exists")
    correlation.note(text, found)
    return found
  }

  func scalar() throws(SQLError) -> BoundExpression {
    try refuse(allowsLimit: false)
    guard select.groupBy == nil else { throw refusal("GROUP BY") }
    guard select.items.count == 1 else { throw refusal("several columns") }
    if case .matcher = select.items[0].expression.kind { throw refusal("*") }
    let text = query.formatted(.calls)
    if let known = correlation.known(text) { return known }
    var inner = SelectStatement(items: select.items, from: select.from, range: select.range)
    if hasAggregates {
      inner.groupBy = GroupByClause(keys: .list(pairs.map(\.inner)), range: select.range)
    }
    let positions = try join(inner, makesNullable: true)
    guard correlation.type(at: positions.lowerBound).isNullable else {
      throw refusal("a result that cannot be NULL: an array, a map or a tuple")
    }
    let type = correlation.type(at: positions.lowerBound)
    let value = outer.builder.pool.column(positions.lowerBound, type, name: "_subquery")
    correlation.note(text, value)
    return value
  }

  private func refuse(allowsLimit: Bool) throws(SQLError) {
    let parts: [(Bool, String)] = [
      (!query.settings.isEmpty, "SETTINGS"), (select.prewhere != nil, "PREWHERE"),
      (select.having != nil, "HAVING"), (select.withTotals, "WITH TOTALS"),
      (!select.windows.isEmpty || select.qualify != nil, "window functions"),
      (select.limitBy != nil, "LIMIT BY"), (select.offset != nil, "OFFSET"),
      (!allowsLimit && select.limit != nil, "LIMIT"), (select.interpolate != nil, "INTERPOLATE"),
    ]
    if let found = parts.first(where: \.0) { throw refusal(found.1) }
    if case .none = select.distinct { return }
    if !allowsLimit { throw refusal("DISTINCT") }
  }

  private var hasAggregates: Bool {
    var open = select.items.map(\.expression)
    while let next = open.popLast() {
      switch next.kind {
      case .literal, .identifier, .matcher, .subquery: break
      case .alias(let inner, _): open.append(inner)
      case .lambda(_, let body): open.append(body)
      case .call(let call):
        if AggregateFunction.find(call.name) != nil { return true }
        open += call.arguments
      }
    }
    return false
  }

  /// The subquery without what refers outwards, its sides of the equalities behind its own columns.
  private func join(
    _ given: SelectStatement, makesNullable: Bool
  ) throws(SQLError) -> Range<Int> {
    let builder = outer.builder
    var inner = given
    inner.with = select.with
    inner.filter = own.isEmpty ? nil : own.count == 1 ? own[0] : conjunction
    let visible = inner.items.count
    for (i, pair) in pairs.enumerated() {
      inner.items.append(
        SelectItem(Expression(.alias(pair.inner, "_key_\(i)"), range: pair.inner.range)))
    }
    let plan = try QueryBinding(builder, outer.scope.environment).plan(
      .select(inner), place: place)
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
