/// What a file of market data is: how its rows are spelled, and which of their values become which columns.
///
/// A layout is data, so that one parser reads all of them, a new exchange is an entry of a table, and what an import
/// is about to do can be shown before it does it.

public struct FileLayout: Hashable, Sendable {
  /// How people call it: `Binance aggregate trades`.
  public var title: String
  /// The table that its rows belong to; nil where only the user knows.
  public var table: String?
  public var shape: FileShape
  /// What the values of a row are called: cells from left to right, or the keys of an object.
  public var names: [String]
  public var columns: [ColumnMapping]
  public var checks: [RowCheck] = []
  public var exchange = NameRule.optional
  public var symbol = NameRule.optional
  /// Where the seconds of one candle come from; nil for everything but candles.
  public var interval: IntervalRule?
  /// The names are the table's own columns: cells read as INSERT reads them, and nothing is filled in.
  public var isPlain = false

  public init(
    _ title: String, table: String?, shape: FileShape, names: [String], columns: [ColumnMapping]
  ) {
    self.title = title
    self.table = table
    self.shape = shape
    self.names = names
    self.columns = columns
  }

  /// The names of values that go nowhere.
  public var unusedNames: [String] {
    var used = Set(columns.map(\.cell))
    for case .ordered(let low, let high) in checks { used.formUnion([low, high]) }
    return names.indices.filter { !used.contains($0) }.map { names[$0] }
  }
}

/// How the bytes of a file are divided into rows and values.
public enum FileShape: Hashable, Sendable {
  case delimited(DelimitedShape)
  /// Objects, one or an array of them on a line.
  case jsonLines
  /// Objects that lie this many brackets deep, whatever the lines.
  case json(depth: Int)
  /// Blocks of ClickHouse's Native format.
  case native
  /// The public trade archives of Binance, which have a parser of their own.
  case binanceTrades(BinanceTradesLayout)

  /// Where the file may be cut for threads.
  public var rowEnds: RowEnds {
    switch self {
    case .delimited(let shape): shape.hasEscapes ? .lines : .csv(delimiter: shape.delimiter)
    case .jsonLines, .binanceTrades: .lines
    case .json(let depth): .json(depth: depth)
    case .native: .blocks
    }
  }
}

public struct DelimitedShape: Hashable, Sendable {
  public var delimiter: UInt8
  public var hasHeader: Bool
  /// Backslashes escape, as in TSV, and quotes are ordinary.
  public var hasEscapes: Bool

  public init(delimiter: UInt8, hasHeader: Bool, hasEscapes: Bool = false) {
    self.delimiter = delimiter
    self.hasHeader = hasHeader
    self.hasEscapes = hasEscapes
  }
}

/// One column of the table and where its values come from.
public struct ColumnMapping: Hashable, Sendable {
  public var column: String
  /// Position in `FileLayout.names`.
  public var cell: Int
  public var reading: CellReading

  public init(_ column: String, _ cell: Int, _ reading: CellReading = .value) {
    self.column = column
    self.cell = cell
    self.reading = reading
  }
}

/// How the text of a value is read.
public enum CellReading: Hashable, Sendable {
  /// As the file's format reads the column's type.
  case value
  /// A number above 0, and finite.
  case price
  /// A number that is not negative, and finite.
  case quantity
  /// A number times or divided by another.
  case scaled(Double, divides: Bool)
  /// A time: a number of units since 1970.
  case time(TimeUnit)
  /// A time: a number since 1970 whose size tells its unit, or text.
  case anyTime
  /// Units since the midnight that the day begins with.
  case timeOfDay(TimeUnit)
  case side(SideRule)
  /// A whole number that names a trade; 0 for a name that is none.
  case identifier
}

public enum TimeUnit: String, Hashable, Sendable, CaseIterable {
  case seconds = "s"
  case milliseconds = "ms"
  case microseconds = "us"
  case nanoseconds = "ns"

  public var nanoseconds: Int64 {
    switch self {
    case .seconds: 1_000_000_000
    case .milliseconds: 1_000_000
    case .microseconds: 1_000
    case .nanoseconds: 1
    }
  }

  /// The unit of a time since 1970 between 2001-09-09 and 2262, told by its size: no two units share a number.
  public init?(of number: UInt64) {
    switch number {
    case 1_000_000_000...9_223_372_036: self = .seconds
    case 1_000_000_000_000...9_223_372_036_854: self = .milliseconds
    case 1_000_000_000_000_000...9_223_372_036_854_775: self = .microseconds
    case 1_000_000_000_000_000_000...9_223_372_036_854_775_807: self = .nanoseconds
    default: return nil
    }
  }
}

/// Whose side a value tells. The column holds the aggressor's.
public enum SideRule: String, Hashable, Sendable, CaseIterable {
  /// `buy` or `sell` of who came and took.
  case taker
  /// `buy` or `sell` of who had waited.
  case maker
  /// True where the buyer had waited.
  case buyerIsMaker = "buyer_maker"
  /// True, or 1, for the asks of a book.
  case isAsk = "is_ask"
}

/// What must hold between values of a row.
public enum RowCheck: Hashable, Sendable {
  /// Two whole numbers, the first not above the second.
  case ordered(Int, Int)
}

/// Where the exchange or the symbol of the rows comes from.
public enum NameRule: Hashable, Sendable {
  /// A column of the file.
  case column
  case fixed(String)
  /// Futures of Binance: settled in coins (`BTCUSD_PERP`) or in dollars, as the symbol tells.
  case binanceFutures
  /// The name of the file.
  case fileName
  /// The user.
  case required
  /// The user, or nobody.
  case optional
}

/// Where the seconds of a candle come from, where the user does not say.
public enum IntervalRule: Hashable, Sendable {
  /// The least distance of neighbouring candles at the beginning of the file.
  case fromTimes
  /// The same, and for a file of one candle what lies between its time and another one.
  case closeTime(cell: Int)
}
