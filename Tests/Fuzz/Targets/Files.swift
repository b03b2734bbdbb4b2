/// The files of the store. Checksums keep chance away, not those who can write a file; so they are made right, or
/// not looked at, and what lies behind them is read.
import TestSupport
import TickColumns
import TickFormats

@testable import TickStorage

/// Byte 0: a type; bytes 1 to 4: counts of rows and of values; then a block, which may be differences to a column of
/// defaults.
func readBlock(_ input: [UInt8]) {
  var choices = Choices(input)
  let type = choices.pick(FuzzSchema.types)
  let rowCount = choices.short() % 1_200
  let validCount = choices.short() % 1_200
  let bytes = Array(choices.rest)
  let extent = BlockExtent(
    offset: 0, byteCount: bytes.count, rowCount: rowCount, validCount: validCount)
  let reference = type.physical.hasDifferences ? defaults(type.withoutNullable, rowCount) : nil
  do throws(EncodingError) {
    let column = try decodeColumn(
      type, blocks: [extent], of: bytes.span.bytes, dictionary: fewWords, reference: reference)
    require(column.count == rowCount, "a block of \(rowCount) rows gives \(column.count)")
    var written: [UInt8] = []
    let summary = encodeBlock(
      column, rows: 0..<column.count, reference: reference, into: &written)
    let again = try? decodeColumn(
      type,
      blocks: [
        BlockExtent(
          offset: 0, byteCount: written.count, rowCount: rowCount, validCount: summary.validCount)
      ], of: written.span.bytes, dictionary: fewWords, reference: reference)
    let schema = Schema([Field("c", type)])
    require(
      again.map {
        encoded([Batch([$0], rowCount: rowCount)], schema, .rowBinary)
          == encoded([Batch([column], rowCount: rowCount)], schema, .rowBinary)
      } ?? false, "\(type): a block changes when written and read")
  } catch {}
}

private func defaults(_ type: DataType, _ count: Int) -> Column {
  Column(type, repeating: .defaultValue(of: type), count: count)
}

/// The dictionary of low-cardinality blocks.
let fewWords = StringDictionary(StringValues(["", "a", "b", "BTCUSDT"]))

/// A segment; its version and checksums are made right first.
func readSegment(_ input: [UInt8]) {
  let bytes = resealed(input)
  do throws(StorageError) {
    let reader = try SegmentReader(opening: MemoryFile(bytes, path: "a.segment"))
    let constraints = reader.fields.map { field in
      FieldConstraint(fieldID: field.id, condition: .oneOf([.defaultValue(of: field.type)]))
    }
    for constraint in constraints { _ = try? reader.prune([constraint]) }
    _ = reader.descriptor.mayContain(constraints)
    for group in 0..<reader.groupCount {
      let batch = try reader.read(
        group: group, blocks: reader.allBlocks(ofGroup: group), fields: reader.fields + [.sequence],
        sequenceBase: 7)
      require(batch.rowCount <= reader.rowCount(ofGroup: group), "rows beyond those of a group")
      for width in try reader.candleIndex()?.widths ?? [] {
        let found = try reader.candles(group: group, width: width, sequenceBase: 7)
        require(
          found.partials.count == found.runs.count
            && found.partials.rowCounts.reduce(0, +) <= batch.rowCount,
          "partial candles beyond the rows of a group")
      }
      _ = encoded(
        [batch],
        Schema(reader.fields.map { Field($0.name, $0.type) } + [Field("_sequence", .uint64)]),
        .rowBinary)
    }
    try reader.check()
  } catch {
    require(!error.sentence.isEmpty, "an error without a sentence")
  }
}

/// So that saved inputs outlive a change of the format.
private var currentVersion: [UInt8] {
  littleEndian(FormatVersion.major) + littleEndian(FormatVersion.minor)
}

/// A segment whose footer can be read gets the hashes of its parts; trailer and header get theirs always.
private func resealed(_ input: [UInt8]) -> [UInt8] {
  var bytes = input
  let trailerStart = bytes.count - SegmentFormat.trailerBytes
  guard trailerStart >= SegmentFormat.headerBytes else { return bytes }
  bytes.replaceSubrange(
    8..<12, with: littleEndian(FormatVersion.major) + littleEndian(FormatVersion.minor))
  bytes.replaceSubrange(56..<64, with: littleEndian(xxh3_64(Array(bytes[..<56]))))
  var trailer = LittleEndianReader(bytes[trailerStart...])
  guard let offset = (try? trailer.read(UInt64.self)).flatMap({ Int(exactly: $0) }),
    let count = (try? trailer.read(UInt64.self)).flatMap({ Int(exactly: $0) }),
    offset >= SegmentFormat.headerBytes, offset <= trailerStart, count <= trailerStart - offset
  else { return bytes }
  let range = offset..<offset + count
  if var footer = try? SegmentFooter(
    Array(bytes[range]), data: SegmentFormat.headerBytes..<range.lowerBound)
  {
    footer.headerHash = xxh3_64(Array(bytes[..<SegmentFormat.headerBytes]))
    for i in footer.chunks.indices { footer.chunks[i].hash = hash(bytes, footer.chunks[i]) }
    for (kind, extent) in footer.sections { footer.sections[kind]?.hash = hash(bytes, extent) }
    let encoded = footer.encoded
    if encoded.count == range.count { bytes.replaceSubrange(range, with: encoded) }
  }
  bytes.replaceSubrange(
    trailerStart...,
    with: SegmentFooter.trailer(
      footerOffset: range.lowerBound, footerBytes: range.count,
      hash: xxh3_128(Array(bytes[range])), byteCount: bytes.count))
  return bytes
}

private func hash(_ bytes: [UInt8], _ extent: SegmentFooter.Extent) -> UInt64 {
  xxh3_64(Array(bytes[extent.offset..<extent.offset + extent.byteCount]))
}

private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  var out: [UInt8] = []
  out.appendLittleEndian(value)
  return out
}

/// A manifest; the header's version and checksum and its link to the first record are made right, others are not looked at.
func readManifest(_ input: [UInt8]) {
  var bytes = input
  guard bytes.count >= ManifestFile.headerBytes + ManifestFile.recordHeaderBytes else { return }
  bytes.replaceSubrange(8..<12, with: currentVersion)
  let checksum = littleEndian(crc32c(bytes[..<60]))
  bytes.replaceSubrange(60..<64, with: checksum)
  let link = ManifestFile.headerBytes + 12
  bytes.replaceSubrange(link..<link + 4, with: checksum)
  let generation = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[16 + $1]) << (8 * UInt64($1)) }
  do throws(StorageError) {
    let contents = try ManifestContents(
      bytes, path: "MANIFEST", generation: generation, verifiesChecksums: false)
    let state = contents.state
    var rebuilt = ManifestState()
    do throws(StorageError) {
      try rebuilt.apply(state.checkpoint, lsn: state.lsn)
      try rebuilt.raise(to: state.counters)
    } catch {
      fatalError("a state's checkpoint does not apply: \(error.sentence)")
    }
    require(rebuilt == state, "a state changes when written and read")
  } catch {
    require(!error.sentence.isEmpty, "an error without a sentence")
  }
}

/// A file of the write-ahead log; the header's version and checksum are made right, others are not looked at.
func readLog(_ input: [UInt8]) {
  guard input.count >= LogFormat.fileHeaderBytes else { return }
  // A short input is a file with room behind its header, so that mutation need not make it.
  var bytes = Array(input[..<LogFormat.fileHeaderBytes])
  bytes.replaceSubrange(8..<12, with: currentVersion)
  bytes.replaceSubrange(60..<64, with: littleEndian(crc32c(bytes[..<60])))
  bytes += [UInt8](repeating: 0, count: LogFormat.blockBytes - bytes.count)
  bytes += input[LogFormat.fileHeaderBytes...]
  do throws(StorageError) {
    let header = try LogFileHeader(bytes[..<LogFormat.fileHeaderBytes], path: "wal")
    // A manifest that reaches as far as any file may ask.
    var manifest = ManifestState()
    try manifest.apply([], lsn: .max)
    let files = OneLogFile(path: LogFormat.path(number: header.number), bytes: bytes)
    var reader = LogReader(
      DurableFiles(files), identity: header.identity, manifest: manifest,
      verifiesChecksums: false)
    _ = try reader.read { (record, bytes, path) throws(StorageError) in
      for part in try FoundTransaction(bytes, record, path: path).parts {
        let schema = Schema(
          part.columns.enumerated().map { Field("c\($0)", $1.column.type) })
        _ = encoded(
          [Batch(part.columns.map(\.column), rowCount: part.rowCount)], schema, .rowBinary)
      }
    }
  } catch {
    require(!error.sentence.isEmpty, "an error without a sentence")
  }
}

/// A directory that holds one file of the log, for reading.
private struct OneLogFile: FileSystem {
  let path: String
  let bytes: [UInt8]

  private func refuse() -> StorageError {
    .corrupt(path: path, offset: 0, detail: "a directory for reading")
  }

  func create(_ path: String) throws(StorageError) -> any WritableFile { throw refuse() }
  func openForWriting(_ path: String) throws(StorageError) -> any WritableFile { throw refuse() }
  func openForReading(_ path: String) throws(StorageError) -> any ReadableFile {
    guard path == self.path else { throw refuse() }
    return MemoryFile(bytes, path: path)
  }
  func rename(_ from: String, to: String) throws(StorageError) { throw refuse() }
  func remove(_ path: String) throws(StorageError) { throw refuse() }
  func createDirectory(_ path: String) throws(StorageError) { throw refuse() }
  func list(_ directory: String) throws(StorageError) -> [String] {
    directory == "wal" ? [String(path.dropFirst("wal/".count))] : []
  }
  func exists(_ path: String) throws(StorageError) -> Bool { path == self.path }
  func syncDirectory(_ path: String) throws(StorageError) { throw refuse() }
}
