/// Reading numbers out of bytes for hashes: little endian, at any place.

@inline(__always)
func load64(_ bytes: ArraySlice<UInt8>, _ at: Int) -> UInt64 {
  precondition(at >= bytes.startIndex && at + 8 <= bytes.endIndex)
  return unsafe bytes.withUnsafeBytes {
    unsafe UInt64(
      littleEndian: $0.loadUnaligned(fromByteOffset: at - bytes.startIndex, as: UInt64.self))
  }
}

@inline(__always)
func load32(_ bytes: ArraySlice<UInt8>, _ at: Int) -> UInt32 {
  precondition(at >= bytes.startIndex && at + 4 <= bytes.endIndex)
  return unsafe bytes.withUnsafeBytes {
    unsafe UInt32(
      littleEndian: $0.loadUnaligned(fromByteOffset: at - bytes.startIndex, as: UInt32.self))
  }
}

extension FixedWidthInteger {
  @inline(__always)
  func rotated(right count: Self) -> Self {
    self &>> count | self &<< (Self(Self.bitWidth) &- count)
  }

  @inline(__always)
  func rotated(left count: Self) -> Self {
    self &<< count | self &>> (Self(Self.bitWidth) &- count)
  }

  /// The bytes in memory order of a little-endian machine.
  var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self &>> Self(8 * $0)) }
  }
}
