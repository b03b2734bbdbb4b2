/// Sums of doubles that depend on the values alone: never on their order, on blocks, or on threads.
///
/// Market data are decimals (`64250.01`, `0.00045`), so most doubles are the image of a short decimal. Such a
/// value is added as that decimal, exactly; any other finite value is added as the binary fraction it is,
/// exactly. Both totals are added and rounded once, to nearest even, when the sum is read.
///
/// Invariants:
/// 1. A value is a short decimal when it equals n / 10^k for an integer |n| < 10^15 and some k in 0...12; it
///    then adds n * 10^(12 - k) to `decimal`. No other value touches `decimal`.
/// 2. Any other finite value is added to `near`, as a multiple of 2^-64, where its magnitude lies in
///    2^-12..<2^40, and to `wide` elsewhere.
/// 3. `wide` is empty, or it holds a binary total as signed digits of base 2^32 from 2^-1074 upwards
///    (carries pending, fewer than 2^30 additions old), counts of NaN and infinities, and how often `decimal`
///    and `near` wrapped.
/// 4. The hint only chooses which k is tried first; it never changes a result, because a double is the image
///    of at most one decimal of up to 15 digits.
public struct ExactSum: Sendable {
  private var decimal: Int128 = 0
  private var near: Int128 = 0
  private var wide: [Int64] = []

  public init() {}

  /// The number of fractional digits that fitted last; one per stream of values.
  public struct Hint: Sendable {
    fileprivate var exponent = 0
    /// Values were binary fractions lately, so decimals are not tried at the old exponent first.
    fileprivate var isBinary = false
    /// Bytes that sums fed with this hint took beside their own size, for memory limits.
    public fileprivate(set) var allocatedBytes = 0
    public init() {}
  }

  public mutating func add(_ value: Double, _ hint: inout Hint) {
    if !hint.isBinary, let scaled = Self.scaled(value, exponent: hint.exponent) {
      addDecimal(Int128(scaled) * Int128(powersOfTen[Self.fractionDigitsMax - hint.exponent]))
    } else {
      addSlowly(value, &hint)
    }
  }

  /// Adds `values[range]`.
  public mutating func add(_ values: [Double], _ range: Range<Int>, _ hint: inout Hint) {
    if range.count < Self.lanes {
      for row in range { add(values[row], &hint) }
      return
    }
    var row = range.lowerBound
    while row < range.upperBound {
      while hint.isBinary, row < range.upperBound {
        addSlowly(values[row], &hint)
        row += 1
      }
      let end = min(row + Self.pieceRowsMax, range.upperBound)
      let (total, next) = Self.sumPiece(values, row..<end, exponent: hint.exponent)
      if total != 0 {
        addDecimal(Int128(total) * Int128(powersOfTen[Self.fractionDigitsMax - hint.exponent]))
      }
      row = next
      if next < end {
        addSlowly(values[next], &hint)
        row += 1
      }
    }
  }

  public mutating func merge(_ other: ExactSum) {
    addDecimal(other.decimal)
    addNear(other.near)
    guard !other.wide.isEmpty else { return }
    makeWide()
    var theirs = other.wide
    Self.propagate(&theirs)
    Self.propagate(&wide)
    for i in wide.indices { wide[i] += theirs[i] }
  }

  /// The sum, rounded once.
  public var value: Double {
    wide.isEmpty && near == 0 ? Self.quotient(decimal) : wideValue
  }

  // MARK: Decimals

  public static let fractionDigitsMax = 12
  private static let scaledMax = 1e15
  /// 1.5 * 2^52: adding and subtracting it rounds to an integer, nearest even, without a call to libm.
  private static let roundingShift = 6_755_399_441_055_744.0
  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
  ]
  private static let lanes = 4
  /// 8,192 integers below 10^15 cannot overflow 64 bits.
  private static let pieceRowsMax = 8_192

  /// The integer n with n / 10^exponent == value, when it is short enough.
  @inline(__always)
  private static func scaled(_ value: Double, exponent: Int) -> Int64? {
    let power = powers[exponent]
    let shifted = value * power + roundingShift
    let rounded = shifted - roundingShift
    guard rounded / power == value, rounded.magnitude < scaledMax else { return nil }
    return Int64(bitPattern: shifted.bitPattern) &- Int64(bitPattern: roundingShift.bitPattern)
  }

  /// Adds scaled integers until one value does not fit; returns the total and the row of that value.
  private static func sumPiece(
    _ values: [Double], _ range: Range<Int>, exponent: Int
  ) -> (Int64, next: Int) {
    let power = powers[exponent]
    let powerLanes = SIMD4<Double>(repeating: power)
    let shift = SIMD4<Double>(repeating: roundingShift)
    let limit = SIMD4<Double>(repeating: scaledMax)
    let base = SIMD4<Int64>(repeating: Int64(bitPattern: roundingShift.bitPattern))
    return unsafe values.withUnsafeBufferPointer { buffer in
      precondition(range.upperBound <= buffer.count, "rows outside the values")
      var total = SIMD4<Int64>.zero
      var row = range.lowerBound
      while row + lanes <= range.upperBound {
        let value = unsafe SIMD4<Double>(
          buffer[row], buffer[row + 1], buffer[row + 2], buffer[row + 3])
        let shifted = value * powerLanes + shift
        let rounded = shifted - shift
        let fits =
          (rounded / powerLanes .== value) .& (rounded .< limit) .& (rounded .> (0 - limit))
        guard all(fits) else { break }
        total &+= unsafe unsafeBitCast(shifted, to: SIMD4<Int64>.self) &- base
        row += lanes
      }
      var sum = total.wrappedSum()
      while row < range.upperBound, let n = unsafe scaled(buffer[row], exponent: exponent) {
        sum &+= n
        row += 1
      }
      return (sum, row)
    }
  }

  private mutating func addDecimal(_ scaled: Int128) {
    let (total, overflow) = decimal.addingReportingOverflow(scaled)
    decimal = total
    guard overflow else { return }
    makeWide()
    wide[Self.wraps] += scaled < 0 ? -1 : 1
  }

  private mutating func addSlowly(_ value: Double, _ hint: inout Hint) {
    let exponent = Self.exponentMax(value)
    guard let scaled = Self.scaled(value, exponent: exponent) else {
      hint.isBinary = true
      let wasNarrow = wide.isEmpty
      addBinary(value)
      if wasNarrow, !wide.isEmpty { hint.allocatedBytes += Self.slots * 8 + 32 }
      return
    }
    addDecimal(Int128(scaled) * Int128(powersOfTen[Self.fractionDigitsMax - exponent]))
    hint.isBinary = false
    hint.exponent = Self.leastExponent(scaled, exponent)
  }

  /// The greatest k for which value * 10^k stays below 10^15. If the value is a short decimal at all, it is one
  /// at this k: more zeros behind it change nothing.
  @inline(__always)
  private static func exponentMax(_ value: Double) -> Int {
    let magnitude = value.magnitude
    if magnitude < 1_000 { return fractionDigitsMax }
    var exponent = fractionDigitsMax - 1
    while exponent > 0, magnitude * powers[exponent] >= scaledMax { exponent -= 1 }
    return exponent
  }

  /// The fewest fractional digits that n / 10^exponent needs.
  private static func leastExponent(_ scaled: Int64, _ exponent: Int) -> Int {
    var rest = scaled
    var least = exponent
    while least > 0, rest % 10 == 0 {
      rest /= 10
      least -= 1
    }
    return least
  }

  private mutating func addNear(_ scaled: Int128) {
    let (total, overflow) = near.addingReportingOverflow(scaled)
    near = total
    guard overflow else { return }
    makeWide()
    wide[Self.nearWraps] += scaled < 0 ? -1 : 1
  }

  /// `decimal` / 10^12, correctly rounded.
  private static func quotient(_ decimal: Int128) -> Double {
    let magnitude = decimal.magnitude
    if magnitude < 1 << 53 { return Double(Int64(decimal)) / 1e12 }
    // Scaled until the top bit is set, the quotient by 5^12 keeps 99 bits or more; the rest is one sticky bit.
    let up = magnitude.leadingZeroBitCount
    let (quotient, remainder) = (magnitude << up).quotientAndRemainder(dividingBy: fiveToTwelve)
    let down = 64 - quotient.leadingZeroBitCount
    var top = UInt64(truncatingIfNeeded: quotient >> down)
    if remainder != 0 || quotient & ((1 << down) - 1) != 0 { top |= 1 }
    let rounded = Double(sign: .plus, exponent: down - up - 12, significand: Double(top))
    return decimal < 0 ? -rounded : rounded
  }

  private static let fiveToTwelve: UInt128 = 244_140_625

  // MARK: Everything else

  /// Digits of base 2^32 for bits -1074...1023 of one double, and room for 2^64 additions.
  private static let digits = 70
  private static let additions = 70
  private static let nans = 71
  private static let positives = 72
  private static let negatives = 73
  private static let wraps = 74
  private static let nearWraps = 75
  private static let slots = 76

  private mutating func makeWide() {
    if wide.isEmpty { wide = Array(repeating: 0, count: Self.slots) }
  }

  private mutating func addBinary(_ value: Double) {
    let exponent = Int(value.bitPattern >> 52) & 0x7FF
    if exponent >= 1023 - 12, exponent < 1023 + 40 {
      // The last of the 53 bits stands for 2^-64 or more.
      let significand = Int128(value.bitPattern & 0xF_FFFF_FFFF_FFFF | 1 << 52)
      let scaled = significand << (exponent - 1_011)
      addNear(value < 0 ? -scaled : scaled)
      return
    }
    makeWide()
    guard value.isFinite else {
      wide[value.isNaN ? Self.nans : value > 0 ? Self.positives : Self.negatives] += 1
      return
    }
    let field = Int(value.bitPattern >> 52) & 0x7FF
    let fraction = value.bitPattern & 0xF_FFFF_FFFF_FFFF
    let significand = field == 0 ? fraction : fraction | 1 << 52
    let position = max(field, 1) - 1
    let digit = position / 32
    let shifted = UInt128(significand) << (position % 32)
    for i in 0..<3 {
      let part = Int64(truncatingIfNeeded: (shifted >> (32 * i)) & 0xFFFF_FFFF)
      wide[digit + i] += value < 0 ? -part : part
    }
    wide[Self.additions] += 1
    if wide[Self.additions] >= 1 << 30 { Self.propagate(&wide) }
  }

  /// Settles carries: every digit but the last becomes 0..<2^32.
  private static func propagate(_ wide: inout [Int64]) {
    var carry: Int64 = 0
    for i in 0..<digits - 1 {
      let total = wide[i] + carry
      wide[i] = total & 0xFFFF_FFFF
      carry = total >> 32
    }
    wide[digits - 1] += carry
    wide[additions] = 0
  }

  /// decimal * 10^-12 + binary * 2^-1074, over the common denominator 5^12 * 2^1086.
  private var wideValue: Double {
    var wide = wide
    if wide.isEmpty { wide = Array(repeating: 0, count: Self.slots) }
    if wide[Self.nans] > 0 || (wide[Self.positives] > 0 && wide[Self.negatives] > 0) { return .nan }
    if wide[Self.positives] > 0 { return .infinity }
    if wide[Self.negatives] > 0 { return -.infinity }
    var terms = [Int128](repeating: 0, count: Self.digits + 6)
    for i in 0..<Self.digits { terms[i] = Int128(wide[i]) * 1_000_000_000_000 }
    // 2^-64 is 2^1010 units, and 1010 = 31 * 32 + 18.
    for i in 0..<4 {
      let digit = i < 3 ? (near >> (32 * i)) & 0xFFFF_FFFF : near >> 96
      terms[31 + i] += (digit * 1_000_000_000_000) << 18
    }
    terms[35] += (Int128(wide[Self.nearWraps]) * 1_000_000_000_000) << 18
    // 1074 = 33 * 32 + 18.
    for i in 0..<4 {
      let digit = i < 3 ? (decimal >> (32 * i)) & 0xFFFF_FFFF : decimal >> 96
      terms[33 + i] += digit << 18
    }
    terms[37] += Int128(wide[Self.wraps]) << 18
    var magnitude = [UInt32](repeating: 0, count: terms.count)
    var carry: Int128 = 0
    for i in terms.indices {
      let total = terms[i] + carry
      magnitude[i] = UInt32(truncatingIfNeeded: total)
      carry = total >> 32
    }
    let isNegative = carry < 0
    if isNegative {
      var one: UInt64 = 1
      for i in magnitude.indices {
        one += UInt64(~magnitude[i])
        magnitude[i] = UInt32(truncatingIfNeeded: one)
        one >>= 32
      }
    }
    var remainder: UInt64 = 0
    for i in magnitude.indices.reversed() {
      let part = remainder << 32 | UInt64(magnitude[i])
      magnitude[i] = UInt32(part / 244_140_625)
      remainder = part % 244_140_625
    }
    let rounded = Self.rounded(magnitude, sticky: remainder != 0)
    return isNegative ? -rounded : rounded
  }

  /// magnitude * 2^-1086 (plus a little, when sticky), to nearest even.
  private static func rounded(_ magnitude: [UInt32], sticky: Bool) -> Double {
    guard let top = magnitude.lastIndex(where: { $0 != 0 }) else { return 0 }
    func bit(_ position: Int) -> Bool { magnitude[position / 32] >> (position % 32) & 1 == 1 }
    let highest = top * 32 + 31 - magnitude[top].leadingZeroBitCount
    // The last kept bit: 53 bits, but nothing below 2^-1074.
    let lowest = max(highest - 52, 12)
    var significand: UInt64 = 0
    if highest >= lowest {
      for position in (lowest...highest).reversed() {
        significand = significand << 1 | (bit(position) ? 1 : 0)
      }
    }
    let half = bit(lowest - 1)
    let rest = sticky || (0..<lowest - 1).contains(where: bit)
    if half && (rest || significand & 1 == 1) { significand += 1 }
    return Double(sign: .plus, exponent: lowest - 1086, significand: Double(significand))
  }
}
