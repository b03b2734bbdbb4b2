import Foundation
import TestSupport
import Testing

@testable import TickColumns

/// Sums of products against rational arithmetic: a script's (Vectors/make_sum_vectors.py) and the tests' own.
@Suite struct ProductSumTests {
  /// A row of the vectors: a value, or two factors.
  private struct Row {
    var x: Double
    var y: Double?
  }

  private static func vectors() throws -> [(name: String, rows: [Row], answer: UInt64?)] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "Vectors/sums.tsv")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map {
      line in
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
      let rows = try cells[1].split(separator: " ").map { cell in
        let factors = try cell.split(separator: "*").map {
          Double(bitPattern: try #require(UInt64($0, radix: 16)))
        }
        return Row(x: factors[0], y: factors.count > 1 ? factors[1] : nil)
      }
      let answer = UInt64(cells[2], radix: 16)
      #expect(answer != nil || cells[2] == "nan")
      return (String(cells[0]), rows, answer)
    }
  }

  private static func add(
    _ row: Row, _ sum: inout ExactSum, _ x: inout DecimalStream, _ y: inout DecimalStream
  ) {
    if let factor = row.y {
      sum.addProduct(row.x, factor, &x, &y)
    } else {
      sum.add(row.x, &x)
    }
  }

  @Test func sumsEqualTheScriptsRationals() throws {
    var random = SplitMix64(seed: 5)
    let cases = try Self.vectors()
    #expect(cases.count > 200)
    for (name, rows, answer) in cases {
      for order in [rows, rows.reversed(), rows.shuffled(using: &random)] {
        var x = DecimalStream()
        var y = DecimalStream()
        var whole = ExactSum()
        var parts = [ExactSum](repeating: ExactSum(), count: 3)
        for row in order {
          Self.add(row, &whole, &x, &y)
          Self.add(row, &parts[Int.random(in: 0..<3, using: &random)], &x, &y)
        }
        var merged = ExactSum()
        for part in parts { merged.merge(part) }
        for sum in [whole, merged] {
          if let answer {
            #expect(sum.value.bitPattern == answer, "\(name): \(sum.value)")
          } else {
            #expect(sum.value.isNaN, "\(name): \(sum.value)")
          }
        }
      }
    }
  }

  @Test func productsEqualExactRationalArithmetic() {
    var random = SplitMix64(seed: 0xFAC7)
    for round in 0..<180 {
      let count = Int.random(in: 1...30, using: &random)
      // Kinds 0 to 5, each against each.
      let x = (0..<count).map { _ in Self.factor(kind: round % 6, using: &random) }
      let y = (0..<count).map { _ in Self.factor(kind: round / 6 % 6, using: &random) }
      let expected = ExactSumTests.exact(x, times: y)
      #expect(Self.sum(x, y).bitPattern == expected.bitPattern, "round \(round): \(x) * \(y)")
      let constants = [Double](repeating: y[0], count: count)
      #expect(
        Self.sum(x, constant: y[0]).bitPattern
          == ExactSumTests.exact(x, times: constants).bitPattern,
        "round \(round): \(x) * \(y[0])")
    }
  }

  /// The wide kind stays below 2^480, so that no product overflows; infinities are the vectors' matter.
  private static func factor(kind: Int, using random: inout SplitMix64) -> Double {
    let value = ExactSumTests.anyDouble(kind: kind, using: &random)
    return value.magnitude < 0x1p480 ? value : value * 0x1p-600
  }

  private static func sum(_ x: [Double], _ y: [Double]) -> Double {
    var sums = GroupedSums()
    sums.resize(1)
    sums.addProducts(x, y, starts: [0], groups: [0])
    return sums.values[0]
  }

  private static func sum(_ x: [Double], constant: Double) -> Double {
    var sums = GroupedSums()
    sums.resize(1)
    sums.addProducts(x, constant: constant, starts: [0], groups: [0])
    return sums.values[0]
  }

  @Test func batchesRunsAndGroupsDoNotMatter() {
    var random = SplitMix64(seed: 0x600D)
    for round in 0..<24 {
      let groupCount = 7
      let rows = 5_000
      // A column of decimals with misfits in between, as a feed with an odd value has.
      func column() -> [Double] {
        (0..<rows).map { _ in
          let isOdd = Int.random(in: 0..<[50, 3, 100_000][round % 3], using: &random) == 0
          return ExactSumTests.anyDouble(
            kind: isOdd ? Int.random(in: 0..<6, using: &random) : 0, using: &random)
        }
      }
      let x = column()
      let y = column()
      var starts: [Int32] = []
      var groups: [Int32] = []
      var row = 0
      while row < rows {
        starts.append(Int32(row))
        groups.append(Int32.random(in: 0..<Int32(groupCount), using: &random))
        row += Int.random(in: 1...[4, 900, 5_000][round / 3 % 3], using: &random)
      }
      var naive = [[ExactSum]](repeating: .init(repeating: ExactSum(), count: groupCount), count: 3)
      var streams = (DecimalStream(), DecimalStream(), DecimalStream())
      for (run, start) in starts.enumerated() {
        let end = run + 1 < starts.count ? Int(starts[run + 1]) : rows
        for row in Int(start)..<end {
          let group = Int(groups[run])
          naive[0][group].add(x[row], &streams.0)
          naive[1][group].addProduct(x[row], y[row], &streams.0, &streams.1)
          naive[2][group].addProduct(x[row], 0.0025, &streams.0, &streams.2)
        }
      }
      var sums = [GroupedSums](repeating: GroupedSums(), count: 3)
      for i in 0..<3 { sums[i].resize(groupCount) }
      sums[0].add(x, starts: starts, groups: groups)
      sums[1].addProducts(x, y, starts: starts, groups: groups)
      sums[2].addProducts(x, constant: 0.0025, starts: starts, groups: groups)
      for i in 0..<3 {
        #expect(
          sums[i].values.map(\.bitPattern) == naive[i].map(\.value.bitPattern),
          "round \(round), \(i)")
      }
      // The same rows in two batches of two workers, merged.
      var half = GroupedSums()
      half.resize(groupCount)
      let cut = starts.count / 2
      let middle = Int(starts[cut])
      half.addProducts(
        Array(x[..<middle]), Array(y[..<middle]), starts: Array(starts[..<cut]),
        groups: Array(groups[..<cut]))
      var rest = GroupedSums()
      rest.resize(groupCount)
      rest.addProducts(
        Array(x[middle...]), Array(y[middle...]), starts: starts[cut...].map { $0 - starts[cut] },
        groups: Array(groups[cut...]))
      half.merge(rest, (0..<Int32(groupCount)).map { $0 })
      #expect(half.values.map(\.bitPattern) == sums[1].values.map(\.bitPattern), "round \(round)")
    }
  }

  @Test func aProductTotalBeyond128BitsStaysExact() {
    // 2^60 times the greatest product of decimals, plus the least one: 10^48 * 2^60 in units of 10^-24.
    let greatest = 999_999_999_999_999.0
    var x = DecimalStream()
    var y = DecimalStream()
    var total = ExactSum()
    total.addProduct(greatest, greatest, &x, &y)
    for _ in 0..<60 {
      let same = total
      total.merge(same)
    }
    total.addProduct(1e-12, 1e-12, &x, &y)
    var expected = BigInteger(UInt128(999_999_999_999_999) * 999_999_999_999_999)
      .shifted(60).timesTenTo(24)
    expected.add(BigInteger(1), isNegative: false)
    #expect(total.isWide)
    #expect(total.value.bitPattern == expected.shifted(1074).scaledDown.bitPattern)
    // And back to the least one alone.
    var back = ExactSum()
    back.addProduct(-greatest, greatest, &x, &y)
    for _ in 0..<60 {
      let same = back
      back.merge(same)
    }
    total.merge(back)
    #expect(total.value == 1e-24)
  }
}
