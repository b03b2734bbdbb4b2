internal import CZlib
import TickColumns

/// zlib's inflate and deflate, and its CRC-32: the only file that touches the library.

/// What stands around deflate data.
enum ZlibFraming {
  case gzip, zlib, raw

  var windowBits: Int32 {
    switch self {
    case .gzip: 15 + 16
    case .zlib: 15
    case .raw: -15
    }
  }
}

@safe struct InflateStream: ~Copyable {

  /// zlib keeps the address, so the state must not move.
  private let stream: UnsafeMutablePointer<z_stream>

  init(_ framing: ZlibFraming) throws(FormatError) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let status = unsafe inflateInit2_(
      stream, framing.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      // Nothing was set up, so there is nothing to end; the memory goes with `deinit`.
      throw FormatError(.memoryLimitExceeded, "zlib could not start (\(status))")
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deinitialize(count: 1)
    unsafe stream.deallocate()
  }

  /// What one step came to.
  struct Step {
    var output: [UInt8]
    var consumed: Int
    /// The member or the raw stream is complete, checksums included.
    var isEnd: Bool
  }

  /// Unpacks at most `outputMax` bytes from the beginning of `input`.
  mutating func step(_ input: ArraySlice<UInt8>, outputMax: Int) throws(FormatError) -> Step {
    var status: Int32 = Z_OK
    var consumed = 0
    // Counts of zlib have 32 bits; a chunk of input is far below, and is cut to be sure.
    let available = min(input.count, 1 << 30)
    let output = unsafe [UInt8](unsafeUninitializedCapacity: outputMax) { buffer, count in
      unsafe input.withUnsafeBufferPointer { source in
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(available)
        unsafe stream.pointee.next_out = buffer.baseAddress
        unsafe stream.pointee.avail_out = UInt32(outputMax)
        unsafe status = inflate(stream, Z_NO_FLUSH)
        consumed = unsafe available - Int(stream.pointee.avail_in)
        count = unsafe outputMax - Int(stream.pointee.avail_out)
        unsafe stream.pointee.next_in = nil
        unsafe stream.pointee.next_out = nil
      }
    }
    switch status {
    case Z_OK, Z_STREAM_END: break
    // No progress was possible: more input is needed.
    case Z_BUF_ERROR: break
    default:
      let reason = unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "code \(status)"
      throw FormatError(.cannotDecompress, "damaged deflate data: \(reason)")
    }
    return Step(output: output, consumed: consumed, isEnd: status == Z_STREAM_END)
  }

  /// Makes ready for the next member.
  mutating func reset() {
    unsafe inflateReset(stream)
  }

  /// CRC-32 as gzip and zip use it, continued from `crc`.
  static func crc32(_ bytes: [UInt8], continuing crc: UInt32) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      UInt32(
        truncatingIfNeeded: unsafe CZlib.crc32(UInt(crc), buffer.baseAddress, UInt32(buffer.count)))
    }
  }
}

/// zlib's framing of deflate, which HTTP calls deflate: one stream and nothing behind it.
struct DeflateReader: ~Copyable {
  private var stream: InflateStream
  private var hasEnded = false

  init() throws(FormatError) {
    stream = try InflateStream(.zlib)
  }

  mutating func next(_ input: inout ByteQueue) throws(FormatError) -> [UInt8]? {
    while !hasEnded {
      let step = try stream.step(input.waiting, outputMax: Decompressor.pieceBytesMax)
      input.drop(step.consumed)
      hasEnded = step.isEnd
      if !step.output.isEmpty { return step.output }
      if !step.isEnd, step.consumed == 0 { return nil }
    }
    return nil
  }

  func finish(_ input: ByteQueue) throws(FormatError) {
    if !hasEnded { throw FormatError(.cannotDecompress, "the deflate stream is cut off") }
    if input.count > 0 {
      throw FormatError(.cannotDecompress, "bytes behind the end of a deflate stream")
    }
  }
}

/// Packs a stream with zlib.
@safe struct DeflateStream: ~Copyable {
  /// zlib keeps the address, so the state must not move.
  private let stream: UnsafeMutablePointer<z_stream>

  init(_ framing: ZlibFraming, level: Int) throws(FormatError) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let status = unsafe deflateInit2_(
      stream, Int32(level), Z_DEFLATED, framing.windowBits, Self.memoryLevel, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      throw FormatError(.memoryLimitExceeded, "zlib could not start (\(status))")
    }
  }

  /// zlib's own default.
  private static let memoryLevel: Int32 = 8

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deinitialize(count: 1)
    unsafe stream.deallocate()
  }

  /// Appends what the bytes come to, all of it: a reader of `out` can unpack every byte written so far.
  mutating func write(
    _ bytes: [UInt8], isLast: Bool, into out: inout [UInt8]
  ) throws(FormatError) {
    var status = Z_OK
    unsafe bytes.withUnsafeBufferPointer { source in
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      unsafe stream.pointee.avail_in = UInt32(source.count)
      var isFull = true
      while isFull, status == Z_OK {
        out += unsafe [UInt8](unsafeUninitializedCapacity: Decompressor.pieceBytesMax) {
          target, count in
          unsafe stream.pointee.next_out = target.baseAddress
          unsafe stream.pointee.avail_out = UInt32(target.count)
          unsafe status = deflate(stream, isLast ? Z_FINISH : Z_SYNC_FLUSH)
          count = unsafe target.count - Int(stream.pointee.avail_out)
          isFull = unsafe stream.pointee.avail_out == 0
        }
      }
      unsafe stream.pointee.next_in = nil
      unsafe stream.pointee.next_out = nil
    }
    // Nothing left to flush is no failure.
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
      throw FormatError(.memoryLimitExceeded, "zlib could not write (\(status))")
    }
  }
}

/// gzip: members one after the other are one stream, as gunzip reads them; zero padding may follow the last.
struct GzipReader: ~Copyable {
  private var stream: InflateStream
  private var isInMember = true
  private var isPadding = false

  init() throws(FormatError) {
    stream = try InflateStream(.gzip)
  }

  mutating func next(_ input: inout ByteQueue) throws(FormatError) -> [UInt8]? {
    while true {
      if !isInMember {
        if try !startMember(&input) { return nil }
      }
      // Output may wait inside zlib although all input is consumed, so a step is tried without input as well.
      let step = try stream.step(input.waiting, outputMax: Decompressor.pieceBytesMax)
      input.drop(step.consumed)
      if step.isEnd {
        isInMember = false
        stream.reset()
      }
      if !step.output.isEmpty { return step.output }
      if !step.isEnd, step.consumed == 0 { return nil }
    }
  }

  /// Looks behind a member: another one, padding, or rubbish.
  private mutating func startMember(_ input: inout ByteQueue) throws(FormatError) -> Bool {
    if isPadding || input.head(1) == [0] {
      isPadding = true
      while input.head(1) == [0] { input.drop(1) }
      if input.count == 0 { return false }
      throw FormatError(
        .cannotDecompress, "bytes that are not gzip behind the end of a gzip stream")
    }
    let head = input.head(2)
    guard head.count == 2 else { return false }
    guard head == [0x1F, 0x8B] else {
      throw FormatError(
        .cannotDecompress, "bytes that are not gzip behind the end of a gzip stream")
    }
    isInMember = true
    return true
  }

  func finish(_ input: ByteQueue) throws(FormatError) {
    if isInMember { throw FormatError(.cannotDecompress, "the gzip stream is cut off") }
    if input.count > 0 {
      throw FormatError(
        .cannotDecompress, "bytes that are not gzip behind the end of a gzip stream")
    }
  }
}
