/// A file as a stream of chunks of whole rows: read, unpacked, hashed and cut.
///
/// The members of a zip archive are files of their own, one after the other: `advance` goes on to the next, and what
/// was read ahead of it is not lost. Everything else is one member without a name.
///
/// Used by one thread at a time: the importing thread, or the query thread that reads ahead for it, whose end the
/// importing thread waits for. That hand-over orders all accesses, which is why sending it is safe.
import TickColumns
import TickFormats
import TickStorage

final class ImportSource: @unchecked Sendable {
  /// Whole rows of the file.
  struct Chunk: Sendable {
    let bytes: [UInt8]
    /// Position among the member's chunks, from 0.
    let number: Int
  }

  /// The beginning of the unpacked member: `LayoutDetector.sampleBytes`, or all of a shorter one.
  private(set) var sample: [UInt8] = []
  /// What the archive calls the member; nil outside of archives.
  private(set) var memberName: String?
  /// Position of the member among those with content, from 0.
  private(set) var memberNumber = 0
  private let name: String
  private let file: FileBytes
  private var unpacking = Decompressor()
  private var hash = XXH3Stream()
  private var chunker: LineChunker?
  private var chunkCount = 0
  /// Unpacked but not yet cut: what the sample was taken from.
  private var held: [[UInt8]] = []
  /// The first piece of the next member.
  private var beyond: [UInt8]?
  /// The place of the member in the archive; nil before its first byte.
  private var memberIndex: Int?
  private var hasEnded = false
  private var isAtEnd = false
  private var ahead: Result<[Chunk], EngineError> = .success([])

  /// - Parameter member: how many members to pass by.
  init(_ file: ImportFile, member: Int = 0) throws(EngineError) {
    name = file.name
    self.file = try FileBytes(path: file.path)
    try begin()
    while memberNumber < member {
      guard try advance() else {
        throw EngineError(.cannotReadFromFile, "\(name) has changed while it was imported")
      }
    }
  }

  /// Bytes of the file as it is stored.
  var bytesRead: Int { file.bytesRead }
  var byteCount: Int { file.byteCount }
  /// Whether the file can be read a second time.
  var isRepeatable: Bool { file.isRegular }
  /// What messages call the member.
  var title: String { memberName.map { "\(name): \($0)" } ?? name }

  /// Goes on to the next member, whatever of this one was read. False at the end of the file.
  func advance() throws(EngineError) -> Bool {
    do throws(FormatError) {
      while beyond == nil, try unpacked() != nil {}
    } catch {
      throw EngineError(error.code, "\(name): \(error.sentence)")
    }
    guard beyond != nil else { return false }
    memberNumber += 1
    try begin()
    return true
  }

  /// Takes the sample of a member.
  private func begin() throws(EngineError) {
    hash = XXH3Stream()
    (chunker, chunkCount, isAtEnd, ahead) = (nil, 0, false, .success([]))
    (sample, held) = ([], [])
    if let beyond {
      self.beyond = nil
      take(beyond)
      (held, sample) = ([beyond], beyond)
    }
    do throws(FormatError) {
      while sample.count < LayoutDetector.sampleBytes, let piece = try unpacked() {
        held.append(piece)
        sample += piece
      }
      if LayoutDetector.isNative(sample[...]) {
        try readFirstBlock()
      } else {
        sample = Array(sample.prefix(LayoutDetector.sampleBytes))
      }
    } catch {
      throw EngineError(error.code, "\(title): \(error.sentence)")
    }
    held.reverse()
  }

  /// Goes on until the first block is whole; each try waits until there is half as much again.
  private func readFirstBlock() throws(FormatError) {
    while try !LayoutDetector.isEnough(sample[...]), sample.count <= FormatLimits.valueBytesMax {
      let wanted = sample.count * 3 / 2
      var hasMore = false
      while sample.count < wanted, let piece = try unpacked() {
        held.append(piece)
        sample += piece
        hasMore = true
      }
      if !hasMore { return }
    }
  }

  /// To be called once for a member, before its first `next`.
  func cut(chunkBytes: Int, _ rowEnds: RowEnds) {
    chunker = LineChunker(targetBytes: chunkBytes, rowEnds: rowEnds)
  }

  /// Up to `count` chunks; none at the end of the member.
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
        throw EngineError(error.code, "\(title): \(error.sentence)")
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

  /// The identity of the content, when all of the member has been read.
  ///
  /// - Parameter rowShape: what besides the content decides what the rows are.
  func identity(of rowShape: String) -> ImportIdentity {
    let identity = xxh3_128(Array(rowShape.utf8) + hash.value.bytes)
    return ImportIdentity(high: identity.high, low: identity.low)
  }

  /// The next piece of this member; nil at its end.
  private func unpacked() throws(FormatError) -> [UInt8]? {
    guard beyond == nil else { return nil }
    while true {
      if let piece = try unpacking.next() {
        // The first member with content may not be the first of the archive.
        if let memberIndex, unpacking.memberIndex != memberIndex {
          beyond = piece
          return nil
        }
        take(piece)
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

  private func take(_ piece: [UInt8]) {
    memberIndex = unpacking.memberIndex
    memberName = unpacking.memberName
    hash.update(piece)
  }
}
