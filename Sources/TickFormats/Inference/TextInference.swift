/// The type of a cell of CSV or TabSeparated, by what it looks like: as ClickHouse tells them, with what its readers of
/// times take beyond ours left as strings.
import TickColumns

enum TextInference {
  /// Values inside values: above it a cell is a string.
  private static let depthMax = 32

  /// The type of a CSV cell with its quotes.
  static func csvCell(_ cell: ArraySlice<UInt8>) -> InferredType {
    let trimmed = trimmed(cell)
    guard !trimmed.isEmpty, !trimmed.elementsEqual(nullMark) else { return .nothing }
    guard trimmed.first == UInt8(ascii: "\"") else {
      if trimmed.elementsEqual("true".utf8) || trimmed.elementsEqual("false".utf8) { return .bool }
      return TimeShape.type(of: trimmed) ?? number(trimmed, .csv) ?? .string
    }
    let inner = csvText(trimmed)[...]
    if let time = TimeShape.type(of: inner) { return time }
    switch value(inner) {
    case .array(let element)?: return .array(element)
    case .map(let key, let value)?: return .map(key: key, value: value)
    default: return .string
    }
  }

  /// The type of a TabSeparated cell with its escapes.
  static func tabSeparatedCell(_ cell: ArraySlice<UInt8>) -> InferredType {
    guard !cell.isEmpty, !cell.elementsEqual(nullMark) else { return .nothing }
    guard !cell.contains(0x5C) else { return .string }
    return TimeShape.type(of: cell) ?? value(cell) ?? .string
  }

  /// What a CSV cell says, without its quotes.
  static func csvText(_ cell: ArraySlice<UInt8>) -> [UInt8] {
    let trimmed = trimmed(cell)
    guard trimmed.first == UInt8(ascii: "\"") else { return Array(trimmed) }
    var out: [UInt8] = []
    var at = trimmed.startIndex + 1
    while at < trimmed.endIndex {
      if trimmed[at] == UInt8(ascii: "\"") {
        guard at + 1 < trimmed.endIndex, trimmed[at + 1] == UInt8(ascii: "\"") else { break }
        at += 1
      }
      out.append(trimmed[at])
      at += 1
    }
    return out
  }

  private static let nullMark: [UInt8] = [0x5C, UInt8(ascii: "N")]

  private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var text = text.drop { $0 == 0x20 || $0 == 0x09 }
    while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
    return text
  }

  // MARK: Numbers

  private enum Dialect { case csv, other }

  /// A whole text as a number. An exponent makes it none, nor does a leading zero outside of CSV, where what is too large
  /// for 64 bits is a string and not a float.
  private static func number(_ text: ArraySlice<UInt8>, _ dialect: Dialect) -> InferredType? {
    var digits = text
    let sign = digits.first
    let isNegative = sign == UInt8(ascii: "-")
    if isNegative || sign == UInt8(ascii: "+") { digits.removeFirst() }
    let word = String(decoding: digits.prefix(9), as: UTF8.self).lowercased()
    if digits.count <= 8, ["inf", "nan", "infinity"].contains(word) { return .float }
    let whole = digits.prefix { (0x30...0x39).contains($0) }
    let rest = digits.dropFirst(whole.count)
    if rest.isEmpty {
      guard !whole.isEmpty else { return nil }
      if dialect == .other, whole.count > 1, whole.first == UInt8(ascii: "0") { return nil }
      return integer(text, isNegative: isNegative) ?? (dialect == .csv ? .float : nil)
    }
    guard rest.first == UInt8(ascii: ".") else { return nil }
    let fraction = rest.dropFirst()
    guard fraction.allSatisfy({ (0x30...0x39).contains($0) }), !whole.isEmpty || !fraction.isEmpty
    else { return nil }
    return .float
  }

  /// Nil where 64 bits cannot hold it.
  static func integer(_ text: ArraySlice<UInt8>, isNegative: Bool) -> InferredType? {
    let text = String(decoding: text, as: UTF8.self)
    if Int64(text) != nil { return .int(isNegative: isNegative) }
    return UInt64(text) == nil ? nil : .uint
  }

  // MARK: Values inside values

  /// A number, a word, a quoted string, an array, a tuple or a map, if the text is one as a whole.
  private static func value(_ text: ArraySlice<UInt8>) -> InferredType? {
    var at = text.startIndex
    guard let type = value(text, &at, depth: 0) else { return nil }
    skipBlanks(text, &at)
    return at == text.endIndex ? type : nil
  }

  private static func value(
    _ text: ArraySlice<UInt8>, _ at: inout Int, depth: Int
  ) -> InferredType? {
    skipBlanks(text, &at)
    guard at < text.endIndex, depth < depthMax else { return nil }
    switch text[at] {
    case UInt8(ascii: "["):
      guard let elements = list(text, &at, until: UInt8(ascii: "]"), depth) else { return nil }
      return common(elements).map { .array($0) }
    case UInt8(ascii: "("):
      guard let elements = list(text, &at, until: UInt8(ascii: ")"), depth), !elements.isEmpty
      else { return nil }
      return .tuple(elements)
    case UInt8(ascii: "{"): return map(text, &at, depth)
    case UInt8(ascii: "'"): return quoted(text, &at)
    default:
      let start = at
      while at < text.endIndex, !",:[](){}' ".utf8.contains(text[at]) { at += 1 }
      let word = text[start..<at]
      switch String(decoding: word.prefix(8), as: UTF8.self).lowercased() {
      case "true", "false": return .bool
      case "null": return depth == 0 ? nil : .nothing
      default: return number(word, .other)
      }
    }
  }

  private static func list(
    _ text: ArraySlice<UInt8>, _ at: inout Int, until close: UInt8, _ depth: Int
  ) -> [InferredType]? {
    at += 1
    var elements: [InferredType] = []
    skipBlanks(text, &at)
    if at < text.endIndex, text[at] == close {
      at += 1
      return elements
    }
    while true {
      guard let element = value(text, &at, depth: depth + 1) else { return nil }
      elements.append(element)
      skipBlanks(text, &at)
      guard at < text.endIndex else { return nil }
      at += 1
      if text[at - 1] == close { return elements }
      guard text[at - 1] == UInt8(ascii: ",") else { return nil }
    }
  }

  private static func map(
    _ text: ArraySlice<UInt8>, _ at: inout Int, _ depth: Int
  ) -> InferredType? {
    at += 1
    var keys: [InferredType] = []
    var values: [InferredType] = []
    while true {
      guard let key = value(text, &at, depth: depth + 1) else { return nil }
      skipBlanks(text, &at)
      guard at < text.endIndex, text[at] == UInt8(ascii: ":") else { return nil }
      at += 1
      guard let value = value(text, &at, depth: depth + 1) else { return nil }
      keys.append(key)
      values.append(value)
      skipBlanks(text, &at)
      guard at < text.endIndex else { return nil }
      at += 1
      if text[at - 1] == UInt8(ascii: "}") { break }
      guard text[at - 1] == UInt8(ascii: ",") else { return nil }
    }
    guard let key = common(keys), let value = common(values), key != .nothing else { return nil }
    return .map(key: key, value: value)
  }

  /// The type of all elements; nil where only a string could hold them and not all are strings.
  private static func common(_ elements: [InferredType]) -> InferredType? {
    var type = InferredType.nothing
    for element in elements {
      guard let wider = InferredType.common(type, element, .text) else { return nil }
      if wider == .string, ![.nothing, .string].contains(type) || element != .string { return nil }
      type = wider
    }
    return type
  }

  private static func quoted(_ text: ArraySlice<UInt8>, _ at: inout Int) -> InferredType? {
    let start = at + 1
    at = start
    while at < text.endIndex, text[at] != UInt8(ascii: "'") {
      at += text[at] == 0x5C ? 2 : 1
    }
    guard at < text.endIndex else { return nil }
    at += 1
    return TimeShape.type(of: text[start..<at - 1]) ?? .string
  }

  private static func skipBlanks(_ text: ArraySlice<UInt8>, _ at: inout Int) {
    while at < text.endIndex, text[at] == 0x20 { at += 1 }
  }
}
