internal import Synchronization
package import TickColumns
public import TickFormats

/// Reads one published segment. May be used from any thread.
///
/// Opening reads the trailer, the header and the footer; sections and chunks are read when they are first
/// needed and their hashes checked then, once.
///
/// Invariants:
/// 1. No byte of a section or chunk is believed before its hash was right in this process.
/// 2. `cache` is the only mutable state and is guarded by its lock; nothing is read from the file under it.
///    Two threads may read the same section at once; the first result is kept, so that dictionaries are one
///    object each.
public final class SegmentReader: Sendable {
  public let descriptor: SegmentDescriptor
  /// In table order, as stored.
  public let fields: [SegmentField]

  let file: any ReadableFile
  let footer: SegmentFooter
  /// Where the footer lies in the file.
  let footerRange: Range<Int>
  /// The columns that have chunks.
  let storedColumns: [SegmentField]
  /// Positions of the run columns in `fields`.
  let runFields: [Int]
  /// By stored column the stored column that it may be differences to.
  let references: [Int?]
  /// By stored column whether another one may be differences to it.
  let isReference: [Bool]
  /// Names this reader among those whose cold chunks are kept.
  let coldIdentity = ColdChunkCache.newReader()
  private let cache: Mutex<Cache>

  private struct Cache {
    var blocks: BlockTable?
    var runs: RunTable?
    var keys: [UInt8]?
    var dictionaries: [Int: StringDictionary]?
    /// The inner nil: candles of a definition that is not known here.
    var candles: CandleIndex??
    /// Where the pieces of the directory begin and where the last one ends, in the section.
    var pieces: [UInt32]?
    var directories: [ColumnDirectory?]
    /// One bit for each chunk.
    var verifiedChunks: [UInt64]
  }

  /// Opens a segment of which the manifest says this.
  public convenience init(
    _ file: any ReadableFile, descriptor: SegmentDescriptor
  ) throws(StorageError) {
    try self.init(opening: file)
    guard self.descriptor == descriptor else {
      throw .corrupt(
        path: file.path, offset: 0, detail: Self.difference(self.descriptor, descriptor))
    }
  }

  /// Opens a segment of which only this much is known. `descriptor` then says the rest.
  public convenience init(
    _ file: any ReadableFile, fileID: UInt64, footerHash: Hash128
  ) throws(StorageError) {
    try self.init(opening: file)
    guard descriptor.fileID == fileID, descriptor.footerHash == footerHash else {
      var expected = descriptor
      expected.fileID = fileID
      expected.footerHash = footerHash
      throw .corrupt(path: file.path, offset: 0, detail: Self.difference(descriptor, expected))
    }
  }

  /// Opens a segment of which nothing is known, for tools: only its own hashes are checked.
  public init(opening file: any ReadableFile) throws(StorageError) {
    let opened = try Self.open(file)
    self.file = file
    footer = opened.footer
    footerRange = opened.range
    descriptor = opened.descriptor
    fields = opened.footer.fields.map(\.field)
    storedColumns = opened.footer.storedColumns
    runFields = opened.footer.runFields
    let stored = opened.footer.storedColumns
    let references: [Int?] = stored.map { column in
      let field = opened.footer.fields.first { $0.field.id == column.id }
      return field?.reference.flatMap { id in stored.firstIndex { $0.id == id } }
    }
    self.references = references
    isReference = stored.indices.map { references.contains($0) }
    cache = Mutex(
      Cache(
        directories: Array(repeating: nil, count: opened.footer.storedColumns.count),
        verifiedChunks: Array(repeating: 0, count: (opened.footer.chunks.count + 63) / 64)))
  }

  deinit {
    if footer.chunks.contains(where: \.coding.isCold) {
      ColdChunkCache.shared.drop(reader: coldIdentity)
    }
  }

  private static func difference(
    _ found: SegmentDescriptor, _ expected: SegmentDescriptor
  ) -> String {
    if found.fileID != expected.fileID {
      return "it is file \(found.fileID) where file \(expected.fileID) is expected"
    }
    if found.byteCount != expected.byteCount {
      return "it has \(found.byteCount) bytes where \(expected.byteCount) are expected"
    }
    if found.footerHash != expected.footerHash {
      return "footer hash \(found.footerHash) where \(expected.footerHash) is expected"
    }
    return "its row count, sequences or bounds are not those of the manifest"
  }

  // MARK: Shape

  public var rowCount: Int { footer.rowCount }
  public var groupCount: Int { footer.groups.count }

  /// Rows of a group, 1 to 65,536.
  public func rowCount(ofGroup group: Int) -> Int { footer.groups[group].rowCount }

  /// The position of a group's first row in the segment.
  public func firstRow(ofGroup group: Int) throws(StorageError) -> Int {
    let table = try blockTable()
    return Int(table.firstRows[table.firstBlocks[group]])
  }

  /// Rows of each block of a group, in order.
  public func blockRowCounts(ofGroup group: Int) throws(StorageError) -> [Int] {
    let table = try blockTable()
    return table.rows[table.blocks(ofGroup: group)].map { Int($0) }
  }

  // MARK: Sections, read when first needed

  func blockTable() throws(StorageError) -> BlockTable {
    if let known = cache.withLock({ $0.blocks }) { return known }
    let bytes = try section(.blocks)
    let made = try checked(.blocks) { () throws(FooterError) in try BlockTable(bytes, footer) }
    return cache.withLock { cache in
      let kept = cache.blocks ?? made
      cache.blocks = kept
      return kept
    }
  }

  func directory(_ stored: Int) throws(StorageError) -> ColumnDirectory {
    if let known = cache.withLock({ $0.directories[stored] }) { return known }
    let table = try blockTable()
    let offsets = try directoryPieces()
    let first = stored * groupCount
    let base = Int(offsets[first])
    let start = footer.sections[.directory]?.offset ?? 0
    let range = start + base..<start + Int(offsets[first + groupCount])
    let bytes = try file.withBytes(range) { (bytes) throws(StorageError) in
      unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
    let pieces = (first..<first + groupCount).map {
      bytes[Int(offsets[$0]) - base..<Int(offsets[$0 + 1]) - base]
    }
    let type = storedColumns[stored].type.physical
    let made = try checked(.directory) { () throws(FooterError) in
      try ColumnDirectory(pieces, position: stored, type: type, table: table, footer: footer)
    }
    return cache.withLock { cache in
      let kept = cache.directories[stored] ?? made
      cache.directories[stored] = kept
      return kept
    }
  }

  /// The directory is verified as a whole and read column by column.
  private func directoryPieces() throws(StorageError) -> [UInt32] {
    if let known = cache.withLock({ $0.pieces }) { return known }
    let bytes = try section(.directory)
    let made = try checked(.directory) { () throws(FooterError) in
      try directoryOffsets(bytes, count: groupCount * storedColumns.count)
    }
    cache.withLock { $0.pieces = made }
    return made
  }

  func runTable() throws(StorageError) -> RunTable {
    if let known = cache.withLock({ $0.runs }) { return known }
    let dictionaries = try dictionaries()
    let bytes = try section(.runs)
    let made = try checked(.runs) { () throws(FooterError) in
      let table = try RunTable(bytes, footer)
      for (column, field) in runFields.enumerated() {
        try table.check(column, type: fields[field].type, dictionary: dictionaries[field])
      }
      return table
    }
    return cache.withLock { cache in
      let kept = cache.runs ?? made
      cache.runs = kept
      return kept
    }
  }

  /// By position in `fields`.
  func dictionaries() throws(StorageError) -> [Int: StringDictionary] {
    if let known = cache.withLock({ $0.dictionaries }) { return known }
    guard footer.sections[.dictionaries] != nil else { return [:] }
    let bytes = try section(.dictionaries)
    let made = try checked(.dictionaries) { () throws(FooterError) in
      try readDictionaries(bytes, footer)
    }
    return cache.withLock { cache in
      let kept = cache.dictionaries ?? made
      cache.dictionaries = kept
      return kept
    }
  }

  /// The strings of a low-cardinality field; nil for other fields and those that the segment lacks.
  package func dictionary(ofField id: UInt32) throws(StorageError) -> StringDictionary? {
    guard let position = fields.firstIndex(where: { $0.id == id }) else { return nil }
    return try dictionaries()[position]
  }

  /// What the candles section has; nil where there is none, or one of another definition.
  func candleIndex() throws(StorageError) -> CandleIndex? {
    if let known = cache.withLock({ $0.candles }) { return known }
    guard footer.sections[.candles] != nil else { return nil }
    let bytes = try section(.candles)
    let made = try checked(.candles) { () throws(FooterError) in
      try CandleIndex.read(bytes, groupCount: groupCount)
    }
    cache.withLock { $0.candles = .some(made) }
    return made
  }

  /// The sparse keys, `footer.keySlotBytes` for each block.
  func sparseKeys() throws(StorageError) -> [UInt8] {
    if let known = cache.withLock({ $0.keys }) { return known }
    let bytes = try section(.keys)
    let expected = footer.blockCount * footer.keySlotBytes
    try checked(.keys) { () throws(FooterError) in
      guard bytes.count == expected else {
        throw .damaged("\(bytes.count) bytes where \(expected) are expected")
      }
    }
    return cache.withLock { cache in
      let kept = cache.keys ?? bytes
      cache.keys = kept
      return kept
    }
  }

  private func section(_ kind: SegmentFormat.SectionKind) throws(StorageError) -> [UInt8] {
    guard let extent = footer.sections[kind] else {
      throw .corrupt(path: file.path, offset: 0, detail: "no section of kind \(kind.rawValue)")
    }
    return try file.withBytes(extent.offset..<extent.offset + extent.byteCount) {
      (bytes) throws(StorageError) in
      try verify(bytes, extent, "section \(kind)")
      return unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
  }

  private func checked<Result>(
    _ kind: SegmentFormat.SectionKind, _ body: () throws(FooterError) -> Result
  ) throws(StorageError) -> Result {
    do throws(FooterError) {
      return try body()
    } catch {
      throw Self.storageError(
        error, file.path, offset: footer.sections[kind]?.offset ?? 0, what: "section \(kind)")
    }
  }

  // MARK: Chunks

  /// Lends the wanted bytes of a chunk, which is read and checked whole the first time.
  func withChunk<Result>(
    _ chunk: Int, _ wanted: Range<Int>, _ body: (borrowing RawSpan) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    let extent = footer.chunks[chunk]
    let bit: UInt64 = 1 << UInt64(chunk & 63)
    let isVerified = cache.withLock { $0.verifiedChunks[chunk >> 6] & bit != 0 }
    if !isVerified {
      try file.withBytes(extent.offset..<extent.offset + extent.byteCount) {
        (bytes) throws(StorageError) in try verify(bytes, extent, "chunk \(chunk)")
      }
      cache.withLock { $0.verifiedChunks[chunk >> 6] |= bit }
    }
    return try file.withBytes(
      extent.offset + wanted.lowerBound..<extent.offset + wanted.upperBound, body)
  }

  /// Verifies bytes that nothing here reads.
  func checkHash(_ extent: SegmentFooter.Extent) throws(StorageError) {
    try file.withBytes(extent.offset..<extent.offset + extent.byteCount) {
      (bytes) throws(StorageError) in
      try verify(bytes, extent, "a section")
    }
  }

  private func verify(
    _ bytes: borrowing RawSpan, _ extent: SegmentFooter.Extent, _ what: String
  ) throws(StorageError) {
    let found = xxh3_64(bytes)
    guard found == extent.hash || PlantedBug.isOn(.chunkChecksumNotCompared) else {
      throw .corrupt(
        path: file.path, offset: extent.offset,
        detail: "\(what) has checksum \(hex(found)) where \(hex(extent.hash)) is expected")
    }
  }
}

// MARK: Opening

extension SegmentReader {
  private static func open(
    _ file: any ReadableFile
  ) throws(StorageError) -> (
    footer: SegmentFooter, range: Range<Int>, descriptor: SegmentDescriptor
  ) {
    let path = file.path
    let frame = SegmentFormat.headerBytes + SegmentFormat.trailerBytes
    guard file.length >= frame else {
      throw .corrupt(
        path: path, offset: 0,
        detail: "\(file.length) bytes, where a segment has \(frame) at least")
    }
    let header = try bytes(of: file, 0..<SegmentFormat.headerBytes)
    let fileID = try checkHeader(header, path)
    let trailerStart = file.length - SegmentFormat.trailerBytes
    let trailer = try bytes(of: file, trailerStart..<file.length)
    let (extent, hash) = try readTrailer(trailer, at: trailerStart, path)
    let footerBytes = try bytes(of: file, extent)
    let found = xxh3_128(footerBytes)
    guard found == hash else {
      throw .corrupt(
        path: path, offset: extent.lowerBound,
        detail: "the footer has checksum \(found) where \(hash) is expected")
    }
    let footer: SegmentFooter
    do throws(FooterError) {
      footer = try SegmentFooter(
        footerBytes, data: SegmentFormat.headerBytes..<extent.lowerBound)
      guard footer.headerHash == xxh3_64(header) else {
        throw .damaged("it belongs to another header")
      }
    } catch {
      throw storageError(error, path, offset: extent.lowerBound, what: "the footer")
    }
    let descriptor = SegmentDescriptor(
      fileID: fileID, byteCount: file.length, footerHash: hash, rowCount: footer.rowCount,
      sequenceMinimum: footer.sequenceMinimum, sequenceMaximum: footer.sequenceMaximum,
      bounds: Dictionary(uniqueKeysWithValues: footer.fields.map { ($0.field.id, $0.bounds) }))
    return (footer, extent, descriptor)
  }

  private static func bytes(
    of file: any ReadableFile, _ range: Range<Int>
  ) throws(StorageError) -> [UInt8] {
    try file.withBytes(range) { (bytes) throws(StorageError) in
      unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
  }

  /// Checks magic, hash, version and features in this order, so that damage and a newer format are told apart.
  private static func checkHeader(_ bytes: [UInt8], _ path: String) throws(StorageError) -> UInt64 {
    guard bytes.starts(with: SegmentFormat.magic) else {
      throw .corrupt(path: path, offset: 0, detail: "it does not begin as a segment")
    }
    let hash = number(bytes, 56)
    let found = xxh3_64(Array(bytes[..<56]))
    guard found == hash else {
      throw .corrupt(
        path: path, offset: 0,
        detail: "the header has checksum \(hex(found)) where \(hex(hash)) is expected")
    }
    let major = UInt16(truncatingIfNeeded: number(bytes, 8))
    let minor = UInt16(truncatingIfNeeded: number(bytes, 8) >> 16)
    try FormatVersion.require(
      major: major, minor: minor, incompat: number(bytes, 16), path: path)
    return number(bytes, 32)
  }

  private static func readTrailer(
    _ bytes: [UInt8], at start: Int, _ path: String
  ) throws(StorageError) -> (footer: Range<Int>, hash: Hash128) {
    guard bytes[56...].elementsEqual(SegmentFormat.trailerMagic) else {
      throw .corrupt(
        path: path, offset: start, detail: "it does not end as a segment; it may have been cut")
    }
    let hash = number(bytes, 48)
    let found = xxh3_64(Array(bytes[..<48]))
    guard found == hash else {
      throw .corrupt(
        path: path, offset: start,
        detail: "the trailer has checksum \(hex(found)) where \(hex(hash)) is expected")
    }
    let length = start + SegmentFormat.trailerBytes
    guard number(bytes, 32) == UInt64(length) else {
      throw .corrupt(
        path: path, offset: start,
        detail: "it has \(length) bytes where \(number(bytes, 32)) are expected")
    }
    guard let offset = Int(exactly: number(bytes, 0)), let count = Int(exactly: number(bytes, 8)),
      offset >= SegmentFormat.headerBytes, offset <= start, count <= start - offset
    else {
      throw .corrupt(
        path: path, offset: start,
        detail: "a footer of \(number(bytes, 8)) bytes at \(number(bytes, 0))")
    }
    let footerHash = Hash128(low: number(bytes, 16), high: number(bytes, 24))
    return (offset..<offset + count, footerHash)
  }

  /// The 8 bytes at an offset of a header or trailer.
  private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    var out: UInt64 = 0
    for i in 0..<8 { out |= UInt64(bytes[offset + i]) << UInt64(8 * i) }
    return out
  }

  static func storageError(
    _ error: FooterError, _ path: String, offset: Int, what: String
  ) -> StorageError {
    switch error {
    case .damaged(let detail): .corrupt(path: path, offset: offset, detail: "\(what): \(detail)")
    case .unknown(let detail):
      .unsupportedFormat(
        path: path, detail: "\(what) has \(detail), which this build does not know")
    }
  }
}

private func hex(_ number: UInt64) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
