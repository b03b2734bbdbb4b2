/// What a column holds: ClickHouse's types by name and by behaviour.
///
/// A type is logical; how values lie in memory follows from it (`physical`), and several types share one
/// layout: a `DateTime64` is an `Int64` with a scale, an `Enum8` an `Int8` with names.
///
/// Invariants:
/// 1. `lowCardinality` wraps `string` or `nullable(string)` only.
/// 2. `nullable` never wraps `nullable`, `lowCardinality` or `tuple`.
/// 3. `dateTime64` precision is 0...9.
public indirect enum DataType: Hashable, Sendable {
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case float64
  case bool
  case string
  case enum8(EnumDefinition)
  /// Days since 1970-01-01, in 16 bits.
  case date
  /// Seconds since 1970-01-01 UTC, in 32 bits. A nil zone prints as UTC, the only zone known so far.
  case dateTime(zone: String?)
  /// Ticks of 10^-precision seconds since 1970-01-01 UTC, in 64 bits.
  case dateTime64(precision: UInt8, zone: String?)
  /// A count of calendar or clock units, in 64 bits; appears in expressions only.
  case interval(IntervalUnit)
  /// The type of a NULL literal, always inside `nullable`.
  case nothing
  case lowCardinality(DataType)
  case nullable(DataType)
  case tuple([TupleElement])
}

/// One element of a tuple type; the name is nil where the tuple has none.
public struct TupleElement: Hashable, Sendable {
  public let name: String?
  public let type: DataType

  public init(name: String? = nil, type: DataType) {
    self.name = name
    self.type = type
  }
}

/// The names and numbers of an `Enum8`, in ascending order of number.
public struct EnumDefinition: Hashable, Sendable {
  /// One name and its number.
  public struct Entry: Hashable, Sendable {
    public let name: String
    public let number: Int8

    public init(name: String, number: Int8) {
      self.name = name
      self.number = number
    }
  }

  public let entries: [Entry]

  /// Nil when there is no entry, or a name or a number stands twice.
  public init?(_ entries: [Entry]) {
    guard !entries.isEmpty, Set(entries.map(\.name)).count == entries.count,
      Set(entries.map(\.number)).count == entries.count
    else { return nil }
    self.entries = entries.sorted { $0.number < $1.number }
  }

  public func number(named name: String) -> Int8? {
    entries.first { $0.name == name }?.number
  }

  public func name(of number: Int8) -> String? {
    entries.first { $0.number == number }?.name
  }
}

/// The units of `INTERVAL n unit`.
public enum IntervalUnit: String, Hashable, Sendable, CaseIterable {
  case nanosecond = "Nanosecond"
  case microsecond = "Microsecond"
  case millisecond = "Millisecond"
  case second = "Second"
  case minute = "Minute"
  case hour = "Hour"
  case day = "Day"
  case week = "Week"
  case month = "Month"
  case quarter = "Quarter"
  case year = "Year"
}

/// How values of a type lie in memory: the cases of `ColumnValues`.
public enum PhysicalType: Hashable, Sendable {
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case float64
  case string
  /// Codes into a dictionary of strings.
  case codes
  case tuple
  case nothing
}

extension DataType {
  public var physical: PhysicalType {
    switch self {
    case .int8, .enum8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64, .dateTime64, .interval: .int64
    case .uint8, .bool: .uint8
    case .uint16, .date: .uint16
    case .uint32, .dateTime: .uint32
    case .uint64: .uint64
    case .float64: .float64
    case .string: .string
    case .nothing: .nothing
    case .lowCardinality: .codes
    case .nullable(let inner): inner.physical
    case .tuple: .tuple
    }
  }

  public var isNullable: Bool {
    switch self {
    case .nullable: true
    case .lowCardinality(let inner): inner.isNullable
    default: false
    }
  }

  /// The type without `Nullable` (also inside `LowCardinality`).
  public var withoutNullable: DataType {
    switch self {
    case .nullable(let inner): inner
    case .lowCardinality(let inner): .lowCardinality(inner.withoutNullable)
    default: self
    }
  }

  /// The type without `LowCardinality`.
  public var withoutLowCardinality: DataType {
    if case .lowCardinality(let inner) = self { inner } else { self }
  }

  /// The type made nullable; a tuple stays as it is, since ClickHouse has no nullable tuples.
  public var madeNullable: DataType {
    switch self {
    case .nullable, .tuple: self
    case .lowCardinality(let inner): .lowCardinality(inner.madeNullable)
    default: .nullable(self)
    }
  }

  public var isInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }

  public var isSignedInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64: true
    default: false
    }
  }

  /// Integers, Float64 and Bool: what arithmetic accepts as a number.
  public var isNumber: Bool { isInteger || self == .float64 || self == .bool }

  public var isDateOrTime: Bool {
    switch self {
    case .date, .dateTime, .dateTime64: true
    default: false
    }
  }

  public var isText: Bool {
    switch self {
    case .string, .lowCardinality(.string): true
    default: false
    }
  }
}
