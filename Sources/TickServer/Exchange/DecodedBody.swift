/// A packed request body, unpacked as the worker asks for it.
///
/// Invariants:
/// 1. Memory is bounded however far the body expands: one piece of input and one of output.
/// 2. A body that is damaged or cut off is an error, never a shorter one.
import TickColumns
import TickEngine
import TickFormats

/// Used by the one worker that runs the statement, and by no other thread.
final class DecodedBody: QueryInput, @unchecked Sendable {
  private let body: any QueryInput
  private var content: Decompressor
  private let hasContent: Bool
  private var frames: NativeFrameReader?
  private var hasEnded = false

  init(_ body: any QueryInput, _ coding: BodyCoding) {
    self.body = body
    content = Decompressor(coding.content?.compression ?? Compression.none)
    hasContent = coding.content != nil
    frames = coding.hasFrames ? NativeFrameReader() : nil
  }

  func next() throws(EngineError) -> [UInt8]? {
    while true {
      guard let piece = try unpacked() else {
        do throws(FormatError) {
          try frames?.finish()
        } catch {
          throw EngineError(error.code, error.message)
        }
        return nil
      }
      guard frames != nil else { return piece }
      do throws(FormatError) {
        let bytes = try frames?.push(piece) ?? []
        if !bytes.isEmpty { return bytes }
      } catch {
        throw EngineError(error.code, error.message)
      }
    }
  }

  /// The next bytes inside the outer coding.
  private func unpacked() throws(EngineError) -> [UInt8]? {
    guard hasContent else { return try body.next() }
    while true {
      do throws(FormatError) {
        if let piece = try content.next() { return piece }
      } catch {
        throw EngineError(error.code, error.message)
      }
      guard !hasEnded else { return nil }
      if let bytes = try body.next() {
        content.push(bytes)
      } else {
        hasEnded = true
        content.end()
      }
    }
  }
}
