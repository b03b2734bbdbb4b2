/// The body of a log record: a transaction, self-contained. The page is storage-format/log.md.
internal import TickColumns

extension Transaction {
  func encode(into out: inout FieldWriter) {
    if let mark {
      out.put(mark.table)
      mark.mark.encode(into: &out)
    }
    out.put(UInt32(parts.count))
    for part in parts { part.encode(into: &out) }
  }
}

/// A transaction as it was read.
struct FoundTransaction: Sendable {
  let mark: TableMark?
  let parts: [FoundPart]

  /// The body of a record.
  init(_ bytes: [UInt8], _ record: FoundRecord, path: String) throws(StorageError) {
    var reader = FieldReader(
      bytes[record.body], path: path, fileOffset: record.body.lowerBound)
    if record.hasMark {
      let table: TableID = try reader.integer()
      mark = TableMark(table, try InsertMark(from: &reader))
    } else {
      mark = nil
    }
    parts = try FoundPart.read(from: &reader, record)
  }
}

extension TransactionPart {
  fileprivate func encode(into out: inout FieldWriter) {
    out.put(definition.id)
    out.put(partition)
    out.put(UInt32(rowCount))
    if let sequenceOffsets {
      out.put(UInt8(1))
      out.put(array: sequenceOffsets)
    } else {
      out.put(UInt8(0))
    }
    out.put(UInt32(columns.columns.count))
    for (field, column) in zip(definition.storedFields, columns.columns) {
      out.put(field.id)
      out.put(field.type.description)
      out.put(column)
    }
    out.put(UInt32(key.count))
    for column in key {
      if let fieldID = column.fieldID {
        out.put(UInt8(0))
        out.put(fieldID)
      } else {
        out.put(UInt8(1))
        out.put(column.column.type.description)
        out.put(column.column)
      }
    }
  }
}

/// A part as it was read: not bound to a table yet, which may be gone.
struct FoundPart: Sendable {
  let table: TableID
  let partition: String
  let rowCount: Int
  let sequenceOffsets: [UInt32]?
  let columns: [(fieldID: UInt32, column: Column)]
  let key: [SegmentKeyColumn]

  /// The parts of a record's body.
  fileprivate static func read(
    from reader: inout FieldReader, _ record: FoundRecord
  ) throws(StorageError) -> [FoundPart] {
    var parts: [FoundPart] = []
    for _ in 0..<(try reader.count(itemBytesMin: 25)) {
      parts.append(try FoundPart(from: &reader, record))
    }
    guard reader.remaining < 8 else { throw reader.corrupt("bytes after the last part") }
    try reader.skip(reader.remaining)
    return parts
  }

  private init(from reader: inout FieldReader, _ record: FoundRecord) throws(StorageError) {
    table = try reader.integer()
    partition = try reader.text()
    rowCount = Int(try reader.integer(UInt32.self))
    sequenceOffsets = try reader.flag() ? try reader.array(count: rowCount) : nil
    let highest = sequenceOffsets.map { $0.max().map { UInt64($0) + 1 } ?? 0 } ?? UInt64(rowCount)
    guard highest <= record.sequenceCount else {
      throw reader.corrupt("a row's sequence is outside the record's")
    }
    var columns: [(fieldID: UInt32, column: Column)] = []
    for _ in 0..<(try reader.count(itemBytesMin: 9)) {
      let fieldID: UInt32 = try reader.integer()
      let type = try reader.type()
      columns.append((fieldID, try reader.column(type, rowCount: rowCount)))
    }
    self.columns = columns
    var key: [SegmentKeyColumn] = []
    for _ in 0..<(try reader.count(itemBytesMin: 5)) {
      guard try reader.flag() else {
        let fieldID: UInt32 = try reader.integer()
        guard let field = columns.first(where: { $0.fieldID == fieldID }) else {
          throw reader.corrupt("a key column names field \(fieldID), which is not there")
        }
        key.append(SegmentKeyColumn(field.column, fieldID: fieldID))
        continue
      }
      let type = try reader.type()
      key.append(SegmentKeyColumn(try reader.column(type, rowCount: rowCount), fieldID: nil))
    }
    self.key = key
  }

  /// The part as rows of its table, which may have other columns by now: fields that it dropped stay behind, fields
  /// that it added are not there. Throws when the rows cannot have been this table's.
  func bound(
    to definition: TableDefinition, firstSequence: UInt64, path: String, offset: Int
  ) throws(StorageError) -> MemtableBatch {
    func corrupt(_ detail: String) -> StorageError {
      .corrupt(path: path, offset: offset, detail: detail)
    }
    guard columns.allSatisfy({ $0.fieldID < definition.nextFieldID }),
      Set(columns.map(\.fieldID)).count == columns.count
    else { throw corrupt("the rows have other columns than table \(table)") }
    var fieldIDs: [UInt32] = []
    var kept: [Column] = []
    for (id, column) in columns {
      guard let field = definition.fields.first(where: { $0.id == id && $0.isStored }) else {
        continue
      }
      guard field.type.hasLayout(of: column.type) else {
        throw corrupt(
          "the rows have other columns than table \(table): \(column.type) for \(field.name), "
            + "which is \(field.type)")
      }
      fieldIDs.append(id)
      kept.append(column.retyped(field.type))
    }
    for column in key {
      if let id = column.fieldID, !fieldIDs.contains(id) {
        throw corrupt("a key column of table \(table) is field \(id), which it has not")
      }
    }
    return MemtableBatch(
      partition: partition, fieldIDs: fieldIDs, columns: Batch(kept, rowCount: rowCount), key: key,
      sequences: sequenceOffsets.map { $0.map { firstSequence + UInt64($0) } }
        ?? (0..<rowCount).map { firstSequence + UInt64($0) })
  }
}
