/// What a column holds: ClickHouse's types by name and by behaviour.
///
/// A type is logical; how values lie in memory follows from it (`physical`), and several types share one
/// layout: a `DateTime64` is an `Int64` with a scale, an `Enum8` an `Int8` with names.
///
/// Invariants:
/// 1. `lowCardinality` wraps `string` or `fixedString`, bare or nullable.
/// 2. `nullable` never wraps `nullable`, `lowCardinality`, `tuple`, `array`, `map` or `aggregateFunction`.
/// 3. `dateTime64` precision is 0...9; `decimal` has precision 1...38 and a scale no larger than it.
/// 4. A `fixedString` has 1...`fixedStringBytesMax` bytes, and each of its values has exactly so many.
/// 5. Names and numbers of an `enum8` lie in 8 bits.
/// 6. Values of an `aggregateFunction` are whole states of its layout.
/// 7. A zone is a name that `TimeZone.named` knows.
public indirect enum DataType: Hashable, Sendable {
  case int8, int16, int32, int64, int128
  case uint8, uint16, uint32, uint64, uint128
  case float32, float64
  /// A scaled integer of 32, 64 or 128 bits, by its precision: up to 9, 18 or 38 digits.
  case decimal(precision: UInt8, scale: UInt8)
  case bool
  case string
  case fixedString(Int)
  case enum8(EnumDefinition)
  case enum16(EnumDefinition)
  /// 128 bits, most significant first as the text has them.
  case uuid
  case ipv4
  /// 128 bits in network order, so that numbers sort as addresses do.
  case ipv6
  /// Days since 1970-01-01, in 16 bits.
  case date
  /// Days since 1970-01-01, negative before it, in 32 bits.
  case date32
  /// Seconds since 1970-01-01 UTC, in 32 bits. Without a zone it prints in the server's, which is UTC.
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
  case array(DataType)
  /// Pairs of a key and a value in the order they were given; the key is never nullable.
  case map(key: DataType, value: DataType)
  /// States of an aggregate, as their bytes.
  case aggregateFunction(AggregateStateType)

  /// The longest `fixedString`, as in ClickHouse.
  public static let fixedStringBytesMax = 0xFF_FFFF
  /// The digits that a `decimal` has at most.
  public static let decimalPrecisionMax = 38
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

/// The names and numbers of an `Enum8` or `Enum16`, in ascending order of number.
public struct EnumDefinition: Hashable, Sendable {
  /// One name and its number.
  public struct Entry: Hashable, Sendable {
    public let name: String
    public let number: Int16

    public init(name: String, number: Int16) {
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

  public func number(named name: String) -> Int16? {
    entries.first { $0.name == name }?.number
  }

  public func name(of number: Int16) -> String? {
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
  case int8, int16, int32, int64, int128
  case uint8, uint16, uint32, uint64, uint128
  case float32, float64
  case string
  /// Codes into a dictionary of strings.
  case codes
  case tuple
  /// Offsets over one column of elements; the elements of a map are tuples of key and value.
  case array
  case nothing
}

extension DataType {
  public var physical: PhysicalType {
    switch self {
    case .int8, .enum8: .int8
    case .int16, .enum16: .int16
    case .int32, .date32: .int32
    case .int64, .dateTime64, .interval: .int64
    case .int128: .int128
    case .uint8, .bool: .uint8
    case .uint16, .date: .uint16
    case .uint32, .dateTime, .ipv4: .uint32
    case .uint64: .uint64
    case .uint128, .uuid, .ipv6: .uint128
    case .float32: .float32
    case .float64: .float64
    case .decimal(let precision, _):
      precision <= 9 ? .int32 : precision <= 18 ? .int64 : .int128
    case .string, .fixedString, .aggregateFunction: .string
    case .nothing: .nothing
    case .lowCardinality: .codes
    case .nullable(let inner): inner.physical
    case .tuple: .tuple
    case .array, .map: .array
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

  /// The type made nullable; tuples, arrays, maps and states stay as they are, since ClickHouse has no nullable ones.
  public var madeNullable: DataType {
    switch self {
    case .nullable, .tuple, .array, .map, .aggregateFunction: self
    case .lowCardinality(let inner): .lowCardinality(inner.madeNullable)
    default: .nullable(self)
    }
  }

  /// Integers of up to 64 bits: those that an Int64 or UInt64 holds.
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

  public var isWideInteger: Bool { self == .int128 || self == .uint128 }

  public var isFloat: Bool { self == .float64 || self == .float32 }

  public var isDecimal: Bool { if case .decimal = self { true } else { false } }

  /// Integers of up to 64 bits, Float64 and Bool. The other numbers have rules of their own.
  public var isNumber: Bool { isInteger || self == .float64 || self == .bool }

  public var isDateOrTime: Bool {
    switch self {
    case .date, .dateTime, .dateTime64: true
    default: false
    }
  }

  /// The names of an enum, and nil for other types.
  public var enumDefinition: EnumDefinition? {
    switch self {
    case .enum8(let definition), .enum16(let definition): definition
    default: nil
    }
  }

  /// The tuple of key and value that a map's elements are; an array's elements; nil for other types.
  public var elementType: DataType? {
    switch self {
    case .array(let element): element
    case .map(let key, let value):
      .tuple([TupleElement(name: "keys", type: key), TupleElement(name: "values", type: value)])
    default: nil
    }
  }

  /// True for the types a table of the tick store can hold. The others appear in results only.
  public var isStorable: Bool {
    switch self {
    case .nothing, .interval: false
    case .nullable(let inner), .array(let inner): inner.isStorable
    case .lowCardinality(let inner): inner.withoutNullable == .string
    // A tuple of nothing has no bytes that would bound how many there are.
    case .tuple(let elements): !elements.isEmpty && elements.allSatisfy(\.type.isStorable)
    case .map(let key, let value): key.isStorable && value.isStorable
    default: true
    }
  }

  /// True for the types that rows of a table can be ordered by.
  public var isStorableKey: Bool {
    switch physical {
    case .array, .tuple: false
    default: isStorable && withoutAggregateStates
    }
  }

  /// True when values of the other type lie in memory as values of this one do, so that they can be taken for them.
  public func hasLayout(of other: DataType) -> Bool {
    if self == other { return true }
    guard physical == other.physical, isNullable == other.isNullable else { return false }
    switch (withoutNullable, other.withoutNullable) {
    case (.fixedString, _), (_, .fixedString), (.aggregateFunction, _), (_, .aggregateFunction):
      return false
    case (.tuple(let mine), .tuple(let others)):
      return mine.count == others.count
        && zip(mine, others).allSatisfy { $0.type.hasLayout(of: $1.type) }
    default:
      guard let mine = elementType, let others = other.elementType else { return true }
      return mine.hasLayout(of: others)
    }
  }

  public var isText: Bool {
    switch self {
    case .string, .lowCardinality(.string): true
    default: false
    }
  }
}

extension DataType {
  /// The zone whose clock values of the type show; that of the session where the type names none.
  public func timeZone(in session: TimeZone) -> TimeZone {
    switch withoutNullable {
    case .dateTime(let name?), .dateTime64(_, let name?):
      guard let zone = TimeZone.named(name) else { preconditionFailure("\(self) names no zone") }
      return zone
    default: return session
    }
  }
}
