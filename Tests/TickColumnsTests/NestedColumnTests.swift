import Testing
import TickColumns

@Suite struct NestedColumnTests {
  private let type = DataType.map(key: .string, value: .array(.nullable(.int128)))

  private func rows(_ seed: UInt64) -> [Value] {
    var state = seed
    func next(_ bound: UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % bound)
    }
    return (0..<20).map { _ in
      .array(
        (0..<next(4)).map { key in
          .tuple([
            .text("k\(key)"),
            .array(
              (0..<next(3)).map { _ in next(3) == 0 ? .null : .int128(Int128(next(9)) << 70) }),
          ])
        })
    }
  }

  @Test("a nested column gives back the values it was built of, sliced, gathered and joined")
  func moves() {
    for seed in 1...50 as ClosedRange<UInt64> {
      let values = rows(seed)
      let column = Column(type, of: values)
      func boxed(_ column: Column) -> [Value] { (0..<column.count).map { column.value(at: $0) } }
      #expect(boxed(column) == values, "seed \(seed)")
      #expect(boxed(column.slice(3..<11)) == Array(values[3..<11]), "seed \(seed)")
      #expect(
        boxed(column.gather([5, 5, 0, 19])) == [5, 5, 0, 19].map { values[$0] }, "seed \(seed)")
      let joined = Column.concatenate(type, [column.slice(0..<7), column.slice(7..<20)])
      #expect(boxed(joined) == values, "seed \(seed)")
    }
  }

  // The orders are those of ClickHouse.
  @Test("arrays sort element by element, a beginning first, NULL elements last in both directions")
  func order() {
    let values: [[Value]] = [
      [.int(2)], [], [.int(1), .null], [.int(1)], [.int(1), .int(5)], [.null],
    ]
    let column = Column(.array(.nullable(.int64)), of: values.map { .array($0) })
    #expect(sortPermutation([SortKey(column)], rowCount: 6) == [1, 3, 4, 2, 0, 5])
    #expect(
      sortPermutation([SortKey(column, isDescending: true)], rowCount: 6) == [0, 4, 2, 3, 5, 1])
  }

  @Test("numbers of 128 bits sort as numbers, NULL last")
  func wideOrder() {
    let values: [Value] = [
      .int128(.max), .null, .int128(-1), .int128(1 << 64), .int128(.min), .int128(0),
    ]
    let column = Column(.nullable(.int128), of: values)
    #expect(sortPermutation([SortKey(column)], rowCount: 6) == [4, 2, 5, 3, 0, 1])
    #expect(
      sortPermutation([SortKey(column, isDescending: true)], rowCount: 6) == [0, 3, 5, 2, 4, 1])
  }

  @Test("runs end where any element changes")
  func runs() {
    let column = Column(
      .array(.uint128),
      of: [[1, 2], [1, 2], [1, 3], [1], [1]].map { .array($0.map { .uint128($0) }) })
    #expect(runStarts([column], rowCount: 5) == [0, 2, 3])
  }
}
