/// The statements that run now: what others may see of them, and the way to stop them.
///
/// Invariants:
/// 1. Of the running statements no two have one query id.
/// 2. A statement that was killed ends with 394 soon, wherever it is: working, waiting for its data or for its reader.
import Synchronization
import TickColumns
import TickSQL
import TickStorage

/// One statement while it runs. May be used from any thread.
final class RunningStatement: Cancellation {
  let record: StatementRecord
  /// On the clock of `Database.ticks`.
  let began: Int
  let isReading: Bool
  let progress = QueryProgress()
  private let rows = Atomic(0)
  private let bytes = Atomic(0)
  private let started = Atomic(false)
  private let logged = Atomic(true)
  private let killed = Atomic(false)
  private let cancellation: any Cancellation

  init(
    _ record: StatementRecord, began: Int, isReading: Bool, cancellation: any Cancellation
  ) {
    self.record = record
    self.began = began
    self.isReading = isReading
    self.cancellation = cancellation
  }

  /// Rows and bytes that an INSERT has taken so far.
  var rowsWritten: Int { rows.load(ordering: .relaxed) }
  var bytesWritten: Int { bytes.load(ordering: .relaxed) }

  func wrote(rows count: Int, bytes size: Int) {
    rows.wrappingAdd(count, ordering: .relaxed)
    bytes.wrappingAdd(size, ordering: .relaxed)
  }

  /// It was understood and works.
  var hasStarted: Bool { started.load(ordering: .relaxed) }
  /// Whether its end belongs into the query log; settled when it starts.
  var isLogged: Bool { logged.load(ordering: .relaxed) }

  func start(isLogged: Bool) {
    logged.store(isLogged, ordering: .relaxed)
    started.store(true, ordering: .relaxed)
  }

  var isKilled: Bool { killed.load(ordering: .relaxed) }
  var isCancelled: Bool { isKilled || cancellation.isCancelled }

  func cancel() {
    killed.store(true, ordering: .relaxed)
    cancellation.cancel()
  }
}

final class RunningStatements: Sendable {
  private let statements = Monitor<[ObjectIdentifier: RunningStatement]>([:])

  /// Throws 216 when a statement of the same id runs.
  func add(_ statement: RunningStatement) throws(SQLError) {
    let id = statement.record.queryID
    let isNew = statements.withLock { statements in
      if !id.isEmpty, statements.values.contains(where: { $0.record.queryID == id }) {
        return false
      }
      statements[ObjectIdentifier(statement)] = statement
      return true
    }
    guard isNew else {
      throw SQLError(
        .queryWithSameIdIsAlreadyRunning, "Query with id = \(id) is already running.")
    }
  }

  func remove(_ statement: RunningStatement) {
    statements.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(statement)) }
  }

  /// The longest running first.
  var all: [RunningStatement] {
    statements.withLock { Array($0.values) }.sorted { $0.began < $1.began }
  }

  var count: Int { statements.withLock { $0.count } }

  /// Waits until a statement has ended, at most so long; false when it has not.
  func waitForEnd(of statement: RunningStatement, milliseconds: Int) -> Bool {
    statements.wait(milliseconds: milliseconds) { statements in
      statements[ObjectIdentifier(statement)] == nil ? true : nil
    } ?? false
  }
}
