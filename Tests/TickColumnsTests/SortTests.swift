import TestSupport
import Testing
import TickColumns

@Suite struct SortTests {
  /// The order by definition, one comparison at a time.
  static func precedes(_ a: Value, _ b: Value, _ key: SortKey) -> Bool? {
    func special(_ value: Value) -> Int {
      if case .null = value { return key.nullsFirst ? -2 : 2 }
      if case .float(let number) = value, number.isNaN { return key.nullsFirst ? -1 : 1 }
      return 0
    }
    if special(a) != special(b) { return special(a) < special(b) }
    if special(a) != 0 { return nil }
    let isLess: Bool
    switch (a, b) {
    case (.int(let x), .int(let y)):
      if x == y { return nil }
      isLess = x < y
    case (.uint(let x), .uint(let y)):
      if x == y { return nil }
      isLess = x < y
    case (.float(let x), .float(let y)):
      if x == y { return nil }
      isLess = x < y
    case (.bytes(let x), .bytes(let y)):
      if x == y { return nil }
      isLess = x.lexicographicallyPrecedes(y)
    case (.tuple(let x), .tuple(let y)):
      for (left, right) in zip(x, y) {
        if let answer = precedes(left, right, key) { return answer }
      }
      return nil
    default: return nil
    }
    return isLess != key.isDescending
  }

  @Test("sorting by several columns equals insertion by definition", arguments: 0..<60)
  func property(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let count = Int.random(in: 0...80, using: &random)
    let keys = (0..<Int.random(in: 1...3, using: &random)).map { _ in
      let type = ColumnTests.types.randomElement(using: &random) ?? .int8
      let values = (0..<count).map { _ in
        let value = ColumnTests.randomValue(type, &random)
        if type == .float64, Int.random(in: 0..<5, using: &random) == 0 { return Value.float(.nan) }
        return value
      }
      return SortKey(
        Column(type, of: values), isDescending: .random(using: &random),
        nullsFirst: .random(using: &random))
    }
    var expected: [Int32] = []
    for row in 0..<Int32(count) {
      let place =
        expected.firstIndex { other in
          for key in keys {
            let answer = Self.precedes(
              key.column.value(at: Int(row)), key.column.value(at: Int(other)), key)
            if let answer { return answer }
          }
          return false
        } ?? expected.endIndex
      expected.insert(row, at: place)
    }
    #expect(sortPermutation(keys, rowCount: count) == expected, "seed \(seed)")
  }

  @Test("the tie-break decides what all keys leave equal")
  func ties() {
    let key = SortKey(Column(.int8, of: [.int(1), .int(0), .int(1), .int(0)]))
    #expect(sortPermutation([key], rowCount: 4, tieBreak: [9, 8, 7, 6]) == [3, 1, 2, 0])
  }

  @Test("sorting by digits equals sorting", arguments: [0, 1, 4_096, 4_097, 100_000])
  func digits(_ count: Int) {
    var random = SplitMix64(seed: UInt64(count))
    for bits: UInt64 in [0, 8, 31, 64] {
      var numbers = (0..<count).map { _ in
        Int64(bitPattern: bits == 0 ? 0 : random.next() >> (64 - bits)) &- (bits == 31 ? 1_000 : 0)
      }
      if count > 1 { numbers.replaceSubrange(0..<2, with: [.max, .min]) }
      let expected = numbers.sorted()
      let isDone = numbers.sort(while: { true })
      #expect(isDone)
      #expect(numbers == expected)
    }
  }

  @Test("what is not wanted any more ends early")
  func unwanted() {
    let count = 1 << 18
    let numbers = (0..<Int64(count)).map { -$0 }
    let positions = (0..<Int32(count)).map { $0 }
    let strings = Column(.string, .string(StringValues(numbers.map { "\($0)" })))
    var left = 2
    let isWanted = {
      left -= 1
      return left > 0
    }
    var unsorted = numbers
    let isSorted = unsorted.sort(while: isWanted)
    #expect(!isSorted)
    for column in [Column(.int64, .int64(numbers)), strings] {
      left = 2
      #expect(column.gather(positions, while: isWanted) == nil)
      left = 2
      #expect(Column.concatenate(column.type, [column, column, column], while: isWanted) == nil)
      left = 2
      #expect(sortPermutation([SortKey(column)], rowCount: count, while: isWanted) == nil)
    }
  }

  @Test("runs begin where any column changes")
  func runs() {
    let symbol = Column(.lowCardinality(.string), of: ["a", "a", "a", "b", "b"].map(Value.text))
    let side = Column(.nullable(.int8), of: [.int(1), .int(1), .null, .null, .int(0)])
    #expect(runStarts([symbol], rowCount: 5) == [0, 3])
    #expect(runStarts([symbol, side], rowCount: 5) == [0, 2, 3, 4])
    #expect(runStarts([], rowCount: 3) == [0])
    #expect(runStarts([], rowCount: 0) == [])
  }

  @Test("many rows are sorted digit by digit as they are by comparing", arguments: 0..<12)
  func radix(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let count = 6_000
    // Narrow and wide ranges, and rows that are in the order of the last key.
    let small = (0..<count).map { _ in Int32.random(in: -3...3, using: &random) }
    let wide = (0..<count).map { _ in Int64.random(in: .min ... .max, using: &random) }
    let narrow = (0..<count).map { _ in Int64.random(in: -100_000...100_000, using: &random) }
    let times = seed % 3 == 0 ? (0..<Int64(count)).map { $0 / 3 } : seed % 3 == 1 ? narrow : wide
    let keys = [
      SortKey(Column(.int32, .int32(small)), isDescending: seed % 2 == 1),
      SortKey(Column(.int64, .int64(times))),
    ]
    let expected = (0..<Int32(count)).sorted { a, b in
      let (i, j) = (Int(a), Int(b))
      if small[i] != small[j] { return (small[i] < small[j]) != (seed % 2 == 1) }
      return times[i] != times[j] ? times[i] < times[j] : a < b
    }
    #expect(sortPermutation(keys, rowCount: count) == expected)
    #expect(sortPermutation(keys, rowCount: count, while: { false }) == nil)
  }

  @Test func rowsInOrderHaveNoOrderOfTheirOwn() {
    let key = SortKey(Column(.int64, .int64([1, 1, 2])))
    guard case .inOrder = sortUnlessInOrder([key], rowCount: 3, while: { true }) else {
      Issue.record("sorted what was in order")
      return
    }
    guard
      case .sorted([2, 0, 1]) = sortUnlessInOrder(
        [SortKey(key.column, isDescending: true)], rowCount: 3, while: { true })
    else {
      Issue.record("not sorted")
      return
    }
  }
}
