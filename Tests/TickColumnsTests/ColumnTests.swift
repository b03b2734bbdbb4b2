import TestSupport
import Testing
import TickColumns

@Suite struct ColumnTests {
  static let types: [DataType] = [
    .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float64, .bool, .string,
    .date, .dateTime(zone: nil), .dateTime64(precision: 9, zone: "UTC"), .lowCardinality(.string),
    .nullable(.int32), .nullable(.string), .nullable(.float64),
    .lowCardinality(.nullable(.string)), .nullable(.nothing),
    .tuple([.init(type: .int8), .init(type: .nullable(.string))]),
  ]

  static func randomValue(_ type: DataType, _ random: inout SplitMix64) -> Value {
    switch type {
    case .nullable(.nothing): return .null
    case .nullable(let inner):
      return Bool.random(using: &random) ? .null : randomValue(inner, &random)
    case .lowCardinality(let inner): return randomValue(inner, &random)
    case .tuple(let elements): return .tuple(elements.map { randomValue($0.type, &random) })
    case .string:
      return .text(["", "a", "bc", "a\0b", "é"].randomElement(using: &random) ?? "")
    case .float64: return .float(Double(Int.random(in: -5...5, using: &random)) / 4)
    default:
      switch type.physical {
      case .uint8, .uint16, .uint32, .uint64: return .uint(.random(in: 0...1, using: &random))
      default: return .int(.random(in: -3...3, using: &random))
      }
    }
  }

  @Test("values come back from built, sliced, gathered and concatenated columns", arguments: types)
  func rows(type: DataType) {
    var random = SplitMix64(seed: 7)
    let values = (0..<50).map { _ in Self.randomValue(type, &random) }
    let column = Column(type, of: values)
    #expect((0..<50).map { column.value(at: $0) } == values)
    let slice = column.slice(10..<30)
    #expect((0..<20).map { slice.value(at: $0) } == Array(values[10..<30]))
    let positions: [Int32] = [49, 0, 0, 17, 3]
    let gathered = column.gather(positions)
    #expect((0..<5).map { gathered.value(at: $0) } == positions.map { values[Int($0)] })
    let joined = Column.concatenate(type, [slice, Column(type, of: []), gathered, column])
    #expect(joined.count == 75)
    #expect((20..<25).map { joined.value(at: $0) } == positions.map { values[Int($0)] })
    #expect((25..<75).map { joined.value(at: $0) } == values)
  }

  @Test("concatenation merges dictionaries of different segments")
  func dictionaries() {
    let left = Column(.lowCardinality(.string), of: [.text("b"), .text("a"), .text("b")])
    let right = Column(.lowCardinality(.string), of: [.text("c"), .text("b")])
    let joined = Column.concatenate(.lowCardinality(.string), [left, right])
    guard case .codes(let codes, let dictionary) = joined.values else {
      Issue.record("not codes")
      return
    }
    #expect(dictionary.count == 3)
    #expect(codes == [0, 1, 0, 2, 0])
  }

  @Test("a dictionary knows whether it is sorted and finds its strings either way")
  func codes() {
    let sorted = StringDictionary(StringValues(["", "a", "ab", "b"]))
    let unsorted = StringDictionary(StringValues(["b", "a", ""]))
    #expect(sorted.isSorted && !unsorted.isSorted)
    for dictionary in [sorted, unsorted] {
      for code in 0..<dictionary.count {
        #expect(dictionary.code(of: dictionary.values[code]) == UInt32(code))
      }
      #expect(dictionary.code(of: Array("zz".utf8)) == nil)
    }
  }
}
