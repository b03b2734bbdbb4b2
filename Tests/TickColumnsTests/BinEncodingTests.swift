import CTickKernels
import TestSupport
import Testing

@testable import TickColumns

/// Bins, repeats, multiples and lags: that each is chosen where it should be and comes back at every length, and that
/// kernels and their portable twins agree.
@Suite struct BinEncodingTests {
  private typealias Maker = @Sendable (_ row: Int, _ chance: inout SplitMix64) -> Int64

  /// Values for which one encoding is by far the best, and its id where the stream begins with it.
  private static let shapes: [(name: String, id: EncodingID, make: Maker)] = [
    (
      "bins", .bins,
      { row, chance in
        Int.random(in: 0..<4, using: &chance) == 0
          ? Int64.random(in: -5_000_000...5_000_000, using: &chance)
          : Int64.random(in: -3...3, using: &chance)
      }
    ),
    (
      "two places far apart", .bins,
      { row, chance in
        Bool.random(using: &chance)
          ? 0 : 1 << 60 + Int64.random(in: 0..<200_000, using: &chance)
      }
    ),
    (
      "repeats", .repeats,
      { row, chance in
        var own = SplitMix64(seed: UInt64(row / 2 &* 7 + row / 5 &* 13))
        return Int64.random(in: .min ... .max, using: &own)
      }
    ),
    (
      "multiples", .multiples,
      { row, chance in
        Int64.random(in: 0..<1_000_000, using: &chance) &* 1_000_003 &- 77
      }
    ),
    (
      "lagged", .lagged,
      { row, chance in
        row % 3 == 0 ? -1_000_000_007 : row % 3 == 1 ? 4 : 77_777_777_777 + Int64(row / 30)
      }
    ),
  ]

  @Test(arguments: shapes.indices)
  func comesBackAtEveryLength(_ index: Int) throws {
    let shape = Self.shapes[index]
    var chance = SplitMix64(seed: UInt64(index))
    for length in 1...1_100
    where length < 140 || length % 61 == 0 || length > 1_020 && length < 1_030 {
      let values = (0..<length).map { shape.make($0, &chance) }
      let (column, bytes, _) = try roundTrip(Column(.int64, .int64(values)))
      #expect(isSame(column, Column(.int64, .int64(values))), "\(shape.name), \(length) values")
      if length >= 512 { #expect(bytes[1] == shape.id.rawValue, "\(shape.name), \(length) values") }
    }
  }

  @Test func narrowerTypesComeBack() {
    var chance = SplitMix64(seed: 3)
    for length in [1, 2, 16, 17, 100, 511, 1_023, 1_024] {
      for shape in Self.shapes {
        let values = (0..<length).map { shape.make($0, &chance) }
        expectRoundTrip(
          Column(.int8, .int8(values.map { Int8(truncatingIfNeeded: $0) })), "\(shape.name)")
        expectRoundTrip(
          Column(.uint16, .uint16(values.map { UInt16(truncatingIfNeeded: $0) })), "\(shape.name)")
        expectRoundTrip(
          Column(.int32, .int32(values.map { Int32(truncatingIfNeeded: $0) })), "\(shape.name)")
        expectRoundTrip(
          Column(.uint64, .uint64(values.map { UInt64(bitPattern: $0) })), "\(shape.name)")
        expectRoundTrip(
          Column(.float64, .float64(values.map { Double($0 >> 12) / 100 })), "\(shape.name)")
      }
    }
  }

  @Test func sizesAreAboutWhatTheKernelSays() throws {
    var chance = SplitMix64(seed: 4)
    let shape = IntegerShape(byteWidth: 8, isSigned: true)
    for round in 0..<200 {
      let values = (0..<Int.random(in: 16...1_024, using: &chance)).map { _ in
        Int64.random(in: .min ... .max, using: &chance)
          >> Int64.random(in: 0...(round % 2 == 0 ? 63 : 3), using: &chance)
      }
      guard let plan = BinPlan(values, shape, below: .max) else { continue }
      var bins = [tick_bin](repeating: tick_bin(), count: Int(TICK_BINS_MAX))
      var selectors = [UInt8](repeating: 0, count: values.count)
      var bytes = 0
      let count = tick_plan_bins(values, values.count, 1, &bytes, &bins, &selectors)
      for (value, selector) in zip(values, selectors) {
        let bin = bins[Int(selector)]
        let offset = UInt64(bitPattern: value &- bin.base)
        #expect(Int(selector) < count && bitLength(offset) <= Int(bin.width))
      }
      // Each bin ends with a whole byte; repeated selectors may save some.
      #expect(plan.byteCount(shape) <= bytes + count + 8, "round \(round)")
      var out: [UInt8] = []
      plan.write(shape, into: &out)
      #expect(out.count == plan.byteCount(shape), "round \(round)")
    }
  }

  @Test func mergingAgreesWithItsTwin() {
    var chance = SplitMix64(seed: 5)
    for count in Array(0...70) + [127, 128, 129, 1_000, 1_023, 1_024] {
      for bins in [2, 3, 4, 7, 8, 16] {
        let selectors = (0..<count).map { _ in
          // Uneven, so that some are empty and some full.
          UInt8(
            min(Int.random(in: 0..<bins, using: &chance), Int.random(in: 0..<bins, using: &chance)))
        }
        var counts = [UInt32](repeating: 9, count: bins)
        var countsAgain = counts
        tick_count_bins(selectors, count, bins, &counts)
        tick_count_bins_portable(selectors, count, bins, &countsAgain)
        #expect(counts == countsAgain)
        #expect(counts == (0..<bins).map { bin in UInt32(selectors.count { Int($0) == bin }) })
        var starts: [UInt32] = []
        var place: UInt32 = 0
        for found in counts {
          starts.append(place)
          place += found + 4
        }
        let values = (0..<place).map { _ in chance.next() }
        var out = [UInt64](repeating: 1, count: count + 1)
        var again = out
        tick_merge_bins(selectors, count, values, starts, bins, &out)
        tick_merge_bins_portable(selectors, count, values, starts, bins, &again)
        #expect(out == again && out[count] == 1, "\(count) values in \(bins) bins")
      }
    }
  }

  @Test func repeatsAgreeWithTheirTwin() {
    var chance = SplitMix64(seed: 6)
    for count in Array(1...70) + [127, 128, 129, 1_000, 1_023, 1_024] {
      for odds in [1, 2, 9] {
        var changes = [UInt8](repeating: 0, count: (count + 6) / 8)
        for i in 0..<(count - 1) where Int.random(in: 0..<odds, using: &chance) == 0 {
          changes[i >> 3] |= 1 << UInt8(i & 7)
        }
        let distinct = 1 + changes.reduce(0) { $0 + $1.nonzeroBitCount }
        let values = (0..<distinct + 4).map { _ in chance.next() }
        var out = [UInt64](repeating: 1, count: count + 1)
        var again = out
        tick_expand_repeats(changes, values, count, &out)
        tick_expand_repeats_portable(changes, values, count, &again)
        #expect(out == again && out[count] == 1, "\(count) values")
        #expect(out[count - 1] == values[distinct - 1])
      }
    }
  }

  @Test(arguments: 1...8)
  func bytesUnpackAsTheirTwin(_ width: Int) {
    var chance = SplitMix64(seed: UInt64(width))
    for count in [0, 1, 7, 8, 9, 31, 64, 65, 1_024] {
      let numbers = (0..<count).map { _ in chance.next() & (1 << UInt64(width) - 1) }
      var bytes: [UInt8] = []
      bytes.appendPacked(numbers, width: width)
      for origin: UInt8 in [0, 1, 200, 255] {
        var out = [UInt8](repeating: 7, count: count + 1)
        var again = out
        let done = tick_unpack_bytes(bytes, bytes.count, UInt32(width), count, origin, &out)
        #expect(done == count / 8 * 8)
        #expect(
          tick_unpack_bytes_portable(bytes, bytes.count, UInt32(width), count, origin, &again)
            == done)
        let expected = numbers.map { origin &+ UInt8(truncatingIfNeeded: $0) }
        #expect(Array(out[..<done]) == Array(expected[..<done]) && out == again)
      }
    }
  }

  @Test func hintsChangeNothingButTheChoice() throws {
    var chance = SplitMix64(seed: 7)
    var hint = EncodingHint()
    var bytes: [UInt8] = []
    var blocks: [BlockExtent] = []
    var all: [Int64] = []
    var bytesAlone = 0
    // Kinds of data change under the hint, slowly and at once.
    for block in 0..<120 {
      let shape = Self.shapes[block < 100 ? block / 20 : block % Self.shapes.count]
      let rows = Int.random(in: 1...1_024, using: &chance)
      let values = (0..<rows).map { shape.make($0, &chance) }
      let summary = encodeBlock(
        Column(.int64, .int64(values)), rows: 0..<rows, hint: &hint, into: &bytes)
      blocks.append(
        BlockExtent(
          offset: bytes.count - summary.byteCount, byteCount: summary.byteCount, rowCount: rows,
          validCount: rows))
      all += values
      var alone: [UInt8] = []
      let best = encodeBlock(Column(.int64, .int64(values)), rows: 0..<rows, into: &alone)
      bytesAlone += best.byteCount
    }
    // Never much worse than all ways tried on every block.
    #expect(bytes.count <= bytesAlone * 11 / 10, "\(bytes.count) and \(bytesAlone) bytes")
    let back = try decodeColumn(.int64, blocks: blocks, of: bytes.span.bytes)
    #expect(isSame(back, Column(.int64, .int64(all))))
  }
}
