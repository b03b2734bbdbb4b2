/// Times by other names: what other functions do, called as other systems call it.
import TickColumns

extension FunctionTable {
  static let timeShorthands: [ScalarFunction] =
    [
      ScalarFunction(
        "fromUnixTimestamp", .dateTime, arguments: "n[, 'pattern'[, 'zone']]",
        result: "DateTime; String with a pattern",
        summary:
          "The time of n seconds since 1970; with a pattern, its text as formatDateTime gives it.",
        arity: 1...3, aliases: ["FROM_UNIXTIME"], aliasesAnyCase: true
      ) { (call) throws(SQLError) in
        try checkInteger(call, 0)
        let time = try call.builder.cast(
          call.arguments[0],
          to: call.arguments[0].type.isNullable
            ? .nullable(.dateTime(zone: nil)) : .dateTime(zone: nil))
        guard call.count > 1 else { return .expression(time) }
        return .expression(
          try call.builder.call(
            "formatDateTime", [time] + call.arguments.dropFirst(), at: call.position))
      },
      composed("toDaysInMonth", "UInt8", "The number of days of the month.") {
        (call) throws(SQLError) in
        let last = try call.builder.call("toLastDayOfMonth", call.arguments, at: call.position)
        return try call.builder.call("toDayOfMonth", [last], at: call.position)
      },
      composed("toMonthNumSinceEpoch", "UInt32", "Months since 1970-01.") {
        (call) throws(SQLError) in try sinceEpoch(call, "toRelativeMonthNum", 23_641, .uint32)
      },
      composed("toYearNumSinceEpoch", "UInt16", "Years since 1970.") {
        (call) throws(SQLError) in try sinceEpoch(call, "toYear", 1_970, .uint16)
      },
      timeSlots,
    ]
    + ["", "OrNull", "OrZero"].map { suffix in
      ScalarFunction(
        "parseDateTime32BestEffort" + suffix, .dateTime, arguments: "s[, 'zone']",
        result: suffix == "OrNull" ? "Nullable(DateTime)" : "DateTime",
        summary: "parseDateTimeBestEffort\(suffix).", arity: 1...2,
        traits: suffix.isEmpty ? .mayThrow : .ownNulls
      ) { (call) throws(SQLError) in
        .expression(
          try call.builder.call(
            "parseDateTimeBestEffort" + suffix, call.arguments, at: call.position))
      }
    }

  private static func composed(
    _ name: String, _ result: String, _ summary: String,
    _ body: @escaping @Sendable (FunctionBinding) throws(SQLError) -> BoundExpression
  ) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t[, 'zone']", result: result, summary: summary, arity: 1...2
    ) { (call) throws(SQLError) in .expression(try body(call)) }
  }

  private static func sinceEpoch(
    _ call: FunctionBinding, _ function: String, _ first: UInt64, _ type: DataType
  ) throws(SQLError) -> BoundExpression {
    let number = try call.builder.call(function, call.arguments, at: call.position)
    let count = try call.builder.call(
      "minus", [number, call.builder.constant(.uint(first), .uint32)], at: call.position)
    return try call.builder.cast(count, to: count.type.isNullable ? type.madeNullable : type)
  }

  // MARK: timeSlots

  private static let timeSlots = ScalarFunction(
    "timeSlots", .dateTime, arguments: "t, duration[, size]", result: "Array(DateTime)",
    summary:
      "The starts of the slots of `size` seconds (1800 by default), counted in UTC, that the time from t to t + "
      + "duration touches.", arity: 2...3, traits: .mayThrow
  ) { (call) throws(SQLError) in
    guard case .dateTime = call.types[0] else { throw call.illegal(0, "DateTime") }
    try checkInteger(call, 1)
    var size: Int64 = 1_800
    if call.count == 3 {
      guard let constant = call.constant(2)?.int64, call.types[2].isInteger else {
        throw call.illegal(2, "a constant integer")
      }
      size = constant
    }
    guard size > 0 else {
      throw SQLError(
        .illegalTypeOfArgument, "The size of the slots of timeSlots must be positive",
        at: call.position)
    }
    let slot = size
    let element = call.types[0]
    return .kernel(.array(element)) { (input) throws(SQLError) in
      let times = input.operands[0].integers(Int64.self)
      let durations = input.operands[1].integers(Int64.self)
      var offsets = [0]
      var starts: [UInt32] = []
      for row in 0..<input.rows {
        if input.valid?[row] != 0 {
          let duration = min(max(durations.element(row), 0), Int64(UInt32.max))
          let first = times.element(row).floorDivided(by: slot)
          let last = (times.element(row) + duration).floorDivided(by: slot)
          guard last - first < Int64(ArrayRows.elementsMax - starts.count) else {
            throw SQLError(
              .tooLargeArraySize,
              "Arrays of more than \(ArrayRows.elementsMax) elements in one batch")
          }
          for number in first...last { starts.append(UInt32(clamping: number * slot)) }
        }
        offsets.append(starts.count)
      }
      return .column(
        Column(
          .array(element),
          .array(ArrayValues(offsets: offsets, elements: Column(element, .uint32(starts))))))
    }
  }
}
