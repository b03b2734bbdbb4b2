/// Where and how often one string stands in another. Positions count from 1; 0 means nowhere.
import TickColumns

extension FunctionTable {
  static let textSearch: [ScalarFunction] = [
    search("position", "Where the needle begins in s, in bytes.", .bytes, anyCase: true),
    search("positionUTF8", "position in characters.", .characters),
    search(
      "positionCaseInsensitive", "position without regard to ASCII case.", .bytesAnyCase,
      aliases: ["instr"]),
    search(
      "positionCaseInsensitiveUTF8", "positionUTF8 without regard to case.", .charactersAnyCase),
    ScalarFunction(
      "locate", .text, arguments: "needle, s[, start]", result: "UInt64",
      summary: "position with the needle first.", arity: 2...3, anyCase: true
    ) { (call) throws(SQLError) in
      .expression(
        try call.builder.call(
          "position", [call.arguments[1], call.arguments[0]] + call.arguments.dropFirst(2),
          at: call.position))
    },
    occurrences(
      "countSubstrings", "How often the needle stands in s, without overlaps.", anyCase: true,
      foldsCase: false),
    occurrences(
      "countSubstringsCaseInsensitive", "countSubstrings without regard to ASCII case.",
      anyCase: false, foldsCase: true),
    affix("startsWith", "1 where s begins with the prefix.", isPrefix: true),
    affix("startsWithUTF8", "As startsWith.", isPrefix: true),
    affix("endsWith", "1 where s ends with the suffix.", isPrefix: false),
    affix("endsWithUTF8", "As endsWith.", isPrefix: false),
    subsequence(
      "hasSubsequence", "1 where the bytes of the needle stand in s in this order.",
      foldsCase: false),
    subsequence(
      "hasSubsequenceCaseInsensitive", "hasSubsequence without regard to ASCII case.",
      foldsCase: true),
  ]

  /// The first place of the needle at or behind an offset, as an index into the text.
  static func find(
    _ needle: ArraySlice<UInt8>, in text: ArraySlice<UInt8>, from start: Int
  ) -> Int? {
    guard let first = needle.first else { return start }
    let last = text.endIndex - needle.count
    var at = start
    while at <= last {
      if text[at] == first, text[at..<at + needle.count].elementsEqual(needle) { return at }
      at += 1
    }
    return nil
  }

  /// How far into the text the first place of the needle is.
  static func find(_ needle: ArraySlice<UInt8>, in text: ArraySlice<UInt8>) -> Int? {
    find(needle, in: text, from: text.startIndex).map { $0 - text.startIndex }
  }

  @inline(__always)
  static func lowered(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  /// ASCII letters in lower case.
  static func lowered(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    text.map { lowered($0) }[...]
  }

  // MARK: position

  enum SearchUnit: Sendable { case bytes, bytesAnyCase, characters, charactersAnyCase }

  private static func search(
    _ name: String, _ summary: String, _ unit: SearchUnit, aliases: [String] = [],
    anyCase: Bool = false
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "s, needle[, start]", result: "UInt64",
      summary: "\(summary) The search begins at `start`, which counts from 1.", arity: 2...3,
      aliases: aliases, anyCase: anyCase, aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      if call.count == 3 {
        guard call.types[2].isInteger, !call.types[2].isSignedInteger else {
          throw call.illegal(2, "an unsigned integer")
        }
      }
      return .kernel(.uint64) { input in
        let texts = input.operands[0].strings
        let needles = input.operands[1].strings
        let starts: Vector<UInt64> =
          input.operands.count == 3 ? input.operands[2].integers(UInt64.self) : .scalar(1)
        var out = [UInt64](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let skipped = Int(clamping: max(1, starts.element(row)) - 1)
          out[row] = position(of: needles[row], in: texts[row], skipping: skipped, unit)
        }
        return .column(.uint64, out)
      }
    }
  }

  static func position(
    of needle: ArraySlice<UInt8>, in text: ArraySlice<UInt8>, skipping count: Int,
    _ unit: SearchUnit
  ) -> UInt64 {
    switch unit {
    case .bytes:
      guard count <= text.count,
        let found = find(needle, in: text, from: text.startIndex + count)
      else { return 0 }
      return UInt64(found - text.startIndex + 1)
    case .bytesAnyCase:
      return position(of: lowered(needle), in: lowered(text), skipping: count, .bytes)
    case .characters:
      guard count <= CodePoints.count(text),
        let found = find(needle, in: text, from: CodePoints.place(count, in: text))
      else { return 0 }
      return UInt64(CodePoints.count(text[text.startIndex..<found]) + 1)
    case .charactersAnyCase:
      return position(
        of: lowerCased(needle)[...], in: lowerCased(text)[...], skipping: count, .characters)
    }
  }

  // MARK: Counting and comparing

  private static func occurrences(
    _ name: String, _ summary: String, anyCase: Bool, foldsCase: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "s, needle[, start]", result: "UInt64", summary: summary,
      arity: 2...3, anyCase: anyCase
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      if call.count == 3 {
        guard call.types[2].isInteger, !call.types[2].isSignedInteger else {
          throw call.illegal(2, "an unsigned integer")
        }
      }
      return .kernel(.uint64) { input in
        let texts = input.operands[0].strings
        let needles = input.operands[1].strings
        let starts: Vector<UInt64> =
          input.operands.count == 3 ? input.operands[2].integers(UInt64.self) : .scalar(1)
        var out = [UInt64](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let text = foldsCase ? lowered(texts[row]) : texts[row]
          let needle = foldsCase ? lowered(needles[row]) : needles[row]
          let skipped = Int(clamping: max(1, starts.element(row)) - 1)
          if needle.isEmpty || skipped > text.count { continue }
          var at = text.startIndex + skipped
          while let found = find(needle, in: text, from: at) {
            out[row] += 1
            at = found + needle.count
          }
        }
        return .column(.uint64, out)
      }
    }
  }

  private static func affix(_ name: String, _ summary: String, isPrefix: Bool) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "s, \(isPrefix ? "prefix" : "suffix")", result: "UInt8",
      summary: summary, arity: 2...2
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      return .kernel(.uint8) { input in
        let strings = input.operands[0].strings
        let affixes = input.operands[1].strings
        var out = [UInt8](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let affix = affixes[row]
          let part = isPrefix ? strings[row].prefix(affix.count) : strings[row].suffix(affix.count)
          out[row] = part.elementsEqual(affix) ? 1 : 0
        }
        return .column(.uint8, out)
      }
    }
  }

  private static func subsequence(
    _ name: String, _ summary: String, foldsCase: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "s, needle", result: "UInt8", summary: summary, arity: 2...2,
      anyCase: true
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      return .kernel(.uint8) { input in
        let texts = input.operands[0].strings
        let needles = input.operands[1].strings
        var out = [UInt8](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let text = foldsCase ? lowered(texts[row]) : texts[row]
          let needle = foldsCase ? lowered(needles[row]) : needles[row]
          var wanted = needle.startIndex
          for byte in text where wanted < needle.endIndex && byte == needle[wanted] { wanted += 1 }
          out[row] = wanted == needle.endIndex ? 1 : 0
        }
        return .column(.uint8, out)
      }
    }
  }
}
