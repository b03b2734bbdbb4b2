import TickColumns

/// Rows multiplied by arrays: what ARRAY JOIN and the function arrayJoin come to.
///
/// Invariants:
/// 1. Every row of the plan becomes one row for each element of its arrays; without an element it becomes none, or
///    one with zero values where `keepsEmpty`.
/// 2. The columns are the plan's; those of the arrays hold the elements.
struct Unnesting: Sendable {
  var plan: QueryPlan
  /// Columns of the plan that are arrays or maps, of the same length in each row.
  var arrays: [Int]
  let keepsEmpty: Bool

  var fields: [Field] {
    plan.schema.fields.enumerated().map { place, field in
      arrays.contains(place) ? Field(field.name, Self.element(field.type)) : field
    }
  }

  /// What a column becomes.
  static func element(_ type: DataType) -> DataType { type.elementType ?? type }
}

/// The function arrayJoin, taken out of the expressions of a block: each different call multiplies the rows once, the
/// first the slowest, before everything that reads it. Conditions without it are asked before.
///
/// What groups, aggregates or window functions read multiplies the rows before them, and what nothing but the outputs
/// read, after them.
struct ArrayJoinRule {
  let pool: ExpressionPool

  func apply(to given: SelectBlock) throws(SQLError) -> SelectBlock {
    guard let (below, above) = parted(given) else { return try unnested(given) }
    var block = above
    block.source = .query(.select(try unnested(below)))
    return try unnested(block)
  }

  /// The grouping and the windows of a block whose outputs multiply rows, and the rest of it above them.
  private func parted(_ block: SelectBlock) -> (below: SelectBlock, above: SelectBlock)? {
    let qualify = block.windowing?.qualify ?? []
    guard block.grouping != nil || block.windowing != nil, block.grouping?.totals == nil,
      (block.outputs + qualify).contains(where: Self.mentions)
    else { return nil }
    var below = SelectBlock(
      source: block.source, filter: block.filter, outputs: [], schema: Schema([]))
    below.grouping = block.grouping
    below.having = block.having
    below.windowing = block.windowing
    below.windowing?.qualify = qualify.filter { !Self.mentions($0) }
    // Positions in the outputs stay what they are.
    if let windowing = block.windowing {
      below.outputs = windowing.inputs.enumerated().map { column($0, $1.type, $1.label) }
      for call in windowing.calls {
        below.outputs.append(column(below.outputs.count, call.type, call.label))
      }
    } else if let grouping = block.grouping {
      for node in grouping.keys + grouping.aggregates {
        below.outputs.append(column(below.outputs.count, node.type, node.label))
      }
      if grouping.sets != nil {
        below.outputs.append(column(below.outputs.count, .uint64, "grouping set"))
      }
    }
    below.schema = Schema(below.outputs.enumerated().map { Field("c\($0)", $1.type) })
    var above = block
    above.filter = qualify.filter(Self.mentions)
    above.grouping = nil
    above.having = nil
    above.windowing = nil
    return (below, above)
  }

  private func column(_ place: Int, _ type: DataType, _ label: String) -> BoundExpression {
    pool.column(place, type, name: label)
  }

  private func unnested(_ given: SelectBlock) throws(SQLError) -> SelectBlock {
    var block = given
    while let call = Self.innermost(block.sourceExpressions) {
      try unnest(call, in: &block)
    }
    return block
  }

  private func unnest(_ call: BoundExpression, in block: inout SelectBlock) throws(SQLError) {
    guard let array = call.children.first else { return }
    let before = block.filter.filter { !Self.mentions($0) }
    block.filter.removeAll { !Self.mentions($0) }
    let used = ExpressionWalk(block.sourceExpressions).columns.sorted()
    var outputs: [BoundExpression] = []
    var types: [Int: DataType] = [:]
    for expression in block.sourceExpressions { Self.collect(expression, &types) }
    for position in used {
      outputs.append(pool.column(position, types[position] ?? .nothing, name: "column \(position)"))
    }
    let fields =
      outputs.enumerated().map { Field("c\($0)", $1.type) } + [Field("array", array.type)]
    let inner = SelectBlock(
      source: block.source, filter: before, outputs: outputs + [array], schema: Schema(fields))
    block.source = .unnested(
      Unnesting(plan: .select(inner), arrays: [used.count], keepsEmpty: false))
    let places = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, $0) })
    let element = pool.column(used.count, call.type, name: call.label)
    var memo: [ObjectIdentifier: BoundExpression] = [:]
    let pool = pool
    func moved(_ node: BoundExpression) throws(SQLError) -> BoundExpression {
      try pool.rewritten(node, memo: &memo) { (node) throws(SQLError) in
        if node === call { return element }
        guard case .column(let position) = node.kind else { return nil }
        return pool.column(places[position] ?? position, node.type, name: node.label)
      }
    }
    for i in block.filter.indices { block.filter[i] = try moved(block.filter[i]) }
    if var grouping = block.grouping {
      for i in grouping.keys.indices { grouping.keys[i] = try moved(grouping.keys[i]) }
      for i in grouping.aggregates.indices {
        grouping.aggregates[i] = try moved(grouping.aggregates[i])
      }
      block.grouping = grouping
    } else {
      for i in block.rowOutputs.indices { block.rowOutputs[i] = try moved(block.rowOutputs[i]) }
    }
  }

  static func isCall(_ node: BoundExpression) -> Bool {
    if case .call(let call) = node.kind { call.function == "arrayJoin" } else { false }
  }

  /// All calls in some expressions, but for those that only window functions read.
  static func calls(in expressions: [BoundExpression], entersWindows: Bool) -> [BoundExpression] {
    var seen: Set<ObjectIdentifier> = []
    var found: [BoundExpression] = []
    func visit(_ node: BoundExpression) {
      guard seen.insert(ObjectIdentifier(node)).inserted else { return }
      if isCall(node) { found.append(node) }
      if case .window = node.kind, !entersWindows { return }
      for child in node.children { visit(child) }
    }
    for expression in expressions { visit(expression) }
    return found
  }

  /// A call with none below it, the first in the order of the text.
  private static func innermost(_ expressions: [BoundExpression]) -> BoundExpression? {
    var seen: Set<ObjectIdentifier> = []
    func find(_ node: BoundExpression) -> BoundExpression? {
      guard seen.insert(ObjectIdentifier(node)).inserted else { return nil }
      for child in node.children {
        if let found = find(child) { return found }
      }
      return isCall(node) ? node : nil
    }
    for expression in expressions {
      if let found = find(expression) { return found }
    }
    return nil
  }

  private static func mentions(_ node: BoundExpression) -> Bool { innermost([node]) != nil }

  /// The types of the columns that an expression reads.
  private static func collect(_ node: BoundExpression, _ types: inout [Int: DataType]) {
    var seen: Set<ObjectIdentifier> = []
    func visit(_ node: BoundExpression) {
      guard seen.insert(ObjectIdentifier(node)).inserted else { return }
      if case .column(let position) = node.kind { types[position] = node.type }
      for child in node.children { visit(child) }
    }
    visit(node)
  }
}

extension FunctionTable {
  /// Rules take the call out before anything runs.
  static let unnesting: [ScalarFunction] = [
    ScalarFunction(
      "arrayJoin", .array, arguments: "a", result: "type of the element",
      summary: "Makes a row of each element of a (of each pair of a map).", arity: 1...1,
      aliases: ["unnest"], traits: [.ownNulls, .ownCodes, .perRow]
    ) { (call) throws(SQLError) in
      guard let element = call.types[0].elementType else {
        throw call.illegal(0, "an array or a map")
      }
      if ExpressionBinding.mentionsParameters(call.arguments[0]) {
        throw SQLError(
          .badArguments, "arrayJoin cannot depend on the parameters of a lambda", at: call.position)
      }
      let place = call.position
      return .kernel(element) { (_) throws(SQLError) in
        throw SQLError(
          .notImplemented, "arrayJoin is supported in the clauses of SELECT only", at: place)
      }
    }
  ]
}
