import TestSupport
import Testing

@testable import TickColumns

/// Blocks of the types beyond numbers of 64 bits: what goes in comes out, bit by bit.
@Suite struct NestedEncodingTests {
  @Test func floatsComeBackBitByBit() throws {
    var chance = SplitMix64(seed: 31)
    let special: [Float] = [
      .nan, Float(bitPattern: 0x7FC0_1234), Float(bitPattern: 0xFFA0_0001), .infinity, -.infinity,
      -0.0, 0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi,
      16_777_216, 16_777_218, 2_147_483_648, -2_147_483_648, 1e10, 1e-10, 0.1,
    ]
    let shapes: [(String, (Int, inout SplitMix64) -> Float)] = [
      ("price", { _, c in Float(Int.random(in: 60_000...61_000, using: &c)) / 100 }),
      ("nine digits", { _, c in Float(Int.random(in: 0...999_999_999, using: &c)) / 1e6 }),
      ("whole", { row, _ in Float(row * 3 - 500) }),
      ("special", { _, c in special.randomElement(using: &c) ?? 0 }),
      (
        "mostly decimal",
        { _, c in
          Int.random(in: 0..<30, using: &c) == 0
            ? (special.randomElement(using: &c) ?? 0)
            : Float(Int.random(in: 0...9999, using: &c)) / 1000
        }
      ),
      ("random bits", { _, c in Float(bitPattern: UInt32(truncatingIfNeeded: c.next())) }),
      ("uniform", { _, c in Float.random(in: 0..<1, using: &c) }),
      ("constant", { _, _ in 0.1 }), ("runs of thirds", { row, _ in Float(row / 50) / 3 }),
      ("few thirds", { _, c in Float(Int.random(in: 0..<7, using: &c)) / 3 }),
    ]
    for (name, make) in shapes {
      for length in encodingLengths {
        let values = (0..<length).map { make($0, &chance) }
        expectRoundTrip(Column(.float32, .float32(values)), "seed 31, \(name), \(length) rows")
      }
    }
    // 256 prices take a byte each, as the doubles that print alike do.
    let prices = (0..<1024).map { _ in
      Float(Int.random(in: 0..<256, using: &chance) + 6_000) / 100
    }
    #expect(try roundTrip(Column(.float32, .float32(prices))).bytes.count <= 1024 + 12)
  }

  @Test(arguments: IntegerShapes.allCases)
  func wideIntegersComeBack(_ shape: IntegerShapes) {
    var chance = SplitMix64(seed: 32)
    let decimal = DataType.decimal(precision: 38, scale: 6)
    for length in encodingLengths {
      let low = (0..<length).map { shape.value($0, &chance) }
      let high = (0..<length).map { shape.value($0, &chance) }
      let both = zip(low, high).map { Int128($1) << 64 | Int128(UInt64(bitPattern: $0)) }
      let comment: Comment = "seed 32, \(shape), \(length) rows"
      expectRoundTrip(Column(.int128, .int128(both)), comment)
      expectRoundTrip(Column(decimal, .int128(low.map { Int128($0) })), comment)
      let bits = both.map { UInt128(bitPattern: $0) }
      expectRoundTrip(Column(.uuid, .uint128(bits)), comment)
      expectRoundTrip(Column(.uint128, .uint128(bits)), comment)
      expectRoundTrip(
        Column(.ipv6, .uint128(low.map { 0xFFFF << 32 | UInt128(UInt32(truncatingIfNeeded: $0)) })),
        comment)
    }
  }

  @Test func underNullsLiesTheDefaultOfTheType() throws {
    let side = try #require(
      EnumDefinition([.init(name: "a", number: -300), .init(name: "b", number: 300)]))
    let near = try #require(
      EnumDefinition([.init(name: "a", number: -3), .init(name: "b", number: 0)]))
    for type in [DataType.enum16(side), .enum8(near), .fixedString(2), .uuid, .float32, .date32] {
      let value = Column(type, of: [.defaultValue(of: type)])
      let column = Column(.nullable(type), of: [.null, .defaultValue(of: type), .null])
      let back = try roundTrip(column).column
      #expect(isSame(back, column), "\(type)")
      let bare = Column(type, back.values)
      #expect((0..<3).allSatisfy { bare.value(at: $0) == value.value(at: 0) }, "\(type)")
    }
  }

  @Test func constantHalvesCostNothing() throws {
    func size(_ column: Column) throws -> Int { try roundTrip(column).bytes.count }
    let money = (0..<1024).map { Int128($0 * 7919 % 256) }
    #expect(try size(Column(.decimal(precision: 38, scale: 2), .int128(money))) <= 1024 + 22)
    #expect(try size(Column(.uuid, .uint128(Array(repeating: 7, count: 1024)))) == 18)
    var chance = SplitMix64(seed: 33)
    let random = (0..<1024).map { _ in UInt128(chance.next()) << 64 | UInt128(chance.next()) }
    #expect(try size(Column(.uuid, .uint128(random))) == 2 + 16 * 1024)
    // Three ids take two bits each.
    #expect(try size(Column(.uuid, .uint128((0..<1024).map { random[$0 * 7 % 3] }))) < 256 + 70)
  }

  @Test func fixedStringsComeBackWithoutLengths() throws {
    var chance = SplitMix64(seed: 34)
    for width in [1, 3, 16, 300] {
      let shapes: [(String, (Int, inout SplitMix64) -> [UInt8])] = [
        ("zeros", { _, _ in [UInt8](repeating: 0, count: width) }),
        ("few", { row, _ in [UInt8](repeating: UInt8(row * 7 % 5), count: width) }),
        ("runs", { row, _ in [UInt8](repeating: UInt8(row / 60), count: width) }),
        ("random", { _, c in (0..<width).map { _ in UInt8.random(in: 0...255, using: &c) } }),
      ]
      for (name, make) in shapes {
        for length in [1, 2, 7, 8, 9, 100, 1023, 1024, 1025] {
          let rows = (0..<length).map { Value.bytes(make($0, &chance)) }
          let comment: Comment = "seed 34, \(name), width \(width), \(length) rows"
          expectRoundTrip(Column(.fixedString(width), of: rows), comment)
          let nulls = rows.map { Bool.random(using: &chance) ? .null : $0 }
          expectRoundTrip(Column(.nullable(.fixedString(width)), of: nulls), comment)
          expectRoundTrip(
            Column(.nullable(.fixedString(width)), of: rows.map { _ in .null }), comment)
        }
      }
    }
    let random = (0..<1024).map { _ in
      Value.bytes((0..<5).map { _ in UInt8.random(in: 0...255, using: &chance) })
    }
    #expect(try roundTrip(Column(.fixedString(5), of: random)).bytes.count == 2 + 5 * 1024)
  }

  /// A type of any shape that a table can hold.
  private func randomType(_ depth: Int, _ chance: inout SplitMix64) -> DataType {
    let side = EnumDefinition([.init(name: "a", number: -300), .init(name: "b", number: 300)])
    let leaves: [DataType] = [
      .int8, .uint64, .float32, .float64, .bool, .string, .fixedString(3), .uuid, .ipv4, .date32,
      .decimal(precision: 18, scale: 4), .decimal(precision: 38, scale: 4), .int128,
      .lowCardinality(.string), .lowCardinality(.nullable(.string)), .nullable(.string),
      .nullable(.uint16), .nullable(.fixedString(2)), .nullable(.int128), .nullable(.float32),
      side.map { .enum16($0) } ?? .int16,
    ]
    let kind = depth == 0 ? 9 : Int.random(in: 0..<6, using: &chance)
    switch kind {
    case 0, 1: return .array(randomType(depth - 1, &chance))
    case 2: return .map(key: .string, value: randomType(depth - 1, &chance))
    case 3:
      return .tuple(
        (0..<Int.random(in: 1...3, using: &chance)).map { _ in
          TupleElement(type: randomType(depth - 1, &chance))
        })
    default: return leaves.randomElement(using: &chance) ?? .int8
    }
  }

  private func randomValue(_ type: DataType, _ chance: inout SplitMix64) -> Value {
    if type.isNullable, Int.random(in: 0..<3, using: &chance) == 0 { return .null }
    let small = Int.random(in: 0..<5, using: &chance)
    switch (type.physical, type.withoutNullable) {
    case (.tuple, .tuple(let elements)):
      return .tuple(elements.map { randomValue($0.type, &chance) })
    case (.array, _):
      guard let element = type.elementType else { return .array([]) }
      return .array((0..<small).map { _ in randomValue(element, &chance) })
    case (.string, .fixedString(let width)):
      return .bytes((0..<width).map { UInt8($0 + small) })
    case (.string, _), (.codes, _): return .text(String(repeating: "x", count: small))
    case (.float32, _), (.float64, _): return .float(Double(small) / 4)
    case (.int128, _): return .int128(Int128(small) << 90)
    case (.uint128, _): return .uint128(UInt128(small) << 90)
    case (.int16, .enum16): return .int(small < 3 ? -300 : 300)
    case (.int8, _), (.int16, _), (.int32, _), (.int64, _): return .int(Int64(small) - 2)
    default: return .uint(UInt64(small & 1))
    }
  }

  @Test func nestedValuesOfAnyTypeComeBack() {
    var chance = SplitMix64(seed: 35)
    for round in 0..<150 {
      let type = randomType(4, &chance)
      let length = [1, 2, 9, 100, 1024, 1300].randomElement(using: &chance) ?? 1
      let rows = (0..<length).map { _ in randomValue(type, &chance) }
      let column = Column(type, of: rows)
      if type.physical == .codes { continue }
      let comment: Comment = "seed 35, round \(round), \(type), \(length) rows"
      expectRoundTrip(column, comment)
      // Blocks of any size, from any place of a column.
      if let part = try? roundTrip(column, blockRows: 7).column {
        #expect(isSame(part, column), comment)
      } else {
        Issue.record("blocks of 7 rows do not come back: \(comment)")
      }
    }
  }

  @Test func manyElementsLieInManyInnerBlocks() throws {
    for count in [0, 1, 1023, 1024, 1025, 5000] {
      let elements = Column(
        .nullable(.int64), of: (0..<count).map { $0 % 3 == 0 ? .null : .int(Int64($0)) })
      // All in the second of three rows.
      let arrays = ArrayValues(offsets: [0, 0, count, count], elements: elements)
      expectRoundTrip(Column(.array(.nullable(.int64)), .array(arrays)), "\(count) elements")
    }
    // Lengths and elements that ascend cost their heads only.
    let arrays = ArrayValues(
      offsets: (0...1000).map { 2 * $0 }, elements: Column(.int64, .int64((0..<2000).map { $0 })))
    #expect(try roundTrip(Column(.array(.int64), .array(arrays))).bytes.count < 60)
  }

  @Test func rawSizesAreThoseOfTheSpecification() {
    let type = DataType.tuple([
      TupleElement(type: .nullable(.int32)), TupleElement(type: .array(.fixedString(3))),
      TupleElement(type: .map(key: .lowCardinality(.string), value: .int128)),
    ])
    let rows: [Value] = [
      .tuple([.null, .array([]), .array([])]),
      .tuple([
        .int(1), .array([.text("abc"), .text("def")]), .array([.tuple([.text("k"), .int128(5)])]),
      ]),
    ]
    #expect(Column(type, of: rows).rawSizes == [1 + 5 + 8 + 8, 22 + 2 * 11 + 1 + 9 + 16])
  }

  @Test func summariesOfTheNewTypes() {
    var bytes: [UInt8] = []
    let floats = encodeBlock(
      Column(.float32, .float32([2.5, .nan, 0.1])), rows: 0..<3, into: &bytes)
    #expect(floats.hasNaN)
    #expect(
      floats.bounds
        == ZoneBounds(minimum: Double(Float(0.1)).bitPattern, maximum: (2.5).bitPattern))
    let wide = encodeBlock(Column(.int128, .int128([1, 2])), rows: 0..<2, into: &bytes)
    #expect(wide.bounds == nil && wide.validCount == 2)
    let nested = Column(.array(.float64), of: [.array([.float(.nan)]), .array([])])
    let arrays = encodeBlock(nested, rows: 0..<2, into: &bytes)
    #expect(arrays.bounds == nil && !arrays.hasNaN && arrays.validCount == 2)
    let negative = Column(.date32, .int32([-5, 7]))
    #expect(
      encodeBlock(negative, rows: 0..<2, into: &bytes).bounds
        == ZoneBounds(minimum: UInt64(bitPattern: -5), maximum: 7))
  }
}
