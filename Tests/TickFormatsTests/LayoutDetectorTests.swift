import Testing
import TickColumns

@testable import TickFormats

@Suite struct LayoutDetectorTests {
  @Test("any bytes are told apart or refused, and their rows are counted, never a trap")
  func noise() throws {
    let seed: UInt64 = 41
    var random = SeededGenerator(seed: seed)
    let letters = Array("a,b\"\n\r 12.-\\NTrue\u{0}".utf8) + [0xFF, 0xEF, 0xBB, 0xBF]
    let schema = Schema([Field("a", .string), Field("b", .nullable(.int32))])
    let parser = try plainParser(schema, ["a", "b"], hasHeader: false)
    for round in 0..<2_000 {
      let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        letters.randomElement(using: &random) ?? 0
      }
      do throws(FormatError) {
        let outline = try LayoutDetector.outline(bytes[...])
        #expect(!outline.names.isEmpty)
        _ = try LayoutDetector.layout(bytes[...], outline)
      } catch {
        #expect(!error.message.isEmpty)
      }
      let parsed = parser.parse(bytes[...], isFirst: true)
      let newlines = bytes.count { $0 == 0x0A }
      #expect(
        parsed.lineCount == newlines + (bytes.isEmpty || bytes.last == 0x0A ? 0 : 1),
        "seed \(seed) round \(round)")
      #expect(parsed.batch.rowCount + parsed.rejects.count <= parsed.lineCount)
    }
  }

  /// The layout of a file: its title and what goes where; nil where only its names are known.
  private func detect(_ text: String) throws(FormatError) -> FileLayout? {
    let bytes = Array(text.utf8)
    return try LayoutDetector.layout(bytes[...], LayoutDetector.outline(bytes[...]))
  }

  private func trades(_ columnCount: Int, hasHeader: Bool) -> FileShape {
    .binanceTrades(.init(columnCount: columnCount, hasHeader: hasHeader))
  }

  @Test("trades are told by what they hold")
  func trades() throws {
    let spot = "1,2.5,1,2.5,1723161255342,True,True\n"
    let futures = "1,2.5,1,2.5,1723161255342,true\n"
    #expect(try detect(spot + spot)?.shape == trades(7, hasHeader: false))
    #expect(try detect(futures)?.shape == trades(6, hasHeader: false))
    #expect(
      try detect("id,price,qty,quote_qty,time,is_buyer_maker\n" + futures)?.shape
        == trades(6, hasHeader: true))
    #expect(
      try detect("id,price,qty,base_qty,time,is_buyer_maker\r\n" + futures)?.shape
        == trades(6, hasHeader: true))
    #expect(throws: FormatError.self) { try detect("") }
    #expect(throws: FormatError.self) { try detect("a,b,a\n1,2,3\n") }
    #expect(throws: FormatError.self) { try detect("a\u{0}b\n") }
  }

  /// Rows as a vendor publishes them, and what they are.
  private struct Known {
    let title: String
    let table: String
    let exchange: NameRule
    /// Column and cell of each.
    let columns: String
    let lines: [String]
  }

  private static let aggregate = "trade_id=0 price=1 qty=2 first_id=3 last_id=4 ts=5 side=6"
  private static let klines =
    "ts=0 open=1 high=2 low=3 close=4 volume=5 notional=7 trades=8 buy_volume=9"
  private static let kline =
    "1601510340000,4.15,4.16,4.14,4.153,539.23,1601510399999,2240.398609,13,401.82,1670.58,0"

  private static let known: [Known] = [
    Known(
      title: "Binance aggregate trades", table: "agg_trades", exchange: .fixed("binance"),
      columns: aggregate,
      lines: ["26129,0.01633102,4.70443515,27781,27781,1498793709153,True,True"]),
    Known(
      title: "Binance aggregate trades", table: "agg_trades", exchange: .binanceFutures,
      columns: aggregate, lines: ["26129,0.01633102,4.70443515,27781,27785,1498793709153,true"]),
    Known(
      title: "Binance aggregate trades", table: "agg_trades", exchange: .binanceFutures,
      columns: aggregate,
      lines: [
        "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
        "1,2,3,4,5,1498793709153,true",
      ]),
    Known(
      title: "Binance klines", table: "bars", exchange: .required, columns: klines,
      lines: [kline]),
    Known(
      title: "Binance klines", table: "bars", exchange: .required, columns: klines,
      lines: [
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
          + "taker_buy_quote_volume,ignore", kline,
      ]),
    Known(
      title: "Binance best bid and ask", table: "quotes", exchange: .binanceFutures,
      columns: "update_id=0 bid=1 bid_qty=2 ask=3 ask_qty=4 ts=5 received_at=6",
      lines: [
        "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time",
        "3,4.1,1,4.2,2,1498793709153,1498793709159",
      ]),
    Known(
      title: "Tardis trades", table: "trades", exchange: .column,
      columns: "exchange=0 symbol=1 ts=2 received_at=3 trade_id=4 side=5 price=6 qty=7",
      lines: [
        "exchange,symbol,timestamp,local_timestamp,id,side,price,amount",
        "bitmex,XBTUSD,1585699209920000,1585699210022003,56c5,buy,6433,10",
      ]),
    Known(
      title: "Tardis quotes", table: "quotes", exchange: .column,
      columns: "exchange=0 symbol=1 ts=2 received_at=3 ask_qty=4 ask=5 bid=6 bid_qty=7",
      lines: [
        "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount",
        "deribit,BTC-PERPETUAL,1585699209920000,1585699210022003,5,6433.5,6433,10",
      ]),
    Known(
      title: "Tardis book changes", table: "book", exchange: .column,
      columns: "exchange=0 symbol=1 ts=2 received_at=3 is_snapshot=4 side=5 price=6 qty=7",
      lines: [
        "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount",
        "deribit,BTC-PERPETUAL,1585699209920000,1585699210022003,true,ask,6433.5,0",
      ]),
    Known(
      title: "Coinbase trades (side of the maker)", table: "trades", exchange: .fixed("coinbase"),
      columns: "trade_id=0 side=1 qty=2 price=3 ts=4",
      lines: ["trade_id,side,size,price,time", "1,buy,0.1,2,2024-01-01T00:00:00Z"]),
    Known(
      title: "trades as of Kraken and Bitstamp (bitcoincharts)", table: "trades",
      exchange: .required, columns: "ts=0 price=1 qty=2",
      lines: ["1381095255,122.00000,0.10000000", "1381179030,123.61000,0.10000000"]),
    Known(
      title: "GoCryptoTrader trades", table: "trades", exchange: .required,
      columns: "ts=0 price=1 qty=2 side=3", lines: ["1605499846,15993.5,0.026472,ANY"]),
    Known(
      title: "Kraken candles", table: "bars", exchange: .required,
      columns: "ts=0 open=1 high=2 low=3 close=4 volume=5 trades=6",
      lines: ["1381095240,122,123,121,122.5,0.1,1", "1381095300,122.5,124,122,123,0.4,2"]),
    Known(
      title: "candles", table: "bars", exchange: .required,
      columns: "ts=0 open=1 close=2 low=3 high=4 volume=5 trades=6",
      lines: ["1605571200,16713.08,16806.09,16683.63,16830,2861.4,51506"]),
    Known(
      title: "Coinbase candles", table: "bars", exchange: .required,
      columns: "ts=0 low=1 high=2 open=3 close=4 volume=5",
      lines: ["1463544000,455.3,456.81,456.16,456.02,561.8"]),
    Known(
      title: "trades", table: "trades", exchange: .required,
      columns: "symbol=0 side=1 price=2 qty=3 ts=4",
      lines: ["symbol;side;Price;Amount;timestamp", "BTC;buy;1;2;2023-09-05T16:00:01.281719Z"]),
    Known(
      title: "candles", table: "bars", exchange: .required,
      columns: "ts=0 low=1 high=2 open=3 close=4 volume=5",
      lines: [
        #"{"start":"1463544000","low":"4","high":"6","open":"5","close":"5","volume":"1"}"#
      ]),
    Known(
      title: "quotes", table: "quotes", exchange: .required, columns: "ts=0 bid=1 ask=2",
      lines: ["Date\tBid\tAsk", "2024-01-01 00:00:00\t1\t2"]),
  ]

  @Test("the layouts of exchanges and vendors are told by their columns")
  func layouts() throws {
    for known in Self.known {
      let text = known.lines.joined(separator: "\n") + "\n"
      let found = try #require(try detect(text), "\(text)")
      #expect(found.title == known.title, "\(text)")
      #expect(found.table == known.table)
      let columns = found.columns.sorted { $0.cell < $1.cell }.map { "\($0.column)=\($0.cell)" }
      #expect(columns.joined(separator: " ") == known.columns)
      #expect(found.exchange == known.exchange, "\(text)")
      // Every row of the example is read, into the tables as they are.
      let parser = try MappedParser(found, table: MarketColumns.schema(of: found))
      let parsed = parser.parse(Array(text.utf8)[...], isFirst: true)
      #expect(parsed.rejects.isEmpty && parsed.batch.rowCount > 0, "\(parsed.rejects)")
    }
  }

  @Test("what no layout fits, and what two fit, is not guessed")
  func unknown() throws {
    #expect(try detect("ts,price,\"my qty\"\n1,2,3\n") == nil)
    #expect(try detect("14400688,491800,300,P,2000,0\n") == nil)
    // A flat candle does not show the order of its prices.
    #expect(throws: FormatError.self) { try detect("1463544000,5,5,5,5,5\n") }
    #expect(throws: FormatError.self) { try LayoutDetector.outline([0x31][...], format: "Parquet") }
  }

  @Test("a file of the maker's sides is turned to the aggressor's")
  func makerSides() throws {
    let text = """
      trade_id,side,size,price,time
      1,buy,0.1,2,2024-01-01T00:00:00Z
      2,sell,1,2,2024-01-01T00:00:01Z
      """
    let layout = try #require(try detect(text))
    let parser = try MappedParser(layout, table: MarketColumns.schema(of: layout))
    let parsed = parser.parse(Array(text.utf8)[...], isFirst: true)
    let side = try #require(parser.schema.position(of: "side"))
    #expect((0..<2).map { parsed.batch.columns[side].value(at: $0) } == [.int(2), .int(1)])
  }

  @Test("checks between values: a last id below the first is a reject")
  func checks() throws {
    let good = "1,2.5,1,100,101,1723161255342,true\n"
    let text = String(repeating: good, count: 9) + "2,2.5,1,102,101,1723161255342,true\n"
    let layout = try #require(try detect(text))
    let parser = try MappedParser(layout, table: MarketColumns.schema(of: layout))
    let parsed = parser.parse(Array(text.utf8)[...], isFirst: true)
    #expect(parsed.batch.rowCount == 9)
    #expect(parsed.rejects.map(\.reason) == ["'101' is below first_trade_id '102'"])
  }

  @Test("a sample that ends inside a line is enough")
  func cutSample() throws {
    let line = "3735683259,61837.63000000,0.02000000,1236.75260000,1723161255342,True,True\n"
    let bytes = Array(String(repeating: line, count: 900).utf8)[..<LayoutDetector.sampleBytes]
    #expect(
      try LayoutDetector.layout(bytes, LayoutDetector.outline(bytes))?.shape
        == trades(7, hasHeader: false))
  }

  @Test("symbol, exchange and day come from the name and the layout")
  func names() {
    let symbols: [(String, String?)] = [
      ("BTCUSDT-trades-2024-08-08.csv.gz", "BTCUSDT"),
      ("a/b/1000SHIBUSDT-trades-2024-08.zip", "1000SHIBUSDT"),
      ("BTCUSD_PERP-aggTrades-2024-08-08.zip", "BTCUSD_PERP"),
      ("BTCUSDT-1m-2024-01.csv", "BTCUSDT"),
      ("ETHUSDT-1mo-2024-01.csv", "ETHUSDT"), ("XBTUSD.csv", "XBTUSD"), ("XBTUSD_60.csv", "XBTUSD"),
      ("trades.csv", nil), ("-trades-2024.csv", nil), ("bitstampUSD.csv", nil), ("2024.csv", nil),
      ("BTC-USD.csv", nil),
    ]
    for (name, symbol) in symbols { #expect(FileNames.symbol(name) == symbol, "\(name)") }
    #expect(FileNames.day("x/lean_20131007_aig.csv") == 15_985)
    #expect(FileNames.day("BTC-trades-2013-10-07.csv") == 15_985)
    #expect(FileNames.day("201310071.csv") == nil && FileNames.day("20131307.csv") == nil)
    #expect(FileNames.day(of: "2013-10-07") == 15_985 && FileNames.day(of: "yesterday") == nil)
    let futures = BinanceTradesLayout(columnCount: 6, hasHeader: true)
    #expect(futures.exchange(symbol: "BTCUSDT") == "binance_usdm")
    #expect(futures.exchange(symbol: "BTCUSD_PERP") == "binance_coinm")
    #expect(
      BinanceTradesLayout(columnCount: 7, hasHeader: false).exchange(symbol: "X") == "binance")
  }
}

@Suite struct ColumnListTests {
  private static let table = Schema([
    Field("ts", MarketColumns.time), Field("price", .float64), Field("qty", .float64),
    Field("symbol", .lowCardinality(.string)),
  ])

  private func layout(_ list: String, _ text: String) throws(FormatError) -> FileLayout {
    let bytes = Array(text.utf8)
    return try ColumnList.layout(
      list, of: LayoutDetector.outline(bytes[...]), table: Self.table)
  }

  @Test("names, quoted names, numbers and orders")
  func lists() throws {
    let text = "time,\"the price, in $\",q\n1723161255,2,3\n"
    let byName = try layout("ts=time:s, price = \"the price, in $\" / 100, qty=3", text)
    #expect(
      byName.columns == [
        ColumnMapping("ts", 0, .time(.seconds)),
        ColumnMapping("price", 1, .scaled(100, divides: true)), ColumnMapping("qty", 2),
      ])
    #expect(byName.symbol == .optional)
    let inOrder = try layout("ts,_,qty*0.5", text)
    #expect(
      inOrder.columns == [
        ColumnMapping("ts", 0, .anyTime), ColumnMapping("qty", 2, .scaled(0.5, divides: false)),
      ])
    #expect(inOrder.unusedNames == ["the price, in $"])
  }

  @Test(
    "lists that do not say what they mean are refused",
    arguments: [
      "", "ts,price", "ts=nope", "nope=time", "ts=time:hours", "ts=time,price", "=time", "ts=",
      "price=q/0", "price=q*x", "ts=\"time", "ts=time price",
    ])
  func bad(_ list: String) {
    #expect(throws: FormatError.self) { try layout(list, "time,p,q\n1,2,3\n") }
  }
}
