import TickColumns

/// Functions that take a lambda. What the lambda gives is worked out first, for all elements
/// (`ExpressionBuilder.elementwise`); these functions see it as one more array, `FunctionBinding.mapped`.
extension FunctionTable {
  static let higherOrder: [ScalarFunction] =
    [
      ScalarFunction(
        "arrayMap", .array, arguments: "f, a, ...", result: "Array(type of f)",
        summary: "f of each element: `arrayMap(x -> x * 2, a)`.", arity: 1...Int.max,
        traits: [.ownNulls, .takesLambda]
      ) { (call) throws(SQLError) in .expression(try call.lambdaResult()) },
      ScalarFunction(
        "arrayFilter", .array, arguments: "f, a, ...", result: "type of a",
        summary: "The elements of a for which f holds.", arity: 1...Int.max,
        traits: [.ownNulls, .takesLambda]
      ) { (call) throws(SQLError) in
        try chosen(call, call.types[0]) { (arrays, marks, rows) throws(SQLError) in
          var picker = ArrayPicker(rows: rows)
          for row in 0..<rows {
            try CancellationPoint.forEachPiece(of: arrays.range(row)) { (piece) throws(SQLError) in
              for i in piece where marks[i] != 0 { try picker.take(i) }
            }
            picker.endRow()
          }
          return picker
        }
      },
      ScalarFunction(
        "arrayFill", .array, arguments: "f, a, ...", result: "type of a",
        summary: "Elements for which f does not hold become the last one before that did.",
        arity: 1...Int.max, traits: [.ownNulls, .takesLambda]
      ) { (call) throws(SQLError) in
        try chosen(call, call.types[0]) { (arrays, marks, rows) throws(SQLError) in
          try filled(arrays, marks, rows, isReverse: false)
        }
      },
      ScalarFunction(
        "arrayReverseFill", .array, arguments: "f, a, ...", result: "type of a",
        summary: "As arrayFill, from the end.", arity: 1...Int.max,
        traits: [.ownNulls, .takesLambda]
      ) { (call) throws(SQLError) in
        try chosen(call, call.types[0]) { (arrays, marks, rows) throws(SQLError) in
          try filled(arrays, marks, rows, isReverse: true)
        }
      },
      split("arraySplit", "before", isReverse: false),
      split("arrayReverseSplit", "behind", isReverse: true),
      counting("arrayExists", .uint8, "1 where f holds for an element.") { marks in
        marks.contains { $0 != 0 } ? 1 : 0 as UInt8
      },
      counting("arrayAll", .uint8, "1 where f holds for all elements.") { marks in
        marks.allSatisfy { $0 != 0 } ? 1 : 0 as UInt8
      },
      counting("arrayCount", .uint32, "For how many elements f holds.") { marks in
        marks.reduce(0 as UInt32) { $0 + ($1 != 0 ? 1 : 0) }
      },
      index("arrayFirstIndex", "The place of the first element for which f holds, from 1; or 0.") {
        $0.firstIndex { $0 != 0 }
      },
      index("arrayLastIndex", "The place of the last element for which f holds, from 1; or 0.") {
        $0.lastIndex { $0 != 0 }
      },
      found("arrayFirst", "first", orNull: false) { $0.firstIndex { $0 != 0 } },
      found("arrayFirstOrNull", "first", orNull: true) { $0.firstIndex { $0 != 0 } },
      found("arrayLast", "last", orNull: false) { $0.lastIndex { $0 != 0 } },
      found("arrayLastOrNull", "last", orNull: true) { $0.lastIndex { $0 != 0 } },
      ScalarFunction(
        "arrayFold", .array, arguments: "f, a, ..., start", result: "type of start",
        summary:
          "f of what came out so far (start at first) and each element in turn: `arrayFold((s, x) -> s + x, a, 0)`.",
        arity: 2...Int.max, traits: [.ownNulls, .takesLambda]
      ) { (call) throws(SQLError) in .expression(try call.lambdaResult()) },
    ]

  /// Elements picked by the marks of the lambda.
  private static func chosen(
    _ call: FunctionBinding, _ type: DataType,
    _ pick: @escaping @Sendable (ArrayRows, [UInt8], Int) throws(SQLError) -> ArrayPicker
  ) throws(SQLError) -> Resolution {
    let marks = try call.marks(mapped: try call.lambdaResult())
    _ = try call.element(0)
    return .kernel(type, arguments: [call.arguments[0], marks]) { (input) throws(SQLError) in
      let arrays = ArrayRows(.column(input.column(0)))
      return try pick(arrays, truths(input), input.rows).finish(arrays.elements, as: type)
    }
  }

  /// Operand 1 as marks of the elements.
  private static func truths(_ input: KernelInput) -> [UInt8] {
    let elements = ArrayRows(.column(input.column(input.operands.count - 1))).elements
    return truth(.column(elements), rows: elements.count)
  }

  private static func filled(
    _ arrays: ArrayRows, _ marks: [UInt8], _ rows: Int, isReverse: Bool
  ) throws(SQLError) -> ArrayPicker {
    var picker = ArrayPicker(rows: rows)
    for row in 0..<rows {
      let range = arrays.range(row)
      if isReverse {
        var sources: [Int] = []
        var last = range.upperBound - 1
        for i in range.reversed() {
          if marks[i] != 0 { last = i }
          sources.append(last)
        }
        for source in sources.reversed() { try picker.take(source) }
      } else {
        var last = range.lowerBound
        for i in range {
          if marks[i] != 0 { last = i }
          try picker.take(last)
        }
      }
      picker.endRow()
    }
    return picker
  }

  private static func split(_ name: String, _ side: String, isReverse: Bool) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "f, a, ...", result: "Array(type of a)",
      summary: "a cut into pieces \(side) each element for which f holds.", arity: 1...Int.max,
      traits: [.ownNulls, .takesLambda]
    ) { (call) throws(SQLError) in
      let marks = try call.marks(mapped: try call.lambdaResult())
      let inner = DataType.array(try call.element(0))
      return .kernel(.array(inner), arguments: [call.arguments[0], marks]) {
        (input) throws(SQLError) in
        let arrays = ArrayRows(.column(input.column(0)))
        let marks = truths(input)
        var outer = [0]
        var pieces = [0]
        for row in 0..<input.rows {
          let range = arrays.range(row)
          for i in range {
            let cutsHere = isReverse ? marks[i] != 0 : i + 1 < range.upperBound && marks[i + 1] != 0
            if cutsHere || i + 1 == range.upperBound { pieces.append(i + 1) }
          }
          outer.append(pieces.count - 1)
        }
        let parts = Column(
          inner, .array(ArrayValues(offsets: pieces, elements: arrays.elements)))
        return .column(
          Column(.array(inner), .array(ArrayValues(offsets: outer, elements: parts))))
      }
    }
  }

  private static func counting<T: ColumnInteger>(
    _ name: String, _ type: DataType, _ summary: String,
    _ answer: @escaping @Sendable (ArraySlice<UInt8>) -> T
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "[f, ] a, ...", result: type.description,
      summary: summary + " Without a lambda the elements themselves are asked.",
      arity: 1...Int.max, traits: [.ownNulls, .takesLambda]
    ) { (call) throws(SQLError) in
      let marks = try call.marks(mapped: call.mapped ?? call.arguments[0])
      return .kernel(type, arguments: [marks]) { (input) throws(SQLError) in
        let arrays = ArrayRows(.column(input.column(0)))
        let marks = truths(input)
        return .column(type, (0..<input.rows).map { answer(marks[arrays.range($0)]) })
      }
    }
  }

  private static func index(
    _ name: String, _ summary: String,
    _ place: @escaping @Sendable (ArraySlice<UInt8>) -> Int?
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "f, a, ...", result: "UInt32", summary: summary,
      arity: 1...Int.max, traits: [.ownNulls, .takesLambda]
    ) { (call) throws(SQLError) in
      let marks = try call.marks(mapped: try call.lambdaResult())
      return .kernel(.uint32, arguments: [marks]) { (input) throws(SQLError) in
        let arrays = ArrayRows(.column(input.column(0)))
        let marks = truths(input)
        return .column(
          .uint32,
          (0..<input.rows).map { row -> UInt32 in
            let range = arrays.range(row)
            return place(marks[range]).map { UInt32(truncatingIfNeeded: $0 - range.lowerBound + 1) }
              ?? 0
          })
      }
    }
  }

  private static func found(
    _ name: String, _ which: String, orNull: Bool,
    _ place: @escaping @Sendable (ArraySlice<UInt8>) -> Int?
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "f, a, ...",
      result: orNull ? "Nullable type of the element" : "type of the element",
      summary:
        "The \(which) element for which f holds; \(orNull ? "NULL" : "the zero value") where there is none.",
      arity: 1...Int.max, traits: [.ownNulls, .takesLambda]
    ) { (call) throws(SQLError) in
      let marks = try call.marks(mapped: try call.lambdaResult())
      let element = try call.element(0)
      guard element != .nothing else { return .constant(.null, .nullable(.nothing)) }
      let type = orNull ? element.madeNullable : element
      return .kernel(type, arguments: [call.arguments[0], marks]) { (input) throws(SQLError) in
        let arrays = ArrayRows(.column(input.column(0)))
        let marks = truths(input)
        let positions = (0..<input.rows).map { row -> Int32 in
          place(marks[arrays.range(row)]).map { Int32(truncatingIfNeeded: $0) } ?? -1
        }
        return .column(try gathered(arrays.elements, positions, orNull: orNull))
      }
    }
  }
}

extension FunctionBinding {
  /// What the lambda gave for all elements.
  func lambdaResult() throws(SQLError) -> BoundExpression {
    guard let mapped else {
      throw SQLError(
        .illegalTypeOfArgument, "First argument for function \(name) must be a lambda",
        at: arguments.first?.position ?? position)
    }
    return mapped
  }

  /// An array that is asked for truth.
  func marks(mapped: BoundExpression) throws(SQLError) -> BoundExpression {
    guard let element = mapped.type.arrayElement else { throw illegal(0, "an array") }
    switch element.withoutNullable {
    case .nothing where !element.isNullable && self.mapped == nil:
      throw illegal(0, "an array of UInt8")
    case .uint8, .bool, .nothing: return mapped
    case _ where element.withoutNullable.isPlainNumber && self.mapped == nil: return mapped
    default:
      throw SQLError(
        .illegalTypeOfArgument,
        "Expression for function \(name) must return UInt8 or Nullable(UInt8), found \(element)",
        at: position)
    }
  }
}
