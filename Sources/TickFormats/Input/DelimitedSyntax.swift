import TickColumns

/// TabSeparated and CSV: rows end with a newline, cells are divided by one byte.
///
/// Invariants:
/// 1. `scan` and `read` agree on quotes: in CSV a quote opens only at the beginning of a cell (after blanks), in
///    TabSeparated a backslash takes the next byte with it, newline included.
/// 2. `\r\n` ends a row as `\n` does. Blank lines may only stand at the end, except where a single column makes
///    a blank line a value.
struct DelimitedSyntax: RowSyntax {
  enum Dialect { case tabSeparated, csv }

  /// What stands before the rows.
  enum Header {
    /// A first row that consists of names of the table's columns is a header, as in ClickHouse.
    case detected
    case names, namesAndTypes
    case done
  }

  private let dialect: Dialect
  private let delimiter: UInt8
  private var header: Header
  /// The schema position of each cell of a row.
  private var positions: [Int]
  /// Schema positions that no cell fills.
  private var missing: [Int] = []
  private var hasNames = false
  private var blankLines = 0
  private var quoting = CSVQuoting()
  /// The last byte scanned was a backslash.
  private var isEscaped = false

  init(_ dialect: Dialect, header: Header, _ schema: Schema) {
    self.dialect = dialect
    self.header = header
    delimiter = dialect == .csv ? 0x2C : 0x09
    positions = Array(0..<schema.count)
  }

  mutating func scan(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
  ) throws(FormatError) -> Bool {
    dialect == .csv ? quoting.scan(bytes, &at, end) : scanTabSeparated(bytes, &at, end)
  }

  private mutating func scanTabSeparated(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
  ) -> Bool {
    if isEscaped, at < end {
      at += 1
      isEscaped = false
    }
    while at < end {
      let byte = bytes[at]
      at += 1
      if byte == 0x0A { return true }
      if byte == 0x5C {
        if at == end {
          isEscaped = true
          return false
        }
        at += 1
      }
    }
    return false
  }

  mutating func readRest(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool {
    if start < end {
      if quoting.isInsideQuotes {
        throw FormatError(.cannotParseInputAssertionFailed, "the input ends inside a quoted value")
      }
      return try read(bytes, start, end, into: &rows)
    }
    return false
  }

  mutating func read(
    _ bytes: Span<UInt8>, _ from: Int, _ to: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool {
    var end = to
    if end > from, bytes[end - 1] == 0x0A { end -= 1 }
    if end > from, bytes[end - 1] == 0x0D { end -= 1 }
    if from == end, positions.count > 1 || header == .names || header == .namesAndTypes {
      blankLines += 1
      return false
    }
    if blankLines > 0 {
      throw FormatError(
        .cannotParseInputAssertionFailed, "a blank line before a row of \(positions.count) columns")
    }
    switch header {
    case .done: break
    case .detected:
      header = .done
      let names = try texts(bytes, from, end)
      if Set(names).count == names.count,
        names.allSatisfy({ rows.schema.position(of: $0) != nil })
      {
        try take(names: names, rows.schema)
        return false
      }
    case .names:
      try take(names: try texts(bytes, from, end), rows.schema)
      header = .done
      return false
    case .namesAndTypes:
      if hasNames {
        try check(types: try texts(bytes, from, end), rows.schema)
        header = .done
      } else {
        try take(names: try texts(bytes, from, end), rows.schema)
        hasNames = true
      }
      return false
    }
    if dialect == .csv {
      try readCSV(bytes, from, end, into: &rows)
    } else {
      try readTabSeparated(bytes, from, end, into: &rows)
    }
    for position in missing { rows.columns[position].appendDefault() }
    return true
  }

  private func readTabSeparated(
    _ bytes: Span<UInt8>, _ from: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) {
    var cell = 0
    var start = from
    var i = from
    while true {
      if i < end, bytes[i] != 0x09 {
        i += bytes[i] == 0x5C ? 2 : 1
        continue
      }
      let stop = min(i, end)
      guard cell < positions.count else { throw tooManyCells() }
      let position = positions[cell]
      do throws(FormatError) {
        try rows.columns[position].appendEscaped(bytes, start, stop, rows.outOfRange)
      } catch {
        throw error.located(column: rows.schema[position].name)
      }
      cell += 1
      if stop == end { break }
      i = stop + 1
      start = i
    }
    guard cell == positions.count else { throw tooFewCells(cell, rows.schema) }
  }

  private func readCSV(
    _ bytes: Span<UInt8>, _ from: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) {
    var cell = 0
    var start = from
    while true {
      let stop = csvCellEnd(bytes, start, end)
      guard cell < positions.count else { throw tooManyCells() }
      let position = positions[cell]
      do throws(FormatError) {
        try rows.columns[position].appendCSV(bytes, start, stop, rows.outOfRange)
      } catch {
        throw error.located(column: rows.schema[position].name)
      }
      cell += 1
      if stop == end { break }
      start = stop + 1
    }
    guard cell == positions.count else { throw tooFewCells(cell, rows.schema) }
  }

  private func tooManyCells() -> FormatError {
    FormatError(
      dialect == .csv ? .incorrectData : .cannotParseInputAssertionFailed,
      "the row has more than \(positions.count) values")
  }

  private func tooFewCells(_ count: Int, _ schema: Schema) -> FormatError {
    FormatError(
      .cannotParseInputAssertionFailed, "the row ends after \(count) of \(positions.count) values",
      column: schema[positions[count]].name)
  }

  /// The cells of a header line as text.
  private func texts(
    _ bytes: Span<UInt8>, _ from: Int, _ end: Int
  ) throws(FormatError) -> [String] {
    var names: [String] = []
    var start = from
    while true {
      let stop =
        dialect == .csv
        ? csvCellEnd(bytes, start, end) : tabSeparatedCellEnd(bytes, start, end)
      var builder = try TextColumnBuilder(.string)
      if dialect == .csv {
        try builder.appendCSV(bytes, start, stop, .refuse)
      } else {
        try builder.appendEscaped(bytes, start, stop, .refuse)
      }
      if case .bytes(let text) = builder.finish().value(at: 0) {
        names.append(String(decoding: text, as: UTF8.self))
      }
      if stop == end { return names }
      start = stop + 1
    }
  }

  private mutating func take(names: [String], _ schema: Schema) throws(FormatError) {
    var found: [Int] = []
    for name in names {
      guard let position = schema.position(of: name) else {
        throw FormatError(
          .incorrectData, "Unknown field found in the header: '\(name)'", row: 0, column: name)
      }
      guard !found.contains(position) else {
        throw FormatError(
          .incorrectData, "Duplicate field found in the header: '\(name)'", row: 0, column: name)
      }
      found.append(position)
    }
    positions = found
    missing = (0..<schema.count).filter { !found.contains($0) }
  }

  private func check(types: [String], _ schema: Schema) throws(FormatError) {
    guard types.count == positions.count else {
      throw FormatError(
        .incorrectData, "the header has \(positions.count) names and \(types.count) types", row: 0)
    }
    for (name, position) in zip(types, positions) where name != schema[position].type.description {
      throw FormatError(
        .incorrectData,
        "the header says \(name), the table has \(schema[position].type)", row: 0,
        column: schema[position].name)
    }
  }
}

/// Where the CSV cell that begins at `start` ends: at a comma outside of quotes, or at `end`.
func csvCellEnd(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
  var i = start
  while i < end, bytes[i] == 0x20 || bytes[i] == 0x09 { i += 1 }
  if i < end, bytes[i] == 0x22 {
    i += 1
    while i < end {
      if bytes[i] == 0x22 {
        guard i + 1 < end, bytes[i + 1] == 0x22 else { break }
        i += 1
      }
      i += 1
    }
  }
  while i < end, bytes[i] != 0x2C { i += 1 }
  return min(i, end)
}

/// Where the TabSeparated cell that begins at `start` ends: at a tab that no backslash hides, or at `end`.
private func tabSeparatedCellEnd(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
  var i = start
  while i < end, bytes[i] != 0x09 { i += bytes[i] == 0x5C ? 2 : 1 }
  return min(i, end)
}
