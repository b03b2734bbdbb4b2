/// States as values: what -State gives, what -Merge takes, and how both reach the state of the aggregate.
///
/// Invariants:
/// 1. A state goes out in the bytes of its layout, which are ClickHouse's. What they cannot hold is an error, but for
///    the digits of a Float64 beyond its precision (dialect.md, States).
/// 2. Bytes that come in are checked part by part and to their end: wrong ones are an error, whatever they say.
/// 3. A state that comes in has arrived when its row has: it keeps no order of the rows it was made of.
import TickColumns
import TickFormats

/// A state that can be written as bytes and be given states that were.
protocol ExchangedState: AggregateState {
  /// The states of all groups.
  func encoded(_ layout: StateLayout) throws(SQLError) -> StringValues
  /// Adds the states of rows that lie in runs; `states` is left behind them.
  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError)
}

/// A state around another one, which has the bytes.
protocol ExchangedWrapper: ExchangedState {
  var inner: any AggregateState { get }
}

extension ExchangedWrapper {
  func encoded(_ layout: StateLayout) throws(SQLError) -> StringValues {
    try StateExchange.encoded(inner, layout)
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    try StateExchange.absorb(inner, &states, layout, runs, order)
  }
}

/// -State: the state itself is the result.
final class StateOutput: AggregateState {
  private let inner: any AggregateState
  private let type: AggregateStateType

  init(_ inner: any AggregateState, _ type: AggregateStateType) {
    self.inner = inner
    self.type = type
  }

  func resize(_ count: Int) { inner.resize(count) }

  func update(_ input: AggregateInput) throws(SQLError) { try inner.update(input) }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? StateOutput else { return }
    try inner.merge(other.inner, groups)
  }

  func finish() throws(SQLError) -> Column {
    Column(.aggregateFunction(type), .string(try StateExchange.encoded(inner, type.layout)))
  }

  var byteCount: Int { inner.byteCount }
}

/// -Merge: the aggregate of the rows that the states given have seen.
final class MergingState: AggregateState {
  let inner: any AggregateState
  private let layout: StateLayout

  init(_ inner: any AggregateState, _ layout: StateLayout) {
    self.inner = inner
    self.layout = layout
  }

  func resize(_ count: Int) { inner.resize(count) }

  func update(_ input: AggregateInput) throws(SQLError) {
    guard case .string(let states) = input.column(0).values else { return }
    var reader = StateReader(states)
    try StateExchange.absorb(inner, &reader, layout, input.runs, input.order)
    try StateExchange.reading { () throws(FormatError) in try reader.finish() }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? MergingState else { return }
    try inner.merge(other.inner, groups)
  }

  func finish() throws(SQLError) -> Column { try inner.finish() }
  var byteCount: Int { inner.byteCount }
}

/// -MergeState: one state of many.
extension MergingState: ExchangedWrapper {}

enum StateExchange {
  static func encoded(
    _ state: any AggregateState, _ layout: StateLayout
  ) throws(SQLError) -> StringValues {
    let exchanged = try exchanged(state)
    // A count under -If has a mark in ClickHouse that says nothing.
    if case .marked(let inner) = layout, !exchanged.readsMarks {
      let states = try exchanged.encoded(inner)
      return StateWriter.marked(states, [UInt8](repeating: 1, count: states.count))
    }
    return try exchanged.encoded(layout)
  }

  static func absorb(
    _ state: any AggregateState, _ states: inout StateReader, _ layout: StateLayout,
    _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    let exchanged = try exchanged(state)
    guard case .marked(let inner) = layout, !exchanged.readsMarks else {
      return try exchanged.absorb(&states, layout, runs, order)
    }
    try marked(&states) { (part, positions) throws(SQLError) in
      try exchanged.absorb(
        &part, inner, runs.compacted(positions), order.compacted(positions))
    }
  }

  /// Reads marks and hands on the states behind those that are 1; nothing where there is none.
  static func marked(
    _ states: inout StateReader,
    _ body: (inout StateReader, [Int32]) throws(SQLError) -> Void
  ) throws(SQLError) {
    var reader = states
    let marks = try reading { () throws(FormatError) in try reader.marks() }
    let positions = markedPositions(marks)
    if !positions.isEmpty {
      var part = reader.part(positions)
      try body(&part, positions)
      reader.advance(positions, behind: part)
    }
    states = reader
  }

  private static func exchanged(
    _ state: any AggregateState
  ) throws(SQLError) -> any ExchangedState {
    guard let exchanged = state as? any ExchangedState else {
      throw SQLError(.notImplemented, "The states of this aggregate function are not supported")
    }
    return exchanged
  }

  /// An error of the bytes of a state as one of the query.
  static func reading<Result>(
    _ body: () throws(FormatError) -> Result
  ) throws(SQLError) -> Result {
    do throws(FormatError) {
      return try body()
    } catch {
      throw SQLError(error.code, error.message)
    }
  }
}

extension ExchangedState {
  /// The state keeps the marks of a marked layout, or hands it on to one that does.
  fileprivate var readsMarks: Bool {
    self is PresenceState || self is any ExchangedWrapper
  }

  /// The value that each of some states has chosen, as rows; nil where none has.
  func choices(
    _ states: inout StateReader, _ type: DataType, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) -> AggregateInput? {
    var reader = states
    let read = try StateExchange.reading { () throws(FormatError) in try reader.choices(type) }
    states = reader
    let positions = markedPositions(read.marks)
    guard !positions.isEmpty else { return nil }
    return AggregateInput(
      operands: [.column(read.values)], rows: positions.count, runs: runs.compacted(positions),
      order: order.compacted(positions))
  }

  func cells(_ states: inout StateReader, _ type: DataType) throws(SQLError) -> Column {
    var reader = states
    defer { states = reader }
    return try StateExchange.reading { () throws(FormatError) in try reader.cells(type) }
  }

  func counts(_ states: inout StateReader) throws(SQLError) -> [UInt64] {
    var reader = states
    defer { states = reader }
    return try StateExchange.reading { () throws(FormatError) in try reader.counts() }
  }

  /// The values that some states have collected, as rows; nil where there is none.
  func elements(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) -> AggregateInput? {
    let type: DataType
    var areSized = false
    switch layout {
    case .list(let element): type = element
    case .sizedList(let element): (type, areSized) = (element, true)
    default: throw SQLError(.logicalError, "a list is read from a state without one")
    }
    var reader = states
    let sized = areSized
    let arrays = try StateExchange.reading { () throws(FormatError) in
      try reader.lists(type, areSized: sized)
    }
    states = reader
    guard arrays.elements.count > 0 else { return nil }
    var rows: [Int32] = []
    rows.reserveCapacity(arrays.elements.count)
    var inner = GroupRuns(starts: [], groups: [], rows: arrays.elements.count)
    for run in 0..<runs.starts.count {
      let first = rows.count
      for row in runs.range(run) {
        for _ in arrays.range(at: row) { rows.append(Int32(truncatingIfNeeded: row)) }
      }
      guard rows.count > first else { continue }
      inner.starts.append(Int32(truncatingIfNeeded: first))
      inner.groups.append(runs.groups[run])
    }
    return AggregateInput(
      operands: [.column(arrays.elements)], rows: rows.count, runs: inner,
      order: order.compacted(rows))
  }

  /// Arrays of values, one for a group, in the layout of a list.
  func encodedLists(_ arrays: Column, _ layout: StateLayout) -> StringValues {
    guard case .array(let values) = arrays.values else { return StringValues() }
    if case .sizedList = layout { return StateWriter.lists(values, areSized: true) }
    return StateWriter.lists(values, areSized: false)
  }
}

extension StateLayout {
  /// The types of the cells or choices that the layout is a sequence of.
  var partTypes: [DataType] {
    switch self {
    case .cell(let type), .choice(let type), .list(let type), .sizedList(let type): [type]
    case .sequence(let parts): parts.flatMap(\.partTypes)
    case .marked(let inner): inner.partTypes
    case .count: []
    }
  }
}
