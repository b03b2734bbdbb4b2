import TickColumns

/// TSKV: a row is a line of `name=value` divided by tabs, in any order. Values are spelled as in TabSeparated.
///
/// Invariant: `scan` and `read` agree on escapes: a backslash takes the next byte with it.
struct PairSyntax: RowSyntax {
  private let options: InputOptions
  private let names: [[UInt8]]
  private var isEscaped = false
  /// The row in which each column was last filled.
  private var filled: [Int]
  private var row = 0

  init(_ schema: Schema, _ options: InputOptions) {
    self.options = options
    names = schema.fields.map { Array($0.name.utf8) }
    filled = Array(repeating: 0, count: schema.count)
  }

  mutating func scan(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
  ) throws(FormatError) -> Bool {
    while at < end {
      let byte = bytes[at]
      at += 1
      if isEscaped {
        isEscaped = false
      } else if byte == 0x5C {
        isEscaped = true
      } else if byte == 0x0A {
        return true
      }
    }
    return false
  }

  mutating func readRest(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool {
    start < end ? try read(bytes, start, end, into: &rows) : false
  }

  mutating func read(
    _ bytes: Span<UInt8>, _ from: Int, _ to: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool {
    var end = to
    if end > from, bytes[end - 1] == 0x0A { end -= 1 }
    if end > from, bytes[end - 1] == 0x0D { end -= 1 }
    row += 1
    var start = from
    var isFirst = true
    while start < end {
      let stop = place(of: 0x09, bytes, start, end)
      let equals = place(of: 0x3D, bytes, start, stop)
      let name = try unescape(bytes, start, equals)
      // A line may begin with the format's own name.
      if equals < stop {
        try readPair(name, bytes, equals + 1, stop, into: &rows)
      } else if !isFirst || name != Array("tskv".utf8) {
        throw FormatError(
          .incorrectData,
          "Found field without value while parsing TSKV format: \(excerpt(bytes, start, stop))")
      }
      isFirst = false
      start = stop + 1
    }
    for position in names.indices where filled[position] != row {
      rows.columns[position].appendDefault()
    }
    return true
  }

  private mutating func readPair(
    _ name: [UInt8], _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) {
    guard let position = names.firstIndex(of: name) else {
      if options.skipsUnknownFields { return }
      throw FormatError(
        .incorrectData,
        "Unknown field found while parsing TSKV format: \(excerpt(name.span, 0, name.count))")
    }
    let column = rows.schema[position].name
    guard filled[position] != row else {
      throw FormatError(
        .incorrectData, "Duplicate field found while parsing TSKV format", column: column)
    }
    filled[position] = row
    do throws(FormatError) {
      try rows.columns[position].appendEscaped(bytes, start, end, rows.outOfRange, options)
    } catch {
      throw error.located(column: column)
    }
  }

  /// Where a byte stands that no backslash hides, or `end`.
  private func place(of byte: UInt8, _ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
    var i = start
    while i < end, bytes[i] != byte { i += bytes[i] == 0x5C ? 2 : 1 }
    return min(i, end)
  }
}
