import TickColumns

/// Comparing boxed values and rows, for aggregates over types without a fast path.

/// Order of two rows of a column: bytes, numbers, tuples and arrays element by element; NaN after numbers, NULL last.
func compareRows(_ column: Column, _ left: Int, _ right: Int) -> Int {
  switch column.values {
  case .string(let strings): StringValues.compare(strings[left], strings[right])
  case .codes(let codes, let dictionary):
    codes[left] == codes[right]
      ? 0
      : StringValues.compare(
        dictionary.values[Int(codes[left])], dictionary.values[Int(codes[right])])
  default: compareValues(column.value(at: left), column.value(at: right), of: column.type)
  }
}

/// Order of two values of a type, which decides where the bits alone do not: UUIDs have an order of their own.
func compareValues(_ left: Value, _ right: Value, of type: DataType) -> Int {
  switch (left, right) {
  case (.null, .null): return 0
  case (.null, _): return 1
  case (_, .null): return -1
  case (.int(let a), .int(let b)): return a < b ? -1 : a == b ? 0 : 1
  case (.uint(let a), .uint(let b)): return a < b ? -1 : a == b ? 0 : 1
  case (.float(let a), .float(let b)):
    if a.isNaN || b.isNaN { return a.isNaN ? (b.isNaN ? 0 : 1) : -1 }
    return a < b ? -1 : a == b ? 0 : 1
  case (.int128(let a), .int128(let b)): return a < b ? -1 : a == b ? 0 : 1
  case (.uint128(let a), .uint128(let b)):
    let (x, y) = type.withoutNullable == .uuid ? (a.uuidOrder, b.uuidOrder) : (a, b)
    return x < y ? -1 : x == y ? 0 : 1
  case (.bytes(let a), .bytes(let b)): return StringValues.compare(a[...], b[...])
  case (.tuple(let a), .tuple(let b)), (.array(let a), .array(let b)):
    let element = type.elementType
    var fields: [TupleElement] = []
    if case .tuple(let elements) = type.withoutNullable { fields = elements }
    for i in 0..<min(a.count, b.count) {
      let order = compareValues(a[i], b[i], of: element ?? fields[i].type)
      if order != 0 { return order }
    }
    return a.count < b.count ? -1 : a.count == b.count ? 0 : 1
  default: return 0
  }
}

extension Value {
  var byteCount: Int {
    switch self {
    case .bytes(let bytes): bytes.count + 32
    case .tuple(let elements), .array(let elements): elements.reduce(32) { $0 + 16 + $1.byteCount }
    default: 0
    }
  }
}

extension Array {
  mutating func extend(to count: Int, with element: Element) {
    if self.count < count { append(contentsOf: repeatElement(element, count: count - self.count)) }
  }
}
