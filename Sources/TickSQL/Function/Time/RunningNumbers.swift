/// Running numbers of calendar units, and parts below a second.
import TickColumns

extension FunctionTable {
  static let runningNumbers: [ScalarFunction] = [
    timeNumber("toRelativeYearNum", .uint16, "The year, as a running number.") {
      time, ticks, rows in
      ticks.map(rows: rows) { Int64(time.date($0).year) }
    },
    timeNumber("toRelativeQuarterNum", .uint32, "Quarters since the year 0.") { time, ticks, rows in
      ticks.map(rows: rows) { tick in
        let date = time.date(tick)
        return Int64(date.year * 4 + (date.month - 1) / 3)
      }
    },
    timeNumber("toRelativeMonthNum", .uint32, "Months since the year 0, January is 1.") {
      time, ticks, rows in
      ticks.map(rows: rows) { tick in
        let date = time.date(tick)
        return Int64(date.year * 12 + date.month)
      }
    },
    timeNumber("toRelativeWeekNum", .uint32, "Weeks since 1970, which begin on Monday.") {
      time, ticks, rows in
      ticks.map(rows: rows) { (time.day($0) + 3).floorDivided(by: 7) }
    },
    timeNumber("toRelativeDayNum", .uint32, "Days since 1970-01-01.") { time, ticks, rows in
      ticks.map(rows: rows) { time.day($0) }
    },
    timeNumber(
      "toRelativeHourNum", .uint32,
      "Hours since 1970-01-01; in zones with parts of an hour from another start, as in ClickHouse.",
      ofInstants: true
    ) { time, ticks, rows in
      let shift =
        time.zone.hasWholeHours ? 0 : TimeArithmetic.secondsPerDay - time.zone.offsetAtEpoch
      return ticks.map(rows: rows) { (time.seconds($0) &+ shift).floorDivided(by: 3_600) }
    },
    timeNumber(
      "toRelativeMinuteNum", .uint32, "Minutes since 1970-01-01.", ofInstants: true
    ) { time, ticks, rows in
      ticks.map(rows: rows) { time.seconds($0).floorDivided(by: 60) }
    },
    timeNumber(
      "toRelativeSecondNum", .uint32, "Seconds since 1970-01-01.", ofInstants: true
    ) { time, ticks, rows in
      ticks.map(rows: rows) { time.seconds($0) }
    },
    timeNumber(
      "toDaysSinceYearZero", .uint32, "Days since 0000-01-01.", aliases: ["TO_DAYS"]
    ) { time, ticks, rows in ticks.map(rows: rows) { time.day($0) + daysBefore1970 } },
    timeNumber(
      "toMicrosecond", .uint32, "The microseconds within the second.", clockOnly: true,
      aliases: ["MICROSECOND"]
    ) { time, ticks, rows in
      ticks.map(rows: rows) { time.fraction($0) * 1_000_000 / time.scale }
    },
    timeNumber(
      "toNanosecond", .uint32, "The nanoseconds within the second.", clockOnly: true,
      aliases: ["NANOSECOND"]
    ) { time, ticks, rows in
      ticks.map(rows: rows) { time.fraction($0) * (1_000_000_000 / time.scale) }
    },
    ScalarFunction(
      "fromDaysSinceYearZero", .dateTime, arguments: "n", result: "Date",
      summary: "The date of a number of days since 0000-01-01.", arity: 1...1,
      aliases: ["FROM_DAYS"], aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      try checkInteger(call, 0)
      return .kernel(.date) { input in
        .column(
          .date,
          input.operands[0].integers(Int64.self).map(rows: input.rows) {
            UInt16(truncatingIfNeeded: $0 &- daysBefore1970)
          })
      }
    },
  ]

  /// Days from 0000-01-01 to 1970-01-01.
  private static let daysBefore1970: Int64 = 719_528
}
