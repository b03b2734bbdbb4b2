import TickColumns

/// A join whose right side is larger than memory should hold: a grace hash join.
///
/// Both sides are put aside in parts by the hash of their keys; then one part after the other is joined as a whole join
/// would be, which divides it further by other bits of the hash where its right side is still too large.
///
/// Invariants:
/// 1. Rows that may be partners are in parts of one number, in the order of their side: so what ANY, SEMI and ASOF choose
///    is what they choose in memory. Only the order of the rows of the result differs: it is that of the parts.
/// 2. No more than one part is held at a time.
struct JoinSpill {
  private let plan: JoinPlan
  private let run: QueryRun
  private let level: Int
  private var left: SpillParts
  private var right: SpillParts
  private var nextPart = 0

  /// Nil where rows are never put aside: without keys any two rows may be partners.
  init?(_ plan: JoinPlan, _ run: QueryRun, level: Int) {
    guard let store = run.context.spill, run.context.limits.joinSpillBytes > 0,
      level < SpillParts.levelsMax, !plan.keys.isEmpty
    else { return nil }
    self.plan = plan
    self.run = run
    self.level = level
    left = SpillParts(store, level: level)
    right = SpillParts(store, level: level)
  }

  mutating func appendLeft(_ batch: Batch) throws(SQLError) {
    try left.append(batch, keys: keys(of: batch, \.left))
  }

  mutating func appendRight(_ batch: Batch) throws(SQLError) {
    try right.append(batch, keys: keys(of: batch, \.right))
  }

  /// The keys of the rows of one side.
  private func keys(
    of batch: Batch, _ side: KeyPath<JoinPlan.Key, BoundExpression>
  ) throws(SQLError) -> [Column] {
    try run.check()
    let evaluator = Evaluator(batch)
    var keys: [Column] = []
    for key in plan.keys {
      keys.append(
        try evaluator.operand(key[keyPath: side]).column(rows: batch.rowCount).withoutMarks)
    }
    return keys
  }

  /// The join of the next part that has rows; nil after the last.
  mutating func nextJoin() -> JoinStream? {
    while nextPart < SpillParts.count {
      let (ours, theirs) = (left.take(nextPart), right.take(nextPart))
      nextPart += 1
      // Where only one side has rows, no more is to be done than its kind asks for.
      if ours == nil, theirs == nil || !plan.kind.keepsRight { continue }
      return JoinStream(
        plan, left: ours.map(SpilledStream.init) ?? EmptyStream(),
        right: theirs.map(SpilledStream.init) ?? EmptyStream(), run, level: level + 1)
    }
    return nil
  }
}
