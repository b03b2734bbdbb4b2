/// One open data directory: the library that the server, the command line and embedding programs use.
///
/// Opening takes the directory's lock, recovers what was acknowledged and creates the standard tables if they are
/// not there. There is no global state: several databases may be open in one process. Nothing here handles signals,
/// logs or exits.
///
/// Invariants:
/// 1. Every statement reads one snapshot, taken when it begins.
/// 2. Of rows that agree in the `deduplicate_by` columns of their table one is published at most: `DuplicateGuard`.
/// May be used from any thread.
import Glibc
import Synchronization
import TickColumns
package import TickSQL
package import TickStorage

/// How a database is opened.
public struct DatabaseOptions: Sendable {
  /// Threads that work on queries and loads; 0 means one per processor.
  public var workerThreads = 0
  /// Statements that run at the same time; more wait.
  public var requestThreads = 16
  /// Statements beside these that wait for clients to take their answers; one more ends with 202 when its client is slow.
  /// 0: they keep their threads, which is for programs that serve nobody.
  public var slowReadersMax = 0
  /// Statements that wait; more are refused with 202.
  public var requestQueueMax = 1_024

  /// Files that clients send at the same time; one more is refused with 202. Each takes one of the request threads.
  public var importsMax = 4
  /// Rows of an INSERT beyond this estimate of their encoded bytes go to segments instead of the log: half of what a
  /// record of the log holds, since the estimate leaves out sequences, NULL marks and computed keys. Tests make it
  /// small.
  var insertLogBytesMax = StorageLimits.transactionBytesMax / 2
  /// Bytes of `system.query_log`, which is in memory; the oldest statements go first.
  public var queryLogBytesMax = 16 << 20
  /// Segments are merged in the background.
  public var mergesInBackground = true
  /// A partition into which no rows came for so many seconds is at rest, and its segments become one order.
  public var restSeconds = 600.0
  /// A table with a TTL has segments of which only some rows expired written again at most once in so many seconds.
  package var expirySeconds = 14_400.0
  /// Nanoseconds since 1970-01-01 UTC, as rows that expire see them. Tests have their own.
  package var wallClock: @Sendable () -> Int64 = { Database.now() }
  /// Rows of a segment that a merge writes. Tests make it small.
  package var mergedSegmentRowsMax = CompactionPolicy().segmentRowsMax
  /// Who may ask, for `system.users`.
  public var users = [KnownUser(name: "default", hasPassword: false, database: "default")]
  /// Told what happens in the database.
  public var observer: (any DatabaseObserver)?

  /// What statements may read beyond the directory.
  package var outside = OutsideReading()

  public init() {}
}

/// What statements may read that is not in the directory; a server grants nothing of it.
package struct OutsideReading: Sendable {
  /// `file()` opens any path that this process can.
  package var readsFiles = false
  /// Tables of the default database by name, for the time that the database is open.
  package var tables: [String: any TableSource] = [:]
  var names: [String] { Array(tables.keys) }

  package init() {}
}

public final class Database: QueryService {
  /// What `version()` answers: the ClickHouse whose dialect is spoken and compared with.
  public static let clickHouseVersion = "26.9.2.1"

  let options: DatabaseOptions
  let files: any FileSystem
  /// The directory.
  let root: String
  let store: Store
  /// When it was opened, on the clock of `ticks`.
  let opened = Database.ticks()
  let workers: QueryWorkers
  let statements = RunningStatements()
  let counters = StatementCounters()
  let queryLog: QueryLog
  let compactor: Compactor
  /// Held by an import from its first row to its publishing.
  let importing = ImportTurn()
  /// Files that clients send now, and that they ever sent.
  let receiving = Atomic(0)
  let spooledFiles = Atomic(0)
  /// Rows of Memory tables.
  let memory = MemoryTables()
  /// Held by statements that make a definition from what is there: one at a time, so none is lost.
  let defining = Mutex(())
  private let lock: DirectoryLock
  private let requests: RequestThreads
  private let layouts = Mutex<[TableID: TableLayout]>([:])
  let guards = TableGuards()

  /// Opens a directory, creating it if it is not there.
  ///
  /// Throws 1001 with the holder's name when another process has it open, 246 when what is stored is damaged.
  public static func open(
    at path: String, options: DatabaseOptions = DatabaseOptions()
  ) throws(EngineError) -> Database {
    let files: PosixFileSystem
    do throws(StorageError) {
      files = try PosixFileSystem(root: path)
    } catch {
      throw EngineError(error)
    }
    var generator = SystemRandomNumberGenerator()
    return try open(
      at: path, files: files, storage: StoreOptions(identity: generator.next()), options: options)
  }

  /// Opens a directory through another file system and with other sizes of the store.
  package static func open(
    at path: String, files: any FileSystem, storage: StoreOptions, options: DatabaseOptions
  ) throws(EngineError) -> Database {
    do throws(StorageError) {
      let lock = try DirectoryLock(root: path, holder: holderText())
      let store = try Store.open(files: files, options: storage)
      let database = Database(
        store: store, files: files, root: path, lock: lock, options: options)
      try database.createStandardTables()
      if options.mergesInBackground, storage.hasThreads { database.compactor.start() }
      return database
    } catch {
      throw EngineError(error)
    }
  }

  private init(
    store: Store, files: any FileSystem, root: String, lock: DirectoryLock, options: DatabaseOptions
  ) {
    self.files = files
    self.root = root
    self.options = options
    self.store = store
    self.lock = lock
    queryLog = QueryLog(bytesMax: options.queryLogBytesMax)
    compactor = Compactor(
      store: store, rowsMax: max(1, options.mergedSegmentRowsMax), restSeconds: options.restSeconds,
      expiry: Expiry(store: store, guards: guards, options: options))
    workers = QueryWorkers(
      width: options.workerThreads > 0 ? options.workerThreads : QueryWorkers.processorCount)
    requests = RequestThreads(
      threadCount: max(1, options.requestThreads), queueMax: options.requestQueueMax,
      asideMax: max(0, options.slowReadersMax))
  }

  deinit {
    // Its thread does not hold the database: left alone it would write into a directory that another one may open.
    compactor.close()
  }

  /// Finishes what was accepted and ends the threads. The directory is free for others when the object is gone.
  public func close() {
    requests.close()
    compactor.close()
    store.close()
    workers.close()
  }

  /// Moves every row from memory and log to segments, which makes the next opening short. Answers stay the same.
  /// Blocks.
  public func flush() throws(EngineError) {
    do throws(StorageError) {
      try store.flush()
    } catch {
      throw EngineError(error)
    }
  }

  public func submit(_ body: @escaping @Sendable () -> Void) throws(EngineError) {
    try requests.submit(body)
  }

  public func standAside(_ body: () -> Void) -> Bool { requests.standAside(body) }

  /// The tables as they are now. Views run with the surroundings that `context` makes of the catalog.
  func catalog(
    _ settings: QuerySettings,
    _ context: @escaping @Sendable (DatabaseCatalog) -> QueryContext
  ) -> DatabaseCatalog {
    // In this order: a row that a Memory table shows is of a table that the snapshot may have.
    let memory = memory.current
    return DatabaseCatalog(
      database: self, snapshot: store.snapshot(), settings: settings, memory: memory,
      viewContext: context, outside: options.outside)
  }

  /// What expressions of columns see while rows go in that no statement brings: the moment and chance.
  var insertContext: QueryContext {
    QueryContext(
      catalog: catalog(QuerySettings()) { _ in self.insertContext }, now: Self.now(),
      random: { UInt64.random(in: .min ... .max) })
  }

  /// How a table's rows are ordered and divided; bound once per definition.
  func layout(of definition: TableDefinition) throws(SQLError) -> TableLayout {
    if let known = layouts.withLock({ $0[definition.id] }), known.definition == definition {
      return known
    }
    let layout = try TableLayout(definition)
    layouts.withLock { $0[definition.id] = layout }
    return layout
  }

  /// What keeps duplicates out of a table; nil when it takes them.
  func duplicates(of layout: TableLayout) -> DuplicateGuard? {
    guards.duplicates(of: layout)
  }

  /// Nanoseconds since 1970-01-01 UTC.
  static func now() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Nanoseconds of a clock that never goes back, for durations.
  static func ticks() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
  }

  /// Lets time pass; a signal may end it early.
  static func pause(nanoseconds: Int) {
    var time = timespec(
      tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    unsafe nanosleep(&time, nil)
  }

  /// Who holds the directory, for the sentence that a second process is given.
  static func holderText() -> String {
    let since = Column(.dateTime(zone: "UTC"), of: [.uint(UInt64(now() / 1_000_000_000))])
    return "pid \(getpid()) since \(since.text(at: 0)) UTC"
  }

  private func createStandardTables() throws(StorageError) {
    guard store.snapshot().tables(in: StandardTables.database) == nil else { return }
    var actions: [ManifestAction] = [.createDatabase(StandardTables.database)]
    for text in StandardTables.statements {
      actions.append(.createTable(standardDefinition(text)))
    }
    try store.publish(ManifestEdit(actions))
  }

  private func standardDefinition(_ text: String) -> TableDefinition {
    do throws(SQLError) {
      guard case .createTable(let statement) = try Parser.parse(Array(text.utf8)) else {
        preconditionFailure("a standard table that is no CREATE TABLE: \(text)")
      }
      return try TableDefinition(
        statement, id: store.allocateTableID(), currentDatabase: StandardTables.database)
    } catch {
      preconditionFailure("a standard table cannot be created: \(error.sentence)\n\(text)")
    }
  }
}
