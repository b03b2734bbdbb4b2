/// A subquery that looks at columns of the query around it anywhere, as a join of its own with their values:
///
///     SELECT (SELECT count() FROM i WHERE i.x < o.v) FROM o
///     SELECT d.c FROM o LEFT ANY JOIN (
///       SELECT count() AS c, u.v FROM (SELECT DISTINCT v FROM o) AS u JOIN i ON i.x < u.v GROUP BY u.v) AS d ON d.v = o.v
///
/// Each different combination of values is joined once, so a condition without an equality costs as many comparisons as
/// there are combinations times rows of the subquery.
import TickColumns

/// The columns of the query around that a subquery names, and the subquery over names of their own for them.
///
/// Invariants:
/// 1. A name means a column of the subquery where it has one, else one of the query around.
/// 2. Column i of `values` is called `name(i)`, which no text can spell without meaning it.
struct DependentJoin {
  private(set) var select: SelectStatement
  /// Over the source of the query around.
  private(set) var values: [BoundExpression] = []
  private var inner: ExpressionBinding
  private var outer: ExpressionBinding

  private static let table = "__around"
  private static func name(_ i: Int) -> String { "__around_\(i)" }

  init(
    _ select: SelectStatement, inner: ExpressionBinding, outer: ExpressionBinding
  ) throws(SQLError) {
    self.select = select
    self.inner = inner
    self.outer = outer
    for i in select.items.indices {
      self.select.items[i].expression = try renamed(select.items[i].expression, [])
    }
    self.select.filter = try select.filter.map { (e) throws(SQLError) in try renamed(e, []) }
    self.select.having = try select.having.map { (e) throws(SQLError) in try renamed(e, []) }
    if case .list(let keys)? = select.groupBy?.keys {
      var renamedKeys: [Expression] = []
      for key in keys { renamedKeys.append(try renamed(key, [])) }
      self.select.groupBy?.keys = .list(renamedKeys)
    }
  }

  /// The names of `values`, as expressions.
  var names: [Expression] {
    values.indices.map { Expression(.identifier([Self.name($0)]), range: select.range) }
  }

  /// Joins the different values of the query around to the subquery's FROM. `source` gives them, `filter` says which of
  /// its rows are there at all.
  func joined(
    _ source: BlockSource, _ filter: [BoundExpression], _ environment: QueryEnvironment
  ) -> (select: SelectStatement, environment: QueryEnvironment) {
    var out = select
    let fields = values.enumerated().map { Field(Self.name($0), $1.type) }
    var around = SelectBlock(
      source: source, filter: filter, outputs: values, schema: Schema(fields))
    around.isDistinct = true
    let own = TableExpression.table(
      QualifiedName(name: Self.table, range: select.range), alias: nil, TableModifiers())
    if let from = select.from {
      out.from = .join(
        JoinExpression(
          left: own, right: Self.named(from), kind: select.filter == nil ? .cross : .inner,
          strictness: .all, condition: select.filter.map { .on($0) } ?? .none,
          range: select.range))
      out.filter = nil
    } else {
      out.from = own
    }
    return (out, environment.adding(.select(around), named: Self.table))
  }

  /// A side of a join has a name.
  private static func named(_ from: TableExpression) -> TableExpression {
    switch from {
    case .function(let name, let arguments, nil, let range):
      .function(name: name, arguments: arguments, alias: "__own", range: range)
    case .subquery(let query, nil): .subquery(query, alias: "__own")
    default: from
    }
  }

  // MARK: Names

  /// The expression with the names of columns around replaced. `bound` are the parameters of lambdas around it.
  private mutating func renamed(
    _ expression: Expression, _ bound: Set<String>
  ) throws(SQLError) -> Expression {
    var out = expression
    switch expression.kind {
    case .literal, .matcher, .subquery: break
    case .alias(let inner, let name): out.kind = .alias(try renamed(inner, bound), name)
    case .lambda(let parameters, let body):
      out.kind = .lambda(
        parameters: parameters, body: try renamed(body, bound.union(parameters)))
    case .call(var call):
      for i in call.arguments.indices {
        call.arguments[i] = try renamed(call.arguments[i], bound)
      }
      out.kind = .call(call)
    case .identifier(let parts):
      // An alias stands for its own expression, whose names are replaced where it is written.
      if bound.contains(parts[0]) || inner.scope.aliases[parts[0]] != nil { break }
      do throws(SQLError) {
        _ = try inner.bind(expression, in: .aggregating)
      } catch {
        guard error.code == .unknownIdentifier else { throw error }
        out.kind = .identifier([Self.name(number(of: try value(expression)))])
      }
    }
    return out
  }

  private mutating func value(_ expression: Expression) throws(SQLError) -> BoundExpression {
    try outer.bind(expression, in: .plain("a correlated subquery"))
  }

  private mutating func number(of value: BoundExpression) -> Int {
    if let known = values.firstIndex(where: { $0 === value }) { return known }
    values.append(value)
    return values.count - 1
  }
}
