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
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ outOfRange: OutOfRangeRule,
    _ options: InputOptions = .standard
  ) throws(FormatError) {
    let rules = TextRules(outOfRange, leftover: .cannotParseInputAssertionFailed)
    if try appendMark(bytes, start, end, null: options.tsvNull, options) { return }
    if isNested || !contains(bytes, start, end, 0x5C) {
      try append(bytes, start, end, rules)
      return
    }
    let text = try unescape(bytes, start, end)
    try append(text.span, 0, text.count, rules)
  }

  /// A cell of TabSeparatedRaw: no escapes.
  mutating func appendUnescaped(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ outOfRange: OutOfRangeRule,
    _ options: InputOptions
  ) throws(FormatError) {
    if try appendMark(bytes, start, end, null: options.tsvNull, options) { return }
    try append(
      bytes, start, end, TextRules(outOfRange, leftover: .cannotParseInputAssertionFailed))
  }

  /// Takes a cell that stands for NULL, a default or a word of the settings; false for all others.
  private mutating func appendMark(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, null: [UInt8], _ options: InputOptions
  ) throws(FormatError) -> Bool {
    if isSame(bytes, start, end, null) {
      try takeNull(options)
      return true
    }
    if start == end {
      if options.takesEmptyTSVAsDefault {
        appendDefault()
        return true
      }
      // ClickHouse reads an empty cell as the number 0.
      guard isInteger || type.withoutNullable.isDecimal else { return false }
      appendZeroValue()
      return true
    }
    guard isBool else { return false }
    return try appendBoolWord(bytes, start, end, options)
  }

  private mutating func takeNull(_ options: InputOptions) throws(FormatError) {
    guard type.isNullable || options.takesNullAsDefault else {
      throw FormatError(.cannotParseInputAssertionFailed, "NULL for \(type)")
    }
    appendNull()
  }

  /// Takes the words that the settings give to true and false.
  private mutating func appendBoolWord(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ options: InputOptions
  ) throws(FormatError) -> Bool {
    let isTrue = isSame(bytes, start, end, options.trueWord)
    guard isTrue || isSame(bytes, start, end, options.falseWord) else { return false }
    try appendWord(isTrue, .refuse)
    return true
  }

  /// The cells of a tuple, one per element.
  private mutating func appendCSVTuple(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ outOfRange: OutOfRangeRule,
    _ options: InputOptions
  ) throws(FormatError) {
    try appendRow { (elements) throws(FormatError) in
      var from = start
      for i in elements.indices {
        var stop = csvCellEnd(bytes, from, end, delimiter: options.csvDelimiter)
        for _ in 1..<elements[i].type.csvCellCount {
          stop = csvCellEnd(bytes, min(stop + 1, end), end, delimiter: options.csvDelimiter)
        }
        guard i == elements.count - 1 ? stop == end : stop < end else {
          throw FormatError(
            stop == end ? .cannotParseInputAssertionFailed : .incorrectData,
            "a tuple of \(elements.count) elements has another number of cells")
        }
        try elements[i].appendCSV(bytes, from, stop, outOfRange, options)
        from = min(stop + 1, end)
      }
    }
  }

  mutating func appendCSV(
    _ bytes: Span<UInt8>, _ from: Int, _ to: Int, _ outOfRange: OutOfRangeRule,
    _ options: InputOptions = .standard
  ) throws(FormatError) {
    if isTuple, !nested.isEmpty {
      try appendCSVTuple(bytes, from, to, outOfRange, options)
      return
    }
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
    if isSame(bytes, start, end, options.csvNull) {
      try takeNull(options)
      return
    }
    if isBool, try appendBoolWord(bytes, start, end, options) { return }
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
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ outOfRange: OutOfRangeRule,
    _ options: InputOptions = .standard
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
      guard !isNested else {
        throw FormatError(.cannotParseInputAssertionFailed, "a JSON string for \(type)")
      }
      if contains(bytes, start + 1, end - 1, 0x5C) {
        let text = try unescapeJSON(bytes, start + 1, end - 1)
        try append(text.span, 0, text.count, rules)
      } else {
        try append(bytes, start + 1, end - 1, rules)
      }
    case 0x6E where equals(bytes, start, end, "null"):
      // ClickHouse blames the string here, and the row elsewhere.
      guard !isString || type.isNullable || options.takesNullAsDefault else {
        throw FormatError(.incorrectData, "Cannot parse JSON String value here: null")
      }
      try takeNull(options)
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
        try appendNested(bytes, start, end, spelling: .json, rules, options)
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

  /// The bare text of a value in a JSON string, as the formats of strings have it.
  mutating func appendJSONString(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ outOfRange: OutOfRangeRule,
    _ options: InputOptions
  ) throws(FormatError) {
    guard end - start >= 2, bytes[start] == 0x22, bytes[end - 1] == 0x22 else {
      throw FormatError(
        .cannotParseQuotedString, "Cannot parse JSON string \(excerpt(bytes, start, end))")
    }
    let text = try unescapeJSON(bytes, start + 1, end - 1)
    if text == visibleNull || (type.isNullable && text == Array("NULL".utf8)) {
      try takeNull(options)
      return
    }
    try append(
      text.span, 0, text.count,
      TextRules(outOfRange, leftover: .cannotParseInputAssertionFailed))
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
