import TickColumns

/// Aggregates that must see all rows of a group, in the order in which they arrived: rows are kept, brought into
/// order at the end and folded then, so that neither blocks nor threads matter.

/// The rows of all groups, group by group.
struct CollectedRows {
  /// The arguments.
  let columns: [Column]
  /// Rows of group g are `offsets[g]..<offsets[g + 1]`, in order of arrival.
  let offsets: [Int]

  var groups: Range<Int> { 0..<offsets.count - 1 }

  func rows(_ group: Int) -> Range<Int> { offsets[group]..<offsets[group + 1] }

  /// An argument as doubles, decimals as the numbers that they mean.
  func measures(_ argument: Int) -> [Double] {
    let count = columns[argument].count
    return KernelValue.column(columns[argument]).measures().map(rows: count) { $0 }
  }

  /// An argument as doubles.
  func doubles(_ argument: Int) -> [Double] {
    switch KernelValue.column(columns[argument]).doubles() {
    case .array(let values): values
    case .scalar(let value): Array(repeating: value, count: columns[argument].count)
    }
  }

  /// An argument's truth, a byte a row.
  func truths(_ argument: Int) -> [UInt8] {
    truth(.column(columns[argument]), rows: columns[argument].count)
  }

  /// Arrays of an argument's values, picked group by group.
  func picked(
    _ argument: Int, _ pick: (Range<Int>) throws(SQLError) -> [Int]
  ) throws(SQLError) -> Column {
    var offsets = [0]
    var positions: [Int32] = []
    for group in groups {
      for row in try pick(rows(group)) { positions.append(Int32(truncatingIfNeeded: row)) }
      offsets.append(positions.count)
    }
    let elements = try columns[argument].picked(positions)
    return Column(
      .array(elements.type), .array(ArrayValues(offsets: offsets, elements: elements)))
  }
}

final class CollectedRowsState: AggregateState {
  private let types: [DataType]
  private let fold: Fold
  private var parts: [[Column]] = []
  private var groups: [Int32] = []
  private var orders: [UInt64] = []
  private var groupCount = 0
  private var bytes = 0

  /// The results, a row for each group.
  typealias Fold = @Sendable (CollectedRows) throws(SQLError) -> Column

  init(_ types: [DataType], _ fold: @escaping Fold) {
    self.types = types
    self.fold = fold
  }

  func resize(_ count: Int) { groupCount = max(groupCount, count) }

  func update(_ input: AggregateInput) {
    let columns = types.indices.map { input.column($0) }
    parts.append(columns)
    bytes += columns.reduce(0) { $0 + $1.byteCount }
    groups.reserveCapacity(groups.count + input.rows)
    for run in 0..<input.runs.starts.count {
      for row in input.runs.range(run) {
        groups.append(input.runs.groups[run])
        orders.append(input.order.number(row))
      }
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? CollectedRowsState else { return }
    parts += other.parts
    bytes += other.bytes
    orders += other.orders
    try CancellationPoint.forEachPiece(of: other.groups.indices) { piece in
      for group in other.groups[piece] { self.groups.append(groups[Int(group)]) }
    }
  }

  func finish() throws(SQLError) -> Column {
    let owners = Column(.int32, .int32(groups))
    let order = try CancellationPoint.sorted(
      [SortKey(owners)], rowCount: groups.count, tieBreak: orders)
    var offsets = [Int](repeating: 0, count: groupCount + 1)
    for group in groups { offsets[Int(group) + 1] += 1 }
    for group in 0..<groupCount { offsets[group + 1] += offsets[group] }
    var columns: [Column] = []
    for (i, type) in types.enumerated() {
      columns.append(
        try CancellationPoint.concatenate(type, parts.map { $0[i] }).picked(order))
    }
    return try fold(CollectedRows(columns: columns, offsets: offsets))
  }

  var byteCount: Int { bytes + groups.count * 12 }
}

extension AggregateResolution {
  /// A fold over the rows of each group, given that the arguments have these types.
  static func collected(
    _ types: [DataType], _ result: DataType, neverNull: Bool = false,
    _ fold: @escaping CollectedRowsState.Fold
  ) -> AggregateResolution {
    AggregateResolution(type: result, needsOrder: true, neverNull: neverNull) {
      CollectedRowsState(types, fold)
    }
  }

  /// A double for each group.
  static func collectedReal(
    _ types: [DataType],
    _ fold: @escaping @Sendable (CollectedRows, Range<Int>) throws(SQLError) -> Double
  ) -> AggregateResolution {
    collected(types, .float64) { (rows) throws(SQLError) in
      Column(
        .float64,
        .float64(
          try CancellationPoint.map(rows.groups.count) { (group) throws(SQLError) in
            try fold(rows, rows.rows(group))
          }))
    }
  }
}

extension AggregateBinding {
  /// The only parameter, a positive number of elements.
  func count(default other: Int?) throws(SQLError) -> Int? {
    guard parameters.count <= 1 else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Incorrect number of parameters for aggregate function \(name), should be 0 or 1",
        at: position)
    }
    guard let parameter = parameters.first else { return other }
    guard parameter.type.isInteger, let count = parameter.value.int64, count > 0 else {
      throw SQLError(
        .badArguments, "Parameter for aggregate function \(name) should be positive integer",
        at: position)
    }
    return Int(clamping: count)
  }

  func requireParameters(_ wanted: ClosedRange<Int>) throws(SQLError) {
    guard wanted.contains(parameters.count) else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Aggregate function \(name) takes \(wanted.lowerBound) to \(wanted.upperBound) parameters, "
          + "\(parameters.count) given", at: position)
    }
  }
}
