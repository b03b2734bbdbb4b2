public import TickColumns

/// Reads line-aligned chunks of a CSV file whose columns have names, on any number of threads.
///
/// Cells are read as in the format CSV, with one difference: an empty cell is a value for strings and NULL for
/// nullable columns, and a reject elsewhere, since a price that is not there is not zero.
///
/// Invariant: every row of the chunk is a row of the batch or a reject, never both, never neither; blank lines are
/// neither.
public struct GenericCSVParser: Sendable {
  /// The table's columns, in its order: what the batches hold. Columns the file lacks hold their defaults.
  public let schema: Schema
  public let hasHeader: Bool
  /// The schema position of each cell.
  private let positions: [Int]
  private let missing: [Int]

  /// - Parameters:
  ///   - names: of the file's columns, from its header or given.
  ///   - hasHeader: true when the first line of the file is the header.
  /// - Throws: 16 for a name that the table lacks, 15 for one that stands twice, 48 for a type that has no text.
  public init(schema: Schema, names: [String], hasHeader: Bool) throws(FormatError) {
    var positions: [Int] = []
    for name in names {
      guard let position = schema.position(of: name) else {
        throw FormatError(
          .noSuchColumnInTable,
          "the file has a column '\(name)', the table has "
            + schema.fields.map { "'\($0.name)'" }.joined(separator: ", "), column: name)
      }
      guard !positions.contains(position) else {
        throw FormatError(.duplicateColumn, "column '\(name)' stands twice", column: name)
      }
      positions.append(position)
    }
    // Refuses types that have no text form, once and not per chunk.
    _ = try RowSink(schema)
    self.schema = schema
    self.hasHeader = hasHeader
    self.positions = positions
    missing = (0..<schema.count).filter { !positions.contains($0) }
  }

  /// Reads one chunk of whole rows; the last may lack its newline. `isFirst` as in `BinanceTradesParser`.
  public func parse(_ chunk: ArraySlice<UInt8>, isFirst: Bool) -> ParsedChunk {
    let bytes = chunk.span
    var columns = schema.fields.compactMap { field -> TextColumnBuilder? in
      // The initializer has made one of each, so none is refused here.
      do throws(FormatError) { return try TextColumnBuilder(field.type) } catch { return nil }
    }
    precondition(columns.count == schema.count, "a column type was refused after it was accepted")
    var rejects: [RejectedRow] = []
    var kept: [Int32] = []
    var rowCount = 0
    var line = 1
    var start = 0
    var at = 0
    var quoting = CSVQuoting()
    var skipsHeader = isFirst && hasHeader
    while start < bytes.count {
      let endsInNewline = quoting.scan(bytes, &at, bytes.count)
      let rowLine = line
      if endsInNewline { line += 1 }
      var stop = endsInNewline ? at - 1 : at
      line += newlines(bytes, start, stop)
      if stop > start, bytes[stop - 1] == 0x0D { stop -= 1 }
      let from = start
      start = at
      if skipsHeader {
        skipsHeader = false
        continue
      }
      if from == stop { continue }
      if let reject = readRow(bytes, from, stop, line: rowLine, into: &columns, rowCount: rowCount)
      {
        rejects.append(reject)
      } else {
        kept.append(Int32(rowCount))
      }
      rowCount += 1
    }
    let all = Batch(columns.map { $0.finish() }, rowCount: rowCount)
    return ParsedChunk(
      batch: rejects.isEmpty ? all : all.gather(kept), rejects: rejects,
      lineCount: bytes.count > 0 && bytes[bytes.count - 1] != 0x0A ? line : line - 1)
  }

  /// Reads one row. A bad one leaves a row of defaults behind, which the caller drops.
  private func readRow(
    _ bytes: Span<UInt8>, _ from: Int, _ end: Int, line: Int,
    into columns: inout [TextColumnBuilder], rowCount: Int
  ) -> RejectedRow? {
    var reject: RejectedRow?
    var cell = 0
    var start = from
    while true {
      let stop = csvCellEnd(bytes, start, end)
      guard cell < positions.count else {
        reject = RejectedRow(line: line, reason: "more than \(positions.count) values")
        break
      }
      let position = positions[cell]
      do throws(FormatError) {
        try append(bytes, start, stop, to: &columns[position])
      } catch {
        reject = RejectedRow(line: line, column: schema[position].name, reason: error.message)
        break
      }
      cell += 1
      if stop == end { break }
      start = stop + 1
    }
    if reject == nil, cell < positions.count {
      reject = RejectedRow(
        line: line, column: schema[positions[cell]].name,
        reason: "the row ends after \(cell) of \(positions.count) values")
    }
    if reject == nil {
      for position in missing { columns[position].appendDefault() }
    } else {
      for i in columns.indices where columns[i].count == rowCount { columns[i].appendDefault() }
    }
    return reject
  }

  private func append(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, to column: inout TextColumnBuilder
  ) throws(FormatError) {
    if !column.isString, !column.type.isNullable, isBlank(bytes, start, end) {
      throw FormatError(.cannotParseText, "the value is empty")
    }
    try column.appendCSV(bytes, start, end, .refuse)
  }
}

private func isBlank(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
  for i in start..<end where bytes[i] != 0x20 && bytes[i] != 0x09 { return false }
  return true
}

private func newlines(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
  var count = 0
  for i in start..<end where bytes[i] == 0x0A { count &+= 1 }
  return count
}
