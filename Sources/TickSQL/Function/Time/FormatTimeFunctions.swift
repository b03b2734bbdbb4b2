/// `formatDateTime` and `formatDateTimeInJodaSyntax`: a time as text, by MySQL's letters behind `%` or by Joda's.
///
/// A row writes the pieces of the pattern into the result.
import TickColumns

extension FunctionTable {
  static let timeFormats: [ScalarFunction] = [
    writer(
      "formatDateTime",
      "t as text: %Y %y %C %G %g year, %m %c month, %b %M its name, %d %e day, %j of the year, %a %W %u %w weekday, "
        + "%V week, %Q quarter, %H %k %I %h %l hour, %p AM or PM, %i minute, %S %s second, %f fraction, %F %D %T %R "
        + "%r dates and clocks, %z zone, %n %t %% signs.", ["DATE_FORMAT"]
    ) { (pattern, name) throws(SQLError) in try TimePiece.pieces(of: pattern, for: name) },
    writer(
      "formatDateTimeInJodaSyntax",
      "t as text by Joda's letters: G era, C century, y Y year, x week year, M month (MMM its name), d day, D of the year, "
        + "e E weekday, a AM or PM, h K H k hour, m minute, s second, S fraction, zzzz zone, 'text'.",
      []
    ) { (pattern, name) throws(SQLError) in
      try TimePiece.jodaPieces(of: pattern, for: name, toWrite: true)
    },
  ]

  private static func writer(
    _ name: String, _ summary: String, _ aliases: [String],
    _ pieces: @escaping @Sendable ([UInt8], String) throws(SQLError) -> [TimePiece]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t, 'pattern'[, 'zone']", result: "String", summary: summary,
      arity: 2...3, aliases: aliases, aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      let time = try LocalTime(call, 0, zone: 2)
      guard call.types[1] == .string else { throw call.illegal(1, "String") }
      guard case .bytes(let pattern)? = call.constant(1) else {
        throw SQLError(
          .illegalColumn, "Argument 2 of function \(name) must be a constant string",
          at: call.arguments[1].position ?? call.position)
      }
      let parts: [TimePiece]
      do throws(SQLError) {
        parts = try pieces(pattern, call.name)
      } catch {
        throw SQLError(error.code, error.message, at: call.arguments[1].position ?? call.position)
      }
      return textResult { (input, out) throws(SQLError) in
        let ticks = input.operands[0].integers(Int64.self)
        var clock = ZoneCursor(time.zone)
        for row in 0..<input.rows {
          let tick = ticks.element(row)
          let fields = TimeFields(
            time, time.zone.isUTC ? tick : time.local(tick, &clock),
            offset: time.zone.isUTC ? 0 : clock.offset(at: tick.floorDivided(by: time.scale)))
          for part in parts { try part.append(fields, &out) }
          out.endRow()
        }
      }
    }
  }
}

/// One time, taken apart.
struct TimeFields {
  let date: CivilDate
  let day: Int64
  let clock: Int64
  let nanoseconds: Int64
  let zoneName: String
  /// Seconds east of Greenwich.
  let offset: Int64

  init(_ time: LocalTime, _ ticks: Int64, offset: Int64) {
    self.offset = offset
    day = time.day(ticks)
    date = CivilDate(daysSinceEpoch: Int(day))
    clock = time.seconds(ticks) &- day &* 86_400
    nanoseconds = time.fraction(ticks) * (1_000_000_000 / time.scale)
    zoneName = time.zone.name
  }

  var microseconds: Int64 { nanoseconds / 1_000 }
  var hour: Int64 { clock / 3_600 }
  var halfDayHour: Int64 { (hour + 11) % 12 + 1 }
  var minute: Int64 { clock / 60 % 60 }
  var second: Int64 { clock % 60 }
}

extension TimePiece {
  fileprivate func append(_ time: TimeFields, _ out: inout TextBuilder) throws(SQLError) {
    switch self {
    case .text(let bytes): try out.append(bytes)
    case .letter(let letter): try Self.append(letter, time, &out)
    case .joda(let field): try field.append(time, &out)
    }
  }

  private static let months = TimeNames.months.map { Array($0.utf8) }
  private static let weekdays = TimeNames.weekdays.map { Array($0.utf8) }
  private static let halves = [Array("AM".utf8), Array("PM".utf8)]

  private static func append(
    _ letter: TimeLetter, _ time: TimeFields, _ out: inout TextBuilder
  ) throws(SQLError) {
    let date = time.date
    switch letter {
    case .year: number(Int64(date.year), 4, &out)
    case .shortYear: number(Int64(date.year % 100), 2, &out)
    case .century: number(Int64(date.year / 100), 2, &out)
    case .weekYear: number(WeekMode.iso.yearAndWeek(of: time.day).year, 4, &out)
    case .shortWeekYear: number(WeekMode.iso.yearAndWeek(of: time.day).year % 100, 2, &out)
    case .week: number(WeekMode.iso.yearAndWeek(of: time.day).week, 2, &out)
    case .month, .monthAgain: number(Int64(date.month), 2, &out)
    case .shortMonthName: try out.append(months[date.month - 1].prefix(3))
    case .monthName: try out.append(months[date.month - 1])
    case .day: number(Int64(date.day), 2, &out)
    case .shortDay: number(Int64(date.day), date.day < 10 ? 1 : 2, &out)
    case .dayOfYear:
      let newYear = CivilDate(year: date.year, month: 1, day: 1).daysSinceEpoch
      number(time.day - Int64(newYear) + 1, 3, &out)
    case .shortWeekdayName: try out.append(weekdays[TimeNames.weekday(time.day)].prefix(3))
    case .weekdayName: try out.append(weekdays[TimeNames.weekday(time.day)])
    case .weekdayFromMonday: number(Int64(TimeNames.weekday(time.day) + 1), 1, &out)
    case .weekdayFromSunday: number(Int64((TimeNames.weekday(time.day) + 1) % 7), 1, &out)
    case .quarter: number(Int64((date.month + 2) / 3), 1, &out)
    case .hour, .hourAgain: number(time.hour, 2, &out)
    case .halfDayHour, .halfDayHourAgain, .halfDayHourOnceMore: number(time.halfDayHour, 2, &out)
    case .half: try out.append(halves[time.hour < 12 ? 0 : 1])
    case .minute: number(time.minute, 2, &out)
    case .second, .secondAgain: number(time.second, 2, &out)
    case .fraction: number(time.microseconds, 6, &out)
    case .isoDate: try group([.year, .month, .day], 0x2D, time, &out)
    case .americanDate: try group([.month, .day, .shortYear], 0x2F, time, &out)
    case .clock: try group([.hour, .minute, .second], 0x3A, time, &out)
    case .shortClock: try group([.hour, .minute], 0x3A, time, &out)
    case .halfDayClock:
      try group([.halfDayHour, .minute], 0x3A, time, &out)
      out.append(0x20)
      try append(.half, time, &out)
    case .zone:
      let minutes = time.offset.magnitude / 60
      out.append(time.offset < 0 ? 0x2D : 0x2B)
      number(Int64(minutes / 60), 2, &out)
      number(Int64(minutes % 60), 2, &out)
    }
  }

  /// Letters with a sign between them.
  private static func group(
    _ letters: [TimeLetter], _ sign: UInt8, _ time: TimeFields, _ out: inout TextBuilder
  ) throws(SQLError) {
    for (i, letter) in letters.enumerated() {
      if i > 0 { out.append(sign) }
      try append(letter, time, &out)
    }
  }

  private static func number(_ number: Int64, _ width: Int, _ out: inout TextBuilder) {
    var power = powersOfTen[width - 1]
    while power > 0 {
      out.append(0x30 + UInt8(truncatingIfNeeded: number / power % 10))
      power /= 10
    }
  }
}
