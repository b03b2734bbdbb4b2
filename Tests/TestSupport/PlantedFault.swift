/// Mistakes that a store could make, planted between it and its disk: what the power-cut worlds must find.
///
/// Each wraps the file system, so that the product's code stays as it is.
import Synchronization
import TickStorage

public enum PlantedFault: String, Sendable, CaseIterable {
  /// `fdatasync` is forgotten.
  case noFileSync
  /// Names are never made durable.
  case noDirectorySync
  /// A failed `fdatasync` is repeated until it succeeds.
  case syncRetried
  /// After a failed write the file is not cut back; the next record follows the torn one.
  case appendAfterShortWrite
}

/// A file system with one mistake.
public struct FaultyFileSystem: FileSystem {
  let inner: any FileSystem
  let fault: PlantedFault

  public init(_ inner: any FileSystem, _ fault: PlantedFault) {
    self.inner = inner
    self.fault = fault
  }

  public func create(_ path: String) throws(StorageError) -> any WritableFile {
    FaultyWritableFile(try inner.create(path), fault)
  }

  public func openForWriting(_ path: String) throws(StorageError) -> any WritableFile {
    FaultyWritableFile(try inner.openForWriting(path), fault)
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
    if fault == .noDirectorySync { return }
    try inner.syncDirectory(path)
  }
}

private final class FaultyWritableFile: WritableFile {
  let inner: any WritableFile
  let fault: PlantedFault
  /// Where a write failed, and how many bytes of it are in the file.
  private let torn = Mutex<(offset: Int, bytes: Int)?>(nil)
  private let partial = Mutex<(offset: Int, bytes: Int)?>(nil)

  init(_ inner: any WritableFile, _ fault: PlantedFault) {
    self.inner = inner
    self.fault = fault
  }

  func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(StorageError) -> Int {
    guard fault == .appendAfterShortWrite else { return try inner.write(bytes, at: offset) }
    let shift = torn.withLock { torn in torn.map { offset >= $0.offset ? $0.bytes : 0 } ?? 0 }
    do {
      let taken = try inner.write(bytes, at: offset + shift)
      partial.withLock { partial in
        if let known = partial, known.offset + known.bytes == offset {
          partial = (known.offset, known.bytes + taken)
        } else {
          partial = (offset, taken)
        }
      }
      return taken
    } catch {
      // What the write before this one took belongs to the same record when it ends here.
      let left = partial.withLock { $0 }
      if let left, left.offset + left.bytes == offset {
        torn.withLock { torn in
          torn = (left.offset, (torn?.bytes ?? 0) + left.bytes)
        }
      }
      throw error
    }
  }

  func sync() throws(StorageError) {
    switch fault {
    case .noFileSync: return
    case .syncRetried:
      while true {
        do {
          return try inner.sync()
        } catch {
          if case .io("fdatasync", _, 5) = error, try isAlive() { continue }
          throw error
        }
      }
    case .noDirectorySync, .appendAfterShortWrite: try inner.sync()
    }
  }

  /// A disk without power fails for ever; retrying must end then.
  private func isAlive() throws(StorageError) -> Bool {
    try inner.length >= 0
  }

  func truncate(to length: Int) throws(StorageError) {
    if fault == .appendAfterShortWrite, torn.withLock({ $0 }) != nil { return }
    try inner.truncate(to: length)
  }

  func preallocate(to length: Int) throws(StorageError) { try inner.preallocate(to: length) }

  var length: Int {
    get throws(StorageError) { try inner.length }
  }

  func close() throws(StorageError) { try inner.close() }
}
