import TickColumns

/// The states behind -Array, -ForEach, -Resample, -ArgMin, -ArgMax and -Tuple. All but -Array keep groups of the
/// inner state that are parts of the groups here.

/// -Array: the elements of a row's arrays are rows.
final class ArrayState: AggregateState {
  let inner: any AggregateState

  init(_ inner: any AggregateState) { self.inner = inner }

  func resize(_ count: Int) { inner.resize(count) }

  func update(_ input: AggregateInput) throws(SQLError) {
    let elements = try ElementRows(input, "the arrays of an aggregate function")
    guard !elements.rows.isEmpty else { return }
    var runs = GroupRuns(starts: [], groups: [], rows: elements.rows.count)
    var next = 0
    for run in 0..<input.runs.starts.count {
      let first = next
      for row in input.runs.range(run) { next += elements.arrays[0].range(row).count }
      if next > first {
        runs.starts.append(Int32(truncatingIfNeeded: first))
        runs.groups.append(input.runs.groups[run])
      }
    }
    try inner.update(elements.input(runs, input.order))
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? ArrayState else { return }
    try inner.merge(other.inner, groups)
  }

  func finish() throws(SQLError) -> Column { try inner.finish() }
  var byteCount: Int { inner.byteCount }
}

extension ArrayState: ExchangedWrapper {}

/// The elements of arrays that stand side by side, as rows.
private struct ElementRows {
  let arrays: [ArrayRows]
  /// The row that each element belongs to.
  private(set) var rows: [Int32] = []
  /// The place of each in its array.
  private(set) var places: [Int32] = []
  private var positions: [[Int32]]

  init(_ input: AggregateInput, _ what: String) throws(SQLError) {
    arrays = input.operands.indices.map { ArrayRows(.column(input.column($0))) }
    positions = Array(repeating: [], count: arrays.count)
    for row in 0..<input.rows {
      let length = arrays[0].range(row).count
      guard rows.count + length <= ArrayRows.elementsMax else {
        throw SQLError(
          .tooLargeArraySize, "Arrays of more than \(ArrayRows.elementsMax) elements in one batch")
      }
      for (i, array) in arrays.enumerated() {
        let range = array.range(row)
        guard range.count == length else {
          throw SQLError(.sizesOfArraysDontMatch, "Sizes of \(what) do not match")
        }
        for place in range { positions[i].append(Int32(truncatingIfNeeded: place)) }
      }
      for place in 0..<length {
        rows.append(Int32(truncatingIfNeeded: row))
        places.append(Int32(truncatingIfNeeded: place))
      }
    }
  }

  /// Elements of one row keep their order, for they have its number and stand in it.
  func input(_ runs: GroupRuns, _ order: RowOrder) -> AggregateInput {
    AggregateInput(
      operands: zip(arrays, positions).map { array, positions in
        .column(array.elements.gather(positions).expandingCodes())
      }, rows: rows.count, runs: runs, order: order.compacted(rows))
  }
}

/// -ForEach: an aggregate for each place in the arrays.
final class ForEachState: AggregateState {
  private let inner: any AggregateState
  private let type: DataType
  /// The inner group of each place of each group.
  private var parts: [[Int32]] = []
  private var partCount = 0

  init(_ inner: any AggregateState, _ type: DataType) {
    self.inner = inner
    self.type = type
  }

  func resize(_ count: Int) { parts.extend(to: count, with: []) }

  func update(_ input: AggregateInput) throws(SQLError) {
    let elements = try ElementRows(input, "the arrays of an aggregate function")
    guard !elements.rows.isEmpty else { return }
    let owners = input.rowGroups
    var groups: [Int32] = []
    groups.reserveCapacity(elements.rows.count)
    for (row, place) in zip(elements.rows, elements.places) {
      groups.append(part(Int(owners[Int(row)]), Int(place)))
    }
    inner.resize(partCount)
    let runs = GroupRuns(
      starts: groups.indices.map { Int32(truncatingIfNeeded: $0) }, groups: groups,
      rows: groups.count)
    try inner.update(elements.input(runs, input.order))
  }

  private func part(_ group: Int, _ place: Int) -> Int32 {
    while parts[group].count <= place {
      parts[group].append(Int32(truncatingIfNeeded: partCount))
      partCount += 1
    }
    return parts[group][place]
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? ForEachState else { return }
    var target = [Int32](repeating: 0, count: other.partCount)
    for (theirs, ours) in groups.enumerated() {
      for (place, part) in other.parts[theirs].enumerated() {
        target[Int(part)] = self.part(Int(ours), place)
      }
    }
    inner.resize(partCount)
    if !target.isEmpty { try inner.merge(other.inner, target) }
  }

  func finish() throws(SQLError) -> Column {
    inner.resize(partCount)
    let results = try inner.finish()
    var offsets = [0]
    for group in parts { offsets.append(offsets[offsets.count - 1] + group.count) }
    let elements = results.gather(parts.flatMap { $0 })
    return Column(.array(type), .array(ArrayValues(offsets: offsets, elements: elements)))
  }

  var byteCount: Int { inner.byteCount + partCount * 4 + parts.count * 8 }
}

/// -Resample: an aggregate for each bucket of the last argument. Group g has the inner groups from g * count on.
final class ResampleState: AggregateState {
  private let inner: any AggregateState
  private let range: ResampleRange
  private let type: DataType
  private var groupCount = 0

  init(_ inner: any AggregateState, _ range: ResampleRange, _ type: DataType) {
    self.inner = inner
    self.range = range
    self.type = type
  }

  func resize(_ count: Int) {
    guard count > groupCount else { return }
    groupCount = count
    inner.resize(count * range.count)
  }

  func update(_ input: AggregateInput) throws(SQLError) {
    var rest = input
    guard let key = rest.operands.popLast() else { return }
    let keys = key.integers(Int64.self)
    let isUnsigned64 = key.type.withoutNullable.physical == .uint64
    let owners = input.rowGroups
    var positions: [Int32] = []
    var groups: [Int32] = []
    for row in 0..<input.rows {
      let value = keys.element(row)
      guard !isUnsigned64 || value >= 0, let bucket = range.bucket(value) else { continue }
      positions.append(Int32(truncatingIfNeeded: row))
      groups.append(Int32(truncatingIfNeeded: Int(owners[row]) * range.count + bucket))
    }
    guard !positions.isEmpty else { return }
    var part = rest.gathered(positions)
    part.runs = GroupRuns(
      starts: groups.indices.map { Int32(truncatingIfNeeded: $0) }, groups: groups,
      rows: groups.count)
    try inner.update(part)
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? ResampleState, range.count > 0 else { return }
    var target: [Int32] = []
    for ours in groups {
      for bucket in 0..<range.count {
        target.append(Int32(truncatingIfNeeded: Int(ours) * range.count + bucket))
      }
    }
    try inner.merge(other.inner, target)
  }

  func finish() throws(SQLError) -> Column {
    let results =
      range.count == 0 ? Column(type, of: []) : try inner.finish()
    let offsets = (0...groupCount).map { $0 * range.count }
    return Column(.array(type), .array(ArrayValues(offsets: offsets, elements: results)))
  }

  var byteCount: Int { inner.byteCount }
}

/// -ArgMin and -ArgMax: the aggregate of the rows that have the least or the greatest key.
///
/// Inner group 0 takes what is no longer wanted, inner group 1 stays empty; a better key begins a new one.
final class ExtremeKeyState: AggregateState {
  private let inner: any AggregateState
  private let key: DataType
  private let isMax: Bool
  private var keys: [Value?] = []
  private var parts: [Int32] = []
  private var partCount = 2
  private var bytes = 0

  init(_ inner: any AggregateState, key: DataType, isMax: Bool) {
    self.inner = inner
    self.key = key
    self.isMax = isMax
    inner.resize(2)
  }

  func resize(_ count: Int) {
    keys.extend(to: count, with: nil)
    parts.extend(to: count, with: 1)
  }

  func update(_ input: AggregateInput) throws(SQLError) {
    var rest = input
    guard let last = rest.operands.popLast()?.column(rows: input.rows) else { return }
    var positions: [Int32] = []
    var groups: [Int32] = []
    for run in 0..<input.runs.starts.count {
      let range = input.runs.range(run)
      guard var best = range.first else { continue }
      for row in range.dropFirst() where isBetter(compareRows(last, row, best)) { best = row }
      let group = Int(input.runs.groups[run])
      let value = last.value(at: best)
      if let known = keys[group] {
        let order = compareValues(value, known, of: key)
        if isBetter(order) { begin(group, value) }
        if !isBetter(order), order != 0 { continue }
      } else {
        begin(group, value)
      }
      for row in range where compareRows(last, row, best) == 0 {
        positions.append(Int32(truncatingIfNeeded: row))
        groups.append(parts[group])
      }
    }
    guard !positions.isEmpty else { return }
    inner.resize(partCount)
    var part = rest.gathered(positions)
    part.runs = GroupRuns(
      starts: groups.indices.map { Int32(truncatingIfNeeded: $0) }, groups: groups,
      rows: groups.count)
    try inner.update(part)
  }

  private func isBetter(_ order: Int) -> Bool { isMax ? order > 0 : order < 0 }

  private func begin(_ group: Int, _ value: Value) {
    keys[group] = value
    parts[group] = Int32(truncatingIfNeeded: partCount)
    partCount += 1
    bytes += value.byteCount
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? ExtremeKeyState else { return }
    var target = [Int32](repeating: 0, count: other.partCount)
    for (theirs, group) in groups.enumerated() {
      guard let value = other.keys[theirs] else { continue }
      let ours = Int(group)
      if let known = keys[ours] {
        let order = compareValues(value, known, of: key)
        if isBetter(order) { begin(ours, value) }
        if !isBetter(order), order != 0 { continue }
      } else {
        begin(ours, value)
      }
      target[Int(other.parts[theirs])] = parts[ours]
    }
    inner.resize(partCount)
    try inner.merge(other.inner, target)
  }

  func finish() throws(SQLError) -> Column {
    inner.resize(partCount)
    return try inner.finish().gather(parts)
  }

  var byteCount: Int { inner.byteCount + keys.count * 40 + bytes }
}

/// -Tuple: an aggregate for each element.
final class TupleState: AggregateState {
  private let inner: [any AggregateState]
  private let type: DataType
  private var groupCount = 0

  init(_ inner: [any AggregateState], _ type: DataType) {
    self.inner = inner
    self.type = type
  }

  func resize(_ count: Int) {
    groupCount = max(groupCount, count)
    for state in inner { state.resize(count) }
  }

  func update(_ input: AggregateInput) throws(SQLError) {
    guard case .tuple(let columns, _) = input.column(0).values else { return }
    for (state, column) in zip(inner, columns) {
      var part = input
      part.operands = [.column(column.expandingCodes())]
      try state.update(part)
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? TupleState else { return }
    for (ours, theirs) in zip(inner, other.inner) { try ours.merge(theirs, groups) }
  }

  func finish() throws(SQLError) -> Column {
    var columns: [Column] = []
    for state in inner { columns.append(try state.finish()) }
    return Column(type, .tuple(columns, count: groupCount))
  }

  var byteCount: Int { inner.reduce(0) { $0 + $1.byteCount } }
}
