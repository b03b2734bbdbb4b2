import TickColumns

/// Splits a block at its window functions: below them what they read, above them expressions over that and their
/// results.
enum WindowSplit {
  static func split(
    _ block: inout SelectBlock, _ qualify: BoundExpression?, _ builder: ExpressionBuilder
  ) throws(SQLError) {
    let above = block.outputs + (qualify.map { [$0] } ?? [])
    let calls = ExpressionWalk(above, entersWindows: false).windows
    guard !calls.isEmpty else {
      try addCondition(qualify, to: &block, builder)
      return
    }
    var inputs = WindowInputs()
    var plans: [WindowPlan] = []
    for node in calls {
      guard case .window(let call) = node.kind else { continue }
      var order: [SortItem] = []
      for (key, direction) in zip(call.order, call.directions) where key.constant == nil {
        order.append(
          SortItem(
            output: inputs.place(of: key), isDescending: direction.isDescending,
            nullsFirst: direction.nullsFirst))
      }
      plans.append(
        WindowPlan(
          function: call.function, type: node.type,
          arguments: call.arguments.map { inputs.place(of: $0) },
          partition: call.partition.filter { $0.constant == nil }.map { inputs.place(of: $0) },
          order: order, frame: call.frame, label: node.label))
    }
    // Columns beside the windows ride along.
    let pool = builder.pool
    for column in ExpressionWalk(above, entersWindows: false).columnNodes {
      _ = inputs.place(of: column)
    }
    // An array whose elements a window sees is one array, wherever else it stands.
    let seen = ArrayJoinRule.calls(in: inputs.expressions, entersWindows: true)
    for call in ArrayJoinRule.calls(in: above, entersWindows: false)
    where seen.contains(where: { $0 === call }) {
      _ = inputs.place(of: call)
    }
    let known = inputs.expressions
    var memo: [ObjectIdentifier: BoundExpression] = [:]
    let replace: (BoundExpression) throws(SQLError) -> BoundExpression? = {
      (node) throws(SQLError) -> BoundExpression? in
      if let i = calls.firstIndex(where: { $0 === node }) {
        return pool.column(known.count + i, node.type, name: node.label, at: node.position)
      }
      guard node.isColumn || ArrayJoinRule.isCall(node),
        let i = known.firstIndex(where: { $0 === node })
      else {
        return nil
      }
      return pool.column(i, node.type, name: node.label, at: node.position)
    }
    for i in block.outputs.indices {
      block.outputs[i] = try pool.rewritten(block.outputs[i], memo: &memo, replace)
    }
    var windowing = Windowing(inputs: known, calls: plans)
    if let qualify {
      windowing.qualify = Rules.conjuncts(try pool.rewritten(qualify, memo: &memo, replace))
    }
    block.windowing = windowing
  }

  /// Without windows QUALIFY is one more condition on groups or rows.
  private static func addCondition(
    _ qualify: BoundExpression?, to block: inout SelectBlock, _ builder: ExpressionBuilder
  ) throws(SQLError) {
    guard let qualify else { return }
    guard block.grouping != nil else {
      block.filter += Rules.conjuncts(qualify)
      return
    }
    if let known = block.having {
      block.having = try builder.call("and", [known, qualify])
    } else {
      block.having = qualify
    }
  }
}

extension BoundExpression {
  fileprivate var isColumn: Bool { if case .column = kind { true } else { false } }
}

/// What window functions read, each expression once.
private struct WindowInputs {
  private(set) var expressions: [BoundExpression] = []

  mutating func place(of expression: BoundExpression) -> Int {
    if let known = expressions.firstIndex(where: { $0 === expression }) { return known }
    expressions.append(expression)
    return expressions.count - 1
  }
}
