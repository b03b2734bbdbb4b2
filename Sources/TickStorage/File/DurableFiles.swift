/// The file system with the two habits that durability hangs on: write temporary, sync, rename, sync
/// directory; and: a failed sync is final.
///
/// Invariants:
/// 1. After the first failed sync every `sync` throws `.failedEarlier`, and so does `requireHealthy`.
/// 2. A name created by `place` is either absent or names a file whose bytes are durable.
internal import Synchronization

final class DurableFiles: Sendable {
  let files: any FileSystem
  private let firstFailure = Mutex<StorageError?>(nil)

  init(_ files: any FileSystem) { self.files = files }

  var failure: StorageError? { firstFailure.withLock { $0 } }

  func requireHealthy() throws(StorageError) {
    if let failure { throw .failedEarlier(reason: failure.sentence) }
  }

  /// Makes every later write refuse; the first reason stays.
  func fail(_ error: StorageError) {
    firstFailure.withLock { if $0 == nil { $0 = error } }
  }

  func sync(_ file: any WritableFile) throws(StorageError) {
    try requireHealthy()
    do {
      try file.sync()
    } catch {
      if PlantedBug.isOn(.failedSyncRepeated), (try? file.sync()) != nil { return }
      fail(error)
      throw error
    }
  }

  func syncDirectory(_ path: String) throws(StorageError) {
    try requireHealthy()
    do {
      try files.syncDirectory(path)
    } catch {
      fail(error)
      throw error
    }
  }

  /// Writes a whole file under `tmp/` and moves it to its place in the root, durably.
  func place(_ bytes: [UInt8], as name: String) throws(StorageError) {
    let temporary = "tmp/" + name
    if try files.exists(temporary) { try files.remove(temporary) }
    let file = try files.create(temporary)
    do {
      try file.writeAll(bytes[...], at: 0)
      if !PlantedBug.isOn(.checkpointNotSynced) { try sync(file) }
      try file.close()
      try files.rename(temporary, to: name)
    } catch {
      removeQuietly(temporary)
      throw error
    }
    try syncDirectory("")
  }

  /// The whole content of a file.
  func read(_ path: String) throws(StorageError) -> [UInt8] {
    let file = try files.openForReading(path)
    return try file.withBytes(0..<file.length) { (span) throws(StorageError) in
      unsafe span.withUnsafeBytes { unsafe Array($0) }
    }
  }

  /// Removes a file that nothing names. What stays behind is removed at the next opening.
  func removeQuietly(_ path: String) {
    do { try files.remove(path) } catch { return }
  }

  /// The names of a directory where not knowing them costs space only.
  func listQuietly(_ path: String) -> [String] {
    do { return try files.list(path) } catch { return [] }
  }
}
