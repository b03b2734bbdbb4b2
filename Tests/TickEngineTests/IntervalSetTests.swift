import TestSupport
import Testing

@testable import TickEngine

@Suite struct IntervalSetTests {
  @Test("it holds what a set holds, in as few ranges as there are", arguments: 0..<40)
  func property(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let span = UInt64.random(in: 1...60, using: &random)
    var set = IntervalSet()
    var model: Set<UInt64> = []
    for _ in 0..<100 {
      let value = UInt64.random(in: 0...span, using: &random)
      #expect(set.insert(value) == model.insert(value).inserted, "seed \(seed)")
    }
    for value in 0...span + 1 { #expect(set.contains(value) == model.contains(value)) }
    #expect(set.count == UInt64(model.count))
    let gaps = model.filter { !model.contains($0 + 1) }.count
    #expect(set.ranges.count == gaps)
  }

  @Test("the ends of the number range are values like others")
  func extremes() {
    var set = IntervalSet()
    #expect(set.insert(.max) && set.insert(0) && set.insert(.max - 1) && !set.insert(.max))
    #expect(set.ranges == [0...0, (.max - 1)...(.max)])
    #expect(set.contains(.max) && !set.contains(1))
  }
}
