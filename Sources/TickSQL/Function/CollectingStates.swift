import TickColumns
import TickFormats

/// The states of groupArray and groupUniqArray: values as they come, put into arrays at the end.
///
/// Invariants:
/// 1. Value i of all parts together belongs to group `groups[i]` and came as number `orders[i]`.
/// 2. Arrays hold their values in order of arrival, whatever the number of workers.
final class CollectingState: AggregateState {
  private let type: DataType
  private let isDistinct: Bool
  /// The most values of an array; nil for any number.
  private let limit: Int?
  private var parts: [Column] = []
  private var groups: [Int32] = []
  private var orders: [UInt64] = []
  private var groupCount = 0
  private var bytes = 0

  /// - Parameter type: of the values.
  init(_ type: DataType, isDistinct: Bool, limit: Int?) {
    self.type = type
    self.limit = limit
    self.isDistinct = isDistinct
  }

  func resize(_ count: Int) { groupCount = max(groupCount, count) }

  func update(_ input: AggregateInput) throws(SQLError) {
    let column = input.column(0)
    guard column.count > 0 else { return }
    parts.append(column)
    bytes += column.byteCount
    groups.reserveCapacity(groups.count + column.count)
    for run in 0..<input.runs.starts.count {
      for row in input.runs.range(run) {
        groups.append(input.runs.groups[run])
        orders.append(input.order.number(row))
      }
    }
    if isDistinct || limit != nil { try compact() }
  }

  /// Keeps the first of equal values of a group, when there are many more than there were.
  private func compact() throws(SQLError) {
    guard groups.count > compactAt else { return }
    if isDistinct { try distinct() }
    try cut()
    compactAt = max(Self.compactMin, groups.count * 2)
  }

  private var compactAt = CollectingState.compactMin
  private static let compactMin = 65_536

  private func distinct() throws(SQLError) {
    let values = try CancellationPoint.concatenate(type, parts)
    // In order of arrival, so that the first is kept.
    let order = try CancellationPoint.sorted([], rowCount: values.count, tieBreak: orders)
    let sorted = try values.picked(order)
    let owners = try CancellationPoint.map(order.count) { groups[Int(order[$0])] }
    var table = GroupTable([type, .int32])
    let ids = try table.groups(
      [sorted, Column(.int32, .int32(owners))], starts: (0..<Int32(sorted.count)).map { $0 })
    var seen = [Bool](repeating: false, count: table.count)
    var kept: [Int32] = []
    try CancellationPoint.forEachPiece(of: ids.indices) { piece in
      for i in piece where !seen[Int(ids[i])] {
        seen[Int(ids[i])] = true
        kept.append(Int32(truncatingIfNeeded: i))
      }
    }
    orders = try CancellationPoint.map(kept.count) { orders[Int(order[Int(kept[$0])])] }
    groups = try CancellationPoint.map(kept.count) { owners[Int(kept[$0])] }
    let column = try sorted.picked(kept)
    parts = [column]
    bytes = column.byteCount
  }

  /// Keeps the first values of each group, as many as an array takes.
  private func cut() throws(SQLError) {
    guard let limit, !groups.isEmpty else { return }
    let owners = Column(.int32, .int32(groups))
    let order = try CancellationPoint.sorted(
      [SortKey(owners)], rowCount: groups.count, tieBreak: orders)
    var kept: [Int32] = []
    var count = 0
    try CancellationPoint.forEachPiece(of: order.indices) { piece in
      for i in piece {
        let isNew = i == 0 || groups[Int(order[i - 1])] != groups[Int(order[i])]
        count = isNew ? 1 : count + 1
        if count <= limit { kept.append(order[i]) }
      }
    }
    guard kept.count < groups.count else { return }
    let column = try CancellationPoint.concatenate(type, parts).picked(kept)
    groups = kept.map { groups[Int($0)] }
    orders = kept.map { orders[Int($0)] }
    parts = [column]
    bytes = column.byteCount
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? CollectingState else { return }
    parts += other.parts
    bytes += other.bytes
    orders += other.orders
    try CancellationPoint.forEachPiece(of: other.groups.indices) { piece in
      for group in other.groups[piece] { self.groups.append(groups[Int(group)]) }
    }
  }

  func finish() throws(SQLError) -> Column {
    if isDistinct, !groups.isEmpty { try distinct() }
    try cut()
    let owners = Column(.int32, .int32(groups))
    let order = try CancellationPoint.sorted(
      [SortKey(owners)], rowCount: groups.count, tieBreak: orders)
    var offsets = [Int](repeating: 0, count: groupCount + 1)
    for group in groups { offsets[Int(group) + 1] += 1 }
    for group in 0..<groupCount { offsets[group + 1] += offsets[group] }
    let values = try CancellationPoint.concatenate(type, parts).picked(order)
    return Column(.array(type), .array(ArrayValues(offsets: offsets, elements: values)))
  }

  var byteCount: Int { bytes + groups.count * 12 }
}

extension CollectingState: ExchangedState {
  func encoded(_ layout: StateLayout) throws(SQLError) -> StringValues {
    encodedLists(try finish(), layout)
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    if let rows = try elements(&states, layout, runs, order) { try update(rows) }
  }
}
