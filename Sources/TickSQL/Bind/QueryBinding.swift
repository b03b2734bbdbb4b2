import TickColumns

/// Binds queries: a SELECT, or several whose columns get common types.
struct QueryBinding {
  let builder: ExpressionBuilder
  let environment: QueryEnvironment

  init(_ builder: ExpressionBuilder, _ environment: QueryEnvironment) {
    self.builder = builder
    self.environment = environment
  }

  /// A query inside of another one: its SETTINGS act on it and on what is written inside of it.
  func nested(_ query: QueryStatement) throws(SQLError) -> QueryPlan {
    let place = query.range.lowerBound
    guard !query.settings.isEmpty else { return try plan(query.body, place: place) }
    var around = environment.options ?? builder.context.options
    around.limit = nil
    around.offset = nil
    let options = try builder.context.subqueryOptions(query.settings, around)
    let binding = QueryBinding(builder, environment.under(options))
    return binding.limited(try binding.plan(query.body, place: place), options)
  }

  /// The rows that the settings `limit` and `offset` of the statement leave.
  func limited(_ plan: QueryPlan) -> QueryPlan { limited(plan, builder.context.options) }

  private func limited(_ plan: QueryPlan, _ options: QueryOptions) -> QueryPlan {
    guard options.limit != nil || options.offset != nil else { return plan }
    let outputs = plan.schema.fields.enumerated().map { i, field in
      builder.pool.column(i, field.type, name: field.name)
    }
    var block = SelectBlock(
      source: .query(plan), filter: [], outputs: outputs, schema: plan.schema)
    block.setLimit(options.limit, options.offset)
    return .select(block)
  }

  func plan(_ body: QueryBody, place: Int) throws(SQLError) -> QueryPlan {
    switch body {
    case .select(let select):
      try environment.budget.countSelect(at: place)
      var binding = try SelectBinding(select, builder, environment)
      return .select(try binding.block())
    case .combination(let operation, let branches):
      let kind = try kind(operation, at: place)
      // What the first SELECT names with WITH, the others see as well.
      let shared = QueryBinding(builder, environment.adding(body.first.with))
      var plans: [QueryPlan] = []
      for (i, branch) in branches.enumerated() {
        plans.append(try (i == 0 ? self : shared).plan(branch, place: place))
      }
      return .combination(try combination(kind, plans, at: place))
    }
  }

  private func kind(
    _ operation: SetOperator, at place: Int
  ) throws(SQLError) -> Combination.Kind {
    switch operation {
    case .unionAll: return .union(isDistinct: false)
    case .unionDistinct: return .union(isDistinct: true)
    case .union:
      switch builder.context.options.unionDefault {
      case .all: return .union(isDistinct: false)
      case .distinct: return .union(isDistinct: true)
      case nil:
        throw SQLError(
          .expectedAllOrDistinct, "Expected ALL or DISTINCT after UNION", at: place,
          hint: "Write UNION ALL to keep equal rows, UNION DISTINCT to keep one of each")
      }
    case .intersectAll: return .intersect(isDistinct: false)
    case .intersectDistinct: return .intersect(isDistinct: true)
    case .exceptAll: return .except(isDistinct: false)
    case .exceptDistinct: return .except(isDistinct: true)
    }
  }

  /// Names come from the first branch, types are those that hold the values of all.
  private func combination(
    _ kind: Combination.Kind, _ branches: [QueryPlan], at place: Int
  ) throws(SQLError) -> Combination {
    let first = branches[0].schema
    var types = first.fields.map(\.type)
    for branch in branches.dropFirst() {
      guard branch.schema.count == first.count else {
        throw SQLError(
          isUnion(kind)
            ? .unionAllResultStructuresMismatch : .intersectOrExceptResultStructuresMismatch,
          "Different number of columns in the branches of a query: \(first.count) and "
            + "\(branch.schema.count)", at: place)
      }
      for (i, field) in branch.schema.fields.enumerated() {
        guard let type = DataType.common(types[i], field.type) else {
          throw SQLError(
            .noCommonType,
            "There is no common type of \(types[i]) and \(field.type) in column "
              + "\(first[i].name) of the branches of a query", at: place)
        }
        types[i] = type
      }
    }
    var cast: [QueryPlan] = []
    for branch in branches { cast.append(try self.cast(branch, to: types)) }
    let fields = zip(first.fields, types).map { Field($0.name, $1) }
    return Combination(kind: kind, branches: cast, schema: Schema(fields))
  }

  private func isUnion(_ kind: Combination.Kind) -> Bool {
    if case .union = kind { true } else { false }
  }

  func cast(_ plan: QueryPlan, to types: [DataType]) throws(SQLError) -> QueryPlan {
    let fields = plan.schema.fields
    if fields.map(\.type) == types { return plan }
    var outputs: [BoundExpression] = []
    for (i, field) in fields.enumerated() {
      let column = builder.pool.column(i, field.type, name: field.name)
      outputs.append(try builder.cast(column, to: types[i]))
    }
    return .select(
      SelectBlock(
        source: .query(plan), filter: [], outputs: outputs,
        schema: Schema(zip(fields, types).map { Field($0.name, $1) })))
  }
}
