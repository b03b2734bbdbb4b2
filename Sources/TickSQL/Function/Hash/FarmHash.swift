/// FarmHash64 as ClickHouse has it.
///
/// Source: the published algorithm by Geoff Pike. From 512 bytes on it is another one, made for vector registers:
/// `FarmHash+Long.swift`.

enum FarmHash: ByteHash {
  static let name = "farmHash64"
  static let hashesIntegers = true

  private static let k0: UInt64 = 0xc3a5_c85c_97cb_3127
  static let k1: UInt64 = 0xb492_b66f_be98_f273
  static let k2: UInt64 = 0x9ae1_6a3b_2f90_404f
  private static let seed: UInt64 = 81

  static func combined(_ a: UInt64, _ b: UInt64) -> UInt64 { CityHash.combined(a, b) }

  static func hash(_ s: ArraySlice<UInt8>) -> UInt64 {
    switch s.count {
    case ...16: upTo16(s)
    case ...32: upTo32(s)
    case ...64: upTo64(s)
    case ...96: upTo96(s)
    case ...256: upTo256(s)
    case ..<512: long(s)
    default: veryLong(s)
    }
  }

  private static func shiftMixed(_ x: UInt64) -> UInt64 { x ^ x >> 47 }

  private static func mixed(_ u: UInt64, _ v: UInt64, _ mul: UInt64, turned: UInt64 = 0) -> UInt64 {
    let a = shiftMixed((u ^ v) &* mul)
    let b = (v ^ a) &* mul
    return (turned == 0 ? shiftMixed(b) : b.rotated(right: turned)) &* mul
  }

  private static func upTo16(_ s: ArraySlice<UInt8>) -> UInt64 {
    let (start, end) = (s.startIndex, s.endIndex)
    let count = UInt64(s.count)
    let mul = k2 &+ count &* 2
    if count >= 8 {
      let a = load64(s, start) &+ k2
      let b = load64(s, end - 8)
      let c = b.rotated(right: 37) &* mul &+ a
      let d = (a.rotated(right: 25) &+ b) &* mul
      return mixed(c, d, mul)
    }
    if count >= 4 {
      return mixed(count &+ UInt64(load32(s, start)) << 3, UInt64(load32(s, end - 4)), mul)
    }
    if count > 0 {
      let y = UInt64(s[start]) &+ UInt64(s[start + s.count >> 1]) << 8
      let z = count &+ UInt64(s[end - 1]) << 2
      return shiftMixed(y &* k2 ^ z &* k0) &* k2
    }
    return k2
  }

  private static func upTo32(_ s: ArraySlice<UInt8>) -> UInt64 {
    let (start, end) = (s.startIndex, s.endIndex)
    let mul = k2 &+ UInt64(s.count) &* 2
    let a = load64(s, start) &* k1
    let b = load64(s, start + 8)
    let c = load64(s, end - 8) &* mul
    let d = load64(s, end - 16) &* k2
    return mixed(
      (a &+ b).rotated(right: 43) &+ c.rotated(right: 30) &+ d,
      a &+ (b &+ k2).rotated(right: 18) &+ c, mul)
  }

  /// Of 32 bytes.
  private static func part(
    _ s: ArraySlice<UInt8>, _ at: Int, _ mul: UInt64, _ seed0: UInt64 = 0, _ seed1: UInt64 = 0
  ) -> UInt64 {
    let a = load64(s, at) &* k1
    let b = load64(s, at + 8)
    let c = load64(s, at + 24) &* mul
    let d = load64(s, at + 16) &* k2
    let u = (a &+ b).rotated(right: 43) &+ c.rotated(right: 30) &+ d &+ seed0
    let v = a &+ (b &+ k2).rotated(right: 18) &+ c &+ seed1
    return shiftMixed((v ^ shiftMixed((u ^ v) &* mul)) &* mul)
  }

  private static func upTo64(_ s: ArraySlice<UInt8>) -> UInt64 {
    let first = k2 &- 30
    let mul = first &+ 2 &* UInt64(s.count)
    let low = part(s, s.startIndex, first)
    return (part(s, s.endIndex - 32, mul) &* mul &+ low) &* mul
  }

  private static func upTo96(_ s: ArraySlice<UInt8>) -> UInt64 {
    let first = k2 &- 114
    let mul = first &+ 2 &* UInt64(s.count)
    let low = part(s, s.startIndex, first)
    let middle = part(s, s.startIndex + 32, mul)
    let high = part(s, s.endIndex - 32, mul, low, middle)
    return (high &* 9 &+ low >> 17 &+ middle >> 21) &* mul
  }

  /// A weak hash of 32 bytes.
  private static func weak(
    _ s: ArraySlice<UInt8>, _ at: Int, _ first: UInt64, _ second: UInt64
  ) -> (UInt64, UInt64) {
    let (w, x) = (load64(s, at), load64(s, at + 8))
    let (y, z) = (load64(s, at + 16), load64(s, at + 24))
    let a = first &+ w
    let b = (second &+ a &+ z).rotated(right: 21)
    let sum = a &+ x &+ y
    return (sum &+ z, b &+ sum.rotated(right: 44) &+ a)
  }

  private static func upTo256(_ s: ArraySlice<UInt8>) -> UInt64 {
    let rest = (s.count - 1) & 63
    let end = s.startIndex + (s.count - 1) / 64 * 64
    var x = seed &* k2 &+ load64(s, s.startIndex)
    var y = seed &* k1 &+ 113
    var z = shiftMixed(y &* k2 &+ 113) &* k2
    var (v, w): ((UInt64, UInt64), (UInt64, UInt64)) = ((0, 0), (0, 0))
    for at in stride(from: s.startIndex, to: end, by: 64) {
      x = (x &+ y &+ v.0 &+ load64(s, at + 8)).rotated(right: 37) &* k1
      y = (y &+ v.1 &+ load64(s, at + 48)).rotated(right: 42) &* k1
      x ^= w.1
      y &+= v.0 &+ load64(s, at + 40)
      z = (z &+ w.0).rotated(right: 33) &* k1
      v = weak(s, at, v.1 &* k1, x &+ w.0)
      w = weak(s, at + 32, z &+ w.1, y &+ load64(s, at + 16))
      swap(&z, &x)
    }
    let mul = k1 &+ (z & 0xFF) << 1
    let at = end + rest - 63
    w.0 &+= UInt64(rest)
    v.0 &+= w.0
    w.0 &+= v.0
    x = (x &+ y &+ v.0 &+ load64(s, at + 8)).rotated(right: 37) &* mul
    y = (y &+ v.1 &+ load64(s, at + 48)).rotated(right: 42) &* mul
    x ^= w.1 &* 9
    y &+= v.0 &* 9 &+ load64(s, at + 40)
    z = (z &+ w.0).rotated(right: 33) &* mul
    v = weak(s, at, v.1 &* mul, x &+ w.0)
    w = weak(s, at + 32, z &+ w.1, y &+ load64(s, at + 16))
    swap(&z, &x)
    return mixed(
      mixed(v.0, w.0, mul) &+ shiftMixed(y) &* k0 &+ z, mixed(v.1, w.1, mul) &+ x, mul)
  }

  private static func long(_ s: ArraySlice<UInt8>) -> UInt64 {
    let rest = (s.count - 1) & 63
    let end = s.startIndex + (s.count - 1) / 64 * 64
    var x = seed
    var y: UInt64 = 113
    var z = shiftMixed(y &* k2) &* k2
    var (v, w): ((UInt64, UInt64), (UInt64, UInt64)) = ((seed, 0), (0, 0))
    var u = x &- z
    x = x &* k2
    let mul = k2 &+ (u & 0x82)
    for at in stride(from: s.startIndex, to: end, by: 64) {
      let a = (0..<8).map { load64(s, at + 8 * $0) }
      x &+= a[0] &+ a[1]
      y &+= a[2]
      z &+= a[3]
      v.0 &+= a[4]
      v.1 &+= a[5] &+ a[1]
      w.0 &+= a[6]
      w.1 &+= a[7]
      x = x.rotated(right: 26) &* 9
      y = y.rotated(right: 29)
      z = (z &* mul).rotated(right: 32)
      v.0 = v.0.rotated(right: 33)
      v.1 = v.1.rotated(right: 30)
      w.0 = (w.0 ^ x) &* 9
      z &+= w.1
      w.1 &+= z
      z = z &* 9
      swap(&u, &y)
      z &+= a[0] &+ a[6]
      v.0 &+= a[2]
      v.1 &+= a[3]
      w.0 &+= a[4]
      w.1 &+= a[5] &+ a[6]
      x &+= a[1]
      y &+= a[7]
      y &+= v.0
      v.0 &+= x &- y
      v.1 &+= w.0
      w.0 &+= v.1
      w.1 &+= x &- y
      x &+= w.1
      w.1 = w.1.rotated(right: 34)
      swap(&u, &z)
    }
    let at = end + rest - 63
    u = u &* 9
    v.1 = v.1.rotated(right: 28)
    v.0 = v.0.rotated(right: 20)
    w.0 &+= UInt64(rest)
    u &+= y
    y &+= u
    x = (y &- x &+ v.0 &+ load64(s, at + 8)).rotated(right: 37) &* mul
    y = (y ^ v.1 ^ load64(s, at + 48)).rotated(right: 42) &* mul
    x ^= w.1 &* 9
    y &+= v.0 &+ load64(s, at + 40)
    z = (z &+ w.0).rotated(right: 33) &* mul
    v = weak(s, at, v.1 &* mul, x &+ w.0)
    w = weak(s, at + 32, z &+ w.1, y &+ load64(s, at + 16))
    return mixed(
      mixed(v.0 &+ x, w.0 ^ y, mul) &+ z &- u, mixed(v.1 &+ y, w.1 &+ z, k2, turned: 30) ^ x, k2,
      turned: 31)
  }
}
