/// From the bytes of a token to the value it stands for.

/// The bytes between the quotes of a string or an identifier, escapes resolved; nil when `\x` lacks its digits.
///
/// `\N` is nothing, an escape that means nothing keeps its backslash (`\%` serves LIKE), a doubled quote is one.
func unquoted(_ text: ArraySlice<UInt8>) -> [UInt8]? {
  guard let quote = text.first else { return nil }
  var out: [UInt8] = []
  out.reserveCapacity(text.count)
  var at = text.startIndex + 1
  let end = text.endIndex - 1
  while at < end {
    let byte = text[at]
    if byte == quote {
      out.append(quote)
      at += 2
    } else if byte == UInt8(ascii: "\\"), at + 1 < end {
      let code = text[at + 1]
      at += 2
      switch code {
      case UInt8(ascii: "x"):
        guard at + 1 < end, let high = hexValue(text[at]), let low = hexValue(text[at + 1]) else {
          return nil
        }
        out.append(high << 4 | low)
        at += 2
      case UInt8(ascii: "N"): break
      case UInt8(ascii: "a"): out.append(0x07)
      case UInt8(ascii: "b"): out.append(0x08)
      case UInt8(ascii: "e"): out.append(0x1B)
      case UInt8(ascii: "f"): out.append(0x0C)
      case UInt8(ascii: "n"): out.append(0x0A)
      case UInt8(ascii: "r"): out.append(0x0D)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "v"): out.append(0x0B)
      case UInt8(ascii: "0"): out.append(0x00)
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"),
        UInt8(ascii: "/"), UInt8(ascii: "="):
        out.append(code)
      default:
        if code >= 0x20, code != 0x7F { out.append(UInt8(ascii: "\\")) }
        out.append(code)
      }
    } else {
      out.append(byte)
      at += 1
    }
  }
  return out
}

/// The bytes between the tags of `$tag$text$tag$`, as they are.
func heredocBytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
  guard let end = text.dropFirst().firstIndex(of: UInt8(ascii: "$")) else { return nil }
  return Array(text[(end + 1)...].dropLast(end - text.startIndex + 1))
}

/// The bytes that `x'4142'` names: two digits each, an odd first digit alone; nil for anything but digits.
func hexBytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
  var digits: [UInt8] = []
  for byte in text.dropFirst(2).dropLast() {
    guard let value = hexValue(byte) else { return nil }
    digits.append(value)
  }
  if digits.count % 2 == 1 { digits.insert(0, at: 0) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// The bytes that `b'01000001'` names, eight digits each, the first filled up with zeros.
func binaryBytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
  var digits: [UInt8] = []
  for byte in text.dropFirst(2).dropLast() {
    guard byte | 1 == 0x31 else { return nil }
    digits.append(byte & 1)
  }
  let padding = (8 - digits.count % 8) % 8
  digits.insert(contentsOf: repeatElement(0, count: padding), at: 0)
  return stride(from: 0, to: digits.count, by: 8).map { start in
    digits[start..<start + 8].reduce(0) { $0 << 1 | $1 }
  }
}

/// The number that a token stands for; nil when it is too large for a double.
///
/// An integer that fits 64 bits stays one, everything else is the nearest double.
func numberLiteral(_ token: ArraySlice<UInt8>, isNegative: Bool) -> Literal? {
  let text = token.filter { $0 != UInt8(ascii: "_") }
  let second = text.count > 1 ? text[1] | 0x20 : 0
  let magnitude: UInt64?
  if second == UInt8(ascii: "x") {
    magnitude = UInt64(String(decoding: text.dropFirst(2), as: UTF8.self), radix: 16)
  } else if second == UInt8(ascii: "b") {
    magnitude = UInt64(String(decoding: text.dropFirst(2), as: UTF8.self), radix: 2)
  } else {
    magnitude = UInt64(String(decoding: text, as: UTF8.self))
  }
  if let magnitude {
    if !isNegative || magnitude == 0 { return .unsigned(magnitude) }
    if magnitude <= UInt64(Int64.max) + 1 {
      return .negative(Int64(truncatingIfNeeded: 0 &- magnitude))
    }
  }
  guard let value = double(text, isBinary: second == UInt8(ascii: "b")), value.isFinite else {
    return nil
  }
  return .float(isNegative ? -value : value)
}

private func double(_ text: [UInt8], isBinary: Bool) -> Double? {
  if isBinary { return text.dropFirst(2).reduce(0.0) { $0 * 2 + Double($1 & 1) } }
  let isHex = text.count > 1 && text[1] | 0x20 == UInt8(ascii: "x")
  var complete: [UInt8] = []
  for (index, byte) in text.enumerated() {
    // Swift reads neither `.5` nor `1.` nor `1.e3`: give the dot its digits. Hex numbers have theirs.
    let isDot = byte == UInt8(ascii: ".") && !isHex
    if isDot, index == 0 { complete.append(0x30) }
    complete.append(byte)
    if isDot, index + 1 == text.count || !(0x30...0x39).contains(text[index + 1]) {
      complete.append(0x30)
    }
  }
  return Double(String(decoding: complete, as: UTF8.self))
}

private func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x61...0x66: byte - 0x57
  case 0x41...0x46: byte - 0x37
  default: nil
  }
}
