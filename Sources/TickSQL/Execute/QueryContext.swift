/// What a statement is bound and run with: the surroundings, and the only way to them.
public import TickColumns

public struct QueryContext: Sendable {
  /// The database of unqualified table names.
  public var currentDatabase: String
  public var catalog: any Catalog
  public var workers: any WorkerPool
  /// Polled per batch; true ends the query with 394.
  public var isCancelled: @Sendable () -> Bool
  public var limits: QueryLimits
  /// Where rows go that memory should not hold; nil: then a statement that needs more fails.
  public var spill: (any SpillStore)?
  public var options = QueryOptions()
  /// Where the statement's queries count what they do.
  public var progress = QueryProgress()
  /// Nanoseconds since 1970-01-01 UTC, one moment for the whole statement. Nil where
  /// an expression must not depend on the moment: now() and today() are refused there.
  public var now: Int64?
  /// Random bits, one call per batch. Nil where an expression must not depend on chance.
  public var random: (@Sendable () -> UInt64)?
  /// What `version()` says: the ClickHouse whose dialect is spoken.
  public var clickHouseVersion: String
  /// What `revision()` says.
  public var revision: UInt32 = 54_460
  public var user = "default"
  /// The value of a setting and its type; nil for a name that is none.
  public var setting: @Sendable (String) -> (value: Value, type: DataType)? = { _ in nil }
  public var hostName = "localhost"
  /// What `uptime()` says.
  public var uptimeSeconds: UInt32 = 0

  public init(
    currentDatabase: String = "default", catalog: any Catalog,
    workers: any WorkerPool = CallerWorkerPool(),
    isCancelled: @escaping @Sendable () -> Bool = { false }, limits: QueryLimits = QueryLimits(),
    now: Int64? = nil, random: (@Sendable () -> UInt64)? = nil,
    clickHouseVersion: String = "26.9.2.1"
  ) {
    self.currentDatabase = currentDatabase
    self.catalog = catalog
    self.workers = workers
    self.isCancelled = isCancelled
    self.limits = limits
    self.now = now
    self.random = random
    self.clickHouseVersion = clickHouseVersion
  }
}

/// Bounds of one query. 0 means no bound.
public struct QueryLimits: Sendable, Hashable {
  /// Bytes of grouping, sorting, DISTINCT and buffered results; above it 241.
  public var memoryBytesMax: Int
  /// Rows of the result; above it 396.
  public var resultRowsMax: Int
  /// Rows read from tables; above it 158.
  public var readRowsMax: Int
  /// Bytes of one ORDER BY, and of one GROUP BY, above which rows are put aside.
  public var sortSpillBytes = 0
  public var groupSpillBytes = 0

  public init(memoryBytesMax: Int = 0, resultRowsMax: Int = 0, readRowsMax: Int = 0) {
    self.memoryBytesMax = memoryBytesMax
    self.resultRowsMax = resultRowsMax
    self.readRowsMax = readRowsMax
  }
}

/// Settings that change what a statement means.
public struct QueryOptions: Sendable, Hashable {
  public enum UnionDefault: Sendable, Hashable { case all, distinct }
  /// What UNION without a word means; nil: it is refused.
  public var unionDefault: UnionDefault?
  /// Rows without a partner get NULL in an outer join, instead of the defaults of the types.
  public var joinUseNulls = false

  public init() {}
}
