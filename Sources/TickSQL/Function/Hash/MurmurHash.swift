/// MurmurHash3 by Austin Appleby: the 32-bit one, and the two halves of the 128-bit one for 64-bit machines put
/// together, which ClickHouse calls murmurHash3_64.

enum MurmurHash32: ByteHash {
  static let name = "murmurHash3_32"
  static let hashesIntegers = false

  static func combined(_ a: UInt32, _ b: UInt32) -> UInt32 { IntegerHash.hash32(UInt64(a)) ^ b }

  static func hash(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var h: UInt32 = 0
    var at = bytes.startIndex
    while bytes.endIndex - at >= 4 {
      h ^= scrambled(load32(bytes, at))
      h = h.rotated(left: 13) &* 5 &+ 0xe654_6b64
      at += 4
    }
    if at < bytes.endIndex {
      var tail: UInt32 = 0
      for (i, byte) in bytes[at...].enumerated() { tail |= UInt32(byte) << UInt32(8 * i) }
      h ^= scrambled(tail)
    }
    h ^= UInt32(truncatingIfNeeded: bytes.count)
    h = (h ^ h >> 16) &* 0x85eb_ca6b
    h = (h ^ h >> 13) &* 0xc2b2_ae35
    return h ^ h >> 16
  }

  private static func scrambled(_ k: UInt32) -> UInt32 {
    (k &* 0xcc9e_2d51).rotated(left: 15) &* 0x1b87_3593
  }
}

enum MurmurHash64: ByteHash {
  static let name = "murmurHash3_64"
  static let hashesIntegers = false

  private static let c1: UInt64 = 0x87c3_7b91_1142_53d5
  private static let c2: UInt64 = 0x4cf5_ad43_2745_937f

  static func combined(_ a: UInt64, _ b: UInt64) -> UInt64 { IntegerHash.hash64(a) ^ b }

  static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var h1: UInt64 = 0
    var h2: UInt64 = 0
    var at = bytes.startIndex
    while bytes.endIndex - at >= 16 {
      h1 ^= (load64(bytes, at) &* c1).rotated(left: 31) &* c2
      h1 = (h1.rotated(left: 27) &+ h2) &* 5 &+ 0x52dc_e729
      h2 ^= (load64(bytes, at + 8) &* c2).rotated(left: 33) &* c1
      h2 = (h2.rotated(left: 31) &+ h1) &* 5 &+ 0x3849_5ab5
      at += 16
    }
    var k1: UInt64 = 0
    var k2: UInt64 = 0
    for (i, byte) in bytes[at...].enumerated() {
      if i < 8 {
        k1 |= UInt64(byte) << UInt64(8 * i)
      } else {
        k2 |= UInt64(byte) << UInt64(8 * (i - 8))
      }
    }
    h2 ^= (k2 &* c2).rotated(left: 33) &* c1
    h1 ^= (k1 &* c1).rotated(left: 31) &* c2
    let count = UInt64(bytes.count)
    h1 ^= count
    h2 ^= count
    h1 &+= h2
    h2 &+= h1
    h1 = finished(h1)
    h2 = finished(h2)
    h1 &+= h2
    h2 &+= h1
    return h1 ^ h2
  }

  private static func finished(_ x: UInt64) -> UInt64 {
    var k = (x ^ x >> 33) &* 0xff51_afd7_ed55_8ccd
    k = (k ^ k >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return k ^ k >> 33
  }
}
