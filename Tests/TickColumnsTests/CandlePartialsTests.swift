import TestSupport
import Testing

@testable import TickColumns

/// Partial candles against sums and extremes that are worked out row by row.
@Suite struct CandlePartialsTests {
  /// Rows of ascending time, some of them equal, with identifiers and sides.
  private static func rows(_ random: inout SplitMix64, count: Int, from first: Int64) -> CandleRows
  {
    var rows = CandleRows(times: [], sequences: [], prices: [], quantities: [])
    var time = first
    for i in 0..<count {
      if !random.oneIn(3) { time += Int64(random.below(random.oneIn(20) ? 5_000 : 300)) }
      rows.times.append(time)
      rows.sequences.append(UInt64(i * 3))
      rows.prices.append(Double(random.below(1_000)) / [1, 10, 100][random.below(3)])
      rows.quantities.append(Double(random.below(100_000)) / [1, 1_000, 100_000][random.below(3)])
      rows.isBuy.append(random.oneIn(2))
      rows.identifiers.append(random.next())
    }
    return rows
  }

  @Test("each bucket has what its rows have", arguments: 0..<40)
  func agreesWithRows(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let first = [-1_000_000, 0, 1_723_075_200_000][random.below(3)] as Int64
    let count = 1 + random.below(700)
    let rows = Self.rows(&random, count: count, from: first)
    let width = [1, 7, 1_000, 60_000][random.below(4)] as Int64
    let start = random.below(count)
    let range = start..<start + 1 + random.below(count - start)
    let partials = try #require(
      CandlePartials(rows, in: range, width: width, partialsMax: .max))
    var i = 0
    var row = range.lowerBound
    while row < range.upperBound {
      let bucket = Int64((Double(rows.times[row]) / Double(width)).rounded(.down))
      let end =
        range.first { $0 >= row && rows.times[$0] >= (bucket + 1) * width } ?? range.upperBound
      let part = row..<end
      var (volume, notional, bought) = (ExactSum(), ExactSum(), ExactSum())
      var (left, right) = (DecimalStream(), DecimalStream())
      for r in part {
        volume.add(rows.quantities[r], &left)
        if rows.isBuy[r] { bought.add(rows.quantities[r], &left) }
        notional.addProduct(rows.prices[r], rows.quantities[r], &left, &right)
      }
      #expect(partials.starts[i] == bucket * width)
      #expect(partials.rowCounts[i] == UInt64(part.count))
      #expect(partials.openTimes[i] == rows.times[row])
      #expect(partials.closeTimes[i] == rows.times[end - 1])
      #expect(partials.openSequences[i] == rows.sequences[row])
      #expect(partials.closeSequences[i] == rows.sequences[end - 1])
      #expect(partials.opens[i] == rows.prices[row])
      #expect(partials.closes[i] == rows.prices[end - 1])
      #expect(partials.highs[i] == part.map { rows.prices[$0] }.max())
      #expect(partials.lows[i] == part.map { rows.prices[$0] }.min())
      #expect(partials.firstIDs[i] == rows.identifiers[row])
      #expect(partials.lastIDs[i] == rows.identifiers[end - 1])
      #expect(Self.value(partials.volumes, i) == volume.value)
      #expect(Self.value(partials.notionals, i) == notional.value)
      #expect(Self.value(partials.buyVolumes, i) == bought.value)
      i += 1
      row = end
    }
    #expect(partials.count == i)
    for times in [2, 60] as [Int64] {
      let direct = try #require(
        CandlePartials(rows, in: range, width: width * times, partialsMax: .max))
      let merged = try #require(partials.merged(width: width * times))
      #expect(merged == direct)
    }
  }

  private static func value(_ totals: DecimalTotals, _ i: Int) -> Double {
    var sums = GroupedSums()
    sums.resize(1)
    sums.add(
      DecimalTotals([totals.numbers[i]], scale: totals.scale), starts: [0], groups: [0])
    return sums.values[0]
  }

  @Test("rows whose sums are no decimals, and zeros below zero, have no partials")
  func refused() {
    func made(_ price: Double, _ quantity: Double) -> CandlePartials? {
      CandlePartials(
        CandleRows(
          times: [0, 1], sequences: [0, 1], prices: [1.5, price], quantities: [2, quantity]),
        in: 0..<2, width: 10, partialsMax: .max)
    }
    #expect(made(1, 1) != nil)
    #expect(made(0, 1) != nil)
    #expect(made(-0.0, 1) == nil)
    for odd in [Double.nan, .infinity, -.infinity, 1e300, 0.1 + 0.2, 1.0 / 3] {
      #expect(made(1, odd) == nil, "quantity \(odd)")
      #expect(made(odd, 1) == nil, "price \(odd)")
    }
    #expect(made(.nan, 0) == nil)
  }

  @Test("buckets at both ends of time, and too many of them")
  func ends() {
    func made(_ times: [Int64], width: Int64, most: Int = .max) -> CandlePartials? {
      CandlePartials(
        CandleRows(
          times: times, sequences: times.indices.map { UInt64($0) },
          prices: times.map { _ in 1 }, quantities: times.map { _ in 1 }),
        in: times.indices, width: width, partialsMax: most)
    }
    #expect(made([.max - 1, .max], width: 60)?.count == 1)
    #expect(made([.max], width: 1)?.starts == [.max])
    #expect(made([.min, .min + 1], width: 1)?.count == 2)
    // The bucket of the first instant would begin before it.
    #expect(made([.min], width: 60) == nil)
    #expect(made([-1, 0, 59, 60], width: 60)?.starts == [-60, 0, 60])
    #expect(made([0, 1, 2], width: 1, most: 2) == nil)
    #expect(made([0, 1, 2], width: 1, most: 3)?.count == 3)
  }

  @Test("totals of different scales stand side by side")
  func appended() {
    var left = CandlePartials()
    left.volumes = DecimalTotals([15], scale: 1)
    var right = CandlePartials()
    right.volumes = DecimalTotals([225], scale: 2)
    let fits = left.append(right)
    #expect(fits && left.volumes == DecimalTotals([150, 225], scale: 2))
    #expect(left.volumes.shortest == DecimalTotals([150, 225], scale: 2))
    #expect(DecimalTotals([1_500, 20], scale: 3).shortest == DecimalTotals([150, 2], scale: 2))
    right.volumes = DecimalTotals([.max], scale: 24)
    let fitsToo = left.append(right)
    #expect(fitsToo)
    right.volumes = DecimalTotals([.max / 2], scale: 0)
    let before = left
    let fitsStill = left.append(right)
    #expect(!fitsStill && left == before)
  }
}
