import TickColumns

/// UUIDs and internet addresses to text and back.
///
/// A UUID's number is its 32 hex digits read as one; an IPv6 address's is its 16 bytes in network order. So both
/// sort as numbers the way their texts do.

/// `00112233-4455-6677-8899-aabbccddeeff` and two quotes.
let uuidTextMax = 38
/// `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255` and two quotes.
let addressTextMax = 47

func putUUID(_ value: UInt128, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  for digit in 0..<32 {
    if digit == 8 || digit == 12 || digit == 16 || digit == 20 { put(0x2D, &out, &at) }
    putHex(UInt8(truncatingIfNeeded: value >> UInt128(124 - 4 * digit)) & 15, &out, &at)
  }
}

func putIPv4(_ value: UInt32, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  for part in 0..<4 {
    if part > 0 { put(0x2E, &out, &at) }
    putDecimal(UInt64(value >> UInt32(24 - 8 * part) & 0xFF), &out, &at)
  }
}

/// RFC 5952: lower case, the longest run of two or more zero groups as `::`, the last 32 bits of mapped and
/// compatible IPv4 addresses as such.
func putIPv6(_ value: UInt128, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  func group(_ i: Int) -> UInt16 { UInt16(truncatingIfNeeded: value >> UInt128(112 - 16 * i)) }
  var best = 0..<0
  var start = 0
  for i in 0...8 where i == 8 || group(i) != 0 {
    if i - start > best.count { best = start..<i }
    start = i + 1
  }
  if best.count < 2 { best = 0..<0 }
  // ::ffff:1.2.3.4 and ::1.2.3.4, as the C library prints them; `::1` is no IPv4 address.
  let isMapped = value >> 32 == 0xFFFF
  let isCompatible = best == 0..<6
  let groups = isMapped || isCompatible ? 6 : 8
  var i = 0
  while i < groups {
    if !best.isEmpty, i == best.lowerBound {
      put(0x3A, &out, &at)
      put(0x3A, &out, &at)
      i = best.upperBound
      continue
    }
    if i > 0, i != best.upperBound || best.isEmpty { put(0x3A, &out, &at) }
    let number = group(i)
    let width = number > 0xFFF ? 4 : number > 0xFF ? 3 : number > 0xF ? 2 : 1
    for digit in stride(from: width - 1, through: 0, by: -1) {
      putHex(UInt8(truncatingIfNeeded: number >> UInt16(4 * digit)) & 15, &out, &at)
    }
    i += 1
  }
  if groups == 6 {
    if isMapped { put(0x3A, &out, &at) }
    putIPv4(UInt32(truncatingIfNeeded: value), &out, &at)
  }
}

private func putHex(_ digit: UInt8, _ out: inout MutableSpan<UInt8>, _ at: inout Int) {
  put(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit, &out, &at)
}

// MARK: Reading

/// 36 characters with dashes, or the 32 digits alone.
func parseUUID(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ rules: TextRules
) throws(FormatError) -> UInt128 {
  func broken() -> FormatError {
    FormatError(.cannotParseUUID, "Cannot parse \(excerpt(bytes, start, end)) as UUID")
  }
  guard end - start >= 32 else { throw broken() }
  let hasDashes = bytes[start + 8] == 0x2D
  let length = hasDashes ? 36 : 32
  guard end - start >= length else { throw broken() }
  var value: UInt128 = 0
  for i in 0..<length {
    if hasDashes, i == 8 || i == 13 || i == 18 || i == 23 {
      guard bytes[start + i] == 0x2D else { throw broken() }
      continue
    }
    guard let digit = hexValue(bytes[start + i]) else { throw broken() }
    value = value << 4 | UInt128(digit)
  }
  guard end - start == length else {
    throw FormatError(rules.leftover, "Cannot parse \(excerpt(bytes, start, end)) as UUID")
  }
  return value
}

func parseIPv4(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(FormatError) -> UInt32 {
  guard let value = ipv4(bytes, start, end) else {
    throw FormatError(
      .cannotParseIPv4, "Cannot parse \(excerpt(bytes, start, end)) as IPv4: a.b.c.d is expected")
  }
  return value
}

private func ipv4(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> UInt32? {
  var value: UInt32 = 0
  var i = start
  for part in 0..<4 {
    if part > 0 {
      guard i < end, bytes[i] == 0x2E else { return nil }
      i += 1
    }
    let digits = i
    var number = 0
    while i < end, i - digits < 3, bytes[i] &- 0x30 <= 9 {
      number = number * 10 + Int(bytes[i] &- 0x30)
      i += 1
    }
    // A leading zero could mean octal: refused, as ClickHouse does.
    guard i > digits, number <= 255, i - digits == 1 || bytes[digits] != 0x30 else { return nil }
    value = value << 8 | UInt32(number)
  }
  return i == end ? value : nil
}

/// An IPv6 address; an IPv4 address becomes its mapped form.
func parseIPv6(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(FormatError) -> UInt128 {
  if let mapped = ipv4(bytes, start, end) { return 0xFFFF << 32 | UInt128(mapped) }
  guard let value = ipv6(bytes, start, end) else {
    throw FormatError(.cannotParseIPv6, "Cannot parse \(excerpt(bytes, start, end)) as IPv6")
  }
  return value
}

private func ipv6(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> UInt128? {
  // Groups before and behind `::`.
  var head: [UInt16] = []
  var tail: [UInt16] = []
  var hasGap = false
  func add(_ group: UInt16) { if hasGap { tail.append(group) } else { head.append(group) } }
  var i = start
  if i + 1 < end, bytes[i] == 0x3A, bytes[i + 1] == 0x3A {
    hasGap = true
    i += 2
  }
  while i < end {
    guard head.count + tail.count < 8 else { return nil }
    if let last = ipv4(bytes, i, end) {
      guard head.count + tail.count <= 6 else { return nil }
      add(UInt16(truncatingIfNeeded: last >> 16))
      add(UInt16(truncatingIfNeeded: last))
      i = end
      break
    }
    let digits = i
    var number: UInt16 = 0
    while i < end, i - digits < 4, let digit = hexValue(bytes[i]) {
      number = number << 4 | UInt16(digit)
      i += 1
    }
    guard i > digits else { return nil }
    add(number)
    if i == end { break }
    guard bytes[i] == 0x3A, i + 1 < end else { return nil }
    i += 1
    if bytes[i] == 0x3A {
      guard !hasGap else { return nil }
      hasGap = true
      i += 1
    }
  }
  let count = head.count + tail.count
  guard hasGap ? count <= 7 : count == 8 else { return nil }
  let groups = head + Array(repeating: 0, count: 8 - count) + tail
  return groups.reduce(0) { $0 << 16 | UInt128($1) }
}
