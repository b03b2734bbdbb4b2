import TickColumns

/// What makes joins read less: conditions go down to the side that they look at, and columns that nothing reads
/// are not joined.
///
/// 1. A condition on left columns of an inner or left join drops left rows before they look for partners; one on
///    right columns does so in an inner join of ALL rows, where no choice among partners depends on it.
/// 2. A condition on a key holds for the key of the partner as well, unless right rows stay without one.
/// 3. In an ASOF join that looks backwards, what is an upper bound of left times is one of right times.
enum JoinRules {
  static func push(
    _ filter: inout [BoundExpression], into join: inout JoinPlan, _ pool: ExpressionPool
  ) throws(SQLError) {
    guard case .select(var left) = join.left, case .select(var right) = join.right,
      left.isTransparent, right.isTransparent
    else { return }
    var kept: [BoundExpression] = []
    for condition in filter {
      switch side(of: condition, join) {
      case .left where !join.kind.keepsRight && !condition.mayThrow:
        let own = moved(condition, join, pool)
        left.filter.append(try pushed(own, into: left, pool))
        if let other = partner(of: own, join, pool) {
          right.filter.append(try pushed(other, into: right, pool))
        }
      case .right
      where join.kind == .inner && join.matching == .all && join.nearest == nil
        && !condition.mayThrow:
        right.filter.append(try pushed(moved(condition, join, pool), into: right, pool))
      default: kept.append(condition)
      }
    }
    filter = kept
    join.left = .select(left)
    join.right = .select(right)
  }

  private enum Side { case left, right, other }

  private static func side(of condition: BoundExpression, _ join: JoinPlan) -> Side {
    var side: Side?
    for position in ExpressionWalk([condition]).columns {
      let next: Side =
        switch join.columns[position] {
        case .left: .left
        case .right: .right
        case .key: .other
        }
      if let side, side != next { return .other }
      side = next
    }
    return side ?? .other
  }

  /// A condition on the result as one on the columns of its side. The types agree: a side that may lack rows is
  /// never pushed into.
  private static func moved(
    _ condition: BoundExpression, _ join: JoinPlan, _ pool: ExpressionPool
  ) -> BoundExpression {
    var places: [Int: Int] = [:]
    for (place, source) in join.columns.enumerated() {
      switch source {
      case .left(let i), .right(let i): places[place] = i
      case .key: break
      }
    }
    return ColumnMover(places, pool).exchanged(condition)
  }

  /// What a condition on left columns says about the partners.
  private static func partner(
    of condition: BoundExpression, _ join: JoinPlan, _ pool: ExpressionPool
  ) -> BoundExpression? {
    let columns = ExpressionWalk([condition]).columns
    guard columns.count == 1, let column = columns.first else { return nil }
    func replaced(_ left: BoundExpression, _ right: BoundExpression) -> BoundExpression? {
      guard case .column(column) = left.kind, case .column(let other) = right.kind,
        left.type == right.type
      else { return nil }
      return ColumnMover([column: other], pool).exchanged(condition)
    }
    for key in join.keys {
      if let found = replaced(key.left, key.right) { return found }
    }
    guard let nearest = join.nearest, isUpperBound(condition),
      nearest.comparison == .greaterOrEquals || nearest.comparison == .greater
    else { return nil }
    return replaced(nearest.left, nearest.right)
  }

  /// `column < constant` or `column <= constant`.
  private static func isUpperBound(_ condition: BoundExpression) -> Bool {
    guard case .call(let call) = condition.kind, call.arguments.count == 2,
      let comparison = ComparisonOperator(rawValue: call.function)
    else { return false }
    let isTurned = call.arguments[0].constant != nil
    let column = call.arguments[isTurned ? 1 : 0]
    guard case .column = column.kind, call.arguments[isTurned ? 0 : 1].constant != nil else {
      return false
    }
    let meant = isTurned ? comparison.mirrored : comparison
    return meant == .less || meant == .lessOrEquals
  }

  private static func pushed(
    _ condition: BoundExpression, into block: SelectBlock, _ pool: ExpressionPool
  ) throws(SQLError) -> BoundExpression {
    var memo: [ObjectIdentifier: BoundExpression] = [:]
    return try pool.rewritten(condition, memo: &memo) { node in
      if case .column(let position) = node.kind { block.outputs[position] } else { nil }
    }
  }

  // MARK: Pruning

  /// Drops result columns that nobody reads and side columns that nothing needs; gives the new places of the others.
  static func prune(
    _ join: inout JoinPlan, _ used: Set<Int>, _ pool: ExpressionPool
  ) throws(SQLError) -> [Int: Int] {
    let kept = used.sorted()
    join.columns = kept.map { join.columns[$0] }
    join.schema = Schema(kept.map { join.schema[$0] })
    let count = join.leftCount
    var left = ExpressionWalk(join.keys.map(\.left) + (join.nearest.map { [$0.left] } ?? []))
      .columns
    var right = ExpressionWalk(join.keys.map(\.right) + (join.nearest.map { [$0.right] } ?? []))
      .columns
    for position in ExpressionWalk(join.residual).columns {
      if position < count { left.insert(position) } else { right.insert(position - count) }
    }
    for source in join.columns {
      switch source {
      case .left(let i): left.insert(i)
      case .right(let i): right.insert(i)
      case .key: break
      }
    }
    let leftPlaces = Rules.prune(&join.left, left)
    let rightPlaces = Rules.prune(&join.right, right)
    let leftMover = ColumnMover(leftPlaces, pool)
    let rightMover = ColumnMover(rightPlaces, pool)
    for i in join.keys.indices {
      join.keys[i].left = try leftMover.moved(join.keys[i].left)
      join.keys[i].right = try rightMover.moved(join.keys[i].right)
    }
    if let nearest = join.nearest {
      join.nearest?.left = try leftMover.moved(nearest.left)
      join.nearest?.right = try rightMover.moved(nearest.right)
    }
    var places = leftPlaces
    for (from, to) in rightPlaces { places[count + from] = join.leftCount + to }
    let mover = ColumnMover(places, pool)
    for i in join.residual.indices { join.residual[i] = try mover.moved(join.residual[i]) }
    join.columns = join.columns.map { source in
      switch source {
      case .left(let i): .left(leftPlaces[i] ?? i)
      case .right(let i): .right(rightPlaces[i] ?? i)
      case .key(let i): .key(i)
      }
    }
    return Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
  }
}
