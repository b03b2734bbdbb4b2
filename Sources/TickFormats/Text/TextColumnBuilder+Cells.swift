import Glibc
import TickColumns

/// Cells as the formats spell them: quotes, escapes and NULL marks come off, the bare text goes on.
///
/// Every function takes one whole cell; the row formats have found its end before.

extension TextColumnBuilder {
  /// One cell in a style. `raw` has no mark for NULL: all of it is the value.
  mutating func append(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, style: TextStyle, _ outOfRange: OutOfRangeRule
  ) throws(FormatError) {
    switch style {
    case .raw: try append(bytes, start, end, TextRules(outOfRange))
    case .escaped: try appendEscaped(bytes, start, end, outOfRange)
    case .quoted: try appendQuoted(bytes, start, end, outOfRange)
    case .csv: try appendCSV(bytes, start, end, outOfRange)
    case .json: try appendJSON(bytes, start, end, outOfRange)
    }
  }

  mutating func appendEscaped(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ outOfRange: OutOfRangeRule
  ) throws(FormatError) {
    let rules = TextRules(outOfRange, leftover: .cannotParseInputAssertionFailed)
    if end - start == 2, bytes[start] == 0x5C, bytes[start + 1] == 0x4E {
      appendNull()
      return
    }
    if start == end, isInteger {
      // ClickHouse reads an empty cell as the integer 0.
      appendZeroValue()
      return
    }
    if isNested || !contains(bytes, start, end, 0x5C) {
      try append(bytes, start, end, rules)
      return
    }
    let text = try unescape(bytes, start, end)
    try append(text.span, 0, text.count, rules)
  }

  mutating func appendCSV(
    _ bytes: Span<UInt8>, _ from: Int, _ to: Int, _ outOfRange: OutOfRangeRule
  ) throws(FormatError) {
    var start = from
    var end = to
    while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
    while start < end, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    if start < end, bytes[start] == 0x22 {
      guard end - start >= 2, bytes[end - 1] == 0x22 else {
        throw FormatError(
          .incorrectData, "Cannot parse \(excerpt(bytes, start, end)): text behind a closing quote")
      }
      let rules = TextRules(outOfRange, leftover: .cannotParseInputAssertionFailed)
      if contains(bytes, start + 1, end - 1, 0x22) {
        let text = try undoubled(bytes, start + 1, end - 1, quote: 0x22)
        try append(text.span, 0, text.count, rules)
      } else {
        try append(bytes, start + 1, end - 1, rules)
      }
      return
    }
    if start == end {
      appendDefault()
      return
    }
    if end - start == 2, bytes[start] == 0x5C, bytes[start + 1] == 0x4E {
      appendNull()
      return
    }
    try append(bytes, start, end, TextRules(outOfRange, leftover: .incorrectData))
  }

  /// A literal of VALUES or of a tuple: a quoted string, a number, NULL, true, false, or a tuple.
  mutating func appendQuoted(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ outOfRange: OutOfRangeRule
  ) throws(FormatError) {
    guard start < end else {
      throw FormatError(.syntaxError, "Cannot parse expression of type \(type): nothing is there")
    }
    if bytes[start] == 0x27 {
      guard let close = quotedEnd(bytes, start, end), close == end else {
        throw FormatError(
          .cannotParseQuotedString, "Cannot parse quoted string \(excerpt(bytes, start, end))")
      }
      let rules = TextRules(outOfRange)
      if contains(bytes, start + 1, end - 1, 0x5C) || contains(bytes, start + 1, end - 1, 0x27) {
        let text = try unescape(bytes, start + 1, end - 1, doubledQuote: 0x27)
        try append(text.span, 0, text.count, rules)
      } else {
        try append(bytes, start + 1, end - 1, rules)
      }
      return
    }
    if matchesWord(bytes, start, end, "null") {
      appendNull()
      return
    }
    if isNested {
      try append(bytes, start, end, TextRules(outOfRange))
      return
    }
    if matchesWord(bytes, start, end, "true") || matchesWord(bytes, start, end, "false") {
      if isString {
        let word = bytes[start] | 0x20 == 0x74 ? Array("true".utf8) : Array("false".utf8)
        try append(word.span, 0, word.count, TextRules(outOfRange))
        return
      }
      guard isBool || isNumber else {
        throw FormatError(
          .typeMismatch, "Cannot convert \(excerpt(bytes, start, end)) to \(type)")
      }
      try appendWord(bytes[start] | 0x20 == 0x74, outOfRange)
      return
    }
    guard isNumberLiteral(bytes, start, end) else {
      throw FormatError(
        .notImplemented,
        "expressions inside VALUES are not supported: \(excerpt(bytes, start, end)); "
          + "write a literal or use INSERT SELECT")
    }
    if isString {
      let text = try canonicalNumber(bytes, start, end)
      try append(text.span, 0, text.count, TextRules(outOfRange))
      return
    }
    if isInteger,
      contains(bytes, start, end, 0x2E) || contains(bytes, start, end, 0x65)
        || contains(bytes, start, end, 0x45)
    {
      guard let digits = try wholeNumber(bytes, start, end) else {
        throw FormatError(
          .typeMismatch, "\(excerpt(bytes, start, end)) is not a whole number, as \(type) needs")
      }
      try append(digits.span, 0, digits.count, TextRules(outOfRange))
      return
    }
    var rules = TextRules(outOfRange, leftover: .typeMismatch)
    rules.isBareNumber = !isEnum && !isString && !isBool && !isNumber
    try append(bytes, start, end, rules)
  }

  /// A JSON value: a string, a number, null, true or false; a string column also keeps objects and arrays as
  /// their text.
  mutating func appendJSON(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ outOfRange: OutOfRangeRule
  ) throws(FormatError) {
    guard start < end else {
      throw FormatError(.incorrectData, "a JSON value is missing")
    }
    let rules = TextRules(outOfRange, leftover: .cannotParseInputAssertionFailed)
    switch bytes[start] {
    case 0x22:
      guard end - start >= 2, bytes[end - 1] == 0x22 else {
        throw FormatError(
          .cannotParseQuotedString, "Cannot parse JSON string \(excerpt(bytes, start, end))")
      }
      if contains(bytes, start + 1, end - 1, 0x5C) {
        let text = try unescapeJSON(bytes, start + 1, end - 1)
        try append(text.span, 0, text.count, rules)
      } else {
        try append(bytes, start + 1, end - 1, rules)
      }
    case 0x6E where equals(bytes, start, end, "null"):
      appendNull()
    case 0x74 where equals(bytes, start, end, "true"),
      0x66 where equals(bytes, start, end, "false"):
      if isString {
        try append(bytes, start, end, rules)
        return
      }
      guard isBool || isNumber else {
        throw FormatError(
          .cannotParseInputAssertionFailed,
          "Cannot parse \(excerpt(bytes, start, end)) as \(type)")
      }
      try appendWord(bytes[start] == 0x74, outOfRange)
    case 0x7B, 0x5B:
      if isNested {
        try appendNested(bytes, start, end, spelling: .json, rules)
        return
      }
      guard isString else {
        throw FormatError(
          .cannotParseInputAssertionFailed,
          "a JSON \(bytes[start] == 0x7B ? "object" : "array") for \(type)")
      }
      try append(bytes, start, end, rules)
    default:
      guard isNumberLiteral(bytes, start, end) || isNumber else {
        throw FormatError(
          .incorrectData, "Cannot parse \(excerpt(bytes, start, end)) as a JSON value of \(type)")
      }
      var number = rules
      number.isBareNumber = !isEnum && !isString && !isBool && !isNumber
      try append(bytes, start, end, number)
    }
  }

  /// true or false, also for numbers, which take 1 and 0.
  private mutating func appendWord(
    _ isTrue: Bool, _ outOfRange: OutOfRangeRule
  ) throws(FormatError) {
    let digit: [UInt8] = [isTrue ? 0x31 : 0x30]
    try append(digit.span, 0, 1, TextRules(outOfRange))
  }
}

func contains(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ wanted: UInt8) -> Bool {
  for i in start..<end where bytes[i] == wanted { return true }
  return false
}

/// The text that a number literal has as a string: integers as written, others by their shortest digits.
private func canonicalNumber(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int
) throws(FormatError) -> [UInt8] {
  var out: [UInt8] = []
  var i = start
  if bytes[i] == 0x2D { i += 1 }
  let isPlain = i < end && (bytes[i] != 0x30 || end - i == 1)
  var digits = i
  while digits < end, bytes[digits] &- 0x30 <= 9 { digits += 1 }
  if isPlain, digits == end {
    appendBytes(bytes, start, end, to: &out)
    return out
  }
  let number = try parseDouble(bytes, start, end, TextRules(.convert, leftover: .typeMismatch))
  Column(.float64, .float64([number])).writeText(row: 0, style: .raw, into: &out)
  return out
}

/// True when the bytes are exactly this word.
func equals(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ word: StaticString) -> Bool {
  guard end - start == word.utf8CodeUnitCount else { return false }
  for i in 0..<word.utf8CodeUnitCount {
    let letter = unsafe word.utf8Start[i]
    if bytes[start + i] != letter { return false }
  }
  return true
}

/// The place behind the closing quote of a literal in single quotes; nil when it does not close.
func quotedEnd(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
  var i = start + 1
  while i < end {
    if bytes[i] == 0x5C {
      i += 2
    } else if bytes[i] == 0x27 {
      guard i + 1 < end, bytes[i + 1] == 0x27 else {
        return i + 1
      }
      i += 2
    } else {
      i += 1
    }
  }
  return nil
}

/// True for a number as SQL and JSON spell it: a sign, digits, a fraction and an exponent, or nan and inf. Hex and
/// underscores, which SQL allows, are not read here.
private func isNumberLiteral(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
  var i = start
  if i < end, bytes[i] == 0x2D || bytes[i] == 0x2B { i += 1 }
  if matchesWord(bytes, i, end, "nan") || matchesWord(bytes, i, end, "inf") { return true }
  let whole = i
  while i < end, bytes[i] &- 0x30 <= 9 { i += 1 }
  var digits = i - whole
  if i < end, bytes[i] == 0x2E {
    i += 1
    let fraction = i
    while i < end, bytes[i] &- 0x30 <= 9 { i += 1 }
    digits += i - fraction
  }
  guard digits > 0 else { return false }
  if i < end, bytes[i] | 0x20 == 0x65 {
    i += 1
    if i < end, bytes[i] == 0x2D || bytes[i] == 0x2B { i += 1 }
    let power = i
    while i < end, bytes[i] &- 0x30 <= 9 { i += 1 }
    guard i > power else { return false }
  }
  return i == end
}

/// The digits of an integer that is written with a point or an exponent, such as `1e2`; nil where it has a
/// fraction or more digits than any integer type.
private func wholeNumber(
  _ bytes: Span<UInt8>, _ start: Int, _ end: Int
) throws(FormatError) -> [UInt8]? {
  let number = try parseDouble(bytes, start, end, TextRules(.convert, leftover: .typeMismatch))
  guard number == number.rounded(), abs(number) < 1e20 else { return nil }
  var out: [UInt8] = []
  Column(.float64, .float64([number == 0 ? 0 : number])).writeText(
    row: 0, style: .raw, into: &out)
  return out
}
