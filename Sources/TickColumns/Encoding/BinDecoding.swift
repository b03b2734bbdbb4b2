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
  let values = unsafe try [Number](unsafeUninitializedCapacity: place) {
    (buffer, filled) throws(EncodingError) in
    guard let pointer = buffer.baseAddress else { return }
    for bin in 0..<binCount {
      let packed = try reader.packed(Int(counts[bin]), width: heads[bin].width)
      let start = unsafe pointer + Int(starts[bin])
      unsafe packed.unpack(origin: heads[bin].base, into: start)
      unsafe (start + packed.count).initialize(repeating: 0, count: kernelSlack)
    }
    filled = place
  }
  unsafe values.withUnsafeBufferPointer { values in
    guard let pointer = values.baseAddress else { return }
    if Number.bitWidth == 64 {
      unsafe out.withMemoryRebound(to: UInt64.self, capacity: count) { out in
        unsafe pointer.withMemoryRebound(to: UInt64.self, capacity: place) { values in
          unsafe tick_merge_bins(selectors, count, values, starts, binCount, out)
        }
      }
    } else {
      for i in 0..<count {
        let bin = Int(selectors[i])
        unsafe out[i] = pointer[Int(starts[bin])]
        starts[bin] &+= 1
      }
    }
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
  let values = unsafe try [Number](unsafeUninitializedCapacity: distinct + kernelSlack) {
    (buffer, filled) throws(EncodingError) in
    guard let pointer = buffer.baseAddress else { return }
    unsafe try decodeIntegers(&reader, count: distinct, into: pointer, depth: depth + 1)
    unsafe (pointer + distinct).initialize(repeating: 0, count: kernelSlack)
    filled = distinct + kernelSlack
  }
  unsafe values.withUnsafeBufferPointer { values in
    guard let pointer = values.baseAddress else { return }
    if Number.bitWidth == 64 {
      unsafe out.withMemoryRebound(to: UInt64.self, capacity: count) { out in
        unsafe pointer.withMemoryRebound(to: UInt64.self, capacity: distinct) { values in
          unsafe tick_expand_repeats(changes, values, count, out)
        }
      }
    } else {
      var next = 0
      unsafe out[0] = pointer[0]
      for i in 0..<(count - 1) {
        next &+= Int(changes[i >> 3] >> UInt8(i & 7) & 1)
        unsafe out[i + 1] = pointer[next]
      }
    }
  }
}
