/// Whether, how often and where a regular expression matches.
import TickColumns

extension FunctionTable {
  static let regexMatching: [ScalarFunction] = [
    match(
      "match", "`s REGEXP pattern`: 1 where the pattern matches somewhere in s.",
      aliases: ["REGEXP_MATCHES"], ignoresCase: false, isNegated: false),
    match(
      "notMatch", "The opposite of match.", aliases: [], ignoresCase: false, isNegated: true),
    match(
      "matchCaseInsensitive", "match without regard to case.", aliases: [], ignoresCase: true,
      isNegated: false),
    match(
      "notMatchCaseInsensitive", "The opposite of matchCaseInsensitive.", aliases: [],
      ignoresCase: true, isNegated: true),
    count("countMatches", "How often the pattern matches in s.", ignoresCase: false),
    count(
      "countMatchesCaseInsensitive", "countMatches without regard to case.", ignoresCase: true),
    ScalarFunction(
      "regexpPosition", .regex,
      arguments: "s, pattern[, start[, occurrence[, after[, 'flags'[, group]]]]]", result: "UInt64",
      summary:
        "Where a match begins, in bytes from 1, or 0: the first at or behind start, or a later one by its number. "
        + "1 for after gives the place behind it. Flags: i (any case), m or n (`^` and `$` at line "
        + "breaks), s (`.` takes line breaks), c (case counts).", arity: 2...7,
      aliases: ["regexpInstr", "regexp_instr"], aliasesAnyCase: true, traits: .mayThrow
    ) { (call) throws(SQLError) in try position(call) },
    ScalarFunction(
      "regexpQuoteMeta", .regex, arguments: "s", result: "String",
      summary: "s with a backslash before what a regular expression would read as an operator.",
      arity: 1...1
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      let special = Set("\0\\|()^$.[]?*+{:-".utf8)
      return textResult { input, out in
        let strings = input.operands[0].strings
        for row in 0..<input.rows {
          for byte in strings[row] {
            if special.contains(byte) { out.append(0x5C) }
            out.append(byte)
          }
          out.endRow()
        }
      }
    },
  ]

  // MARK: match

  private static func match(
    _ name: String, _ summary: String, aliases: [String], ignoresCase: Bool, isNegated: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .regex, arguments: "s, pattern", result: "UInt8", summary: summary, arity: 2...2,
      aliases: aliases, aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      let options: RegularExpression.Options =
        ignoresCase ? [.dotTakesLineBreaks, .ignoresCase] : .dotTakesLineBreaks
      if call.constant(1) != nil {
        let pattern = try call.pattern(1, options)
        return .kernel(.uint8) { (input) throws(SQLError) in
          let marks: [UInt8]
          switch input.operands[0].strings {
          case .array(let strings): marks = try pattern.marks(of: strings)
          case .scalar(let bytes):
            let mark: UInt8 = try pattern.matches(bytes[...]) != isNegated ? 1 : 0
            return .constant(.uint(UInt64(mark)), .uint8)
          }
          return .column(.uint8, isNegated ? marks.map { 1 - $0 } : marks)
        }
      }
      return .kernel(.uint8, mayThrow: true) { (input) throws(SQLError) in
        let strings = input.operands[0].strings
        let patterns = input.operands[1].strings
        var cache = PatternCache(options)
        var out = [UInt8](repeating: 0, count: input.rows)
        for row in 0..<input.rows where input.valid?[row] != 0 {
          let pattern = try cache.pattern(patterns[row])
          out[row] = try pattern.matches(strings[row]) != isNegated ? 1 : 0
        }
        return .column(.uint8, out)
      }
    }
  }

  // MARK: countMatches

  private static func count(
    _ name: String, _ summary: String, ignoresCase: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .regex, arguments: "s, pattern", result: "UInt64",
      summary: "\(summary) Matches of nothing do not count.", arity: 2...2
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      let pattern = try call.pattern(
        1, ignoresCase ? [.dotTakesLineBreaks, .ignoresCase] : .dotTakesLineBreaks)
      return .kernel(.uint64) { (input) throws(SQLError) in
        let strings = input.operands[0].strings
        var match = RegexMatch(groups: 1)
        var out = [UInt64](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let text = strings[row]
          var at = 0
          while at < text.count, try pattern.find(in: text, from: at, &match),
            let whole = match[0]
          {
            if whole.isEmpty {
              at = whole.lowerBound + 1
            } else {
              out[row] += 1
              at = whole.upperBound
            }
          }
        }
        return .column(.uint64, out)
      }
    }
  }

  // MARK: regexpPosition

  private static func position(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    try checkText(call, 0..<2)
    for i in [2, 3, 4, 6] { try checkInteger(call, i) }
    var options: RegularExpression.Options = []
    if call.count > 5 {
      guard call.types[5] == .string, case .bytes(let flags)? = call.constant(5) else {
        throw call.illegal(5, "a constant string")
      }
      for flag in flags {
        switch flag {
        case UInt8(ascii: "i"): options.insert(.ignoresCase)
        case UInt8(ascii: "c"): options.remove(.ignoresCase)
        case UInt8(ascii: "m"), UInt8(ascii: "n"): options.insert(.lines)
        case UInt8(ascii: "s"): options.insert(.dotTakesLineBreaks)
        default:
          throw SQLError(
            .badArguments,
            "Unknown regex flag '\(String(decoding: [flag], as: UTF8.self))' for function "
              + "regexpPosition. Supported flags are 'i', 'c', 'm', 'n', 's'",
            at: call.arguments[5].position ?? call.position)
        }
      }
    }
    let pattern = try call.pattern(1, options)
    return .kernel(.uint64) { (input) throws(SQLError) in
      func numbers(_ i: Int, _ missing: Int64) -> Vector<Int64> {
        i < input.operands.count ? input.operands[i].integers(Int64.self) : .scalar(missing)
      }
      let (starts, occurrences, afters, groups) = (
        numbers(2, 1), numbers(3, 1), numbers(4, 0), numbers(6, 0)
      )
      let strings = input.operands[0].strings
      var match = RegexMatch(groups: pattern.groupCount + 1)
      var out = [UInt64](repeating: 0, count: input.rows)
      for row in 0..<input.rows where input.valid?[row] != 0 {
        let (start, occurrence, after, group) = (
          starts.element(row), occurrences.element(row), afters.element(row), groups.element(row)
        )
        try checkPosition(start, occurrence, after, group, pattern.groupCount)
        let text = strings[row]
        guard start - 1 <= text.count,
          try find(pattern, in: text, from: Int(start - 1), number: occurrence, &match),
          let range = match[Int(group)]
        else { continue }
        out[row] = UInt64((after == 0 ? range.lowerBound : range.upperBound) + 1)
      }
      return .column(.uint64, out)
    }
  }

  private static func checkPosition(
    _ start: Int64, _ occurrence: Int64, _ after: Int64, _ group: Int64, _ groupCount: Int
  ) throws(SQLError) {
    guard start >= 1 else {
      throw SQLError(
        .badArguments, "Argument 'position' for function regexpPosition must be >= 1, got \(start)")
    }
    guard occurrence >= 1 else {
      throw SQLError(
        .badArguments,
        "Argument 'occurrence' for function regexpPosition must be >= 1, got \(occurrence)")
    }
    guard after == 0 || after == 1 else {
      throw SQLError(
        .badArguments,
        "Argument 'return_option' for function regexpPosition must be 0 or 1, got \(after)")
    }
    guard group >= 0, group <= groupCount else {
      throw SQLError(
        .indexOfPositionalArgumentIsOutOfRange,
        "Argument 'subexpression' value \(group) of function regexpPosition is out-of-range, "
          + "should be in [0, \(groupCount)]")
    }
  }

  /// Finds the match with a number, counted from 1 at a start that ends before the text does.
  private static func find(
    _ pattern: RegularExpression, in text: ArraySlice<UInt8>, from start: Int, number: Int64,
    _ match: inout RegexMatch
  ) throws(SQLError) -> Bool {
    var at = start
    var left = number
    // As in ClickHouse nothing matches at the end, but in a text that is all end.
    while at < text.count || at == 0, try pattern.find(in: text, from: at, &match),
      let whole = match[0]
    {
      left -= 1
      if left == 0 { return true }
      at = max(whole.upperBound, whole.lowerBound + 1)
    }
    return false
  }
}
