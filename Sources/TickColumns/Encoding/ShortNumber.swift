/// Numbers in as few bytes as they need: bases, first values and constants, of which a block has many and which are
/// small more often than not.
///
/// A number is read as signed, folded so that small ones of either sign are small (0, -1, 1, -2, ... become 0, 1, 2, 3, ...) and
/// written 7 bits to a byte, the lowest first, the top bit saying that another byte follows (LEB128, DWARF 5
/// section 7.6).

/// Bytes of the short number of a value that is sign-extended from its type.
@inline(__always)
func shortByteCount(_ value: Int64) -> Int {
  let folded = UInt64(bitPattern: value &<< 1 ^ value &>> 63)
  return max(1, (bitLength(folded) + 6) / 7)
}

extension [UInt8] {
  /// Appends a value that is sign-extended from its type.
  mutating func appendShort(_ value: Int64) {
    var rest = UInt64(bitPattern: value &<< 1 ^ value &>> 63)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest &>>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }
}

extension BlockReader {
  /// The next short number as the bit pattern of its type.
  mutating func shortNumber<Number: BitPattern>(
    _ type: Number.Type = Number.self
  ) throws(EncodingError) -> Number {
    var folded: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try number(UInt8.self)
      let bits = UInt64(byte & 0x7F)
      guard shift < 64, (bits << shift) >> shift == bits else {
        throw EncodingError(.badValue("a short number of more than \(Number.bitWidth) bits"))
      }
      folded |= bits << shift
      if byte & 0x80 == 0 {
        guard byte != 0 || shift == 0 else {
          throw EncodingError(.badValue("a short number with more bytes than it needs"))
        }
        break
      }
      shift += 7
    }
    guard Number.bitWidth == 64 || folded >> UInt64(Number.bitWidth) == 0 else {
      throw EncodingError(.badValue("a short number of more than \(Number.bitWidth) bits"))
    }
    let value = folded >> 1 ^ (0 &- (folded & 1))
    return Number(truncatingIfNeeded: value)
  }
}
