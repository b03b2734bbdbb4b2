/// The steps of a commit, in the order that makes it durable. While the sync of one group runs, its rows are
/// applied (not shown) and the next group is assembled (not written).
///
/// ```
/// assemble n+1 ─ wait for sync n ─ show n ─ acknowledge n ─ write n+1 ─ begin sync n+1 ─ apply n+1
/// ```
///
/// Invariants:
/// 1. One group is in flight at most, and nothing is written while it is.
/// 2. A completion is called after the change is durable and shown, or with the reason why it is neither. A group that asks for
///    less is shown and answered when it is written; its sync runs as that of any other, and nothing is written before it returned.
/// Confined to one thread at a time.
internal import Synchronization

struct WritePipeline: ~Copyable {
  private let core: StoreCore
  private let syncer: Syncer
  private var inFlight: TransactionGroup?

  var hasGroupInFlight: Bool { inFlight != nil }

  init(_ core: StoreCore, syncer: Syncer) {
    self.core = core
    self.syncer = syncer
  }

  mutating func commit(_ requests: [PendingTransaction]) {
    var group = core.writer.withLock { $0.assemble(requests) }
    land()
    if group.members.isEmpty { return }
    do throws(StorageError) {
      let file = try core.writer.withLock { (writer) throws(StorageError) in
        try writer.write(group)
      }
      guard let file else {
        // Rows may have been dropped for the sake of rows in the group that was in flight: those must have landed.
        try core.durable.requireHealthy()
        return group.finish(nil)
      }
      core.counters.wroteLog(bytes: group.records.reduce(0) { $0 + $1.bytes.count })
      syncer.begin(file)
    } catch {
      return group.finish(error)
    }
    core.writer.withLock { $0.apply(group) }
    if group.acknowledgement == .system {
      core.show()
      group.finish(nil)
      group.members = []
    } else if PlantedBug.isOn(.shownBeforeSync) {
      core.show()
    }
    inFlight = group
  }

  mutating func commit(_ pending: PendingEdit) {
    land()
    do throws(StorageError) {
      let edit = try pending.settle?(pending.edit) ?? pending.edit
      let commit = try core.writer.withLock { (writer) throws(StorageError) in
        switch pending.purpose {
        case .change: try writer.commit(edit)
        case .flush(let table, let lsn):
          try writer.commit(edit, flushing: table, through: lsn)
        }
      }
      core.show()
      pending.completion(.success(commit))
    } catch {
      pending.completion(.failure(error))
    }
  }

  /// Waits for the group in flight, shows it and acknowledges it.
  mutating func land() {
    guard let group = inFlight else { return }
    inFlight = nil
    if let failure = syncer.wait() {
      // Applied and never shown: the store is latched, and nothing is shown any more.
      return group.finish(failure)
    }
    core.writer.withLock { $0.noteSynced() }
    core.show()
    group.finish(nil)
  }

  /// Lands, and marks the end of the log as durable.
  mutating func close() {
    land()
    do throws(StorageError) {
      let file = try core.writer.withLock { (writer) throws(StorageError) in
        try writer.mark()
      }
      guard let file else { return }
      try core.durable.sync(file)
      core.writer.withLock { $0.noteSynced() }
    } catch {
      // The mark only sharpens the next recovery; what was acknowledged is durable without it.
      return
    }
  }
}

/// Syncs one file at a time, here or on a thread of its own.
final class Syncer: Sendable {
  private enum State: Sendable {
    case idle
    case wanted(any WritableFile)
    case running
    case done(StorageError?)
    case closed
  }

  private let durable: DurableFiles
  private let counters: StoreCounters
  private let state = Monitor(State.idle)
  private let hasThread: Bool

  init(_ core: StoreCore, hasThread: Bool) {
    durable = core.durable
    counters = core.counters
    self.hasThread = hasThread
  }

  func begin(_ file: any WritableFile) { state.withLock { $0 = .wanted(file) } }

  /// What became of the sync that was begun.
  func wait() -> StorageError? {
    if !hasThread, let file = state.withLock({ Self.take(&$0) }) ?? nil {
      state.withLock { $0 = .idle }
      return sync(file)
    }
    return state.wait { state in
      guard case .done(let failure) = state else { return nil }
      state = .idle
      return .some(failure)
    }
  }

  /// The body of the sync thread.
  func run() {
    while let file = state.wait({ Self.takeOrEnd(&$0) }) {
      let failure = sync(file)
      state.withLock { $0 = .done(failure) }
    }
  }

  /// Ends the thread; nothing is in flight.
  func close() { state.withLock { $0 = .closed } }

  private func sync(_ file: any WritableFile) -> StorageError? {
    if PlantedBug.isOn(.answersBeforeLogSync) { return nil }
    do throws(StorageError) {
      try counters.timingLogSync { () throws(StorageError) in try durable.sync(file) }
      return nil
    } catch {
      return error
    }
  }

  private static func take(_ state: inout State) -> (any WritableFile)? {
    guard case .wanted(let file) = state else { return nil }
    state = .running
    return file
  }

  /// Outer nil: keep waiting. Inner nil: the end.
  private static func takeOrEnd(_ state: inout State) -> (any WritableFile)?? {
    if case .closed = state { return .some(nil) }
    return take(&state).map { .some($0) }
  }
}
