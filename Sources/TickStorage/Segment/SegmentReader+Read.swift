public import TickColumns

/// Decoding blocks into batches.

extension SegmentReader {
  /// Reads blocks of a row group: bit i of `blocks` stands for block i. Columns come in the order of
  /// `wanted`; low-cardinality ones share the segment's dictionary object over all batches, so codes of two
  /// batches can be compared.
  ///
  /// A field that the segment does not have reads as the default of its type; one whose stored type lies
  /// differently in memory is refused. `sequenceBase` is added to `_sequence`.
  public func read(
    group: Int, blocks selection: UInt64, fields wanted: [SegmentField], sequenceBase: UInt64
  ) throws(StorageError) -> Batch {
    let table = try blockTable()
    let range = table.blocks(ofGroup: group)
    precondition(
      range.count == 64 || selection >> UInt64(range.count) == 0,
      "a selection of blocks that row group \(group) does not have")
    let blocks = range.filter { selection >> UInt64($0 - range.lowerBound) & 1 != 0 }
    let rowCount = blocks.reduce(0) { $0 + Int(table.rows[$1]) }
    var columns: [Column] = []
    columns.reserveCapacity(wanted.count)
    var decoded: [Int: Column] = [:]
    for field in wanted {
      columns.append(
        try column(field, group, blocks, rowCount, table, sequenceBase, &decoded))
    }
    return Batch(columns, rowCount: rowCount)
  }

  /// Cuts a selection into stretches of neighbouring blocks of about so many rows, each to be read by itself.
  public func pieces(
    of selection: RowGroupSelection, rows wanted: Int
  ) throws(StorageError) -> [RowGroupSelection] {
    guard selection.rowCount > wanted else { return [selection] }
    let table = try blockTable()
    let first = table.blocks(ofGroup: selection.group).lowerBound
    var out: [RowGroupSelection] = []
    var piece = RowGroupSelection(group: selection.group, blocks: 0, rowCount: 0)
    for block in 0..<UInt64.bitWidth where selection.blocks >> UInt64(block) & 1 != 0 {
      let rows = Int(table.rows[first + block])
      if piece.rowCount > 0, piece.rowCount + rows > wanted {
        out.append(piece)
        piece = RowGroupSelection(group: selection.group, blocks: 0, rowCount: 0)
      }
      piece.blocks |= 1 << UInt64(block)
      piece.rowCount += rows
    }
    out.append(piece)
    return out
  }

  /// The selection of all blocks of a group.
  public func allBlocks(ofGroup group: Int) -> UInt64 {
    UInt64.max >> UInt64(64 - footer.groups[group].blockCount)
  }

  private func column(
    _ field: SegmentField, _ group: Int, _ blocks: [Int], _ rowCount: Int, _ table: BlockTable,
    _ sequenceBase: UInt64, _ known: inout [Int: Column]
  ) throws(StorageError) -> Column {
    if let position = fields.firstIndex(where: { $0.id == field.id }) {
      let type = fields[position].type
      guard field.type.hasLayout(of: type) else {
        throw .conflict(
          "column \(field.name) is stored as \(type) and was asked for as \(field.type)")
      }
      if let run = runFields.firstIndex(of: position) {
        return try implied(field.type, position, run, blocks, rowCount, table)
      }
    } else if field.id != SegmentFormat.sequenceFieldID {
      return Column(field.type, repeating: .defaultValue(of: field.type), count: rowCount)
    }
    guard let stored = storedColumns.firstIndex(where: { $0.id == field.id }) else {
      preconditionFailure("a field that is neither stored nor implied")
    }
    let decoded = try decode(stored, group, blocks, table, &known)
    if field.id == SegmentFormat.sequenceFieldID {
      return try rebased(decoded, sequenceBase, chunk: group * storedColumns.count + stored)
    }
    return decoded.type == field.type ? decoded : decoded.retyped(field.type)
  }

  /// Decodes a stored column, and the one that it is differences to; `known` are those of the same blocks that were.
  func decode(
    _ stored: Int, _ group: Int, _ blocks: [Int], _ table: BlockTable,
    _ known: inout [Int: Column]
  ) throws(StorageError) -> Column {
    if let column = known[stored] { return column }
    let chunk = group * storedColumns.count + stored
    if footer.chunks[chunk].coding == .values {
      let whole = try coldColumn(stored, group, table)
      let column = rows(of: blocks, in: whole, group, table)
      if isReference[stored] { known[stored] = column }
      return column
    }
    var reference: Column?
    if let other = references[stored] {
      reference = try decode(other, group, blocks, table, &known)
    }
    let column = try decode(stored, group, blocks, table, reference: reference)
    if isReference[stored] { known[stored] = column }
    return column
  }

  private func decode(
    _ stored: Int, _ group: Int, _ blocks: [Int], _ table: BlockTable, reference: Column?
  ) throws(StorageError) -> Column {
    let type = storedColumns[stored].type
    let dictionary = try dictionary(ofStored: stored)
    let directory = try directory(stored)
    let chunk = group * storedColumns.count + stored
    let isPacked = footer.chunks[chunk].coding == .packedBlocks
    let chunkBytes = isPacked ? directory.blockBytes[group] : footer.chunks[chunk].byteCount
    let lastBlock = table.blocks(ofGroup: group).upperBound - 1
    func end(_ block: Int) -> Int {
      block == lastBlock ? chunkBytes : Int(directory.offsets[block + 1])
    }
    // Only what lies between the first and the last block is touched.
    let base = blocks.first.map { Int(directory.offsets[$0]) } ?? 0
    let wanted = base..<(blocks.last.map(end) ?? base)
    let extents = blocks.map { block in
      let start = Int(directory.offsets[block])
      return BlockExtent(
        offset: start - base, byteCount: end(block) - start, rowCount: Int(table.rows[block]),
        validCount: directory.validCount(block))
    }
    func decoded(_ bytes: borrowing RawSpan) throws(StorageError) -> Column {
      do throws(EncodingError) {
        return try decodeColumn(
          type, blocks: extents, of: bytes, dictionary: dictionary, reference: reference)
      } catch {
        let place = isPacked ? 0 : base + (error.block.map { extents[$0].offset } ?? 0)
        throw .corrupt(
          path: file.path, offset: footer.chunks[chunk].offset + place,
          detail: "chunk \(chunk): \(error.sentence)")
      }
    }
    guard isPacked else {
      return try withChunk(chunk, wanted) { (bytes) throws(StorageError) in try decoded(bytes) }
    }
    let bytes = try unpackedBlocks(chunk, byteCount: chunkBytes)
    return unsafe try decoded(bytes.span.extracting(wanted).bytes)
  }

  /// The strings that codes of a stored column mean.
  func dictionary(ofStored stored: Int) throws(StorageError) -> StringDictionary? {
    guard storedColumns[stored].type.physical == .codes,
      let position = fields.firstIndex(where: { $0.id == storedColumns[stored].id })
    else { return nil }
    return try dictionaries()[position]
  }

  /// A column that the run table implies.
  private func implied(
    _ type: DataType, _ position: Int, _ run: Int, _ blocks: [Int], _ rowCount: Int,
    _ table: BlockTable
  ) throws(StorageError) -> Column {
    let runs = try runTable()
    let values = runs.values[run]
    func spread<Number: FixedWidthInteger>(_ type: Number.Type) -> [Number] {
      var out: [Number] = []
      out.reserveCapacity(rowCount)
      for block in blocks {
        let value = Number(truncatingIfNeeded: values[Int(runs.runOfBlock[block])])
        out.append(contentsOf: repeatElement(value, count: Int(table.rows[block])))
      }
      return out
    }
    switch type.physical {
    case .codes:
      guard let dictionary = try dictionaries()[position] else {
        preconditionFailure("a low-cardinality field without a dictionary")
      }
      return Column(type, .codes(spread(UInt32.self), dictionary))
    case .int8: return Column(type, .int8(spread(Int8.self)))
    case .int16: return Column(type, .int16(spread(Int16.self)))
    default: return Column(type, .uint8(spread(UInt8.self)))
    }
  }

  private func rebased(
    _ column: Column, _ base: UInt64, chunk: Int
  ) throws(StorageError) -> Column {
    guard base > 0, case .uint64(var sequences) = column.values else { return column }
    // Above each of them, and nearly always far below the limit.
    var bound: UInt64 = 0
    for sequence in sequences { bound |= sequence }
    let largest = bound.addingReportingOverflow(base).overflow ? sequences.max() ?? 0 : bound
    guard !largest.addingReportingOverflow(base).overflow else {
      throw .corrupt(
        path: file.path, offset: footer.chunks[chunk].offset,
        detail: "sequence \(largest) with base \(base) exceeds 64 bits")
    }
    for i in sequences.indices { sequences[i] &+= base }
    return Column(.uint64, .uint64(sequences))
  }

  /// Verifies everything: every hash, every block, every count, and that gaps are zero. For
  /// `tickbase check`; reading needs it not.
  public func check() throws(StorageError) {
    if footer.sections[.dictionaries] != nil { _ = try dictionaries() }
    if footer.layout == .runs { _ = try runTable() }
    if footer.keySlotBytes > 0 { try checkKeys() }
    try checkCandles()
    var sequences = (minimum: UInt64.max, maximum: UInt64.min)
    for group in 0..<groupCount {
      let batch = try read(
        group: group, blocks: allBlocks(ofGroup: group), fields: fields + [.sequence],
        sequenceBase: 0)
      guard let last = batch.columns.last, case .uint64(let found) = last.values else { continue }
      for sequence in found {
        sequences.minimum = min(sequences.minimum, sequence)
        sequences.maximum = max(sequences.maximum, sequence)
      }
    }
    if rowCount > 0 {
      guard sequences.minimum == descriptor.sequenceMinimum,
        sequences.maximum == descriptor.sequenceMaximum
      else {
        throw .corrupt(
          path: file.path, offset: 0,
          detail: "sequences \(sequences.minimum) to \(sequences.maximum) where the footer says "
            + "\(descriptor.sequenceMinimum) to \(descriptor.sequenceMaximum)")
      }
    }
    for extent in footer.unknownSections { try checkHash(extent) }
    try checkGaps()
  }

  /// Verifies every hash, and decodes nothing: that the bytes are those that were written.
  func checkHashes() throws(StorageError) {
    for extent in footer.chunks + footer.sections.values + footer.unknownSections {
      try checkHash(extent)
    }
    try checkGaps()
  }

  private func checkKeys() throws(StorageError) {
    let keys = try sparseKeys()
    let slot = footer.keySlotBytes
    for block in 1..<max(1, footer.blockCount) {
      let before = keys[(block - 1) * slot..<block * slot]
      if StringValues.compare(before, keys[block * slot..<(block + 1) * slot]) > 0 {
        throw .corrupt(
          path: file.path, offset: footer.sections[.keys]?.offset ?? 0,
          detail: "the first key of block \(block) is below that of the block before it")
      }
    }
  }

  /// Bytes that no hash covers must be zero: they pad sections, and a change there is damage as well.
  private func checkGaps() throws(StorageError) {
    var end = SegmentFormat.headerBytes
    let extents = (footer.chunks + footer.sections.values + footer.unknownSections)
      .sorted { $0.offset < $1.offset }
    for extent in extents {
      try checkGap(end..<max(end, extent.offset))
      end = max(end, extent.offset + extent.byteCount)
    }
    try checkGap(end..<max(end, footerRange.lowerBound))
    let trailer = descriptor.byteCount - SegmentFormat.trailerBytes
    try checkGap(footerRange.upperBound..<trailer)
  }

  private func checkGap(_ gap: Range<Int>) throws(StorageError) {
    guard !gap.isEmpty else { return }
    try file.withBytes(gap) { (bytes) throws(StorageError) in
      let isZero = unsafe bytes.withUnsafeBytes { unsafe $0.allSatisfy { $0 == 0 } }
      guard isZero else {
        throw .corrupt(path: file.path, offset: gap.lowerBound, detail: "padding that is not zero")
      }
    }
  }
}
