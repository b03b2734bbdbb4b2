import TestSupport
import Testing

@testable import TickColumns

/// A block that nests deeper than readers go could never be read again.
@Suite struct PlanDepthTests {
  /// Values made by turning the encodings around, one upon the other, so that plans nest as deep as they will.
  private func layered(_ count: Int, _ chance: inout SplitMix64) -> [Int64] {
    var values = (0..<count).map { _ in
      Int.random(in: 0..<6, using: &chance) == 0
        ? Int64.random(in: -4_000_000...4_000_000, using: &chance)
        : Int64.random(in: -2...2, using: &chance)
    }
    for _ in 0..<Int.random(in: 1...6, using: &chance) {
      switch Int.random(in: 0..<6, using: &chance) {
      case 0: for i in 1..<count { values[i] &+= values[i - 1] }
      case 1: for i in 3..<count { values[i] &+= values[i - 3] }
      case 2: for i in 0..<count { values[i] &*= 100 }
      case 3: for i in 0..<count where chance.next() % 40 == 0 { values[i] &+= 7 }
      case 4:
        let stretch = Int.random(in: 2...9, using: &chance)
        values = (0..<count).map { values[$0 / stretch] }
      default: for i in 1..<count where chance.next() % 3 > 0 { values[i] = values[i - 1] }
      }
    }
    return values
  }

  @Test func noPlanIsDeeperThanReadersGo() {
    var chance = SplitMix64(seed: 20)
    var deepest = 0
    for round in 0..<1_500 {
      let values = layered(Int.random(in: 200...1_024, using: &chance), &chance)
      let shape = IntegerShape(byteWidth: 8, isSigned: true)
      let all = planIntegers(values, shape).depth
      deepest = max(deepest, all)
      #expect(all <= 7 && planIntegers(values, shape, .values).depth <= 6, "round \(round)")
      if round % 10 == 0 {
        expectRoundTrip(Column(.int64, .int64(values)), "round \(round)")
        expectRoundTrip(
          Column(.float64, .float64(values.map { Double($0 >> 12) / 100 })), "round \(round)")
      }
    }
    // Deep plans must have been tried for this to say anything.
    #expect(deepest >= 5, "\(deepest)")
  }
}
