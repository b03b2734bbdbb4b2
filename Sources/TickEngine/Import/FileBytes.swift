/// Reads a file front to back in pieces.
import Glibc
import TickColumns
package import TickFormats

package final class FileBytes {
  /// One read: large enough that the call does not count, small enough to stay in the cache.
  static let pieceBytes = 1 << 20

  package let path: String
  /// The size when it was opened; 0 for pipes.
  package let byteCount: Int
  package private(set) var bytesRead = 0
  /// False for pipes and the like, whose bytes come once.
  let isRegular: Bool
  private let descriptor: Int32

  package init(path: String) throws(EngineError) {
    self.path = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileBytes.failure("open", path) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw FileBytes.failure("stat", path)
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      close(descriptor)
      throw EngineError(.cannotOpenFile, "\(path) is a directory; name the files in it")
    }
    byteCount = Int(status.st_size)
    isRegular = status.st_mode & S_IFMT == S_IFREG
  }

  deinit { close(descriptor) }

  /// The next bytes; empty at the end.
  package func next() throws(FormatError) -> [UInt8] {
    var count = 0
    let piece = unsafe [UInt8](unsafeUninitializedCapacity: FileBytes.pieceBytes) {
      buffer, filled in
      repeat {
        count = unsafe read(descriptor, buffer.baseAddress, FileBytes.pieceBytes)
      } while count < 0 && errno == EINTR
      filled = max(0, count)
    }
    guard count >= 0 else {
      throw FormatError(.cannotReadFromFile, "cannot read: \(FileBytes.reason)")
    }
    bytesRead += count
    return piece
  }

  private static func failure(_ operation: String, _ path: String) -> EngineError {
    EngineError(.cannotOpenFile, "cannot \(operation) \(path): \(reason)")
  }

  private static var reason: String {
    unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
  }
}
