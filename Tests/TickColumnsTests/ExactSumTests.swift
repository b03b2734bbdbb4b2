import TestSupport
import Testing

@testable import TickColumns

@Suite struct ExactSumTests {
  private func sum(_ values: [Double]) -> Double {
    var total = ExactSum()
    var hint = ExactSum.Hint()
    total.add(values, 0..<values.count, &hint)
    return total.value
  }

  @Test func shortDecimalsAddAsDecimals() {
    #expect(sum([0.1, 0.2]) == 0.3)
    #expect(sum(Array(repeating: 0.1, count: 10)) == 1)
    #expect(sum([64250.01, -64250.01, 0.000001]) == 0.000001)
    #expect(sum(Array(repeating: 0.00045, count: 100_000)) == 45)
  }

  @Test func emptyAndZeroSumsArePositiveZero() {
    #expect(sum([]).bitPattern == 0)
    #expect(sum([-0.0]).bitPattern == 0)
    #expect(sum([1.5, -1.5]).bitPattern == 0)
    #expect(sum([1e300, -1e300]).bitPattern == 0)
  }

  @Test func infinitiesAndNaNArePropagated() {
    #expect(sum([1, .infinity, 0.5]) == .infinity)
    #expect(sum([1, -.infinity]) == -.infinity)
    #expect(sum([.infinity, -.infinity]).isNaN)
    #expect(sum([1, .nan, 2]).isNaN)
  }

  @Test func extremesRoundOnce() {
    let greatest = Double.greatestFiniteMagnitude
    #expect(sum([greatest, greatest]) == .infinity)
    #expect(sum([greatest, greatest, -greatest]) == greatest)
    let least = Double.leastNonzeroMagnitude
    #expect(sum([least, least]) == 2 * least)
    #expect(sum([1, least]) == 1)
    #expect(sum([1e300, 1, -1e300]) == 1)
    // Half a unit in the last place of 1, plus the least number: rounds up, and without it to even.
    #expect(sum([1, 0x1p-53]) == 1)
    #expect(sum([1, 0x1p-53, least]) == 1 + .ulpOfOne)
  }

  @Test func sumsEqualExactRationalArithmetic() throws {
    var random = SplitMix64(seed: 0x7E57)
    for round in 0..<300 {
      let values = (0..<Int.random(in: 1...40, using: &random)).map { _ in
        Self.anyDouble(kind: round % 6, using: &random)
      }
      let expected = Self.exact(values)
      #expect(sum(values).bitPattern == expected.bitPattern, "round \(round): \(values)")
    }
  }

  @Test func orderSplitsAndMergesDoNotMatter() {
    var random = SplitMix64(seed: 77)
    for round in 0..<60 {
      var values = (0..<2_000).map { _ in Self.anyDouble(kind: round % 6, using: &random) }
      let expected = sum(values)
      values.shuffle(using: &random)
      #expect(sum(values).bitPattern == expected.bitPattern, "round \(round)")
      var parts = [ExactSum](repeating: ExactSum(), count: 5)
      var hint = ExactSum.Hint()
      for value in values { parts[Int.random(in: 0..<5, using: &random)].add(value, &hint) }
      var total = ExactSum()
      for part in parts.shuffled(using: &random) { total.merge(part) }
      #expect(total.value.bitPattern == expected.bitPattern, "round \(round)")
    }
  }

  @Test func aDecimalTotalBeyond128BitsStaysExact() {
    var total = ExactSum()
    var hint = ExactSum.Hint()
    total.add(999_999_999_999_999, &hint)
    for _ in 0..<42 {
      let half = total
      total.merge(half)
    }
    #expect(total.value == 999_999_999_999_999.0 * 4_398_046_511_104.0)
    for _ in 0..<3 { total.merge(total) }
    #expect(total.value == 999_999_999_999_999.0 * 4_398_046_511_104.0 * 8)
  }

  private static func anyDouble(kind: Int, using random: inout SplitMix64) -> Double {
    switch kind {
    case 0: Double(Int.random(in: -1_000_000...1_000_000, using: &random)) / 100
    case 1:
      Double(Int.random(in: -999_999_999_999_999...999_999_999_999_999, using: &random)) / 1e12
    case 2: Double.random(in: -1...1, using: &random)
    case 3:
      Double(
        sign: Bool.random(using: &random) ? .plus : .minus,
        exponent: Int.random(in: -1074...970, using: &random),
        significand: Double(UInt64.random(in: 0..<1 << 53, using: &random)))
    case 4:
      Bool.random(using: &random)
        ? Double(Int.random(in: -99_999...99_999, using: &random)) / 1e8
        : Double.random(in: -1e-3...1e-3, using: &random)
    default:
      Double(Int.random(in: -10...10, using: &random)) / 3
    }
  }

  /// The definition, in big integers: a value whose shortest text has at most 15 digits, 12 of them after the
  /// point, is that decimal; any other value is its binary fraction.
  private static func exact(_ values: [Double]) -> Double {
    // Numerator over 10^12 * 2^1074.
    var total = BigInteger()
    for value in values {
      if let scaled = decimal(value) {
        total.add(BigInteger(scaled.magnitude).shifted(1074), isNegative: scaled < 0)
      } else {
        let field = Int(value.bitPattern >> 52) & 0x7FF
        let fraction = value.bitPattern & ((1 << 52) - 1)
        let part = BigInteger(UInt128(field == 0 ? fraction : fraction | 1 << 52))
        total.add(
          part.shifted(max(field, 1) - 1).times(1_000_000).times(1_000_000), isNegative: value < 0)
      }
    }
    return total.divided(by: BigInteger(1_000_000_000_000).shifted(1074))
  }

  /// The value times 10^12 when its shortest text is short enough; read from the text, not computed.
  private static func decimal(_ value: Double) -> Int128? {
    if value == value.rounded(), abs(value) < 1e15 { return Int128(value) * 1_000_000_000_000 }
    var text = Substring("\(abs(value))")
    var exponent = 0
    if let e = text.firstIndex(of: "e") {
      exponent = Int(text[text.index(after: e)...]) ?? 0
      text = text[..<e]
    }
    let parts = text.split(separator: ".")
    let fraction = parts.count > 1 && parts[1] != "0" ? String(parts[1]) : ""
    var digits = String(parts[0]) + fraction
    var places = fraction.count - exponent
    while digits.hasSuffix("0"), places > 0 {
      digits.removeLast()
      places -= 1
    }
    digits = String(digits.drop { $0 == "0" })
    guard digits.count <= 15, places >= 0, places <= 12, var number = Int128(digits) else {
      return nil
    }
    for _ in places..<12 { number *= 10 }
    return value < 0 ? -number : number
  }
}

/// Signed integers of any size, schoolbook, for the test's own answer.
private struct BigInteger {
  var limbs: [UInt32] = []
  var isNegative = false

  init() {}
  init(_ value: UInt128) {
    var rest = value
    while rest != 0 {
      limbs.append(UInt32(truncatingIfNeeded: rest))
      rest >>= 32
    }
  }

  func shifted(_ bits: Int) -> BigInteger {
    var out = self
    out.limbs = Array(repeating: 0, count: bits / 32)
    var carry: UInt64 = 0
    for limb in limbs {
      let wide = UInt64(limb) << UInt64(bits % 32) | carry
      out.limbs.append(UInt32(truncatingIfNeeded: wide))
      carry = wide >> 32
    }
    if carry != 0 { out.limbs.append(UInt32(carry)) }
    return out
  }

  func times(_ factor: UInt32) -> BigInteger {
    var out = self
    var carry: UInt64 = 0
    for i in limbs.indices {
      let wide = UInt64(limbs[i]) * UInt64(factor) + carry
      out.limbs[i] = UInt32(truncatingIfNeeded: wide)
      carry = wide >> 32
    }
    if carry != 0 { out.limbs.append(UInt32(carry)) }
    return out
  }

  private static func trimmed(_ limbs: [UInt32]) -> [UInt32] {
    var out = limbs
    while out.last == 0 { out.removeLast() }
    return out
  }

  private static func less(_ a: [UInt32], _ b: [UInt32]) -> Bool {
    if a.count != b.count { return a.count < b.count }
    for i in a.indices.reversed() where a[i] != b[i] { return a[i] < b[i] }
    return false
  }

  private static func difference(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
    var out = a
    var borrow: Int64 = 0
    for i in a.indices {
      var part = Int64(a[i]) - borrow - (i < b.count ? Int64(b[i]) : 0)
      borrow = part < 0 ? 1 : 0
      if part < 0 { part += 1 << 32 }
      out[i] = UInt32(part)
    }
    return trimmed(out)
  }

  mutating func add(_ other: BigInteger, isNegative theirs: Bool) {
    let a = Self.trimmed(limbs)
    let b = Self.trimmed(other.limbs)
    if isNegative == theirs || a.isEmpty {
      if a.isEmpty { isNegative = theirs }
      var out: [UInt32] = []
      var carry: UInt64 = 0
      for i in 0..<max(a.count, b.count) {
        let part = (i < a.count ? UInt64(a[i]) : 0) + (i < b.count ? UInt64(b[i]) : 0) + carry
        out.append(UInt32(truncatingIfNeeded: part))
        carry = part >> 32
      }
      if carry != 0 { out.append(UInt32(carry)) }
      limbs = out
    } else if Self.less(a, b) {
      limbs = Self.difference(b, a)
      isNegative = theirs
    } else {
      limbs = Self.difference(a, b)
    }
  }

  /// self / divisor as the nearest double, ties to even, found by bisection over the doubles themselves.
  func divided(by divisor: BigInteger) -> Double {
    let mine = Self.trimmed(limbs)
    if mine.isEmpty { return 0 }
    // The greatest double d with d * divisor <= |self|.
    var low: UInt64 = 0
    var high = Double.infinity.bitPattern
    func doubled(_ bits: UInt64, plusNext: Bool) -> [UInt32] {
      // (d, or d + next(d)) * divisor * 2^1075, all integers.
      func scaled(_ bits: UInt64) -> BigInteger {
        let field = Int(bits >> 52)
        let fraction = bits & ((1 << 52) - 1)
        let part = UInt128(field == 0 ? fraction : fraction | 1 << 52)
        return BigInteger(part).shifted(max(field, 1) - 1)
      }
      var sum = scaled(bits)
      sum.add(scaled(plusNext ? bits + 1 : bits), isNegative: false)
      // divisor = 10^12 * 2^1074, so the factor 2^1074 cancels against `mine` below.
      return Self.trimmed(sum.times(1_000_000).times(1_000_000).limbs)
    }
    let target = Self.trimmed(shifted(1).limbs)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if Self.less(target, doubled(middle, plusNext: false)) { high = middle } else { low = middle }
    }
    let half = doubled(low, plusNext: true)
    var bits = low
    if Self.less(half, target) { bits = low + 1 }
    if half == target, low & 1 == 1 { bits = low + 1 }
    let magnitude = Double(bitPattern: bits)
    return isNegative ? -magnitude : magnitude
  }
}
