/// Sums of doubles, and of products of two doubles, that depend on the values alone: never on their order, on blocks,
/// or on threads. `sql/dialect.md` (Sums, Sums of products) is the definition.
///
/// Invariants:
/// 1. A short decimal, and the product of two, is in `decimal`, in units of 10^-`scale`, or in `wide`; nothing else
///    is in `decimal`. `scale` only grows, and is at most 24.
/// 2. Any other finite value is in `near`, as a multiple of 2^-64, where its magnitude lies in 2^-12..<2^40, and in
///    `wide` elsewhere.
/// 3. `wide` takes what overflows 128 bits, so the parts together are always the exact total.
public struct ExactSum: Sendable {
  private var decimal: Int128 = 0
  private var near: Int128 = 0
  private var wide: WideTotal?
  private var scale: UInt8 = 0

  /// Fractional digits of a product of two short decimals.
  static let scaleMax = 2 * ShortDecimal.exponentMax

  public init() {}

  /// It has taken what 128 bits do not hold. Adding says so when that happened just now.
  var isWide: Bool { wide != nil }

  // MARK: Adding

  /// Adds a double.
  @discardableResult
  public mutating func add(_ value: Double, _ stream: inout DecimalStream) -> Bool {
    if let number = stream.decimal(value) {
      return addDecimal(Int128(number.number), scale: number.exponent)
    }
    return addBinary(value)
  }

  /// Adds the product of two doubles.
  @discardableResult
  public mutating func addProduct(
    _ left: Double, _ right: Double, _ leftStream: inout DecimalStream,
    _ rightStream: inout DecimalStream
  ) -> Bool {
    let a = leftStream.decimal(left)
    let b = rightStream.decimal(right)
    if let a, let b {
      return addDecimal(Int128(a.number) * Int128(b.number), scale: a.exponent + b.exponent)
    }
    return addBinary(left * right)
  }

  /// Adds number / 10^digits.
  @inline(__always) @discardableResult
  mutating func addDecimal(_ number: Int128, scale digits: Int) -> Bool {
    if digits == Int(scale) {
      let (total, overflow) = decimal.addingReportingOverflow(number)
      if !overflow {
        decimal = total
        return false
      }
    }
    return addScaled(number, digits)
  }

  @inline(never)
  private mutating func addScaled(_ number: Int128, _ digits: Int) -> Bool {
    let wasWide = isWide
    if digits > Int(scale) {
      let (moved, overflow) = decimal.multipliedReportingOverflow(
        by: Self.powers[digits - Int(scale)])
      if overflow { spill() } else { decimal = moved }
      scale = UInt8(digits)
    }
    let (scaled, overflow) = number.multipliedReportingOverflow(
      by: Self.powers[Int(scale) - digits])
    if !overflow {
      let (total, overflow) = decimal.addingReportingOverflow(scaled)
      if !overflow {
        decimal = total
        return isWide && !wasWide
      }
    }
    spill()
    wide?.add(number, scale: digits)
    return !wasWide
  }

  /// Moves the decimal total to the wide one.
  private mutating func spill() {
    makeWide()
    wide?.add(decimal, scale: Int(scale))
    decimal = 0
  }

  static let powers: [Int128] = (0...scaleMax).map { exponent in
    (0..<exponent).reduce(Int128(1)) { power, _ in power * 10 }
  }

  /// Adds any double as the binary fraction that it is.
  @discardableResult
  mutating func addBinary(_ value: Double) -> Bool {
    let wasWide = isWide
    let exponent = Int(value.bitPattern >> 52) & 0x7FF
    if exponent >= 1023 - 12, exponent < 1023 + 40 {
      // The last of the 53 bits stands for 2^-64 or more.
      let significand = Int128(value.bitPattern & 0xF_FFFF_FFFF_FFFF | 1 << 52)
      let scaled = significand << (exponent - 1_011)
      addNear(value < 0 ? -scaled : scaled)
    } else {
      makeWide()
      wide?.add(value)
    }
    return isWide && !wasWide
  }

  private mutating func addNear(_ scaled: Int128) {
    let (total, overflow) = near.addingReportingOverflow(scaled)
    near = total
    guard overflow else { return }
    makeWide()
    wide?.noteNearWrap(isNegative: scaled < 0)
  }

  private mutating func makeWide() {
    if wide == nil { wide = WideTotal() }
  }

  @discardableResult
  public mutating func merge(_ other: ExactSum) -> Bool {
    let wasWide = isWide
    addDecimal(other.decimal, scale: Int(other.scale))
    addNear(other.near)
    if let theirs = other.wide {
      makeWide()
      wide?.merge(theirs)
    }
    return isWide && !wasWide
  }

  // MARK: Reading

  /// The total as number / 10^scale, where binary fractions add nothing to it.
  var decimalTotal: (number: Int128, scale: Int)? {
    wide == nil && near == 0 ? (decimal, Int(scale)) : nil
  }

  /// The sum, rounded once.
  public var value: Double {
    if wide == nil, near == 0 { return Self.quotient(decimal, Int(scale)) }
    return (wide ?? WideTotal()).rounded(decimal, scale: Int(scale), near: near)
  }

  /// decimal / 10^scale, correctly rounded.
  static func quotient(_ decimal: Int128, _ scale: Int) -> Double {
    let magnitude = decimal.magnitude
    // Both are exact doubles, so the division rounds once.
    if magnitude < 1 << 53, scale < decimalPowers.count {
      return Double(Int64(decimal)) / decimalPowers[scale]
    }
    if magnitude == 0 { return 0 }
    // Scaled until the top bit is set, the quotient by 5^24 keeps 72 bits or more; the rest is one sticky bit.
    let up = magnitude.leadingZeroBitCount
    let five = UInt128(powers[scale] >> scale)
    let (quotient, remainder) = (magnitude << up).quotientAndRemainder(dividingBy: five)
    let down = 64 - quotient.leadingZeroBitCount
    var top = UInt64(truncatingIfNeeded: quotient >> down)
    if remainder != 0 || quotient & ((1 << down) - 1) != 0 { top |= 1 }
    let rounded = Double(sign: .plus, exponent: down - up - scale, significand: Double(top))
    return decimal < 0 ? -rounded : rounded
  }
}
