/// Streams of floats and doubles back into values, bit by bit the ones that were written.

/// The powers of ten that doubles hold exactly.
let decimalPowers: [Double] = (0...BlockLimits.decimalExponentMax).map { exponent in
  var power = 1.0
  // Exact: each product is below 10^22 and has few enough significant bits.
  for _ in 0..<exponent { power *= 10 }
  return power
}

func decodeFloats<Number: StoredFloat>(
  _ reader: inout BlockReader, count: Int, into out: UnsafeMutablePointer<Number>, depth: Int
) throws(EncodingError) {
  guard depth <= BlockLimits.streamDepthMax else { throw EncodingError(.tooDeep) }
  let id = try reader.encodingID()
  switch id {
  case .plain:
    let bytes = unsafe try reader.take(count * Number.byteWidth)
    for i in 0..<count {
      let bits = unsafe bytes.loadUnaligned(
        fromByteOffset: Number.byteWidth &* i, as: Number.Pattern.self)
      unsafe out[i] = Number(bitPattern: Number.Pattern(littleEndian: bits))
    }
  case .constant:
    let value = Number(bitPattern: try reader.number(Number.Pattern.self))
    unsafe out.update(repeating: value, count: count)
  case .runLength:
    let lengths = try readRunLengths(&reader, count: count, depth: depth)
    var values = [Number](repeating: 0, count: lengths.count)
    unsafe try values.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try decodeFloats(&reader, count: lengths.count, into: pointer, depth: depth + 1)
    }
    unsafe spread(values, lengths, into: out, count: count)
  case .dictionary:
    let entries = try reader.count(1...count, of: "dictionary entries")
    var values = [Number](repeating: 0, count: entries)
    unsafe try values.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try decodeFloats(&reader, count: entries, into: pointer, depth: depth + 1)
    }
    let codes = try readCodes(&reader, count: count, entries: entries, depth: depth)
    for i in 0..<count { unsafe out[i] = values[Int(codes[i])] }
  case .scaledDecimal:
    unsafe try decodeDecimals(&reader, count: count, into: out, depth: depth)
  case .frameOfReference, .delta, .plainStrings, .patched, .halves, .bins, .repeats, .multiples,
    .lagged:
    throw EncodingError(.unknownEncoding(id.rawValue))
  }
}

/// The body of a scaled decimal. `origins`, where given, are the doubles that its whole numbers are differences to.
func decodeDecimals<Number: StoredFloat>(
  _ reader: inout BlockReader, count: Int, into out: UnsafeMutablePointer<Number>, depth: Int,
  origins: ArraySlice<Double>? = nil
) throws(EncodingError) {
  let exponent = Int(try reader.number(UInt8.self))
  guard exponent <= BlockLimits.decimalExponentMax else {
    throw EncodingError(.badValue("decimal exponent \(exponent)"))
  }
  let exceptions = try reader.count(0...count, of: "exceptions")
  // Whole numbers and floats have one size, so the numbers are decoded where the floats will be.
  try unsafe out.withMemoryRebound(to: Number.Pattern.self, capacity: count) {
    (numbers) throws(EncodingError) in
    unsafe try decodeIntegers(&reader, count: count, into: numbers, depth: depth + 1)
    guard let origins else { return }
    let first = origins.startIndex
    for i in 0..<count {
      let origin = referenceWholeNumber(origins[first + i], decimalPowers[exponent])
      unsafe numbers[i] &+= Number.Pattern(truncatingIfNeeded: origin)
    }
  }
  let power = decimalPowers[exponent]
  unsafe Number.divide(out, count: count, by: power)
  let positions = try reader.positions(exceptions, below: count)
  for position in positions {
    unsafe out[Int(position)] = Number(bitPattern: try reader.number(Number.Pattern.self))
  }
}
