/// Sums of doubles over frames that move along the rows, as windows have them: the sums that `ExactSum` defines, at the
/// cost of one addition and one subtraction a row, however long the frames are.
///
/// What `sql/dialect.md` (Sums) says is exact, so a row can be taken out again without a trace. That needs totals of a
/// fixed width: all short decimals get one scale, all other doubles one unit, before the first frame is added up.
///
/// Invariants:
/// 1. A short decimal is numbers[row] / 10^scale, any other finite value a whole multiple of 2^unit; no total of 2^32 rows
///    overflows 128 bits. Columns whose values lie too far apart for that have no sliding sums.
/// 2. NaN and infinities are counted, never added.
public struct SlidingSums: Sendable {
  private enum Kind {
    static let decimal: UInt8 = 0
    static let binary: UInt8 = 1
    static let nan: UInt8 = 2
    static let positive: UInt8 = 3
    static let negative: UInt8 = 4
  }

  private let values: [Double]
  private let numbers: [Int64]
  /// The second factor of each row, where products are added up.
  private let factors: [Int64]
  private let scale: Int
  /// Nil where all values are short decimals.
  private let kinds: [UInt8]?
  private let unit: Int

  /// Rows of a column at most, a power of two.
  private static let rowBits = 32

  /// The rows marked 0 count for nothing. Nil where invariant 1 cannot be kept.
  public init?(_ values: [Double], marks: [UInt8]? = nil) {
    guard values.count < 1 << Self.rowBits,
      let decimals = Decimals(values, marks: marks), let unit = decimals.unit
    else { return nil }
    self.values = values
    numbers = decimals.numbers
    factors = []
    scale = decimals.scale
    kinds = decimals.kinds
    self.unit = unit
  }

  /// Sums of products (`sql/dialect.md`, Sums of products); nil as well where a factor is no short decimal.
  public init?(_ left: [Double], times right: [Double], marks: [UInt8]? = nil) {
    precondition(left.count == right.count, "factors of different lengths")
    guard left.count < 1 << Self.rowBits,
      let a = Decimals(left, marks: marks), a.kinds == nil,
      let b = Decimals(right, marks: marks), b.kinds == nil
    else { return nil }
    let bits = Self.bits(a.numbers) + Self.bits(b.numbers) + Self.rowBits
    guard bits < 126 else { return nil }
    values = []
    numbers = a.numbers
    factors = b.numbers
    scale = a.scale + b.scale
    kinds = nil
    unit = 0
  }

  private static func bits(_ numbers: [Int64]) -> Int {
    64 - numbers.reduce(UInt64(0)) { $0 | $1.magnitude }.leadingZeroBitCount
  }

  // MARK: Frames

  /// The sum over each frame, of rows `starts[i]..<ends[i]`. Frames that move forward are quick; others begin anew.
  public func sums(starts: ArraySlice<Int32>, ends: ArraySlice<Int32>) -> [Double] {
    precondition(starts.count == ends.count, "frames without an end")
    let rows = factors.isEmpty ? max(numbers.count, values.count) : numbers.count
    precondition(zip(starts, ends).allSatisfy { $0 >= 0 && $1 <= rows }, "frames outside the rows")
    if !factors.isEmpty {
      let factors = factors
      let numbers = numbers
      return slide(starts, ends) { Int128(numbers[$0]) &* Int128(factors[$0]) }
    }
    guard let kinds else {
      let numbers = numbers
      return slide(starts, ends) { Int128(numbers[$0]) }
    }
    return slideMixed(starts, ends, kinds)
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
    func change(_ totals: inout Totals, _ row: Int, by sign: Int) {
      switch kinds[row] {
      case Kind.decimal: totals.decimal &+= Int128(sign) &* Int128(numbers[row])
      case Kind.binary:
        let scaled = Self.scaled(values[row], unit)
        totals.binary = sign > 0 ? totals.binary &+ scaled : totals.binary &- scaled
      case Kind.nan: totals.nans += sign
      case Kind.positive: totals.positives += sign
      default: totals.negatives += sign
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

  /// A column as decimals of one scale and multiples of one unit.
  private struct Decimals {
    var numbers: [Int64] = []
    var scale = 0
    var kinds: [UInt8]?
    /// Nil where the binary fractions lie too far apart.
    var unit: Int?

    /// Nil where one scale makes the decimals too long.
    init?(_ values: [Double], marks: [UInt8]?) {
      var numbers = [Int64](repeating: 0, count: values.count)
      var lowest = Int.max
      var highest = Int.min
      var mark: [UInt8]?
      for row in values.indices where marks.map({ $0[row] != 0 }) ?? true {
        let value = values[row]
        if let number = ShortDecimal.wholeNumber(value, exponent: scale) {
          numbers[row] = number
          continue
        }
        if let decimal = ShortDecimal(value) {
          if decimal.exponent > scale {
            let factor = Int64(decimalPower(decimal.exponent - scale))
            for before in 0..<row {
              let (scaled, overflow) = numbers[before].multipliedReportingOverflow(by: factor)
              if overflow { return nil }
              numbers[before] = scaled
            }
            scale = decimal.exponent
          }
          let factor = Int64(decimalPower(scale - decimal.exponent))
          let (scaled, overflow) = decimal.number.multipliedReportingOverflow(by: factor)
          if overflow { return nil }
          numbers[row] = scaled
          continue
        }
        var all = mark ?? [UInt8](repeating: Kind.decimal, count: values.count)
        mark = nil
        if value.isNaN {
          all[row] = Kind.nan
        } else if value.isInfinite {
          all[row] = value > 0 ? Kind.positive : Kind.negative
        } else {
          all[row] = Kind.binary
          let (significand, exponent) = SlidingSums.parts(value)
          lowest = min(lowest, exponent + significand.trailingZeroBitCount)
          highest = max(highest, exponent + 64 - significand.leadingZeroBitCount)
        }
        mark = all
      }
      self.numbers = numbers
      kinds = mark
      if lowest > highest {
        unit = 0
      } else if highest - lowest + rowBits < 126 {
        unit = lowest
      }
    }
  }
}
