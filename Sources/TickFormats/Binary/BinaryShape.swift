import TickColumns

/// How the bytes of one value are laid out: enough to find where it ends, without looking at what it says.
///
/// Invariants:
/// 1. Nothing is read outside of the bytes given, whatever they hold.
/// 2. Time is bounded by bytes and `zeroWidthElementsMax`: a count of elements that take no bytes is not believed.
indirect enum BinaryShape: Sendable {
  case fixed(Int)
  case string
  case nullable(BinaryShape)
  case array(BinaryShape)
  case tuple([BinaryShape])
  case state(StateShape)

  init(_ type: DataType) {
    switch type {
    case .nullable(let inner): self = .nullable(BinaryShape(inner))
    case .lowCardinality(let inner): self = BinaryShape(inner)
    case .string: self = .string
    case .fixedString(let width): self = .fixed(width)
    case .tuple(let elements): self = .tuple(elements.map { BinaryShape($0.type) })
    case .array(let element): self = .array(BinaryShape(element))
    case .map(let key, let value): self = .array(.tuple([BinaryShape(key), BinaryShape(value)]))
    case .aggregateFunction(let state): self = .state(StateShape(state.layout))
    default: self = .fixed(type.fixedWidth)
    }
  }

  /// True when a value may take no bytes at all.
  private var isZeroWidth: Bool {
    switch self {
    case .fixed(let width): width == 0
    case .tuple(let parts): parts.allSatisfy(\.isZeroWidth)
    case .string, .nullable, .array, .state: false
    }
  }

  /// Bytes that any value takes at least.
  var bytesMin: Int {
    switch self {
    case .fixed(let width): width
    case .tuple(let parts): parts.reduce(0) { $0 + $1.bytesMin }
    case .string, .nullable, .array, .state: 1
    }
  }

  /// Elements without bytes that one array may count.
  static let zeroWidthElementsMax = 1 << 20

  /// Moves `at` behind the value; false when `end` comes first. Throws for lengths over the limit.
  func skip(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) throws(FormatError) -> Bool {
    switch self {
    case .fixed(let width):
      guard width <= end - at else { return false }
      at += width
      return true
    case .string:
      guard let length = try readLength(bytes, &at, end) else { return false }
      guard length <= end - at else { return false }
      at += length
      return true
    case .nullable(let inner):
      guard at < end else { return false }
      at += 1
      return bytes[at - 1] != 0 ? true : try inner.skip(bytes, &at, end)
    case .array(let element):
      guard let count = try readLength(bytes, &at, end) else { return false }
      if element.isZeroWidth {
        guard count <= Self.zeroWidthElementsMax else {
          throw FormatError(
            .tooLargeStringSize,
            "an array of \(count) elements; the limit is \(Self.zeroWidthElementsMax) where they take "
              + "no bytes")
        }
      } else if case .fixed(let width) = element {
        guard count <= (end - at) / width else { return false }
        at += count * width
        return true
      }
      for _ in 0..<count { guard try element.skip(bytes, &at, end) else { return false } }
      return true
    case .tuple(let parts):
      for part in parts { guard try part.skip(bytes, &at, end) else { return false } }
      return true
    case .state(let shape): return try shape.skip(bytes, &at, end)
    }
  }
}

extension DataType {
  /// Bytes of a value of a type without NULL, strings or elements.
  fileprivate var fixedWidth: Int {
    switch physical {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    case .int128, .uint128: 16
    case .nothing: 0
    case .string, .codes, .tuple, .array: preconditionFailure("\(self) has no fixed width")
    }
  }
}

/// A varuint; nil when the bytes end inside it. Throws when it has more than 64 bits.
func readVarUInt(
  _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
) throws(FormatError) -> UInt64? {
  var value: UInt64 = 0
  var shift: UInt64 = 0
  var i = at
  while i < end {
    let byte = bytes[i]
    i += 1
    guard shift < 63 || byte <= 1 else {
      throw FormatError(.incorrectData, "a length of more than 64 bits")
    }
    value |= UInt64(byte & 0x7F) << shift
    if byte & 0x80 == 0 {
      at = i
      return value
    }
    shift += 7
  }
  return nil
}

/// A varuint that counts bytes or elements; nil when more bytes are needed.
func readLength(
  _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
) throws(FormatError) -> Int? {
  guard let length = try readVarUInt(bytes, &at, end) else { return nil }
  guard length <= UInt64(FormatLimits.valueBytesMax) else {
    throw FormatError(
      .tooLargeStringSize,
      "a value of \(length) bytes or elements; the limit is \(FormatLimits.valueBytesMax)")
  }
  return Int(length)
}

/// A counted text, such as a name in a header; nil when more bytes are needed.
func readText(
  _ bytes: Span<UInt8>, _ at: inout Int, _ end: Int
) throws(FormatError) -> String? {
  var i = at
  guard let length = try readLength(bytes, &i, end), length <= end - i else { return nil }
  var text: [UInt8] = []
  appendBytes(bytes, i, i + length, to: &text)
  guard let valid = String(validating: text, as: UTF8.self) else {
    throw FormatError(.incorrectData, "a name that is not UTF-8")
  }
  at = i + length
  return valid
}
