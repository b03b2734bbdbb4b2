import TickColumns

/// RowBinary: rows back to back, with a header of names and types where the format has one.
struct RowBinaryEncoder: BatchEncoder {
  private let header: [UInt8]
  private let columnCount: Int

  init(_ schema: Schema, names: Bool, types: Bool) {
    var header: [UInt8] = []
    if names {
      header.appendVarUInt(UInt64(schema.count))
      for field in schema.fields { header.appendCounted(field.name) }
    }
    if types { for field in schema.fields { header.appendCounted(field.type.description) } }
    self.header = header
    columnCount = schema.count
  }

  mutating func begin(into out: inout [UInt8]) { out += header }

  mutating func write(_ batch: Batch, into out: inout [UInt8]) {
    guard batch.rowCount > 0, columnCount > 0 else { return }
    joinRows(
      batch.columns.map { $0.binaryCells() }, prefixes: Array(repeating: [], count: columnCount),
      rowEnd: [], rowCount: batch.rowCount, into: &out)
  }

  mutating func finish(
    _ statistics: ResultStatistics, _ asides: ResultAsides, into out: inout [UInt8]
  ) {}
}
