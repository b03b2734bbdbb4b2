import TestSupport
import Testing

@testable import TickColumns

/// Sums over moving frames against each frame added up by itself.
@Suite struct SlidingSumTests {
  private func sum(_ values: ArraySlice<Double>) -> Double {
    var sums = GroupedSums()
    sums.resize(1)
    if !values.isEmpty { sums.add(Array(values), starts: [0], groups: [0]) }
    return sums.values[0]
  }

  private func check(_ values: [Double], _ frames: [Range<Int>]) throws {
    let sliding = try #require(SlidingSums(values))
    let given = sliding.sums(
      starts: frames.map { Int32($0.lowerBound) }[...],
      ends: frames.map { Int32($0.upperBound) }[...])
    for (frame, found) in zip(frames, given) {
      let wanted = sum(values[frame])
      #expect(
        found.bitPattern == wanted.bitPattern || found.isNaN && wanted.isNaN,
        "\(values[frame]): \(found), not \(wanted)")
    }
  }

  private enum Mixture: CaseIterable { case prices, quantities, returns, everything, odd }

  private func value(_ mixture: Mixture, _ random: inout SplitMix64) -> Double {
    let price = Double(Int64.random(in: -99_999...99_999, using: &random)) / 100
    let quantity = Double(Int64.random(in: 0...99_999, using: &random)) / 1e8
    let fraction = Double.random(in: -0.01...0.01, using: &random)
    switch mixture {
    case .prices: return price
    case .quantities: return Bool.random(using: &random) ? quantity : price
    case .returns: return fraction
    case .everything:
      return [price, quantity, fraction, fraction * 1e6, 0, -0.0].randomElement(using: &random) ?? 0
    case .odd:
      return [price, fraction, .nan, .infinity, -.infinity, 0].randomElement(using: &random) ?? 0
    }
  }

  @Test("moving frames sum as each by itself", arguments: 0..<40)
  func property(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let mixture = Mixture.allCases[seed % Mixture.allCases.count]
    let values = (0..<200).map { _ in value(mixture, &random) }
    let width = Int.random(in: 0...30, using: &random)
    try check(values, (0..<200).map { max(0, $0 - width)..<$0 + 1 })
    try check(values, (0..<200).map { 0..<$0 + 1 })
    try check(values, (0..<200).map { $0..<200 })
    // Frames that go to and fro, and empty ones.
    try check(
      values,
      (0..<200).map { _ in
        let start = Int.random(in: 0...200, using: &random)
        return start..<Int.random(in: start...200, using: &random)
      })
  }

  @Test func extremesRoundOnceAndSubnormalsAreExact() throws {
    let least = Double.leastNonzeroMagnitude
    try check([least, least, 3 * least, -least], [0..<1, 0..<2, 0..<4, 2..<4])
    let greatest = Double.greatestFiniteMagnitude
    try check([greatest, greatest, -greatest], [0..<1, 0..<2, 0..<3, 1..<3])
  }

  @Test func valuesThatLieTooFarApartHaveNoSlidingSums() {
    #expect(SlidingSums([1e-300 / 3, 1e300 / 3]) == nil)
    #expect(SlidingSums([0.000_000_000_001, 123_456_789_012_345]) == nil)
    #expect(SlidingSums([0.000_000_000_001, 1_234_567]) != nil)
  }

  @Test("moving frames of products sum as each by itself", arguments: 0..<20)
  func products(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let x = (0..<150).map { _ in value(seed % 2 == 0 ? .prices : .everything, &random) }
    let y = (0..<150).map { _ in value(seed % 4 < 2 ? .quantities : .odd, &random) }
    let sliding = try #require(SlidingSums(x, times: y))
    let starts = (0..<150).map { Int32(max(0, $0 - 12)) }
    let ends = (0..<150).map { Int32($0 + 1) }
    let given = sliding.sums(starts: starts[...], ends: ends[...])
    for row in 0..<150 {
      var sums = GroupedSums()
      sums.resize(1)
      let frame = Int(starts[row])..<Int(ends[row])
      sums.addProducts(Array(x[frame]), Array(y[frame]), starts: [0], groups: [0])
      let wanted = sums.values[0]
      #expect(given[row].bitPattern == wanted.bitPattern || given[row].isNaN && wanted.isNaN)
    }
  }

  @Test func rowsThatDoNotCountCountForNothing() throws {
    let sliding = try #require(SlidingSums([1, .nan, 2, 1 / 3], marks: [1, 0, 1, 0]))
    #expect(sliding.sums(starts: [0, 1][...], ends: [4, 2][...]) == [3, 0])
  }
}
