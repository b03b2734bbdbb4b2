import TestSupport
import TickColumns
import TickFormats
import Testing

@testable import TickStorage

/// Rows of a table for the tests: fields, columns, key and sequences.
struct SegmentSample {
  var fields: [SegmentField] = []
  var columns: [Column] = []
  var keyFields: [Int] = []
  var sequences: [UInt64] = []
  var candles: CandleColumns?

  var input: SegmentInput {
    SegmentInput(
      fields: fields, columns: columns,
      key: keyFields.map { SegmentKeyColumn(columns[$0], fieldID: fields[$0].id) },
      sequences: sequences, candles: candles)
  }

  mutating func add(_ name: String, _ column: Column) {
    fields.append(
      SegmentField(id: UInt32(fields.count + 1), name: name, type: column.type))
    columns.append(column)
  }

  /// Trades dense enough for partial candles: about `rate` a second and symbol.
  static func dense(_ count: Int, symbols: Int, rate: Int, seed: UInt64) -> SegmentSample {
    var sample = trades(count, symbols: symbols, seed: seed)
    var chance = SplitMix64(seed: seed + 1)
    let start: Int64 = 1_723_075_199_500_000_000
    sample.columns[1] = Column(
      sample.columns[1].type,
      .int64(
        (0..<count).map { row in
          start + Int64(row) * 1_000_000_000 / Int64(rate * symbols) / 1_000_000 * 1_000_000
        }))
    sample.add(
      "qty",
      Column(
        .float64,
        .float64((0..<count).map { _ in Double(Int.random(in: 1...99_999, using: &chance)) / 1e5 }))
    )
    sample.add("trade_id", Column(.uint64, .uint64((0..<count).map { 7_000 + UInt64($0) })))
    sample.candles = CandleColumns(time: 2, price: 3, quantity: 6, side: 4, buy: 1, identifier: 7)
    return sample
  }

  /// Trades of some symbols in no order at all.
  static func trades(_ count: Int, symbols: Int, seed: UInt64) -> SegmentSample {
    var chance = SplitMix64(seed: seed)
    var sample = SegmentSample()
    let names = (0..<symbols).map { "SYM\(($0 * 7) % symbols)" }
    var builder = ColumnBuilder(.lowCardinality(.string))
    for _ in 0..<count { builder.append(.text(names[Int.random(in: 0..<symbols, using: &chance)])) }
    sample.add("symbol", builder.finish())
    let start: Int64 = 1_723_075_200_000_000_000
    sample.add(
      "ts",
      Column(
        .dateTime64(precision: 9, zone: "UTC"),
        .int64((0..<count).map { start + Int64($0) * 1_000_000 })))
    sample.add(
      "price",
      Column(
        .float64,
        .float64((0..<count).map { _ in Double(Int.random(in: 100...999, using: &chance)) / 10 })))
    let side = EnumDefinition([.init(name: "buy", number: 1), .init(name: "sell", number: 2)])
    guard let side else { preconditionFailure("two names and two numbers") }
    sample.add(
      "side",
      Column(
        .enum8(side), .int8((0..<count).map { _ in Int8.random(in: 1...2, using: &chance) })))
    sample.add(
      "note",
      Column(
        .nullable(.string), of: (0..<count).map { $0 % 5 == 0 ? .null : .text("n\($0 % 50)") }))
    sample.sequences = (0..<count).map { UInt64($0) }.shuffled(using: &chance)
    sample.keyFields = [0, 1]
    return sample
  }

  func write(
    fileID: UInt64 = 7, isCold: Bool = false
  ) throws -> (file: MemoryFile, descriptor: SegmentDescriptor) {
    let file = MemoryFile(path: "a.segment", writeBytesMax: 4_000)
    var input = input
    input.isCold = isCold
    let descriptor = try SegmentWriter.write(input, fileID: fileID, to: file)
    return (file, descriptor)
  }

  /// All rows as values, each with its sequence, in the order that a segment has.
  func sortedRows(base: UInt64 = 0) -> [[Value]] {
    let order = sortPermutation(
      keyFields.map { SortKey(columns[$0]) }, rowCount: sequences.count, tieBreak: sequences)
    return order.map { row in
      columns.map { $0.value(at: Int(row)) } + [.uint(sequences[Int(row)] + base)]
    }
  }
}

/// All rows of a segment as values, each with its sequence.
func allRows(_ reader: SegmentReader, base: UInt64 = 0) throws -> [[Value]] {
  var rows: [[Value]] = []
  for group in 0..<reader.groupCount {
    #expect(try reader.firstRow(ofGroup: group) == rows.count)
    let batch = try reader.read(
      group: group, blocks: reader.allBlocks(ofGroup: group), fields: reader.fields + [.sequence],
      sequenceBase: base)
    #expect(batch.rowCount == reader.rowCount(ofGroup: group))
    for row in 0..<batch.rowCount { rows.append(batch.columns.map { $0.value(at: row) }) }
  }
  return rows
}

@Suite struct SegmentTests {
  @Test(arguments: [0, 1, 2, 127, 1_023, 1_024, 1_025, 5_000, 70_000])
  func rowsComeBackInTheOrderOfTheKey(count: Int) throws {
    for symbols in [1, 3, 200] where symbols == 3 || count <= 5_000 {
      let sample = SegmentSample.trades(count, symbols: symbols, seed: UInt64(count + symbols))
      let (file, descriptor) = try sample.write()
      let reader = try SegmentReader(file, descriptor: descriptor)
      #expect(descriptor.rowCount == count && descriptor.byteCount == file.length)
      #expect(reader.rowCount == count && reader.descriptor == descriptor)
      let rows = try allRows(reader, base: 1_000)
      let isSame = rows == sample.sortedRows(base: 1_000)
      #expect(isSame, "\(count) rows of \(symbols) symbols")
      try reader.check()
    }
  }

  @Test func longRunsAreImpliedAndShortOnesShareBlocks() throws {
    let long = try SegmentSample.trades(4_000, symbols: 4, seed: 1).write()
    let withRuns = try SegmentReader(long.file, descriptor: long.descriptor)
    #expect(withRuns.footer.layout == .runs && withRuns.footer.runCount == 4)
    #expect(!withRuns.storedColumns.contains { $0.name == "symbol" })
    let short = try SegmentSample.trades(4_000, symbols: 100, seed: 1).write()
    let shared = try SegmentReader(short.file, descriptor: short.descriptor)
    #expect(shared.footer.layout == .shared && shared.footer.blockCount == 4)
    // Exactly 128 rows a run are enough.
    var edge = SegmentSample()
    edge.add("symbol", Column(.lowCardinality(.string), of: (0..<256).map { .text("\($0 / 128)") }))
    edge.sequences = Array(0..<256)
    edge.keyFields = [0]
    let written = try edge.write()
    #expect(try SegmentReader(written.file, descriptor: written.descriptor).footer.layout == .runs)
  }

  @Test func everyStorableTypeComesBack() throws {
    let count = 1_500
    let letters = EnumDefinition([.init(name: "it's", number: -5), .init(name: "b", number: 9)])
    let types: [DataType] = [
      .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float64, .bool, .string,
      .enum8(try #require(letters)), .date, .dateTime(zone: nil), .dateTime(zone: "UTC"),
      .dateTime64(precision: 0, zone: nil), .dateTime64(precision: 9, zone: "UTC"),
      .lowCardinality(.string), .lowCardinality(.nullable(.string)), .nullable(.int8),
      .nullable(.uint64), .nullable(.float64), .nullable(.bool), .nullable(.string),
      .nullable(.date), .nullable(.dateTime64(precision: 3, zone: nil)), .float32,
      .nullable(.float32), .int128, .uint128, .decimal(precision: 9, scale: 2),
      .decimal(precision: 18, scale: 9), .nullable(.decimal(precision: 38, scale: 9)),
      .fixedString(5), .nullable(.fixedString(5)), .enum16(try #require(letters)), .date32, .uuid,
      .ipv4, .ipv6, .array(.nullable(.uint8)), .array(.lowCardinality(.string)),
      .map(key: .string, value: .array(.float32)),
      .tuple([TupleElement(name: "a b", type: .uuid), TupleElement(name: "c", type: .string)]),
    ]
    var chance = SplitMix64(seed: 21)
    var sample = SegmentSample()
    for (index, type) in types.enumerated() {
      let rows: [Value] = (0..<count).map { row in
        if type.isNullable, Bool.random(using: &chance) { return .null }
        return switch type.physical {
        case .int8:
          type.withoutNullable == .int8
            ? .int(Int64(Int8.random(in: .min ... .max, using: &chance)))
            : .int(row % 2 == 0 ? -5 : 9)
        case .int16, .int32, .int64:
          type.enumDefinition == nil
            ? .int(Int64.random(in: -30_000...30_000, using: &chance))
            : .int(row % 2 == 0 ? -5 : 9)
        case .uint8: .uint(type.withoutNullable == .bool ? UInt64(row % 2) : UInt64(row % 251))
        case .uint16, .uint32, .uint64: .uint(UInt64.random(in: 0...60_000, using: &chance))
        case .float32, .float64: .float(Double(row % 300) / 8)
        case .int128: .int128(Int128(row % 70 - 30) << 80)
        case .uint128: .uint128(UInt128(row % 70) << 60)
        case .tuple: .tuple([.uint128(UInt128(row)), .text("t\(row % 9)")])
        case .array: nestedRow(type, row)
        default: .text("tex\(10 + chance.next() % 40)")
        }
      }
      sample.add("c\(index)", Column(type, of: rows))
    }
    sample.sequences = Array(0..<UInt64(count))
    // Every type but the nested ones can be part of the key too; an Enum16 and a Bool may be implied by runs.
    let keys = [
      [], [11, 17, 3], [8, 10], [18, 21, 23], [9, 24], [26, 28], [27, 30], [29, 33], [32, 37],
      [34, 31], [35, 9, 26], [36, 38], [39],
    ]
    for key in keys {
      sample.keyFields = key
      let (file, descriptor) = try sample.write()
      let reader = try SegmentReader(file, descriptor: descriptor)
      #expect(reader.fields == sample.fields)
      let isSame = try allRows(reader) == sample.sortedRows()
      #expect(isSame, "key \(key)")
      try reader.check()
    }
  }

  private func nestedRow(_ type: DataType, _ row: Int) -> Value {
    .array(
      (0..<row % 4).map { index in
        switch type {
        case .array(.nullable): index == 1 ? .null : .uint(UInt64(row % 200))
        case .map: .tuple([.text("k\(index)"), .array([.float(Double(row) / 4), .float(1)])])
        default: .text("s\(row % 5)")
        }
      })
  }

  @Test func whatCannotBeStoredIsRefused() throws {
    func refuses(_ column: Column, isKey: Bool = false) throws {
      var sample = SegmentSample()
      sample.add("t", column)
      sample.sequences = [0]
      sample.keyFields = isKey ? [0] : []
      #expect(throws: StorageError.self) { try sample.write() }
    }
    try refuses(Column(.interval(.day), of: [.int(1)]))
    try refuses(Column(.tuple([]), of: [.tuple([])]))
    try refuses(Column(.array(.nullable(.nothing)), of: [.array([])]))
    try refuses(Column(.lowCardinality(.fixedString(1)), of: [.text("a")]))
    try refuses(Column(.array(.int8), of: [.array([])]), isKey: true)
    try refuses(Column(.tuple([TupleElement(type: .int8)]), of: [.tuple([.int(1)])]), isKey: true)
    var twice = SegmentSample()
    twice.add("a", Column(.int8, of: [.int(1)]))
    twice.add("a", Column(.int8, of: [.int(1)]))
    twice.sequences = [0]
    #expect(throws: StorageError.self) { try twice.write() }
  }

  @Test func aColumnAddedLaterReadsAsItsDefault() throws {
    let (file, descriptor) = try SegmentSample.trades(300, symbols: 1, seed: 3).write()
    let reader = try SegmentReader(file, descriptor: descriptor)
    let added = [
      SegmentField(id: 90, name: "fee", type: .float64),
      SegmentField(id: 91, name: "note", type: .nullable(.string)),
      SegmentField(id: 92, name: "venue", type: .lowCardinality(.string)),
    ]
    let batch = try reader.read(group: 0, blocks: 0b1, fields: added, sequenceBase: 0)
    #expect(batch.rowCount == 300)
    #expect(batch.columns[0].value(at: 299) == .float(0))
    #expect(batch.columns[1].value(at: 0) == .null)
    #expect(batch.columns[2].value(at: 0) == .bytes([]))
    // A field under another name is the same field; under another layout it is refused.
    let renamed = SegmentField(id: 3, name: "px", type: .float64)
    #expect(
      try reader.read(group: 0, blocks: 1, fields: [renamed], sequenceBase: 0).rowCount == 300)
    #expect(throws: StorageError.self) {
      try reader.read(
        group: 0, blocks: 1, fields: [SegmentField(id: 3, name: "price", type: .int64)],
        sequenceBase: 0)
    }
  }

  @Test func batchesShareTheSegmentsDictionaries() throws {
    let (file, descriptor) = try SegmentSample.trades(70_000, symbols: 701, seed: 4).write()
    let reader = try SegmentReader(file, descriptor: descriptor)
    let symbol = [reader.fields[0]]
    var dictionaries: [StringDictionary] = []
    for group in 0..<reader.groupCount {
      let batch = try reader.read(
        group: group, blocks: 1, fields: symbol, sequenceBase: 0)
      guard case .codes(_, let dictionary) = batch.columns[0].values else { continue }
      dictionaries.append(dictionary)
    }
    #expect(dictionaries.count == 2 && dictionaries[0] === dictionaries[1])
    #expect(dictionaries[0].isSorted && dictionaries[0].count == 701)
  }

  @Test func aLongStringHasABlockAndAGroupOfItsOwn() throws {
    var sample = SegmentSample()
    var texts = StringValues()
    let sizes = [10, 5 << 20, 5 << 20, 9 << 20, 3, 4]
    for (row, size) in sizes.enumerated() {
      texts.append([UInt8](repeating: UInt8(97 + row), count: size))
    }
    sample.add("text", Column(.string, .string(texts)))
    sample.sequences = (0..<6).map { $0 }
    let (file, descriptor) = try sample.write()
    let reader = try SegmentReader(file, descriptor: descriptor)
    let groups = (0..<reader.groupCount).map { reader.rowCount(ofGroup: $0) }
    #expect(groups == [2, 1, 1, 2])
    let isSame = try allRows(reader) == sample.sortedRows()
    #expect(isSame)
  }

  @Test func aLongArrayHasABlockAndAGroupOfItsOwn() throws {
    var sample = SegmentSample()
    // Raw, an Int64 is 8 bytes and an array 8 more.
    let lengths = [1, 600_000, 600_000, 1_200_000, 0, 2]
    let offsets = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let elements = Column(.int64, .int64((0..<Int64(offsets[6])).map { $0 & 7 }))
    sample.add(
      "a", Column(.array(.int64), .array(ArrayValues(offsets: offsets, elements: elements))))
    sample.add(
      "wide", Column(.nullable(.fixedString(3 << 20)), of: lengths.map { _ in .null }))
    sample.sequences = (0..<6).map { $0 }
    let (file, descriptor) = try sample.write()
    let reader = try SegmentReader(file, descriptor: descriptor)
    let groups = (0..<reader.groupCount).map { reader.rowCount(ofGroup: $0) }
    #expect(groups == [2, 1, 1, 2])
    for group in 0..<reader.groupCount {
      let batch = try reader.read(
        group: group, blocks: reader.allBlocks(ofGroup: group), fields: reader.fields,
        sequenceBase: 0)
      let first = try reader.firstRow(ofGroup: group)
      guard case .array(let found) = batch.columns[0].values,
        case .int64(let numbers) = found.elements.values
      else {
        Issue.record("no arrays")
        continue
      }
      let expected = Int64(offsets[first])..<Int64(offsets[first + batch.rowCount])
      let isSame = numbers.elementsEqual(expected.lazy.map { $0 & 7 })
      #expect(isSame, "group \(group)")
    }
    try reader.check()
  }

  @Test func anotherTypeOfTheSameLayoutIsTakenAndNoOther() throws {
    var sample = SegmentSample()
    let stored = DataType.tuple([
      TupleElement(name: "a", type: .array(.uint32)),
      TupleElement(name: "b", type: .fixedString(2)),
    ])
    let row = Value.tuple([.array([.uint(7)]), .text("xy")])
    sample.add("t", Column(stored, of: [row]))
    sample.sequences = [0]
    let (file, descriptor) = try sample.write()
    let reader = try SegmentReader(file, descriptor: descriptor)
    func read(_ type: DataType) throws -> Column {
      try reader.read(
        group: 0, blocks: 1, fields: [SegmentField(id: 1, name: "t", type: type)], sequenceBase: 0
      ).columns[0]
    }
    func tuple(_ first: DataType, _ second: DataType) -> DataType {
      .tuple([TupleElement(type: first), TupleElement(name: "z", type: second)])
    }
    let renamed = try read(tuple(.array(.ipv4), .fixedString(2)))
    #expect(renamed.type == tuple(.array(.ipv4), .fixedString(2)) && renamed.value(at: 0) == row)
    for other in [
      tuple(.array(.uint16), .fixedString(2)), tuple(.array(.uint32), .fixedString(3)),
      tuple(.array(.uint32), .string), tuple(.array(.nullable(.uint32)), .fixedString(2)),
      tuple(.uint32, .fixedString(2)), .tuple([TupleElement(type: .array(.uint32))]),
      .array(.uint32),
    ] {
      #expect(throws: StorageError.self) { try read(other) }
    }
  }

  @Test func sequencesThatWouldOverflowAreDamage() throws {
    let (file, descriptor) = try SegmentSample.trades(10, symbols: 1, seed: 5).write()
    let reader = try SegmentReader(file, descriptor: descriptor)
    #expect(descriptor.sequenceMinimum == 0 && descriptor.sequenceMaximum == 9)
    #expect(throws: StorageError.self) {
      try reader.read(group: 0, blocks: 1, fields: [.sequence], sequenceBase: .max - 8)
    }
  }

  @Test func manyThreadsReadOneReader() async throws {
    let sample = SegmentSample.trades(70_000, symbols: 3, seed: 6)
    let (file, descriptor) = try sample.write()
    let reader = try SegmentReader(file, descriptor: descriptor)
    let prices = SegmentField(id: 3, name: "price", type: .float64)
    let symbol = SegmentField(id: 1, name: "symbol", type: .lowCardinality(.string))
    let sums = try await withThrowingTaskGroup(of: (Double, ObjectIdentifier?).self) { tasks in
      for _ in 0..<16 {
        tasks.addTask {
          var sum = 0.0
          var identity: ObjectIdentifier?
          for group in 0..<reader.groupCount {
            let batch = try reader.read(
              group: group, blocks: reader.allBlocks(ofGroup: group), fields: [prices, symbol],
              sequenceBase: 0)
            if case .float64(let values) = batch.columns[0].values { sum += values.reduce(0, +) }
            if case .codes(_, let own) = batch.columns[1].values {
              identity = ObjectIdentifier(own)
            }
          }
          return (sum, identity)
        }
      }
      return try await tasks.reduce(into: []) { $0.append($1) }
    }
    #expect(sums.count == 16)
    #expect(Set(sums.map(\.0)).count == 1 && Set(sums.map(\.1)).count == 1)
  }
}
