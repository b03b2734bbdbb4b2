import TestSupport
import Testing
import TickColumns

@testable import TickFormats

@Suite struct BinaryFormatTests {
  /// One line of binary.tsv.
  struct Case: Sendable, CustomTestStringConvertible {
    let type: DataType
    /// nil is NULL.
    let texts: [[UInt8]?]
    let rowBinary: [UInt8]
    let native: [UInt8]
    var testDescription: String { "\(type)" }

    var schema: Schema { Schema([Field("c", type)]) }

    func column() throws -> Column {
      try parseColumn(
        texts.reduce(into: StringValues()) { $0.append($1 ?? []) },
        validity: texts.contains { $0 == nil } ? texts.map { $0 == nil ? 0 : 1 } : nil, as: type)
    }
  }

  static let cases: [Case] = {
    do {
      return try Vectors.rows("binary.tsv").map { row in
        Case(
          type: try DataType.parse(row[0]),
          texts: row[1].split(separator: ",", omittingEmptySubsequences: false).map {
            $0 == "N" ? nil : unhex($0)
          }, rowBinary: unhex(row[2]), native: unhex(row[3]))
      }
    } catch {
      preconditionFailure("\(error)")
    }
  }()

  private func written(
    _ format: OutputFormat, _ column: Column, version: Int = 0
  ) -> [UInt8] {
    var out: [UInt8] = []
    var encoder = format.makeEncoder(
      schema: Schema([Field("c", column.type)]), options: OutputOptions(protocolVersion: version))
    encoder.begin(into: &out)
    encoder.write(Batch([column], rowCount: column.count), into: &out)
    encoder.finish(ResultStatistics(), into: &out)
    return out
  }

  private func read(
    _ format: InputFormat, _ bytes: [UInt8], _ schema: Schema, piece: Int
  ) throws -> Column {
    var decoder = try format.makeDecoder(schema: schema)
    var batches: [Batch] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
      batches += try decoder.push(Array(bytes[start..<min(start + piece, bytes.count)]))
    }
    batches += try decoder.finish()
    return Column.concatenate(schema[0].type, batches.map { $0.columns[0] })
  }

  @Test("every type is written byte for byte as ClickHouse writes it", arguments: cases)
  func writes(_ vector: Case) throws {
    let column = try vector.column()
    #expect(written(.rowBinaryWithNamesAndTypes, column) == vector.rowBinary)
    #expect(written(.native, column) == vector.native)
  }

  @Test("what ClickHouse wrote is read, however it is cut", arguments: cases)
  func reads(_ vector: Case) throws {
    let expected = vector.texts.map { $0 ?? Array("\\N".utf8) }
    for piece in [1, 7, 1 << 20] {
      for (format, bytes) in [
        (InputFormat.rowBinaryWithNamesAndTypes, vector.rowBinary), (.native, vector.native),
      ] {
        let texts = try read(format, bytes, vector.schema, piece: piece).rendered(as: .raw)
        #expect((0..<texts.count).map { Array(texts[$0]) } == expected, "\(format) by \(piece)")
      }
    }
  }

  @Test("bytes cut off anywhere are an error, and no half row or block is given", arguments: cases)
  func truncated(_ vector: Case) throws {
    for end in 1..<vector.native.count {
      #expect(throws: FormatError.self) {
        try read(.native, Array(vector.native[..<end]), vector.schema, piece: 16)
      }
    }
    let whole = vector.texts.count
    for end in 1..<vector.rowBinary.count {
      if let column = try? read(
        .rowBinaryWithNamesAndTypes, Array(vector.rowBinary[..<end]), vector.schema, piece: 16)
      {
        #expect(column.count < whole)
      }
    }
  }

  @Test("damaged bytes give an error or a column that keeps its invariants", arguments: cases)
  func flipped(_ vector: Case) throws {
    var chance = SplitMix64(seed: 42)
    for (format, bytes) in [
      (InputFormat.rowBinaryWithNamesAndTypes, vector.rowBinary), (.native, vector.native),
    ] {
      for place in bytes.indices.prefix(400) {
        for _ in 0..<4 {
          var damaged = bytes
          damaged[place] = UInt8.random(in: 0...255, using: &chance)
          guard let column = try? read(format, damaged, vector.schema, piece: 1 << 20) else {
            continue
          }
          // Rendering and encoding look at every value.
          #expect(column.rendered(as: .raw).count == column.count)
          #expect(!written(.native, column).isEmpty || column.count == 0)
        }
      }
    }
  }

  @Test("inputs of several columns are read as ClickHouse reads them")
  func inputs() throws {
    let schema = Schema([
      Field("a", .int32), Field("b", .string),
      Field("c", .nullable(.dateTime64(precision: 3, zone: nil))),
    ])
    for row in try Vectors.rows("binary_input.tsv") {
      let answer: String
      do throws(FormatError) {
        var decoder = try InputFormat(named: row[0]).makeDecoder(schema: schema)
        var batches = try decoder.push(unhex(row[1]))
        batches += try decoder.finish()
        var out: [UInt8] = []
        var encoder = OutputFormat.tabSeparated.makeEncoder(schema: schema)
        for batch in batches { encoder.write(batch, into: &out) }
        answer = "V" + hex(out)
      } catch {
        answer = "E"
      }
      #expect(answer == row[2], "\(row[0]) \(row[1])")
    }
  }

  @Test("from the protocol version on that has them, blocks carry their info and a byte per type")
  func protocolVersions() {
    let column = Column(.dateTime(zone: "UTC"), .uint32([1]))
    let name: [UInt8] = [1, 0x63]
    let plain = [8] + Array("DateTime".utf8)
    let zoned = [15] + Array("DateTime('UTC')".utf8)
    let data: [UInt8] = [1, 0, 0, 0]
    let info: [UInt8] = [1, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0]
    #expect(written(.native, column) == [1, 1] + name + plain + data)
    #expect(written(.native, column, version: 1) == info + [1, 1] + name + plain + data)
    #expect(written(.native, column, version: 54_405) == info + [1, 1] + name + zoned + data)
    #expect(
      written(.native, column, version: 54_460) == info + [1, 1] + name + zoned + [0] + data)
    // Older clients know no dictionaries.
    let codes = Column(.lowCardinality(.string), of: [.text("x")])
    #expect(
      written(.native, codes, version: 54_400)
        == info + [1, 1] + name + [6] + Array("String".utf8) + [1, 0x78])
  }

  /// A fuzzer found that a block of a few bytes without columns filled each of the table's columns with defaults for all
  /// the rows that it announced.
  @Test("rows that a block only announces share the defaults of one batch")
  func announcedRows() throws {
    let schema = Schema([Field("a", .int32), Field("s", .fixedString(16))])
    var decoder = try InputFormat.native.makeDecoder(schema: schema)
    // No columns and 16,777,215 rows, which would be 256 MB of strings.
    let batches = try decoder.push([0, 0xFF, 0xFF, 0xFF, 7]) + decoder.finish()
    #expect(batches.map(\.rowCount).reduce(0, +) == 16_777_215)
    #expect(batches.dropLast().allSatisfy { $0.rowCount == Batch.rowsMax })
    let last = try #require(batches.last)
    #expect(last.rowCount == Batch.rowsMax - 1)
    #expect(last.columns[0].value(at: Batch.rowsMax - 2) == .int(0))
    #expect(last.columns[1].value(at: 0) == .defaultValue(of: .fixedString(16)))
  }

  @Test("a block's column of another type is converted when its values fit")
  func conversions() throws {
    func read(_ column: Column, as type: DataType) throws -> [Value] {
      var decoder = NativeDecoder(Schema([Field("c", type)]), blockBytesMax: 1 << 20)
      let batches = try decoder.push(written(.native, column)) + decoder.finish()
      return batches.flatMap { batch in
        (0..<batch.rowCount).map { batch.columns[0].value(at: $0) }
      }
    }
    let small = Column(.int64, .int64([1, -128]))
    #expect(try read(small, as: .int8) == [.int(1), .int(-128)])
    let large = #expect(throws: FormatError.self) {
      try read(Column(.int64, .int64([128])), as: .int8)
    }
    #expect(large?.code == .valueIsOutOfRangeOfDataType)
    let null = #expect(throws: FormatError.self) {
      try read(Column(.nullable(.int8), of: [.null]), as: .int8)
    }
    #expect(null?.code == .cannotInsertNullInOrdinaryColumn)
    let millis = Column(.dateTime64(precision: 3, zone: nil), .int64([-1, 1500]))
    #expect(
      try read(millis, as: .dateTime64(precision: 6, zone: "UTC")) == [
        .int(-1000), .int(1_500_000),
      ])
    #expect(
      try read(millis, as: .dateTime64(precision: 0, zone: "UTC")) == [.int(-1), .int(1)])
    #expect(
      try read(Column(.string, of: [.text("a")]), as: .lowCardinality(.nullable(.string)))
        == [.text("a")])
    #expect(
      try read(Column(.array(.int8), of: [.array([.int(1)])]), as: .array(.float64))
        == [.array([.float(1)])])
  }
}

private func hex(_ bytes: [UInt8]) -> String {
  bytes.map { byte in
    let text = String(byte, radix: 16)
    return byte < 16 ? "0" + text : text
  }.joined()
}
