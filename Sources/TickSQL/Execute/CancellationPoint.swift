/// Where long work on one batch or one state asks whether anybody still wants it.
///
/// A query asks for each batch anyway (`QueryRun.check`). But one call may make a hundred million elements of one row, and
/// an aggregate sorts all its values when it ends. Those loops are some hundred kernels and states, which know rows and
/// nothing else; so what they ask is bound to the thread while it works for a query, not handed through all of them.
///
/// Invariants:
/// 1. Whoever works for a query does so inside `whileWorking(for:)`: the thread that binds it, the one that pulls its
///    rows, and each turn that the workers take (`QueryContext.onWorkers`).
/// 2. Between two questions lie at most some `stride` elements.
import Glibc
import TickColumns

enum CancellationPoint {
  /// What the thread works for.
  private final class Asker: Sendable {
    let isCancelled: @Sendable () -> Bool
    init(_ isCancelled: @escaping @Sendable () -> Bool) { self.isCancelled = isCancelled }
  }

  /// Of an `Asker` that lives as long as it stands there.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let answer = unsafe pthread_key_create(&key, nil)
    precondition(answer == 0, "no key for a thread's own value")
    return key
  }()

  /// Elements between two questions: up to some milliseconds of work.
  static let stride = 1 << 16

  /// Whether somebody still waits for the work of this thread.
  static var isWanted: Bool {
    guard let asker = unsafe pthread_getspecific(key) else { return true }
    return unsafe !Unmanaged<Asker>.fromOpaque(asker).takeUnretainedValue().isCancelled()
  }

  /// Throws 394 once the query was cancelled.
  static func check() throws(SQLError) {
    if !isWanted { throw QueryRun.cancelled }
  }

  static func whileWorking<Result>(
    for context: QueryContext, _ body: () throws(SQLError) -> Result
  ) throws(SQLError) -> Result {
    let asker = Asker(context.isCancelled)
    let before = unsafe pthread_getspecific(key)
    unsafe pthread_setspecific(key, Unmanaged.passUnretained(asker).toOpaque())
    defer {
      unsafe pthread_setspecific(key, before)
      withExtendedLifetime(asker) {}
    }
    return try body()
  }

  /// The pieces of a range one after the other, with a question before each.
  @inline(__always)
  static func forEachPiece(
    of range: Range<Int>, _ body: (Range<Int>) throws(SQLError) -> Void
  ) throws(SQLError) {
    var start = range.lowerBound
    while start < range.upperBound {
      try check()
      let end = min(start + stride, range.upperBound)
      try body(start..<end)
      start = end
    }
  }

  /// One value for each number below a count.
  @inline(__always)
  static func map<T>(
    _ count: Int, _ body: (Int) throws(SQLError) -> T
  ) throws(SQLError) -> [T] {
    var out: [T] = []
    out.reserveCapacity(count)
    try forEachPiece(of: 0..<count) { (piece) throws(SQLError) in
      for i in piece { out.append(try body(i)) }
    }
    return out
  }

  /// Rows made piece by piece, as one column.
  static func column(
    _ type: DataType, count: Int, _ body: (Range<Int>) throws(SQLError) -> Column
  ) throws(SQLError) -> Column {
    guard count > stride else { return try body(0..<count) }
    var builder = ColumnBuilder(type, reserving: count)
    try forEachPiece(of: 0..<count) { (piece) throws(SQLError) in
      builder.append(contentsOf: try body(piece))
    }
    return builder.finish()
  }

  /// Row positions in sorted order, as `sortPermutation` gives them.
  static func sorted(
    _ keys: [SortKey], rowCount: Int, tieBreak: [UInt64]? = nil
  ) throws(SQLError) -> [Int32] {
    let order = sortPermutation(keys, rowCount: rowCount, tieBreak: tieBreak) { isWanted }
    guard let order else { throw QueryRun.cancelled }
    return order
  }

  /// Sorts by an order in which no two elements are equal, or equal ones may trade places.
  @inline(__always)
  static func sort<T>(
    _ values: inout [T], by precedes: (T, T) -> Bool
  ) throws(SQLError) {
    guard values.sort(while: { isWanted }, by: precedes) else { throw QueryRun.cancelled }
  }

  static func concatenate(_ type: DataType, _ parts: [Column]) throws(SQLError) -> Column {
    guard let column = Column.concatenate(type, parts, while: { isWanted }) else {
      throw QueryRun.cancelled
    }
    return column
  }
}

extension Column {
  /// `gather` of any number of positions.
  func picked(_ positions: [Int32]) throws(SQLError) -> Column {
    guard let column = gather(positions, while: { CancellationPoint.isWanted }) else {
      throw QueryRun.cancelled
    }
    return column
  }
}

extension QueryContext {
  /// Runs turns on the workers, each of which may be asked to stop.
  func onWorkers(
    count: Int, _ body: @escaping @Sendable (Int) throws(SQLError) -> Void
  ) throws(SQLError) {
    try workers.run(count: count) { (turn) throws(SQLError) in
      try CancellationPoint.whileWorking(for: self) { () throws(SQLError) in try body(turn) }
    }
  }
}
