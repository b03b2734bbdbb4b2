/// A sound directory out of a damaged one, and the list of what could not be saved.
///
/// Invariants:
/// 1. The damaged directory is only read.
/// 2. The new one appears under its name when it is whole and was checked; until then it is called `<name>.unfinished`.
/// 3. Rows keep their sequences. Of a damaged segment each row group is saved whole or lost, and what is lost is told with its
///    partition and its place.
import Glibc
import TickColumns
import TickSQL
import TickStorage

/// What a repair did.
public struct RepairReport: Sendable, Hashable {
  public var copiedSegments = 0
  public var copiedRows = 0
  /// Rows of damaged segments and of the log.
  public var savedRows = 0
  /// Rows of damaged segments that are in no file any more.
  public var lostRows = 0
  /// Places of the log that could not be read; how many rows were there nobody knows.
  public var logGaps = 0

  public var hasLosses: Bool { lostRows > 0 || logGaps > 0 }
}

extension Database {
  /// Makes a new directory at `target` that holds everything of a damaged one that can be read, and tells each finding in a
  /// line. Both may not be open; `target` must not be there. Throws 246 when the manifest is damaged: then only a copy helps.
  public static func repair(
    _ path: String, to target: String, report: (String) -> Void
  ) throws(EngineError) -> RepairReport {
    let unfinished = target + ".unfinished"
    do throws(StorageError) {
      guard unsafe access(path + "/CURRENT", R_OK) == 0 else {
        throw .io(operation: "open", path: path + "/CURRENT", errno: errno)
      }
      if unsafe access(target, F_OK) == 0 {
        throw .conflict("\(target) is there already; a repair makes a new directory")
      }
      if unsafe access(unfinished, F_OK) == 0 {
        throw .conflict("\(unfinished) is left of a repair that did not end; remove it first")
      }
      let source = try PosixFileSystem(root: path)
      let lock = try DirectoryLock(root: path, holder: holderText(), onlyReads: true)
      defer { withExtendedLifetime(lock) {} }
      let files = try PosixFileSystem(root: unfinished)
      let done = try repair(source, to: files, root: unfinished, report: report)
      guard unsafe rename(unfinished, target) == 0 else {
        throw .io(operation: "rename", path: unfinished, errno: errno)
      }
      try PosixFileSystem(root: parent(of: target)).syncDirectory("")
      return done
    } catch {
      throw EngineError(error)
    }
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func repair(
    _ source: any FileSystem, to files: any FileSystem, root: String, report: (String) -> Void
  ) throws(StorageError) -> RepairReport {
    var generator = SystemRandomNumberGenerator()
    let identity = generator.next()
    let lock = try DirectoryLock(root: root, holder: holderText())
    defer { withExtendedLifetime(lock) {} }
    let found = try Store.salvage(from: source, to: files, identity: identity)
    var out = RepairReport(
      copiedSegments: found.copiedSegments, copiedRows: found.copiedRows,
      logGaps: found.gaps.count)
    for gap in found.gaps { report("lost: \(gap.sentence)") }
    let store = try Store.open(files: files, options: StoreOptions(identity: identity))
    defer { store.close() }
    for table in found.left {
      do throws(SQLError) {
        var work = try RepairWork(table, store: store)
        for (position, segment) in (table.segments + table.detached).enumerated() {
          let why = found.damages[segment.entry.fileID]?.sentence ?? "it is damaged"
          report("damaged: \(why)")
          let isDetached = position >= table.segments.count
          for text in try work.save(segment, isDetached: isDetached) { report("lost: \(text)") }
        }
        try work.saveMemory()
        try work.publish()
        out.savedRows += work.savedRows
        out.lostRows += work.lostRows
      } catch {
        throw .conflict("\(table.definition.database).\(table.definition.name): \(error.sentence)")
      }
    }
    store.close()
    let check = Store.check(files: files)
    guard check.isSound else {
      throw check.damages.first ?? .conflict("the new directory is not sound")
    }
    return out
  }
}

/// Rows of one table on their way from a damaged directory into a new one.
private struct RepairWork {
  private let snapshot: TableSnapshot
  private let layout: TableLayout
  private let store: Store
  private var entries: [SegmentEntry] = []
  private var detached: [SegmentEntry] = []
  private(set) var savedRows = 0
  private(set) var lostRows = 0

  init(_ snapshot: TableSnapshot, store: Store) throws(SQLError) {
    self.snapshot = snapshot
    self.store = store
    layout = try TableLayout(snapshot.definition)
  }

  private var name: String { "\(snapshot.definition.database).\(snapshot.definition.name)" }

  private func output(_ partition: PartitionSpan) -> SegmentOutput {
    SegmentOutput(
      store: store, layout: layout, partition: partition, level: 0,
      rowsMax: CompactionPolicy().segmentRowsMax)
  }

  /// Writes the row groups of a segment that can be read; gives a sentence for each that cannot.
  mutating func save(_ segment: LiveSegment, isDetached: Bool) throws(SQLError) -> [String] {
    let entry = segment.entry
    let place = "of \(name), partition \(entry.partition.text)"
    let reading: RewriteReading
    let groups: [Range<Int>]
    do throws(SQLError) {
      reading = try RewriteReading(snapshot, layout, [segment])
      groups = try reading.groupRows(of: segment)
    } catch {
      lostRows += entry.liveRowCount
      return ["all \(entry.liveRowCount) rows of a segment \(place): \(error.sentence)"]
    }
    var lost: [String] = []
    var output = output(entry.partition)
    for (group, rows) in groups.enumerated() {
      let rowCount = entry.liveRows.count(in: rows)
      do throws(SQLError) {
        var batches: [Batch] = []
        for piece in try reading.pieces(of: segment, group: group) {
          batches.append(try reading.read(piece))
        }
        for batch in batches { try output.add(batch) }
        savedRows += rowCount
      } catch {
        // A disk that is full is no damage of what is read.
        guard error.code == .corruptedData || error.code == .storageFailed else { throw error }
        lostRows += rowCount
        lost.append(
          "rows \(rows.lowerBound) to \(rows.upperBound - 1) of a segment \(place): \(error.sentence)"
        )
      }
    }
    try output.flush()
    if isDetached { detached += output.entries } else { entries += output.entries }
    return lost
  }

  /// Writes the rows that were in the log alone, each partition in the order of the table.
  mutating func saveMemory() throws(SQLError) {
    let reading = try RewriteReading(snapshot, layout, [])
    var byPartition: [String: [Batch]] = [:]
    for (partition, piece) in try reading.memoryPieces() {
      byPartition[partition, default: []].append(try reading.read(piece))
    }
    for (partition, batches) in byPartition.sorted(by: { $0.key < $1.key }) {
      let columns = batches[0].columns.indices.map { i in
        Column.concatenate(batches[0].columns[i].type, batches.map { $0.columns[i] })
      }
      let whole = Batch(columns, rowCount: batches.reduce(0) { $0 + $1.rowCount })
      guard let order = reading.order(whole, while: { true }) else { continue }
      var output = output(PartitionSpan(partition))
      try output.add(whole.gather(order))
      try output.flush()
      entries += output.entries
      savedRows += whole.rowCount
    }
  }

  func publish() throws(SQLError) {
    let table = snapshot.definition.id
    var actions: [ManifestAction] = []
    if !entries.isEmpty { actions.append(.addSegments(table, entries)) }
    if !detached.isEmpty { actions.append(.addDetached(table, detached)) }
    guard !actions.isEmpty else { return }
    do throws(StorageError) {
      try store.publish(ManifestEdit(actions))
    } catch {
      throw SQLError(storage: error)
    }
  }
}
