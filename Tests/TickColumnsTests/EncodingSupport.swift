import Testing

@testable import TickColumns

/// Columns to blocks and back, for the tests of encodings.

/// True when two columns hold the same rows, bit by bit. Zero lies under every NULL in both. Columns of codes have one
/// dictionary, but inside arrays and tuples, where each has its own.
func isSame(_ left: Column, _ right: Column, isInner: Bool = false) -> Bool {
  let count = left.count
  guard left.type == right.type, count == right.count,
    (0..<count).allSatisfy({ left.isNull(at: $0) == right.isNull(at: $0) })
  else { return false }
  return switch (left.values, right.values) {
  case (.int8(let a), .int8(let b)): a == b
  case (.int16(let a), .int16(let b)): a == b
  case (.int32(let a), .int32(let b)): a == b
  case (.int64(let a), .int64(let b)): a == b
  case (.uint8(let a), .uint8(let b)): a == b
  case (.uint16(let a), .uint16(let b)): a == b
  case (.uint32(let a), .uint32(let b)): a == b
  case (.uint64(let a), .uint64(let b)): a == b
  case (.int128(let a), .int128(let b)): a == b
  case (.uint128(let a), .uint128(let b)): a == b
  case (.float32(let a), .float32(let b)): a.map(\.bitPattern) == b.map(\.bitPattern)
  case (.float64(let a), .float64(let b)): a.map(\.bitPattern) == b.map(\.bitPattern)
  case (.string(let a), .string(let b)): a == b
  case (.codes(let a, let d), .codes(let b, let e)):
    isInner ? zip(a, b).allSatisfy { d.values[Int($0)] == e.values[Int($1)] } : a == b && d === e
  case (.tuple(let a, _), .tuple(let b, _)):
    a.count == b.count && zip(a, b).allSatisfy { isSame($0, $1, isInner: true) }
  case (.array(let a), .array(let b)):
    a.offsets == b.offsets && isSame(a.elements, b.elements, isInner: true)
  default: false
  }
}

/// Encodes a column in blocks of the given size and decodes it again.
func roundTrip(
  _ column: Column, blockRows: Int = BlockLimits.rowsMax
) throws -> (column: Column, bytes: [UInt8], blocks: [BlockExtent]) {
  var bytes: [UInt8] = []
  var blocks: [BlockExtent] = []
  for start in stride(from: 0, to: column.count, by: blockRows) {
    let rows = start..<min(start + blockRows, column.count)
    let offset = bytes.count
    let summary = encodeBlock(column, rows: rows, into: &bytes)
    #expect(summary.byteCount == bytes.count - offset)
    blocks.append(
      BlockExtent(
        offset: offset, byteCount: summary.byteCount, rowCount: rows.count,
        validCount: summary.validCount))
  }
  var dictionary: StringDictionary?
  if case .codes(_, let own) = column.values { dictionary = own }
  let decoded = try decodeColumn(
    column.type, blocks: blocks, of: bytes.span.bytes, dictionary: dictionary)
  return (decoded, bytes, blocks)
}

func expectRoundTrip(
  _ column: Column, _ comment: Comment, location: SourceLocation = #_sourceLocation
) {
  do {
    let back = try roundTrip(column).column
    let isBack = isSame(back, column)
    #expect(isBack, comment, sourceLocation: location)
  } catch {
    Issue.record("\(error) \(comment)", sourceLocation: location)
  }
}

/// Lengths around every boundary, and some between.
let encodingLengths =
  Array(0...40) + [63, 64, 65, 127, 128, 129, 255, 256, 257, 500, 511, 512, 513, 777, 1000]
  + Array(1020...1030) + [1100]
