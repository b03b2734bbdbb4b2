/// A JSON text, checked as a whole and laid out as a tape of its values: what the functions of JSON walk. A tape is used
/// for one text after the other and keeps its memory.
///
/// Invariants:
/// 1. After `read` gave true the text is JSON by RFC 8259, its strings are UTF-8, and its numbers have values.
/// 2. `nodes[i].next` is the place behind node i and all below it; the children of a node follow it, and in an object
///    each value follows its key.
/// 3. Nesting is counted on a stack of its own, at most `depthMax` deep: no text overflows ours.
import TickColumns

public struct JSONTape: Sendable {
  public enum Kind: UInt8, Sendable {
    case null, no, yes
    /// An integer without fraction and exponent that fits Int64, or else UInt64.
    case int, uint
    case double
    /// An integer that fits neither.
    case long
    case string, array, object
  }

  struct Node: Sendable {
    let kind: Kind
    /// The bytes of a string without its quotes, or of a number.
    var start: Int
    var end: Int
    var next: Int
    /// Elements, or members.
    var count: Int
  }

  /// Levels of arrays and objects, as in ClickHouse.
  static let depthMax = 1_024

  private static let trueWord = Array("true".utf8)
  private static let falseWord = Array("false".utf8)
  private static let nullWord = Array("null".utf8)

  private var text: ArraySlice<UInt8> = []
  private var nodes: [Node] = []
  private var open: [Int] = []

  public init() {}

  /// The whole value.
  public static let root = 0

  /// False where the text is not JSON.
  public mutating func read(_ bytes: ArraySlice<UInt8>) -> Bool {
    text = bytes
    nodes.removeAll(keepingCapacity: true)
    open.removeAll(keepingCapacity: true)
    let span = bytes.span
    let end = span.count
    var at = skipBlanks(span, 0, end)
    guard readValue(span, &at, end) else { return false }
    while let parent = open.last {
      at = skipBlanks(span, at, end)
      guard at < end else { return false }
      let isObject = nodes[parent].kind == .object
      let isEmpty = nodes[parent].count == 0
      if span[at] == (isObject ? 0x7D : 0x5D) {
        at += 1
        nodes[parent].next = nodes.count
        open.removeLast()
        continue
      }
      if !isEmpty {
        guard span[at] == 0x2C else { return false }
        at = skipBlanks(span, at + 1, end)
      }
      if isObject {
        guard at < end, span[at] == 0x22, readString(span, &at, end) else { return false }
        at = skipBlanks(span, at, end)
        guard at < end, span[at] == 0x3A else { return false }
        at = skipBlanks(span, at + 1, end)
      }
      nodes[parent].count += 1
      guard readValue(span, &at, end) else { return false }
    }
    return skipBlanks(span, at, end) == end
  }

  // MARK: Reading

  /// One scalar, or the beginning of an array or object, which goes on the stack.
  private mutating func readValue(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool {
    guard at < end else { return false }
    switch bytes[at] {
    case 0x22: return readString(bytes, &at, end)
    case 0x5B, 0x7B:
      guard open.count < Self.depthMax else { return false }
      open.append(nodes.count)
      nodes.append(
        Node(
          kind: bytes[at] == 0x5B ? .array : .object, start: at, end: at, next: nodes.count + 1,
          count: 0))
      at += 1
      return true
    case 0x74: return readWord(bytes, &at, end, Self.trueWord, .yes)
    case 0x66: return readWord(bytes, &at, end, Self.falseWord, .no)
    case 0x6E: return readWord(bytes, &at, end, Self.nullWord, .null)
    case 0x2D, 0x30...0x39: return readNumber(bytes, &at, end)
    default: return false
    }
  }

  private mutating func append(_ kind: Kind, _ start: Int, _ end: Int) {
    nodes.append(Node(kind: kind, start: start, end: end, next: nodes.count + 1, count: 0))
  }

  private mutating func readWord(
    _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, _ word: [UInt8], _ kind: Kind
  ) -> Bool {
    let stop = at + word.count
    guard stop <= end, isSame(bytes, at, stop, word) else { return false }
    append(kind, at, stop)
    at = stop
    return true
  }

  private mutating func readString(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool {
    let start = at + 1
    var i = start
    while i < end {
      let byte = bytes[i]
      switch byte {
      case 0x22:
        append(.string, start, i)
        at = i + 1
        return true
      case 0..<0x20: return false
      case 0x5C:
        guard let length = Self.escapeLength(bytes, i, end) else { return false }
        i += length
      case 0x80...:
        let length = validSequenceLength(bytes, i, end)
        guard length > 0 else { return false }
        i += length
      default: i += 1
      }
    }
    return false
  }

  /// The length of an escape; both halves of a surrogate pair are one. Nil where it is none.
  private static func escapeLength(_ bytes: Span<UInt8>, _ at: Int, _ end: Int) -> Int? {
    guard at + 1 < end else { return nil }
    switch bytes[at + 1] {
    case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return 2
    case 0x75:
      guard let unit = unit(bytes, at + 2, end) else { return nil }
      switch unit {
      case 0xD800..<0xDC00:
        guard at + 7 < end, bytes[at + 6] == 0x5C, bytes[at + 7] == 0x75,
          let low = self.unit(bytes, at + 8, end), (0xDC00..<0xE000).contains(low)
        else { return nil }
        return 12
      case 0xDC00..<0xE000: return nil
      default: return 6
      }
    default: return nil
    }
  }

  private static func unit(_ bytes: Span<UInt8>, _ at: Int, _ end: Int) -> UInt32? {
    guard at + 4 <= end else { return nil }
    var unit: UInt32 = 0
    for i in at..<at + 4 {
      guard let digit = hexValue(bytes[i]) else { return nil }
      unit = unit << 4 | UInt32(digit)
    }
    return unit
  }

  private mutating func readNumber(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool {
    let start = at
    var i = start
    func skipDigits() -> Bool {
      let first = i
      while i < end, (0x30...0x39).contains(bytes[i]) { i += 1 }
      return i > first
    }
    if bytes[i] == 0x2D { i += 1 }
    let first = i
    guard skipDigits(), i == first + 1 || bytes[first] != 0x30 else { return false }
    var isWhole = true
    if i < end, bytes[i] == 0x2E {
      i += 1
      isWhole = false
      guard skipDigits() else { return false }
    }
    if i < end, bytes[i] | 0x20 == 0x65 {
      i += 1
      isWhole = false
      if i < end, bytes[i] == 0x2B || bytes[i] == 0x2D { i += 1 }
      guard skipDigits() else { return false }
    }
    at = i
    guard isWhole else {
      append(.double, start, i)
      return number(nodes.count - 1).isFinite
    }
    append(Self.integerKind(bytes, start, i), start, i)
    return true
  }

  private static func integerKind(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Kind {
    let isNegative = bytes[start] == 0x2D
    var number: UInt64 = 0
    for i in (isNegative ? start + 1 : start)..<end {
      let (product, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, overflowed) = product.addingReportingOverflow(UInt64(bytes[i] - 0x30))
      if overflow || overflowed { return .long }
      number = sum
    }
    if isNegative { return number <= 1 << 63 ? .int : .long }
    return number < 1 << 63 ? .int : .uint
  }

  // MARK: Walking

  public func kind(_ node: Int) -> Kind { nodes[node].kind }

  /// Elements of an array or members of an object; 0 for the rest.
  public func count(_ node: Int) -> Int { nodes[node].count }

  /// The first child: an element, or the key of the first member. Meaningless where there is none.
  public func firstChild(_ node: Int) -> Int { node + 1 }

  /// What follows a value on its level. A key is followed by its value.
  public func next(_ node: Int) -> Int { nodes[node].next }

  /// An element or the value of a member by its number from 0; nil where there is none.
  public func child(_ node: Int, at index: Int) -> Int? {
    guard index >= 0, index < nodes[node].count else { return nil }
    let isObject = nodes[node].kind == .object
    var at = node + 1
    for _ in 0..<index { at = isObject ? nodes[at + 1].next : nodes[at].next }
    return isObject ? at + 1 : at
  }

  /// The value of the first member of this name.
  public func child(
    _ node: Int, named name: ArraySlice<UInt8>, ignoresCase: Bool = false
  ) -> Int? {
    guard nodes[node].kind == .object else { return nil }
    var key = node + 1
    for _ in 0..<nodes[node].count {
      if matches(key, name, ignoresCase) { return key + 1 }
      key = nodes[key + 1].next
    }
    return nil
  }

  private func matches(_ key: Int, _ name: ArraySlice<UInt8>, _ ignoresCase: Bool) -> Bool {
    let raw = rawBytes(key)
    let own = raw.contains(0x5C) ? string(key)[...] : raw
    guard own.count == name.count else { return false }
    if !ignoresCase { return own.elementsEqual(name) }
    return zip(own, name).allSatisfy { lowered($0) == lowered($1) }
  }

  private func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

  // MARK: Values

  /// The bytes of a string between its quotes, or of a number, as they are written.
  public func rawBytes(_ node: Int) -> ArraySlice<UInt8> {
    let base = text.startIndex
    return text[base + nodes[node].start..<base + nodes[node].end]
  }

  /// What a string says.
  public func string(_ node: Int) -> [UInt8] {
    let raw = rawBytes(node)
    guard raw.contains(0x5C) else { return Array(raw) }
    // Escapes were checked when the text was read.
    return (try? unescapeJSON(raw.span, 0, raw.count)) ?? Array(raw)
  }

  /// The value of a `.int`.
  public func int(_ node: Int) -> Int64 {
    Int64(String(decoding: rawBytes(node), as: UTF8.self)) ?? 0
  }

  /// The value of a `.uint`.
  public func uint(_ node: Int) -> UInt64 {
    UInt64(String(decoding: rawBytes(node), as: UTF8.self)) ?? 0
  }

  /// The value of any number.
  public func number(_ node: Int) -> Double {
    let raw = rawBytes(node)
    return (try? parseDouble(raw.span, 0, raw.count, TextRules(.convert))) ?? .infinity
  }

  // MARK: Writing

  /// The value as JSON without blanks, numbers and strings as we write them ourselves.
  public func write(_ node: Int, into out: inout [UInt8]) {
    var style = JSONStyle()
    style.escapesSlashes = false
    // What is open, with the members left to write.
    var open: [(isObject: Bool, left: Int, isFirst: Bool)] = []
    var at = node
    var isKey = false
    func closeFinished() {
      while let last = open.last, last.left == 0 {
        out.append(last.isObject ? 0x7D : 0x5D)
        open.removeLast()
      }
    }
    repeat {
      if let last = open.indices.last {
        if open[last].isObject, isKey {
          out.append(0x3A)
        } else if open[last].isFirst {
          open[last].isFirst = false
        } else {
          out.append(0x2C)
        }
        // A key and its value are one member.
        isKey = open[last].isObject && !isKey
        if !isKey { open[last].left -= 1 }
      }
      switch nodes[at].kind {
      case .array, .object:
        let isObject = nodes[at].kind == .object
        out.append(isObject ? 0x7B : 0x5B)
        open.append((isObject, nodes[at].count, true))
        isKey = false
        closeFinished()
      default:
        writeScalar(at, style, into: &out)
        if !isKey { closeFinished() }
      }
      at += 1
    } while !open.isEmpty
  }

  private func writeScalar(_ node: Int, _ style: JSONStyle, into out: inout [UInt8]) {
    switch nodes[node].kind {
    case .null: out += Self.nullWord
    case .no: out += Self.falseWord
    case .yes: out += Self.trueWord
    case .int: out += Array(String(int(node)).utf8)
    case .uint: out += Array(String(uint(node)).utf8)
    case .double:
      Column(.float64, .float64([number(node)])).writeText(
        row: 0, style: .json(style), into: &out)
    case .long:
      out.append(0x22)
      out += rawBytes(node)
      out.append(0x22)
    case .string:
      Column(.string, .string(StringValues(of: string(node)))).writeText(
        row: 0, style: .json(style), into: &out)
    case .array, .object: break
    }
  }
}

extension StringValues {
  fileprivate init(of string: [UInt8]) {
    self.init()
    append(string)
  }
}
