import TickColumns

/// Text to dates and times. A time without an offset of its own is read on the clock of the column's zone.
///
/// Dates: `YYYY-MM-DD` with any separator and one-digit months and days, or `YYYYMMDD`. Times: the same date,
/// a blank or `T`, `hh[:mm[:ss]]`, a fraction, and `Z`, `UTC`, `GMT` or an offset; `YYYYMMDD[T]hhmmss`; a bare
/// `YYYY`; unix seconds (9 or 10 digits, with a fraction), milliseconds (13), microseconds (16), nanoseconds
/// (19). Not read: month names, AM and PM, other zone names, day before month, and texts without a year, whose
/// meaning would depend on the day they are read.

/// Days since 1970-01-01.
func parseDate(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ rules: TextRules
) throws(FormatError) -> UInt16 {
  let days = try parseDays(bytes, start, end, .date, daysMax: Int64(UInt16.max), rules)
  if let exact = UInt16(exactly: days) { return exact }
  if rules.outOfRange == .refuse {
    throw FormatError(
      .valueIsOutOfRangeOfDataType,
      "\(excerpt(bytes, start, end)) is out of range of Date (1970-01-01 to 2149-06-06)")
  }
  return days < 0 ? 0 : .max
}

/// Days since 1970-01-01, negative before it.
func parseDate32(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ rules: TextRules
) throws(FormatError) -> Int32 {
  let lastDay = TimeTextWriter.secondsMax / 86_400
  let days = try parseDays(bytes, start, end, .date32, daysMax: lastDay, rules)
  guard days <= lastDay else {
    if rules.outOfRange == .refuse {
      throw FormatError(
        .valueIsOutOfRangeOfDataType,
        "\(excerpt(bytes, start, end)) is out of range of Date32 (to 9999-12-31)")
    }
    return Int32(lastDay)
  }
  // Texts have four digits of year and numbers are bounded below, so this is in range.
  return Int32(clamping: days)
}

/// The days that a date's text or a bare number stands for; numbers above `daysMax` are unix seconds.
private func parseDays(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ type: DataType, daysMax: Int64,
  _ rules: TextRules
) throws(FormatError) -> Int64 {
  if rules.isBareNumber {
    let number: Int64 = try parseInteger(
      bytes, start, end, type, TextRules(rules.outOfRange, leftover: rules.leftover))
    return number <= daysMax ? number : number / 86_400
  }
  var reader = TimeReader(end: end, at: start)
  guard let date = reader.date(bytes) else {
    throw FormatError(.cannotParseDate, "Cannot parse \(excerpt(bytes, start, end)) as \(type)")
  }
  var i = reader.at
  if i < end, rules.leftover == .cannotParseText, bytes[i] == 0x20 || bytes[i] == 0x54 {
    // A cast takes a time behind the date and drops it.
    reader.at += 1
    if reader.clock(bytes) != nil { i = reader.at }
  }
  guard i == end else {
    throw FormatError(rules.leftover, "Cannot parse \(excerpt(bytes, start, end)) as \(type)")
  }
  if !date.isValid {
    if rules.outOfRange == .refuse {
      throw FormatError(
        .cannotParseDate, "\(excerpt(bytes, start, end)) is not a calendar date")
    }
    // ClickHouse runs days of short months into the next month and gives 1970-01-01 otherwise.
    guard (1...12).contains(date.month), (1...31).contains(date.day) else { return 0 }
  }
  return Int64(date.daysSinceEpoch)
}

/// Seconds since 1970-01-01 UTC.
func parseDateTime(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ clock: inout ZoneCursor, _ rules: TextRules
) throws(FormatError) -> UInt32 {
  let moment = try parseMoment(
    bytes, start, end, takesFractionOfUnixTime: false, "DateTime", &clock, rules)
  if let exact = UInt32(exactly: moment.seconds) { return exact }
  if rules.outOfRange == .refuse {
    throw FormatError(
      .valueIsOutOfRangeOfDataType,
      "\(excerpt(bytes, start, end)) is out of range of DateTime "
        + "(1970-01-01 00:00:00 to 2106-02-07 06:28:15)")
  }
  return moment.seconds < 0 ? 0 : .max
}

/// Ticks of 10^-precision seconds since 1970-01-01 UTC; further digits of a fraction are cut off.
func parseDateTime64(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, precision: Int, _ clock: inout ZoneCursor,
  _ rules: TextRules
) throws(FormatError) -> Int64 {
  let moment = try parseMoment(
    bytes, start, end, takesFractionOfUnixTime: true, "DateTime64", &clock, rules)
  let (whole, isTooLarge) = moment.seconds.multipliedReportingOverflow(by: powersOfTen[precision])
  let fraction = moment.nanoseconds / powersOfTen[9 - precision]
  let (ticks, carries) = whole.addingReportingOverflow(fraction)
  guard !isTooLarge, !carries else {
    throw FormatError(
      .decimalOverflow, "\(excerpt(bytes, start, end)) is out of range of DateTime64(\(precision))")
  }
  return ticks
}

/// A point in time; nanoseconds are 0..<10^9, also before 1970.
private struct Moment {
  var seconds: Int64
  var nanoseconds: Int64 = 0
}

private func parseMoment(
  _ bytes: Span<UInt8>, _ from: Int, _ to: Int, takesFractionOfUnixTime: Bool, _ type: String,
  _ clock: inout ZoneCursor, _ rules: TextRules
) throws(FormatError) -> Moment {
  if rules.isBareNumber { return try parseUnixSeconds(bytes, from, to, type, rules) }
  var start = from
  var end = to
  while start < end, bytes[start] == 0x20 { start += 1 }
  while start < end, bytes[end - 1] == 0x20 { end -= 1 }
  var reader = TimeReader(end: end, at: start)
  let leading = reader.digitRun(bytes)
  let moment: Moment?
  switch leading {
  case 9, 10:
    moment = reader.unixTime(
      bytes, digits: leading, unit: 0, takesFraction: takesFractionOfUnixTime)
  case 13: moment = reader.unixTime(bytes, digits: leading, unit: 3, takesFraction: false)
  case 16: moment = reader.unixTime(bytes, digits: leading, unit: 6, takesFraction: false)
  case 19: moment = reader.unixTime(bytes, digits: leading, unit: 9, takesFraction: false)
  case 4, 8, 14: moment = reader.civilTime(bytes, leading: leading, &clock, rules.outOfRange)
  default: moment = nil
  }
  guard let moment else {
    throw FormatError(.cannotParseDatetime, "Cannot parse \(excerpt(bytes, from, to)) as \(type)")
  }
  guard reader.at == end else {
    let isLetter = (0x61...0x7A).contains(bytes[reader.at] | 0x20)
    throw FormatError(
      isLetter ? .cannotParseDatetime : rules.leftover,
      "Cannot parse \(excerpt(bytes, from, to)) as \(type): unexpected "
        + excerpt(bytes, reader.at, end))
  }
  return moment
}

/// Seconds as a plain number with an optional fraction and exponent.
private func parseUnixSeconds(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ type: String, _ rules: TextRules
) throws(FormatError) -> Moment {
  var i = start
  let isNegative = i < end && bytes[i] == 0x2D
  if isNegative || (i < end && bytes[i] == 0x2B) { i += 1 }
  var seconds: Int64 = 0
  var isTooLarge = false
  let digitsStart = i
  while i < end, bytes[i] &- 0x30 <= 9 {
    let (product, overflows) = seconds.multipliedReportingOverflow(by: 10)
    let (sum, carries) = product.addingReportingOverflow(Int64(bytes[i] &- 0x30))
    isTooLarge = isTooLarge || overflows || carries
    seconds = sum
    i += 1
  }
  guard i > digitsStart else {
    throw FormatError(.cannotParseDatetime, "Cannot parse \(excerpt(bytes, start, end)) as \(type)")
  }
  var nanoseconds: Int64 = 0
  if i < end, bytes[i] == 0x2E {
    i += 1
    nanoseconds = fractionNanoseconds(bytes, &i, end)
  }
  guard i == end else {
    throw FormatError(rules.leftover, "Cannot parse \(excerpt(bytes, start, end)) as \(type)")
  }
  guard !isTooLarge else {
    throw FormatError(
      .decimalOverflow, "\(excerpt(bytes, start, end)) seconds are out of range of \(type)")
  }
  if !isNegative { return Moment(seconds: seconds, nanoseconds: nanoseconds) }
  return nanoseconds == 0
    ? Moment(seconds: -seconds)
    : Moment(seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds)
}

/// Digits behind a point as nanoseconds; digits past the ninth are read and dropped.
private func fractionNanoseconds(_ bytes: Span<UInt8>, _ i: inout Int, _ end: Int) -> Int64 {
  var value: Int64 = 0
  var digits = 0
  while i < end, bytes[i] &- 0x30 <= 9 {
    if digits < 9 {
      value = value * 10 + Int64(bytes[i] &- 0x30)
      digits += 1
    }
    i += 1
  }
  return value * powersOfTen[9 - digits]
}

/// Reads the parts of a time one after the other; nil where a part is not there.
private struct TimeReader {
  let end: Int
  var at: Int

  /// How many digits begin here.
  func digitRun(_ bytes: Span<UInt8>) -> Int {
    var i = at
    while i < end, bytes[i] &- 0x30 <= 9 { i += 1 }
    return i - at
  }

  /// Exactly `count` digits.
  mutating func number(_ bytes: Span<UInt8>, count: Int) -> Int? {
    guard at + count <= end else { return nil }
    var value = 0
    for i in at..<at + count {
      let digit = bytes[i] &- 0x30
      if digit > 9 { return nil }
      value = value * 10 + Int(digit)
    }
    at += count
    return value
  }

  /// One or two digits.
  mutating func short(_ bytes: Span<UInt8>) -> Int? {
    guard let first = number(bytes, count: 1) else { return nil }
    guard let second = number(bytes, count: 1) else { return first }
    return first * 10 + second
  }

  mutating func accept(_ bytes: Span<UInt8>, _ byte: UInt8) -> Bool {
    guard at < end, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  mutating func separator(_ bytes: Span<UInt8>) -> Bool {
    guard at < end, bytes[at] &- 0x30 > 9 else { return false }
    at += 1
    return true
  }

  mutating func date(_ bytes: Span<UInt8>) -> CivilDate? {
    guard let year = number(bytes, count: 4) else { return nil }
    if at < end, bytes[at] &- 0x30 <= 9 {
      guard let month = number(bytes, count: 2), let day = number(bytes, count: 2) else {
        return nil
      }
      return CivilDate(year: year, month: month, day: day)
    }
    guard separator(bytes), let month = short(bytes), separator(bytes), let day = short(bytes)
    else { return nil }
    return CivilDate(year: year, month: month, day: day)
  }

  /// `hh[:mm[:ss]]` or `hhmmss`, as seconds of the day without a check of ranges.
  mutating func clock(_ bytes: Span<UInt8>) -> (hour: Int, minute: Int, second: Int)? {
    if digitRun(bytes) == 6 {
      guard let hour = number(bytes, count: 2), let minute = number(bytes, count: 2),
        let second = number(bytes, count: 2)
      else { return nil }
      return (hour, minute, second)
    }
    guard let hour = short(bytes) else { return nil }
    guard accept(bytes, 0x3A) else { return (hour, 0, 0) }
    guard let minute = short(bytes) else { return nil }
    guard accept(bytes, 0x3A) else { return (hour, minute, 0) }
    guard let second = short(bytes) else { return nil }
    return (hour, minute, second)
  }

  /// What stands behind a time: nothing, `Z`, `UTC`, `GMT` or an offset such as `+02:00` in seconds east.
  enum Offset {
    case none
    case east(Int)
    case broken
  }

  mutating func offset(_ bytes: Span<UInt8>) -> Offset {
    let before = at
    while at < end, bytes[at] == 0x20 { at += 1 }
    guard at < end else { return .none }
    switch bytes[at] {
    case 0x5A:
      at += 1
      return .east(0)
    case 0x2B, 0x2D:
      let sign = bytes[at] == 0x2B ? 1 : -1
      at += 1
      guard let hours = short(bytes) else { return .broken }
      let minutes =
        accept(bytes, 0x3A) || (at < end && bytes[at] &- 0x30 <= 9)
        ? number(bytes, count: 2) : 0
      guard let minutes, hours <= 24, minutes < 60 else { return .broken }
      return .east(sign * (hours * 3_600 + minutes * 60))
    default:
      if at + 3 <= end,
        matchesWord(bytes, at, at + 3, "utc") || matchesWord(bytes, at, at + 3, "gmt")
      {
        at += 3
        return .east(0)
      }
      at = before
      return .none
    }
  }

  mutating func unixTime(
    _ bytes: Span<UInt8>, digits: Int, unit: Int, takesFraction: Bool
  ) -> Moment? {
    var value: Int64 = 0
    for i in at..<at + digits {
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, carries) = product.addingReportingOverflow(Int64(bytes[i] &- 0x30))
      if overflows || carries { return nil }
      value = sum
    }
    at += digits
    let scale = powersOfTen[unit]
    var moment = Moment(
      seconds: value / scale, nanoseconds: value % scale * powersOfTen[9 - unit])
    if takesFraction, accept(bytes, 0x2E) {
      moment.nanoseconds = fractionNanoseconds(bytes, &at, end)
    }
    return moment
  }

  mutating func civilTime(
    _ bytes: Span<UInt8>, leading: Int, _ zone: inout ZoneCursor, _ outOfRange: OutOfRangeRule
  ) -> Moment? {
    let day: CivilDate
    var time = (hour: 0, minute: 0, second: 0)
    if leading == 4, at + 4 == end {
      guard let year = number(bytes, count: 4) else { return nil }
      day = CivilDate(year: year, month: 1, day: 1)
    } else {
      guard let date = date(bytes) else { return nil }
      day = date
      if leading == 14 {
        guard let clock = clock(bytes) else { return nil }
        time = clock
      } else if at < end, bytes[at] == 0x20 || bytes[at] == 0x54 || bytes[at] == 0x74 {
        let isBlank = bytes[at] == 0x20
        while at < end, bytes[at] == 0x20 || bytes[at] | 0x20 == 0x74 { at += 1 }
        if digitRun(bytes) > 0 {
          guard let clock = clock(bytes) else { return nil }
          time = clock
        } else if !isBlank {
          return nil
        }
      }
    }
    guard day.isValid, day.year > 0 else { return nil }
    if outOfRange == .refuse {
      // A leap second counts as the first second of the next minute, as everywhere in unix time.
      guard time.hour < 24, time.minute < 60, time.second <= 60 else { return nil }
    }
    var nanoseconds: Int64 = 0
    if accept(bytes, 0x2E) { nanoseconds = fractionNanoseconds(bytes, &at, end) }
    let local = Int64(
      day.daysSinceEpoch * 86_400 + time.hour * 3_600 + time.minute * 60 + time.second)
    switch offset(bytes) {
    case .none:
      return Moment(seconds: local - zone.offset(at: local), nanoseconds: nanoseconds)
    case .east(let offset):
      return Moment(seconds: local - Int64(offset), nanoseconds: nanoseconds)
    case .broken: return nil
    }
  }
}
