/// The real file system below one data directory.
///
/// 1. Every path is relative to `root`; `""` is the root itself.
/// 2. Calls that a signal interrupted are repeated; a failed sync never is.
/// 3. Names are made durable by `syncDirectory` only, which the caller owes.
import Glibc

public struct PosixFileSystem: FileSystem {
  public let root: String

  /// Opens a data directory, creating it (and syncing its parent) when it is not there.
  public init(root: String) throws(StorageError) {
    var trimmed = root
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.root = trimmed
    if try exists("") { return }
    try Self.makeDirectories(trimmed)
  }

  func full(_ path: String) -> String { path.isEmpty ? root : root + "/" + path }

  public func create(_ path: String) throws(StorageError) -> any WritableFile {
    let descriptor = try retry("create", path) {
      unsafe open(full(path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    }
    return PosixWritableFile(path: path, descriptor: descriptor)
  }

  public func openForWriting(_ path: String) throws(StorageError) -> any WritableFile {
    let descriptor = try retry("open", path) {
      unsafe open(full(path), O_RDWR | O_CLOEXEC)
    }
    return PosixWritableFile(path: path, descriptor: descriptor)
  }

  public func openForReading(_ path: String) throws(StorageError) -> any ReadableFile {
    let descriptor = try retry("open", path) { unsafe open(full(path), O_RDONLY | O_CLOEXEC) }
    let length: Int
    do {
      length = try fileLength(descriptor, path)
    } catch {
      _ = Glibc.close(descriptor)
      throw error
    }
    if SIGBUSGuard.isInstalled, length > 0,
      let mapped = MappedFile(path: path, descriptor: descriptor, length: length)
    {
      _ = Glibc.close(descriptor)
      return mapped
    }
    return PosixReadableFile(path: path, descriptor: descriptor, length: length)
  }

  public func rename(_ from: String, to: String) throws(StorageError) {
    _ = try retry("rename", from) { unsafe Glibc.rename(full(from), full(to)) }
  }

  public func remove(_ path: String) throws(StorageError) {
    _ = try retry("remove", path) { unsafe Glibc.remove(full(path)) }
  }

  public func createDirectory(_ path: String) throws(StorageError) {
    var sofar = ""
    for part in path.split(separator: "/") {
      sofar += sofar.isEmpty ? String(part) : "/" + part
      if unsafe mkdir(full(sofar), 0o755) != 0, errno != EEXIST {
        throw .io(operation: "mkdir", path: sofar, errno: errno)
      }
    }
  }

  public func list(_ path: String) throws(StorageError) -> [String] {
    guard let directory = unsafe opendir(full(path)) else {
      if errno == ENOENT { return [] }
      throw .io(operation: "opendir", path: path, errno: errno)
    }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(directory) else {
        if errno != 0 { throw .io(operation: "readdir", path: path, errno: errno) }
        break
      }
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  public func exists(_ path: String) throws(StorageError) -> Bool {
    var status = stat()
    if unsafe stat(full(path), &status) == 0 { return true }
    if errno == ENOENT || errno == ENOTDIR { return false }
    throw .io(operation: "stat", path: path.isEmpty ? root : path, errno: errno)
  }

  public func syncDirectory(_ path: String) throws(StorageError) {
    try Self.sync(directory: full(path), named: path)
  }

  private static func sync(directory: String, named path: String) throws(StorageError) {
    let descriptor = try retry("open directory", path) {
      unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    defer { _ = Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw .io(operation: "fsync directory", path: path, errno: errno)
    }
  }

  private static func makeDirectories(_ path: String) throws(StorageError) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      let parent = made.isEmpty ? "/" : made
      made += "/" + part
      if unsafe mkdir(made, 0o755) == 0 {
        try sync(directory: parent, named: parent)
      } else if errno != EEXIST {
        throw .io(operation: "mkdir", path: made, errno: errno)
      }
    }
  }
}

/// A descriptor open for writing. Confined to one thread at a time, as the protocol says; `descriptor` never
/// changes, and `isClosed` is touched by that thread only.
final class PosixWritableFile: WritableFile, @unchecked Sendable {
  let path: String
  private let descriptor: Int32
  private var isClosed = false

  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { if !isClosed { _ = Glibc.close(descriptor) } }

  func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(StorageError) -> Int {
    if bytes.isEmpty { return 0 }
    let taken = try retry("write", path) {
      unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, offset) }
    }
    // The kernel takes at least one byte or fails; a zero would make callers spin.
    guard taken > 0 else { throw .io(operation: "write", path: path, errno: EIO) }
    return taken
  }

  func sync() throws(StorageError) {
    // Not repeated after EINTR either: what became of the pages is unknown then.
    guard fdatasync(descriptor) == 0 else {
      throw .io(operation: "fdatasync", path: path, errno: errno)
    }
  }

  func truncate(to length: Int) throws(StorageError) {
    _ = try retry("truncate", path) { ftruncate(descriptor, length) }
  }

  func preallocate(to length: Int) throws(StorageError) {
    let present = try self.length
    guard length > present else { return }
    var code = posix_fallocate(descriptor, present, length - present)
    while code == EINTR { code = posix_fallocate(descriptor, present, length - present) }
    guard code == 0 else { throw .io(operation: "fallocate", path: path, errno: code) }
    // Written zeros, not holes: appends into them change no metadata, so fdatasync stays one data write.
    let zeros = [UInt8](repeating: 0, count: min(length - present, 1 << 20))
    var offset = present
    while offset < length {
      let count = min(zeros.count, length - offset)
      try writeAll(zeros[..<count], at: offset)
      offset += count
    }
  }

  var length: Int {
    get throws(StorageError) { try fileLength(descriptor, path) }
  }

  func close() throws(StorageError) {
    guard !isClosed else { return }
    isClosed = true
    // Linux frees the descriptor even when close reports an error; data was made durable by sync or not at all.
    guard Glibc.close(descriptor) == 0 || errno == EINTR else {
      throw .io(operation: "close", path: path, errno: errno)
    }
  }
}

/// A file read with `pread`: no mapping, so no signal can come from it.
final class PosixReadableFile: ReadableFile {
  let path: String
  let length: Int
  private let descriptor: Int32

  init(path: String, descriptor: Int32, length: Int) {
    self.path = path
    self.descriptor = descriptor
    self.length = length
  }

  deinit { _ = Glibc.close(descriptor) }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (borrowing RawSpan) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    try checkRange(range, of: length, in: path)
    var buffer = [UInt8](repeating: 0, count: range.count)
    var filled = 0
    while filled < range.count {
      let taken = try retry("read", path) {
        unsafe buffer.withUnsafeMutableBytes { bytes in
          unsafe pread(
            descriptor, bytes.baseAddress.map { unsafe $0 + filled }, bytes.count - filled,
            range.lowerBound + filled)
        }
      }
      guard taken > 0 else {
        throw .corrupt(
          path: path, offset: range.lowerBound + filled,
          detail: "the file ended while it was read; it had \(length) bytes when it was opened")
      }
      filled += taken
    }
    return try unsafe body(buffer.span.bytes)
  }
}

/// Refuses a range outside the file before anything touches it.
func checkRange(_ range: Range<Int>, of length: Int, in path: String) throws(StorageError) {
  guard range.lowerBound >= 0, range.upperBound <= length else {
    throw .corrupt(
      path: path, offset: max(0, min(range.lowerBound, length)),
      detail: "bytes \(range) are wanted of a file of \(length)")
  }
}

private func fileLength(_ descriptor: Int32, _ path: String) throws(StorageError) -> Int {
  var status = stat()
  guard unsafe fstat(descriptor, &status) == 0 else {
    throw .io(operation: "stat", path: path, errno: errno)
  }
  return status.st_size
}

/// Repeats a call while signals interrupt it; -1 becomes an error with the number of the moment.
private func retry<Number: SignedInteger>(
  _ operation: String, _ path: String, _ call: () -> Number
) throws(StorageError) -> Number {
  while true {
    let result = call()
    if result >= 0 { return result }
    let number = errno
    if number != EINTR { throw .io(operation: operation, path: path, errno: number) }
  }
}
