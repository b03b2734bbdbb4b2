internal import CZstd
import TickColumns

/// zstd, the only file that touches the library.

/// Frames one after the other are one stream, skippable frames are skipped.
@safe struct ZstdReader: ~Copyable {
  private let context: OpaquePointer
  /// What the last call asked for: 0 means that a frame has just ended.
  private var hint = 1
  private var hasInput = false
  private var mayHoldOutput = false

  /// Streams that need a larger window (zstd --long=28 and up) are refused: the window is memory.
  private static let windowLogMax: Int32 = 27

  init() throws(FormatError) {
    guard let context = unsafe ZSTD_createDCtx() else {
      throw FormatError(.memoryLimitExceeded, "zstd could not start")
    }
    unsafe self.context = context
    unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLogMax)
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  mutating func next(_ input: inout ByteQueue) throws(FormatError) -> [UInt8]? {
    while input.count > 0 || mayHoldOutput {
      if input.count > 0 { hasInput = true }
      var consumed = 0
      var result = 0
      let output = unsafe [UInt8](unsafeUninitializedCapacity: Decompressor.pieceBytesMax) {
        buffer, count in
        unsafe input.waiting.withUnsafeBufferPointer { source in
          var from = unsafe ZSTD_inBuffer(
            src: UnsafeRawPointer(source.baseAddress), size: source.count, pos: 0)
          var to = unsafe ZSTD_outBuffer(
            dst: UnsafeMutableRawPointer(buffer.baseAddress), size: buffer.count, pos: 0)
          unsafe result = ZSTD_decompressStream(context, &to, &from)
          unsafe consumed = from.pos
          unsafe count = to.pos
        }
      }
      if ZSTD_isError(result) != 0 {
        let reason = unsafe String(cString: ZSTD_getErrorName(result))
        throw FormatError(.cannotDecompress, "damaged zstd data: \(reason)")
      }
      hint = result
      input.drop(consumed)
      // A full buffer may mean that more is ready inside.
      mayHoldOutput = output.count == Decompressor.pieceBytesMax
      if !output.isEmpty { return output }
      if consumed == 0 { break }
    }
    return nil
  }

  func finish() throws(FormatError) {
    if hint != 0 || !hasInput {
      throw FormatError(.cannotDecompress, "the zstd stream is cut off")
    }
  }
}

/// Packs a stream as one zstd frame.
@safe struct ZstdWriter: ~Copyable {
  private let context: OpaquePointer

  init(level: Int) throws(FormatError) {
    guard let context = unsafe ZSTD_createCCtx() else {
      throw FormatError(.memoryLimitExceeded, "zstd could not start")
    }
    unsafe self.context = context
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  mutating func write(
    _ bytes: [UInt8], isLast: Bool, into out: inout [UInt8]
  ) throws(FormatError) {
    var taken = 0
    var rest = 1
    while rest > 0 || taken < bytes.count {
      var result = 0
      out += unsafe [UInt8](unsafeUninitializedCapacity: Decompressor.pieceBytesMax) {
        target, count in
        unsafe bytes.withUnsafeBytes { source in
          var from = unsafe ZSTD_inBuffer(
            src: source.baseAddress, size: source.count, pos: taken)
          var to = unsafe ZSTD_outBuffer(
            dst: UnsafeMutableRawPointer(target.baseAddress), size: target.count, pos: 0)
          unsafe result = ZSTD_compressStream2(
            context, &to, &from, isLast ? ZSTD_e_end : ZSTD_e_flush)
          unsafe taken = from.pos
          unsafe count = to.pos
        }
      }
      guard ZSTD_isError(result) == 0 else {
        let reason = unsafe String(cString: ZSTD_getErrorName(result))
        throw FormatError(.memoryLimitExceeded, "zstd could not write: \(reason)")
      }
      rest = result
    }
  }

}

/// Whole frames at once.
public enum ZstdFrame {
  /// One frame; nil where the library has no memory. With `matchMin` shorter repetitions are not looked for (3 to 7): little
  /// but the entropy of the bytes is left, which is read faster.
  public static func compress(_ bytes: [UInt8], level: Int, matchMin: Int? = nil) -> [UInt8]? {
    guard let context = unsafe ZSTD_createCCtx() else { return nil }
    defer { unsafe ZSTD_freeCCtx(context) }
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
    if let matchMin {
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, Int32(matchMin))
    }
    let bound = ZSTD_compressBound(bytes.count)
    var written = 0
    let out = unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      unsafe bytes.withUnsafeBytes { source in
        unsafe written = ZSTD_compress2(
          context, UnsafeMutableRawPointer(target.baseAddress), bound, source.baseAddress,
          source.count)
      }
      count = ZSTD_isError(written) == 0 ? written : 0
    }
    return ZSTD_isError(written) == 0 ? out : nil
  }

  /// One frame of exactly `length` bytes, or an error.
  public static func decompress(
    _ bytes: ArraySlice<UInt8>, length: Int
  ) throws(FormatError) -> [UInt8] {
    var written = 0
    let out = unsafe [UInt8](unsafeUninitializedCapacity: length) { target, count in
      unsafe bytes.withUnsafeBytes { source in
        unsafe written = ZSTD_decompress(
          UnsafeMutableRawPointer(target.baseAddress), length, source.baseAddress, source.count)
      }
      count = ZSTD_isError(written) == 0 ? written : 0
    }
    guard ZSTD_isError(written) == 0, written == length else {
      throw FormatError(.cannotDecompress, "damaged zstd data")
    }
    return out
  }
}
