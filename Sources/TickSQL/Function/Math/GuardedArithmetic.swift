/// Arithmetic that gives NULL where there is no quotient, and values kept between bounds.
import TickColumns

extension FunctionTable {
  static let guardedArithmetic: [ScalarFunction] = [
    orNull("divideOrNull", "divide", "The quotient", []),
    orNull("intDivOrNull", "intDivOrZero", "The whole quotient", []),
    orNull("moduloOrNull", "moduloOrZero", "The remainder with the sign of a", ["modOrNull"]),
    orNull(
      "positiveModuloOrNull", "positiveModulo", "The remainder that is never negative",
      ["positive_modulo_or_null", "pmodOrNull"]),
    ScalarFunction(
      "sqr", .arithmetic, arguments: "x", result: "as x * x", summary: "`x * x`.", arity: 1...1
    ) { (call) throws(SQLError) in
      .expression(
        try call.builder.call(
          "multiply", [call.arguments[0], call.arguments[0]], at: call.position))
    },
    ScalarFunction(
      "clamp", .conditional, arguments: "x, min, max", result: "common type",
      summary: "x, or the bound that it lies beyond. Error 36 where min is above max.", arity: 3...3
    ) { (call) throws(SQLError) in
      let builder = call.builder
      let (low, high) = (call.arguments[1], call.arguments[2])
      let isTurned = try builder.call("greater", [low, high], at: call.position)
      let raised = try builder.call("greatest", [call.arguments[0], low], at: call.position)
      let cut = try builder.call("least", [raised, high], at: call.position)
      return .kernel(
        cut.type.withoutNullable, arguments: [cut, isTurned], mayThrow: true
      ) { (input) throws(SQLError) in
        let marks = truth(input.operands[1], rows: input.rows)
        for row in 0..<input.rows where marks[row] != 0 && input.valid?[row] != 0 {
          throw SQLError(
            .badArguments,
            "The minimum value cannot be greater than the maximum value for function clamp")
        }
        return input.operands[0]
      }
    },
    ScalarFunction(
      "roundDown", .math, arguments: "x, [a, b, ...]", result: "common type",
      summary: "The greatest element that is not above x, or the least one.", arity: 2...2,
      traits: .exactTypes
    ) { (call) throws(SQLError) in
      guard let element = call.types[1].arrayElement, element.isPlainNumber,
        call.types[0].isPlainNumber, let type = DataType.common([element, call.types[0]])
      else { throw call.illegal(1, "an array of numbers") }
      guard case .array(let values)? = try call.cast(1, .array(type)).constant else {
        throw SQLError(
          .illegalColumn, "The second argument of function roundDown must be a constant array",
          at: call.arguments[1].position ?? call.position)
      }
      let steps = Column(type, of: values)
      // The list tells this call from others.
      let arguments = [try call.cast(0, type), call.arguments[1]]
      return .kernel(type, arguments: arguments) { input in
        let numbers = input.column(0)
        let order: [Int32]
        let positions: [Int32]
        if type.isFloat {
          (order, positions) = places(
            KernelValue.column(steps).doubles(), KernelValue.column(numbers).doubles(), input.rows)
        } else if type == .uint64 {
          (order, positions) = places(
            KernelValue.column(steps).integers(UInt64.self),
            KernelValue.column(numbers).integers(UInt64.self), input.rows)
        } else {
          (order, positions) = places(
            KernelValue.column(steps).integers(Int64.self),
            KernelValue.column(numbers).integers(Int64.self), input.rows)
        }
        return .column(steps.gather(positions.map { order[Int($0)] }))
      }
    },
  ]

  /// The ascending order of steps, and for each number the place in it of the greatest that is not above.
  private static func places<T: Comparable & Sendable>(
    _ steps: Vector<T>, _ numbers: Vector<T>, _ rows: Int
  ) -> (order: [Int32], positions: [Int32]) {
    guard case .array(let steps) = steps else { return ([], []) }
    let order = steps.indices.sorted { steps[$0] < steps[$1] }
    let positions = numbers.map(rows: rows) { number -> Int32 in
      var low = 0
      var high = order.count
      while low < high {
        let middle = (low + high) / 2
        if steps[order[middle]] <= number { low = middle + 1 } else { high = middle }
      }
      return Int32(truncatingIfNeeded: max(0, low - 1))
    }
    return (order.map { Int32(truncatingIfNeeded: $0) }, positions)
  }

  private static func orNull(
    _ name: String, _ function: String, _ what: String, _ aliases: [String]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .arithmetic, arguments: "a, b", result: "Nullable number",
      summary: "\(what); NULL where b is 0.", arity: 2...2, aliases: aliases
    ) { (call) throws(SQLError) in
      let builder = call.builder
      let zero = builder.constant(.uint(0), .uint8)
      // What lies under NULL is never worked out by zero.
      let divisor = try builder.call("nullIf", [call.arguments[1], zero], at: call.position)
      return .expression(
        try builder.call(function, [call.arguments[0], divisor], at: call.position))
    }
  }
}
