import TickColumns

/// The setting `extremes`: the least and the greatest value of each column of a result.
///
/// NULL and NaN count only where there is nothing else; a tuple's are those of each element by itself.
struct ExtremeValues {
  private var columns: [ColumnExtremes]
  private var hasRows = false

  init(_ schema: Schema) { columns = schema.fields.map { ColumnExtremes($0.type) } }

  mutating func add(_ batch: Batch) throws(SQLError) {
    guard batch.rowCount > 0 else { return }
    hasRows = true
    for i in columns.indices { try columns[i].add(batch.columns[i]) }
  }

  /// Two rows: the least values, the greatest ones.
  func batch() throws(SQLError) -> Batch? {
    guard hasRows else { return nil }
    var out: [Column] = []
    for column in columns { out.append(try column.column()) }
    return Batch(out, rowCount: 2)
  }
}

private struct ColumnExtremes {
  private let type: DataType
  /// Of a tuple: its elements; else the two states.
  private var elements: [ColumnExtremes] = []
  private let least: any AggregateState
  private let greatest: any AggregateState

  init(_ type: DataType) {
    self.type = type
    if case .tuple(let parts) = type { elements = parts.map { ColumnExtremes($0.type) } }
    // NULL where there is no value.
    least = PresenceState(AggregateFunction.extremumState(type.plain, isMax: false), .null)
    greatest = PresenceState(AggregateFunction.extremumState(type.plain, isMax: true), .null)
    least.resize(1)
    greatest.resize(1)
  }

  mutating func add(_ column: Column) throws(SQLError) {
    if case .tuple(let parts, _) = column.values {
      for i in elements.indices { try elements[i].add(parts[i]) }
      return
    }
    guard type.plain != .nothing else { return }
    var values = column.type.isNullable ? column.withoutMarks : column
    if let marks = column.validity, marks.contains(0) {
      values = values.gather(markedPositions(marks))
    }
    guard values.count > 0 else { return }
    let input = AggregateInput(
      operands: [KernelValue.column(values).withoutCodes], rows: values.count,
      runs: GroupRuns(starts: [0], groups: [0], rows: values.count), order: .ascending(0))
    try least.update(input)
    try greatest.update(input)
  }

  func column() throws(SQLError) -> Column {
    if case .tuple = type {
      var parts: [Column] = []
      for element in elements { parts.append(try element.column()) }
      return Column(type, .tuple(parts, count: 2))
    }
    if type.plain == .nothing { return Column(type, .nothing(count: 2)) }
    let values = [try least.finish(), try greatest.finish()]
    return Column(type, of: values.map { $0.value(at: 0) })
  }
}

extension DataType {
  /// Without NULL and without a dictionary.
  fileprivate var plain: DataType { withoutNullable.withoutLowCardinality }
}
