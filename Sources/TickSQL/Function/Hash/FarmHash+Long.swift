/// FarmHash64 of 512 bytes and more.
///
/// Source: the published algorithm by Geoff Pike (farmhashte), which works on registers of 128 bits. Other builds of
/// FarmHash hash long strings otherwise; this is the one that ClickHouse has. The steps of a block differ from each
/// other in no order that a loop could say, so all sixteen are written out.

extension FarmHash {
  /// A register: two words, four lanes of 32 bits, or sixteen bytes.
  private struct Lanes {
    var low: UInt64
    var high: UInt64

    init(_ low: UInt64, _ high: UInt64 = 0) {
      self.low = low
      self.high = high
    }

    /// The same 32 bits in each lane.
    init(repeating lane: UInt32) {
      low = UInt64(lane) << 32 | UInt64(lane)
      high = low
    }

    static func + (a: Lanes, b: Lanes) -> Lanes { Lanes(a.low &+ b.low, a.high &+ b.high) }
    static func ^ (a: Lanes, b: Lanes) -> Lanes { Lanes(a.low ^ b.low, a.high ^ b.high) }
    static func += (a: inout Lanes, b: Lanes) { a = a + b }
    static func ^= (a: inout Lanes, b: Lanes) { a = a ^ b }

    /// Each lane times its odd number.
    func multiplied() -> Lanes {
      func word(_ a: UInt64, _ b: UInt64) -> UInt64 {
        (a & 0xFFFF_FFFF) &* (b & 0xFFFF_FFFF) & 0xFFFF_FFFF | ((a >> 32) &* (b >> 32)) << 32
      }
      return Lanes(word(low, 0x343e_33ed_cc9e_2d51), word(high, 0xbdd6_3339_4554_fa03))
    }

    /// The bytes in another order.
    func shuffled() -> Lanes {
      // 1 3 7 0 13 14 2 12 and 9 6 15 8 5 10 11 4, a hexadecimal digit each, the first lowest.
      Lanes(bytes(0xC2ED_0731), bytes(0x4BA5_8F69))
    }

    /// Byte i of a word comes from the byte that digit i says.
    @inline(__always)
    private func bytes(_ places: UInt64) -> UInt64 {
      var out: UInt64 = 0
      for i: UInt64 in 0..<8 {
        let place = places &>> (4 &* i) & 15
        let word = place < 8 ? low : high
        out |= (word &>> (8 &* (place & 7)) & 0xFF) &<< (8 &* i)
      }
      return out
    }

    /// The lanes, each one place lower, the lowest last.
    func turned() -> Lanes { Lanes(low >> 32 | high << 32, high >> 32 | low << 32) }

    mutating func multiply() { self = multiplied() }
    mutating func shuffle() { self = shuffled() }
  }

  /// Of at least 256 bytes.
  static func veryLong(_ s: ArraySlice<UInt8>) -> UInt64 {
    let (seed0, seed1) = (k2, k1)
    let seed2 = (seed0 &+ 113) &* (seed1 &+ 9)
    let seed3 = (seed0.rotated(right: 23) &+ 27) &* (seed1.rotated(right: 30) &+ 111)
    var d0 = Lanes(seed0)
    var d1 = Lanes(seed1)
    var d2 = d0.shuffled()
    var d3 = d1.shuffled()
    var d4 = d0 ^ d1
    var d5 = d1 ^ d2
    var d6 = d2 ^ d4
    var d7 = Lanes(repeating: UInt32(truncatingIfNeeded: seed2 >> 32))
    var d8 = d2.multiplied()
    var d9 = Lanes(repeating: UInt32(truncatingIfNeeded: seed3 >> 32))
    var d10 = Lanes(repeating: UInt32(truncatingIfNeeded: seed3))
    var d11 = d2 + Lanes(repeating: UInt32(truncatingIfNeeded: seed2))
    // Where the last whole block ends.
    let blocks = s.startIndex + s.count / 256 * 256
    for block in stride(from: s.startIndex, to: blocks, by: 256) {
      func part(_ i: Int) -> Lanes {
        Lanes(load64(s, block + 16 * i), load64(s, block + 16 * i + 8))
      }
      var z = part(0)
      d0 += z
      d1.shuffle()
      d2 ^= d0
      d4 ^= z
      d4 ^= d1
      swap(&d0, &d6)
      z = part(1)
      d5 += z
      d6.shuffle()
      d8.shuffle()
      d7 ^= d5
      d0 ^= z
      d0 ^= d6
      swap(&d5, &d11)
      z = part(2)
      d1 += z
      d2.shuffle()
      d4.shuffle()
      d5 ^= z
      d5 ^= d2
      swap(&d10, &d4)
      z = part(3)
      d6 += z
      d7.shuffle()
      d0.shuffle()
      d8 ^= d6
      d1 ^= z
      d1 += d7
      z = part(4)
      d2 += z
      d5.shuffle()
      d4 += d2
      d6 ^= z
      d6 ^= d11
      swap(&d8, &d2)
      z = part(5)
      d7 ^= z
      d8.shuffle()
      d1.shuffle()
      d0 += d7
      d2 += z
      d2 += d8
      swap(&d1, &d7)
      z = part(6)
      d4.shuffle()
      d6.shuffle()
      d8.multiply()
      d5 ^= d11
      d7 ^= z
      d7 += d4
      swap(&d6, &d0)
      z = part(7)
      d8 += z
      d0.shuffle()
      d2.shuffle()
      d1 ^= d8
      d10 ^= z
      d10 ^= d0
      swap(&d11, &d5)
      z = part(8)
      d4 += z
      d5.shuffle()
      d7.shuffle()
      d6 += d4
      d8 ^= z
      d8 ^= d5
      swap(&d4, &d10)
      z = part(9)
      d0 += z
      d1.shuffle()
      d2 += d0
      d4 ^= z
      d4 ^= d1
      z = part(10)
      d5 += z
      d6.shuffle()
      d8.shuffle()
      d7 ^= d5
      d0 ^= z
      d0 ^= d6
      swap(&d2, &d8)
      z = part(11)
      d1 += z
      d2.shuffle()
      d4.shuffle()
      d5.multiply()
      d5 ^= z
      d5 ^= d2
      swap(&d7, &d1)
      z = part(12)
      d6 += z
      d7.shuffle()
      d0.shuffle()
      d8 += d6
      d1 ^= z
      d1 ^= d7
      swap(&d0, &d6)
      z = part(13)
      d2 += z
      d5.shuffle()
      d4 ^= d2
      d6 ^= z
      d6 ^= d9
      swap(&d5, &d11)
      z = part(14)
      d7 += z
      d8.shuffle()
      d1.shuffle()
      d0 ^= d7
      d2 ^= z
      d2 ^= d8
      swap(&d10, &d4)
      z = part(15)
      d3 += z
      d4.shuffle()
      d6.shuffle()
      d7.multiply()
      d5 += d3
      d7 ^= z
      d7 ^= d4
      swap(&d3, &d9)
    }
    d6 = d6.multiplied() + Lanes(UInt64(s.count))
    if blocks < s.endIndex {
      d7 = d8.turned() + d7
      d8 = d8.multiplied() + Lanes(hash(s[blocks...]))
    }
    func mixed(_ lanes: Lanes) -> Lanes { lanes.multiplied().shuffled().multiplied() }
    d0 = d11 + mixed(d0)
    d3 = d7 ^ mixed(d3)
    d9 = d8 + mixed(d9)
    d1 = d10 + mixed(d1)
    let last = [d0, d3, d9, d1, d3 + d4, d9 + d5, d1 ^ d6, d0 + d2]
    let bytes = last.flatMap { $0.low.littleEndianBytes + $0.high.littleEndianBytes }
    return hash(bytes[...])
  }
}
