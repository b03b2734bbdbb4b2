import TickColumns

/// Tuples, arrays and maps to text: the elements are rendered as whole columns first, then joined.
///
/// Invariants:
/// 1. Elements are spelled as inside VALUES, but for JSON, where they are JSON.
/// 2. In a JSON document tuples and maps take a line per element, arrays only when their elements are nested
///    themselves; what is empty stays on its line.

extension Column {
  func tupleTexts(
    _ columns: [Column], count: Int, type: DataType, _ style: TextStyle, _ options: TextOptions
  ) -> StringValues {
    guard case .tuple(let elements) = type else {
      preconditionFailure("tuple values in a column of \(type)")
    }
    var names: [[UInt8]] = []
    var brackets = Brackets(0x28, 0x29, style, isSpread: true)
    if case .csv = style {
      // A tuple becomes several CSV columns.
      brackets.open = []
      brackets.close = []
      brackets.comma = [options.csvDelimiter]
      brackets.inner = .csv
    }
    if case .json(let json) = style {
      let isObject =
        json.namesTuples && !elements.isEmpty && elements.allSatisfy { $0.name != nil }
      brackets = Brackets(isObject ? 0x7B : 0x5B, isObject ? 0x7D : 0x5D, style, isSpread: true)
      if elements.isEmpty, let depth = json.indentation {
        brackets.open = [0x5B, 0x0A]
        brackets.close = [0x0A] + json.indent(depth) + [0x5D]
      }
      if isObject {
        names = elements.map { jsonName($0.name ?? "", json) }
      }
    }
    let parts = columns.map { $0.rendered(as: brackets.inner, options: options) }
    let total = parts.reduce(0) { $0 + $1.bytes.count }
    var out = TextCells(reserving: count, bytes: total + count * (columns.count + 2))
    for row in 0..<count {
      out.extend(brackets.open)
      for (i, part) in parts.enumerated() {
        if i > 0 { out.extend(brackets.comma) }
        if !names.isEmpty { out.extend(names[i]) }
        out.extend(part.bytes.span, part.offsets[row], part.offsets[row + 1])
      }
      out.extend(brackets.close)
      out.endCell()
    }
    return out.finish()
  }

  func arrayTexts(
    _ arrays: ArrayValues, _ style: TextStyle, _ options: TextOptions
  ) -> StringValues {
    if case .csv = style { return inCSVQuotes(arrayTexts(arrays, .quoted, options)) }
    let brackets = Brackets(0x5B, 0x5D, style, isSpread: arrays.elements.type.isNested)
    let parts = arrays.elements.rendered(as: brackets.inner, options: options)
    var out = TextCells(
      reserving: arrays.count, bytes: parts.bytes.count + parts.count + 2 * arrays.count)
    for row in 0..<arrays.count {
      brackets.write(arrays.range(at: row), into: &out) { element, out in
        out.extend(parts.bytes.span, parts.offsets[element], parts.offsets[element + 1])
      }
    }
    return out.finish()
  }

  func mapTexts(
    _ arrays: ArrayValues, _ style: TextStyle, _ options: TextOptions
  ) -> StringValues {
    if case .csv = style { return inCSVQuotes(mapTexts(arrays, .quoted, options)) }
    guard case .tuple(let pair, _) = arrays.elements.values, pair.count == 2 else {
      preconditionFailure("a map without keys and values")
    }
    let brackets = Brackets(0x7B, 0x7D, style, isSpread: true)
    let keys: StringValues
    var colon: [UInt8] = [0x3A]
    if case .json(let json) = style {
      // Every key is a string in JSON.
      keys = jsonKeys(pair[0], json, options)
      if json.indentation != nil { colon.append(0x20) }
    } else {
      keys = pair[0].rendered(as: brackets.inner, options: options)
    }
    let values = pair[1].rendered(as: brackets.inner, options: options)
    var out = TextCells(
      reserving: arrays.count,
      bytes: keys.bytes.count + values.bytes.count + 2 * (keys.count + arrays.count))
    for row in 0..<arrays.count {
      brackets.write(arrays.range(at: row), into: &out) { element, out in
        out.extend(keys.bytes.span, keys.offsets[element], keys.offsets[element + 1])
        out.extend(colon)
        out.extend(values.bytes.span, values.offsets[element], values.offsets[element + 1])
      }
    }
    return out.finish()
  }
}

extension DataType {
  /// True for types whose values have elements.
  fileprivate var isNested: Bool {
    switch self {
    case .array, .map, .tuple: true
    default: false
    }
  }
}

/// What stands around and between elements, and the style that they have themselves.
private struct Brackets {
  var open: [UInt8]
  var close: [UInt8]
  var comma: [UInt8] = [0x2C]
  var inner: TextStyle = .quoted
  private let emptyText: [UInt8]

  init(_ open: UInt8, _ close: UInt8, _ style: TextStyle, isSpread: Bool) {
    self.open = [open]
    self.close = [close]
    emptyText = [open, close]
    guard case .json(var json) = style else { return }
    if let depth = json.indentation, isSpread {
      let lineStart = [0x0A] + json.indent(depth + 1)
      self.open += lineStart
      self.close = [0x0A] + json.indent(depth) + self.close
      comma += lineStart
      json.indentation = depth + 1
    }
    inner = .json(json)
  }

  func write(
    _ elements: Range<Int>, into out: inout TextCells,
    _ element: (_ index: Int, _ out: inout TextCells) -> Void
  ) {
    if elements.isEmpty {
      out.append(emptyText)
      return
    }
    out.extend(open)
    for i in elements {
      if i > elements.lowerBound { out.extend(comma) }
      element(i, &out)
    }
    out.extend(close)
    out.endCell()
  }
}

private func jsonName(_ name: String, _ json: JSONStyle) -> [UInt8] {
  var out: [UInt8] = []
  let text = Array(name.utf8)
  TextStyle.json(json).append(text.span, 0, text.count, to: &out)
  return out + (json.indentation == nil ? [0x3A] : [0x3A, 0x20])
}

private func jsonKeys(
  _ keys: Column, _ json: JSONStyle, _ options: TextOptions
) -> StringValues {
  let texts = keys.rendered(as: .raw, options: options)
  var out = TextCells(reserving: texts.count, bytes: texts.bytes.count + 2 * texts.count)
  for i in 0..<texts.count {
    out.append(texts.bytes.span, texts.offsets[i], texts.offsets[i + 1], style: .json(json))
  }
  return out.finish()
}

private func inCSVQuotes(_ texts: StringValues) -> StringValues {
  var out = TextCells(reserving: texts.count, bytes: texts.bytes.count + 2 * texts.count)
  for i in 0..<texts.count {
    out.append(texts.bytes.span, texts.offsets[i], texts.offsets[i + 1], style: .csv)
  }
  return out.finish()
}
