/// IANA time zones: the offset of an instant, and the instants of local times and days.
///
/// The data are a table in the program (`TimeZoneData`), so two machines with one build agree, whatever their own
/// zone files say. Zones are those that ClickHouse knows, by the same names, in the same case.
///
/// Where a local time is not exactly one instant, the choice is ClickHouse's:
/// 1. A local time that happens twice is the first of the two instants.
/// 2. A local time that the clock skips is read with the offset behind the gap, so it comes out before the gap:
///    02:30 on the morning when New York goes from 02:00 to 03:00 is 01:30.
/// 3. A day begins at its midnight; at the second one where the clock was put back over the first, and at the
///    end of the gap where midnight is skipped.
///
/// Invariants:
/// 1. `interval(at: t)` holds t, and its offset is the offset of every instant in it.
/// 2. No call takes a lock or allocates once the zone is there: `named` is for binding, the rest for rows.
public struct TimeZone: Sendable {
  public let name: String
  @usableFromInline let rules: ZoneRules

  /// The zone of this exact name; nil where ClickHouse has none either.
  public static func named(_ name: String) -> TimeZone? { TimeZoneTable.shared.zones[name] }

  /// All names, in ascending order.
  public static var names: [String] { TimeZoneTable.shared.names }

  /// The version of the IANA data, such as `2026c`.
  public static var version: String { TimeZoneData.version }

  public static let utc = TimeZone(name: "UTC", rules: ZoneRules(fixed: 0))

  init(name: String, rules: ZoneRules) {
    self.name = name
    self.rules = rules
  }

  /// True for a zone whose clock always shows UTC: the caller may take the shorter way.
  public var isUTC: Bool { rules.isFixed && rules.offsets[0] == 0 }

  /// Beyond three million years from 1970 there are no changes of offset, and a zone may be taken for UTC.
  public static let secondsMax = ZoneRules.secondsMax

  /// True when since 1970 every offset is a number of whole hours, so hours begin where hours of UTC do.
  public var hasWholeHours: Bool { rules.hasWholeHours }

  /// True when since 1970 every offset is a number of whole minutes.
  public var hasWholeMinutes: Bool { rules.hasWholeMinutes }

  /// Seconds that divide every offset since 1970 and every instant at which it changes: what begins at a multiple of them on
  /// this clock does so in UTC. 86,400 at most.
  public var evenSeconds: Int64 {
    var common: Int64 = 86_400
    func divide(by seconds: Int64) {
      var (a, b) = (common, seconds.magnitude)
      while b != 0 { (a, b) = (Int64(b), (UInt64(a) % b).magnitude) }
      common = a
    }
    var interval = rules.interval(at: 0)
    divide(by: interval.offset)
    // From then on rules repeat by the year, if there are any.
    while interval.end < Self.rulesRepeatFrom {
      interval = rules.interval(at: interval.end)
      divide(by: interval.start)
      divide(by: interval.offset)
    }
    return common
  }

  /// 2100-01-01; zone data lists changes up to 2037.
  private static let rulesRepeatFrom: Int64 = 4_102_444_800

  /// The offset at the local midnight of 1970-01-01.
  public var offsetAtEpoch: Int64 { rules.offsetAtEpoch }

  // MARK: Instants to local times

  /// The span without a change of offset that an instant lies in.
  public func interval(at seconds: Int64) -> ZoneInterval { rules.interval(at: seconds) }

  /// Seconds east of Greenwich.
  public func offset(at seconds: Int64) -> Int64 { rules.interval(at: seconds).offset }

  /// Days since 1970-01-01 on the local calendar.
  public func day(at seconds: Int64) -> Int64 {
    let (local, overflow) = seconds.addingReportingOverflow(offset(at: seconds))
    return (overflow ? seconds : local).floorDivided(by: ZoneRules.secondsPerDay)
  }

  /// The local day of an instant, and the instants around it that share the day and the offset.
  public func calendarDay(at seconds: Int64) -> (day: Int64, instants: Range<Int64>) {
    let interval = interval(at: seconds)
    let (local, overflow) = seconds.addingReportingOverflow(interval.offset)
    let day = (overflow ? seconds : local).floorDivided(by: ZoneRules.secondsPerDay)
    let (product, isLow) = day.multipliedReportingOverflow(by: ZoneRules.secondsPerDay)
    let (midnight, isBelow) = product.subtractingReportingOverflow(interval.offset)
    if isLow || isBelow || midnight > Int64.max - ZoneRules.secondsPerDay {
      return (day, seconds..<seconds + (seconds == .max ? 0 : 1))
    }
    let start = max(interval.start, midnight)
    return (day, start..<max(start, min(interval.end, midnight + ZoneRules.secondsPerDay)))
  }

  // MARK: Local times to instants

  /// The local times, up to the next change, that are read with one offset.
  public func localInterval(_ local: Int64) -> ZoneInterval {
    let span = rules.span(ofLocal: local)
    return ZoneInterval(
      start: span.instants.start == .min ? .min : span.instants.start + span.previousOffset,
      end: span.instants.end == .max ? .max : span.instants.end + span.instants.offset,
      offset: span.instants.offset)
  }

  /// The instant of a local time, in seconds since 1970-01-01 00:00:00 of that clock.
  public func instant(ofLocal local: Int64) -> Int64 {
    let offset = rules.span(ofLocal: local).instants.offset
    let (instant, overflow) = local.subtractingReportingOverflow(offset)
    return overflow ? local : instant
  }

  /// The instant a local day begins at. Days that a zone leaves out begin where the next one does.
  public func start(ofDay day: Int64) -> Int64 {
    let (local, overflow) = day.multipliedReportingOverflow(by: ZoneRules.secondsPerDay)
    if overflow { return day < 0 ? .min : .max }
    if isUTC { return local }
    let span = rules.span(ofLocal: local)
    let (instant, isBeyond) = local.subtractingReportingOverflow(span.instants.offset)
    if isBeyond { return local }
    if instant < span.instants.start { return local - span.previousOffset }
    guard span.instants.end != .max else { return instant }
    let second = local - rules.interval(at: span.instants.end).offset
    return second > span.instants.end ? second : instant
  }

  /// The day whose start is the last at or before an instant, and where the days that `days` gives for it begin
  /// and end. That day is not the one on the calendar for the minutes that a day has before its second midnight.
  public func instants(
    around seconds: Int64, days: (_ day: Int64) -> Range<Int64>
  ) -> (days: Range<Int64>, instants: Range<Int64>) {
    var day = self.day(at: seconds)
    if !isUTC, start(ofDay: day) > seconds { day -= 1 }
    let range = days(day)
    let start = min(start(ofDay: range.lowerBound), seconds)
    // No zone has a day that ends before an instant of it; an empty range would only cost time, a reversed one a trap.
    return (range, start..<max(self.start(ofDay: range.upperBound), seconds))
  }
}

extension TimeZone: Hashable {
  public static func == (a: TimeZone, b: TimeZone) -> Bool { a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// Seconds from `start` up to `end` that share one offset.
public struct ZoneInterval: Hashable, Sendable {
  public let start: Int64
  public let end: Int64
  /// Seconds east of Greenwich.
  public let offset: Int64

  public init(start: Int64, end: Int64, offset: Int64) {
    self.start = start
    self.end = end
    self.offset = offset
  }
}

/// Offsets for one row after the other: rows of market data come in time order, so nearly all of them lie in the
/// interval of the row before, and cost two comparisons.
public struct ZoneCursor: Sendable {
  public let zone: TimeZone
  /// The intervals are of local times, and the offsets lead from them to instants.
  @usableFromInline let isLocal: Bool
  @usableFromInline var start: Int64 = 0
  @usableFromInline var end: Int64 = 0
  @usableFromInline var current: Int64 = 0

  public init(_ zone: TimeZone, isLocal: Bool = false) {
    self.zone = zone
    self.isLocal = isLocal
  }

  /// The offset at an instant; at a local time where the cursor is one of local times.
  @inlinable
  public mutating func offset(at seconds: Int64) -> Int64 {
    if seconds < start || seconds >= end { move(to: seconds) }
    return current
  }

  @usableFromInline
  mutating func move(to seconds: Int64) {
    let interval = isLocal ? zone.localInterval(seconds) : zone.interval(at: seconds)
    start = interval.start
    end = interval.end
    current = interval.offset
  }
}
