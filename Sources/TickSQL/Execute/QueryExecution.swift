/// Runs a plan and hands out its result batch by batch.
public import TickColumns
import Synchronization

/// One running query. Confined to the thread that calls `next`; the work itself runs on the context's workers.
///
/// The result of a SELECT without ORDER BY comes in the order of the source, and groups in the order in which
/// their first row stands there, however many workers there are.
public final class QueryExecution {
  public let schema: Schema
  private let stream: any BatchStream
  private let run: QueryRun
  private var resultRows = 0
  private let hasLimit: Bool

  init(_ plan: LogicalPlan) throws(SQLError) {
    schema = plan.schema
    run = QueryRun(plan.context)
    hasLimit = plan.query.hasLimit
    stream = try PlanStream.make(plan.query, run)
  }

  /// The next rows, never an empty batch; nil at the end.
  public func next() throws(SQLError) -> Batch? {
    while let batch = try stream.next() {
      if batch.rowCount == 0 { continue }
      try run.check()
      resultRows += batch.rowCount
      let limit = run.context.limits.resultRowsMax
      if limit > 0, resultRows > limit {
        throw SQLError(
          .tooManyRowsOrBytes,
          "Limit for result exceeded, max rows: \(limit), current rows: "
            + "\(resultRows)")
      }
      return batch
    }
    return nil
  }

  /// Figures so far; final once `next` gave nil.
  public var statistics: QueryStatistics {
    QueryStatistics(
      rowsRead: run.context.progress.rowsRead, bytesRead: run.context.progress.bytesRead,
      resultRows: resultRows,
      rowsBeforeLimit: hasLimit ? stream.rowsBeforeLimit : nil, memoryBytes: run.memory.peak)
  }
}

/// What a query has read and made.
public struct QueryStatistics: Sendable, Hashable {
  public var rowsRead = 0
  public var bytesRead = 0
  public var resultRows = 0
  /// Rows that reached LIMIT, at least; nil without LIMIT.
  public var rowsBeforeLimit: Int?
  /// The most that grouping, sorting and DISTINCT held, estimated.
  public var memoryBytes = 0
}

extension LogicalPlan {
  /// Opens the sources and starts; nothing is read before the first `next`.
  public func execute() throws(SQLError) -> QueryExecution {
    try QueryExecution(self)
  }
}

/// What all parts of one running query share: its surroundings and budget. Any thread.
final class QueryRun: Sendable {
  let context: QueryContext
  let memory: MemoryBudget

  init(_ context: QueryContext) {
    self.context = context
    memory = MemoryBudget(bytesMax: context.limits.memoryBytesMax, context.progress)
  }

  var isCancelled: Bool { context.isCancelled() }
  static let cancelled = SQLError(.queryWasCancelled, "Query was cancelled")

  /// Throws 394 once the query was cancelled. Called per batch, and at least every few milliseconds of work.
  func check() throws(SQLError) {
    if isCancelled { throw Self.cancelled }
  }

  /// Counts rows read from a table; throws when they are too many or the query was cancelled.
  func read(_ batch: Batch, from scan: any TableScan) throws(SQLError) {
    try check()
    guard scan.countsRows else { return }
    let total = context.progress.read(rows: batch.rowCount, bytes: batch.byteCount)
    let limit = context.limits.readRowsMax
    if limit > 0, total > limit {
      throw SQLError(
        .tooManyRows, "Limit for rows to read exceeded, max rows: \(limit), current rows: \(total)")
    }
  }
}

/// Bytes held by the growing parts of a query, against its limit. Any thread.
final class MemoryBudget: Sendable {
  private let bytesMax: Int
  private let held = Atomic<Int>(0)
  private let highest = Atomic<Int>(0)
  private let progress: QueryProgress

  init(bytesMax: Int, _ progress: QueryProgress) {
    self.bytesMax = bytesMax
    self.progress = progress
  }

  // What operators still hold goes with them.
  deinit { progress.hold(-held.load(ordering: .relaxed)) }

  var peak: Int { highest.load(ordering: .relaxed) }

  /// Takes or gives back bytes; throws 241 above the limit.
  func change(by delta: Int) throws(SQLError) {
    let total = held.add(delta, ordering: .relaxed).newValue
    highest.max(total, ordering: .relaxed)
    progress.hold(delta)
    if bytesMax > 0, total > bytesMax, delta > 0 {
      throw SQLError(
        .memoryLimitExceeded,
        "Query memory limit exceeded: would use \(total) bytes, maximum: \(bytesMax) bytes")
    }
  }
}

/// A stream of batches, pulled by one thread.
protocol BatchStream: AnyObject {
  /// The next batch, possibly empty; nil at the end.
  func next() throws(SQLError) -> Batch?
  var rowsBeforeLimit: Int { get }
}
