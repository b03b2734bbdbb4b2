import Synchronization
import TickColumns

/// Joins: holds the right side, streams the left one past it.
///
/// Rows come in the order of the left side, partners of one row in the order of the right side; right rows without a
/// partner come last. Left batches are looked up by several workers where no key has many rows. A right side that memory
/// should not hold is joined part by part (`JoinSpill`).
final class JoinStream: BatchStream {
  private let plan: JoinPlan
  private let left: any BatchStream
  private let right: any BatchStream
  private let run: QueryRun
  /// How often the sides were divided already.
  private let level: Int
  private var probe: JoinProbe?
  /// The parts of sides that were put aside, and the join of one of them.
  private var spill: JoinSpill?
  private var part: JoinStream?
  /// Looked up and not yet handed out.
  private var ready: [Batch] = []
  private var position = 0
  /// A left batch whose pairs come piece by piece.
  private var open: PairCursor?
  /// Right rows that have found a partner, where the join asks.
  private var matched: [UInt8] = []
  /// Groups whose one pair an inner ANY join has given.
  private var taken: [Bool] = []
  private var unmatchedFrom: Int?
  private var hasEnded = false

  init(
    _ plan: JoinPlan, left: any BatchStream, right: any BatchStream, _ run: QueryRun, level: Int = 0
  ) {
    self.level = level
    self.plan = plan
    self.left = left
    self.right = right
    self.run = run
  }

  var rowsBeforeLimit: Int { 0 }

  func next() throws(SQLError) -> Batch? {
    guard let probe = try built() else { return try nextOfParts() }
    while true {
      if position < ready.count {
        position += 1
        return ready[position - 1]
      }
      if var cursor = open {
        open = nil
        let pairs = cursor.next(probe.table)
        if !cursor.isAtEnd { open = cursor }
        if let batch = try finish(pairs, cursor.batch, probe, piece: cursor.lastPiece) {
          return batch
        }
        continue
      }
      if hasEnded { return try unmatched(probe) }
      try readLeft(probe)
    }
  }

  /// The totals of both sides beside each other, defaults where a side has none.
  func totals() throws(SQLError) -> Batch? {
    let (ours, theirs) = (try left.totals(), try right.totals())
    guard ours != nil || theirs != nil else { return nil }
    let leftRow = ours ?? Self.defaults(plan.left.schema)
    let rightRow = theirs ?? Self.defaults(plan.right.schema)
    let evaluator = Evaluator(leftRow)
    var columns: [Column] = []
    for (source, field) in zip(plan.columns, plan.schema.fields) {
      let column =
        switch source {
        case .left(let i): leftRow.columns[i]
        case .right(let i): rightRow.columns[i]
        case .key(let i): try evaluator.operand(plan.keys[i].left).column(rows: 1)
        }
      columns.append(column.typed(field.type))
    }
    return Batch(columns, rowCount: 1)
  }

  private static func defaults(_ schema: Schema) -> Batch {
    Batch(
      schema.fields.map { Column($0.type, of: [.defaultValue(of: $0.type)]) }, rowCount: 1)
  }

  /// The right side, held; nil where both sides were put aside.
  private func built() throws(SQLError) -> JoinProbe? {
    if let probe { return probe }
    if spill != nil { return nil }
    guard let table = try collected() else { return nil }
    if plan.kind.keepsRight { matched = Array(repeating: 0, count: table.rowCount) }
    let made = JoinProbe(plan: plan, table: table)
    if plan.matching == .any, plan.kind == .inner {
      taken = Array(repeating: false, count: table.groups.count)
    }
    probe = made
    return made
  }

  // MARK: Parts

  private func collected() throws(SQLError) -> JoinTable? {
    var builder = JoinTableBuilder(plan, run)
    let limit = run.context.limits.joinSpillBytes
    while let batch = try right.next() {
      if batch.rowCount == 0 { continue }
      do throws(SQLError) { try builder.add(batch) } catch { throw explained(error, builder) }
      // The bounds are those of the whole side; a part is within them.
      if level == 0, try !isWithinBounds(builder.rowCount, builder.byteCount) { break }
      // The table stands beside its parts for a moment. Rows of one key cannot be divided.
      if 2 * builder.byteCount > limit, builder.keyCount > 1,
        let spill = JoinSpill(plan, run, level: level)
      {
        try putAside(&builder, spill)
        return nil
      }
    }
    do throws(SQLError) { return try builder.finish() } catch { throw explained(error, builder) }
  }

  /// Says why rows were not put aside where others would have been.
  private func explained(_ error: SQLError, _ builder: JoinTableBuilder) -> SQLError {
    let wouldDivide = level > 0 || JoinSpill(plan, run, level: level) != nil
    guard error.code == .memoryLimitExceeded, wouldDivide,
      builder.keyCount <= 1 || level == SpillParts.levelsMax
    else { return error }
    return SQLError(
      error.code,
      "\(error.message): the right side of the join has more rows of one key than that, which cannot be divided"
    )
  }

  private func isWithinBounds(_ rows: Int, _ bytes: Int) throws(SQLError) -> Bool {
    try run.context.limits.join.allows(
      rows: rows, bytes: bytes, "JOIN", .setSizeLimitExceeded)
  }

  /// Puts what was collected aside, then the rest of both sides.
  private func putAside(
    _ builder: inout JoinTableBuilder, _ empty: JoinSpill
  ) throws(SQLError) {
    var spill = empty
    var rows = builder.rowCount
    var bytes = builder.byteCount
    for batch in try builder.release() { try spill.appendRight(batch) }
    while let batch = try right.next() {
      if batch.rowCount == 0 { continue }
      try spill.appendRight(batch)
      rows += batch.rowCount
      bytes += batch.byteCount
      if level == 0, try !isWithinBounds(rows, bytes) { break }
    }
    while let batch = try left.next() {
      if batch.rowCount > 0 { try spill.appendLeft(batch) }
    }
    self.spill = spill
  }

  private func nextOfParts() throws(SQLError) -> Batch? {
    while true {
      if let part {
        if let batch = try part.next() { return batch }
        try part.release()
        self.part = nil
      }
      guard let next = spill?.nextJoin() else { return nil }
      part = next
    }
  }

  /// Gives back what the table holds.
  private func release() throws(SQLError) {
    guard let table = probe?.table else { return }
    probe = nil
    try run.memory.change(by: -table.byteCount)
  }

  /// Keys with more rows than this are paired piece by piece, so that no batch grows without bound.
  private static let shortGroup = 16

  private func readLeft(_ probe: JoinProbe) throws(SQLError) {
    ready.removeAll(keepingCapacity: true)
    position = 0
    let isShort =
      plan.nearest != nil || plan.matching != .all || probe.table.longest <= Self.shortGroup
    let needsOrder = !taken.isEmpty || plan.kind.keepsRight || !plan.residual.isEmpty
    guard isShort, !needsOrder else {
      guard let batch = try left.next() else {
        hasEnded = true
        return
      }
      try run.check()
      if batch.rowCount > 0 {
        let groups = try probe.groups(Evaluator(batch))
        open = PairCursor(batch, groups, plan)
      }
      return
    }
    var batches: [Batch] = []
    while batches.count < max(1, run.context.workers.width) * 2 {
      guard let batch = try left.next() else {
        hasEnded = true
        break
      }
      if batch.rowCount > 0 { batches.append(batch) }
    }
    guard !batches.isEmpty else { return }
    try run.check()
    let results = Mutex([[Batch]](repeating: [], count: batches.count))
    let (plan, run) = (plan, run)
    let input = batches
    try run.context.onWorkers(count: input.count) { (i) throws(SQLError) in
      try run.check()
      let output = try JoinStream.joined(input[i], probe, plan)
      results.withLock { $0[i] = output }
    }
    ready = results.withLock { $0.flatMap { $0 } }
  }

  /// All pairs of one left batch, for a join whose rows can be decided one by one.
  private static func joined(
    _ batch: Batch, _ probe: JoinProbe, _ plan: JoinPlan
  ) throws(SQLError) -> [Batch] {
    if plan.nearest != nil {
      let pairs = Pairs.single(try probe.nearest(batch), keepsLeft: plan.kind.keepsLeft)
      return [try pairs.batch(batch, probe)]
    }
    var cursor = PairCursor(batch, try probe.groups(Evaluator(batch)), plan)
    var out: [Batch] = []
    while !cursor.isAtEnd {
      let pairs = cursor.next(probe.table)
      if pairs.left.isEmpty { continue }
      out.append(try pairs.batch(batch, probe))
    }
    return out
  }

  // MARK: Pairs that need looking after

  /// Applies the residual conditions, notes which right rows have partners, and makes a batch.
  private func finish(
    _ candidates: Pairs, _ batch: Batch, _ probe: JoinProbe, piece: Range<Int>
  ) throws(SQLError) -> Batch? {
    try run.check()
    var pairs = candidates
    if !plan.residual.isEmpty {
      pairs = try pairs.filtered(plan, batch, probe, rows: piece)
    }
    if !taken.isEmpty {
      let groups = pairs.groups
      let kept = groups.indices.filter { i in
        guard !taken[Int(groups[i])] else { return false }
        taken[Int(groups[i])] = true
        return true
      }
      pairs = pairs.gathered(kept)
    }
    if !matched.isEmpty {
      for row in pairs.right where row >= 0 { matched[Int(row)] = 1 }
    }
    if pairs.left.isEmpty { return nil }
    return try pairs.batch(batch, probe)
  }

  /// Right rows that found no partner, at the end.
  private func unmatched(_ probe: JoinProbe) throws(SQLError) -> Batch? {
    guard plan.kind.keepsRight else { return nil }
    var row = unmatchedFrom ?? 0
    var rows: [Int32] = []
    while row < matched.count, rows.count < Batch.rowsMax {
      if matched[row] == 0 { rows.append(Int32(row)) }
      row += 1
    }
    unmatchedFrom = row
    guard !rows.isEmpty else { return nil }
    let right = probe.table.batch.gather(rows)
    let evaluator = Evaluator(right)
    var columns: [Column] = []
    for (source, field) in zip(plan.columns, plan.schema.fields) {
      let column: Column
      switch source {
      case .left(let i):
        let type = plan.left.schema[i].type
        let value: Value = field.type.isNullable ? .null : .defaultValue(of: type)
        column = Column(field.type, repeating: value, count: rows.count)
      case .right(let i): column = right.columns[i]
      case .key(let i): column = try evaluator.operand(plan.keys[i].right).column(rows: rows.count)
      }
      columns.append(column.typed(field.type))
    }
    return Batch(columns, rowCount: rows.count)
  }
}

extension Column {
  /// The same values under a type that differs in allowing NULL only.
  func typed(_ type: DataType) -> Column {
    self.type == type ? self : Column(type, values, validity: validity)
  }
}
