/// What a store and its threads share.
///
/// `writer` is held for moments: to assemble, to write, to apply; never while a sync runs. The pipeline's thread
/// (or, without threads, the caller) is the only one that commits; a flush takes `writer` to freeze.
internal import Synchronization

final class StoreCore: Sendable {
  let durable: DurableFiles
  let options: StoreOptions
  /// Drawn when the directory was made.
  let identity: UInt64
  let counters = StoreCounters()
  let writer: Mutex<StoreWriter>
  private let current: Mutex<Snapshot>
  let nextTableID: Atomic<TableID>
  let nextFileID: Atomic<FileID>
  /// Why the last flush failed; nil when it did not.
  let flushFailure = Mutex<StorageError?>(nil)

  init(
    durable: DurableFiles, options: StoreOptions, identity: UInt64, counters: ManifestCounters,
    writer: consuming StoreWriter
  ) {
    self.durable = durable
    self.options = options
    self.identity = identity
    nextTableID = Atomic(counters.nextTableID)
    nextFileID = Atomic(counters.nextFileID)
    current = Mutex(writer.snapshot())
    self.writer = Mutex(writer)
  }

  var snapshot: Snapshot { current.withLock { $0 } }

  /// Shows everything applied; all of it is durable.
  func show() {
    let next = writer.withLock { $0.snapshot() }
    // The old one goes after the lock: it may be the last to hold segments whose files go with it.
    let old = current.withLock { current in
      let old = current
      current = next
      return old
    }
    _ = consume old
  }

  /// Writes one finished segment file that is not live yet.
  func writeSegment(
    _ input: SegmentInput, table: TableID
  ) throws(StorageError) -> SegmentDescriptor {
    let file = try newSegmentFile(table: table)
    let descriptor = try SegmentWriter.write(input, fileID: file.fileID, to: file.file)
    _ = try file.finish()
    counters.wroteSegment(bytes: descriptor.byteCount)
    return descriptor
  }

  func newSegmentFile(table: TableID) throws(StorageError) -> SegmentFileWriter {
    try durable.requireHealthy()
    let fileID = nextFileID.wrappingAdd(1, ordering: .relaxed).oldValue
    return try SegmentFileWriter(table: table, fileID: fileID, durable: durable)
  }

  func discard(_ files: [FileID], table: TableID) {
    for fileID in files {
      durable.removeQuietly(SegmentFile.path(table: table, fileID: fileID))
    }
  }

  /// Makes the names of new files durable, before the edit that names them.
  func syncDirectories(of edit: ManifestEdit) throws(StorageError) {
    var tables: Set<TableID> = []
    for action in edit.actions {
      switch action {
      case .addSegments(let table, let entries) where !entries.isEmpty,
        .addDetached(let table, let entries) where !entries.isEmpty:
        tables.insert(table)
      default: break
      }
    }
    for table in tables.sorted() where !PlantedBug.isOn(.segmentNameNotSynced) {
      try durable.syncDirectory(SegmentFile.directory(table: table))
    }
  }
}
