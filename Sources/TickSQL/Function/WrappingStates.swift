import TickColumns

/// States around other states: DISTINCT, Nullable arguments, and arguments of which there is nothing.

/// Feeds an aggregate each distinct combination of arguments once. The combinations are collected by group and
/// handed on at the end, so partial states of workers can be united first.
final class DistinctState: AggregateState {
  /// How many distinct values the inner state has been given.
  private var handedOn = 0
  private let inner: any AggregateState
  private let types: [DataType]
  /// Keys are the group and the arguments.
  private var table: GroupTable
  private var groupCount = 0

  init(_ types: [DataType], _ inner: any AggregateState) {
    self.types = types
    self.inner = inner
    table = GroupTable([.uint32] + types)
  }

  func resize(_ count: Int) { groupCount = max(groupCount, count) }

  func update(_ input: AggregateInput) {
    var groups = [UInt32](repeating: 0, count: input.rows)
    for run in 0..<input.runs.starts.count {
      let group = UInt32(input.runs.groups[run])
      for row in input.runs.range(run) { groups[row] = group }
    }
    let columns =
      [Column(.uint32, .uint32(groups))]
      + input.operands.indices.map { input.column($0) }
    _ = table.groups(columns, starts: runStarts(columns, rowCount: input.rows))
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? DistinctState else { return }
    let order = (0..<Int32(other.table.count)).map { $0 }
    var columns = other.table.columns(order)
    guard case .uint32(let theirs) = columns[0].values else { return }
    columns[0] = Column(.uint32, .uint32(theirs.map { UInt32(groups[Int($0)]) }))
    _ = table.groups(columns, starts: order)
  }

  func finish() -> Column {
    inner.resize(groupCount)
    // A window asks again and again: the inner state sees each value once.
    let order = (Int32(handedOn)..<Int32(table.count)).map { $0 }
    let columns = table.columns(order)
    if !order.isEmpty, case .uint32(let groups) = columns[0].values {
      inner.update(
        AggregateInput(
          operands: columns.dropFirst().map { .column($0) }, rows: groups.count,
          runs: GroupRuns(
            starts: groups.indices.map { Int32($0) }, groups: groups.map { Int32($0) },
            rows: groups.count),
          order: .ascending(UInt64(handedOn))))
    }
    handedOn = table.count
    return inner.finish()
  }
  var byteCount: Int { table.byteCount + inner.byteCount }
}

/// NULL where no row was left: the rule over Nullable arguments.
final class NullableState: AggregateState {
  private let inner: any AggregateState
  private var seen: [UInt8] = []

  init(_ inner: any AggregateState) { self.inner = inner }

  func resize(_ count: Int) {
    inner.resize(count)
    seen.extend(to: count, with: 0)
  }

  func update(_ input: AggregateInput) {
    for group in input.runs.groups { seen[Int(group)] = 1 }
    inner.update(input)
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? NullableState else { return }
    for (theirs, ours) in groups.enumerated() { seen[Int(ours)] |= other.seen[theirs] }
    inner.merge(other.inner, groups)
  }

  func finish() -> Column { inner.finish().masked(by: seen) }
  var byteCount: Int { inner.byteCount + seen.count }
}

/// The state of an aggregate over nothing but NULL: it never sees a row.
final class NothingState: AggregateState {
  private var groups = 0
  func resize(_ count: Int) { groups = max(groups, count) }
  func update(_ input: AggregateInput) {}
  func merge(_ other: any AggregateState, _ groups: [Int32]) {}
  func finish() -> Column { Column(.nullable(.nothing), .nothing(count: groups)) }
  var byteCount: Int { 0 }
}
