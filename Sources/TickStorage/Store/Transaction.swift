/// Rows to be added together: of one or more tables, all or nothing, visible at one moment.
///
/// Storage knows no expressions: whoever makes a transaction has split its rows by partition and evaluated the
/// key columns.
public import TickColumns

/// When a transaction is answered and shown.
public enum Acknowledgement: Sendable {
  /// It is on the medium: power may go.
  case disk
  /// The operating system has it: the process may be killed. It is on the medium a sync later; until then a loss of power takes
  /// it, and all that came after it.
  case system
}

public struct Transaction: Sendable {
  public var parts: [TransactionPart]
  /// What the rows are known by: a transaction whose mark the table knows is not committed again.
  public var mark: TableMark?
  public var acknowledgement: Acknowledgement

  public init(
    _ parts: [TransactionPart], mark: TableMark? = nil, acknowledgement: Acknowledgement = .disk
  ) {
    self.parts = parts
    self.mark = mark
    self.acknowledgement = acknowledgement
  }

  /// Nothing to be written down.
  var isEmpty: Bool { rowCount == 0 && mark == nil }

  public var rowCount: Int { parts.reduce(0) { $0 + $1.rowCount } }

  /// How many sequences the rows take: one past the highest offset.
  public var sequenceCount: UInt64 { parts.reduce(0) { max($0, $1.sequenceEnd) } }
}

/// Rows of one partition of one table.
public struct TransactionPart: Sendable {
  public let definition: TableDefinition
  /// The text of the partition's value.
  public let partition: String
  /// One column for each stored field of the definition, in its order.
  public let columns: Batch
  /// The columns that rows are ordered by, most significant first. One that is a field says so by its id.
  public let key: [SegmentKeyColumn]
  /// For each row its place in the transaction, which decides its sequence; nil for 0, 1, 2, ...
  public let sequenceOffsets: [UInt32]?

  public init(
    definition: TableDefinition, partition: String, columns: Batch, key: [SegmentKeyColumn],
    sequenceOffsets: [UInt32]? = nil
  ) {
    precondition(
      columns.columns.map(\.type) == definition.storedFields.map(\.type),
      "columns that are not the table's")
    precondition(
      key.allSatisfy { $0.column.count == columns.rowCount }
        && (sequenceOffsets.map { $0.count == columns.rowCount } ?? true),
      "key columns or sequences of another length than the rows")
    precondition(
      key.allSatisfy { column in
        column.fieldID.map { id in definition.fields.contains { $0.id == id && $0.isStored } }
          ?? true
      }, "a key column names a field that the table does not have")
    self.definition = definition
    self.partition = partition
    self.columns = columns
    self.key = key
    self.sequenceOffsets = sequenceOffsets
  }

  public var rowCount: Int { columns.rowCount }

  var sequenceEnd: UInt64 {
    guard let sequenceOffsets else { return UInt64(rowCount) }
    return sequenceOffsets.max().map { UInt64($0) + 1 } ?? 0
  }
}
