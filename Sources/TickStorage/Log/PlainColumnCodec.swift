/// Columns as the write-ahead log keeps them: values as they lie in memory, nothing to choose, nothing shared
/// with another record. The page is storage-format/log.md.
///
/// Invariants:
/// 1. Decoding what was encoded gives equal values; dictionaries hold only strings that occur.
/// 2. Decoding bytes of any kind gives a column that keeps the invariants of `Column`, or throws `.corrupt`.
/// 3. Recursion is bounded by the type, and memory by the bytes: every value, nested ones too, takes at least one.
internal import TickColumns

extension FieldWriter {
  /// The column must be of a storable type.
  mutating func put(_ column: Column) {
    if let validity = column.validity, validity.contains(0) {
      put(UInt8(1))
      put(marks: validity)
    } else {
      put(UInt8(0))
    }
    switch column.values {
    case .int8(let v): put(array: v)
    case .int16(let v): put(array: v)
    case .int32(let v): put(array: v)
    case .int64(let v): put(array: v)
    case .uint8(let v): put(array: v)
    case .uint16(let v): put(array: v)
    case .uint32(let v): put(array: v)
    case .uint64(let v): put(array: v)
    case .int128(let v): put(array: v)
    case .uint128(let v): put(array: v)
    case .float32(let v): put(array: v)
    case .float64(let v): put(array: v)
    case .string(let v):
      if case .fixedString = column.type.withoutNullable { put(v.bytes) } else { put(strings: v) }
    case .codes(let codes, let dictionary): put(codes, dictionary)
    case .array(let v):
      put(array: (0..<v.count).map { UInt32(v.length(at: $0)) })
      put(v.elements)
    case .tuple(let columns, _): for element in columns { put(element) }
    case .nothing:
      preconditionFailure("a column of \(column.type) cannot be stored")
    }
  }

  private mutating func put(marks validity: [UInt8]) {
    var packed = [UInt8](repeating: 0, count: (validity.count + 7) / 8)
    for (row, mark) in validity.enumerated() where mark != 0 { packed[row / 8] |= 1 << (row % 8) }
    put(packed)
  }

  private mutating func put(strings: StringValues) {
    put(array: (0..<strings.count).map { UInt32(strings.length(at: $0)) })
    put(strings.bytes)
  }

  private mutating func put(_ codes: [UInt32], _ dictionary: StringDictionary) {
    // The dictionary may be far larger than what these rows use of it.
    var renamed = [UInt32](repeating: .max, count: dictionary.count)
    var used = StringValues()
    var own = [UInt32](repeating: 0, count: codes.count)
    for (row, code) in codes.enumerated() {
      if renamed[Int(code)] == .max {
        renamed[Int(code)] = UInt32(used.count)
        used.append(dictionary.values[Int(code)])
      }
      own[row] = renamed[Int(code)]
    }
    put(UInt32(used.count))
    put(strings: used)
    switch used.count {
    case 0...256: put(array: own.map { UInt8(truncatingIfNeeded: $0) })
    case ...65_536: put(array: own.map { UInt16(truncatingIfNeeded: $0) })
    default: put(array: own)
    }
  }
}

extension FieldReader {
  mutating func column(_ type: DataType, rowCount: Int) throws(StorageError) -> Column {
    var validity: [UInt8]?
    if try flag() {
      guard type.isNullable else { throw corrupt("NULL in a column of \(type)") }
      validity = try marks(rowCount)
    }
    return Column(type, try values(type, rowCount: rowCount), validity: validity)
  }

  private mutating func values(
    _ type: DataType, rowCount: Int
  ) throws(StorageError) -> ColumnValues {
    switch type.physical {
    case .int8: return .int8(try array(count: rowCount))
    case .int16: return .int16(try array(count: rowCount))
    case .int32: return .int32(try array(count: rowCount))
    case .int64: return .int64(try array(count: rowCount))
    case .uint8: return .uint8(try array(count: rowCount))
    case .uint16: return .uint16(try array(count: rowCount))
    case .uint32: return .uint32(try array(count: rowCount))
    case .uint64: return .uint64(try array(count: rowCount))
    case .int128: return .int128(try array(count: rowCount))
    case .uint128: return .uint128(try array(count: rowCount))
    case .float32:
      return .float32(try array(UInt32.self, count: rowCount).map { Float(bitPattern: $0) })
    case .float64:
      return .float64(try array(UInt64.self, count: rowCount).map { Double(bitPattern: $0) })
    case .string:
      guard case .fixedString(let width) = type.withoutNullable else {
        return .string(try strings(count: rowCount))
      }
      return .string(try strings(count: rowCount, width: width))
    case .codes: return try codes(rowCount)
    case .array, .tuple: return try nested(type, rowCount: rowCount)
    case .nothing: throw corrupt("a column of \(type), which cannot be stored")
    }
  }

  private mutating func nested(
    _ type: DataType, rowCount: Int
  ) throws(StorageError) -> ColumnValues {
    guard type.isStorable else { throw corrupt("a column of \(type), which cannot be stored") }
    if case .tuple(let elements) = type {
      var columns: [Column] = []
      for element in elements { columns.append(try column(element.type, rowCount: rowCount)) }
      return .tuple(columns, count: rowCount)
    }
    guard let element = type.elementType else { throw corrupt("arrays in a column of \(type)") }
    let offsets = try offsets(count: rowCount)
    let elements = try column(element, rowCount: offsets[rowCount])
    return .array(ArrayValues(offsets: offsets, elements: elements))
  }

  /// Where things begin whose lengths are given, and where the last one ends.
  private mutating func offsets(count: Int) throws(StorageError) -> [Int] {
    let lengths: [UInt32] = try array(count: count)
    var offsets = [0]
    offsets.reserveCapacity(count + 1)
    var end = 0
    for length in lengths {
      // Cannot overflow: fewer than 2^30 lengths of 32 bits each fit a record.
      end += Int(length)
      offsets.append(end)
    }
    return offsets
  }

  private mutating func strings(count: Int, width: Int) throws(StorageError) -> StringValues {
    guard count <= remaining / width else {
      throw corrupt("\(count) strings of \(width) bytes where \(remaining) bytes are left")
    }
    return StringValues(
      offsets: (0...count).map { $0 * width }, bytes: Array(try take(count * width)))
  }

  private mutating func marks(_ rowCount: Int) throws(StorageError) -> [UInt8] {
    let packed = Array(try take((rowCount + 7) / 8))
    return (0..<rowCount).map { packed[$0 / 8] >> UInt8($0 % 8) & 1 }
  }

  private mutating func strings(count: Int) throws(StorageError) -> StringValues {
    let offsets = try offsets(count: count)
    return StringValues(offsets: offsets, bytes: Array(try take(offsets[count])))
  }

  private mutating func codes(_ rowCount: Int) throws(StorageError) -> ColumnValues {
    let distinct = try count(itemBytesMin: 4)
    let dictionary = StringDictionary(try strings(count: distinct))
    let codes: [UInt32]
    switch distinct {
    case 0...256: codes = try array(UInt8.self, count: rowCount).map { UInt32($0) }
    case ...65_536: codes = try array(UInt16.self, count: rowCount).map { UInt32($0) }
    default: codes = try array(count: rowCount)
    }
    guard codes.allSatisfy({ $0 < distinct }) else {
      throw corrupt("a code outside a dictionary of \(distinct)")
    }
    return .codes(codes, dictionary)
  }
}
