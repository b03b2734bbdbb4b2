/// One value of market data into its column.
///
/// The short ways read what exchanges write; whatever they do not read goes the way of the file's format, which knows
/// quotes, escapes and every spelling, or is refused with what is wrong with it.
import TickColumns

extension TextColumnBuilder {
  /// Appends the value that lies at `from..<to`, quotes included, or throws and appends nothing.
  @inline(__always)
  mutating func append(
    _ bytes: Span<UInt8>, _ from: Int, _ to: Int, _ reading: MappedParser.Reading,
    style: CellStyle
  ) throws(FormatError) {
    switch reading {
    case .value: try appendCell(bytes, from, to, style)
    case .double(let min, let excludesMin, let factor, let divides):
      var at = from
      if let number = scanDecimal(bytes, &at, to), at == to, factor == 1,
        number > 0 || min == nil || !excludesMin
      {
        append(double: number)
        return
      }
      try appendDouble(
        bytes, from, to, min: min, excludesMin: excludesMin, factor, divides, style)
    case .ticks(let unit, let precision):
      var at = from
      if let number = scanInteger(bytes, &at, to), at == to, number > 9_999_999,
        let found = unit ?? TimeUnit(of: number),
        number <= UInt64(Int64.max / found.nanoseconds)
      {
        append(ticks: Int64(number) &* found.nanoseconds / powersOfTen[9 - precision])
        return
      }
      try appendTicks(bytes, from, to, unit, precision, style)
    case .seconds(let unit):
      let (start, end) = bareRange(bytes, from, to)
      guard let time = try unixTime(bytes, start, end, unit) else {
        try appendCell(bytes, from, to, style)
        return
      }
      guard let seconds = UInt32(exactly: time / 1_000_000_000) else {
        throw FormatError(
          .valueIsOutOfRangeOfDataType, "\(excerpt(bytes, start, end)) is out of range of DateTime")
      }
      append(seconds: seconds)
    case .timeOfDay(let unit, let precision, let midnight):
      let (start, end) = bareRange(bytes, from, to)
      guard let since = number(bytes, start, end, of: unit), since < 2 * 86_400_000_000_000 else {
        throw FormatError(
          .cannotParseDatetime,
          "\(excerpt(bytes, start, end)) is no time of day in \(unit.rawValue)")
      }
      append(ticks: (midnight &* 1_000_000_000 &+ since) / powersOfTen[9 - precision])
    case .side(let rule): try appendSide(bytes, from, to, rule)
    case .identifier:
      let (start, end) = bareRange(bytes, from, to)
      var at = start
      let number = scanInteger(bytes, &at, end)
      // A name that is no number tells nothing apart that the others do not.
      append(identifier: at == end ? number ?? 0 : 0)
    }
  }

  /// The value as its format writes it.
  private mutating func appendCell(
    _ bytes: Span<UInt8>, _ from: Int, _ to: Int, _ style: CellStyle
  ) throws(FormatError) {
    if !type.isNullable {
      if style == .json, equals(bytes, from, to, "null") { throw missing("NULL") }
      if style != .json, !isString, isBlank(bytes, from, to) { throw missing("empty") }
    }
    switch style {
    case .csv: try appendCSV(bytes, from, to, .refuse)
    case .tsv: try appendEscaped(bytes, from, to, .refuse)
    case .json: try appendJSON(bytes, from, to, .refuse)
    }
  }

  private func missing(_ what: StaticString) -> FormatError {
    FormatError(.cannotParseText, "the value is \(what)")
  }

  private mutating func appendDouble(
    _ bytes: Span<UInt8>, _ from: Int, _ to: Int, min: Double?, excludesMin: Bool,
    _ factor: Double, _ divides: Bool, _ style: CellStyle
  ) throws(FormatError) {
    if min == nil, factor == 1 {
      try appendCell(bytes, from, to, style)
      return
    }
    let (start, end) = bareRange(bytes, from, to)
    guard start < end else { throw missing("empty") }
    if equals(bytes, start, end, "null") { throw missing("NULL") }
    var number = try parseDouble(bytes, start, end, TextRules(.refuse))
    number = divides ? number / factor : number * factor
    guard number.isFinite else {
      throw FormatError(.cannotParseNumber, "\(excerpt(bytes, start, end)) is not a finite number")
    }
    if let min, number < min || (excludesMin && number == min) {
      throw FormatError(
        .cannotParseNumber,
        "\(excerpt(bytes, start, end)) is not \(excludesMin ? "above 0" : "0 or more")")
    }
    append(double: number)
  }

  private mutating func appendTicks(
    _ bytes: Span<UInt8>, _ from: Int, _ to: Int, _ unit: TimeUnit?, _ precision: Int,
    _ style: CellStyle
  ) throws(FormatError) {
    let (start, end) = bareRange(bytes, from, to)
    guard let time = try unixTime(bytes, start, end, unit) else {
      try appendCell(bytes, from, to, style)
      return
    }
    append(ticks: time / powersOfTen[9 - precision])
  }

  /// Nanoseconds since 1970 of a number; nil for a text, which a time may be when no unit was given.
  private func unixTime(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ unit: TimeUnit?
  ) throws(FormatError) -> Int64? {
    var at = start
    while at < end, bytes[at] &- 0x30 <= 9 { at += 1 }
    let digits = at - start
    let isNumber = digits > 0 && (at == end || bytes[at] == 0x2E && isFraction(bytes, at + 1, end))
    guard isNumber else {
      if unit == nil { return nil }
      throw FormatError(
        .cannotParseDatetime,
        "\(excerpt(bytes, start, end)) is no number of \(unit?.rawValue ?? "")")
    }
    // YYYYMMDD and YYYYMMDDhhmmss, which no unit reaches.
    if unit == nil, at == end, digits == 8 || digits == 14 { return nil }
    var whole = start
    let found = unit ?? scanInteger(bytes, &whole, at).flatMap { TimeUnit(of: $0) }
    guard let found, let time = number(bytes, start, end, of: found) else {
      throw FormatError(
        .cannotParseDatetime,
        "\(excerpt(bytes, start, end)) is no time in s, ms, us or ns since 1970 between 2001 and 2262"
      )
    }
    return time
  }

  private func isFraction(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
    for i in start..<end where bytes[i] &- 0x30 > 9 { return false }
    return start < end
  }

  /// Nanoseconds of a plain number of units; nil for what is none, and for what 64 bits do not hold.
  private func number(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, of unit: TimeUnit
  ) -> Int64? {
    var at = start
    guard let whole = scanInteger(bytes, &at, end), let units = Int64(exactly: whole) else {
      return nil
    }
    let (time, overflows) = units.multipliedReportingOverflow(by: unit.nanoseconds)
    guard !overflows else { return nil }
    if at == end { return time }
    guard bytes[at] == 0x2E, isFraction(bytes, at + 1, end) else { return nil }
    // Nine digits are all that a nanosecond needs; further ones are cut off, as in times of text.
    var fraction: Int64 = 0
    var places = 0
    for i in at + 1..<min(end, at + 10) {
      fraction = fraction &* 10 &+ Int64(bytes[i] &- 0x30)
      places += 1
    }
    let part = fraction.multipliedFullWidth(by: unit.nanoseconds)
    let (sum, carries) = time.addingReportingOverflow(
      powersOfTen[places].dividingFullWidth(part).quotient)
    return carries ? nil : sum
  }

  private mutating func appendSide(
    _ bytes: Span<UInt8>, _ from: Int, _ to: Int, _ rule: SideRule
  ) throws(FormatError) {
    let (start, end) = bareRange(bytes, from, to)
    func isOne(of words: StaticString...) -> Bool {
      words.contains { matchesWord(bytes, start, end, $0) }
    }
    let isUnknown = start == end || isOne(of: "unknown", "any", "none", "null", "na")
    switch rule {
    case .taker, .maker:
      if isOne(of: "buy", "b", "bid") {
        append(enumNumber: rule == .taker ? 1 : 2)
      } else if isOne(of: "sell", "s", "ask") {
        append(enumNumber: rule == .taker ? 2 : 1)
      } else if isUnknown {
        append(enumNumber: 0)
      } else {
        throw FormatError(
          .cannotParseText, "\(excerpt(bytes, start, end)) is no side: buy, sell or unknown")
      }
    case .buyerIsMaker, .isAsk:
      if isOne(of: "true", "t", "1") {
        append(enumNumber: 2)
      } else if isOne(of: "false", "f", "0") {
        append(enumNumber: 1)
      } else {
        throw FormatError(
          .cannotParseText, "\(excerpt(bytes, start, end)) is not true or false, 1 or 0")
      }
    }
  }
}

/// The value without the blanks and the one pair of quotes around it.
@inline(__always)
func bareRange(_ bytes: Span<UInt8>, _ from: Int, _ to: Int) -> (start: Int, end: Int) {
  var start = from
  var end = to
  while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start &+= 1 }
  while start < end, bytes[end &- 1] == 0x20 || bytes[end &- 1] == 0x09 { end &-= 1 }
  if end &- start >= 2, bytes[start] == 0x22, bytes[end &- 1] == 0x22 {
    start &+= 1
    end &-= 1
  }
  return (start, end)
}

func isBlank(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
  for i in start..<end where bytes[i] != 0x20 && bytes[i] != 0x09 { return false }
  return true
}
