import TickColumns

/// All functions by name: the one place that binding, error hints and `sql/functions.md` read.
///
/// Names that come from the SQL standard are found in any case, the others exactly as ClickHouse spells them.
public enum FunctionTable {
  static let scalars: [ScalarFunction] =
    arithmetic + comparison + logic + conditional + [transformation] + conversion + accurateCasts
    + decimals + decimalText
    + fixedStrings + reinterpretations + defaults + allTime + allMath + random + randomDistributions
    + allText + allRegex + allJSON
    + addresses + hashes + [partitionID] + digests + arrays + maps + tuples + tupleArithmetic
    + server + queryFacts
    + errorNames + running

  private static let arrays: [ScalarFunction] =
    arrayConstruction + arraySearch + arrayShape + arrayOrder + arraySets + arrayFolds + arrayReduce
    + arrayReduceInRanges + higherOrder + textArrays + unnesting + aggregateStates

  private static let allTime: [ScalarFunction] =
    dateTime + weeks + runningNumbers + truncations + ages + madeTimes + timeNames + timeFormats
    + timeParsers + numberTimes + timeShorthands + intervalTuples + windowTimes

  private static let allMath: [ScalarFunction] =
    math + real + integerMath + bits + guardedArithmetic + financial

  private static let allText: [ScalarFunction] =
    text + textSearch + textPieces + textTrimming + textPadding + textReplacement + textCase
    + textFormats + readable + sleeping + textDigits + textBase64 + textDistances + textURLs + hosts
    + multiSearch

  private static let allRegex: [ScalarFunction] =
    regexMatching + regexExtraction + regexReplacement + multiMatch

  private static let allJSON: [ScalarFunction] = json + jsonExtraction + jsonPaths + simpleJSON

  private static let exact: [String: ScalarFunction] = {
    var table: [String: ScalarFunction] = [:]
    for function in scalars {
      for name in [function.name] + function.aliases {
        precondition(table.updateValue(function, forKey: name) == nil, "\(name) stands twice")
      }
    }
    return table
  }()

  private static let anyCase: [String: ScalarFunction] = {
    var table: [String: ScalarFunction] = [:]
    for function in scalars {
      if function.anyCase { table[function.name.lowercased()] = function }
      if function.aliasesAnyCase {
        for alias in function.aliases { table[alias.lowercased()] = function }
      }
    }
    return table
  }()

  static func scalar(named name: String) -> ScalarFunction? {
    exact[name] ?? anyCase[name.lowercased()]
  }

  /// Error 46 with the nearest names.
  static func unknown(_ name: String, at place: Int?) -> SQLError {
    SQLError(
      .unknownFunction, "Function with name `\(name)` does not exist", at: place,
      hint: NearestName.hint(for: name, among: names))
  }

  /// Every name that a call may have, for completion.
  public static var names: [String] { exact.keys + AggregateFunction.names }

  /// The text of `sql/functions.md`.
  public static func reference() -> String {
    var out = """
      # Functions

      Generated from the function table by the test suite; do not edit. Names marked * are found in any case,
      the others as they are written here. Unless an entry says otherwise, NULL in gives NULL out.

      """
    for group in FunctionGroup.allCases {
      out += "\n## \(group.rawValue)\n\n| Function | Result | What it does |\n|---|---|---|\n"
      for function in scalars where function.group == group {
        var summary = function.summary
        if !function.aliases.isEmpty {
          let names = function.aliases.map { "`\($0)`" }.joined(separator: ", ")
          summary += " Also \(names)\(function.aliasesAnyCase ? "*" : "")."
        }
        out += row(
          "\(function.name)(\(function.arguments))", function.anyCase, function.result, summary)
      }
    }
    out += "\n## Aggregates\n\n"
    out += AggregateFunction.referenceIntroduction
    out += "\n| Function | Result | What it does |\n|---|---|---|\n"
    for function in AggregateFunction.all {
      var summary = function.summary
      if !function.aliases.isEmpty {
        let star = function.aliasesAnyCase ? "*" : ""
        summary += " Also \(function.aliases.map { "`\($0)`\(star)" }.joined(separator: ", "))."
      }
      out += row(
        "\(function.name)(\(function.arguments))", function.anyCase, function.result, summary)
    }
    return out
  }

  private static func row(
    _ call: String, _ anyCase: Bool, _ result: String, _ summary: String
  ) -> String {
    let safe = summary.split(separator: "|", omittingEmptySubsequences: false)
      .joined(separator: "\\|")
    return "| `\(call)`\(anyCase ? "*" : "") | \(result) | \(safe) |\n"
  }
}

/// Suggesting what was probably meant.
enum NearestName {
  /// `Maybe you meant: 'price'`, or nil when nothing is near.
  static func hint(for name: String, among candidates: some Sequence<String>) -> String? {
    // In order, so that the same error says the same every time.
    nearestName(name, among: candidates.sorted()).map { "Maybe you meant: '\($0)'" }
  }
}
