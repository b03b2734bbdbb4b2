public import TickColumns

/// Tables that keep partial candles of their rows, and scans that give those in place of rows.
///
/// Invariant: partials and rows of a scan together are the rows of the table, each once.

/// Which columns a table's candles are made of.
public struct CandleTable: Sendable {
  /// LowCardinality(String) columns that all rows of a partial agree in.
  public var codes: [String]
  /// A DateTime64.
  public var time: String
  public var price: String
  public var quantity: String
  /// An Enum8, and its value that means a buy.
  public var side: String?
  public var buy: Int8
  public var identifier: String?

  public init(
    codes: [String], time: String, price: String, quantity: String, side: String?, buy: Int8,
    identifier: String?
  ) {
    self.codes = codes
    self.time = time
    self.price = price
    self.quantity = quantity
    self.side = side
    self.buy = buy
    self.identifier = identifier
  }
}

/// Which partials may stand for their rows.
public struct CandleRequest: Sendable, Hashable {
  /// Buckets whose width divides this one, in seconds.
  public var seconds: Int64
  /// Buckets that lie between these instants, in units of the time column; nil is open.
  public var lower: Int64?
  /// The first instant behind them.
  public var upper: Int64?

  public init(seconds: Int64, lower: Int64?, upper: Int64?) {
    self.seconds = seconds
    self.lower = lower
    self.upper = upper
  }
}

/// Partials, as rows that columns of the scan describe.
public struct CandleBatch: Sendable {
  /// The columns that the scan was asked for. Codes are those of the partial's rows, the time is its bucket's start, and the others hold
  /// defaults.
  public var batch: Batch
  public var partials: CandlePartials

  public init(_ batch: Batch, _ partials: CandlePartials) {
    self.batch = batch
    self.partials = partials
  }
}

/// A scan whose morsels hold partials, rows or both.
public protocol CandleScan: TableScan {
  /// Reads one morsel as `read(morsel:_:)` does, with partials where there are any.
  func read(
    morsel: Int, candles: (CandleBatch) throws(SQLError) -> Bool,
    rows: (Batch) throws(SQLError) -> Bool
  ) throws(SQLError)
}
