/// How many columns of a terminal a text takes.
///
/// Wide characters take two, combining ones none, a tab goes to the next multiple of eight, bytes that are not
/// UTF-8 none, and neither does an escape sequence for colours.

/// The width of a text that begins `prefix` columns from the left, which matters to tabs.
func displayWidth(_ text: [UInt8], prefix: Int = 0) -> Int {
  measure(text, prefix: prefix, limit: .max).width
}

/// How many bytes of a text fit in `limit` columns.
func bytesWithin(_ limit: Int, of text: [UInt8], prefix: Int = 0) -> Int {
  measure(text, prefix: prefix, limit: limit).bytes
}

private func measure(_ text: [UInt8], prefix: Int, limit: Int) -> (width: Int, bytes: Int) {
  let bytes = text.span
  var width = 0
  var isInEscape = false
  var i = 0
  while i < bytes.count {
    let length = validSequenceLength(bytes, i, bytes.count)
    guard length > 0 else {
      i += 1
      continue
    }
    let scalar = codePoint(bytes, i, length)
    var next = width
    if isInEscape, (0x20..<0x7F).contains(scalar) {
      // `ESC [ ... letter` ends with its letter.
      isInEscape = !((0x40...0x7E).contains(scalar) && bytes[i - 1] != 0x1B)
    } else if scalar == 0x1B {
      isInEscape = true
    } else if scalar == 0x09 {
      next += 8 - (prefix + width) % 8
    } else {
      next += codePointWidth(scalar)
    }
    if next > limit { return (width, i) }
    width = next
    i += length
  }
  return (width, bytes.count)
}

private func codePoint(_ bytes: Span<UInt8>, _ start: Int, _ length: Int) -> UInt32 {
  if length == 1 { return UInt32(bytes[start]) }
  var value = UInt32(bytes[start] & (0xFF >> UInt8(length + 1)))
  for k in start + 1..<start + length { value = value << 6 | UInt32(bytes[k] & 0x3F) }
  return value
}

private func codePointWidth(_ scalar: UInt32) -> Int {
  if (0x20..<0x7F).contains(scalar) { return 1 }
  if scalar < 0x20 { return 0 }
  // The last range that begins at or before the character.
  var low = 0
  var high = codePointWidths.count / 3
  while low < high {
    let middle = (low + high) / 2
    if codePointWidths[3 * middle] <= scalar { low = middle + 1 } else { high = middle }
  }
  guard low > 0, scalar <= codePointWidths[3 * low - 2] else { return 1 }
  return Int(codePointWidths[3 * low - 1])
}
