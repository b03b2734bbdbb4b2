import TickColumns

/// The cells of market data, read from plain text without a detour: digits, decimals, words for true and false.
///
/// Every function starts at `at`, moves it behind what it took, and gives nil (wherever `at` is then) for what it
/// does not read; the slower readers of `TextColumnBuilder` decide about those.

@inline(__always)
func scanComma(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool {
  guard at < end, bytes[at] == 0x2C else { return false }
  at &+= 1
  return true
}

/// Up to 19 digits, at least one.
@inline(__always)
func scanInteger(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> UInt64? {
  let start = at
  var value: UInt64 = 0
  while at < end {
    let digit = bytes[at] &- 0x30
    if digit > 9 { break }
    value = value &* 10 &+ UInt64(digit)
    at &+= 1
  }
  // Nineteen digits cannot overflow 64 bits.
  return at > start && at &- start <= 19 ? value : nil
}

/// A plain decimal without sign or exponent, as the nearest double.
@inline(__always)
func scanDecimal(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Double? {
  let start = at
  var value: UInt64 = 0
  while at < end {
    let digit = bytes[at] &- 0x30
    if digit > 9 { break }
    value = value &* 10 &+ UInt64(digit)
    at &+= 1
  }
  var digits = at &- start
  var places = 0
  if at < end, bytes[at] == 0x2E {
    at &+= 1
    let fraction = at
    while at < end {
      let digit = bytes[at] &- 0x30
      if digit > 9 { break }
      value = value &* 10 &+ UInt64(digit)
      at &+= 1
    }
    places = at &- fraction
    digits &+= places
  }
  // Both operands are exact, so the one rounding of the quotient is the right one.
  if digits <= 19, digits > 0, value < 1 << 53 {
    return Double(value) / exactPowersOfTen[places]
  }
  return longDecimal(bytes, start, at, digits: digits)
}

@inline(never)
private func longDecimal(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, digits: Int
) -> Double? {
  guard digits > 0 else { return nil }
  do throws(FormatError) {
    return try parseDouble(bytes, start, end, TextRules(.refuse))
  } catch {
    return nil  // The caller reports the cell.
  }
}

/// Checks a decimal without computing it.
@inline(__always)
func skipDecimal(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool {
  let start = at
  while at < end, bytes[at] &- 0x30 <= 9 { at &+= 1 }
  var digits = at &- start
  if at < end, bytes[at] == 0x2E {
    at &+= 1
    let fraction = at
    while at < end, bytes[at] &- 0x30 <= 9 { at &+= 1 }
    digits &+= at &- fraction
  }
  return digits > 0
}

/// `true` or `false` in any case.
@inline(__always)
func scanBool(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool? {
  guard at &+ 4 <= end else { return nil }
  if bytes[at] | 0x20 == 0x74, bytes[at &+ 1] | 0x20 == 0x72, bytes[at &+ 2] | 0x20 == 0x75,
    bytes[at &+ 3] | 0x20 == 0x65
  {
    at &+= 4
    return true
  }
  guard at &+ 5 <= end, bytes[at] | 0x20 == 0x66, bytes[at &+ 1] | 0x20 == 0x61,
    bytes[at &+ 2] | 0x20 == 0x6C, bytes[at &+ 3] | 0x20 == 0x73, bytes[at &+ 4] | 0x20 == 0x65
  else { return nil }
  at &+= 5
  return false
}

/// A time of the archives in nanoseconds: thirteen digits are milliseconds, sixteen microseconds. The bounds are
/// 2001 and what 64 bits of nanoseconds hold (2262).
@inline(__always)
func nanoseconds(_ time: UInt64) -> Int64? {
  switch time {
  case 1_000_000_000_000...9_223_372_036_854: Int64(time) &* 1_000_000
  case 1_000_000_000_000_000...9_223_372_036_854_775: Int64(time) &* 1_000
  default: nil
  }
}

/// The end of the line's text and the beginning of the next line.
func lineEnd(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> (stop: Int, next: Int) {
  var i = start
  while i < end, bytes[i] != 0x0A { i += 1 }
  let next = min(i + 1, end)
  if i > start, bytes[i - 1] == 0x0D { i -= 1 }
  return (i, next)
}
