/// Correlated subqueries of a query that groups: in its select list and its HAVING.
///
/// The join stands below the grouping, as every other. Where what it compares hangs on the keys alone, all rows of a group
/// get the same value, so the value of the group is that of any of them:
///
///     SELECT o.k FROM o GROUP BY o.k HAVING sum(o.v) > (SELECT max(i.x) FROM i WHERE i.k = o.k)
///     SELECT o.k FROM o LEFT ANY JOIN (...) AS d ON o.k = d.k GROUP BY o.k HAVING sum(o.v) > any(d.x)
import TickColumns

extension Correlation {
  /// The expression above the grouping. A value that hangs on other columns stays as it is, and is refused like any
  /// column that is no key (215). Throws 48 where a row of the result may stand for several sets of keys.
  func grouped(
    _ expression: BoundExpression, by groups: GroupBinding,
    memo: inout [ObjectIdentifier: BoundExpression], _ builder: ExpressionBuilder
  ) throws(SQLError) -> BoundExpression {
    try builder.pool.rewritten(expression, memo: &memo) {
      (node) throws(SQLError) -> BoundExpression? in
      if groups.keys.contains(where: { $0 === node }) { return node }
      switch node.kind {
      case .aggregate: return node
      case .column(let position):
        guard let comparison = comparison(at: position),
          comparison.allSatisfy({ Self.hangs($0, onlyOn: groups.keys) })
        else { return nil }
        guard groups.sets == nil else {
          throw SQLError(
            .notImplemented,
            "a correlated subquery over GROUPING SETS, ROLLUP or CUBE is not supported",
            at: node.position)
        }
        guard let any = AggregateFunction.find("any") else {
          preconditionFailure("there is no function any")
        }
        return try builder.aggregate(
          any.function, name: "any", [node], AggregateVariant(), isDistinct: false,
          at: node.position)
      default: return nil
      }
    }
  }

  /// True where equal keys make equal values.
  private static func hangs(
    _ expression: BoundExpression, onlyOn keys: [BoundExpression]
  ) -> Bool {
    var open = [expression]
    while let next = open.popLast() {
      if keys.contains(where: { $0 === next }) { continue }
      switch next.kind {
      case .column, .aggregate, .window: return false
      default: open += next.children
      }
    }
    return true
  }
}
