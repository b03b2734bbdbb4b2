/// Verifies a data directory without changing it: every record, every reference, every file.
///
/// Reports all that it finds, not only the first damage. The caller holds the `DirectoryLock`.
extension Store {
  public static func check(files: any FileSystem) -> CheckReport {
    var report = CheckReport()
    let durable = DurableFiles(files)
    guard let manifest = checkManifest(durable, &report) else { return report }
    checkSegments(durable, manifest.contents.state, &report)
    checkLog(durable, manifest.contents, &report)
    checkOrphans(durable, manifest.contents.state, &report)
    return report
  }

  private static func checkManifest(
    _ durable: DurableFiles, _ report: inout CheckReport
  ) -> ManifestLog.Found? {
    do throws(StorageError) {
      guard let found = try ManifestLog.find(durable) else {
        report.note("CURRENT", "the directory is new, nothing is stored")
        return nil
      }
      let contents = found.contents
      let name = ManifestFile.name(generation: contents.generation)
      report.manifestRecords = contents.recordCount
      report.tables = contents.state.tables.count
      report.lsn = contents.state.lsn
      if contents.tornBytes > 0 {
        report.note(
          name, "the last write was cut off: \(contents.tornBytes) bytes at \(contents.end)")
      }
      return found
    } catch {
      report.damage(error)
      return nil
    }
  }

  private static func checkSegments(
    _ durable: DurableFiles, _ state: ManifestState, _ report: inout CheckReport
  ) {
    for (id, table) in state.tables.sorted(by: { $0.key < $1.key }) {
      report.rows += table.segments.reduce(0) { $0 + $1.liveRowCount }
      report.detachedRows += table.detached.reduce(0) { $0 + $1.liveRowCount }
      for entry in table.files {
        report.segments += 1
        report.segmentBytes += entry.descriptor.byteCount
        let path = SegmentFile.path(table: id, fileID: entry.fileID)
        do throws(StorageError) {
          let file = try durable.files.openForReading(path)
          try SegmentReader(file, descriptor: entry.descriptor).check()
        } catch {
          report.damage(error)
        }
      }
    }
  }

  private static func checkLog(
    _ durable: DurableFiles, _ manifest: ManifestContents, _ report: inout CheckReport
  ) {
    do throws(StorageError) {
      let recovered = try Recovery.readLog(
        durable, identity: manifest.identity, state: manifest.state,
        options: StoreOptions(identity: manifest.identity))
      report.logFiles = recovered.end.files.count
      report.logRecords = recovered.end.recordCount
      report.lsn = max(report.lsn, recovered.end.lastLSN)
      report.rowsInLog = recovered.memory.values.reduce(0) { $0 + $1.active.rowCount }
      if recovered.end.tornBytes > 0, let newest = recovered.end.files.last {
        report.note(
          LogFormat.path(number: newest.number),
          "the last write was cut off: \(recovered.end.tornBytes) bytes at "
            + "\(recovered.end.position)")
      }
    } catch {
      report.damage(error)
    }
  }

  private static func checkOrphans(
    _ durable: DurableFiles, _ state: ManifestState, _ report: inout CheckReport
  ) {
    for name in durable.listQuietly("tmp") { report.note("tmp/" + name, "an unfinished file") }
    for directory in durable.listQuietly("segments") {
      let table = TableID(directory).flatMap { state.tables[$0] }
      let live = Set(table?.files.map { hexadecimal($0.fileID) + ".seg" } ?? [])
      for name in durable.listQuietly("segments/" + directory) where !live.contains(name) {
        report.note("segments/\(directory)/\(name)", "no edit names this file")
      }
    }
  }
}

/// What `Store.check` found.
public struct CheckReport: Sendable, Hashable {
  /// One thing found in one file.
  public struct Finding: Sendable, Hashable {
    public let path: String
    public let sentence: String
  }

  /// What is wrong; empty in a sound directory.
  public private(set) var damages: [StorageError] = []
  /// What is not wrong but worth saying: leftovers of an interruption, which the next opening clears.
  public private(set) var notes: [Finding] = []
  public var manifestRecords = 0
  public var tables = 0
  public var segments = 0
  public var segmentBytes = 0
  /// Live rows of segments.
  public var rows = 0
  /// Rows of segments that are detached.
  public var detachedRows = 0
  public var logFiles = 0
  public var logRecords = 0
  /// Rows that are not in segments yet.
  public var rowsInLog = 0
  public var lsn: LSN = 0

  public var isSound: Bool { damages.isEmpty }

  mutating func damage(_ error: StorageError) { damages.append(error) }

  mutating func note(_ path: String, _ sentence: String) {
    notes.append(Finding(path: path, sentence: sentence))
  }
}
