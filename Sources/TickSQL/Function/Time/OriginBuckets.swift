/// `toStartOfInterval` with an origin: buckets that are counted from an instant, not from a unit of the calendar.
///
/// Invariants:
/// 1. A bucket begins at the origin moved by a multiple of the interval, and no later than the time it holds.
/// 2. Days and longer units move the origin on the local clock, months to the last day of a shorter month.
import TickColumns

struct OriginBuckets: Sendable {
  private let unit: IntervalUnit
  private let count: Int64
  private let zone: TimeZone
  /// Ticks per second of all that is worked on; ticks per day where times are dates.
  private let scale: Int64
  private let ticksPerDay: Int64
  private let origin: Int64
  private let localOrigin: Int64

  /// - Parameter scale: nil for dates.
  init(
    unit: IntervalUnit, count: Int64, origin: Int64, scale: Int64?, in zone: TimeZone
  ) {
    self.unit = unit
    self.count = count
    self.zone = scale == nil ? .utc : zone
    self.scale = scale ?? 1
    ticksPerDay = scale.map { TimeArithmetic.saturatingProduct($0, 86_400) } ?? 1
    self.origin = origin
    var clock = ZoneCursor(self.zone)
    localOrigin = origin &+ clock.offset(at: origin.floorDivided(by: self.scale)) &* self.scale
  }

  /// The start of the bucket of a time that is not before the origin.
  func start(
    of ticks: Int64, _ clock: inout ZoneCursor, _ instants: inout ZoneCursor
  ) -> Int64 {
    switch unit {
    case .nanosecond, .microsecond, .millisecond:
      return multiple(of: scale / powersOfTen[unit.fractionDigits], from: origin, ticks)
    case .second, .minute, .hour:
      return multiple(
        of: TimeArithmetic.saturatingProduct(unit.seconds, scale), from: origin, ticks)
    case .day, .week, .month, .quarter, .year:
      if zone.isUTC { return localStart(ticks) }
      let local = ticks &+ clock.offset(at: ticks.floorDivided(by: scale)) &* scale
      let start = localStart(local)
      return start &- instants.offset(at: start.floorDivided(by: scale)) &* scale
    }
  }

  private func multiple(of length: Int64, from origin: Int64, _ ticks: Int64) -> Int64 {
    let step = max(1, TimeArithmetic.saturatingProduct(length, count))
    let (distance, overflow) = ticks.subtractingReportingOverflow(origin)
    return overflow ? ticks : origin + distance / step * step
  }

  private func localStart(_ local: Int64) -> Int64 {
    if unit == .day || unit == .week {
      let days: Int64 = unit == .day ? 1 : 7
      return multiple(
        of: TimeArithmetic.saturatingProduct(days, ticksPerDay), from: localOrigin, local)
    }
    let months = count * (unit == .month ? 1 : unit == .quarter ? 3 : 12)
    let whole = (month(of: local) - month(of: localOrigin)) / months * months
    let start = moved(whole)
    return start <= local ? start : moved(whole - months)
  }

  private func month(of local: Int64) -> Int64 {
    let date = CivilDate(daysSinceEpoch: Int(local.floorDivided(by: ticksPerDay)))
    return Int64(date.year * 12 + date.month)
  }

  private func moved(_ months: Int64) -> Int64 {
    TimeArithmetic.addMonths(localOrigin, months, ticksPerDay: ticksPerDay)
  }
}

extension FunctionTable {
  /// `toStartOfInterval(t, INTERVAL n unit, origin[, 'zone'])`.
  static func startFromOrigin(
    _ call: FunctionBinding, _ unit: IntervalUnit, _ count: Int64
  ) throws(SQLError) -> Resolution {
    let type = call.types[0]
    guard hasSameTicks(type, call.types[2]) else {
      throw SQLError(
        .illegalTypeOfArgument,
        "The time and the origin of function toStartOfInterval must have the same type",
        at: call.arguments[2].position ?? call.position)
    }
    guard let given = call.constant(2)?.int64 else {
      throw SQLError(
        .illegalColumn, "Argument 3 of function toStartOfInterval must be constant",
        at: call.arguments[2].position ?? call.position)
    }
    let zone = try zoneName(call, 3, otherwise: TimeArithmetic.zone(of: type))
    let clockZone = try clock(call, argument: 3)
    let isClockUnit = unit.seconds > 0 && unit.seconds < 86_400
    let result: DataType
    switch type {
    case .date where isClockUnit || unit.fractionDigits > 0: throw call.illegal(0, "a time")
    case .date: result = .date
    case .dateTime64(let precision, _):
      let digits = UInt8(unit.fractionDigits)
      result = .dateTime64(precision: digits > 0 ? digits : precision, zone: zone)
    default:
      if unit.fractionDigits > 0 { throw call.illegal(0, "DateTime64") }
      result = .dateTime(zone: zone)
    }
    let fromScale = TimeArithmetic.ticksPerSecond(type)
    let wanted = TimeArithmetic.ticksPerSecond(result)
    // Worked out in the finer of the two.
    let scale = max(fromScale, wanted)
    let finer = scale / fromScale
    let coarser = scale / wanted
    let origin = TimeArithmetic.saturatingProduct(given, finer)
    let buckets = OriginBuckets(
      unit: unit, count: count, origin: origin, scale: type == .date ? nil : scale, in: clockZone)
    return .kernel(result, mayThrow: true) { (input) throws(SQLError) in
      let ticks = input.operands[0].integers(Int64.self)
      var clock = ZoneCursor(clockZone)
      var instants = ZoneCursor(clockZone, isLocal: true)
      var out = [Int64](repeating: 0, count: input.rows)
      for row in 0..<input.rows where input.valid?[row] != 0 {
        let tick = TimeArithmetic.saturatingProduct(ticks.element(row), finer)
        guard tick >= origin else {
          throw SQLError(
            .badArguments, "The origin must be before the end date / date with time")
        }
        out[row] = buckets.start(of: tick, &clock, &instants).floorDivided(by: coarser)
      }
      return convertIntegers(.column(.int64, out), to: result, rows: input.rows)
    }
  }

  /// Times of one type, whatever their zones.
  private static func hasSameTicks(_ a: DataType, _ b: DataType) -> Bool {
    switch (a, b) {
    case (.date, .date), (.dateTime, .dateTime): true
    case (.dateTime64(let x, _), .dateTime64(let y, _)): x == y
    default: false
    }
  }
}
