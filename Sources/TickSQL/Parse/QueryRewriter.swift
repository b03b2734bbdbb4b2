import TickColumns

/// A tree with other places, or with its tables' names made whole: what is kept as text and read back.

struct QueryRewriter {
  /// Given to names of tables that say no database.
  var database: String?
  /// Where every part of the tree stands from now on: a kept text has no places in the statement that uses it.
  var place: SourceRange?
  /// Asked about the name behind an IN; true for a table, which could not be told from a column once it is qualified.
  var isTable: (QualifiedName) -> Bool = { _ in false }
  /// New names of columns.
  var renames: [String: String] = [:]
  /// Queries that a WITH names.
  private var names: Set<String> = []

  init(database: String? = nil, place: SourceRange? = nil) {
    self.database = database
    self.place = place
  }

  // MARK: Queries

  func rewritten(_ query: QueryStatement) throws(SQLError) -> QueryStatement {
    var query = query
    query.body = try rewritten(query.body)
    query.range = place ?? query.range
    return query
  }

  private func rewritten(_ body: QueryBody) throws(SQLError) -> QueryBody {
    switch body {
    case .select(let select): return .select(try rewritten(select))
    case .combination(let operation, let branches):
      // What the first SELECT names with WITH, the others see as well.
      var shared = self
      for case .query(_, let name) in body.first.with { shared.names.insert(name) }
      var out: [QueryBody] = []
      for (i, branch) in branches.enumerated() {
        out.append(try (i == 0 ? self : shared).rewritten(branch))
      }
      return .combination(operation, out)
    }
  }

  private func rewritten(_ select: SelectStatement) throws(SQLError) -> SelectStatement {
    var inner = self
    var out = select
    out.with = []
    for item in select.with {
      switch item {
      case .expression(let expression, let name):
        out.with.append(.expression(try inner.rewritten(expression), name: name))
      case .query(let query, let name):
        out.with.append(.query(try inner.rewritten(query), name: name))
        inner.names.insert(name)
      }
    }
    try inner.rewriteClauses(&out)
    return out
  }

  private func rewriteClauses(_ select: inout SelectStatement) throws(SQLError) {
    if case .on(let keys) = select.distinct { select.distinct = .on(try rewritten(keys)) }
    for i in select.items.indices {
      select.items[i].expression = try rewritten(select.items[i].expression)
    }
    select.from = try rewritten(optional: select.from)
    select.prewhere = try rewritten(optional: select.prewhere)
    select.filter = try rewritten(optional: select.filter)
    if var groupBy = select.groupBy {
      switch groupBy.keys {
      case .all: break
      case .list(let keys): groupBy.keys = .list(try rewritten(keys))
      case .groupingSets(let sets):
        var out: [[Expression]] = []
        for keys in sets { out.append(try rewritten(keys)) }
        groupBy.keys = .groupingSets(out)
      }
      groupBy.range = place ?? groupBy.range
      select.groupBy = groupBy
    }
    select.having = try rewritten(optional: select.having)
    for i in select.windows.indices {
      select.windows[i].window = try rewritten(select.windows[i].window)
      select.windows[i].range = place ?? select.windows[i].range
    }
    select.qualify = try rewritten(optional: select.qualify)
    select.orderBy = try rewritten(select.orderBy)
    if let all = select.orderByAll { select.orderByAll = try rewritten([all])[0] }
    if var interpolate = select.interpolate, let columns = interpolate.columns {
      var out: [(name: String, expression: Expression?)] = []
      for column in columns {
        out.append((column.name, try rewritten(optional: column.expression)))
      }
      interpolate.columns = out
      interpolate.range = place ?? interpolate.range
      select.interpolate = interpolate
    }
    if var limitBy = select.limitBy {
      limitBy.limit = try rewritten(limitBy.limit)
      limitBy.offset = try rewritten(optional: limitBy.offset)
      if let keys = limitBy.keys { limitBy.keys = try rewritten(keys) }
      select.limitBy = limitBy
    }
    select.limit = try rewritten(optional: select.limit)
    select.offset = try rewritten(optional: select.offset)
    select.range = place ?? select.range
  }

  // MARK: FROM

  private func rewritten(optional from: TableExpression?) throws(SQLError) -> TableExpression? {
    guard let from else { return nil }
    return try rewritten(from)
  }

  private func rewritten(_ from: TableExpression) throws(SQLError) -> TableExpression {
    switch from {
    case .table(var name, let alias, var modifiers):
      if name.database == nil, !names.contains(name.name), let database { name.database = database }
      name.range = place ?? name.range
      modifiers.sample = try rewritten(optional: modifiers.sample)
      modifiers.sampleOffset = try rewritten(optional: modifiers.sampleOffset)
      return .table(name, alias: alias, modifiers)
    case .function(let name, let arguments, let alias, let range):
      return .function(
        name: name, arguments: try rewritten(arguments), alias: alias, range: place ?? range)
    case .subquery(let query, let alias): return .subquery(try rewritten(query), alias: alias)
    case .join(var join):
      join.left = try rewritten(join.left)
      join.right = try rewritten(join.right)
      switch join.condition {
      case .none: break
      case .on(let condition): join.condition = .on(try rewritten(condition))
      case .using(let columns): join.condition = .using(try rewritten(columns))
      }
      join.range = place ?? join.range
      return .join(join)
    case .arrayJoin(let left, let isLeft, let arrays, let range):
      return .arrayJoin(
        try rewritten(left), isLeft: isLeft, try rewritten(arrays), range: place ?? range)
    }
  }

  // MARK: Expressions

  func rewritten(_ expression: Expression) throws(SQLError) -> Expression {
    let range = place ?? expression.range
    switch expression.kind {
    case .literal: return Expression(expression.kind, range: range)
    case .identifier(var parts):
      if let name = renames[parts[0]] { parts[0] = name }
      return Expression(.identifier(parts), range: range)
    case .matcher(let matcher): return Expression(.matcher(try rewritten(matcher)), range: range)
    case .alias(let inner, let name):
      return Expression(.alias(try rewritten(inner), name), range: range)
    case .subquery(let query): return Expression(.subquery(try rewritten(query)), range: range)
    case .lambda(let parameters, let body):
      // A parameter hides the column of its name.
      var inner = self
      for parameter in parameters { inner.renames[parameter] = nil }
      return Expression(
        .lambda(parameters: parameters, body: try inner.rewritten(body)), range: range)
    case .call(let call):
      try refuseTable(behind: call)
      return Expression(.call(try rewritten(call)), range: range)
    }
  }

  private func rewritten(_ call: Call) throws(SQLError) -> Call {
    var call = call
    call.arguments = try rewritten(call.arguments)
    if let parameters = call.parameters { call.parameters = try rewritten(parameters) }
    if case .defined(let window)? = call.over { call.over = .defined(try rewritten(window)) }
    call.nameRange = place ?? call.nameRange
    return call
  }

  private static let setFunctions: Set<String> = ["in", "notIn", "globalIn", "globalNotIn"]

  private func refuseTable(behind call: Call) throws(SQLError) {
    guard Self.setFunctions.contains(call.name), call.arguments.count == 2,
      case .identifier(let parts) = call.arguments[1].kind, parts.count == 1,
      !names.contains(parts[0])
    else { return }
    let name = QualifiedName(database: database, name: parts[0], range: call.arguments[1].range)
    guard isTable(name) else { return }
    throw SQLError(
      .notImplemented, "IN with the name of a table in a view is not supported yet",
      at: name.range.lowerBound, hint: "Write IN (SELECT ... FROM \(parts[0]))")
  }

  private func rewritten(_ matcher: ColumnMatcher) throws(SQLError) -> ColumnMatcher {
    var out = matcher
    out.transformers = []
    for transformer in matcher.transformers {
      switch transformer {
      case .except, .exceptPattern: out.transformers.append(transformer)
      case .replace(let replacements, let isStrict):
        var moved: [(expression: Expression, name: String)] = []
        for (expression, name) in replacements { moved.append((try rewritten(expression), name)) }
        out.transformers.append(.replace(moved, isStrict: isStrict))
      case .apply(let function, let parameters):
        var moved = parameters
        if let parameters { moved = try rewritten(parameters) }
        out.transformers.append(.apply(function, parameters: moved))
      case .applyLambda(let parameter, let body):
        out.transformers.append(.applyLambda(parameter: parameter, body: try rewritten(body)))
      }
    }
    return out
  }

  private func rewritten(_ window: WindowDefinition) throws(SQLError) -> WindowDefinition {
    var window = window
    window.partitionBy = try rewritten(window.partitionBy)
    window.orderBy = try rewritten(window.orderBy)
    if var frame = window.frame {
      frame.start = try rewritten(frame.start)
      frame.end = try rewritten(frame.end)
      frame.range = place ?? frame.range
      window.frame = frame
    }
    window.range = place ?? window.range
    return window
  }

  private func rewritten(_ bound: WindowFrame.Bound) throws(SQLError) -> WindowFrame.Bound {
    switch bound {
    case .unboundedPreceding, .currentRow, .unboundedFollowing: bound
    case .preceding(let distance): .preceding(try rewritten(distance))
    case .following(let distance): .following(try rewritten(distance))
    }
  }

  private func rewritten(_ items: [OrderItem]) throws(SQLError) -> [OrderItem] {
    var out: [OrderItem] = []
    for var item in items {
      item.expression = try rewritten(item.expression)
      if var fill = item.fill {
        fill.from = try rewritten(optional: fill.from)
        fill.to = try rewritten(optional: fill.to)
        fill.step = try rewritten(optional: fill.step)
        fill.staleness = try rewritten(optional: fill.staleness)
        fill.range = place ?? fill.range
        item.fill = fill
      }
      out.append(item)
    }
    return out
  }

  private func rewritten(_ expressions: [Expression]) throws(SQLError) -> [Expression] {
    var out: [Expression] = []
    for expression in expressions { out.append(try rewritten(expression)) }
    return out
  }

  private func rewritten(optional expression: Expression?) throws(SQLError) -> Expression? {
    guard let expression else { return nil }
    return try rewritten(expression)
  }
}
