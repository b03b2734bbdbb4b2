/// A time in whatever way people and programs write it, by the rules of ClickHouse's parseDateTimeBestEffort: Unix
/// times, ISO 8601, `10 Mar 2024 13:05`, `10/03/2024`, `Sun, 10 Mar 2024 03:04:05 GMT`, `1:05 PM`.
///
/// Invariants:
/// 1. Every byte of the text is read once; no text is refused later than where it stops to make sense.
/// 2. A part (year, time, ...) that was read is never read again: it is an error.
import TickColumns

struct BestEffortTime: Sendable {
  /// Seconds since 1970 in UTC, and a fraction of `fractionDigits` digits.
  private(set) var seconds: Int64 = 0
  private(set) var fraction: Int64 = 0
  private(set) var fractionDigits = 0
  /// A Unix time with something behind it, which is another error than no time.
  private(set) var hasRest = false

  /// Nil where the text is no time. `today` is the day that a date without a year is not after. A Unix time may have
  /// a fraction where `isFine`. `clock` is of the local times that a text without an offset means.
  init?(
    _ text: ArraySlice<UInt8>, monthFirst: Bool, isFine: Bool, today: Int64,
    _ clock: inout ZoneCursor
  ) {
    var reader = Reader(text: text, monthFirst: monthFirst, isFine: isFine)
    guard reader.read() else { return nil }
    hasRest = reader.hasRest
    if let unix = reader.unixSeconds {
      seconds = unix
    } else {
      guard let civil = reader.civilSeconds(today: today) else { return nil }
      seconds = civil - (reader.offsetSeconds.map { Int64($0) } ?? clock.offset(at: civil))
    }
    fraction = reader.fraction
    fractionDigits = reader.fractionDigits
  }

  /// Ticks of 10^-precision seconds; digits beyond are cut. Nil where they do not fit.
  func ticks(precision: Int) -> Int64? {
    let scale = powersOfTen[precision]
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: scale)
    let part =
      fractionDigits <= precision
      ? fraction * powersOfTen[precision - fractionDigits]
      : fraction / powersOfTen[fractionDigits - precision]
    let (sum, overflowed) = whole.addingReportingOverflow(part)
    return overflow || overflowed ? nil : sum
  }
}

private struct Reader {
  let text: ArraySlice<UInt8>
  let monthFirst: Bool
  let isFine: Bool
  private var at: Int

  private var year: Int?
  private var month: Int?
  private var day: Int?
  private var hour = 0
  private var minute = 0
  private var second = 0
  private var hasTime = false
  private var isAfternoon: Bool?
  /// Nil where the text names none.
  private(set) var offsetSeconds: Int?
  private var hasComma = false
  private(set) var unixSeconds: Int64?
  private(set) var fraction: Int64 = 0
  private(set) var fractionDigits = 0

  init(text: ArraySlice<UInt8>, monthFirst: Bool, isFine: Bool) {
    self.text = text
    self.monthFirst = monthFirst
    self.isFine = isFine
    at = text.startIndex
  }

  var hasRest: Bool { unixSeconds != nil && at < text.endIndex }

  // MARK: Bytes

  private var next: UInt8? { at < text.endIndex ? text[at] : nil }

  private mutating func accept(_ sign: Character) -> Bool {
    guard next == sign.asciiValue else { return false }
    at += 1
    return true
  }

  /// Digits in a row, at most as many.
  private mutating func digits(_ most: Int) -> ArraySlice<UInt8> {
    let start = at
    while at < text.endIndex, at - start < most, (0x30...0x39).contains(text[at]) { at += 1 }
    return text[start..<at]
  }

  private func value(_ digits: ArraySlice<UInt8>) -> Int64 {
    digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  /// One or two digits.
  private mutating func shortNumber() -> Int? {
    let found = digits(Self.digitsMax)
    return (1...2).contains(found.count) ? Int(value(found)) : nil
  }

  private static let digitsMax = 18

  /// Letters in a row, in lower case.
  private mutating func letters() -> [UInt8] {
    let start = at
    while at < text.endIndex, (0x61...0x7A).contains(text[at] | 0x20) { at += 1 }
    return text[start..<at].map { $0 | 0x20 }
  }

  private static let dateSigns = Set("/.-".utf8)

  // MARK: The text

  /// False where the text makes no sense.
  mutating func read() -> Bool {
    while at < text.endIndex, unixSeconds == nil {
      if (year == nil) == hasTime, accept(",") {
        hasComma = true
        if at == text.endIndex { break }
      }
      if year == nil || !hasTime {
        let found = digits(Self.digitsMax)
        if !found.isEmpty {
          guard readNumber(found) else { return false }
          continue
        }
      }
      guard readSign() else { return false }
    }
    if unixSeconds != nil { return true }
    let hasDate = year != nil || month != nil || day != nil
    if hasComma, !hasTime || year == nil || month == nil || day == nil { return false }
    return hasDate || hasTime
  }

  private mutating func readNumber(_ found: ArraySlice<UInt8>) -> Bool {
    let isFirst = year == nil && !hasTime
    switch found.count {
    case 13 where isFirst:
      unixSeconds = value(found.prefix(10))
      fraction = value(found.suffix(3))
      fractionDigits = 3
      return true
    case 9 where isFirst, 10 where isFirst:
      unixSeconds = value(found)
      if isFine, accept(".") { readFraction() }
      return true
    case 14 where isFirst:
      readDate(found.prefix(8))
      readClock(found.suffix(6))
      return true
    case 8 where year == nil:
      readDate(found)
      return true
    case 6 where year == nil && month == nil:
      year = Int(value(found.prefix(4)))
      month = Int(value(found.suffix(2)))
      return true
    case 6 where !hasTime:
      readClock(found)
      return true
    case 4 where year == nil:
      year = Int(value(found))
      return readMonthAndDay()
    case 1, 2: return readShort(Int(value(found)))
    default: return false
    }
  }

  private mutating func readDate(_ found: ArraySlice<UInt8>) {
    year = Int(value(found.prefix(4)))
    month = Int(value(found.dropFirst(4).prefix(2)))
    day = Int(value(found.suffix(2)))
  }

  private mutating func readClock(_ found: ArraySlice<UInt8>) {
    hour = Int(value(found.prefix(2)))
    minute = Int(value(found.dropFirst(2).prefix(2)))
    second = Int(value(found.suffix(2)))
    hasTime = true
  }

  /// What follows a year: `-03-10`, `/3/1`, `.03`.
  private mutating func readMonthAndDay() -> Bool {
    guard let sign = next, Self.dateSigns.contains(sign) else { return true }
    at += 1
    guard let number = shortNumber() else { return false }
    month = number
    guard next == sign else { return true }
    at += 1
    guard let number = shortNumber() else { return false }
    day = number
    return true
  }

  /// One or two digits: an hour, a day or a month, by what follows.
  private mutating func readShort(_ number: Int) -> Bool {
    guard let sign = next else { return readDayOrHour(number) }
    if sign == UInt8(ascii: ":") {
      guard !hasTime else { return false }
      hour = number
      hasTime = true
      at += 1
      guard let found = shortNumber() else { return false }
      minute = found
      guard accept(":") else { return true }
      guard let found = shortNumber() else { return false }
      second = found
      return true
    }
    guard Self.dateSigns.contains(sign) else { return readDayOrHour(number) }
    guard day == nil, month == nil else { return false }
    at += 1
    let found = digits(Self.digitsMax)
    switch found.count {
    case 1, 2:
      (day, month) = monthFirst ? (Int(value(found)), number) : (number, Int(value(found)))
    case 0 where !monthFirst:
      day = number
      guard let named = Self.month(letters()) else { return false }
      month = named
    default: return false
    }
    if let first = month, first > 12 { (day, month) = (month, day) }
    guard let sign = next, Self.dateSigns.contains(sign) else { return true }
    at += 1
    let years = digits(Self.digitsMax)
    switch years.count {
    case 4: year = Int(value(years))
    case 2: year = Int(value(years)) + (value(years) < 70 ? 2_000 : 1_900)
    default: return false
    }
    return true
  }

  private mutating func readDayOrHour(_ number: Int) -> Bool {
    if day == nil {
      day = number
      // March 10, 2024.
      if month != nil, year == nil { _ = accept(",") }
      return true
    }
    guard !hasTime else { return false }
    hour = number
    hasTime = true
    return true
  }

  private mutating func readFraction() {
    let found = digits(Self.digitsMax)
    fraction = value(found)
    fractionDigits = found.count
  }

  // MARK: Signs and words

  private mutating func readSign() -> Bool {
    guard let sign = next else { return true }
    switch sign {
    case 0x20: at += 1
    case UInt8(ascii: "T") where year != nil && !hasTime: at += 1
    case UInt8(ascii: "Z"):
      at += 1
      offsetSeconds = 0
    case UInt8(ascii: "."):
      guard hasTime else { return false }
      at += 1
      readFraction()
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      at += 1
      return readOffset(isWest: sign == UInt8(ascii: "-"))
    default: return readWord()
    }
    return true
  }

  private mutating func readOffset(isWest: Bool) -> Bool {
    let found = digits(Self.digitsMax)
    var minutes: Int
    switch found.count {
    case 4: minutes = Int(value(found.prefix(2)) * 60 + value(found.suffix(2)))
    case 1, 2:
      minutes = Int(value(found)) * 60
      if accept(":") {
        guard let more = shortNumber() else { return false }
        minutes += more
      }
    default: return false
    }
    offsetSeconds = (isWest ? -minutes : minutes) * 60
    return true
  }

  /// Hours from UTC of the zones that are known by three letters.
  private static let zones: [String: Int] = [
    "utc": 0, "gmt": 0, "msk": 3, "msd": 4,
  ]

  private mutating func readWord() -> Bool {
    let word = letters()
    let text = String(decoding: word, as: UTF8.self)
    switch text {
    case "am": isAfternoon = false
    case "pm": isAfternoon = true
    case _ where word.count < 3: return false
    default:
      let short = String(text.prefix(3))
      if let named = Self.month(word) {
        guard month == nil else { return false }
        month = named
      } else if let hours = Self.zones[short] {
        offsetSeconds = hours * 3_600
      } else if TimeNames.weekdays.contains(where: { $0.lowercased().hasPrefix(short) }) {
        _ = accept(",")
      } else {
        return false
      }
    }
    return true
  }

  private static func month(_ word: [UInt8]) -> Int? {
    guard word.count >= 3 else { return nil }
    let short = String(decoding: word.prefix(3), as: UTF8.self)
    return TimeNames.months.firstIndex { $0.lowercased().hasPrefix(short) }.map { $0 + 1 }
  }

  // MARK: The whole

  /// Seconds since 1970 on the local clock; nil where there is no such date. Hours and minutes may run over, as in ClickHouse.
  func civilSeconds(today: Int64) -> Int64? {
    var hour = hour
    if let isAfternoon {
      if !isAfternoon, hour == 12 { hour = 0 }
      if isAfternoon, hour < 12 { hour += 12 }
    }
    var date = CivilDate(year: year ?? 0, month: month ?? 1, day: day ?? 1)
    if year == nil {
      // The last such day that is not after today.
      let now = CivilDate(daysSinceEpoch: Int(today))
      let isKnown = month != nil || day != nil
      date = CivilDate(
        year: now.year, month: month ?? (isKnown ? 1 : now.month),
        day: day ?? (isKnown ? 1 : now.day))
      if Int64(date.daysSinceEpoch) > today {
        date = CivilDate(year: now.year - 1, month: date.month, day: date.day)
      }
    }
    guard date.isValid else { return nil }
    return Int64(date.daysSinceEpoch) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
  }
}
