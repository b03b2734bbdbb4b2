/// A published segment file, shared by all snapshots that see it.
///
/// 1. The file is opened at most once and read by any thread.
/// 2. When an edit removed the segment and the last snapshot that sees it is gone, the file is removed.
/// 3. Damage that a reader met is kept, so that merges leave the file alone and monitoring names it. A query asks the file all
///    the same: what it needs may be sound.
internal import Synchronization

public final class SegmentFile: Sendable {
  public let descriptor: SegmentDescriptor
  public let path: String
  private let durable: DurableFiles
  private let state = Mutex(State())

  private struct State {
    var reader: SegmentReader?
    var isRemoved = false
    var damage: StorageError?
  }

  init(table: TableID, descriptor: SegmentDescriptor, durable: DurableFiles) {
    self.descriptor = descriptor
    path = Self.path(table: table, fileID: descriptor.fileID)
    self.durable = durable
  }

  deinit {
    let isRemoved = state.withLock { $0.isRemoved }
    if isRemoved { durable.removeQuietly(path) }
  }

  /// The reader of the file, opened on first use and shared.
  public func reader() throws(StorageError) -> SegmentReader {
    try state.withLock { (state) throws(StorageError) in
      if let reader = state.reader { return reader }
      do throws(StorageError) {
        let reader = try SegmentReader(
          durable.files.openForReading(path), descriptor: descriptor)
        state.reader = reader
        return reader
      } catch {
        if error.isDamage { state.damage = state.damage ?? error }
        throw error
      }
    }
  }

  /// What was wrong with the file when it was read; nil as far as is known.
  public var damage: StorageError? { state.withLock { $0.damage } }

  /// Keeps what reading the file failed with, where that is the file's own.
  public func noteDamage(_ error: StorageError) {
    guard error.isDamage else { return }
    state.withLock { $0.damage = $0.damage ?? error }
  }

  /// The edit that removes the segment is durable.
  func markRemoved() { state.withLock { $0.isRemoved = true } }

  static func directory(table: TableID) -> String { "segments/\(table)" }

  static func path(table: TableID, fileID: FileID) -> String {
    directory(table: table) + "/" + hexadecimal(fileID) + ".seg"
  }
}
