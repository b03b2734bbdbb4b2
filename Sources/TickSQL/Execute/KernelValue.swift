/// What kernels take and give: a column, or one value that stands for every row and is never expanded
/// before a kernel must have rows.
public import TickColumns

/// An argument or a result of one step of evaluation.
enum KernelValue: Sendable {
  case column(Column)
  case constant(Value, DataType)

  var type: DataType {
    switch self {
    case .column(let column): column.type
    case .constant(_, let type): type
    }
  }

  /// The rows themselves; a constant is repeated.
  func column(rows: Int) -> Column {
    switch self {
    case .column(let column): column
    case .constant(let value, let type): Column(type, repeating: value, count: rows)
    }
  }

  var isConstant: Bool { if case .constant = self { true } else { false } }

  var isConstantNull: Bool { if case .constant(.null, _) = self { true } else { false } }

  var constant: Value? { if case .constant(let value, _) = self { value } else { nil } }

  /// Marks of the rows that hold a value, or nil when all do. A constant NULL has no marks: callers look first.
  var validity: [UInt8]? { if case .column(let column) = self { column.validity } else { nil } }

  /// The same values under the type without NULL.
  var withoutNulls: KernelValue {
    switch self {
    case .column(let column):
      guard column.type.isNullable else { return self }
      return .column(Column(column.type.withoutNullable, column.values))
    case .constant(let value, let type): return .constant(value, type.withoutNullable)
    }
  }

  /// The same values with codes replaced by the strings behind them.
  var withoutCodes: KernelValue {
    switch self {
    case .column(let column):
      guard case .codes = column.values else { return self }
      return .column(column.expandingCodes())
    case .constant(let value, let type): return .constant(value, type.withoutLowCardinality)
    }
  }

  /// The same bits under another type of the same layout.
  func relabelled(_ type: DataType) -> KernelValue {
    switch self {
    case .column(let column): .column(Column(type, column.values, validity: column.validity))
    case .constant(let value, _): .constant(value, type)
    }
  }
}

extension Column {
  /// A low-cardinality column as plain strings; any other column as it is.
  func expandingCodes() -> Column {
    guard case .codes(let codes, let dictionary) = values else { return self }
    let positions = codes.map { Int32(bitPattern: $0) }
    return Column(
      type.withoutLowCardinality, .string(dictionary.values.gather(positions)), validity: validity)
  }

  /// The column with NULL where `marks` is 0: the type becomes nullable and the values under NULL are blanked,
  /// which is invariant 2 of `Column`.
  func masked(by marks: [UInt8]?) -> Column {
    // There are no nullable tuples: theirs are the values that lie under NULL.
    guard type.madeNullable.isNullable else { return self }
    guard let marks, marks.contains(0) else {
      return Column(type.madeNullable, values, validity: validity)
    }
    let both = Column.intersect(validity, marks)
    return Column(type.madeNullable, values.blanked(marks), validity: both)
  }

  /// The column with the type's zero value where `marks` is 0: what NULL is to tuples and arrays.
  func withZeros(where marks: [UInt8]) -> Column {
    let zero = Column(type, of: [.defaultValue(of: type)])
    let last = Int32(truncatingIfNeeded: count)
    let positions = marks.indices.map { marks[$0] == 0 ? last : Int32(truncatingIfNeeded: $0) }
    return Column.concatenate(type, [self, zero]).gather(positions)
  }

  /// Rows valid on both sides; nil means all.
  static func intersect(_ left: [UInt8]?, _ right: [UInt8]?) -> [UInt8]? {
    guard let left else { return right }
    guard let right else { return left }
    var out = left
    for i in out.indices { out[i] &= right[i] }
    return out
  }

  /// Bytes the rows take, as an estimate for memory limits and statistics.
  var byteCount: Int {
    let marks = validity?.count ?? 0
    return switch values {
    case .int8(let v): v.count + marks
    case .uint8(let v): v.count + marks
    case .int16(let v): v.count * 2 + marks
    case .uint16(let v): v.count * 2 + marks
    case .int32(let v): v.count * 4 + marks
    case .uint32(let v): v.count * 4 + marks
    case .int64(let v): v.count * 8 + marks
    case .uint64(let v): v.count * 8 + marks
    case .int128(let v): v.count * 16 + marks
    case .uint128(let v): v.count * 16 + marks
    case .float32(let v): v.count * 4 + marks
    case .float64(let v): v.count * 8 + marks
    case .string(let v): v.bytes.count + v.count * 8 + marks
    case .codes(let v, _): v.count * 4 + marks
    case .tuple(let columns, _): columns.reduce(marks) { $0 + $1.byteCount }
    case .array(let v): v.count * 8 + v.elements.byteCount + marks
    case .nothing: marks
    }
  }
}

extension Batch {
  var byteCount: Int { columns.reduce(0) { $0 + $1.byteCount } }

  /// Bytes of one row as it is written, about: a value of a dictionary counts in every row.
  public var rowByteEstimate: Int {
    let texts = columns.reduce(0) { total, column in
      guard case .codes(_, let dictionary) = column.values, dictionary.count > 0 else {
        return total
      }
      return total + dictionary.values.bytes.count / dictionary.count
    }
    return byteCount / max(1, rowCount) + texts
  }
}

extension ColumnValues {
  /// Zero values where `marks` is 0.
  fileprivate func blanked(_ marks: [UInt8]) -> ColumnValues {
    switch self {
    case .int8(let v): .int8(blank(v, marks))
    case .int16(let v): .int16(blank(v, marks))
    case .int32(let v): .int32(blank(v, marks))
    case .int64(let v): .int64(blank(v, marks))
    case .uint8(let v): .uint8(blank(v, marks))
    case .uint16(let v): .uint16(blank(v, marks))
    case .uint32(let v): .uint32(blank(v, marks))
    case .uint64(let v): .uint64(blank(v, marks))
    case .int128(let v): .int128(blank(v, marks))
    case .uint128(let v): .uint128(blank(v, marks))
    case .float32(let v): .float32(blank(v, marks))
    case .float64(let v): .float64(blank(v, marks))
    case .string(let v):
      {
        var out = StringValues()
        out.reserve(count: v.count, bytes: v.bytes.count)
        for i in 0..<v.count { out.append(marks[i] == 0 ? [] : v[i]) }
        return .string(out)
      }()
    case .codes(let codes, let dictionary):
      // A code under NULL stays below the count, which is all that readers need of it.
      .codes(codes, dictionary)
    case .tuple, .array, .nothing: self
    }
  }
}

private func blank<T: ExpressibleByIntegerLiteral>(_ values: [T], _ marks: [UInt8]) -> [T] {
  var out = values
  for i in out.indices where marks[i] == 0 { out[i] = 0 }
  return out
}

extension Value {
  /// The integer behind `.int` or `.uint`, when it fits.
  var int64: Int64? {
    switch self {
    case .int(let n): n
    case .uint(let n): Int64(exactly: n)
    default: nil
    }
  }

  /// The number as a double, when it is a number.
  var double: Double? {
    switch self {
    case .int(let n): Double(n)
    case .uint(let n): Double(n)
    case .int128(let n): Double(n)
    case .uint128(let n): Double(n)
    case .float(let x): x
    default: nil
    }
  }

  /// True for a number other than zero; NULL is false. This is what WHERE and `if` ask.
  var isTrue: Bool {
    switch self {
    case .int(let n): n != 0
    case .uint(let n): n != 0
    case .int128(let n): n != 0
    case .uint128(let n): n != 0
    case .float(let x): x != 0
    default: false
    }
  }
}
