/// Bounds of one query, and what happens beyond them.
import TickColumns

/// How much of something a query may have. 0 means no bound.
public struct SizeLimit: Sendable, Hashable {
  public var rowsMax = 0
  public var bytesMax = 0
  /// Beyond the bound the query goes on with what it has, instead of failing.
  public var breaks = false

  public init(rowsMax: Int = 0) { self.rowsMax = rowsMax }

  var isBound: Bool { rowsMax > 0 || bytesMax > 0 }

  /// True while there may be more; false beyond a bound that breaks off. Throws beyond one that does not.
  func allows(
    rows: Int, bytes: @autoclosure () -> Int, _ what: String, _ code: ErrorCode,
    bytesCode: ErrorCode? = nil
  ) throws(SQLError) -> Bool {
    if rowsMax > 0, rows > rowsMax {
      if breaks { return false }
      throw SQLError(
        code, "Limit for \(what) exceeded, max rows: \(rowsMax), current rows: \(rows)")
    }
    if bytesMax > 0 {
      let bytes = bytes()
      guard bytes > bytesMax else { return true }
      if breaks { return false }
      throw SQLError(
        bytesCode ?? code,
        "Limit for \(what) exceeded, max bytes: \(bytesMax), current bytes: \(bytes)")
    }
    return true
  }
}

public struct QueryLimits: Sendable, Hashable {
  /// Bytes of grouping, sorting, DISTINCT and buffered results; above it 241.
  public var memoryBytesMax: Int
  /// The result; 396.
  public var result: SizeLimit
  /// What is read from tables; 158 and 307.
  public var read: SizeLimit
  /// Groups; 158.
  public var groupsMax = 0
  public var groupOverflow = GroupOverflow.fails
  /// What ORDER BY holds; 396.
  public var sort = SizeLimit()
  /// Distinct rows; 191.
  public var distinct = SizeLimit()
  /// The right side of IN; 191.
  public var set = SizeLimit()
  /// The right side of a join; 191.
  public var join = SizeLimit()

  /// Bytes of one ORDER BY, GROUP BY, join or DISTINCT above which rows are put aside; 0: never.
  public var sortSpillBytes = 0
  public var groupSpillBytes = 0
  public var joinSpillBytes = 0
  public var distinctSpillBytes = 0

  public enum GroupOverflow: Sendable, Hashable {
    case fails
    case breaks
    /// Rows of groups that are known still count, others do not.
    case keepsKnown
  }

  public init(memoryBytesMax: Int = 0, resultRowsMax: Int = 0, readRowsMax: Int = 0) {
    self.memoryBytesMax = memoryBytesMax
    result = SizeLimit(rowsMax: resultRowsMax)
    read = SizeLimit(rowsMax: readRowsMax)
  }
}
