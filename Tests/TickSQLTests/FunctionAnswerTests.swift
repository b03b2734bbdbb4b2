import Testing

@testable import TickSQL

/// Expressions and queries against what ClickHouse answered.
@Suite struct FunctionAnswerTests {
  /// Where we differ on purpose; each has its place in sql/dialect.md.
  private static let differs: [String: String] = [
    "length(toLowCardinality('abc'))": "low-cardinality-results",
    "SELECT sum(0.1), avg(0.1), sum(number * 0.1) FROM numbers(10)": "sums",
  ]

  private func check(_ text: String, _ query: String, _ expected: String) -> String? {
    let got: String
    do {
      got = try run(query).answer
    } catch let error as SQLError {
      got = "!\(error.code.rawValue)"
      if got != expected { return "\(text)\n  want \(expected)\n  got  \(got) \(error.sentence)" }
    } catch {
      return "\(text): \(error)"
    }
    if let anchor = Self.differs[text] {
      return got == expected ? "\(text): the difference \(anchor) is gone" : nil
    }
    return got == expected ? nil : "\(text)\n  want \(expected)\n  got  \(got)"
  }

  @Test func expressionsHaveClickHousesNamesTypesAndValues() throws {
    let answers = try answers("expressions.tsv")
    #expect(answers.count > 400)
    let wrong = answers.compactMap { check($0.text, "SELECT \($0.text)", $0.answer) }
    #expect(wrong.isEmpty, "\(wrong.count) differ:\n\(wrong.joined(separator: "\n"))")
  }

  @Test func queriesHaveClickHousesAnswers() throws {
    let answers = try answers("queries.tsv")
    #expect(answers.count > 100)
    let wrong = answers.compactMap { check($0.text, $0.text, $0.answer) }
    #expect(wrong.isEmpty, "\(wrong.count) differ:\n\(wrong.joined(separator: "\n"))")
  }
}
