/// What the door (HTTP, command line) asks of the engine: run one statement, stream bytes in and out.
public import TickColumns

/// One statement and how to answer it.
public struct QueryRequest: Sendable {
  /// The statement text. For INSERT the data may follow in the same text, in `QueryInput`, or both: they are
  /// one text.
  public var text: [UInt8]
  public var queryID: String
  /// The database that unqualified names belong to; empty for that of the session, or `default`.
  public var database: String
  /// The format used when the statement has no FORMAT clause.
  public var defaultFormat: String
  /// Settings of this statement, in order; an unknown name is error 115.
  public var settings: [SettingChange]
  /// The protocol version that the client announced, which decides what Native looks like; 0 for none.
  public var protocolVersion: Int
  /// Values of `{name:Type}` in the text, each in the escaped form of TabSeparated.
  public var parameters: [String: [UInt8]] = [:]
  /// Who asks.
  public var user = "default"
  /// Settings of who asks, which come before the session's.
  public var profile: [SettingChange] = []
  /// What USE and SET change and what they changed; without one they are checked and forgotten.
  public var session: Session?
  /// True for HTTP GET: statements that change anything are refused with 164.
  public var isReadOnly: Bool
  /// Where it came from, for those who watch.
  public var client = ClientFacts()

  public init(
    text: [UInt8], queryID: String, database: String = "",
    defaultFormat: String = "TabSeparated", settings: [SettingChange] = [],
    protocolVersion: Int = 0, isReadOnly: Bool = false
  ) {
    self.text = text
    self.queryID = queryID
    self.database = database
    self.defaultFormat = defaultFormat
    self.settings = settings
    self.protocolVersion = protocolVersion
    self.isReadOnly = isReadOnly
  }
}

/// More bytes of a request, pulled by the worker thread that runs it.
public protocol QueryInput: Sendable {
  /// The next bytes, blocking until there are some; nil at the end. Throws when the sender went away.
  func next() throws(EngineError) -> [UInt8]?
}

/// The input of a request whose text is complete.
public struct NoInput: QueryInput {
  public init() {}
  public func next() throws(EngineError) -> [UInt8]? { nil }
}

/// What is known before the first byte of a result.
public struct ResultHead: Sendable {
  /// Canonical format name; nil for a statement without a result.
  public var format: String?
  public var contentType: String
  public var timeZone: String

  public init(format: String?, contentType: String, timeZone: String = "UTC") {
    self.format = format
    self.contentType = contentType
    self.timeZone = timeZone
  }
}

/// Where a result goes. Called by one worker thread at a time.
public protocol QuerySink: Sendable {
  /// Called before `begin` where the settings ask that the figures be told every so many milliseconds until then. `figures`
  /// may be called by any thread. Whoever cannot tell them need not.
  func watch(every milliseconds: Int, _ figures: @escaping @Sendable () -> QuerySummary)
  /// Called once, before the first `write`, for every statement that succeeds so far.
  func begin(_ head: ResultHead) throws(EngineError)
  /// Figures so far, told before bytes that they led to; those of the result are not among them. Whoever shows no
  /// figures need not take them.
  func progress(_ summary: QuerySummary)
  /// The statement is about to fail, and these bytes tell it in the format of the answer, behind what was written. Only the
  /// first call counts. Whoever tells errors in another way need not take them.
  func fail(with bytes: [UInt8], _ head: ResultHead)
  /// Takes result bytes; blocks while the receiver is slow, throws when it went away.
  func write(_ bytes: [UInt8]) throws(EngineError)
}

extension QuerySink {
  public func watch(every milliseconds: Int, _ figures: @escaping @Sendable () -> QuerySummary) {}
  public func progress(_ summary: QuerySummary) {}
  public func fail(with bytes: [UInt8], _ head: ResultHead) {}
}

/// True figures of one statement, for `X-ClickHouse-Summary`.
public struct QuerySummary: Sendable, Hashable {
  public var readRows = 0
  public var readBytes = 0
  public var writtenRows = 0
  public var writtenBytes = 0
  public var resultRows = 0
  public var resultBytes = 0
  public var elapsedNanoseconds = 0
  /// Rows that the scans will read; 0 where that is not known.
  public var rowsToRead = 0
  /// The most bytes that grouping, sorting and joins held.
  public var memoryBytes = 0

  public init() {}
}

/// A flag that a query polls per batch; any thread may raise it.
public protocol Cancellation: Sendable {
  var isCancelled: Bool { get }
  /// The engine stops the statement: who made its input or its sink frees it where it waits for them, with 394.
  /// Others need do nothing, the engine has a flag of its own. Called by any thread, perhaps more than once.
  func cancel()
}

extension Cancellation {
  public func cancel() {}
}

/// Runs statements. `execute` blocks its caller, so submit it, never from an event loop.
public protocol QueryService: Sendable {
  /// Runs `body` on one of the engine's request threads. Throws 202 when the queue is full.
  func submit(_ body: @escaping @Sendable () -> Void) throws(EngineError)
  /// Called on such a thread: runs `body`, which waits for a client, while another thread may run statements in its place.
  /// False, and nothing was run, where too many wait so already.
  func standAside(_ body: () -> Void) -> Bool
  /// Runs one statement to its end. Errors before `sink.begin` belong in the status line, later ones after
  /// the bytes already sent.
  func execute(
    _ request: QueryRequest, input: any QueryInput, sink: any QuerySink,
    cancellation: any Cancellation
  ) throws(EngineError) -> QuerySummary
}

/// A failed statement or engine operation: ClickHouse's code and a sentence with the place in it.
public struct EngineError: Error, Hashable, Sendable {
  public let code: ErrorCode
  public let message: String

  public init(_ code: ErrorCode, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The error text as ClickHouse frames it, with one newline at the end.
  public func text(version: String) -> String {
    "Code: \(code.rawValue). DB::Exception: \(message) (\(code.name)) "
      + "(version \(version) (official build))\n"
  }
}
