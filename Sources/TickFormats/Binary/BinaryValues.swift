import TickColumns

/// Values of one column from where their bytes begin: what `BinaryCells` writes, read back.
///
/// The places were found by `BinaryShape.skip`, so every value is whole; what it says is checked here.
///
/// Invariant: the column keeps the invariants of `Column`, whatever the bytes say, or an error is thrown.

/// The values of `type` that begin at `starts`.
func binaryColumn(
  _ type: DataType, _ bytes: Span<UInt8>, starts: [Int]
) throws(FormatError) -> Column {
  if case .nullable(let inner) = type {
    return try nullableColumn(type, inner, bytes, starts)
  }
  if case .lowCardinality(let inner) = type {
    let strings = try binaryColumn(inner, bytes, starts: starts)
    return strings.encodingDictionary(as: type)
  }
  let values: ColumnValues
  switch type.physical {
  case .int8: values = .int8(numbers(bytes, starts))
  case .int16: values = .int16(numbers(bytes, starts))
  case .int32: values = .int32(numbers(bytes, starts))
  case .int64: values = .int64(numbers(bytes, starts))
  case .int128: values = .int128(numbers(bytes, starts))
  case .uint8: values = .uint8(numbers(bytes, starts))
  case .uint16: values = .uint16(numbers(bytes, starts))
  case .uint32: values = .uint32(numbers(bytes, starts))
  case .uint64: values = .uint64(numbers(bytes, starts))
  case .uint128: values = .uint128(numbers(bytes, starts))
  case .float32:
    let bits: [UInt32] = numbers(bytes, starts)
    values = .float32(bits.map { Float(bitPattern: $0) })
  case .float64:
    let bits: [UInt64] = numbers(bytes, starts)
    values = .float64(bits.map { Double(bitPattern: $0) })
  case .string: values = .string(try strings(type, bytes, starts))
  case .codes: preconditionFailure("low cardinality is taken apart above")
  case .tuple: values = try tuples(type, bytes, starts)
  case .array: values = try arrays(type, bytes, starts)
  case .nothing: values = .nothing(count: starts.count)
  }
  return Column(type, try checked(values, type))
}

private func nullableColumn(
  _ type: DataType, _ inner: DataType, _ bytes: Span<UInt8>, _ starts: [Int]
) throws(FormatError) -> Column {
  var validity = [UInt8](repeating: 1, count: starts.count)
  var valid: [Int] = []
  valid.reserveCapacity(starts.count)
  for (row, start) in starts.enumerated() {
    switch bytes[start] {
    case 0: valid.append(start + 1)
    case 1: validity[row] = 0
    case let mark:
      throw FormatError(.incorrectData, "\(mark) as the mark of a NULL: 0 or 1 is expected")
    }
  }
  if case .nothing = inner {
    guard valid.isEmpty else {
      throw FormatError(.incorrectData, "a value where only NULL can be")
    }
    return Column(type, .nothing(count: starts.count), validity: validity)
  }
  let column = try binaryColumn(inner, bytes, starts: valid)
  guard valid.count < starts.count else { return Column(type, column.values) }
  return column.spread(validity, as: type)
}

extension Column {
  /// The rows put where `validity` is 1, with the type's zero value and NULL between them.
  func spread(_ validity: [UInt8], as type: DataType) -> Column {
    // Row 0 of what is gathered from is the value that lies under NULL.
    let zero = Column(self.type, of: [Value.defaultValue(of: self.type)])
    var positions: [Int32] = []
    positions.reserveCapacity(validity.count)
    var next: Int32 = 1
    for mark in validity {
      positions.append(mark == 0 ? 0 : next)
      next += Int32(mark)
    }
    let all = Column.concatenate(self.type, [zero, self]).gather(positions)
    return Column(type, all.values, validity: validity)
  }

  /// Strings as codes into a dictionary.
  func encodingDictionary(as type: DataType) -> Column {
    guard case .string(let strings) = values else { return self }
    var builder = DictionaryBuilder(reserving: strings.count)
    for row in 0..<strings.count { builder.append(strings[row]) }
    return Column(type, builder.finish(), validity: validity)
  }
}

private func numbers<T: FixedWidthInteger>(_ bytes: Span<UInt8>, _ starts: [Int]) -> [T] {
  let width = T.bitWidth / 8
  return unsafe bytes.withUnsafeBytes { source in
    starts.map { start in
      precondition(start >= 0 && start + width <= source.count, "a number outside of its bytes")
      return T(littleEndian: unsafe source.loadUnaligned(fromByteOffset: start, as: T.self))
    }
  }
}

private func strings(
  _ type: DataType, _ bytes: Span<UInt8>, _ starts: [Int]
) throws(FormatError) -> StringValues {
  var out: [UInt8] = []
  var offsets = [0]
  offsets.reserveCapacity(starts.count + 1)
  for start in starts {
    var at = start
    let length: Int
    switch type {
    case .fixedString(let width): length = width
    case .aggregateFunction(let state):
      var end = start
      _ = try StateShape(state.layout).skip(bytes, &end, bytes.count)
      length = end - start
    default: length = try readLength(bytes, &at, bytes.count) ?? 0
    }
    appendBytes(bytes, at, at + length, to: &out)
    offsets.append(out.count)
  }
  return StringValues(offsets: offsets, bytes: out)
}

private func tuples(
  _ type: DataType, _ bytes: Span<UInt8>, _ starts: [Int]
) throws(FormatError) -> ColumnValues {
  guard case .tuple(let elements) = type else {
    preconditionFailure("tuple values of \(type)")
  }
  var places = starts
  var columns: [Column] = []
  for element in elements {
    columns.append(try binaryColumn(element.type, bytes, starts: places))
    let shape = BinaryShape(element.type)
    for row in places.indices { _ = try shape.skip(bytes, &places[row], bytes.count) }
  }
  return .tuple(columns, count: starts.count)
}

private func arrays(
  _ type: DataType, _ bytes: Span<UInt8>, _ starts: [Int]
) throws(FormatError) -> ColumnValues {
  guard let element = type.elementType else { preconditionFailure("array values of \(type)") }
  let shape = BinaryShape(element)
  var offsets = [0]
  offsets.reserveCapacity(starts.count + 1)
  var places: [Int] = []
  for start in starts {
    var at = start
    let count = try readLength(bytes, &at, bytes.count) ?? 0
    for _ in 0..<count {
      places.append(at)
      _ = try shape.skip(bytes, &at, bytes.count)
    }
    offsets.append(places.count)
  }
  return .array(
    ArrayValues(offsets: offsets, elements: try binaryColumn(element, bytes, starts: places)))
}

/// Values that the type allows; Bool becomes 0 or 1, UUIDs and addresses get the order they have in memory.
func checked(_ values: ColumnValues, _ type: DataType) throws(FormatError) -> ColumnValues {
  switch (values, type) {
  case (.uint8(let v), .bool): return .uint8(v.map { $0 == 0 ? 0 : 1 })
  case (.uint128(let v), .uuid): return .uint128(v.map(\.uuidOrder))
  case (.uint128(let v), .ipv6): return .uint128(v.map(\.byteSwapped))
  case (.int8(let v), .enum8(let definition)):
    try checkNames(Set(v).map { Int16($0) }, definition, type)
  case (.int16(let v), .enum16(let definition)): try checkNames(Set(v), definition, type)
  case (.int32(let v), .decimal(let precision, _)): try checkDigits(v, Int(precision), type)
  case (.int64(let v), .decimal(let precision, _)): try checkDigits(v, Int(precision), type)
  case (.int128(let v), .decimal(let precision, _)): try checkDigits(v, Int(precision), type)
  case (.int32(let v), .date32):
    for days in v where !dateDays.contains(Int(days)) {
      throw FormatError(
        .valueIsOutOfRangeOfDataType, "\(days) days since 1970 are out of range of Date32")
    }
  default: break
  }
  return values
}

/// 0000-01-01 to 9999-12-31: what has four digits of year.
private let dateDays =
  Int(TimeTextWriter.secondsMin / 86_400)...Int(TimeTextWriter.secondsMax / 86_400)

private func checkNames(
  _ numbers: some Sequence<Int16>, _ definition: EnumDefinition, _ type: DataType
) throws(FormatError) {
  for number in numbers where definition.name(of: number) == nil {
    throw FormatError(.unknownElementOfEnum, "Unexpected value \(number) in \(type)")
  }
}

private func checkDigits<T: FixedWidthInteger>(
  _ values: [T], _ precision: Int, _ type: DataType
) throws(FormatError) {
  let limit = widePowersOfTen[precision]
  for value in values where Int128(value).magnitude >= limit {
    throw FormatError(
      .valueIsOutOfRangeOfDataType, "\(value) units have more digits than \(type) holds")
  }
}
