import Foundation
import TestSupport
import TickColumns
import Testing

@testable import TickStorage

/// The vectors of `storage-format/vectors`, which another writer made from the specification.
@Suite struct SegmentVectorTests {
  private static let directory = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "storage-format/vectors")

  static let names: [String] =
    (try? FileManager.default.contentsOfDirectory(atPath: directory.path()))?
    .filter { $0.hasSuffix(".segment") }.map { String($0.dropLast(8)) }.sorted() ?? []

  @Test func theVectorsAreThere() {
    #expect(Self.names.count >= 20)
  }

  @Test(arguments: names)
  func aSegmentReadsAsExpected(name: String) throws {
    let path = Self.directory.appending(path: name).path()
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path + ".segment")))
    let file = MemoryFile(bytes, path: name)
    guard let error = try? String(contentsOfFile: path + ".error", encoding: .utf8) else {
      let expected = try String(contentsOfFile: path + ".csv", encoding: .utf8)
      let reader = try SegmentReader(opening: file)
      try reader.check()
      #expect(try rawText(reader) == expected)
      return
    }
    let lines = error.split(separator: "\n").map(String.init)
    do throws(StorageError) {
      let reader = try SegmentReader(opening: file)
      try reader.check()
      Issue.record("\(name) was read")
    } catch {
      switch error {
      case .corrupt: #expect(lines[0] == "corrupt")
      case .unsupportedFormat: #expect(lines[0] == "unsupported")
      default: Issue.record("\(error)")
      }
      #expect(error.sentence.contains(lines[1]))
    }
  }

  private struct Block: Decodable {
    var name: String
    var type: String
    var rows: Int
    var valid: Int
    var hex: String
    var values: [String]?
    var error: String?
    /// The column that the block may be differences to, written as `values`.
    var reference: [String]?
  }

  /// A column of raw cells: numbers in decimal, doubles and floats by their bits, NULL.
  private static func column(_ type: DataType, _ cells: [String]) -> Column {
    var builder = ColumnBuilder(type)
    for cell in cells {
      guard cell != "NULL" else {
        // Only nullable columns hold it; blocks of others have a nullable reference.
        return nullable(type, cells)
      }
      switch type.physical {
      case .float64: builder.append(.float(Double(bitPattern: UInt64(cell, radix: 16) ?? 0)))
      case .float32: builder.append(.float(Double(Float(bitPattern: UInt32(cell, radix: 16) ?? 0))))
      case .uint8, .uint16, .uint32, .uint64: builder.append(.uint(UInt64(cell) ?? 0))
      case .uint128: builder.append(.uint128(UInt128(cell) ?? 0))
      case .string: builder.append(.bytes(Array(cell.utf8)))
      default: builder.append(.int(Int64(cell) ?? 0))
      }
    }
    return builder.finish()
  }

  private static func nullable(_ type: DataType, _ cells: [String]) -> Column {
    let bare = column(type.withoutNullable, cells.map { $0 == "NULL" ? "0" : $0 })
    return Column(
      .nullable(type.withoutNullable), bare.values, validity: cells.map { $0 == "NULL" ? 0 : 1 })
  }

  @Test func blocksReadAsExpected() throws {
    let json = try Data(contentsOf: Self.directory.appending(path: "blocks.json"))
    let blocks = try JSONDecoder().decode([Block].self, from: json)
    #expect(blocks.count >= 50)
    for block in blocks {
      var digits = block.hex.utf8.map { UInt8($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }[...]
      var bytes: [UInt8] = []
      while let high = digits.popFirst(), let low = digits.popFirst() {
        bytes.append(high << 4 | low)
      }
      let extent = BlockExtent(
        offset: 0, byteCount: bytes.count, rowCount: block.rows, validCount: block.valid)
      let type = try DataType.parse(block.type)
      do throws(EncodingError) {
        let column = try decodeColumn(
          type, blocks: [extent], of: bytes.span.bytes,
          reference: block.reference.map { Self.column(type, $0) })
        let cells = (0..<column.count).map { rawCell(column, $0) }
        #expect(cells == block.values, "\(block.name)")
      } catch {
        #expect(error.sentence.contains(block.error ?? "rows"), "\(block.name)")
      }
    }
  }

  /// Segments with their CSV for the reader in Python: `tools/check_reader.py` compares them. Without a
  /// directory to leave them in, they are read back here.
  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8, 9, 10])
  func writtenSegmentsAreLeftForTheOtherReader(seed: UInt64) throws {
    let sample = Self.sample(seed: seed)
    // Every other one as rows at rest.
    let written = try sample.write(fileID: seed, isCold: seed % 2 == 1)
    let reader = try SegmentReader(written.file, descriptor: written.descriptor)
    try reader.check()
    let text = try rawText(reader)
    let rows = sample.sortedRows()
    #expect(text.split(separator: "\n").count == rows.count + 1)
    guard let target = ProcessInfo.processInfo.environment["TICKBASE_VECTORS_OUT"] else { return }
    try FileManager.default.createDirectory(
      atPath: target, withIntermediateDirectories: true)
    let base = URL(filePath: target).appending(path: "swift-\(seed)").path()
    try Data(written.file.bytes).write(to: URL(filePath: base + ".segment"))
    try Data(expectedText(sample).utf8).write(to: URL(filePath: base + ".csv"))
  }

  /// The CSV of the rows that went in, which the reader under test has no part in.
  private func expectedText(_ sample: SegmentSample) -> String {
    let order = sortPermutation(
      sample.keyFields.map { SortKey(sample.columns[$0]) }, rowCount: sample.sequences.count,
      tieBreak: sample.sequences)
    let names = sample.fields.map(\.name) + ["_sequence"]
    var out = names.map { quoted(Array($0.utf8)) }.joined(separator: ",") + "\n"
    for row in order {
      let cells = sample.columns.map { rawCell($0, Int(row)) }
      out += (cells + ["\(sample.sequences[Int(row)])"]).joined(separator: ",") + "\n"
    }
    return out
  }

  private static func nested(_ type: DataType, _ number: Int64) -> Value {
    let few = 0..<Int(number % 4)
    switch type {
    case .array: return .array(few.map { $0 == 1 ? .null : .text("n\(number)") })
    case .map:
      let values = few.map { Value.float(Double($0) / 4) }
      return .array(few.map { .tuple([.text("k\($0)"), .array(values)]) })
    default:
      return .tuple([.int128(Int128(number) << 70), .array(few.map { .uint(UInt64($0 & 1)) })])
    }
  }

  private static func sample(seed: UInt64) -> SegmentSample {
    if seed == 1 { return SegmentSample.trades(3_000, symbols: 3, seed: seed) }
    if seed == 2 { return SegmentSample.trades(2_500, symbols: 300, seed: seed) }
    if seed == 3 { return SegmentSample.trades(0, symbols: 1, seed: seed) }
    // With partial candles: thin and dense ones.
    if seed > 8 {
      return SegmentSample.dense(4_000, symbols: 2, rate: seed == 9 ? 20 : 300, seed: seed)
    }
    // Any types, any key.
    var chance = SplitMix64(seed: seed)
    let count = [1, 1_300, 2_100, 1_500, 1_100][Int(seed) - 4]
    var sample = SegmentSample()
    let doubles = [
      0.1, -0.0, 0, .nan, .infinity, -.infinity, 1e300, .leastNonzeroMagnitude, 123.456,
    ]
    let types: [DataType] = [
      .int8, .int32, .uint64, .float64, .bool, .string, .date, .dateTime(zone: nil),
      .dateTime64(precision: 3, zone: "UTC"), .lowCardinality(.nullable(.string)),
      .nullable(.int64), .nullable(.float64), .nullable(.string), .lowCardinality(.string),
      .float32, .nullable(.uuid), .decimal(precision: 38, scale: 3), .fixedString(2), .ipv4,
      .date32, .nullable(.fixedString(3)), .array(.nullable(.string)),
      .map(key: .lowCardinality(.string), value: .array(.float32)),
      .tuple([TupleElement(name: "a b", type: .int128), TupleElement(type: .array(.bool))]),
    ]
    for (index, type) in types.enumerated() {
      let isRandom = Bool.random(using: &chance)
      let rows: [Value] = (0..<count).map { row in
        if type.isNullable, Int.random(in: 0..<4, using: &chance) == 0 { return .null }
        let small = isRandom ? Int64.random(in: 0...100, using: &chance) : Int64(row / 7 % 101)
        let wild = Int.random(in: 0..<20, using: &chance) == 0
        return switch type.physical {
        case .int8: .int(small - 50)
        case .int16, .int32: .int(wild ? Int64(Int32.min) : small)
        case .int64: .int(wild ? .min : small * 1_000_000)
        case .uint8: .uint(UInt64(small) % 2)
        case .uint16, .uint32: .uint(UInt64(small))
        case .uint64: .uint(wild ? .max : UInt64(small))
        case .float32:
          .float(
            wild ? Double(Float(doubles.randomElement(using: &chance) ?? 0)) : Double(small) / 8)
        case .int128: .int128(wild ? .min : Int128(small) - 50)
        case .uint128: .uint128(UInt128(small * 37 % 101) << 64 | UInt128(small % 3))
        case .array, .tuple: nested(type, small)
        case .string where type == .fixedString(2): .bytes([UInt8(small), wild ? 0 : 0x41])
        case .string where type == .nullable(.fixedString(3)): .text("\(100 + small)")
        case .float64: .float(wild ? doubles.randomElement(using: &chance) ?? 0 : Double(small) / 8)
        default: .bytes(Array("text \(small)".utf8) + (wild ? [0, 0xFF, 0x22] : []))
        }
      }
      sample.add("column \(index)", Column(type, of: rows))
    }
    sample.sequences = (0..<UInt64(count)).shuffled(using: &chance)
    sample.keyFields = [[13, 4, 3], [9, 11, 5], [], [15, 17], [14, 18, 16, 19]][Int(seed) - 4]
    return sample
  }
}
