import TestSupport
import TickColumns
import Testing

@testable import TickStorage

/// Pruning drops blocks, never a row that satisfies the constraints.
@Suite struct SegmentPruneTests {
  private func satisfies(_ value: Value, _ condition: FieldConstraint.Condition) -> Bool {
    switch condition {
    case .oneOf(let values): return values.contains(value)
    case .range(let lower, let lowerIsInclusive, let upper, let upperIsInclusive):
      if value == .null { return false }
      if let lower {
        guard let order = compare(value, lower) else { return false }
        if order < 0 || (order == 0 && !lowerIsInclusive) { return false }
      }
      if let upper {
        guard let order = compare(value, upper) else { return false }
        if order > 0 || (order == 0 && !upperIsInclusive) { return false }
      }
      return true
    }
  }

  private func compare(_ left: Value, _ right: Value) -> Int? {
    switch (left, right) {
    case (.int(let a), .int(let b)): return a == b ? 0 : (a < b ? -1 : 1)
    case (.uint(let a), .uint(let b)): return a == b ? 0 : (a < b ? -1 : 1)
    case (.float(let a), .float(let b)):
      if a.isNaN || b.isNaN { return nil }
      return a == b ? 0 : (a < b ? -1 : 1)
    case (.int128(let a), .int128(let b)): return a == b ? 0 : (a < b ? -1 : 1)
    case (.uint128(let a), .uint128(let b)):
      // UUIDs: the last 8 bytes first.
      let (x, y) = (a << 64 | a >> 64, b << 64 | b >> 64)
      return x == y ? 0 : (x < y ? -1 : 1)
    case (.bytes(let a), .bytes(let b)): return StringValues.compare(a[...], b[...])
    default: return nil
    }
  }

  @Test func noRowIsLostToRandomConstraints() throws {
    var chance = SplitMix64(seed: 41)
    for round in 0..<12 {
      let count = Int.random(in: 1...9_000, using: &chance)
      let sample = makeSample(count, round: round, &chance)
      let (file, descriptor) = try sample.write()
      let reader = try SegmentReader(file, descriptor: descriptor)
      let rows = try allRows(reader)
      for _ in 0..<60 {
        let constraints = (0..<Int.random(in: 1...3, using: &chance)).map { _ in
          makeConstraint(sample, &chance)
        }
        let kept = try keptRows(reader, constraints)
        for (row, values) in rows.enumerated() where !kept[row] {
          let isWanted = constraints.allSatisfy { constraint in
            let position = sample.fields.firstIndex { $0.id == constraint.fieldID }
            return position.map { satisfies(values[$0], constraint.condition) } ?? true
          }
          #expect(!isWanted, "seed 41, round \(round), row \(row) of \(constraints)")
        }
      }
    }
  }

  private func keptRows(
    _ reader: SegmentReader, _ constraints: [FieldConstraint]
  ) throws -> [Bool] {
    var kept = [Bool](repeating: false, count: reader.rowCount)
    for selection in try reader.prune(constraints) {
      var row = try reader.firstRow(ofGroup: selection.group)
      var counted = 0
      for (block, rows) in try reader.blockRowCounts(ofGroup: selection.group).enumerated() {
        if selection.blocks >> UInt64(block) & 1 != 0 {
          for i in row..<row + rows { kept[i] = true }
          counted += rows
        }
        row += rows
      }
      #expect(counted == selection.rowCount && counted > 0)
    }
    return kept
  }

  private func makeSample(_ count: Int, round: Int, _ chance: inout SplitMix64) -> SegmentSample {
    var sample = SegmentSample()
    let symbols = round % 3 == 0 ? 200 : 5
    sample.add(
      "symbol",
      Column(
        .lowCardinality(.string),
        of: (0..<count).map { _ in .text("S\(chance.next() % UInt64(symbols))") }))
    sample.add(
      "ts",
      Column(
        .int64, .int64((0..<count).map { _ in Int64.random(in: -50...50_000, using: &chance) })))
    sample.add(
      "price",
      Column(
        .nullable(.float64),
        of: (0..<count).map { row in
          switch row % 97 {
          case 0: .null
          case 1: .float(.nan)
          case 2: .float(-0.0)
          default: .float(Double(Int.random(in: -300...300, using: &chance)) / 4)
          }
        }))
    sample.add(
      "id", Column(.uint64, .uint64((0..<count).map { UInt64($0) &* 0x0123_4567_89AB_CDEF })))
    sample.add(
      "text", Column(.string, of: (0..<count).map { .text("prefix so long \($0 / 100)") }))
    sample.add(
      "flag", Column(.bool, .uint8((0..<count).map { _ in UInt8(chance.next() % 2) })))
    sample.add(
      "single",
      Column(
        .nullable(.float32),
        of: (0..<count).map { $0 % 53 == 0 ? .null : .float(Double(Float($0 % 700) / 10)) }))
    sample.add(
      "uuid",
      Column(
        .uuid, .uint128((0..<count).map { UInt128($0 * 7919 % 4099) << 64 | UInt128($0 / 900) })))
    sample.add(
      "code", Column(.fixedString(3), of: (0..<count).map { .bytes([65, UInt8($0 / 64 % 9), 0]) }))
    sample.add(
      "money",
      Column(
        .decimal(precision: 38, scale: 2),
        .int128((0..<count).map { Int128($0 * 31 % 5000 - 900) << 60 })))
    sample.sequences = Array(0..<UInt64(count))
    let keys = [
      [0, 1], [1], [5, 0, 1], [4, 1], [2], [3], [], [0, 4], [7, 1], [8, 6], [9, 0], [6],
    ]
    sample.keyFields = keys[round % 12]
    return sample
  }

  private func makeConstraint(
    _ sample: SegmentSample, _ chance: inout SplitMix64
  ) -> FieldConstraint {
    let field = Int.random(in: 0..<sample.fields.count, using: &chance)
    let column = sample.columns[field]
    func pick() -> Value {
      // Values that occur, and some that do not.
      let value = column.value(at: Int.random(in: 0..<column.count, using: &chance))
      switch (value, chance.next() % 4) {
      case (.int(let number), 0): return .int(number + 1)
      case (.uint(let number), 0) where column.type != .bool: return .uint(number ^ 1)
      case (.bytes(let bytes), 0): return .bytes(bytes + [0])
      case (.float(let number), 0): return .float(number + 0.1)
      default: return value
      }
    }
    let id = sample.fields[field].id
    if Int.random(in: 0..<3, using: &chance) == 0 {
      let values = (0..<Int.random(in: 1...4, using: &chance)).map { _ in pick() }
      return FieldConstraint(fieldID: id, condition: .oneOf(values))
    }
    func bound() -> Value? {
      let value = chance.next() % 4 == 0 ? nil : pick()
      return value == .null ? nil : value
    }
    return FieldConstraint(
      fieldID: id,
      condition: .range(
        lower: bound(), lowerIsInclusive: Bool.random(using: &chance), upper: bound(),
        upperIsInclusive: Bool.random(using: &chance)))
  }

  @Test func onlyTheBlocksOfOneSymbolAndHourAreLeft() throws {
    // 8 symbols of 8,192 rows, a row a second.
    var sample = SegmentSample()
    let count = 65_536
    sample.add(
      "symbol",
      Column(.lowCardinality(.string), of: (0..<count).map { .text("S\($0 % 8)") }))
    sample.add("ts", Column(.int64, .int64((0..<count).map { Int64($0 / 8) })))
    sample.sequences = Array(0..<UInt64(count))
    sample.keyFields = [0, 1]
    let (file, descriptor) = try sample.write()
    let reader = try SegmentReader(file, descriptor: descriptor)
    func rows(_ constraints: [FieldConstraint]) throws -> Int {
      try reader.prune(constraints).reduce(0) { $0 + $1.rowCount }
    }
    let symbol = FieldConstraint(fieldID: 1, condition: .oneOf([.text("S3")]))
    let second = FieldConstraint(
      fieldID: 2,
      condition: .range(
        lower: .int(1_024), lowerIsInclusive: true, upper: .int(2_048), upperIsInclusive: false))
    #expect(try rows([]) == count)
    #expect(try rows([symbol]) == 8_192)
    #expect(try rows([second]) == 8 * 1_024)
    #expect(try rows([symbol, second]) == 1_024)
    #expect(try rows([FieldConstraint(fieldID: 1, condition: .oneOf([.text("none")]))]) == 0)
    #expect(try rows([FieldConstraint(fieldID: 1, condition: .oneOf([.null]))]) == 0)
    #expect(try rows([FieldConstraint(fieldID: 77, condition: .oneOf([.int(1)]))]) == count)
  }

  @Test func boundsOfTheDescriptorHoldForTheWholeSegment() throws {
    var sample = SegmentSample()
    let long = String(repeating: "z", count: 100)
    sample.add("a", Column(.nullable(.int32), of: [.int(5), .null, .int(-3)]))
    sample.add("b", Column(.float64, of: [.float(2), .float(.nan), .float(1)]))
    sample.add("c", Column(.string, of: [.text(long), .text("m"), .text("n")]))
    sample.add("d", Column(.lowCardinality(.string), of: [.text("y"), .text("x"), .text("y")]))
    sample.add("e", Column(.nullable(.uint8), of: [.null, .null, .null]))
    sample.sequences = [4, 6, 5]
    let descriptor = try sample.write().descriptor
    #expect(
      descriptor.bounds[1] == FieldBounds(minimum: .int(-3), maximum: .int(5), hasNull: true))
    #expect(
      descriptor.bounds[2] == FieldBounds(minimum: .float(1), maximum: .float(2), hasNaN: true))
    #expect(
      descriptor.bounds[3]
        == FieldBounds(
          minimum: .text("m"), maximum: .text(String(repeating: "z", count: 63) + "{")))
    #expect(descriptor.bounds[4] == FieldBounds(minimum: .text("x"), maximum: .text("y")))
    #expect(descriptor.bounds[5] == FieldBounds(minimum: nil, maximum: nil, hasNull: true))
    #expect(descriptor.sequenceMinimum == 4 && descriptor.sequenceMaximum == 6)
  }
}
