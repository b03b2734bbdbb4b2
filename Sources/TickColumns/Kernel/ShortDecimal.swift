/// Which doubles count as decimals in sums, and their whole numbers (`sql/dialect.md`, Sums).
///
/// Market data are decimals (`64250.01`, `0.00045`), so most doubles are the image of a short decimal n / 10^k, and
/// the rows of a column nearly all have one k. Whole stretches of rows become whole numbers of that k at once.
///
/// Invariants:
/// 1. A double is a short decimal when it equals n / 10^k for an integer |n| < 10^15 and some k in 0...12. It is
///    the image of at most one such decimal, so n / 10^k is one number, whichever k it is written with.
/// 2. The state of a stream (exponent, binary or not) only chooses what is tried first, never a result.

internal import CTickKernels

/// A short decimal: number / 10^exponent.
struct ShortDecimal {
  var number: Int64
  var exponent: Int

  static let exponentMax = 12
  /// Whole numbers stay below this.
  static let numberBound = 1e15
  /// 1.5 * 2^52: adding and subtracting it rounds to an integer, nearest even, without a call to libm.
  private static let roundingShift = 6_755_399_441_055_744.0
  static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
  ]

  /// The decimal that a double is the image of, with the fewest digits, or nil.
  init?(_ value: Double) {
    // If the value is a short decimal at all, it is one at the greatest k at which n stays short: more zeros
    // behind it change nothing.
    let magnitude = value.magnitude
    var exponent = Self.exponentMax
    while exponent > 0, magnitude * Self.powers[exponent] >= Self.numberBound { exponent -= 1 }
    guard var number = Self.wholeNumber(value, exponent: exponent) else { return nil }
    while exponent > 0, number % 10 == 0 {
      number /= 10
      exponent -= 1
    }
    self.number = number
    self.exponent = exponent
  }

  /// The integer n with n / 10^exponent == value, when it is short enough.
  @inline(__always)
  static func wholeNumber(_ value: Double, exponent: Int) -> Int64? {
    let power = powers[exponent]
    let shifted = value * power + roundingShift
    let rounded = shifted - roundingShift
    guard rounded / power == value, rounded.magnitude < numberBound else { return nil }
    return Int64(bitPattern: shifted.bitPattern) &- Int64(bitPattern: roundingShift.bitPattern)
  }
}

/// One column of doubles on its way into sums; what it learnt of the last rows is tried first on the next.
///
/// Invariant: row r of `stretch` is numbers[r - stretch.lowerBound] / 10^exponent.
public struct DecimalStream: Sendable {
  /// The number of fractional digits that fitted last.
  private(set) var exponent = 0
  /// Values were binary fractions lately, so stretches are not tried.
  private var isBinary = false
  private(set) var numbers: [Int64] = []
  private(set) var stretch = 0..<0

  /// Rows of a stretch: its numbers and the doubles they came from stay in the first-level cache, and so many
  /// integers below 10^15 cannot overflow 64 bits.
  static let rowsMax = 1_024

  public init() {}

  /// Other values come.
  mutating func begin() { stretch = 0..<0 }

  /// Turns rows from the range's first on into whole numbers, unless they are; gives how many there are. None: the
  /// first row must be taken by itself.
  mutating func fill(_ values: [Double], _ range: Range<Int>) -> Int {
    if stretch.contains(range.lowerBound) {
      return min(stretch.upperBound, range.upperBound) - range.lowerBound
    }
    if isBinary || range.isEmpty { return 0 }
    if numbers.isEmpty { numbers = Array(repeating: 0, count: Self.rowsMax) }
    let power = ShortDecimal.powers[exponent]
    let filled = unsafe values.withUnsafeBufferPointer { source in
      precondition(range.lowerBound >= 0 && range.upperBound <= source.count, "rows outside")
      return unsafe numbers.withUnsafeMutableBufferPointer { out in
        guard let from = source.baseAddress, let to = out.baseAddress else { return 0 }
        return unsafe tick_whole_numbers(
          from + range.lowerBound, min(range.count, Self.rowsMax), power, to)
      }
    }
    stretch = range.lowerBound..<range.lowerBound + filled
    return filled
  }

  /// One value by itself, remembered for the next stretch.
  mutating func decimal(_ value: Double) -> ShortDecimal? {
    if !isBinary, let number = ShortDecimal.wholeNumber(value, exponent: exponent) {
      return ShortDecimal(number: number, exponent: exponent)
    }
    stretch = 0..<0
    let found = ShortDecimal(value)
    isBinary = found == nil
    if let found { exponent = found.exponent }
    return found
  }
}

extension ShortDecimal {
  init(number: Int64, exponent: Int) {
    self.number = number
    self.exponent = exponent
  }
}

/// The most fractional digits of a short decimal.
public let decimalScaleMax = ShortDecimal.exponentMax

/// The fractional digits of a short decimal; nil for other doubles.
public func decimalScale(_ value: Double) -> Int? { ShortDecimal(value)?.exponent }

/// The integer n with n / 10^scale == value, where it is below 10^15; scales are 0 to `decimalScaleMax`.
public func decimalNumber(_ value: Double, scale: Int) -> Int64? {
  ShortDecimal.wholeNumber(value, exponent: scale)
}

/// 10^scale, exactly; scales are 0 to `decimalScaleMax`.
public func decimalPower(_ scale: Int) -> Double { ShortDecimal.powers[scale] }
