import TickColumns

/// The SELECT list with `*`, `t.*` and COLUMNS written out, and what each column of the result is called.
struct SelectItems {
  /// One column of the result: an expression to bind, or a column that a matcher found.
  struct Item {
    let name: String
    let expression: Expression?
    let column: BoundExpression?
    let place: Int
  }
  private let scope: Scope
  private(set) var items: [Item] = []

  init(_ list: [SelectItem], _ scope: Scope) throws(SQLError) {
    self.scope = scope
    for item in list {
      guard case .matcher(let matcher) = item.expression.kind else {
        items.append(
          Item(
            name: try scope.resultName(of: item.expression), expression: item.expression,
            column: nil,
            place: item.expression.range.lowerBound))
        continue
      }
      try expand(matcher, at: item.expression.range.lowerBound)
    }
    guard !items.isEmpty else {
      throw SQLError(
        .emptyListOfColumns, "The SELECT list has no columns",
        at: list.first?.expression.range.lowerBound)
    }
  }

  private mutating func expand(_ matcher: ColumnMatcher, at place: Int) throws(SQLError) {
    items += try MatchedColumns(matcher, scope, at: place).columns.map {
      Item(name: $0.name, expression: $0.expression, column: $0.column, place: place)
    }
  }
}

extension Expression {
  /// The expression with a free name exchanged: how a lambda is applied.
  func replacing(_ name: String, with value: Expression) -> Expression {
    switch kind {
    case .literal, .matcher, .subquery: return self
    case .identifier(let parts): return parts == [name] ? value : self
    case .alias(let inner, let alias):
      return Expression(.alias(inner.replacing(name, with: value), alias), range: range)
    case .lambda(let parameters, let body):
      if parameters.contains(name) { return self }
      return Expression(
        .lambda(parameters: parameters, body: body.replacing(name, with: value)), range: range)
    case .call(var call):
      call.arguments = call.arguments.map { $0.replacing(name, with: value) }
      call.parameters = call.parameters?.map { $0.replacing(name, with: value) }
      return Expression(.call(call), range: range)
    }
  }
}
