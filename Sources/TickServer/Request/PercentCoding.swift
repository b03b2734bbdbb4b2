/// Request targets and their parameters as bytes: a query is bytes, not necessarily UTF-8.

/// The target of a request, taken apart.
struct RequestTarget: Sendable {
  /// `host[:port]` of a target in absolute form; it stands above the Host header.
  var authority: String?
  /// As sent: no decoding, at least `/`.
  var path: Substring
  /// After the first `?`, without it; nil when there is none.
  var query: Substring?

  /// Nil when the target is neither `/...`, `?...` nor `http://authority/...`.
  init?(_ text: String) {
    var rest = text[...]
    if let range = Self.schemeEnd(of: text) {
      let authorityEnd = text[range...].firstIndex { $0 == "/" || $0 == "?" } ?? text.endIndex
      authority = String(text[range..<authorityEnd])
      rest = text[authorityEnd...]
    } else if rest.first != "/", rest.first != "?" {
      return nil
    }
    if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
      path = rest[..<mark]
      query = rest[rest.utf8.index(after: mark)...]
    } else {
      path = rest
      query = nil
    }
    if path.isEmpty { path = "/" }
  }

  private static func schemeEnd(of text: String) -> String.Index? {
    for scheme in ["http://", "HTTP://", "https://", "HTTPS://"] where text.hasPrefix(scheme) {
      return text.index(text.startIndex, offsetBy: scheme.count)
    }
    return nil
  }
}

/// Splits `a=b&c=d` and decodes both sides; a part without a name is skipped. Nil when an escape is broken.
func decodeParameters(_ query: Substring) -> [(name: [UInt8], value: [UInt8])]? {
  var out: [(name: [UInt8], value: [UInt8])] = []
  for part in query.utf8.split(separator: UInt8(ascii: "&")) {
    let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
    let rest = equals == part.endIndex ? part[equals...] : part[part.index(after: equals)...]
    guard let name = percentDecoded(part[..<equals]), let value = percentDecoded(rest) else {
      return nil
    }
    if !name.isEmpty { out.append((name, value)) }
  }
  return out
}

/// A parameter's value for a URL: everything but letters, digits and `-._~` escaped.
func percentEncoded(_ text: String) -> String {
  var out = ""
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      out.unicodeScalars.append(UnicodeScalar(byte))
    default:
      out += byte < 16 ? "%0" : "%"
      out += String(byte, radix: 16, uppercase: true)
    }
  }
  return out
}

private func percentDecoded(_ text: Substring.UTF8View) -> [UInt8]? {
  var out: [UInt8] = []
  out.reserveCapacity(text.count)
  var bytes = text.makeIterator()
  while let byte = bytes.next() {
    switch byte {
    case UInt8(ascii: "+"): out.append(UInt8(ascii: " "))
    case UInt8(ascii: "%"):
      guard let high = bytes.next().flatMap(hexDigit), let low = bytes.next().flatMap(hexDigit)
      else { return nil }
      out.append(high << 4 | low)
    default: out.append(byte)
    }
  }
  return out
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// Decodes standard Base64 (RFC 4648, padding optional); nil when it is not.
func base64Decoded(_ text: Substring) -> [UInt8]? {
  var out: [UInt8] = []
  var bits: UInt32 = 0
  var bitCount = 0
  var digits = text.utf8
  while digits.last == UInt8(ascii: "=") { digits.removeLast() }
  for byte in digits {
    let digit: UInt8
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): digit = 62
    case UInt8(ascii: "/"): digit = 63
    default: return nil
    }
    bits = bits << 6 | UInt32(digit)
    bitCount += 6
    if bitCount >= 8 {
      bitCount -= 8
      out.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
      bits &= (1 << UInt32(bitCount)) - 1
    }
  }
  // Six bits left over are a lone digit, which stands for no byte at all.
  return bitCount < 6 ? out : nil
}
