/// One boxed scalar. For the edges only: literals, statistics, partition values, results of a few rows;
/// never one per row of a scan.
///
/// The case follows the physical type, so a `DateTime64` is `.int` in its own ticks and an `Enum8` its number.
public enum Value: Hashable, Sendable {
  case null
  case int(Int64)
  case uint(UInt64)
  case int128(Int128)
  case uint128(UInt128)
  /// Also of a `Float32`, whose values are doubles too.
  case float(Double)
  /// Strings are bytes, not necessarily UTF-8.
  case bytes([UInt8])
  case tuple([Value])
  /// Also of a map: its elements are tuples of key and value.
  case array([Value])

  /// A string value of a Swift string's UTF-8.
  public static func text(_ text: String) -> Value { .bytes(Array(text.utf8)) }

  /// What a type holds where nothing was given: zero, the empty string, the lowest enum number, 1900-01-01 for a
  /// `Date32`, NULL.
  public static func defaultValue(of type: DataType) -> Value {
    switch type {
    case .nullable, .nothing: .null
    case .lowCardinality(let inner): defaultValue(of: inner)
    case .enum8(let definition), .enum16(let definition):
      // The lowest number, as in ClickHouse.
      .int(Int64(definition.entries.first?.number ?? 0))
    case .tuple(let elements): .tuple(elements.map { defaultValue(of: $0.type) })
    case .array, .map: .array([])
    case .string: .bytes([])
    case .fixedString(let width): .bytes(Array(repeating: 0, count: width))
    case .aggregateFunction(let state): .bytes(state.layout.empty)
    case .float32, .float64: .float(0)
    case .uint8, .uint16, .uint32, .uint64, .bool, .date, .dateTime, .ipv4: .uint(0)
    case .date32: .int(-25_567)  // 1900-01-01, as in ClickHouse
    case .int8, .int16, .int32, .int64, .dateTime64, .interval: .int(0)
    case .int128: .int128(0)
    case .uint128, .uuid, .ipv6: .uint128(0)
    case .decimal: type.physical == .int128 ? .int128(0) : .int(0)
    }
  }
}
