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

  /// Its rows in the file.
  func rows(ofBlock block: Int) -> Range<Int> {
    Int(firstRows[block])..<Int(firstRows[block + 1])
  }
}

/// The directory of one stored column.
struct ColumnDirectory: Sendable {
  /// Offset of each block in its chunk.
  private(set) var offsets: [UInt32] = []
  /// Bytes of all blocks of each group, where they lie back to back.
  private(set) var blockBytes: [Int] = []
  private var validCounts: [UInt16] = []
  private var haveBounds: [Bool] = []
  /// Zone maps as ranks, which compare as the values do; 0 where a block has none.
  private(set) var minimum: [UInt64] = []
  private(set) var maximum: [UInt64] = []

  /// Reads the pieces of a stored column with this position, one for each group.
  init(
    _ pieces: [ArraySlice<UInt8>], position: Int, type: PhysicalType, table: BlockTable,
    footer: SegmentFooter
  ) throws(FooterError) {
    let columns = footer.chunks.count / max(1, footer.groups.count)
    for (group, piece) in pieces.enumerated() {
      do throws(EncodingError) {
        try append(
          piece, type, rows: table.rows[table.blocks(ofGroup: group)],
          footer.chunks[group * columns + position])
      } catch {
        throw .damaged("column \(position), row group \(group): \(error.sentence)")
      }
    }
  }

  private mutating func append(
    _ piece: ArraySlice<UInt8>, _ type: PhysicalType, rows: ArraySlice<UInt16>,
    _ chunk: SegmentFooter.Extent
  ) throws(EncodingError) {
    typealias Mark = SegmentFormat.DirectoryMark
    let count = rows.count
    var reader = NumberStreamReader(piece)
    let marks = try reader.byte()
    let known = Mark.allBounds | Mark.noBounds | Mark.validCounts | Mark.nanBitmap
    guard marks & ~known == 0, marks & (Mark.allBounds | Mark.noBounds) != 3 else {
      throw EncodingError(.badValue("directory marks \(marks)"))
    }
    var haveBounds = [Bool](repeating: marks & Mark.allBounds != 0, count: count)
    if marks & (Mark.allBounds | Mark.noBounds) == 0 {
      haveBounds = try reader.bitmap(count: count)
    }
    if marks & Mark.validCounts != 0 {
      let valid = try reader.integers(UInt16.self, count: count)
      guard zip(valid, rows).allSatisfy({ $0 <= $1 }) else {
        throw EncodingError(.badCount("more values than rows in a block"))
      }
      validCounts += valid
    } else {
      validCounts += rows
    }
    if marks & Mark.nanBitmap != 0 { _ = try reader.bitmap(count: count) }
    if chunk.coding == .values {
      offsets += repeatElement(0, count: count)
      blockBytes.append(0)
    } else {
      var offset: UInt64 = 0
      for bytes in try reader.integers(UInt32.self, count: count) {
        offsets.append(UInt32(truncatingIfNeeded: offset))
        // At most 64 lengths of 32 bits.
        offset += UInt64(bytes)
      }
      let most =
        chunk.coding == .blocks ? UInt64(chunk.byteCount) : UInt64(SegmentLimits.packedBlocksMax)
      guard chunk.coding == .blocks ? offset == most : offset <= most else {
        throw EncodingError(.badCount("blocks of \(offset) bytes in a chunk of \(most)"))
      }
      blockBytes.append(Int(offset))
    }
    try appendBounds(&reader, type, haveBounds)
    guard reader.remaining == 0 else {
      throw EncodingError(.badCount("\(reader.remaining) bytes after the directory's piece"))
    }
  }

  private mutating func appendBounds(
    _ reader: inout NumberStreamReader, _ type: PhysicalType, _ haveBounds: [Bool]
  ) throws(EncodingError) {
    for (isThere, valid) in zip(haveBounds, validCounts.suffix(haveBounds.count)) {
      guard !isThere || valid > 0 else {
        throw EncodingError(.badValue("min and max of a block without values"))
      }
    }
    self.haveBounds += haveBounds
    let count = haveBounds.count { $0 }
    var low: [UInt64] = []
    var high: [UInt64] = []
    if count > 0 {
      switch type {
      case .int128, .uint128, .array, .tuple, .nothing:
        throw EncodingError(.badValue("min and max of values that have none"))
      case .float32, .float64:
        low = try reader.doubles(count: count).map(\.bitPattern)
        high = try reader.doubles(count: count).map(\.bitPattern)
      default:
        low = try reader.integers(UInt64.self, count: count)
        high = try reader.integers(UInt64.self, count: count)
        for i in 0..<count { high[i] &+= low[i] }
      }
    }
    var next = 0
    for isThere in haveBounds {
      minimum.append(isThere ? ZoneImage.rank(low[next], type) : 0)
      maximum.append(isThere ? ZoneImage.rank(high[next], type) : 0)
      next += isThere ? 1 : 0
    }
  }

  func validCount(_ block: Int) -> Int { Int(validCounts[block]) }

  func hasBounds(_ block: Int) -> Bool { haveBounds[block] }
}

/// The offsets of the directory's pieces and the end of the last one, which the section begins with.
func directoryOffsets(_ bytes: [UInt8], count: Int) throws(FooterError) -> [UInt32] {
  let head = 4 * (count + 1)
  guard bytes.count >= head else {
    throw .damaged("\(bytes.count) bytes for the offsets of \(count) pieces")
  }
  let offsets = bytes.littleEndianNumbers(UInt32.self, at: 0, count: count + 1)
  guard Int(offsets[0]) == head, Int(offsets[count]) == bytes.count,
    zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
  else {
    throw .damaged("offsets of the directory that do not ascend from \(head) to \(bytes.count)")
  }
  return offsets
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
