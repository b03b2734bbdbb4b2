import TickColumns

/// Buckets of time: which one an instant lies in, and where that bucket begins and ends.
///
/// Origins are ClickHouse's: clock units below an hour count from 1970, hours from midnight, days from
/// 1970-01-01, weeks from Monday 1970-01-05, months and quarters from 1970-01, years from year 0. Midnight and days are
/// those of a zone.
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

  /// Where the bucket around an instant begins, and the ticks around the instant whose bucket begins there.
  ///
  /// As in ClickHouse, seconds and minutes count from 1970 as they do in UTC, and hours too; in a zone whose offsets
  /// are not whole minutes, or for a single hour whole hours, they count from the start of the local day, without
  /// regard to a change of offset on that day.
  func ticks(
    around ticks: Int64, perSecond scale: Int64, in zone: TimeZone
  ) -> (start: Int64, span: Range<Int64>) {
    let inSeconds: (start: Int64, span: Range<Int64>)
    let isFar = (ticks / scale).magnitude >= TimeZone.secondsMax
    switch unit {
    case _ where zone.isUTC || isFar, .nanosecond, .microsecond, .millisecond:
      let range = self.ticks(around: ticks, perSecond: scale)
      return (range.lowerBound, range)
    case .second, .minute:
      let isMinutes = unit == .minute || count % 60 == 0
      if isMinutes ? zone.hasWholeMinutes : zone.hasWholeHours || count == 1 {
        let range = self.ticks(around: ticks, perSecond: scale)
        return (range.lowerBound, range)
      }
      inSeconds = sinceMidnight(
        ticks.floorDivided(by: scale),
        TimeArithmetic.saturatingProduct(unit == .second ? 1 : 60, count), in: zone)
    case .hour where count == 1:
      if zone.hasWholeHours {
        let range = self.ticks(around: ticks, perSecond: scale)
        return (range.lowerBound, range)
      }
      inSeconds = sinceMidnight(ticks.floorDivided(by: scale), 3_600, in: zone)
    case .hour: inSeconds = hours(around: ticks.floorDivided(by: scale), in: zone)
    case .day, .week, .month, .quarter, .year:
      let found = zone.instants(around: ticks.floorDivided(by: scale)) { days(around: $0) }
      inSeconds = (found.instants.lowerBound, found.instants)
    }
    return (
      TimeArithmetic.saturatingProduct(inSeconds.start, scale),
      TimeArithmetic.ticks(inSeconds.span, scale)
    )
  }

  /// Buckets of equal length from the start of the local day on.
  private func sinceMidnight(
    _ seconds: Int64, _ length: Int64, in zone: TimeZone
  ) -> (start: Int64, span: Range<Int64>) {
    let day = zone.instants(around: seconds) { $0..<$0 + 1 }.instants
    let start = day.lowerBound + (seconds - day.lowerBound) / length * length
    let (end, overflow) = start.addingReportingOverflow(length)
    return (start, start..<(overflow ? day.upperBound : min(end, day.upperBound)))
  }

  /// Buckets of several hours by the local clock. Where the offset changes within the day, the buckets behind the
  /// change begin at the hours that the clock shows then, but none of them before the change.
  private func hours(
    around seconds: Int64, in zone: TimeZone
  ) -> (start: Int64, span: Range<Int64>) {
    let length = 3_600 * count
    let found = zone.instants(around: seconds) { $0..<$0 + 1 }
    let midnight = found.instants.lowerBound
    let dayEnd = found.instants.upperBound
    let interval = zone.interval(at: seconds)
    let time = seconds + interval.offset - found.days.lowerBound * TimeArithmetic.secondsPerDay
    let rounded = time / length * length
    guard interval.start != .min, interval.start >= midnight else {
      let start = midnight + rounded
      return (start, start..<max(start, min(start + length, interval.end, dayEnd)))
    }
    let amount = interval.offset - zone.offset(at: interval.start - 1)
    let change = interval.start - midnight
    let start = midnight + (rounded >= change ? max(rounded - amount, change) : rounded)
    let end = min(midnight + rounded - amount + length, dayEnd)
    let low = max(start, interval.start)
    return (start, low..<max(low, end))
  }

  /// Ticks of the bucket around an instant, in UTC.
  private func ticks(around ticks: Int64, perSecond scale: Int64) -> Range<Int64> {
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
