/// From syntax to typed plans: names become columns, calls become kernels, every type is known.
public import TickColumns

/// Binds statements. Stateless; a binding of its own is made per SELECT.
public enum Binder {
  /// A query as a plan. Its SETTINGS and FORMAT are the caller's.
  public static func bind(
    _ query: QueryStatement, _ context: QueryContext
  ) throws(SQLError) -> LogicalPlan {
    try CancellationPoint.whileWorking(for: context) { () throws(SQLError) in
      let builder = ExpressionBuilder(context)
      let binding = QueryBinding(builder, QueryEnvironment())
      let plan = binding.limited(try binding.plan(query.body, place: query.range.lowerBound))
      return LogicalPlan(query: try Rules.apply(to: plan, builder), context: context)
    }
  }

  /// A query whose columns go into those of a table, by place: each is cast to the type that it meets there. Where only
  /// the query has NULL the result has it as well: whoever inserts puts defaults in its place.
  public static func bind(
    _ query: QueryStatement, into fields: [Field], _ context: QueryContext
  ) throws(SQLError) -> LogicalPlan {
    try CancellationPoint.whileWorking(for: context) { () throws(SQLError) in
      try plan(query, into: fields, context)
    }
  }

  private static func plan(
    _ query: QueryStatement, into fields: [Field], _ context: QueryContext
  ) throws(SQLError) -> LogicalPlan {
    let builder = ExpressionBuilder(context)
    let binding = QueryBinding(builder, QueryEnvironment())
    let place = query.range.lowerBound
    let plan = binding.limited(try binding.plan(query.body, place: place))
    guard plan.schema.count == fields.count else {
      throw SQLError(
        .numberOfColumnsDoesntMatch,
        "Number of columns doesn't match (source: \(plan.schema.count) and result: \(fields.count))",
        at: place)
    }
    let types = zip(plan.schema.fields, fields).map { given, field in
      given.type.isNullable ? field.type.madeNullable : field.type
    }
    let cast = try binding.cast(plan, to: types)
    return LogicalPlan(query: try Rules.apply(to: cast, builder), context: context)
  }

  static func bind(
    nested query: QueryStatement, _ context: QueryContext, _ environment: QueryEnvironment
  ) throws(SQLError) -> LogicalPlan {
    let builder = ExpressionBuilder(context)
    let plan = try QueryBinding(builder, environment).nested(query)
    return LogicalPlan(query: try Rules.apply(to: plan, builder), context: context)
  }

  /// An expression over the columns of a table, without aggregates: keys, partitions, checks.
  public static func bind(
    _ expression: Expression, over schema: Schema, _ context: QueryContext
  ) throws(SQLError) -> BoundExpression {
    // What is stored under such an expression must find itself again tomorrow.
    var timeless = context
    timeless.now = nil
    timeless.random = nil
    timeless.pause = nil
    let builder = ExpressionBuilder(timeless)
    let columns = schema.fields.enumerated().map { position, field in
      Scope.SourceColumn(field.name, builder.pool.column(position, field.type, name: field.name))
    }
    let scope = Scope(
      tables: [Scope.Table(qualifiers: [], columns: columns)], environment: QueryEnvironment())
    var binding = ExpressionBinding(scope, builder)
    return try binding.bind(expression, in: .plain("a table's key"))
  }
}

/// Where an expression stands, which decides whether aggregates may stand in it.
enum Clause {
  /// The SELECT list, HAVING, ORDER BY.
  case aggregating
  /// HAVING: aggregates may stand in it, window functions not.
  case aggregatingOnly(String)
  /// WHERE, GROUP BY, keys: the name is for the error.
  case plain(String)
  case insideAggregate

  /// Why no aggregate may stand here.
  var refusal: String? {
    switch self {
    case .aggregating, .aggregatingOnly: nil
    case .plain(let name): "in \(name)"
    case .insideAggregate: "inside another aggregate function"
    }
  }

  /// Why no window function may stand here.
  var windowRefusal: String? {
    if case .aggregatingOnly(let name) = self { "in \(name)" } else { refusal }
  }
}

/// Binds expressions in one scope.
struct ExpressionBinding {
  let scope: Scope
  let builder: ExpressionBuilder
  /// Parameters of the lambdas around what is bound, the innermost last.
  var parameters: [[String: BoundExpression]] = []

  init(_ scope: Scope, _ builder: ExpressionBuilder) {
    self.scope = scope
    self.builder = builder
  }

  mutating func bind(
    _ expression: Expression, in clause: Clause
  ) throws(SQLError) -> BoundExpression {
    let place = expression.range.lowerBound
    switch expression.kind {
    case .literal(let literal): return bind(literal, at: place)
    case .identifier(let parts):
      let node = try resolve(parts, in: clause, at: place)
      let id = ObjectIdentifier(node)
      if builder.places[id] == nil { builder.places[id] = place }
      return node
    case .matcher:
      throw SQLError(
        .unknownIdentifier,
        "* and COLUMNS may stand in the SELECT list and among the arguments of functions only",
        at: place)
    case .lambda:
      throw SQLError(
        .illegalTypeOfArgument,
        "A lambda (x -> expression) may stand as the first argument of a function of arrays only",
        at: place)
    case .alias(_, let name): return try resolveAlias(name, in: clause, at: place)
    case .subquery(let query): return try bindScalar(query, at: place)
    case .call(let call):
      do throws(SQLError) {
        return try bind(call, in: clause, at: place)
      } catch {
        // Equal constants are one node, which knows its first place only.
        if let known = error.position, expression.range.contains(known) { throw error }
        throw SQLError(error.code, error.message, at: place, hint: error.hint)
      }
    }
  }

  private func bind(_ literal: Literal, at place: Int) -> BoundExpression {
    switch literal {
    case .null: builder.constant(.null, .nullable(.nothing), at: place)
    case .bool(let value): builder.constant(.uint(value ? 1 : 0), .bool, at: place)
    case .unsigned(let n): builder.constant(.uint(n), .unsignedLiteral(n), at: place)
    case .negative(let n): builder.constant(.int(n), .signedLiteral(n), at: place)
    case .float(let x): builder.constant(.float(x), .float64, at: place)
    case .string(let bytes): builder.constant(.bytes(bytes), .string, at: place)
    }
  }

  // MARK: Names

  private mutating func resolve(
    _ parts: [String], in clause: Clause, at place: Int
  ) throws(SQLError) -> BoundExpression {
    if let column = scope.matched[parts[0]] { return column }
    if let parameter = parameter(named: parts[0]),
      let found = try elements(parameter, parts.dropFirst(), at: place)
    {
      return found
    }
    if parts.count == 1, scope.aliases[parts[0]] != nil, !scope.open.contains(parts[0]) {
      return try resolveAlias(parts[0], in: clause, at: place)
    }
    if let column = scope.column(named: parts.joined(separator: ".")) { return column }
    if let (table, rest) = scope.unqualified(parts),
      let column = scope.tables[table].column(named: rest[0]),
      let found = try elements(column, rest.dropFirst(), at: place)
    {
      return found
    }
    if parts.count > 1 {
      if scope.aliases[parts[0]] != nil, !scope.open.contains(parts[0]) {
        let base = try resolveAlias(parts[0], in: clause, at: place)
        if let found = try elements(base, parts.dropFirst(), at: place) { return found }
      }
      if let found = try descend(parts, at: place) { return found }
    }
    if parts.count == 1, !scope.open.contains(parts[0]),
      let expression = scope.environment.expression(named: parts[0])
    {
      return try resolveAlias(parts[0], inherited: expression, in: clause, at: place)
    }
    let name = parts.joined(separator: ".")
    throw SQLError(
      .unknownIdentifier, "Unknown expression identifier `\(name)`", at: place,
      hint: NearestName.hint(for: parts.last ?? name, among: scope.names))
  }

  /// A column, and elements of tuples below it.
  private func descend(_ parts: [String], at place: Int) throws(SQLError) -> BoundExpression? {
    guard let first = parts.first, let column = scope.column(named: first) else { return nil }
    return try elements(column, parts.dropFirst(), at: place)
  }

  private func elements(
    _ base: BoundExpression, _ path: ArraySlice<String>, at place: Int
  ) throws(SQLError) -> BoundExpression? {
    var node = base
    for name in path {
      guard case .tuple = node.type else { return nil }
      node = try builder.call(
        "tupleElement", [node, builder.constant(.text(name), .string)], at: place)
    }
    return node
  }

  private mutating func resolveAlias(
    _ name: String, inherited: Expression? = nil, in clause: Clause, at place: Int
  ) throws(SQLError) -> BoundExpression {
    let node: BoundExpression
    if let known = scope.bound[name] {
      node = known
    } else {
      guard let expression = scope.aliases[name] ?? inherited, scope.open.insert(name).inserted
      else {
        throw SQLError(
          .unknownIdentifier, "Alias `\(name)` is defined by itself", at: place)
      }
      defer { scope.open.remove(name) }
      node = try bindAlias(expression)
      // Inside its own expression a name means something else, so only a free-standing result is kept.
      if scope.open.count == 1, parameters.isEmpty || !Self.mentionsParameters(node) {
        scope.bound[name] = node
      }
    }
    if node.hasAggregate, let refusal = clause.refusal {
      throw SQLError(
        .illegalAggregation,
        "Aggregate function \(node.label) AS \(name) is found \(refusal) in query", at: place)
    }
    if node.hasWindow, let refusal = clause.windowRefusal {
      throw SQLError(
        node.hasRunningFunction ? .notImplemented : .illegalAggregation,
        "Window function \(node.label) AS \(name) is found \(refusal) in query",
        at: place)
    }
    return node
  }

  /// What an alias stands for: outside of the lambdas around, or inside where only their parameters explain it.
  private mutating func bindAlias(_ expression: Expression) throws(SQLError) -> BoundExpression {
    guard !parameters.isEmpty else { return try bind(expression, in: .aggregating) }
    let around = parameters
    parameters = []
    defer { parameters = around }
    do throws(SQLError) {
      return try bind(expression, in: .aggregating)
    } catch {
      guard error.code == .unknownIdentifier else { throw error }
      parameters = around
      return try bind(expression, in: .aggregating)
    }
  }

  // MARK: Calls

  private mutating func bind(
    _ call: Call, in clause: Clause, at place: Int
  ) throws(SQLError) -> BoundExpression {
    let call = try expandingUntuple(of: try scope.expandingMatchers(of: call), in: clause)
    if let over = call.over { return try bindWindow(call, over, in: clause, at: place) }
    if let special = try bindSpecial(call, in: clause, at: place) { return special }
    if let found = AggregateFunction.find(call.name) {
      return try bindAggregate(call, try found.treating(call), in: clause, at: place)
    }
    guard let function = FunctionTable.scalar(named: call.name) else {
      if Self.windowFunctionNames.contains(call.name) {
        throw SQLError(
          .badArguments,
          "The function '\(call.name)' can only be used as a window function: with OVER",
          at: call.nameRange.lowerBound)
      }
      throw FunctionTable.unknown(call.name, at: call.nameRange.lowerBound)
    }
    if call.nulls != nil {
      throw SQLError(
        .syntaxError, "Function \(call.name) is not an aggregate function, which NULLS need",
        at: call.nameRange.lowerBound)
    }
    if call.isDistinct || call.parameters != nil {
      throw SQLError(
        .badArguments, "Function \(call.name) is not an aggregate function",
        at: call.nameRange.lowerBound)
    }
    if let running = RunningBinding(function.name) {
      return try bindRunning(call, running, in: clause, at: place)
    }
    if case .lambda(let names, let body)? = call.arguments.first?.kind {
      return try bindHigherOrder(call, function, names, body, in: clause, at: place)
    }
    var arguments: [BoundExpression] = []
    arguments.reserveCapacity(call.arguments.count)
    for (i, argument) in call.arguments.enumerated() {
      if i == 1, function.name == "in" || function.name == "notIn",
        let set = try bindSet(argument)
      {
        arguments.append(set)
        continue
      }
      arguments.append(try bind(argument, in: clause))
    }
    if call.name == "in" || call.name == "notIn", arguments.count == 2,
      case .tuple(let values)? = arguments[1].constant
    {
      // Written values come at once: there is nothing to break off.
      _ = try builder.context.limits.set.allows(
        rows: values.count, bytes: values.reduce(0) { $0 + $1.byteCount }, "IN-set",
        .setSizeLimitExceeded)
    }
    return try builder.call(function, arguments, at: place)
  }

  /// What an expression among keys is: one key, or the elements of the tuple in `untuple`.
  mutating func keys(
    _ expression: Expression, in clause: Clause
  ) throws(SQLError) -> [BoundExpression] {
    var written = expression
    if case .identifier(let parts) = expression.kind, parts.count == 1,
      let named = scope.aliases[parts[0]]
    {
      written = named
    }
    guard let (call, _) = written.untupleCall else { return [try bind(expression, in: clause)] }
    var inner = self
    defer { self = inner }
    return try SelectItems.untupled(call, scope, builder) { (argument) throws(SQLError) in
      try inner.bind(argument, in: clause)
    }.parts.map(\.column)
  }

  /// A key of ORDER BY, which is one value.
  mutating func orderKey(_ expression: Expression) throws(SQLError) -> BoundExpression {
    let keys = try keys(expression, in: .aggregating)
    guard keys.count == 1, let key = keys.first else {
      throw SQLError(
        .unsupportedMethod,
        "A key of ORDER BY is one value, and untuple of this tuple is \(keys.count)",
        at: expression.range.lowerBound)
    }
    return key
  }

  /// The call with an argument for each element of a tuple in `untuple`.
  private mutating func expandingUntuple(
    of call: Call, in clause: Clause
  ) throws(SQLError) -> Call {
    guard call.arguments.contains(where: { $0.untupleCall != nil }) else { return call }
    let isAggregate = call.over == nil && AggregateFunction.find(call.name) != nil
    var out = call
    out.arguments = []
    for argument in call.arguments {
      guard let (inner, _) = argument.untupleCall else {
        out.arguments.append(argument)
        continue
      }
      let place = inner.nameRange.lowerBound
      guard inner.arguments.count == 1 else { throw SelectItems.needsOneArgument(at: place) }
      let tuple = try bind(inner.arguments[0], in: isAggregate ? .insideAggregate : clause)
      guard case .tuple(let elements) = tuple.type else {
        throw SelectItems.needsTuple(tuple.type, at: place)
      }
      for (i, element) in elements.enumerated() {
        let index = builder.constant(.uint(UInt64(i + 1)), .uint64)
        let node = try builder.call("tupleElement", [tuple, index], at: place)
        out.arguments.append(
          scope.reference(to: node, named: element.name ?? "\(i + 1)", at: place))
      }
    }
    return out
  }

  /// `grouping(k, ...)`: which keys a row of GROUPING SETS leaves out. The SELECT puts in the answer once it knows
  /// its sets.
  private mutating func bindGrouping(
    _ call: Call, in clause: Clause, at place: Int
  ) throws(SQLError) -> BoundExpression {
    if let refusal = clause.refusal {
      throw SQLError(
        .illegalAggregation, "GROUPING function is found \(refusal) in query", at: place)
    }
    guard (1...64).contains(call.arguments.count) else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch, "Function grouping takes 1 to 64 keys", at: place)
    }
    var arguments: [BoundExpression] = []
    for argument in call.arguments { arguments.append(try bind(argument, in: .insideAggregate)) }
    return builder.pool.grouping(arguments, at: place)
  }

  /// Calls that are others in disguise.
  private mutating func bindSpecial(
    _ call: Call, in clause: Clause, at place: Int
  ) throws(SQLError) -> BoundExpression? {
    var other = call
    switch call.name {
    case "globalIn": other.name = "in"
    case "globalNotIn": other.name = "notIn"
    case "notMatch":
      other.name = "match"
      let inner = Expression(.call(other), range: call.nameRange)
      other = Call("not", [inner], nameRange: call.nameRange)
    case "grouping", "GROUPING": return try bindGrouping(call, in: clause, at: place)
    case "exists":
      guard call.arguments.count == 1, case .subquery(let query) = call.arguments[0].kind else {
        return nil
      }
      return try bindExists(query, at: place)
    case Parser.parameterCast:
      other.name = "CAST"
      do throws(SQLError) {
        return try bind(other, in: clause, at: place)
      } catch {
        throw SQLError(
          .badQueryParameter, "Value of a query parameter has not its type: \(error.message)",
          at: place)
      }
    default: return nil
    }
    return try bind(other, in: clause, at: place)
  }

  private mutating func bindAggregate(
    _ call: Call, _ found: AggregateName, in clause: Clause, at place: Int
  ) throws(SQLError) -> BoundExpression {
    let function = found.function
    if let refusal = clause.refusal {
      throw SQLError(
        .illegalAggregation, "Aggregate function \(call.name) is found \(refusal) in query",
        at: place)
    }
    let variant = try variant(of: call, found)
    var arguments: [BoundExpression] = []
    for argument in call.arguments {
      if case .matcher(let matcher) = argument.kind {
        guard matcher.isPlain else {
          throw SQLError(
            .notImplemented, "COLUMNS and transformed asterisks as arguments are not supported yet",
            at: argument.range.lowerBound)
        }
        // `count(*)` counts rows.
        if function.name == "count", call.arguments.count == 1 { continue }
        arguments += scope.allColumns().map(\.expression)
        continue
      }
      arguments.append(try bind(argument, in: .insideAggregate))
    }
    return try builder.aggregate(
      function, name: call.name, arguments, variant,
      isDistinct: found.isDistinct || call.isDistinct,
      at: place)
  }

  /// The suffixes of a call and its parameters, both allowed.
  mutating func variant(
    of call: Call, _ found: AggregateName
  ) throws(SQLError) -> AggregateVariant {
    let place = call.nameRange.lowerBound
    if let repeated = found.repeated {
      throw SQLError(
        .illegalAggregation,
        "Nested identical combinator '\(repeated.rawValue)' is not supported", at: place)
    }
    if let absent = found.absent {
      throw SQLError(
        .notImplemented, "-\(absent) of aggregate function \(call.name) is not supported yet",
        at: place)
    }
    var variant = AggregateVariant(chain: found.chain, suffixes: found.suffixes)
    variant.parameters = try bindParameters(call, found)
    return variant
  }

  private mutating func bindParameters(
    _ call: Call, _ found: AggregateName
  ) throws(SQLError) -> [AggregateParameter] {
    guard let given = call.parameters else { return [] }
    guard found.function.traits.contains(.takesParameters) || found.chain.contains(.resample) else {
      throw SQLError(
        .aggregateFunctionDoesntAllowParameters,
        "Aggregate function \(call.name) cannot have parameters", at: call.nameRange.lowerBound)
    }
    var parameters: [AggregateParameter] = []
    for parameter in given {
      let node = try bind(parameter, in: .plain("a parameter"))
      guard let value = node.constant else {
        throw SQLError(
          .badArguments, "A parameter of aggregate function \(call.name) must be constant",
          at: parameter.range.lowerBound)
      }
      parameters.append(AggregateParameter(value: value, type: node.type))
    }
    return parameters
  }
}
