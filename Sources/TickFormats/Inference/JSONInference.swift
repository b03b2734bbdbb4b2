/// The types of JSON values.
///
/// Invariants:
/// 1. Any bytes give a type, "not whole" or an error; nothing traps and nesting is bounded.
import TickColumns

struct JSONInference {
  /// Objects and arrays inside one another; their scan recurses.
  private static let depthMax = 100

  let text: [UInt8]
  private(set) var at = 0

  init(_ text: [UInt8]) { self.text = text }

  /// Passes what may stand between objects that are rows: blanks, commas, and the brackets around all of them.
  mutating func skipBetweenObjects() {
    while at < text.count, isBlank(text[at]) || ",;[]".utf8.contains(text[at]) { at += 1 }
  }

  /// Passes what may stand between arrays that are rows.
  mutating func skipBetweenArrays() {
    while at < text.count, isBlank(text[at]) || ",;".utf8.contains(text[at]) { at += 1 }
  }

  var isAtEnd: Bool { at >= text.count }

  /// The members of an object; nil when it does not end in the text.
  mutating func object(depth: Int = 0) throws(FormatError) -> [InferredType.NamedType]? {
    var fields: [InferredType.NamedType] = []
    guard try take(UInt8(ascii: "{"), "{") else { return nil }
    skipBlanks()
    if at < text.count, text[at] == UInt8(ascii: "}") {
      at += 1
      return fields
    }
    while true {
      skipBlanks()
      guard let name = try string() else { return nil }
      guard try take(UInt8(ascii: ":"), ":") else { return nil }
      guard let type = try value(depth: depth + 1) else { return nil }
      let key = String(decoding: name, as: UTF8.self)
      if let position = fields.firstIndex(where: { $0.name == key }) {
        fields[position].type = type
      } else {
        fields.append(.init(name: key, type: type))
      }
      guard let isLast = try takeSeparator(UInt8(ascii: "}")) else { return nil }
      if isLast { return fields }
    }
  }

  /// The elements of an array; nil when it does not end in the text.
  mutating func array(depth: Int = 0) throws(FormatError) -> [InferredType]? {
    var elements: [InferredType] = []
    guard try take(UInt8(ascii: "["), "[") else { return nil }
    skipBlanks()
    if at < text.count, text[at] == UInt8(ascii: "]") {
      at += 1
      return elements
    }
    while true {
      guard let type = try value(depth: depth + 1) else { return nil }
      elements.append(type)
      guard let isLast = try takeSeparator(UInt8(ascii: "]")) else { return nil }
      if isLast { return elements }
    }
  }

  private mutating func value(depth: Int) throws(FormatError) -> InferredType? {
    guard depth < Self.depthMax else { throw failure("values nest deeper than \(Self.depthMax)") }
    skipBlanks()
    guard at < text.count else { return nil }
    switch text[at] {
    case UInt8(ascii: "{"): return try object(depth: depth).map { .named($0) }
    case UInt8(ascii: "["):
      guard let elements = try array(depth: depth) else { return nil }
      var type = InferredType.nothing
      for element in elements {
        guard let wider = InferredType.common(type, element, .json) else {
          throw failure("the elements of an array have no common type")
        }
        type = wider
      }
      return .array(type)
    case UInt8(ascii: "\""):
      guard let bytes = try string() else { return nil }
      return bytes.contains(0x5C) ? .string : TimeShape.type(of: bytes) ?? .string
    default: return try word()
    }
  }

  /// The bytes between quotes, with their escapes; nil when they are not closed.
  private mutating func string() throws(FormatError) -> ArraySlice<UInt8>? {
    guard at < text.count else { return nil }
    guard text[at] == UInt8(ascii: "\"") else { throw failure("expected a string in quotes") }
    let start = at + 1
    var end = start
    while end < text.count, text[end] != UInt8(ascii: "\"") {
      end += text[end] == 0x5C ? 2 : 1
    }
    guard end < text.count else { return nil }
    at = end + 1
    return text[start..<end]
  }

  private mutating func word() throws(FormatError) -> InferredType? {
    let start = at
    var end = at
    while end < text.count, !isBlank(text[end]), !",]}:".utf8.contains(text[end]) { end += 1 }
    guard end < text.count else { return nil }
    at = end
    let word = text[start..<end]
    let name = String(decoding: word.prefix(32), as: UTF8.self)
    switch name {
    case "true", "false": return .bool
    case "null": return .nothing
    case "inf", "-inf", "nan": return .float
    default: break
    }
    guard let first = word.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
      at = start
      throw failure("\(name) is no value of JSON")
    }
    if word.contains(where: { ".eE".utf8.contains($0) }) { return .float }
    return TextInference.integer(word, isNegative: first == UInt8(ascii: "-")) ?? .string
  }

  /// False at the end of the text.
  private mutating func take(_ sign: UInt8, _ name: String) throws(FormatError) -> Bool {
    skipBlanks()
    guard at < text.count else { return false }
    guard text[at] == sign else { throw failure("expected \(name)") }
    at += 1
    return true
  }

  /// True for the closing sign, false for a comma, nil at the end of the text.
  private mutating func takeSeparator(_ close: UInt8) throws(FormatError) -> Bool? {
    skipBlanks()
    guard at < text.count else { return nil }
    guard text[at] == close || text[at] == UInt8(ascii: ",") else {
      throw failure("expected a comma or the end of the value")
    }
    at += 1
    return text[at - 1] == close
  }

  private mutating func skipBlanks() {
    while at < text.count, isBlank(text[at]) { at += 1 }
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private func failure(_ reason: String) -> FormatError {
    FormatError(
      .cannotExtractTableStructure,
      "The table structure cannot be extracted from a file of JSON: \(reason)", offset: at)
  }
}
