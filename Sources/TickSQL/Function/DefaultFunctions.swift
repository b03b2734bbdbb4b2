import TickColumns

/// Conditions on zeros and other values that stand for nothing.
extension FunctionTable {
  static let defaults: [ScalarFunction] = [
    ScalarFunction(
      "isZeroOrNull", .conditional, arguments: "x", result: "UInt8",
      summary: "1 where x is 0 or NULL.", arity: 1...1, traits: .ownNulls
    ) { (call) throws(SQLError) in
      if call.types[0] == .nullable(.nothing) { return .constant(.uint(1), .uint8) }
      guard call.types[0].withoutNullable.isNumber else {
        throw SQLError(
          .badArguments,
          "The argument of function isZeroOrNull must have simple numeric type, possibly Nullable",
          at: call.arguments[0].position ?? call.position)
      }
      let builder = call.builder
      let isZero = try builder.call(
        "equals", [call.arguments[0], builder.constant(.uint(0), .uint8)], at: call.position)
      return .expression(
        try builder.call(
          "ifNull", [isZero, builder.constant(.uint(1), .uint8)], at: call.position))
    },
    ScalarFunction(
      "firstNonDefault", .conditional, arguments: "x, y, ...", result: "common type",
      summary:
        "The first argument that is neither NULL nor its type's zero value; else NULL, or the zero value.",
      arity: 1...Int.max, anyCase: true, traits: .ownNulls
    ) { (call) throws(SQLError) in
      let builder = call.builder
      var parts: [BoundExpression] = []
      for argument in call.arguments {
        let type = argument.type.withoutNullable.withoutLowCardinality
        guard type != .nothing else { continue }
        let zero = builder.constant(.defaultValue(of: type), type)
        parts.append(try builder.call("notEquals", [argument, zero], at: call.position))
        parts.append(argument)
      }
      // Where all are zero values: NULL if that can be, and the last argument otherwise.
      let hasNull = call.arguments.contains { $0.type.isNullable }
      parts.append(
        hasNull
          ? builder.constant(.null, .nullable(.nothing)) : call.arguments[call.count - 1])
      return .expression(
        parts.count == 1 ? parts[0] : try builder.call("multiIf", parts, at: call.position))
    },
  ]
}
