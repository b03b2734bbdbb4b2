import TestSupport
import TickColumns
import TickFormats
import Testing

@testable import TickStorage

@Suite("Log records")
struct LogRecordTests {
  /// A table with a column of every type that can be stored, and rows of its extremes.
  private func everyType() -> (TableDefinition, [Column]) {
    let side = EnumDefinition([.init(name: "buy", number: -128), .init(name: "sell", number: 127)])
    let many = (0..<300).map { "s\($0)" }
    var columns: [Column] = [
      Column(.int8, .int8([.min, 0, .max])), Column(.int16, .int16([.min, 0, .max])),
      Column(.int32, .int32([.min, 0, .max])), Column(.int64, .int64([.min, 0, .max])),
      Column(.uint8, .uint8([.min, 7, .max])), Column(.uint16, .uint16([.min, 7, .max])),
      Column(.uint32, .uint32([.min, 7, .max])), Column(.uint64, .uint64([.min, 7, .max])),
      Column(.float64, .float64([-0.0, .nan, .leastNonzeroMagnitude])),
      Column(.bool, .uint8([0, 1, 0])), Column(.date, .uint16([0, 1, .max])),
      Column(.dateTime(zone: "UTC"), .uint32([0, 1, .max])),
      Column(.dateTime64(precision: 9, zone: nil), .int64([.min, 0, .max])),
      Column(.string, of: [.bytes([]), .bytes([0, 255, 0]), .text("ü")]),
      Column(.lowCardinality(.string), of: [.text("b"), .text("a"), .text("b")]),
      Column(.lowCardinality(.nullable(.string)), of: [.null, .text("a"), .null]),
      Column(.nullable(.float64), of: [.null, .float(1), .null]),
      Column(.nullable(.string), of: [.text("x"), .null, .text("")]),
      Column(.nullable(.int64), of: [.int(1), .int(2), .int(3)]),
      // Codes into a dictionary that is far larger than these rows need.
      Column(
        .lowCardinality(.string), .codes([299, 4, 299], StringDictionary(StringValues(many)))),
    ]
    if let side {
      columns.append(Column(.enum8(side), .int8([-128, 127, 127])))
      columns.append(Column(.enum16(side), .int16([-128, 127, 127])))
    }
    let money = DataType.decimal(precision: 38, scale: 4)
    let map = DataType.map(
      key: .lowCardinality(.string), value: .array(.nullable(.fixedString(2))))
    columns += [
      Column(.float32, .float32([-0.0, .nan, .leastNonzeroMagnitude])),
      Column(.int128, .int128([.min, 0, .max])), Column(.uint128, .uint128([.min, 7, .max])),
      Column(.nullable(money), of: [.null, .int128(.max), .int128(-1)]),
      Column(.decimal(precision: 9, scale: 1), .int32([.min, 0, .max])),
      Column(.decimal(precision: 18, scale: 1), .int64([.min, 0, .max])),
      Column(.date32, .int32([-25_567, 0, 120_529])), Column(.ipv4, .uint32([.min, 7, .max])),
      Column(.uuid, .uint128([.min, 7, .max])), Column(.ipv6, .uint128([.min, 7, .max])),
      Column(.fixedString(3), of: [.text("abc"), .bytes([0, 0, 0]), .bytes([255, 0, 1])]),
      Column(.nullable(.fixedString(1)), of: [.null, .text("x"), .null]),
      Column(
        .array(.array(.int8)),
        of: [.array([]), .array([.array([]), .array([.int(-1)])]), .array([])]),
      Column(
        .tuple([TupleElement(name: "n", type: map), TupleElement(type: .nullable(.uint8))]),
        of: [
          .tuple([.array([]), .null]),
          .tuple([
            .array([
              .tuple([.text("k"), .array([.null, .text("ab")])]), .tuple([.text("l"), .array([])]),
            ]), .uint(3),
          ]),
          .tuple([.array([.tuple([.text("k"), .array([.text("\0\0")])])]), .uint(0)]),
        ]),
    ]
    let definition = TableDefinition(
      id: 5, database: "d", name: "t",
      fields: columns.enumerated().map {
        TableField(id: UInt32($0.offset + 1), name: "c\($0.offset)", type: $0.element.type)
      }, orderBy: [])
    return (definition, columns)
  }

  private func values(_ columns: [Column]) -> [[Value]] {
    columns.map { column in
      (0..<column.count).map { row in
        // NaN is unequal to itself; its bits are what must survive.
        if case .float(let number) = column.value(at: row) { return .uint(number.bitPattern) }
        return column.value(at: row)
      }
    }
  }

  @Test("a transaction of every storable type reads back bit by bit")
  func roundTrip() throws {
    let (definition, columns) = everyType()
    let part = TransactionPart(
      definition: definition, partition: "2024", columns: Batch(columns, rowCount: 3),
      key: [
        SegmentKeyColumn(columns[3], fieldID: 4),
        SegmentKeyColumn(Column(.uint16, .uint16([3, 2, 1])), fieldID: nil),
      ], sequenceOffsets: [9, 0, 4])
    let other = SampleRows.part(tableDefinition(8), [1, 2], partition: "")
    let empty = SampleRows.part(tableDefinition(8), [], partition: "none")
    var record = try LogRecord(Transaction([part, other, empty]))
    record.lsn = 77
    record.firstSequence = 1000
    let sealed = record.sealed(chain: 5)
    let found = try #require(
      FoundRecord.read(sealed.bytes, at: 0, end: sealed.bytes.count, chain: 5, verifies: true))
    #expect(found.lsn == 77)
    #expect(found.sequenceCount == 10)
    #expect(found.checksum == sealed.checksum)
    let parts = try FoundTransaction(sealed.bytes, found, path: "w").parts
    #expect(parts.map(\.table) == [5, 8, 8])
    let bound = try parts[0].bound(to: definition, firstSequence: 1000, path: "w", offset: 0)
    #expect(values(bound.columns.columns) == values(columns))
    #expect(bound.columns.columns.map(\.type) == columns.map(\.type))
    #expect(bound.partition == "2024")
    #expect(bound.sequences == [1009, 1000, 1004])
    #expect(bound.key.map(\.fieldID) == [4, nil])
    #expect(values(bound.key.map(\.column)) == values(part.key.map(\.column)))
    #expect(
      values(
        try parts[1].bound(to: tableDefinition(8), firstSequence: 0, path: "", offset: 0)
          .columns.columns) == values(SampleRows.columns([1, 2])))
    #expect(throws: StorageError.self) {
      try parts[1].bound(to: definition, firstSequence: 0, path: "w", offset: 0)
    }
    // The table has changed: what it dropped stays behind, what it added is not there.
    let changed = try parts[1].bound(
      to: changedDefinition(8), firstSequence: 7, path: "w", offset: 0)
    #expect(changed.fieldIDs == [1, 2])
    #expect(
      changed.columns.columns.map(\.type)
        == [.dateTime64(precision: 9, zone: "Europe/Berlin"), .lowCardinality(.string)])
    #expect(changed.column(of: changedDefinition(8).fields[2]) == nil)
    #expect(changed.sequences == [7, 8])
    // A field that no definition ever had.
    var younger = tableDefinition(8)
    younger.fields.removeLast()
    younger.nextFieldID = 3
    #expect(throws: StorageError.self) {
      try parts[1].bound(to: younger, firstSequence: 0, path: "w", offset: 0)
    }
  }

  @Test("dictionaries of 256, 257, 65,536 and 65,537 strings keep their codes")
  func codeWidths() throws {
    for count in [1, 256, 257, 65_536, 65_537] {
      let column = Column(
        .lowCardinality(.string),
        .codes(
          (0..<UInt32(count)).map { UInt32(count) - 1 - $0 },
          StringDictionary(StringValues((0..<count).map { "\($0)" }))))
      var out = FieldWriter()
      out.put(column)
      var reader = FieldReader(out.bytes[...], path: "w", fileOffset: 0)
      let back = try reader.column(column.type, rowCount: count)
      #expect(reader.remaining == 0)
      for row in [0, count / 2, count - 1] {
        #expect(back.value(at: row) == column.value(at: row))
      }
    }
  }

  @Test("bytes of any kind in a record give an error or columns, never a trap", arguments: 0..<4)
  func hostileBodies(seed: Int) throws {
    let (definition, columns) = everyType()
    let part = TransactionPart(
      definition: definition, partition: "2024", columns: Batch(columns, rowCount: 3),
      key: [SegmentKeyColumn(columns[14], fieldID: nil)], sequenceOffsets: [1, 2, 3])
    let sealed = try LogRecord(Transaction([part])).sealed(chain: 0).bytes
    var random = SplitMix64(seed: UInt64(seed))
    var accepted = 0
    for _ in 0..<3_000 {
      var bytes = sealed
      for _ in 0...random.below(3) {
        bytes[48 + random.below(bytes.count - 48)] =
          random.oneIn(3) ? 255 : UInt8(truncatingIfNeeded: random.next())
      }
      let length = random.oneIn(4) ? 48 + random.below(bytes.count - 48) : bytes.count
      let record = FoundRecord(
        lsn: 1, firstSequence: 0, sequenceCount: 4, checksum: 0, body: 48..<length, end: length)
      do {
        for part in try FoundTransaction(bytes, record, path: "w").parts {
          for column in part.columns { _ = values([column.column]) }
          accepted += 1
        }
      } catch {
        #expect(!error.sentence.isEmpty, "seed \(seed)")
      }
    }
    #expect(accepted > 0, "seed \(seed): nothing was accepted, so nothing was tried")
  }

  @Test("a transaction beyond the limit is refused before it reaches the writer")
  func tooLarge() throws {
    let definition = TableDefinition(
      id: 1, database: "d", name: "t", fields: [TableField(id: 1, name: "a", type: .string)],
      orderBy: [])
    let text = Value.bytes(Array(repeating: 65, count: StorageLimits.transactionBytesMax))
    let part = TransactionPart(
      definition: definition, partition: "",
      columns: Batch([Column(.string, of: [text])], rowCount: 1), key: [])
    #expect {
      try LogRecord(Transaction([part]))
    } throws: {
      guard case .limit? = $0 as? StorageError else { return false }
      return true
    }
  }
}

/// A store with a small log on a perfect disk, and what its log file holds.
private struct LogBed {
  let disk = SimulatedDisk(seed: 3)
  let definition = tableDefinition(1)

  func open(_ change: (inout StoreOptions) -> Void = { _ in }) throws -> Store {
    var options = StoreOptions(identity: 42)
    options.hasThreads = false
    options.logFileBytes = 1 << 16
    change(&options)
    return try Store.open(files: disk.mount(), options: options)
  }

  func create(_ store: Store) throws {
    try store.publish(ManifestEdit([.createDatabase("market"), .createTable(definition)]))
  }

  /// One group of so many transactions of one row each, numbered on.
  func group(_ store: Store, _ numbers: [Int]) throws {
    for number in numbers {
      try store.submit(Transaction([SampleRows.part(definition, [number])])) { result in
        #expect(throws: Never.self) { try result.get() }
      }
    }
    store.runPending()
  }

  func numbers(_ store: Store) throws -> [Int] {
    guard let table = store.snapshot().table(1) else { return [] }
    return try SampleRows.numbers(of: table).values.compactMap { $0 }.sorted()
  }
}

private let logPath = "wal/0000000000000001.wal"

@Suite("The end of the log")
struct LogEndTests {
  @Test("rows come back after a restart, in their order and with their sequences")
  func replay() throws {
    let bed = LogBed()
    var store = try bed.open()
    try bed.create(store)
    try bed.group(store, [1, 2, 3])
    try bed.group(store, [4])
    let before = try SampleRows.numbers(of: try #require(store.snapshot().table(1)))
    for _ in 0..<3 {
      store = try bed.open()
      let table = try #require(store.snapshot().table(1))
      #expect(try SampleRows.numbers(of: table) == before)
      #expect(store.snapshot().nextSequence == 4)
      #expect(store.snapshot().lsn == 5)
    }
    // Each opening that writes goes on in a file of its own.
    try bed.group(store, [5])
    store = try bed.open()
    try bed.group(store, [6])
    store = try bed.open()
    #expect(try bed.numbers(store) == [1, 2, 3, 4, 5, 6])
    #expect(bed.disk.contents.keys.filter { $0.hasPrefix("wal/") }.count == 3)
  }

  @Test("the last group cut anywhere keeps its whole records, and an earlier group cut is damage")
  func cutAnywhere() throws {
    let bed = LogBed()
    var store = try bed.open()
    try bed.create(store)
    try bed.group(store, [1])
    try bed.group(store, [2, 3, 4])
    let whole = try #require(bed.disk.contents[logPath])
    let last = LogFormat.blockBytes * 2
    let end = try #require(whole.lastIndex { $0 != 0 }) + 1
    var seen: Set<Int> = []
    for length in stride(from: last, through: end, by: 3) {
      bed.disk.damage(logPath) { bytes in
        bytes = whole
        for i in length..<bytes.count { bytes[i] = 0 }
      }
      store = try bed.open()
      let rows = try bed.numbers(store)
      #expect(rows == Array(1...max(1, rows.count)), "cut at \(length)")
      seen.insert(rows.count)
      #expect(store.snapshot().nextSequence == UInt64(rows.count))
    }
    #expect(seen == [1, 2, 3, 4])
    // The first group is known to be durable, since a later one is there.
    for offset in stride(from: LogFormat.blockBytes, to: LogFormat.blockBytes + 120, by: 7) {
      bed.disk.damage(logPath) { bytes in
        bytes = whole
        for i in offset..<last { bytes[i] = 0 }
      }
      #expect(throws: StorageError.self, "zeros from \(offset)") { try bed.open() }
    }
  }

  @Test("a flipped bit is damage, except in the last group, where reading ends before it")
  func flipAnywhere() throws {
    let bed = LogBed()
    var store = try bed.open()
    try bed.create(store)
    try bed.group(store, [1, 2])
    try bed.group(store, [3, 4])
    let whole = try #require(bed.disk.contents[logPath])
    let last = LogFormat.blockBytes * 2
    let end = try #require(whole.lastIndex { $0 != 0 }) + 1
    let used =
      Array(0..<64) + Array(LogFormat.blockBytes..<LogFormat.blockBytes + 500)
      + Array(last..<end)
    for position in stride(from: 0, to: used.count, by: 5).map({ used[$0] }) {
      guard whole[position] != 0 || position > last || position < 60 else { continue }
      bed.disk.damage(logPath) { bytes in
        bytes = whole
        bytes[position] ^= 0x10
      }
      do {
        store = try bed.open()
        let rows = try bed.numbers(store)
        // Padding of the last record is covered too, so nothing but the last group can be short.
        #expect(position >= last, "byte \(position) was accepted")
        #expect(rows == [1, 2] || rows == [1, 2, 3], "byte \(position)")
      } catch {
        #expect(position < last, "byte \(position): \(error)")
      }
    }
  }

  @Test("a torn group that the manifest knows to be durable is damage")
  func knownDurable() throws {
    let bed = LogBed()
    let store = try bed.open()
    try bed.create(store)
    try bed.group(store, [1, 2])
    let end = try #require(bed.disk.contents[logPath]?.lastIndex { $0 != 0 })
    bed.disk.damage(logPath) { $0[end] ^= 1 }
    #expect(try bed.numbers(bed.open()) == [1])
    bed.disk.damage(logPath) { $0[end] ^= 1 }
    let again = try bed.open()
    try again.publish(ManifestEdit([.createDatabase("other")]))
    bed.disk.damage(logPath) { $0[end] ^= 1 }
    #expect(throws: StorageError.self) { try bed.open() }
    bed.disk.damage(logPath) { bytes in
      for i in LogFormat.blockBytes..<bytes.count { bytes[i] = 0 }
    }
    #expect(throws: StorageError.self) { try bed.open() }
  }

  @Test("after an orderly close the last group is known to be durable")
  func closingMark() throws {
    let bed = LogBed()
    let store = try bed.open()
    try bed.create(store)
    try bed.group(store, [1, 2])
    store.close()
    #expect(throws: StorageError.self) {
      try store.commit(Transaction([SampleRows.part(bed.definition, [3])]))
    }
    #expect(try bed.numbers(bed.open()) == [1, 2])
    let before = bed.disk.contents
    try bed.open().close()
    #expect(bed.disk.contents == before)
    bed.disk.damage(logPath) { $0[LogFormat.blockBytes + 150] ^= 1 }
    #expect(throws: StorageError.self) { try bed.open() }
  }

  @Test("what lies behind a torn end is never taken for records of the next run")
  func staleBytes() throws {
    let bed = LogBed()
    var store = try bed.open()
    try bed.create(store)
    try bed.group(store, [1, 2, 3])
    // Record 2 is torn; record 3 is whole behind it.
    bed.disk.damage(logPath) { $0[LogFormat.blockBytes + 80 + 250] ^= 1 }
    store = try bed.open()
    #expect(try bed.numbers(store) == [1])
    try bed.group(store, [9])
    store = try bed.open()
    #expect(try bed.numbers(store) == [1, 9])
    #expect(store.snapshot().nextSequence == 2)
  }

  @Test("a missing, swapped or foreign log file is damage")
  func filesGone() throws {
    func files() throws -> LogBed {
      let bed = LogBed()
      var store = try bed.open()
      try bed.create(store)
      for number in 1...3 {
        try bed.group(store, [number])
        store = try bed.open()
      }
      return bed
    }
    let second = "wal/0000000000000002.wal"
    let third = "wal/0000000000000003.wal"
    var bed = try files()
    #expect(try bed.numbers(bed.open()) == [1, 2, 3])
    bed.disk.lose(second)
    #expect(throws: StorageError.self) { try bed.open() }
    bed = try files()
    let content = try #require(bed.disk.contents[second])
    bed.disk.damage(third) { $0 = content }
    #expect(throws: StorageError.self) { try bed.open() }
    bed = try files()
    try bed.open().publish(ManifestEdit([.createDatabase("after")]))
    bed.disk.lose(third)
    #expect(throws: StorageError.self) { try bed.open() }
    bed.disk.lose(second)
    bed.disk.lose(logPath)
    #expect(throws: StorageError.self) { try bed.open() }
    bed = try files()
    bed.disk.damage(logPath) { $0 = Array($0[..<100]) }
    #expect(throws: StorageError.self) { try bed.open() }
  }

  @Test("an older manifest beside a newer log is damage")
  func olderManifest() throws {
    let bed = LogBed()
    let store = try bed.open()
    try bed.create(store)
    let manifest = "MANIFEST-0000000000000001"
    let old = try #require(bed.disk.contents[manifest])
    try store.publish(ManifestEdit([.createDatabase("later")]))
    try bed.group(store, [1])
    bed.disk.damage(manifest) { $0 = old }
    #expect(throws: StorageError.self) { try bed.open() }
  }

  @Test("files are reused after a flush, and a reused one shows nothing of its earlier life")
  func recycling() throws {
    let bed = LogBed()
    var store = try bed.open { $0.logFileBytes = 3 * LogFormat.blockBytes }
    try bed.create(store)
    var next = 0
    for round in 0..<12 {
      for _ in 0..<5 {
        try bed.group(store, [next])
        next += 1
      }
      try store.flush()
      if round % 3 == 2 { store = try bed.open { $0.logFileBytes = 3 * LogFormat.blockBytes } }
    }
    #expect(try bed.numbers(store) == Array(0..<next))
    let logs = bed.disk.contents.keys.filter { $0.hasPrefix("wal/") }
    #expect(logs.count <= 2 + StorageLimits.spareLogFilesMax)
    #expect(logs.contains { $0.hasPrefix("wal/spare-") })
    #expect(store.snapshot().table(1)?.segments.count == 12)
  }
}
