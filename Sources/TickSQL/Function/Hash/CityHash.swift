/// CityHash64 in its version 1.0.2, the one ClickHouse has kept: later versions give other numbers.
///
/// Source: the published algorithm by Geoff Pike and Jyrki Alakuijala.

enum CityHash: ByteHash {
  static let name = "cityHash64"
  static let hashesIntegers = true

  private static let k0: UInt64 = 0xc3a5_c85c_97cb_3127
  private static let k1: UInt64 = 0xb492_b66f_be98_f273
  private static let k2: UInt64 = 0x9ae1_6a3b_2f90_404f
  private static let k3: UInt64 = 0xc949_d7c7_509e_6557
  private static let multiplier: UInt64 = 0x9ddf_ea08_eb38_2d69

  static func combined(_ a: UInt64, _ b: UInt64) -> UInt64 { mixed(a, b) }

  static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    let count = bytes.count
    if count <= 16 { return upTo16(bytes) }
    if count <= 32 { return upTo32(bytes) }
    if count <= 64 { return upTo64(bytes) }
    return long(bytes)
  }

  /// Hash128to64 of the original.
  private static func mixed(_ low: UInt64, _ high: UInt64) -> UInt64 {
    var a = (low ^ high) &* multiplier
    a ^= a >> 47
    var b = (high ^ a) &* multiplier
    b ^= b >> 47
    return b &* multiplier
  }

  private static func shiftMixed(_ x: UInt64) -> UInt64 { x ^ (x >> 47) }

  private static func upTo16(_ s: ArraySlice<UInt8>) -> UInt64 {
    let start = s.startIndex
    let count = s.count
    if count > 8 {
      let a = load64(s, start)
      let b = load64(s, s.endIndex - 8)
      return mixed(a, (b &+ UInt64(count)).rotated(right: UInt64(count))) ^ b
    }
    if count >= 4 {
      let a = UInt64(load32(s, start))
      return mixed(UInt64(count) &+ (a << 3), UInt64(load32(s, s.endIndex - 4)))
    }
    if count > 0 {
      let a = UInt32(s[start])
      let b = UInt32(s[start + count >> 1])
      let c = UInt32(s[s.endIndex - 1])
      let y = a &+ (b << 8)
      let z = UInt32(count) &+ (c << 2)
      return shiftMixed(UInt64(y) &* k2 ^ UInt64(z) &* k3) &* k2
    }
    return k2
  }

  private static func upTo32(_ s: ArraySlice<UInt8>) -> UInt64 {
    let start = s.startIndex
    let a = load64(s, start) &* k1
    let b = load64(s, start + 8)
    let c = load64(s, s.endIndex - 8) &* k2
    let d = load64(s, s.endIndex - 16) &* k0
    return mixed(
      (a &- b).rotated(right: 43) &+ c.rotated(right: 30) &+ d,
      a &+ (b ^ k3).rotated(right: 20) &- c &+ UInt64(s.count))
  }

  private static func upTo64(_ s: ArraySlice<UInt8>) -> UInt64 {
    let start = s.startIndex
    let end = s.endIndex
    var z = load64(s, start + 24)
    var a = load64(s, start) &+ (UInt64(s.count) &+ load64(s, end - 16)) &* k0
    var b = (a &+ z).rotated(right: 52)
    var c = a.rotated(right: 37)
    a &+= load64(s, start + 8)
    c &+= a.rotated(right: 7)
    a &+= load64(s, start + 16)
    let vf = a &+ z
    let vs = b &+ a.rotated(right: 31) &+ c
    a = load64(s, start + 16) &+ load64(s, end - 32)
    z = load64(s, end - 8)
    b = (a &+ z).rotated(right: 52)
    c = a.rotated(right: 37)
    a &+= load64(s, end - 24)
    c &+= a.rotated(right: 7)
    a &+= load64(s, end - 16)
    let wf = a &+ z
    let ws = b &+ a.rotated(right: 31) &+ c
    let r = shiftMixed((vf &+ ws) &* k2 &+ (wf &+ vs) &* k0)
    return shiftMixed(r &* k0 &+ vs) &* k2
  }

  private static func weak(
    _ s: ArraySlice<UInt8>, _ at: Int, _ first: UInt64, _ second: UInt64
  ) -> (UInt64, UInt64) {
    let (w, x, y, z) = (
      load64(s, at), load64(s, at + 8), load64(s, at + 16), load64(s, at + 24)
    )
    var a = first &+ w
    var b = (second &+ a &+ z).rotated(right: 21)
    let c = a
    a &+= x
    a &+= y
    b &+= a.rotated(right: 44)
    return (a &+ z, b &+ c)
  }

  private static func long(_ s: ArraySlice<UInt8>) -> UInt64 {
    let end = s.endIndex
    var x = load64(s, s.startIndex)
    var y = load64(s, end - 16) ^ k1
    var z = load64(s, end - 56) ^ k0
    var v = weak(s, end - 64, UInt64(s.count), y)
    var w = weak(s, end - 32, UInt64(s.count) &* k1, k0)
    z &+= shiftMixed(v.1) &* k1
    x = (z &+ x).rotated(right: 39) &* k1
    y = y.rotated(right: 33) &* k1
    var at = s.startIndex
    var left = (s.count - 1) & ~63
    repeat {
      x = (x &+ y &+ v.0 &+ load64(s, at + 16)).rotated(right: 37) &* k1
      y = (y &+ v.1 &+ load64(s, at + 48)).rotated(right: 42) &* k1
      x ^= w.1
      y ^= v.0
      z = (z ^ w.0).rotated(right: 33)
      v = weak(s, at, v.1 &* k1, x &+ w.0)
      w = weak(s, at + 32, z &+ w.1, y)
      (z, x) = (x, z)
      at += 64
      left -= 64
    } while left != 0
    return mixed(
      mixed(v.0, w.0) &+ shiftMixed(y) &* k1 &+ z, mixed(v.1, w.1) &+ x)
  }
}
