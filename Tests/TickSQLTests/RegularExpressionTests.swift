import TickColumns
import Testing

@testable import TickSQL

/// Patterns come from whoever sends a query: whatever they are, they compile within bounds or are refused, and a search
/// takes time in proportion to the text.
@Suite struct RegularExpressionTests {
  private func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

  @Test func hostilePatternsAreRefused() {
    let patterns = [
      String(repeating: "(", count: 200_000), "((((a{100}){100}){100}){100})", "a{1001}",
      String(repeating: "(a|b)*c", count: 200_000), "\\p{Nope}", "[b-a]",
      "(?i", "a**", "\\8", "x{2,1}", "\\", "[[:nope:]]",
    ]
    for pattern in patterns {
      #expect(throws: RegularExpression.Invalid.self, "\(pattern.prefix(40))") {
        try RegularExpression(bytes(pattern), .dotTakesLineBreaks)
      }
    }
  }

  @Test func nestingIsBoundedByWhatItsGroupsTake() throws {
    func nested(_ open: String, _ depth: Int) -> ArraySlice<UInt8> {
      bytes(
        String(repeating: open, count: depth) + "a" + String(repeating: ")", count: depth))
    }
    let regex = try RegularExpression(nested("(", 1_000), [])
    var match = RegexMatch(groups: 1_001)
    #expect(try regex.find(in: bytes("ba"), from: 0, &match))
    #expect(match[1_000] == 1..<2)
    #expect(throws: RegularExpression.Invalid.self) {
      try RegularExpression(nested("(", 100_000), [])
    }
    #expect(try RegularExpression(nested("(?:", 100_000), []).matches(bytes("ba")))
  }

  @Test(
    "patterns that make others backtrack take linear time",
    arguments: ["(a*)*b", "(a|a)*b", "(a|aa)+$b", "(.*a){20}b", "a?a?a?a?a?a?a?a?aaaaaaaab"])
  func searchesAreLinear(pattern: String) throws {
    let regex = try RegularExpression(bytes(pattern), [])
    let text = Array(repeating: UInt8(ascii: "a"), count: 200_000)
    #expect(try !regex.matches(text[...]))
  }

  @Test func whatAPatternSaysOfItself() throws {
    do {
      _ = try RegularExpression(bytes("a("), [])
      Issue.record("a( compiled")
    } catch {
      #expect(error.reason == "missing ): a(")
    }
    #expect(try RegularExpression(bytes("(a)(?:b)(c)?"), []).groupCount == 2)
    var match = RegexMatch(groups: 3)
    let text = bytes("xxabxx")
    #expect(try RegularExpression(bytes("(a)(?:b)(c)?"), []).find(in: text, from: 1, &match))
    #expect(match[0] == 2..<4 && match[1] == 2..<3 && match[2] == nil)
  }

  @Test func slicesAndRowsAreSearchedWithinTheirBounds() throws {
    let regex = try RegularExpression(bytes("^b$"), [])
    #expect(try regex.matches(bytes("abc")[1..<2]))
    #expect(try regex.marks(of: StringValues(["b", "ab", "", "b"])) == [1, 0, 0, 1])
    #expect(try RegularExpression(bytes(""), []).marks(of: StringValues(["", "x"])) == [1, 1])
    #expect(try regex.marks(of: StringValues()) == [])
  }

  @Test func manyThreadsMayShareAPattern() async throws {
    let regex = try RegularExpression(bytes("(\\d+)-(\\d+)$"), [])
    let counts = await withTaskGroup(of: Int.self) { group in
      for seed in 0..<8 {
        group.addTask {
          (0..<2_000).count { (try? regex.matches(Array("x\(seed * $0)-\($0)".utf8)[...])) == true }
        }
      }
      return await group.reduce(into: 0) { $0 += $1 }
    }
    #expect(counts == 16_000)
  }
}
