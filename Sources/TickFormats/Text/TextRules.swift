import TickColumns

/// What to do with a number or time that its type cannot hold.
public enum OutOfRangeRule: Hashable, Sendable {
  /// As ClickHouse converts: integers wrap, times clamp, 2024-02-30 is the day after the 29th. For casts.
  case convert
  /// An error (321, 38, 41, 407). For data that will be stored: a silently different value is a lost one.
  case refuse
}

/// How a bare text is read.
struct TextRules {
  var outOfRange: OutOfRangeRule
  /// The code for bytes that are left over behind a value, which differs by format.
  var leftover: ErrorCode
  /// The text was an unquoted number of JSON or SQL: for times it counts seconds, for dates days.
  var isBareNumber: Bool

  init(
    _ outOfRange: OutOfRangeRule, leftover: ErrorCode = .cannotParseText,
    isBareNumber: Bool = false
  ) {
    self.outOfRange = outOfRange
    self.leftover = leftover
    self.isBareNumber = isBareNumber
  }
}
