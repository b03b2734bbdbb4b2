import TickColumns

/// Taking quotes and escapes off strings, per style.

/// Undoes backslash escapes of TabSeparated and of quoted SQL strings.
///
/// An unknown `\c` keeps its backslash, `\N` inside a text is nothing, as in ClickHouse.
func unescape(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, doubledQuote: UInt8? = nil
) throws(FormatError) -> [UInt8] {
  var out: [UInt8] = []
  out.reserveCapacity(end - start)
  var i = start
  while i < end {
    let byte = bytes[i]
    i += 1
    if byte == doubledQuote {
      // The caller found the end of the literal, so a quote inside is one of a pair.
      i += 1
      out.append(byte)
      continue
    }
    guard byte == 0x5C else {
      out.append(byte)
      continue
    }
    guard i < end else {
      throw FormatError(
        .cannotParseEscapeSequence, "Cannot parse escape sequence at the end of the text")
    }
    let letter = bytes[i]
    i += 1
    switch letter {
    case 0x61: out.append(0x07)
    case 0x62: out.append(0x08)
    case 0x65: out.append(0x1B)
    case 0x66: out.append(0x0C)
    case 0x6E: out.append(0x0A)
    case 0x72: out.append(0x0D)
    case 0x74: out.append(0x09)
    case 0x76: out.append(0x0B)
    case 0x30: out.append(0x00)
    case 0x4E: break
    case 0x78:
      guard i + 2 <= end, let high = hexValue(bytes[i]), let low = hexValue(bytes[i + 1]) else {
        throw FormatError(
          .cannotParseEscapeSequence, "Cannot parse escape sequence \\x: two hex digits expected")
      }
      out.append(high << 4 | low)
      i += 2
    case 0x5C, 0x60, 0x22, 0x27, 0x2F, 0x3D, 0..<0x20, 0x7F: out.append(letter)
    default:
      out.append(0x5C)
      out.append(letter)
    }
  }
  return out
}

func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x37
  case 0x61...0x66: byte - 0x57
  default: nil
  }
}

/// The content of a CSV cell between its quotes, where `""` stands for one quote.
func undoubled(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, quote: UInt8
) throws(FormatError) -> [UInt8] {
  var out: [UInt8] = []
  out.reserveCapacity(end - start)
  var i = start
  while i < end {
    out.append(bytes[i])
    if bytes[i] == quote {
      guard i + 1 < end, bytes[i + 1] == quote else {
        throw FormatError(
          .incorrectData,
          "Cannot parse \(excerpt(bytes, start - 1, end + 1)): text behind a closing quote")
      }
      i += 1
    }
    i += 1
  }
  return out
}

/// Undoes JSON escapes; a lone half of a surrogate pair becomes U+FFFD.
func unescapeJSON(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int
) throws(FormatError) -> [UInt8] {
  var out: [UInt8] = []
  out.reserveCapacity(end - start)
  var i = start
  while i < end {
    let byte = bytes[i]
    i += 1
    guard byte == 0x5C else {
      out.append(byte)
      continue
    }
    guard i < end else {
      throw FormatError(
        .cannotParseEscapeSequence, "Cannot parse escape sequence at the end of the text")
    }
    let letter = bytes[i]
    i += 1
    switch letter {
    case 0x62: out.append(0x08)
    case 0x66: out.append(0x0C)
    case 0x6E: out.append(0x0A)
    case 0x72: out.append(0x0D)
    case 0x74: out.append(0x09)
    case 0x75:
      var scalar = try hexUnit(bytes, &i, end)
      if (0xD800..<0xDC00).contains(scalar) {
        var k = i + 2
        if k + 4 <= end, bytes[i] == 0x5C, bytes[i + 1] == 0x75 {
          let low = try hexUnit(bytes, &k, end)
          if (0xDC00..<0xE000).contains(low) {
            scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            i = k
          }
        }
      }
      out += Array(String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
    default: out.append(letter)
    }
  }
  return out
}

private func hexUnit(
  _ bytes: Span<UInt8>, _ i: inout Int, _ end: Int
) throws(FormatError) -> UInt32 {
  var value: UInt32 = 0
  guard i + 4 <= end else {
    throw FormatError(.cannotParseEscapeSequence, "Cannot parse \\u: four hex digits expected")
  }
  for _ in 0..<4 {
    guard let digit = hexValue(bytes[i]) else {
      throw FormatError(.cannotParseEscapeSequence, "Cannot parse \\u: four hex digits expected")
    }
    value = value << 4 | UInt32(digit)
    i += 1
  }
  return value
}
