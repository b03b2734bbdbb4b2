/// A new directory out of a damaged one: what is whole is copied, and what is not is handed to whoever can read rows.
///
/// Invariants:
/// 1. The damaged directory is read and never changed.
/// 2. The new one has an identity of its own and no log; every file in it was verified after it was written.
/// 3. A segment is copied whole or left over whole. Rows of the log are always left over.
/// 4. A manifest that cannot be read is an error: without it nobody knows which files are live.
internal import TickColumns

/// What `Store.salvage` found.
package struct Salvage: Sendable {
  package var copiedSegments = 0
  package var copiedRows = 0
  /// By table what was not copied: segments that are damaged, and rows of the log.
  package var left: [TableSnapshot] = []
  /// By file id why a segment was not copied.
  package var damages: [FileID: StorageError] = [:]
  /// Places of the log that could not be read.
  package var gaps: [StorageError] = []
}

extension Store {
  /// - Parameter target: an empty directory.
  package static func salvage(
    from source: any FileSystem, to target: any FileSystem, identity: UInt64
  ) throws(StorageError) -> Salvage {
    let (from, to) = (DurableFiles(source), DurableFiles(target))
    guard let found = try ManifestLog.find(from) else {
      throw .conflict("the directory is new: there is nothing to repair")
    }
    let contents = found.contents
    var out = Salvage()
    let log = try readLog(from, contents, &out)
    try ManifestLog.createDirectories(to)
    var actions = contents.state.databases.sorted().map { ManifestAction.createDatabase($0) }
    for (id, table) in contents.state.tables.sorted(by: { $0.key < $1.key }) {
      var sound: [SegmentEntry] = []
      var soundDetached: [SegmentEntry] = []
      var left: [LiveSegment] = []
      var leftDetached: [LiveSegment] = []
      for (position, entry) in table.files.enumerated() {
        let isDetached = position >= table.segments.count
        let path = SegmentFile.path(table: id, fileID: entry.fileID)
        do throws(StorageError) {
          try SegmentReader(source.openForReading(path), descriptor: entry.descriptor).check()
          try SegmentCopy(entry.descriptor, table: id).make(from: source, path: path, in: to)
          if isDetached { soundDetached.append(entry) } else { sound.append(entry) }
          out.copiedSegments += 1
          out.copiedRows += entry.liveRowCount
        } catch {
          // What the new directory cannot take is no damage of the old one.
          guard error.isDamage else { throw error }
          out.damages[entry.fileID] = error
          let segment = LiveSegment(
            entry: entry, file: SegmentFile(table: id, descriptor: entry.descriptor, durable: from))
          if isDetached { leftDetached.append(segment) } else { left.append(segment) }
        }
      }
      actions += table.definition.creation
      if !sound.isEmpty { actions.append(.addSegments(id, sound)) }
      if !soundDetached.isEmpty { actions.append(.addDetached(id, soundDetached)) }
      actions += table.imports.sorted().map { .importIdentity(id, $0) }
      // Those of the log go with its rows, which are stored anew or are lost and told of.
      let marks = table.marks.all + (log.memory[id]?.marks.all ?? [])
      if !marks.isEmpty { actions.append(.insertMarks(id, marks)) }
      let memtables = log.memory[id]?.memtables ?? []
      guard !left.isEmpty || !leftDetached.isEmpty || !memtables.isEmpty else { continue }
      out.left.append(
        TableSnapshot(
          definition: table.definition, segments: left, memtables: memtables,
          imports: table.imports, detached: leftDetached))
    }
    var state = ManifestState()
    try state.apply(actions, lsn: contents.state.lsn)
    var counters = contents.state.counters
    counters.logLSN = 0
    counters.nextSequence = max(counters.nextSequence, log.nextSequence)
    try state.raise(to: counters)
    try ManifestLog.place(state, identity: identity, to)
    return out
  }

  /// All rows of the log that segments lack, or those of its whole records where it is damaged.
  private static func readLog(
    _ durable: DurableFiles, _ contents: ManifestContents, _ out: inout Salvage
  ) throws(StorageError) -> (memory: [TableID: TableMemory], nextSequence: UInt64) {
    do throws(StorageError) {
      let whole = try Recovery.readLog(
        durable, identity: contents.identity, state: contents.state,
        options: StoreOptions(identity: contents.identity))
      return (whole.memory, whole.end.nextSequence)
    } catch {
      guard error.isDamage else { throw error }
      out.gaps.append(error)
    }
    var memory: [TableID: TableMemory] = [:]
    var nextSequence: UInt64 = 0
    var gaps: [StorageError] = []
    LogSalvage(durable: durable, identity: contents.identity).read {
      (record, bytes, path) throws(StorageError) in
      let (end, overflow) = record.firstSequence.addingReportingOverflow(record.sequenceCount)
      guard !overflow else {
        throw .corrupt(
          path: path, offset: record.body.lowerBound, detail: "a sequence past 64 bits")
      }
      try Recovery.apply(
        FoundTransaction(bytes, record, path: path), record, contents.state, path: path, to: &memory
      )
      nextSequence = max(nextSequence, end)
    } gap: {
      gaps.append($0)
    }
    // The first is what the log was given up for, which these tell in full.
    if !gaps.isEmpty { out.gaps = gaps }
    return (memory, nextSequence)
  }
}
