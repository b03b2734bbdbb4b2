/// The slow half of an exact sum: any total of doubles and of decimals, without loss, in signed digits of base
/// 2^32.
///
/// Most sums never have one. It takes what does not fit the two 128-bit totals of `ExactSum`, and it does the one
/// rounding where there is more than a decimal total to round.
///
/// Invariants:
/// 1. The binary digits count units of 2^-1074 from the lowest, with room for 2^64 additions of any double; at most
///    2^30 additions have left carries in them, so no digit overflows.
/// 2. The decimal digits count units of 10^-24 and are settled after every addition. One addition is below 2^208, and
///    the last digit has 63 bits, so 2^64 additions fit.
/// 3. NaN and infinities are counted, never added.
struct WideTotal: Sendable {
  private var slots = [Int64](repeating: 0, count: Self.count)

  /// Bits -1074...1023 of one double, and room for 2^64 additions.
  private static let binary = 0..<70
  private static let decimal = 70..<80
  private static let additions = 80
  private static let nans = 81
  private static let positives = 82
  private static let negatives = 83
  /// How often the total of near binary fractions wrapped, and which way.
  private static let nearWraps = 84
  private static let count = 85

  /// What one takes, for memory limits.
  static let byteCount = count * 8 + 32

  // MARK: Adding

  mutating func add(_ value: Double) {
    guard value.isFinite else {
      slots[value.isNaN ? Self.nans : value > 0 ? Self.positives : Self.negatives] += 1
      return
    }
    let field = Int(value.bitPattern >> 52) & 0x7FF
    let fraction = value.bitPattern & 0xF_FFFF_FFFF_FFFF
    let significand = field == 0 ? fraction : fraction | 1 << 52
    let position = max(field, 1) - 1
    addDigits(UInt128(significand) << (position % 32), count: 3, at: position / 32, value < 0)
    slots[Self.additions] += 1
    if slots[Self.additions] >= 1 << 30 { settleBinary() }
  }

  /// Adds number / 10^scale, for a scale up to 24.
  mutating func add(_ number: Int128, scale: Int) {
    let factor = UInt128(powersOfTen[min(ExactSum.scaleMax - scale, 12)])
    let rest = UInt128(powersOfTen[max(ExactSum.scaleMax - scale - 12, 0)])
    // The factor has at most 80 bits, so the product has at most 208.
    let product = number.magnitude.multipliedFullWidth(by: factor * rest)
    addDigits(product.low, count: 4, at: Self.decimal.lowerBound, number < 0)
    addDigits(product.high, count: 4, at: Self.decimal.lowerBound + 4, number < 0)
    Self.settle(&slots, Self.decimal)
  }

  /// Notes that the total of near fractions wrapped.
  mutating func noteNearWrap(isNegative: Bool) {
    slots[Self.nearWraps] += isNegative ? -1 : 1
  }

  mutating func merge(_ other: WideTotal) {
    var theirs = other
    theirs.settleBinary()
    settleBinary()
    for i in slots.indices { slots[i] += theirs.slots[i] }
    Self.settle(&slots, Self.decimal)
  }

  private mutating func addDigits(_ value: UInt128, count: Int, at first: Int, _ isNegative: Bool) {
    for i in 0..<count {
      let digit = Int64(truncatingIfNeeded: (value >> (32 * i)) & 0xFFFF_FFFF)
      slots[first + i] += isNegative ? -digit : digit
    }
  }

  private mutating func settleBinary() {
    Self.settle(&slots, Self.binary)
    slots[Self.additions] = 0
  }

  /// Settles carries: every digit but the last becomes 0..<2^32.
  private static func settle(_ slots: inout [Int64], _ digits: Range<Int>) {
    var carry: Int64 = 0
    for i in digits.dropLast() {
      let total = slots[i] + carry
      slots[i] = total & 0xFFFF_FFFF
      carry = total >> 32
    }
    slots[digits.upperBound - 1] += carry
  }

  // MARK: Rounding

  /// Everything here, plus number / 10^scale, plus near * 2^-64, rounded once to nearest even.
  func rounded(_ number: Int128, scale: Int, near: Int128) -> Double {
    if slots[Self.nans] > 0 || (slots[Self.positives] > 0 && slots[Self.negatives] > 0) {
      return .nan
    }
    if slots[Self.positives] > 0 { return .infinity }
    if slots[Self.negatives] > 0 { return -.infinity }
    var all = self
    all.add(number, scale: scale)
    all.addNear(near)
    return all.roundedDigits()
  }

  private mutating func addNear(_ near: Int128) {
    // 2^-64 is 2^1010 units, and 1010 = 31 * 32 + 18.
    for i in 0..<4 {
      let digit = i < 3 ? (near >> (32 * i)) & 0xFFFF_FFFF : near >> 96
      slots[31 + i] += Int64(truncatingIfNeeded: digit) << 18
    }
    slots[35] += slots[Self.nearWraps] << 18
    settleBinary()
  }

  /// decimal * 10^-24 + binary * 2^-1074, over the common denominator 5^24 * 2^1098.
  private func roundedDigits() -> Double {
    var terms = [Int128](repeating: 0, count: Self.binary.count + 6)
    let scale: Int128 = 1_000_000_000_000_000_000_000_000
    for i in Self.binary { terms[i] = Int128(slots[i]) * scale }
    // 1074 = 33 * 32 + 18.
    for i in Self.decimal { terms[33 + i - Self.decimal.lowerBound] += Int128(slots[i]) << 18 }
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
    // 5^24 in two steps of 5^12: floors of floors are floors, and any rest makes the quotient inexact.
    var isInexact = false
    for _ in 0..<2 {
      var remainder: UInt64 = 0
      for i in magnitude.indices.reversed() {
        let part = remainder << 32 | UInt64(magnitude[i])
        magnitude[i] = UInt32(part / 244_140_625)
        remainder = part % 244_140_625
      }
      if remainder != 0 { isInexact = true }
    }
    let rounded = Self.nearest(magnitude, isInexact)
    return isNegative ? -rounded : rounded
  }

  /// magnitude * 2^-1098 (plus a little, when inexact), to nearest even.
  private static func nearest(_ magnitude: [UInt32], _ isInexact: Bool) -> Double {
    guard let top = magnitude.lastIndex(where: { $0 != 0 }) else { return 0 }
    func bit(_ position: Int) -> Bool { magnitude[position / 32] >> (position % 32) & 1 == 1 }
    let highest = top * 32 + 31 - magnitude[top].leadingZeroBitCount
    // The last kept bit: 53 bits, but nothing below 2^-1074.
    let lowest = max(highest - 52, 24)
    var significand: UInt64 = 0
    if highest >= lowest {
      for position in (lowest...highest).reversed() {
        significand = significand << 1 | (bit(position) ? 1 : 0)
      }
    }
    let half = bit(lowest - 1)
    let rest = isInexact || (0..<lowest - 1).contains(where: bit)
    if half && (rest || significand & 1 == 1) { significand += 1 }
    return Double(sign: .plus, exponent: lowest - 1098, significand: Double(significand))
  }
}
