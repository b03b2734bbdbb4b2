/// Appends groups of records to the write-ahead log. Confined to the writer.
///
/// Invariants:
/// 1. A group is not written before the sync of the group before returned (`isSynced`).
/// 2. State moves only when a whole group is written: a failed write leaves the end where it was and its place
///    without a group header, or latches the store.
/// 3. After an opening the first group goes to a new file, whose header seals the end that recovery found.
struct LogWriter: ~Copyable {
  private let durable: DurableFiles
  private let identity: UInt64
  private let fileBytes: Int
  private var end: LogEnd
  /// Nil until the first group after an opening.
  private var file: (any WritableFile)?
  /// Spare files whose names are durable.
  private var spares: [String]
  private(set) var isSynced = true
  /// Nothing was written since the last mark or the opening.
  private(set) var isMarked = true
  private var durableLSN: LSN

  var lastLSN: LSN { end.lastLSN }
  var files: [LogFileInfo] { end.files }
  /// Bytes of all files of the log.
  var byteCount: Int { end.files.reduce(0) { $0 + $1.byteCount } }

  init(_ durable: DurableFiles, identity: UInt64, end: LogEnd, options: StoreOptions) {
    self.durable = durable
    self.identity = identity
    self.end = end
    fileBytes = max(options.logFileBytes, 2 * LogFormat.blockBytes)
    durableLSN = end.lastLSN
    spares = durable.listQuietly("wal").filter { $0.hasPrefix("spare-") }.map { "wal/" + $0 }
  }

  /// Makes durable again what an opening found: the process before may have died after a failed sync.
  mutating func rewriteLastGroup() throws(StorageError) {
    guard let newest = end.files.last, !PlantedBug.isOn(.recoveryBelievesLog) else { return }
    let path = LogFormat.path(number: newest.number)
    let file = try durable.files.openForWriting(path)
    if !end.lastGroup.isEmpty {
      let bytes = try durable.read(path)
      try file.writeAll(bytes[end.lastGroup], at: end.lastGroup.lowerBound)
    }
    try durable.sync(file)
    try file.close()
    try durable.syncDirectory("wal")
  }

  /// Writes a group and gives the file that must be synced before anything in it is acknowledged. Records
  /// have their LSNs and sequences; an empty group only marks the end before it as durable.
  mutating func write(
    _ records: [LogRecord], manifestLSN: LSN
  ) throws(StorageError) -> any WritableFile {
    try durable.requireHealthy()
    precondition(isSynced, "a group is written before the group before is durable")
    let byteCount =
      LogFormat.groupHeaderBytes + records.reduce(0) { $0 + $1.bytes.count }
    let file = try fileWithRoom(for: byteCount, manifestLSN: manifestLSN)
    guard let newest = end.files.last else { preconditionFailure("a log without a file") }
    let start = LogFormat.roundedUp(end.position)
    let header = LogGroupHeader(
      lap: newest.number, identity: identity,
      firstLSN: records.first?.lsn ?? end.lastLSN + 1, lastLSN: records.last?.lsn ?? end.lastLSN,
      durableLSN: durableLSN, manifestLSN: manifestLSN, byteCount: UInt32(byteCount),
      recordCount: UInt32(records.count), chain: end.chain)
    var bytes = header.encoded
    bytes.reserveCapacity(byteCount)
    var chain = word(bytes, at: 4)
    for record in records {
      let sealed = record.sealed(chain: chain)
      bytes += sealed.bytes
      chain = sealed.checksum
    }
    do {
      try file.writeAll(bytes[...], at: start)
    } catch {
      if PlantedBug.isOn(.logGoesOnBehindTornGroup) { end.position = start + byteCount }
      if PlantedBug.isOn(.fullDiskIsFinal) { durable.fail(error) }
      cutBack(file, at: start)
      throw error
    }
    end.position = start + byteCount
    end.chain = chain
    end.lastLSN = header.lastLSN
    isSynced = false
    isMarked = records.isEmpty
    return file
  }

  /// The sync of the last group returned.
  mutating func noteSynced() {
    isSynced = true
    durableLSN = end.lastLSN
  }

  /// Takes a group that was written in part out of the log again: without its header it is nothing. Durably, since
  /// whole records of it may be on the medium, and their LSNs are given again, perhaps to an edit that is
  /// acknowledged before the next group takes this place.
  private func cutBack(_ file: any WritableFile, at start: Int) {
    if PlantedBug.isOn(.logGoesOnBehindTornGroup) { return }
    do {
      try file.writeAll(
        Array(repeating: 0, count: LogFormat.groupHeaderBytes)[...], at: start)
      try durable.sync(file)
    } catch {
      durable.fail(error)
    }
  }

  // MARK: Files

  private mutating func fileWithRoom(
    for byteCount: Int, manifestLSN: LSN
  ) throws(StorageError) -> any WritableFile {
    if let file, let newest = end.files.last,
      LogFormat.roundedUp(end.position) + byteCount <= newest.byteCount
    {
      return file
    }
    let needed = LogFormat.roundedUp(LogFormat.blockBytes + byteCount)
    return try startFile(byteCount: max(fileBytes, needed), manifestLSN: manifestLSN)
  }

  private mutating func startFile(
    byteCount: Int, manifestLSN: LSN
  ) throws(StorageError) -> any WritableFile {
    let number = (end.files.last?.number ?? 0) + 1
    let header = LogFileHeader(
      number: number, identity: identity, previousLSN: end.lastLSN, manifestLSN: manifestLSN,
      previousEnd: end.files.isEmpty ? 0 : UInt64(end.position), chain: end.chain)
    let spare = try spareFile(number: number, byteCount: byteCount)
    let path = LogFormat.path(number: number)
    let filled = try durable.files.openForWriting(spare)
    try filled.writeAll(header.encoded[...], at: 0)
    try durable.sync(filled)
    try filled.close()
    try durable.files.rename(spare, to: path)
    spares.removeAll { $0 == spare }
    if !PlantedBug.isOn(.logNameNotSynced) { try durable.syncDirectory("wal") }
    // Opened again by the name that a later failure should tell.
    let file = try durable.files.openForWriting(path)
    end.files.append(
      LogFileInfo(
        number: number, byteCount: try file.length, previousLSN: end.lastLSN))
    end.position = LogFormat.blockBytes
    self.file = file
    return file
  }

  /// A spare of at least this size, from an earlier use or new.
  private mutating func spareFile(
    number: UInt64, byteCount: Int
  ) throws(StorageError) -> String {
    if byteCount == fileBytes, let spare = spares.first {
      // One that an interruption left short, or an opening with smaller files, is filled up here.
      let file = try durable.files.openForWriting(spare)
      try file.preallocate(to: byteCount)
      try file.close()
      return spare
    }
    let path = LogFormat.sparePath(number: number)
    if try durable.files.exists(path) {
      try durable.files.remove(path)
      spares.removeAll { $0 == path }
    }
    let file = try durable.files.create(path)
    do {
      try file.preallocate(to: byteCount)
      try durable.sync(file)
      try file.close()
    } catch {
      durable.removeQuietly(path)
      throw error
    }
    return path
  }

  /// Frees files whose records are all at or below `lsn`; the newest stays. Oldest first, so that what a crash
  /// leaves is a run without gaps. Failures cost space only.
  mutating func recycle(through lsn: LSN) {
    guard durable.failure == nil else { return }
    var freed = 0
    while end.files.count - freed > 1, end.files[freed + 1].previousLSN <= lsn { freed += 1 }
    guard freed > 0 else { return }
    var kept: [String] = []
    for info in end.files.prefix(freed) {
      let path = LogFormat.path(number: info.number)
      let spare = LogFormat.sparePath(number: info.number)
      do {
        if info.byteCount == fileBytes, spares.count + kept.count < StorageLimits.spareLogFilesMax {
          try durable.files.rename(path, to: spare)
          kept.append(spare)
        } else {
          try durable.files.remove(path)
        }
      } catch {
        break
      }
      end.files.removeFirst()
    }
    do {
      // A spare is overwritten: its old name must be gone for good before that.
      try durable.syncDirectory("wal")
      spares += kept
    } catch {
      return
    }
  }
}
