import Foundation
import Testing

@testable import TickSQL

@Suite struct FunctionReferenceTests {
  private var file: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("sql/functions.md")
  }

  /// With `TICKBASE_WRITE_REFERENCE=1` in the environment the page is written instead.
  @Test func thePageShowsTheFunctionTable() throws {
    let text = FunctionTable.reference()
    if ProcessInfo.processInfo.environment["TICKBASE_WRITE_REFERENCE"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let shown = try String(contentsOf: file, encoding: .utf8)
    #expect(
      shown == text,
      "sql/functions.md is out of date; run these tests with TICKBASE_WRITE_REFERENCE=1")
  }

  @Test func namesKeepClickHousesRulesOfCase() throws {
    #expect(FunctionTable.scalar(named: "LENGTH")?.name == "length")
    #expect(FunctionTable.scalar(named: "toYear")?.name == "toYear")
    #expect(FunctionTable.scalar(named: "YeAr")?.name == "toYear")
    #expect(FunctionTable.scalar(named: "TOYEAR") == nil)
    #expect(FunctionTable.scalar(named: "Plus") == nil)
    #expect(AggregateFunction.find("SUM")?.function.name == "sum")
    #expect(AggregateFunction.find("argmin") == nil)
    #expect(AggregateFunction.find("max_by")?.function.name == "argMax")
    let combined = try #require(AggregateFunction.find("sumDistinctIf"))
    #expect(
      combined.function.name == "sum" && combined.suffixes.contains(.if) && combined.isDistinct)
    let nested = try #require(AggregateFunction.find("sumIfArrayOrNull"))
    #expect(nested.chain == [.if, .array] && nested.suffixes == .orNull)
    #expect(AggregateFunction.find("groupArray")?.chain == [])
    #expect(AggregateFunction.find("sumIfMergeState")?.chain == [.if, .merge, .state])
    #expect(AggregateFunction.find("sumSimpleState")?.absent == "SimpleState")
  }

  @Test func likePatternsTakeNoMoreThanTheProductOfLengths() {
    let text = Array(repeating: UInt8(ascii: "a"), count: 20_000)
    let pattern = Array(String(repeating: "a%", count: 500).utf8) + Array("b".utf8)
    #expect(!LikePattern(pattern[...], ignoresCase: false).matches(text[...]))
  }
}
