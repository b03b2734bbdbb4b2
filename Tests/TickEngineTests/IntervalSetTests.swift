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

  @Test("sets are cut, joined and compared as sets are", arguments: 0..<40)
  func operations(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let span = UInt64.random(in: 1...60, using: &random)
    var sets = [IntervalSet(), IntervalSet()]
    var models: [Set<UInt64>] = [[], []]
    for side in 0..<2 {
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        let value = UInt64.random(in: 0...span, using: &random)
        _ = sets[side].insert(value)
        models[side].insert(value)
      }
      for _ in 0..<15 {
        let value = UInt64.random(in: 0...span, using: &random)
        sets[side].remove(value)
        models[side].remove(value)
      }
      #expect((0...span).filter(sets[side].contains) == models[side].sorted(), "seed \(seed)")
    }
    #expect(sets[0].intersects(sets[1]) == !models[0].isDisjoint(with: models[1]), "seed \(seed)")
    sets[0].formUnion(sets[1])
    models[0].formUnion(models[1])
    #expect((0...span).filter(sets[0].contains) == models[0].sorted(), "seed \(seed)")
    #expect(sets[0].ranges.count == models[0].filter { !models[0].contains($0 + 1) }.count)
  }

  @Test("the ends of the number range are values like others")
  func extremes() {
    var set = IntervalSet()
    #expect(set.insert(.max) && set.insert(0) && set.insert(.max - 1) && !set.insert(.max))
    #expect(set.ranges == [0...0, (.max - 1)...(.max)])
    #expect(set.contains(.max) && !set.contains(1))
    set.formUnion(set)
    set.remove(.max)
    set.remove(0)
    #expect(set.ranges == [(.max - 1)...(.max - 1)])
  }
}
