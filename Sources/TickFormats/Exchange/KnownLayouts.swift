/// The layouts that exchanges and vendors publish.
///
/// Those with a header are known by its names. Those without are candidates that `LayoutDetector` tries on the first
/// rows: each is strict enough about its values that another kind of file does not read as it.
import TickColumns

enum KnownLayouts {
  // MARK: With a header

  /// A file of a known vendor, told by its names; nil where no layout fits.
  static func named(_ names: [String], _ shape: FileShape) -> FileLayout? {
    for known in headed where known.required.isSubset(of: Set(names)) {
      return known.layout(names, shape)
    }
    return nil
  }

  private struct Headed: Sendable {
    let required: Set<String>
    let title: String
    let table: String
    /// Columns by the names that the file gives them; names that it lacks are left out.
    let columns: [(name: String, column: String, reading: CellReading)]
    var checks: [(low: String, high: String)] = []
    var exchange = NameRule.required
    var symbol = NameRule.column
    var interval: IntervalRule?
    /// Makes the exchange known by names that only its files have.
    var exchanges: [(mark: String, exchange: String)] = []

    func layout(_ names: [String], _ shape: FileShape) -> FileLayout {
      var found: [ColumnMapping] = []
      for (name, column, reading) in columns {
        guard let cell = names.firstIndex(of: name), !found.contains(where: { $0.column == column })
        else { continue }
        found.append(ColumnMapping(column, cell, reading))
      }
      var layout = FileLayout(title, table: table, shape: shape, names: names, columns: found)
      layout.checks = checks.compactMap { low, high in
        guard let low = names.firstIndex(of: low), let high = names.firstIndex(of: high) else {
          return nil
        }
        return .ordered(low, high)
      }
      layout.exchange = exchange
      let hasSymbol = found.contains { $0.column == "symbol" }
      layout.symbol = symbol == .column && !hasSymbol ? .fileName : symbol
      layout.interval = interval
      if let known = exchanges.first(where: { names.contains($0.mark) }) {
        layout.exchange = .fixed(known.exchange)
      }
      if case .closeTime = interval, let cell = names.firstIndex(of: "close_time") {
        layout.interval = .closeTime(cell: cell)
      }
      return layout
    }
  }

  private static let headed: [Headed] = [
    Headed(
      required: ["agg_trade_id", "price", "quantity", "transact_time", "is_buyer_maker"],
      title: "Binance aggregate trades", table: "agg_trades",
      columns: [
        ("agg_trade_id", "trade_id", .value), ("price", "price", .price),
        ("quantity", "qty", .quantity), ("first_trade_id", "first_id", .value),
        ("last_trade_id", "last_id", .value), ("transact_time", "ts", .anyTime),
        ("is_buyer_maker", "side", .side(.buyerIsMaker)),
      ], checks: [("first_trade_id", "last_trade_id")], exchange: .binanceFutures,
      symbol: .fileName, exchanges: [("is_best_match", "binance")]),
    Headed(
      required: ["open_time", "open", "high", "low", "close", "volume", "close_time"],
      title: "Binance klines", table: "bars",
      columns: [
        ("open_time", "ts", .anyTime), ("open", "open", .price), ("high", "high", .price),
        ("low", "low", .price), ("close", "close", .price), ("volume", "volume", .quantity),
        ("quote_volume", "notional", .quantity), ("count", "trades", .value),
        ("taker_buy_volume", "buy_volume", .quantity),
      ], checks: [("open_time", "close_time")], symbol: .fileName,
      interval: .closeTime(cell: 0)),
    Headed(
      required: [
        "update_id", "best_bid_price", "best_bid_qty", "best_ask_price", "best_ask_qty",
        "transaction_time",
      ],
      title: "Binance best bid and ask", table: "quotes",
      columns: [
        ("update_id", "update_id", .value), ("best_bid_price", "bid", .price),
        ("best_bid_qty", "bid_qty", .quantity), ("best_ask_price", "ask", .price),
        ("best_ask_qty", "ask_qty", .quantity), ("transaction_time", "ts", .anyTime),
        ("event_time", "received_at", .anyTime),
      ], exchange: .binanceFutures, symbol: .fileName),
    Headed(
      required: [
        "exchange", "symbol", "timestamp", "local_timestamp", "id", "side", "price", "amount",
      ],
      title: "Tardis trades", table: "trades",
      columns: [
        ("exchange", "exchange", .value), ("symbol", "symbol", .value),
        ("timestamp", "ts", .time(.microseconds)),
        ("local_timestamp", "received_at", .time(.microseconds)), ("id", "trade_id", .identifier),
        ("side", "side", .side(.taker)), ("price", "price", .price), ("amount", "qty", .quantity),
      ], exchange: .column),
    Headed(
      required: [
        "exchange", "symbol", "timestamp", "local_timestamp", "ask_amount", "ask_price",
        "bid_price", "bid_amount",
      ],
      title: "Tardis quotes", table: "quotes",
      columns: [
        ("exchange", "exchange", .value), ("symbol", "symbol", .value),
        ("timestamp", "ts", .time(.microseconds)),
        ("local_timestamp", "received_at", .time(.microseconds)), ("bid_price", "bid", .price),
        ("bid_amount", "bid_qty", .quantity), ("ask_price", "ask", .price),
        ("ask_amount", "ask_qty", .quantity),
      ], exchange: .column),
    Headed(
      required: [
        "exchange", "symbol", "timestamp", "local_timestamp", "is_snapshot", "side", "price",
        "amount",
      ],
      title: "Tardis book changes", table: "book",
      columns: [
        ("exchange", "exchange", .value), ("symbol", "symbol", .value),
        ("timestamp", "ts", .time(.microseconds)),
        ("local_timestamp", "received_at", .time(.microseconds)),
        ("is_snapshot", "is_snapshot", .value), ("side", "side", .side(.taker)),
        ("price", "price", .price), ("amount", "qty", .quantity),
      ], exchange: .column),
    Headed(
      required: ["trade_id", "side", "size", "price", "time"],
      title: "Coinbase trades (side of the maker)", table: "trades",
      columns: [
        ("trade_id", "trade_id", .value), ("side", "side", .side(.maker)),
        ("size", "qty", .quantity), ("price", "price", .price), ("time", "ts", .anyTime),
        ("product_id", "symbol", .value),
      ], exchange: .fixed("coinbase")),
    Headed(
      required: [
        "TimestampOfReceive", "TransactionTime", "Symbol", "TradeId", "Price", "Quantity",
      ],
      title: "recorded Binance trade stream", table: "trades",
      columns: [
        ("TransactionTime", "ts", .anyTime), ("TimestampOfReceive", "received_at", .anyTime),
        ("Symbol", "symbol", .value), ("TradeId", "trade_id", .value), ("Price", "price", .price),
        ("Quantity", "qty", .quantity), ("IsBuyerMarketMaker", "side", .side(.buyerIsMaker)),
      ], exchanges: [("MUnknownParameter", "binance")]),
    Headed(
      required: [
        "TimestampOfReceive", "Symbol", "FirstUpdateId", "FinalUpdateId", "IsAsk", "Price",
      ],
      title: "recorded Binance depth stream", table: "book",
      columns: [
        ("TransactionTime", "ts", .anyTime), ("EventTime", "ts", .anyTime),
        ("TimestampOfReceive", "received_at", .anyTime), ("Symbol", "symbol", .value),
        ("FinalUpdateId", "update_id", .value), ("IsAsk", "side", .side(.isAsk)),
        ("Price", "price", .price), ("Quantity", "qty", .quantity),
      ], checks: [("FirstUpdateId", "FinalUpdateId")], exchange: .fixed("binance"),
      exchanges: [
        ("PSUnknownField", "binance_coinm"), ("FinalUpdateIdInLastStream", "binance_usdm"),
      ]),
    Headed(
      required: ["TimestampOfReceive", "TimestampOfRequest", "LastUpdateId", "IsAsk", "Price"],
      title: "recorded Binance depth snapshots", table: "book",
      columns: [
        ("TimestampOfReceive", "ts", .anyTime), ("LastUpdateId", "update_id", .value),
        ("IsAsk", "side", .side(.isAsk)), ("Price", "price", .price),
        ("Quantity", "qty", .quantity), ("Symbol", "symbol", .value),
      ]),
  ]

  // MARK: Any names that market data has

  /// Trades, quotes or candles with names that say what they are; nil where the names do not.
  static func conventional(_ names: [String], _ shape: FileShape) -> FileLayout? {
    let plain = names.map { name in
      String(name.lowercased().filter { $0.isLetter || $0.isNumber })
    }
    func cell(_ column: String) -> Int? {
      for name in conventionalNames[column] ?? [] {
        if let cell = plain.firstIndex(of: name) { return cell }
      }
      return nil
    }
    func layout(
      _ title: String, _ table: String, _ columns: [(String, CellReading)]
    ) -> FileLayout {
      var mappings: [ColumnMapping] = []
      for (column, reading) in columns {
        guard let cell = cell(column), !mappings.contains(where: { $0.cell == cell }) else {
          continue
        }
        mappings.append(ColumnMapping(column, cell, reading))
      }
      var layout = FileLayout(title, table: table, shape: shape, names: names, columns: mappings)
      let found = Set(mappings.map(\.column))
      layout.exchange = found.contains("exchange") ? .column : .required
      layout.symbol = found.contains("symbol") ? .column : .fileName
      return layout
    }
    guard cell("ts") != nil else { return nil }
    let common: [(String, CellReading)] = [
      ("ts", .anyTime), ("received_at", .anyTime), ("exchange", .value), ("symbol", .value),
    ]
    if ["open", "high", "low", "close"].allSatisfy({ cell($0) != nil }) {
      var bars = layout(
        "candles", "bars",
        common + [
          ("open", .price), ("high", .price), ("low", .price), ("close", .price),
          ("volume", .quantity), ("notional", .quantity), ("trades", .value),
          ("buy_volume", .quantity), ("interval_seconds", .value),
        ])
      if !bars.columns.contains(where: { $0.column == "interval_seconds" }) {
        bars.interval = .fromTimes
      }
      return bars
    }
    if cell("bid") != nil, cell("ask") != nil {
      return layout(
        "quotes", "quotes",
        common + [
          ("bid", .price), ("bid_qty", .quantity), ("ask", .price), ("ask_qty", .quantity),
          ("update_id", .value),
        ])
    }
    if cell("price") != nil, cell("qty") != nil {
      return layout(
        "trades", "trades",
        common + [
          ("price", .price), ("qty", .quantity), ("side", .side(.taker)), ("trade_id", .identifier),
        ])
    }
    return nil
  }

  /// What people call the columns, in lower case without anything but letters and digits.
  private static let conventionalNames: [String: [String]] = [
    "ts": [
      "ts", "timestamp", "time", "datetime", "tradetime", "opentime", "start", "starttime", "unix",
      "unixtime", "date",
    ],
    "received_at": ["receivedat", "localtimestamp", "receivetime", "localtime"],
    "exchange": ["exchange", "venue"],
    "symbol": ["symbol", "instrument", "pair", "market", "product", "productid", "ticker"],
    "price": ["price", "tradeprice"],
    "qty": ["qty", "quantity", "amount", "size", "volume"],
    "side": ["side", "takerside", "aggressorside"],
    "trade_id": ["tradeid", "id", "tid"],
    "bid": ["bid", "bidprice", "bestbid", "bestbidprice"],
    "bid_qty": ["bidqty", "bidquantity", "bidsize", "bidamount", "bestbidqty"],
    "ask": ["ask", "askprice", "bestask", "bestaskprice"],
    "ask_qty": ["askqty", "askquantity", "asksize", "askamount", "bestaskqty"],
    "update_id": ["updateid"],
    "open": ["open"], "high": ["high"], "low": ["low"], "close": ["close"],
    "volume": ["volume", "vol", "basevolume"],
    "notional": ["notional", "quotevolume", "quoteassetvolume"],
    "trades": ["trades", "count", "tradecount", "numberoftrades"],
    "buy_volume": ["buyvolume", "takerbuyvolume"],
    "interval_seconds": ["intervalseconds"],
  ]

  // MARK: Without a header

  /// What rows of so many cells may be.
  static func unnamed(_ cellCount: Int, _ shape: FileShape) -> [FileLayout] {
    bare.filter { $0.names.count == cellCount }.map { layout in
      var layout = layout
      layout.shape = shape
      return layout
    }
  }

  private static func bare(
    _ title: String, _ table: String, _ cells: [(String, String?, CellReading)],
    exchange: NameRule = .required, interval: IntervalRule? = nil,
    checks: [RowCheck] = []
  ) -> FileLayout {
    var layout = FileLayout(
      title, table: table,
      shape: .delimited(DelimitedShape(delimiter: 0x2C, hasHeader: false)),
      names: cells.map(\.0),
      columns: cells.enumerated().compactMap { cell, known in
        known.1.map { ColumnMapping($0, cell, known.2) }
      })
    layout.exchange = exchange
    layout.symbol = .fileName
    layout.interval = interval
    layout.checks = checks
    return layout
  }

  private static func candles(_ title: String, _ cells: String...) -> FileLayout {
    bare(
      title, "bars",
      cells.map { name in
        switch name {
        case "time": (name, "ts", .anyTime)
        case "volume": (name, name, .quantity)
        case "trades": (name, name, .value)
        default: (name, name, .price)
        }
      }, interval: .fromTimes)
  }

  private static let aggregate: [(String, String?, CellReading)] = [
    ("agg_trade_id", "trade_id", .value), ("price", "price", .price),
    ("quantity", "qty", .quantity), ("first_trade_id", "first_id", .value),
    ("last_trade_id", "last_id", .value), ("transact_time", "ts", .anyTime),
    ("is_buyer_maker", "side", .side(.buyerIsMaker)),
  ]

  private static let bare: [FileLayout] = [
    bare(
      "Binance aggregate trades", "agg_trades", aggregate, exchange: .binanceFutures,
      checks: [.ordered(3, 4)]),
    bare(
      "Binance aggregate trades", "agg_trades", aggregate + [("is_best_match", nil, .value)],
      exchange: .fixed("binance"), checks: [.ordered(3, 4)]),
    bare(
      "Binance klines", "bars",
      [
        ("open_time", "ts", .anyTime), ("open", "open", .price), ("high", "high", .price),
        ("low", "low", .price), ("close", "close", .price), ("volume", "volume", .quantity),
        ("close_time", nil, .value), ("quote_volume", "notional", .quantity),
        ("count", "trades", .value), ("taker_buy_volume", "buy_volume", .quantity),
        ("taker_buy_quote_volume", nil, .value), ("ignore", nil, .value),
      ], interval: .closeTime(cell: 6), checks: [.ordered(0, 6)]),
    bare(
      "Binance best bid and ask", "quotes",
      [
        ("update_id", "update_id", .value), ("best_bid_price", "bid", .price),
        ("best_bid_qty", "bid_qty", .quantity), ("best_ask_price", "ask", .price),
        ("best_ask_qty", "ask_qty", .quantity), ("transaction_time", "ts", .anyTime),
        ("event_time", "received_at", .anyTime),
      ], exchange: .binanceFutures),
    bare(
      "trades as of Kraken and Bitstamp (bitcoincharts)", "trades",
      [("time", "ts", .anyTime), ("price", "price", .price), ("volume", "qty", .quantity)]),
    bare(
      "GoCryptoTrader trades", "trades",
      [
        ("time", "ts", .anyTime), ("price", "price", .price), ("amount", "qty", .quantity),
        ("side", "side", .side(.taker)),
      ]),
    candles(
      "Kraken candles", "time", "open", "high", "low", "close", "volume", "trades"),
    candles("candles", "time", "open", "close", "low", "high", "volume", "trades"),
    candles("candles", "time", "open", "high", "low", "close", "volume"),
    candles("Coinbase candles", "time", "low", "high", "open", "close", "volume"),
    candles("candles", "time", "open", "close", "low", "high", "volume"),
  ]

  /// The names of Binance's trade archives as any other layout, for tables of other types.
  static func binanceTrades(_ trades: BinanceTradesLayout) -> FileLayout {
    let cells: [(String, String?, CellReading)] = [
      ("id", "trade_id", .value), ("price", "price", .price), ("qty", "qty", .quantity),
      ("quote_qty", nil, .value), ("time", "ts", .anyTime),
      ("is_buyer_maker", "side", .side(.buyerIsMaker)), ("is_best_match", nil, .value),
    ]
    var layout = bare(
      trades.columnCount == 7 ? "Binance spot trades" : "Binance futures trades", "trades",
      Array(cells.prefix(trades.columnCount)),
      exchange: trades.columnCount == 7 ? .fixed("binance") : .binanceFutures)
    layout.shape = .binanceTrades(trades)
    return layout
  }
}
