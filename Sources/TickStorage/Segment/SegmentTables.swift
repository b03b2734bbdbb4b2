internal import TickColumns

/// The sections of a segment as arrays, read once and kept.
///
/// Invariant: each is checked against the footer's counts when it is made, so that its users may index it.

/// Rows and blocks: where each block begins.
struct BlockTable: Sendable {
  /// Rows of each block.
  let rows: [UInt16]
  /// First row of each block, and the row count at the end.
  let firstRows: [UInt32]
  /// First block of each group, and the block count at the end.
  let firstBlocks: [Int]

  init(_ bytes: [UInt8], _ footer: SegmentFooter) throws(FooterError) {
    guard bytes.count == 2 * footer.blockCount else {
      throw .damaged("\(bytes.count) bytes for \(footer.blockCount) blocks")
    }
    rows = bytes.littleEndianNumbers(UInt16.self, at: 0, count: footer.blockCount)
    var first: [UInt32] = [0]
    first.reserveCapacity(rows.count + 1)
    var total = 0
    for count in rows {
      guard (1...BlockLimits.rowsMax).contains(Int(count)) else {
        throw .damaged("a block of \(count) rows")
      }
      // At most 2^27 blocks of 1,024 rows.
      total += Int(count)
      guard total <= footer.rowCount else {
        throw .damaged("blocks with more rows than \(footer.rowCount)")
      }
      first.append(UInt32(total))
    }
    var blocks = [0]
    for group in footer.groups {
      let start = blocks[blocks.count - 1]
      let end = start + group.blockCount
      guard Int(first[end]) - Int(first[start]) == group.rowCount else {
        throw .damaged("blocks that do not add up to the \(group.rowCount) rows of their row group")
      }
      blocks.append(end)
    }
    firstRows = first
    firstBlocks = blocks
  }

  func blocks(ofGroup group: Int) -> Range<Int> {
    firstBlocks[group]..<firstBlocks[group + 1]
  }
}

/// The directory of one stored column.
struct ColumnDirectory: Sendable {
  /// Offset of each block in its chunk.
  let offsets: [UInt32]
  let marks: [UInt16]
  /// Zone maps as ranks, which compare as the values do.
  let minimum: [UInt64]
  let maximum: [UInt64]

  static func byteCount(_ blocks: Int) -> Int {
    (4 * blocks + 7) / 8 * 8 + (2 * blocks + 7) / 8 * 8 + 16 * blocks
  }

  /// Reads the arrays of the stored column with this position.
  init(
    _ bytes: [UInt8], position: Int, type: PhysicalType, table: BlockTable, footer: SegmentFooter
  ) throws(FooterError) {
    let blocks = footer.blockCount
    var offset = 0
    offsets = bytes.littleEndianNumbers(UInt32.self, at: offset, count: blocks)
    offset += (4 * blocks + 7) / 8 * 8
    marks = bytes.littleEndianNumbers(UInt16.self, at: offset, count: blocks)
    offset += (2 * blocks + 7) / 8 * 8
    var low = bytes.littleEndianNumbers(UInt64.self, at: offset, count: blocks)
    var high = bytes.littleEndianNumbers(UInt64.self, at: offset + 8 * blocks, count: blocks)
    for i in 0..<blocks {
      guard marks[i] & SegmentFormat.BlockMark.validMask <= table.rows[i] else {
        throw .damaged("more values than rows in block \(i)")
      }
      low[i] = ZoneImage.rank(low[i], type)
      high[i] = ZoneImage.rank(high[i], type)
    }
    minimum = low
    maximum = high
    let columns = footer.chunks.count / max(1, footer.groups.count)
    for group in footer.groups.indices {
      let chunkBytes = footer.chunks[group * columns + position].byteCount
      var next = 0
      for block in table.blocks(ofGroup: group) {
        let start = Int(offsets[block])
        let isFirst = block == table.firstBlocks[group]
        guard start <= chunkBytes, isFirst ? start == 0 : start >= next else {
          throw .damaged("block \(block) begins at byte \(start) of a chunk of \(chunkBytes)")
        }
        next = start
      }
    }
  }

  func validCount(_ block: Int) -> Int {
    Int(marks[block] & SegmentFormat.BlockMark.validMask)
  }

  func hasBounds(_ block: Int) -> Bool {
    marks[block] & SegmentFormat.BlockMark.hasBounds != 0
  }
}

/// The runs of a segment and what they imply.
struct RunTable: Sendable {
  /// The run of each block.
  let runOfBlock: [UInt32]
  /// For each run column the value of each run.
  let values: [[Int32]]

  init(_ bytes: [UInt8], _ footer: SegmentFooter) throws(FooterError) {
    let runs = footer.runCount
    let padded = (4 * runs + 7) / 8 * 8
    guard bytes.count == padded * (1 + footer.runColumnCount) else {
      throw .damaged("\(bytes.count) bytes for \(runs) runs")
    }
    let firstBlocks = bytes.littleEndianNumbers(UInt32.self, at: 0, count: runs)
    var ofBlock: [UInt32] = []
    ofBlock.reserveCapacity(footer.blockCount)
    for run in 0..<runs {
      let end = run + 1 < runs ? Int(firstBlocks[run + 1]) : footer.blockCount
      guard Int(firstBlocks[run]) == ofBlock.count, end > ofBlock.count, end <= footer.blockCount
      else { throw .damaged("run \(run) begins at block \(firstBlocks[run])") }
      ofBlock.append(contentsOf: repeatElement(UInt32(run), count: end - ofBlock.count))
    }
    runOfBlock = ofBlock
    values = (0..<footer.runColumnCount).map {
      bytes.littleEndianNumbers(Int32.self, at: padded * (1 + $0), count: runs)
    }
  }

  /// Checks the values of one run column against its type.
  func check(
    _ column: Int, type: DataType, dictionary: StringDictionary?
  ) throws(FooterError) {
    let range: Range<Int> =
      switch type {
      case .bool: 0..<2
      case .enum8: -128..<128
      case .enum16: -32_768..<32_768
      default: 0..<(dictionary?.count ?? 0)
      }
    for value in values[column] where !range.contains(Int(value)) {
      throw .damaged("a run of the value \(value) in a column of type \(type)")
    }
  }
}

/// Reads the dictionaries section: one dictionary for each low-cardinality field, by position in the fields.
func readDictionaries(
  _ bytes: [UInt8], _ footer: SegmentFooter
) throws(FooterError) -> [Int: StringDictionary] {
  var out: [Int: StringDictionary] = [:]
  var offset = 0
  for (position, stored) in footer.fields.enumerated() where stored.field.type.physical == .codes {
    let name = stored.field.name
    guard bytes.count - offset >= 8 else { throw .damaged("no dictionary of \(name)") }
    let id = bytes.littleEndianNumbers(UInt32.self, at: offset, count: 2)
    let count = Int(id[1])
    guard id[0] == stored.field.id else {
      throw .damaged("a dictionary of field \(id[0]) where that of \(name) is expected")
    }
    offset += 8
    guard count < (bytes.count - offset) / 8 else {
      throw .damaged("a dictionary of \(count) entries for \(name)")
    }
    let raw = bytes.littleEndianNumbers(UInt64.self, at: offset, count: count + 1)
    offset += 8 * (count + 1)
    guard raw[0] == 0, zip(raw, raw.dropFirst()).allSatisfy({ $0 <= $1 }),
      raw[count] <= UInt64(bytes.count - offset)
    else { throw .damaged("dictionary offsets of \(name) that do not ascend") }
    let total = Int(raw[count])
    let values = StringValues(
      offsets: raw.map { Int($0) }, bytes: Array(bytes[offset..<offset + total]))
    let dictionary = StringDictionary(values)
    guard dictionary.isSorted else {
      throw .damaged("the dictionary of \(name) does not ascend")
    }
    if stored.field.type.isNullable, dictionary.count == 0 || dictionary.values.length(at: 0) != 0 {
      throw .damaged("the dictionary of \(name) does not begin with the empty string")
    }
    out[position] = dictionary
    offset = min(bytes.count, (offset + total + 7) / 8 * 8)
  }
  guard offset == bytes.count else { throw .damaged("bytes after the last dictionary") }
  return out
}

extension [UInt8] {
  /// `count` numbers from `offset` on; the caller has checked that they are there.
  fileprivate func littleEndianNumbers<Number: FixedWidthInteger>(
    _ type: Number.Type, at offset: Int, count: Int
  ) -> [Number] {
    let size = Number.bitWidth / 8
    precondition(offset >= 0 && offset + size * count <= self.count, "numbers past the end")
    return unsafe withUnsafeBytes { bytes in
      (0..<count).map {
        unsafe Number(
          littleEndian: bytes.loadUnaligned(fromByteOffset: offset + size * $0, as: Number.self))
      }
    }
  }
}
