/// Patterns of formatDateTime and parseDateTime: MySQL's letters behind `%`, and text between them. A pattern is read
/// once, when the call is bound.
import TickColumns

/// The letters behind `%`, by what they stand for.
enum TimeLetter: UInt8, Sendable {
  case year = 0x59  // Y
  case shortYear = 0x79  // y
  case century = 0x43  // C
  case weekYear = 0x47  // G
  case shortWeekYear = 0x67  // g
  case week = 0x56  // V
  case month = 0x6D  // m
  case monthAgain = 0x63  // c
  case shortMonthName = 0x62  // b
  case monthName = 0x4D  // M
  case day = 0x64  // d
  case shortDay = 0x65  // e
  case dayOfYear = 0x6A  // j
  case shortWeekdayName = 0x61  // a
  case weekdayName = 0x57  // W
  case weekdayFromMonday = 0x75  // u
  case weekdayFromSunday = 0x77  // w
  case quarter = 0x51  // Q
  case hour = 0x48  // H
  case hourAgain = 0x6B  // k
  case halfDayHour = 0x49  // I
  case halfDayHourAgain = 0x68  // h
  case halfDayHourOnceMore = 0x6C  // l
  case half = 0x70  // p
  case minute = 0x69  // i
  case second = 0x53  // S
  case secondAgain = 0x73  // s
  case fraction = 0x66  // f
  case isoDate = 0x46  // F
  case americanDate = 0x44  // D
  case clock = 0x54  // T
  case shortClock = 0x52  // R
  case halfDayClock = 0x72  // r
  case zone = 0x7A  // z
}

/// A piece of a pattern: text as it is, or a part of the time.
enum TimePiece: Sendable {
  case text([UInt8])
  case letter(TimeLetter)
  case joda(JodaField)

  /// What MySQL has and ClickHouse refuses as well.
  private static let refused = Array("UvxX".utf8)

  static func pieces(of pattern: [UInt8], for function: String) throws(SQLError) -> [TimePiece] {
    var pieces: [TimePiece] = []
    var text: [UInt8] = []
    var at = 0
    while at < pattern.count {
      guard pattern[at] == 0x25 else {
        text.append(pattern[at])
        at += 1
        continue
      }
      guard at + 1 < pattern.count else {
        throw SQLError(
          .badArguments, "'%' must not be the last character in the format string, use '%%' instead"
        )
      }
      let byte = pattern[at + 1]
      at += 2
      switch byte {
      case 0x25: text.append(byte)
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "t"): text.append(0x09)
      default:
        guard let letter = TimeLetter(rawValue: byte) else {
          let name = String(decoding: [0x25, byte], as: UTF8.self)
          throw refused.contains(byte)
            ? SQLError(.notImplemented, "\(function) does not support \(name)")
            : SQLError(.badArguments, "Incorrect syntax '\(name)' for function \(function)")
        }
        if !text.isEmpty { pieces.append(.text(text)) }
        text = []
        pieces.append(.letter(letter))
      }
    }
    if !text.isEmpty { pieces.append(.text(text)) }
    return pieces
  }
}
