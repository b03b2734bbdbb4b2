/// Numbers as one byte each, which is compressed, and the bits below, which are not: the leading bits of market data come
/// again, the last ones are chance.
///
/// A number below 16 is its own token. One of `n + 1` bits has the token `16 + 4 (n - 4) + m`, m being the two bits below the
/// leading one, and `n - 2` bits of its own.
///
/// Invariants:
/// 1. Every 64-bit number has one token, every byte is one.
/// 2. Reading touches no byte past the bits that the tokens ask for, and the caller's padding.
struct Tokens {
  private(set) var bytes: [UInt8] = []
  private(set) var bits: [UInt8] = []

  init(_ numbers: [UInt64]) {
    bytes = [UInt8](repeating: 0, count: numbers.count)
    var pending: UInt64 = 0
    var have = 0
    for i in 0..<numbers.count {
      let number = numbers[i]
      let token = Self.token(number)
      bytes[i] = token
      let width = Self.width(token)
      guard width > 0 else { continue }
      let low = number & ((1 << UInt64(width)) - 1)
      pending |= low &<< UInt64(truncatingIfNeeded: have)
      have &+= width
      if have >= 64 {
        bits.appendLittleEndian(pending)
        have &-= 64
        pending = have == 0 ? 0 : low &>> UInt64(truncatingIfNeeded: width &- have)
      }
    }
    while have > 0 {
      bits.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      have -= 8
    }
  }

  /// The first token that has bits of its own.
  private static let firstWide: UInt8 = 16
  /// Zeros that must follow the bits where they are read.
  static let padding = 16

  @inline(__always)
  static func token(_ number: UInt64) -> UInt8 {
    guard number >= UInt64(firstWide) else { return UInt8(truncatingIfNeeded: number) }
    let top = 63 &- number.leadingZeroBitCount
    let below = Int(truncatingIfNeeded: number &>> UInt64(truncatingIfNeeded: top &- 2)) & 3
    return UInt8(truncatingIfNeeded: 16 &+ 4 &* (top &- 4) &+ below)
  }

  /// The bits of its own that a token's number has.
  @inline(__always)
  static func width(_ token: UInt8) -> Int {
    token < firstWide ? 0 : 2 &+ Int((token &- firstWide) &>> 2)
  }

  /// The least number of each token.
  private static let bases: [UInt64] = (0...UInt8.max).map { token in
    token < firstWide ? UInt64(token) : (4 + UInt64(token & 3)) << UInt64(width(token))
  }
  private static let widths: [UInt8] = (0...UInt8.max).map { UInt8(width($0)) }

  /// How many bits the numbers of these tokens have together.
  static func bitCount(_ tokens: [UInt8]) -> Int {
    var total = 0
    for token in tokens { total &+= width(token) }
    return total
  }

  /// Writes the numbers to `out`, which has room for them. `bits` holds as many as the tokens ask for, and `padding` bytes more.
  static func read(_ tokens: [UInt8], _ bits: [UInt8], into out: UnsafeMutablePointer<UInt64>) {
    unsafe bases.withUnsafeBufferPointer { bases in
      unsafe widths.withUnsafeBufferPointer { widths in
        unsafe bits.withUnsafeBytes { bits in
          unsafe tokens.withUnsafeBufferPointer { tokens in
            var bit = 0
            for i in 0..<tokens.count {
              let token = unsafe Int(tokens[i])
              let width = unsafe Int(widths[token])
              let shift = UInt64(truncatingIfNeeded: bit & 7)
              var word =
                unsafe UInt64(
                  littleEndian: bits.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self))
                &>> shift
              if width > 57 {
                let next = unsafe UInt64(bits[(bit &>> 3) &+ 8])
                word |= shift == 0 ? 0 : next &<< (64 &- shift)
              }
              let mask = (1 &<< UInt64(truncatingIfNeeded: width)) &- 1
              unsafe out[i] = bases[token] | (word & mask)
              bit &+= width
            }
          }
        }
      }
    }
  }
}
