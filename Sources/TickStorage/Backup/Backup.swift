/// Copies of a store in a directory of their own, which may hold many: a copy is a manifest of one checkpoint, and segment files that
/// copies share. `storage-format/backup.md` is the page.
///
/// Invariants:
/// 1. A copy's manifest is placed when every file that it names is there, durable, under its name, and was read back and verified. So a copy
///    is whole or not there, whenever power goes.
/// 2. A segment file is written once. One that is there already must be the one that is wanted, to its last byte; otherwise the copy fails
///    and changes nothing.
/// 3. All copies in a directory are of one store: file ids mean one file in one store only.
/// 4. A copy holds every row that was acknowledged before it began, and of those that came meanwhile any.
internal import TickColumns

/// What a copy holds, or what was made of it.
public struct BackupReport: Sendable, Hashable {
  public var number: UInt64 = 0
  public var tables = 0
  public var segments = 0
  public var rows = 0
  public var bytes = 0
  /// Segments and bytes that were not there before.
  public var copiedSegments = 0
  public var copiedBytes = 0
  /// Copies that were given up, for only so many are kept, and segments that only they had.
  public var removedCopies = 0
  public var removedSegments = 0
}

extension Store {
  /// Copies everything that is stored into a directory, beside the copies that it has. What a copy before has already is
  /// not copied again. Blocks; readers and writers go on meanwhile.
  ///
  /// - Parameter keep: how many copies stay, this one among them; nil for all.
  public func backup(
    to target: any FileSystem, keep: Int? = nil
  ) throws(StorageError) -> BackupReport {
    precondition(keep ?? 1 > 0, "a copy that is not kept")
    if !PlantedBug.isOn(.copyForgetsMemory) { try flush() }
    let snapshot = snapshot()
    let directory = try BackupDirectory(preparing: target, identity: core.identity)
    var report = BackupReport()
    let state = try Self.state(of: snapshot)
    for (table, found) in snapshot.tables.map({ ($0.definition.id, $0) }) {
      report.tables += 1
      for segment in found.segments + found.detached {
        let isNew = try directory.copy(
          segment.entry.descriptor, table: table, from: core.durable.files, path: segment.file.path)
        report.count(segment.entry, isNew: isNew)
      }
    }
    report.number = try directory.place(state)
    if let keep { try directory.prune(keep: keep, &report) }
    return report
  }

  /// The checkpoint of a store that has these rows and no log.
  private static func state(of snapshot: Snapshot) throws(StorageError) -> ManifestState {
    var actions = snapshot.databases.map { ManifestAction.createDatabase($0) }
    for table in snapshot.tables {
      let id = table.definition.id
      actions += table.definition.creation
      if !table.segments.isEmpty {
        let entries = table.segments.map(\.entry)
        actions.append(
          .addSegments(
            id, PlantedBug.isOn(.copyForgetsGoneRows) ? entries.map(\.whole) : entries))
      }
      if !table.detached.isEmpty, !PlantedBug.isOn(.copyForgetsDetached) {
        actions.append(.addDetached(id, table.detached.map(\.entry)))
      }
      actions += table.imports.sorted().map { .importIdentity(id, $0) }
      if !table.marks.isEmpty { actions.append(.insertMarks(id, table.marks.all)) }
    }
    var state = ManifestState()
    try state.apply(actions, lsn: snapshot.lsn)
    var counters = state.counters
    counters.nextSequence = max(counters.nextSequence, snapshot.nextSequence)
    try state.raise(to: counters)
    return state
  }

  /// The copies in a directory, oldest first.
  public static func backups(in source: any FileSystem) throws(StorageError) -> [BackupReport] {
    let directory = try BackupDirectory(opening: source)
    var out: [BackupReport] = []
    for number in directory.numbers { out.append(try directory.report(number)) }
    return out
  }

  /// Throws what `restore` would say of a directory that does not hold the copy, before anything is made for it.
  public static func requireBackup(
    _ number: UInt64?, in source: any FileSystem
  ) throws(StorageError) {
    _ = try wanted(number, in: source)
  }

  private static func wanted(
    _ number: UInt64?, in source: any FileSystem
  ) throws(StorageError) -> (BackupDirectory, UInt64) {
    let directory = try BackupDirectory(opening: source)
    guard let number = number ?? directory.numbers.last, directory.numbers.contains(number) else {
      throw .conflict(
        number.map { "there is no copy \($0)" } ?? "the directory holds no whole copy")
    }
    return (directory, number)
  }

  /// Makes a new data directory out of a copy. Every file is verified as it is copied. The directory gets an identity
  /// of its own, so no log or manifest of the store before is taken for one of it.
  ///
  /// - Parameters:
  ///   - number: of the copy; nil for the newest.
  ///   - target: an empty directory.
  public static func restore(
    from source: any FileSystem, number: UInt64? = nil, to target: any FileSystem, identity: UInt64
  ) throws(StorageError) -> BackupReport {
    let (directory, number) = try wanted(number, in: source)
    guard try target.list("").allSatisfy({ $0 == "LOCK" }) else {
      throw .conflict("a copy is restored into a new or an empty directory only")
    }
    let contents = try directory.contents(number)
    guard contents.identity != identity else {
      throw .conflict("the identity is that of the store before")
    }
    let durable = DurableFiles(target)
    try ManifestLog.createDirectories(durable)
    var report = BackupReport()
    report.number = number
    for (id, table) in contents.state.tables.sorted(by: { $0.key < $1.key }) {
      report.tables += 1
      for entry in table.files {
        try SegmentCopy(entry.descriptor, table: id).make(
          from: source, path: SegmentFile.path(table: id, fileID: entry.fileID), in: durable)
        report.count(entry, isNew: true)
      }
    }
    try ManifestLog.place(contents.state, identity: identity, durable)
    return report
  }
}

extension BackupReport {
  fileprivate mutating func count(_ entry: SegmentEntry, isNew: Bool) {
    segments += 1
    rows += entry.liveRowCount
    bytes += entry.descriptor.byteCount
    guard isNew else { return }
    copiedSegments += 1
    copiedBytes += entry.descriptor.byteCount
  }
}

/// A directory of copies.
private struct BackupDirectory {
  static let mark = "BACKUP"
  static let text = Array("copies of a Tickbase store; restore one with: tickbase restore\n".utf8)

  private let durable: DurableFiles
  private let identity: UInt64
  /// Of the copies, ascending.
  let numbers: [UInt64]

  init(opening files: any FileSystem) throws(StorageError) {
    durable = DurableFiles(files)
    guard try files.exists(Self.mark) else {
      throw .conflict("this is no directory of copies: it has no file \(Self.mark)")
    }
    numbers = try Self.numbers(files)
    identity = 0
  }

  /// Makes a new directory one of copies, or opens one of this store.
  init(preparing files: any FileSystem, identity: UInt64) throws(StorageError) {
    durable = DurableFiles(files)
    self.identity = identity
    if try !files.exists(Self.mark) {
      // What an interrupted first copy leaves is no other thing.
      let own: Set<String> = ["LOCK", "tmp", "segments"]
      guard try own.isSuperset(of: files.list("")), try files.list("segments").isEmpty else {
        throw .conflict(
          "the directory holds other things than copies; give one that is new or empty")
      }
      try files.createDirectory("tmp")
      try files.createDirectory("segments")
      try durable.place(Self.text, as: Self.mark)
    }
    for name in durable.listQuietly("tmp") { durable.removeQuietly("tmp/" + name) }
    numbers = try Self.numbers(files)
    if let newest = numbers.last, try contents(newest).identity != identity {
      throw .conflict("the directory holds copies of another store; give each store one of its own")
    }
  }

  private static func numbers(_ files: any FileSystem) throws(StorageError) -> [UInt64] {
    try files.list("").compactMap { ManifestFile.generation(of: $0) }.sorted()
  }

  func contents(_ number: UInt64) throws(StorageError) -> ManifestContents {
    let name = ManifestFile.name(generation: number)
    let contents = try ManifestContents(durable.read(name), path: name, generation: number)
    guard contents.recordCount == 1, contents.tornBytes == 0 else {
      throw .corrupt(
        path: name, offset: contents.end, detail: "a copy's manifest is one checkpoint")
    }
    return contents
  }

  func report(_ number: UInt64) throws(StorageError) -> BackupReport {
    var report = BackupReport()
    report.number = number
    for table in try contents(number).state.tables.values {
      report.tables += 1
      for entry in table.files { report.count(entry, isNew: false) }
    }
    return report
  }

  /// Copies a segment unless it is there; true when it was not.
  func copy(
    _ descriptor: SegmentDescriptor, table: TableID, from files: any FileSystem, path: String
  ) throws(StorageError) -> Bool {
    let copy = SegmentCopy(descriptor, table: table)
    if try durable.files.exists(copy.path) {
      // Its opening compares length, footer and bounds; its bytes are verified when it is restored.
      _ = try SegmentReader(durable.files.openForReading(copy.path), descriptor: descriptor)
      return false
    }
    try copy.make(from: files, path: path, in: durable)
    return true
  }

  /// Names a copy whose files are all there.
  func place(_ state: ManifestState) throws(StorageError) -> UInt64 {
    for directory in try durable.files.list("segments") {
      try durable.syncDirectory("segments/" + directory)
    }
    try durable.syncDirectory("segments")
    let number = (numbers.last ?? 0) + 1
    let bytes = try ManifestLog.bytes(of: state, generation: number, identity: identity)
    try durable.place(bytes, as: ManifestFile.name(generation: number))
    return number
  }

  /// Removes the oldest copies until so many are left, and then the segments that none of those names.
  func prune(keep: Int, _ report: inout BackupReport) throws(StorageError) {
    let all = try Self.numbers(durable.files)
    for number in all.dropLast(keep) {
      try durable.files.remove(ManifestFile.name(generation: number))
      report.removedCopies += 1
    }
    // Files go only when no name of a copy that needs them can come back.
    try durable.syncDirectory("")
    var wanted: Set<String> = []
    for number in all.suffix(keep) {
      for (id, table) in try contents(number).state.tables {
        for entry in table.files {
          wanted.insert(SegmentFile.path(table: id, fileID: entry.fileID))
        }
      }
    }
    for directory in try durable.files.list("segments") {
      let path = "segments/" + directory
      for name in try durable.files.list(path) where !wanted.contains(path + "/" + name) {
        try durable.files.remove(path + "/" + name)
        report.removedSegments += 1
      }
    }
  }
}

/// One segment file on its way into another directory.
struct SegmentCopy {
  /// Bytes that are read and written at a time.
  private static let pieceBytes = 4 << 20

  private let descriptor: SegmentDescriptor
  private let table: TableID
  let path: String

  init(_ descriptor: SegmentDescriptor, table: TableID) {
    self.descriptor = descriptor
    self.table = table
    path = SegmentFile.path(table: table, fileID: descriptor.fileID)
  }

  /// Writes the file under a temporary name, makes it durable, reads it back, verifies every hash and gives it its name.
  func make(
    from files: any FileSystem, path source: String, in target: DurableFiles
  ) throws(StorageError) {
    let input = try files.openForReading(source)
    guard input.length == descriptor.byteCount else {
      throw .corrupt(
        path: source, offset: 0,
        detail: "it has \(input.length) bytes where \(descriptor.byteCount) are expected")
    }
    let temporary = "tmp/\(table)-\(descriptor.fileID).seg"
    if try target.files.exists(temporary) { try target.files.remove(temporary) }
    let output = try target.files.create(temporary)
    do throws(StorageError) {
      var offset = 0
      while offset < input.length {
        let end = min(offset + Self.pieceBytes, input.length)
        let bytes = try input.withBytes(offset..<end) { (span) throws(StorageError) in
          unsafe span.withUnsafeBytes { unsafe Array($0) }
        }
        try output.writeAll(bytes[...], at: offset)
        offset = end
      }
      if !PlantedBug.isOn(.copyNotSynced) { try target.sync(output) }
      try output.close()
      try SegmentReader(target.files.openForReading(temporary), descriptor: descriptor)
        .checkHashes()
      let directory = SegmentFile.directory(table: table)
      if try !target.files.exists(directory) {
        try target.files.createDirectory(directory)
        try target.syncDirectory("segments")
      }
      try target.files.rename(temporary, to: path)
      try target.syncDirectory(directory)
    } catch {
      target.removeQuietly(temporary)
      throw error
    }
  }
}
