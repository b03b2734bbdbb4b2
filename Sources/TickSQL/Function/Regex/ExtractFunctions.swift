/// Parts of a string by a regular expression.
import TickColumns

extension FunctionTable {
  static let regexExtraction: [ScalarFunction] = [
    ScalarFunction(
      "extract", .regex, arguments: "s, pattern", result: "String",
      summary:
        "The first match: its first group, or all of it where the pattern has no group; '' without a match.",
      arity: 2...2
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      let pattern = try call.pattern(1)
      let group = min(1, pattern.groupCount)
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        var match = RegexMatch(groups: group + 1)
        for row in 0..<input.rows {
          let text = strings[row]
          if try pattern.find(in: text, from: 0, &match), let range = match[group] {
            try out.append(text[offsets: range])
          }
          out.endRow()
        }
      }
    },
    ScalarFunction(
      "regexpExtract", .regex, arguments: "s, pattern[, group]", result: "String",
      summary:
        "A group of the first match; 0 is all of it. By default 1, or 0 where the pattern has no group.",
      arity: 2...3, aliases: ["REGEXP_EXTRACT", "REGEXP_SUBSTR"], aliasesAnyCase: true,
      traits: .mayThrow
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      try checkInteger(call, 2)
      let pattern = try call.pattern(1)
      let count = pattern.groupCount
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        let groups: Vector<Int64> =
          input.operands.count == 3
          ? input.operands[2].integers(Int64.self) : .scalar(Int64(min(1, count)))
        var match = RegexMatch(groups: count + 1)
        for row in 0..<input.rows {
          if input.valid?[row] != 0 {
            let group = groups.element(row)
            guard group >= 0, group <= count else {
              throw SQLError(
                .indexOfPositionalArgumentIsOutOfRange,
                "Index value \(group) for the pattern in function regexpExtract is out-of-range, "
                  + "should be in [0, \(count + 1))")
            }
            let text = strings[row]
            if try pattern.find(in: text, from: 0, &match), let range = match[Int(group)] {
              try out.append(text[offsets: range])
            }
          }
          out.endRow()
        }
      }
    },
    ScalarFunction(
      "extractAll", .regex, arguments: "s, pattern", result: "Array(String)",
      summary:
        "All matches, each as extract gives it; they end before the first match of nothing.",
      arity: 2...2
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      let pattern = try call.pattern(1)
      let group = min(1, pattern.groupCount)
      return stringArrays { (text, pieces) throws(SQLError) in
        var match = RegexMatch(groups: group + 1)
        var at = 0
        while at < text.count, try pattern.find(in: text, from: at, &match), let whole = match[0],
          !whole.isEmpty
        {
          try pieces.append(match[group].map { text[offsets: $0] } ?? [])
          at = whole.upperBound
        }
      }
    },
    ScalarFunction(
      "extractGroups", .regex, arguments: "s, pattern", result: "Array(String)",
      summary: "The groups of the first match; empty without a match.", arity: 2...2
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      let pattern = try call.patternWithGroups(1)
      return stringArrays { (text, pieces) throws(SQLError) in
        var match = RegexMatch(groups: pattern.groupCount + 1)
        guard try pattern.find(in: text, from: 0, &match) else { return }
        for group in 1...pattern.groupCount {
          try pieces.append(match[group].map { text[offsets: $0] } ?? [])
        }
      }
    },
    allGroups(
      "extractAllGroupsVertical", "For each match an array of its groups.",
      aliases: ["extractAllGroups"], byMatch: true),
    allGroups(
      "extractAllGroupsHorizontal", "For each group an array of what it was in the matches.",
      aliases: [], byMatch: false),
    ScalarFunction(
      "splitByRegexp", .regex, arguments: "pattern, s[, count]", result: "Array(String)",
      summary:
        "The pieces of s between the matches; each byte where the pattern is empty. At most count pieces, the rest is "
        + "left out.", arity: 2...3
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      let pattern = try call.pattern(0)
      let isEmpty = call.constant(0) == .bytes([])
      var most = Int.max
      if call.count == 3 {
        guard let count = call.constant(2)?.int64, call.types[2].isInteger else {
          throw call.illegal(2, "a constant integer")
        }
        if count > 0 { most = Int(clamping: count) }
      }
      let limit = most
      return stringArrays(from: 1) { (text, pieces) throws(SQLError) in
        if isEmpty {
          for at in text.indices.prefix(limit) { try pieces.append(text[at...at]) }
          return
        }
        var match = RegexMatch(groups: 1)
        var at = 0
        for _ in 0..<limit {
          guard try pattern.find(in: text, from: at, &match), let range = match[0], !range.isEmpty
          else {
            try pieces.append(text[offsets: at..<text.count])
            return
          }
          try pieces.append(text[offsets: at..<range.lowerBound])
          at = range.upperBound
        }
      }
    },
  ]

  /// Strings of the arrays of one batch, under construction.
  private struct Pieces {
    private(set) var strings = StringValues()

    mutating func append(_ piece: ArraySlice<UInt8>) throws(SQLError) {
      guard strings.count < ArrayRows.elementsMax else {
        throw SQLError(
          .tooLargeArraySize, "Arrays of more than \(ArrayRows.elementsMax) elements in one batch")
      }
      strings.append(piece)
    }
  }

  /// An array of strings from each string of one argument.
  private static func stringArrays(
    from argument: Int = 0,
    _ body: @escaping @Sendable (ArraySlice<UInt8>, inout Pieces) throws(SQLError) -> Void
  ) -> Resolution {
    .kernel(.array(.string)) { (input) throws(SQLError) in
      let strings = input.operands[argument].strings
      var offsets = [0]
      var pieces = Pieces()
      for row in 0..<input.rows {
        if input.valid?[row] != 0 { try body(strings[row], &pieces) }
        offsets.append(pieces.strings.count)
      }
      let elements = Column(.string, .string(pieces.strings))
      return .column(
        Column(.array(.string), .array(ArrayValues(offsets: offsets, elements: elements))))
    }
  }

  // MARK: Groups of all matches

  private static func allGroups(
    _ name: String, _ summary: String, aliases: [String], byMatch: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .regex, arguments: "s, pattern", result: "Array(Array(String))", summary: summary,
      arity: 2...2, aliases: aliases
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      let pattern = try call.patternWithGroups(1)
      let count = pattern.groupCount
      return .kernel(.array(.array(.string))) { (input) throws(SQLError) in
        let strings = input.operands[0].strings
        var pieces = Pieces()
        var (outer, inner) = ([0], [0])
        var match = RegexMatch(groups: count + 1)
        for row in 0..<input.rows {
          if input.valid?[row] != 0 {
            let text = strings[row]
            var found: [ArraySlice<UInt8>] = []
            var at = 0
            while at < text.count, try pattern.find(in: text, from: at, &match),
              let whole = match[0]
            {
              for group in 1...count { found.append(match[group].map { text[offsets: $0] } ?? []) }
              at = max(whole.upperBound, whole.lowerBound + 1)
            }
            let matches = found.count / count
            for i in 0..<(byMatch ? matches : count) {
              for j in 0..<(byMatch ? count : matches) {
                try pieces.append(byMatch ? found[i * count + j] : found[j * count + i])
              }
              inner.append(pieces.strings.count)
            }
          }
          outer.append(inner.count - 1)
        }
        let elements = Column(.string, .string(pieces.strings))
        let groups = Column(
          .array(.string), .array(ArrayValues(offsets: inner, elements: elements)))
        return .column(
          Column(.array(.array(.string)), .array(ArrayValues(offsets: outer, elements: groups))))
      }
    }
  }
}
