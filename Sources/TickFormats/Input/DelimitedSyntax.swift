import TickColumns

/// TabSeparated, its raw kind, and CSV: rows end with a newline, cells are divided by one byte.
///
/// Invariants:
/// 1. `scan` and `read` agree on quotes: in CSV a quote opens only at the beginning of a cell (after blanks), in
///    TabSeparated a backslash takes the next byte with it, newline included.
/// 2. `\r\n` ends a row as `\n` does. Blank lines may only stand at the end, except where a single column makes
///    a blank line a value.
struct DelimitedSyntax: RowSyntax {
  enum Dialect { case tabSeparated, raw, csv }

  /// What stands before the rows.
  enum Header {
    /// A first row that consists of names of the table's columns is a header, as in ClickHouse.
    case detected
    case names, namesAndTypes
    case done
  }

  private let dialect: Dialect
  private let options: InputOptions
  private var header: Header
  /// The schema position of each value of a row; nil for one that the table has no column for.
  private var positions: [Int?]
  /// How many cells each value of a row takes: in CSV a tuple takes one per element.
  private var cellCounts: [Int]
  /// Schema positions that no cell fills.
  private var missing: [Int] = []
  private var hasNames = false
  private var blankLines = 0
  private var linesToSkip: Int
  private var quoting: CSVQuoting
  /// The last byte scanned was a backslash.
  private var isEscaped = false

  init(_ dialect: Dialect, header: Header, _ schema: Schema, _ options: InputOptions = .standard) {
    self.dialect = dialect
    self.options = options
    let detects = dialect == .csv ? options.detectsCSVHeader : options.detectsTSVHeader
    if case .detected = header, !detects {
      self.header = .done
    } else {
      self.header = header
    }
    linesToSkip = dialect == .csv ? options.csvLinesToSkip : options.tsvLinesToSkip
    quoting = CSVQuoting(delimiter: options.csvDelimiter)
    positions = Array(0..<schema.count)
    cellCounts = schema.fields.map { dialect == .csv ? $0.type.csvCellCount : 1 }
  }

  mutating func scan(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
  ) throws(FormatError) -> Bool {
    if dialect == .csv { return quoting.scan(bytes, &at, end) }
    if dialect == .tabSeparated, linesToSkip == 0 { return scanTabSeparated(bytes, &at, end) }
    while at < end {
      at += 1
      if bytes[at - 1] == 0x0A { return true }
    }
    return false
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
    if linesToSkip > 0 {
      linesToSkip -= 1
      return false
    }
    var end = to
    if end > from, bytes[end - 1] == 0x0A { end -= 1 }
    if end > from, bytes[end - 1] == 0x0D { end -= 1 }
    if from == end, cellCounts.reduce(0, +) > 1 || header == .names || header == .namesAndTypes {
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
    switch dialect {
    case .csv: try readCSV(bytes, from, end, into: &rows)
    case .tabSeparated: try readTabSeparated(bytes, from, end, into: &rows)
    case .raw: try readRaw(bytes, from, end, into: &rows)
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
      if let position = positions[cell] {
        do throws(FormatError) {
          try rows.columns[position].appendEscaped(
            bytes, start, stop, rows.outOfRange, options)
        } catch {
          throw error.located(column: rows.schema[position].name)
        }
      }
      cell += 1
      if stop == end { break }
      i = stop + 1
      start = i
    }
    guard cell == positions.count else { throw tooFewCells(cell, rows.schema) }
  }

  /// TabSeparatedRaw: a cell is its bytes.
  private func readRaw(
    _ bytes: Span<UInt8>, _ from: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) {
    var start = from
    for (cell, position) in positions.enumerated() {
      var stop = start
      while stop < end, bytes[stop] != 0x09 { stop += 1 }
      if let position {
        do throws(FormatError) {
          try rows.columns[position].appendUnescaped(
            bytes, start, stop, rows.outOfRange, options)
        } catch {
          throw error.located(column: rows.schema[position].name)
        }
      }
      if cell == positions.count - 1 {
        guard stop == end else { throw tooManyCells() }
      } else if stop == end {
        throw tooFewCells(cell + 1, rows.schema)
      }
      start = stop + 1
    }
  }

  private func readCSV(
    _ bytes: Span<UInt8>, _ from: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) {
    var cell = 0
    var start = from
    while true {
      guard cell < positions.count else { throw tooManyCells() }
      var stop = csvCellEnd(bytes, start, end, delimiter: options.csvDelimiter)
      for _ in 1..<max(1, cellCounts[cell]) {
        guard stop < end else { throw tooFewCells(cell, rows.schema) }
        stop = csvCellEnd(bytes, stop + 1, end, delimiter: options.csvDelimiter)
      }
      if let position = positions[cell] {
        do throws(FormatError) {
          try rows.columns[position].appendCSV(bytes, start, stop, rows.outOfRange, options)
        } catch {
          throw error.located(column: rows.schema[position].name)
        }
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
      column: positions[count].map { schema[$0].name })
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
        ? csvCellEnd(bytes, start, end, delimiter: options.csvDelimiter)
        : tabSeparatedCellEnd(bytes, start, end, hasEscapes: dialect == .tabSeparated)
      var builder = try TextColumnBuilder(.string)
      switch dialect {
      case .csv: try builder.appendCSV(bytes, start, stop, .refuse)
      case .tabSeparated: try builder.appendEscaped(bytes, start, stop, .refuse)
      case .raw: try builder.append(bytes, start, stop, TextRules(.refuse))
      }
      if case .bytes(let text) = builder.finish().value(at: 0) {
        names.append(String(decoding: text, as: UTF8.self))
      }
      if stop == end { return names }
      start = stop + 1
    }
  }

  private mutating func take(names: [String], _ schema: Schema) throws(FormatError) {
    guard options.usesHeaderNames else { return }
    var found: [Int?] = []
    var counts: [Int] = []
    var i = 0
    while i < names.count {
      // A tuple has its own name, or the names that its elements have in what we write.
      if dialect == .csv, let (position, count) = flattenedTuple(names, i, schema) {
        found.append(position)
        counts.append(count)
        i += count
        continue
      }
      let name = names[i]
      i += 1
      let position = try HeaderNames.position(of: name, found, schema, options)
      found.append(position)
      counts.append(dialect == .csv ? position.map { schema[$0].type.csvCellCount } ?? 1 : 1)
    }
    positions = found
    cellCounts = counts
    missing = (0..<schema.count).filter { !found.contains($0) }
  }

  /// The tuple whose elements the names from `start` on are.
  private func flattenedTuple(
    _ names: [String], _ start: Int, _ schema: Schema
  ) -> (position: Int, count: Int)? {
    for (position, field) in schema.fields.enumerated() where field.type.csvCellCount > 1 {
      let parts = flattened(field).map(\.name)
      if names[start...].starts(with: parts) { return (position, parts.count) }
    }
    return nil
  }

  private func check(types: [String], _ schema: Schema) throws(FormatError) {
    guard options.usesHeaderNames else { return }
    // The types of a tuple's elements are those of its cells.
    var merged: [String] = []
    var i = 0
    for (position, count) in zip(positions, cellCounts) {
      guard i + count <= types.count else { break }
      let parts = types[i..<i + count]
      i += count
      if let position, count > 1, parts.elementsEqual(cellTypes(schema[position])) {
        merged.append(schema[position].type.description)
      } else {
        merged += parts
      }
    }
    try HeaderNames.check(types: merged + types[i...], positions, schema, options)
  }

  private func cellTypes(_ field: Field) -> [String] {
    flattened(field).map(\.type.description)
  }
}

extension DataType {
  /// The cells that a value takes in CSV: a tuple has one per element.
  var csvCellCount: Int {
    guard case .tuple(let elements) = self, !elements.isEmpty else { return 1 }
    return elements.reduce(0) { $0 + $1.type.csvCellCount }
  }
}

/// Where the CSV cell that begins at `start` ends: at a delimiter outside of quotes, or at `end`.
func csvCellEnd(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, delimiter: UInt8 = 0x2C
) -> Int {
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
  while i < end, bytes[i] != delimiter { i += 1 }
  return min(i, end)
}

/// Where the TabSeparated cell that begins at `start` ends: at a tab that no backslash hides, or at `end`.
func tabSeparatedCellEnd(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, hasEscapes: Bool
) -> Int {
  var i = start
  while i < end, bytes[i] != 0x09 { i += hasEscapes && bytes[i] == 0x5C ? 2 : 1 }
  return min(i, end)
}
