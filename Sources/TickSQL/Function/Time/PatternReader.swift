/// `parseDateTime`: text read by a pattern of MySQL's letters or of Joda's, strictly: every byte of the text belongs to a
/// piece.
///
/// What the pattern leaves open is that of 1970-01-01 00:00:00, or of 2000 where it says anything of a date.
import TickColumns

struct PatternReader {
  private let text: ArraySlice<UInt8>
  private var at: Int
  private var year: Int?
  var month = 1
  var day = 1
  var dayOfYear = 1
  var week = 1
  /// Monday is 1.
  var weekday = 1
  private var kind = DateKind.none
  var hour = 0
  private var halfDayHour: Int?
  private var isAfternoon = false
  var minute = 0
  var second = 0
  private var offsetSeconds: Int?
  private var zone: TimeZone?

  /// What the day comes from: the last piece that says one decides.
  enum DateKind { case none, calendar, ordinal, week }

  /// Seconds since 1970 of a text; nil where it does not fit the pattern or there is no such date.
  ///
  /// - Parameter clock: of the local times that a text without an offset means.
  static func seconds(
    _ text: ArraySlice<UInt8>, _ pattern: [TimePiece], _ clock: inout ZoneCursor
  ) -> Int64? {
    var reader = PatternReader(text)
    for piece in pattern {
      switch piece {
      case .text(let bytes):
        guard reader.text[reader.at...].starts(with: bytes) else { return nil }
        reader.at += bytes.count
      case .letter(let letter): guard reader.read(letter) else { return nil }
      case .joda(let field): guard reader.read(field) else { return nil }
      }
    }
    guard reader.at == text.endIndex, let local = reader.localSeconds else { return nil }
    if let zone = reader.zone {
      var clock = ZoneCursor(zone, isLocal: true)
      return local - clock.offset(at: local)
    }
    return local - (reader.offsetSeconds.map { Int64($0) } ?? clock.offset(at: local))
  }

  private init(_ text: ArraySlice<UInt8>) {
    self.text = text
    at = text.startIndex
  }

  // MARK: Pieces

  private mutating func read(_ letter: TimeLetter) -> Bool {
    switch letter {
    case .year, .weekYear:
      guard let number = number(4...4, in: 1_970...2_106) else { return false }
      year = number
      kind = letter == .weekYear ? .week : kind == .none ? .calendar : kind
    case .shortYear, .shortWeekYear:
      guard let number = number(2...2, in: 0...99) else { return false }
      year = number + (number < 70 ? 2_000 : 1_900)
      kind = letter == .shortWeekYear ? .week : kind == .none ? .calendar : kind
    case .century:
      guard let number = number(2...2, in: 19...21) else { return false }
      year = number * 100
      kind = kind == .none ? .calendar : kind
    case .month: return set(\.month, number(2...2, in: 1...12), .calendar)
    case .monthAgain: return set(\.month, number(1...2, in: 1...12), .calendar)
    case .shortMonthName: return set(\.month, name(TimeNames.months, 3), .calendar)
    case .monthName: return set(\.month, name(TimeNames.months, nil), .calendar)
    case .day: return set(\.day, number(2...2, in: 1...31), .calendar)
    case .shortDay:
      if at < text.endIndex, text[at] == 0x20 { at += 1 }
      return set(\.day, number(1...2, in: 1...31), .calendar)
    case .dayOfYear: return set(\.dayOfYear, number(3...3, in: 1...366), .ordinal)
    case .week: return set(\.week, number(2...2, in: 1...53), .week)
    case .shortWeekdayName: return set(\.weekday, name(TimeNames.weekdays, 3), .week)
    case .weekdayName: return set(\.weekday, name(TimeNames.weekdays, nil), .week)
    case .weekdayFromMonday: return set(\.weekday, number(1...1, in: 1...7), .week)
    case .weekdayFromSunday:
      return set(\.weekday, number(1...1, in: 0...6).map { $0 == 0 ? 7 : $0 }, .week)
    case .hour: return set(\.hour, number(2...2, in: 0...23))
    case .hourAgain: return set(\.hour, number(1...2, in: 0...23))
    case .halfDayHour, .halfDayHourAgain: return setHalfDayHour(number(2...2, in: 1...12))
    case .halfDayHourOnceMore: return setHalfDayHour(number(1...2, in: 1...12))
    case .half: return readHalf()
    case .minute: return set(\.minute, number(2...2, in: 0...59))
    case .second, .secondAgain: return set(\.second, number(2...2, in: 0...59))
    case .fraction: return number(1...6, in: 0...999_999) != nil
    case .isoDate: return readAll([.year, .month, .day], 0x2D)
    case .americanDate: return readAll([.month, .day, .shortYear], 0x2F)
    case .clock: return readAll([.hour, .minute, .second], 0x3A)
    case .shortClock: return readAll([.hour, .minute], 0x3A)
    case .halfDayClock:
      return readAll([.halfDayHour, .minute], 0x3A) && accept(0x20) && read(.half)
    case .zone: return readOffset()
    case .quarter: return false
    }
    return true
  }

  private mutating func readAll(_ letters: [TimeLetter], _ sign: UInt8) -> Bool {
    for (i, letter) in letters.enumerated() {
      guard i == 0 || accept(sign), read(letter) else { return false }
    }
    return true
  }

  mutating func set(
    _ field: WritableKeyPath<PatternReader, Int>, _ number: Int?, _ kind: DateKind? = nil
  ) -> Bool {
    guard let number else { return false }
    self[keyPath: field] = number
    if let kind { self.kind = kind }
    return true
  }

  /// The year counts for a day that something else says, unless it is that of weeks.
  mutating func setYear(_ number: Int, isWeekYear: Bool) {
    year = number
    kind = isWeekYear ? .week : kind == .none ? .calendar : kind
  }

  mutating func readHalf() -> Bool {
    isAfternoon = acceptWord("pm")
    return isAfternoon || acceptWord("am")
  }

  /// The name of a zone, up to the end of the text.
  mutating func readZone() -> Bool {
    zone = TimeZone.named(String(decoding: text[at...], as: UTF8.self))
    at = text.endIndex
    return zone != nil
  }

  mutating func setHalfDayHour(_ number: Int?) -> Bool {
    halfDayHour = number
    return number != nil
  }

  mutating func readOffset() -> Bool {
    guard at < text.endIndex, text[at] == 0x2B || text[at] == 0x2D else { return false }
    let isWest = text[at] == 0x2D
    at += 1
    guard let hours = number(2...2, in: 0...99), let minutes = number(2...2, in: 0...59) else {
      return false
    }
    offsetSeconds = (hours * 3_600 + minutes * 60) * (isWest ? -1 : 1)
    return true
  }

  // MARK: Bytes

  private mutating func accept(_ byte: UInt8) -> Bool {
    guard at < text.endIndex, text[at] == byte else { return false }
    at += 1
    return true
  }

  /// A word of small letters, in any case.
  mutating func acceptWord(_ word: String) -> Bool {
    let given = text[at...].prefix(word.utf8.count)
    guard given.count == word.utf8.count, zip(given, word.utf8).allSatisfy({ $0 | 0x20 == $1 })
    else { return false }
    at += given.count
    return true
  }

  /// Digits in a row, as many as allowed, and their number where it lies in the range.
  mutating func number(_ digits: ClosedRange<Int>, in range: ClosedRange<Int>) -> Int? {
    let start = at
    var number = 0
    while at < text.endIndex, at - start < digits.upperBound, (0x30...0x39).contains(text[at]) {
      // No range goes so far, and no number may grow beyond its type.
      number = min(number * 10 + Int(text[at] - 0x30), 1_000_000_000)
      at += 1
    }
    return at - start >= digits.lowerBound && range.contains(number) ? number : nil
  }

  /// A name in any case, or its first letters, as a number from 1.
  mutating func name(_ names: [String], _ length: Int?) -> Int? {
    for (i, name) in names.enumerated() {
      let wanted = name.lowercased().utf8.prefix(length ?? .max)
      let given = text[at...].prefix(wanted.count)
      if given.count == wanted.count, zip(given, wanted).allSatisfy({ $0 | 0x20 == $1 }) {
        at += wanted.count
        return i + 1
      }
    }
    return nil
  }

  // MARK: The whole

  private var localSeconds: Int64? {
    let hour = halfDayHour.map { $0 % 12 + (isAfternoon ? 12 : 0) } ?? hour
    guard let days else { return nil }
    return Int64(days) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
  }

  private var days: Int? {
    let year = year ?? (kind == .none ? 1_970 : 2_000)
    switch kind {
    case .none, .calendar:
      let date = CivilDate(year: year, month: month, day: day)
      return date.isValid ? date.daysSinceEpoch : nil
    case .ordinal:
      guard dayOfYear <= (CivilDate.isLeap(year) ? 366 : 365) else { return nil }
      return CivilDate(year: year, month: 1, day: 1).daysSinceEpoch + dayOfYear - 1
    case .week:
      // January 4 is always in the first week.
      let fourth = CivilDate(year: year, month: 1, day: 4).daysSinceEpoch
      return fourth - TimeNames.weekday(Int64(fourth)) + (week - 1) * 7 + weekday - 1
    }
  }
}
