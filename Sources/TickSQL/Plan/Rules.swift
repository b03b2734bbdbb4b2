import TickColumns

/// What a bound block is turned into before it runs: the same answers, less work.
///
/// 1. Columns that nothing reads are not scanned, and outputs of a subquery that nothing reads are not computed.
/// 2. Conditions on columns against constants become constraints of the scan (and are still checked per row).
/// 3. A condition that is constantly true goes; one that is never true stops the scan.
enum Rules {
  static func apply(
    to plan: QueryPlan, _ builder: ExpressionBuilder
  ) throws(SQLError) -> QueryPlan {
    switch plan {
    case .select(let block): return .select(try apply(to: block, builder))
    case .combination(var combination):
      for i in combination.branches.indices {
        combination.branches[i] = try apply(to: combination.branches[i], builder)
      }
      return .combination(combination)
    }
  }

  static func apply(
    to given: SelectBlock, _ builder: ExpressionBuilder
  ) throws(SQLError) -> SelectBlock {
    var block = foldFilter(given)
    try pruneAggregates(&block, builder)
    let used = ExpressionWalk(block.sourceExpressions).columns
    let places: [Int: Int]
    switch block.source {
    case .table(var reference):
      let calls = block.grouping?.calls ?? []
      places = prune(
        &reference, used, needsOrder: calls.contains(where: \.needsOrder), block.filter,
        in: builder.context.sessionZone)
      block.source = .table(reference)
    case .query(var inner):
      places = prune(&inner, used)
      block.source = .query(try apply(to: inner, builder))
    case .join(var join):
      try JoinRules.push(&block.filter, into: &join, builder.pool)
      let used = ExpressionWalk(block.sourceExpressions).columns
      places = try JoinRules.prune(&join, used, builder.pool)
      join.left = try apply(to: join.left, builder)
      join.right = try apply(to: join.right, builder)
      block.source = .join(join)
    case .unnested(var unnesting):
      places = prune(&unnesting.plan, used.union(unnesting.arrays))
      unnesting.arrays = unnesting.arrays.map { places[$0] ?? $0 }
      unnesting.plan = try apply(to: unnesting.plan, builder)
      block.source = .unnested(unnesting)
    }
    try move(&block, places, builder)
    return block
  }

  /// Reads what is used of a table, and tells the scan which rows cannot matter.
  private static func prune(
    _ reference: inout TableReference, _ used: Set<Int>, needsOrder: Bool,
    _ filter: [BoundExpression], in session: TimeZone
  ) -> [Int: Int] {
    var used = used
    let sequence = reference.fields.firstIndex { $0.name == SelectBlock.sequenceName }
    let needsSequence = needsOrder && reference.table.hasSequence
    if needsSequence, let sequence { used.insert(sequence) }
    reference.constraints = Constraints(fields: reference.fields, session: session)
      .extract(filter)
    let kept = used.sorted()
    let moved = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    reference.fields = kept.map { reference.fields[$0] }
    if needsSequence, let sequence { reference.sequencePosition = moved[sequence] }
    return moved
  }

  /// A conjunction as its parts.
  static func conjuncts(_ condition: BoundExpression) -> [BoundExpression] {
    var out: [BoundExpression] = []
    var open = [condition]
    while let next = open.popLast() {
      switch next.kind {
      case .call(let call) where call.function == "and": open += call.arguments.reversed()
      case .lazyLogic(isAnd: true, let arguments): open += arguments.reversed()
      default: out.append(next)
      }
    }
    return out
  }

  private static func foldFilter(_ given: SelectBlock) -> SelectBlock {
    var block = given
    block.filter = []
    for condition in given.filter {
      guard let constant = condition.constant else {
        if !block.filter.contains(where: { $0 === condition }) { block.filter.append(condition) }
        continue
      }
      if !constant.isTrue { block.neverMatches = true }
    }
    return block
  }

  /// Drops aggregates that neither HAVING nor an output reads.
  private static func pruneAggregates(
    _ block: inout SelectBlock, _ builder: ExpressionBuilder
  ) throws(SQLError) {
    guard var grouping = block.grouping else { return }
    let above = block.rowOutputs + (block.having.map { [$0] } ?? [])
    let used = ExpressionWalk(above).columns
    let keys = grouping.keys.count
    let count = grouping.aggregates.count
    let kept = grouping.aggregates.indices.filter { used.contains(keys + $0) }
    guard kept.count < grouping.aggregates.count else { return }
    grouping.aggregates = kept.map { grouping.aggregates[$0] }
    block.grouping = grouping
    var places: [Int: Int] = [:]
    for key in 0..<keys { places[key] = key }
    for (place, aggregate) in kept.enumerated() { places[keys + aggregate] = keys + place }
    // Which set a row belongs to stands behind the results.
    places[keys + count] = keys + kept.count
    let mover = ColumnMover(places, builder.pool)
    for i in block.rowOutputs.indices { block.rowOutputs[i] = try mover.moved(block.rowOutputs[i]) }
    block.having = try block.having.map { (having) throws(SQLError) in try mover.moved(having) }
  }

  /// Drops columns that nobody reads; gives the new places of the others.
  static func prune(_ plan: inout QueryPlan, _ used: Set<Int>) -> [Int: Int] {
    switch plan {
    case .select(var block):
      let moved = prune(&block, used)
      plan = .select(block)
      return moved
    case .combination(var combination):
      // Only UNION ALL does not look at the other columns.
      guard combination.kind == .union(isDistinct: false) else {
        return Dictionary(uniqueKeysWithValues: combination.schema.fields.indices.map { ($0, $0) })
      }
      let kept = combination.schema.fields.indices.filter { used.contains($0) }
      for i in combination.branches.indices { narrow(&combination.branches[i], to: kept) }
      combination.schema = Schema(kept.map { combination.schema[$0] })
      plan = .combination(combination)
      return Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    }
  }

  /// Leaves exactly these columns of a branch, whatever it could drop by itself.
  private static func narrow(_ plan: inout QueryPlan, to kept: [Int]) {
    let fields = kept.map { plan.schema[$0] }
    let moved = prune(&plan, Set(kept))
    if plan.schema.count == kept.count { return }
    let pool = ExpressionPool()
    let outputs = zip(kept, fields).map {
      pool.column(moved[$0] ?? 0, $1.type, name: $1.name)
    }
    plan = .select(
      SelectBlock(source: .query(plan), filter: [], outputs: outputs, schema: Schema(fields)))
  }

  private static func prune(_ block: inout SelectBlock, _ used: Set<Int>) -> [Int: Int] {
    // DISTINCT is over all of them.
    if block.isDistinct {
      return Dictionary(uniqueKeysWithValues: block.outputs.indices.map { ($0, $0) })
    }
    let visible = block.schema.count
    let read = block.outputsRead
    let kept = block.outputs.indices.filter { used.contains($0) || read.contains($0) }
    // What only the order reads moves behind the visible outputs.
    let shown = kept.filter { $0 < visible && used.contains($0) }
    let hidden = kept.filter { !shown.contains($0) }
    let all = shown + hidden
    let moved = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1, $0) })
    block.schema = Schema(shown.map { block.schema[$0] })
    block.outputs = all.map { block.outputs[$0] }
    for i in block.order.indices { block.order[i].output = moved[block.order[i].output] ?? 0 }
    block.fill?.move(moved)
    if let keys = block.limitBy?.keys { block.limitBy?.keys = keys.map { moved[$0] ?? 0 } }
    return moved
  }

  /// Gives columns of the source their new places, in everything evaluated on its rows.
  private static func move(
    _ block: inout SelectBlock, _ places: [Int: Int], _ builder: ExpressionBuilder
  ) throws(SQLError) {
    let mover = ColumnMover(places, builder.pool)
    for i in block.filter.indices { block.filter[i] = try mover.moved(block.filter[i]) }
    if var grouping = block.grouping {
      for i in grouping.keys.indices { grouping.keys[i] = try mover.moved(grouping.keys[i]) }
      for i in grouping.aggregates.indices {
        grouping.aggregates[i] = try mover.moved(grouping.aggregates[i])
      }
      block.grouping = grouping
    } else {
      for i in block.rowOutputs.indices {
        block.rowOutputs[i] = try mover.moved(block.rowOutputs[i])
      }
    }
  }
}

/// Gives columns new places in expressions; shared parts stay shared.
final class ColumnMover {
  private let places: [Int: Int]
  private let pool: ExpressionPool
  private var memo: [ObjectIdentifier: BoundExpression] = [:]

  init(_ places: [Int: Int], _ pool: ExpressionPool) {
    self.places = places
    self.pool = pool
  }

  /// For places that are all known, which cannot fail.
  func exchanged(_ expression: BoundExpression) -> BoundExpression {
    guard let moved = try? moved(expression) else {
      preconditionFailure("moving columns fails only where a replacement does")
    }
    return moved
  }

  func moved(_ expression: BoundExpression) throws(SQLError) -> BoundExpression {
    try pool.rewritten(expression, memo: &memo) { node in
      guard case .column(let position) = node.kind, let place = places[position] else {
        return nil
      }
      return pool.column(place, node.type, name: node.label, at: node.position)
    }
  }
}

/// Conditions of columns against constants, as hints for scans.
struct Constraints {
  let fields: [Field]
  /// The zone of times whose type names none.
  let session: TimeZone

  func extract(_ filter: [BoundExpression]) -> [ColumnConstraint] {
    var out: [ColumnConstraint] = []
    for condition in filter {
      guard case .call(let call) = condition.kind, call.arguments.count == 2 else { continue }
      if call.function == "in" {
        if let constraint = membership(call) { out.append(constraint) }
        continue
      }
      guard let comparison = ComparisonOperator(rawValue: call.function) else { continue }
      let (left, right) = (call.arguments[0], call.arguments[1])
      if let constant = right.constant {
        append(left, comparison, constant, right.type, &out)
      } else if let constant = left.constant {
        append(right, comparison.mirrored, constant, left.type, &out)
      }
    }
    return out
  }

  private func membership(_ call: BoundCall) -> ColumnConstraint? {
    guard case .column(let position) = call.arguments[0].kind,
      case .tuple(let values)? = call.arguments[1].constant
    else { return nil }
    if case .tuple = fields[position].type { return nil }
    return ColumnConstraint(column: fields[position].name, condition: .oneOf(values))
  }

  private func append(
    _ side: BoundExpression, _ comparison: ComparisonOperator, _ constant: Value, _ type: DataType,
    _ out: inout [ColumnConstraint]
  ) {
    if case .column(let position) = side.kind {
      let field = fields[position]
      guard let value = value(constant, type, as: field.type.withoutNullable.withoutLowCardinality)
      else { return }
      if let condition = condition(comparison, value) {
        out.append(ColumnConstraint(column: field.name, condition: condition))
      }
      return
    }
    if let day = dayCondition(side, comparison, constant, type) { out.append(day) }
  }

  private func condition(
    _ comparison: ComparisonOperator, _ value: Value
  ) -> ColumnConstraint.Condition? {
    switch comparison {
    case .equals: .oneOf([value])
    case .notEquals: nil
    case .less:
      .range(lower: nil, lowerIsInclusive: false, upper: value, upperIsInclusive: false)
    case .lessOrEquals:
      .range(lower: nil, lowerIsInclusive: false, upper: value, upperIsInclusive: true)
    case .greater:
      .range(lower: value, lowerIsInclusive: false, upper: nil, upperIsInclusive: false)
    case .greaterOrEquals:
      .range(lower: value, lowerIsInclusive: true, upper: nil, upperIsInclusive: false)
    }
  }

  /// The constant in the column's own type, when that changes nothing about the comparison.
  private func value(_ constant: Value, _ from: DataType, as type: DataType) -> Value? {
    let from = from.withoutNullable.withoutLowCardinality
    if constant == .null { return nil }
    switch type {
    case .string: return from == .string ? constant : nil
    case .float64:
      switch constant {
      case .float(let x): return x.isNaN ? nil : constant
      case .int(let n): return n.magnitude <= 1 << 53 ? .float(Double(n)) : nil
      case .uint(let n): return n <= 1 << 53 ? .float(Double(n)) : nil
      default: return nil
      }
    case .date, .dateTime, .dateTime64:
      if from == type { return constant }
      return from.isDateOrTime ? TimeArithmetic.convert(constant, from, to: type, in: session) : nil
    case .enum8, .enum16, .ipv4: return from == type ? constant : nil
    case _ where !type.isNumber: return nil
    default:
      return from.isNumber || from.isEnum ? FunctionTable.exactInteger(constant, type) : nil
    }
  }

  /// `toDate(ts) = '2024-08-08'` and its kind, as a range of ts.
  private func dayCondition(
    _ side: BoundExpression, _ comparison: ComparisonOperator, _ constant: Value, _ type: DataType
  ) -> ColumnConstraint? {
    guard case .call(let call) = side.kind, call.function == "toDate", type == .date,
      case .column(let position)? = call.arguments.first?.kind, call.arguments.count == 1,
      case .uint(let day) = constant,
      // At the ends toDate clamps, so several days give one.
      day > 0, day < 65_535
    else { return nil }
    let field = fields[position]
    let time = field.type.withoutNullable
    let zone = time.timeZone(in: session)
    // Where a midnight comes twice or never, the days do not part the instants.
    let midnight = Int64(day) * TimeArithmetic.secondsPerDay
    guard
      let start = TimeArithmetic.convert(.uint(day), .date, to: time, in: session),
      let end = TimeArithmetic.convert(.uint(day + 1), .date, to: time, in: session), time != .date,
      [midnight, midnight + TimeArithmetic.secondsPerDay].allSatisfy({
        zone.start(ofDay: $0 / TimeArithmetic.secondsPerDay) == zone.instant(ofLocal: $0)
      })
    else { return nil }
    let condition: ColumnConstraint.Condition
    switch comparison {
    case .equals:
      condition = .range(
        lower: start, lowerIsInclusive: true, upper: end, upperIsInclusive: false)
    case .less:
      condition = .range(
        lower: nil, lowerIsInclusive: false, upper: start, upperIsInclusive: false)
    case .lessOrEquals:
      condition = .range(lower: nil, lowerIsInclusive: false, upper: end, upperIsInclusive: false)
    case .greater:
      condition = .range(lower: end, lowerIsInclusive: true, upper: nil, upperIsInclusive: false)
    case .greaterOrEquals:
      condition = .range(lower: start, lowerIsInclusive: true, upper: nil, upperIsInclusive: false)
    case .notEquals: return nil
    }
    return ColumnConstraint(column: field.name, condition: condition)
  }
}
