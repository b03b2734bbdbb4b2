/// A file as a stream of chunks of whole lines: read, unpacked, hashed and cut.
///
/// Used by one thread at a time: the importing thread, or the query thread that reads ahead for it, whose end the
/// importing thread waits for. That hand-over orders all accesses, which is why sending it is safe.
import TickColumns
import TickFormats
import TickStorage

final class ImportSource: @unchecked Sendable {
  /// Whole lines of the file.
  struct Chunk: Sendable {
    let bytes: [UInt8]
    /// Position among the file's chunks, from 0.
    let number: Int
  }

  /// The beginning of the unpacked file: `ExchangeFileDetector.sampleBytes`, or all of a shorter one.
  private(set) var sample: [UInt8] = []
  private let name: String
  private let file: FileBytes
  private var unpacking = Decompressor()
  private var hash = XXH3Stream()
  private var chunker: LineChunker?
  private var chunkCount = 0
  /// Unpacked but not yet cut: what the sample was taken from.
  private var held: [[UInt8]] = []
  private var hasEnded = false
  private var isAtEnd = false
  private var ahead: Result<[Chunk], EngineError> = .success([])

  init(_ file: ImportFile) throws(EngineError) {
    name = file.name
    self.file = try FileBytes(path: file.path)
    do throws(FormatError) {
      while sample.count < ExchangeFileDetector.sampleBytes, let piece = try unpacked() {
        held.append(piece)
        sample += piece
      }
    } catch {
      throw EngineError(error.code, "\(name): \(error.sentence)")
    }
    sample = Array(sample.prefix(ExchangeFileDetector.sampleBytes))
    held.reverse()
  }

  /// Bytes of the file as it is stored.
  var bytesRead: Int { file.bytesRead }
  var byteCount: Int { file.byteCount }
  /// Whether the file can be read a second time.
  var isRepeatable: Bool { file.isRegular }

  /// To be called once, before the first `next`.
  func cut(chunkBytes: Int, respectsQuotes: Bool) {
    chunker = LineChunker(targetBytes: chunkBytes, respectsQuotes: respectsQuotes)
  }

  /// Up to `count` chunks; none at the end of the file.
  func next(_ count: Int) throws(EngineError) -> [Chunk] {
    var chunks: [Chunk] = []
    while chunks.count < count, !isAtEnd {
      do throws(FormatError) {
        let cut: [UInt8]?
        var piece = held.popLast()
        if piece == nil { piece = try unpacked() }
        if let piece {
          cut = try chunker?.push(piece)
        } else {
          isAtEnd = true
          cut = chunker?.finish()
        }
        if let cut {
          chunks.append(Chunk(bytes: cut, number: chunkCount))
          chunkCount += 1
        }
      } catch {
        throw EngineError(error.code, "\(name): \(error.sentence)")
      }
    }
    return chunks
  }

  /// Does the work of the next call of `takeReadAhead`, on any thread.
  func readAhead(_ count: Int) {
    do throws(EngineError) {
      ahead = .success(try next(count))
    } catch {
      ahead = .failure(error)
    }
  }

  /// What `readAhead` read.
  func takeReadAhead() throws(EngineError) -> [Chunk] {
    try ahead.get()
  }

  /// The identity of the content, when all has been read.
  ///
  /// - Parameter rowShape: what besides the content decides what the rows are.
  func identity(of rowShape: String) -> ImportIdentity {
    let identity = xxh3_128(Array(rowShape.utf8) + hash.value.bytes)
    return ImportIdentity(high: identity.high, low: identity.low)
  }

  private func unpacked() throws(FormatError) -> [UInt8]? {
    while true {
      if let piece = try unpacking.next() {
        guard unpacking.memberIndex == 0 else {
          throw FormatError(
            .notImplemented, "the archive holds several files; unpack it and import them")
        }
        hash.update(piece)
        return piece
      }
      if hasEnded { return nil }
      let bytes = try file.next()
      if bytes.isEmpty {
        hasEnded = true
        unpacking.end()
      } else {
        unpacking.push(bytes)
      }
    }
  }
}
