/// Arithmetic element by element: tuples with tuples of the same length, and with a number.
import TickColumns

extension FunctionTable {
  static let tupleArithmetic: [ScalarFunction] =
    [
      ("tuplePlus", "plus", ["vectorSum"]), ("tupleMinus", "minus", ["vectorDifference"]),
      ("tupleMultiply", "multiply", []), ("tupleDivide", "divide", []),
      ("tupleModulo", "modulo", []), ("tupleIntDiv", "intDiv", []),
      ("tupleIntDivOrZero", "intDivOrZero", []),
    ].flatMap { name, function, aliases in
      [
        elementwise(name, function, aliases),
        byNumber(name + "ByNumber", function),
      ]
    }.filter { !["tuplePlusByNumber", "tupleMinusByNumber"].contains($0.name) }
    + [
      ScalarFunction(
        "tupleNegate", .tuple, arguments: "t", result: "Tuple", summary: "The tuple of `-x`.",
        arity: 1...1
      ) { (call) throws(SQLError) in
        let count = try tupleCount(call, 0)
        return .expression(
          try tuple(call, count) { (i) throws(SQLError) in
            try call.builder.call("negate", [try element(call, 0, i)], at: call.position)
          })
      },
      ScalarFunction(
        "tupleHammingDistance", .tuple, arguments: "a, b", result: "UInt8 or wider",
        summary: "How many elements differ.", arity: 2...2
      ) { (call) throws(SQLError) in
        let count = try commonCount(call)
        var sum = call.builder.constant(.uint(0), .uint8)
        for i in 0..<count {
          let differs = try call.builder.call(
            "notEquals", [try element(call, 0, i), try element(call, 1, i)], at: call.position)
          sum =
            i == 0
            ? differs : try call.builder.call("plus", [sum, differs], at: call.position)
        }
        return .expression(sum)
      },
      ScalarFunction(
        "tupleConcat", .tuple, arguments: "a, b, ...", result: "Tuple",
        summary: "The elements of the tuples, one after the other.", arity: 1...Int.max
      ) { (call) throws(SQLError) in
        var elements: [BoundExpression] = []
        for i in 0..<call.count {
          for j in 0..<(try tupleCount(call, i)) { elements.append(try element(call, i, j)) }
        }
        return .expression(try call.builder.call("tuple", elements, at: call.position))
      },
      ScalarFunction(
        "tupleNames", .tuple, arguments: "t", result: "Array(String)",
        summary: "The names of the elements; their numbers where they have none.", arity: 1...1
      ) { (call) throws(SQLError) in
        guard case .tuple(let elements) = call.types[0] else { throw call.illegal(0, "a tuple") }
        let names = elements.enumerated().map { Value.text($1.name ?? "\($0 + 1)") }
        return .constant(.array(names), .array(.string))
      },
    ]

  private static func tupleCount(_ call: FunctionBinding, _ i: Int) throws(SQLError) -> Int {
    guard case .tuple(let elements) = call.types[i] else { throw call.illegal(i, "a tuple") }
    return elements.count
  }

  private static func commonCount(_ call: FunctionBinding) throws(SQLError) -> Int {
    let count = try tupleCount(call, 0)
    guard try tupleCount(call, 1) == count else {
      throw SQLError(
        .illegalTypeOfArgument,
        "Expected tuples of the same size as arguments 0 and 1 of function \(call.name), got "
          + "\(call.types[0]) and \(call.types[1])", at: call.position)
    }
    return count
  }

  private static func element(
    _ call: FunctionBinding, _ argument: Int, _ i: Int
  ) throws(SQLError) -> BoundExpression {
    let number = call.builder.constant(.uint(UInt64(i + 1)), .uint64)
    return try call.builder.call(
      "tupleElement", [call.arguments[argument], number], at: call.position)
  }

  private static func tuple(
    _ call: FunctionBinding, _ count: Int,
    _ body: (Int) throws(SQLError) -> BoundExpression
  ) throws(SQLError) -> BoundExpression {
    var elements: [BoundExpression] = []
    for i in 0..<count { elements.append(try body(i)) }
    return try call.builder.call("tuple", elements, at: call.position)
  }

  private static func elementwise(
    _ name: String, _ function: String, _ aliases: [String]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .tuple, arguments: "a, b", result: "Tuple",
      summary: "The tuple of `\(function)(x, y)` over both.", arity: 2...2, aliases: aliases
    ) { (call) throws(SQLError) in
      let count = try commonCount(call)
      return .expression(
        try tuple(call, count) { (i) throws(SQLError) in
          try call.builder.call(
            function, [try element(call, 0, i), try element(call, 1, i)], at: call.position)
        })
    }
  }

  private static func byNumber(_ name: String, _ function: String) -> ScalarFunction {
    ScalarFunction(
      name, .tuple, arguments: "t, number", result: "Tuple",
      summary: "The tuple of `\(function)(x, number)`.", arity: 2...2
    ) { (call) throws(SQLError) in
      let count = try tupleCount(call, 0)
      guard call.types[1].isNumber else { throw call.illegal(1, "a number") }
      return .expression(
        try tuple(call, count) { (i) throws(SQLError) in
          try call.builder.call(
            function, [try element(call, 0, i), call.arguments[1]], at: call.position)
        })
    }
  }

  /// `+ - * /` of tuples, as what these operators are called for; nil for other arguments.
  static func tupleOperator(
    _ call: FunctionBinding, _ function: String
  ) throws(SQLError) -> Resolution? {
    let areTuples = call.types.map { if case .tuple = $0 { true } else { false } }
    guard areTuples.contains(true) else { return nil }
    let name: String
    var arguments = call.arguments
    switch (areTuples[0], areTuples[1]) {
    case (true, true): name = "tuple" + function.prefix(1).uppercased() + function.dropFirst()
    case (true, false) where function == "multiply" || function == "divide":
      name = "tuple" + function.prefix(1).uppercased() + function.dropFirst() + "ByNumber"
    case (false, true) where function == "multiply":
      name = "tupleMultiplyByNumber"
      arguments.swapAt(0, 1)
    default: return nil
    }
    return .expression(try call.builder.call(name, arguments, at: call.position))
  }
}
