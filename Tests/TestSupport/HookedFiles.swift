/// A file system that counts syncs and lets a test hold, slow or fail what is written.
import Synchronization
import TickStorage

public final class HookedFiles: FileSystem {
  public enum Operation: Sendable {
    case write
    case sync
  }

  private let inner: any FileSystem
  private let syncs = Atomic<Int>(0)
  private let hook: @Sendable (Operation, _ path: String) throws(StorageError) -> Void

  /// - Parameter hook: called before each write and sync of a file; what it throws is the operation's error.
  public init(
    _ inner: any FileSystem,
    hook: @escaping @Sendable (Operation, _ path: String) throws(StorageError) -> Void
  ) {
    self.inner = inner
    self.hook = hook
  }

  /// Syncs of files that were asked for.
  public var syncCount: Int { syncs.load(ordering: .relaxed) }

  fileprivate func before(_ operation: Operation, _ path: String) throws(StorageError) {
    if operation == .sync { syncs.wrappingAdd(1, ordering: .relaxed) }
    try hook(operation, path)
  }

  public func create(_ path: String) throws(StorageError) -> any WritableFile {
    HookedFile(try inner.create(path), path, self)
  }

  public func openForWriting(_ path: String) throws(StorageError) -> any WritableFile {
    HookedFile(try inner.openForWriting(path), path, self)
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
  public func syncDirectory(_ path: String) throws(StorageError) { try inner.syncDirectory(path) }
}

private final class HookedFile: WritableFile {
  private let inner: any WritableFile
  private let path: String
  private let files: HookedFiles

  init(_ inner: any WritableFile, _ path: String, _ files: HookedFiles) {
    self.inner = inner
    self.path = path
    self.files = files
  }

  func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(StorageError) -> Int {
    try files.before(.write, path)
    return try inner.write(bytes, at: offset)
  }

  func sync() throws(StorageError) {
    try files.before(.sync, path)
    try inner.sync()
  }

  func truncate(to length: Int) throws(StorageError) { try inner.truncate(to: length) }
  func preallocate(to length: Int) throws(StorageError) { try inner.preallocate(to: length) }
  var length: Int { get throws(StorageError) { try inner.length } }
  func close() throws(StorageError) { try inner.close() }
}
