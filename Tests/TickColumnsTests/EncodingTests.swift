import TestSupport
import Testing

@testable import TickColumns

/// Shapes of integer data, from the friendly to the hostile.
enum IntegerShapes: CaseIterable {
  case constant, ascending, clock, jitter, tails, narrow, wide, extremes, runs, few, alternating
  case scaled, random

  func value(_ row: Int, _ chance: inout SplitMix64) -> Int64 {
    switch self {
    case .constant: return -7
    case .ascending: return 1_000_000 + Int64(row)
    case .clock: return 1_723_075_200_000_000_000 + Int64(row) * 1_000_000_000
    case .jitter: return Int64(row) * 1_000 + Int64.random(in: -400...400, using: &chance)
    case .tails:
      return Int.random(in: 0..<40, using: &chance) == 0
        ? Int64.random(in: 0...(1 << 40), using: &chance) : Int64.random(in: -9...9, using: &chance)
    case .narrow: return Int64.random(in: 90...99, using: &chance)
    case .wide: return Int64.random(in: -(1 << 59)...(1 << 59), using: &chance)
    case .extremes:
      return [.min, .max, 0, -1, 1, .min + 1, .max - 1].randomElement(using: &chance) ?? 0
    case .runs: return Int64(row / 37) * 1_000_003
    case .few: return [3, 1 << 30, -5, 77].randomElement(using: &chance) ?? 0
    case .alternating: return row % 2 == 0 ? .min : .max
    case .scaled: return 5 + 12_500 * Int64.random(in: 0...900, using: &chance)
    case .random: return Int64(bitPattern: chance.next())
    }
  }
}

@Suite struct EncodingTests {
  @Test(arguments: IntegerShapes.allCases)
  func integersOfEveryTypeComeBack(_ shape: IntegerShapes) {
    var chance = SplitMix64(seed: 1)
    for length in encodingLengths {
      let values = (0..<length).map { shape.value($0, &chance) }
      let comment: Comment = "seed 1, \(shape), \(length) rows"
      expectRoundTrip(Column(.int64, .int64(values)), comment)
      expectRoundTrip(Column(.uint64, .uint64(values.map { UInt64(bitPattern: $0) })), comment)
      expectRoundTrip(Column(.int32, .int32(values.map { Int32(truncatingIfNeeded: $0) })), comment)
      expectRoundTrip(
        Column(.uint32, .uint32(values.map { UInt32(truncatingIfNeeded: $0) })), comment)
      expectRoundTrip(Column(.int16, .int16(values.map { Int16(truncatingIfNeeded: $0) })), comment)
      expectRoundTrip(
        Column(.uint16, .uint16(values.map { UInt16(truncatingIfNeeded: $0) })), comment)
      expectRoundTrip(Column(.int8, .int8(values.map { Int8(truncatingIfNeeded: $0) })), comment)
      expectRoundTrip(Column(.uint8, .uint8(values.map { UInt8(truncatingIfNeeded: $0) })), comment)
      expectRoundTrip(
        Column(.bool, .uint8(values.map { UInt8(truncatingIfNeeded: $0 & 1) })), comment)
    }
  }

  @Test func everyBitWidthComesBack() throws {
    var chance = SplitMix64(seed: 2)
    for width in 0...64 {
      for length in [1, 2, 7, 8, 9, 63, 64, 65, 1024] {
        let mask: UInt64 = width == 64 ? .max : (1 << UInt64(width)) - 1
        let numbers = (0..<length).map { _ in chance.next() & mask }
        var bytes: [UInt8] = []
        bytes.appendPacked(numbers, width: width)
        #expect(bytes.count == (length * width + 7) / 8)
        var out = [UInt64](repeating: 0, count: length)
        try bytes.withUnsafeBytes { buffer in
          var reader = BlockReader(buffer)
          let packed = try reader.packed(length, width: width)
          out.withUnsafeMutableBufferPointer { target in
            if let base = target.baseAddress { packed.unpack(origin: 5, into: base) }
          }
        }
        #expect(out == numbers.map { 5 &+ $0 }, "seed 2, width \(width), \(length) numbers")
      }
    }
  }

  @Test func doublesComeBackBitByBit() {
    var chance = SplitMix64(seed: 3)
    let special: [Double] = [
      .nan, Double(bitPattern: 0x7FF8_0000_0000_1234), Double(bitPattern: 0xFFF0_0000_0000_0001),
      .infinity, -.infinity, -0.0, 0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      .greatestFiniteMagnitude, .pi, 1e22, 1e23, 9_007_199_254_740_992, 9_007_199_254_740_994,
      0.1 + 0.2, 1e-22, 123456789.123456789,
    ]
    let shapes: [(String, (Int, inout SplitMix64) -> Double)] = [
      ("price", { _, c in Double(Int.random(in: 6_000_000...6_100_000, using: &c)) / 100 }),
      ("quantity", { _, c in Double(Int.random(in: 1...300_000, using: &c)) / 100_000 }),
      ("whole", { row, _ in Double(row * 3 - 500) }),
      ("special", { _, c in special.randomElement(using: &c) ?? 0 }),
      (
        "mostly decimal",
        { _, c in
          Int.random(in: 0..<30, using: &c) == 0
            ? (special.randomElement(using: &c) ?? 0)
            : Double(Int.random(in: 0...9999, using: &c)) / 1000
        }
      ),
      ("special first", { row, _ in row < 3 ? .nan : 1.25 * Double(row) }),
      ("random bits", { _, c in Double(bitPattern: c.next()) }),
      ("uniform", { _, c in Double.random(in: 0..<1, using: &c) }),
      ("constant", { _, _ in 0.1 }),
      ("constant NaN", { _, _ in Double(bitPattern: 0x7FF8_0000_0000_0042) }),
      ("runs of thirds", { row, _ in Double(row / 50) / 3 }),
      ("few thirds", { _, c in Double(Int.random(in: 0..<7, using: &c)) / 3 }),
      ("large", { row, _ in 1e15 + Double(row) * 1e3 }),
      ("tiny", { row, _ in 1e-20 * Double(row) }),
    ]
    for (name, make) in shapes {
      for length in encodingLengths {
        let values = (0..<length).map { make($0, &chance) }
        expectRoundTrip(Column(.float64, .float64(values)), "seed 3, \(name), \(length) rows")
      }
    }
  }

  @Test func stringsComeBack() {
    var chance = SplitMix64(seed: 4)
    func random(_ most: Int) -> [UInt8] {
      (0..<Int.random(in: 0...most, using: &chance)).map { _ in
        UInt8.random(in: 0...255, using: &chance)
      }
    }
    let shapes: [(String, (Int) -> [UInt8])] = [
      ("empty", { _ in [] }), ("constant", { _ in Array("BTCUSDT".utf8) }),
      ("few", { row in Array("ticker \(row * 7 % 5)".utf8) }),
      ("runs", { row in Array("order \(row / 40)".utf8) }),
      ("numbers", { row in Array("\(row * 9973)".utf8) }), ("random", { _ in random(30) }),
      ("zeros", { row in [UInt8](repeating: 0, count: row % 9) }),
    ]
    for (name, make) in shapes {
      for length in encodingLengths {
        var values = StringValues()
        for row in 0..<length { values.append(make(row)) }
        expectRoundTrip(Column(.string, .string(values)), "seed 4, \(name), \(length) rows")
      }
    }
  }

  @Test func nullsComeBack() {
    var chance = SplitMix64(seed: 5)
    let densities: [(String, (Int, inout SplitMix64) -> Bool)] = [
      ("all", { _, _ in true }), ("none", { _, _ in false }), ("first", { row, _ in row == 0 }),
      ("last of eight", { row, _ in row % 8 == 7 }),
      ("half", { _, c in Bool.random(using: &c) }),
      ("a whole block", { row, _ in row < 1024 }),
    ]
    for (name, isNull) in densities {
      for length in [1, 2, 7, 8, 9, 100, 1023, 1024, 1025, 1100, 2500] {
        let nulls = (0..<length).map { isNull($0, &chance) }
        let rows = nulls.enumerated().map { $1 ? Value.null : Value.int(Int64($0) * 3) }
        let comment: Comment = "seed 5, \(name), \(length) rows"
        expectRoundTrip(Column(.nullable(.int64), of: rows), comment)
        expectRoundTrip(
          Column(
            .nullable(.float64),
            of: nulls.enumerated().map { $1 ? .null : .float(Double($0) / 4) }), comment)
        expectRoundTrip(
          Column(.nullable(.bool), of: nulls.map { $0 ? .null : .uint(1) }), comment)
        let texts = nulls.enumerated().map { $1 ? Value.null : .text("s\($0 % 3)") }
        expectRoundTrip(Column(.nullable(.string), of: texts), comment)
      }
    }
  }

  @Test func lowCardinalityCodesComeBack() throws {
    let dictionary = StringDictionary(StringValues(["", "a", "b"]))
    let type = DataType.lowCardinality(.nullable(.string))
    let codes: [UInt32] = (0..<1100).map { $0 % 3 }
    let validity: [UInt8] = codes.map { $0 == 0 ? 0 : 1 }
    let column = Column(type, .codes(codes, dictionary), validity: validity)
    expectRoundTrip(column, "codes")
    // The decoder must not hand out a code that the reader's dictionary does not have.
    let encoded = try roundTrip(column)
    let smaller = StringDictionary(StringValues(["", "a"]))
    #expect(throws: EncodingError.self) {
      try decodeColumn(
        type, blocks: encoded.blocks, of: encoded.bytes.span.bytes, dictionary: smaller)
    }
  }

  @Test func marketDataTakesFewBytes() throws {
    var chance = SplitMix64(seed: 6)
    let rows = 0..<1024
    // One row more than the head of an encoding says what a block costs at most.
    func size(_ column: Column) throws -> Int { try roundTrip(column).bytes.count }
    #expect(try size(Column(.uint64, .uint64(rows.map { 5_000_000 + UInt64($0) }))) == 8)
    #expect(try size(Column(.int64, .int64(rows.map { _ in 7 }))) == 3)
    let clock = rows.map { Int64($0) * 1_000_000 * 17 + 1_723_075_200_000_000_000 }
    #expect(try size(Column(.int64, .int64(clock))) == 19)
    let prices = rows.map { _ in Double(Int.random(in: 0..<256, using: &chance)) / 100 + 64_000 }
    #expect(try size(Column(.float64, .float64(prices))) <= 1024 + 16)
    // A hundred values 2^40 away do not widen the other nine hundred.
    let tails = rows.map { $0 % 100 == 3 ? Int64($0) << 40 : Int64($0 * 7919 % 16) }
    #expect(try size(Column(.int64, .int64(tails))) < 512 + 200)
  }

  @Test func summariesBoundTheirValues() {
    var bytes: [UInt8] = []
    let doubles = Column(.float64, .float64([2.5, .nan, -1, -0.0]))
    let summary = encodeBlock(doubles, rows: 0..<4, into: &bytes)
    #expect(summary.hasNaN)
    #expect(
      summary.bounds
        == ZoneBounds(minimum: (-1.0).bitPattern, maximum: (2.5).bitPattern))
    let onlyNaN = encodeBlock(doubles, rows: 1..<2, into: &bytes)
    #expect(onlyNaN.hasNaN && onlyNaN.bounds == nil && onlyNaN.validCount == 1)
    let nulls = Column(.nullable(.uint8), of: [.null, .null])
    #expect(encodeBlock(nulls, rows: 0..<2, into: &bytes).bounds == nil)
    let unsigned = Column(.uint64, .uint64([1, .max]))
    #expect(
      encodeBlock(unsigned, rows: 0..<2, into: &bytes).bounds
        == ZoneBounds(minimum: 1, maximum: .max))
    let texts = Column(.string, .string(StringValues(["abcdefghi", "", "abcdefghz"])))
    #expect(
      encodeBlock(texts, rows: 0..<3, into: &bytes).bounds
        == ZoneBounds(minimum: 0, maximum: 0x6162_6364_6566_6768))
    #expect(ZoneImage.of([]) == 0)
    #expect(ZoneImage.of([0x61]) == 0x61 << 56)
  }

  @Test func crcAgreesWithItsTableAndTheStandardsValue() {
    #expect(crc32c(Array("123456789".utf8)) == 0xE306_9283)
    var chance = SplitMix64(seed: 7)
    for length in 0..<100 {
      let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &chance) }
      #expect(crc32c(bytes) == crc32cPortable(bytes), "seed 7, \(length) bytes")
      let cut = length / 3
      #expect(crc32c(bytes[cut...], continuing: crc32c(bytes[..<cut])) == crc32c(bytes))
      #expect(crc32c(bytes.span.bytes) == crc32c(bytes))
    }
  }
}
