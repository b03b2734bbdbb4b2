import TestSupport
import Testing

@testable import TickColumns

/// Blocks that are differences to another column: bit by bit the same values, never where a NULL is, never without the
/// reference.
@Suite struct DifferenceEncodingTests {
  /// Encodes with a reference and decodes with it; gives the first byte as well.
  private func roundTrip(
    _ column: Column, _ reference: Column
  ) throws -> (column: Column, flags: UInt8) {
    var bytes: [UInt8] = []
    let summary = encodeBlock(column, rows: 0..<column.count, reference: reference, into: &bytes)
    let back = try decodeColumn(
      column.type, blocks: [extent(column, summary)], of: bytes.span.bytes, reference: reference)
    return (back, bytes[0])
  }

  private func extent(_ column: Column, _ summary: BlockSummary) -> BlockExtent {
    BlockExtent(
      offset: 0, byteCount: summary.byteCount, rowCount: column.count,
      validCount: summary.validCount)
  }

  /// Times of arrival a little after times of events.
  private func times(_ count: Int, seed: UInt64) -> (events: Column, arrivals: Column) {
    var chance = SplitMix64(seed: seed)
    let events = (0..<count).map { _ in Int64.random(in: 0..<1 << 60, using: &chance) }
    let arrivals = events.map { $0 + Int64.random(in: 0..<1_000, using: &chance) }
    return (Column(.int64, .int64(events)), Column(.int64, .int64(arrivals)))
  }

  @Test func integersOfEveryWidth() throws {
    var chance = SplitMix64(seed: 1)
    for count in [1, 2, 31, 64, 500, 1_024] {
      let (events, arrivals) = times(count, seed: UInt64(count))
      let (back, flags) = try roundTrip(arrivals, events)
      #expect(isSame(back, arrivals) && (count < 31 || flags == BlockFlags.differences))
      // Modulo the width: references and values at the ends.
      func check<Number: FixedWidthInteger>(
        _ made: ([Number]) -> Column, location: SourceLocation = #_sourceLocation
      ) throws {
        let origins = (0..<count).map { _ in Number.random(in: .min ... .max, using: &chance) }
        let values = origins.map { $0 &+ Number.random(in: 0...1, using: &chance) }
        let (back, flags) = try roundTrip(made(values), made(origins))
        #expect(isSame(back, made(values)), sourceLocation: location)
        if count > 64 { #expect(flags == BlockFlags.differences, sourceLocation: location) }
      }
      try check { (v: [Int8]) in Column(.int8, .int8(v)) }
      try check { (v: [UInt8]) in Column(.uint8, .uint8(v)) }
      try check { (v: [Int16]) in Column(.int16, .int16(v)) }
      try check { (v: [UInt16]) in Column(.uint16, .uint16(v)) }
      try check { (v: [Int32]) in Column(.int32, .int32(v)) }
      try check { (v: [UInt32]) in Column(.uint32, .uint32(v)) }
      try check { (v: [Int64]) in Column(.int64, .int64(v)) }
      try check { (v: [UInt64]) in Column(.uint64, .uint64(v)) }
    }
  }

  @Test func doublesBitByBit() throws {
    var chance = SplitMix64(seed: 2)
    for round in 0..<60 {
      let count = Int.random(in: 1...1_024, using: &chance)
      var bids = (0..<count).map { _ in
        Double(Int.random(in: 100_000_000...999_999_999, using: &chance)) / 100
      }
      var asks = bids.map { ($0 * 100 + Double(Int.random(in: 1...9, using: &chance))) / 100 }
      if round % 2 == 1 {
        // What has no whole number, on either side.
        let odd: [Double] = [
          .nan, .infinity, -.infinity, -0.0, 0, 1e300, 0.5, 9_007_199_254_740_992, 1.0 / 3,
        ]
        for _ in 0..<min(count, 9) {
          bids[Int.random(in: 0..<count, using: &chance)] = odd.randomElement(using: &chance) ?? 0
          asks[Int.random(in: 0..<count, using: &chance)] = odd.randomElement(using: &chance) ?? 0
        }
      }
      let column = Column(.float64, .float64(asks))
      let (back, flags) = try roundTrip(column, Column(.float64, .float64(bids)))
      #expect(isSame(back, column), "round \(round)")
      if round % 2 == 0, count > 64 { #expect(flags == BlockFlags.differences, "round \(round)") }
    }
  }

  @Test func aNullForbidsThem() throws {
    let (events, arrivals) = times(200, seed: 3)
    var validity = [UInt8](repeating: 1, count: 200)
    validity[17] = 0
    func nullable(_ column: Column) -> Column {
      var values: [Int64] = []
      if case .int64(let all) = column.values { values = all }
      values[17] = 0
      return Column(.nullable(.int64), .int64(values), validity: validity)
    }
    let (left, leftFlags) = try roundTrip(nullable(arrivals), events)
    #expect(isSame(left, nullable(arrivals)) && leftFlags == BlockFlags.someNull)
    let (right, rightFlags) = try roundTrip(arrivals, nullable(events))
    #expect(isSame(right, arrivals) && rightFlags == 0)

    // A reader that is given another column than the writer had says so.
    var bytes: [UInt8] = []
    let summary = encodeBlock(arrivals, rows: 0..<200, reference: events, into: &bytes)
    for reference in [nil, nullable(events), Column(.float64, .float64([1])), events.slice(0..<9)] {
      do throws(EncodingError) {
        _ = try decodeColumn(
          .int64, blocks: [extent(arrivals, summary)], of: bytes.span.bytes, reference: reference)
        Issue.record("differences were read without their reference")
      } catch {
        #expect(error.block == 0)
      }
    }
  }

  @Test func severalBlocksTakeTheirOwnRows() throws {
    let (events, arrivals) = times(2_500, seed: 4)
    var bytes: [UInt8] = []
    var blocks: [BlockExtent] = []
    var hint = EncodingHint()
    for start in stride(from: 0, to: 2_500, by: 700) {
      let rows = start..<min(start + 700, 2_500)
      let summary = encodeBlock(
        arrivals, rows: rows, reference: events, hint: &hint, into: &bytes)
      blocks.append(
        BlockExtent(
          offset: bytes.count - summary.byteCount, byteCount: summary.byteCount,
          rowCount: rows.count, validCount: rows.count))
    }
    let back = try decodeColumn(.int64, blocks: blocks, of: bytes.span.bytes, reference: events)
    #expect(isSame(back, arrivals))
  }
}
