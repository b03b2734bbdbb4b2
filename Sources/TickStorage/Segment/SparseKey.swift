internal import TickColumns

/// Keys as bytes that sort as the keys do: the sparse index holds the first key of every block.
///
/// Invariant: for two rows a and b, bytes(a) <= bytes(b) if key(a) <= key(b), also after cutting both to
/// the slot; equal bytes after the cut say nothing.
enum SparseKey {
  private static let isValue: UInt8 = 1
  private static let isNaN: UInt8 = 2
  private static let isNull: UInt8 = 3

  /// How a key column's values become bytes.
  enum Component {
    case code(StringDictionary)
    case text
    case unsigned(byteWidth: Int)
    case signed(byteWidth: Int)
    case signedWide
    case unsignedWide
    case uuid
    case fixedText(Int)
    case float

    /// `dictionary` is the segment's, where the column is a stored low-cardinality field.
    init(_ type: DataType, dictionary: StringDictionary?) {
      switch type.physical {
      case .codes:
        if let dictionary { self = .code(dictionary) } else { self = .text }
      case .string:
        if case .fixedString(let width) = type.withoutNullable {
          self = .fixedText(width)
        } else {
          self = .text
        }
      case .uint8: self = .unsigned(byteWidth: 1)
      case .uint16: self = .unsigned(byteWidth: 2)
      case .uint32: self = .unsigned(byteWidth: 4)
      case .uint64: self = .unsigned(byteWidth: 8)
      case .int8: self = .signed(byteWidth: 1)
      case .int16: self = .signed(byteWidth: 2)
      case .int32: self = .signed(byteWidth: 4)
      case .int64: self = .signed(byteWidth: 8)
      case .int128: self = .signedWide
      case .uint128: self = type.withoutNullable == .uuid ? .uuid : .unsignedWide
      case .float32, .float64: self = .float
      case .array, .tuple, .nothing:
        preconditionFailure("a key column of type \(type)")
      }
    }

    /// The most bytes a value can take; nil for text of any length.
    var byteCountMax: Int? {
      switch self {
      case .code: 5
      case .text: nil
      case .unsigned(let width), .signed(let width), .fixedText(let width): 1 + width
      case .signedWide, .unsignedWide, .uuid: 17
      case .float: 9
      }
    }
  }

  /// Bytes of the slots for these columns.
  static func slotBytes(_ components: [Component]) -> Int {
    var total = 0
    for component in components {
      guard let most = component.byteCountMax else { return SegmentLimits.keySlotMax }
      total += most
    }
    return min(total, SegmentLimits.keySlotMax)
  }

  /// Appends a value. False when it has no bytes of its own: a text that the dictionary does not hold, or a
  /// value that does not fit the column; then nothing is appended.
  static func append(_ value: Value, _ component: Component, to out: inout [UInt8]) -> Bool {
    switch (component, value) {
    case (_, .null): out.append(isNull)
    case (.code(let dictionary), .bytes(let text)):
      guard let code = dictionary.code(of: text) else { return false }
      out.append(isValue)
      appendBigEndian(UInt64(code), byteWidth: 4, to: &out)
    case (.text, .bytes(let text)):
      out.append(isValue)
      for byte in text.prefix(SegmentLimits.keySlotMax) {
        out.append(byte)
        if byte == 0 { out.append(0xFF) }
      }
      out.append(0)
      out.append(0)
    case (.unsigned(let width), .uint(let number)):
      guard width == 8 || number >> UInt64(8 * width) == 0 else { return false }
      out.append(isValue)
      appendBigEndian(number, byteWidth: width, to: &out)
    case (.signed(let width), .int(let number)):
      let top: Int64 = 1 << Int64(8 * width - 1)
      guard width == 8 || (number >= -top && number < top) else { return false }
      out.append(isValue)
      appendBigEndian(UInt64(bitPattern: number ^ top), byteWidth: width, to: &out)
    case (.signedWide, .int128(let number)):
      out.append(isValue)
      appendBigEndian(UInt128(bitPattern: number) ^ (1 << 127), to: &out)
    case (.unsignedWide, .uint128(let number)):
      out.append(isValue)
      appendBigEndian(number, to: &out)
    case (.uuid, .uint128(let number)):
      out.append(isValue)
      appendBigEndian(number.uuidOrder, to: &out)
    case (.fixedText(let width), .bytes(let text)):
      guard text.count == width else { return false }
      out.append(isValue)
      out += text.prefix(SegmentLimits.keySlotMax)
    case (.float, .float(let number)):
      if number.isNaN {
        out.append(isNaN)
      } else {
        out.append(isValue)
        let rank = ZoneImage.rank(number.bitPattern, .float64)
        appendBigEndian(rank, byteWidth: 8, to: &out)
      }
    default: return false
    }
    return true
  }

  private static func appendBigEndian(_ number: UInt128, to out: inout [UInt8]) {
    appendBigEndian(UInt64(truncatingIfNeeded: number >> 64), byteWidth: 8, to: &out)
    appendBigEndian(UInt64(truncatingIfNeeded: number), byteWidth: 8, to: &out)
  }

  private static func appendBigEndian(_ number: UInt64, byteWidth: Int, to out: inout [UInt8]) {
    for byte in stride(from: byteWidth - 1, through: 0, by: -1) {
      out.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * byte)))
    }
  }
}
