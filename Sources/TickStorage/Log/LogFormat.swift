/// The bytes of the write-ahead log: the only place with its offsets. The page is storage-format/log.md.
internal import TickColumns

enum LogFormat {
  static let blockBytes = 4096
  static let fileHeaderBytes = 64
  static let groupHeaderBytes = 80
  static let recordHeaderBytes = 48
  // On disk: do not change.
  static let fileMagic: [UInt8] = [0x54, 0x4B, 0x57, 0x41, 0x4C, 0x00, 0x00, 0x00]
  static let groupMagic: UInt32 = 0x5247_4B54  // "TKGR"
  static let recordMagic: UInt32 = 0x4352_4B54  // "TKRC"
  static let rowsKind: UInt32 = 1
  static let markedRowsKind: UInt32 = 2

  static func path(number: UInt64) -> String { "wal/" + hexadecimal(number) + ".wal" }

  static func sparePath(number: UInt64) -> String { "wal/spare-" + hexadecimal(number) }

  static func number(of name: String) -> UInt64? {
    guard name.hasSuffix(".wal") else { return nil }
    return TickStorage.number(hexadecimal: name.dropLast(4))
  }

  static func roundedUp(_ offset: Int) -> Int {
    (offset + blockBytes - 1) / blockBytes * blockBytes
  }
}

struct LogFileHeader: Equatable, Sendable {
  var number: UInt64
  var identity: UInt64
  var previousLSN: LSN
  var manifestLSN: LSN
  var previousEnd: UInt64
  var chain: UInt32

  /// The whole first block.
  var encoded: [UInt8] {
    var out = FieldWriter()
    out.put(LogFormat.fileMagic)
    out.put(FormatVersion.major)
    out.put(FormatVersion.minor)
    out.put(UInt32(0))  // feature bits
    out.put(number)
    out.put(identity)
    out.put(previousLSN)
    out.put(manifestLSN)
    out.put(previousEnd)
    out.put(chain)
    out.put(crc32c(out.bytes[...]))
    out.put(zeros: LogFormat.blockBytes - LogFormat.fileHeaderBytes)
    return out.bytes
  }

  init(
    number: UInt64, identity: UInt64, previousLSN: LSN, manifestLSN: LSN, previousEnd: UInt64,
    chain: UInt32
  ) {
    self.number = number
    self.identity = identity
    self.previousLSN = previousLSN
    self.manifestLSN = manifestLSN
    self.previousEnd = previousEnd
    self.chain = chain
  }

  init(_ bytes: ArraySlice<UInt8>, path: String) throws(StorageError) {
    var reader = FieldReader(bytes, path: path, fileOffset: 0)
    guard try Array(reader.take(8)) == LogFormat.fileMagic else {
      throw .corrupt(path: path, offset: 0, detail: "this is not a log file")
    }
    let major: UInt16 = try reader.integer()
    let minor: UInt16 = try reader.integer()
    let incompat: UInt32 = try reader.integer()
    number = try reader.integer()
    identity = try reader.integer()
    previousLSN = try reader.integer()
    manifestLSN = try reader.integer()
    previousEnd = try reader.integer()
    chain = try reader.integer()
    let checksum: UInt32 = try reader.integer()
    guard crc32c(bytes.prefix(60)) == checksum else {
      throw .corrupt(path: path, offset: 60, detail: "the header's checksum is wrong")
    }
    try FormatVersion.require(major: major, minor: minor, incompat: UInt64(incompat), path: path)
  }
}

struct LogGroupHeader: Equatable, Sendable {
  var lap: UInt64
  var identity: UInt64
  var firstLSN: LSN
  var lastLSN: LSN
  var durableLSN: LSN
  var manifestLSN: LSN
  var byteCount: UInt32
  var recordCount: UInt32
  var chain: UInt32

  var encoded: [UInt8] {
    var out = FieldWriter()
    out.put(LogFormat.groupMagic)
    out.put(UInt32(0))
    out.put(lap)
    out.put(identity)
    out.put(firstLSN)
    out.put(lastLSN)
    out.put(durableLSN)
    out.put(manifestLSN)
    out.put(byteCount)
    out.put(recordCount)
    out.put(chain)
    out.put(zeros: 12)
    out.patch(crc32c(out.bytes[8...]), at: 4)
    return out.bytes
  }

  init(
    lap: UInt64, identity: UInt64, firstLSN: LSN, lastLSN: LSN, durableLSN: LSN, manifestLSN: LSN,
    byteCount: UInt32, recordCount: UInt32, chain: UInt32
  ) {
    self.lap = lap
    self.identity = identity
    self.firstLSN = firstLSN
    self.lastLSN = lastLSN
    self.durableLSN = durableLSN
    self.manifestLSN = manifestLSN
    self.byteCount = byteCount
    self.recordCount = recordCount
    self.chain = chain
  }

  /// Nil when no whole group header of this lap and directory is there. The checksum of the header is the
  /// chain of its first record.
  static func read(
    _ bytes: [UInt8], at position: Int, lap: UInt64, identity: UInt64, verifies: Bool = true
  ) -> (header: LogGroupHeader, checksum: UInt32)? {
    guard position + LogFormat.groupHeaderBytes <= bytes.count,
      word(bytes, at: position) == LogFormat.groupMagic,
      double(bytes, at: position + 8) == lap, double(bytes, at: position + 16) == identity
    else { return nil }
    let checksum = word(bytes, at: position + 4)
    let end = position + LogFormat.groupHeaderBytes
    guard !verifies || crc32c(bytes[position + 8..<end]) == checksum else { return nil }
    let header = LogGroupHeader(
      lap: lap, identity: identity, firstLSN: double(bytes, at: position + 24),
      lastLSN: double(bytes, at: position + 32), durableLSN: double(bytes, at: position + 40),
      manifestLSN: double(bytes, at: position + 48), byteCount: word(bytes, at: position + 56),
      recordCount: word(bytes, at: position + 60), chain: word(bytes, at: position + 64))
    return (header, checksum)
  }
}

/// One record, still as bytes: made by whoever commits, completed by the writer.
struct LogRecord: Sendable {
  var lsn: LSN = 0
  var firstSequence: UInt64 = 0
  let sequenceCount: UInt64
  private let kind: UInt32
  /// Header (not filled in), body and padding.
  private(set) var bytes: [UInt8]
  private let bodyChecksum: UInt32

  init(_ transaction: Transaction) throws(StorageError) {
    var out = FieldWriter()
    out.put(zeros: LogFormat.recordHeaderBytes)
    transaction.encode(into: &out)
    out.pad(to: 8)
    guard out.count <= StorageLimits.transactionBytesMax else {
      throw .limit(
        "a transaction of \(out.count) bytes; the log takes \(StorageLimits.transactionBytesMax), "
          + "write larger ones as segments")
    }
    bytes = out.bytes
    bodyChecksum = crc32c(bytes[LogFormat.recordHeaderBytes...])
    sequenceCount = transaction.sequenceCount
    kind = transaction.mark == nil ? LogFormat.rowsKind : LogFormat.markedRowsKind
  }

  /// The finished bytes and the checksum that the next record is chained to.
  func sealed(chain: UInt32) -> (bytes: [UInt8], checksum: UInt32) {
    var out = FieldWriter()
    out.put(LogFormat.recordMagic)
    out.put(UInt32(0))
    out.put(UInt32(bytes.count))
    out.put(chain)
    out.put(lsn)
    out.put(firstSequence)
    out.put(sequenceCount)
    out.put(kind)
    out.put(bodyChecksum)
    let checksum = crc32c(out.bytes[8...])
    out.patch(checksum, at: 4)
    out.reserve(bytes.count)
    out.put(bytes[LogFormat.recordHeaderBytes...])
    return (out.bytes, checksum)
  }
}

/// A record found in a file.
struct FoundRecord: Sendable {
  let lsn: LSN
  let firstSequence: UInt64
  let sequenceCount: UInt64
  let checksum: UInt32
  /// The body begins with a mark.
  var hasMark = false
  let body: Range<Int>
  let end: Int

  /// Nil when no whole record with this chain is there.
  static func read(
    _ bytes: [UInt8], at position: Int, end: Int, chain: UInt32, verifies: Bool
  ) -> FoundRecord? {
    let bodyStart = position + LogFormat.recordHeaderBytes
    guard bodyStart <= end, word(bytes, at: position) == LogFormat.recordMagic,
      word(bytes, at: position + 12) == chain || !verifies
    else { return nil }
    let kind = word(bytes, at: position + 40)
    guard kind == LogFormat.rowsKind || kind == LogFormat.markedRowsKind else { return nil }
    let checksum = word(bytes, at: position + 4)
    let length = Int(word(bytes, at: position + 8))
    guard length % 8 == 0, length >= LogFormat.recordHeaderBytes, length <= end - position,
      !verifies
        || crc32c(bytes[position + 8..<bodyStart]) == checksum
          && crc32c(bytes[bodyStart..<position + length]) == word(bytes, at: position + 44)
    else { return nil }
    return FoundRecord(
      lsn: double(bytes, at: position + 16), firstSequence: double(bytes, at: position + 24),
      sequenceCount: double(bytes, at: position + 32), checksum: checksum,
      hasMark: kind == LogFormat.markedRowsKind,
      body: bodyStart..<position + length, end: position + length)
  }
}

/// Eight bytes at a position that is known to be inside.
private func double(_ bytes: [UInt8], at position: Int) -> UInt64 {
  UInt64(word(bytes, at: position)) | UInt64(word(bytes, at: position + 4)) << 32
}
