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
    hasLimit = plan.block.limit != nil || plan.block.offset > 0
    stream = try BlockStream.make(plan.block, run)
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
      rowsRead: run.rowsRead, bytesRead: run.bytesRead, resultRows: resultRows,
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

/// What all parts of one running query share: its surroundings, counters and budget. Any thread.
final class QueryRun: Sendable {
  let context: QueryContext
  let memory: MemoryBudget
  private let rows = Atomic<Int>(0)
  private let bytes = Atomic<Int>(0)

  init(_ context: QueryContext) {
    self.context = context
    memory = MemoryBudget(bytesMax: context.limits.memoryBytesMax)
  }

  var rowsRead: Int { rows.load(ordering: .relaxed) }
  var bytesRead: Int { bytes.load(ordering: .relaxed) }

  /// Throws 394 once the query was cancelled. Called per batch.
  func check() throws(SQLError) {
    if context.isCancelled() { throw SQLError(.queryWasCancelled, "Query was cancelled") }
  }

  /// Counts rows read from a table; throws when they are too many or the query was cancelled.
  func read(_ batch: Batch) throws(SQLError) {
    try check()
    let total = rows.add(batch.rowCount, ordering: .relaxed).newValue
    bytes.add(batch.byteCount, ordering: .relaxed)
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

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  var peak: Int { highest.load(ordering: .relaxed) }

  /// Takes or gives back bytes; throws 241 above the limit.
  func change(by delta: Int) throws(SQLError) {
    let total = held.add(delta, ordering: .relaxed).newValue
    highest.max(total, ordering: .relaxed)
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

/// Puts a block's operators one upon the other.
enum BlockStream {
  static func make(_ block: SelectBlock, _ run: QueryRun) throws(SQLError) -> any BatchStream {
    var stream: any BatchStream
    // As many rows as can matter downstream, when that is known: those few are kept per batch.
    let wanted = block.limit.map { block.offset.addingReportingOverflow($0) }
    let rowsWanted = wanted.map { $0.overflow ? Int.max : $0.partialValue }
    let topRows = rowsWanted.flatMap { $0 <= topRowsMax && !block.isDistinct ? $0 : nil }
    let sort = block.order.isEmpty ? nil : SortSpecification(block.order)
    if let grouping = block.grouping {
      let input = try source(block, run)
      stream = GroupingStream(block, grouping, input, run)
    } else {
      let projection = Projection(block, cut: sort.flatMap { sort in topRows.map { (sort, $0) } })
      switch try source(block, run) {
      case .scan(let scan): stream = ScanStream(scan, projection, run)
      case .stream(let inner): stream = ProjectedStream(inner, projection)
      case .nothing: stream = EmptyStream()
      }
    }
    if block.isDistinct {
      stream = DistinctStream(
        stream, block.schema.fields.map(\.type), run)
    }
    if let sort { stream = SortStream(stream, sort, block.outputs.map(\.type), topRows, run) }
    if block.outputs.count > block.schema.count {
      stream = NarrowingStream(stream, width: block.schema.count)
    }
    if block.limit != nil || block.offset > 0 {
      stream = LimitStream(stream, offset: block.offset, limit: block.limit)
    }
    return stream
  }

  /// Up to this many rows ORDER BY ... LIMIT keeps only candidates instead of sorting everything.
  private static let topRowsMax = 100_000

  private static func source(_ block: SelectBlock, _ run: QueryRun) throws(SQLError) -> OpenSource {
    if block.neverMatches { return .nothing }
    switch block.source {
    case .block(let inner): return .stream(try make(inner, run))
    case .table(let reference):
      let request = ScanRequest(
        columns: reference.fields.map(\.name), constraints: reference.constraints)
      return .scan(try reference.table.scan(request))
    }
  }
}

/// Where a block's rows come from, opened.
enum OpenSource {
  case scan(any TableScan)
  case stream(any BatchStream)
  case nothing
}

/// Filters rows one condition after the other, then computes outputs. Immutable; used by many workers.
struct Projection: Sendable {
  let filter: [BoundExpression]
  let outputs: [BoundExpression]
  /// Keep only the first rows of each batch in this order.
  let sort: SortSpecification?
  let rowsKept: Int

  init(_ block: SelectBlock, cut: (SortSpecification, Int)?) {
    filter = block.filter
    outputs = block.outputs
    sort = cut?.0
    rowsKept = cut?.1 ?? 0
  }

  /// The rows that pass all conditions.
  static func selection(
    _ filter: [BoundExpression], _ batch: Batch
  ) throws(SQLError) -> Selection {
    var selection = Selection.all
    for condition in filter {
      let evaluator = Evaluator(batch, selection)
      if evaluator.rows == 0 { break }
      selection = selection.narrowed(by: try evaluator.marks(condition))
    }
    return selection
  }

  func apply(_ batch: Batch) throws(SQLError) -> Batch {
    let evaluator = Evaluator(batch, try Self.selection(filter, batch))
    let rows = evaluator.rows
    var columns: [Column] = []
    columns.reserveCapacity(outputs.count)
    for output in outputs { columns.append(try evaluator.operand(output).column(rows: rows)) }
    let result = Batch(columns, rowCount: rows)
    guard let sort, rows > rowsKept else { return result }
    return sort.first(rowsKept, of: result)
  }
}

/// How to sort batches of outputs.
struct SortSpecification: Sendable {
  let items: [SortItem]

  init(_ items: [SortItem]) { self.items = items }

  /// The first rows in this order. Most rows are dropped by one comparison with a bound that a sample gives, and
  /// only the rest is sorted.
  func first(_ count: Int, of batch: Batch) -> Batch {
    var candidates = batch
    if let marks = passing(count, batch) { candidates = batch.gather(markedPositions(marks)) }
    return candidates.gather(Array(permutation(candidates).prefix(count)))
  }

  /// Rows whose first key is not behind that of `count` others; nil where a bound does not pay.
  private func passing(_ count: Int, _ batch: Batch) -> [UInt8]? {
    let sample = max(Self.sampleRows, 4 * count)
    guard count > 0, batch.rowCount > 4 * sample, let item = items.first else { return nil }
    let column = batch.columns[item.output]
    switch column.values {
    case .string, .codes, .tuple, .nothing: return nil
    default: break
    }
    // NULL and NaN sort apart from the numbers, so a bound on numbers says nothing where they come first.
    if column.validity != nil || item.nullsFirst { return nil }
    // Spread over the batch, so that a batch in order does not fool it.
    let step = batch.rowCount / sample
    let places = (0..<sample).map { Int32($0 * step) }
    let key = SortKey(
      column.gather(places), isDescending: item.isDescending, nullsFirst: item.nullsFirst)
    let order = sortPermutation([key], rowCount: sample)
    let bound = key.column.value(at: Int(order[count - 1]))
    if case .float(let x) = bound, x.isNaN { return nil }
    let raw = Column(column.type.rawNumber, column.values)
    return NumberComparison.run(
      item.isDescending ? .greaterOrEquals : .lessOrEquals, .column(raw),
      .constant(bound, raw.type), batch.rowCount)
  }

  private static let sampleRows = 1_024

  /// Positions in sorted order; rows that compare equal keep their order.
  func permutation(_ batch: Batch) -> [Int32] {
    sortPermutation(
      items.map {
        SortKey(
          batch.columns[$0.output], isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
      }, rowCount: batch.rowCount)
  }
}
