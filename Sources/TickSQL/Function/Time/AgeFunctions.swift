/// Whole units between two times.
import TickColumns

extension FunctionTable {
  static let ages: [ScalarFunction] = [
    ScalarFunction(
      "age", .dateTime, arguments: "'unit', a, b[, 'zone']", result: "Int64",
      summary: "How many whole units lie between a and b (negative when b is earlier).",
      arity: 3...4,
      anyCase: true
    ) { (call) throws(SQLError) in
      guard case .bytes(let bytes)? = call.constant(0),
        let unit = IntervalUnit(named: String(decoding: bytes, as: UTF8.self))
      else {
        throw SQLError(
          .badArguments, "age expects the name of a unit first, for example 'minute'",
          at: call.arguments[0].position ?? call.position)
      }
      let from = try LocalTime(call, 1, zone: 3)
      let to = try LocalTime(call, 2, zone: 3)
      let length = nanoseconds(of: unit)
      // Days are those of the clock, however long; hours and shorter units pass everywhere alike.
      let isOfInstants = length.map { $0 < 86_400_000_000_000 } ?? false
      return .kernel(.int64) { input in
        func ticks(_ time: LocalTime, _ i: Int) -> Vector<Int64> {
          isOfInstants
            ? input.operands[i].integers(Int64.self)
            : time.local(input.operands[i], rows: input.rows)
        }
        let left = ticks(from, 1)
        let right = ticks(to, 2)
        var out = [Int64](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let (a, b) = (left.element(row), right.element(row))
          if let length {
            let difference = (to.nanoseconds(b) - from.nanoseconds(a)) / length
            out[row] = Int64(truncatingIfNeeded: difference)
          } else {
            out[row] = wholeMonths(
              CalendarPoint(from, a), CalendarPoint(to, b),
              per: unit == .month ? 1 : unit == .quarter ? 3 : 12)
          }
        }
        return .column(.int64, out)
      }
    },
    ScalarFunction(
      "timeDiff", .dateTime, arguments: "a, b", result: "Int64",
      summary: "Seconds from a to b.", arity: 2...2, anyCase: true
    ) { (call) throws(SQLError) in
      let unit = call.builder.constant(.text("second"), .string)
      return .expression(
        try call.builder.call("dateDiff", [unit] + call.arguments, at: call.position))
    },
  ]

  /// The length of a unit; nil for those of the calendar.
  private static func nanoseconds(of unit: IntervalUnit) -> Int128? {
    switch unit {
    case .nanosecond: 1
    case .microsecond: 1_000
    case .millisecond: 1_000_000
    case .second, .minute, .hour, .day, .week: Int128(unit.seconds) * 1_000_000_000
    case .month, .quarter, .year: nil
    }
  }

  /// A month, and how far into it.
  private struct CalendarPoint {
    let month: Int64
    let day: Int
    let rest: Int128

    init(_ time: LocalTime, _ ticks: Int64) {
      let date = time.date(ticks)
      month = Int64(date.year * 12 + date.month - 1)
      day = date.day
      rest = time.nanoseconds(ticks) - Int128(time.day(ticks)) * 86_400_000_000_000
    }

    /// The place within a unit of so many months.
    func place(per months: Int64) -> (Int64, Int, Int128) { (month % months, day, rest) }
  }

  private static func wholeMonths(
    _ a: CalendarPoint, _ b: CalendarPoint, per months: Int64
  ) -> Int64 {
    let units = b.month / months - a.month / months
    if units > 0, b.place(per: months) < a.place(per: months) { return units - 1 }
    if units < 0, a.place(per: months) < b.place(per: months) { return units + 1 }
    return units
  }
}
