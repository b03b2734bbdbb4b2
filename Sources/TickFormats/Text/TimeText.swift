import TickColumns

/// Dates and times to text, on the clock of a zone.
///
/// Neighbouring rows mostly share a day, so a writer keeps the last day's text, and the zone's last offset.
struct TimeTextWriter {
  /// `YYYY-MM-DDThh:mm:ss.fffffffffZ` and two quotes.
  static let textMax = 32

  private var clock: ZoneCursor
  private let format: TextOptions.TimeFormat
  private var day = Int.min
  private var year = 0
  private var month = 0
  private var dayOfMonth = 0

  init(_ zone: TimeZone = .utc, _ format: TextOptions.TimeFormat = .simple) {
    // ISO text ends in Z, so it is UTC in every zone.
    clock = ZoneCursor(format == .iso ? .utc : zone)
    self.format = format
  }

  mutating func putDate(
    daysSinceEpoch days: Int, _ out: inout MutableSpan<UInt8>, _ at: inout Int
  ) {
    if days != day {
      let date = CivilDate(daysSinceEpoch: days)
      day = days
      year = date.year
      month = date.month
      dayOfMonth = date.day
    }
    putPadded(year, width: 4, &out, &at)
    put(0x2D, &out, &at)
    putPadded(month, width: 2, &out, &at)
    put(0x2D, &out, &at)
    putPadded(dayOfMonth, width: 2, &out, &at)
  }

  mutating func putDateTime(
    secondsSinceEpoch seconds: Int64, _ out: inout MutableSpan<UInt8>, _ at: inout Int
  ) {
    if format == .unixTimestamp {
      putDecimal(seconds, &out, &at)
      return
    }
    putClock(secondsSinceEpoch: seconds, &out, &at)
    if format == .iso { put(0x5A, &out, &at) }
  }

  private mutating func putClock(
    secondsSinceEpoch seconds: Int64, _ out: inout MutableSpan<UInt8>, _ at: inout Int
  ) {
    // Text has four digits of year; times beyond print as the nearest that can be written, as ClickHouse does.
    let near = min(
      max(seconds, TimeTextWriter.secondsMin - 86_400), TimeTextWriter.secondsMax + 86_400)
    let local = near + clock.offset(at: near)
    let clamped = min(max(local, TimeTextWriter.secondsMin), TimeTextWriter.secondsMax)
    let days = clamped.floorDivided(by: 86_400)
    let rest = Int(clamped - days * 86_400)
    putDate(daysSinceEpoch: Int(days), &out, &at)
    put(format == .iso ? 0x54 : 0x20, &out, &at)
    putPadded(rest / 3_600, width: 2, &out, &at)
    put(0x3A, &out, &at)
    putPadded(rest / 60 % 60, width: 2, &out, &at)
    put(0x3A, &out, &at)
    putPadded(rest % 60, width: 2, &out, &at)
  }

  mutating func putDateTime64(
    ticks: Int64, precision: Int, _ out: inout MutableSpan<UInt8>, _ at: inout Int
  ) {
    if precision == 0 {
      putDateTime(secondsSinceEpoch: ticks, &out, &at)
      return
    }
    let scale = powersOfTen[precision]
    if format == .unixTimestamp {
      // A sign and a magnitude, so that times before 1970 read as the numbers they are.
      if ticks < 0 { put(0x2D, &out, &at) }
      let (whole, fraction) = ticks.magnitude.quotientAndRemainder(dividingBy: UInt64(scale))
      putDecimal(whole, &out, &at)
      put(0x2E, &out, &at)
      putPadded(Int(fraction), width: precision, &out, &at)
      return
    }
    putClock(secondsSinceEpoch: ticks.floorDivided(by: scale), &out, &at)
    put(0x2E, &out, &at)
    putPadded(Int(ticks.floorModulo(scale)), width: precision, &out, &at)
    if format == .iso { put(0x5A, &out, &at) }
  }

  /// 0000-01-01 00:00:00.
  static let secondsMin: Int64 = -62_167_219_200
  /// 9999-12-31 23:59:59.
  static let secondsMax: Int64 = 253_402_300_799
}
