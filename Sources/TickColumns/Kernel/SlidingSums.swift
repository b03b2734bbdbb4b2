/// Sums of doubles over frames that move along the rows, as windows have them: the sums that `ExactSum` defines, at the
/// cost of one addition and one subtraction a row, however long the frames are.
///
/// What `sql/dialect.md` (Sums) says is exact, so a row can be taken out again without a trace. That needs totals of a
/// fixed width: all short decimals get one scale, all other doubles one unit, before the first frame is added up.
///
/// Invariants:
/// 1. A short decimal is numbers[row] / 10^scale, any other finite value a whole multiple of 2^unit; no total of all
///    rows overflows 128 bits. Columns whose values lie too far apart for that have no sliding sums.
/// 2. NaN and infinities are counted, never added.
public struct SlidingSums: Sendable {
  private enum Kind {
    static let decimal: UInt8 = 0
    static let binary: UInt8 = 1
    static let nan: UInt8 = 2
    static let positive: UInt8 = 3
    static let negative: UInt8 = 4
  }

  /// Those that are no short decimals count.
  private let values: [Double]
  private let numbers: [Int64]
  /// The second factor of each row, where products are added up.
  private let factors: [Int64]
  private let scale: Int
  /// Nil where all values are short decimals.
  private let kinds: [UInt8]?
  private let unit: Int

  /// Rows of a column are below 2^32.
  private static let rowBitsMax = 32

  /// How many bits longer than its values a total of some rows is.
  private static func rowBits(_ count: Int) -> Int { Int.bitWidth - count.leadingZeroBitCount }

  /// The rows marked 0 count for nothing. Nil where invariant 1 cannot be kept.
  public init?(_ values: [Double], marks: [UInt8]? = nil) {
    guard values.count < 1 << Self.rowBitsMax, let decimals = Decimals(values, marks: marks) else {
      return nil
    }
    let kinds = decimals.others.map { Self.kinds(values, others: $0) }
    guard let unit = Self.unit(values, kinds) else { return nil }
    self.values = values
    self.kinds = kinds
    self.unit = unit
    numbers = decimals.numbers
    factors = []
    scale = decimals.scale
  }

  /// Sums of products (`sql/dialect.md`, Sums of products).
  public init?(_ left: [Double], times right: [Double], marks: [UInt8]? = nil) {
    precondition(left.count == right.count, "factors of different lengths")
    guard left.count < 1 << Self.rowBitsMax, let a = Decimals(left, marks: marks),
      let b = Decimals(right, marks: marks),
      Self.bits(a.numbers) + Self.bits(b.numbers) + Self.rowBits(left.count) < 126
    else { return nil }
    numbers = a.numbers
    factors = b.numbers
    scale = a.scale + b.scale
    guard a.others != nil || b.others != nil else {
      values = []
      kinds = nil
      unit = 0
      return
    }
    // Of a product with another factor the double that it is rounded to.
    let products = zip(left, right).map { $0 * $1 }
    let kinds = Self.kinds(
      products, others: left.indices.map { (a.others?[$0] ?? 0) | (b.others?[$0] ?? 0) })
    guard let unit = Self.unit(products, kinds) else { return nil }
    values = products
    self.kinds = kinds
    self.unit = unit
  }

  private static func bits(_ numbers: [Int64]) -> Int {
    64 - numbers.reduce(UInt64(0)) { $0 | $1.magnitude }.leadingZeroBitCount
  }

  /// Of the values that are no short decimals what they are.
  private static func kinds(_ values: [Double], others: [UInt8]) -> [UInt8] {
    var kinds = others
    for row in kinds.indices where others[row] != 0 {
      let value = values[row]
      if value.isFinite {
        kinds[row] = Kind.binary
      } else {
        kinds[row] = value.isNaN ? Kind.nan : value > 0 ? Kind.positive : Kind.negative
      }
    }
    return kinds
  }

  /// The exponent of a power of two that all binary fractions are multiples of; nil where they lie too far apart.
  private static func unit(_ values: [Double], _ kinds: [UInt8]?) -> Int? {
    guard let kinds else { return 0 }
    var lowest = Int.max
    var highest = Int.min
    for row in kinds.indices where kinds[row] == Kind.binary && values[row] != 0 {
      let (significand, exponent) = parts(values[row])
      lowest = min(lowest, exponent + significand.trailingZeroBitCount)
      highest = max(highest, exponent + 64 - significand.leadingZeroBitCount)
    }
    if lowest > highest { return 0 }
    return highest - lowest + rowBits(values.count) < 126 ? lowest : nil
  }

  // MARK: Frames

  /// The sum over each frame, of rows `starts[i]..<ends[i]`. Frames that move forward are quick; others begin anew.
  public func sums(starts: ArraySlice<Int32>, ends: ArraySlice<Int32>) -> [Double] {
    precondition(starts.count == ends.count, "frames without an end")
    if let kinds { return slideMixed(starts, ends, kinds) }
    let (numbers, factors) = (numbers, factors)
    if factors.isEmpty { return slide(starts, ends) { Int128(numbers[$0]) } }
    return slide(starts, ends) { Int128(numbers[$0]) &* Int128(factors[$0]) }
  }

  @inline(__always)
  private func slide(
    _ starts: ArraySlice<Int32>, _ ends: ArraySlice<Int32>, _ number: (Int) -> Int128
  ) -> [Double] {
    var out: [Double] = []
    out.reserveCapacity(starts.count)
    var (low, high) = (0, 0)
    var total: Int128 = 0
    for i in starts.indices {
      let (start, end) = (Int(starts[i]), Int(ends[i]))
      if start >= high || start < low || end < high {
        (low, high, total) = (start, start, 0)
      }
      while high < end {
        total &+= number(high)
        high &+= 1
      }
      while low < start {
        total &-= number(low)
        low &+= 1
      }
      out.append(ExactSum.quotient(total, scale))
    }
    return out
  }

  /// What a frame of all kinds of values comes to.
  private struct Totals {
    var decimal: Int128 = 0
    var binary: Int128 = 0
    /// How many of each kind that is no number.
    var nans = 0
    var positives = 0
    var negatives = 0

    func value(_ scale: Int, _ unit: Int) -> Double {
      if nans > 0 || positives > 0 && negatives > 0 { return .nan }
      if positives > 0 { return .infinity }
      if negatives > 0 { return -.infinity }
      if binary == 0 { return ExactSum.quotient(decimal, scale) }
      if decimal == 0 { return SlidingSums.rounded(binary, unit) }
      if let both = SlidingSums.rounded(decimal, scale, binary, unit) { return both }
      var all = WideTotal()
      all.add(decimal, scale: scale)
      // In pieces that doubles hold exactly.
      var rest = binary.magnitude
      var exponent = unit
      while rest != 0 {
        let piece = Double(
          sign: binary < 0 ? .minus : .plus, exponent: exponent,
          significand: Double(UInt64(rest & (1 << 52 - 1))))
        all.add(piece)
        rest >>= 52
        exponent += 52
      }
      return all.rounded(0, scale: 0, near: 0)
    }
  }

  private func slideMixed(
    _ starts: ArraySlice<Int32>, _ ends: ArraySlice<Int32>, _ kinds: [UInt8]
  ) -> [Double] {
    func change(_ totals: inout Totals, _ row: Int, by sign: Int64) {
      switch kinds[row] {
      case Kind.decimal:
        let factor = factors.isEmpty ? sign : factors[row] * sign
        totals.decimal &+= Int128(numbers[row]) &* Int128(factor)
      case Kind.binary:
        let scaled = Self.scaled(values[row], unit)
        totals.binary = sign > 0 ? totals.binary &+ scaled : totals.binary &- scaled
      case Kind.nan: totals.nans += Int(sign)
      case Kind.positive: totals.positives += Int(sign)
      default: totals.negatives += Int(sign)
      }
    }
    var out: [Double] = []
    out.reserveCapacity(starts.count)
    var (low, high) = (0, 0)
    var totals = Totals()
    for i in starts.indices {
      let (start, end) = (Int(starts[i]), Int(ends[i]))
      if start >= high || start < low || end < high {
        (low, high) = (start, start)
        totals = Totals()
      }
      while high < end {
        change(&totals, high, by: 1)
        high += 1
      }
      while low < start {
        change(&totals, low, by: -1)
        low += 1
      }
      out.append(totals.value(scale, unit))
    }
    return out
  }

  // MARK: Binary fractions

  /// The exponent of the lowest bit of a finite double's significand, and the significand.
  private static func parts(_ value: Double) -> (significand: UInt64, exponent: Int) {
    let field = Int(value.bitPattern >> 52) & 0x7FF
    let fraction = value.bitPattern & 0xF_FFFF_FFFF_FFFF
    return (field == 0 ? fraction : fraction | 1 << 52, max(field, 1) - 1_075)
  }

  private static func scaled(_ value: Double, _ unit: Int) -> Int128 {
    let (significand, exponent) = parts(value)
    let shift = exponent - unit
    let magnitude = shift >= 0 ? Int128(significand) << shift : Int128(significand) >> -shift
    return value < 0 ? -magnitude : magnitude
  }

  /// total * 2^unit, correctly rounded: the unit is at least 2^-1074, so what is subnormal is exact.
  private static func rounded(_ total: Int128, _ unit: Int) -> Double {
    let magnitude = total.magnitude
    let down = max(0, 64 - magnitude.leadingZeroBitCount)
    var top = UInt64(truncatingIfNeeded: magnitude >> down)
    if magnitude & ((1 << down) - 1) != 0 { top |= 1 }
    let value = Double(sign: .plus, exponent: down + unit, significand: Double(top))
    return total < 0 ? -value : value
  }

  /// decimal / 10^scale + binary * 2^unit, correctly rounded; nil where 128 bits do not do.
  private static func rounded(
    _ decimal: Int128, _ scale: Int, _ binary: Int128, _ unit: Int
  ) -> Double? {
    // Above the subnormal numbers one rounding is all.
    guard unit > -900, scale < fives.count else { return nil }
    // Both as multiples of 2^low / 5^scale.
    let low = min(unit, -scale)
    let (fifths, overflow) = binary.multipliedReportingOverflow(by: Int128(fives[scale]))
    guard !overflow, let a = shifted(decimal, -scale - low), let b = shifted(fifths, unit - low)
    else { return nil }
    let total = a + b
    if total == 0 { return 0 }
    let up = total.magnitude.leadingZeroBitCount
    let magnitude = total.magnitude << up
    let five = fives[scale]
    let (high, rest) = UInt64(truncatingIfNeeded: magnitude >> 64)
      .quotientAndRemainder(dividingBy: five)
    let (rear, remainder) = five.dividingFullWidth((rest, UInt64(truncatingIfNeeded: magnitude)))
    // At least 72 bits; the rest is one sticky bit.
    let quotient = UInt128(high) << 64 | UInt128(rear)
    let down = 64 - quotient.leadingZeroBitCount
    var top = UInt64(truncatingIfNeeded: quotient >> down)
    if remainder != 0 || quotient & ((1 << down) - 1) != 0 { top |= 1 }
    let value = Double(sign: .plus, exponent: down - up + low, significand: Double(top))
    return total < 0 ? -value : value
  }

  /// 5^n, for the scale of a product too.
  private static let fives: [UInt64] = (0...ExactSum.scaleMax).map { exponent in
    (0..<exponent).reduce(1) { power, _ in power * 5 }
  }

  /// number * 2^places; nil where a sum of two such might not fit.
  private static func shifted(_ number: Int128, _ places: Int) -> Int128? {
    number.magnitude.leadingZeroBitCount > places + 2 ? number << places : nil
  }

  /// A column as decimals of one scale.
  private struct Decimals {
    var numbers: [Int64]
    var scale = 0
    /// Marks of the values that are no short decimals; nil when there are none.
    var others: [UInt8]?

    /// Nil where one scale makes the decimals too long.
    init?(_ values: [Double], marks: [UInt8]?) {
      var numbers = [Int64](repeating: 0, count: values.count)
      var scale = 0
      var others = [UInt8](repeating: 0, count: values.count)
      var hasOthers = false
      for row in values.indices {
        if let marks, marks[row] == 0 { continue }
        let value = values[row]
        if let number = ShortDecimal.wholeNumber(value, exponent: scale) {
          numbers[row] = number
          continue
        }
        guard let decimal = ShortDecimal(value) else {
          others[row] = 1
          hasOthers = true
          continue
        }
        if decimal.exponent > scale {
          let factor = Int64(decimalPower(decimal.exponent - scale))
          for before in 0..<row {
            let (scaled, overflow) = numbers[before].multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            numbers[before] = scaled
          }
          scale = decimal.exponent
        }
        let (scaled, overflow) = decimal.number.multipliedReportingOverflow(
          by: Int64(decimalPower(scale - decimal.exponent)))
        if overflow { return nil }
        numbers[row] = scaled
      }
      self.numbers = numbers
      self.scale = scale
      self.others = hasOthers ? others : nil
    }
  }
}
