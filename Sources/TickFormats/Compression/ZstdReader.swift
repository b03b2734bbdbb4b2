internal import CZstd
import TickColumns

/// zstd: frames one after the other are one stream, skippable frames are skipped. The only file that touches the
/// library.
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
