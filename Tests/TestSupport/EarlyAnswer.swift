/// A mistake that a store could make, planted between it and its disk: it goes on as if a group were in the log, and
/// the group is written when the next one comes.
///
/// kill -9 sees this one, since bytes that were never given to the kernel die with the process. Where a missing
/// `fdatasync` is the mistake, the kernel has the bytes, and only a power cut sees it (`PlantedFault`).
import Synchronization
import TickStorage

/// The log's groups arrive late; every other file is as it should be.
public struct EarlyAnswerFileSystem: FileSystem {
  let inner: any FileSystem

  public init(_ inner: any FileSystem) { self.inner = inner }

  public func create(_ path: String) throws(StorageError) -> any WritableFile {
    try inner.create(path)
  }

  public func openForWriting(_ path: String) throws(StorageError) -> any WritableFile {
    let file = try inner.openForWriting(path)
    return path.hasPrefix("wal/") && path.hasSuffix(".wal") ? LateFile(file) : file
  }

  public func openForReading(_ path: String) throws(StorageError) -> any ReadableFile {
    try inner.openForReading(path)
  }

  public func rename(_ from: String, to: String) throws(StorageError) {
    try inner.rename(from, to: to)
  }

  public func remove(_ path: String) throws(StorageError) { try inner.remove(path) }

  public func createDirectory(_ path: String) throws(StorageError) {
    try inner.createDirectory(path)
  }

  public func list(_ path: String) throws(StorageError) -> [String] { try inner.list(path) }

  public func exists(_ path: String) throws(StorageError) -> Bool { try inner.exists(path) }

  public func syncDirectory(_ path: String) throws(StorageError) {
    try inner.syncDirectory(path)
  }
}

private final class LateFile: WritableFile {
  let inner: any WritableFile
  private let held = Mutex<(bytes: ArraySlice<UInt8>, offset: Int)?>(nil)

  init(_ inner: any WritableFile) { self.inner = inner }

  /// A log goes on in another file: this one gets what it is owed.
  deinit { _ = try? release() }

  private func release() throws(StorageError) {
    let late = held.withLock { held in
      defer { held = nil }
      return held
    }
    if let late { try inner.writeAll(late.bytes, at: late.offset) }
  }

  func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(StorageError) -> Int {
    try release()
    held.withLock { $0 = (bytes, offset) }
    return bytes.count
  }

  func sync() throws(StorageError) { try inner.sync() }

  func truncate(to length: Int) throws(StorageError) {
    try release()
    try inner.truncate(to: length)
  }

  func preallocate(to length: Int) throws(StorageError) {
    try release()
    try inner.preallocate(to: length)
  }

  var length: Int {
    get throws(StorageError) { try inner.length }
  }

  func close() throws(StorageError) {
    try release()
    try inner.close()
  }
}
