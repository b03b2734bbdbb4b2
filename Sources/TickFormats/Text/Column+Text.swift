public import TickColumns

/// Whole columns to text: one switch per column, then a loop that only writes.
///
/// A row-oriented format renders its columns first and then joins their cells, so no value is boxed and no
/// type is looked at twice. `rendered(as: .raw)` is what `toString` computes.

extension Column {
  /// The text of every row.
  ///
  /// - Parameter null: what stands for NULL; the style's own mark where nil.
  public func rendered(as style: TextStyle, null: [UInt8]? = nil) -> StringValues {
    let cells = renderedValues(as: style)
    if case .nothing(let count) = values {
      var out = TextCells(reserving: count, bytes: count * 4)
      for _ in 0..<count { out.append(null ?? style.null) }
      return out.finish()
    }
    guard let validity, validity.contains(0) else { return cells }
    let mark = null ?? style.null
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

  private func renderedValues(as style: TextStyle) -> StringValues {
    let plain = type.withoutNullable
    switch (values, plain) {
    case (.int8(let v), .enum8(let definition)):
      return enumTexts(v, definition, style)
    case (.uint8(let v), .bool):
      let words = StringValues(["false", "true"])
      return repeated(words, count: v.count) { v[$0] == 0 ? 0 : 1 }
    case (.uint16(let v), .date):
      var writer = TimeTextWriter()
      return quotedTexts(count: v.count, style) { row, out, at in
        writer.putDate(daysSinceEpoch: Int(v[row]), &out, &at)
      }
    case (.uint32(let v), .dateTime):
      var writer = TimeTextWriter()
      return quotedTexts(count: v.count, style) { row, out, at in
        writer.putDateTime(secondsSinceEpoch: Int64(v[row]), &out, &at)
      }
    case (.int64(let v), .dateTime64(let precision, _)):
      var writer = TimeTextWriter()
      let digits = Int(precision)
      return quotedTexts(count: v.count, style) { row, out, at in
        writer.putDateTime64(ticks: v[row], precision: digits, &out, &at)
      }
    case (.int8(let v), _): return signedTexts(v)
    case (.int16(let v), _): return signedTexts(v)
    case (.int32(let v), _): return signedTexts(v)
    case (.int64(let v), _): return style.quotes64Bit ? quoted64(v) : signedTexts(v)
    case (.uint8(let v), _): return unsignedTexts(v)
    case (.uint16(let v), _): return unsignedTexts(v)
    case (.uint32(let v), _): return unsignedTexts(v)
    case (.uint64(let v), _): return style.quotes64Bit ? quoted64(v) : unsignedTexts(v)
    case (.float64(let v), _): return doubleTexts(v, style)
    case (.string(let v), _): return stringTexts(v, style)
    case (.codes(let codes, let dictionary), _):
      let words = stringTexts(dictionary.values, style)
      return repeated(words, count: codes.count) { Int(codes[$0]) }
    case (.tuple(let columns, let count), _):
      return tupleTexts(columns, count: count, style)
    case (.nothing(let count), _):
      return StringValues(offsets: Array(repeating: 0, count: count + 1), bytes: [])
    }
  }

  private func tupleTexts(_ columns: [Column], count: Int, _ style: TextStyle) -> StringValues {
    guard case .tuple(let elements) = type.withoutNullable else {
      preconditionFailure("tuple values in a column of \(type)")
    }
    var names: [[UInt8]] = []
    var inner = style
    var open: [UInt8] = [0x28]
    var close: [UInt8] = [0x29]
    var comma: [UInt8] = [0x2C]
    switch style {
    case .raw, .escaped, .quoted: inner = .quoted
    case .csv:
      open = []
      close = []
    case .json(var json):
      let isObject = !elements.isEmpty && elements.allSatisfy { $0.name != nil }
      open = [isObject ? 0x7B : 0x5B]
      close = [isObject ? 0x7D : 0x5D]
      if let depth = json.indentation {
        let lineStart = [0x0A] + Array(repeating: UInt8(0x09), count: depth + 1)
        open += elements.isEmpty ? [0x0A] : lineStart
        close = [0x0A] + Array(repeating: UInt8(0x09), count: depth) + close
        comma += lineStart
        json.indentation = depth + 1
        inner = .json(json)
      }
      if isObject {
        names = elements.map { element in
          var name: [UInt8] = []
          let text = Array((element.name ?? "").utf8)
          style.append(text.span, 0, text.count, to: &name)
          return name + (json.indentation == nil ? [0x3A] : [0x3A, 0x20])
        }
      }
    }
    let parts = columns.map { $0.rendered(as: inner) }
    let total = parts.reduce(0) { $0 + $1.bytes.count }
    var out = TextCells(reserving: count, bytes: total + count * (columns.count + 2))
    for row in 0..<count {
      out.extend(open)
      for (i, part) in parts.enumerated() {
        if i > 0 { out.extend(comma) }
        if !names.isEmpty { out.extend(names[i]) }
        out.extend(part.bytes.span, part.offsets[row], part.offsets[row + 1])
      }
      out.extend(close)
      out.endCell()
    }
    return out.finish()
  }
}

extension TextStyle {
  fileprivate var quotes64Bit: Bool {
    if case .json(let style) = self { style.quotes64BitIntegers } else { false }
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
  count: Int, _ style: TextStyle,
  _ body: (_ row: Int, _ out: inout MutableSpan<UInt8>, _ at: inout Int) -> Void
) -> StringValues {
  guard let quote = style.quote else {
    return texts(count: count, widthMax: TimeTextWriter.textMax, body)
  }
  return texts(count: count, widthMax: TimeTextWriter.textMax) { row, out, at in
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

private func doubleTexts(_ values: [Double], _ style: TextStyle) -> StringValues {
  if case .json = style {
    return texts(count: values.count, widthMax: doubleTextMax) { row, out, at in
      if values[row].isFinite {
        putDouble(values[row], &out, &at)
      } else {
        putText("null", &out, &at)
      }
    }
  }
  return texts(count: values.count, widthMax: doubleTextMax) { row, out, at in
    putDouble(values[row], &out, &at)
  }
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

private func enumTexts(
  _ numbers: [Int8], _ definition: EnumDefinition, _ style: TextStyle
) -> StringValues {
  // A number without a name can only come from a damaged file; it prints as the number.
  var places = [Int](repeating: 0, count: 256)
  var words: [String] = []
  for number in Int8.min...Int8.max {
    places[Int(number) + 128] = words.count
    words.append(definition.name(of: number) ?? String(number))
  }
  let texts = stringTexts(StringValues(words), style)
  return repeated(texts, count: numbers.count) { places[Int(numbers[$0]) + 128] }
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
