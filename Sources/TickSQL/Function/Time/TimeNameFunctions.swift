/// Parts of a time in words.
import TickColumns

extension FunctionTable {
  static let timeNames: [ScalarFunction] = [
    ScalarFunction(
      "dateName", .dateTime, arguments: "'part', t[, 'zone']", result: "String",
      summary:
        "A part as text: year, quarter, month, dayofyear, day, week, weekday, hour, minute or second; month and "
        + "weekday by name.", arity: 2...3, anyCase: true
    ) { (call) throws(SQLError) in
      guard case .bytes(let bytes)? = call.constant(0), call.types[0] == .string else {
        throw call.illegal(0, "a constant string")
      }
      let part = String(decoding: bytes, as: UTF8.self)
      let numbers = [
        "year": "toYear", "quarter": "toQuarter", "dayofyear": "toDayOfYear",
        "day": "toDayOfMonth", "week": "toISOWeek", "hour": "toHour", "minute": "toMinute",
        "second": "toSecond",
      ]
      if let function = numbers[part] {
        // A Date has no clock, and its functions take no zone.
        let zone = call.types[1] == .date ? [] : call.arguments.dropFirst(2)
        let number = try call.builder.call(
          function, [call.arguments[1]] + zone, at: call.position)
        return .expression(try call.builder.call("toString", [number], at: call.position))
      }
      let time = try LocalTime(call, 1, zone: 2)
      switch part {
      case "month": return name(1, time) { TimeNames.months[time.date($0).month - 1] }
      case "weekday": return name(1, time) { TimeNames.weekdays[TimeNames.weekday(time.day($0))] }
      default:
        throw SQLError(
          .badArguments, "Invalid date part \(part) for function dateName",
          at: call.arguments[0].position ?? call.position)
      }
    },
    ScalarFunction(
      "monthName", .dateTime, arguments: "t", result: "String", summary: "The name of the month.",
      arity: 1...1, anyCase: true
    ) { (call) throws(SQLError) in
      let time = try LocalTime(call, 0)
      return name(0, time) { TimeNames.months[time.date($0).month - 1] }
    },
  ]

  private static func name(
    _ argument: Int, _ time: LocalTime, _ name: @escaping @Sendable (Int64) -> String
  ) -> Resolution {
    textResult { (input, out) throws(SQLError) in
      let ticks = time.local(input.operands[argument], rows: input.rows)
      var lastDay = Int64.min
      var last: [UInt8] = []
      for row in 0..<input.rows {
        let day = time.day(ticks.element(row))
        if day != lastDay {
          lastDay = day
          last = Array(name(ticks.element(row)).utf8)
        }
        try out.append(last)
        out.endRow()
      }
    }
  }
}
