/// Stretches of live rows against a set of row numbers, and the rows of a file that a reader gives of them.
import TestSupport
import TickColumns
import Testing

@testable import TickStorage

@Suite struct RowRangesTests {
  private func rows(_ ranges: RowRanges) -> Set<Int> { Set(ranges.ranges.flatMap { Array($0) }) }

  @Test("taking out, cutting and counting are those of sets", arguments: 0..<40)
  func model(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let total = 1 + random.below(200)
    var ranges = RowRanges(0..<total)
    var model = Set(0..<total)
    for _ in 0..<12 {
      switch random.below(3) {
      case 0:
        let gone = Set((0..<random.below(30)).map { _ in random.below(total + 4) })
        let others = RowRanges(0..<total + 4).subtracting(gone.sorted())
        let left = ranges.subtracting(others)
        #expect(rows(left) == model.intersection(gone))
        #expect(RowRanges(left.ranges) == left)
      case 1:
        // Also rows that are gone already.
        let gone = Set((0..<random.below(12)).map { _ in random.below(total) })
        ranges = ranges.subtracting(gone.sorted())
        model.subtract(gone)
      default:
        var stretches: [Range<Int>] = []
        var start = 0
        while start < total {
          let end = min(total, start + 1 + random.below(40))
          if !random.oneIn(8) { stretches.append(start..<end) }
          start = end
        }
        ranges = ranges.intersection(stretches)
        model = model.filter { row in stretches.contains { $0.contains(row) } }
      }
      #expect(rows(ranges) == model)
      #expect(ranges.count == model.count)
      #expect(ranges.end == (model.max() ?? -1) + 1)
      #expect(RowRanges(ranges.ranges) == ranges, "ranges that touch or do not ascend")
      let low = random.below(total)
      let cut = low..<low + random.below(total - low + 5)
      #expect(ranges.count(in: cut) == model.filter(cut.contains).count)
      #expect(Set(ranges.parts(in: cut).flatMap { Array($0) }) == model.filter(cut.contains))
    }
  }

  @Test("what is no list of stretches is none")
  func refused() {
    #expect(RowRanges([0..<2, 2..<3]) == nil)
    #expect(RowRanges([3..<5, 0..<1]) == nil)
    #expect(RowRanges([1..<1]) == nil)
    #expect(RowRanges([0..<Int.max, Int.max..<Int.max]) == nil)
    #expect(RowRanges([])?.count == 0)
    #expect(RowRanges(4..<4).ranges.isEmpty)
  }
}
