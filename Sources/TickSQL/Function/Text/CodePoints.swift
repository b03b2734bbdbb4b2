/// UTF-8 by code points, tolerant as ClickHouse is: a byte that continues nothing counts as part of what stands
/// before it.
import TickColumns

enum CodePoints {
  @inline(__always)
  static func begins(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }

  static func count(_ text: ArraySlice<UInt8>) -> Int {
    var count = 0
    for byte in text where begins(byte) { count += 1 }
    return count
  }

  /// The end of the code point that begins at a place.
  @inline(__always)
  static func end(of place: Int, in text: ArraySlice<UInt8>) -> Int {
    var at = place + 1
    while at < text.endIndex, !begins(text[at]) { at += 1 }
    return at
  }

  /// Where the code point number `count` (from 0) begins; the end where there are fewer.
  static func place(_ count: Int, in text: ArraySlice<UInt8>) -> Int {
    var at = text.startIndex
    var left = count
    while left > 0, at < text.endIndex {
      at = end(of: at, in: text)
      left -= 1
    }
    return at
  }

  /// The place `count` code points before the end; the start where there are fewer.
  static func place(fromEnd count: Int, in text: ArraySlice<UInt8>) -> Int {
    var at = text.endIndex
    var left = count
    while left > 0, at > text.startIndex {
      at -= 1
      while at > text.startIndex, !begins(text[at]) { at -= 1 }
      left -= 1
    }
    return at
  }

  static func isWellFormed(_ text: ArraySlice<UInt8>) -> Bool {
    var at = text.startIndex
    while at < text.endIndex {
      let length = wellFormedLength(text, at)
      if length == 0 { return false }
      at += length
    }
    return true
  }

  /// The length of the well-formed sequence at a place, 0 where there is none.
  static func wellFormedLength(_ text: ArraySlice<UInt8>, _ at: Int) -> Int {
    let lead = text[at]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0..<0x80: return 1
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return 0
    }
    guard at + length <= text.endIndex, second.contains(text[at + 1]) else { return 0 }
    for i in 2..<max(length, 2) where begins(text[at + i]) { return 0 }
    return length
  }

  /// The code points as numbers; what is not UTF-8 becomes U+FFFD.
  static func scalars(_ text: ArraySlice<UInt8>) -> [UInt32] {
    String(decoding: text, as: UTF8.self).unicodeScalars.map(\.value)
  }
}
