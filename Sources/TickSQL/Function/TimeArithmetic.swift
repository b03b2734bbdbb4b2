import TickColumns

/// Times as integers: comparing them, and moving them by intervals.
enum TimeArithmetic {
  /// Ticks per second of a time type; a Date is handled in days.
  static func ticksPerSecond(_ type: DataType) -> Int64 {
    if case .dateTime64(let precision, _) = type { powersOfTen[Int(precision)] } else { 1 }
  }

  static func zone(of type: DataType) -> String? {
    switch type {
    case .dateTime(let zone), .dateTime64(_, let zone): zone
    default: nil
    }
  }

  static let secondsPerDay: Int64 = 86_400

  // MARK: Instants

  /// Nanoseconds since 1970, at the ends of Int64 where they do not fit: order is kept, and nothing that fits
  /// is changed. A date is its start in a zone.
  static func nanoseconds(
    _ operand: KernelValue, _ rows: Int, datesIn zone: TimeZone
  ) -> Vector<Int64> {
    let ticks = operand.integers(Int64.self)
    if operand.type.withoutNullable.isDay, !zone.isUTC {
      let nanoseconds = { (day: Int64) in
        saturatingProduct(zone.start(ofDay: day), 1_000_000_000)
      }
      switch ticks {
      case .scalar(let day): return .scalar(nanoseconds(day))
      case .array(let days): return .array(days.map(nanoseconds))
      }
    }
    let factor: Int64 =
      switch operand.type.withoutNullable {
      case .date, .date32: secondsPerDay * 1_000_000_000
      case .dateTime64(let precision, _): powersOfTen[9 - Int(precision)]
      default: 1_000_000_000
      }
    if factor == 1 { return ticks }
    switch ticks {
    case .scalar(let x): return .scalar(saturatingProduct(x, factor))
    case .array(let v): return .array(v.map { saturatingProduct($0, factor) })
    }
  }

  @inline(__always)
  static func saturatingProduct(_ a: Int64, _ b: Int64) -> Int64 {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? (a < 0) == (b < 0) ? .max : .min : product
  }

  /// A range of seconds in ticks.
  static func ticks(_ seconds: Range<Int64>, _ scale: Int64) -> Range<Int64> {
    saturatingProduct(seconds.lowerBound, scale)..<saturatingProduct(seconds.upperBound, scale)
  }

  /// A constant time as ticks of another time type, when it is exactly representable there. A date is the start of
  /// that day in the zone of the other type.
  static func convert(
    _ value: Value, _ from: DataType, to type: DataType, in session: TimeZone
  ) -> Value? {
    guard let ticks = value.int64 else { return nil }
    if from.isDay, type.isDay {
      return type == .date ? UInt16(exactly: ticks).map { .uint(UInt64($0)) } : .int(ticks)
    }
    let seconds = from.isDay ? type.timeZone(in: session).start(ofDay: ticks) : ticks
    let fromScale = ticksPerSecond(from)
    let toScale = ticksPerSecond(type)
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: max(1, toScale / fromScale))
    guard !overflow else { return nil }
    let divisor = max(1, fromScale / toScale)
    guard scaled % divisor == 0 else { return nil }
    let moved = scaled / divisor
    switch type {
    case .dateTime64: return .int(moved)
    case .dateTime: return UInt32(exactly: moved).map { .uint(UInt64($0)) }
    case .date32:
      let zone = from.timeZone(in: session)
      let day = zone.day(at: moved)
      guard zone.start(ofDay: day) == moved else { return nil }
      return Int32(exactly: day).map { .int(Int64($0)) }
    case .date:
      let zone = from.timeZone(in: session)
      let day = zone.day(at: moved)
      guard zone.start(ofDay: day) == moved else { return nil }
      return UInt16(exactly: day).map { .uint(UInt64($0)) }
    default: return nil
    }
  }

  /// The local day of an instant or date, and the ticks around it of which all have that day.
  static func day(
    around ticks: Int64, _ type: DataType, in zone: TimeZone
  ) -> (day: Int64, span: Range<Int64>) {
    if type == .date { return (ticks, ticks..<ticks + 1) }
    let scale = ticksPerSecond(type)
    let found = zone.calendarDay(at: ticks.floorDivided(by: scale))
    return (found.day, self.ticks(found.instants, scale))
  }

  // MARK: Moving

  /// time ± number: days for a Date, seconds otherwise.
  static func shift(_ call: FunctionBinding, time: Int, isBackward: Bool) -> Resolution {
    let type = call.types[time]
    let scale = ticksPerSecond(type)
    let numberIsFloat = call.types[1 - time] == .float64
    return .kernel(type) { input in
      let number = input.operands[1 - time]
      let amounts: Vector<Int64>
      if numberIsFloat {
        switch number.doubles() {
        case .scalar(let x): amounts = .scalar(truncated(x))
        case .array(let v): amounts = .array(v.map(truncated))
        }
      } else {
        amounts = number.integers(Int64.self)
      }
      let moved: [Int64] = zipVectors(
        input.operands[time].integers(Int64.self), amounts, rows: input.rows
      ) {
        isBackward ? $0 &- $1 &* scale : $0 &+ $1 &* scale
      }
      return result(moved, type, input.rows)
    }
  }

  /// Ticks as a column; a Date32 stops at the ends of its range.
  private static func result(_ ticks: [Int64], _ type: DataType, _ rows: Int) -> KernelValue {
    let bounded =
      type == .date32
      ? ticks.map { min(max($0, date32Days.lowerBound), date32Days.upperBound) } : ticks
    return FunctionTable.convertIntegers(.column(.int64, bounded), to: type, rows: rows)
  }

  /// The last second of the year 9999.
  static let lastSecond: Int64 = 253_402_300_799

  /// The days from 0000-01-01 to 9999-12-31: what a Date32 holds.
  static let date32Days: ClosedRange<Int64> = -719_528...2_932_896

  private static func truncated(_ x: Double) -> Int64 {
    Int64(exactly: x.rounded(.towardZero)) ?? 0
  }

  /// time ± interval.
  static func move(
    _ call: FunctionBinding, time: Int, interval: Int, isBackward: Bool
  ) throws(SQLError) -> Resolution {
    let from = call.types[time]
    guard case .interval(let unit) = call.types[interval] else { throw call.illegalTypes() }
    let to = try movedType(call, from, unit)
    let zone = to.timeZone(in: call.session)
    return .kernel(to) { input in
      let ticks = rescaled(input.operands[time], from, to, input.rows)
      let counts = input.operands[interval].integers(Int64.self)
      let sign: Int64 = isBackward ? -1 : 1
      // A Date moves in days, everything else in ticks.
      let scale = ticksPerSecond(to)
      let day = to.isDay ? 1 : secondsPerDay * scale
      let moved: [Int64]
      // Days and longer units move the local time, so they meet the zone twice.
      var toLocal = ZoneCursor(zone)
      var toInstant = ZoneCursor(zone, isLocal: true)
      let isUTC = zone.isUTC
      func onLocalClock(_ ticks: Int64, _ move: (Int64) -> Int64) -> Int64 {
        if isUTC { return move(ticks) }
        let local = ticks &+ toLocal.offset(at: ticks.floorDivided(by: scale)) &* scale
        let moved = move(local)
        return moved &- toInstant.offset(at: moved.floorDivided(by: scale)) &* scale
      }
      switch unit {
      case .month, .quarter, .year:
        let months: Int64 = unit == .month ? 1 : unit == .quarter ? 3 : 12
        moved = zipVectors(ticks, counts, rows: input.rows) { ticks, count in
          onLocalClock(ticks) { addMonths($0, count &* sign &* months, ticksPerDay: day) }
        }
      case .day, .week:
        let step = (unit == .day ? day : 7 * day) * sign
        moved = zipVectors(ticks, counts, rows: input.rows) { ticks, count in
          onLocalClock(ticks) { $0 &+ count &* step }
        }
      case .second, .minute, .hour:
        let seconds: Int64 = unit == .second ? 1 : unit == .minute ? 60 : 3_600
        let step = seconds * scale * sign
        moved = zipVectors(ticks, counts, rows: input.rows) { $0 &+ $1 &* step }
      case .millisecond, .microsecond, .nanosecond:
        let step = scale / powersOfTen[unit.fractionDigits] * sign
        moved = zipVectors(ticks, counts, rows: input.rows) { $0 &+ $1 &* step }
      }
      return result(moved, to, input.rows)
    }
  }

  private static func movedType(
    _ call: FunctionBinding, _ type: DataType, _ unit: IntervalUnit
  ) throws(SQLError) -> DataType {
    let isClock = unit == .second || unit == .minute || unit == .hour
    switch type {
    case .date:
      if unit.fractionDigits > 0 { throw call.illegalTypes() }
      return isClock ? .dateTime(zone: nil) : .date
    case .date32:
      if unit.fractionDigits > 0 { throw call.illegalTypes() }
      return isClock ? .dateTime64(precision: 3, zone: nil) : .date32
    case .dateTime(let zone):
      if unit.fractionDigits == 0 { return type }
      return .dateTime64(precision: UInt8(unit.fractionDigits), zone: zone)
    case .dateTime64(let precision, let zone):
      return .dateTime64(precision: max(precision, UInt8(unit.fractionDigits)), zone: zone)
    default: throw call.illegalTypes()
    }
  }

  /// Ticks of one time type as ticks of another of at least its precision.
  private static func rescaled(
    _ operand: KernelValue, _ from: DataType, _ to: DataType, _ rows: Int
  ) -> Vector<Int64> {
    let ticks = operand.integers(Int64.self)
    let factor =
      from.isDay
      ? (to.isDay ? 1 : secondsPerDay * ticksPerSecond(to))
      : ticksPerSecond(to) / ticksPerSecond(from)
    if factor == 1 { return ticks }
    switch ticks {
    case .scalar(let x): return .scalar(x &* factor)
    case .array(let v): return .array(v.map { $0 &* factor })
    }
  }

  /// The same day of another month, or its last day where the month is shorter.
  static func addMonths(_ ticks: Int64, _ months: Int64, ticksPerDay: Int64) -> Int64 {
    let day = ticks.floorDivided(by: ticksPerDay)
    let date = CivilDate(daysSinceEpoch: Int(day))
    // Ten thousand years either way cover every date type; beyond, the count is cut.
    let bounded = min(max(months, -240_000), 240_000)
    let month = date.year * 12 + date.month - 1 + Int(bounded)
    let year = month.floorDivided(by: 12)
    let monthOfYear = month.floorModulo(12) + 1
    let last = CivilDate.daysInMonth(monthOfYear, year: year)
    let moved = CivilDate(year: year, month: monthOfYear, day: min(date.day, last))
    return Int64(moved.daysSinceEpoch) &* ticksPerDay &+ (ticks &- day &* ticksPerDay)
  }
}

extension DataType {
  /// A calendar day, counted in days.
  var isDay: Bool { self == .date || self == .date32 }
}

extension IntervalUnit {
  /// Digits behind the second that the unit needs.
  var fractionDigits: Int {
    switch self {
    case .millisecond: 3
    case .microsecond: 6
    case .nanosecond: 9
    default: 0
    }
  }

  /// Seconds of a clock unit or day; 0 for the others.
  var seconds: Int64 {
    switch self {
    case .second: 1
    case .minute: 60
    case .hour: 3_600
    case .day: 86_400
    case .week: 604_800
    default: 0
    }
  }

  /// The unit by any of the names ClickHouse's date functions take.
  init?(named text: String) {
    switch text.lowercased() {
    case "nanosecond", "nanoseconds", "ns": self = .nanosecond
    case "microsecond", "microseconds", "us", "u": self = .microsecond
    case "millisecond", "milliseconds", "ms": self = .millisecond
    case "second", "seconds", "ss", "s": self = .second
    case "minute", "minutes", "mi", "n": self = .minute
    case "hour", "hours", "hh", "h": self = .hour
    case "day", "days", "dd", "d": self = .day
    case "week", "weeks", "wk", "ww": self = .week
    case "month", "months", "mm", "m": self = .month
    case "quarter", "quarters", "qq", "q": self = .quarter
    case "year", "years", "yyyy", "yy": self = .year
    default: return nil
    }
  }
}
