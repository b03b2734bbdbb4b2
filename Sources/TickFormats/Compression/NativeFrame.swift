import TickColumns

/// The compressed frames of the Native protocol, which `compress=1` and `decompress=1` put around bodies.
///
/// A frame: 16 bytes CityHash128 of the rest, a method (0x02 none, 0x82 LZ4 block, 0x90 zstd), u32 size with these 9
/// header bytes, u32 size of what it holds, the packed bytes. Frames follow each other without an end mark.
///
/// Invariants:
/// 1. Nothing of a frame is given before its checksum was verified.
/// 2. Memory is bounded by `frameBytesMax`, packed and unpacked.
enum NativeFrame {
  static let hashBytes = 16
  static let headerBytes = 9
  /// What a frame that is written holds at most, as ClickHouse writes them.
  static let writtenBytesMax = 1 << 20
  /// What a frame that is read may hold, packed or unpacked.
  static let frameBytesMax = 128 << 20

  enum Method: UInt8 {
    case none = 0x02
    case lz4 = 0x82
    case zstd = 0x90
  }
}

/// Puts bytes into LZ4 frames, the only method that every client reads.
public struct NativeFrameWriter: Sendable {
  public init() {}

  /// The frames of some bytes; no bytes make no frame.
  public func frames(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + NativeFrame.writtenBytesMax)
      let packed = LZ4Block.compress(bytes[start..<end])
      var frame: [UInt8] = [NativeFrame.Method.lz4.rawValue]
      frame.appendLittleEndian(UInt32(packed.count + NativeFrame.headerBytes))
      frame.appendLittleEndian(UInt32(end - start))
      frame += packed
      out += CityHash128.hash(frame.span).bytes
      out += frame
      start = end
    }
    return out
  }
}

/// Takes bytes out of frames that arrive in any pieces.
public struct NativeFrameReader: Sendable {
  private var pending: [UInt8] = []

  public init() {}

  /// What the frames that are complete hold. Throws 40 for a wrong checksum, 89 for an unknown method, 271 for what
  /// does not unpack, 131 for frames over the limit.
  public mutating func push(_ bytes: [UInt8]) throws(FormatError) -> [UInt8] {
    pending += bytes
    var out: [UInt8] = []
    var start = 0
    while let (content, end) = try frame(at: start) {
      out += content
      start = end
    }
    pending.removeFirst(start)
    return out
  }

  /// Throws 271 when the input ended inside a frame.
  public func finish() throws(FormatError) {
    guard pending.isEmpty else {
      throw FormatError(.cannotDecompress, "the input ends inside a compressed frame")
    }
  }

  private func frame(at start: Int) throws(FormatError) -> (content: [UInt8], end: Int)? {
    let body = start + NativeFrame.hashBytes
    guard pending.count >= body + NativeFrame.headerBytes else { return nil }
    func size(_ at: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(pending[at + $1]) << (8 * $1) }
    }
    let packed = size(body + 1)
    let unpacked = size(body + 5)
    guard packed >= NativeFrame.headerBytes else {
      throw FormatError(.cannotDecompress, "a compressed frame of \(packed) bytes")
    }
    guard max(packed, unpacked) <= NativeFrame.frameBytesMax else {
      throw FormatError(
        .tooLargeStringSize,
        "a compressed frame of \(max(packed, unpacked)) bytes; the limit is \(NativeFrame.frameBytesMax)"
      )
    }
    guard pending.count >= body + packed else { return nil }
    let frame = Array(pending[body..<body + packed])
    guard
      CityHash128.hash(frame.span)
        == Hash128(bytes: pending[start..<start + NativeFrame.hashBytes])
    else {
      throw FormatError(
        .checksumDoesntMatch, "Checksum doesn't match: the compressed data is damaged")
    }
    let data = frame[NativeFrame.headerBytes...]
    let content: [UInt8]
    switch NativeFrame.Method(rawValue: frame[0]) {
    case nil:
      throw FormatError(
        .unknownCompressionMethod, "Unknown compression method \(frame[0]) of a frame")
    case .some(.none):
      guard data.count == unpacked else {
        throw FormatError(.cannotDecompress, "a frame that holds another size than it says")
      }
      content = Array(data)
    case .lz4: content = try LZ4Block.decompress(data, length: unpacked)
    case .zstd: content = try ZstdFrame.decompress(data, length: unpacked)
    }
    return (content, body + packed)
  }
}
