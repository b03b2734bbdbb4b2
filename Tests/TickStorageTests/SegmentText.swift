import TickColumns

@testable import TickStorage

/// Rows as `storage-format/reader/tickread.py segment --raw` prints them: numbers as stored, floats as the
/// hex digits of their bits, strings in quotes with everything unusual as `\xHH`, arrays in brackets.
func rawCell(_ column: Column, _ row: Int) -> String {
  if column.isNull(at: row) { return "NULL" }
  switch column.values {
  case .float32(let values): return hex(UInt64(values[row].bitPattern), digits: 8)
  case .tuple(let columns, _): return "(\(columns.map { rawCell($0, row) }.joined(separator: ",")))"
  case .array(let arrays):
    let cells = arrays.range(at: row).map { rawCell(arrays.elements, $0) }
    return "[\(cells.joined(separator: ","))]"
  default: break
  }
  switch column.value(at: row) {
  case .null: return "NULL"
  case .int(let number): return "\(number)"
  case .uint(let number): return "\(number)"
  case .float(let number): return hex(number.bitPattern, digits: 16)
  case .bytes(let bytes): return quoted(bytes)
  case .int128(let number): return "\(number)"
  case .uint128(let number): return "\(number)"
  case .tuple, .array: preconditionFailure("nested values are printed above")
  }
}

func quoted(_ bytes: [UInt8]) -> String {
  var out = "\""
  for byte in bytes {
    if byte >= 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C {
      out.unicodeScalars.append(Unicode.Scalar(byte))
    } else {
      out += "\\x" + hex(UInt64(byte), digits: 2)
    }
  }
  return out + "\""
}

private func hex(_ number: UInt64, digits: Int) -> String {
  let text = String(number, radix: 16)
  return String(repeating: "0", count: digits - text.count) + text
}

/// A whole segment as CSV.
func rawText(_ reader: SegmentReader, base: UInt64 = 0) throws -> String {
  let fields = reader.fields + [.sequence]
  var out = fields.map { quoted(Array($0.name.utf8)) }.joined(separator: ",") + "\n"
  for group in 0..<reader.groupCount {
    let batch = try reader.read(
      group: group, blocks: reader.allBlocks(ofGroup: group), fields: fields, sequenceBase: base)
    for row in 0..<batch.rowCount {
      out += batch.columns.map { rawCell($0, row) }.joined(separator: ",") + "\n"
    }
  }
  return out
}
