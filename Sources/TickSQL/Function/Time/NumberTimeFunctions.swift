/// Times from numbers whose decimal digits are their parts, and other names for what `+` and `-` do.
import TickColumns

extension FunctionTable {
  static let numberTimes: [ScalarFunction] = [
    ScalarFunction(
      "YYYYMMDDToDate", .dateTime, arguments: "n", result: "Date",
      summary: "The date of a number like 20240310; 1970-01-01 where there is none.", arity: 1...1,
      anyCase: true
    ) { (call) throws(SQLError) in
      try checkDigits(call)
      return .expression(
        try call.builder.call(
          "makeDate",
          try digitParts(call, [10_000, 100, 1], [1 << 32, 100, 100]), at: call.position))
    },
    ScalarFunction(
      "YYYYMMDDhhmmssToDateTime", .dateTime, arguments: "n[, 'zone']", result: "DateTime",
      summary: "The time of a number like 20240310134722.", arity: 1...2, anyCase: true
    ) { (call) throws(SQLError) in
      try checkDigits(call)
      return .expression(
        try call.builder.call(
          "makeDateTime", try clockParts(call) + call.arguments.dropFirst(), at: call.position))
    },
    ScalarFunction(
      "YYYYMMDDhhmmssToDateTime64", .dateTime, arguments: "n[, precision[, 'zone']]",
      result: "DateTime64(precision)", summary: "The time of a number like 20240310134722.",
      arity: 1...3
    ) { (call) throws(SQLError) in
      try checkDigits(call)
      var parts = try clockParts(call)
      if call.count > 1 {
        parts.append(call.builder.constant(.uint(0), .uint8))
        parts += call.arguments.dropFirst()
      }
      return .expression(
        try call.builder.call("makeDateTime64", parts, at: call.position))
    },
    moved("addDate", "plus"), moved("subDate", "minus"),
    ScalarFunction(
      "UTCTimestamp", .dateTime, arguments: "", result: "DateTime('UTC')",
      summary: "The moment the statement began, in UTC.", arity: 0...0, aliases: ["UTC_timestamp"],
      anyCase: true
    ) { (call) throws(SQLError) in
      let zone = call.builder.constant(.text("UTC"), .string)
      return .expression(try call.builder.call("now", [zone], at: call.position))
    },
  ]

  private static func checkDigits(_ call: FunctionBinding) throws(SQLError) {
    if call.types[0] == .float64 {
      throw SQLError(
        .notImplemented, "\(call.name) of a Float64 is not supported yet", at: call.position)
    }
    try checkInteger(call, 0)
  }

  /// `intDiv(n, divisor) % modulus` for each part, as 64-bit integers.
  private static func digitParts(
    _ call: FunctionBinding, _ divisors: [UInt64], _ moduli: [UInt64]
  ) throws(SQLError) -> [BoundExpression] {
    let builder = call.builder
    let number = try builder.cast(
      call.arguments[0],
      to: call.arguments[0].type.isNullable ? .nullable(.int64) : .int64)
    var parts: [BoundExpression] = []
    for (divisor, modulus) in zip(divisors, moduli) {
      let shifted = try builder.call(
        "intDiv", [number, builder.constant(.int(Int64(divisor)), .int64)], at: call.position)
      parts.append(
        try builder.call(
          "modulo", [shifted, builder.constant(.int(Int64(modulus)), .int64)], at: call.position))
    }
    return parts
  }

  private static func clockParts(_ call: FunctionBinding) throws(SQLError) -> [BoundExpression] {
    try digitParts(
      call, [10_000_000_000, 100_000_000, 1_000_000, 10_000, 100, 1],
      [1 << 32, 100, 100, 100, 100, 100])
  }

  private static func moved(_ name: String, _ operation: String) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t, interval", result: "as \(operation)",
      summary: "`t \(operation == "plus" ? "+" : "-") interval`.", arity: 2...2, anyCase: true
    ) { (call) throws(SQLError) in
      guard case .interval = call.types[1] else { throw call.illegal(1, "an interval") }
      return .expression(try call.builder.call(operation, call.arguments, at: call.position))
    }
  }
}
