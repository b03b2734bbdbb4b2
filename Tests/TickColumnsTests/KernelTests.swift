import CTickKernels
import TestSupport
import Testing

@testable import TickColumns

/// The C kernels against their portable twins, and both against what the test works out by itself.
@Suite struct KernelTests {
  private static let oddDoubles: [Double] = [
    .nan, .infinity, -.infinity, -0.0, 0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e15,
    999_999_999_999_999, -1e15, 0.1 + 0.2, 0x1p53, 0x1p51, -0x1p51, 2.5, 1e-13,
  ]

  @Test func wholeNumbersOfDecimals() {
    var random = SplitMix64(seed: 4)
    for round in 0..<2_000 {
      let exponent = round % 13
      let power = decimalPowers[exponent]
      var values = (0..<Int.random(in: 0...70, using: &random)).map { _ in
        Double(Int.random(in: -999_999_999_999_999...999_999_999_999_999, using: &random)) / power
      }
      if !values.isEmpty, round % 3 > 0 {
        values[Int.random(in: 0..<values.count, using: &random)] =
          round % 3 == 1
          ? Self.oddDoubles[round % Self.oddDoubles.count]
          : ExactSumTests.anyDouble(kind: round % 6, using: &random)
      }
      var wide = [Int64](repeating: 0, count: values.count)
      var narrow = wide
      let count = tick_whole_numbers(values, values.count, power, &wide)
      #expect(tick_whole_numbers_portable(values, values.count, power, &narrow) == count)
      #expect(wide[..<count] == narrow[..<count], "\(values)")
      for (value, number) in zip(values, wide[..<count]) {
        #expect(Double(number) / power == value && number.magnitude < 1_000_000_000_000_000)
      }
      if count < values.count {
        // It stopped where one value has no such number, or it stopped too early.
        let nearest = (values[count] * power).rounded()
        #expect(!(nearest / power == values[count] && nearest.magnitude < 1e15), "\(values[count])")
      }
    }
  }

  @Test(arguments: 0...64)
  func unpacking(width: Int) {
    var random = SplitMix64(seed: UInt64(width))
    let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
    for count in [0, 1, 7, 8, 9, 15, 16, 17, 31, 64, 100, 1_023, 1_024] {
      let numbers = (0..<count).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) & mask
      }
      var bytes: [UInt8] = []
      bytes.appendPacked(numbers, width: width)
      for origin in [0, UInt64.max - 5, 7] {
        let expected = numbers.map { origin &+ $0 }
        var out = [UInt64](repeating: 0, count: count + 1)
        let packed = bytes.withUnsafeBytes { raw in
          // The reader's memory ends where the packed bytes end, so a load beyond shows under a sanitizer.
          PackedNumbers(
            base: raw.baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped,
            byteCount: bytes.count, width: width, count: count)
        }
        bytes.withUnsafeBytes { _ in
          out.withUnsafeMutableBufferPointer { out in
            if let out = out.baseAddress { packed.unpack(origin: origin, into: out) }
          }
        }
        #expect(Array(out[..<count]) == expected && out[count] == 0, "\(count) at \(origin)")
        var narrow = [UInt64](repeating: 0, count: count)
        let done = tick_unpack_portable(
          bytes, bytes.count, UInt32(width), count, origin, &narrow)
        #expect(Array(narrow[..<done]) == Array(expected[..<done]))
        #expect(
          tick_unpack(bytes, bytes.count, UInt32(width), count, origin, &narrow) == done)
      }
    }
  }

  @Test func quotientsOfAnyNumber() {
    var random = SplitMix64(seed: 8)
    for power in decimalPowers {
      let edges: [Int64] = [
        0, 1, -1, .min, .max, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1, 1 << 62, (1 << 54) + 2,
      ]
      let numbers =
        edges
        + (0..<200).map { i in
          Int64.random(in: .min ... .max, using: &random) >> Int64(i % 63)
        }
      let expected = numbers.map { (Double($0) / power).bitPattern }
      var wide = numbers
      tick_quotients(&wide, wide.count, power)
      var narrow = numbers
      tick_quotients_portable(&narrow, narrow.count, power)
      #expect(wide.map { UInt64(bitPattern: $0) } == expected)
      #expect(narrow == wide)
    }
  }

  @Test func spreadingRuns() {
    var random = SplitMix64(seed: 21)
    for round in 0..<300 {
      let runs = Int.random(in: 1...60, using: &random)
      let values = (0..<runs).map { _ in random.next() }
      let lengths = (0..<runs).map { _ in
        UInt64.random(in: 1...[3, 17, 200][round % 3], using: &random)
      }
      let expected = zip(values, lengths).flatMap { Array(repeating: $0, count: Int($1)) }
      var wide = [UInt64](repeating: 0, count: expected.count + 1)
      tick_spread(values, lengths, runs, &wide, expected.count)
      #expect(wide == expected + [0])
      var narrow = [UInt64](repeating: 0, count: expected.count + 1)
      tick_spread_portable(values, lengths, runs, &narrow)
      #expect(narrow == wide)
    }
  }

  @Test func extremesAndWhereTheyStand() {
    var random = SplitMix64(seed: 33)
    for round in 0..<1_500 {
      let count = 1 + round % 41
      let numbers = (0..<count).map { _ in
        round % 2 == 0
          ? Int64.random(in: .min ... .max, using: &random)
          : Int64.random(in: -2...2, using: &random)
      }
      let doubles = (0..<count).map { _ -> Double in
        Int.random(in: 0..<3, using: &random) == 0
          ? Self.oddDoubles[Int.random(in: 0..<Self.oddDoubles.count, using: &random)]
          : ExactSumTests.anyDouble(kind: round % 6, using: &random)
      }
      #expect(Extremes.greatest(numbers, 0..<count) == numbers.max())
      #expect(Extremes.least(numbers, 0..<count) == numbers.min())
      #expect(tick_greatest_portable(numbers, count) == numbers.max())
      #expect(tick_least_portable(numbers, count) == numbers.min())
      let wanted = numbers[Int.random(in: 0..<count, using: &random)]
      #expect(Extremes.find(wanted, numbers, 0..<count) == numbers.firstIndex(of: wanted))
      #expect(tick_find_portable(numbers, 0, count, wanted) == numbers.firstIndex(of: wanted))
      #expect(Extremes.find(12_345, numbers, 0..<count) == count)
      // -0 below 0, NaN only alone.
      let present = doubles.filter { !$0.isNaN }
        .sorted { $0 == $1 ? $0.sign == .minus && $1.sign == .plus : $0 < $1 }
      let greatest = Extremes.greatest(doubles, 0..<count)
      let least = Extremes.least(doubles, 0..<count)
      if let first = present.first, let last = present.last {
        #expect(greatest.bitPattern == last.bitPattern, "\(doubles)")
        #expect(least.bitPattern == first.bitPattern, "\(doubles)")
        #expect(tick_greatest_double_portable(doubles, count) == last)
        #expect(tick_least_double_portable(doubles, count) == first)
      } else {
        #expect(greatest.isNaN && least.isNaN)
        #expect(tick_greatest_double_portable(doubles, count) == -.infinity)
        #expect(tick_least_double_portable(doubles, count) == .infinity)
      }
    }
  }

  @Test func runsOfEveryWidth() {
    var random = SplitMix64(seed: 55)
    func check<T: FixedWidthInteger>(
      _ type: DataType, _ values: [T], _ make: ([T]) -> ColumnValues
    ) {
      let expected = values.indices.filter { $0 == 0 || values[$0] != values[$0 - 1] }.map(
        Int32.init)
      #expect(runStarts([Column(type, make(values))], rowCount: values.count) == expected)
    }
    for round in 0..<200 {
      let count = 1 + Int.random(in: 0..<300, using: &random)
      let stay = [2, 40, 400][round % 3]
      var value = UInt64(0)
      let values = (0..<count).map { _ -> UInt64 in
        if Int.random(in: 0..<stay, using: &random) == 0 { value = random.next() }
        return value
      }
      check(.uint8, values.map { UInt8(truncatingIfNeeded: $0) }) { .uint8($0) }
      check(.int16, values.map { Int16(truncatingIfNeeded: $0) }) { .int16($0) }
      check(.uint32, values.map { UInt32(truncatingIfNeeded: $0) }) { .uint32($0) }
      check(.uint64, values) { .uint64($0) }
      check(.uint128, values.map { UInt128($0) << 40 }) { .uint128($0) }
    }
  }
}
