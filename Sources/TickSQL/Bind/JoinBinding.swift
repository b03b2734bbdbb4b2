import TickColumns

/// Binds a join: its two sides, the condition cut into keys and the rest, and the columns that can be named after it.
struct JoinBinding {
  private let join: JoinExpression
  private let binding: RelationBinding
  private var builder: ExpressionBuilder { binding.builder }

  init(_ join: JoinExpression, _ binding: RelationBinding) {
    self.join = join
    self.binding = binding
  }

  func relation() throws(SQLError) -> BoundRelation {
    try refuseAbsentKinds()
    var left = try Side(binding.bind(join.left), builder.pool)
    var right = try Side(binding.bind(join.right), builder.pool)
    for side in [left, right] {
      for table in side.tables where table.qualifiers.isEmpty {
        throw SQLError(
          .aliasRequired, "A subquery or table function in a join needs an alias: AS name",
          at: join.range.lowerBound)
      }
    }
    var condition = Condition()
    var using: [(name: String, left: Int, right: Int)] = []
    if case .using(let columns) = join.condition {
      using = try self.using(columns, &left, &right, &condition)
    }
    if case .on(let expression) = join.condition {
      let scope = Scope(
        tables: left.tables(at: 0, builder.pool)
          + right.tables(at: left.outputs.count, builder.pool),
        merged: left.merged(at: 0, builder.pool), aliases: binding.aliases,
        environment: binding.environment)
      var bound = ExpressionBinding(scope, builder)
      try cut(bound.bind(expression, in: .plain("JOIN ON")), &left, &right, &condition)
    }
    try check(condition)
    return relation(left, right, condition, using)
  }

  private func refuseAbsentKinds() throws(SQLError) {
    let words = "\(join.strictness.rawValue) \(join.kind.rawValue) JOIN"
    var isAbsent = join.kind == .paste
    switch join.strictness {
    case .asof: isAbsent = join.kind == .right || join.kind == .full
    case .any, .semi, .anti: isAbsent = join.kind == .full
    case .all: break
    }
    guard isAbsent else { return }
    throw SQLError(
      .notImplemented, "\(join.kind == .paste ? "PASTE JOIN" : words) is not supported yet",
      at: join.range.lowerBound)
  }

  // MARK: The condition

  private struct Condition {
    var keys: [JoinPlan.Key] = []
    var nearest: JoinPlan.Nearest?
    /// Over the columns of both sides.
    var residual: [BoundExpression] = []
  }

  /// Equal columns become one, so both sides get their common type.
  private func using(
    _ columns: [Expression], _ left: inout Side, _ right: inout Side, _ condition: inout Condition
  ) throws(SQLError) -> [(name: String, left: Int, right: Int)] {
    var using: [(name: String, left: Int, right: Int)] = []
    for (i, column) in columns.enumerated() {
      guard case .identifier(let parts) = column.kind, let name = parts.last, parts.count == 1
      else {
        throw SQLError(
          .invalidJoinOnExpression, "USING takes names of columns", at: column.range.lowerBound)
      }
      let own = try place(of: name, in: left, "left", at: column.range.lowerBound)
      let other = try place(of: name, in: right, "right", at: column.range.lowerBound)
      let (a, b) = (left.outputs[own], right.outputs[other])
      let type = try common(a.type, b.type, at: column.range.lowerBound)
      left.outputs[own] = try builder.cast(a, to: type)
      right.outputs[other] = try builder.cast(b, to: type)
      let pool = builder.pool
      let key = JoinPlan.Key(
        left: pool.column(own, type, name: name), right: pool.column(other, type, name: name))
      if join.strictness == .asof, i == columns.count - 1 {
        condition.nearest = JoinPlan.Nearest(
          left: key.left, right: key.right, comparison: .greaterOrEquals)
      } else {
        condition.keys.append(key)
      }
      using.append((name, own, other))
    }
    return using
  }

  private func place(
    of name: String, in side: Side, _ which: String, at place: Int
  ) throws(SQLError) -> Int {
    guard let position = side.place(of: name) else {
      throw SQLError(
        .unknownIdentifier, "Column `\(name)` of USING is not in the \(which) table", at: place,
        hint: NearestName.hint(for: name, among: side.names))
    }
    return position
  }

  private func common(
    _ a: DataType, _ b: DataType, at place: Int
  ) throws(SQLError) -> DataType {
    guard let type = DataType.common(a, b) else {
      throw SQLError(
        .typeMismatch, "Columns of types \(a) and \(b) cannot be joined", at: place)
    }
    return type
  }

  /// Cuts ON into equal keys, conditions on one side, the order of ASOF, and the rest.
  private func cut(
    _ expression: BoundExpression, _ left: inout Side, _ right: inout Side,
    _ condition: inout Condition
  ) throws(SQLError) {
    let count = left.outputs.count
    let mover = ColumnMover(
      Dictionary(uniqueKeysWithValues: right.outputs.indices.map { ($0 + count, $0) }), builder.pool
    )
    for part in Rules.conjuncts(expression) where part.constant?.isTrue != true {
      let side = SideOf(part, leftCount: count)
      if case .call(let call) = part.kind, call.arguments.count == 2, side == .both,
        let (own, other, isTurned) = sides(call, count)
      {
        if call.function == "equals" {
          try addKey(own, try mover.moved(other), part, &condition)
          continue
        }
        if join.strictness == .asof, let comparison = ComparisonOperator(rawValue: call.function),
          comparison != .notEquals
        {
          guard condition.nearest == nil else {
            throw SQLError(
              .invalidJoinOnExpression, "ASOF JOIN takes one inequality in ON", at: part.position)
          }
          let type = try common(own.type, other.type, at: part.position ?? join.range.lowerBound)
          condition.nearest = JoinPlan.Nearest(
            left: try builder.cast(own, to: type),
            right: try builder.cast(try mover.moved(other), to: type),
            comparison: isTurned ? comparison.mirrored : comparison)
          continue
        }
      }
      // A condition on one side drops rows of that side, unless they stay without a partner.
      if side == .left, join.kind == .inner || join.kind == .right, !part.mayThrow {
        left.filter.append(try left.pushed(part, builder.pool))
      } else if side == .right, join.kind == .inner || join.kind == .left, !part.mayThrow {
        right.filter.append(try right.pushed(try mover.moved(part), builder.pool))
      } else {
        condition.residual.append(part)
      }
    }
  }

  /// The arguments of a comparison by the side that they come from.
  private func sides(
    _ call: BoundCall, _ count: Int
  ) -> (left: BoundExpression, right: BoundExpression, isTurned: Bool)? {
    let (a, b) = (call.arguments[0], call.arguments[1])
    switch (SideOf(a, leftCount: count), SideOf(b, leftCount: count)) {
    case (.left, .right): return (a, b, false)
    case (.right, .left): return (b, a, true)
    default: return nil
    }
  }

  private func addKey(
    _ left: BoundExpression, _ right: BoundExpression, _ part: BoundExpression,
    _ condition: inout Condition
  ) throws(SQLError) {
    let (a, b) = (left.type.withoutNullable, right.type.withoutNullable)
    // Strings and their codes meet in one table as they are.
    if a.withoutLowCardinality == b.withoutLowCardinality {
      condition.keys.append(JoinPlan.Key(left: left, right: right))
      return
    }
    guard let type = DataType.common(left.type, right.type) else {
      condition.residual.append(part)
      return
    }
    condition.keys.append(
      JoinPlan.Key(left: try builder.cast(left, to: type), right: try builder.cast(right, to: type))
    )
    // The common type may be narrower than the comparison, which has the last word.
    if !type.withoutNullable.holds(a) || !type.withoutNullable.holds(b) {
      condition.residual.append(part)
    }
  }

  private func check(_ condition: Condition) throws(SQLError) {
    let place = join.range.lowerBound
    if join.strictness == .asof {
      guard let nearest = condition.nearest else {
        throw SQLError(
          .invalidJoinOnExpression, "ASOF JOIN needs one inequality in ON", at: place)
      }
      guard !condition.keys.isEmpty else {
        throw SQLError(
          .notImplemented, "ASOF JOIN needs at least one equality in ON", at: place)
      }
      guard AsofRanks.canRank(nearest.left.type) else {
        throw SQLError(
          .typeMismatch, "ASOF JOIN over \(nearest.left.type) is not supported", at: place)
      }
      guard condition.residual.isEmpty else {
        throw SQLError(
          .notImplemented,
          "ASOF JOIN with further conditions on the left table or on both is not supported yet",
          at: condition.residual[0].position ?? place)
      }
    }
  }

  // MARK: The result

  private func relation(
    _ left: Side, _ right: Side, _ condition: Condition,
    _ using: [(name: String, left: Int, right: Int)]
  ) -> BoundRelation {
    let useNulls = (binding.environment.options ?? builder.context.options).joinUseNulls
    let isFull = join.kind == .full
    let leftMayLack = join.kind == .right || isFull
    let rightMayLack = join.kind == .left || isFull
    let count = left.outputs.count
    var fields: [Field] = []
    var columns: [JoinPlan.Source] = []
    for (i, field) in left.fields.enumerated() {
      let type = leftMayLack && useNulls ? field.type.madeNullable : field.type
      fields.append(Field(field.name, type))
      columns.append(.left(i))
    }
    for (i, field) in right.fields.enumerated() {
      let type = rightMayLack && useNulls ? field.type.madeNullable : field.type
      fields.append(Field(field.name, type))
      columns.append(.right(i))
    }
    var merged: [Scope.SourceColumn] = []
    for (i, column) in using.enumerated() {
      var place = join.kind == .right ? count + column.right : column.left
      if isFull {
        place = fields.count
        let type = left.outputs[column.left].type
        fields.append(Field(column.name, useNulls ? type.madeNullable : type))
        columns.append(.key(i))
      }
      merged.append(
        Scope.SourceColumn(
          column.name, builder.pool.column(place, fields[place].type, name: column.name)))
    }
    let schema = Schema(fields)
    let names = Set(using.map(\.name))
    let pool = builder.pool
    merged += left.merged.filter { !names.contains($0.name) }.map {
      Scope.SourceColumn(
        $0.name, pool.column($0.place, schema[$0.place].type, name: $0.name))
    }
    let tables =
      left.tables(at: 0, pool, schema) + right.tables(at: count, pool, schema)
    return BoundRelation(
      source: .join(plan(left, right, condition, columns, schema)), tables: tables, merged: merged)
  }

  /// RIGHT with one partner a row is LEFT with the sides exchanged.
  private func plan(
    _ left: Side, _ right: Side, _ condition: Condition, _ columns: [JoinPlan.Source],
    _ schema: Schema
  ) -> JoinPlan {
    let matching: JoinPlan.Matching =
      switch join.strictness {
      case .all, .asof: .all
      case .any: .any
      case .semi: .semi
      case .anti: .anti
      }
    let isTurned = join.kind == .right && matching != .all
    let kind: JoinPlan.Kind =
      switch join.kind {
      case .inner, .cross, .comma, .paste: .inner
      case .left: .left
      case .right: isTurned ? .left : .right
      case .full: .full
      }
    var plan = JoinPlan(
      left: .select(left.block), right: .select(right.block), kind: kind, matching: matching,
      keys: condition.keys, nearest: condition.nearest, residual: condition.residual,
      columns: columns, schema: schema)
    if matching == .semi || matching == .anti, plan.kind == .inner { plan.kind = .left }
    guard isTurned else { return plan }
    (plan.left, plan.right) = (plan.right, plan.left)
    plan.keys = plan.keys.map { JoinPlan.Key(left: $0.right, right: $0.left) }
    let count = left.outputs.count
    let other = right.outputs.count
    var places: [Int: Int] = [:]
    for i in 0..<count { places[i] = other + i }
    for i in 0..<other { places[count + i] = i }
    let mover = ColumnMover(places, builder.pool)
    plan.residual = plan.residual.map { mover.exchanged($0) }
    plan.columns = plan.columns.map { source in
      switch source {
      case .left(let i): .right(i)
      case .right(let i): .left(i)
      case .key(let i): .key(i)
      }
    }
    return plan
  }
}

/// Which side of a join an expression reads.
private enum SideOf {
  case neither, left, right, both

  init(_ expression: BoundExpression, leftCount: Int) {
    let columns = ExpressionWalk([expression]).columns
    let hasLeft = columns.contains { $0 < leftCount }
    let hasRight = columns.contains { $0 >= leftCount }
    self = hasLeft ? (hasRight ? .both : .left) : hasRight ? .right : .neither
  }
}

/// One side of a join: the columns that it gives, and where the names of its tables find them.
private struct Side {
  let source: BlockSource
  var filter: [BoundExpression]
  var outputs: [BoundExpression] = []
  private var outputNames: [String] = []
  private(set) var tables: [Scope.Table]
  private var places: [[Int]] = []
  private(set) var merged: [(name: String, place: Int)] = []

  init(_ relation: BoundRelation, _ pool: ExpressionPool) {
    source = relation.source
    filter = relation.filter
    tables = relation.tables
    var known: [ObjectIdentifier: Int] = [:]
    func place(_ column: Scope.SourceColumn) -> Int {
      if let known = known[ObjectIdentifier(column.expression)] { return known }
      outputs.append(column.expression)
      outputNames.append(column.name)
      known[ObjectIdentifier(column.expression)] = outputs.count - 1
      return outputs.count - 1
    }
    for table in relation.tables { places.append(table.columns.map { place($0) }) }
    merged = relation.merged.map { ($0.name, place($0)) }
  }

  var fields: [Field] { zip(outputNames, outputs).map { Field($0, $1.type) } }

  var block: SelectBlock {
    SelectBlock(source: source, filter: filter, outputs: outputs, schema: Schema(fields))
  }

  func place(of name: String) -> Int? {
    if let column = merged.first(where: { $0.name == name }) { return column.place }
    for (i, table) in tables.enumerated() {
      if let column = table.byName[name] { return places[i][column] }
    }
    return nil
  }

  var names: [String] { tables.flatMap { $0.columns.map(\.name) } }

  /// The tables, their columns at places behind `start`, with the types of the result where they are known.
  func tables(at start: Int, _ pool: ExpressionPool, _ schema: Schema? = nil) -> [Scope.Table] {
    zip(tables, places).map { table, places in
      let columns = zip(table.columns, places).map { column, place in
        let type = schema.map { $0[start + place].type } ?? outputs[place].type
        return Scope.SourceColumn(
          column.name, pool.column(start + place, type, name: column.name),
          isHidden: column.isHidden)
      }
      return Scope.Table(qualifiers: table.qualifiers, columns: columns)
    }
  }

  func merged(at start: Int, _ pool: ExpressionPool) -> [Scope.SourceColumn] {
    merged.map {
      Scope.SourceColumn(
        $0.name, pool.column(start + $0.place, outputs[$0.place].type, name: $0.name))
    }
  }

  /// A condition on the columns that the side gives as one on those that it reads.
  func pushed(_ condition: BoundExpression, _ pool: ExpressionPool) throws(SQLError)
    -> BoundExpression
  {
    var memo: [ObjectIdentifier: BoundExpression] = [:]
    return try pool.rewritten(condition, memo: &memo) { node in
      if case .column(let position) = node.kind { outputs[position] } else { nil }
    }
  }
}

extension DataType {
  /// Every value of the other number keeps its value in this one.
  fileprivate func holds(_ other: DataType) -> Bool {
    let other = other.withoutLowCardinality
    if self == other { return true }
    switch self {
    case .float64:
      return other.isInteger ? other.numberBits <= 32 : other == .float32 || other == .bool
    case _ where isInteger && (other.isInteger || other == .bool):
      if isSignedInteger {
        return other.isSignedInteger
          ? numberBits >= other.numberBits : numberBits > other.numberBits
      }
      return !other.isSignedInteger && numberBits >= other.numberBits
    default: return !isNumber
    }
  }
}
