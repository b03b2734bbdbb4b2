/// Streams of integers back into values. Signed and unsigned types share everything here: values are bit
/// patterns and arithmetic is modulo the width, as the specification says.
///
/// Invariants:
/// 1. Exactly `count` values are written to `out`, or an error is thrown; `out` has room for them.
/// 2. Work and memory are bounded by `count` times the nesting limit, whatever the bytes say.

internal import CTickKernels

typealias BitPattern = FixedWidthInteger & UnsignedInteger & Sendable & BitwiseCopyable

func decodeIntegers<Number: BitPattern>(
  _ reader: inout BlockReader, count: Int, into out: UnsafeMutablePointer<Number>, depth: Int
) throws(EncodingError) {
  guard depth <= BlockLimits.streamDepthMax else { throw EncodingError(.tooDeep) }
  let id = try reader.encodingID()
  switch id {
  case .plain:
    let bytes = unsafe try reader.take(count * (Number.bitWidth / 8))
    for i in 0..<count {
      let offset = i &* (Number.bitWidth / 8)
      unsafe out[i] = Number(
        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
  case .constant:
    unsafe out.update(repeating: try reader.shortNumber(Number.self), count: count)
  case .frameOfReference:
    let width = Int(try reader.number(UInt8.self))
    guard width <= Number.bitWidth else { throw EncodingError(.badWidth(width)) }
    let origin = try reader.shortNumber(Number.self)
    unsafe try reader.packed(count, width: width).unpack(origin: origin, into: out)
  case .delta:
    guard count >= 2 else { throw EncodingError(.badCount("differences of one value")) }
    unsafe out[0] = try reader.shortNumber(Number.self)
    unsafe try decodeIntegers(&reader, count: count - 1, into: out + 1, depth: depth + 1)
    var sum = unsafe out[0]
    for i in 1..<count {
      sum = unsafe sum &+ out[i]
      unsafe out[i] = sum
    }
  case .runLength:
    let lengths = try readRunLengths(&reader, count: count, depth: depth)
    var values = [Number](repeating: 0, count: lengths.count)
    unsafe try values.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try decodeIntegers(&reader, count: lengths.count, into: pointer, depth: depth + 1)
    }
    unsafe spread(values, lengths, into: out, count: count)
  case .dictionary:
    let entries = try reader.count(1...count, of: "dictionary entries")
    var values = [Number](repeating: 0, count: entries)
    unsafe try values.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try decodeIntegers(&reader, count: entries, into: pointer, depth: depth + 1)
    }
    let codes = try readCodes(&reader, count: count, entries: entries, depth: depth)
    for i in 0..<count { unsafe out[i] = values[Int(codes[i])] }
  case .patched:
    let patches = try reader.count(1...count, of: "patches")
    unsafe try decodeIntegers(&reader, count: count, into: out, depth: depth + 1)
    let positions = try reader.positions(patches, below: count)
    var values = [Number](repeating: 0, count: patches)
    unsafe try values.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try decodeIntegers(&reader, count: patches, into: pointer, depth: depth + 1)
    }
    for i in 0..<patches { unsafe out[Int(positions[i])] = values[i] }
  case .bins: unsafe try decodeBins(&reader, count: count, into: out, depth: depth)
  case .repeats: unsafe try decodeRepeats(&reader, count: count, into: out, depth: depth)
  case .lagged:
    let lag = Int(try reader.number(UInt8.self))
    guard (2...BlockLimits.lagMax).contains(lag), lag < count else {
      throw EncodingError(.badCount("a lag of \(lag) in \(count) values"))
    }
    for i in 0..<lag { unsafe out[i] = try reader.shortNumber(Number.self) }
    unsafe try decodeIntegers(&reader, count: count - lag, into: out + lag, depth: depth + 1)
    for i in lag..<count { unsafe out[i] &+= out[i - lag] }
  case .multiples:
    let scale = try reader.shortNumber(Number.self)
    let remainder = try reader.shortNumber(Number.self)
    unsafe try decodeIntegers(&reader, count: count, into: out, depth: depth + 1)
    for i in 0..<count { unsafe out[i] = out[i] &* scale &+ remainder }
  case .scaledDecimal, .plainStrings, .halves:
    throw EncodingError(.unknownEncoding(id.rawValue))
  }
}

/// The lengths of the runs of a run-length stream; they add up to `count`.
func readRunLengths(
  _ reader: inout BlockReader, count: Int, depth: Int
) throws(EncodingError) -> [UInt64] {
  let runs = try reader.count(1...count, of: "runs")
  let lengths = try readSmallNumbers(&reader, count: runs, depth: depth).map { UInt64($0) + 1 }
  // At most 1,024 runs of at most 65,536: no overflow.
  let total = lengths.reduce(0) { $0 + Int($1) }
  guard total == count else {
    throw EncodingError(.badCount("runs of \(total) values together where \(count) are expected"))
  }
  return lengths
}

/// A stream of kind integer 16 inside another one.
private func readSmallNumbers(
  _ reader: inout BlockReader, count: Int, depth: Int
) throws(EncodingError) -> [UInt16] {
  var numbers = [UInt16](repeating: 0, count: count)
  unsafe try numbers.withMutablePointer { (pointer) throws(EncodingError) in
    unsafe try decodeIntegers(&reader, count: count, into: pointer, depth: depth + 1)
  }
  return numbers
}

/// Repeats each value as often as its run is long; the lengths add up to `count`.
@inline(__always)
func spread<Element: BitwiseCopyable>(
  _ values: [Element], _ lengths: [UInt64], into out: UnsafeMutablePointer<Element>, count: Int
) {
  if MemoryLayout<Element>.size == 8 {
    unsafe values.withUnsafeBytes { values in
      unsafe lengths.withUnsafeBufferPointer { lengths in
        guard let first = values.baseAddress, let length = lengths.baseAddress else { return }
        unsafe tick_spread(
          first.assumingMemoryBound(to: UInt64.self), length, lengths.count,
          UnsafeMutableRawPointer(out).assumingMemoryBound(to: UInt64.self), count)
      }
    }
    return
  }
  var position = 0
  for run in 0..<lengths.count {
    let value = values[run]
    let length = Int(lengths[run])
    // As the kernel does it for 8 bytes: stores without a branch, of which the next runs overwrite what is too much.
    if position &+ 8 <= count {
      let place = unsafe out + position
      for i in 0..<8 { unsafe place[i] = value }
      if length > 8 { unsafe (place + 8).update(repeating: value, count: length &- 8) }
    } else {
      unsafe (out + position).update(repeating: value, count: length)
    }
    position &+= length
  }
}

/// Dictionary codes, each below `entries`.
func readCodes(
  _ reader: inout BlockReader, count: Int, entries: Int, depth: Int
) throws(EncodingError) -> [UInt16] {
  let codes = try readSmallNumbers(&reader, count: count, depth: depth)
  var largest: UInt16 = 0
  for code in codes { largest = max(largest, code) }
  guard Int(largest) < entries else {
    throw EncodingError(.badValue("code \(largest) in a dictionary of \(entries) entries"))
  }
  return codes
}

extension Array {
  /// Lends the address of the elements; an empty array lends one that must not be touched.
  mutating func withMutablePointer<Failure: Error>(
    _ body: (UnsafeMutablePointer<Element>) throws(Failure) -> Void
  ) throws(Failure) {
    guard !isEmpty else { return }
    unsafe try withUnsafeMutableBufferPointer { (buffer) throws(Failure) in
      if let base = buffer.baseAddress { unsafe try body(base) }
    }
  }
}
