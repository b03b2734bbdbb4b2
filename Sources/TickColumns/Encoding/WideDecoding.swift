/// Streams of integers of 128 bits back into values, as bit patterns.

func decodeWide(
  _ reader: inout BlockReader, count: Int, into out: UnsafeMutablePointer<UInt128>, depth: Int
) throws(EncodingError) {
  guard depth <= BlockLimits.streamDepthMax else { throw EncodingError(.tooDeep) }
  let id = try reader.encodingID()
  switch id {
  case .plain:
    let bytes = unsafe try reader.take(count * 16)
    for i in 0..<count {
      unsafe out[i] = UInt128(
        littleEndian: bytes.loadUnaligned(fromByteOffset: 16 &* i, as: UInt128.self))
    }
  case .constant:
    unsafe out.update(repeating: try reader.number(UInt128.self), count: count)
  case .halves:
    var half = [UInt64](repeating: 0, count: count)
    unsafe try half.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try decodeIntegers(&reader, count: count, into: pointer, depth: depth + 1)
    }
    for i in 0..<count { unsafe out[i] = UInt128(half[i]) }
    unsafe try half.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try decodeIntegers(&reader, count: count, into: pointer, depth: depth + 1)
    }
    for i in 0..<count { unsafe out[i] |= UInt128(half[i]) << 64 }
  case .runLength:
    let lengths = try readRunLengths(&reader, count: count, depth: depth)
    var values = [UInt128](repeating: 0, count: lengths.count)
    unsafe try values.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try decodeWide(&reader, count: lengths.count, into: pointer, depth: depth + 1)
    }
    unsafe spread(values, lengths, into: out, count: count)
  case .dictionary:
    let entries = try reader.count(1...count, of: "dictionary entries")
    var values = [UInt128](repeating: 0, count: entries)
    unsafe try values.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try decodeWide(&reader, count: entries, into: pointer, depth: depth + 1)
    }
    let codes = try readCodes(&reader, count: count, entries: entries, depth: depth)
    for i in 0..<count { unsafe out[i] = values[Int(codes[i])] }
  case .frameOfReference, .delta, .scaledDecimal, .plainStrings, .patched, .bins, .repeats,
    .multiples, .lagged:
    throw EncodingError(.unknownEncoding(id.rawValue))
  }
}
