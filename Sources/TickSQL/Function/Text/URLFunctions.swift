/// Parts of addresses, and text escaped for them.
import TickColumns

extension FunctionTable {
  static let textURLs: [ScalarFunction] = [
    escaper(
      "encodeURLComponent", "s with everything but letters, digits and -_.~ as %XX.", isForm: false),
    escaper("encodeURLFormComponent", "encodeURLComponent with + for a space.", isForm: true),
    unescaper(
      "decodeURLComponent", "s with %XX replaced by the bytes they stand for.", isForm: false),
    unescaper("decodeURLFormComponent", "decodeURLComponent with a space for +.", isForm: true),
    part("protocol", "The scheme of a URL.") { scheme(of: $0) },
    part("path", "The path of a URL, without query and fragment.") { url in
      let rest = behindHost(url)
      guard let slash = rest.first, slash == 0x2F else { return [] }
      return rest.prefix { $0 != 0x3F && $0 != 0x23 }
    },
    part("queryString", "What stands behind ? in a URL, without the fragment.") { url in
      guard let mark = url.firstIndex(of: 0x3F) else { return [] }
      return url[(mark + 1)...].prefix { $0 != 0x23 }
    },
    part("fragment", "What stands behind # in a URL.") { url in
      guard let mark = url.firstIndex(of: 0x23) else { return [] }
      return url[(mark + 1)...]
    },
  ]

  private static func part(
    _ name: String, _ summary: String,
    _ range: @escaping @Sendable (ArraySlice<UInt8>) -> ArraySlice<UInt8>
  ) -> ScalarFunction {
    textFunction(name, summary) { (strings, input, out) throws(SQLError) in
      for row in 0..<input.rows {
        try out.append(range(strings[row]))
        out.endRow()
      }
    }
  }

  /// Letters, digits and `+-.` before `://`.
  private static func scheme(of url: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let word = url.prefix { byte in
      isLetterOrDigit(byte) || byte == 0x2B || byte == 0x2D || byte == 0x2E
    }
    guard let first = word.first, lowered(first) >= 0x61, lowered(first) <= 0x7A,
      url[word.endIndex...].starts(with: [0x3A, 0x2F, 0x2F])
    else { return [] }
    return word
  }

  /// The text from the first `/` behind `//host` on.
  private static func behindHost(_ url: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var at = url.startIndex
    while at < url.endIndex, !(url[at] == 0x2F && at + 1 < url.endIndex && url[at + 1] == 0x2F) {
      at += 1
    }
    guard at < url.endIndex else { return [] }
    return url[(at + 2)...].drop { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(lowered(byte))
  }

  // MARK: Escapes

  private static func escaper(_ name: String, _ summary: String, isForm: Bool) -> ScalarFunction {
    textFunction(name, summary) { (strings, input, out) in
      for row in 0..<input.rows {
        for byte in strings[row] {
          if isLetterOrDigit(byte) || [0x2D, 0x5F, 0x2E, 0x7E].contains(byte) {
            out.append(byte)
          } else if isForm, byte == 0x20 {
            out.append(0x2B)
          } else {
            out.append(0x25)
            for digit in [byte >> 4, byte & 15] {
              out.append(digit < 10 ? 0x30 + digit : 0x37 + digit)
            }
          }
        }
        out.endRow()
      }
    }
  }

  private static func unescaper(_ name: String, _ summary: String, isForm: Bool) -> ScalarFunction {
    textFunction(name, summary) { (strings, input, out) in
      for row in 0..<input.rows {
        let string = strings[row]
        var at = string.startIndex
        while at < string.endIndex {
          let byte = string[at]
          if byte == 0x25, at + 2 < string.endIndex, hexValue(string[at + 1]) < 16,
            hexValue(string[at + 2]) < 16
          {
            out.append(hexValue(string[at + 1]) << 4 | hexValue(string[at + 2]))
            at += 3
          } else {
            out.append(isForm && byte == 0x2B ? 0x20 : byte)
            at += 1
          }
        }
        out.endRow()
      }
    }
  }
}
