/// Every bound of the HTTP endpoint, with its reason. A client can make the server refuse, never grow.

public struct ServerLimits: Sendable {
  /// Bytes of one request target. ClickHouse's `http_max_uri_size`; clients that put queries in URLs know it.
  public var targetBytesMax = 1 << 20
  /// Names and values of one header block together.
  public var headerBytesMax = 64 << 10
  /// Header fields of one request, trailers included.
  public var headerCountMax = 100
  /// Open connections. One more is answered with 503 and closed.
  public var connectionsMax = 1024
  /// Sessions of all users. One more is refused.
  public var sessionsMax = 10_000
  /// Bytes of requests that no worker has taken yet, over all connections: what a crowd that sends and never
  /// finishes can occupy.
  public var unsubmittedBytesMax = 128 << 20
  /// How much of text and body is gathered before a worker is asked. The statement text of a request that can
  /// succeed lies within it (`max_query_size`), so slow senders of statements cost no worker.
  public var statementBytesMax = 262_144
  /// Bytes of a body per second, at least 1. A tenth of the slowest line that anyone uploads over, and enough that a byte
  /// now and then keeps nothing open.
  public var bodyRateMin: Int64 = 1024
  /// Request threads that wait for the rest of bodies, of statements and imports together: half of
  /// `DatabaseOptions.requestThreads`, so that queries always find one, however many send slowly. Further bodies wait
  /// unread.
  public var bodyThreadsMax = 8
  /// Body bytes that wait for the worker; above it the socket is not read.
  public var bodyBacklogBytesMax = 1 << 20
  /// Result bytes that wait for the client; above it the worker waits.
  public var resultBacklogBytesMax = 1 << 20
  /// Result bytes per chunk, and what is held back before the status line so that short results carry true
  /// figures and errors in them get a status of their own.
  public var resultChunkBytes = 64 << 10
  /// What `wait_end_of_query=1` or `buffer_size` may hold back in memory.
  public var heldResultBytesMax = 16 << 20
  /// Bytes of a query id: it comes back in a header.
  public var queryIDBytesMax = 256
  /// Characters of a request header that are kept to be shown, such as who the client says it is.
  public var shownHeaderMax = 256
  /// Bytes of the name of a file to import: it comes back in messages.
  public var fileNameBytesMax = 4096
  /// A body that is refused is read to its end and thrown away up to here, so that the connection can go on.
  public var refusedBodyBytesMax = 256 << 10
  /// Bytes of an unwanted body that are thrown away before the connection is cut.
  public var discardedBytesMax = 512 << 20

  /// From accepting a connection to the end of its first header block.
  public var headTimeout = Duration.seconds(10)
  /// From one answer to the end of the next header block. Announced as 60 so that clients give up first.
  public var idleTimeout = Duration.seconds(65)
  /// How far a body that the server waits for may fall behind `bodyRateMin`. Whoever sends nothing is given up after this
  /// time, and whoever keeps up with the rate may pause as long.
  public var receiveTimeout = Duration.seconds(30)
  /// For a body to get one of the `bodyThreadsMax` threads.
  public var placeTimeout = Duration.seconds(30)
  /// Between two lines that tell of a statement's progress, whatever the client asks for.
  public var progressIntervalMin = Duration.milliseconds(10)
  /// For a client to take the next piece of what is sent, at most `resultChunkBytes` times 4.
  public var sendTimeout = Duration.seconds(30)
  /// How long in all a statement waits for its client before it stands aside for others: clients that read as fast as
  /// results are made cost no change of threads.
  public var readerPatience = Duration.milliseconds(100)
  /// For a result to go on while as many statements as may wait for their clients do (`DatabaseOptions.slowReadersMax`).
  public var crowdedSendTimeout = Duration.seconds(1)
  /// For a client to finish sending what nobody wants, after it was answered.
  public var discardTimeout = Duration.seconds(30)
  /// For a client to close after the server did.
  public var lingerTimeout = Duration.seconds(2)
  /// For cancelled statements to notice, when the server stops.
  public var cancelTimeout = Duration.seconds(5)

  /// The seconds that `Keep-Alive: timeout=` announces.
  static let announcedIdleSeconds = 60

  public init() {}
}
