/// What a statement is bound and run with: the surroundings, and the only way to them.
public import TickColumns

public struct QueryContext: Sendable {
  /// The database of unqualified table names.
  public var currentDatabase: String
  public var catalog: any Catalog
  public var workers: any WorkerPool
  /// Polled per batch; true ends the query with 394.
  public var isCancelled: @Sendable () -> Bool
  /// Polled per batch read; false ends the reading, and the query goes on with what it has.
  public var hasTimeLeft: @Sendable () -> Bool = { true }
  public var limits: QueryLimits
  /// Where rows go that memory should not hold; nil: then a statement that needs more fails.
  public var spill: (any SpillStore)?
  public var options = QueryOptions()
  /// The options of a subquery out of its own SETTINGS and the options around it. Throws 48 for a setting that acts on
  /// whole statements; where nobody knows settings, all are refused.
  public var subqueryOptions:
    @Sendable ([SettingAssignment], QueryOptions) throws(SQLError) -> QueryOptions = {
      settings, _ throws(SQLError) in
      throw SQLError(
        .notImplemented, "SETTINGS of a subquery are not supported here",
        at: settings.first?.range.lowerBound)
    }
  /// Where the statement's queries count what they do.
  public var progress = QueryProgress()
  /// Nanoseconds since 1970-01-01 UTC, one moment for the whole statement. Nil where
  /// an expression must not depend on the moment: now() and today() are refused there.
  public var now: Int64?
  /// `session_timezone`: the clock of times whose type names no zone.
  public var sessionZone = TimeZone.utc
  /// Random bits, one call per batch. Nil where an expression must not depend on chance.
  public var random: (@Sendable () -> UInt64)?
  /// Lets so many nanoseconds pass. Nil where an expression must not wait: sleep() is refused there.
  public var pause: (@Sendable (Int) -> Void)?
  /// What `version()` says: the ClickHouse whose dialect is spoken.
  public var clickHouseVersion: String
  /// What `revision()` says.
  public var revision: UInt32 = 54_460
  public var user = "default"
  /// What `queryID()` says.
  public var queryID = ""
  /// The value of a setting and its type; nil for a name that is none.
  public var setting: @Sendable (String) -> (value: Value, type: DataType)? = { _ in nil }
  public var hostName = "localhost"
  /// What `serverUUID()` says: all zeros without a data directory.
  public var serverUUID: UInt128 = 0
  /// What `uptime()` says.
  public var uptimeSeconds: UInt32 = 0
  /// Aggregates over moving frames take rows out of them; tests compare with those that add each frame up.
  var slidesWindows = true

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

extension QueryContext {
  /// Without what concerns the rows of the statement alone.
  var ofSubquery: QueryContext {
    var context = self
    context.limits.result = SizeLimit()
    context.options.findsExtremes = false
    context.options.limit = nil
    context.options.offset = nil
    return context
  }
}

/// Settings that change what a statement means.
public struct QueryOptions: Sendable, Hashable {
  public enum UnionDefault: Sendable, Hashable { case all, distinct }
  /// What UNION without a word means; nil: it is refused.
  public var unionDefault: UnionDefault?
  /// Rows without a partner get NULL in an outer join, instead of the defaults of the types.
  public var joinUseNulls = false
  /// The least and the greatest value of each column of the result are kept.
  public var findsExtremes = false
  /// WITH TOTALS counts groups that HAVING leaves out.
  public var totalsBeforeHaving = false
  /// WITH TOTALS counts rows of groups that a limit leaves out.
  public var totalsCountOverflow = false
  var totals: Grouping.Totals { totalsBeforeHaving ? .beforeHaving : .afterHaving }

  /// Functions that go along the rows of the result may be called, those that ClickHouse calls error-prone as well.
  public var runsAlongRows = false

  /// Partial candles may stand for their rows.
  public var readsCandles = true

  /// LIMIT and OFFSET upon those that the statement has.
  public var limit: RowCount?
  public var offset: RowCount?

  public init() {}
}
