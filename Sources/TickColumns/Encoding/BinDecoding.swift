/// Bins and repeats back into values: both lie apart on disk and are merged by a kernel.

internal import CTickKernels

/// Numbers after the last one of a part that a kernel may load and does not use.
private let kernelSlack = 4

func decodeBins<Number: BitPattern>(
  _ reader: inout BlockReader, count: Int, into out: UnsafeMutablePointer<Number>, depth: Int
) throws(EncodingError) {
  let binCount = Int(try reader.number(UInt8.self))
  guard (2...Int(TICK_BINS_READ_MAX)).contains(binCount) else {
    throw EncodingError(.badCount("\(binCount) bins where 2 to \(TICK_BINS_READ_MAX) can be"))
  }
  var heads: [(width: Int, base: Number)] = []
  heads.reserveCapacity(binCount)
  for _ in 0..<binCount {
    let width = Int(try reader.number(UInt8.self))
    guard width <= Number.bitWidth else { throw EncodingError(.badWidth(width)) }
    heads.append((width, try reader.shortNumber(Number.self)))
  }
  let selectors = unsafe try [UInt8](unsafeUninitializedCapacity: count) {
    (buffer, filled) throws(EncodingError) in
    guard let pointer = buffer.baseAddress else { return }
    unsafe try decodeIntegers(&reader, count: count, into: pointer, depth: depth + 1)
    filled = count
  }
  var counts = [UInt32](repeating: 0, count: binCount)
  unsafe tick_count_bins(selectors, count, binCount, &counts)
  // At most 1,024 values.
  guard counts.reduce(0, +) == UInt32(count) else {
    throw EncodingError(.badValue("a value in bin \(selectors.max() ?? 0) of \(binCount)"))
  }
  // Each bin's values where the kernel finds them, with room after each.
  var starts = [UInt32](repeating: 0, count: binCount)
  var place = 0
  for bin in 0..<binCount {
    starts[bin] = UInt32(place)
    place += Int(counts[bin]) + kernelSlack
  }
  // Kernels are for 64-bit numbers; narrower ones are cut to their width at the end.
  let values = unsafe try [UInt64](unsafeUninitializedCapacity: place) {
    (buffer, filled) throws(EncodingError) in
    guard let pointer = buffer.baseAddress else { return }
    for bin in 0..<binCount {
      let packed = try reader.packed(Int(counts[bin]), width: heads[bin].width)
      let start = unsafe pointer + Int(starts[bin])
      unsafe packed.unpack(origin: UInt64(heads[bin].base), into: start)
      unsafe (start + packed.count).initialize(repeating: 0, count: kernelSlack)
    }
    filled = place
  }
  unsafe inWords(out, count: count) { words in
    unsafe tick_merge_bins(selectors, count, values, starts, binCount, words)
  }
}

/// Lends room for 64-bit numbers and leaves them in `out`, cut to its width.
@inline(__always)
private func inWords<Number: BitPattern>(
  _ out: UnsafeMutablePointer<Number>, count: Int, _ body: (UnsafeMutablePointer<UInt64>) -> Void
) {
  if Number.bitWidth == 64 {
    unsafe out.withMemoryRebound(to: UInt64.self, capacity: count) { unsafe body($0) }
    return
  }
  unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { words in
    guard let base = words.baseAddress else { return }
    unsafe body(base)
    for i in 0..<count { unsafe out[i] = Number(truncatingIfNeeded: base[i]) }
  }
}

func decodeRepeats<Number: BitPattern>(
  _ reader: inout BlockReader, count: Int, into out: UnsafeMutablePointer<Number>, depth: Int
) throws(EncodingError) {
  guard count >= 2 else { throw EncodingError(.badCount("repeats of one value")) }
  let byteCount = (count + 6) / 8
  let marks = unsafe try reader.take(byteCount)
  var changes = [UInt8](repeating: 0, count: byteCount)
  var distinct = 1
  for i in 0..<byteCount {
    let byte = unsafe marks.load(fromByteOffset: i, as: UInt8.self)
    changes[i] = byte
    distinct += byte.nonzeroBitCount
  }
  let spare = (count - 1) & 7
  guard spare == 0 || changes[byteCount - 1] >> UInt8(spare) == 0 else {
    throw EncodingError(.badValue("marks of repeats past the last value"))
  }
  let values = unsafe try [Number](unsafeUninitializedCapacity: distinct) {
    (buffer, filled) throws(EncodingError) in
    guard let pointer = buffer.baseAddress else { return }
    unsafe try decodeIntegers(&reader, count: distinct, into: pointer, depth: depth + 1)
    filled = distinct
  }
  // The kernel is for 64-bit numbers, and reads some after the last.
  var words = [UInt64](repeating: 0, count: distinct + kernelSlack)
  for i in 0..<distinct { words[i] = UInt64(values[i]) }
  unsafe inWords(out, count: count) { unsafe tick_expand_repeats(changes, words, count, $0) }
}
