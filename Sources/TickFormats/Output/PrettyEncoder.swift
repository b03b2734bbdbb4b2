import TickColumns

/// Pretty, PrettyCompact and PrettySpace: a table for people.
///
/// Widths depend on all rows that are shown, so those are held: the first half of `rowsMax` and the last. The
/// rows between are counted and dropped.
///
/// Invariants:
/// 1. A result is one table, however many batches it came in.
/// 2. At most `rowsMax` rows are held.
struct PrettyEncoder: BatchEncoder {
  private let schema: Schema
  private let style: PrettyTable.Style
  private let options: OutputOptions
  /// Rows of cells from the beginning, and the latest ones.
  private var head: [[[UInt8]]] = []
  private var tail: [[[UInt8]]] = []
  private var rowCount = 0
  private(set) var heldBytes = 0

  init(_ schema: Schema, _ style: PrettyTable.Style, _ options: OutputOptions) {
    self.schema = schema
    self.style = style
    self.options = options
  }

  mutating func begin(into out: inout [UInt8]) {}

  mutating func write(_ batch: Batch, into out: inout [UInt8]) {
    let rowsMax = options.pretty.rowsMax
    let headMax = rowsMax / 2 + rowsMax % 2
    let tailMax = rowsMax / 2
    let headEnd = min(batch.rowCount, headMax - head.count)
    for row in rows(of: batch, 0..<headEnd) { head.append(row) }
    let tailStart = max(headEnd, batch.rowCount - tailMax)
    let latest = rows(of: batch, tailStart..<batch.rowCount)
    let dropped = max(0, tail.count + latest.count - tailMax)
    for row in tail.prefix(dropped) { heldBytes -= row.reduce(0) { $0 + $1.count } }
    tail.removeFirst(dropped)
    tail += latest
    rowCount += batch.rowCount
  }

  private mutating func rows(of batch: Batch, _ range: Range<Int>) -> [[[UInt8]]] {
    guard !range.isEmpty else { return [] }
    let cells = batch.columns.map {
      $0.slice(range).rendered(as: .raw, options: options.text, null: visibleNull)
    }
    heldBytes += cells.reduce(0) { $0 + $1.bytes.count }
    return (0..<range.count).map { row in cells.map { Array($0[row]) } }
  }

  mutating func finish(
    _ statistics: ResultStatistics, _ asides: ResultAsides, into out: inout [UInt8]
  ) {
    let shown = head + tail
    if rowCount > 0 {
      let table = PrettyTable(
        schema: schema, rows: shown, gap: rowCount - shown.count, headCount: head.count,
        style: style, options: options.pretty)
      if table.isTooWide {
        writeVertical(shown, rowsBefore: 0, into: &out)
        writeVertical(asides, into: &out)
        return
      }
      if !shown.isEmpty { table.write(into: &out) }
    }
    if rowCount >= options.pretty.rowsMax {
      if style == .space { out.append(0x0A) }
      out += Array("Showed \(shown.count) out of \(rowCount) rows.\n".utf8)
    }
    write(asides, into: &out)
  }

  /// Each in a table of its own.
  private mutating func write(_ asides: ResultAsides, into out: inout [UInt8]) {
    for (title, part) in [("Totals", asides.totals), ("Extremes", asides.extremes)] {
      guard let part else { continue }
      let rows = rows(of: part, 0..<part.rowCount)
      out += Array("\n\(title):\n".utf8)
      PrettyTable(
        schema: schema, rows: rows, gap: 0, headCount: rows.count, style: style,
        options: options.pretty
      ).write(into: &out)
    }
  }

  /// Behind rows that were spread, the others are as well.
  private mutating func writeVertical(_ asides: ResultAsides, into out: inout [UInt8]) {
    var before = rowCount
    for (title, part) in [("Totals", asides.totals), ("Extremes", asides.extremes)] {
      guard let part else { continue }
      out += Array("\n\(title):\n".utf8)
      writeVertical(rows(of: part, 0..<part.rowCount), rowsBefore: before, into: &out)
      before += part.rowCount
    }
  }

  private func writeVertical(
    _ shown: [[[UInt8]]], rowsBefore: Int, into out: inout [UInt8]
  ) {
    let columns = schema.fields.indices.map { column in
      var cells = TextCells(reserving: shown.count)
      for row in shown { cells.append(row[column]) }
      return cells.finish()
    }
    VerticalLayout(schema, options.pretty).write(
      columns, rowsBefore: rowsBefore, isFirst: true, rowCount: shown.count, into: &out)
  }
}
