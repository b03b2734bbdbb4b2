/// The tables every database has from its first start, written as the statements that would create them.

enum StandardTables {
  /// Where they live.
  static let database = "default"

  /// Created in this order when the directory is new. `deduplicate_by` names the columns of which no two live
  /// rows may agree; a `trade_id` of 0 means none and is never a duplicate. `candles` names what segments keep candles of.
  static let statements = [
    """
    CREATE TABLE default.trades (
      ts DateTime64(9, 'UTC'), received_at DateTime64(9, 'UTC'),
      exchange LowCardinality(String), symbol LowCardinality(String),
      price Float64, qty Float64, side Enum8('unknown' = 0, 'buy' = 1, 'sell' = 2), trade_id UInt64
    ) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (symbol, exchange, ts)
    SETTINGS deduplicate_by = 'exchange, symbol, trade_id', candles = 'ts, price, qty, side, trade_id'
    """,
    """
    CREATE TABLE default.quotes (
      ts DateTime64(9, 'UTC'), received_at DateTime64(9, 'UTC'),
      exchange LowCardinality(String), symbol LowCardinality(String),
      bid Float64, bid_qty Float64, ask Float64, ask_qty Float64, update_id UInt64
    ) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (symbol, exchange, ts)
    """,
    """
    CREATE TABLE default.book (
      ts DateTime64(9, 'UTC'), received_at DateTime64(9, 'UTC'),
      exchange LowCardinality(String), symbol LowCardinality(String),
      side Enum8('unknown' = 0, 'buy' = 1, 'sell' = 2), price Float64, qty Float64,
      update_id UInt64, is_snapshot Bool
    ) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (symbol, exchange, ts)
    """,
    """
    CREATE TABLE default.instruments (
      exchange LowCardinality(String), symbol LowCardinality(String),
      base LowCardinality(String), quote LowCardinality(String),
      tick_size Float64, lot_size Float64, min_notional Float64, valid_from DateTime64(9, 'UTC')
    ) ENGINE = MergeTree PARTITION BY toYear(valid_from) ORDER BY (exchange, symbol, valid_from)
    """,
    """
    CREATE TABLE default.agg_trades (
      ts DateTime64(9, 'UTC'), received_at DateTime64(9, 'UTC'),
      exchange LowCardinality(String), symbol LowCardinality(String),
      price Float64, qty Float64, side Enum8('unknown' = 0, 'buy' = 1, 'sell' = 2), trade_id UInt64,
      first_id UInt64, last_id UInt64
    ) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (symbol, exchange, ts)
    SETTINGS deduplicate_by = 'exchange, symbol, trade_id'
    """,
    """
    CREATE TABLE default.bars (
      ts DateTime64(9, 'UTC'), received_at DateTime64(9, 'UTC'),
      exchange LowCardinality(String), symbol LowCardinality(String), interval_seconds UInt32,
      open Float64, high Float64, low Float64, close Float64, volume Float64, notional Float64,
      trades UInt64, buy_volume Float64, first_id UInt64, last_id UInt64
    ) ENGINE = MergeTree PARTITION BY toYear(ts) ORDER BY (symbol, exchange, interval_seconds, ts)
    """,
  ]

  /// The candle views: a name and the length of one candle.
  static let candles: [(name: String, length: CandleLength)] = [
    ("candles_1s", CandleLength(1, .second)), ("candles_1m", CandleLength(1, .minute)),
    ("candles_5m", CandleLength(5, .minute)), ("candles_15m", CandleLength(15, .minute)),
    ("candles_30m", CandleLength(30, .minute)), ("candles_1h", CandleLength(1, .hour)),
    ("candles_4h", CandleLength(4, .hour)), ("candles_1d", CandleLength(1, .day)),
  ]

  /// What the candle views are over.
  static let candleSource = "trades"
}
