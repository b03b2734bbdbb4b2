import TickColumns

/// Times as integers: moving them by intervals, and cutting them into buckets. All in UTC.
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
  /// is changed.
  static func nanoseconds(_ operand: KernelValue, _ rows: Int) -> Vector<Int64> {
    let ticks = operand.integers(Int64.self)
    let factor: Int64 =
      switch operand.type.withoutNullable {
      case .date: secondsPerDay * 1_000_000_000
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

  /// A constant time as ticks of another time type, when it is exactly representable there.
  static func convert(_ value: Value, _ from: DataType, to type: DataType) -> Value? {
    guard let ticks = value.int64 else { return nil }
    let seconds = from == .date ? saturatingProduct(ticks, secondsPerDay) : ticks
    let fromScale = from == .date ? 1 : ticksPerSecond(from)
    let toScale = ticksPerSecond(type)
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: max(1, toScale / fromScale))
    guard !overflow else { return nil }
    let divisor = max(1, fromScale / toScale)
    guard scaled % divisor == 0 else { return nil }
    let moved = scaled / divisor
    switch type {
    case .dateTime64: return .int(moved)
    case .dateTime: return UInt32(exactly: moved).map { .uint(UInt64($0)) }
    case .date:
      guard moved % secondsPerDay == 0 else { return nil }
      return UInt16(exactly: moved / secondsPerDay).map { .uint(UInt64($0)) }
    default: return nil
    }
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
      return FunctionTable.convertIntegers(.column(.int64, moved), to: type, rows: input.rows)
    }
  }

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
    return .kernel(to) { input in
      let ticks = rescaled(input.operands[time], from, to, input.rows)
      let counts = input.operands[interval].integers(Int64.self)
      let sign: Int64 = isBackward ? -1 : 1
      // A Date moves in days, everything else in ticks.
      let scale = to == .date ? 1 : ticksPerSecond(to)
      let day = to == .date ? 1 : secondsPerDay * scale
      let moved: [Int64]
      switch unit {
      case .month, .quarter, .year:
        let months: Int64 = unit == .month ? 1 : unit == .quarter ? 3 : 12
        moved = zipVectors(ticks, counts, rows: input.rows) {
          addMonths($0, $1 &* sign &* months, ticksPerDay: day)
        }
      case .day, .week:
        let step = (unit == .day ? day : 7 * day) * sign
        moved = zipVectors(ticks, counts, rows: input.rows) { $0 &+ $1 &* step }
      case .second, .minute, .hour:
        let seconds: Int64 = unit == .second ? 1 : unit == .minute ? 60 : 3_600
        let step = seconds * scale * sign
        moved = zipVectors(ticks, counts, rows: input.rows) { $0 &+ $1 &* step }
      case .millisecond, .microsecond, .nanosecond:
        let step = scale / powersOfTen[unit.fractionDigits] * sign
        moved = zipVectors(ticks, counts, rows: input.rows) { $0 &+ $1 &* step }
      }
      return FunctionTable.convertIntegers(.column(.int64, moved), to: to, rows: input.rows)
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
      from == .date
      ? (to == .date ? 1 : secondsPerDay) : ticksPerSecond(to) / ticksPerSecond(from)
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

/// Buckets of time: which one an instant lies in, and where that bucket begins and ends.
///
/// Origins are ClickHouse's: clock units below an hour count from 1970, hours from midnight, days from
/// 1970-01-01, weeks from Monday 1970-01-05, months and quarters from 1970-01, years from year 0.
struct TimeBucket: Sendable {
  let unit: IntervalUnit
  let count: Int64

  /// Days of the bucket that `day` lies in; for calendar units.
  func days(around day: Int64) -> Range<Int64> {
    switch unit {
    case .day:
      let start = day.floorDivided(by: count) * count
      return start..<start + count
    case .week:
      let length = 7 * count
      let start = (day - 4).floorDivided(by: length) * length + 4
      return start..<start + length
    case .month, .quarter:
      let length = Int(unit == .month ? count : 3 * count)
      let date = CivilDate(daysSinceEpoch: Int(day))
      let month = (date.year - 1970) * 12 + date.month - 1
      let start = month.floorDivided(by: length) * length
      return firstDay(month: start)..<firstDay(month: start + length)
    case .year:
      let length = Int(count)
      let year = CivilDate(daysSinceEpoch: Int(day)).year.floorDivided(by: length) * length
      return Int64(
        CivilDate(year: year, month: 1, day: 1).daysSinceEpoch)..<Int64(
          CivilDate(year: year + length, month: 1, day: 1).daysSinceEpoch)
    default: return day..<day + 1
    }
  }

  private func firstDay(month: Int) -> Int64 {
    let year = 1970 + month.floorDivided(by: 12)
    return Int64(
      CivilDate(year: year, month: month.floorModulo(12) + 1, day: 1).daysSinceEpoch)
  }

  /// Ticks of the bucket around an instant.
  func ticks(around ticks: Int64, perSecond scale: Int64) -> Range<Int64> {
    let day = TimeArithmetic.secondsPerDay * scale
    switch unit {
    case .nanosecond, .microsecond, .millisecond:
      let step = max(1, scale / powersOfTen[unit.fractionDigits])
      return fixed(ticks, TimeArithmetic.saturatingProduct(step, count))
    case .second: return fixed(ticks, TimeArithmetic.saturatingProduct(scale, count))
    case .minute: return fixed(ticks, TimeArithmetic.saturatingProduct(60 * scale, count))
    case .hour:
      let midnight = fixed(ticks, day)
      if count >= 24 { return midnight }
      let length = 3_600 * scale * count
      // At the lower end of Int64 the first day is cut, and so is its first bucket.
      let start = midnight.lowerBound + (ticks - midnight.lowerBound) / length * length
      let (end, overflow) = start.addingReportingOverflow(length)
      return start..<min(overflow ? .max : end, midnight.upperBound)
    case .day, .week, .month, .quarter, .year:
      let range = days(around: ticks.floorDivided(by: day))
      return TimeArithmetic.saturatingProduct(
        range.lowerBound, day)..<TimeArithmetic
        .saturatingProduct(range.upperBound, day)
    }
  }

  private func fixed(_ ticks: Int64, _ length: Int64) -> Range<Int64> {
    let (product, overflow) = ticks.floorDivided(by: length).multipliedReportingOverflow(by: length)
    let start = overflow ? .min : product
    let (end, endOverflow) = start.addingReportingOverflow(length)
    return start..<(endOverflow ? .max : end)
  }
}
