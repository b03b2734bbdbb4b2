import TickColumns

/// Text to tuples, arrays and maps: `(1,'a')`, `[1,2]`, `{'k':1}`, and the same in JSON.
///
/// Invariants:
/// 1. A text that does not parse adds nothing, however far into it the mistake is.
/// 2. Nesting is bounded by the type, not by the text: only as many levels are read as the type has.

/// How elements are spelled.
enum ElementSpelling {
  case quoted, json
}

extension TextColumnBuilder {
  mutating func appendNested(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, spelling: ElementSpelling, _ rules: TextRules,
    _ options: InputOptions = .standard
  ) throws(FormatError) {
    let reader = NestedReader(type: type, spelling: spelling, rules: rules, options: options)
    let isTuple = isTuple
    let isMap = isMap
    try appendRow { (nested) throws(FormatError) in
      if isTuple {
        try reader.tuple(bytes, start, end, into: &nested)
      } else if isMap {
        try reader.map(bytes, start, end, into: &nested)
      } else {
        try reader.array(bytes, start, end, into: &nested[0])
      }
    }
  }
}

private struct NestedReader {
  let type: DataType
  let spelling: ElementSpelling
  let rules: TextRules
  let options: InputOptions

  func array(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into elements: inout TextColumnBuilder
  ) throws(FormatError) {
    guard start < end, bytes[start] == 0x5B else {
      throw FormatError(
        .cannotReadArrayFromText, "Array does not start with '[': \(excerpt(bytes, start, end))")
    }
    let close = try closing(bytes, start, end, 0x5D)
    var i = skipBlanks(bytes, start + 1, close)
    while i < close {
      i = try element(bytes, i, close, into: &elements)
    }
  }

  func tuple(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into elements: inout [TextColumnBuilder]
  ) throws(FormatError) {
    if spelling == .json, start < end, bytes[start] == 0x7B {
      try namedTuple(bytes, start, end, into: &elements)
      return
    }
    let brackets: (UInt8, UInt8) = spelling == .json ? (0x5B, 0x5D) : (0x28, 0x29)
    guard start < end, bytes[start] == brackets.0 else {
      throw broken(bytes, start, end, "no parentheses")
    }
    let close = try closing(bytes, start, end, brackets.1)
    var i = skipBlanks(bytes, start + 1, close)
    var count = 0
    while i < close {
      guard count < elements.count else { throw broken(bytes, start, end, "too many elements") }
      // A comma behind the last element is allowed, as in `(1,)`.
      i = try element(bytes, i, close, into: &elements[count])
      count += 1
    }
    guard count == elements.count else { throw broken(bytes, start, end, "\(count) elements") }
  }

  /// A JSON object for a tuple: elements by name, in any order; what is left out has its default.
  private func namedTuple(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into elements: inout [TextColumnBuilder]
  ) throws(FormatError) {
    guard case .tuple(let fields) = type.withoutNullable else {
      preconditionFailure("a tuple of type \(type)")
    }
    guard fields.allSatisfy({ $0.name != nil }) else {
      throw broken(bytes, start, end, "an object for a tuple without names")
    }
    let close = try closing(bytes, start, end, 0x7D)
    var filled = Set<Int>()
    var i = skipBlanks(bytes, start + 1, close)
    while i < close {
      let (name, valueStart) = try key(bytes, i, close)
      guard let place = fields.firstIndex(where: { $0.name.map { Array($0.utf8) } == name }) else {
        // Names that the tuple lacks are passed by, as ClickHouse does.
        i = try next(bytes, jsonValueEnd(bytes, valueStart, close), close, from: i)
        continue
      }
      guard filled.insert(place).inserted else {
        throw FormatError(
          .incorrectData, "element \(String(decoding: name, as: UTF8.self)) is given twice")
      }
      i = try element(bytes, valueStart, close, into: &elements[place])
    }
    for place in elements.indices where !filled.contains(place) { elements[place].appendDefault() }
  }

  func map(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into pair: inout [TextColumnBuilder]
  ) throws(FormatError) {
    guard start < end, bytes[start] == 0x7B else {
      throw FormatError(
        .cannotParseInputAssertionFailed,
        "Map does not start with '{': \(excerpt(bytes, start, end))")
    }
    let close = try closing(bytes, start, end, 0x7D)
    var i = skipBlanks(bytes, start + 1, close)
    while i < close {
      switch spelling {
      case .json:
        let (name, valueStart) = try key(bytes, i, close)
        // A JSON key is the bare text of the key, whatever its type.
        try pair[0].append(name.span, 0, name.count, TextRules(rules.outOfRange))
        i = valueStart
      case .quoted:
        let stop = elementEnd(bytes, i, close, separator: 0x3A)
        guard stop < close else { throw broken(bytes, start, end, "expected ':' behind a key") }
        try pair[0].appendQuoted(bytes, i, trimmed(bytes, i, stop), rules.outOfRange)
        i = skipBlanks(bytes, stop + 1, close)
      }
      i = try element(bytes, i, close, into: &pair[1])
    }
  }

  /// Appends the element that begins at `start`; returns where the next one does.
  private func element(
    _ bytes: Span<UInt8>, _ start: Int, _ close: Int, into builder: inout TextColumnBuilder
  ) throws(FormatError) -> Int {
    let stop: Int
    switch spelling {
    case .quoted:
      stop = elementEnd(bytes, start, close)
      try builder.appendQuoted(bytes, start, trimmed(bytes, start, stop), rules.outOfRange)
    case .json:
      let valueEnd = jsonValueEnd(bytes, start, close)
      try builder.appendJSON(bytes, start, valueEnd, rules.outOfRange, options)
      stop = valueEnd
    }
    return try next(bytes, stop, close, from: start)
  }

  /// The place of the element behind the one that ends at `end`.
  private func next(
    _ bytes: Span<UInt8>, _ end: Int, _ close: Int, from start: Int
  ) throws(FormatError) -> Int {
    let stop = skipBlanks(bytes, end, close)
    guard stop < close else { return close }
    guard bytes[stop] == 0x2C else {
      throw broken(bytes, start, close, "expected ',' between elements")
    }
    return skipBlanks(bytes, stop + 1, close)
  }

  /// A JSON object's key, unescaped, and where its value begins.
  private func key(
    _ bytes: Span<UInt8>, _ start: Int, _ close: Int
  ) throws(FormatError) -> (name: [UInt8], valueStart: Int) {
    let nameEnd = jsonValueEnd(bytes, start, close)
    guard nameEnd - start >= 2, bytes[start] == 0x22, bytes[nameEnd - 1] == 0x22 else {
      throw FormatError(
        .cannotParseQuotedString, "expected a name at \(excerpt(bytes, start, close))")
    }
    let name = try unescapeJSON(bytes, start + 1, nameEnd - 1)
    let colon = skipBlanks(bytes, nameEnd, close)
    guard colon < close, bytes[colon] == 0x3A else {
      throw broken(bytes, start, close, "expected ':' behind a name")
    }
    return (name, skipBlanks(bytes, colon + 1, close))
  }

  /// The place of the closing bracket, which must be the last byte.
  private func closing(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ bracket: UInt8
  ) throws(FormatError) -> Int {
    guard end - start >= 2, bytes[end - 1] == bracket else {
      throw broken(bytes, start, end, "it does not end with a closing bracket")
    }
    return end - 1
  }

  private func trimmed(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
    var last = end
    while last > start, bytes[last - 1] == 0x20 || bytes[last - 1] &- 0x09 < 5 { last -= 1 }
    return last
  }

  private func broken(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ what: String
  ) -> FormatError {
    FormatError(
      .cannotParseInputAssertionFailed,
      "Cannot parse \(excerpt(bytes, start, end)) as \(type): \(what)")
  }
}
