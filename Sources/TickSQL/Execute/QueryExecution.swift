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
  private var resultBytes = 0
  private var hasEnded = false
  private let hasLimit: Bool
  private var extremeValues: ExtremeValues?

  init(_ plan: LogicalPlan) throws(SQLError) {
    schema = plan.schema
    run = QueryRun(plan.context)
    hasLimit = plan.query.hasLimit
    if plan.context.options.findsExtremes { extremeValues = ExtremeValues(plan.schema) }
    stream = try PlanStream.make(plan.query, run)
  }

  /// The next rows, never an empty batch; nil at the end.
  public func next() throws(SQLError) -> Batch? {
    try CancellationPoint.whileWorking(for: run.context) { () throws(SQLError) in
      try nextRows()
    }
  }

  private func nextRows() throws(SQLError) -> Batch? {
    if hasEnded { return nil }
    while let batch = try stream.next() {
      if batch.rowCount == 0 { continue }
      try run.check()
      resultRows += batch.rowCount
      let limit = run.context.limits.result
      if limit.bytesMax > 0 { resultBytes += batch.byteCount }
      hasEnded = try !limit.allows(
        rows: resultRows, bytes: resultBytes, "result", .tooManyRowsOrBytes)
      try extremeValues?.add(batch)
      return batch
    }
    return nil
  }

  /// The row of WITH TOTALS; nil where the statement has none.
  public func totals() throws(SQLError) -> Batch? {
    try CancellationPoint.whileWorking(for: run.context) { () throws(SQLError) in
      try stream.totals()
    }
  }

  /// The least value of each column of the rows so far, and the greatest: two rows. Nil where the option
  /// `findsExtremes` is off, or there was no row.
  public func extremes() throws(SQLError) -> Batch? { try extremeValues?.batch() }

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
  private let hasReadEnough = Atomic<Bool>(false)

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

  /// No more should be read: a limit that breaks off was reached.
  var isFull: Bool { hasReadEnough.load(ordering: .relaxed) }

  /// Counts rows read from a table; throws when they are too many or the query was cancelled. Afterwards `isFull`
  /// says whether reading goes on.
  func read(_ batch: Batch, from scan: any TableScan) throws(SQLError) {
    try check()
    guard scan.countsRows else { return }
    let total = context.progress.read(rows: batch.rowCount, bytes: batch.byteCount)
    let goesOn = try context.limits.read.allows(
      rows: total.rows, bytes: total.bytes, "rows or bytes to read", .tooManyRows,
      bytesCode: .tooManyBytes)
    if !goesOn || !context.hasTimeLeft() { hasReadEnough.store(true, ordering: .relaxed) }
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
  /// The row of WITH TOTALS that stands beside the rows; nil where there is none. Asked after `next` or without it.
  func totals() throws(SQLError) -> Batch?
  var rowsBeforeLimit: Int { get }
}

extension BatchStream {
  /// What reads a table or makes rows anew has none.
  func totals() throws(SQLError) -> Batch? { nil }
}
