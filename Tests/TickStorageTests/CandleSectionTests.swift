import TestSupport
import TickColumns
import TickFormats
import Testing

@testable import TickStorage

/// Candles that segments keep: the same as their rows give, as written so read, and damage is noticed.
@Suite struct CandleSectionTests {
  private func reader(_ sample: SegmentSample) throws -> SegmentReader {
    let (file, descriptor) = try sample.write()
    return try SegmentReader(MemoryFile(file.bytes, path: "a.segment"), descriptor: descriptor)
  }

  private static let second: Int64 = 1_000_000_000

  @Test("every covered row is in one partial, and the check computes the same", arguments: 0..<6)
  func roundTrip(seed: UInt64) throws {
    let symbols = [1, 3, 5][Int(seed % 3)]
    let rate = seed < 3 ? 200 : 20
    let sample = SegmentSample.dense(9_000, symbols: symbols, rate: rate, seed: seed)
    let reader = try reader(sample)
    try reader.check()
    let candles = try #require(sample.candles)
    #expect(
      try reader.candleWidths(of: candles, dividing: 60 * Self.second)
        == [1, 60].map { $0 * Self.second })
    #expect(try reader.candleWidths(of: candles, dividing: 90 * Self.second) == [Self.second])
    #expect(try reader.candleWidths(of: candles, dividing: Self.second / 2).isEmpty)
    var other = candles
    other.quantity = 3
    #expect(try reader.candleWidths(of: other, dividing: 60 * Self.second).isEmpty)
    #expect(
      try reader.candleWidths(of: candles, dividing: 1_800 * Self.second).last == 900 * Self.second)
    for width in CandleColumns.levels.map({ $0 * Self.second }) {
      var covered = 0
      var bought = 0.0
      for group in 0..<reader.groupCount {
        let found = try reader.candles(group: group, width: width, sequenceBase: 1_000)
        let rows = try reader.blockRowCounts(ofGroup: group)
        for (bit, count) in rows.enumerated() where found.covered >> UInt64(bit) & 1 != 0 {
          covered += count
        }
        let partials = found.partials
        #expect(partials.rowCounts.reduce(0, +) <= reader.rowCount(ofGroup: group))
        for i in 0..<partials.count {
          #expect(partials.openTimes[i] >= partials.starts[i])
          #expect(partials.closeTimes[i] < partials.starts[i] + width)
          #expect(partials.lows[i] <= min(partials.opens[i], partials.closes[i]))
          #expect(partials.highs[i] >= max(partials.opens[i], partials.closes[i]))
          #expect(partials.openSequences[i] >= 1_000)
          bought += Double(partials.buyVolumes.numbers[i]) / decimalPower(partials.buyVolumes.scale)
        }
        let names = try #require(
          try reader.runColumn(ofField: 1, .lowCardinality(.string), runs: found.runs))
        #expect(names.count == partials.count)
      }
      // Seconds of 20 rows are too thin to be kept.
      let isThin = width == Self.second && rate < CandleColumns.rowsPerPartialMin
      #expect(covered == (isThin ? 0 : 9_000), "width \(width)")
      guard case .float64(let quantities) = sample.columns[5].values,
        case .int8(let sides) = sample.columns[3].values
      else { throw WorldFailure(description: "columns of another type") }
      let expected = zip(quantities, sides).reduce(0.0) { $1.1 == 1 ? $0 + $1.0 : $0 }
      #expect(isThin || abs(bought - expected) < 1e-6)
    }
  }

  @Test("prices and sums that need many digits come back bit by bit")
  func digits() throws {
    var sample = SegmentSample.dense(2_000, symbols: 1, rate: 300, seed: 5)
    for (price, quantity) in [
      (1e14, 0.000_000_000_001), (123_456_789.012_3, 9_999_999_999.5), (0, 0),
    ] {
      sample.columns[2] = Column(
        .float64, .float64((0..<2_000).map { $0 % 2 == 0 ? price : price / 10 * 10 }))
      sample.columns[5] = Column(.float64, .float64((0..<2_000).map { _ in quantity }))
      let reader = try reader(sample)
      try reader.check()
      let found = try reader.candles(group: 0, width: Self.second, sequenceBase: 0)
      #expect(found.covered == 3, "\(price)")
      #expect(found.partials.opens.allSatisfy { $0 == price })
    }
  }

  @Test("who sells may have more digits than who buys, and the other way round")
  func digitsOfSides() throws {
    for (bought, sold, scale) in [(0.5, 0.000_01, 5), (0.000_01, 0.5, 5), (2, 3, 0), (0, 0.25, 2)] {
      var sample = SegmentSample.dense(2_000, symbols: 1, rate: 300, seed: 5)
      guard case .int8(let sides) = sample.columns[3].values else { return }
      sample.columns[5] = Column(.float64, .float64(sides.map { $0 == 1 ? bought : sold }))
      let reader = try reader(sample)
      try reader.check()
      let found = try reader.candles(group: 0, width: 86_400 * Self.second, sequenceBase: 0)
      let totals = found.partials.buyVolumes
      #expect(totals.scale == scale && found.partials.volumes.scale == scale, "\(bought)")
      let buys = Double(sides.count { $0 == 1 })
      let sum = totals.numbers.reduce(0.0) { $0 + Double($1) } / decimalPower(totals.scale)
      #expect(abs(sum - buys * bought) < 1e-9, "\(bought)")
    }
  }

  @Test("a run with a NaN has no candles, and its neighbours have")
  func odd() throws {
    var sample = SegmentSample.dense(3_000, symbols: 2, rate: 300, seed: 9)
    guard case .float64(var prices) = sample.columns[2].values else { return }
    prices[1_700] = .nan
    sample.columns[2] = Column(.float64, .float64(prices))
    let reader = try reader(sample)
    try reader.check()
    let found = try reader.candles(group: 0, width: 60 * Self.second, sequenceBase: 0)
    let rows = try reader.blockRowCounts(ofGroup: 0)
    let covered = rows.indices.filter { found.covered >> UInt64($0) & 1 != 0 }
    #expect(!covered.isEmpty && covered.count < rows.count)
    #expect(Set(found.runs).count == 1)
  }

  @Test("candles that are not those of the rows are damage")
  func lies() throws {
    let sample = SegmentSample.dense(3_000, symbols: 1, rate: 300, seed: 11)
    let (file, _) = try sample.write()
    let good = try SegmentReader(opening: MemoryFile(file.bytes, path: "a.segment"))
    try good.check()
    let extent = try #require(good.footer.sections[.candles])
    var refused = 0
    // The numbers of the pieces, and not the head.
    for place in stride(from: extent.offset + 80, to: extent.offset + extent.byteCount, by: 3) {
      var bytes = file.bytes
      bytes[place] ^= 1
      reseal(&bytes)
      do throws(StorageError) {
        try SegmentReader(opening: MemoryFile(bytes, path: "a.segment")).check()
      } catch {
        refused += 1
        continue
      }
      // What a padding bit says matters to nobody, but a number that differs does.
      let same = try SegmentReader(opening: MemoryFile(bytes, path: "a.segment"))
      for width in [Self.second, 60 * Self.second] {
        #expect(
          try same.candles(group: 0, width: width, sequenceBase: 0).partials
            == good.candles(group: 0, width: width, sequenceBase: 0).partials, "byte \(place)")
      }
    }
    #expect(refused > extent.byteCount / 8, "\(refused) of \(extent.byteCount / 3)")
  }

  @Test("a definition that is not known here is passed by")
  func otherDefinition() throws {
    let sample = SegmentSample.dense(3_000, symbols: 1, rate: 300, seed: 12)
    let (file, _) = try sample.write()
    let good = try SegmentReader(opening: MemoryFile(file.bytes, path: "a.segment"))
    let extent = try #require(good.footer.sections[.candles])
    var bytes = file.bytes
    bytes[extent.offset] = 2
    reseal(&bytes)
    let reader = try SegmentReader(opening: MemoryFile(bytes, path: "a.segment"))
    try reader.check()
    let candles = try #require(sample.candles)
    #expect(try reader.candleWidths(of: candles, dividing: 60 * Self.second).isEmpty)
  }
}
