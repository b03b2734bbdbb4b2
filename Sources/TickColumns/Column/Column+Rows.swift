/// Moving rows: single values at the edges, slices, gathers and concatenation of whole columns.

extension Column {
  /// The value of one row, boxed. For the edges, never per row of a scan.
  public func value(at row: Int) -> Value {
    if isNull(at: row) { return .null }
    return switch values {
    case .int8(let v): .int(Int64(v[row]))
    case .int16(let v): .int(Int64(v[row]))
    case .int32(let v): .int(Int64(v[row]))
    case .int64(let v): .int(v[row])
    case .int128(let v): .int128(v[row])
    case .uint8(let v): .uint(UInt64(v[row]))
    case .uint16(let v): .uint(UInt64(v[row]))
    case .uint32(let v): .uint(UInt64(v[row]))
    case .uint64(let v): .uint(v[row])
    case .uint128(let v): .uint128(v[row])
    case .float32(let v): .float(Double(v[row]))
    case .float64(let v): .float(v[row])
    case .string(let v): .bytes(Array(v[row]))
    case .codes(let v, let dictionary): .bytes(Array(dictionary.values[Int(v[row])]))
    case .tuple(let columns, _): .tuple(columns.map { $0.value(at: row) })
    case .nothing: .null
    case .array(let v): .array(v.range(at: row).map { v.elements.value(at: $0) })
    }
  }

  /// A column of boxed values. Values must fit the type; NULL needs a nullable type.
  public init(_ type: DataType, of rows: [Value]) {
    var builder = ColumnBuilder(type, reserving: rows.count)
    for row in rows { builder.append(row) }
    self = builder.finish()
  }

  /// The same value in every row.
  public init(_ type: DataType, repeating value: Value, count: Int) {
    if count == 0 {
      self.init(type, of: [])
      return
    }
    self = Column(type, of: [value]).gather(Array(repeating: 0, count: count))
  }

  /// Rows at the positions, in their order; positions may repeat.
  public func gather(_ positions: [Int32]) -> Column {
    guard let column = gather(positions, while: { true })
    else { preconditionFailure("a gather that was wanted to its end has none") }
    return column
  }

  /// The same, asking on the way whether it is still wanted; nil when it is not.
  public func gather(_ positions: [Int32], while isWanted: () -> Bool) -> Column? {
    let moved: ColumnValues? =
      switch values {
      case .int8(let v): gathered(v, positions, isWanted).map { .int8($0) }
      case .int16(let v): gathered(v, positions, isWanted).map { .int16($0) }
      case .int32(let v): gathered(v, positions, isWanted).map { .int32($0) }
      case .int64(let v): gathered(v, positions, isWanted).map { .int64($0) }
      case .int128(let v): gathered(v, positions, isWanted).map { .int128($0) }
      case .uint8(let v): gathered(v, positions, isWanted).map { .uint8($0) }
      case .uint16(let v): gathered(v, positions, isWanted).map { .uint16($0) }
      case .uint32(let v): gathered(v, positions, isWanted).map { .uint32($0) }
      case .uint64(let v): gathered(v, positions, isWanted).map { .uint64($0) }
      case .uint128(let v): gathered(v, positions, isWanted).map { .uint128($0) }
      case .float32(let v): gathered(v, positions, isWanted).map { .float32($0) }
      case .float64(let v): gathered(v, positions, isWanted).map { .float64($0) }
      case .string(let v): v.gather(positions, while: isWanted).map { .string($0) }
      case .codes(let v, let dictionary):
        gathered(v, positions, isWanted).map { .codes($0, dictionary) }
      case .tuple(let columns, _):
        gathered(columns, positions, isWanted).map { .tuple($0, count: positions.count) }
      case .nothing: .nothing(count: positions.count)
      case .array(let v): v.gather(positions, while: isWanted).map { .array($0) }
      }
    guard let moved else { return nil }
    guard let validity else { return Column(type, moved) }
    guard let marks = gathered(validity, positions, isWanted) else { return nil }
    return Column(type, moved, validity: marks)
  }

  /// A contiguous range of rows.
  public func slice(_ range: Range<Int>) -> Column {
    if range == 0..<count { return self }
    let moved: ColumnValues =
      switch values {
      case .int8(let v): .int8(Array(v[range]))
      case .int16(let v): .int16(Array(v[range]))
      case .int32(let v): .int32(Array(v[range]))
      case .int64(let v): .int64(Array(v[range]))
      case .int128(let v): .int128(Array(v[range]))
      case .uint8(let v): .uint8(Array(v[range]))
      case .uint16(let v): .uint16(Array(v[range]))
      case .uint32(let v): .uint32(Array(v[range]))
      case .uint64(let v): .uint64(Array(v[range]))
      case .uint128(let v): .uint128(Array(v[range]))
      case .float32(let v): .float32(Array(v[range]))
      case .float64(let v): .float64(Array(v[range]))
      case .string(let v): .string(v.slice(range))
      case .codes(let v, let dictionary): .codes(Array(v[range]), dictionary)
      case .tuple(let columns, _): .tuple(columns.map { $0.slice(range) }, count: range.count)
      case .nothing: .nothing(count: range.count)
      case .array(let v): .array(v.slice(range))
      }
    return Column(type, moved, validity: validity.map { Array($0[range]) })
  }

  /// The same rows as a column of a type that has the layout of this one's.
  public func retyped(_ other: DataType) -> Column {
    if type == other { return self }
    precondition(other.hasLayout(of: type), "a column of \(type) taken for one of \(other)")
    switch (values, other) {
    case (.tuple(let columns, let count), .tuple(let elements)):
      let moved = zip(columns, elements).map { $0.retyped($1.type) }
      return Column(other, .tuple(moved, count: count))
    case (.array(let arrays), _):
      guard let element = other.elementType else { return self }
      let moved = arrays.elements.retyped(element)
      return Column(other, .array(ArrayValues(offsets: arrays.offsets, elements: moved)))
    default: return Column(other, values, validity: validity)
    }
  }

  /// The rows of all parts, one after the other. Parts have one type; dictionaries may differ and are merged.
  public static func concatenate(_ type: DataType, _ parts: [Column]) -> Column {
    guard let column = concatenate(type, parts, while: { true })
    else { preconditionFailure("rows that were wanted to their end are none") }
    return column
  }

  /// The same, asking on the way whether it is still wanted; nil when it is not.
  public static func concatenate(
    _ type: DataType, _ parts: [Column], while isWanted: () -> Bool
  ) -> Column? {
    if parts.count == 1 { return parts[0] }
    if let column = concatenateCodes(type, parts) { return column }
    var builder = ColumnBuilder(type, reserving: parts.reduce(0) { $0 + $1.count })
    for part in parts {
      guard isWanted() else { return nil }
      builder.append(contentsOf: part)
    }
    return builder.finish()
  }

  /// The rows of parts whose codes mean the same strings by one dictionary: pieces of one segment, or of a merge. Nil for
  /// others.
  private static func concatenateCodes(_ type: DataType, _ parts: [Column]) -> Column? {
    guard let first = parts.first, case .codes(_, let dictionary) = first.values else { return nil }
    let rowCount = parts.reduce(0) { $0 + $1.count }
    var codes: [UInt32] = []
    codes.reserveCapacity(rowCount)
    for part in parts {
      guard case .codes(let more, let own) = part.values, own === dictionary else { return nil }
      codes += more
    }
    guard parts.contains(where: \.hasNulls) else { return Column(type, .codes(codes, dictionary)) }
    var marks: [UInt8] = []
    marks.reserveCapacity(rowCount)
    for part in parts { marks += part.validity ?? [UInt8](repeating: 1, count: part.count) }
    return Column(type, .codes(codes, dictionary), validity: marks)
  }
}

extension Batch {
  public func gather(_ positions: [Int32]) -> Batch {
    Batch(columns.map { $0.gather(positions) }, rowCount: positions.count)
  }

  public func slice(_ range: Range<Int>) -> Batch {
    Batch(columns.map { $0.slice(range) }, rowCount: range.count)
  }
}

/// Rows moved between two questions: up to some milliseconds of work.
let rowsBetweenQuestions = 1 << 16

private func gathered<T>(
  _ values: [T], _ positions: [Int32], _ isWanted: () -> Bool
) -> [T]? {
  let out = unsafe [T](unsafeUninitializedCapacity: positions.count) { buffer, count in
    while count < positions.count {
      let end = min(count + rowsBetweenQuestions, positions.count)
      for i in count..<end {
        unsafe buffer.initializeElement(at: i, to: values[Int(positions[i])])
      }
      count = end
      if count < positions.count, !isWanted() { return }
    }
  }
  return out.count == positions.count ? out : nil
}

private func gathered(
  _ columns: [Column], _ positions: [Int32], _ isWanted: () -> Bool
) -> [Column]? {
  var out: [Column] = []
  for column in columns {
    guard let moved = column.gather(positions, while: isWanted) else { return nil }
    out.append(moved)
  }
  return out
}
