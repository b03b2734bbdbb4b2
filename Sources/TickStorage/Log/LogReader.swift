/// Reads the write-ahead log back: what is there, where it ends, and whether that end is a torn write or a loss.
///
/// Invariants:
/// 1. Nothing is changed here; reading twice gives the same.
/// 2. A place that cannot be read is an end only in the newest file, only if no group follows, and only if
///    the manifest knows of nothing later. Everything else throws `.corrupt`.
internal import TickColumns

/// A file of the log as far as the writer must know it.
struct LogFileInfo: Equatable, Sendable {
  let number: UInt64
  let byteCount: Int
  /// The last record before this file: every record in the files before is at or below it.
  let previousLSN: LSN
}

/// Where the log ends.
struct LogEnd: Sendable {
  var files: [LogFileInfo] = []
  /// Offset in the newest file after its last record (or group without records).
  var position = 0
  var chain: UInt32 = 0
  /// The last record of the log, 0 when there never was one.
  var lastLSN: LSN = 0
  /// The last group of the newest file: written again after an opening.
  var lastGroup: Range<Int> = 0..<0
  var recordCount = 0
  var nextSequence: UInt64 = 0
  /// Bytes of a torn write after the end, for reports.
  var tornBytes = 0
}

struct LogReader {
  private let durable: DurableFiles
  private let identity: UInt64
  private let manifest: ManifestState
  private let verifiesChecksums: Bool
  private var end = LogEnd()

  init(
    _ durable: DurableFiles, identity: UInt64, manifest: ManifestState,
    verifiesChecksums: Bool = true
  ) {
    self.durable = durable
    self.identity = identity
    self.manifest = manifest
    self.verifiesChecksums = verifiesChecksums
  }

  /// Reads all files and gives every record, in order, to `body`.
  mutating func read(
    _ body: (FoundRecord, [UInt8], String) throws(StorageError) -> Void
  ) throws(StorageError) -> LogEnd {
    let numbers = try durable.files.list("wal").compactMap { LogFormat.number(of: $0) }.sorted()
    var headers: [LogFileHeader] = []
    for number in numbers { headers.append(try header(number)) }
    for (position, header) in headers.enumerated() {
      let next = position + 1 < headers.count ? headers[position + 1] : nil
      if let next, next.number != header.number + 1 {
        throw .corrupt(
          path: LogFormat.path(number: header.number + 1), offset: 0,
          detail: "the file is missing between \(header.number) and \(next.number)")
      }
      if position == 0 {
        end.lastLSN = header.previousLSN
        end.chain = header.chain
      }
      try readFile(header, next: next, body)
    }
    guard end.lastLSN >= manifest.logLSN else {
      throw .corrupt(
        path: numbers.last.map { LogFormat.path(number: $0) } ?? "wal", offset: end.position,
        detail: "the log ends at LSN \(end.lastLSN), but \(manifest.logLSN) was durable")
    }
    return end
  }

  private func header(_ number: UInt64) throws(StorageError) -> LogFileHeader {
    let path = LogFormat.path(number: number)
    let file = try durable.files.openForReading(path)
    guard file.length >= LogFormat.blockBytes else {
      throw .corrupt(path: path, offset: file.length, detail: "the header is cut off")
    }
    let bytes = try file.withBytes(0..<LogFormat.fileHeaderBytes) {
      (span) throws(StorageError) in unsafe span.withUnsafeBytes { unsafe Array($0) }
    }
    let header = try LogFileHeader(bytes[...], path: path)
    guard header.number == number else {
      throw .corrupt(path: path, offset: 16, detail: "this is file \(header.number)")
    }
    guard header.identity == identity else {
      throw .corrupt(path: path, offset: 24, detail: "the file belongs to another directory")
    }
    try requireManifest(reaches: header.manifestLSN, path: path, offset: 40)
    return header
  }

  private func requireManifest(
    reaches lsn: LSN, path: String, offset: Int
  ) throws(StorageError) {
    guard manifest.lsn >= lsn else {
      throw .corrupt(
        path: path, offset: offset,
        detail: "the manifest ends at LSN \(manifest.lsn), but \(lsn) was durable")
    }
  }

  private mutating func readFile(
    _ header: LogFileHeader, next: LogFileHeader?,
    _ body: (FoundRecord, [UInt8], String) throws(StorageError) -> Void
  ) throws(StorageError) {
    let path = LogFormat.path(number: header.number)
    guard header.previousLSN == end.lastLSN, header.chain == end.chain,
      end.files.isEmpty || header.previousEnd == UInt64(end.position)
    else {
      throw .corrupt(path: path, offset: 32, detail: "the file does not follow the one before")
    }
    let bytes = try durable.read(path)
    end.files.append(
      LogFileInfo(
        number: header.number, byteCount: bytes.count, previousLSN: header.previousLSN))
    end.position = LogFormat.blockBytes
    end.lastGroup = LogFormat.blockBytes..<LogFormat.blockBytes
    // The next file's header says where this one ends, whatever lies behind.
    let limit = next.map { Int(clamping: $0.previousEnd) } ?? bytes.count
    guard limit <= bytes.count else {
      throw .corrupt(path: path, offset: bytes.count, detail: "the file was cut from \(limit)")
    }
    var isWhole = true
    while isWhole, end.position < limit {
      isWhole = try readGroup(bytes, header, limit: limit, isNewest: next == nil, path, body)
    }
    if let next {
      guard end.position == limit, end.chain == next.chain, end.lastLSN == next.previousLSN else {
        throw .corrupt(
          path: path, offset: end.position,
          detail: "the next file says that this one ends at \(limit) with LSN \(next.previousLSN)")
      }
    }
  }

  /// Reads one group. False when the log ends in or before it.
  private mutating func readGroup(
    _ bytes: [UInt8], _ file: LogFileHeader, limit: Int, isNewest: Bool, _ path: String,
    _ body: (FoundRecord, [UInt8], String) throws(StorageError) -> Void
  ) throws(StorageError) -> Bool {
    let start = LogFormat.roundedUp(end.position)
    guard
      let (group, checksum) = LogGroupHeader.read(
        bytes, at: start, lap: file.number, identity: identity, verifies: verifiesChecksums),
      group.chain == end.chain || !verifiesChecksums
    else {
      try requireNoGroup(bytes, file, from: start, isNewest: isNewest, path)
      return false
    }
    try requireManifest(reaches: group.manifestLSN, path: path, offset: start + 48)
    let groupEnd = min(start + Int(group.byteCount), limit)
    var position = start + LogFormat.groupHeaderBytes
    var chain = checksum
    if group.recordCount == 0 {
      end.position = position
      end.chain = chain
    }
    for _ in 0..<group.recordCount {
      guard
        let record = FoundRecord.read(
          bytes, at: position, end: groupEnd, chain: chain, verifies: verifiesChecksums),
        record.lsn > end.lastLSN,
        !record.firstSequence.addingReportingOverflow(record.sequenceCount).overflow
      else {
        // In an older file the next file's header decides whether this is where the log went on.
        guard isNewest else { return false }
        try requireTorn(bytes, file, group, groupStart: start, at: position, path)
        if end.position > start { end.lastGroup = start..<end.position }
        end.tornBytes = max(0, groupEnd - position)
        return false
      }
      try body(record, bytes, path)
      position = record.end
      chain = record.checksum
      end.position = position
      end.chain = chain
      end.lastLSN = record.lsn
      end.recordCount += 1
      end.nextSequence = max(end.nextSequence, record.firstSequence + record.sequenceCount)
    }
    end.lastGroup = start..<end.position
    return true
  }

  /// There is no group at `start`: the log ends before it, unless a later one is whole.
  private func requireNoGroup(
    _ bytes: [UInt8], _ file: LogFileHeader, from start: Int, isNewest: Bool, _ path: String
  ) throws(StorageError) {
    guard isNewest else { return }
    if let later = laterGroup(bytes, file, from: start) {
      throw .corrupt(
        path: path, offset: start,
        detail: "a damaged group is followed by a whole group at \(later)")
    }
  }

  /// A record of the newest file's group is not whole: fine for the last write, damage otherwise.
  private func requireTorn(
    _ bytes: [UInt8], _ file: LogFileHeader, _ group: LogGroupHeader, groupStart: Int,
    at position: Int, _ path: String
  ) throws(StorageError) {
    if let later = laterGroup(bytes, file, from: groupStart + LogFormat.blockBytes) {
      throw .corrupt(
        path: path, offset: position,
        detail: "a damaged record is followed by a whole group at \(later)")
    }
    guard manifest.logLSN < group.firstLSN else {
      throw .corrupt(
        path: path, offset: position,
        detail: "a damaged record of a group from LSN \(group.firstLSN), and LSN "
          + "\(manifest.logLSN) was durable")
    }
  }

  private func laterGroup(_ bytes: [UInt8], _ file: LogFileHeader, from start: Int) -> Int? {
    if PlantedBug.isOn(.tornTailCutDespiteLater) { return nil }
    var position = start
    while position + LogFormat.groupHeaderBytes <= bytes.count {
      if LogGroupHeader.read(bytes, at: position, lap: file.number, identity: identity) != nil {
        return position
      }
      position += LogFormat.blockBytes
    }
    return nil
  }
}
