import TickColumns

/// The type rules of arithmetic and of branches, as ClickHouse has them.
extension DataType {
  /// Bits of a number; Bool counts as UInt8.
  var numberBits: Int {
    switch self {
    case .int8, .uint8, .bool: 8
    case .int16, .uint16: 16
    case .int32, .uint32, .float32: 32
    case .int128, .uint128: 128
    default: 64
    }
  }

  /// Integers of any width, and Bool.
  var isIntegral: Bool { isInteger || isWideInteger || self == .bool }

  /// Integers of any width, Bool and floats: everything that counts, but decimals.
  var isPlainNumber: Bool { isIntegral || isFloat }

  var isSigned: Bool { isSignedInteger || self == .int128 }

  /// The bits of a sum or product: one size up, at most 64; 128 stay.
  private static func widened(_ bits: Int) -> Int { bits >= 64 ? bits : bits * 2 }

  static func integer(bits: Int, signed: Bool) -> DataType {
    switch bits {
    case 8: signed ? .int8 : .uint8
    case 16: signed ? .int16 : .uint16
    case 32: signed ? .int32 : .uint32
    case 128: signed ? .int128 : .uint128
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
    if a.isFloat || b.isFloat { return .float64 }
    let bits = widened(max(a.numberBits, b.numberBits))
    return integer(bits: bits, signed: isDifference || a.isSigned || b.isSigned)
  }

  /// `-a`: signed, one size up where a is not.
  static func negated(_ a: DataType) -> DataType {
    a.isFloat || a.isSigned ? a : integer(bits: widened(a.numberBits), signed: true)
  }

  /// `intDiv(a, b)`: the width of a, signed where either is (floats are).
  static func integerQuotient(_ a: DataType, _ b: DataType) -> DataType {
    integer(bits: a.numberBits, signed: a.isSigned || b.isSigned || a.isFloat || b.isFloat)
  }

  /// `a % b`: the width of b; one size up when a is signed.
  static func remainder(_ a: DataType, _ b: DataType) -> DataType {
    if a.isFloat || b.isFloat { return .float64 }
    guard a.isSigned else { return integer(bits: b.numberBits, signed: false) }
    return integer(bits: widened(b.numberBits), signed: true)
  }
}
