/// Streams of strings back into values.
///
/// Invariant: what is appended to `out` never exceeds `rawBytesMax` of the block, checked before bytes are
/// copied, so a few bytes that expand cannot exhaust memory.

/// How long the strings of a stream are: each as long as it says, or all as long as their type.
enum StringShape: Hashable {
  case free
  case fixed(Int)

  init(_ type: DataType) {
    if case .fixedString(let width) = type.withoutNullable {
      self = .fixed(width)
    } else {
      self = .free
    }
  }
}

/// Strings under construction; `StringValues` without its checks per append.
struct StringSink {
  var offsets: [Int] = [0]
  var bytes: [UInt8] = []

  var count: Int { offsets.count - 1 }

  mutating func append(from address: UnsafeRawPointer, count: Int) {
    unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: address, count: count))
    offsets.append(bytes.count)
  }

  /// Strings back to back, `count` bytes together.
  mutating func append(_ lengths: [UInt32], from address: UnsafeRawPointer, count: Int) {
    var end = bytes.count
    unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: address, count: count))
    offsets.reserveCapacity(offsets.count + lengths.count)
    for length in lengths {
      end += Int(length)
      offsets.append(end)
    }
  }

  mutating func append(_ string: ArraySlice<UInt8>) {
    bytes.append(contentsOf: string)
    offsets.append(bytes.count)
  }

  subscript(index: Int) -> ArraySlice<UInt8> { bytes[offsets[index]..<offsets[index + 1]] }
}

func decodeStrings(
  _ reader: inout BlockReader, _ shape: StringShape, count: Int, into out: inout StringSink,
  rawBytesMax: Int, depth: Int
) throws(EncodingError) {
  guard depth <= BlockLimits.streamDepthMax else { throw EncodingError(.tooDeep) }
  let id = try reader.encodingID()
  switch (id, shape) {
  case (.plain, .fixed(let width)):
    // At most 1,024 strings of 16 MiB.
    let total = count * width
    guard total <= rawBytesMax else { throw EncodingError(.tooLarge(bytes: total)) }
    let lengths = [UInt32](repeating: UInt32(width), count: count)
    unsafe out.append(lengths, from: try reader.take(total), count: total)
  case (.plainStrings, .free):
    var lengths = [UInt32](repeating: 0, count: count)
    unsafe try lengths.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try decodeIntegers(&reader, count: count, into: pointer, depth: depth + 1)
    }
    // At most 1,024 lengths of 32 bits: no overflow.
    let total = lengths.reduce(0) { $0 + Int($1) }
    guard total <= rawBytesMax else { throw EncodingError(.tooLarge(bytes: total)) }
    guard total <= reader.remaining else {
      throw EncodingError(.tooShort(needed: total, available: reader.remaining))
    }
    unsafe out.append(lengths, from: try reader.take(total), count: total)
  case (.constant, _):
    let length =
      if case .fixed(let width) = shape { width } else { Int(try reader.number(UInt32.self)) }
    let address = unsafe try reader.take(length)
    // The length is at most the block's own, so the product is far below 2^63.
    guard length * count <= rawBytesMax else {
      throw EncodingError(.tooLarge(bytes: length * count))
    }
    for _ in 0..<count { unsafe out.append(from: address, count: length) }
  case (.runLength, _):
    let lengths = try readRunLengths(&reader, count: count, depth: depth)
    var values = StringSink()
    try decodeStrings(
      &reader, shape, count: lengths.count, into: &values, rawBytesMax: rawBytesMax,
      depth: depth + 1)
    var total = 0
    for (run, length) in lengths.enumerated() { total += values[run].count * Int(length) }
    guard total <= rawBytesMax else { throw EncodingError(.tooLarge(bytes: total)) }
    for (run, length) in lengths.enumerated() {
      for _ in 0..<length { out.append(values[run]) }
    }
  case (.dictionary, _):
    let entries = try reader.count(1...count, of: "dictionary entries")
    var values = StringSink()
    try decodeStrings(
      &reader, shape, count: entries, into: &values, rawBytesMax: rawBytesMax, depth: depth + 1)
    let codes = try readCodes(&reader, count: count, entries: entries, depth: depth)
    var total = 0
    for code in codes { total += values[Int(code)].count }
    guard total <= rawBytesMax else { throw EncodingError(.tooLarge(bytes: total)) }
    for code in codes { out.append(values[Int(code)]) }
  case (.plain, _), (.plainStrings, _), (.frameOfReference, _), (.delta, _), (.scaledDecimal, _),
    (.patched, _), (.halves, _), (.bins, _), (.repeats, _), (.multiples, _),
    (.lagged, _):
    throw EncodingError(.unknownEncoding(id.rawValue))
  }
}
