import TickColumns

/// Values as the bytes that RowBinary and Native share, a whole column at a time.
///
/// A cell is what RowBinary writes for one value. For types without NULL and without elements the cells back to back
/// are also what Native writes for the column, so both formats come from here.
///
/// Layouts (all numbers little endian): integers, floats, decimals, dates and times as they lie in memory; strings
/// with their length as a varuint before them; FixedString bare; UUID as its high half, then its low half, which is the number it is compared by; IPv6 in
/// network order; a Nullable with a byte 1 (NULL, nothing follows) or 0; arrays and maps with their length as a
/// varuint; tuples back to back; states of aggregates bare.

extension Column {
  /// The bytes of each row as RowBinary has them.
  func binaryCells() -> StringValues {
    if case .nothing(let count) = values {
      // Nothing has no bytes; a nullable Nothing is always NULL.
      guard type.isNullable else {
        return StringValues(offsets: Array(repeating: 0, count: count + 1), bytes: [])
      }
      return StringValues(offsets: Array(0...count), bytes: Array(repeating: 1, count: count))
    }
    let cells = plainCells()
    guard type.isNullable else { return cells }
    var out = StringValues()
    out.reserve(count: count, bytes: cells.bytes.count + count)
    var offsets = [0]
    offsets.reserveCapacity(count + 1)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(cells.bytes.count + count)
    let span = cells.bytes.span
    for row in 0..<count {
      if isNull(at: row) {
        bytes.append(1)
      } else {
        bytes.append(0)
        appendBytes(span, cells.offsets[row], cells.offsets[row + 1], to: &bytes)
      }
      offsets.append(bytes.count)
    }
    return StringValues(offsets: offsets, bytes: bytes)
  }

  /// The bytes of each row without a mark for NULL; under NULL lies the type's zero value.
  func plainCells() -> StringValues {
    switch values {
    case .int8(let v): return fixedCells(v)
    case .int16(let v): return fixedCells(v)
    case .int32(let v): return fixedCells(v)
    case .int64(let v): return fixedCells(v)
    case .int128(let v): return fixedCells(v)
    case .uint8(let v): return StringValues(offsets: Array(0...v.count), bytes: v)
    case .uint16(let v): return fixedCells(v)
    case .uint32(let v): return fixedCells(v)
    case .uint64(let v): return fixedCells(v)
    case .uint128(let v):
      switch type.withoutNullable {
      case .uuid: return fixedCells(v.map(\.uuidOrder))
      case .ipv6: return fixedCells(v.map(\.byteSwapped))
      default: return fixedCells(v)
      }
    case .float32(let v): return fixedCells(v)
    case .float64(let v): return fixedCells(v)
    case .string(let v):
      switch type.withoutNullable {
      case .fixedString, .aggregateFunction: return v
      default: return stringCells(v)
      }
    case .codes(let codes, let dictionary):
      let isFixed = type.withoutLowCardinality.withoutNullable != .string
      let words = isFixed ? dictionary.values : stringCells(dictionary.values)
      return words.gather(codes.map { Int32(bitPattern: $0) })
    case .tuple(let columns, let count):
      let parts = columns.map { $0.binaryCells() }
      return joined(count: count) { row, out in
        for part in parts {
          appendBytes(part.bytes.span, part.offsets[row], part.offsets[row + 1], to: &out)
        }
      }
    case .array(let arrays):
      let elements = arrays.elements.binaryCells()
      return joined(count: arrays.count) { row, out in
        let range = arrays.range(at: row)
        out.appendVarUInt(UInt64(range.count))
        appendBytes(
          elements.bytes.span, elements.offsets[range.lowerBound],
          elements.offsets[range.upperBound], to: &out)
      }
    case .nothing(let count):
      return StringValues(offsets: Array(repeating: 0, count: count + 1), bytes: [])
    }
  }
}

/// Numbers one after the other, as they lie in memory.
private func fixedCells<T: BitwiseCopyable>(_ values: [T]) -> StringValues {
  #if _endian(big)
  #error("binary formats copy numbers as they lie in memory, which must be little endian")
  #endif
  let width = MemoryLayout<T>.size
  var offsets = [Int](repeating: 0, count: values.count + 1)
  for row in 1..<max(1, offsets.count) { offsets[row] = row &* width }
  let bytes = unsafe values.withUnsafeBytes { unsafe Array($0) }
  return StringValues(offsets: offsets, bytes: bytes)
}

private func stringCells(_ strings: StringValues) -> StringValues {
  var offsets = [0]
  offsets.reserveCapacity(strings.count + 1)
  var bytes: [UInt8] = []
  bytes.reserveCapacity(strings.bytes.count + strings.count)
  let span = strings.bytes.span
  for i in 0..<strings.count {
    bytes.appendVarUInt(UInt64(strings.length(at: i)))
    appendBytes(span, strings.offsets[i], strings.offsets[i + 1], to: &bytes)
    offsets.append(bytes.count)
  }
  return StringValues(offsets: offsets, bytes: bytes)
}

func joined(
  count: Int, _ body: (_ row: Int, _ out: inout [UInt8]) -> Void
) -> StringValues {
  var offsets = [0]
  offsets.reserveCapacity(count + 1)
  var bytes: [UInt8] = []
  for row in 0..<count {
    body(row, &bytes)
    offsets.append(bytes.count)
  }
  return StringValues(offsets: offsets, bytes: bytes)
}

extension [UInt8] {
  /// Seven bits a byte, the lowest first; the top bit says that more follow.
  mutating func appendVarUInt(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// A varuint length and the bytes.
  mutating func appendCounted(_ text: String) {
    appendVarUInt(UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}
