/// Which partitions share segments, and what a span says of them.
import TestSupport
import Testing

@testable import TickStorage

@Suite struct PartitionSpanTests {
  @Test("a span holds what lies between its ends, bytewise")
  func contains() throws {
    let span = try #require(PartitionSpan(["b", "ä", "c"]))
    #expect(span.first == "b" && span.last == "ä" && !span.isSingle)
    for name in ["b", "bb", "c", "z", "ä"] { #expect(span.mayContain(name)) }
    for name in ["", "a", "B", "äa"] { #expect(!span.mayContain(name)) }
    #expect(PartitionSpan("b").mayContain("b") && !PartitionSpan("b").mayContain("ba"))
    #expect(PartitionSpan([String]()) == nil)
    #expect(PartitionSpan(first: "b", last: "a") == nil)
    #expect(PartitionSpan(first: "b", last: "b") == "b")
  }

  @Test("few partitions, and large ones, have segments of their own")
  func own() {
    let few = Dictionary(
      uniqueKeysWithValues: (1..<PartitionGrouping.smallCount).map { ("p\($0)", 3) })
    #expect(PartitionGrouping.groups(few).allSatisfy { $0.count == 1 })
    var many = Dictionary(uniqueKeysWithValues: (0..<100).map { ("p\($0)", 3) })
    many["p5"] = PartitionGrouping.smallRows
    let groups = PartitionGrouping.groups(many)
    #expect(groups.count == 2)
    #expect(groups.contains(["p5"]))
    #expect(PartitionGrouping.groups([:]).isEmpty)
  }

  @Test("every partition is in one group, and groups of several stay small", arguments: 0..<20)
  func random(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var rows: [String: Int] = [:]
    for _ in 0..<random.below(5_000) {
      rows["\(random.below(10_000))"] = 1 + random.below(1 << (1 + random.below(20)))
    }
    let groups = PartitionGrouping.groups(rows)
    #expect(groups.flatMap { $0 }.sorted() == rows.keys.sorted())
    for group in groups where group.count > 1 {
      let sum = group.reduce(0) { $0 + (rows[$1] ?? 0) }
      #expect(sum < PartitionGrouping.spanRows + PartitionGrouping.smallRows)
      #expect(group.allSatisfy { (rows[$0] ?? 0) < PartitionGrouping.smallRows })
    }
    let spans = groups.filter { $0.count > 1 }.compactMap { PartitionSpan($0) }
    for (left, right) in zip(spans, spans.dropFirst()) {
      #expect(PartitionSpan.precedes(left.last, right.first))
    }
  }
}
