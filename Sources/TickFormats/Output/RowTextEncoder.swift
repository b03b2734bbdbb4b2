import TickColumns

/// Every row-oriented text format is one shape: text before each cell, text behind each row, something between
/// rows, a beginning and an end. The formats differ only in those texts (`RowTextEncoder+Formats`).
///
/// Columns are rendered whole, then joined row by row by copying bytes.
///
/// Invariant: what is written does not depend on how the result is divided into batches.
struct RowTextEncoder: BatchEncoder {
  /// How cells are spelled.
  enum Cells {
    case style(TextStyle)
    /// The bare text of every value as a JSON string.
    case strings(JSONStyle)
  }

  /// What follows the last row.
  enum Ending {
    case text([UInt8])
    /// The figures of a JSON document.
    case document(writesStatistics: Bool)
    /// Progress and figures, a line each.
    case progress
  }

  /// How an error is told behind the rows.
  enum FailureShape {
    /// As a row of its own: the text before it and the text behind.
    case row([UInt8], [UInt8])
    /// As the last member of the object that the rows are members of.
    case member
    /// As the last member of the document.
    case document
  }

  var cells: Cells
  var options: TextOptions
  var beginning: [UInt8] = []
  /// The text before each cell of a row; the first holds the row's beginning.
  var prefixes: [[UInt8]]
  var rowEnd: [UInt8]
  /// Between rows, not behind the last.
  var separator: [UInt8] = []
  var ending = Ending.text([])
  var asidesShape: AsidesShape?
  /// Nil where the format has no place for an error.
  var failureShape: FailureShape?
  /// The number of each row, from 1, is its first cell.
  var numbersRows = false
  private var rowCount = 0

  init(
    _ cells: Cells, _ options: TextOptions, beginning: [UInt8] = [], prefixes: [[UInt8]],
    rowEnd: [UInt8], separator: [UInt8] = [], ending: Ending = .text([]), numbersRows: Bool = false
  ) {
    self.cells = cells
    self.options = options
    self.beginning = beginning
    self.prefixes = prefixes
    self.rowEnd = rowEnd
    self.separator = separator
    self.ending = ending
    self.numbersRows = numbersRows
  }

  mutating func begin(into out: inout [UInt8]) {
    out += beginning
  }

  mutating func write(_ batch: Batch, into out: inout [UInt8]) {
    guard batch.rowCount > 0, !prefixes.isEmpty else { return }
    var rendered = batch.columns.map { cells.rendered($0, options) }
    if numbersRows { rendered.insert(rowNumbers(from: rowCount + 1, batch.rowCount), at: 0) }
    joinSeparatedRows(
      rendered, prefixes: prefixes, rowEnd: rowEnd, separator: separator, isFirst: rowCount == 0,
      rowCount: batch.rowCount, into: &out)
    rowCount += batch.rowCount
  }

  mutating func finish(
    _ statistics: ResultStatistics, _ asides: ResultAsides, into out: inout [UInt8]
  ) {
    if case .document = ending { out += Array("\n\t]".utf8) }
    if let asidesShape, !prefixes.isEmpty { write(asides, asidesShape, into: &out) }
    switch ending {
    case .text(let text): out += text
    case .document(let writesStatistics):
      statistics.writeDocumentEnd(writesStatistics, into: &out)
    case .progress: statistics.writeLines(into: &out)
    }
  }

  mutating func fail(_ message: String, into out: inout [UInt8]) -> Bool {
    guard let failureShape else { return false }
    var style = JSONStyle()
    style.replacesInvalidUTF8 = true
    switch cells {
    case .style(.json(let own)), .strings(let own): style.escapesSlashes = own.escapesSlashes
    case .style: break
    }
    let text = cell(message, .json(style))
    switch failureShape {
    case .row(let before, let after): out += before + text + after
    case .member:
      if rowCount > 0 { out += separator }
      out += Array("\t\"exception\": ".utf8) + text + Array("\n}\n".utf8)
    case .document:
      out += Array("\n\t],\n\n\t\"rows\": \(rowCount),\n\n\t\"exception\": ".utf8)
      out += text + Array("\n}\n".utf8)
    }
    return true
  }

  private func write(
    _ asides: ResultAsides, _ shape: AsidesShape, into out: inout [UInt8]
  ) {
    func rendered(_ batch: Batch) -> [StringValues] {
      batch.columns.map { cells.onOneLine.rendered($0, options) }
    }
    let (totals, extremes) = (asides.totals.map(rendered), asides.extremes.map(rendered))
    switch shape {
    case .rows(let lineEnd):
      for part in [totals, extremes] {
        guard let part else { continue }
        out += lineEnd
        joinRows(
          part, prefixes: prefixes, rowEnd: rowEnd, rowCount: part[0].count, into: &out)
      }
    case .members(let members):
      members.write(totals: totals, extremes: extremes, into: &out)
    case .lines:
      for (name, part, row) in [("totals", totals, 0), ("min", extremes, 0), ("max", extremes, 1)] {
        guard let part else { continue }
        // A row begins with its own name.
        var named = prefixes
        named[0] = Array("{\"\(name)\":".utf8) + prefixes[0].dropFirst("{\"row\":".utf8.count)
        joinRows(
          part.map { $0.slice(row..<row + 1) }, prefixes: named, rowEnd: rowEnd, rowCount: 1,
          into: &out)
      }
    }
  }
}

extension RowTextEncoder.Cells {
  /// Nested values are not spread over lines.
  var onOneLine: Self {
    switch self {
    case .style(.json(var json)):
      json.indentation = nil
      return .style(.json(json))
    case .style, .strings: return self
    }
  }

  func rendered(_ column: Column, _ options: TextOptions) -> StringValues {
    switch self {
    case .style(let style): return column.rendered(as: style, options: options)
    case .strings(let json):
      let texts = column.rendered(as: .raw, options: options, null: visibleNull)
      var out = TextCells(reserving: texts.count, bytes: texts.bytes.count + 2 * texts.count)
      for i in 0..<texts.count {
        out.append(texts.bytes.span, texts.offsets[i], texts.offsets[i + 1], style: .json(json))
      }
      return out.finish()
    }
  }
}

/// NULL where a reader must tell it from the text: the letters NULL, raised.
let visibleNull = Array("ᴺᵁᴸᴸ".utf8)

/// Row numbers as cells.
func rowNumbers(from first: Int, _ count: Int) -> StringValues {
  StringValues((first..<first + count).map { String($0) })
}

extension ResultStatistics {
  /// What stands behind the data of a JSON document.
  func writeDocumentEnd(_ writesStatistics: Bool, into out: inout [UInt8]) {
    out += Array(",\n\n\t\"rows\": \(rows)".utf8)
    if let rowsBeforeLimit {
      out += Array(",\n\n\t\"rows_before_limit_at_least\": \(rowsBeforeLimit)".utf8)
    }
    if writesStatistics {
      out += Array(",\n\n\t\"statistics\":\n\t{\n\t\t\"elapsed\": ".utf8)
      Column(.float64, .float64([elapsedSeconds])).writeText(row: 0, style: .json, into: &out)
      out += Array(",\n\t\t\"rows_read\": \(rowsRead)".utf8)
      out += Array(",\n\t\t\"bytes_read\": \(bytesRead)\n\t}".utf8)
    }
    out += Array("\n}\n".utf8)
  }

  /// The figures as lines of the formats with progress.
  fileprivate func writeLines(into out: inout [UInt8]) {
    if rowsRead > 0 {
      let nanoseconds = UInt64(max(0, min(elapsedSeconds, 1e9)) * 1e9)
      out += Array(
        """
        {"progress":{"read_rows":"\(rowsRead)","read_bytes":"\(bytesRead)",\
        "elapsed_ns":"\(nanoseconds)"}}

        """.utf8)
    }
    if let rowsBeforeLimit {
      out += Array("{\"rows_before_limit_at_least\":\(rowsBeforeLimit)}\n".utf8)
    }
  }
}
