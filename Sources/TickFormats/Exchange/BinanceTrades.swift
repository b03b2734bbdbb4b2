public import TickColumns

/// The public archives of Binance: `id,price,qty,quote_qty,time,is_buyer_maker[,is_best_match]`.
public struct BinanceTradesLayout: Hashable, Sendable {
  /// Spot files have seven columns, those of futures six.
  public var columnCount: Int
  public var hasHeader: Bool

  public init(columnCount: Int, hasHeader: Bool) {
    precondition(columnCount == 6 || columnCount == 7, "trades files have 6 or 7 columns")
    self.columnCount = columnCount
    self.hasHeader = hasHeader
  }

  /// The id space of the trades: spot, or futures settled in coins (`BTCUSD_PERP`) or in dollars.
  public func exchange(symbol: String) -> String {
    if columnCount == 7 { return "binance" }
    return symbol.contains("_") && symbol.contains("USD_") ? "binance_coinm" : "binance_usdm"
  }

  static let headers: [[String]] = [
    ["id", "price", "qty", "quote_qty", "time", "is_buyer_maker", "is_best_match"],
    ["id", "price", "qty", "quote_qty", "time", "is_buyer_maker"],
    ["id", "price", "qty", "base_qty", "time", "is_buyer_maker"],
  ]
}

/// Reads line-aligned chunks of a trades file, on any number of threads.
///
/// Rows become the columns of the table `trades` less exchange and symbol, which are constants of a file:
/// - `ts` from `time`, in milliseconds or microseconds as its size tells;
/// - `received_at` equals `ts`, since archives do not say when a trade reached anyone;
/// - `side` is the aggressor's: the buyer being the maker means that the seller came and took;
/// - `quote_qty` (price times qty) and `is_best_match` are checked and dropped.
///
/// Invariants:
/// 1. Prices and quantities are the doubles nearest to the decimals in the file.
/// 2. Every line that is not blank is a row of the batch or a reject, never both, never neither.
public struct BinanceTradesParser: Sendable {
  /// What the batches hold.
  public static let schema = Schema([
    Field("ts", .dateTime64(precision: 9, zone: "UTC")),
    Field("received_at", .dateTime64(precision: 9, zone: "UTC")),
    Field("price", .float64), Field("qty", .float64), Field("side", aggressorSide),
    Field("trade_id", .uint64),
  ])

  /// `Enum8('unknown' = 0, 'buy' = 1, 'sell' = 2)`, as in the table `trades`.
  public static let aggressorSide: DataType = {
    let entries: [EnumDefinition.Entry] = [
      .init(name: "unknown", number: 0), .init(name: "buy", number: 1),
      .init(name: "sell", number: 2),
    ]
    guard let definition = EnumDefinition(entries) else {
      preconditionFailure("the sides repeat a name or a number")
    }
    return .enum8(definition)
  }()

  public let layout: BinanceTradesLayout

  public init(layout: BinanceTradesLayout) {
    self.layout = layout
  }

  /// Reads one chunk of whole lines; the last line may lack its newline.
  ///
  /// - Parameter isFirst: true for the first chunk of the file, whose header (if the layout has one) is skipped.
  public func parse(_ chunk: ArraySlice<UInt8>, isFirst: Bool) -> ParsedChunk {
    let bytes = chunk.span
    var rows = TradeColumns(reserving: bytes.count / 64 + 1)
    var rejects: [RejectedRow] = []
    var line = 0
    var start = 0
    let end = bytes.count
    if isFirst, layout.hasHeader {
      start = lineEnd(bytes, 0, end).next
      line = 1
    }
    let hasBestMatch = layout.columnCount == 7
    while start < end {
      line &+= 1
      if let next = parseTrade(bytes, start, end, hasBestMatch: hasBestMatch, into: &rows) {
        start = next
        continue
      }
      let (stop, next) = lineEnd(bytes, start, end)
      if stop > start {
        rejects.append(diagnose(bytes, start, stop, line: line))
      }
      start = next
    }
    var chunk = ParsedChunk(batch: rows.finish(), rejects: rejects, lineCount: line)
    chunk.hasHeader = isFirst && layout.hasHeader
    return chunk
  }

  /// Why a line is no trade: the first cell that does not fit, read again with care for the message alone.
  private func diagnose(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, line: Int
  ) -> RejectedRow {
    let names = layout.columnCount == 7 ? Self.spotNames : Self.futuresNames
    var cell = start
    for (i, name) in names.enumerated() {
      var stop = cell
      while stop < end, bytes[stop] != 0x2C { stop += 1 }
      if !fits(bytes, cell, stop, column: i) {
        return RejectedRow(
          line: line, column: name, reason: "\(excerpt(bytes, cell, stop)) is not \(Self.wants[i])")
      }
      if i == names.count - 1 {
        return RejectedRow(
          line: line,
          reason: stop < end ? "more than \(names.count) values" : "the row could not be read")
      }
      guard stop < end else {
        return RejectedRow(
          line: line, column: names[i + 1],
          reason: "the row ends after \(i + 1) of \(names.count) values")
      }
      cell = stop + 1
    }
    return RejectedRow(line: line, reason: "the row could not be read")
  }

  private func fits(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, column: Int) -> Bool {
    var at = start
    switch column {
    case 0: return scanInteger(bytes, &at, end) != nil && at == end
    case 1:
      guard let price = scanDecimal(bytes, &at, end), at == end else { return false }
      return price > 0
    case 2, 3: return scanDecimal(bytes, &at, end) != nil && at == end
    case 4:
      guard let time = scanInteger(bytes, &at, end), at == end else { return false }
      return nanoseconds(time) != nil
    default: return scanBool(bytes, &at, end) != nil && at == end
    }
  }

  private static let spotNames = BinanceTradesLayout.headers[0]
  private static let futuresNames = BinanceTradesLayout.headers[1]
  private static let wants = [
    "a trade id", "a price above 0", "a quantity", "a quantity",
    "a time in milliseconds or microseconds since 1970", "true or false", "true or false",
  ]
}

/// The columns of trades under construction.
struct TradeColumns {
  private var times: [Int64] = []
  private var prices: [Double] = []
  private var quantities: [Double] = []
  private var sides: [Int8] = []
  private var ids: [UInt64] = []

  init(reserving capacity: Int) {
    times.reserveCapacity(capacity)
    prices.reserveCapacity(capacity)
    quantities.reserveCapacity(capacity)
    sides.reserveCapacity(capacity)
    ids.reserveCapacity(capacity)
  }

  mutating func append(time: Int64, price: Double, quantity: Double, side: Int8, id: UInt64) {
    times.append(time)
    prices.append(price)
    quantities.append(quantity)
    sides.append(side)
    ids.append(id)
  }

  consuming func finish() -> Batch {
    let types = BinanceTradesParser.schema.fields.map(\.type)
    let count = times.count
    return Batch(
      [
        Column(types[0], .int64(times)), Column(types[1], .int64(times)),
        Column(types[2], .float64(prices)), Column(types[3], .float64(quantities)),
        Column(types[4], .int8(sides)), Column(types[5], .uint64(ids)),
      ], rowCount: count)
  }
}

/// Reads the trade that begins at `start`. Gives the beginning of the next line, or nil (and no row) where
/// anything does not fit.
@inline(__always)
private func parseTrade(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, hasBestMatch: Bool,
  into rows: inout TradeColumns
) -> Int? {
  var at = start
  guard let id = scanInteger(bytes, &at, end), scanComma(bytes, &at, end),
    let price = scanDecimal(bytes, &at, end), price > 0, scanComma(bytes, &at, end),
    let quantity = scanDecimal(bytes, &at, end), scanComma(bytes, &at, end),
    skipDecimal(bytes, &at, end), scanComma(bytes, &at, end),
    let time = scanInteger(bytes, &at, end), let nanoseconds = nanoseconds(time),
    scanComma(bytes, &at, end), let isBuyerMaker = scanBool(bytes, &at, end)
  else { return nil }
  if hasBestMatch {
    guard scanComma(bytes, &at, end), scanBool(bytes, &at, end) != nil else { return nil }
  }
  if at < end {
    if bytes[at] == 0x0D { at &+= 1 }
    if at < end {
      guard bytes[at] == 0x0A else { return nil }
      at &+= 1
    }
  }
  rows.append(
    time: nanoseconds, price: price, quantity: quantity, side: isBuyerMaker ? 2 : 1, id: id)
  return at
}
