import TickColumns

/// Pairs of a left row and a right row; -1 stands for no partner.
struct Pairs {
  var left: [Int32] = []
  var right: [Int32] = []
  /// The group of each pair.
  var groups: [Int32] = []

  /// One partner a left row, or none.
  static func single(_ partners: [Int32], keepsLeft: Bool) -> Pairs {
    var pairs = Pairs()
    pairs.left.reserveCapacity(partners.count)
    if keepsLeft || !partners.contains(-1) {
      pairs.left = (0..<Int32(partners.count)).map { $0 }
      pairs.right = partners
      return pairs
    }
    for (row, partner) in partners.enumerated() where partner >= 0 {
      pairs.left.append(Int32(truncatingIfNeeded: row))
      pairs.right.append(partner)
    }
    return pairs
  }

  func gathered(_ positions: [Int]) -> Pairs {
    Pairs(
      left: positions.map { left[$0] }, right: positions.map { right[$0] },
      groups: positions.map { groups[$0] })
  }

  /// The rows of the result.
  func batch(_ batch: Batch, _ probe: JoinProbe) throws(SQLError) -> Batch {
    let plan = probe.plan
    let table = probe.table
    let none = Int32(table.rowCount)
    let hasNone = right.contains(-1)
    let places = hasNone ? right.map { $0 < 0 ? none : $0 } : right
    var marks: [UInt8]?
    if hasNone { marks = right.map { $0 < 0 ? 0 : 1 } }
    let isWhole =
      left.count == batch.rowCount && left.first == 0 && Int(left.last ?? -1) == batch.rowCount - 1
      && zip(left, left.dropFirst()).allSatisfy { $0 < $1 }
    var columns: [Column] = []
    for (source, field) in zip(plan.columns, plan.schema.fields) {
      switch source {
      case .left(let i):
        let column = isWhole ? batch.columns[i] : batch.columns[i].gather(left)
        columns.append(column.typed(field.type))
      case .right(let i):
        let column = table.batch.columns[i].gather(places)
        // With NULL for what lacks a partner, the default row becomes one.
        let isMarked = field.type.isNullable && !column.type.isNullable
        columns.append((isMarked ? column.masked(by: marks) : column).typed(field.type))
      case .key(let i):
        let keys = try Evaluator(batch).operand(plan.keys[i].left).column(rows: batch.rowCount)
        columns.append(keys.gather(left).typed(field.type))
      }
    }
    return Batch(columns, rowCount: left.count)
  }

  /// The pairs that meet the residual conditions. Left rows of `rows` that lose all their partners come back without
  /// one where the join keeps them; so each row's pairs must be here whole.
  func filtered(
    _ plan: JoinPlan, _ batch: Batch, _ probe: JoinProbe, rows: Range<Int>
  ) throws(SQLError) -> Pairs {
    let candidates = right.indices.filter { right[$0] >= 0 }
    let pairs = gathered(candidates)
    let used = ExpressionWalk(plan.residual).columns
    let count = plan.leftCount
    let empty = Column(.nullable(.nothing), .nothing(count: pairs.left.count))
    let width = count + plan.right.schema.count
    let columns = (0..<width).map { position in
      guard used.contains(position) else { return empty }
      return position < count
        ? batch.columns[position].gather(pairs.left)
        : probe.table.batch.columns[position - count].gather(pairs.right)
    }
    let joined = Batch(columns, rowCount: pairs.left.count)
    var marks = [UInt8](repeating: 1, count: pairs.left.count)
    for condition in plan.residual {
      let own = try Evaluator(joined).marks(condition)
      for i in marks.indices where own[i] == 0 { marks[i] = 0 }
    }
    var out = Pairs()
    var next = 0
    for row in rows {
      var found = false
      while next < pairs.left.count, Int(pairs.left[next]) == row {
        defer { next += 1 }
        guard marks[next] != 0 else { continue }
        let isFirst = !found
        found = true
        switch plan.matching {
        case .anti: continue
        case .any, .semi: if !isFirst { continue }
        case .all: break
        }
        out.append(pairs.left[next], pairs.right[next], pairs.groups[next])
      }
      let keeps = plan.matching == .anti || (plan.kind.keepsLeft && plan.matching != .semi)
      if !found, keeps { out.append(Int32(row), -1, -1) }
    }
    return out
  }

  @inline(__always)
  mutating func append(_ leftRow: Int32, _ rightRow: Int32, _ group: Int32) {
    left.append(leftRow)
    right.append(rightRow)
    groups.append(group)
  }
}

/// Gives the pairs of one left batch piece by piece, all pairs of a left row in one piece where conditions remain.
struct PairCursor {
  let batch: Batch
  private let groups: [Int32]
  private let plan: JoinPlan
  private var row = 0
  private var offset = 0
  /// The left rows that the last piece was about.
  private(set) var lastPiece = 0..<0

  init(_ batch: Batch, _ groups: [Int32], _ plan: JoinPlan) {
    self.batch = batch
    self.groups = groups
    self.plan = plan
  }

  var isAtEnd: Bool { row == groups.count }

  mutating func next(_ table: JoinTable) -> Pairs {
    var pairs = Pairs()
    let first = row
    // What conditions may still drop needs every candidate.
    let takesAll = plan.matching == .all || !plan.residual.isEmpty
    let keepsLeft = plan.kind.keepsLeft && plan.matching != .semi
    while row < groups.count, pairs.left.count < Batch.rowsMax {
      let group = groups[row]
      guard group >= 0, table.starts[Int(group)] < table.starts[Int(group) + 1] else {
        if keepsLeft { pairs.append(Int32(row), -1, -1) }
        row += 1
        continue
      }
      let start = Int(table.starts[Int(group)])
      let end = Int(table.starts[Int(group) + 1])
      if !takesAll {
        if plan.matching != .anti { pairs.append(Int32(row), table.rows[start], group) }
        row += 1
        continue
      }
      // Without further conditions a long group may be cut.
      let room = plan.residual.isEmpty ? Batch.rowsMax - pairs.left.count : Int.max
      let stop = min(end, room == .max ? end : start + offset + room)
      for i in start + offset..<stop { pairs.append(Int32(row), table.rows[i], group) }
      if stop < end {
        offset = stop - start
        break
      }
      offset = 0
      row += 1
    }
    lastPiece = first..<row
    return pairs
  }
}
