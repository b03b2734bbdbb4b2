public import TickColumns

/// The seam between SQL and whatever holds rows. SQL asks for batches; it never sees a file.

/// Finds tables by name. One catalog is one snapshot: all its answers belong to the same moment.
public protocol Catalog: Sendable {
  /// Nil when the database does not exist.
  func tables(in database: String) -> [String]?
  /// Nil when the database or the table does not exist. `system` tables are found here as well.
  func table(database: String, name: String) -> (any TableSource)?
  var databases: [String] { get }
  /// A table function beyond those of SQL itself; nil when there is none of that name.
  func tableFunction(_ name: String, _ arguments: [Value]) throws(SQLError) -> (any TableSource)?
}

extension Catalog {
  public func tableFunction(
    _ name: String, _ arguments: [Value]
  ) throws(SQLError) -> (any TableSource)? { nil }
}

/// One table of a snapshot.
public protocol TableSource: Sendable {
  /// The columns. Those that are not among them (`_sequence`, UInt64, where `hasSequence`) are read by name in a
  /// request.
  var schema: Schema { get }
  /// Columns of the schema that `*` leaves out.
  var unlisted: Set<String> { get }
  /// Columns that are expressions over those of the schema; `*` leaves them out as well.
  var aliases: [AliasColumn] { get }
  /// What a view stands for: the binder reads this and never opens a scan. Nil for a table.
  var view: ViewDefinition? { get }
  /// True when rows carry the hidden column `_sequence`, which decides ties of argMin and argMax. Otherwise
  /// the position in the stream of batches decides.
  var hasSequence: Bool { get }
  /// What the table keeps candles of; nil for a table without.
  var candles: CandleTable? { get }
  /// Opens a scan of the rows that may satisfy the request. The constraints are hints for pruning: rows that
  /// do not satisfy them may come back, and the caller filters again.
  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan
}

extension TableSource {
  public var unlisted: Set<String> { [] }
  public var aliases: [AliasColumn] { [] }
  public var view: ViewDefinition? { nil }
  public var candles: CandleTable? { nil }
}

/// A column that is computed when it is read.
public struct AliasColumn: Sendable {
  public var name: String
  public var type: DataType
  /// SQL over the other columns.
  public var expression: String

  public init(name: String, type: DataType, expression: String) {
    self.name = name
    self.type = type
    self.expression = expression
  }
}

/// A query under a name.
public struct ViewDefinition: Sendable {
  /// SQL; every name of a table in it says its database.
  public var query: String
  /// The view's columns: those of the query with these names, cast to these types.
  public var fields: [Field]

  public init(query: String, fields: [Field]) {
    self.query = query
    self.fields = fields
  }
}

/// Which columns to read and which rows cannot matter.
public struct ScanRequest: Sendable {
  /// Names of visible or hidden columns, in the order in which batches hold them. May be empty (count()).
  public var columns: [String]
  /// All must hold (a conjunction).
  public var constraints: [ColumnConstraint]

  public init(columns: [String], constraints: [ColumnConstraint] = []) {
    self.columns = columns
    self.constraints = constraints
  }
}

/// A condition on one column against constants that are already of the column's type.
public struct ColumnConstraint: Sendable, Hashable {
  public enum Condition: Sendable, Hashable {
    /// Bounds are inclusive where marked; nil is open.
    case range(lower: Value?, lowerIsInclusive: Bool, upper: Value?, upperIsInclusive: Bool)
    /// The column equals one of these.
    case oneOf([Value])
  }
  public var column: String
  public var condition: Condition

  public init(column: String, condition: Condition) {
    self.column = column
    self.condition = condition
  }
}

/// The first key of a sort of which only the first rows are wanted. Its NULL and NaN come last.
public struct LeadingColumn: Sendable {
  /// A column that the scan reads.
  public var name: String
  public var isDescending: Bool
  /// A value that enough rows reach: what sorts behind it is not wanted. It gets better while rows are read; nil while
  /// nothing is known.
  public var bound: @Sendable () -> Value?

  public init(name: String, isDescending: Bool, bound: @escaping @Sendable () -> Value?) {
    self.name = name
    self.isDescending = isDescending
    self.bound = bound
  }
}

/// An opened scan, divided into morsels that threads may read in any order and at the same time.
public protocol TableScan: Sendable {
  /// A morsel is about one chunk (65,536 rows) of one segment, memtable or generated range. Where the end is known only
  /// once it is reached, the count begins at most at 2^31 and falls to the truth then; morsels behind it are empty.
  var morselCount: Int { get }
  /// Rows left after pruning, exact or above the truth.
  var rowEstimate: Int { get }
  /// What pruning did, one line each, for EXPLAIN.
  var explanation: [String] { get }
  /// False where the rows count as read already, as those of a view do: its queries counted theirs.
  var countsRows: Bool { get }
  /// The same rows, for a query that wants the first ones by a column: morsels that may hold these come first, and rows
  /// that are behind the bound need not come at all.
  func leading(by column: LeadingColumn) throws(SQLError) -> any TableScan
  /// The same rows, most of them as partial candles; nil where none of them are in any.
  func candles(_ request: CandleRequest) throws(SQLError) -> (any CandleScan)?
  /// Reads one morsel, giving its batches in order (each at most `Batch.rowsMax` rows). `body` returns false
  /// to stop early. May be called from any thread.
  func read(
    morsel: Int, _ body: (Batch) throws(SQLError) -> Bool
  ) throws(SQLError)
}

extension TableScan {
  public func leading(by column: LeadingColumn) throws(SQLError) -> any TableScan { self }

  public func candles(_ request: CandleRequest) throws(SQLError) -> (any CandleScan)? { nil }

  public var countsRows: Bool { true }
}

/// Runs work on the engine's query threads. SQL owns no threads.
public protocol WorkerPool: Sendable {
  /// How many run at once.
  var width: Int { get }
  /// Calls `body(0)`, ..., `body(count - 1)`, each once, on any threads, and returns when all have ended. The
  /// first error is thrown after the others have stopped.
  func run(
    count: Int, _ body: @escaping @Sendable (Int) throws(SQLError) -> Void
  ) throws(SQLError)
}

/// Runs everything on the caller's thread: for tests and for embedding without threads.
public struct CallerWorkerPool: WorkerPool {
  public init() {}
  public var width: Int { 1 }
  public func run(
    count: Int, _ body: @escaping @Sendable (Int) throws(SQLError) -> Void
  ) throws(SQLError) {
    for index in 0..<count { try body(index) }
  }
}
