/// Hashes of one number: ClickHouse's intHash32 and intHash64, and remainders of cyclic codes.

enum IntegerHash {
  static func hash64(_ number: UInt64) -> UInt64 {
    var x = number ^ 0x4cf2_d2ba_ae6d_a887
    x = (x ^ x >> 33) &* 0xff51_afd7_ed55_8ccd
    x = (x ^ x >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return x ^ x >> 33
  }

  /// `salt` is that of the function intHash32 by default.
  static func hash32(_ number: UInt64, salt: UInt64 = 0x75d9_543d_e018_bf45) -> UInt32 {
    var key = number ^ salt
    key = ~key &+ (key << 18)
    key ^= key.rotated(right: 31)
    key = key &* 21
    key ^= key.rotated(right: 11)
    key = key &+ (key << 6)
    key ^= key.rotated(right: 22)
    return UInt32(truncatingIfNeeded: key)
  }
}

/// A cyclic code with its polynomial turned around, one table entry per byte.
struct CyclicCode<Word: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  private let table: [Word]
  /// What the remainder is combined with before and after.
  private let mask: Word

  init(polynomial: Word, mask: Word) {
    table = (0..<256).map { index in
      var word = Word(index)
      for _ in 0..<8 { word = word & 1 != 0 ? polynomial ^ (word >> 1) : word >> 1 }
      return word
    }
    self.mask = mask
  }

  func remainder(_ bytes: ArraySlice<UInt8>) -> Word {
    var word = mask
    for byte in bytes {
      word = table[Int(UInt8(truncatingIfNeeded: word) ^ byte)] ^ (word >> 8)
    }
    return word ^ mask
  }
}
