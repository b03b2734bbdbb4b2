/// Files of exchange trades and of named columns into tables: read, parsed in parallel, written as segments, and
/// published by one edit per file.
///
/// Invariants:
/// 1. A file is in the store whole (but for rejected rows, which are reported) or not at all.
/// 2. Content goes into a table once: its identity, made of what shapes its rows and the hash of its decompressed
///    bytes, is published in the edit that adds the rows, and looked up before that edit.
/// 3. Memory does not depend on the file's length: `groupChunks` chunks are parsed while as many are read, and
///    `SegmentSink` bounds the rows.
import Synchronization
import TickColumns
import TickFormats
import TickSQL
import TickStorage

extension Database {
  /// Imports one file atomically. `progress` is called now and then on the calling thread.
  ///
  /// Throws 60 for an unknown table, 36 and 117 for a file that is not understood, 394 when cancelled; after any
  /// error nothing was added.
  public func importFile(
    _ path: String, _ options: ImportOptions, cancellation: any Cancellation,
    progress: (ImportProgress) -> Void
  ) throws(EngineError) -> ImportOutcome {
    try loading.withLock { (filters) throws(EngineError) in
      var importer = try Importer(path, options, database: self, cancellation: cancellation)
      // The rows that this import lets pass are known to no filter.
      filters.forget(importer.table)
      return try importer.run(progress)
    }
  }
}

private struct Importer {
  /// Long enough that handing out work does not count, short enough for the cache of a small machine.
  static let chunkBytes = 2 << 20

  private let path: String
  private let database: Database
  private let cancellation: any Cancellation
  private let source: ImportSource
  private let plan: ImportPlan
  private let rejects: RejectsReport
  private var sink: SegmentSink
  private var duplicates: DuplicateFilter?
  private var state = ImportProgress()
  private var duplicateRows = 0
  private var line = 0

  init(
    _ path: String, _ options: ImportOptions, database: Database, cancellation: any Cancellation
  ) throws(EngineError) {
    self.path = path
    self.database = database
    self.cancellation = cancellation
    source = try ImportSource(path: path)
    plan = try ImportPlan(
      path: path, sample: source.sample[...], options: options, database: database)
    source.cut(chunkBytes: Self.chunkBytes, respectsQuotes: plan.respectsQuotes)
    rejects = RejectsReport(of: path, path: options.rejectsPath)
    sink = SegmentSink(
      store: database.store, layout: plan.layout, workers: database.workers,
      partitionsMax: nil)
    duplicates = DuplicateFilter(plan.layout)
    state.bytesTotal = source.byteCount > 0 ? source.byteCount : nil
  }

  var table: TableID { plan.table.definition.id }

  mutating func run(_ progress: (ImportProgress) -> Void) throws(EngineError) -> ImportOutcome {
    do throws(EngineError) {
      try load(progress)
      return try publish()
    } catch {
      sink.discard()
      throw error
    }
  }

  private mutating func load(_ progress: (ImportProgress) -> Void) throws(EngineError) {
    // One group is parsed by the threads while one of them reads the next.
    let groupChunks = database.workers.width * 2
    var group = try source.next(groupChunks)
    while !group.isEmpty {
      guard !cancellation.isCancelled else {
        throw EngineError(.queryWasCancelled, "the import of \(path) was cancelled")
      }
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
  }

  private mutating func take(_ chunk: ParsedChunk) throws(SQLError) {
    do throws(EngineError) {
      try rejects.append(chunk.rejects, firstLine: line)
    } catch {
      throw SQLError(error.code, error.message)
    }
    line += chunk.lineCount
    state.rejectedRows += chunk.rejects.count
    var batch = chunk.batch
    let table = StoredTable(plan.table)
    if let kept = try duplicates?.newRows(of: batch, in: table) {
      duplicateRows += batch.rowCount - kept.count
      batch = batch.gather(kept)
    }
    try sink.add(batch)
    state.rows = sink.rowCount
  }

  private mutating func publish() throws(EngineError) -> ImportOutcome {
    var outcome = ImportOutcome()
    outcome.rejectedRows = state.rejectedRows
    outcome.rejectsPath = state.rejectedRows > 0 ? rejects.path : nil
    let identity = source.identity(of: plan.rowShape)
    let table = plan.table.definition
    if plan.table.imports.contains(identity) {
      sink.discard()
      outcome.wasKnown = true
      return outcome
    }
    do throws(SQLError) {
      try sink.flush()
    } catch {
      throw EngineError(error)
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
