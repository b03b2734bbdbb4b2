/// Writes rows that come in the order of their table into segments of about equal size that nothing names yet.
///
/// Invariants:
/// 1. Rows keep their sequences; the base of a segment is the smallest of them.
/// 2. At most `rowsMax` rows, or `bytesMax` bytes of them, and one batch are held in memory.
import TickColumns
import TickSQL
import TickStorage

struct SegmentOutput {
  /// Bytes of rows in memory after which a segment is written, however few rows it has.
  static let bytesMax = 256 << 20

  private(set) var entries: [SegmentEntry] = []
  private let store: Store
  private let layout: TableLayout
  private let partition: PartitionSpan
  private let level: UInt8
  private let rowsMax: Int
  private var pending: [Batch] = []
  private var pendingRows = 0
  private var pendingBytes = 0

  init(store: Store, layout: TableLayout, partition: PartitionSpan, level: UInt8, rowsMax: Int) {
    self.store = store
    self.layout = layout
    self.partition = partition
    self.level = level
    self.rowsMax = rowsMax
  }

  /// Adds rows that begin with the table's stored columns and end with `_sequence`.
  mutating func add(_ batch: Batch) throws(SQLError) {
    var rest = batch
    while rest.rowCount > 0 {
      let room = min(rest.rowCount, rowsMax - pendingRows)
      let taken = rest.slice(0..<room)
      pending.append(taken)
      pendingRows += room
      pendingBytes += taken.columns.reduce(0) { $0 + $1.memoryBytes }
      rest = rest.slice(room..<rest.rowCount)
      if pendingRows == rowsMax || pendingBytes >= Self.bytesMax { try flush() }
    }
  }

  /// Writes what is pending.
  mutating func flush() throws(SQLError) {
    guard pendingRows > 0 else { return }
    let count = layout.fields.count
    let columns = layout.fields.indices.map { position in
      Column.concatenate(layout.fields[position].type, pending.map { $0.columns[position] })
    }
    var sequences: [UInt64] = []
    sequences.reserveCapacity(pendingRows)
    for batch in pending {
      precondition(batch.columns.count > count, "rows without sequences")
      guard case .uint64(let own) = batch.columns[batch.columns.count - 1].values else {
        preconditionFailure("sequences that are no UInt64")
      }
      sequences += own
    }
    let rowCount = pendingRows
    (pending, pendingRows, pendingBytes) = ([], 0, 0)
    let base = sequences.min() ?? 0
    for i in sequences.indices { sequences[i] -= base }
    var input = try layout.segmentInput(Batch(columns, rowCount: rowCount), sequences: sequences)
    input.isCold = level >= CompactionPolicy.restLevel
    do throws(StorageError) {
      let descriptor = try store.writeSegment(input, table: layout.definition.id)
      entries.append(
        SegmentEntry(
          partition: partition, descriptor: descriptor, sequenceBase: base, level: level))
    } catch {
      throw SQLError(storage: error)
    }
  }

  /// Removes the files; for a rewrite that is given up.
  func discard() { store.discard(entries.map(\.fileID), table: layout.definition.id) }
}

extension TableLayout {
  /// Rows of all stored columns as a segment takes them.
  func segmentInput(_ batch: Batch, sequences: [UInt64]) throws(SQLError) -> SegmentInput {
    SegmentInput(
      fields: fields.map { SegmentField(id: $0.id, name: $0.name, type: $0.type) },
      columns: batch.columns,
      key: zip(try keyColumns(of: batch), keyFields).map { column, field in
        SegmentKeyColumn(column, fieldID: field.map { fields[$0].id })
      },
      sequences: sequences, candles: definition.candles)
  }
}
