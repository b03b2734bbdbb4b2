public import TickColumns
public import TickFormats

/// What goes into a segment, what comes out of its making, and what one asks of it.

/// A stored column. Ids bind, names do not: a renamed column keeps its id.
public struct SegmentField: Hashable, Sendable {
  public let id: UInt32
  public let name: String
  public let type: DataType

  public init(id: UInt32, name: String, type: DataType) {
    self.id = id
    self.name = name
    self.type = type
  }

  /// The hidden column that every segment has. Read it like a field; stored values are relative to the
  /// base of the manifest entry.
  public static let sequence = SegmentField(
    id: SegmentFormat.sequenceFieldID, name: "_sequence", type: .uint64)

  /// Ids from here on belong to the format; the catalog gives smaller ones.
  public static let firstReservedID = SegmentFormat.reservedFieldIDs
}

/// One column of the key that rows are ordered by.
public struct SegmentKeyColumn: Sendable {
  public let column: Column
  /// The field that holds the same values, if one does.
  public let fieldID: UInt32?

  public init(_ column: Column, fieldID: UInt32?) {
    self.column = column
    self.fieldID = fieldID
  }
}

/// Rows for one segment, in any order.
public struct SegmentInput: Sendable {
  public var fields: [SegmentField]
  /// One for each field, in the same order.
  public var columns: [Column]
  /// Most significant first; empty for `ORDER BY tuple()`.
  public var key: [SegmentKeyColumn]
  /// One for each row, relative to the base that publishing will give.
  public var sequences: [UInt64]
  /// Of which columns the segment keeps candles.
  public var candles: CandleColumns?
  /// For rows at rest: chunks may be packed as a whole, in fewer bytes that take longer to write and to read.
  public var isCold = false

  public init(
    fields: [SegmentField], columns: [Column], key: [SegmentKeyColumn], sequences: [UInt64],
    candles: CandleColumns? = nil
  ) {
    self.fields = fields
    self.columns = columns
    self.key = key
    self.sequences = sequences
    self.candles = candles
  }
}

/// What is known of a field's values without reading them. Every value that is neither NULL nor NaN lies
/// between the bounds; a bound that is nil says nothing.
public struct FieldBounds: Hashable, Sendable {
  public var minimum: Value?
  public var maximum: Value?
  public var hasNull: Bool
  public var hasNaN: Bool

  public init(minimum: Value?, maximum: Value?, hasNull: Bool = false, hasNaN: Bool = false) {
    self.minimum = minimum
    self.maximum = maximum
    self.hasNull = hasNull
    self.hasNaN = hasNaN
  }
}

/// A written segment, as the manifest keeps it.
public struct SegmentDescriptor: Hashable, Sendable {
  public var fileID: UInt64
  public var byteCount: Int
  /// Hash of the footer, which holds the hashes of everything else.
  public var footerHash: Hash128
  public var rowCount: Int
  /// Smallest and largest sequence as stored; add the base. Both 0 when there is no row.
  public var sequenceMinimum: UInt64
  public var sequenceMaximum: UInt64
  /// By field id.
  public var bounds: [UInt32: FieldBounds]

  public init(
    fileID: UInt64, byteCount: Int, footerHash: Hash128, rowCount: Int, sequenceMinimum: UInt64,
    sequenceMaximum: UInt64, bounds: [UInt32: FieldBounds]
  ) {
    self.fileID = fileID
    self.byteCount = byteCount
    self.footerHash = footerHash
    self.rowCount = rowCount
    self.sequenceMinimum = sequenceMinimum
    self.sequenceMaximum = sequenceMaximum
    self.bounds = bounds
  }
}

/// A condition on one field, for skipping what cannot satisfy it. NULL and NaN satisfy no range. Values are of the
/// field's type as a column holds them: a FixedString in its full width, a Decimal in its own scale.
public struct FieldConstraint: Hashable, Sendable {
  public enum Condition: Hashable, Sendable {
    /// A bound that is nil is open.
    case range(lower: Value?, lowerIsInclusive: Bool, upper: Value?, upperIsInclusive: Bool)
    /// Equal to one of these; `.null` among them means the rows that are NULL.
    case oneOf([Value])
  }

  public var fieldID: UInt32
  public var condition: Condition

  public init(fieldID: UInt32, condition: Condition) {
    self.fieldID = fieldID
    self.condition = condition
  }
}

/// Blocks of one row group that are left after pruning.
public struct RowGroupSelection: Hashable, Sendable {
  public var group: Int
  /// Bit i stands for block i of the group.
  public var blocks: UInt64
  /// Rows of these blocks.
  public var rowCount: Int

  public init(group: Int, blocks: UInt64, rowCount: Int) {
    self.group = group
    self.blocks = blocks
    self.rowCount = rowCount
  }
}
