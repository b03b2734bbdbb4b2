import TickColumns

/// The type that holds values of both sides: branches, greatest/least, elements of an array, IN.
///
/// Where ClickHouse has no exact supertype and answers with a Variant or 256 bits, this is Float64 (with a float)
/// or the signed integer of the wider side (mixed sign): `sql/dialect.md`, Common types.
extension DataType {
  /// Nil when there is none.
  static func common(_ a: DataType, _ b: DataType) -> DataType? {
    if a == b { return a }
    let left = a.withoutLowCardinality
    let right = b.withoutLowCardinality
    if left == .nullable(.nothing) { return right.madeNullable }
    if right == .nullable(.nothing) { return left.madeNullable }
    if left == .nothing { return right }
    if right == .nothing { return left }
    if left.isNullable || right.isNullable {
      return common(left.withoutNullable, right.withoutNullable)?.madeNullable
    }
    return commonPlain(left, right)
  }

  /// Of many; nil for none.
  static func common(_ types: [DataType]) -> DataType? {
    guard var type = types.first else { return nil }
    for other in types.dropFirst() {
      guard let both = common(type, other) else { return nil }
      type = both
    }
    return type
  }

  private static func commonPlain(_ a: DataType, _ b: DataType) -> DataType? {
    switch (a, b) {
    case _ where a == b: return a
    case _ where a.isPlainNumber && b.isPlainNumber: return commonNumber(a, b)
    case (.decimal, _), (_, .decimal): return commonDecimal(a, b)
    case (.date, .date32), (.date32, .date): return .date32
    case (.date, .dateTime), (.date, .dateTime64), (.date32, .dateTime64): return b
    case (.dateTime, .date), (.dateTime64, .date), (.dateTime64, .date32): return a
    case (.date32, .dateTime(let zone)), (.dateTime(let zone), .date32):
      return .dateTime64(precision: 0, zone: zone)
    // The zone is that of the finer type, and of the first where both are as fine.
    case (.dateTime, .dateTime), (.dateTime64, .dateTime): return a
    case (.dateTime, .dateTime64): return b
    case (.dateTime64(let p, _), .dateTime64(let q, _)): return p >= q ? a : b
    case (_, .string) where a.isEnum || a.isFixedString: return .string
    case (.string, _) where b.isEnum || b.isFixedString: return .string
    case (.fixedString, .fixedString): return .string
    case _ where a.isEnum && b.isEnum: return common(a.rawNumber, b.rawNumber)
    case (.array(let x), .array(let y)): return common(x, y).map { .array($0) }
    case (.map(let k, let v), .map(let l, let w)):
      guard let key = common(k, l), let value = common(v, w), !key.isNullable else { return nil }
      return .map(key: key, value: value)
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

  private static func commonNumber(_ a: DataType, _ b: DataType) -> DataType {
    if a.isFloat || b.isFloat {
      // A Float32 holds integers of up to 16 bits exactly.
      let other = a == .float32 ? b : a
      return a != .float64 && b != .float64 && other.numberBits <= 16 ? .float32 : .float64
    }
    if a == .bool || b == .bool, a.numberBits == b.numberBits, !a.isSigned, !b.isSigned {
      return a
    }
    if a.isSigned == b.isSigned { return a.numberBits >= b.numberBits ? a : b }
    let signed = a.isSigned ? a : b
    let unsigned = a.isSigned ? b : a
    let bits = max(signed.numberBits, unsigned.numberBits * 2)
    let most = max(64, signed.numberBits, unsigned.numberBits)
    return integer(bits: min(most, bits), signed: true)
  }

  /// The larger scale, in the storage that the larger precision (or the integer's digits) asks for.
  private static func commonDecimal(_ a: DataType, _ b: DataType) -> DataType? {
    if a.isFloat || b.isFloat { return .float64 }
    let scale = max(a.decimalScale, b.decimalScale)
    let digits = max(a.decimalDigits(scale), b.decimalDigits(scale))
    guard a.isDecimal || a.isIntegral, b.isDecimal || b.isIntegral else { return nil }
    if case .decimal(let p, let s) = a, case .decimal(let q, let t) = b, s == t {
      return .decimal(precision: max(p, q), scale: s)
    }
    return .decimal(precision: UInt8(decimalStorage(digits)), scale: UInt8(scale))
  }

  /// The scale of a decimal; 0 of an integer.
  var decimalScale: Int { if case .decimal(_, let scale) = self { Int(scale) } else { 0 } }

  /// Digits that a decimal of this scale needs for all values of the type.
  private func decimalDigits(_ scale: Int) -> Int {
    if case .decimal(let precision, _) = self { return Int(precision) }
    let whole =
      switch numberBits {
      case 8: 3
      case 16: 5
      case 32: 10
      case 64: isSigned ? 19 : 20
      default: 39
      }
    return whole + scale
  }

  /// The digits that the storage of so many digits holds: 9, 18 or 38.
  static func decimalStorage(_ precision: Int) -> Int {
    precision <= 9 ? 9 : precision <= 18 ? 18 : decimalPrecisionMax
  }

  var isFixedString: Bool { if case .fixedString = self { true } else { false } }
}
