/// CityHash128 of version 1.0.2, the checksum of compressed frames of the Native protocol.
///
/// Later versions of CityHash give other values; ClickHouse stays with this one. Source: G. Pike and J. Alakuijala,
/// "Introducing CityHash", 2011, and its reference implementation of that version. All arithmetic is modulo 2^64.
///
/// Invariant: no read lies outside of the bytes. The tail of long inputs reads back into bytes that were hashed before.
enum CityHash128 {
  private static let k0: UInt64 = 0xc3a5_c85c_97cb_3127
  private static let k1: UInt64 = 0xb492_b66f_be98_f273
  private static let k2: UInt64 = 0x9ae1_6a3b_2f90_404f
  private static let k3: UInt64 = 0xc949_d7c7_509e_6557

  static func hash(_ bytes: Span<UInt8>) -> Hash128 {
    let source = Source(bytes: bytes)
    let count = bytes.count
    if count >= 16 {
      return seeded(source, 16, count - 16, source.word(0) ^ k3, source.word(8))
    }
    if count >= 8 {
      let length = UInt64(count)
      return seeded(source, 0, 0, source.word(0) ^ (length &* k0), source.word(count - 8) ^ k1)
    }
    return seeded(source, 0, count, k0, k1)
  }

  /// The hash of `count` bytes from `start` on, with two seeds.
  private static func seeded(
    _ source: borrowing Source, _ start: Int, _ count: Int, _ first: UInt64, _ second: UInt64
  ) -> Hash128 {
    if count < 128 { return murmur(source, start, count, first, second) }
    var x = first
    var y = second
    var z = UInt64(count) &* k1
    var v: (UInt64, UInt64)
    var w: (UInt64, UInt64)
    v.0 = rotate(y ^ k1, 49) &* k1 &+ source.word(start)
    v.1 = rotate(v.0, 42) &* k1 &+ source.word(start + 8)
    w.0 = rotate(y &+ z, 35) &* k1 &+ x
    w.1 = rotate(x &+ source.word(start + 88), 53) &* k1
    var at = start
    var left = count
    while left >= 128 {
      for _ in 0..<2 {
        x = rotate(x &+ y &+ v.0 &+ source.word(at + 16), 37) &* k1
        y = rotate(y &+ v.1 &+ source.word(at + 48), 42) &* k1
        x ^= w.1
        y ^= v.0
        z = rotate(z ^ w.0, 33)
        v = weak(source, at, v.1 &* k1, x &+ w.0)
        w = weak(source, at + 32, z &+ w.1, y)
        swap(&z, &x)
        at += 64
      }
      left -= 128
    }
    y = y &+ (rotate(w.0, 37) &* k0 &+ z)
    x = x &+ (rotate(v.0 &+ z, 49) &* k0)
    var tail = 0
    while tail < left {
      tail += 32
      y = rotate(y &- x, 42) &* k0 &+ v.1
      w.0 = w.0 &+ source.word(at + left - tail + 16)
      x = rotate(x, 49) &* k0 &+ w.0
      w.0 = w.0 &+ v.0
      v = weak(source, at + left - tail, v.0, v.1)
    }
    x = sixteen(x, v.0)
    y = sixteen(y, w.0)
    return Hash128(low: sixteen(x &+ v.1, w.1) &+ y, high: sixteen(x &+ w.1, y &+ v.1))
  }

  private static func murmur(
    _ source: borrowing Source, _ start: Int, _ count: Int, _ first: UInt64, _ second: UInt64
  ) -> Hash128 {
    var a = first
    var b = second
    var c: UInt64
    var d: UInt64
    var left = count - 16
    if left <= 0 {
      a = mix(a &* k1) &* k1
      c = b &* k1 &+ short(source, start, count)
      d = mix(a &+ (count >= 8 ? source.word(start) : c))
    } else {
      c = sixteen(source.word(start + count - 8) &+ k1, a)
      d = sixteen(b &+ UInt64(count), c &+ source.word(start + count - 16))
      a = a &+ d
      var at = start
      repeat {
        a ^= mix(source.word(at) &* k1) &* k1
        a = a &* k1
        b ^= a
        c ^= mix(source.word(at + 8) &* k1) &* k1
        c = c &* k1
        d ^= c
        at += 16
        left -= 16
      } while left > 0
    }
    a = sixteen(a, c)
    b = sixteen(d, b)
    return Hash128(low: a ^ b, high: sixteen(b, a))
  }

  /// Up to 16 bytes.
  private static func short(_ source: borrowing Source, _ start: Int, _ count: Int) -> UInt64 {
    if count > 8 {
      let a = source.word(start)
      let b = source.word(start + count - 8)
      return sixteen(a, rotate(b &+ UInt64(count), UInt64(count))) ^ b
    }
    if count >= 4 {
      let a = UInt64(source.half(start))
      return sixteen(UInt64(count) &+ (a << 3), UInt64(source.half(start + count - 4)))
    }
    guard count > 0 else { return k2 }
    let y = UInt64(source.byte(start)) &+ UInt64(source.byte(start + count / 2)) << 8
    let z = UInt64(count) &+ UInt64(source.byte(start + count - 1)) << 2
    return mix(y &* k2 ^ z &* k3) &* k2
  }

  private static func weak(
    _ source: borrowing Source, _ at: Int, _ first: UInt64, _ second: UInt64
  ) -> (UInt64, UInt64) {
    let x = source.word(at + 8)
    let y = source.word(at + 16)
    let z = source.word(at + 24)
    var a = first &+ source.word(at)
    var b = rotate(second &+ a &+ z, 21)
    let c = a
    a = a &+ x &+ y
    b = b &+ rotate(a, 44)
    return (a &+ z, b &+ c)
  }

  private static func sixteen(_ u: UInt64, _ v: UInt64) -> UInt64 {
    let multiplier: UInt64 = 0x9ddf_ea08_eb38_2d69
    var a = (u ^ v) &* multiplier
    a ^= a >> 47
    var b = (v ^ a) &* multiplier
    b ^= b >> 47
    return b &* multiplier
  }

  private static func rotate(_ value: UInt64, _ shift: UInt64) -> UInt64 {
    shift == 0 ? value : value >> shift | value << (64 - shift)
  }

  private static func mix(_ value: UInt64) -> UInt64 { value ^ value >> 47 }
}

/// Little-endian words at any place of some bytes.
private struct Source: ~Escapable {
  private let bytes: Span<UInt8>

  @_lifetime(copy bytes)
  init(bytes: Span<UInt8>) { self.bytes = bytes }

  func byte(_ at: Int) -> UInt8 { bytes[at] }

  func half(_ at: Int) -> UInt32 {
    unsafe bytes.withUnsafeBytes {
      precondition(at >= 0 && at + 4 <= $0.count, "a word outside of the hashed bytes")
      return UInt32(littleEndian: unsafe $0.loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }
  }

  func word(_ at: Int) -> UInt64 {
    unsafe bytes.withUnsafeBytes {
      precondition(at >= 0 && at + 8 <= $0.count, "a word outside of the hashed bytes")
      return UInt64(littleEndian: unsafe $0.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }
  }
}
