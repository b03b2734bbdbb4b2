import TickColumns

/// AND, OR, XOR and NOT in three values: NULL is unknown, and `0 AND NULL` is 0, `1 OR NULL` is 1.
extension FunctionTable {
  static let logic: [ScalarFunction] = [
    ScalarFunction(
      "and", .logic, arguments: "a, b, ...", result: "UInt8",
      summary:
        "True when all arguments are. Arguments that can fail are asked only for rows that the ones before "
        + "leave open.", arity: 2...Int.max, anyCase: true, traits: .ownNulls
    ) { (call) throws(SQLError) in try connect(call, isAnd: true) },
    ScalarFunction(
      "or", .logic, arguments: "a, b, ...", result: "UInt8",
      summary: "True when one argument is.", arity: 2...Int.max, anyCase: true, traits: .ownNulls
    ) { (call) throws(SQLError) in try connect(call, isAnd: false) },
    ScalarFunction(
      "xor", .logic, arguments: "a, b, ...", result: "UInt8",
      summary: "True when an odd number of arguments is.", arity: 2...Int.max
    ) { (call) throws(SQLError) in
      try checkConditions(call)
      let type = booleanType(call)
      return .kernel(type) { input in
        var out = truth(input.operands[0], rows: input.rows).map { $0 != 0 ? 1 : 0 as UInt8 }
        for operand in input.operands.dropFirst() {
          let marks = truth(operand, rows: input.rows)
          for row in out.indices where marks[row] != 0 { out[row] ^= 1 }
        }
        return .column(.uint8, out).relabelled(type)
      }
    },
    ScalarFunction(
      "not", .logic, arguments: "a", result: "UInt8", summary: "1 where a is 0, otherwise 0.",
      arity: 1...1, anyCase: true
    ) { (call) throws(SQLError) in
      try checkConditions(call)
      let type = booleanType(call)
      return .kernel(type) { input in
        .column(type, truth(input.operands[0], rows: input.rows).map { $0 == 0 ? 1 : 0 as UInt8 })
      }
    },
  ]

  private static func checkConditions(_ call: FunctionBinding) throws(SQLError) {
    for (i, type) in call.types.enumerated() {
      guard
        type.withoutNullable.isNumber || type.withoutNullable == .float32
          || type == .nullable(.nothing)
      else {
        throw call.illegal(i, "a number")
      }
    }
  }

  /// Bool when an argument is, as in ClickHouse; UInt8 otherwise.
  private static func booleanType(_ call: FunctionBinding) -> DataType {
    call.types.contains { $0.withoutNullable == .bool } ? .bool : .uint8
  }

  private static func connect(
    _ call: FunctionBinding, isAnd: Bool
  ) throws(SQLError) -> Resolution {
    try checkConditions(call)
    let plain = booleanType(call)
    let type = call.types.contains(where: \.isNullable) ? plain.madeNullable : plain
    // A constant that decides, decides the whole.
    for argument in call.arguments {
      guard let value = argument.constant, value != .null else { continue }
      if value.isTrue != isAnd { return .constant(.uint(isAnd ? 0 : 1), type) }
    }
    if call.arguments.dropFirst().contains(where: \.mayThrow) {
      return .expression(
        call.builder.pool.lazyLogic(isAnd: isAnd, call.arguments, type, at: call.position))
    }
    return .kernel(type) { input in
      if !type.isNullable {
        var out = [UInt8](repeating: isAnd ? 1 : 0, count: input.rows)
        for operand in input.operands {
          if let constant = operand.constant {
            if constant.isTrue != isAnd { return .constant(.uint(isAnd ? 0 : 1), type) }
            continue
          }
          let marks = truth(operand, rows: input.rows)
          if isAnd {
            for row in out.indices { out[row] &= marks[row] != 0 ? 1 : 0 }
          } else {
            for row in out.indices { out[row] |= marks[row] != 0 ? 1 : 0 }
          }
        }
        return .column(type, out)
      }
      let deciding: UInt8 = isAnd ? 0 : 1
      var state = [UInt8](repeating: 1 - deciding, count: input.rows)
      for operand in input.operands {
        let answers = logicStates(operand, rows: input.rows)
        for row in state.indices where state[row] != deciding {
          if answers[row] == deciding || answers[row] == 2 { state[row] = answers[row] }
        }
      }
      return .column(logicColumn(state, type))
    }
  }
}

/// Branches and NULL.
extension FunctionTable {
  static let conditional: [ScalarFunction] = [
    ScalarFunction(
      "if", .conditional, arguments: "condition, then, else", result: "common type",
      summary:
        "`condition ? then : else`; a NULL condition takes else. A branch is evaluated only for its rows.",
      arity: 3...3, anyCase: true, traits: .ownNulls
    ) { (call) throws(SQLError) in
      try choice(
        call, conditions: [call.arguments[0]], results: [call.arguments[1], call.arguments[2]])
    },
    ScalarFunction(
      "multiIf", .conditional, arguments: "c1, a1, c2, a2, ..., else", result: "common type",
      summary: "The result of the first true condition. `CASE WHEN` is this.",
      arity: 3...Int.max, aliases: ["caseWithoutExpression"], anyCase: true, traits: .ownNulls
    ) { (call) throws(SQLError) in
      guard call.count % 2 == 1 else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch, "multiIf expects an odd number of arguments",
          at: call.position)
      }
      let pairs = stride(from: 0, to: call.count - 1, by: 2)
      return try choice(
        call, conditions: pairs.map { call.arguments[$0] },
        results: pairs.map { call.arguments[$0 + 1] } + [call.arguments[call.count - 1]])
    },
    ScalarFunction(
      "caseWithExpression", .conditional, arguments: "x, v1, a1, v2, a2, ..., else",
      result: "common type", summary: "The result beside the first value that equals x.",
      arity: 4...Int.max, traits: .ownNulls
    ) { (call) throws(SQLError) in
      guard call.count % 2 == 0 else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch, "CASE expects pairs of values and a result",
          at: call.position)
      }
      let pairs = stride(from: 1, to: call.count - 1, by: 2)
      var conditions: [BoundExpression] = []
      for i in pairs {
        conditions.append(
          try call.builder.call(
            "equals", [call.arguments[0], call.arguments[i]], at: call.position)
        )
      }
      return try choice(
        call, conditions: conditions,
        results: pairs.map { call.arguments[$0 + 1] } + [call.arguments[call.count - 1]])
    },
    ScalarFunction(
      "isNull", .conditional, arguments: "x", result: "UInt8", summary: "`x IS NULL`.",
      arity: 1...1, anyCase: true, traits: [.ownNulls, .ownCodes]
    ) { call in .kernel(.uint8) { input in nullMarks(input, whenNull: 1) } },
    ScalarFunction(
      "isNotNull", .conditional, arguments: "x", result: "UInt8", summary: "`x IS NOT NULL`.",
      arity: 1...1, traits: [.ownNulls, .ownCodes]
    ) { call in .kernel(.uint8) { input in nullMarks(input, whenNull: 0) } },
    ScalarFunction(
      "ifNull", .conditional, arguments: "x, y", result: "common type",
      summary: "x, or y where x is NULL.", arity: 2...2, anyCase: true,
      traits: .ownNulls
    ) { (call) throws(SQLError) in try firstNotNull(call) },
    ScalarFunction(
      "coalesce", .conditional, arguments: "x, y, ...", result: "common type",
      summary: "The first argument that is not NULL.", arity: 1...Int.max, anyCase: true,
      traits: .ownNulls
    ) { (call) throws(SQLError) in try firstNotNull(call) },
    ScalarFunction(
      "nullIf", .conditional, arguments: "x, y", result: "Nullable type of x",
      summary: "NULL where x = y, otherwise x.", arity: 2...2, anyCase: true, traits: .ownNulls
    ) { (call) throws(SQLError) in
      let x = call.arguments[0]
      if x.constant == .null { return .constant(.null, .nullable(.nothing)) }
      let type = x.type.withoutLowCardinality.madeNullable
      var isTuple = false
      if case .tuple = type { isTuple = true }
      // ClickHouse has nullable tuples: `choice` refuses them as absent.
      guard type.isNullable || isTuple else {
        throw call.illegal(0, "a type that can be Nullable")
      }
      let equal = try call.builder.call("equals", [x, call.arguments[1]], at: call.position)
      return try choice(
        call, conditions: [equal],
        results: [call.builder.constant(.null, type), try call.builder.cast(x, to: type)])
    },
    ScalarFunction(
      "assumeNotNull", .conditional, arguments: "x", result: "type of x without NULL",
      summary: "x without its NULL marks; NULL becomes the type's zero value.", arity: 1...1,
      traits: [.ownNulls, .ownCodes]
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      guard type != .nullable(.nothing) else {
        throw SQLError(.illegalColumn, "NULL has no value to assume", at: call.position)
      }
      let plain = type.withoutNullable
      return .kernel(plain) { input in
        if input.operands[0].isConstantNull { return .constant(.defaultValue(of: plain), plain) }
        return input.operands[0].withoutNulls
      }
    },
    ScalarFunction(
      "toNullable", .conditional, arguments: "x", result: "Nullable type of x",
      summary: "x in a type that can hold NULL.", arity: 1...1, traits: [.ownNulls, .ownCodes]
    ) { call in
      let type = call.types[0].madeNullable
      return .kernel(type) { input in input.operands[0].relabelled(type) }
    },
  ]

  private static func nullMarks(_ input: KernelInput, whenNull mark: UInt8) -> KernelValue {
    if let constant = input.operands[0].constant {
      return .constant(.uint(UInt64(constant == .null ? mark : 1 - mark)), .uint8)
    }
    if case .column(let column) = input.operands[0], case .nothing = column.values {
      return .constant(.uint(UInt64(mark)), .uint8)
    }
    guard let validity = input.operands[0].validity else {
      return .constant(.uint(UInt64(1 - mark)), .uint8)
    }
    return .column(.uint8, validity.map { $0 == 0 ? mark : 1 - mark })
  }

  private static func firstNotNull(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    // What follows an argument that is never NULL is never reached.
    var reached: [BoundExpression] = []
    for argument in call.arguments where argument.type != .nullable(.nothing) {
      reached.append(argument)
      if !argument.type.isNullable { break }
    }
    guard let last = reached.last else { return .constant(.null, .nullable(.nothing)) }
    if reached.count == 1 { return .expression(last) }
    var conditions: [BoundExpression] = []
    var results: [BoundExpression] = []
    for argument in reached.dropLast() {
      conditions.append(try call.builder.call("isNotNull", [argument], at: call.position))
      results.append(
        last.type.isNullable
          ? argument : try call.builder.call("assumeNotNull", [argument], at: call.position))
    }
    return try choice(call, conditions: conditions, results: results + [last])
  }

  /// Settles the common type of branches and makes the choice.
  static func choice(
    _ call: FunctionBinding, conditions: [BoundExpression], results: [BoundExpression]
  ) throws(SQLError) -> Resolution {
    for condition in conditions {
      switch condition.type.withoutNullable {
      case .uint8, .bool: continue
      case .nothing where condition.type.isNullable: continue
      default:
        throw SQLError(
          .illegalTypeOfArgument,
          "Illegal type \(condition.type) of the condition of function \(call.name). Must be UInt8",
          at: condition.position ?? call.position)
      }
    }
    var type = results[0].type
    for result in results.dropFirst() {
      guard let common = DataType.common(type, result.type) else {
        throw SQLError(
          .noCommonType,
          "There is no supertype for types "
            + results.map(\.type.description).joined(separator: ", ")
            + " in the branches of function \(call.name)", at: result.position ?? call.position)
      }
      type = common
    }
    if !type.isNullable, results.contains(where: { $0.constant == .null || $0.type.isNullable }) {
      throw SQLError(
        .notImplemented, "Nullable(\(type)) in function \(call.name) is not supported yet",
        at: call.position)
    }
    // Branches of several dictionaries meet as strings.
    if case .lowCardinality = type { type = type.withoutLowCardinality }
    var converted: [BoundExpression] = []
    for result in results { converted.append(try call.builder.cast(result, to: type)) }
    let node = call.builder.pool.choice(
      conditions: conditions, results: converted, type, at: call.position)
    if (conditions + converted).allSatisfy({ $0.constant != nil }) {
      return .expression(try call.builder.folded(node, at: call.position))
    }
    return .expression(node)
  }
}
