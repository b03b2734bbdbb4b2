/// Rows that were taken although something about them is odd, for the user to look at.
///
/// What cannot be right is rejected by the parsers. This is about what can be right and seldom is: a price far from
/// its neighbours, a receipt hours from the event, a candle that does not hold its own open and close.
public import TickColumns

extension ParsedChunk {
  /// Times of event and receipt further apart than this are odd.
  private static let gapMax: Int64 = 3_600 * 1_000_000_000
  /// Prices so many times above or below the middle one of their symbol are odd.
  private static let priceRatio = 10.0

  /// Looks through the rows.
  ///
  /// - Parameter schema: of the batch.
  public mutating func findNotices(_ schema: Schema) {
    findGaps(schema)
    findPrices(schema)
    findCandles(schema)
  }

  private mutating func findGaps(_ schema: Schema) {
    guard let ts = schema.position(of: "ts"), let receipt = schema.position(of: "received_at"),
      schema[ts].type == MarketColumns.time, schema[receipt].type == MarketColumns.time,
      case .int64(let times) = batch.columns[ts].values,
      case .int64(let receipts) = batch.columns[receipt].values
    else { return }
    for row in times.indices {
      let (gap, overflows) = receipts[row].subtractingReportingOverflow(times[row])
      if overflows || gap.magnitude > UInt64(Self.gapMax) {
        notice(row, "received_at", "is more than an hour from ts")
      }
    }
  }

  private mutating func findPrices(_ schema: Schema) {
    guard let position = schema.position(of: "price"), schema.position(of: "ts") != nil,
      case .float64(let prices) = batch.columns[position].values
    else { return }
    guard let symbol = schema.position(of: "symbol") else {
      // One symbol, as in trade archives: nothing is gathered where nothing is odd, which is nearly always.
      let (low, high) = Self.ordinary(prices, count: prices.count) { $0 }
      for row in prices.indices where prices[row] > high || prices[row] < low {
        notice(row, "price", Self.farOff)
      }
      return
    }
    let column = batch.columns[symbol]
    var bySymbol: [Value: [Int]] = [:]
    let starts = runStarts([column], rowCount: batch.rowCount).map { Int($0) }
    for (place, start) in starts.enumerated() {
      let end = place + 1 < starts.count ? starts[place + 1] : batch.rowCount
      bySymbol[column.value(at: start), default: []] += start..<end
    }
    for (_, rows) in bySymbol.sorted(by: { $0.value[0] < $1.value[0] }) {
      findPrices(prices, rows)
    }
  }

  private mutating func findPrices(_ prices: [Double], _ rows: [Int]) {
    let (low, high) = Self.ordinary(prices, count: rows.count) { rows[$0] }
    for row in rows where prices[row] > high || prices[row] < low {
      notice(row, "price", Self.farOff)
    }
  }

  private static let farOff = "is more than 10 times above or below the others"

  /// Between which prices nothing is odd. A sample gives the middle well enough for a factor of ten.
  private static func ordinary(
    _ prices: [Double], count: Int, row: (Int) -> Int
  ) -> (low: Double, high: Double) {
    guard count >= 10 else { return (-.infinity, .infinity) }
    let sample = stride(from: 0, to: count, by: max(1, count / 500)).map { prices[row($0)] }
    let middle = sample.sorted()[sample.count / 2]
    guard middle > 0, middle.isFinite else { return (-.infinity, .infinity) }
    return (middle / priceRatio, middle * priceRatio)
  }

  private mutating func findCandles(_ schema: Schema) {
    func values(_ name: String) -> [Double]? {
      guard let position = schema.position(of: name),
        case .float64(let values) = batch.columns[position].values
      else { return nil }
      return Array(values)
    }
    guard let open = values("open"), let high = values("high"), let low = values("low"),
      let close = values("close")
    else { return }
    for row in 0..<batch.rowCount
    where high[row] < max(open[row], close[row]) || low[row] > min(open[row], close[row]) {
      notice(row, "high", "high and low do not hold open and close")
    }
  }

  private mutating func notice(_ row: Int, _ column: String, _ reason: String) {
    // Where the parser does not keep lines, they follow from the rows when no line of the chunk is blank.
    var line = 0
    if row < lines.count {
      line = Int(lines[row])
    } else {
      let heads = lineCount - batch.rowCount - rejects.count
      if heads == 0 || heads == 1 && hasHeader {
        line = row + 1 + heads
        for reject in rejects where reject.line <= line { line += 1 }
      }
    }
    var row = RejectedRow(line: line, column: column, reason: reason)
    row.isKept = true
    notices.append(row)
  }
}
