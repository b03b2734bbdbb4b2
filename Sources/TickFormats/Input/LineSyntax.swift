import TickColumns

/// LineAsString: a line is a value of the only column, a string.
struct LineSyntax: RowSyntax {
  mutating func scan(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
  ) throws(FormatError) -> Bool {
    while at < end {
      at += 1
      if bytes[at - 1] == 0x0A { return true }
    }
    return false
  }

  mutating func read(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool {
    let stop = end > start && bytes[end - 1] == 0x0A ? end - 1 : end
    try rows.columns[0].append(bytes, start, stop, TextRules(rows.outOfRange))
    return true
  }

  mutating func readRest(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool {
    start < end ? try read(bytes, start, end, into: &rows) : false
  }
}
