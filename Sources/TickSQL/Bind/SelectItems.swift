import TickColumns

/// The SELECT list with `*`, `t.*`, COLUMNS and `untuple` written out, and what each column of the result is called.
struct SelectItems {
  /// One column of the result: an expression to bind, or a column that a matcher found or that is part of a tuple.
  struct Item {
    let name: String
    let expression: Expression?
    let column: BoundExpression?
    let place: Int
  }
  private let scope: Scope
  private(set) var items: [Item] = []

  /// What `bind` makes of the argument of `untuple` says which columns there are.
  init(
    _ list: [SelectItem], _ scope: Scope, _ builder: ExpressionBuilder,
    bind: (Expression) throws(SQLError) -> BoundExpression
  ) throws(SQLError) {
    self.scope = scope
    for item in list {
      if let (call, alias) = item.expression.untupleCall {
        try untuple(call, alias, builder, bind)
        continue
      }
      guard case .matcher(let matcher) = item.expression.kind else {
        var count = 0
        let written = try Self.withoutUntuple(item.expression, &count, bind)
        items.append(
          Item(
            name: try scope.resultName(of: written), expression: item.expression, column: nil,
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

  /// A column for each element: `alias.name`, or what `tupleElement` of it would be called.
  private mutating func untuple(
    _ call: Call, _ alias: String?, _ builder: ExpressionBuilder,
    _ bind: (Expression) throws(SQLError) -> BoundExpression
  ) throws(SQLError) {
    let place = call.nameRange.lowerBound
    let (label, parts) = try Self.untupled(call, scope, builder, bind)
    for part in parts {
      items.append(
        Item(
          name: alias.map { "\($0).\(part.name)" }
            ?? "tupleElement(\(label), \(quotedLiteral(Array(part.name.utf8))))",
          expression: nil, column: part.column, place: place))
    }
  }

  /// The elements of the tuple in a call of `untuple`, and how the tuple would be written.
  static func untupled(
    _ call: Call, _ scope: Scope, _ builder: ExpressionBuilder,
    _ bind: (Expression) throws(SQLError) -> BoundExpression
  ) throws(SQLError) -> (label: String, parts: [(name: String, column: BoundExpression)]) {
    let place = call.nameRange.lowerBound
    guard call.arguments.count == 1 else { throw needsOneArgument(at: place) }
    let argument = call.arguments[0]
    let tuple: BoundExpression
    let label: String
    if case .matcher(let matcher) = argument.kind {
      let columns = try MatchedColumns(matcher, scope, at: place).columns
      guard columns.count == 1 else { throw needsOneArgument(at: place) }
      if let column = columns[0].column {
        tuple = column
      } else {
        tuple = try bind(columns[0].reference)
      }
      label = columns[0].name
    } else {
      tuple = try bind(argument)
      var count = 0
      label = try scope.resultName(of: try withoutUntuple(argument, &count, bind))
    }
    guard case .tuple(let elements) = tuple.type else {
      throw needsTuple(tuple.type, at: argument.range.lowerBound)
    }
    var parts: [(name: String, column: BoundExpression)] = []
    for (i, element) in elements.enumerated() {
      let index = builder.constant(.uint(UInt64(i + 1)), .uint64)
      parts.append(
        (
          element.name ?? "\(i + 1)",
          try builder.call("tupleElement", [tuple, index], at: place)
        ))
    }
    return (label, parts)
  }

  /// How the expression would be written without `untuple` among the arguments of its calls; it stays in lambdas.
  private static func withoutUntuple(
    _ expression: Expression, _ count: inout Int,
    _ bind: (Expression) throws(SQLError) -> BoundExpression
  ) throws(SQLError) -> Expression {
    switch expression.kind {
    case .literal, .identifier, .matcher, .subquery, .lambda: return expression
    case .alias(let inner, let name):
      return Expression(
        .alias(try withoutUntuple(inner, &count, bind), name), range: expression.range)
    case .call(var call):
      var arguments: [Expression] = []
      for argument in call.arguments {
        guard let (inner, alias) = argument.untupleCall, inner.arguments.count == 1,
          case .tuple(let elements) = try bind(inner.arguments[0]).type
        else {
          arguments.append(try withoutUntuple(argument, &count, bind))
          continue
        }
        for (i, element) in elements.enumerated() {
          // One tuple in another is written out once for each element.
          count += 1
          guard count <= ParserLimits.elementsMax else {
            throw SQLError(
              .tooBigAst, "AST is too big. Maximum: \(ParserLimits.elementsMax)",
              at: call.nameRange.lowerBound)
          }
          let name = element.name ?? "\(i + 1)"
          if let alias {
            arguments.append(Expression(.identifier([alias, name]), range: argument.range))
            continue
          }
          let tuple = try withoutUntuple(inner.arguments[0], &count, bind)
          let text = Expression(.literal(.string(Array(name.utf8))), range: argument.range)
          let part = Call("tupleElement", [tuple, text], nameRange: inner.nameRange)
          arguments.append(Expression(.call(part), range: argument.range))
        }
      }
      call.arguments = arguments
      return Expression(.call(call), range: expression.range)
    }
  }

  static func needsTuple(_ type: DataType, at place: Int) -> SQLError {
    SQLError(
      .unsupportedMethod, "The argument of function untuple must be a tuple, not \(type)", at: place
    )
  }

  static func needsOneArgument(at place: Int) -> SQLError {
    SQLError(.unsupportedMethod, "Function untuple must have 1 argument", at: place)
  }

  private mutating func expand(_ matcher: ColumnMatcher, at place: Int) throws(SQLError) {
    items += try MatchedColumns(matcher, scope, at: place).columns.map {
      Item(name: $0.name, expression: $0.expression, column: $0.column, place: place)
    }
  }
}

extension Expression {
  /// The call of `untuple` that the expression is, and its alias.
  var untupleCall: (Call, alias: String?)? {
    switch kind {
    case .call(let call) where call.name == "untuple": (call, nil)
    case .alias(let inner, let name):
      if case .call(let call) = inner.kind, call.name == "untuple" { (call, name) } else { nil }
    default: nil
    }
  }

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
