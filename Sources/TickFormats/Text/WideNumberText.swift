import TickColumns

/// Numbers of 128 bits, decimals and 32-bit floats to text and back.
///
/// Invariants:
/// 1. A decimal prints without zeros at the end of its fraction, and reads back to the same value.
/// 2. The text of a Float32 has the shortest digits that read back to it as a Float32.
/// 3. Reading checks every step: no text traps.

/// `-170141183460469231731687303715884105728`, and a point and a leading zero for decimals.
let wideTextMax = 42

func putDecimal(_ value: UInt128, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  let (high, low) = value.quotientAndRemainder(dividingBy: tenTo19)
  if high == 0 {
    putDecimal(UInt64(truncatingIfNeeded: low), &out, &at)
    return
  }
  // Two steps at most: 2^128 has 39 digits.
  putDecimal(high, &out, &at)
  putPadded64(UInt64(truncatingIfNeeded: low), width: 19, &out, &at)
}

func putDecimal(_ value: Int128, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  if value < 0 { put(0x2D, &out, &at) }
  putDecimal(value.magnitude, &out, &at)
}

/// `units` x 10^-scale, without zeros at the end of the fraction unless they are kept.
func putScaled(
  _ units: Int128, scale: Int, keepsZeros: Bool, _ out: inout MutableSpan<UInt8>, _ at: inout Int
) {
  if units < 0 { put(0x2D, &out, &at) }
  let (whole, rest) = units.magnitude.quotientAndRemainder(dividingBy: widePowersOfTen[scale])
  putDecimal(whole, &out, &at)
  if rest == 0, !keepsZeros || scale == 0 { return }
  var digits = scale
  var fraction = rest
  if !keepsZeros {
    while true {
      let (shorter, digit) = fraction.quotientAndRemainder(dividingBy: 10)
      if digit != 0 { break }
      fraction = shorter
      digits -= 1
    }
  }
  put(0x2E, &out, &at)
  let first = min(digits, 19)
  let (high, low) = fraction.quotientAndRemainder(dividingBy: widePowersOfTen[digits - first])
  putPadded64(UInt64(truncatingIfNeeded: high), width: first, &out, &at)
  if digits > first {
    putPadded64(UInt64(truncatingIfNeeded: low), width: digits - first, &out, &at)
  }
}

/// 10^0 to 10^38: what a UInt128 holds.
let widePowersOfTen: [UInt128] = {
  var powers: [UInt128] = [1]
  for _ in 0..<38 { powers.append(powers[powers.count - 1] * 10) }
  return powers
}()

private let tenTo19: UInt128 = 10_000_000_000_000_000_000

/// The low `width` digits of a number, zeros in front.
private func putPadded64(
  _ value: UInt64, width: Int, _ out: inout MutableSpan<UInt8>, _ at: inout Int
) {
  var rest = value
  var place = at &+ width
  at = place
  for _ in 0..<width {
    place &-= 1
    let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
    out[place] = UInt8(truncatingIfNeeded: digit) &+ 0x30
    rest = quotient
  }
}

// MARK: Reading

func parseWideInteger<T: FixedWidthInteger>(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ type: DataType, _ rules: TextRules
) throws(FormatError) -> T {
  guard start < end else {
    throw FormatError(.attemptToReadAfterEndOfFile, "Cannot parse \(type) from empty text")
  }
  let isNegative = bytes[start] == 0x2D
  var i = isNegative || bytes[start] == 0x2B ? start + 1 : start
  if isNegative, !T.isSigned {
    let code: ErrorCode =
      rules.leftover == .cannotParseInputAssertionFailed ? rules.leftover : .cannotParseNumber
    throw FormatError(
      code,
      "Unsigned type \(type) must not contain '-': \(excerpt(bytes, start, end))")
  }
  let digits = readDigits(bytes, &i, end)
  guard i == end, digits.count > 0 else {
    let isLoneSign = digits.count == 0 && i == start + 1
    throw FormatError(
      isLoneSign ? .cannotParseNumber : rules.leftover,
      "Cannot parse \(excerpt(bytes, start, end)) as \(type)")
  }
  let limit = UInt128(truncatingIfNeeded: T.max) + (isNegative ? 1 : 0)
  if digits.overflows || digits.value > limit, rules.outOfRange == .refuse {
    throw FormatError(
      .valueIsOutOfRangeOfDataType, "\(excerpt(bytes, start, end)) is out of range of \(type)")
  }
  return T(truncatingIfNeeded: isNegative ? 0 &- digits.value : digits.value)
}

private struct WideDigits {
  var value: UInt128 = 0
  /// Digits read.
  var count = 0
  var overflows = false
}

private func readDigits(_ bytes: Span<UInt8>, _ i: inout Int, _ end: Int) -> WideDigits {
  var out = WideDigits()
  while i < end {
    let digit = bytes[i] &- 0x30
    if digit > 9 { break }
    let (product, isTooLarge) = out.value.multipliedReportingOverflow(by: 10)
    let (sum, carries) = product.addingReportingOverflow(UInt128(digit))
    out.overflows = out.overflows || isTooLarge || carries
    out.value = sum
    out.count += 1
    i += 1
  }
  return out
}

/// A decimal as the integer of its units, 10^-scale each. Digits beyond the scale are cut off, as ClickHouse does
/// in casts; data that will be stored is refused (321) when that would lose one that is not zero.
func parseDecimal(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, precision: Int, scale: Int, _ rules: TextRules
) throws(FormatError) -> Int128 {
  func broken() -> FormatError {
    FormatError(
      rules.leftover,
      "Cannot parse \(excerpt(bytes, start, end)) as Decimal(\(precision), \(scale))")
  }
  func tooLarge() -> FormatError {
    FormatError(
      .argumentOutOfBound,
      "Too many digits in decimal value \(excerpt(bytes, start, end)): "
        + "Decimal(\(precision), \(scale)) is expected")
  }
  guard start < end else {
    throw FormatError(
      .attemptToReadAfterEndOfFile,
      "Cannot parse Decimal(\(precision), \(scale)) from empty text")
  }
  let isNegative = bytes[start] == 0x2D
  var i = isNegative || bytes[start] == 0x2B ? start + 1 : start
  // Significant digits, and where the point stands behind the first of them.
  var digits: [UInt8] = []
  var pointPlace = 0
  var seen = 0
  var isBehindPoint = false
  while i < end {
    let byte = bytes[i]
    if byte == 0x2E, !isBehindPoint {
      isBehindPoint = true
    } else if byte &- 0x30 <= 9 {
      seen += 1
      if byte != 0x30 || !digits.isEmpty { digits.append(byte &- 0x30) }
      if !isBehindPoint, !digits.isEmpty { pointPlace += 1 }
      if isBehindPoint, digits.isEmpty { pointPlace -= 1 }
    } else {
      break
    }
    i += 1
  }
  guard seen > 0 else { throw broken() }
  if i < end, bytes[i] | 0x20 == 0x65 {
    i += 1
    let isPowerNegative = i < end && bytes[i] == 0x2D
    if i < end, bytes[i] == 0x2D || bytes[i] == 0x2B { i += 1 }
    let powerStart = i
    var power = 0
    while i < end, bytes[i] &- 0x30 <= 9 {
      // A power beyond a million leaves no digit, or too many, for any text that fits the limits.
      power = min(power * 10 + Int(bytes[i] &- 0x30), 1_000_000_000)
      i += 1
    }
    guard i > powerStart else { throw broken() }
    pointPlace += isPowerNegative ? -power : power
  }
  guard i == end else { throw broken() }
  guard !digits.isEmpty else { return 0 }
  let wanted = pointPlace + scale
  guard wanted <= precision else { throw tooLarge() }
  var units: Int128 = 0
  // At most `precision` digits, so the value stays below 10^38.
  for place in 0..<max(0, wanted) {
    units = units * 10 + Int128(place < digits.count ? digits[place] : 0)
  }
  if rules.outOfRange == .refuse, digits.count > max(0, wanted),
    digits[max(0, wanted)...].contains(where: { $0 != 0 })
  {
    throw FormatError(
      .valueIsOutOfRangeOfDataType,
      "\(excerpt(bytes, start, end)) has more than \(scale) digits behind the point, "
        + "which Decimal(\(precision), \(scale)) cannot hold")
  }
  return isNegative ? -units : units
}

/// The nearest Float32 to a decimal text.
///
/// Rounding to double first and to float then may round twice; ClickHouse does the same.
func parseFloat(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ rules: TextRules
) throws(FormatError) -> Float {
  Float(try parseDouble(bytes, start, end, rules))
}
