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
    return ParsedChunk(batch: rows.finish(), rejects: rejects, lineCount: line)
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
    case 1, 2, 3: return scanDecimal(bytes, &at, end) != nil && at == end
    case 4:
      guard let time = scanInteger(bytes, &at, end), at == end else { return false }
      return nanoseconds(time) != nil
    default: return scanBool(bytes, &at, end) != nil && at == end
    }
  }

  private static let spotNames = BinanceTradesLayout.headers[0]
  private static let futuresNames = BinanceTradesLayout.headers[1]
  private static let wants = [
    "a trade id", "a price", "a quantity", "a quantity",
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
    let price = scanDecimal(bytes, &at, end), scanComma(bytes, &at, end),
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

@inline(__always)
private func scanComma(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool {
  guard at < end, bytes[at] == 0x2C else { return false }
  at &+= 1
  return true
}

/// Up to 19 digits, at least one.
@inline(__always)
private func scanInteger(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> UInt64? {
  let start = at
  var value: UInt64 = 0
  while at < end {
    let digit = bytes[at] &- 0x30
    if digit > 9 { break }
    value = value &* 10 &+ UInt64(digit)
    at &+= 1
  }
  // Nineteen digits cannot overflow 64 bits.
  return at > start && at &- start <= 19 ? value : nil
}

/// A plain decimal without sign or exponent, as the nearest double.
@inline(__always)
private func scanDecimal(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Double? {
  let start = at
  var value: UInt64 = 0
  while at < end {
    let digit = bytes[at] &- 0x30
    if digit > 9 { break }
    value = value &* 10 &+ UInt64(digit)
    at &+= 1
  }
  var digits = at &- start
  var places = 0
  if at < end, bytes[at] == 0x2E {
    at &+= 1
    let fraction = at
    while at < end {
      let digit = bytes[at] &- 0x30
      if digit > 9 { break }
      value = value &* 10 &+ UInt64(digit)
      at &+= 1
    }
    places = at &- fraction
    digits &+= places
  }
  // Both operands are exact, so the one rounding of the quotient is the right one.
  if digits <= 19, digits > 0, value < 1 << 53 {
    return Double(value) / exactPowersOfTen[places]
  }
  return longDecimal(bytes, start, at, digits: digits)
}

@inline(never)
private func longDecimal(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, digits: Int
) -> Double? {
  guard digits > 0 else { return nil }
  do throws(FormatError) {
    return try parseDouble(bytes, start, end, TextRules(.refuse))
  } catch {
    return nil  // The caller reports the cell.
  }
}

/// Checks a decimal without computing it.
@inline(__always)
private func skipDecimal(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool {
  let start = at
  while at < end, bytes[at] &- 0x30 <= 9 { at &+= 1 }
  var digits = at &- start
  if at < end, bytes[at] == 0x2E {
    at &+= 1
    let fraction = at
    while at < end, bytes[at] &- 0x30 <= 9 { at &+= 1 }
    digits &+= at &- fraction
  }
  return digits > 0
}

/// `true` or `false` in any case.
@inline(__always)
private func scanBool(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Bool? {
  guard at &+ 4 <= end else { return nil }
  if bytes[at] | 0x20 == 0x74, bytes[at &+ 1] | 0x20 == 0x72, bytes[at &+ 2] | 0x20 == 0x75,
    bytes[at &+ 3] | 0x20 == 0x65
  {
    at &+= 4
    return true
  }
  guard at &+ 5 <= end, bytes[at] | 0x20 == 0x66, bytes[at &+ 1] | 0x20 == 0x61,
    bytes[at &+ 2] | 0x20 == 0x6C, bytes[at &+ 3] | 0x20 == 0x73, bytes[at &+ 4] | 0x20 == 0x65
  else { return nil }
  at &+= 5
  return false
}

/// A time of the archives in nanoseconds: thirteen digits are milliseconds, sixteen microseconds. The bounds are
/// 2001 and what 64 bits of nanoseconds hold (2262).
@inline(__always)
private func nanoseconds(_ time: UInt64) -> Int64? {
  switch time {
  case 1_000_000_000_000...9_223_372_036_854: Int64(time) &* 1_000_000
  case 1_000_000_000_000_000...9_223_372_036_854_775: Int64(time) &* 1_000
  default: nil
  }
}

/// The end of the line's text and the beginning of the next line.
func lineEnd(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> (stop: Int, next: Int) {
  var i = start
  while i < end, bytes[i] != 0x0A { i += 1 }
  let next = min(i + 1, end)
  if i > start, bytes[i - 1] == 0x0D { i -= 1 }
  return (i, next)
}
