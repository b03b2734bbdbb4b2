/// Matches of a regular expression, replaced.
import TickColumns

extension FunctionTable {
  static let regexReplacement: [ScalarFunction] = [
    replacement("replaceRegexpOne", "s with the first match replaced.", isAll: false, aliases: []),
    replacement(
      "replaceRegexpAll", "s with every match replaced.", isAll: true,
      aliases: ["REGEXP_REPLACE"]),
  ]

  private static func replacement(
    _ name: String, _ summary: String, isAll: Bool, aliases: [String]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .regex, arguments: "s, pattern, replacement", result: "String",
      summary:
        "\(summary) In the replacement `\\0` is the match and `\\1` to `\\9` are its groups. An empty pattern "
        + "matches nowhere.", arity: 3...3, aliases: aliases, aliasesAnyCase: true,
      traits: .mayThrow
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<3)
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        let patterns = input.operands[1].strings
        let replacements = input.operands[2].strings
        var cache = PatternCache()
        var last: (pattern: ArraySlice<UInt8>, replacement: ArraySlice<UInt8>)?
        var replacer: Replacer?
        for row in 0..<input.rows {
          if input.valid?[row] != 0 {
            let (pattern, replacement) = (patterns[row], replacements[row])
            // Constants come again in every row.
            if last?.pattern != pattern || last?.replacement != replacement {
              last = (pattern, replacement)
              replacer = try Replacer(pattern, replacement, &cache)
            }
            if let replacer {
              try replacer.replace(in: strings[row], isAll: isAll, &out)
            } else {
              try out.append(strings[row])
            }
          }
          out.endRow()
        }
      }
    }
  }
}

/// A pattern and what stands for its matches.
private struct Replacer {
  private enum Part {
    case text([UInt8])
    case group(Int)
  }
  private let pattern: RegularExpression
  private let parts: [Part]
  private let groups: Int

  /// Nil for the empty pattern.
  init?(
    _ text: ArraySlice<UInt8>, _ replacement: ArraySlice<UInt8>, _ cache: inout PatternCache
  ) throws(SQLError) {
    if text.isEmpty { return nil }
    do throws(SQLError) {
      pattern = try cache.pattern(text)
    } catch {
      // ClickHouse has another code for a broken pattern here than everywhere else.
      throw SQLError(
        .badArguments, "The pattern argument is not a valid re2 pattern: \(error.message)")
    }
    var parts: [Part] = []
    var literal: [UInt8] = []
    var highest = 0
    var at = replacement.startIndex
    while at < replacement.endIndex {
      var byte = replacement[at]
      if byte == 0x5C, at + 1 < replacement.endIndex {
        at += 1
        byte = replacement[at]
        if byte >= 0x30, byte <= 0x39 {
          if !literal.isEmpty { parts.append(.text(literal)) }
          literal = []
          highest = max(highest, Int(byte - 0x30))
          parts.append(.group(Int(byte - 0x30)))
          at += 1
          continue
        }
      }
      literal.append(byte)
      at += 1
    }
    if !literal.isEmpty { parts.append(.text(literal)) }
    guard highest <= pattern.groupCount else {
      throw SQLError(
        .badArguments,
        "Substitution '\\\(highest)' in replacement argument is invalid, regexp has only "
          + "\(pattern.groupCount) capturing groups")
    }
    self.parts = parts
    groups = highest + 1
  }

  func replace(
    in text: ArraySlice<UInt8>, isAll: Bool, _ out: inout TextBuilder
  ) throws(SQLError) {
    var match = RegexMatch(groups: groups)
    var copied = 0
    var at = 0
    while at <= text.count, try pattern.find(in: text, from: at, &match), let whole = match[0] {
      try out.append(text[offsets: copied..<whole.lowerBound])
      for part in parts {
        switch part {
        case .text(let bytes): try out.append(bytes)
        case .group(let i): if let range = match[i] { try out.append(text[offsets: range]) }
        }
      }
      copied = whole.upperBound
      // As in ClickHouse, a match of nothing may follow a match right away.
      at = whole.isEmpty ? copied + 1 : copied
      if !isAll { break }
    }
    try out.append(text[offsets: copied..<text.count])
  }
}
