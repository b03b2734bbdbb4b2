/// A column: values of one type, stored together, with a mark per row where NULL is allowed.
///
/// Columns are trees: a tuple holds a column per element, an array or map offsets over one column of elements.
///
/// Invariants:
/// 1. The case of `values` is `type.physical`.
/// 2. `validity` is nil (no NULL) or has one byte a row: 1 = a value, 0 = NULL. Under a NULL lies the type's
///    default value (`Value.defaultValue`), so kernels may compute on it without looking.
/// 3. Codes are below the dictionary's count.
/// 4. A column of type FixedString(N) holds strings of N bytes.
/// 5. The columns inside a tuple or an array have the types that `type` says.
public struct Column: Sendable {
  public let type: DataType
  public let values: ColumnValues
  public let validity: [UInt8]?

  public init(_ type: DataType, _ values: ColumnValues, validity: [UInt8]? = nil) {
    precondition(
      values.physical == type.physical, "values of \(values.physical) in a column of \(type)")
    precondition(validity == nil || type.isNullable, "validity in a column of \(type)")
    precondition(validity.map { $0.count == values.count } ?? true, "validity of another length")
    self.type = type
    self.values = values
    self.validity = validity
  }

  public var count: Int { values.count }

  public func isNull(at row: Int) -> Bool {
    if case .nothing = values { return true }
    return validity.map { $0[row] == 0 } ?? false
  }

  public var hasNulls: Bool { validity?.contains(0) ?? false }
}

/// The values of a column in memory, one case per physical type.
public enum ColumnValues: Sendable {
  case int8([Int8])
  case int16([Int16])
  case int32([Int32])
  case int64([Int64])
  case int128([Int128])
  case uint8([UInt8])
  case uint16([UInt16])
  case uint32([UInt32])
  case uint64([UInt64])
  case uint128([UInt128])
  case float32([Float])
  case float64([Double])
  case string(StringValues)
  case codes([UInt32], StringDictionary)
  case tuple([Column], count: Int)
  case nothing(count: Int)
  indirect case array(ArrayValues)

  public var count: Int {
    switch self {
    case .int8(let v): v.count
    case .int16(let v): v.count
    case .int32(let v): v.count
    case .int64(let v): v.count
    case .int128(let v): v.count
    case .uint8(let v): v.count
    case .uint16(let v): v.count
    case .uint32(let v): v.count
    case .uint64(let v): v.count
    case .uint128(let v): v.count
    case .float32(let v): v.count
    case .float64(let v): v.count
    case .string(let v): v.count
    case .codes(let v, _): v.count
    case .tuple(_, let count): count
    case .nothing(let count): count
    case .array(let v): v.count
    }
  }

  public var physical: PhysicalType {
    switch self {
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .int128: .int128
    case .uint8: .uint8
    case .uint16: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    case .uint128: .uint128
    case .float32: .float32
    case .float64: .float64
    case .string: .string
    case .codes: .codes
    case .tuple: .tuple
    case .nothing: .nothing
    case .array: .array
    }
  }
}

/// Rows travelling together: columns of one length.
public struct Batch: Sendable {
  public let columns: [Column]
  public let rowCount: Int

  /// How many rows operators and scans put into one batch at most: one chunk of a segment.
  public static let rowsMax = 65_536

  public init(_ columns: [Column], rowCount: Int) {
    precondition(columns.allSatisfy { $0.count == rowCount }, "columns of different lengths")
    self.columns = columns
    self.rowCount = rowCount
  }
}
