/// Patterns of formatDateTimeInJodaSyntax and parseDateTimeInJodaSyntax: letters that stand several times in a row, text
/// in single quotes, and everything that is no letter as it is.
import TickColumns

/// A letter of Joda's and how often it stands there.
struct JodaField: Sendable {
  let letter: Letter
  let count: Int

  enum Letter: Character, Sendable {
    case era = "G"
    case century = "C"
    case yearOfEra = "Y"
    case year = "y"
    case weekYear = "x"
    case week = "w"
    case weekday = "e"
    case weekdayName = "E"
    case dayOfYear = "D"
    case month = "M"
    case day = "d"
    case half = "a"
    case halfDayHour = "h"
    case halfDayHourFromZero = "K"
    case hour = "H"
    case hourFromOne = "k"
    case minute = "m"
    case second = "s"
    case fraction = "S"
    case zone = "z"
    case offset = "Z"
  }

  /// Letters that only reading knows; ClickHouse writes neither.
  fileprivate var isReadOnly: Bool {
    switch letter {
    case .week, .offset: true
    case .zone: count <= 3
    default: false
    }
  }
}

extension TimePiece {
  static func jodaPieces(
    of pattern: [UInt8], for function: String, toWrite: Bool
  ) throws(SQLError) -> [TimePiece] {
    var pieces: [TimePiece] = []
    var text: [UInt8] = []
    var at = 0
    while at < pattern.count {
      let byte = pattern[at]
      if byte == 0x27 {
        at = try quoted(pattern, from: at + 1, &text)
        continue
      }
      guard (0x41...0x5A).contains(byte & 0xDF), byte < 0x80 else {
        text.append(byte)
        at += 1
        continue
      }
      let count = pattern[at...].prefix { $0 == byte }.count
      at += count
      guard let letter = JodaField.Letter(rawValue: Character(Unicode.Scalar(byte))),
        !toWrite || !JodaField(letter: letter, count: count).isReadOnly
      else {
        throw SQLError(
          .notImplemented,
          "\(function) does not support \(String(repeating: Character(Unicode.Scalar(byte)), count: count))"
        )
      }
      if !text.isEmpty { pieces.append(.text(text)) }
      text = []
      pieces.append(.joda(JodaField(letter: letter, count: count)))
    }
    if !text.isEmpty { pieces.append(.text(text)) }
    return pieces
  }

  /// The text behind an opening quote, where two stand for one; gives the place behind the closing one.
  private static func quoted(
    _ pattern: [UInt8], from start: Int, _ text: inout [UInt8]
  ) throws(SQLError) -> Int {
    var at = start
    if at < pattern.count, pattern[at] == 0x27 {
      text.append(0x27)
      return at + 1
    }
    while at < pattern.count {
      if pattern[at] == 0x27 {
        guard at + 1 < pattern.count, pattern[at + 1] == 0x27 else { return at + 1 }
        at += 1
      }
      text.append(pattern[at])
      at += 1
    }
    throw SQLError(.badArguments, "No closing single quote for literal")
  }
}

// MARK: Writing

extension JodaField {
  func append(_ time: TimeFields, _ out: inout TextBuilder) throws(SQLError) {
    let date = time.date
    switch letter {
    case .era: try out.append(Array((count <= 3 ? "AD" : "Anno Domini").utf8))
    case .century: number(Int64(date.year / 100), &out)
    case .year, .yearOfEra:
      count == 2 ? number(Int64(date.year % 100), &out) : number(Int64(date.year), &out)
    case .weekYear: number(WeekMode.iso.yearAndWeek(of: time.day).year, &out)
    case .week: number(WeekMode.iso.yearAndWeek(of: time.day).week, &out)
    case .weekday: number(Int64(TimeNames.weekday(time.day) + 1), &out)
    case .weekdayName: try name(TimeNames.weekdays[TimeNames.weekday(time.day)], &out)
    case .dayOfYear:
      let newYear = CivilDate(year: date.year, month: 1, day: 1).daysSinceEpoch
      number(time.day - Int64(newYear) + 1, &out)
    case .month:
      if count < 3 {
        number(Int64(date.month), &out)
      } else {
        try name(TimeNames.months[date.month - 1], &out)
      }
    case .day: number(Int64(date.day), &out)
    case .half: try out.append(Array((time.hour < 12 ? "AM" : "PM").utf8))
    case .halfDayHour: number(time.halfDayHour, &out)
    case .halfDayHourFromZero: number(time.hour % 12, &out)
    case .hour: number(time.hour, &out)
    case .hourFromOne: number(time.hour == 0 ? 24 : time.hour, &out)
    case .minute: number(time.minute, &out)
    case .second: number(time.second, &out)
    case .fraction:
      var rest = time.nanoseconds
      for _ in 0..<min(count, 9) {
        out.append(0x30 + UInt8(truncatingIfNeeded: rest / 100_000_000))
        rest = rest % 100_000_000 * 10
      }
    case .zone: try out.append(Array(time.zoneName.utf8))
    case .offset: break
    }
  }

  /// With zeros before it, as many digits as letters at least.
  private func number(_ number: Int64, _ out: inout TextBuilder) {
    let digits = Array("\(number)".utf8)
    for _ in 0..<max(0, count - digits.count) { out.append(0x30) }
    for digit in digits { out.append(digit) }
  }

  private func name(_ name: String, _ out: inout TextBuilder) throws(SQLError) {
    try out.append(Array(count <= 3 ? name.utf8.prefix(3) : name.utf8.prefix(name.utf8.count)))
  }
}

// MARK: Reading

extension PatternReader {
  /// Numbers have two digits at most (days of the year three, years as many as there are letters) or as many as there
  /// are letters, if those are more.
  mutating func read(_ field: JodaField) -> Bool {
    let count = field.count
    switch field.letter {
    case .era: return acceptWord("ad")
    case .century:
      guard let number = number(1...max(1, count), in: 19...21) else { return false }
      setYear(number * 100, isWeekYear: false)
      return true
    case .year, .yearOfEra, .weekYear:
      let isShort = count == 2
      guard
        let number = number(
          (isShort ? 2 : 1)...count, in: isShort ? 0...99 : 1_970...2_106)
      else { return false }
      setYear(
        isShort ? number + (number < 70 ? 2_000 : 1_900) : number,
        isWeekYear: field.letter == .weekYear)
      return true
    case .week: return set(\.week, number(1...max(2, count), in: 1...53), .week)
    case .weekday: return set(\.weekday, number(1...count, in: 1...7), .week)
    case .weekdayName:
      return set(
        \.weekday, name(TimeNames.weekdays, nil) ?? name(TimeNames.weekdays, 3), .week)
    case .dayOfYear: return set(\.dayOfYear, number(1...max(3, count), in: 1...366), .ordinal)
    case .month:
      guard count < 3 else {
        return set(\.month, name(TimeNames.months, nil) ?? name(TimeNames.months, 3), .calendar)
      }
      return set(\.month, number(1...2, in: 1...12), .calendar)
    case .day: return set(\.day, number(1...max(2, count), in: 1...31), .calendar)
    case .half: return readHalf()
    case .halfDayHour: return setHalfDayHour(number(1...max(2, count), in: 1...12))
    case .halfDayHourFromZero: return setHalfDayHour(number(1...max(2, count), in: 0...11))
    case .hour: return set(\.hour, number(1...max(2, count), in: 0...23))
    case .hourFromOne:
      return set(\.hour, number(1...max(2, count), in: 1...24).map { $0 % 24 })
    case .minute: return set(\.minute, number(1...max(2, count), in: 0...59))
    case .second: return set(\.second, number(1...max(2, count), in: 0...59))
    case .fraction: return number(1...count, in: 0...999_999) != nil
    case .zone: return readZone()
    case .offset: return readOffset()
    }
  }
}
