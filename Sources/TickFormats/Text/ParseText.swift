public import TickColumns

/// One text to one value, and a column of texts to a column of values: casts and string literals.

/// The value that a whole text stands for.
///
/// - Parameter outOfRange: `.convert` is what ClickHouse's casts do; stored data is read with `.refuse`.
/// - Throws: the code that ClickHouse gives: 6 and 72 for numbers, 38, 41 and 407 for times, 467, 691, 32 for an
///   empty integer; 48 for types without a text form.
public func parseText(
  _ bytes: ArraySlice<UInt8>, as type: DataType, style: TextStyle,
  outOfRange: OutOfRangeRule = .convert, in session: TimeZone = .utc
) throws(FormatError) -> Value {
  var builder = try TextColumnBuilder(type, in: session)
  try builder.append(bytes.span, 0, bytes.count, style: style, outOfRange)
  return builder.finish().value(at: 0)
}

/// What a cast of a column does with a text that does not parse.
public enum ParseFailureRule: Hashable, Sendable {
  case `throw`
  /// NULL: `toTypeOrNull`, and casts to `Nullable`. The type must be nullable.
  case null
  /// Zero, the empty string, the epoch: `toTypeOrZero`.
  case zero
}

/// The values of a column of bare texts. Rows that `validity` marks 0 become NULL, or the default of a type
/// without NULL; an error carries its row, counted from 1.
public func parseColumn(
  _ texts: StringValues, validity: [UInt8]? = nil, as type: DataType,
  onFailure: ParseFailureRule = .throw, outOfRange: OutOfRangeRule = .convert,
  in session: TimeZone = .utc
) throws(FormatError) -> Column {
  precondition(onFailure != .null || type.isNullable, "NULL on failure in a column of \(type)")
  var builder = try TextColumnBuilder(type, reserving: texts.count, in: session)
  let rules = TextRules(outOfRange)
  for row in 0..<texts.count {
    if let validity, validity[row] == 0 {
      builder.appendNull()
      continue
    }
    do throws(FormatError) {
      try builder.append(texts.bytes.span, texts.offsets[row], texts.offsets[row + 1], rules)
    } catch {
      switch onFailure {
      case .throw: throw error.located(row: row + 1)
      case .null: builder.appendNull()
      case .zero: builder.appendZeroValue()
      }
    }
  }
  return builder.finish()
}

/// Where the element that begins at `start` ends: at a separator outside of quotes and brackets, or at `end`.
func elementEnd(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, separator: UInt8 = 0x2C
) -> Int {
  var depth = 0
  var i = start
  while i < end {
    switch bytes[i] {
    case 0x27:
      i = quotedEnd(bytes, i, end) ?? end
      continue
    case 0x28, 0x5B, 0x7B: depth += 1
    case 0x29, 0x5D, 0x7D: depth -= 1
    case separator where depth <= 0: return i
    default: break
    }
    i += 1
  }
  return end
}
