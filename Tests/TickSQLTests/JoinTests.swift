import TestSupport
import TickColumns
import Testing

@testable import TickSQL

/// Joins over tables that are cut into morsels and read by several threads, against the plainest model.
@Suite struct JoinTests {
  private static let quoteFields = [
    Field("symbol", .lowCardinality(.string)),
    Field("ts", .dateTime64(precision: 9, zone: "UTC")), Field("bid", .float64),
  ]

  private struct Quote {
    var symbol: String
    var ts: Int64
    var bid: Double
  }

  /// Quotes around the trades' times, some symbols without any, ties included.
  private func quotes(_ trades: TestTrades, seed: UInt64) -> [Quote] {
    var random = SplitMix64(seed: seed)
    var quotes: [Quote] = []
    for (i, trade) in trades.trades.enumerated() where trade.symbol != "SOLUSDT" {
      let shift = Int64(random.next() % 3) * 1_000_000 - 1_000_000
      quotes.append(Quote(symbol: trade.symbol, ts: trade.ts + shift, bid: Double(i)))
    }
    return quotes
  }

  private func context(
    _ trades: TestTrades, _ quotes: [Quote], cut: (Int, Int), limits: QueryLimits = QueryLimits(),
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) -> (QueryContext, trades: MemoryTable, quotes: MemoryTable) {
    let tradeTable = trades.table(morselRows: cut.0, batchRows: cut.1)
    let quoteTable = MemoryTable(
      Self.quoteFields, rows: quotes.map { [.text($0.symbol), .int($0.ts), .float($0.bid)] },
      morselRows: cut.0, batchRows: cut.1)
    let catalog = TestCatalog(content: ["default": ["trades": tradeTable, "quotes": quoteTable]])
    let context = testContext(
      catalog, workers: ThreadPool(width: 3), limits: limits, isCancelled: isCancelled)
    return (context, tradeTable, quoteTable)
  }

  @Test(
    "ASOF JOIN finds for each trade the last quote not after it",
    arguments: [(1_000, 300), (37, 10), (100_000, 100_000)])
  func asof(cut: (Int, Int)) throws {
    let trades = TestTrades(count: 4_000, seed: 7)
    let quotes = quotes(trades, seed: 8)
    let (context, _, _) = context(trades, quotes, cut: cut)
    let given = try rows(
      """
      SELECT t.trade_id, q.bid FROM trades AS t ASOF LEFT JOIN quotes AS q
      ON t.symbol = q.symbol AND t.ts >= q.ts ORDER BY t.trade_id SETTINGS join_use_nulls = 0
      """, context)
    var expected: [[String]] = []
    for trade in trades.trades.sorted(by: { $0.id < $1.id }) {
      var best: Quote?
      for quote in quotes where quote.symbol == trade.symbol && quote.ts <= trade.ts {
        if quote.ts >= best?.ts ?? .min { best = quote }
      }
      expected.append(["\(trade.id)", "\(Int(best?.bid ?? 0))"])
    }
    #expect(given == expected)
  }

  @Test(
    "an inner join has every pair of equal keys, whatever the cut",
    arguments: [(500, 100), (64, 64), (100_000, 100_000)])
  func inner(cut: (Int, Int)) throws {
    let trades = TestTrades(count: 1_500, seed: 21)
    let quotes = quotes(trades, seed: 22)
    let (context, _, _) = context(trades, quotes, cut: cut)
    let given = try rows(
      """
      SELECT t.symbol, count(), sum(q.bid), sum(t.trade_id) FROM trades AS t
      JOIN quotes AS q ON t.symbol = q.symbol AND t.ts = q.ts GROUP BY t.symbol ORDER BY t.symbol
      """, context)
    var counts: [String: (Int, Double, UInt64)] = [:]
    for trade in trades.trades {
      for quote in quotes where quote.symbol == trade.symbol && quote.ts == trade.ts {
        let known = counts[trade.symbol] ?? (0, 0, 0)
        counts[trade.symbol] = (known.0 + 1, known.1 + quote.bid, known.2 + trade.id)
      }
    }
    let expected = counts.sorted { $0.key < $1.key }.map { symbol, sums in
      [symbol, "\(sums.0)", "\(Int(sums.1))", "\(sums.2)"]
    }
    #expect(!expected.isEmpty)
    #expect(given == expected)
  }

  @Test("a condition on the key prunes both sides, one on the time the right one as well")
  func pushdown() throws {
    let trades = TestTrades(count: 500, seed: 3)
    let (context, tradeTable, quoteTable) = context(trades, quotes(trades, seed: 4), cut: (100, 50))
    _ = try rows(
      """
      SELECT count() FROM trades AS t ASOF JOIN quotes AS q ON t.symbol = q.symbol AND t.ts >= q.ts
      WHERE t.symbol = 'BTCUSDT' AND t.ts <= '2024-08-08 01:00:00'
      """, context)
    for table in [tradeTable, quoteTable] {
      let request = try #require(table.log.requests.first)
      #expect(request.constraints.contains { $0.column == "symbol" })
      #expect(request.constraints.contains { $0.column == "ts" })
      #expect(!request.columns.contains("price") && !request.columns.contains("bid"))
    }
  }

  @Test("the held side counts against the memory limit, and a cancelled join stops")
  func limits() throws {
    let trades = TestTrades(count: 20_000, seed: 5)
    let quotes = quotes(trades, seed: 6)
    let text =
      "SELECT count() FROM trades AS t JOIN quotes AS q ON t.symbol = q.symbol AND t.price < q.bid"
    let (small, _, _) = context(
      trades, quotes, cut: (5_000, 1_000), limits: QueryLimits(memoryBytesMax: 50_000))
    #expect(failure(text, small)?.code == .memoryLimitExceeded)
    let (cancelled, _, _) = context(trades, quotes, cut: (5_000, 1_000), isCancelled: { true })
    #expect(failure(text, cancelled)?.code == .queryWasCancelled)
  }

  @Test("a huge product is streamed, not held")
  func product() throws {
    let context = testContext(limits: QueryLimits(memoryBytesMax: 100_000_000))
    let given = try rows(
      "SELECT a.number, b.number FROM numbers(1000000) AS a, numbers(1000000) AS b LIMIT 2", context
    )
    #expect(given == [["0", "0"], ["0", "1"]])
  }
}
