import TickColumns

/// Arrays and maps compare element by element as their common type; where one ends first it is the lesser.
/// Inside of them NULL equals NULL and comes last, and NaN equals NaN.
enum ArrayComparison {
  /// Nil where a side is neither an array nor a map.
  static func resolve(
    _ call: FunctionBinding, _ comparison: ComparisonOperator
  ) throws(SQLError) -> Resolution? {
    guard call.types.allSatisfy({ $0.elementType != nil }) else { return nil }
    guard call.types.allSatisfy(\.withoutAggregateStates) else { throw call.illegalTypes() }
    let type = try call.commonElement(call.types)
    return .kernel(.uint8, arguments: try call.castAll(to: type)) { (input) throws(SQLError) in
      let left = ArrayRows(input.operands[0])
      let right = ArrayRows(input.operands[1])
      return .column(
        .uint8,
        (0..<input.rows).map { row -> UInt8 in
          let order = order(
            left.elements, left.range(row), right.elements, right.range(row))
          return comparison.holds(order) ? 1 : 0
        })
    }
  }

  private static func order(_ a: Column, _ x: Range<Int>, _ b: Column, _ y: Range<Int>) -> Int {
    for (i, j) in zip(x, y) {
      let order = cells(a, i, b, j)
      if order != 0 { return order }
    }
    return x.count < y.count ? -1 : x.count == y.count ? 0 : 1
  }

  /// How two cells of columns of one type compare.
  private static func cells(_ a: Column, _ i: Int, _ b: Column, _ j: Int) -> Int {
    switch (a.isNull(at: i), b.isNull(at: j)) {
    case (true, true): return 0
    case (true, false): return 1
    case (false, true): return -1
    default: break
    }
    switch (a.values, b.values) {
    case (.int8(let x), .int8(let y)): return sign(x[i], y[j])
    case (.int16(let x), .int16(let y)): return sign(x[i], y[j])
    case (.int32(let x), .int32(let y)): return sign(x[i], y[j])
    case (.int64(let x), .int64(let y)): return sign(x[i], y[j])
    case (.int128(let x), .int128(let y)): return sign(x[i], y[j])
    case (.uint8(let x), .uint8(let y)): return sign(x[i], y[j])
    case (.uint16(let x), .uint16(let y)): return sign(x[i], y[j])
    case (.uint32(let x), .uint32(let y)): return sign(x[i], y[j])
    case (.uint64(let x), .uint64(let y)): return sign(x[i], y[j])
    case (.uint128(let x), .uint128(let y)):
      guard a.type.withoutNullable == .uuid else { return sign(x[i], y[j]) }
      return sign(x[i].uuidOrder, y[j].uuidOrder)
    case (.float32(let x), .float32(let y)): return float(Double(x[i]), Double(y[j]))
    case (.float64(let x), .float64(let y)): return float(x[i], y[j])
    case (.string(let x), .string(let y)): return StringValues.compare(x[i], y[j])
    case (.tuple(let x, _), .tuple(let y, _)):
      for (left, right) in zip(x, y) {
        let order = cells(left, i, right, j)
        if order != 0 { return order }
      }
      return 0
    case (.array(let x), .array(let y)):
      return order(x.elements, x.range(at: i), y.elements, y.range(at: j))
    default: return compareValues(a.value(at: i), b.value(at: j), of: a.type)
    }
  }

  private static func sign<T: Comparable>(_ x: T, _ y: T) -> Int { x < y ? -1 : x == y ? 0 : 1 }

  private static func float(_ x: Double, _ y: Double) -> Int {
    if x.isNaN || y.isNaN { return x.isNaN ? (y.isNaN ? 0 : 1) : -1 }
    return sign(x, y)
  }
}
