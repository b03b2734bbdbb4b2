/// The live manifest, open for edits: finds it, reads it, appends to it and replaces it when it has grown.
///
/// Invariants:
/// 1. `state` is what the durable records say; it changes only after the sync of its record returned.
/// 2. A record is not written before the sync of the record before returned.
/// 3. After a failed write the file is cut back to the last record; where that fails, nothing is written again.
/// Confined to the writer.
struct ManifestLog: ~Copyable {
  private let durable: DurableFiles
  private var file: any WritableFile
  private(set) var contents: ManifestContents
  private var checkpointBytes: Int
  private let rewriteBytes: Int

  var state: ManifestState { contents.state }

  /// Opens the manifest of a directory, creating an empty one in a new directory.
  static func open(
    _ durable: DurableFiles, options: StoreOptions
  ) throws(StorageError) -> ManifestLog {
    guard let found = try find(durable, verifiesChecksums: options.verifiesChecksums) else {
      return try create(durable, options: options)
    }
    // A directory that was copied may lack its empty ones.
    for directory in directories { try durable.files.createDirectory(directory) }
    let name = ManifestFile.name(generation: found.contents.generation)
    let file = try durable.files.openForWriting(name)
    var contents = found.contents
    if contents.tornBytes > 0 {
      try file.truncate(to: contents.end)
      contents.tornBytes = 0
    }
    // The process before may have died after a failed sync: then the cache shows what the medium does not
    // have. Only the last record can be concerned; written again, it is dirty again and can be synced.
    let last = contents.lastRecord
    if PlantedBug.isOn(.recoveryCutsFirst) { try file.truncate(to: last.lowerBound) }
    if !PlantedBug.isOn(.recoveryBelievesManifest) {
      try file.writeAll(found.bytes[last], at: last.lowerBound)
    }
    try durable.sync(file)
    // Names may be in the same state: a table's directory is made once and then taken for durable.
    try durable.syncDirectory("")
    try durable.syncDirectory("segments")
    for name in found.stale { try durable.files.remove(name) }
    return ManifestLog(
      durable: durable, file: file, contents: contents, checkpointBytes: last.upperBound,
      rewriteBytes: options.manifestRewriteBytes)
  }

  private static let directories = ["segments", "tmp", "wal"]

  private init(
    durable: DurableFiles, file: any WritableFile, contents: ManifestContents,
    checkpointBytes: Int, rewriteBytes: Int
  ) {
    self.durable = durable
    self.file = file
    self.contents = contents
    self.checkpointBytes = checkpointBytes
    self.rewriteBytes = rewriteBytes
  }

  struct Found {
    var contents: ManifestContents
    var bytes: [UInt8]
    /// Manifests that are neither live nor the generation before.
    var stale: [String]
  }

  /// Reads the live manifest without changing anything; nil in a new directory.
  static func find(
    _ durable: DurableFiles, verifiesChecksums: Bool = true
  ) throws(StorageError) -> Found? {
    let files = durable.files
    let names = try files.list("").filter { ManifestFile.generation(of: $0) != nil }
    guard try files.exists("CURRENT") else {
      try requireNew(durable, manifests: names)
      return nil
    }
    let live = try ManifestFile.generation(inCurrent: durable.read("CURRENT"))
    let name = ManifestFile.name(generation: live)
    guard names.contains(name) else {
      throw .corrupt(path: "CURRENT", offset: 0, detail: "\(name), which it names, is missing")
    }
    let bytes = try durable.read(name)
    let contents = try ManifestContents(
      bytes, path: name, generation: live, verifiesChecksums: verifiesChecksums)
    var stale: [String] = []
    for other in names {
      guard let generation = ManifestFile.generation(of: other), generation != live else {
        continue
      }
      if generation > live {
        try requireUnused(durable, other, generation)
        stale.append(other)
      } else if generation + 1 < live {
        stale.append(other)
      }
    }
    return Found(contents: contents, bytes: bytes, stale: stale)
  }

  /// A directory without CURRENT may only be new, or one whose creation was interrupted.
  private static func requireNew(
    _ durable: DurableFiles, manifests: [String]
  ) throws(StorageError) {
    let used = try durable.files.list("segments") + durable.files.list("wal")
    guard manifests.isEmpty || manifests == [ManifestFile.name(generation: 1)], used.isEmpty else {
      throw .corrupt(
        path: "CURRENT", offset: 0, detail: "it is missing, and the directory is not new")
    }
    for name in manifests { try requireUnused(durable, name, 1) }
  }

  /// A manifest that CURRENT does not name yet holds its checkpoint alone.
  private static func requireUnused(
    _ durable: DurableFiles, _ name: String, _ generation: UInt64
  ) throws(StorageError) {
    let contents = try ManifestContents(
      durable.read(name), path: name, generation: generation)
    guard contents.recordCount == 1, contents.tornBytes == 0 else {
      throw .corrupt(
        path: "CURRENT", offset: 0, detail: "\(name) holds edits that it does not know of")
    }
  }

  /// What every data directory has besides its files.
  static func createDirectories(_ durable: DurableFiles) throws(StorageError) {
    for directory in directories { try durable.files.createDirectory(directory) }
    try durable.syncDirectory("")
  }

  /// Writes a manifest of one checkpoint into a new directory and makes it the live one.
  static func place(
    _ state: ManifestState, identity: UInt64, _ durable: DurableFiles
  ) throws(StorageError) {
    _ = try write(state, generation: 1, identity: identity, durable, rewriteBytes: 0)
  }

  private static func create(
    _ durable: DurableFiles, options: StoreOptions
  ) throws(StorageError) -> ManifestLog {
    try createDirectories(durable)
    return try write(
      ManifestState(), generation: 1, identity: options.identity, durable,
      rewriteBytes: options.manifestRewriteBytes)
  }

  /// A manifest of one checkpoint.
  static func bytes(
    of state: ManifestState, generation: UInt64, identity: UInt64
  ) throws(StorageError) -> [UInt8] {
    var bytes = ManifestFile.header(generation: generation, identity: identity)
    bytes += try ManifestFile.record(
      .checkpoint, lsn: state.lsn, counters: state.counters, actions: state.checkpoint,
      previous: word(bytes, at: 60))
    // Read back what is about to be written: a checkpoint that does not give the state would lose data.
    let contents = try ManifestContents(
      bytes, path: ManifestFile.name(generation: generation), generation: generation)
    precondition(contents.state == state, "the checkpoint does not give the state it was made of")
    return bytes
  }

  /// Writes a manifest of one checkpoint and makes it the live one.
  private static func write(
    _ state: ManifestState, generation: UInt64, identity: UInt64, _ durable: DurableFiles,
    rewriteBytes: Int
  ) throws(StorageError) -> ManifestLog {
    let bytes = try bytes(of: state, generation: generation, identity: identity)
    let name = ManifestFile.name(generation: generation)
    let contents = try ManifestContents(bytes, path: name, generation: generation)
    try durable.place(bytes, as: name)
    let file = try durable.files.openForWriting(name)
    try durable.place(ManifestFile.current(naming: name), as: "CURRENT")
    return ManifestLog(
      durable: durable, file: file, contents: contents, checkpointBytes: bytes.count,
      rewriteBytes: rewriteBytes)
  }

  /// Makes one edit durable. When this returns, the edit is committed; when it throws, it is not, unless the
  /// failure was a sync's: then the next opening decides.
  ///
  /// `nextSequence` is where the sequence counter stands after the edit at least, `logLSN` the last record of
  /// the write-ahead log, which is durable.
  mutating func append(
    _ actions: [ManifestAction], lsn: LSN, nextSequence: UInt64, logLSN: LSN
  ) throws(StorageError) {
    try durable.requireHealthy()
    var next = contents
    try next.state.apply(actions, lsn: lsn)
    var counters = next.state.counters
    counters.nextSequence = max(counters.nextSequence, nextSequence)
    counters.logLSN = max(counters.logLSN, logLSN)
    try next.state.raise(to: counters)
    let record = try ManifestFile.record(
      .edit, lsn: lsn, counters: next.state.counters, actions: actions,
      previous: contents.checksum)
    do {
      try file.writeAll(record[...], at: contents.end)
    } catch {
      do {
        // Durably: two torn records in one place could make a whole one after a power cut.
        try file.truncate(to: contents.end)
        try durable.sync(file)
      } catch let second {
        durable.fail(second)
      }
      throw error
    }
    if !PlantedBug.isOn(.editNotSynced) { try durable.sync(file) }
    next.editLSNs.append(lsn)
    next.lastRecord = contents.end..<contents.end + record.count
    next.end += record.count
    next.checksum = word(record, at: 4)
    contents = next
  }

  /// Replaces the manifest by a checkpoint when it has grown enough. An edit is durable without this, so a
  /// failure other than a sync's leaves everything as it was and is tried again after the next edit.
  mutating func rewriteIfLarge() {
    guard contents.end > rewriteBytes, contents.end > 4 * checkpointBytes, durable.failure == nil
    else { return }
    do {
      let next = try Self.write(
        contents.state, generation: contents.generation + 1, identity: contents.identity, durable,
        rewriteBytes: rewriteBytes)
      if contents.generation > 1 {
        durable.removeQuietly(ManifestFile.name(generation: contents.generation - 1))
      }
      self = next
    } catch {
      // A failed sync latched itself; a full disk is no reason to refuse edits that still fit.
      return
    }
  }
}
