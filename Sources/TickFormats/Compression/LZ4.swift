internal import CLZ4
import TickColumns

/// LZ4: bare blocks, as the frames of the Native protocol hold them, and the frame format of `lz4` and
/// `Content-Encoding: lz4`. The only file that touches the library.
enum LZ4Block {
  /// The block of some bytes; its length is not in it.
  static func compress(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    // The bound holds for all inputs below 2 GiB; callers cut theirs to a MiB.
    let bound = Int(LZ4_compressBound(Int32(bytes.count)))
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      unsafe bytes.withUnsafeBufferPointer { source in
        unsafe count = Int(
          LZ4_compress_default(
            UnsafeRawPointer(source.baseAddress)?.assumingMemoryBound(to: CChar.self),
            UnsafeMutableRawPointer(target.baseAddress)?.assumingMemoryBound(to: CChar.self),
            Int32(source.count), Int32(bound)))
      }
    }
  }

  /// Exactly `length` bytes, or an error.
  static func decompress(
    _ bytes: ArraySlice<UInt8>, length: Int
  ) throws(FormatError) -> [UInt8] {
    var written: Int32 = 0
    let out = unsafe [UInt8](unsafeUninitializedCapacity: length) { target, count in
      unsafe bytes.withUnsafeBufferPointer { source in
        unsafe written = LZ4_decompress_safe(
          UnsafeRawPointer(source.baseAddress)?.assumingMemoryBound(to: CChar.self),
          UnsafeMutableRawPointer(target.baseAddress)?.assumingMemoryBound(to: CChar.self),
          Int32(source.count), Int32(length))
      }
      count = Int(max(0, written))
    }
    guard Int(written) == length else {
      throw FormatError(.cannotDecompress, "damaged LZ4 data")
    }
    return out
  }
}

/// The LZ4 frame format: frames one after the other are one stream.
@safe struct LZ4Reader: ~Copyable {
  private let context: OpaquePointer
  /// What the last call asked for: 0 means that a frame has just ended.
  private var hint = 1
  private var hasInput = false
  private var mayHoldOutput = false

  init() throws(FormatError) {
    var context: OpaquePointer?
    let status = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(status) == 0, let context = unsafe context else {
      throw FormatError(.memoryLimitExceeded, "lz4 could not start")
    }
    unsafe self.context = context
  }

  deinit { unsafe LZ4F_freeDecompressionContext(context) }

  mutating func next(_ input: inout ByteQueue) throws(FormatError) -> [UInt8]? {
    while input.count > 0 || mayHoldOutput {
      if input.count > 0 { hasInput = true }
      var consumed = 0
      var result = 0
      let output = unsafe [UInt8](unsafeUninitializedCapacity: Decompressor.pieceBytesMax) {
        buffer, count in
        unsafe input.waiting.withUnsafeBufferPointer { source in
          var taken = source.count
          var given = buffer.count
          unsafe result = LZ4F_decompress(
            context, UnsafeMutableRawPointer(buffer.baseAddress), &given,
            UnsafeRawPointer(source.baseAddress), &taken, nil)
          consumed = taken
          count = LZ4F_isError(result) == 0 ? given : 0
        }
      }
      if LZ4F_isError(result) != 0 {
        let reason = unsafe String(cString: LZ4F_getErrorName(result))
        throw FormatError(.cannotDecompress, "damaged lz4 data: \(reason)")
      }
      hint = result
      input.drop(consumed)
      mayHoldOutput = output.count == Decompressor.pieceBytesMax
      if !output.isEmpty { return output }
      if consumed == 0 { break }
    }
    return nil
  }

  func finish() throws(FormatError) {
    if hint != 0 || !hasInput {
      throw FormatError(.cannotDecompress, "the lz4 stream is cut off")
    }
  }
}

/// Writes one LZ4 frame.
@safe struct LZ4Writer: ~Copyable {
  private let context: OpaquePointer
  private var hasBegun = false

  init() throws(FormatError) {
    var context: OpaquePointer?
    let status = unsafe LZ4F_createCompressionContext(&context, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(status) == 0, let context = unsafe context else {
      throw FormatError(.memoryLimitExceeded, "lz4 could not start")
    }
    unsafe self.context = context
  }

  deinit { unsafe LZ4F_freeCompressionContext(context) }

  mutating func write(
    _ bytes: [UInt8], isLast: Bool, into out: inout [UInt8]
  ) throws(FormatError) {
    if !hasBegun {
      hasBegun = true
      try unsafe append(Self.headerBytesMax, to: &out) { target, room in
        unsafe LZ4F_compressBegin(context, target, room, nil)
      }
    }
    let bound = LZ4F_compressBound(bytes.count, nil)
    if !bytes.isEmpty {
      try unsafe append(bound, to: &out) { target, room in
        unsafe bytes.withUnsafeBytes { source in
          unsafe LZ4F_compressUpdate(context, target, room, source.baseAddress, source.count, nil)
        }
      }
    }
    let rest = LZ4F_compressBound(0, nil)
    try unsafe append(rest, to: &out) { target, room in
      unsafe isLast
        ? LZ4F_compressEnd(context, target, room, nil)
        : LZ4F_flush(context, target, room, nil)
    }
  }

  /// The most bytes of a frame's header, by the format.
  private static let headerBytesMax = 19

  private func append(
    _ room: Int, to out: inout [UInt8], _ body: (UnsafeMutableRawPointer?, Int) -> Int
  ) throws(FormatError) {
    var result = 0
    out += unsafe [UInt8](unsafeUninitializedCapacity: room) { target, count in
      unsafe result = body(UnsafeMutableRawPointer(target.baseAddress), room)
      count = LZ4F_isError(result) == 0 ? result : 0
    }
    guard LZ4F_isError(result) == 0 else {
      let reason = unsafe String(cString: LZ4F_getErrorName(result))
      throw FormatError(.memoryLimitExceeded, "lz4 could not write: \(reason)")
    }
  }
}
