/// Weeks of the year in MySQL's ten modes, of which 3 is ISO 8601's.
///
/// Bit 0 of a mode: weeks begin on Monday. Bit 1: the first days of January may belong to the last week of the year
/// before, else to week 0. Bit 2: the first week is the first that begins in the year, else the first with four
/// days. Bit 3: the first week is the one with January 1.
import TickColumns

struct WeekMode: Sendable {
  private let beginsOnMonday: Bool
  private let keepsYears: Bool
  private let needsWholeWeek: Bool
  private let isNewYearsWeek: Bool

  static let iso = WeekMode(3)

  init(_ mode: Int64, keepsYears: Bool = false) {
    beginsOnMonday = mode & 1 != 0
    self.keepsYears = keepsYears || mode & 2 != 0
    // MySQL's modes 0, 2, 5, 7 count whole weeks: the bit is turned around where weeks begin on Sunday.
    needsWholeWeek = (mode & 4 != 0) == beginsOnMonday
    isNewYearsWeek = mode & 8 != 0
  }

  /// The first and the last day of the week that a day lies in.
  func week(around day: Int64) -> ClosedRange<Int64> {
    let weekday = Int64(TimeNames.weekday(day))
    let first = day - (beginsOnMonday ? weekday : (weekday + 1) % 7)
    return first...first + 6
  }

  func yearAndWeek(of day: Int64) -> (year: Int64, week: Int64) {
    if isNewYearsWeek {
      // The year of the week's last day.
      let week = week(around: day)
      let year = CivilDate(daysSinceEpoch: Int(week.upperBound)).year
      let first = self.week(around: Self.newYear(year))
      return (Int64(year), (week.lowerBound - first.lowerBound) / 7 + 1)
    }
    let date = CivilDate(daysSinceEpoch: Int(day))
    var year = date.year
    var keepsYears = keepsYears
    var first = Self.newYear(year)
    var weekday = self.weekday(first)
    if date.month == 1, Int64(date.day) <= 7 - weekday {
      if !keepsYears, beginsLater(weekday) { return (Int64(year), 0) }
      keepsYears = true
      year -= 1
      let days = Self.newYear(year + 1) - Self.newYear(year)
      first -= days
      weekday = (weekday + 53 * 7 - days) % 7
    }
    let days = day - (beginsLater(weekday) ? first + 7 - weekday : first - weekday)
    if keepsYears, days >= 52 * 7 {
      let next = (weekday + Self.newYear(year + 1) - Self.newYear(year)) % 7
      if !beginsLater(next) { return (Int64(year) + 1, 1) }
    }
    return (Int64(year), days / 7 + 1)
  }

  /// The week of January 1, which is that weekday, belongs to the year before.
  private func beginsLater(_ weekday: Int64) -> Bool {
    needsWholeWeek ? weekday != 0 : weekday >= 4
  }

  /// 0 is the day on which weeks begin.
  private func weekday(_ day: Int64) -> Int64 {
    let weekday = Int64(TimeNames.weekday(day))
    return beginsOnMonday ? weekday : (weekday + 1) % 7
  }

  private static func newYear(_ year: Int) -> Int64 {
    Int64(CivilDate(year: year, month: 1, day: 1).daysSinceEpoch)
  }
}

extension FunctionTable {
  static let weeks: [ScalarFunction] = [
    weekNumber(
      "toWeek", .uint8, "The week of the year in one of MySQL's modes 0 (the default) to 9.",
      aliases: ["week"]
    ) { mode, day in WeekMode(mode).yearAndWeek(of: day).week },
    weekNumber(
      "toYearWeek", .uint32,
      "Year and week as a number; the first and the last days may belong to another year.",
      aliases: ["yearweek"]
    ) { mode, day in
      let (year, week) = WeekMode(mode, keepsYears: true).yearAndWeek(of: day)
      return year * 100 + week
    },
    weekNumber(
      "toLastDayOfWeek", .date,
      "The last day of the week: Saturday in even modes, Sunday in odd ones.",
      aliases: []
    ) { mode, day in WeekMode(mode).week(around: day).upperBound },
    timeNumber("toISOWeek", .uint8, "The week of ISO 8601.") { time, ticks, rows in
      ticks.map(rows: rows) { WeekMode.iso.yearAndWeek(of: time.day($0)).week }
    },
    timeNumber("toISOYear", .uint16, "The year that the week of ISO 8601 belongs to.") {
      time, ticks, rows in
      ticks.map(rows: rows) { WeekMode.iso.yearAndWeek(of: time.day($0)).year }
    },
    timeNumber("toStartOfISOYear", .date, "The Monday on which the year of ISO 8601 begins.") {
      time, ticks, rows in
      ticks.map(rows: rows) { tick in
        // January 4 is always in the first week.
        let year = WeekMode.iso.yearAndWeek(of: time.day(tick)).year
        let fourth = CivilDate(year: Int(year), month: 1, day: 4).daysSinceEpoch
        return max(0, WeekMode.iso.week(around: Int64(fourth)).lowerBound)
      }
    },
  ]

  /// The mode that an argument gives, 0 without one. Only bit 0 of a mode says on which day weeks begin.
  static func weekMode(_ call: FunctionBinding, _ i: Int) throws(SQLError) -> Int64 {
    guard i < call.count else { return 0 }
    guard call.types[i].isInteger, let mode = call.constant(i)?.int64 else {
      throw SQLError(
        .illegalTypeOfArgument, "\(call.name) expects a constant mode from 0 to 9",
        at: call.arguments[i].position ?? call.position)
    }
    guard (0...9).contains(mode) else {
      throw SQLError(
        .notImplemented, "\(call.name) knows the modes 0 to 9",
        at: call.arguments[i].position ?? call.position)
    }
    return mode
  }

  private static func weekNumber(
    _ name: String, _ type: DataType, _ summary: String, aliases: [String],
    _ number: @escaping @Sendable (Int64, Int64) -> Int64
  ) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t[, mode[, 'zone']]", result: type.description, summary: summary,
      arity: 1...3, aliases: aliases, aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      let time = try LocalTime(call, 0, zone: 2)
      let settled = try weekMode(call, 1)
      return .kernel(type) { input in
        // Neighbours mostly lie in one day.
        var lastDay = Int64.min
        var last: Int64 = 0
        let numbers = time.local(input.operands[0], rows: input.rows).map(rows: input.rows) {
          tick -> Int64 in
          let day = time.day(tick)
          if day != lastDay {
            lastDay = day
            last = number(settled, day)
          }
          return last
        }
        if type == .date {
          let days = numbers.map { min(max($0, 0), Int64(UInt16.max)) }
          return convertIntegers(.column(.int64, days), to: type, rows: input.rows)
        }
        return convertIntegers(.column(.int64, numbers), to: type, rows: input.rows)
      }
    }
  }
}
