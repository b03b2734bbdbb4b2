/// Case and well-formedness of UTF-8 text.
import TickColumns

extension FunctionTable {
  static let textCase: [ScalarFunction] = [
    textFunction("lowerUTF8", "Letters of all scripts in lower case.") {
      (strings, input, out) throws(SQLError) in
      for row in 0..<input.rows {
        try out.append(lowerCased(strings[row]))
        out.endRow()
      }
    },
    textFunction("upperUTF8", "Letters of all scripts in upper case.") {
      (strings, input, out) throws(SQLError) in
      for row in 0..<input.rows {
        try out.append(upperCased(strings[row]))
        out.endRow()
      }
    },
    textFunction(
      "initcap", "ASCII words with a capital first and small letters behind it.", anyCase: true
    ) { (strings, input, out) in
      for row in 0..<input.rows {
        var isInWord = false
        for byte in strings[row] {
          let small = lowered(byte)
          let isLetter = small >= 0x61 && small <= 0x7A
          out.append(isLetter && !isInWord ? small & 0xDF : small)
          isInWord = isLetter || (byte >= 0x30 && byte <= 0x39)
        }
        out.endRow()
      }
    },
    textFunction("initcapUTF8", "initcap for letters of all scripts.") {
      (strings, input, out) throws(SQLError) in
      for row in 0..<input.rows {
        var isInWord = false
        for scalar in String(decoding: strings[row], as: UTF8.self).unicodeScalars {
          let properties = scalar.properties
          let isWord = properties.isAlphabetic || properties.numericType != nil
          let text = isInWord ? properties.lowercaseMapping : properties.titlecaseMapping
          try out.append(Array(text.utf8))
          isInWord = isWord
        }
        out.endRow()
      }
    },
    textMeasure("isValidUTF8", .uint8, "1 where the bytes are well-formed UTF-8.") {
      strings, rows in
      var out = [UInt8](repeating: 0, count: rows)
      for row in 0..<rows { out[row] = CodePoints.isWellFormed(strings[row]) ? 1 : 0 }
      return out
    },
    textFunction("toValidUTF8", "s with every run of bytes that are not UTF-8 replaced by U+FFFD.")
    {
      (strings, input, out) throws(SQLError) in
      for row in 0..<input.rows {
        let string = strings[row]
        var at = string.startIndex
        var isBroken = false
        while at < string.endIndex {
          let length = CodePoints.wellFormedLength(string, at)
          if length > 0 {
            try out.append(string[at..<at + length])
          } else if !isBroken {
            try out.append([0xEF, 0xBF, 0xBD])
          }
          isBroken = length == 0
          at += max(1, length)
        }
        out.endRow()
      }
    },
  ]

  /// Lower case by Unicode's full mapping; what is not UTF-8 becomes U+FFFD.
  static func lowerCased(_ text: ArraySlice<UInt8>) -> [UInt8] {
    if text.allSatisfy({ $0 < 0x80 }) { return Array(lowered(text)) }
    return Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
  }

  private static func upperCased(_ text: ArraySlice<UInt8>) -> [UInt8] {
    Array(String(decoding: text, as: UTF8.self).uppercased().utf8)
  }
}
