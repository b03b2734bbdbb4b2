/// A data directory, open: snapshots for readers, transactions and edits for writers.
///
/// Invariants:
/// 1. What was acknowledged is durable, and visible in every snapshot taken afterwards.
/// 2. A change becomes visible at one moment, all of it, and only when it is durable.
/// 3. Every file an edit names is durable, and so is its name, before the edit is written.
/// 4. After a failed sync nothing is written; snapshots keep working.
/// 5. Files that no edit names do not survive an opening.
/// May be used from any thread (without threads of its own: by one caller at a time). The caller holds the
/// `DirectoryLock`.
internal import Synchronization

public final class Store: Sendable {
  let core: StoreCore
  private let mode: Mode

  private enum Mode: Sendable {
    case threads(StoreThreads)
    case caller(CallerPipeline)
  }

  /// Opens a directory, creating what a new one needs, and recovers what was acknowledged.
  public static func open(
    files: any FileSystem, options: StoreOptions
  ) throws(StorageError) -> Store {
    let durable = DurableFiles(files)
    let manifest = try ManifestLog.open(durable, options: options)
    let state = manifest.state
    let identity = manifest.contents.identity
    let recovered = try Recovery.readLog(
      durable, identity: identity, state: state, options: options)
    var log = LogWriter(
      durable, identity: identity, end: recovered.end, options: options)
    try log.rewriteLastGroup()
    Recovery.removeOrphans(durable, state: state)
    let writer = StoreWriter(
      durable: durable, manifest: manifest, log: log, memory: recovered.memory,
      nextSequence: recovered.end.nextSequence)
    return Store(
      StoreCore(
        durable: durable, options: options, identity: identity, counters: state.counters,
        writer: writer))
  }

  private init(_ core: StoreCore) {
    self.core = core
    mode = core.options.hasThreads ? .threads(StoreThreads(core)) : .caller(CallerPipeline(core))
  }

  deinit {
    if case .threads(let threads) = mode { threads.close() }
  }

  /// The newest snapshot: everything acknowledged before this call.
  public func snapshot() -> Snapshot { core.snapshot }

  /// Why writes are refused; nil while they are not.
  public var failure: StorageError? { core.durable.failure }

  /// Why the last flush failed, for example a full disk; it is tried again.
  public var flushFailure: StorageError? { core.flushFailure.withLock { $0 } }

  /// An id for a table to be created; never given twice.
  public func allocateTableID() -> TableID {
    core.nextTableID.wrappingAdd(1, ordering: .relaxed).oldValue
  }

  // MARK: Rows

  /// Commits rows: when this returns they are durable and visible. Blocks.
  @discardableResult
  public func commit(
    _ transaction: Transaction, settle: SettleTransaction? = nil
  ) throws(StorageError) -> Commit {
    let result = HandOver<Result<Commit, StorageError>>()
    try submit(transaction, settle: settle) { result.give($0) }
    if case .caller(let pipeline) = mode { pipeline.run() }
    return try result.take().get()
  }

  /// Hands rows to the writer; `completion` is told what became of them. Blocks only while the mailbox is full.
  /// Throws `.limit` for what is too large for the log. Without threads nothing happens until `runPending`.
  public func submit(
    _ transaction: Transaction, settle: SettleTransaction? = nil,
    completion: @escaping CommitCompletion
  ) throws(StorageError) {
    let pending = PendingTransaction(
      transaction: transaction, record: try LogRecord(transaction), settle: settle,
      completion: completion)
    switch mode {
    case .threads(let threads): threads.submit(pending)
    case .caller(let pipeline): pipeline.submit(pending)
    }
  }

  /// Commits what `submit` collected, as one group where it fits; only without threads.
  public func runPending() {
    if case .caller(let pipeline) = mode { pipeline.run() }
  }

  // MARK: Edits and files

  /// Commits an edit: when this returns it is durable and visible. Blocks. Files that it adds are finished.
  @discardableResult
  public func publish(
    _ edit: ManifestEdit, settle: SettleEdit? = nil
  ) throws(StorageError) -> Commit {
    try core.syncDirectories(of: edit)
    let result = HandOver<Result<Commit, StorageError>>()
    let pending = PendingEdit(edit: edit, purpose: .change, settle: settle) { result.give($0) }
    switch mode {
    case .threads(let threads): threads.submit(pending)
    case .caller(let pipeline):
      pipeline.submit(pending)
      pipeline.run()
    }
    return try result.take().get()
  }

  /// A new segment file for a table; it becomes live when an edit that adds it is published.
  public func newSegmentFile(table: TableID) throws(StorageError) -> SegmentFileWriter {
    try core.newSegmentFile(table: table)
  }

  /// Writes one finished segment file that is not live yet.
  public func writeSegment(
    _ input: SegmentInput, table: TableID
  ) throws(StorageError) -> SegmentDescriptor {
    try core.writeSegment(input, table: table)
  }

  /// A finished file that is not live, to be read by who made it.
  package func unpublished(_ entry: SegmentEntry, table: TableID) -> LiveSegment {
    LiveSegment(
      entry: entry,
      file: SegmentFile(table: table, descriptor: entry.descriptor, durable: core.durable))
  }

  /// Removes finished files that will not be published. After a failed sync they may be live all the same: then they
  /// stay, and the next opening decides.
  public func discard(_ files: [FileID], table: TableID) {
    if core.durable.failure == nil || PlantedBug.isOn(.filesDiscardedAfterFailedSync) {
      core.discard(files, table: table)
    }
  }

  // MARK: Flush and close

  /// Moves the rows of these tables (all when nil) from memory to segments. Blocks.
  public func flush(_ tables: [TableID]? = nil) throws(StorageError) {
    let wanted = tables ?? core.writer.withLock { $0.pressure.tables.map(\.id) }
    switch mode {
    case .threads(let threads): try threads.flush(wanted)
    case .caller(let pipeline): try pipeline.flush(wanted)
    }
  }

  /// Finishes what was submitted, marks the end of the log and ends the threads. Afterwards changes are refused and
  /// snapshots still work. Rows stay in the log; flush first to have them in segments.
  public func close() {
    switch mode {
    case .threads(let threads): threads.close()
    case .caller(let pipeline): pipeline.close()
    }
  }
}
