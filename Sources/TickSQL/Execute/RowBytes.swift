import TickColumns

/// Rows of wide and nested types as byte strings, so that grouping and sets need to know strings only.
///
/// Invariants:
/// 1. Two rows of one type have the same bytes exactly when they are one group: all NaN are one, 0.0 and -0.0 are
///    two, NULL is one.
/// 2. `value` gives back what `append` wrote.
enum RowBytes {
  /// Appends the bytes of one row.
  static func append(_ column: Column, row: Int, to out: inout [UInt8]) {
    if column.type.isNullable || column.type == .nothing {
      let isNull = column.isNull(at: row)
      out.append(isNull ? 1 : 0)
      if isNull { return }
    }
    switch column.values {
    case .int8(let v): out.appendLittleEndian(v[row])
    case .int16(let v): out.appendLittleEndian(v[row])
    case .int32(let v): out.appendLittleEndian(v[row])
    case .int64(let v): out.appendLittleEndian(v[row])
    case .int128(let v): out.appendLittleEndian(v[row])
    case .uint8(let v): out.append(v[row])
    case .uint16(let v): out.appendLittleEndian(v[row])
    case .uint32(let v): out.appendLittleEndian(v[row])
    case .uint64(let v): out.appendLittleEndian(v[row])
    case .uint128(let v): out.appendLittleEndian(v[row])
    case .float32(let v):
      out.appendLittleEndian(v[row].isNaN ? Float.nan.bitPattern : v[row].bitPattern)
    case .float64(let v):
      out.appendLittleEndian(v[row].isNaN ? Double.nan.bitPattern : v[row].bitPattern)
    case .string(let v): append(v[row], to: &out)
    case .codes(let codes, let dictionary): append(dictionary.values[Int(codes[row])], to: &out)
    case .tuple(let columns, _): for element in columns { append(element, row: row, to: &out) }
    case .array(let arrays):
      out.appendLittleEndian(UInt64(arrays.length(at: row)))
      for element in arrays.range(at: row) { append(arrays.elements, row: element, to: &out) }
    case .nothing: break
    }
  }

  private static func append(_ string: ArraySlice<UInt8>, to out: inout [UInt8]) {
    out.appendLittleEndian(UInt64(string.count))
    out += string
  }

  /// The value that bytes of `append` stand for.
  static func value(of bytes: ArraySlice<UInt8>, as type: DataType) -> Value {
    var reader = LittleEndianReader(bytes)
    do throws(EncodingError) {
      return try value(&reader, type)
    } catch {
      preconditionFailure("the bytes of a row do not fit \(type)")
    }
  }

  private static func value(
    _ reader: inout LittleEndianReader, _ type: DataType
  ) throws(EncodingError) -> Value {
    if type.isNullable || type == .nothing {
      if try reader.read(UInt8.self) != 0 { return .null }
    }
    switch type.physical {
    case .int8: return .int(Int64(try reader.read(Int8.self)))
    case .int16: return .int(Int64(try reader.read(Int16.self)))
    case .int32: return .int(Int64(try reader.read(Int32.self)))
    case .int64: return .int(try reader.read())
    case .int128: return .int128(try reader.read())
    case .uint8: return .uint(UInt64(try reader.read(UInt8.self)))
    case .uint16: return .uint(UInt64(try reader.read(UInt16.self)))
    case .uint32: return .uint(UInt64(try reader.read(UInt32.self)))
    case .uint64: return .uint(try reader.read())
    case .uint128: return .uint128(try reader.read())
    case .float32: return .float(Double(Float(bitPattern: try reader.read())))
    case .float64: return .float(Double(bitPattern: try reader.read()))
    case .string, .codes:
      let count = try reader.read(UInt64.self)
      return .bytes(Array(try reader.read(count: Int(clamping: count))))
    case .tuple:
      guard case .tuple(let elements) = type.withoutNullable else { return .tuple([]) }
      var values: [Value] = []
      for element in elements { values.append(try value(&reader, element.type)) }
      return .tuple(values)
    case .array:
      let count = try reader.read(UInt64.self)
      guard let element = type.elementType else { return .array([]) }
      var values: [Value] = []
      for _ in 0..<count { values.append(try value(&reader, element)) }
      return .array(values)
    case .nothing: return .null
    }
  }
}
