import Glibc
import TickColumns

/// Numbers to text: decimal integers, and doubles by their shortest digits.
///
/// Invariants:
/// 1. The text of a double reads back to the same bits (NaN to a NaN), and no shorter digits would.
/// 2. Layout: fixed where the decimal exponent e of d.ddd x 10^e satisfies -7 < e < 21, otherwise `d.ddde±x`
///    without plus or leading zeros. Integers carry no `.0`; minus zero keeps its sign.
/// 3. A caller leaves `integerTextMax` or `doubleTextMax` bytes of room behind `at`.

/// `-9223372036854775808`.
let integerTextMax = 20
/// `-0.000001234567890123456` is the longest fixed form; exponents are shorter.
let doubleTextMax = 26

func put(_ byte: UInt8, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  out[at] = byte
  at &+= 1
}

/// Unsigned decimal digits.
func putDecimal(_ value: UInt64, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  if value < 10 {
    put(UInt8(truncatingIfNeeded: value) &+ 0x30, &out, &at)
    return
  }
  let length = decimalLength(value)
  var rest = value
  var place = at &+ length
  at = place
  while rest >= 10 {
    let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
    place &-= 1
    out[place] = UInt8(truncatingIfNeeded: digit) &+ 0x30
    rest = quotient
  }
  out[place &- 1] = UInt8(truncatingIfNeeded: rest) &+ 0x30
}

func putDecimal(_ value: Int64, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  if value < 0 { put(0x2D, &out, &at) }
  putDecimal(value.magnitude, &out, &at)
}

/// The low `width` digits of a number, zeros in front.
func putPadded(_ value: Int, width: Int, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  var rest = value
  var place = at &+ width
  at = place
  for _ in 0..<width {
    place &-= 1
    out[place] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
    rest /= 10
  }
}

private func decimalLength(_ value: UInt64) -> Int {
  var length = 1
  var rest = value
  while rest >= 10_000 {
    rest /= 10_000
    length &+= 4
  }
  return length &+ (rest >= 1_000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
}

/// The text of a double by the invariants above; `nan`, `inf`, `-inf` where it is no number.
func putDouble(_ value: Double, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  guard value.isFinite else {
    if value.isNaN {
      putText("nan", &out, &at)
    } else {
      putText(value < 0 ? "-inf" : "inf", &out, &at)
    }
    return
  }
  if value.sign == .minus { put(0x2D, &out, &at) }
  let magnitude = value.magnitude
  if magnitude == 0 {
    put(0x30, &out, &at)
    return
  }
  if let (digits, scale) = shortDecimal(magnitude) {
    putFixed(digits, scale: scale, &out, &at)
    return
  }
  let (digits, exponent) = shortestDigits(magnitude.description)
  putLayout(digits, exponent: exponent, &out, &at)
}

/// The text of a float of 32 bits, by its own shortest digits.
func putFloat(_ value: Float, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  guard value.isFinite, value != 0 else {
    putDouble(Double(value), &out, &at)
    return
  }
  if value < 0 { put(0x2D, &out, &at) }
  let (digits, exponent) = shortestDigits(value.magnitude.description)
  putLayout(digits, exponent: exponent, &out, &at)
}

func putText(_ text: StaticString, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  for i in 0..<text.utf8CodeUnitCount {
    put(unsafe text.utf8Start[i], &out, &at)
  }
}

/// Powers of ten that doubles hold exactly.
let exactPowersOfTen: [Double] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
]

/// A decimal of at most 15 digits and at most 10 behind the point that reads back to the value, if there is one.
///
/// Distinct decimals of 15 digits are distinct doubles, so such a decimal is the only one of its length; and
/// since fewer places behind the point are tried first, no shorter one exists. The product is off by less than
/// a quarter below 2^50, so rounding finds the integer; the quotient of two exact doubles is rounded once, so
/// the comparison decides exactly what reading the text would give.
private func shortDecimal(_ magnitude: Double) -> (digits: UInt64, scale: Int)? {
  guard magnitude < 1e15, magnitude >= 1e-6 else { return nil }
  for scale in 0...10 {
    let power = exactPowersOfTen[scale]
    let product = (magnitude * power).rounded()
    guard product < 1e15 else { return nil }
    if product / power == magnitude { return (UInt64(product), scale) }
  }
  return nil
}

/// `digits` x 10^-scale in fixed notation; the last digit is not zero unless scale is 0.
private func putFixed(
  _ digits: UInt64, scale: Int, _ out: inout MutableSpan<UInt8>, _ at: inout Int
) {
  if scale == 0 {
    putDecimal(digits, &out, &at)
    return
  }
  let power = UInt64(powersOfTen[scale])
  let (whole, fraction) = digits.quotientAndRemainder(dividingBy: power)
  putDecimal(whole, &out, &at)
  put(0x2E, &out, &at)
  putPadded(Int(fraction), width: scale, &out, &at)
}

/// The shortest digits of a finite positive float and the exponent of the first one: d.ddd x 10^exponent.
///
/// Swift's description prints the shortest digits that read back; only its layout differs from ours.
private func shortestDigits(_ description: String) -> (digits: [UInt8], exponent: Int) {
  var digits: [UInt8] = []
  var pointAt: Int?
  var exponent = 0
  let text = description.utf8
  var index = text.startIndex
  while index != text.endIndex {
    let byte = text[index]
    index = text.index(after: index)
    switch byte {
    case 0x30...0x39: digits.append(byte)
    case 0x2E: pointAt = digits.count
    default:
      // `e`: the rest is the exponent.
      exponent = Int(String(text[index...]) ?? "") ?? 0
      index = text.endIndex
    }
  }
  exponent += (pointAt ?? digits.count) - 1
  let leading = digits.prefix { $0 == 0x30 }.count
  digits.removeFirst(leading)
  exponent -= leading
  while digits.last == 0x30 { digits.removeLast() }
  return (digits, exponent)
}

private func putLayout(
  _ digits: [UInt8], exponent: Int, _ out: inout MutableSpan<UInt8>, _ at: inout Int
) {
  if exponent > -7, exponent < 0 {
    put(0x30, &out, &at)
    put(0x2E, &out, &at)
    for _ in 0..<(-exponent - 1) { put(0x30, &out, &at) }
    for digit in digits { put(digit, &out, &at) }
    return
  }
  if exponent >= 0, exponent < 21 {
    for i in 0..<max(digits.count, exponent + 1) {
      if i == exponent + 1 { put(0x2E, &out, &at) }
      put(i < digits.count ? digits[i] : 0x30, &out, &at)
    }
    return
  }
  put(digits[0], &out, &at)
  if digits.count > 1 {
    put(0x2E, &out, &at)
    for digit in digits.dropFirst() { put(digit, &out, &at) }
  }
  put(0x65, &out, &at)
  putDecimal(Int64(exponent), &out, &at)
}
