/// Several needles, or several regular expressions, in one string.
import TickColumns

extension FunctionTable {
  static let multiSearch: [ScalarFunction] =
    [
      ("", SearchUnit.bytes), ("CaseInsensitive", .bytesAnyCase), ("UTF8", .characters),
      ("CaseInsensitiveUTF8", .charactersAnyCase),
    ].flatMap { suffix, unit in
      [
        anyNeedle("multiSearchAny" + suffix, unit),
        firstNeedle("multiSearchFirstIndex" + suffix, unit),
        firstPlace("multiSearchFirstPosition" + suffix, unit),
        allPlaces("multiSearchAllPositions" + suffix, unit),
      ]
    }

  static let multiMatch: [ScalarFunction] = [
    multiMatching(
      "multiMatchAny", "UInt8", "1 where one of the regular expressions matches."
    ) { input in
      .column(.uint8, input.map { $0.isEmpty ? 0 : 1 as UInt8 })
    },
    multiMatching(
      "multiMatchAnyIndex", "UInt64",
      "The number of the first regular expression that matches, from 1; 0 without one."
    ) { input in
      .column(.uint64, input.map { $0.first ?? 0 })
    },
    multiMatching(
      "multiMatchAllIndices", "Array(UInt64)",
      "The numbers of the regular expressions that match, ascending.", isAll: true
    ) { input in
      var offsets = [0]
      for numbers in input { offsets.append(offsets[offsets.count - 1] + numbers.count) }
      let elements = Column(.uint64, .uint64(input.flatMap { $0 }))
      return .column(
        Column(.array(.uint64), .array(ArrayValues(offsets: offsets, elements: elements))))
    },
  ]

  // MARK: Needles

  private static func anyNeedle(_ name: String, _ unit: SearchUnit) -> ScalarFunction {
    multiSearching(name, unit, "UInt8", "1 where one of the needles stands in s.") { places, rows in
      var out = [UInt8](repeating: 0, count: rows)
      places { row, place, _ in
        if place > 0 { out[row] = 1 }
        return place == 0
      }
      return .column(.uint8, out)
    }
  }

  private static func firstNeedle(_ name: String, _ unit: SearchUnit) -> ScalarFunction {
    multiSearching(
      name, unit, "UInt64",
      "The number of the first needle that stands in s, from 1; 0 without one."
    ) { places, rows in
      var out = [UInt64](repeating: 0, count: rows)
      places { row, place, number in
        if place > 0 { out[row] = UInt64(number) }
        return place == 0
      }
      return .column(.uint64, out)
    }
  }

  private static func firstPlace(_ name: String, _ unit: SearchUnit) -> ScalarFunction {
    multiSearching(
      name, unit, "UInt64", "The leftmost place of any needle in s, from 1; 0 without one."
    ) { places, rows in
      var out = [UInt64](repeating: 0, count: rows)
      places { row, place, _ in
        if place > 0, out[row] == 0 || place < out[row] { out[row] = place }
        return true
      }
      return .column(.uint64, out)
    }
  }

  private static func allPlaces(_ name: String, _ unit: SearchUnit) -> ScalarFunction {
    multiSearching(
      name, unit, "Array(UInt64)",
      "For each needle its place in s, from 1; 0 where it is not there."
    ) { places, rows in
      var offsets = [0]
      var out: [UInt64] = []
      var last = 0
      places { row, place, _ in
        while last < row {
          offsets.append(out.count)
          last += 1
        }
        out.append(place)
        return true
      }
      while last < rows {
        offsets.append(out.count)
        last += 1
      }
      let elements = Column(.uint64, .uint64(out))
      return .column(
        Column(.array(.uint64), .array(ArrayValues(offsets: offsets, elements: elements))))
    }
  }

  /// Calls its argument with a row, the place of a needle and the number of that needle, and goes to the next row
  /// where the answer is false.
  private typealias Places = ((Int, UInt64, Int) -> Bool) -> Void

  private static func multiSearching(
    _ name: String, _ unit: SearchUnit, _ result: String, _ summary: String,
    _ answer: @escaping @Sendable (Places, Int) -> KernelValue
  ) -> ScalarFunction {
    let words =
      switch unit {
      case .bytes: ""
      case .bytesAnyCase: " ASCII case does not matter."
      case .characters: " Places count characters."
      case .charactersAnyCase: " Places count characters; case does not matter."
      }
    return ScalarFunction(
      name, .text, arguments: "s, needles", result: result, summary: summary + words, arity: 2...2
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      guard call.types[1].arrayElement == .string else { throw call.illegal(1, "Array(String)") }
      let type: DataType =
        result == "UInt8" ? .uint8 : result == "UInt64" ? .uint64 : .array(.uint64)
      return .kernel(type) { input in
        let texts = input.operands[0].strings
        let arrays = ArrayRows(input.operands[1])
        let needles = KernelValue.column(arrays.elements).strings
        return answer(
          { body in
            for row in 0..<input.rows {
              let text = texts[row]
              for (number, i) in arrays.range(row).enumerated() {
                // In nothing there is nothing, not even the empty needle.
                let place =
                  text.isEmpty ? 0 : position(of: needles[i], in: text, skipping: 0, unit)
                if !body(row, place, number + 1) { break }
              }
            }
          }, input.rows)
      }
    }
  }

  // MARK: Regular expressions

  private static func multiMatching(
    _ name: String, _ result: String, _ summary: String, isAll: Bool = false,
    _ answer: @escaping @Sendable ([[UInt64]]) -> KernelValue
  ) -> ScalarFunction {
    ScalarFunction(
      name, .regex, arguments: "s, patterns", result: result, summary: summary, arity: 2...2
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      guard call.types[1].arrayElement == .string else { throw call.illegal(1, "Array(String)") }
      let type: DataType =
        result == "UInt8" ? .uint8 : result == "UInt64" ? .uint64 : .array(.uint64)
      var known: [RegularExpression]?
      if case .array(let values)? = call.constant(1) {
        var texts: [ArraySlice<UInt8>] = []
        for case .bytes(let text) in values { texts.append(text[...]) }
        known = try multiPatterns(texts)
      }
      let constant = known
      return .kernel(type, mayThrow: constant == nil) { (input) throws(SQLError) in
        let texts = input.operands[0].strings
        var out = [[UInt64]](repeating: [], count: input.rows)
        var cache = MultiPatternCache(input.operands[1])
        for row in 0..<input.rows where input.valid?[row] != 0 {
          let patterns = if let constant { constant } else { try cache.patterns(row) }
          for (i, pattern) in patterns.enumerated() {
            guard try pattern.matches(texts[row]) else { continue }
            out[row].append(UInt64(i + 1))
            if !isAll { break }
          }
        }
        return answer(out)
      }
    }
  }

  /// Patterns of one list: more are error 36.
  private static let multiPatternsMax = 4_096

  /// A list of patterns, compiled. ClickHouse has another code for a broken pattern here.
  fileprivate static func multiPatterns(
    _ texts: [ArraySlice<UInt8>]
  ) throws(SQLError) -> [RegularExpression] {
    guard texts.count <= multiPatternsMax else {
      throw SQLError(.badArguments, "More than \(multiPatternsMax) regular expressions in one list")
    }
    var patterns: [RegularExpression] = []
    for text in texts {
      do throws(RegularExpression.Invalid) {
        patterns.append(try RegularExpression(text, .dotTakesLineBreaks, of: texts.count))
      } catch {
        throw SQLError(
          .badArguments,
          "Pattern '\(String(decoding: text, as: UTF8.self))' failed with error '\(error.reason)'")
      }
    }
    return patterns
  }
}

/// The lists of patterns that rows bring; rows in a row often bring the same.
private struct MultiPatternCache {
  private let arrays: ArrayRows
  private let texts: StringOperand
  private var last: (texts: [ArraySlice<UInt8>], patterns: [RegularExpression])?

  init(_ operand: KernelValue) {
    arrays = ArrayRows(operand)
    texts = KernelValue.column(arrays.elements).strings
  }

  mutating func patterns(_ row: Int) throws(SQLError) -> [RegularExpression] {
    let wanted = arrays.range(row).map { texts[$0] }
    if let last, last.texts == wanted { return last.patterns }
    let patterns = try FunctionTable.multiPatterns(wanted)
    last = (wanted, patterns)
    return patterns
  }
}
