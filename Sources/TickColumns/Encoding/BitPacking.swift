/// Numbers of a few bits each, back to back: the inner loop of every scan and of every flush.
///
/// Number `i` takes the bits `i * width ..< (i + 1) * width` of the little-endian bit string, lowest bit first.
///
/// Invariants:
/// 1. Unpacking reads nothing outside `byteCount` bytes; the last numbers, where an 8-byte load would cross
///    the end, are put together byte by byte.
/// 2. Nothing here fails: widths and lengths were checked by whoever made the `PackedNumbers`.

internal import CTickKernels

/// Packed numbers in borrowed memory.
@safe struct PackedNumbers {
  fileprivate let base: UnsafeRawPointer
  fileprivate let byteCount: Int
  let width: Int
  let count: Int

  init(base: UnsafeRawPointer, byteCount: Int, width: Int, count: Int) {
    precondition(width >= 0 && width <= 64 && byteCount * 8 >= count * width, "packed past the end")
    unsafe self.base = unsafe base
    self.byteCount = byteCount
    self.width = width
    self.count = count
  }

  /// How many numbers from the first can be loaded with 8 bytes from the byte where they begin.
  private var loadable: Int {
    byteCount < 8 ? 0 : min(count, ((byteCount - 8) * 8 + 7) / width + 1)
  }

  /// One number, put together byte by byte.
  private func number(at index: Int) -> UInt64 {
    let bit = index * width
    var value: UInt64 = 0
    var have = -(bit & 7)
    var byte = bit >> 3
    while have < width {
      let next = unsafe UInt64(base.load(fromByteOffset: byte, as: UInt8.self))
      value |= have < 0 ? next >> UInt64(-have) : next << UInt64(have)
      have += 8
      byte += 1
    }
    return width == 64 ? value : value & ((1 << UInt64(width)) - 1)
  }

  /// `out[i] = origin + number(i)`, modulo the width of the numbers.
  @inline(__always)
  func unpack<Number: FixedWidthInteger & UnsignedInteger>(
    origin: Number, into out: UnsafeMutablePointer<Number>
  ) {
    if width == 0 {
      unsafe out.update(repeating: origin, count: count)
      return
    }
    // The kernel of the numbers' width, if there is one.
    var done = unsafe unpack(origin, out, tick_unpack)
    if done == 0 { done = unsafe unpack(origin, out, tick_unpack_bytes) }
    // 57 bits and the 7 before them still fit one load.
    if width <= 57 {
      let first = done
      done = max(first, loadable)
      let mask: UInt64 = (1 << UInt64(width)) - 1
      let source = unsafe base
      let step = width
      var bit = first &* width
      for i in first..<done {
        let word = unsafe UInt64(
          littleEndian: source.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self))
        let number = (word &>> UInt64(truncatingIfNeeded: bit & 7)) & mask
        unsafe out[i] = origin &+ Number(truncatingIfNeeded: number)
        bit &+= step
      }
    } else if width == 64 {
      done = count
      for i in 0..<count {
        let number = unsafe UInt64(
          littleEndian: base.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))
        unsafe out[i] = origin &+ Number(truncatingIfNeeded: number)
      }
    }
    for i in done..<count {
      unsafe out[i] = origin &+ Number(truncatingIfNeeded: number(at: i))
    }
  }
}

extension PackedNumbers {
  /// As many numbers as a kernel for integers of their width takes; gives how many it wrote.
  @inline(__always)
  private func unpack<Number: FixedWidthInteger & UnsignedInteger, Lane: FixedWidthInteger>(
    _ origin: Number, _ out: UnsafeMutablePointer<Number>,
    _ kernel: (UnsafePointer<UInt8>, Int, UInt32, Int, Lane, UnsafeMutablePointer<Lane>) -> Int
  ) -> Int {
    guard Number.bitWidth == Lane.bitWidth else { return 0 }
    return unsafe out.withMemoryRebound(to: Lane.self, capacity: count) { out in
      unsafe kernel(
        base.assumingMemoryBound(to: UInt8.self), byteCount, UInt32(width), count,
        Lane(truncatingIfNeeded: origin), out)
    }
  }
}

extension [UInt8] {
  /// Appends numbers of `width` bits each; bits above the width must be zero.
  mutating func appendPacked(_ numbers: [UInt64], width: Int) {
    guard width > 0 else { return }
    reserveCapacity(count + (numbers.count * width + 7) / 8)
    var pending: UInt64 = 0
    var have = 0
    for number in numbers {
      pending |= number &<< UInt64(truncatingIfNeeded: have)
      have &+= width
      if have >= 64 {
        appendLittleEndian(pending)
        have &-= 64
        // What of the number did not fit: nothing when it ended with the word.
        pending = have == 0 ? 0 : number &>> UInt64(truncatingIfNeeded: width &- have)
      }
    }
    while have > 0 {
      append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      have -= 8
    }
  }
}

/// How many bits a number needs.
@inline(__always)
func bitLength(_ number: UInt64) -> Int {
  64 - number.leadingZeroBitCount
}
