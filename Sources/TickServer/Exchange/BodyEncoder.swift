/// Packs a result for the client, piece by piece.
import TickColumns
import TickEngine
import TickFormats

struct BodyEncoder: ~Copyable {
  private var content: Compressor?
  private let frames: NativeFrameWriter?

  /// - Parameter level: of zlib and zstd; nil for the default.
  init(_ coding: BodyCoding, level: Int?) throws(EngineError) {
    frames = coding.hasFrames ? NativeFrameWriter() : nil
    do throws(FormatError) {
      content = try coding.content.map { (coding) throws(FormatError) in
        try Compressor(coding.compression, level: level)
      }
    } catch {
      throw EngineError(error.code, error.message)
    }
  }

  /// What the bytes come to. A client can read everything that was written so far.
  mutating func write(
    _ bytes: some RandomAccessCollection<UInt8>, isLast: Bool
  ) throws(EngineError) -> [UInt8] {
    let framed = frames?.frames(Array(bytes)) ?? Array(bytes)
    guard content != nil else { return framed }
    do throws(FormatError) {
      return try content?.write(framed, isLast: isLast) ?? framed
    } catch {
      throw EngineError(error.code, error.message)
    }
  }
}
