/// The write path without threads: whoever calls does the work. Every disk operation has its place in one order, so
/// that a seed repeats a run; and a program that wants no threads has none.
internal import Synchronization

final class CallerPipeline: Sendable {
  private let core: StoreCore
  private let pipeline: Mutex<WritePipeline>
  private let mailbox = Mutex(Mailbox())

  init(_ core: StoreCore) {
    self.core = core
    pipeline = Mutex(WritePipeline(core, syncer: Syncer(core, hasThread: false)))
  }

  func submit(_ transaction: PendingTransaction) {
    if mailbox.withLock({ $0.isClosed }) {
      return transaction.completion(.failure(StoreThreads.closed))
    }
    while !mailbox.withLock({ $0.post(transaction) }) { run() }
  }

  func submit(_ edit: PendingEdit) {
    if mailbox.withLock({ $0.isClosed }) {
      return edit.completion(.failure(StoreThreads.closed))
    }
    while !mailbox.withLock({ $0.post(edit) }) { run() }
  }

  /// Commits everything in the mailbox, flushing where memory or log ask for it.
  func run() {
    while let item = mailbox.withLock({ $0.take(holdsBack: false) }) {
      if case .transactions(let group) = item, let failure = makeRoom() {
        for transaction in group { transaction.completion(.failure(failure)) }
        continue
      }
      pipeline.withLock { pipeline in
        switch item {
        case .transactions(let group): pipeline.commit(group)
        case .edit(let edit): pipeline.commit(edit)
        }
        pipeline.land()
      }
    }
  }

  /// Flushes what should go; the reason when memory is full all the same.
  private func makeRoom() -> StorageError? {
    let due = core.writer.withLock { $0.pressure.tablesToFlush(core.options) }
    var failure: StorageError?
    do throws(StorageError) {
      if !due.isEmpty { try flush(due) }
    } catch {
      failure = error
    }
    let isFull = core.writer.withLock { $0.pressure.isFull(core.options) }
    return isFull ? failure : nil
  }

  func flush(_ tables: [TableID]) throws(StorageError) {
    var failure: StorageError?
    for table in tables {
      do throws(StorageError) {
        try Flush(core: core) { edit in
          self.pipeline.withLock { $0.commit(edit) }
        }.run(table)
      } catch {
        failure = error
      }
    }
    core.flushFailure.withLock { $0 = failure }
    if let failure { throw failure }
  }

  func close() {
    run()
    mailbox.withLock { $0.close() }
    pipeline.withLock { $0.close() }
  }
}
