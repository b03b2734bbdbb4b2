import TickColumns

/// Typed loops: arrays and scalars of one element type, combined element by element.
///
/// Every loop here is generic over trivially small types inside this module, so the compiler specialises it;
/// the switch on layout happens once per batch, before the loop.
enum Vector<Element: Sendable>: Sendable {
  case array([Element])
  case scalar(Element)

  @inline(__always)
  func map<R>(rows: Int, _ body: (Element) -> R) -> [R] {
    switch self {
    case .array(let v): v.map(body)
    case .scalar(let x): Array(repeating: body(x), count: rows)
    }
  }
}

/// Element types of columns.
protocol ColumnElement: Sendable {
  static func values(_ array: [Self]) -> ColumnValues
}

protocol ColumnInteger: ColumnElement, FixedWidthInteger {}

extension Int8: ColumnInteger {
  static func values(_ array: [Int8]) -> ColumnValues { .int8(array) }
}
extension Int16: ColumnInteger {
  static func values(_ array: [Int16]) -> ColumnValues { .int16(array) }
}
extension Int32: ColumnInteger {
  static func values(_ array: [Int32]) -> ColumnValues { .int32(array) }
}
extension Int64: ColumnInteger {
  static func values(_ array: [Int64]) -> ColumnValues { .int64(array) }
}
extension UInt8: ColumnInteger {
  static func values(_ array: [UInt8]) -> ColumnValues { .uint8(array) }
}
extension UInt16: ColumnInteger {
  static func values(_ array: [UInt16]) -> ColumnValues { .uint16(array) }
}
extension UInt32: ColumnInteger {
  static func values(_ array: [UInt32]) -> ColumnValues { .uint32(array) }
}
extension UInt64: ColumnInteger {
  static func values(_ array: [UInt64]) -> ColumnValues { .uint64(array) }
}
extension Int128: ColumnInteger {
  static func values(_ array: [Int128]) -> ColumnValues { .int128(array) }
}
extension UInt128: ColumnInteger {
  static func values(_ array: [UInt128]) -> ColumnValues { .uint128(array) }
}
extension Double: ColumnElement {
  static func values(_ array: [Double]) -> ColumnValues { .float64(array) }
}
extension Float: ColumnElement {
  static func values(_ array: [Float]) -> ColumnValues { .float32(array) }
}

/// Combines two vectors row by row. Two scalars never meet: constants are folded by the binder, and where a
/// plan leaves two, one of them is spread.
@inline(__always)
func zipVectors<A, B, R>(
  _ left: Vector<A>, _ right: Vector<B>, rows: Int, _ body: (A, B) -> R
) -> [R] {
  unsafe [R](unsafeUninitializedCapacity: rows) { out, count in
    switch (left, right) {
    case (.array(let a), .array(let b)):
      precondition(a.count >= rows && b.count >= rows, "operands of different lengths")
      unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
          for row in 0..<rows { unsafe out.initializeElement(at: row, to: body(a[row], b[row])) }
        }
      }
    case (.array(let a), .scalar(let b)):
      precondition(a.count >= rows, "operands of different lengths")
      unsafe a.withUnsafeBufferPointer { a in
        for row in 0..<rows { unsafe out.initializeElement(at: row, to: body(a[row], b)) }
      }
    case (.scalar(let a), .array(let b)):
      precondition(b.count >= rows, "operands of different lengths")
      unsafe b.withUnsafeBufferPointer { b in
        for row in 0..<rows { unsafe out.initializeElement(at: row, to: body(a, b[row])) }
      }
    case (.scalar(let a), .scalar(let b)):
      for row in 0..<rows { unsafe out.initializeElement(at: row, to: body(a, b)) }
    }
    count = rows
  }
}

extension KernelValue {
  /// The integers (or the integers behind times, enums and booleans), truncated or extended to `T`. Doubles
  /// are not integers and have their own conversion.
  func integers<T: ColumnInteger>(_ type: T.Type) -> Vector<T> {
    switch self {
    case .constant(.int(let n), _): return .scalar(T(truncatingIfNeeded: n))
    case .constant(.uint(let n), _): return .scalar(T(truncatingIfNeeded: n))
    case .constant(.int128(let n), _): return .scalar(T(truncatingIfNeeded: n))
    case .constant(.uint128(let n), _): return .scalar(T(truncatingIfNeeded: n))
    case .constant: return .scalar(0)
    case .column(let column):
      switch column.values {
      case .int8(let v): return .array(extended(v))
      case .int16(let v): return .array(extended(v))
      case .int32(let v): return .array(extended(v))
      case .int64(let v): return .array(extended(v))
      case .uint8(let v): return .array(extended(v))
      case .uint16(let v): return .array(extended(v))
      case .uint32(let v): return .array(extended(v))
      case .uint64(let v): return .array(extended(v))
      case .int128(let v): return .array(extended(v))
      case .uint128(let v): return .array(extended(v))
      case .float32, .float64, .string, .codes, .tuple, .array, .nothing:
        preconditionFailure("integers of a column of \(column.type)")
      }
    }
  }

  /// The numbers as doubles.
  func doubles() -> Vector<Double> {
    switch self {
    case .constant(let value, _): return .scalar(value.double ?? 0)
    case .column(let column):
      switch column.values {
      case .int8(let v): return .array(v.map { Double($0) })
      case .int16(let v): return .array(v.map { Double($0) })
      case .int32(let v): return .array(v.map { Double($0) })
      case .int64(let v): return .array(v.map { Double($0) })
      case .uint8(let v): return .array(v.map { Double($0) })
      case .uint16(let v): return .array(v.map { Double($0) })
      case .uint32(let v): return .array(v.map { Double($0) })
      case .uint64(let v): return .array(v.map { Double($0) })
      case .int128(let v): return .array(v.map { Double($0) })
      case .uint128(let v): return .array(v.map { Double($0) })
      case .float32(let v): return .array(v.map { Double($0) })
      case .float64(let v): return .array(v)
      case .string, .codes, .tuple, .array, .nothing:
        preconditionFailure("numbers of a column of \(column.type)")
      }
    }
  }

  /// The values of a Float32 operand.
  func floats() -> Vector<Float> {
    if case .column(let column) = self, case .float32(let v) = column.values { return .array(v) }
    return .scalar(Float(constant?.double ?? 0))
  }

  /// The strings; a constant has one.
  var strings: StringOperand {
    switch self {
    case .constant(.bytes(let bytes), _): return .scalar(bytes)
    case .constant: return .scalar([])
    case .column(let column):
      switch column.values {
      case .string(let v): return .array(v)
      case .codes:
        guard case .string(let v) = column.expandingCodes().values else { return .scalar([]) }
        return .array(v)
      default: preconditionFailure("strings of a column of \(column.type)")
      }
    }
  }
}

/// Strings of an operand.
enum StringOperand {
  case array(StringValues)
  case scalar([UInt8])

  subscript(row: Int) -> ArraySlice<UInt8> {
    switch self {
    case .array(let v): v[row]
    case .scalar(let bytes): bytes[...]
    }
  }
}

@inline(__always)
private func extended<From: FixedWidthInteger, To: ColumnInteger>(_ values: [From]) -> [To] {
  // The same type on both sides, so the cast changes nothing.
  if From.self == To.self { return unsafe unsafeBitCast(values, to: [To].self) }
  return values.map { To(truncatingIfNeeded: $0) }
}

extension KernelValue {
  /// Wraps rows computed in one element type into a column of a type of that layout.
  static func column<T: ColumnElement>(_ type: DataType, _ array: [T]) -> KernelValue {
    .column(Column(type, T.values(array)))
  }
}
