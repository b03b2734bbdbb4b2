/// The offsets of one set of zone rules over all time: a list of changes, and a yearly rule behind it.

/// Invariants:
/// 1. `starts` ascends, begins with `Int64.min`, and has as many elements as `offsets`.
/// 2. Neighbouring offsets differ.
/// 3. Offsets are less than a day, and so is every time of a yearly rule from its day by more than a week.
@usableFromInline
final class ZoneRules: Sendable {
  let starts: [Int64]
  let offsets: [Int64]
  /// What holds behind the last change; nil where its offset stays for good.
  let yearly: YearlyRule?
  let isFixed: Bool
  let hasWholeHours: Bool
  let hasWholeMinutes: Bool
  let offsetAtEpoch: Int64

  static let secondsPerDay: Int64 = 86_400
  /// Beyond three million years either way the offset is the one that was in force there.
  static let secondsMax: Int64 = 100_000_000_000_000

  convenience init(fixed offset: Int64) {
    self.init(starts: [.min], offsets: [offset], yearly: nil)
  }

  init(starts: [Int64], offsets: [Int64], yearly: YearlyRule?) {
    self.starts = starts
    self.offsets = offsets
    self.yearly = yearly
    isFixed = offsets.count == 1 && yearly == nil
    var since1970 = yearly.map { [$0.standard, $0.summer] } ?? []
    var atEpoch = offsets[0]
    for i in offsets.indices {
      if i + 1 == offsets.count || starts[i + 1] > 0 { since1970.append(offsets[i]) }
      // Midnight of 1970-01-01 is an instant of this interval.
      if starts[i] == .min || starts[i] <= -offsets[i] { atEpoch = offsets[i] }
    }
    offsetAtEpoch = atEpoch
    hasWholeHours = since1970.allSatisfy { $0 % 3_600 == 0 }
    hasWholeMinutes = since1970.allSatisfy { $0 % 60 == 0 }
  }

  func interval(at seconds: Int64) -> ZoneInterval {
    // The last start at or before the instant.
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= seconds { low = middle } else { high = middle }
    }
    if low + 1 == starts.count, let yearly {
      return yearly.interval(at: seconds, notBefore: starts[low], offset: offsets[low])
    }
    return ZoneInterval(
      start: starts[low], end: low + 1 < starts.count ? starts[low + 1] : .max,
      offset: offsets[low])
  }

  /// The last interval whose first moment, on the clock as it ran before, is at or before a local time; and the
  /// offset of the one before.
  func span(ofLocal local: Int64) -> (instants: ZoneInterval, previousOffset: Int64) {
    let bounded = min(max(local, -Self.secondsMax), Self.secondsMax)
    // No offset is a day, so this interval begins before the local time.
    var span = interval(at: bounded - Self.secondsPerDay)
    var previous = span.start == .min ? span.offset : interval(at: span.start - 1).offset
    while span.end != .max, bounded >= span.end + span.offset {
      previous = span.offset
      span = interval(at: span.end)
    }
    return (span, previous)
  }
}

/// Summer time by the same rule every year.
struct YearlyRule: Hashable, Sendable {
  /// A day such as the last Sunday of March, and the seconds of the local clock, as it ran before, on that day.
  struct Moment: Hashable, Sendable {
    let month: Int
    /// 1...4, or 5 for the last.
    let week: Int
    /// 0 is Sunday.
    let weekday: Int
    let seconds: Int64

    /// Seconds since 1970-01-01 00:00:00 of the local clock.
    func local(year: Int) -> Int64 {
      let first = CivilDate(year: year, month: month, day: 1).daysSinceEpoch
      // 1970-01-01 was a Thursday.
      let skipped = (weekday - (first + 4)).floorModulo(7)
      var day = skipped + 7 * (week - 1)
      if day >= CivilDate.daysInMonth(month, year: year) { day -= 7 }
      return Int64(first + day) * ZoneRules.secondsPerDay + seconds
    }
  }

  /// Where the rule takes over; it may make its first change long after that of the list.
  let from: Int64
  let standard: Int64
  let summer: Int64
  let start: Moment
  let end: Moment

  /// The interval of an instant behind the last listed change, which began at `first` with `offset`.
  func interval(at seconds: Int64, notBefore first: Int64, offset: Int64) -> ZoneInterval {
    let bounded = min(max(seconds, from), ZoneRules.secondsMax)
    let middle = CivilDate(daysSinceEpoch: Int(bounded.floorDivided(by: ZoneRules.secondsPerDay)))
    var current = ZoneInterval(start: first, end: .max, offset: offset)
    for year in middle.year - 1...middle.year + 1 {
      let changes = [
        (instant: start.local(year: year) - standard, offset: summer),
        (instant: end.local(year: year) - summer, offset: standard),
      ].sorted { $0.instant < $1.instant }
      for change in changes where change.instant > max(from, current.start) {
        if change.instant > ZoneRules.secondsMax { return current }
        if change.instant > seconds {
          return ZoneInterval(start: current.start, end: change.instant, offset: current.offset)
        }
        current = ZoneInterval(start: change.instant, end: .max, offset: change.offset)
      }
    }
    return current
  }
}
