import TickColumns
import TickFormats

/// States around other states: what goes in or comes out is changed, rows are counted once, or nothing comes at all.

/// Changes what an aggregate is given, or what it gives.
final class AdaptingState: AggregateState {
  let inner: any AggregateState
  private let given: Given
  private let result: Result

  /// Nil: no row is left.
  typealias Given = @Sendable (AggregateInput) throws(SQLError) -> AggregateInput?
  typealias Result = @Sendable (Column) -> Column

  init(
    _ inner: any AggregateState, given: @escaping Given = { (input) in input },
    result: @escaping Result = { $0 }
  ) {
    self.inner = inner
    self.given = given
    self.result = result
  }

  /// Integer results in a narrower type, wrapped.
  static func wrapped(_ inner: any AggregateState, _ type: DataType) -> AdaptingState {
    AdaptingState(
      inner,
      result: { column in
        FunctionTable.convertIntegers(.column(column), to: type, rows: column.count)
          .column(rows: column.count)
      })
  }

  /// Rows where no argument is NULL.
  static func withoutNulls(_ inner: any AggregateState) -> AdaptingState {
    AdaptingState(inner, given: { $0.withoutNulls })
  }

  /// Rows where the last argument holds, without it.
  static func filtered(_ inner: any AggregateState) -> AdaptingState {
    AdaptingState(
      inner,
      given: { input in
        var rest = input
        guard let condition = rest.operands.popLast() else { return rest }
        return rest.kept(by: truth(condition, rows: input.rows).map { $0 != 0 ? 1 : 0 })
      })
  }

  func resize(_ count: Int) { inner.resize(count) }

  func update(_ input: AggregateInput) throws(SQLError) {
    if let changed = try given(input) { try inner.update(changed) }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? AdaptingState else { return }
    try inner.merge(other.inner, groups)
  }

  func finish() throws(SQLError) -> Column { result(try inner.finish()) }
  var byteCount: Int { inner.byteCount }
}

/// NULL, or the type's zero value, where no row was left, whatever the aggregate gives then: the rule over Nullable
/// arguments, `-OrNull` and `-OrDefault`.
final class PresenceState: AggregateState {
  enum Absence: Sendable { case null, zero }

  private let inner: any AggregateState
  private let absence: Absence
  private var seen: [UInt8] = []

  init(_ inner: any AggregateState, _ absence: Absence) {
    self.inner = inner
    self.absence = absence
  }

  func resize(_ count: Int) {
    inner.resize(count)
    seen.extend(to: count, with: 0)
  }

  func update(_ input: AggregateInput) throws(SQLError) {
    for group in input.runs.groups { seen[Int(group)] = 1 }
    try inner.update(input)
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? PresenceState else { return }
    for (theirs, ours) in groups.enumerated() { seen[Int(ours)] |= other.seen[theirs] }
    try inner.merge(other.inner, groups)
  }

  func finish() throws(SQLError) -> Column {
    let column = try inner.finish()
    switch absence {
    case .null: return column.masked(by: seen)
    case .zero: return seen.contains(0) ? column.withZeros(where: seen) : column
    }
  }
  var byteCount: Int { inner.byteCount + seen.count }
}

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

  func update(_ input: AggregateInput) throws(SQLError) {
    var groups = [UInt32](repeating: 0, count: input.rows)
    for run in 0..<input.runs.starts.count {
      let group = UInt32(input.runs.groups[run])
      for row in input.runs.range(run) { groups[row] = group }
    }
    let columns =
      [Column(.uint32, .uint32(groups))]
      + input.operands.indices.map { input.column($0) }
    _ = try table.groups(columns, starts: runStarts(columns, rowCount: input.rows))
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? DistinctState else { return }
    let order = (0..<Int32(other.table.count)).map { $0 }
    var columns = try other.table.columns(order)
    guard case .uint32(let theirs) = columns[0].values else { return }
    columns[0] = Column(.uint32, .uint32(theirs.map { UInt32(groups[Int($0)]) }))
    _ = try table.groups(columns, starts: order)
  }

  func finish() throws(SQLError) -> Column {
    inner.resize(groupCount)
    // A window asks again and again: the inner state sees each value once.
    let order = (Int32(handedOn)..<Int32(table.count)).map { $0 }
    let columns = try table.columns(order)
    if !order.isEmpty, case .uint32(let groups) = columns[0].values {
      try inner.update(
        AggregateInput(
          operands: columns.dropFirst().map { .column($0) }, rows: groups.count,
          runs: GroupRuns(
            starts: groups.indices.map { Int32($0) }, groups: groups.map { Int32($0) },
            rows: groups.count),
          order: .ascending(UInt64(handedOn))))
    }
    handedOn = table.count
    return try inner.finish()
  }
  var byteCount: Int { table.byteCount + inner.byteCount }
}

/// The state of an aggregate over nothing but NULL: it never sees a row.
final class NothingState: AggregateState {
  private var groups = 0
  func resize(_ count: Int) { groups = max(groups, count) }
  func update(_ input: AggregateInput) {}
  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {}
  func finish() -> Column { Column(.nullable(.nothing), .nothing(count: groups)) }
  var byteCount: Int { 0 }
}

// MARK: As values

extension AdaptingState: ExchangedWrapper {}

/// Marks stand before the state over Nullable arguments, and behind it under -OrNull and -OrDefault.
extension PresenceState: ExchangedState {
  func encoded(_ layout: StateLayout) throws(SQLError) -> StringValues {
    switch layout {
    case .marked(let rest):
      return StateWriter.marked(try StateExchange.encoded(inner, rest), seen)
    case .sequence(let parts):
      return StateWriter.sequence([
        try StateExchange.encoded(inner, parts[0]), StateWriter.marks(seen),
      ])
    default: return try StateExchange.encoded(inner, layout)
    }
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    switch layout {
    case .marked(let rest):
      try StateExchange.marked(&states) { (part, positions) throws(SQLError) in
        let kept = runs.compacted(positions)
        for group in kept.groups { seen[Int(group)] = 1 }
        try StateExchange.absorb(inner, &part, rest, kept, order.compacted(positions))
      }
    case .sequence(let parts):
      try StateExchange.absorb(inner, &states, parts[0], runs, order)
      var reader = states
      let marks = try StateExchange.reading { () throws(FormatError) in try reader.marks() }
      states = reader
      for run in 0..<runs.starts.count where runs.range(run).contains(where: { marks[$0] != 0 }) {
        seen[Int(runs.groups[run])] = 1
      }
    default: try StateExchange.absorb(inner, &states, layout, runs, order)
    }
  }
}

/// The set of uniqExact.
extension DistinctState: ExchangedState {
  func encoded(_ layout: StateLayout) throws(SQLError) -> StringValues {
    let all = (0..<Int32(truncatingIfNeeded: table.count)).map { $0 }
    let columns = try table.columns(all)
    guard columns.count == 2, case .uint32(let owners) = columns[0].values else {
      throw SQLError(.notImplemented, "The states of DISTINCT are not supported")
    }
    let order = try CancellationPoint.sorted([SortKey(columns[0])], rowCount: owners.count)
    var offsets = [Int](repeating: 0, count: groupCount + 1)
    for owner in owners { offsets[Int(owner) + 1] += 1 }
    for group in 0..<groupCount { offsets[group + 1] += offsets[group] }
    let elements = try columns[1].picked(order)
    return StateWriter.lists(ArrayValues(offsets: offsets, elements: elements), areSized: false)
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    if let rows = try elements(&states, layout, runs, order) { try update(rows) }
  }
}
