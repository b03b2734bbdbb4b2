/// One process per data directory.
///
/// The lock is `flock` on the file LOCK: the kernel drops it with the process, so a killed owner never
/// blocks the next start. The text in the file only tells the second process whom to look for.
///
/// A child that this process starts has the lock too until its program begins, which closes it: a directory that was just closed may
/// be held for that moment. So a lock that says it is our own is asked for again for a while.
import Glibc

public final class DirectoryLock: Sendable {
  /// Nil where a file system that nobody can write to has no file LOCK.
  private let descriptor: Int32?
  /// Half a second in all.
  private static let attemptsMax = 250
  private static let attemptMicroseconds: UInt32 = 2_000

  /// Takes the lock of `root` or throws `.locked` with the text of the holder. `holder` says who we are, for
  /// example `pid 4711 since 2024-08-08 10:00:00 UTC`.
  ///
  /// - Parameter onlyReads: a directory on a read-only file system will do, where nobody can leave a text.
  public init(root: String, holder: String, onlyReads: Bool = false) throws(StorageError) {
    let path = root + "/LOCK"
    var descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    let isReadOnly = descriptor < 0 && errno == EROFS && onlyReads
    if isReadOnly {
      descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
      if descriptor < 0, errno == ENOENT {
        self.descriptor = nil
        return
      }
    }
    guard descriptor >= 0 else { throw .io(operation: "open", path: path, errno: errno) }
    var attempts = 0
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      if number == EINTR { continue }
      let text = Self.text(of: descriptor)
      if number == EWOULDBLOCK, text.hasPrefix("pid \(getpid()) "), attempts < Self.attemptsMax {
        attempts += 1
        usleep(Self.attemptMicroseconds)
        continue
      }
      _ = close(descriptor)
      guard number == EWOULDBLOCK else {
        throw .io(operation: "flock", path: path, errno: number)
      }
      throw .locked(path: root, holder: text.isEmpty ? "another process" : text)
    }
    self.descriptor = descriptor
    if isReadOnly { return }
    // Not synced: after a power cut nobody holds the lock, whatever the text says.
    let line = Array(holder.utf8) + [0x0A]
    let written = unsafe line.withUnsafeBytes { bytes in
      ftruncate(descriptor, 0) == 0
        ? unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, 0) : -1
    }
    guard written == line.count else {
      let number = errno
      _ = close(descriptor)
      throw .io(operation: "write", path: path, errno: number)
    }
  }

  deinit { if let descriptor { _ = close(descriptor) } }

  private static func text(of descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe pread(descriptor, buffer.baseAddress, buffer.count, 0)
    }
    let line = bytes.prefix(max(0, count)).prefix { $0 != 0x0A }
    return String(decoding: line, as: UTF8.self)
  }
}
