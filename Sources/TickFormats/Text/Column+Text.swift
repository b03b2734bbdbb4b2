public import TickColumns

/// Whole columns to text: one switch per column, then a loop that only writes.
///
/// A row-oriented format renders its columns first and then joins their cells, so no value is boxed and no
/// type is looked at twice. `rendered(as: .raw)` is what `toString` computes.

extension Column {
  /// The text of every row.
  ///
  /// - Parameter null: what stands for NULL; the style's own mark where nil.
  public func rendered(
    as style: TextStyle, options: TextOptions = .standard, null: [UInt8]? = nil
  ) -> StringValues {
    let cells = renderedValues(as: style, options)
    if case .nothing(let count) = values {
      var out = TextCells(reserving: count, bytes: count * 4)
      for _ in 0..<count { out.append(null ?? options.null(in: style)) }
      return out.finish()
    }
    guard let validity, validity.contains(0) else { return cells }
    let mark = null ?? options.null(in: style)
    var out = TextCells(reserving: count, bytes: cells.bytes.count)
    let span = cells.bytes.span
    for row in 0..<count {
      if validity[row] == 0 {
        out.append(mark)
      } else {
        out.append(span, cells.offsets[row], cells.offsets[row + 1])
      }
    }
    return out.finish()
  }

  /// Appends the text of one row. For the edges; encoders render whole columns.
  public func writeText(row: Int, style: TextStyle, into out: inout [UInt8]) {
    out += slice(row..<row + 1).rendered(as: style).bytes
  }

  private func renderedValues(
    as style: TextStyle, _ options: TextOptions
  ) -> StringValues {
    let plain = type.withoutNullable
    switch (values, plain) {
    case (.int8(let v), .enum8(let definition)):
      return enumTexts(v, definition, style)
    case (.int16(let v), .enum16(let definition)):
      return enumTexts(v, definition, style)
    case (.uint8(let v), .bool):
      let words = StringValues(style.wordsOfBool(options))
      return repeated(words, count: v.count) { v[$0] == 0 ? 0 : 1 }
    case (.uint16(let v), .date):
      var writer = TimeTextWriter()
      return quotedTexts(count: v.count, style) { row, out, at in
        writer.putDate(daysSinceEpoch: Int(v[row]), &out, &at)
      }
    case (.uint32(let v), .dateTime):
      var writer = TimeTextWriter(plain.timeZone(in: options.sessionZone), options.timeFormat)
      return quotedTexts(count: v.count, style) { row, out, at in
        writer.putDateTime(secondsSinceEpoch: Int64(v[row]), &out, &at)
      }
    case (.int64(let v), .dateTime64(let precision, _)):
      var writer = TimeTextWriter(plain.timeZone(in: options.sessionZone), options.timeFormat)
      let digits = Int(precision)
      return quotedTexts(count: v.count, style) { row, out, at in
        writer.putDateTime64(ticks: v[row], precision: digits, &out, &at)
      }
    case (.int32(let v), .date32):
      var writer = TimeTextWriter()
      return quotedTexts(count: v.count, style) { row, out, at in
        writer.putDate(daysSinceEpoch: Int(v[row]), &out, &at)
      }
    case (.uint32(let v), .ipv4):
      return quotedTexts(count: v.count, widthMax: addressTextMax, style) { row, out, at in
        putIPv4(v[row], &out, &at)
      }
    case (.uint128(let v), .ipv6):
      return quotedTexts(count: v.count, widthMax: addressTextMax, style) { row, out, at in
        putIPv6(v[row], &out, &at)
      }
    case (.uint128(let v), .uuid):
      return quotedTexts(count: v.count, widthMax: uuidTextMax, style) { row, out, at in
        putUUID(v[row], &out, &at)
      }
    case (.int32(let v), .decimal(_, let scale)): return decimalTexts(v, scale, style, options)
    case (.int64(let v), .decimal(_, let scale)): return decimalTexts(v, scale, style, options)
    case (.int128(let v), .decimal(_, let scale)): return decimalTexts(v, scale, style, options)
    case (.int8(let v), _): return signedTexts(v)
    case (.int16(let v), _): return signedTexts(v)
    case (.int32(let v), _): return signedTexts(v)
    case (.int64(let v), _): return style.quotes64Bit ? quoted64(v) : signedTexts(v)
    case (.uint8(let v), _): return unsignedTexts(v)
    case (.uint16(let v), _): return unsignedTexts(v)
    case (.uint32(let v), _): return unsignedTexts(v)
    case (.uint64(let v), _): return style.quotes64Bit ? quoted64(v) : unsignedTexts(v)
    case (.int128(let v), _):
      return wideTexts(v.count, style) { row, out, at in putDecimal(v[row], &out, &at) }
    case (.uint128(let v), _):
      return wideTexts(v.count, style) { row, out, at in putDecimal(v[row], &out, &at) }
    case (.float32(let v), _):
      return floatTexts(v.count, style, isFinite: { v[$0].isFinite }) { row, out, at in
        putFloat(v[row], &out, &at)
      }
    case (.float64(let v), _):
      return floatTexts(v.count, style, isFinite: { v[$0].isFinite }) { row, out, at in
        putDouble(v[row], &out, &at)
      }
    case (.string(let v), _): return stringTexts(v, style)
    case (.codes(let codes, let dictionary), _):
      let words = stringTexts(dictionary.values, style)
      return repeated(words, count: codes.count) { Int(codes[$0]) }
    case (.tuple(let columns, let count), _):
      return tupleTexts(columns, count: count, type: plain, style, options)
    case (.array(let arrays), .map): return mapTexts(arrays, style, options)
    case (.array(let arrays), _): return arrayTexts(arrays, style, options)
    case (.nothing(let count), _):
      return StringValues(offsets: Array(repeating: 0, count: count + 1), bytes: [])
    }
  }
}

extension TextStyle {
  fileprivate var quotes64Bit: Bool {
    if case .json(let style) = self { style.quotes64BitIntegers } else { false }
  }

  fileprivate func wordsOfBool(_ options: TextOptions) -> [String] {
    switch self {
    case .raw, .escaped, .csv: [options.falseWord, options.trueWord]
    case .quoted, .json: ["false", "true"]
    }
  }

  /// The quote around times, where the style has one.
  fileprivate var quote: UInt8? {
    switch self {
    case .raw, .escaped: nil
    case .quoted: 0x27
    case .csv, .json: 0x22
    }
  }
}

/// Cells under construction, back to back.
struct TextCells {
  private var offsets: [Int]
  private var bytes: [UInt8] = []

  init(reserving count: Int, bytes byteCount: Int = 0) {
    offsets = [0]
    offsets.reserveCapacity(count + 1)
    bytes.reserveCapacity(byteCount)
  }

  mutating func extend(_ part: [UInt8]) { bytes += part }

  mutating func extend(_ part: Span<UInt8>, _ start: Int, _ end: Int) {
    appendBytes(part, start, end, to: &bytes)
  }

  mutating func endCell() { offsets.append(bytes.count) }

  mutating func append(_ cell: [UInt8]) {
    extend(cell)
    endCell()
  }

  mutating func append(_ part: Span<UInt8>, _ start: Int, _ end: Int) {
    extend(part, start, end)
    endCell()
  }

  mutating func append(
    _ string: Span<UInt8>, _ start: Int, _ end: Int, style: TextStyle
  ) {
    style.append(string, start, end, to: &bytes)
    endCell()
  }

  consuming func finish() -> StringValues { StringValues(offsets: offsets, bytes: bytes) }
}

/// Cells of bounded width, written by `body` one after the other.
@inline(__always)
private func texts(
  count: Int, widthMax: Int,
  _ body: (_ row: Int, _ out: inout MutableSpan<UInt8>, _ at: inout Int) -> Void
) -> StringValues {
  var offsets = [Int](repeating: 0, count: count + 1)
  var bytes = [UInt8](repeating: 0, count: count * widthMax)
  var at = 0
  do {
    var out = bytes.mutableSpan
    var marks = offsets.mutableSpan
    for row in 0..<count {
      body(row, &out, &at)
      marks[row &+ 1] = at
    }
  }
  bytes.removeLast(bytes.count - at)
  return StringValues(offsets: offsets, bytes: bytes)
}

@inline(__always)
private func quotedTexts(
  count: Int, widthMax: Int = TimeTextWriter.textMax, _ style: TextStyle,
  _ body: (_ row: Int, _ out: inout MutableSpan<UInt8>, _ at: inout Int) -> Void
) -> StringValues {
  guard let quote = style.quote else { return texts(count: count, widthMax: widthMax, body) }
  return texts(count: count, widthMax: widthMax) { row, out, at in
    put(quote, &out, &at)
    body(row, &out, &at)
    put(quote, &out, &at)
  }
}

private func signedTexts<T: FixedWidthInteger & SignedInteger>(_ values: [T]) -> StringValues {
  texts(count: values.count, widthMax: integerTextMax) { row, out, at in
    putDecimal(Int64(values[row]), &out, &at)
  }
}

private func unsignedTexts<T: FixedWidthInteger & UnsignedInteger>(_ values: [T]) -> StringValues {
  texts(count: values.count, widthMax: integerTextMax) { row, out, at in
    putDecimal(UInt64(values[row]), &out, &at)
  }
}

private func quoted64<T: FixedWidthInteger>(_ values: [T]) -> StringValues {
  texts(count: values.count, widthMax: integerTextMax + 2) { row, out, at in
    put(0x22, &out, &at)
    if T.isSigned {
      putDecimal(Int64(values[row]), &out, &at)
    } else {
      putDecimal(UInt64(values[row]), &out, &at)
    }
    put(0x22, &out, &at)
  }
}

/// Numbers of 128 bits, in quotes where JSON quotes large integers.
@inline(__always)
private func wideTexts(
  _ count: Int, _ style: TextStyle,
  _ body: (_ row: Int, _ out: inout MutableSpan<UInt8>, _ at: inout Int) -> Void
) -> StringValues {
  let isQuoted = style.quotes64Bit
  return texts(count: count, widthMax: wideTextMax + 2) { row, out, at in
    if isQuoted { put(0x22, &out, &at) }
    body(row, &out, &at)
    if isQuoted { put(0x22, &out, &at) }
  }
}

private func decimalTexts<T: FixedWidthInteger>(
  _ values: [T], _ scale: UInt8, _ style: TextStyle, _ options: TextOptions
) -> StringValues {
  let isQuoted = if case .json(let json) = style { json.quotesDecimals } else { false }
  let keepsZeros = options.keepsDecimalZeros
  return texts(count: values.count, widthMax: wideTextMax + 2) { row, out, at in
    if isQuoted { put(0x22, &out, &at) }
    putScaled(Int128(values[row]), scale: Int(scale), keepsZeros: keepsZeros, &out, &at)
    if isQuoted { put(0x22, &out, &at) }
  }
}

/// Floats of either width; JSON has no word for NaN and infinity.
@inline(__always)
private func floatTexts(
  _ count: Int, _ style: TextStyle, isFinite: (Int) -> Bool,
  _ body: (_ row: Int, _ out: inout MutableSpan<UInt8>, _ at: inout Int) -> Void
) -> StringValues {
  if case .json(let json) = style {
    let isQuoted = json.quotesDenormals
    return texts(count: count, widthMax: doubleTextMax) { row, out, at in
      if isFinite(row) {
        body(row, &out, &at)
      } else if isQuoted {
        put(0x22, &out, &at)
        body(row, &out, &at)
        put(0x22, &out, &at)
      } else {
        putText("null", &out, &at)
      }
    }
  }
  return texts(count: count, widthMax: doubleTextMax, body)
}

private func stringTexts(_ strings: StringValues, _ style: TextStyle) -> StringValues {
  if style == .raw { return strings }
  var out = TextCells(reserving: strings.count, bytes: strings.bytes.count + strings.count * 2)
  let span = strings.bytes.span
  for i in 0..<strings.count {
    out.append(span, strings.offsets[i], strings.offsets[i + 1], style: style)
  }
  return out.finish()
}

private func enumTexts<Number: FixedWidthInteger>(
  _ numbers: [Number], _ definition: EnumDefinition, _ style: TextStyle
) -> StringValues {
  let entries = definition.entries
  let known = stringTexts(StringValues(entries.map(\.name)), style)
  // Numbers start where entries do; most enums have no gaps, so a table by number is short.
  let lowest = Int(entries.first?.number ?? 0)
  let highest = Int(entries.last?.number ?? 0)
  var places = [Int](repeating: -1, count: highest - lowest + 1)
  for (place, entry) in entries.enumerated() { places[Int(entry.number) - lowest] = place }
  let isNamed = numbers.allSatisfy {
    let place = Int($0) - lowest
    return places.indices.contains(place) && places[place] >= 0
  }
  if isNamed { return repeated(known, count: numbers.count) { places[Int(numbers[$0]) - lowest] } }
  // A number without a name can only come from a damaged file; it prints as the number.
  let words = numbers.map { definition.name(of: Int16($0)) ?? String($0) }
  return stringTexts(StringValues(words), style)
}

/// Cells that repeat a few words.
@inline(__always)
private func repeated(
  _ words: StringValues, count: Int, _ position: (Int) -> Int
) -> StringValues {
  var offsets = [Int](repeating: 0, count: count + 1)
  var total = 0
  for row in 0..<count {
    total += words.length(at: position(row))
    offsets[row + 1] = total
  }
  var bytes = [UInt8]()
  bytes.reserveCapacity(total)
  let span = words.bytes.span
  for row in 0..<count {
    let place = position(row)
    appendBytes(span, words.offsets[place], words.offsets[place + 1], to: &bytes)
  }
  return StringValues(offsets: offsets, bytes: bytes)
}
