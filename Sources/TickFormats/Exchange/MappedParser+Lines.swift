/// Rows of CSV and TSV.
///
/// A line without quotes is divided in one pass; one with quotes goes the careful way, on which a cell may span lines.
import TickColumns

extension MappedParser {
  /// Returns how many lines the chunk has.
  func readLines(
    _ bytes: Span<UInt8>, _ shape: DelimitedShape, isFirst: Bool,
    into rows: inout RowsUnderConstruction
  ) -> Int {
    var cells = CellRanges(layout.names.count)
    let style: CellStyle = shape.hasEscapes ? .tsv : .csv
    let end = bytes.count
    // Before the rows: comments, blank lines, and the header.
    var isBefore = isFirst
    var skipsHeader = isFirst && shape.hasHeader
    var line = 0
    var start = 0
    while start < end {
      line &+= 1
      let row = divide(bytes, start, end, shape, into: &cells)
      let rowLine = line
      line &+= row.newlinesInside
      let from = start
      start = row.next
      if row.stop == from { continue }
      if bytes[from] == 0x23, isBefore || isComment(bytes, from, row.stop, cells.count) {
        if !isBefore {
          rows.reject(RejectedRow(line: rowLine, reason: "a comment among the rows"))
        }
        continue
      }
      isBefore = false
      if skipsHeader {
        skipsHeader = false
        continue
      }
      rows.append(bytes, cells, line: rowLine, style: style)
    }
    return line
  }

  /// A `#` among the rows begins a comment where no column of text could begin with it.
  private func isComment(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ count: Int) -> Bool {
    guard let first = targets.first, first.cell == 0 else { return false }
    if case .value = first.reading { return false }
    return true
  }

  /// Divides the row that begins at `start` into cells. `stop` is the end of its text, `next` the next row.
  @inline(__always)
  private func divide(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ shape: DelimitedShape,
    into cells: inout CellRanges
  ) -> (stop: Int, next: Int, newlinesInside: Int) {
    cells.clear(keepsOrder: true)
    let delimiter = shape.delimiter
    let mark: UInt8 = shape.hasEscapes ? 0x5C : 0x22
    var at = start
    var cell = start
    while at < end {
      let byte = bytes[at]
      if byte == delimiter {
        cells.append(cell, at)
        cell = at &+ 1
      } else if byte == 0x0A {
        break
      } else if byte == mark {
        if !shape.hasEscapes { return divideQuoted(bytes, start, end, delimiter, into: &cells) }
        // What is escaped divides nothing.
        at &+= 1
      }
      at &+= 1
    }
    at = min(at, end)
    let next = at < end ? at &+ 1 : end
    if at > cell, bytes[at &- 1] == 0x0D { at &-= 1 }
    if at > start { cells.append(cell, at) }
    cells.endRow()
    return (at, next, 0)
  }

  private func divideQuoted(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ delimiter: UInt8,
    into cells: inout CellRanges
  ) -> (stop: Int, next: Int, newlinesInside: Int) {
    cells.clear(keepsOrder: true)
    var next = start
    var quoting = CSVQuoting(delimiter: delimiter)
    let endsInNewline = quoting.scan(bytes, &next, end)
    var stop = endsInNewline ? next - 1 : next
    var newlines = 0
    for i in start..<stop where bytes[i] == 0x0A { newlines += 1 }
    // Of a cell that is not closed, the last newline ends the last line and begins no other.
    if !endsInNewline, stop > start, bytes[stop - 1] == 0x0A { newlines -= 1 }
    if stop > start, bytes[stop - 1] == 0x0D { stop -= 1 }
    var cell = start
    while true {
      let cellEnd = csvCellEnd(bytes, cell, stop, delimiter: delimiter)
      cells.append(cell, cellEnd)
      if cellEnd == stop { break }
      cell = cellEnd + 1
    }
    cells.endRow()
    return (stop, next, newlines)
  }
}
