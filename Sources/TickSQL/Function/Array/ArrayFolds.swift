import TickColumns

/// One value out of each array: the states of the aggregates, with an array for a group.
extension FunctionTable {
  static let arrayFolds: [ScalarFunction] =
    [
      fold("arraySum", "sum", "The sum of the elements", "Int64, UInt64, Float64 or Decimal"),
      fold("arrayAvg", "avg", "The average of the elements; nan without any", "Float64"),
      fold("arrayMin", "min", "The least element", "type of the elements"),
      fold("arrayMax", "max", "The greatest element", "type of the elements"),
      ScalarFunction(
        "arrayProduct", .array, arguments: "[f, ] a, ...", result: "Float64",
        summary: "The product of the elements (of f of them); 1 without any.", arity: 1...Int.max,
        traits: [.ownNulls, .takesLambda]
      ) { (call) throws(SQLError) in
        let array = try call.folded(summable: true)
        let doubles = try call.builder.cast(array, to: .array(.float64))
        return .kernel(.float64, arguments: [doubles]) { (input) throws(SQLError) in
          let arrays = ArrayRows(input.operands[0])
          let values = KernelValue.column(arrays.elements).doubles()
          return .column(
            .float64,
            try CancellationPoint.map(input.rows) { (row) throws(SQLError) in
              var product = 1.0
              try CancellationPoint.forEachPiece(of: arrays.range(row)) { piece in
                for i in piece { product *= values.element(i) }
              }
              return product
            })
        }
      },
      running("arrayCumSum", "The sums of the elements up to each", staysPositive: false),
      running(
        "arrayCumSumNonNegative", "As arrayCumSum, beginning again where the sum is below 0",
        staysPositive: true),
      ScalarFunction(
        "arrayDifference", .array, arguments: "[f, ] a, ...", result: "Array(type of a difference)",
        summary: "Each element less the one before; 0 for the first.", arity: 1...Int.max,
        traits: [.ownNulls, .takesLambda]
      ) { (call) throws(SQLError) in try differences(call) },
      ScalarFunction(
        "arrayDotProduct", .array, arguments: "a, b", result: "number",
        summary: "The sum of the products of elements of the same place.", arity: 2...2,
        aliases: ["scalarProduct", "dotProduct"], traits: .ownNulls
      ) { (call) throws(SQLError) in
        let (a, b) = (try call.element(0), try call.element(1))
        guard a.isNumber, b.isNumber else { throw call.illegalTypes() }
        let pool = call.builder.pool
        let (x, y) = (pool.column(0, a, name: "a"), pool.column(1, b, name: "b"))
        let product = try call.builder.call("multiply", [x, y], at: call.position)
        let products = try call.builder.elementwise(
          "arrayDotProduct", call.arguments, product, at: call.position)
        let sum = try call.builder.call("arraySum", [products], at: call.position)
        return .expression(
          try call.builder.foldedWhereConstant(
            try call.builder.cast(sum, to: product.type), at: call.position))
      },
      norm("L1Norm", "The sum of the magnitudes.") { $0.reduce(0) { $0 + $1.magnitude } },
      norm("L2Norm", "The root of the sum of the squares.") {
        $0.reduce(0) { $0 + $1 * $1 }.squareRoot()
      },
      norm("L2SquaredNorm", "The sum of the squares.") { $0.reduce(0) { $0 + $1 * $1 } },
      norm("LinfNorm", "The greatest magnitude.") { $0.reduce(0) { max($0, $1.magnitude) } },
      distance("L1Distance", "The sum of the distances.") { x, y in
        zip(x, y).reduce(0) { $0 + ($1.0 - $1.1).magnitude }
      },
      distance("L2Distance", "The root of the sum of the squared distances.") { x, y in
        zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      },
      distance("LinfDistance", "The greatest distance.") { x, y in
        zip(x, y).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
      },
      distance("cosineDistance", "1 less the cosine of the angle between a and b.") { x, y in
        let product = zip(x, y).reduce(0.0) { $0 + $1.0 * $1.1 }
        let length = x.reduce(0.0) { $0 + $1 * $1 } * y.reduce(0.0) { $0 + $1 * $1 }
        return 1 - product / length.squareRoot()
      },
    ]

  private static func fold(
    _ name: String, _ aggregate: String, _ summary: String, _ result: String
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "[f, ] a, ...", result: result,
      summary: summary + ", or of f of them.", arity: 1...Int.max,
      traits: [.ownNulls, .takesLambda]
    ) { (call) throws(SQLError) in
      let array = try call.folded(summable: aggregate == "sum" || aggregate == "avg")
      guard let element = array.type.arrayElement, let found = AggregateFunction.find(aggregate)
      else {
        throw call.illegal(0, "an array")
      }
      let plain = element.withoutLowCardinality
      let resolution = try found.function.resolve(
        AggregateBinding(name: name, position: call.position, types: [plain]))
      return .kernel(resolution.type, arguments: [array]) { (input) throws(SQLError) in
        let arrays = ArrayRows(.column(input.column(0)))
        return .column(try reduced([arrays], resolution, rows: input.rows))
      }
    }
  }

  private static func running(
    _ name: String, _ summary: String, staysPositive: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "[f, ] a, ...", result: "Array(type of a sum)",
      summary: summary + ".", arity: 1...Int.max, traits: [.ownNulls, .takesLambda]
    ) { (call) throws(SQLError) in
      let array = try call.folded(summable: true)
      guard let element = array.type.arrayElement else { throw call.illegal(0, "an array") }
      let sum: DataType =
        switch element {
        case .decimal(_, let scale):
          .decimal(precision: UInt8(DataType.decimalPrecisionMax), scale: scale)
        case _ where element.isFloat: .float64
        case _ where element.isWideInteger: element
        default: element.isSigned ? .int64 : .uint64
        }
      let converted = try call.builder.cast(array, to: .array(sum))
      return .kernel(.array(sum), arguments: [converted]) { (input) throws(SQLError) in
        let arrays = ArrayRows(.column(input.column(0)))
        let elements: Column
        if sum == .float64 {
          var total = 0.0
          elements = try runningSums(sum, arrays, input.rows) { piece, isNew in
            if isNew { total = 0 }
            let values = KernelValue.column(piece).doubles().map(rows: 0) { $0 }
            return Column(sum, .float64(sums(values, &total, staysPositive) { $0 + $1 }))
          }
        } else {
          let isUnsigned = sum == .uint64 || sum == .uint128
          var total: Int128 = 0
          elements = try runningSums(sum, arrays, input.rows) { piece, isNew in
            if isNew { total = 0 }
            let values = KernelValue.column(piece).integers(Int128.self).map(rows: 0) { $0 }
            let out = sums(values, &total, staysPositive && !isUnsigned) { $0 &+ $1 }
            return convertIntegers(.column(.int128, out), to: sum, rows: out.count)
              .column(rows: out.count)
          }
        }
        return .column(
          Column(
            .array(sum), .array(ArrayValues(offsets: arrays.values.offsets, elements: elements))))
      }
    }
  }

  /// The arrays piece by piece; `isNew` says that a piece begins an array.
  private static func runningSums(
    _ type: DataType, _ arrays: ArrayRows, _ rows: Int, _ sums: (Column, _ isNew: Bool) -> Column
  ) throws(SQLError) -> Column {
    var builder = ColumnBuilder(type, reserving: arrays.elements.count)
    for row in 0..<rows {
      let range = arrays.range(row)
      try CancellationPoint.forEachPiece(of: range) { piece in
        builder.append(
          contentsOf: sums(arrays.elements.slice(piece), piece.lowerBound == range.lowerBound))
      }
    }
    return builder.finish()
  }

  private static func sums<T: Comparable & ExpressibleByIntegerLiteral>(
    _ values: [T], _ sum: inout T, _ staysPositive: Bool, _ add: (T, T) -> T
  ) -> [T] {
    var out = values
    for (i, value) in values.enumerated() {
      sum = add(sum, value)
      if staysPositive, sum < 0 { sum = 0 }
      out[i] = sum
    }
    return out
  }

  private static func differences(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    let array = try call.folded(summable: false)
    guard let element = array.type.arrayElement else { throw call.illegal(0, "an array") }
    let pool = call.builder.pool
    let difference = try call.builder.call(
      "minus", [pool.column(0, element, name: "x"), pool.column(1, element, name: "before")],
      at: call.position)
    let type = DataType.array(difference.type)
    return .kernel(type, arguments: [array], mayThrow: difference.mayThrow) {
      (input) throws(SQLError) in
      let arrays = ArrayRows(.column(input.column(0)))
      let elements = arrays.elements
      // Piece by piece whatever the rows: a vector for all elements could not be cancelled while it is made.
      var row = 0
      let out = try CancellationPoint.column(difference.type, count: elements.count) {
        (piece) throws(SQLError) in
        var before: [Int32] = []
        before.reserveCapacity(piece.count)
        for i in piece {
          while i >= arrays.range(row).upperBound { row += 1 }
          before.append(Int32(truncatingIfNeeded: max(arrays.range(row).lowerBound, i - 1)))
        }
        return try difference.evaluate(
          Batch([elements.slice(piece), elements.gather(before)], rowCount: piece.count))
      }
      return .column(
        Column(type, .array(ArrayValues(offsets: arrays.values.offsets, elements: out))))
    }
  }

  private static func norm(
    _ name: String, _ summary: String, _ body: @escaping @Sendable (ArraySlice<Double>) -> Double
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "a", result: "Float64", summary: summary, arity: 1...1,
      traits: .ownNulls
    ) { (call) throws(SQLError) in
      guard try call.element(0).isPlainNumber else { throw call.illegal(0, "an array of numbers") }
      return .kernel(.float64, arguments: try call.castAll(to: .array(.float64))) {
        (input) throws(SQLError) in
        let arrays = ArrayRows(input.operands[0])
        let values = KernelValue.column(arrays.elements).doubles().map(rows: 0) { $0 }
        return .column(.float64, (0..<input.rows).map { body(values[arrays.range($0)]) })
      }
    }
  }

  private static func distance(
    _ name: String, _ summary: String,
    _ body: @escaping @Sendable (ArraySlice<Double>, ArraySlice<Double>) -> Double
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "a, b", result: "Float64", summary: summary, arity: 2...2,
      traits: [.ownNulls, .mayThrow]
    ) { (call) throws(SQLError) in
      guard try call.element(0).isPlainNumber, try call.element(1).isPlainNumber else {
        throw call.illegalTypes()
      }
      return .kernel(.float64, arguments: try call.castAll(to: .array(.float64))) {
        (input) throws(SQLError) in
        let arrays = input.operands.map { ArrayRows($0) }
        try FunctionBinding.checkLengths(arrays, rows: input.rows, name)
        let x = KernelValue.column(arrays[0].elements).doubles().map(rows: 0) { $0 }
        let y = KernelValue.column(arrays[1].elements).doubles().map(rows: 0) { $0 }
        return .column(
          .float64, (0..<input.rows).map { body(x[arrays[0].range($0)], y[arrays[1].range($0)]) })
      }
    }
  }
}

extension FunctionBinding {
  /// The one array that is folded: what the lambda gave, or the only argument.
  func folded(summable: Bool) throws(SQLError) -> BoundExpression {
    guard mapped != nil || count == 1 else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch, "\(name) of several arrays needs a lambda", at: position)
    }
    let array = mapped ?? arguments[0]
    guard let element = array.type.arrayElement else { throw illegal(0, "an array") }
    let isNumber = element.isPlainNumber || element.isDecimal
    guard element != .nothing, !summable || isNumber else {
      throw SQLError(
        .illegalTypeOfArgument, "\(name) cannot be performed on elements of type \(element)",
        at: position)
    }
    return array
  }
}
