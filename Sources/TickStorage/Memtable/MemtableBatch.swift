/// Rows in memory: of one partition, with their sequences, as they were committed. Immutable and shared.
public import TickColumns

public final class MemtableBatch: Sendable {
  public let partition: String
  /// The fields that the rows were made with, which may be more or fewer than the table has now.
  public let fieldIDs: [UInt32]
  /// One column for each of the fields.
  public let columns: Batch
  public let key: [SegmentKeyColumn]
  /// One for each row.
  public let sequences: [UInt64]
  /// About how much memory the rows take.
  public let byteCount: Int

  public var rowCount: Int { sequences.count }

  init(
    partition: String, fieldIDs: [UInt32], columns: Batch, key: [SegmentKeyColumn],
    sequences: [UInt64]
  ) {
    precondition(sequences.count == columns.rowCount, "rows without sequences")
    precondition(fieldIDs.count == columns.columns.count, "columns without fields")
    self.partition = partition
    self.fieldIDs = fieldIDs
    self.columns = columns
    self.key = key
    self.sequences = sequences
    // A key column that is a field shares the field's memory.
    let own = key.filter { $0.fieldID == nil }.map(\.column)
    byteCount = (columns.columns + own).reduce(200 + 8 * sequences.count) { $0 + $1.memoryBytes }
  }

  convenience init(_ part: TransactionPart, firstSequence: UInt64) {
    let sequences =
      part.sequenceOffsets.map { $0.map { firstSequence + UInt64($0) } }
      ?? (0..<part.rowCount).map { firstSequence + UInt64($0) }
    self.init(
      partition: part.partition, fieldIDs: part.definition.storedFields.map(\.id),
      columns: part.columns, key: part.key, sequences: sequences)
  }

  /// True when the rows can be joined: of one partition, and made with the same fields.
  func hasShape(of other: MemtableBatch) -> Bool {
    partition == other.partition && hasFields(of: other)
  }

  /// True when the rows were made with the same fields.
  func hasFields(of other: MemtableBatch) -> Bool {
    fieldIDs == other.fieldIDs
      && zip(columns.columns, other.columns.columns).allSatisfy { $0.type == $1.type }
  }

  /// The column of a field in the type that the table gives it now; nil where the rows lack it.
  public func column(of field: TableField) -> Column? {
    fieldIDs.firstIndex(of: field.id).map { columns.columns[$0].retyped(field.type) }
  }

  /// The rows of several batches of one table, made with the same fields, as one; of several partitions it has the
  /// name of the first.
  static func joined(_ batches: [MemtableBatch]) -> MemtableBatch {
    precondition(!batches.isEmpty, "no batches to join")
    let first = batches[0]
    if batches.count == 1 { return first }
    precondition(batches.allSatisfy(first.hasFields), "batches of different fields")
    let columns = first.columns.columns.indices.map { position in
      Column.concatenate(
        first.columns.columns[position].type, batches.map { $0.columns.columns[position] })
    }
    let rowCount = batches.reduce(0) { $0 + $1.rowCount }
    let key = first.key.indices.map { position in
      SegmentKeyColumn(
        Column.concatenate(
          first.key[position].column.type, batches.map { $0.key[position].column }),
        fieldID: first.key[position].fieldID)
    }
    return MemtableBatch(
      partition: first.partition, fieldIDs: first.fieldIDs,
      columns: Batch(columns, rowCount: rowCount), key: key, sequences: batches.flatMap(\.sequences)
    )
  }
}

extension Column {
  /// About how much memory the values take; a dictionary is counted as if nobody shared it.
  package var memoryBytes: Int {
    let values =
      switch self.values {
      case .int8, .uint8: count
      case .int16, .uint16: 2 * count
      case .int32, .uint32, .float32: 4 * count
      case .int64, .uint64, .float64: 8 * count
      case .int128, .uint128: 16 * count
      case .string(let v): 8 * count + v.bytes.count
      case .codes(_, let dictionary):
        4 * count + 8 * dictionary.count + dictionary.values.bytes.count
      case .tuple(let columns, _): columns.reduce(0) { $0 + $1.memoryBytes }
      case .array(let v): 8 * count + v.elements.memoryBytes
      case .nothing: 0
      }
    return values + (validity?.count ?? 0)
  }
}
