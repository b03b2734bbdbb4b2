import TickColumns

/// Text to numbers: the whole of `bytes[start..<end]` is one value or an error.
///
/// Invariants:
/// 1. A double is the nearest one to the decimal text, ties to even, whatever the number of digits.
/// 2. No locale, no trap: every arithmetic step on outside digits wraps or reports.

func parseInteger<T: FixedWidthInteger>(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ type: DataType, _ rules: TextRules
) throws(FormatError) -> T {
  guard start < end else {
    throw FormatError(.attemptToReadAfterEndOfFile, "Cannot parse \(type) from empty text")
  }
  var i = start
  let isNegative = bytes[i] == 0x2D
  let hasSign = isNegative || bytes[i] == 0x2B
  if hasSign { i += 1 }
  if isNegative, !T.isSigned {
    let code: ErrorCode =
      rules.leftover == .cannotParseInputAssertionFailed ? rules.leftover : .cannotParseNumber
    throw FormatError(
      code, "Unsigned type \(type) must not contain '-': \(excerpt(bytes, start, end))")
  }
  let digitsStart = i
  var value: UInt64 = 0
  // Nineteen digits cannot overflow.
  let safeEnd = min(end, i + 19)
  while i < safeEnd {
    let digit = bytes[i] &- 0x30
    if digit > 9 { break }
    value = value &* 10 &+ UInt64(digit)
    i += 1
  }
  var overflows = false
  while i < end {
    let digit = bytes[i] &- 0x30
    if digit > 9 { break }
    let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
    let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
    overflows = overflows || isTooLarge || carries
    value = sum
    i += 1
  }
  guard i == end, i > digitsStart else {
    let code: ErrorCode = hasSign && i == digitsStart ? .cannotParseNumber : rules.leftover
    throw FormatError(code, "Cannot parse \(excerpt(bytes, start, end)) as \(type)")
  }
  let limit = UInt64(truncatingIfNeeded: T.max) + (isNegative ? 1 : 0)
  if overflows || value > limit, rules.outOfRange == .refuse {
    throw FormatError(
      .valueIsOutOfRangeOfDataType, "\(excerpt(bytes, start, end)) is out of range of \(type)")
  }
  return T(truncatingIfNeeded: isNegative ? 0 &- value : value)
}

func parseDouble(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ rules: TextRules
) throws(FormatError) -> Double {
  var i = start
  var isNegative = false
  if i < end, bytes[i] == 0x2D || bytes[i] == 0x2B {
    isNegative = bytes[i] == 0x2D
    i += 1
  }
  let bodyStart = i
  var mantissa: UInt64 = 0
  var significant = 0
  var exponent = 0
  var digits = 0
  // Digits beyond nineteen only move the exponent here; the slow path reads them all.
  while i < end {
    let digit = bytes[i] &- 0x30
    if digit > 9 { break }
    if significant < 19 {
      mantissa = mantissa &* 10 &+ UInt64(digit)
      if mantissa != 0 { significant += 1 }
    } else {
      significant += 1
      exponent += 1
    }
    digits += 1
    i += 1
  }
  if i < end, bytes[i] == 0x2E {
    i += 1
    while i < end {
      let digit = bytes[i] &- 0x30
      if digit > 9 { break }
      if significant < 19 {
        mantissa = mantissa &* 10 &+ UInt64(digit)
        if mantissa != 0 { significant += 1 }
        exponent -= 1
      } else {
        significant += 1
      }
      digits += 1
      i += 1
    }
  }
  guard digits > 0 else {
    return try parseDoubleWord(bytes, start, bodyStart, end, isNegative, rules)
  }
  let digitsEnd = i
  var power = 0
  if i < end, bytes[i] | 0x20 == 0x65 {
    var k = i + 1
    var isPowerNegative = false
    if k < end, bytes[k] == 0x2D || bytes[k] == 0x2B {
      isPowerNegative = bytes[k] == 0x2D
      k += 1
    }
    let powerStart = k
    while k < end, bytes[k] &- 0x30 <= 9 {
      // A power beyond a million is infinity or zero for any text that fits the limits.
      power = min(power * 10 + Int(bytes[k] &- 0x30), 1_000_000_000)
      k += 1
    }
    if k > powerStart { i = k }
    if isPowerNegative { power = -power }
  }
  guard i == end else {
    let isHalfPower = bytes[i] | 0x20 == 0x65 && rules.leftover != .cannotParseText
    throw FormatError(
      isHalfPower ? .cannotParseNumber : rules.leftover,
      "Cannot parse \(excerpt(bytes, start, end)) as Float64")
  }
  exponent += power
  if mantissa == 0 { return isNegative ? -0.0 : 0 }
  if significant <= 19, mantissa < 1 << 53, exponent >= -22, exponent <= 22 {
    // Both operands are exact, so the one rounding of the operation is the right one.
    let magnitude =
      exponent < 0
      ? Double(mantissa) / exactPowersOfTen[-exponent]
      : Double(mantissa) * exactPowersOfTen[exponent]
    return isNegative ? -magnitude : magnitude
  }
  return nearestDouble(bytes, bodyStart, digitsEnd, power: power, isNegative: isNegative)
}

/// The nearest double to checked digits (with or without a point) x 10^power, by the standard library's exact
/// reader.
private func nearestDouble(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, power: Int, isNegative: Bool
) -> Double {
  var text: [UInt8] = isNegative ? [0x2D] : []
  var exponent = power
  var isBehindPoint = false
  for i in start..<end {
    if bytes[i] == 0x2E {
      isBehindPoint = true
      continue
    }
    text.append(bytes[i])
    if isBehindPoint { exponent -= 1 }
  }
  text.append(0x65)
  text += Array(String(exponent).utf8)
  // Only digits and an exponent are in it, so there is always a value.
  return Double(String(decoding: text, as: UTF8.self)) ?? .nan
}

/// `nan`, `inf` and `infinity` in any case.
private func parseDoubleWord(
  _ bytes: Span<UInt8>, _ start: Int, _ wordStart: Int, _ end: Int, _ isNegative: Bool,
  _ rules: TextRules
) throws(FormatError) -> Double {
  if matchesWord(bytes, wordStart, end, "nan") { return .nan }
  if matchesWord(bytes, wordStart, end, "inf") || matchesWord(bytes, wordStart, end, "infinity") {
    return isNegative ? -.infinity : .infinity
  }
  let startsLikeWord =
    end - wordStart > 3
    && (matchesWord(bytes, wordStart, wordStart + 3, "nan")
      || matchesWord(bytes, wordStart, wordStart + 3, "inf"))
  throw FormatError(
    startsLikeWord ? rules.leftover : .cannotParseNumber,
    "Cannot parse \(excerpt(bytes, start, end)) as Float64")
}

/// True when the bytes are this lower-case word in any case.
func matchesWord(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ word: StaticString) -> Bool {
  guard end - start == word.utf8CodeUnitCount else { return false }
  for i in 0..<word.utf8CodeUnitCount {
    let letter = unsafe word.utf8Start[i]
    if bytes[start + i] | 0x20 != letter { return false }
  }
  return true
}

/// ClickHouse's words for true and false, in any case.
func parseBool(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int
) throws(FormatError) -> UInt8 {
  if end - start == 1 {
    switch bytes[start] | 0x20 {
    case 0x31 where bytes[start] == 0x31: return 1
    case 0x30 where bytes[start] == 0x30: return 0
    case 0x74, 0x79: return 1
    case 0x66, 0x6E: return 0
    default: break
    }
  }
  for word in trueWords where matchesWord(bytes, start, end, word) { return 1 }
  for word in falseWords where matchesWord(bytes, start, end, word) { return 0 }
  throw FormatError(
    .cannotParseBool,
    "Cannot parse \(excerpt(bytes, start, end)) as Bool: expected true, false, 1, 0, t, f, yes, no, "
      + "on, off, enable or disable")
}

private let trueWords: [StaticString] = ["true", "yes", "on", "enable", "enabled"]
private let falseWords: [StaticString] = ["false", "no", "off", "disable", "disabled"]

/// The names of an enum as bytes: comparing strings costs more than reading the rest of a row.
struct EnumNames: Sendable {
  let type: DataType
  let definition: EnumDefinition
  private let names: [[UInt8]]

  /// Names of an enum type.
  init(_ definition: EnumDefinition, of type: DataType) {
    self.type = type
    self.definition = definition
    names = definition.entries.map { Array($0.name.utf8) }
  }

  func number(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int16? {
    for i in 0..<names.count where isSame(bytes, start, end, names[i]) {
      return definition.entries[i].number
    }
    return nil
  }
}

func isSame(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ name: [UInt8]) -> Bool {
  guard name.count == end - start else { return false }
  for i in 0..<name.count where bytes[start &+ i] != name[i] { return false }
  return true
}

/// A name of the enum, or one of its numbers.
func parseEnum(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ names: EnumNames
) throws(FormatError) -> Int16 {
  if let number = names.number(bytes, start, end) { return number }
  let number: Int16? = {
    do throws(FormatError) {
      return try parseInteger(bytes, start, end, names.type, TextRules(.refuse))
    } catch {
      return nil  // Not a number either: the message below names both.
    }
  }()
  if let number, names.definition.name(of: number) != nil { return number }
  throw FormatError(
    .unknownElementOfEnum, "Unknown element \(excerpt(bytes, start, end)) for \(names.type)")
}
