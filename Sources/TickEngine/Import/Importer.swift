/// Files of exchange trades and of named columns into tables: read, parsed in parallel, written as segments, and
/// published by one edit per file.
///
/// A table that keeps no duplicates is written to meanwhile. The file is compared with what was stored when it began,
/// and what comes in is watched; where the two meet in the end, the file is read again with everybody else kept out.
///
/// Invariants:
/// 1. A file is in the store whole (but for rejected rows, which are reported) or not at all.
/// 2. Content goes into a table once: its identity, made of what shapes its rows and the hash of its decompressed
///    bytes, is published in the edit that adds the rows, and looked up before that edit.
/// 3. Memory does not depend on the file's length: `groupChunks` chunks are parsed while as many are read,
///    `SegmentSink` bounds the rows, and one import runs at a time.
import Synchronization
import TickColumns
import TickFormats
import TickSQL
import TickStorage

extension Database {
  /// Imports one file atomically. `progress` is called now and then on the calling thread and must not write.
  ///
  /// Throws 60 for an unknown table, 36 and 117 for a file that is not understood, 394 when cancelled; after any
  /// error nothing was added.
  public func importFile(
    _ path: String, _ options: ImportOptions, cancellation: any Cancellation,
    progress: (ImportProgress) -> Void
  ) throws(EngineError) -> ImportOutcome {
    try importFile(
      ImportFile(path: path, name: path), options, cancellation: cancellation, progress: progress)
  }

  func importFile(
    _ file: ImportFile, _ options: ImportOptions, cancellation: any Cancellation,
    progress: (ImportProgress) -> Void
  ) throws(EngineError) -> ImportOutcome {
    let outcome = try importing.withLock { (_) throws(EngineError) -> ImportOutcome in
      var importer = try Importer(file, options, database: self, cancellation: cancellation)
      guard let duplicates = duplicates(of: importer.layout) else {
        return try importer.run(progress)
      }
      if importer.isRepeatable {
        if let outcome = try importer.run(beside: duplicates, progress) { return outcome }
        importer = try Importer(file, options, database: self, cancellation: cancellation)
      }
      return try importer.run(alone: duplicates, progress)
    }
    counters.imported(rows: outcome.rows, rejected: outcome.rejectedRows)
    return outcome
  }
}

private struct Importer {
  /// Long enough that handing out work does not count, short enough for the cache of a small machine.
  static let chunkBytes = 2 << 20

  private let file: ImportFile
  private let database: Database
  private let cancellation: any Cancellation
  private let source: ImportSource
  private let plan: ImportPlan
  private let rejects: RejectsReport
  private var sink: SegmentSink
  /// What the file's rows are compared with, and what remembers them.
  private var filter: DuplicateFilter?
  private var stored: TableSnapshot
  private var passed = GroupedNumbers()
  private var state = ImportProgress()
  private var duplicateRows = 0
  private var line = 0

  init(
    _ file: ImportFile, _ options: ImportOptions, database: Database,
    cancellation: any Cancellation
  ) throws(EngineError) {
    self.file = file
    self.database = database
    self.cancellation = cancellation
    source = try ImportSource(file)
    plan = try ImportPlan(
      name: file.name, sample: source.sample[...], options: options, database: database)
    source.cut(chunkBytes: Self.chunkBytes, respectsQuotes: plan.respectsQuotes)
    rejects = RejectsReport(
      of: file.name, path: options.rejectsPath, style: options.rejectsStyle)
    sink = SegmentSink(
      store: database.store, layout: plan.layout, workers: database.workers,
      partitionsMax: nil)
    stored = plan.table
    state.bytesTotal = source.byteCount > 0 ? source.byteCount : nil
  }

  var layout: TableLayout { plan.layout }
  var isRepeatable: Bool { source.isRepeatable }

  /// Into a table that takes duplicates.
  mutating func run(_ progress: (ImportProgress) -> Void) throws(EngineError) -> ImportOutcome {
    do throws(EngineError) {
      try load(progress)
      return try publish()
    } catch {
      sink.discard()
      throw error
    }
  }

  /// While others write; nil, and nothing is there, when they wrote what the file holds as well.
  mutating func run(
    beside duplicates: DuplicateGuard, _ progress: (ImportProgress) -> Void
  ) throws(EngineError) -> ImportOutcome? {
    do throws(EngineError) {
      let opening = duplicates.beginTurn()
      opening.openJournal()
      defer { duplicates.closeJournal() }
      try look()
      opening.end(.published)

      try load(progress)
      let turn = duplicates.beginTurn()
      let journal = turn.journal
      if let journal, journal.isBroken || journal.numbers.intersects(passed) {
        turn.end(.published)
        sink.discard()
        try rejects.withdraw()
        return nil
      }
      let outcome = try publish()
      turn.take(passed)
      turn.end(.published)
      return outcome
    } catch {
      sink.discard()
      throw error
    }
  }

  mutating func run(
    alone duplicates: DuplicateGuard, _ progress: (ImportProgress) -> Void
  ) throws(EngineError) -> ImportOutcome {
    do throws(EngineError) {
      let turn = duplicates.beginTurn()
      try look()
      try load(progress)
      let outcome = try publish()
      turn.take(passed)
      turn.end(.published)
      return outcome
    } catch {
      sink.discard()
      throw error
    }
  }

  /// Compares rows from now on with what is stored at this moment.
  private mutating func look() throws(EngineError) {
    stored = try current()
    filter = DuplicateFilter(plan.layout)
  }

  private func current() throws(EngineError) -> TableSnapshot {
    let id = plan.table.definition.id
    guard let table = database.store.snapshot().table(id) else {
      throw EngineError(.unknownTable(id))
    }
    return table
  }

  private mutating func load(_ progress: (ImportProgress) -> Void) throws(EngineError) {
    // One group is parsed by the threads while one of them reads the next.
    let groupChunks = database.workers.width * 2
    var group = try source.next(groupChunks)
    while !group.isEmpty {
      try checkCancelled()
      let work = group
      let parsed = Monitor([Int: ParsedChunk]())
      let (source, plan) = (source, plan)
      do throws(SQLError) {
        try database.workers.run(count: work.count + 1) { turn in
          if turn == 0 { return source.readAhead(groupChunks) }
          let chunk = work[turn - 1]
          let rows = plan.parse(chunk.bytes, isFirst: chunk.number == 0)
          parsed.withLock { $0[turn - 1] = rows }
        }
        for number in work.indices {
          guard let chunk = parsed.withLock({ $0[number] }) else { continue }
          try take(chunk)
        }
      } catch {
        throw EngineError(error)
      }
      group = try source.takeReadAhead()
      state.bytesRead = source.bytesRead
      progress(state)
    }
    do throws(SQLError) {
      try sink.flush()
    } catch {
      throw EngineError(error)
    }
  }

  private func checkCancelled() throws(EngineError) {
    guard cancellation.isCancelled else { return }
    throw EngineError(.queryWasCancelled, "the import of \(file.name) was cancelled")
  }

  private mutating func take(_ chunk: ParsedChunk) throws(SQLError) {
    do throws(EngineError) {
      try rejects.append(chunk.rejects, firstLine: line)
    } catch {
      throw SQLError(error.code, error.message)
    }
    line += chunk.lineCount
    state.rejectedRows += chunk.rejects.count
    var batch = try plan.completed(chunk.batch)
    if let filtered = try newRows(of: batch) {
      duplicateRows += batch.rowCount - filtered.rowCount
      batch = filtered
    }
    try sink.add(batch)
    state.rows = sink.rowCount
  }

  /// The rows that are no duplicates; nil when that is all of them.
  private mutating func newRows(of batch: Batch) throws(SQLError) -> Batch? {
    let layout = plan.layout
    guard
      let kept = try filter?.newRows(of: batch, layout, in: StoredTable(stored), into: &passed)
    else { return nil }
    return batch.gather(kept)
  }

  private mutating func publish() throws(EngineError) -> ImportOutcome {
    var outcome = ImportOutcome()
    outcome.rejectedRows = state.rejectedRows
    outcome.rejectsPath = state.rejectedRows > 0 ? rejects.path : nil
    let identity = source.identity(of: plan.rowShape)
    let table = plan.table.definition
    try checkCancelled()
    if try current().imports.contains(identity) {
      sink.discard()
      outcome.wasKnown = true
      return outcome
    }
    do throws(StorageError) {
      var actions: [ManifestAction] = [.importIdentity(table.id, identity)]
      if !sink.entries.isEmpty { actions.append(.addSegments(table.id, sink.entries)) }
      try database.store.publish(
        ManifestEdit(actions, newSequences: UInt64(sink.rowCount)))
    } catch {
      throw EngineError(error)
    }
    outcome.rows = sink.rowCount
    outcome.duplicateRows = duplicateRows
    return outcome
  }
}
