/// Expressions that give one value for one row, as those of UPDATE and DELETE must: what folds rows or makes more of them
/// is refused by what it is, before the statement becomes a query in which it would mean something else.
import TickColumns

extension Binder {
  /// Throws 184 for aggregate and window functions and 183 for `arrayJoin`, but for those of subqueries, which have rows
  /// of their own. `clause` is for the error: "UPDATE", "WHERE".
  public static func requireOneRow(
    _ expression: Expression, in clause: String
  ) throws(SQLError) {
    for call in expression.calls {
      let place = call.nameRange.lowerBound
      if call.over != nil {
        throw SQLError(
          .illegalAggregation, "Window function \(call.name) is found in \(clause) in query",
          at: place, hint: "It is about many rows, and \(clause) about one")
      }
      if AggregateFunction.find(call.name) != nil {
        throw SQLError(
          .illegalAggregation, "Aggregate function \(call.name) is found in \(clause) in query",
          at: place, hint: "It is about many rows, and \(clause) about one: take it from a subquery"
        )
      }
      if call.name == "arrayJoin" {
        throw SQLError(
          .unexpectedExpression, "arrayJoin is not allowed in mutations", at: place)
      }
    }
  }
}

extension Expression {
  /// The calls in it, those of subqueries left out.
  var calls: [Call] {
    var open = [self]
    var calls: [Call] = []
    while let next = open.popLast() {
      switch next.kind {
      case .literal, .identifier, .matcher, .subquery: break
      case .alias(let inner, _): open.append(inner)
      case .lambda(_, let body): open.append(body)
      case .call(let call):
        calls.append(call)
        open += call.arguments
      }
    }
    return calls
  }
}
