/// Streams of numbers outside of blocks: what a directory keeps of many blocks packs as blocks do.

/// Appends streams to bytes.
public enum NumberStream {
  /// Kind integer of the numbers' width. `values` has one to 1,024 of them.
  @_specialize(where Number == UInt16)
  @_specialize(where Number == UInt32)
  @_specialize(where Number == UInt64)
  public static func append<Number: FixedWidthInteger>(
    _ values: [Number], into out: inout [UInt8]
  ) {
    precondition((1...BlockLimits.rowsMax).contains(values.count), "a stream has 1 to 1,024 values")
    let shape = IntegerShape(byteWidth: Number.bitWidth / 8, isSigned: Number.isSigned)
    planIntegers(values.map { Int64(truncatingIfNeeded: $0) }, shape)
      .write(shape, into: &out)
  }

  /// Kind double.
  public static func append(_ values: [Double], into out: inout [UInt8]) {
    precondition((1...BlockLimits.rowsMax).contains(values.count), "a stream has 1 to 1,024 values")
    planFloats(values).write(into: &out)
  }
}

/// Reads streams, numbers and bitmaps one after the other and never past the end.
public struct NumberStreamReader {
  private let bytes: ArraySlice<UInt8>
  private var position = 0

  public init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
  }

  public var remaining: Int { bytes.count - position }

  public mutating func byte() throws(EncodingError) -> UInt8 {
    try with { (reader) throws(EncodingError) in try reader.number(UInt8.self) }
  }

  /// One bit for each of `count` things, the lowest of each byte first; bits past the last are zero.
  public mutating func bitmap(count: Int) throws(EncodingError) -> [Bool] {
    var out: [Bool] = []
    out.reserveCapacity(count)
    for start in stride(from: 0, to: count, by: 8) {
      let byte = try byte()
      let here = min(8, count - start)
      guard here == 8 || byte >> UInt8(here) == 0 else {
        throw EncodingError(.badValue("bits past the last of a bitmap"))
      }
      for bit in 0..<here { out.append(byte >> UInt8(bit) & 1 != 0) }
    }
    return out
  }

  /// A stream of `count` (1 to 1,024) values of kind integer of the number's width.
  // Other rooms call it: without these they would run the unspecialized decoder, many times slower.
  @_specialize(where Number == UInt16)
  @_specialize(where Number == UInt32)
  @_specialize(where Number == UInt64)
  public mutating func integers<
    Number: FixedWidthInteger & UnsignedInteger & Sendable & BitwiseCopyable
  >(
    _ type: Number.Type, count: Int
  ) throws(EncodingError) -> [Number] {
    var out = [Number](repeating: 0, count: count)
    try with { (reader) throws(EncodingError) in
      unsafe try out.withMutablePointer { (pointer) throws(EncodingError) in
        unsafe try decodeIntegers(&reader, count: count, into: pointer, depth: 1)
      }
    }
    return out
  }

  /// A stream of `count` (1 to 1,024) values of kind double.
  public mutating func doubles(count: Int) throws(EncodingError) -> [Double] {
    var out = [Double](repeating: 0, count: count)
    try with { (reader) throws(EncodingError) in
      unsafe try out.withMutablePointer { (pointer) throws(EncodingError) in
        unsafe try decodeFloats(&reader, count: count, into: pointer, depth: 1)
      }
    }
    return out
  }

  private mutating func with<Result>(
    _ body: (inout BlockReader) throws(EncodingError) -> Result
  ) throws(EncodingError) -> Result {
    let start = position
    let (result, end) = unsafe try bytes.withUnsafeBufferPointer {
      (buffer) throws(EncodingError) -> (Result, Int) in
      let rest = unsafe UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: buffer[start...]))
      var reader = unsafe BlockReader(rest)
      return (try body(&reader), start + reader.position)
    }
    position = end
    return result
  }
}
