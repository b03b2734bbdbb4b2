import TickColumns

/// How a file or a request body is packed, told by its first bytes.
public enum Compression: Hashable, Sendable {
  case none, gzip, zstd, lz4, zip
  /// zlib's framing, which HTTP calls deflate. It has no mark of its own, so it must be named.
  case deflate

  /// The packing of a stream that begins with these bytes (four are enough).
  public init(beginning bytes: ArraySlice<UInt8>) {
    switch Array(bytes.prefix(4)) {
    case let head where head.starts(with: [0x1F, 0x8B]): self = .gzip
    case [0x28, 0xB5, 0x2F, 0xFD]: self = .zstd
    case [0x04, 0x22, 0x4D, 0x18]: self = .lz4
    // Skippable frames, with which parallel zstd writers begin: 184D2A50 to 184D2A5F.
    case let head
    where head.count == 4 && head[0] & 0xF0 == 0x50 && head[1...] == [0x2A, 0x4D, 0x18]:
      self = .zstd
    // A member, or the end record of an archive without members.
    case [0x50, 0x4B, 0x03, 0x04], [0x50, 0x4B, 0x05, 0x06]: self = .zip
    default: self = .none
    }
  }
}

/// Unpacks a stream piece by piece: gzip (several members), zstd and lz4 (several frames), zip (several members),
/// deflate, or plain bytes.
///
///     var stream = Decompressor()
///     for chunk in file {
///       stream.push(chunk)
///       while let piece = try stream.next() { use(piece) }
///     }
///     stream.end()
///     while let piece = try stream.next() { use(piece) }
///
/// Invariants:
/// 1. Memory is constant: a piece has at most `pieceBytesMax` bytes however far the input expands, and zstd
///    windows over 128 MiB are refused.
/// 2. Every checksum and size that the packing carries is verified; a stream that ends early is an error of
///    the last `next`, never a shorter result.
/// 3. A piece never spans two members of a zip archive; `memberIndex` tells where the last one came from.
///
/// Confined to one thread at a time.
public struct Decompressor: ~Copyable {
  /// The packing; nil until the first bytes decided.
  public private(set) var compression: Compression?
  /// Bytes unpacked so far.
  public private(set) var bytesOut = 0

  public static let pieceBytesMax = 256 << 10

  private var input = ByteQueue()
  private var isEnding = false
  private var isStarted = false
  private var gzip: GzipReader?
  private var zstd: ZstdReader?
  private var lz4: LZ4Reader?
  private var deflate: DeflateReader?
  private var zip: ZipReader?

  /// - Parameter compression: known beforehand (a `Content-Encoding`); nil to tell by the first bytes.
  public init(_ compression: Compression? = nil) {
    self.compression = compression
  }

  /// Position of the zip member that the last piece came from; 0 for everything else.
  public private(set) var memberIndex = 0

  /// The name that the archive gives to that member; nil for everything but zip.
  public private(set) var memberName: String?

  /// Gives the next bytes of input. Call `next` until it gives nil before the next push, so that input does not
  /// gather.
  public mutating func push(_ bytes: [UInt8]) {
    input.push(bytes)
  }

  /// Says that no more input comes.
  public mutating func end() {
    isEnding = true
  }

  /// The next piece of output; nil when more input is needed or, behind `end`, when all is done. Throws 271 for
  /// damaged and for cut off input, 48 for what is not supported.
  public mutating func next() throws(FormatError) -> [UInt8]? {
    guard let compression = try started() else { return nil }
    let piece: [UInt8]?
    switch compression {
    case .none: piece = input.take(Decompressor.pieceBytesMax)
    case .gzip: piece = try gzip?.next(&input)
    case .zstd: piece = try zstd?.next(&input)
    case .lz4: piece = try lz4?.next(&input)
    case .deflate: piece = try deflate?.next(&input)
    case .zip: piece = try zip?.next(&input, &memberIndex, &memberName)
    }
    bytesOut += piece?.count ?? 0
    if piece == nil, isEnding {
      switch compression {
      case .none: break
      case .gzip: try gzip?.finish(input)
      case .zstd: try zstd?.finish()
      case .lz4: try lz4?.finish()
      case .deflate: try deflate?.finish(input)
      case .zip: try zip?.finish()
      }
    }
    return piece
  }

  /// Decides on the packing as soon as it can be told and makes the reader.
  private mutating func started() throws(FormatError) -> Compression? {
    if compression == nil {
      guard input.count >= 4 || isEnding else { return nil }
      compression = Compression(beginning: input.head(4)[...])
    }
    if !isStarted {
      switch compression {
      case .gzip: gzip = try GzipReader()
      case .zstd: zstd = try ZstdReader()
      case .lz4: lz4 = try LZ4Reader()
      case .deflate: deflate = try DeflateReader()
      case .zip: zip = try ZipReader()
      case .some(.none), nil: break
      }
      isStarted = true
    }
    return compression
  }
}

/// Input that waits to be unpacked.
struct ByteQueue {
  private var bytes: [UInt8] = []
  private var start = 0

  var count: Int { bytes.count - start }

  mutating func push(_ more: [UInt8]) {
    if start == bytes.count {
      bytes = more
      start = 0
    } else {
      bytes.removeFirst(start)
      start = 0
      bytes += more
    }
  }

  /// The first bytes, without taking them.
  func head(_ length: Int) -> [UInt8] {
    Array(bytes[start..<min(start + length, bytes.count)])
  }

  /// What waits, without taking it.
  var waiting: ArraySlice<UInt8> { bytes[start...] }

  mutating func drop(_ length: Int) {
    start += length
  }

  /// Takes up to `length` bytes; nil when there are none.
  mutating func take(_ length: Int) -> [UInt8]? {
    guard count > 0 else { return nil }
    let out = head(length)
    drop(out.count)
    return out
  }
}
