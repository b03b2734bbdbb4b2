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
import TickColumns
import TickFormats
import TickSQL
import TickStorage

extension Database {
  /// Imports one file; of a zip archive each member, one after the other. A file, or a member, is in the store whole or
  /// not at all. `progress` is called now and then on the calling thread and must not write.
  ///
  /// Throws 60 for an unknown table, 36 and 117 for a file that is not understood or holds too much that is bad, 394
  /// when cancelled; after an error nothing was added of the member that it names, and nothing behind it.
  ///
  /// - Parameter name: what messages call the file and what is asked for its symbol; nil for its path.
  public func importFile(
    _ path: String, name: String? = nil, _ options: ImportOptions,
    cancellation: any Cancellation, progress: (ImportProgress) -> Void
  ) throws(EngineError) -> ImportOutcome {
    let report = RejectsReport(of: name ?? path, path: options.rejectsPath)
    return try importFile(
      ImportFile(path: path, name: name ?? path), options, report: report,
      cancellation: cancellation,
      progress: progress)
  }

  /// - Parameter report: takes the rejected rows. Its file is written, whether the import succeeds or not, unless it
  ///   has none.
  func importFile(
    _ file: ImportFile, _ options: ImportOptions, report: RejectsReport, writesReport: Bool = true,
    cancellation: any Cancellation, progress: (ImportProgress) -> Void
  ) throws(EngineError) -> ImportOutcome {
    do throws(EngineError) {
      var total = try importing.take(cancellation) { () throws(EngineError) in
        let source = try ImportSource(file)
        var total = try importMember(
          source, file, options, report, cancellation: cancellation, progress: progress)
        while try source.advance() {
          total.add(
            try importMember(
              source, file, options, report, cancellation: cancellation, progress: progress))
        }
        return total
      }
      total.reasons = report.reasons
      if writesReport {
        // What is stored is stored, whether it can be reported or not.
        do throws(EngineError) {
          total.rejectsPath = try report.write()
        } catch {
          total.reportProblem = error.message
        }
      }
      return total
    } catch {
      if writesReport {
        // The reason why the import failed is worth more than why its report did.
        do throws(EngineError) { _ = try report.write() } catch {}
      }
      throw error
    }
  }

  private func importMember(
    _ source: ImportSource, _ file: ImportFile, _ options: ImportOptions, _ report: RejectsReport,
    cancellation: any Cancellation, progress: (ImportProgress) -> Void
  ) throws(EngineError) -> ImportOutcome {
    report.begin(source.title)
    var importer = try Importer(
      source, file, options, report, database: self, cancellation: cancellation)
    guard let duplicates = duplicates(of: importer.layout),
      importer.layout.definition.deduplicateKeep == .first
    else {
      return counted(try importer.run(progress))
    }
    if importer.isRepeatable {
      if let outcome = try importer.run(beside: duplicates, progress) { return counted(outcome) }
      // Read a second time; the archive goes on behind the member where it was.
      let again = try ImportSource(file, member: source.memberNumber)
      importer = try Importer(
        again, file, options, report, database: self, cancellation: cancellation)
    }
    return counted(try importer.run(alone: duplicates, progress))
  }

  private func counted(_ outcome: ImportOutcome) -> ImportOutcome {
    counters.imported(rows: outcome.rows, rejected: outcome.rejectedRows)
    return outcome
  }
}

struct Importer {
  /// Long enough that handing out work does not count, short enough for the cache of a small machine.
  static let chunkBytes = 2 << 20

  private let file: ImportFile
  private let database: Database
  private let cancellation: any Cancellation
  private let source: ImportSource
  let plan: ImportPlan
  private let rejects: RejectsReport
  private let maxErrors: ErrorLimit?
  /// Nil when the rows are only looked at.
  private var sink: SegmentSink?
  private var survey: ImportSurvey?
  /// What the file's rows are compared with, and what remembers them.
  private var filter: DuplicateFilter?
  /// What the file's rows take the place of, in a table that keeps the last of equal ones.
  private var replacement: Replacement?
  private var stored: TableSnapshot
  private var passed = GroupedNumbers()
  private var state = ImportProgress()
  private var rowCount = 0
  private var duplicateRows = 0
  private var oddRows = 0
  private var line = 0
  /// The column whose last value is how far the import is.
  private let timeField: Int?

  init(
    _ source: ImportSource, _ file: ImportFile, _ options: ImportOptions, _ rejects: RejectsReport,
    database: Database, isSurvey: Bool = false, cancellation: any Cancellation
  ) throws(EngineError) {
    self.file = file
    self.database = database
    self.cancellation = cancellation
    self.source = source
    self.rejects = rejects
    maxErrors = options.maxErrors
    plan = try ImportPlan(
      name: source.memberName ?? file.name, title: source.title, sample: source.sample[...],
      options: options, database: database)
    source.cut(chunkBytes: Self.chunkBytes, plan.file.shape.rowEnds)
    let fields = plan.layout.fields
    timeField = fields.firstIndex { $0.name == "ts" && $0.type == MarketColumns.time }
    if isSurvey {
      survey = ImportSurvey(fields: fields.count, timeField: timeField)
    } else {
      sink = SegmentSink(
        store: database.store, layout: plan.layout, workers: database.workers,
        partitionsMax: nil)
    }
    replacement = isSurvey ? nil : Replacement(plan.layout)
    stored = plan.table
    state.bytesTotal = source.byteCount > 0 ? source.byteCount : nil
  }

  var layout: TableLayout { plan.layout }
  var isRepeatable: Bool { source.isRepeatable }

  /// Into a table that takes duplicates, or lets them take the place of the rows before.
  mutating func run(_ progress: (ImportProgress) -> Void) throws(EngineError) -> ImportOutcome {
    do throws(EngineError) {
      try load(progress)
      return try publish()
    } catch {
      sink?.discard()
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
        sink?.discard()
        rejects.clear()
        return nil
      }
      let outcome = try publish()
      // Of content that was known nothing is stored.
      if !outcome.wasKnown { turn.take(passed) }
      turn.end(.published)
      return outcome
    } catch {
      sink?.discard()
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
      // Of content that was known nothing is stored.
      if !outcome.wasKnown { turn.take(passed) }
      turn.end(.published)
      return outcome
    } catch {
      sink?.discard()
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
    try checkErrors(isAtEnd: true)
    do throws(SQLError) {
      try sink?.flush()
    } catch {
      throw EngineError(error)
    }
  }

  private func checkCancelled() throws(EngineError) {
    guard cancellation.isCancelled else { return }
    throw EngineError(.queryWasCancelled, "the import of \(source.title) was cancelled")
  }

  private mutating func take(_ chunk: ParsedChunk) throws(SQLError) {
    rejects.append(chunk.rejects, firstLine: line)
    rejects.append(chunk.notices, firstLine: line)
    line += chunk.lineCount
    state.rejectedRows += chunk.rejects.count
    oddRows += chunk.notices.count
    do throws(EngineError) {
      try checkErrors(isAtEnd: false)
    } catch {
      throw SQLError(error.code, error.message)
    }
    var batch = try plan.completed(chunk.batch)
    survey?.add(batch)
    if let filtered = try newRows(of: batch) {
      duplicateRows += batch.rowCount - filtered.rowCount
      batch = filtered
    }
    if let timeField, batch.rowCount > 0, case .int64(let times) = batch.columns[timeField].values {
      state.dataTime = times[batch.rowCount - 1]
    }
    try replacement?.add(batch, place: rowCount)
    rowCount += batch.rowCount
    try sink?.add(batch)
    state.rows = rowCount
  }

  /// Gives up when more rows were rejected than are borne.
  private func checkErrors(isAtEnd: Bool) throws(EngineError) {
    let rejected = state.rejectedRows
    switch maxErrors {
    case .count(let most) where rejected > most: break
    case .percent(let share)
    where isAtEnd
      && Double(rejected) * 100 > share * Double(rejected + rowCount + duplicateRows):
      break
    default: return
    }
    let commonest = rejects.reasons.prefix(3).map(\.sentence).joined(separator: "; ")
    throw EngineError(
      .incorrectData,
      "\(source.title): \(rejected) rows were rejected, more than --max-errors "
        + "\(maxErrors?.text ?? "") bears, so nothing was imported: \(commonest)")
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
    outcome.oddRows = oddRows
    let identity = source.identity(of: plan.rowShape)
    let table = plan.table.definition
    try checkCancelled()
    if try current().imports.contains(identity) {
      sink?.discard()
      outcome.wasKnown = true
      return outcome
    }
    let entries = sink?.entries ?? []
    if let replacement {
      let cancellation = cancellation
      do throws(SQLError) {
        outcome.rows = try replacement.publish(
          entries, rowCount: rowCount, with: [.importIdentity(table.id, identity)], to: database,
          isCancelled: { cancellation.isCancelled })
      } catch {
        throw EngineError(error)
      }
      outcome.duplicateRows = rowCount - outcome.rows
      return outcome
    }
    do throws(StorageError) {
      var actions: [ManifestAction] = [.importIdentity(table.id, identity)]
      if !entries.isEmpty { actions.append(.addSegments(table.id, entries)) }
      try database.store.publish(ManifestEdit(actions, newSequences: UInt64(rowCount)))
    } catch {
      throw EngineError(error)
    }
    outcome.rows = rowCount
    outcome.duplicateRows = duplicateRows
    return outcome
  }

  /// Reads everything and stores nothing.
  mutating func look(_ progress: (ImportProgress) -> Void) throws(EngineError) -> ImportPreview {
    try look()
    try load(progress)
    var preview = ImportPreview(
      file: source.title, plan: plan, survey: survey ?? ImportSurvey(fields: 0, timeField: nil))
    preview.rejectedRows = state.rejectedRows
    preview.oddRows = oddRows
    preview.duplicateRows = duplicateRows
    preview.reasons = rejects.reasons
    let table = try current()
    preview.wasKnown = table.imports.contains(source.identity(of: plan.rowShape))
    do throws(SQLError) {
      try preview.compare(with: StoredTable(table), plan)
    } catch {
      throw EngineError(error)
    }
    return preview
  }
}
