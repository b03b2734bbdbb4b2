/// Bytes that rows are read from, as often as they are asked for: files, and a stream that comes once.
import Glibc
import Synchronization
import TickColumns
package import TickFormats

package protocol RowSource: Sendable {
  /// What messages call it.
  var name: String { get }
  /// The bytes from the first on, packed as they are.
  func open() throws(EngineError) -> any RowBytes
}

/// One pass over the bytes of a source. Confined to one thread at a time.
package protocol RowBytes: AnyObject {
  /// The next bytes; empty at the end.
  func next() throws(FormatError) -> [UInt8]
}

extension FileBytes: RowBytes {}

/// A file by its path.
package struct FileSource: RowSource {
  package let name: String

  package init(name: String) { self.name = name }

  package func open() throws(EngineError) -> any RowBytes { try FileBytes(path: name) }
}

/// A stream that comes once, such as standard input. What was read is kept in a file without a name, so that later passes
/// see the same; the first pass needs not wait for the end.
package final class StreamSource: RowSource {
  package let name: String
  private let input: any QueryInput
  private struct Kept {
    var byteCount = 0
    var isAtEnd = false
  }
  private let kept = Mutex(Kept())
  private let descriptor: Int32

  /// - Parameter directory: where what was read is kept.
  package init(_ name: String, _ input: any QueryInput, directory: String) throws(EngineError) {
    self.name = name
    self.input = input
    var path = Array((directory + "/stream-XXXXXX").utf8CString)
    descriptor = unsafe mkstemp(&path)
    guard descriptor >= 0 else {
      throw EngineError(.cannotOpenFile, "cannot keep \(name) in \(directory)")
    }
    _ = unsafe unlink(&path)
  }

  deinit { close(descriptor) }

  package func open() -> any RowBytes { Pass(source: self) }

  private final class Pass: RowBytes {
    let source: StreamSource
    var offset = 0

    init(source: StreamSource) { self.source = source }

    func next() throws(FormatError) -> [UInt8] {
      let piece = try source.piece(at: offset)
      offset += piece.count
      return piece
    }
  }

  private func piece(at offset: Int) throws(FormatError) -> [UInt8] {
    try kept.withLock { kept throws(FormatError) in
      if offset < kept.byteCount { return try read(offset, min(1 << 20, kept.byteCount - offset)) }
      guard !kept.isAtEnd else { return [] }
      do throws(EngineError) {
        guard let piece = try input.next(), !piece.isEmpty else {
          kept.isAtEnd = true
          return []
        }
        try keep(piece, at: kept.byteCount)
        kept.byteCount += piece.count
        return piece
      } catch {
        throw FormatError(error.code, error.message)
      }
    }
  }

  private func read(_ offset: Int, _ count: Int) throws(FormatError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = unsafe pread(descriptor, &bytes, count, off_t(offset))
    guard got > 0 else {
      throw FormatError(.cannotReadFromFile, "cannot read again what was kept of \(name)")
    }
    bytes.removeLast(count - got)
    return bytes
  }

  private func keep(_ bytes: [UInt8], at offset: Int) throws(EngineError) {
    var from = 0
    while from < bytes.count {
      let count = unsafe bytes[from...].withUnsafeBytes {
        unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + from))
      }
      guard count > 0 else {
        throw EngineError(.notEnoughSpace, "cannot keep what was read of \(name)")
      }
      from += count
    }
  }
}

/// The bytes of a pass unpacked.
final class UnpackedBytes {
  private let bytes: any RowBytes
  private var unpacking = Decompressor()
  private var hasEnded = false

  init(_ bytes: any RowBytes) { self.bytes = bytes }

  /// The next piece; nil at the end.
  func next() throws(FormatError) -> [UInt8]? {
    while true {
      if let piece = try unpacking.next() {
        guard unpacking.memberIndex == 0 else {
          throw FormatError(.notImplemented, "the archive holds several files; unpack it")
        }
        return piece
      }
      if hasEnded { return nil }
      let packed = try bytes.next()
      if packed.isEmpty {
        hasEnded = true
        unpacking.end()
      } else {
        unpacking.push(packed)
      }
    }
  }
}
