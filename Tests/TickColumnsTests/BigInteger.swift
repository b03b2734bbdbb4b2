/// Signed integers of any size, schoolbook, for the tests' own answers.
struct BigInteger {
  var limbs: [UInt32] = []
  var isNegative = false

  init() {}
  init(_ value: UInt128) {
    var rest = value
    while rest != 0 {
      limbs.append(UInt32(truncatingIfNeeded: rest))
      rest >>= 32
    }
  }

  func shifted(_ bits: Int) -> BigInteger {
    var out = self
    out.limbs = Array(repeating: 0, count: bits / 32)
    var carry: UInt64 = 0
    for limb in limbs {
      let wide = UInt64(limb) << UInt64(bits % 32) | carry
      out.limbs.append(UInt32(truncatingIfNeeded: wide))
      carry = wide >> 32
    }
    if carry != 0 { out.limbs.append(UInt32(carry)) }
    return out
  }

  func times(_ factor: UInt32) -> BigInteger {
    var out = self
    var carry: UInt64 = 0
    for i in limbs.indices {
      let wide = UInt64(limbs[i]) * UInt64(factor) + carry
      out.limbs[i] = UInt32(truncatingIfNeeded: wide)
      carry = wide >> 32
    }
    if carry != 0 { out.limbs.append(UInt32(carry)) }
    return out
  }

  /// The product of magnitudes.
  func times(_ other: BigInteger) -> BigInteger {
    var out = BigInteger()
    for (place, limb) in other.limbs.enumerated() {
      out.add(times(limb).shifted(32 * place), isNegative: false)
    }
    return out
  }

  func timesTenTo(_ exponent: Int) -> BigInteger {
    var out = self
    var rest = exponent
    while rest > 0 {
      let digits = min(rest, 9)
      out = out.times((0..<digits).reduce(UInt32(1)) { power, _ in power * 10 })
      rest -= digits
    }
    return out
  }

  private static func trimmed(_ limbs: [UInt32]) -> [UInt32] {
    var out = limbs
    while out.last == 0 { out.removeLast() }
    return out
  }

  private static func less(_ a: [UInt32], _ b: [UInt32]) -> Bool {
    if a.count != b.count { return a.count < b.count }
    for i in a.indices.reversed() where a[i] != b[i] { return a[i] < b[i] }
    return false
  }

  private static func difference(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
    var out = a
    var borrow: Int64 = 0
    for i in a.indices {
      var part = Int64(a[i]) - borrow - (i < b.count ? Int64(b[i]) : 0)
      borrow = part < 0 ? 1 : 0
      if part < 0 { part += 1 << 32 }
      out[i] = UInt32(part)
    }
    return trimmed(out)
  }

  mutating func add(_ other: BigInteger, isNegative theirs: Bool) {
    let a = Self.trimmed(limbs)
    let b = Self.trimmed(other.limbs)
    if isNegative == theirs || a.isEmpty {
      if a.isEmpty { isNegative = theirs }
      var out: [UInt32] = []
      var carry: UInt64 = 0
      for i in 0..<max(a.count, b.count) {
        let part = (i < a.count ? UInt64(a[i]) : 0) + (i < b.count ? UInt64(b[i]) : 0) + carry
        out.append(UInt32(truncatingIfNeeded: part))
        carry = part >> 32
      }
      if carry != 0 { out.append(UInt32(carry)) }
      limbs = out
    } else if Self.less(a, b) {
      limbs = Self.difference(b, a)
      isNegative = theirs
    } else {
      limbs = Self.difference(a, b)
    }
  }

  /// self / (10^24 * 2^1074) as the nearest double, ties to even, found by bisection over the doubles themselves.
  var scaledDown: Double {
    let mine = Self.trimmed(limbs)
    if mine.isEmpty { return 0 }
    // The greatest double d that is not above.
    var low: UInt64 = 0
    var high = Double.infinity.bitPattern
    func doubled(_ bits: UInt64, plusNext: Bool) -> [UInt32] {
      // (d, or d + next(d)) * 2^1074, all integers.
      func scaled(_ bits: UInt64) -> BigInteger {
        let field = Int(bits >> 52)
        let fraction = bits & ((1 << 52) - 1)
        let part = UInt128(field == 0 ? fraction : fraction | 1 << 52)
        return BigInteger(part).shifted(max(field, 1) - 1)
      }
      var sum = scaled(bits)
      sum.add(scaled(plusNext ? bits + 1 : bits), isNegative: false)
      // The factor 2^1074 cancels against `mine` below.
      return Self.trimmed(sum.timesTenTo(24).limbs)
    }
    let target = Self.trimmed(shifted(1).limbs)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if Self.less(target, doubled(middle, plusNext: false)) { high = middle } else { low = middle }
    }
    let half = doubled(low, plusNext: true)
    var bits = low
    if Self.less(half, target) { bits = low + 1 }
    if half == target, low & 1 == 1 { bits = low + 1 }
    let magnitude = Double(bitPattern: bits)
    return isNegative ? -magnitude : magnitude
  }
}
