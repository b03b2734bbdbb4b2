/// SipHash-2-4 with the key zero, of 64 bits and of 128.
import TickColumns

enum SipHash: ByteHash {
  static let name = "sipHash64"
  static let hashesIntegers = false

  static func combined(_ a: UInt64, _ b: UInt64) -> UInt64 {
    hash((a.littleEndianBytes + b.littleEndianBytes)[...])
  }

  static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 { absorbing(bytes).finished.word }

  /// ClickHouse's hash of 128 bits.
  static func hash128(_ bytes: ArraySlice<UInt8>) -> UInt128 {
    let state = absorbing(bytes).finished
    return UInt128(state.v2 ^ state.v3) << 64 | UInt128(state.v0 ^ state.v1)
  }

  private static func absorbing(_ bytes: ArraySlice<UInt8>) -> State {
    var state = State()
    var at = bytes.startIndex
    while bytes.endIndex - at >= 8 {
      state.absorb(load64(bytes, at))
      at += 8
    }
    var last = UInt64(truncatingIfNeeded: bytes.count) << 56
    for (i, byte) in bytes[at...].enumerated() { last |= UInt64(byte) << UInt64(8 * i) }
    state.absorb(last)
    return state
  }

  private struct State {
    var v0: UInt64 = 0x736f_6d65_7073_6575
    var v1: UInt64 = 0x646f_7261_6e64_6f6d
    var v2: UInt64 = 0x6c79_6765_6e65_7261
    var v3: UInt64 = 0x7465_6462_7974_6573

    mutating func round() {
      v0 &+= v1
      v1 = v1.rotated(left: 13) ^ v0
      v0 = v0.rotated(left: 32)
      v2 &+= v3
      v3 = v3.rotated(left: 16) ^ v2
      v0 &+= v3
      v3 = v3.rotated(left: 21) ^ v0
      v2 &+= v1
      v1 = v1.rotated(left: 17) ^ v2
      v2 = v2.rotated(left: 32)
    }

    mutating func absorb(_ word: UInt64) {
      v3 ^= word
      round()
      round()
      v0 ^= word
    }

    /// After the last rounds.
    var finished: State {
      var end = self
      end.v2 ^= 0xFF
      for _ in 0..<4 { end.round() }
      return end
    }

    var word: UInt64 { v0 ^ v1 ^ v2 ^ v3 }
  }
}
