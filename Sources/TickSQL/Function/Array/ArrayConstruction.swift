import TickColumns

/// Making arrays, and taking one element out.
extension FunctionTable {
  static let arrayConstruction: [ScalarFunction] =
    [
      ScalarFunction(
        "array", .array, arguments: "a, b, ...", result: "Array(common type)",
        summary: "`[a, b]`: several values as an array.", arity: 0...Int.max, traits: .ownNulls
      ) { (call) throws(SQLError) in
        guard call.count > 0 else { return .constant(.array([]), .array(.nothing)) }
        let element = try call.commonElement(call.types)
        return .kernel(
          .array(element), arguments: try call.castAll(to: element)
        ) { (input) throws(SQLError) in try interleaved(input, element) }
      },
      ScalarFunction(
        "arrayElement", .array, arguments: "a, n; or m, key", result: "type of the element",
        summary:
          "`a[n]`: the element at n, counted from 1, from the end where n is negative; the type's zero value where "
          + "there is none. `m[key]`: the value beside the first such key.", arity: 2...2,
        traits: .ownNulls
      ) { (call) throws(SQLError) in try element(call, orNull: false) },
      ScalarFunction(
        "arrayElementOrNull", .array, arguments: "a, n", result: "Nullable type of the element",
        summary: "As arrayElement, with NULL where there is none.", arity: 2...2, traits: .ownNulls
      ) { (call) throws(SQLError) in try element(call, orNull: true) },
      ScalarFunction(
        "range", .array, arguments: "[start, ] end[, step]", result: "Array(integer)",
        summary: "The numbers from start (0) up to end, which is not among them, by step (1).",
        arity: 1...3, traits: .mayThrow
      ) { (call) throws(SQLError) in try numbers(call) },
      ScalarFunction(
        "arrayWithConstant", .array, arguments: "n, x", result: "Array(type of x)",
        summary: "n times x.", arity: 2...2, traits: [.ownNulls, .mayThrow]
      ) { (call) throws(SQLError) in
        guard call.types[0].isInteger else { throw call.illegal(0, "an integer") }
        let type = DataType.array(call.types[1])
        return .kernel(type) { (input) throws(SQLError) in
          let counts = input.operands[0].integers(Int64.self)
          var picker = ArrayPicker(rows: input.rows)
          for row in 0..<input.rows {
            let count = counts.element(row)
            guard count >= 0 else {
              throw SQLError(.tooLargeArraySize, "Array size \(count) cannot be negative")
            }
            try picker.take(row, count: Int(count))
            picker.endRow()
          }
          return try picker.finish(input.column(1), as: type)
        }
      },
    ]
    + [
      DataType.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float32, .float64,
      .date, .dateTime(zone: nil), .string,
    ].map { type in
      ScalarFunction(
        "emptyArray\(type)", .array, arguments: "", result: "Array(\(type))",
        summary: "An array without elements.", arity: 0...0
      ) { _ in .constant(.array([]), .array(type)) }
    }

  /// Each row's arguments as one array; the operands have one type.
  static func interleaved(
    _ input: KernelInput, _ element: DataType
  ) throws(SQLError) -> KernelValue {
    let width = input.operands.count
    let pool = try ElementPool(element, input.operands.map { $0.column(rows: input.rows) })
    var positions: [Int32] = []
    positions.reserveCapacity(width * input.rows)
    for row in 0..<input.rows {
      for start in pool.starts { positions.append(Int32(truncatingIfNeeded: start + row)) }
    }
    return .column(
      Column(
        .array(element),
        .array(
          ArrayValues(
            offsets: (0...input.rows).map { $0 * width }, elements: pool.column.gather(positions))))
    )
  }

  private static func element(
    _ call: FunctionBinding, orNull: Bool
  ) throws(SQLError) -> Resolution {
    if case .map(let key, let value) = call.types[0], !orNull {
      return try MapFunctions.lookUp(call, key, value)
    }
    let plain = try call.element(0)
    let index = call.types[1].withoutNullable
    if call.arguments[1].constant == .null { return .constant(.null, .nullable(.nothing)) }
    guard index.isInteger else { throw call.illegal(1, "an integer") }
    let isNullable = orNull || call.types[1].isNullable
    let type = isNullable ? plain.madeNullable : plain
    if plain == .nothing { return .constant(.null, .nullable(.nothing)) }
    return .kernel(type) { (input) throws(SQLError) in
      if input.operands[1].isConstantNull {
        return .constant(type.isNullable ? .null : .defaultValue(of: type), type)
      }
      let arrays = ArrayRows(input.operands[0])
      let indexes = input.operands[1].withoutNulls.integers(Int64.self)
      let isUnsigned = index == .uint64
      var positions = [Int32](repeating: -1, count: input.rows)
      for row in 0..<input.rows {
        let range = arrays.range(row)
        let wanted = indexes.element(row)
        let place: Int
        // Only within the array: indexes reach to the ends of Int64.
        if wanted > 0, wanted <= Int64(range.count) {
          place = range.lowerBound + Int(wanted) - 1
        } else if wanted < 0, !isUnsigned, wanted >= -Int64(range.count) {
          place = range.upperBound + Int(wanted)
        } else {
          continue
        }
        positions[row] = Int32(truncatingIfNeeded: place)
      }
      let found = try gathered(arrays.elements, positions, orNull: orNull)
      guard type.isNullable, input.operands[1].type.isNullable else { return .column(found) }
      return .column(found.masked(by: input.operands[1].validity))
    }
  }

  /// Elements at the positions; -1 is the type's zero value, or NULL.
  static func gathered(
    _ elements: Column, _ positions: [Int32], orNull: Bool = false
  ) throws(SQLError) -> Column {
    let type = orNull ? elements.type.madeNullable : elements.type
    let missing = positions.contains(-1)
    if !missing {
      return KernelValue.column(try elements.picked(positions)).relabelled(type).column(rows: 0)
    }
    let zero = Column(elements.type, of: [.defaultValue(of: elements.type)])
    let pool = try CancellationPoint.concatenate(elements.type, [elements, zero])
    let last = Int32(truncatingIfNeeded: elements.count)
    let column = try pool.picked(positions.map { $0 < 0 ? last : $0 })
    return orNull ? column.masked(by: positions.map { $0 < 0 ? 0 : 1 }) : column
  }

  private static func numbers(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    for i in 0..<call.count where !call.types[i].isInteger { throw call.illegal(i, "an integer") }
    let element = try call.commonElement(call.types)
    let type = DataType.array(element)
    return .kernel(type) { (input) throws(SQLError) in
      let bounds = input.operands.map { WideNumbers($0) }
      var offsets = [0]
      var out: [Int64] = []
      for row in 0..<input.rows {
        defer { offsets.append(out.count) }
        if input.valid?[row] == 0 { continue }
        let start = bounds.count > 1 ? bounds[0].at(row).bits : 0
        let end = bounds[bounds.count > 1 ? 1 : 0].at(row).bits
        let step = bounds.count > 2 ? bounds[2].at(row).bits : 1
        guard step != 0 else {
          throw SQLError(.argumentOutOfBound, "The step of function range must not be 0")
        }
        let distance = step > 0 ? end - start : start - end
        guard distance > 0 else { continue }
        let count = (distance - 1) / (step > 0 ? step : -step) + 1
        guard count <= Int128(ArrayRows.elementsMax - out.count) else {
          throw SQLError(
            .argumentOutOfBound,
            "A call to function range would produce more than \(ArrayRows.elementsMax) array elements"
          )
        }
        try CancellationPoint.forEachPiece(of: 0..<Int(count)) { piece in
          for i in piece { out.append(Int64(truncatingIfNeeded: start + Int128(i) * step)) }
        }
      }
      let elements = try CancellationPoint.column(element, count: out.count) { piece in
        convertIntegers(.column(.int64, Array(out[piece])), to: element, rows: piece.count)
          .column(rows: piece.count)
      }
      return .column(Column(type, .array(ArrayValues(offsets: offsets, elements: elements))))
    }
  }
}

extension FunctionBinding {
  func castAll(to type: DataType) throws(SQLError) -> [BoundExpression] {
    var out: [BoundExpression] = []
    for argument in arguments { out.append(try builder.cast(argument, to: type)) }
    return out
  }
}
