/// The columns that market data has, by the names of the standard tables, with their types.
public import TickColumns

public enum MarketColumns {
  public static let time = DataType.dateTime64(precision: 9, zone: "UTC")

  /// The type of a column of the standard tables.
  public static func type(of column: String) -> DataType {
    switch column {
    case "ts", "received_at": time
    case "exchange", "symbol": .lowCardinality(.string)
    case "side": BinanceTradesParser.aggressorSide
    case "trade_id", "first_id", "last_id", "update_id", "trades": .uint64
    case "interval_seconds": .uint32
    case "is_snapshot": .bool
    default: .float64
    }
  }

  /// What a layout's rows hold when they go into a standard table.
  public static func schema(of layout: FileLayout) -> Schema {
    Schema(layout.columns.map { Field($0.column, type(of: $0.column)) })
  }
}
