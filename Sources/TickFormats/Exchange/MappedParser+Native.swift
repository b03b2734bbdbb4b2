/// Rows of blocks of Native.
///
/// A column that converts to the table's type does so whole. One that does not, or that is read in a way of its own, goes
/// by the text of its values, so a value that does not fit costs its row and no other.
import TickColumns

extension MappedParser {
  func readBlocks(_ bytes: Span<UInt8>) -> ParsedChunk {
    var at = 0
    var rowCount = 0
    var batches: [Batch] = []
    var chunk = ParsedChunk(
      batch: Batch(schema.fields.map { Column($0.type, of: []) }, rowCount: 0), rejects: [],
      lineCount: 0)
    while at < bytes.count {
      do throws(FormatError) {
        guard let block = try NativeTable.read(bytes, &at, bytes.count) else {
          chunk.rejects.append(
            RejectedRow(line: rowCount + 1, reason: "the file ends inside a block of Native"))
          break
        }
        batches.append(readBlock(block, after: rowCount, into: &chunk))
        rowCount += block.rowCount
      } catch {
        // Whoever cut the chunk has read its blocks; only the last can be broken.
        chunk.rejects.append(RejectedRow(line: rowCount + 1, reason: error.message))
        break
      }
    }
    chunk.lineCount = rowCount
    if !batches.isEmpty {
      let columns = schema.fields.indices.map { field in
        Column.concatenate(schema[field].type, batches.map { $0.columns[field] })
      }
      chunk.batch = Batch(columns, rowCount: batches.reduce(0) { $0 + $1.rowCount })
    }
    return chunk
  }

  /// The good rows of a block; rows count as lines do.
  private func readBlock(
    _ block: NativeTable, after rowsBefore: Int, into chunk: inout ParsedChunk
  ) -> Batch {
    var rejects: [Int: RejectedRow] = [:]
    var columns: [Column] = []
    for (position, target) in targets.enumerated() {
      let field = schema[position]
      guard let source = block.names.firstIndex(of: target.name) else {
        for row in 0..<block.rowCount where rejects[row] == nil {
          rejects[row] = RejectedRow(
            line: rowsBefore + row + 1, column: target.name, reason: "the block has no such column")
        }
        columns.append(
          Column(field.type, repeating: .defaultValue(of: field.type), count: block.rowCount))
        continue
      }
      let column = block.columns[source]
      columns.append(
        converted(column, to: field, target)
          ?? read(column, to: field, target, after: rowsBefore, &rejects))
    }
    let batch = Batch(columns, rowCount: block.rowCount)
    let kept = (0..<block.rowCount).filter { rejects[$0] == nil }
    chunk.rejects += rejects.sorted { $0.key < $1.key }.map(\.value)
    chunk.lines += kept.map { Int32(truncatingIfNeeded: rowsBefore + $0 + 1) }
    return rejects.isEmpty ? batch : batch.gather(kept.map { Int32($0) })
  }

  /// The column as it is; nil where its values must be looked at one by one.
  private func converted(_ column: Column, to field: Field, _ target: Target) -> Column? {
    if column.validity != nil, !field.type.isNullable { return nil }
    switch target.reading {
    case .value: break
    case .double(let min, _, let factor, _):
      guard min == nil, factor == 1 else { return nil }
    case .ticks, .seconds:
      switch column.type.withoutNullable {
      case .dateTime, .dateTime64: break
      default: return nil
      }
    default: return nil
    }
    do throws(FormatError) { return try column.converted(to: field.type) } catch { return nil }
  }

  private func read(
    _ column: Column, to field: Field, _ target: Target, after rowsBefore: Int,
    _ rejects: inout [Int: RejectedRow]
  ) -> Column {
    guard var builder = builder(of: field.type) else {
      return Column(field.type, repeating: .defaultValue(of: field.type), count: column.count)
    }
    for row in 0..<column.count {
      do throws(FormatError) {
        if let validity = column.validity, validity[row] == 0 {
          guard field.type.isNullable else {
            throw FormatError(.cannotParseText, "the value is NULL")
          }
          builder.appendNull()
          continue
        }
        var text: [UInt8] = []
        column.writeText(row: row, style: .raw, into: &text)
        try builder.append(text.span, 0, text.count, target.reading, style: .csv)
      } catch {
        builder.appendDefault()
        if rejects[row] == nil {
          rejects[row] = RejectedRow(
            line: rowsBefore + row + 1, column: target.name, reason: error.message)
        }
      }
    }
    return builder.finish()
  }

  private func builder(of type: DataType) -> TextColumnBuilder? {
    do throws(FormatError) { return try TextColumnBuilder(type) } catch { return nil }
  }
}
