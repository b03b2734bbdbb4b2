internal import TickColumns

/// What candles of a table are made of.
///
/// Invariants of columns that `flaw` finds nothing against, and of segments with candles: rows are ordered by the run columns, then by
/// the time and by nothing else, so the first row of a bucket is its open and the last one its close.

/// The fields that candles read, by their ids: a renamed column keeps its candles.
public struct CandleColumns: Hashable, Sendable {
  /// DateTime64.
  public var time: UInt32
  /// Float64.
  public var price: UInt32
  /// Float64.
  public var quantity: UInt32
  /// The Enum8 of the aggressor's side, if rows have one.
  public var side: UInt32?
  /// The value of `side` that means a buy.
  public var buy: Int8
  /// UInt64, if rows have identifiers.
  public var identifier: UInt32?

  public init(
    time: UInt32, price: UInt32, quantity: UInt32, side: UInt32? = nil, buy: Int8 = 0,
    identifier: UInt32? = nil
  ) {
    self.time = time
    self.price = price
    self.quantity = quantity
    self.side = side
    self.buy = buy
    self.identifier = identifier
  }

  /// The seconds of the buckets that segments keep partials of.
  public static let levels: [Int64] = [1, 60, 900, 86_400]

  /// A run keeps partials of a level where it has this many rows a bucket or more: then they are a few hundredths of the rows'
  /// own bytes, and reading the rows takes no longer where there are fewer.
  public static let rowsPerPartialMin = 128

  public var fieldIDs: [UInt32] {
    [time, price, quantity] + (side.map { [$0] } ?? []) + (identifier.map { [$0] } ?? [])
  }

  /// Whether a column can be the time, and how many units of it a second has.
  static func unitsPerSecond(_ type: DataType) -> Int64? {
    guard case .dateTime64(let precision, _) = type else { return nil }
    return (0..<precision).reduce(1) { units, _ in units * 10 }
  }
}

extension CandleColumns {
  /// Why these cannot be candles of a table with these columns, as a sentence; nil when they can.
  func flaw(among fields: [TableField]) -> String? {
    func type(_ id: UInt32) -> DataType? { fields.first { $0.id == id }?.type }
    guard type(time).flatMap(Self.unitsPerSecond) != nil, type(price) == .float64,
      type(quantity) == .float64, side.map({ type($0)?.physical == .int8 }) ?? true,
      identifier.map({ type($0) == .uint64 }) ?? true, Set(fieldIDs).count == fieldIDs.count
    else { return "candles of columns that cannot have them" }
    return nil
  }

  func encode(into out: inout FieldWriter) {
    out.put(time)
    out.put(price)
    out.put(quantity)
    out.put(side ?? SegmentFormat.noFieldID)
    out.put(UInt8(bitPattern: buy))
    out.put(identifier ?? SegmentFormat.noFieldID)
  }

  init(from reader: inout FieldReader) throws(StorageError) {
    time = try reader.integer()
    price = try reader.integer()
    quantity = try reader.integer()
    let side: UInt32 = try reader.integer()
    self.side = side == SegmentFormat.noFieldID ? nil : side
    buy = Int8(bitPattern: try reader.integer(UInt8.self))
    let identifier: UInt32 = try reader.integer()
    self.identifier = identifier == SegmentFormat.noFieldID ? nil : identifier
  }
}
