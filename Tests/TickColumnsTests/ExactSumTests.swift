import TestSupport
import Testing

@testable import TickColumns

@Suite struct ExactSumTests {
  private func sum(_ values: [Double]) -> Double {
    var sums = GroupedSums()
    sums.resize(1)
    sums.add(values, starts: values.isEmpty ? [] : [0], groups: values.isEmpty ? [] : [0])
    return sums.values[0]
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
      var stream = DecimalStream()
      for value in values { parts[Int.random(in: 0..<5, using: &random)].add(value, &stream) }
      var total = ExactSum()
      for part in parts.shuffled(using: &random) { total.merge(part) }
      #expect(total.value.bitPattern == expected.bitPattern, "round \(round)")
    }
  }

  @Test func aDecimalTotalBeyond128BitsStaysExact() {
    var total = ExactSum()
    var stream = DecimalStream()
    total.add(999_999_999_999_999, &stream)
    for _ in 0..<42 {
      let half = total
      total.merge(half)
    }
    #expect(total.value == 999_999_999_999_999.0 * 4_398_046_511_104.0)
    for _ in 0..<3 { total.merge(total) }
    #expect(total.value == 999_999_999_999_999.0 * 4_398_046_511_104.0 * 8)
  }

  static func anyDouble(kind: Int, using random: inout SplitMix64) -> Double {
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

  /// The definition, in big integers of units 1 / (10^24 * 2^1074): a value whose shortest text has at most 15 digits, 12 of them after the
  /// point, is that decimal; any other value is its binary fraction.
  private static func exact(_ values: [Double]) -> Double {
    var total = BigInteger()
    for value in values {
      if let scaled = decimal(value) {
        total.add(
          BigInteger(scaled.magnitude).timesTenTo(12).shifted(1074), isNegative: scaled < 0)
      } else {
        total.add(binary(value), isNegative: value < 0)
      }
    }
    return total.scaledDown
  }

  /// The same for products: of two decimals it is the exact one, else the rounded one.
  static func exact(_ x: [Double], times y: [Double]) -> Double {
    var total = BigInteger()
    for (x, y) in zip(x, y) {
      if let a = decimal(x), let b = decimal(y) {
        total.add(
          BigInteger(a.magnitude).times(BigInteger(b.magnitude)).shifted(1074),
          isNegative: (a < 0) != (b < 0))
      } else {
        total.add(binary(x * y), isNegative: x * y < 0)
      }
    }
    return total.scaledDown
  }

  /// The magnitude in units of 1 / (10^24 * 2^1074).
  private static func binary(_ value: Double) -> BigInteger {
    let field = Int(value.bitPattern >> 52) & 0x7FF
    let fraction = value.bitPattern & ((1 << 52) - 1)
    return BigInteger(UInt128(field == 0 ? fraction : fraction | 1 << 52))
      .shifted(max(field, 1) - 1).timesTenTo(24)
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
