/// EXPLAIN: the plan as indented lines, from the result down to the scan and what it skipped.
import TickColumns

extension Binder {
  /// The lines of EXPLAIN SYNTAX or EXPLAIN PLAN. Opens scans, so that pruning can say what it did; reads no
  /// rows.
  public static func explain(
    _ kind: ExplainKind, _ query: QueryStatement, _ context: QueryContext
  ) throws(SQLError) -> [String] {
    let plan = try bind(query, context)
    switch kind {
    case .syntax:
      return query.formatted(.calls).split(separator: "\n", omittingEmptySubsequences: false)
        .map(String.init)
    case .plan: return try plan.explain()
    }
  }
}

extension LogicalPlan {
  /// One line per operator, inputs indented below.
  public func explain() throws(SQLError) -> [String] {
    try Explanation(context: context).lines(of: query)
  }
}

private struct Explanation {
  let context: QueryContext

  func lines(of plan: QueryPlan) throws(SQLError) -> [String] {
    switch plan {
    case .select(let block): return try lines(of: block)
    case .combination(let combination):
      var out = [combination.kind.text]
      for branch in combination.branches { out += try lines(of: branch).map { "  " + $0 } }
      return out
    }
  }

  func lines(of block: SelectBlock) throws(SQLError) -> [String] {
    var out: [String] = []
    var depth = 0
    func add(_ text: String) {
      out.append(String(repeating: "  ", count: depth) + text)
      depth += 1
    }
    if block.limit != nil || block.offset > 0 {
      let limit = block.limit.map { " \($0)" } ?? ""
      let ties = block.withTies ? " with ties" : ""
      add("Limit\(limit)\(ties)\(block.offset > 0 ? " offset \(block.offset)" : "")")
    }
    if let fill = block.fill { add("Fill: \(name(block, fill.column))") }
    if let counted = block.countedLimit {
      let limit = counted.limit.map { " \($0.text)" } ?? ""
      let offset = counted.offset.map { " offset \($0.text)" } ?? ""
      add("Limit\(limit)\(block.withTies ? " with ties" : "")\(offset)")
    }
    if let limitBy = block.limitBy {
      let keys = limitBy.keys.map { name(block, $0) }.joined(separator: ", ")
      let counted = limitBy.counted
      let limit = counted?.limit?.text ?? "\(limitBy.limit)"
      let offset = counted?.offset?.text ?? "\(limitBy.offset)"
      add("Limit \(limit)\(offset == "0" ? "" : " offset \(offset)") by \(keys)")
    }
    if !block.order.isEmpty {
      let keys = block.order.map { item in
        let direction = item.isDescending ? "DESC" : "ASC"
        return "\(name(block, item.output)) \(direction)\(item.nullsFirst ? " NULLS FIRST" : "")"
      }
      add("Sort: \(keys.joined(separator: ", "))")
    }
    if block.isDistinct { add("Distinct") }
    let names = block.schema.fields.map(\.name)
    add("Project: \(names.joined(separator: ", "))")
    if let windowing = block.windowing {
      if !windowing.qualify.isEmpty {
        add("Qualify: \(windowing.qualify.map(\.label).joined(separator: " and "))")
      }
      if !windowing.calls.isEmpty {
        add("Window: \(windowing.calls.map(\.label).joined(separator: ", "))")
      }
    }
    if let having = block.having { add("Having: \(having.label)") }
    if let grouping = block.grouping {
      let keys = grouping.keys.map(\.label).joined(separator: ", ")
      let calls = grouping.aggregates.map(\.label).joined(separator: ", ")
      let sets = grouping.sets.map { ", \($0.count) sets" } ?? ""
      add(
        "Aggregate\(keys.isEmpty ? "" : " by \(keys)")\(sets): \(calls.isEmpty ? "no results" : calls)"
      )
    }
    if block.neverMatches {
      add("Nothing: a condition is constantly false")
      return out
    }
    if !block.filter.isEmpty {
      add("Filter: \(block.filter.map(\.label).joined(separator: " and "))")
    }
    switch block.source {
    case .query(let inner):
      let indent = String(repeating: "  ", count: depth)
      for line in try lines(of: inner) { out.append(indent + line) }
    case .join(let join):
      add(join.text)
      let indent = String(repeating: "  ", count: depth)
      for side in [join.left, join.right] {
        for line in try lines(of: side) { out.append(indent + line) }
      }
    case .unnested(let unnesting):
      let names = unnesting.arrays.count
      add(
        "\(unnesting.keepsEmpty ? "Left array" : "Array") join: \(names) column\(names == 1 ? "" : "s")"
      )
      let indent = String(repeating: "  ", count: depth)
      for line in try lines(of: unnesting.plan) { out.append(indent + line) }
    case .table(let reference):
      if reference.isImplicit {
        add("One row")
        return out
      }
      let columns = reference.fields.map(\.name).joined(separator: ", ")
      add("Scan \(reference.name.text): \(columns.isEmpty ? "no columns" : columns)")
      for constraint in reference.constraints {
        out.append(String(repeating: "  ", count: depth) + text(constraint, reference))
      }
      let request = ScanRequest(
        columns: reference.fields.map(\.name), constraints: reference.constraints)
      var scan = try reference.table.scan(request)
      if let plan = CandlePlan(block, context), let partly = try scan.candles(plan.request) {
        scan = partly
      }
      for line in scan.explanation { out.append(String(repeating: "  ", count: depth) + line) }
    }
    return out
  }

  private func name(_ block: SelectBlock, _ output: Int) -> String {
    output < block.schema.count ? block.schema[output].name : block.outputs[output].label
  }

  private func text(_ constraint: ColumnConstraint, _ reference: TableReference) -> String {
    let type =
      reference.fields.first { $0.name == constraint.column }?.type.withoutNullable
      .withoutLowCardinality ?? .nothing
    func shown(_ value: Value) -> String {
      guard type != .nothing else { return "?" }
      return String(
        decoding: Column(type, of: [value]).textCells[0], as: UTF8.self)
    }
    switch constraint.condition {
    case .oneOf(let values):
      let few = values.prefix(8).map(shown).joined(separator: ", ")
      return "prune \(constraint.column) in (\(few)\(values.count > 8 ? ", ..." : ""))"
    case .range(let lower, let lowerIsInclusive, let upper, let upperIsInclusive):
      var parts: [String] = []
      if let lower { parts.append("\(lowerIsInclusive ? ">=" : ">") \(shown(lower))") }
      if let upper { parts.append("\(upperIsInclusive ? "<=" : "<") \(shown(upper))") }
      return "prune \(constraint.column) \(parts.joined(separator: " and "))"
    }
  }
}
