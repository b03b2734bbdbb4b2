import TickColumns

/// The rows behind VALUES: tuples of literals, divided by commas or blanks, with at most one `;` at the end.
///
/// Expressions, which ClickHouse would compute, are refused with 48.
struct ValuesSyntax: RowSyntax {
  private var depth = 0
  private var isQuoted = false
  private var isEscaped = false
  private var isClosed = false

  mutating func scan(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
  ) throws(FormatError) -> Bool {
    while at < end {
      let byte = bytes[at]
      at += 1
      if isQuoted {
        if isEscaped {
          isEscaped = false
        } else if byte == 0x5C {
          isEscaped = true
        } else if byte == 0x27 {
          // A doubled quote closes and opens again.
          isQuoted = false
        }
        continue
      }
      switch byte {
      case 0x28:
        if isClosed { throw behindEnd() }
        depth += 1
        if depth > FormatLimits.nestingMax {
          throw FormatError(
            .tooDeepRecursion, "parentheses nest deeper than \(FormatLimits.nestingMax)")
        }
      case 0x29 where depth > 0:
        depth -= 1
        if depth == 0 { return true }
      case 0x27 where depth > 0: isQuoted = true
      case 0x20, 0x09, 0x0A, 0x0D: break
      case 0x2C where depth == 0 && !isClosed: break
      case 0x3B where depth == 0: isClosed = true
      default:
        if depth > 0 { break }
        if isClosed { throw behindEnd() }
        throw FormatError(
          .cannotParseInputAssertionFailed, "Cannot parse input: expected '(' before a row")
      }
    }
    return false
  }

  private func behindEnd() -> FormatError {
    FormatError(.syntaxError, "Syntax error (Multi-statements are not allowed)")
  }

  mutating func readRest(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool {
    if depth > 0 {
      throw FormatError(
        .syntaxError,
        "Cannot parse expression: the input ends inside a row: \(excerpt(bytes, start, end))")
    }
    return false
  }

  mutating func read(
    _ bytes: Span<UInt8>, _ from: Int, _ to: Int, into rows: inout RowSink
  ) throws(FormatError) -> Bool {
    var i = from
    while bytes[i] != 0x28 { i += 1 }
    i += 1
    // `scan` ended the row at its closing parenthesis.
    let end = to - 1
    for position in 0..<rows.columns.count {
      i = skipBlanks(bytes, i, end)
      guard i < end else {
        throw FormatError(
          .syntaxError, "the row ends after \(position) of \(rows.columns.count) values",
          column: rows.schema[position].name)
      }
      let stop = elementEnd(bytes, i, end)
      var last = stop
      while last > i, bytes[last - 1] == 0x20 || bytes[last - 1] &- 0x09 < 5 { last -= 1 }
      do throws(FormatError) {
        if matchesWord(bytes, i, last, "default") {
          rows.columns[position].appendDefault()
        } else {
          try rows.columns[position].appendQuoted(bytes, i, last, rows.outOfRange)
        }
      } catch {
        throw error.located(column: rows.schema[position].name)
      }
      if stop < end {
        i = stop + 1
        if position == rows.columns.count - 1 {
          throw FormatError(
            .syntaxError, "the row has more than \(rows.columns.count) values")
        }
      } else {
        i = end
      }
    }
    return true
  }
}
