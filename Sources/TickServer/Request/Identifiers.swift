/// Names that the endpoint makes up for a request.

/// A random UUID (version 4) as text, for requests that bring no query id.
func randomQueryID() -> String {
  var high = UInt64.random(in: .min ... .max)
  var low = UInt64.random(in: .min ... .max)
  high = high & ~0xF000 | 0x4000
  low = low & ~(0b11 << 62) | 0b10 << 62
  let digits = hex(high) + hex(low)
  var out = ""
  for (index, digit) in digits.enumerated() {
    if index == 8 || index == 12 || index == 16 || index == 20 { out.append("-") }
    out.append(digit)
  }
  return out
}

private func hex(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

/// The tag that marks an error inside a result: 16 letters that no result could foresee.
func randomExceptionTag() -> String {
  String(
    decoding: (0..<16).map { _ in UInt8.random(in: UInt8(ascii: "a")...UInt8(ascii: "z")) },
    as: UTF8.self)
}
