import TestSupport
import Testing

@testable import TickColumns

/// Decoders take any bytes: they give a column that keeps the invariants, or an error, and never more memory
/// than rows and limits allow.
@Suite struct EncodingFuzzTests {
  private static let dictionary = StringDictionary(StringValues(["", "BTC", "ETH"]))
  private static let types: [DataType] = [
    .int8, .uint16, .int32, .uint64, .int64, .float64, .bool, .string, .lowCardinality(.string),
    .nullable(.int64), .nullable(.float64), .nullable(.string),
    .lowCardinality(.nullable(.string)), .nullable(.uint8), .float32, .nullable(.float32), .int128,
    .nullable(.uuid), .decimal(precision: 30, scale: 2), .fixedString(3),
    .nullable(.fixedString(2)),
    .array(.uint8), .array(.nullable(.string)), .array(.array(.int128)),
    .tuple([TupleElement(type: .bool), TupleElement(type: .array(.float32))]),
    .map(key: .lowCardinality(.string), value: .nullable(.fixedString(2))),
  ]

  /// Decodes and looks at every value, so that a broken invariant would show.
  /// With `retry`, bytes that are left over are dropped, so that random bytes can be a block at all.
  private func decode(
    _ type: DataType, _ bytes: [UInt8], rows: Int, valid: Int, retry: Bool = false
  ) -> Bool {
    let block = BlockExtent(offset: 0, byteCount: bytes.count, rowCount: rows, validCount: valid)
    do throws(EncodingError) {
      let column = try decodeColumn(
        type, blocks: [block], of: bytes.span.bytes, dictionary: Self.dictionary)
      #expect(column.count == rows && column.type == type)
      for row in 0..<rows {
        let value = column.value(at: row)
        if type.withoutNullable == .bool, case .uint(let number) = value { #expect(number <= 1) }
      }
      #expect(keepsInvariants(column))
      return true
    } catch {
      #expect(!error.sentence.isEmpty)
      if retry, case .tooLong(let left) = error.reason {
        return decode(type, Array(bytes.dropLast(left)), rows: rows, valid: valid)
      }
      return false
    }
  }

  /// Zero under every NULL, FixedStrings of their width, elements of the types that the column says.
  private func keepsInvariants(_ column: Column) -> Bool {
    if case .fixedString(let width) = column.type.withoutNullable,
      case .string(let strings) = column.values,
      (0..<strings.count).contains(where: { strings.length(at: $0) != width })
    {
      return false
    }
    if column.hasNulls, let validity = column.validity {
      let bare = Column(column.type, column.values)
      let zero = Value.defaultValue(of: column.type.withoutNullable)
      for row in 0..<column.count where validity[row] == 0 && bare.value(at: row) != zero {
        return false
      }
    }
    switch (column.values, column.type) {
    case (.tuple(let columns, let count), .tuple(let elements)):
      return columns.map(\.type) == elements.map(\.type)
        && columns.allSatisfy { $0.count == count && keepsInvariants($0) }
    case (.array(let arrays), _):
      return arrays.elements.type == column.type.elementType && keepsInvariants(arrays.elements)
    default: return true
    }
  }

  @Test func randomBytesNeverTrap() {
    var chance = SplitMix64(seed: 11)
    var decoded = 0
    for round in 0..<30_000 {
      let type = Self.types[round % Self.types.count]
      var bytes = (0..<Int.random(in: 0...80, using: &chance)).map { _ in
        UInt8.random(in: 0...255, using: &chance)
      }
      // Small ids and widths reach deeper than uniform bytes.
      for i in bytes.indices where Int.random(in: 0..<3, using: &chance) > 0 {
        bytes[i] = UInt8.random(in: 0...9, using: &chance)
      }
      if !bytes.isEmpty { bytes[0] = UInt8.random(in: 0...2, using: &chance) }
      let rows = [1, 2, 3, 8, 1024].randomElement(using: &chance) ?? 1
      let valid = Bool.random(using: &chance) ? rows : Int.random(in: 0...rows, using: &chance)
      if decode(type, bytes, rows: rows, valid: valid, retry: true) { decoded += 1 }
    }
    // Some must get through, otherwise nothing but the first check was tested.
    #expect(decoded > 500, "seed 11")
  }

  @Test func flippedBitsNeverTrap() {
    var chance = SplitMix64(seed: 12)
    for (name, column) in samples(&chance) {
      var bytes: [UInt8] = []
      let summary = encodeBlock(column, rows: 0..<column.count, into: &bytes)
      var rejected = 0
      let bits = bytes.count * 8
      for bit in stride(from: 0, to: bits, by: max(1, bits / 700)) {
        var damaged = bytes
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        if !decode(column.type, damaged, rows: column.count, valid: summary.validCount) {
          rejected += 1
        }
      }
      for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 100)) {
        let isDecoded = decode(
          column.type, Array(bytes[..<length]), rows: column.count, valid: summary.validCount)
        #expect(!isDecoded, "\(name) cut to \(length) of \(bytes.count) bytes")
      }
      #expect(
        !decode(column.type, bytes + [0], rows: column.count, valid: summary.validCount),
        "\(name) with a byte too many")
      #expect(rejected > 0, "seed 12, \(name): no flip was noticed")
    }
  }

  private func samples(_ chance: inout SplitMix64) -> [(String, Column)] {
    var out: [(String, Column)] = []
    let rows = 0..<200
    out.append(("delta", Column(.int64, .int64(rows.map { Int64($0 * $0) }))))
    out.append(
      (
        "patched",
        Column(.int64, .int64(rows.map { $0 % 50 == 1 ? 1 << 50 : Int64($0 * 31 % 8) }))
      ))
    out.append(("runs", Column(.uint32, .uint32(rows.map { UInt32($0 / 20) * 7_654_321 }))))
    out.append(
      ("dictionary", Column(.int64, .int64(rows.map { [1 << 40, 5, -(1 << 50)][$0 * 7 % 3] }))))
    out.append(
      (
        "decimal",
        Column(.float64, .float64(rows.map { $0 % 40 == 3 ? .nan : Double($0 * 37 % 101) / 100 }))
      )
    )
    out.append(("plain doubles", Column(.float64, .float64(rows.map { Double($0).squareRoot() }))))
    out.append(("strings", Column(.string, .string(StringValues(rows.map { "text \($0)" })))))
    out.append(
      ("few strings", Column(.string, .string(StringValues(rows.map { "text \($0 * 7 % 5)" })))))
    out.append(
      (
        "nullable",
        Column(.nullable(.string), of: rows.map { $0 % 3 == 0 ? .null : .text("t\($0 / 10)") })
      ))
    out.append(
      (
        "codes",
        Column(
          .lowCardinality(.string), .codes(rows.map { UInt32($0 * 7 % 3) }, Self.dictionary))
      ))
    out.append(
      (
        "floats",
        Column(.float32, .float32(rows.map { $0 % 40 == 3 ? .nan : Float($0 * 37 % 101) / 100 }))
      )
    )
    out.append(
      ("halves", Column(.uuid, .uint128(rows.map { UInt128($0 * $0) << 60 | UInt128($0) }))))
    out.append(
      (
        "few of 128 bits",
        Column(.int128, .int128(rows.map { [Int128.min, -1, 1 << 100][$0 * 7 % 3] }))
      ))
    out.append(
      (
        "fixed strings",
        Column(
          .nullable(.fixedString(3)),
          of: rows.map { $0 % 3 == 0 ? .null : .text("\(100 + $0 * 7 % 150)") })
      ))
    let map = DataType.map(
      key: .lowCardinality(.string), value: .array(.nullable(.float32)))
    out.append(
      (
        "maps",
        Column(
          .tuple([TupleElement(type: .uint16), TupleElement(name: "m", type: map)]),
          of: rows.map { row in
            let values = (0..<row % 5).map { Value.float(Double($0) / 2) }
            let pairs = (0..<row % 4).map {
              Value.tuple([.text("k\($0)"), .array(values + [.null])])
            }
            return .tuple([.uint(UInt64(row)), .array(pairs)])
          })
      ))
    return out
  }

  @Test func expandingTextIsRefusedBeforeItIsCopied() {
    // A constant of 64 KiB in 1,024 rows would be 64 MiB.
    var bytes: [UInt8] = [0, EncodingID.constant.rawValue]
    bytes.appendLittleEndian(UInt32(65_536))
    bytes += [UInt8](repeating: 0x61, count: 65_536)
    #expect(!decode(.string, bytes, rows: 1_024, valid: 1_024))
    #expect(decode(.string, bytes, rows: 100, valid: 100))
    // The same through a dictionary and through runs.
    let inner = Array(bytes[1...])
    let dictionary: [UInt8] = [0, EncodingID.dictionary.rawValue, 1, 0] + inner + [0]
    #expect(!decode(.string, dictionary, rows: 1_024, valid: 1_024))
    var runs: [UInt8] = [0, EncodingID.runLength.rawValue, 1, 0, 10]
    runs += [0xFF, 0x03]
    #expect(!decode(.string, runs + inner, rows: 1_024, valid: 1_024))
  }

  @Test func expandingArraysAreRefusedBeforeTheyAreMade() {
    func constant(_ length: UInt32) -> [UInt8] {
      var out: [UInt8] = [EncodingID.constant.rawValue]
      out.appendShort(Int64(Int32(bitPattern: length)))
      return out
    }
    // Lengths that promise what 8 MiB cannot hold, with and without elements to follow.
    let piece: [UInt8] = [0, EncodingID.constant.rawValue, 7]
    for length in [UInt32(8_192), .max] {
      let head = [0] + constant(length)
      #expect(!decode(.array(.uint8), head, rows: 1_024, valid: 1_024))
      let pieces = (0..<8_192).flatMap { _ in piece }
      #expect(!decode(.array(.uint8), head + pieces, rows: 1_024, valid: 1_024))
    }
    let fits = [0] + constant(1_024) + (0..<1_024).flatMap { _ in piece }
    #expect(decode(.array(.uint8), fits, rows: 1_024, valid: 1_024))
    // A wide constant costs as much as it is long: 2 MiB in 8 rows, of which 7 are NULL.
    let width = 2 << 20
    let null: [UInt8] = [1, 1, EncodingID.constant.rawValue] + [UInt8](repeating: 1, count: width)
    #expect(!decode(.nullable(.fixedString(width)), null, rows: 8, valid: 1))
    #expect(!decode(.nullable(.fixedString(width)), [2], rows: 8, valid: 0))
    #expect(decode(.nullable(.fixedString(width)), [2], rows: 4, valid: 0))
    #expect(
      !decode(.array(.nullable(.fixedString(width))), [0] + constant(5) + [2], rows: 2, valid: 2))
  }

  @Test func deepNestingIsRefused() {
    var bytes: [UInt8] = [0]
    for _ in 0..<2_000 { bytes += [EncodingID.delta.rawValue, 0] }
    let block = BlockExtent(offset: 0, byteCount: bytes.count, rowCount: 1_024, validCount: 1_024)
    #expect(throws: EncodingError(.tooDeep, block: 0)) {
      try decodeColumn(.uint8, blocks: [block], of: bytes.span.bytes)
    }
  }

  @Test func errorsSayWhatAndWhere() {
    var good: [UInt8] = []
    let column = Column(.int64, .int64([1, 2, 3]))
    let summary = encodeBlock(column, rows: 0..<3, into: &good)
    let blocks = [
      BlockExtent(offset: 0, byteCount: summary.byteCount, rowCount: 3, validCount: 3),
      BlockExtent(offset: summary.byteCount, byteCount: 2, rowCount: 3, validCount: 3),
    ]
    #expect(throws: EncodingError(.unknownEncoding(77), block: 1)) {
      try decodeColumn(.int64, blocks: blocks, of: (good + [0, 77]).span.bytes)
    }
    #expect(throws: EncodingError(.badFlags(1), block: 1)) {
      try decodeColumn(.int64, blocks: blocks, of: (good + [1, 4]).span.bytes)
    }
    let outside = [BlockExtent(offset: 5, byteCount: .max, rowCount: 3, validCount: 3)]
    #expect(throws: EncodingError.self) {
      try decodeColumn(.int64, blocks: outside, of: good.span.bytes)
    }
  }
}
