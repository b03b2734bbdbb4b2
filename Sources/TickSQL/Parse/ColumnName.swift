/// What a column of a result is called when the query gives it no alias.

/// The name: the expression with its operators as calls, `plus(a, 1)`, `in(x, (1, 2))`, `count()`; the alias
/// where there is one, here or inside.
///
/// The parser cannot tell `table.column` from `tuple.element`: `identifier` gives the name of a resolved
/// identifier, by default all parts as written. Scalar subqueries are numbered by ClickHouse; `subquery` may
/// do so as well.
public func columnName(
  of expression: Expression,
  identifier: @escaping ([String]) -> String = { $0.joined(separator: ".") },
  subquery: @escaping (QueryStatement) -> String = { _ in "_subquery" }
) -> String {
  ExpressionText(style: .columnName, identifier: identifier, subquery: subquery)
    .text(of: expression)
}
