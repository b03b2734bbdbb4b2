import TickColumns

/// The right side of a join, held: its rows by key, and for ASOF in their order within a key.
///
/// Built by one thread, then read by many.
///
/// Invariants:
/// 1. Rows of group g are `rows[starts[g]..<starts[g + 1]]`: in the order of the input, or for ASOF ascending by
///    `ranks`, rows of equal rank in the order of the input.
/// 2. Row `rowCount` of `batch` holds what a left row without a partner gets.
struct JoinTable: Sendable {
  let batch: Batch
  let rowCount: Int
  let groups: GroupTable
  let starts: [Int32]
  let rows: [Int32]
  /// Beside `rows`; empty without ASOF.
  let ranks: [UInt64]
  /// The most rows of one key.
  let longest: Int

  /// Rows of one query's join at most: positions are 32 bits wide.
  static let rowsMax = Int(Int32.max) - 1

  /// Bytes that the owner holds for it.
  let byteCount: Int

  fileprivate init(_ collected: JoinTableBuilder) throws(SQLError) {
    let (plan, run) = (collected.plan, collected.run)
    try run.check()
    let order = Self.order(collected.groupOfRow, groupCount: collected.groups.count)
    try run.check()
    starts = order.starts
    if plan.nearest == nil {
      rows = order.rows
      self.ranks = []
    } else {
      (rows, self.ranks) = try Self.sorted(order, by: collected.ranks, run)
    }
    longest = zip(order.starts.dropFirst(), order.starts).map { Int($0 - $1) }.max() ?? 0
    groups = collected.groups
    rowCount = collected.rowCount
    byteCount = collected.byteCount
    // The whole stands beside its parts for a moment.
    try run.memory.change(by: byteCount)
    batch = try Self.whole(collected.parts, plan.right.schema, plan, rowCount, run)
    try run.memory.change(by: -byteCount)
  }

  static func keyTypes(_ plan: JoinPlan) -> [DataType] {
    plan.keys.map { $0.right.type.withoutNullable.withoutLowCardinality }
  }

  /// All rows, and one more for those without a partner.
  private static func whole(
    _ parts: [Batch], _ schema: Schema, _ plan: JoinPlan, _ count: Int, _ run: QueryRun
  ) throws(SQLError) -> Batch {
    var columns: [Column] = []
    for (i, field) in schema.fields.enumerated() {
      try run.check()
      let last = Column(field.type, of: [.defaultValue(of: field.type)])
      columns.append(Column.concatenate(field.type, parts.map { $0.columns[i] } + [last]))
    }
    return Batch(columns, rowCount: count + 1)
  }

  /// Rows by group, a counting sort; rows of group -1 are left out.
  private static func order(
    _ groupOfRow: [Int32], groupCount: Int
  ) -> (starts: [Int32], rows: [Int32]) {
    var starts = [Int32](repeating: 0, count: groupCount + 1)
    for group in groupOfRow where group >= 0 { starts[Int(group) + 1] += 1 }
    for group in 0..<groupCount { starts[group + 1] += starts[group] }
    var next = starts
    var rows = [Int32](repeating: 0, count: Int(starts[groupCount]))
    for (row, group) in groupOfRow.enumerated() where group >= 0 {
      rows[Int(next[Int(group)])] = Int32(truncatingIfNeeded: row)
      next[Int(group)] += 1
    }
    return (starts, rows)
  }

  /// Each group in the order of its ranks. Stored ticks mostly are: then nothing moves.
  private static func sorted(
    _ order: (starts: [Int32], rows: [Int32]), by ranks: [UInt64], _ run: QueryRun
  ) throws(SQLError) -> ([Int32], [UInt64]) {
    var rows = order.rows
    var unchecked = 0
    for group in 0..<order.starts.count - 1 {
      let range = Int(order.starts[group])..<Int(order.starts[group + 1])
      unchecked += range.count
      if unchecked >= Batch.rowsMax {
        unchecked = 0
        try run.check()
      }
      var isSorted = true
      for i in range.dropFirst() where ranks[Int(rows[i - 1])] > ranks[Int(rows[i])] {
        isSorted = false
        break
      }
      if isSorted { continue }
      // Equal ranks by row, which makes the sort stable.
      let places = try run.sorted(
        [], rowCount: range.count, tieBreak: rows[range].map { ranks[Int($0)] })
      let unsorted = Array(rows[range])
      for (i, place) in places.enumerated() { rows[range.lowerBound + i] = unsorted[Int(place)] }
    }
    return (rows, rows.map { ranks[Int($0)] })
  }
}

/// Collects the right side of a join.
struct JoinTableBuilder {
  fileprivate let plan: JoinPlan
  fileprivate let run: QueryRun
  fileprivate var parts: [Batch] = []
  fileprivate var groups: GroupTable
  fileprivate var groupOfRow: [Int32] = []
  fileprivate var ranks: [UInt64] = []
  private(set) var rowCount = 0
  private var partBytes = 0
  /// Bytes taken from the memory of the query.
  private(set) var byteCount = 0

  init(_ plan: JoinPlan, _ run: QueryRun) {
    self.plan = plan
    self.run = run
    groups = GroupTable(JoinTable.keyTypes(plan))
  }

  /// Keys so far.
  var keyCount: Int { groups.count }

  mutating func add(_ batch: Batch) throws(SQLError) {
    try run.check()
    guard rowCount + batch.rowCount <= JoinTable.rowsMax else {
      throw SQLError(
        .memoryLimitExceeded, "The right side of a join has more than \(JoinTable.rowsMax) rows")
    }
    parts.append(batch)
    rowCount += batch.rowCount
    partBytes += batch.byteCount
    let evaluator = Evaluator(batch)
    var columns: [Column] = []
    var marks: [UInt8]?
    for key in plan.keys {
      let column = try evaluator.operand(key.right).column(rows: batch.rowCount)
      marks = Column.intersect(marks, column.validity)
      columns.append(column.withoutMarks)
    }
    if let nearest = plan.nearest {
      let column = try evaluator.operand(nearest.right).column(rows: batch.rowCount)
      marks = Column.intersect(marks, AsofRanks.places(column))
      ranks += AsofRanks.ranks(column)
    }
    var found = try groups.rowGroups(columns, rows: batch.rowCount)
    // A key that holds NULL has no partner.
    if let marks { for row in found.indices where marks[row] == 0 { found[row] = -1 } }
    groupOfRow += found
    let bytes = partBytes + groups.byteCount + rowCount * (plan.nearest == nil ? 8 : 16)
    let grown = bytes - byteCount
    byteCount = bytes
    try run.memory.change(by: grown)
  }

  /// Gives the batches away, and what they and their keys took back.
  mutating func release() throws(SQLError) -> [Batch] {
    let batches = parts
    try run.memory.change(by: -byteCount)
    self = JoinTableBuilder(plan, run)
    return batches
  }

  /// The rows so far as a table, which takes over what they hold.
  func finish() throws(SQLError) -> JoinTable { try JoinTable(self) }
}

extension Column {
  /// The values alone, under the type without NULL.
  var withoutMarks: Column {
    type.isNullable ? Column(type.withoutNullable, values) : self
  }
}
