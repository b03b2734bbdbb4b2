/// From syntax to typed plans: names become columns, calls become kernels, every type is known.
public import TickColumns

/// Binds statements. Stateless; a binding of its own is made per SELECT.
public enum Binder {
  /// A SELECT as a plan.
  public static func bind(
    _ select: SelectStatement, _ context: QueryContext
  ) throws(SQLError) -> LogicalPlan {
    let builder = ExpressionBuilder(context)
    var binding = try SelectBinding(select, builder)
    let block = try Rules.apply(to: try binding.block(), builder)
    return LogicalPlan(block: block, context: context)
  }

  /// An expression over the columns of a table, without aggregates: keys, partitions, checks.
  public static func bind(
    _ expression: Expression, over schema: Schema, _ context: QueryContext
  ) throws(SQLError) -> BoundExpression {
    // What is stored under such an expression must find itself again tomorrow.
    var timeless = context
    timeless.now = nil
    let builder = ExpressionBuilder(timeless)
    let columns = schema.fields.enumerated().map { position, field in
      Scope.SourceColumn(
        name: field.name,
        expression: builder.pool.column(position, field.type, name: field.name), isHidden: false)
    }
    let scope = Scope(columns: columns, qualifiers: [], aliases: [:])
    var binding = ExpressionBinding(scope, builder)
    return try binding.bind(expression, in: .plain("a table's key"))
  }
}

/// Where an expression stands, which decides whether aggregates may stand in it.
enum Clause {
  /// The SELECT list, HAVING, ORDER BY.
  case aggregating
  /// WHERE, GROUP BY, keys: the name is for the error.
  case plain(String)
  case insideAggregate

  var refusal: String? {
    switch self {
    case .aggregating: nil
    case .plain(let name): "in \(name)"
    case .insideAggregate: "inside another aggregate function"
    }
  }
}

/// Binds expressions in one scope.
struct ExpressionBinding {
  let scope: Scope
  let builder: ExpressionBuilder

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
    case .asterisk:
      throw SQLError(
        .unknownIdentifier, "* may stand in the SELECT list and in count(*) only", at: place)
    case .alias(_, let name): return try resolveAlias(name, in: clause, at: place)
    case .subquery(let select): return try bindScalar(select, at: place)
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
    if parts.count == 1, scope.aliases[parts[0]] != nil, !scope.open.contains(parts[0]) {
      return try resolveAlias(parts[0], in: clause, at: place)
    }
    if let column = scope.column(named: parts.joined(separator: ".")) { return column }
    if let rest = scope.unqualified(parts), let found = try descend(rest, at: place) {
      return found
    }
    if parts.count > 1 {
      if scope.aliases[parts[0]] != nil, !scope.open.contains(parts[0]) {
        let base = try resolveAlias(parts[0], in: clause, at: place)
        if let found = try elements(base, parts.dropFirst(), at: place) { return found }
      }
      if let found = try descend(parts, at: place) { return found }
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
    _ name: String, in clause: Clause, at place: Int
  ) throws(SQLError) -> BoundExpression {
    let node: BoundExpression
    if let known = scope.bound[name] {
      node = known
    } else {
      guard let expression = scope.aliases[name], scope.open.insert(name).inserted else {
        throw SQLError(
          .unknownIdentifier, "Alias `\(name)` is defined by itself", at: place)
      }
      defer { scope.open.remove(name) }
      node = try bind(expression, in: .aggregating)
      // Inside its own expression a name means something else, so only a free-standing result is kept.
      if scope.open.count == 1 { scope.bound[name] = node }
    }
    if node.hasAggregate, let refusal = clause.refusal {
      throw SQLError(
        .illegalAggregation,
        "Aggregate function \(node.label) AS \(name) is found \(refusal) in query", at: place)
    }
    return node
  }

  // MARK: Calls

  private mutating func bind(
    _ call: Call, in clause: Clause, at place: Int
  ) throws(SQLError) -> BoundExpression {
    if let found = AggregateFunction.find(call.name) {
      return try bindAggregate(
        call, found.function, isIf: found.isIf, isDistinct: found.isDistinct || call.isDistinct,
        in: clause, at: place)
    }
    guard let function = FunctionTable.scalar(named: call.name) else {
      throw FunctionTable.unknown(call.name, at: call.nameRange.lowerBound)
    }
    if call.isDistinct || call.parameters != nil {
      throw SQLError(
        .badArguments, "Function \(call.name) is not an aggregate function",
        at: call.nameRange.lowerBound)
    }
    var arguments: [BoundExpression] = []
    arguments.reserveCapacity(call.arguments.count)
    for (i, argument) in call.arguments.enumerated() {
      if i == 1, function.name == "in" || function.name == "notIn",
        case .subquery(let select) = argument.kind
      {
        arguments.append(try bindSet(select, at: argument.range.lowerBound))
        continue
      }
      arguments.append(try bind(argument, in: clause))
    }
    return try builder.call(function, arguments, at: place)
  }

  private mutating func bindAggregate(
    _ call: Call, _ function: AggregateFunction, isIf: Bool, isDistinct: Bool, in clause: Clause,
    at place: Int
  ) throws(SQLError) -> BoundExpression {
    if let refusal = clause.refusal {
      throw SQLError(
        .illegalAggregation, "Aggregate function \(call.name) is found \(refusal) in query",
        at: place)
    }
    if call.parameters != nil {
      throw SQLError(
        .notImplemented, "Parameters of aggregate function \(call.name) are not supported yet",
        at: call.nameRange.lowerBound)
    }
    var arguments: [BoundExpression] = []
    for argument in call.arguments {
      if case .asterisk(let qualifier) = argument.kind {
        // `count(*)` counts rows.
        if function.name == "count", call.arguments.count == 1, qualifier.isEmpty { continue }
        for column in scope.columns where !column.isHidden { arguments.append(column.expression) }
        continue
      }
      arguments.append(try bind(argument, in: .insideAggregate))
    }
    return try builder.aggregate(
      function, name: call.name, arguments, isIf: isIf, isDistinct: isDistinct, at: place)
  }

  // MARK: Subqueries in expressions

  /// A subquery as one value: run while binding, as in ClickHouse. No row is NULL, so the type is nullable.
  private func bindScalar(_ select: SelectStatement, at place: Int) throws(SQLError)
    -> BoundExpression
  {
    let rows = try subqueryRows(select, "A scalar subquery", max: 2, at: place)
    guard rows.types.count == 1 else {
      throw SQLError(
        .notImplemented, "scalar subqueries of several columns are not supported yet", at: place)
    }
    guard rows.values.count < 2 else {
      throw SQLError(
        .incorrectResultOfScalarSubquery, "Scalar subquery returned more than one row", at: place)
    }
    let type = rows.types[0].withoutLowCardinality.madeNullable
    return builder.constant(rows.values.first ?? .null, type, at: place)
  }

  /// The right side of IN: the rows of a subquery as constants.
  private func bindSet(_ select: SelectStatement, at place: Int) throws(SQLError)
    -> BoundExpression
  {
    let rows = try subqueryRows(
      select, "IN", max: ExpressionBinding.setValuesMax + 1, at: place)
    guard rows.values.count <= ExpressionBinding.setValuesMax else {
      throw SQLError(
        .notImplemented,
        "IN of a subquery with more than \(ExpressionBinding.setValuesMax) rows is not supported yet",
        at: place)
    }
    let type =
      rows.types.count == 1
      ? rows.types[0] : .tuple(rows.types.map { TupleElement(type: $0) })
    return builder.pool.constant(
      .tuple(rows.values),
      .tuple(Array(repeating: TupleElement(type: type), count: rows.values.count)), at: place,
      label: "_subquery")
  }

  /// IN keeps its values as constants of the plan.
  private static let setValuesMax = 100_000

  /// Up to `max` rows of a subquery; rows of several columns as tuples.
  private func subqueryRows(
    _ select: SelectStatement, _ use: String, max: Int, at place: Int
  ) throws(SQLError) -> (types: [DataType], values: [Value]) {
    let execution = try Binder.bind(select, builder.context).execute()
    let types = execution.schema.fields.map(\.type)
    var values: [Value] = []
    while values.count < max, let batch = try execution.next() {
      for row in 0..<min(batch.rowCount, max - values.count) {
        let cells = batch.columns.map { $0.value(at: row) }
        values.append(cells.count == 1 ? cells[0] : .tuple(cells))
      }
    }
    return (types, values)
  }
}

extension ExpressionBuilder {
  /// A call of an aggregate, its types settled and its state made ready.
  func aggregate(
    _ function: AggregateFunction, name: String, _ given: [BoundExpression], isIf: Bool,
    isDistinct: Bool, at place: Int?
  ) throws(SQLError) -> BoundExpression {
    var arguments = given
    var condition: BoundExpression?
    if isIf {
      guard let last = arguments.popLast() else {
        throw countError(function, name, given.count, at: place)
      }
      switch last.type.withoutNullable {
      case .uint8, .bool, .nothing: condition = last
      default:
        throw SQLError(
          .illegalTypeOfArgument,
          "Illegal type \(last.type) of the condition of aggregate function \(name). Must be UInt8",
          at: last.position ?? place)
      }
    }
    // count(DISTINCT a, b) counts combinations, so it takes any number.
    let isDistinctCount = isDistinct && function.name == "count" && !arguments.isEmpty
    guard function.arity.contains(arguments.count) || isDistinctCount else {
      throw countError(function, name, given.count, at: place)
    }
    let types = arguments.map { $0.type.withoutNullable.withoutLowCardinality }
    let factors = isDistinct ? nil : productFactors(function, arguments)
    let binding = AggregateBinding(
      name: name, position: place, types: types, isProduct: factors != nil)
    if types.contains(.nothing) {
      // Nothing but NULL: counts are 0, everything else is NULL.
      let isCount = function.name == "count" || function.name == "uniqExact"
      let make: @Sendable () -> any AggregateState = {
        if isCount { CountState() } else { NothingState() }
      }
      let call = AggregateCall(
        function: function, name: name, arguments: arguments, condition: condition,
        isProduct: false, isDistinct: isDistinct, needsOrder: false, makeState: make)
      return pool.aggregate(call, isCount ? .uint64 : .nullable(.nothing), at: place)
    }
    let resolution = try function.resolve(binding)
    let makeInner = resolution.makeState
    var make = makeInner
    // min, max and any are the same over distinct rows.
    let repeats = ["count", "sum", "avg"].contains(function.name)
    if isDistinct, repeats, !arguments.isEmpty {
      make = { DistinctState(types, makeInner()) }
    } else if isDistinct, resolution.needsOrder {
      throw SQLError(
        .notImplemented, "DISTINCT in \(name) is not supported", at: place)
    }
    var type = resolution.type
    if !resolution.neverNull, arguments.contains(where: { $0.type.isNullable }) {
      let makePlain = make
      make = { NullableState(makePlain()) }
      type = type.madeNullable
    }
    let call = AggregateCall(
      function: function, name: name, arguments: factors ?? arguments, condition: condition,
      isProduct: factors != nil, isDistinct: isDistinct && repeats,
      needsOrder: resolution.needsOrder, makeState: make)
    return pool.aggregate(call, type, at: place)
  }

  /// The factors of the argument, where dialect.md (Sums of products) counts it as a product.
  private func productFactors(
    _ function: AggregateFunction, _ arguments: [BoundExpression]
  ) -> [BoundExpression]? {
    guard function.name == "sum" || function.name == "avg", let argument = arguments.first,
      argument.type.withoutNullable == .float64, case .call(let call) = argument.kind,
      call.function == "multiply"
    else { return nil }
    return call.arguments
  }

  private func countError(
    _ function: AggregateFunction, _ name: String, _ count: Int, at place: Int?
  ) -> SQLError {
    let low = function.arity.lowerBound
    let high = function.arity.upperBound
    let wanted = low == high ? "\(low)" : high == Int.max ? "at least \(low)" : "\(low) or \(high)"
    return SQLError(
      .numberOfArgumentsDoesntMatch,
      "Number of arguments for aggregate function \(name) doesn't match: passed \(count), should "
        + "be \(wanted)", at: place)
  }
}
