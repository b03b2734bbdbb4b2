/// The store's threads: the writer takes from the mailbox and runs the pipeline, the syncer syncs, the flusher moves
/// rows to segments when memory or log grow or rows get old.
///
/// The mailbox is what they share with callers; a full memory holds transactions back there until a flush helped,
/// or refuses them with the reason why the flush failed.
internal import Synchronization

final class StoreThreads: Sendable {
  private let core: StoreCore
  private let syncer: Syncer
  private let mailbox = Monitor(Mailbox())
  private let flusher = Monitor(FlusherState())
  private let threads: Mutex<[SystemThread]>

  private struct FlusherState: Sendable {
    var isClosed = false
    /// Writes wait for room.
    var isUrged = false
    var wanted: Set<TableID> = []
    /// Rounds of flushing that ended, for those who wait for one.
    var rounds = 0
    var requested = 0
    var failure: StorageError?
    /// When rows of a table were first seen waiting, in rounds of the flusher's clock.
    var waiting: [TableID: Int] = [:]
  }

  init(_ core: StoreCore) {
    self.core = core
    syncer = Syncer(core, hasThread: true)
    threads = Mutex([])
    let started = [
      SystemThread(name: "tick-sync") { [syncer] in syncer.run() },
      SystemThread(name: "tick-writer") { [self] in runWriter() },
      SystemThread(name: "tick-flush") { [self] in runFlusher() },
    ]
    threads.withLock { $0 = started }
  }

  // MARK: Callers

  /// Puts a transaction into the mailbox, waiting while it is full.
  func submit(_ transaction: PendingTransaction) {
    let isOpen = mailbox.wait { mailbox -> Bool? in
      if mailbox.isClosed { return false }
      return mailbox.post(transaction) ? true : nil
    }
    if !isOpen { transaction.completion(.failure(Self.closed)) }
  }

  func submit(_ edit: PendingEdit) {
    let isOpen = mailbox.wait { mailbox -> Bool? in
      if mailbox.isClosed { return false }
      return mailbox.post(edit) ? true : nil
    }
    if !isOpen { edit.completion(.failure(Self.closed)) }
  }

  static let closed = StorageError.conflict("the store was closed")

  /// Flushes these tables and waits for the end of it.
  func flush(_ tables: [TableID]) throws(StorageError) {
    let round = flusher.withLock { state in
      state.wanted.formUnion(tables)
      state.requested += 1
      return state.requested
    }
    let failure = flusher.wait { state -> StorageError?? in
      if state.rounds >= round || state.isClosed { return .some(state.failure) }
      return nil
    }
    if let failure { throw failure }
  }

  /// Finishes what is in the mailbox, then ends the threads.
  func close() {
    flusher.withLock { $0.isClosed = true }
    let started = threads.withLock { threads in
      let started = threads
      threads = []
      return started
    }
    guard started.count == 3 else { return }
    // The flusher first: its edit goes through the writer. Then the writer: its group through the syncer.
    started[2].join()
    mailbox.withLock { $0.close() }
    started[1].join()
    syncer.close()
    started[0].join()
  }

  // MARK: Writer

  private func runWriter() {
    var pipeline = WritePipeline(core, syncer: syncer)
    while true {
      let isFull = core.writer.withLock { $0.pressure.isFull(core.options) }
      if isFull { refuseWhenFlushFails() }
      let mayWait = !pipeline.hasGroupInFlight
      switch take(holdsBack: isFull, mayWait: mayWait) {
      case .item(.transactions(let group)): pipeline.commit(group)
      case .item(.edit(let edit)): pipeline.commit(edit)
      case .nothing: pipeline.land()
      case .end:
        pipeline.close()
        return
      }
    }
  }

  private enum Taken {
    case item(Mailbox.Item)
    case nothing
    case end
  }

  private func take(holdsBack: Bool, mayWait: Bool) -> Taken {
    if !mayWait {
      return mailbox.withLock { $0.take(holdsBack: holdsBack) }.map { .item($0) } ?? .nothing
    }
    if holdsBack {
      flusher.withLock { $0.isUrged = true }
      // Looks again after a moment, since the pressure is not the mailbox's to signal.
      return mailbox.wait(milliseconds: 20) { mailbox -> Taken? in
        if let item = mailbox.take(holdsBack: !mailbox.isClosed) { return .item(item) }
        return mailbox.isClosed ? .end : nil
      } ?? .nothing
    }
    return mailbox.wait { mailbox -> Taken? in
      if let item = mailbox.take(holdsBack: false) { return .item(item) }
      return mailbox.isClosed ? .end : nil
    }
  }

  /// Memory is full and cannot be emptied: waiting would not help, so say why.
  private func refuseWhenFlushFails() {
    guard let failure = core.flushFailure.withLock({ $0 }) ?? core.durable.failure else { return }
    while case .transactions(let group)? = mailbox.withLock({ $0.take(holdsBack: false) }) {
      for transaction in group { transaction.completion(.failure(failure)) }
    }
  }

  // MARK: Flusher

  /// How often the flusher looks around by itself.
  private static let lookMilliseconds = 50
  /// After a failure it tries again by itself after so many looks: a full disk is not helped by hurry.
  private static let pauseLooks = 20

  private struct FlusherWork: Sendable {
    let tables: Set<TableID>
    let requested: Int
  }

  private func runFlusher() {
    var pause = 0
    while true {
      let woken = flusher.wait(milliseconds: Self.lookMilliseconds) { state -> FlusherWork?? in
        if state.isClosed { return .some(nil) }
        guard state.isUrged || state.requested > state.rounds else { return nil }
        defer {
          state.wanted = []
          state.isUrged = false
        }
        return FlusherWork(tables: state.wanted, requested: state.requested)
      }
      if case .some(.none) = woken { return }
      let work = woken ?? nil
      pause = max(0, pause - 1)
      let tables = (work?.tables ?? []).union(pause == 0 ? dueTables() : [])
      let failure = flush(all: tables)
      if failure != nil { pause = Self.pauseLooks }
      if pause == 0 || failure != nil { core.flushFailure.withLock { $0 = failure } }
      if let work {
        flusher.withLock { state in
          state.rounds = work.requested
          state.failure = failure
        }
      }
    }
  }

  private func flush(all tables: Set<TableID>) -> StorageError? {
    var failure: StorageError?
    for table in tables.sorted() {
      do throws(StorageError) {
        try Flush(core: core, commit: submit).run(table)
        core.counters.flushedTable(failed: false)
      } catch {
        core.counters.flushedTable(failed: true)
        failure = error
      }
    }
    return failure
  }

  /// Tables that memory, log or age say should go.
  private func dueTables() -> Set<TableID> {
    guard core.durable.failure == nil else { return [] }
    let pressure = core.writer.withLock { $0.pressure }
    var due = Set(pressure.tablesToFlush(core.options))
    let rounds = max(1, core.options.flushAgeMilliseconds / Self.lookMilliseconds)
    flusher.withLock { state in
      var waiting: [TableID: Int] = [:]
      for table in pressure.tables { waiting[table.id] = (state.waiting[table.id] ?? 0) + 1 }
      state.waiting = waiting
      for (table, seen) in waiting where seen >= rounds { due.insert(table) }
    }
    return due
  }
}
