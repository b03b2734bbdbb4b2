import TickColumns

/// The type rules of arithmetic and of branches, as ClickHouse has them.
extension DataType {
  /// Bits of a number; Bool counts as UInt8.
  var numberBits: Int {
    switch self {
    case .int8, .uint8, .bool: 8
    case .int16, .uint16: 16
    case .int32, .uint32: 32
    default: 64
    }
  }

  static func integer(bits: Int, signed: Bool) -> DataType {
    switch bits {
    case 8: signed ? .int8 : .uint8
    case 16: signed ? .int16 : .uint16
    case 32: signed ? .int32 : .uint32
    default: signed ? .int64 : .uint64
    }
  }

  /// The number type of the same layout.
  var rawNumber: DataType {
    switch physical {
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .uint8: .uint8
    case .uint16: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    case .int128: .int128
    case .uint128: .uint128
    case .float32: .float32
    case .float64: .float64
    case .string, .codes, .tuple, .array, .nothing: self
    }
  }

  /// The smallest unsigned type of a literal.
  static func unsignedLiteral(_ value: UInt64) -> DataType {
    value <= UInt64(UInt8.max)
      ? .uint8
      : value <= UInt64(UInt16.max) ? .uint16 : value <= UInt64(UInt32.max) ? .uint32 : .uint64
  }

  /// The smallest signed type of a negative literal.
  static func signedLiteral(_ value: Int64) -> DataType {
    Int8(exactly: value) != nil
      ? .int8
      : Int16(exactly: value) != nil ? .int16 : Int32(exactly: value) != nil ? .int32 : .int64
  }

  /// `a + b`, `a * b`: the widest operand, one size up, at most 64 bits.
  static func sum(_ a: DataType, _ b: DataType, isDifference: Bool = false) -> DataType {
    if a == .float64 || b == .float64 { return .float64 }
    let bits = min(64, max(a.numberBits, b.numberBits) * 2)
    return integer(bits: bits, signed: isDifference || a.isSignedInteger || b.isSignedInteger)
  }

  /// `intDiv(a, b)`: the width of a, signed where either is (a double is signed and 64 bits wide).
  static func integerQuotient(_ a: DataType, _ b: DataType) -> DataType {
    integer(
      bits: a.numberBits,
      signed: a.isSignedInteger || b.isSignedInteger || a == .float64 || b == .float64)
  }

  /// `a % b`: the width of b; one size up when a is signed.
  static func remainder(_ a: DataType, _ b: DataType) -> DataType {
    if a == .float64 || b == .float64 { return .float64 }
    guard a.isSignedInteger else { return integer(bits: b.numberBits, signed: false) }
    return integer(bits: min(64, b.numberBits * 2), signed: true)
  }

  /// The type that holds values of both, for branches, greatest/least and IN; nil when there is none.
  ///
  /// Where ClickHouse has no exact supertype for 64-bit numbers and answers with a Variant, this is Float64
  /// (with a float) or Int64 (mixed sign).
  static func common(_ a: DataType, _ b: DataType) -> DataType? {
    if a == b { return a }
    let left = a.withoutLowCardinality
    let right = b.withoutLowCardinality
    if left == .nullable(.nothing) { return right.madeNullable }
    if right == .nullable(.nothing) { return left.madeNullable }
    if left.isNullable || right.isNullable {
      return common(left.withoutNullable, right.withoutNullable)?.madeNullable
    }
    return commonPlain(left, right)
  }

  private static func commonPlain(_ a: DataType, _ b: DataType) -> DataType? {
    switch (a, b) {
    case _ where a == b: return a
    case _ where a.isNumber && b.isNumber:
      if a == .float64 || b == .float64 { return .float64 }
      if a == .bool || b == .bool, a.numberBits == b.numberBits, !a.isSignedInteger,
        !b.isSignedInteger
      {
        return a
      }
      if a.isSignedInteger == b.isSignedInteger { return a.numberBits >= b.numberBits ? a : b }
      let signed = a.isSignedInteger ? a : b
      let unsigned = a.isSignedInteger ? b : a
      return integer(bits: min(64, max(signed.numberBits, unsigned.numberBits * 2)), signed: true)
    case (.date, .dateTime), (.date, .dateTime64): return b
    case (.dateTime, .date), (.dateTime64, .date): return a
    // The zone is that of the finer type, and of the first where both are as fine.
    case (.dateTime, .dateTime), (.dateTime64, .dateTime): return a
    case (.dateTime, .dateTime64): return b
    case (.dateTime64(let p, _), .dateTime64(let q, _)): return p >= q ? a : b
    case (.enum8, .string), (.string, .enum8): return .string
    case (.tuple(let x), .tuple(let y)):
      guard x.count == y.count else { return nil }
      var elements: [TupleElement] = []
      for (left, right) in zip(x, y) {
        guard let type = common(left.type, right.type) else { return nil }
        elements.append(TupleElement(name: left.name == right.name ? left.name : nil, type: type))
      }
      return .tuple(elements)
    default: return nil
    }
  }
}
