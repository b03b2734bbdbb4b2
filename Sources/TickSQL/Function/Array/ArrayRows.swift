import TickColumns

/// Arrays as kernels see them: one flat column of elements for the whole batch, and where each row's begin and
/// end. A function works on the elements once, never row by row.
///
/// Invariants:
/// 1. Row r has the elements at `range(r)`; a constant array is held once and is every row's.
/// 2. Positions into elements are 32 bits wide, so a kernel makes at most `elementsMax` elements per batch.
struct ArrayRows {
  let values: ArrayValues
  private let isConstant: Bool

  init(_ operand: KernelValue) {
    let column: Column
    switch operand {
    case .column(let given):
      column = given
      isConstant = false
    case .constant(let value, let type):
      column = Column(type, of: [value])
      isConstant = true
    }
    guard case .array(let values) = column.values else {
      preconditionFailure("arrays of a column of \(column.type)")
    }
    self.values = values
  }

  @inline(__always)
  func range(_ row: Int) -> Range<Int> { values.range(at: isConstant ? 0 : row) }

  var elements: Column { values.elements }

  /// Elements that one batch of results may hold.
  static let elementsMax = 100_000_000
}

/// Result arrays under construction: which elements of a pool each row takes.
struct ArrayPicker {
  private(set) var offsets: [Int] = [0]
  private(set) var positions: [Int32] = []

  init(rows: Int) { offsets.reserveCapacity(rows + 1) }

  @inline(__always)
  mutating func take(_ position: Int) throws(SQLError) {
    if positions.count % CancellationPoint.stride == 0 { try CancellationPoint.check() }
    positions.append(Int32(truncatingIfNeeded: position))
  }

  mutating func take(_ range: Range<Int>) throws(SQLError) {
    try CancellationPoint.forEachPiece(of: range) { piece in
      for position in piece { positions.append(Int32(truncatingIfNeeded: position)) }
    }
  }

  /// The same element many times.
  mutating func take(_ position: Int, count: Int) throws(SQLError) {
    guard count <= ArrayRows.elementsMax - positions.count else {
      throw SQLError(
        .tooLargeArraySize, "Arrays of more than \(ArrayRows.elementsMax) elements in one batch")
    }
    let element = Int32(truncatingIfNeeded: position)
    try CancellationPoint.forEachPiece(of: 0..<count) { piece in
      positions.append(contentsOf: repeatElement(element, count: piece.count))
    }
  }

  mutating func endRow() { offsets.append(positions.count) }

  /// The arrays, of elements out of `pool`.
  func finish(_ pool: Column, as type: DataType) throws(SQLError) -> KernelValue {
    let elements = try pool.picked(positions)
    return .column(Column(type, .array(ArrayValues(offsets: offsets, elements: elements))))
  }
}

/// Elements of several columns, one after the other, as one pool.
struct ElementPool {
  let column: Column
  /// Where each column begins.
  let starts: [Int]

  init(_ type: DataType, _ columns: [Column]) throws(SQLError) {
    var starts: [Int] = []
    var count = 0
    for column in columns {
      starts.append(count)
      count += column.count
    }
    self.starts = starts
    column = try CancellationPoint.concatenate(type, columns)
  }
}

/// Numbers that are equal exactly where values are: NULL equals NULL, 0.0 equals -0.0.
struct ElementIds {
  private var table: GroupTable
  /// NaN equals itself; otherwise it has the number -1, which equals nothing that is looked for.
  private let nanIsOne: Bool

  init(_ types: [DataType], nanIsOne: Bool) {
    table = GroupTable(types)
    self.nanIsOne = nanIsOne
  }

  /// Numbers are below this.
  var count: Int { table.count }

  mutating func ids(_ columns: [Column]) throws(SQLError) -> [Int32] {
    guard let first = columns.first, first.count > 0 else { return [] }
    let starts = try CancellationPoint.map(first.count) { Int32($0) }
    var ids = try table.groups(columns.map(Self.withOneZero), starts: starts)
    guard !nanIsOne, columns.count == 1 else { return ids }
    switch first.values {
    case .float64(let v): for row in ids.indices where v[row].isNaN { ids[row] = -1 }
    case .float32(let v): for row in ids.indices where v[row].isNaN { ids[row] = -1 }
    default: break
    }
    return ids
  }

  mutating func ids(_ operand: KernelValue, rows: Int) throws(SQLError) -> Vector<Int32> {
    if let value = operand.constant {
      return .scalar(try ids([Column(operand.type, of: [value])])[0])
    }
    return .array(try ids([operand.column(rows: rows)]))
  }

  private static func withOneZero(_ column: Column) -> Column {
    switch column.values {
    case .float64(let v) where v.contains(where: { $0 == 0 && $0.sign == .minus }):
      Column(column.type, .float64(v.map { $0 == 0 ? 0 : $0 }), validity: column.validity)
    case .float32(let v) where v.contains(where: { $0 == 0 && $0.sign == .minus }):
      Column(column.type, .float32(v.map { $0 == 0 ? 0 : $0 }), validity: column.validity)
    default: column
    }
  }
}

extension FunctionTable {
  /// What follows from the lengths of arrays or maps; nil for other arguments.
  static func arrayLengths<T: ColumnInteger>(
    _ call: FunctionBinding, _ type: DataType, _ answer: @escaping @Sendable (Int) -> T
  ) -> Resolution? {
    guard call.types[0].elementType != nil else { return nil }
    return .kernel(type) { (input) throws(SQLError) in
      let arrays = ArrayRows(input.operands[0])
      return .column(type, (0..<input.rows).map { answer(arrays.range($0).count) })
    }
  }
}

extension DataType {
  /// The type of an array's elements; nil for what is no array, a map too.
  var arrayElement: DataType? { if case .array(let element) = self { element } else { nil } }

  var isMap: Bool { if case .map = self { true } else { false } }
}

extension FunctionBinding {
  /// The element type of an argument that must be an array.
  func element(_ i: Int) throws(SQLError) -> DataType {
    guard let element = types[i].arrayElement else { throw illegal(i, "an array") }
    return element
  }

  func noCommonType(_ given: [DataType]) -> SQLError {
    SQLError(
      .noCommonType,
      "There is no supertype for types \(given.map(\.description).joined(separator: ", ")) in "
        + "function \(name)", at: position)
  }

  /// The type that holds elements and values of all given types.
  func commonElement(_ given: [DataType]) throws(SQLError) -> DataType {
    guard let type = DataType.common(given) else { throw noCommonType(given) }
    return type.withoutLowCardinality
  }

  func cast(_ i: Int, _ type: DataType) throws(SQLError) -> BoundExpression {
    try builder.cast(arguments[i], to: type)
  }

  /// Several arrays whose lengths must agree, row by row.
  static func checkLengths(
    _ arrays: [ArrayRows], rows: Int, _ name: String
  ) throws(SQLError) {
    guard let first = arrays.first else { return }
    for (i, other) in arrays.enumerated().dropFirst() {
      for row in 0..<rows where other.range(row).count != first.range(row).count {
        throw SQLError(
          .sizesOfArraysDontMatch,
          "Arrays passed to \(name) must have equal size. Argument \(i + 1) has size "
            + "\(other.range(row).count) which differs from \(first.range(row).count)")
      }
    }
  }
}
