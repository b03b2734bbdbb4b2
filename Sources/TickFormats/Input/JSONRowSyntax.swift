import TickColumns

/// JSONEachRow (an object per row), JSONCompactEachRow (an array per row), their kinds with strings and headers, and
/// JSONAsString (an object per row, kept as its text). Rows may be divided by blanks, newlines or commas, and objects
/// may stand in one array.
///
/// Invariants:
/// 1. A field that a row leaves out takes its type's default; a repeated field is error 117, and so is one that the
///    table lacks unless the sender's settings pass it by.
/// 2. Nesting is counted, not recursed, so depth costs nothing; it is bounded by `FormatLimits.nestingMax`.
struct JSONRowSyntax: RowSyntax {
  /// What a row looks like.
  struct Layout: Sendable {
    /// An array, not an object.
    var isCompact = false
    /// Values are strings of their bare texts.
    var isStrings = false
    /// The first array, or the first two, name the columns and their types.
    var names = false
    var types = false
    /// The row is one value: its text.
    var isWhole = false
  }

  private let layout: Layout
  private var isCompact: Bool { layout.isCompact }
  private let options: InputOptions
  private var headerRowsLeft: Int
  /// The schema position of each value of an array; nil for one that the table has no column for.
  private var positions: [Int?]
  private var missing: [Int] = []
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var isArrayOpen = false
  private var isClosed = false
  private var hasRows = false
  /// The row in which each column was last filled.
  private var filled: [Int]
  private var row = 0

  private let names: [[UInt8]]

  init(_ layout: Layout, _ schema: Schema, _ options: InputOptions = .standard) {
    self.layout = layout
    self.options = options
    headerRowsLeft = layout.types ? 2 : layout.names ? 1 : 0
    positions = Array(0..<schema.count)
    names = schema.fields.map { Array($0.name.utf8) }
    filled = Array(repeating: 0, count: schema.count)
  }

  mutating func scan(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
  ) throws(FormatError) -> Bool {
    while at < end {
      let byte = bytes[at]
      if depth == 0 {
        try scanBetween(byte)
        at += 1
        continue
      }
      if isInString {
        scanString(bytes, &at, end)
        continue
      }
      at += 1
      switch byte {
      case 0x22: isInString = true
      case 0x7B, 0x5B:
        depth += 1
        if depth > FormatLimits.nestingMax {
          throw FormatError(
            .tooDeepRecursion, "JSON nests deeper than \(FormatLimits.nestingMax)")
        }
      case 0x7D, 0x5D:
        depth -= 1
        if depth == 0 {
          hasRows = true
          return true
        }
      default: break
      }
    }
    return false
  }

  /// Moves behind the closing quote, or to the end.
  private mutating func scanString(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) {
    if isEscaped {
      isEscaped = false
      at += 1
    }
    while at < end {
      let byte = bytes[at]
      at &+= 1
      if byte == 0x22 {
        isInString = false
        return
      }
      if byte == 0x5C {
        if at == end {
          isEscaped = true
          return
        }
        at &+= 1
      }
    }
  }

  /// One byte outside of rows.
  private mutating func scanBetween(_ byte: UInt8) throws(FormatError) {
    let opens: UInt8 = isCompact ? 0x5B : 0x7B
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D: return
    case 0x2C where hasRows && !isClosed: return
    case 0x3B where hasRows && !isArrayOpen:
      isClosed = true
    case opens where !isClosed: depth = 1
    case 0x5B where !isCompact && !hasRows && !isArrayOpen: isArrayOpen = true
    case 0x5D where isArrayOpen && !isClosed:
      isArrayOpen = false
      isClosed = true
    default:
      throw FormatError(
        .cannotParseInputAssertionFailed,
        "Cannot parse input: expected '\(isCompact ? "[" : "{")' before a row")
    }
  }

  mutating func readRest(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool {
    if depth > 0 {
      throw FormatError(
        isCompact ? .cannotParseInputAssertionFailed : .cannotReadAllData,
        "the input ends inside a row")
    }
    if isArrayOpen {
      throw FormatError(.cannotParseInputAssertionFailed, "the input ends without the closing ']'")
    }
    return false
  }

  mutating func read(
    _ bytes: Span<UInt8>, _ from: Int, _ to: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool {
    // Separators before the row came with it; the row itself is a bracket at both ends.
    var start = from
    while bytes[start] != (isCompact ? 0x5B : 0x7B) { start += 1 }
    guard bytes[to - 1] == (isCompact ? 0x5D : 0x7D) else {
      throw FormatError(
        .cannotParseInputAssertionFailed,
        "Cannot parse input: the brackets of a row do not match: \(excerpt(bytes, start, to))")
    }
    if layout.isWhole {
      try rows.columns[0].append(bytes, start, to, TextRules(rows.outOfRange))
    } else if headerRowsLeft > 0 {
      try readHeader(bytes, start + 1, to - 1, rows.schema)
      return false
    } else if isCompact {
      try readArray(bytes, start + 1, to - 1, into: &rows)
    } else {
      try readObject(bytes, start + 1, to - 1, into: &rows)
    }
    return true
  }

  private func readArray(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) {
    var i = skipBlanks(bytes, start, end)
    for (place, position) in positions.enumerated() {
      let name = position.map { rows.schema[$0].name }
      if place > 0 {
        guard i < end, bytes[i] == 0x2C else {
          throw FormatError(
            .cannotParseInputAssertionFailed,
            "the row ends after \(place) of \(positions.count) values", column: name)
        }
        i = skipBlanks(bytes, i + 1, end)
      }
      let stop = jsonValueEnd(bytes, i, end)
      do throws(FormatError) {
        guard i < stop else {
          throw FormatError(
            i == end ? .cannotParseInputAssertionFailed : .incorrectData, "a value is missing")
        }
        if let position { try append(bytes, i, stop, to: &rows.columns[position], rows.outOfRange) }
      } catch {
        throw error.located(column: name)
      }
      i = skipBlanks(bytes, stop, end)
    }
    guard i == end else {
      throw FormatError(
        .cannotParseInputAssertionFailed, "the row has more than \(positions.count) values")
    }
    for position in missing { rows.columns[position].appendDefault() }
  }

  private mutating func readObject(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) {
    let columnCount = rows.columns.count
    row += 1
    var filledCount = 0
    // Rows mostly have the fields of the table in its order.
    var expected = 0
    var i = skipBlanks(bytes, start, end)
    while i < end {
      guard bytes[i] == 0x22 else {
        throw FormatError(
          .cannotParseQuotedString, "expected a field name at \(excerpt(bytes, i, end))")
      }
      let nameEnd = jsonValueEnd(bytes, i, end)
      guard nameEnd - i >= 2, bytes[nameEnd - 1] == 0x22 else {
        throw FormatError(
          .cannotParseQuotedString, "a field name does not end: \(excerpt(bytes, i, end))")
      }
      let position = try self.position(bytes, i + 1, nameEnd - 1, expected)
      let name = position.map { rows.schema[$0].name }
      i = skipBlanks(bytes, nameEnd, end)
      guard i < end, bytes[i] == 0x3A else {
        throw FormatError(
          .cannotParseInputAssertionFailed, "expected ':' behind a field name", column: name)
      }
      i = skipBlanks(bytes, i + 1, end)
      let stop = jsonValueEnd(bytes, i, end)
      if let position {
        expected = position + 1
        if filled[position] == row {
          throw FormatError(
            .incorrectData, "Duplicate field found while parsing JSONEachRow format", column: name)
        }
        filled[position] = row
        filledCount += 1
        do throws(FormatError) {
          try append(bytes, i, stop, to: &rows.columns[position], rows.outOfRange)
        } catch {
          throw error.located(column: name)
        }
      }
      i = skipBlanks(bytes, stop, end)
      if i == end { break }
      guard bytes[i] == 0x2C else {
        throw FormatError(
          .cannotParseInputAssertionFailed, "expected ',' behind a value", column: name)
      }
      i = skipBlanks(bytes, i + 1, end)
      guard i < end else {
        throw FormatError(.cannotParseQuotedString, "expected a field name behind ','")
      }
    }
    if filledCount < columnCount {
      for position in 0..<columnCount where filled[position] != row {
        rows.columns[position].appendDefault()
      }
    }
  }

  private func append(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, to column: inout TextColumnBuilder,
    _ outOfRange: OutOfRangeRule
  ) throws(FormatError) {
    if layout.isStrings {
      try column.appendJSONString(bytes, start, end, outOfRange, options)
    } else {
      try column.appendJSON(bytes, start, end, outOfRange, options)
    }
  }

  /// The array of names, or of types, before the rows.
  private mutating func readHeader(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ schema: Schema
  ) throws(FormatError) {
    let isTypes = layout.types && headerRowsLeft == 1
    headerRowsLeft -= 1
    var texts: [String] = []
    var i = skipBlanks(bytes, start, end)
    while i < end {
      let stop = jsonValueEnd(bytes, i, end)
      guard stop - i >= 2, bytes[i] == 0x22, bytes[stop - 1] == 0x22 else {
        throw FormatError(
          .cannotParseQuotedString, "expected a name in the header at \(excerpt(bytes, i, end))")
      }
      texts.append(String(decoding: try unescapeJSON(bytes, i + 1, stop - 1), as: UTF8.self))
      i = skipBlanks(bytes, stop, end)
      if i == end { break }
      guard bytes[i] == 0x2C else {
        throw FormatError(
          .cannotParseInputAssertionFailed, "expected ',' in the header")
      }
      i = skipBlanks(bytes, i + 1, end)
    }
    guard options.usesHeaderNames else { return }
    if isTypes {
      try HeaderNames.check(types: texts, positions, schema, options)
    } else {
      positions = try HeaderNames.positions(of: texts, schema, options)
      missing = (0..<schema.count).filter { !positions.contains($0) }
    }
  }

  private func position(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ expected: Int
  ) throws(FormatError) -> Int? {
    guard !contains(bytes, start, end, 0x5C) else {
      let name = try unescapeJSON(bytes, start, end)
      return try find(name.span, 0, name.count, expected)
    }
    return try find(bytes, start, end, expected)
  }

  private func find(
    _ name: Span<UInt8>, _ start: Int, _ end: Int, _ expected: Int
  ) throws(FormatError) -> Int? {
    for i in 0..<names.count {
      let position = expected + i < names.count ? expected + i : expected + i - names.count
      if isSame(name, start, end, names[position]) { return position }
    }
    if options.skipsUnknownFields { return nil }
    throw FormatError(
      .incorrectData,
      "Unknown field found while parsing JSONEachRow format: \(excerpt(name, start, end))")
  }
}

func skipBlanks(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
  var i = start
  while i < end {
    switch bytes[i] {
    case 0x20, 0x09, 0x0A, 0x0D: i += 1
    default: return i
    }
  }
  return i
}

/// The place behind the JSON value that begins at `start`; `end` where it does not close.
func jsonValueEnd(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
  guard start < end else { return end }
  switch bytes[start] {
  case 0x22: return jsonStringEnd(bytes, start, end)
  case 0x7B, 0x5B:
    var depth = 0
    var i = start
    while i < end {
      switch bytes[i] {
      case 0x22:
        i = jsonStringEnd(bytes, i, end)
        continue
      case 0x7B, 0x5B: depth += 1
      case 0x7D, 0x5D:
        depth -= 1
        if depth == 0 { return i + 1 }
      default: break
      }
      i += 1
    }
    return end
  default:
    var i = start
    while i < end {
      switch bytes[i] {
      case 0x2C, 0x7D, 0x5D, 0x3A, 0x20, 0x09, 0x0A, 0x0D: return i
      default: i += 1
      }
    }
    return end
  }
}

private func jsonStringEnd(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
  var i = start + 1
  while i < end {
    if bytes[i] == 0x5C {
      i += 2
    } else if bytes[i] == 0x22 {
      return i + 1
    } else {
      i += 1
    }
  }
  return end
}
