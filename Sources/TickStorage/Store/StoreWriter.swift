/// The one place that changes the store: gives LSNs and sequences, writes the log and the manifest, keeps the
/// rows in memory. Confined to whoever holds the core's writer lock.
///
/// Invariants:
/// 1. LSNs and sequences are given in the order of the changes. What fails before it is written leaves no hole.
/// 2. A group is applied after it was written and shown after its sync returned; until then `snapshot` does
///    not have it.
/// 3. An edit is written only when the log is synced, a group only when the edit before is.
/// 4. `snapshots` of tables that a change does not touch are shared with the snapshot before.
internal import TickColumns

struct StoreWriter: ~Copyable {
  private let durable: DurableFiles
  private var manifest: ManifestLog
  private var log: LogWriter
  private(set) var lastLSN: LSN
  private(set) var nextSequence: UInt64
  private(set) var memory: [TableID: TableMemory]
  private var snapshots: [TableID: TableSnapshot] = [:]
  /// Tables whose snapshot is older than their memory.
  private var touched: Set<TableID> = []

  init(
    durable: DurableFiles, manifest: consuming ManifestLog, log: consuming LogWriter,
    memory: [TableID: TableMemory], nextSequence: UInt64
  ) {
    self.durable = durable
    self.memory = memory
    self.nextSequence = max(nextSequence, manifest.state.nextSequence)
    let isFromLogAlone = PlantedBug.isOn(.numbersFromLogAlone) && log.lastLSN > 0
    lastLSN = isFromLogAlone ? log.lastLSN : max(manifest.state.lsn, log.lastLSN)
    for (id, table) in manifest.state.tables {
      func live(_ entries: [SegmentEntry]) -> [LiveSegment] {
        entries.map { entry in
          LiveSegment(
            entry: entry,
            file: SegmentFile(table: id, descriptor: entry.descriptor, durable: durable))
        }
      }
      snapshots[id] = TableSnapshot(
        definition: table.definition, segments: live(table.segments),
        memtables: memory[id]?.memtables ?? [],
        imports: PlantedBug.isOn(.importMarksNotRestored) ? [] : table.imports,
        marks: table.marks, pendingProducers: memory[id]?.producers ?? [],
        detached: live(table.detached))
    }
    self.manifest = manifest
    self.log = log
  }

  /// Everything that is applied; call it only when all of that is durable.
  mutating func snapshot() -> Snapshot {
    for id in touched {
      guard let old = snapshots[id] else { continue }
      snapshots[id] = TableSnapshot(
        definition: old.definition, segments: old.segments,
        memtables: memory[id]?.memtables ?? [], imports: old.imports, marks: old.marks,
        pendingProducers: memory[id]?.producers ?? [], detached: old.detached)
    }
    touched = []
    return Snapshot(
      lsn: lastLSN, nextSequence: nextSequence, databases: manifest.state.databases.sorted(),
      tables: snapshots, names: manifest.state.names)
  }

  /// What the manifest says, for tools.
  var manifestContents: ManifestContents { manifest.contents }

  // MARK: Transactions

  /// Gives LSNs and sequences to transactions in their order; what cannot be committed is told so at once.
  /// They are answered at the same moment.
  func assemble(_ requests: [PendingTransaction]) -> TransactionGroup {
    var group = TransactionGroup(
      lastLSN: lastLSN, nextSequence: nextSequence,
      acknowledgement: requests.first?.transaction.acknowledgement ?? .disk)
    for request in requests {
      do throws(StorageError) {
        try durable.requireHealthy()
        if let own = request.transaction.mark,
          try isKnown(own) || group.marks[own.table]?.contains(own.mark) == true
        {
          group.appendRepeated(request.completion)
          continue
        }
        var transaction = request.transaction
        var record = request.record
        if let settled = try request.settle?(transaction) {
          transaction = settled
          record = try LogRecord(settled)
        }
        // Rows made for an earlier definition are welcome: a record says which fields it holds.
        for part in transaction.parts where manifest.state.tables[part.definition.id] == nil {
          throw .unknownTable(part.definition.id)
        }
        try group.append(transaction, record, request.completion)
      } catch {
        request.completion(.failure(error))
      }
    }
    return group
  }

  /// Whether an insert with this mark was written before. Throws where the table is gone, or has no place for another
  /// producer.
  private func isKnown(_ own: TableMark) throws(StorageError) -> Bool {
    guard let table = manifest.state.tables[own.table] else { throw .unknownTable(own.table) }
    let pending = memory[own.table]
    if table.marks.contains(own.mark) || pending?.contains(own.mark) == true { return true }
    guard case .producer(let name, _) = own.mark, table.marks.producers[name] == nil else {
      return false
    }
    // Producers of the group itself are not counted: a group more or less does not matter. Those in memory are counted when it
    // may come to the bound.
    var others = table.marks.producers.count
    if let pending,
      others + pending.producers.reduce(0, { $0 + $1.count }) >= InsertMarks.producersMax
    {
      others += pending.producerCount(beyond: table.marks, without: name)
    }
    guard others < InsertMarks.producersMax else {
      throw .limit(
        "the table knows \(InsertMarks.producersMax) producers already, and none may be forgotten; "
          + "TRUNCATE forgets them")
    }
    return false
  }

  /// Writes a group to the log; gives the file to sync, or nil when there is nothing to sync.
  mutating func write(_ group: TransactionGroup) throws(StorageError) -> (any WritableFile)? {
    guard !group.records.isEmpty else { return nil }
    precondition(
      group.records.first?.lsn == lastLSN + 1, "a group that does not follow the last change")
    let file = try log.write(group.records, manifestLSN: manifest.state.lsn)
    lastLSN = group.lastLSN
    nextSequence = group.nextSequence
    return file
  }

  mutating func apply(_ group: TransactionGroup) {
    for member in group.members {
      for part in member.transaction.parts where part.rowCount > 0 {
        let id = part.definition.id
        memory[id, default: TableMemory()].active.append(
          MemtableBatch(part, firstSequence: member.commit.firstSequence), lsn: member.commit.lsn)
        touched.insert(id)
      }
      guard let own = member.transaction.mark else { continue }
      memory[own.table, default: TableMemory()].marks.append(own.mark, lsn: member.commit.lsn)
      touched.insert(own.table)
    }
  }

  /// The sync of the last group returned.
  mutating func noteSynced() { log.noteSynced() }

  /// Marks everything so far as durable, so that damage to the last group is not taken for a torn write.
  mutating func mark() throws(StorageError) -> (any WritableFile)? {
    guard log.lastLSN > 0, !log.files.isEmpty, !log.isMarked else { return nil }
    return try log.write([], manifestLSN: manifest.state.lsn)
  }

  // MARK: Edits

  /// Commits an edit. The log must be synced.
  mutating func commit(_ edit: ManifestEdit) throws(StorageError) -> Commit {
    try durable.requireHealthy()
    precondition(log.isSynced, "an edit is written before the log is durable")
    for case .insertMarks(let table, let marks) in edit.actions {
      for mark in marks where try isKnown(TableMark(table, mark)) { throw .alreadyInserted(table) }
    }
    let first = nextSequence
    guard let edit = edit.resolved(from: first) else {
      throw .limit("the sequence counter is used up")
    }
    if PlantedBug.isOn(.segmentsRemovedBeforeEdit) { removeFiles(of: edit) }
    try manifest.append(
      edit.actions, lsn: lastLSN + 1, nextSequence: first + edit.newSequences,
      logLSN: log.lastLSN)
    lastLSN += 1
    nextSequence = max(manifest.state.nextSequence, nextSequence)
    refresh(edit.actions)
    manifest.rewriteIfLarge()
    recycle()
    return Commit(lsn: lastLSN, firstSequence: first)
  }

  /// Commits the edit of a flush; refused when the rows were truncated or dropped meanwhile.
  mutating func commit(
    _ edit: ManifestEdit, flushing table: TableID, through lsn: LSN
  ) throws(StorageError) -> Commit {
    guard isFrozen(table, through: lsn), let frozen = memory[table]?.frozen else {
      throw .conflict("the rows of the flush are gone")
    }
    // Taken out first, so that the refreshed snapshot has each row once; put back when the edit fails.
    memory[table]?.frozen = nil
    if PlantedBug.isOn(.logRecycledBeforeEdit) { recycle() }
    do {
      return try commit(edit)
    } catch {
      memory[table]?.frozen = frozen
      throw error
    }
  }

  /// Brings memory and table snapshots up to the manifest after an edit.
  private mutating func refresh(_ actions: [ManifestAction]) {
    var ids: Set<TableID> = []
    for action in actions {
      ids.formUnion(action.tables)
      switch action {
      case .dropTable(let id), .truncateTable(let id): memory[id] = nil
      default: break
      }
    }
    for id in ids {
      touched.remove(id)
      var known: [FileID: SegmentFile] = [:]
      for segment in (snapshots[id]?.segments ?? []) + (snapshots[id]?.detached ?? []) {
        known[segment.entry.fileID] = segment.file
      }
      let table = manifest.state.tables[id]
      // What is detached or attached keeps its file: the same one under another name of the list.
      func live(_ entries: [SegmentEntry]) -> [LiveSegment] {
        entries.map { entry in
          LiveSegment(
            entry: entry,
            file: known.removeValue(forKey: entry.fileID)
              ?? SegmentFile(table: id, descriptor: entry.descriptor, durable: durable))
        }
      }
      let segments = live(table?.segments ?? [])
      let detached = live(table?.detached ?? [])
      for file in known.values { file.markRemoved() }
      snapshots[id] = table.map {
        TableSnapshot(
          definition: $0.definition, segments: segments, memtables: memory[id]?.memtables ?? [],
          imports: $0.imports, marks: $0.marks,
          pendingProducers: memory[id]?.producers ?? [], detached: detached)
      }
    }
  }

  /// Plants `segmentsRemovedBeforeEdit`.
  private func removeFiles(of edit: ManifestEdit) {
    for case .removeSegments(let table, let files) in edit.actions {
      for file in files { durable.removeQuietly(SegmentFile.path(table: table, fileID: file)) }
    }
  }

  /// Frees the files of the log that no table needs.
  private mutating func recycle() {
    let needed = memory.values.compactMap(\.firstLSN).min()
    log.recycle(through: needed.map { $0 - 1 } ?? lastLSN)
  }

  // MARK: Flush

  /// Takes the rows of a table for a flush: those of an earlier one that failed, or all that are there now.
  mutating func freeze(_ id: TableID) -> (TableDefinition, FrozenMemtable)? {
    guard let definition = manifest.state.tables[id]?.definition, var table = memory[id] else {
      return nil
    }
    if table.frozen == nil, !table.isIdle {
      let throughLSN = PlantedBug.isOn(.flushPositionOneShort) ? lastLSN - 1 : lastLSN
      table.frozen = FrozenMemtable(
        memtable: table.active, marks: table.marks, throughLSN: throughLSN)
      table.active = Memtable()
      table.marks = PendingMarks()
      memory[id] = table
    }
    return table.frozen.map { (definition, $0) }
  }

  /// Rows of a flush wait for their segments.
  func isFrozen(_ id: TableID) -> Bool { memory[id]?.frozen != nil }

  /// The rows of that flush still wait for it.
  func isFrozen(_ id: TableID, through lsn: LSN) -> Bool {
    memory[id]?.frozen?.throughLSN == lsn
  }

  var pressure: MemoryPressure {
    MemoryPressure(
      tables: memory.compactMap { id, table in
        table.firstLSN.map {
          MemoryPressure.Table(id: id, byteCount: table.byteCount, firstLSN: $0)
        }
      }.sorted { $0.id < $1.id }, logFiles: log.files)
  }
}

extension ManifestAction {
  /// The tables that the action is about.
  var tables: [TableID] {
    switch self {
    case .createDatabase, .dropDatabase: []
    case .createTable(let definition), .redefineTable(let definition): [definition.id]
    case .dropTable(let id), .truncateTable(let id), .addSegments(let id, _),
      .removeSegments(let id, _), .addDetached(let id, _), .removeDetached(let id, _),
      .tableTTL(let id, _, _), .importIdentity(let id, _), .flushedTo(let id, _),
      .insertMarks(let id, _), .truncatedAt(let id, _):
      [id]
    case .renameTables(let renames): renames.map(\.table)
    }
  }
}
