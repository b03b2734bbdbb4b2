import TickColumns

/// Packs a stream of bytes piece by piece: the other side of `Decompressor`, for `Accept-Encoding`.
///
/// Invariant: what has been written so far can be unpacked so far; nothing is held back between pieces, so a slow
/// query's rows reach the client when they are there.
///
/// Confined to one thread at a time.
public struct Compressor: ~Copyable {
  private var gzip: DeflateStream?
  private var zstd: ZstdWriter?
  private var lz4: LZ4Writer?

  /// - Parameter level: zlib's and zstd's level; nil for 3, which is ClickHouse's for results.
  /// - Throws: 48 for packings that streams are not written in.
  public init(_ compression: Compression, level: Int? = nil) throws(FormatError) {
    switch compression {
    case .none: break
    case .gzip: gzip = try DeflateStream(.gzip, level: level ?? Self.defaultLevel)
    case .deflate: gzip = try DeflateStream(.zlib, level: level ?? Self.defaultLevel)
    case .zstd: zstd = try ZstdWriter(level: level ?? Self.defaultLevel)
    case .lz4: lz4 = try LZ4Writer()
    case .zip: throw FormatError(.notImplemented, "writing zip archives is not supported")
    }
  }

  private static let defaultLevel = 3

  /// The bytes that `bytes` come to; `isLast` ends the stream.
  public mutating func write(_ bytes: [UInt8], isLast: Bool) throws(FormatError) -> [UInt8] {
    var out: [UInt8] = []
    if gzip != nil {
      try gzip?.write(bytes, isLast: isLast, into: &out)
    } else if zstd != nil {
      try zstd?.write(bytes, isLast: isLast, into: &out)
    } else if lz4 != nil {
      try lz4?.write(bytes, isLast: isLast, into: &out)
    } else {
      out = bytes
    }
    return out
  }
}
