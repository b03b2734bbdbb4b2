/// Strings to text in each style.
///
/// Invariant: bytes that need no escape are copied as they are, whether or not they are UTF-8, except where a
/// JSON document must be valid (`JSONStyle.replacesInvalidUTF8`).

extension TextStyle {
  /// Appends one string value.
  func append(_ string: Span<UInt8>, _ start: Int, _ end: Int, to out: inout [UInt8]) {
    switch self {
    case .raw: appendBytes(string, start, end, to: &out)
    case .escaped: appendEscaped(string, start, end, to: &out)
    case .quoted:
      out.append(0x27)
      appendEscaped(string, start, end, to: &out)
      out.append(0x27)
    case .csv:
      out.append(0x22)
      var from = start
      for i in start..<end where string[i] == 0x22 {
        appendBytes(string, from, i, to: &out)
        out.append(0x22)
        from = i
      }
      appendBytes(string, from, end, to: &out)
      out.append(0x22)
    case .json(let style):
      out.append(0x22)
      if style.replacesInvalidUTF8, !isASCII(string, start, end) {
        let repaired = replacingInvalidUTF8(string, start, end)
        appendJSONEscaped(repaired.span, 0, repaired.count, style.escapesSlashes, to: &out)
      } else {
        appendJSONEscaped(string, start, end, style.escapesSlashes, to: &out)
      }
      out.append(0x22)
    }
  }
}

func appendBytes(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, to out: inout [UInt8]) {
  guard start < end else { return }
  unsafe bytes.extracting(start..<end).withUnsafeBufferPointer { buffer in
    unsafe out.append(contentsOf: buffer)
  }
}

/// The escapes of TabSeparated, which quoted strings share.
private func appendEscaped(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, to out: inout [UInt8]
) {
  var from = start
  for i in start..<end {
    let letter: UInt8
    switch bytes[i] {
    case 0x08: letter = 0x62
    case 0x0C: letter = 0x66
    case 0x0A: letter = 0x6E
    case 0x0D: letter = 0x72
    case 0x09: letter = 0x74
    case 0x00: letter = 0x30
    case 0x27: letter = 0x27
    case 0x5C: letter = 0x5C
    default: continue
    }
    appendBytes(bytes, from, i, to: &out)
    out.append(0x5C)
    out.append(letter)
    from = i + 1
  }
  appendBytes(bytes, from, end, to: &out)
}

private func appendJSONEscaped(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ escapesSlashes: Bool, to out: inout [UInt8]
) {
  var from = start
  for i in start..<end {
    let byte = bytes[i]
    if byte == 0xE2, i + 2 < end, bytes[i + 1] == 0x80, bytes[i + 2] & 0xFE == 0xA8 {
      // U+2028 and U+2029 end lines in JavaScript, so they leave as escapes.
      appendBytes(bytes, from, i, to: &out)
      out += bytes[i + 2] == 0xA8 ? lineSeparator : paragraphSeparator
      from = i + 3
      continue
    }
    let letter: UInt8
    switch byte {
    case 0x08: letter = 0x62
    case 0x0C: letter = 0x66
    case 0x0A: letter = 0x6E
    case 0x0D: letter = 0x72
    case 0x09: letter = 0x74
    case 0x22: letter = 0x22
    case 0x5C: letter = 0x5C
    case 0x2F where escapesSlashes: letter = 0x2F
    case 0..<0x20: letter = 0x75
    default: continue
    }
    appendBytes(bytes, from, i, to: &out)
    out.append(0x5C)
    out.append(letter)
    if letter == 0x75, byte < 0x20 {
      out.append(0x30)
      out.append(0x30)
      out.append(hexDigits[Int(byte >> 4)])
      out.append(hexDigits[Int(byte & 15)])
    }
    from = i + 1
  }
  appendBytes(bytes, from, end, to: &out)
}

private let lineSeparator = Array(#"\u2028"#.utf8)
private let paragraphSeparator = Array(#"\u2029"#.utf8)
private let hexDigits: [UInt8] = Array("0123456789ABCDEF".utf8)

private func isASCII(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
  var all: UInt8 = 0
  for i in start..<end { all |= bytes[i] }
  return all < 0x80
}

/// The string with every run of bytes that are not UTF-8 replaced by one U+FFFD.
func replacingInvalidUTF8(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> [UInt8] {
  var out: [UInt8] = []
  out.reserveCapacity(end - start)
  var isInRun = false
  var i = start
  while i < end {
    let length = validSequenceLength(bytes, i, end)
    if length == 0 {
      if !isInRun { out.append(contentsOf: [0xEF, 0xBF, 0xBD]) }
      isInRun = true
      i += 1
      continue
    }
    isInRun = false
    appendBytes(bytes, i, i + length, to: &out)
    i += length
  }
  return out
}

/// Bytes of the well-formed UTF-8 sequence at `i`; 0 where there is none.
func validSequenceLength(_ bytes: Span<UInt8>, _ i: Int, _ end: Int) -> Int {
  let first = bytes[i]
  let length: Int
  var low: UInt8 = 0x80
  var high: UInt8 = 0xBF
  switch first {
  case 0..<0x80: return 1
  case 0xC2...0xDF: length = 2
  case 0xE0:
    length = 3
    low = 0xA0
  case 0xED:
    length = 3
    high = 0x9F
  case 0xE1...0xEF: length = 3
  case 0xF0:
    length = 4
    low = 0x90
  case 0xF4:
    length = 4
    high = 0x8F
  case 0xF1...0xF3: length = 4
  default: return 0
  }
  guard i + length <= end else { return 0 }
  guard bytes[i + 1] >= low, bytes[i + 1] <= high else { return 0 }
  for k in 2..<max(2, length) where bytes[i + k] & 0xC0 != 0x80 { return 0 }
  return length
}
