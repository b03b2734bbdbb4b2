import TestSupport
import Testing

@testable import TickColumns

/// Cold chunks come back bit by bit, and any bytes give a column or an error.
@Suite struct ColdChunkTests {
  /// Stands for the compressor: runs of up to 255 equal bytes.
  private static let compression = LaneCompression(
    pack: { bytes in
      var out: [UInt8] = []
      var rest = bytes[...]
      while let first = rest.first {
        let run = rest.prefix(255).prefix { $0 == first }.count
        out += [UInt8(run), first]
        rest = rest.dropFirst(run)
      }
      return out
    },
    unpack: { bytes, count in
      var out: [UInt8] = []
      for i in stride(from: 0, to: bytes.count - 1, by: 2) {
        guard out.count + Int(bytes[i]) <= count else { return nil }
        out += repeatElement(bytes[i + 1], count: Int(bytes[i]))
      }
      return out.count == count ? out : nil
    })

  private func encoded(_ column: Column, _ reference: Column? = nil) -> [UInt8]? {
    var hint = ColdHint()
    return encodeColdChunk(column, reference: reference, hint: &hint, Self.compression)
  }

  private func expectBack(
    _ column: Column, _ reference: Column? = nil, _ comment: Comment,
    location: SourceLocation = #_sourceLocation
  ) throws {
    let bytes = try #require(encoded(column, reference), comment, sourceLocation: location)
    var dictionary: StringDictionary?
    if case .codes(_, let own) = column.values { dictionary = own }
    let back = try decodeColdChunk(
      column.type, rows: column.count, of: bytes.span.bytes, dictionary: dictionary,
      reference: reference, Self.compression)
    let isBack = isSame(back, column)
    #expect(isBack, comment, sourceLocation: location)
  }

  /// Shapes of numbers that market data has, and some that it has not.
  private static func shapes(_ count: Int, _ chance: inout SplitMix64) -> [[Int64]] {
    let steps = (0..<count).map { _ in Int64.random(in: 0...900, using: &chance) * 100 }
    var time: Int64 = 1_700_000_000_000_000_000
    let times = steps.map { step -> Int64 in
      time += step
      return time
    }
    let bursts = (0..<count).map { times[$0 / 7 * 7] }
    let extremes: [Int64] = [.min, .max, 0, -1, 1 << 53, .min + 1, 1 << 62]
    return [
      times, bursts, [Int64](repeating: 7, count: count),
      (0..<count).map { _ in Int64.random(in: .min ... .max, using: &chance) },
      (0..<count).map { _ in extremes[Int.random(in: 0..<extremes.count, using: &chance)] },
      (0..<count).map { Int64($0 % 2 == 0 ? 5 : -5) * Int64($0 % 3) },
      (0..<count).map { _ in
        [100, 200, 250, 3][Int.random(in: 0..<4, using: &chance)] * 1_000
      },
      (0..<count).map { Int64($0 % 1_000) * Int64($0 % 1_000) },
    ]
  }

  @Test func integersOfEveryWidthComeBack() throws {
    var chance = SplitMix64(seed: 81)
    for count in encodingLengths + [5_000, 65_536] where count > 0 {
      for (number, values) in Self.shapes(count, &chance).enumerated() {
        let comment: Comment = "\(count) values of shape \(number)"
        try expectBack(Column(.int64, .int64(values)), nil, comment)
        guard count < 200 || count == 5_000 else { continue }
        try expectBack(
          Column(.uint64, .uint64(values.map { UInt64(bitPattern: $0) })), nil, comment)
        try expectBack(
          Column(.int32, .int32(values.map { Int32(truncatingIfNeeded: $0) })), nil, comment)
        try expectBack(
          Column(.uint16, .uint16(values.map { UInt16(truncatingIfNeeded: $0) })), nil, comment)
        try expectBack(
          Column(.int8, .int8(values.map { Int8(truncatingIfNeeded: $0) })), nil, comment)
      }
    }
  }

  @Test func differencesComeBackAndPay() throws {
    var chance = SplitMix64(seed: 82)
    let first = (0..<3_000).map { _ in Int64.random(in: -1_000_000...1_000_000, using: &chance) }
    let second = first.map { $0 &+ Int64.random(in: 0...3, using: &chance) }
    let (bid, ask) = (Column(.int64, .int64(first)), Column(.int64, .int64(second)))
    try expectBack(ask, bid, "differences of integers")
    let alone = try #require(encoded(ask))
    let together = try #require(encoded(ask, bid))
    #expect(together.count * 3 < alone.count)
    let prices = Column(.float64, .float64(first.map { Double($0) / 100 }))
    var others = second.map { Double($0) / 100 }
    (others[3], others[17], others[40]) = (.nan, -0.0, 1e300)
    try expectBack(Column(.float64, .float64(others)), prices, "differences of doubles")
    try expectBack(prices, Column(.float64, .float64(others)), "references of all kinds")
  }

  @Test func floatsAreTakenWhereTheyAreDecimals() throws {
    var chance = SplitMix64(seed: 83)
    for count in [1, 2, 31, 1_024, 5_000] {
      var doubles = (0..<count).map { _ in
        Double(Int.random(in: 0...99_999, using: &chance)) / 1_000
      }
      if count > 1_000 { (doubles[0], doubles[9], doubles[11]) = (.nan, -.infinity, -0.0) }
      try expectBack(Column(.float64, .float64(doubles)), nil, "\(count) doubles")
      try expectBack(Column(.float32, .float32(doubles.map { Float($0) })), nil, "\(count) floats")
    }
    let free = (0..<1_000).map { _ in Double.random(in: 0...1, using: &chance) }
    #expect(encoded(Column(.float64, .float64(free))) == nil)
    #expect(encoded(Column(.nullable(.int8), of: [.int(1), .null])) == nil)
    #expect(encoded(Column(.string, of: [.text("a")])) == nil)
  }

  @Test func everyTokenIsRead() {
    var numbers: [UInt64] = []
    for shift in 0..<UInt64(64) {
      let power: UInt64 = 1 << shift
      numbers += [power, power - 1, UInt64.max >> shift, 5 << shift]
      numbers += [power | power >> 1, power | power >> 2]
    }
    numbers += numbers.reversed()
    let tokens = Tokens(numbers)
    #expect(Set(tokens.bytes).contains(255))
    var out = [UInt64](repeating: 0, count: numbers.count)
    let bits = tokens.bits + [UInt8](repeating: 0, count: Tokens.padding)
    unsafe out.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { unsafe Tokens.read(tokens.bytes, bits, into: base) }
    }
    #expect(out == numbers)
    #expect((Tokens.bitCount(tokens.bytes) + 7) / 8 == tokens.bits.count)
  }

  @Test func anyBytesGiveAColumnOrAnError() throws {
    var chance = SplitMix64(seed: 84)
    let dictionary = StringDictionary(StringValues(["", "BTC", "ETH"]))
    let codes = Column(
      .lowCardinality(.string), .codes((0..<500).map { UInt32($0 % 3) }, dictionary))
    let doubles = Column(.float64, .float64((0..<500).map { Double($0 % 17) / 4 }))
    let flags = Column(.bool, .uint8((0..<500).map { UInt8($0 / 9 % 2) }))
    let times = Column(.int64, .int64((0..<500).map { Int64($0 / 3 * 100) }))
    var refused = 0
    for column in [codes, doubles, flags, times] {
      let good = try #require(encoded(column))
      for _ in 0..<1_500 {
        var bytes = good
        for _ in 0..<Int.random(in: 1...3, using: &chance) {
          bytes[Int.random(in: 0..<bytes.count, using: &chance)] ^=
            1 << UInt8.random(in: 0...7, using: &chance)
        }
        if Bool.random(using: &chance) {
          bytes.removeLast(Int.random(in: 0..<bytes.count, using: &chance))
        }
        do throws(EncodingError) {
          let found = try decodeColdChunk(
            column.type, rows: 500, of: bytes.span.bytes, dictionary: dictionary,
            reference: column, Self.compression)
          #expect(found.count == 500)
          if case .codes(let codes, _) = found.values { #expect(codes.allSatisfy { $0 < 3 }) }
          if case .uint8(let flags) = found.values { #expect(flags.allSatisfy { $0 < 2 }) }
        } catch {
          #expect(!error.sentence.isEmpty)
          refused += 1
        }
      }
    }
    #expect(refused > 1_000)
  }
}
