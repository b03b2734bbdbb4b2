/// Base64 as in RFC 4648, and its form for URLs, which has other signs and no padding.
import TickColumns

extension FunctionTable {
  static let textBase64: [ScalarFunction] = [
    encoder("base64Encode", "s in Base64.", isURL: false, ["TO_BASE64"]),
    encoder("base64URLEncode", "s in Base64 for URLs, without padding.", isURL: true, []),
    decoder("base64Decode", isURL: false, isStrict: true, ["FROM_BASE64"]),
    decoder("base64URLDecode", isURL: true, isStrict: true, []),
    decoder("tryBase64Decode", isURL: false, isStrict: false, []),
    decoder("tryBase64URLDecode", isURL: true, isStrict: false, []),
  ]

  private static let signs = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let signsOfURLs = signs.dropLast(2) + Array("-_".utf8)

  private static func encoder(
    _ name: String, _ summary: String, isURL: Bool, _ aliases: [String]
  ) -> ScalarFunction {
    let signs = isURL ? Array(signsOfURLs) : signs
    return textFunction(name, summary, aliases: aliases, aliasesAnyCase: true) {
      (strings, input, out) in
      for row in 0..<input.rows {
        let string = strings[row]
        var at = string.startIndex
        while at < string.endIndex {
          let count = min(3, string.endIndex - at)
          var group: UInt32 = 0
          for i in 0..<3 { group = group << 8 | (i < count ? UInt32(string[at + i]) : 0) }
          for i in 0..<4 {
            if i <= count {
              out.append(signs[Int(group >> UInt32(18 - 6 * i)) & 63])
            } else if !isURL {
              out.append(0x3D)
            }
          }
          at += 3
        }
        out.endRow()
      }
    }
  }

  private static func decoder(
    _ name: String, isURL: Bool, isStrict: Bool, _ aliases: [String]
  ) -> ScalarFunction {
    var values = [UInt8](repeating: 255, count: 256)
    // The form for URLs takes the signs of both.
    for (value, sign) in signs.enumerated() { values[Int(sign)] = UInt8(value) }
    if isURL { for (value, sign) in signsOfURLs.enumerated() { values[Int(sign)] = UInt8(value) } }
    let table = values
    let failure = isStrict ? "what is no Base64 is error 117" : "empty where s is no Base64"
    return textFunction(
      name, "The bytes that Base64\(isURL ? " for URLs" : "") stands for; \(failure).",
      aliases: aliases, aliasesAnyCase: true, traits: isStrict ? .mayThrow : []
    ) { (strings, input, out) throws(SQLError) in
      for row in 0..<input.rows {
        if input.valid?[row] != 0 {
          if let bytes = decoded(strings[row], table, isURL: isURL) {
            try out.append(bytes)
          } else if isStrict {
            throw SQLError(
              .incorrectData,
              "Invalid \(name) value (\(String(decoding: strings[row], as: UTF8.self))), cannot be decoded"
            )
          }
        }
        out.endRow()
      }
    }
  }

  private static func decoded(
    _ text: ArraySlice<UInt8>, _ values: [UInt8], isURL: Bool
  ) -> [UInt8]? {
    var body = text
    var padding = 0
    while padding < 2, body.last == 0x3D {
      body.removeLast()
      padding += 1
    }
    // With padding the text fills groups of four; for URLs it may be left away.
    guard body.count % 4 != 1, (padding == 0 && isURL) || (body.count + padding) % 4 == 0 else {
      return nil
    }
    var out: [UInt8] = []
    out.reserveCapacity(body.count * 3 / 4)
    var group: UInt32 = 0
    var count = 0
    for sign in body {
      let value = values[Int(sign)]
      guard value != 255 else { return nil }
      group = group << 6 | UInt32(value)
      count += 1
      if count == 4 {
        for shift in [16, 8, 0] { out.append(UInt8(truncatingIfNeeded: group >> UInt32(shift))) }
        group = 0
        count = 0
      }
    }
    if count == 2 { out.append(UInt8(truncatingIfNeeded: group >> 4)) }
    if count == 3 {
      out.append(UInt8(truncatingIfNeeded: group >> 10))
      out.append(UInt8(truncatingIfNeeded: group >> 2))
    }
    return out
  }
}
