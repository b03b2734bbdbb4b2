internal import TickColumns
internal import TickFormats

/// Writes one segment: sorts, cuts, encodes, hashes.
///
/// The caller names the file, makes it durable and publishes it (write temporary, sync, rename, sync the
/// directory); here bytes are only written, front to back, each once.
///
/// Invariants:
/// 1. Rows are written in the order of the key, then of the sequence.
/// 2. Beyond the input and its order, memory is one row group, the directory and a write buffer.
public enum SegmentWriter {
  /// Writes a segment into an empty file and describes it. Refuses columns of types that cannot be stored.
  public static func write(
    _ input: SegmentInput, fileID: UInt64, to file: any WritableFile
  ) throws(StorageError) -> SegmentDescriptor {
    try check(input)
    var build = SegmentBuild(input, try rowSizes(input), file: file)
    try build.append(SegmentFooter.header(fileID: fileID))
    try build.writeGroups()
    try build.writeSections()
    return try build.finish(fileID: fileID)
  }

  private static func check(_ input: SegmentInput) throws(StorageError) {
    precondition(
      input.fields.count == input.columns.count, "a segment needs a column for each field")
    let rowCount = input.sequences.count
    guard rowCount <= SegmentLimits.rowsMax else {
      throw .limit("\(rowCount) rows for one segment, which holds \(SegmentLimits.rowsMax) at most")
    }
    // What a reader would refuse must not be written.
    guard Set(input.fields.map(\.id)).count == input.fields.count,
      Set(input.fields.map(\.name)).count == input.fields.count
    else { throw .conflict("a field id or name stands twice among the columns of a segment") }
    for (field, column) in zip(input.fields, input.columns) {
      precondition(
        field.type.physical == column.type.physical && column.count == rowCount,
        "column \(field.name) has another type or length than its field")
      precondition(field.id < SegmentField.firstReservedID, "field id \(field.id) is reserved")
      guard field.type.isStorable, field.type.isReadBack else {
        throw .conflict("column \(field.name) has type \(field.type), which cannot be stored")
      }
    }
    for column in input.key {
      precondition(column.column.count == rowCount, "a key column has another length than the rows")
      guard column.column.type.isStorableKey, column.column.type.isReadBack else {
        throw .conflict("a key column has type \(column.column.type), which cannot be ordered by")
      }
    }
  }

  /// The sizes of the columns whose rows may be large, none of which is too large.
  private static func rowSizes(
    _ input: SegmentInput
  ) throws(StorageError) -> [SegmentLayout.RowSizes] {
    var out: [SegmentLayout.RowSizes] = []
    for (field, column) in zip(input.fields, input.columns) {
      let sizes: SegmentLayout.RowSizes
      switch column.values {
      case .string(let strings): sizes = .strings(strings)
      case .array, .tuple: sizes = .each(column.rawSizes)
      default: continue
      }
      for row in 0..<column.count where sizes.size(at: row) > BlockLimits.stringBytesMax {
        throw .limit(
          "a value of \(sizes.size(at: row)) bytes in column \(field.name), where "
            + "\(BlockLimits.stringBytesMax) are the most")
      }
      out.append(sizes)
    }
    return out
  }
}

extension DataType {
  /// True when the name that a footer keeps gives the type again.
  fileprivate var isReadBack: Bool {
    // Losing the reason is right: the caller says that the type cannot be stored.
    (try? DataType.parse(description)) == self
  }
}

/// A segment while it is written.
private struct SegmentBuild {
  private let input: SegmentInput
  private let output: any WritableFile
  private var buffer: [UInt8] = []
  private var written = 0

  /// Sorted position -> row of the input; nil when they are the same.
  private let order: [Int32]?
  /// By position in `fields`: the dictionary of a low-cardinality field and the new code of every old one.
  private let dictionaries: [LocalDictionary?]
  /// Positions of the run columns in `fields`; empty when blocks are shared.
  private let runFields: [Int]
  /// For each run column the value of each run.
  private let runValues: [[Int32]]
  private let runCount: Int
  private let layout: SegmentLayout
  /// Positions in `fields` of the columns that have chunks; `_sequence` follows them.
  private let storedFields: [Int]

  private var chunks: [SegmentFooter.Extent] = []
  private var sections: [SegmentFormat.SectionKind: SegmentFooter.Extent] = [:]
  private var directories: [DirectoryBuilder]
  /// By stored column how its blocks so far were encoded.
  private var hints: [EncodingHint]
  /// And its cold chunks.
  private var coldHints: [ColdHint]
  /// By stored column the position of the stored column that it may be differences to.
  private var references: [Int?] = []
  /// Nil where the segment has no candles.
  private var candles: CandleBuilder?
  private var keySlotBytes = 0
  private var keyColumns: [SegmentFooter.KeyColumn] = []

  init(_ input: SegmentInput, _ sizes: [SegmentLayout.RowSizes], file: any WritableFile) {
    self.input = input
    output = file
    let rowCount = input.sequences.count
    let permutation = sortPermutation(
      input.key.map { SortKey($0.column) }, rowCount: rowCount, tieBreak: input.sequences)
    let isInOrder = permutation.indices.allSatisfy { permutation[$0] == Int32($0) }
    let order = isInOrder ? nil : permutation
    self.order = order
    let candidates = Self.runCandidates(input)
    let dictionaries = input.columns.map { LocalDictionary($0) }
    self.dictionaries = dictionaries
    let values = candidates.map {
      Self.runValues(input.columns[$0], dictionaries[$0], order)
    }
    let starts = Self.starts(values, rowCount: rowCount)
    let hasRuns =
      !candidates.isEmpty && rowCount > 0
      && rowCount >= starts.count * SegmentLimits.runRowsMin
    runFields = hasRuns ? candidates : []
    runValues = hasRuns ? values.map { column in starts.map { column[$0] } } : []
    runCount = hasRuns ? starts.count : 0
    layout = SegmentLayout(
      rowCount: rowCount, runStarts: hasRuns ? starts : nil, sizes: sizes, order: order)
    let implied = Set(hasRuns ? candidates : [])
    storedFields = input.fields.indices.filter { !implied.contains($0) }
    directories = Array(repeating: DirectoryBuilder(), count: storedFields.count + 1)
    hints = Array(repeating: EncodingHint(), count: storedFields.count + 1)
    coldHints = Array(repeating: ColdHint(), count: storedFields.count + 1)
    references =
      ReferenceChoice(storedFields.map { input.columns[$0] }, layout.blocks) {
        column, rows in
        order.map { column.gather(Array($0[rows])) } ?? column.slice(rows)
      }.references
    candles = input.candles.flatMap {
      CandleBuilder(
        $0, fields: input.fields, key: input.key.map(\.fieldID), runColumns: runFields.count)
    }
  }

  /// The leading key columns that a run table can imply, as positions in `fields`.
  private static func runCandidates(_ input: SegmentInput) -> [Int] {
    var out: [Int] = []
    for column in input.key {
      guard let id = column.fieldID,
        let position = input.fields.firstIndex(where: { $0.id == id }),
        input.fields[position].type.isRunColumn, !out.contains(position)
      else { break }
      out.append(position)
    }
    return out
  }

  /// Codes or small numbers of a run column, in sorted order.
  private static func runValues(
    _ column: Column, _ dictionary: LocalDictionary?, _ order: [Int32]?
  ) -> [Int32] {
    let values: [Int32]
    switch column.values {
    case .codes(let codes, _):
      let new = dictionary?.newCodes ?? []
      values = codes.map { Int32(bitPattern: new[Int($0)]) }
    case .int8(let numbers): values = numbers.map { Int32($0) }
    case .int16(let numbers): values = numbers.map { Int32($0) }
    case .uint8(let numbers): values = numbers.map { Int32($0) }
    default: preconditionFailure("a run column of type \(column.type)")
    }
    return order.map { $0.map { values[Int($0)] } } ?? values
  }

  private static func starts(_ columns: [[Int32]], rowCount: Int) -> [Int] {
    guard rowCount > 0 else { return [] }
    var out = [0]
    for row in 1..<max(1, rowCount) {
      for column in columns where column[row] != column[row - 1] {
        out.append(row)
        break
      }
    }
    return out
  }

  // MARK: Bytes

  mutating func append(_ bytes: [UInt8]) throws(StorageError) {
    buffer += bytes
    if buffer.count >= SegmentLimits.writeBufferBytes { try flush() }
  }

  private mutating func flush() throws(StorageError) {
    try output.writeAll(buffer[...], at: written)
    written += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  private var position: Int { written + buffer.count }

  private mutating func align() throws(StorageError) {
    let rest = position % SegmentFormat.alignment
    if rest != 0 { try append([UInt8](repeating: 0, count: SegmentFormat.alignment - rest)) }
  }

  // MARK: Chunks

  mutating func writeGroups() throws(StorageError) {
    let sequences = Column(.uint64, .uint64(input.sequences))
    for group in layout.groups {
      let blocks = layout.blocks[group]
      guard let first = blocks.first, let last = blocks.last else { continue }
      let rows = first.rows.lowerBound..<last.rows.upperBound
      let isReference = Set(references.compactMap { $0 })
      let inCandles = candles == nil ? [] : Set(input.candles?.fieldIDs ?? [])
      var kept: [Int: Column] = [:]
      for (stored, field) in storedFields.enumerated() {
        let part = sorted(input.columns[field], rows, dictionaries[field])
        let reference = references[stored].flatMap { kept[$0] }
        try writeChunk(part, reference, firstRow: rows.lowerBound, blocks, stored)
        if isReference.contains(stored) || inCandles.contains(input.fields[field].id) {
          kept[stored] = part
        }
      }
      let part = sorted(sequences, rows, nil)
      try writeChunk(part, nil, firstRow: rows.lowerBound, blocks, storedFields.count)
      let runs = CandleBuilder.runs(
        blocks.map { UInt32($0.run) }, blocks.map { UInt16($0.rows.count) })
      candles?.add(runs) { id in
        guard let id else { return part }
        guard let stored = storedFields.firstIndex(where: { input.fields[$0].id == id }),
          let column = kept[stored]
        else { preconditionFailure("candles of field \(id), which has no chunks") }
        return column
      }
    }
  }

  /// The rows of a range of the sorted order, with codes of the segment's dictionary.
  private func sorted(
    _ column: Column, _ rows: Range<Int>, _ dictionary: LocalDictionary?
  ) -> Column {
    let part = order.map { column.gather(Array($0[rows])) } ?? column.slice(rows)
    guard let dictionary, case .codes(let codes, _) = part.values else { return part }
    return Column(
      part.type, .codes(codes.map { dictionary.newCodes[Int($0)] }, dictionary.dictionary),
      validity: part.validity)
  }

  private mutating func writeChunk(
    _ column: Column, _ reference: Column?, firstRow: Int,
    _ blocks: ArraySlice<SegmentLayout.Block>, _ stored: Int
  ) throws(StorageError) {
    var bytes: [UInt8] = []
    for block in blocks {
      let rows = (block.rows.lowerBound - firstRow)..<(block.rows.upperBound - firstRow)
      let summary = encodeBlock(
        column, rows: rows, reference: reference, hint: &hints[stored], into: &bytes)
      directories[stored].append(summary)
    }
    var coding = SegmentFormat.ChunkCoding.blocks
    if input.isCold,
      let cold = ColdChunk(column, reference, blocks: bytes, hint: &coldHints[stored])
    {
      coding = cold.coding
      bytes = cold.bytes
    }
    chunks.append(
      SegmentFooter.Extent(
        offset: position, byteCount: bytes.count, hash: xxh3_64(bytes), coding: coding))
    try append(bytes)
  }

  // MARK: Sections

  mutating func writeSections() throws(StorageError) {
    var rows: [UInt8] = []
    for block in layout.blocks { rows.appendLittleEndian(UInt16(block.rows.count)) }
    try writeSection(.blocks, rows)
    try writeSection(.directory, directory())
    describeKey()
    // Runs and zone maps say as much as sparse keys do.
    if !input.key.isEmpty, runFields.isEmpty { try writeSection(.keys, keys()) }
    if !runFields.isEmpty { try writeSection(.runs, runs()) }
    if dictionaries.contains(where: { $0 != nil }) {
      try writeSection(.dictionaries, dictionaryBytes())
    }
    if let bytes = candles?.bytes { try writeSection(.candles, bytes) }
  }

  private mutating func writeSection(
    _ kind: SegmentFormat.SectionKind, _ bytes: [UInt8]
  ) throws(StorageError) {
    try align()
    sections[kind] = SegmentFooter.Extent(
      offset: position, byteCount: bytes.count, hash: xxh3_64(bytes))
    try append(bytes)
  }

  /// Pieces column by column, in a column group by group, after the offsets of all.
  private func directory() -> [UInt8] {
    var pieces: [[UInt8]] = []
    for (stored, builder) in directories.enumerated() {
      let type = stored < storedFields.count ? input.columns[storedFields[stored]].type : .uint64
      for (number, group) in layout.groups.enumerated() {
        let chunk = chunks[number * directories.count + stored]
        pieces.append(
          builder.piece(
            group, rowCounts: layout.blocks[group].map(\.rows.count), type: type.physical,
            hasByteCounts: chunk.coding != .values))
      }
    }
    var out: [UInt8] = []
    var offset = 4 * (pieces.count + 1)
    for piece in pieces {
      out.appendLittleEndian(UInt32(offset))
      offset += piece.count
    }
    out.appendLittleEndian(UInt32(offset))
    for piece in pieces { out += piece }
    return out
  }

  private func fieldPosition(_ column: SegmentKeyColumn) -> Int? {
    column.fieldID.flatMap { id in input.fields.firstIndex { $0.id == id } }
  }

  private mutating func describeKey() {
    keyColumns = input.key.map { column in
      SegmentFooter.KeyColumn(
        fieldID: fieldPosition(column) == nil ? nil : column.fieldID, type: column.column.type)
    }
  }

  /// The first key of each block.
  private mutating func keys() -> [UInt8] {
    let components = input.key.map { column in
      SparseKey.Component(
        column.column.type,
        dictionary: fieldPosition(column).flatMap { dictionaries[$0]?.dictionary })
    }
    keySlotBytes = SparseKey.slotBytes(components)
    var out: [UInt8] = []
    out.reserveCapacity(layout.blocks.count * keySlotBytes)
    for block in layout.blocks {
      let row = order.map { Int($0[block.rows.lowerBound]) } ?? block.rows.lowerBound
      var key: [UInt8] = []
      for (column, component) in zip(input.key, components) {
        let isWritten = SparseKey.append(column.column.value(at: row), component, to: &key)
        precondition(isWritten, "a key value that its own column cannot hold")
        if key.count >= keySlotBytes { break }
      }
      out += key.prefix(keySlotBytes)
      out += repeatElement(0, count: max(0, keySlotBytes - key.count))
    }
    return out
  }

  private func runs() -> [UInt8] {
    var out: [UInt8] = []
    var run = -1
    for (index, block) in layout.blocks.enumerated() where block.run != run {
      out.appendLittleEndian(UInt32(index))
      run = block.run
    }
    out.padWithZeros(toMultipleOf: 8)
    for column in runValues {
      for value in column { out.appendLittleEndian(value) }
      out.padWithZeros(toMultipleOf: 8)
    }
    return out
  }

  private func dictionaryBytes() -> [UInt8] {
    var out: [UInt8] = []
    for (field, local) in zip(input.fields, dictionaries) {
      guard let values = local?.dictionary.values else { continue }
      out.appendLittleEndian(field.id)
      out.appendLittleEndian(UInt32(values.count))
      for offset in values.offsets { out.appendLittleEndian(UInt64(offset)) }
      out += values.bytes
      out.padWithZeros(toMultipleOf: 8)
    }
    return out
  }

  // MARK: Footer

  consuming func finish(fileID: UInt64) throws(StorageError) -> SegmentDescriptor {
    let sequenceBounds = directories[storedFields.count].bounds(.uint64)
    var stored: [SegmentFooter.StoredField] = []
    for (position, field) in input.fields.enumerated() {
      let reference = storedFields.firstIndex(of: position).flatMap { references[$0] }
      stored.append(
        SegmentFooter.StoredField(
          field: field, reference: reference.map { input.fields[storedFields[$0]].id },
          bounds: bounds(position)))
    }
    let footer = SegmentFooter(
      headerHash: xxh3_64(SegmentFooter.header(fileID: fileID)),
      rowCount: input.sequences.count, blockCount: layout.blocks.count, runCount: runCount,
      runColumnCount: runFields.count, keySlotBytes: keySlotBytes,
      layout: runFields.isEmpty ? .shared : .runs,
      sequenceMinimum: sequenceBounds?.minimum ?? 0,
      sequenceMaximum: sequenceBounds?.maximum ?? 0,
      fields: stored, key: keyColumns,
      groups: layout.groups.map { group in
        let rowCount = layout.blocks[group].reduce(0) { $0 + $1.rows.count }
        return SegmentFooter.Group(blockCount: group.count, rowCount: rowCount)
      },
      chunks: chunks, sections: sections)
    let bytes = footer.encoded
    let hash = xxh3_128(bytes)
    try align()
    let offset = position
    try append(bytes)
    try align()
    let byteCount = position + SegmentFormat.trailerBytes
    try append(
      SegmentFooter.trailer(
        footerOffset: offset, footerBytes: bytes.count, hash: hash, byteCount: byteCount))
    try flush()
    return SegmentDescriptor(
      fileID: fileID, byteCount: byteCount, footerHash: hash, rowCount: footer.rowCount,
      sequenceMinimum: footer.sequenceMinimum, sequenceMaximum: footer.sequenceMaximum,
      bounds: Dictionary(uniqueKeysWithValues: stored.map { ($0.field.id, $0.bounds) }))
  }

  /// The bounds of a field over the whole segment.
  private func bounds(_ position: Int) -> FieldBounds {
    let type = input.fields[position].type.physical
    if let run = runFields.firstIndex(of: position) {
      guard let low = runValues[run].min(), let high = runValues[run].max() else {
        return FieldBounds(minimum: nil, maximum: nil)
      }
      return FieldBounds(
        minimum: lowerBound(UInt64(bitPattern: Int64(low)), type, position),
        maximum: upperBound(UInt64(bitPattern: Int64(high)), type, position))
    }
    guard let stored = storedFields.firstIndex(of: position) else {
      preconditionFailure("a field that is neither stored nor implied")
    }
    let directory = directories[stored]
    var out = FieldBounds(
      minimum: nil, maximum: nil, hasNull: hasNull(directory), hasNaN: directory.hasNaN)
    if case .string(let strings) = input.columns[position].values {
      if let (low, high) = textBounds(strings, input.columns[position].validity) {
        out.minimum = lowerTextBound(strings[low])
        out.maximum = upperTextBound(strings[high])
      }
    } else if let bounds = directory.bounds(type) {
      out.minimum = lowerBound(bounds.minimum, type, position)
      out.maximum = upperBound(bounds.maximum, type, position)
    }
    return out
  }

  private func hasNull(_ directory: DirectoryBuilder) -> Bool {
    zip(layout.blocks, directory.validCounts).contains { $0.rows.count != $1 }
  }

  private func lowerBound(_ image: UInt64, _ type: PhysicalType, _ position: Int) -> Value? {
    text(image, position).map(lowerTextBound) ?? Value(image: image, type)
  }

  private func upperBound(_ image: UInt64, _ type: PhysicalType, _ position: Int) -> Value? {
    if let text = text(image, position) { return upperTextBound(text) }
    return Value(image: image, type)
  }

  /// The text behind a code; nil for other types.
  private func text(_ code: UInt64, _ position: Int) -> ArraySlice<UInt8>? {
    dictionaries[position].map { $0.dictionary.values[Int(code)] }
  }
}
