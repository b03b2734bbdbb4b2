/// Importing what a client sends.
///
/// The file is received into the directory first and imported then. Whether its content is known shows at its end
/// only, and a slow sender must not keep others from importing or a table from being written.
///
/// While it is received and imported it is one of the running statements, and KILL QUERY ends it. Its beginning and its end
/// are in the query log.
///
/// Invariants:
/// 1. At most `importsMax` files are received at a time, since each takes a request thread; one more is refused.
/// 2. However an import ends, nothing of what was received is left, and a crash leaves it where the next start removes it.
import Synchronization
import TickColumns
import TickFormats
import TickSQL

extension Database: ImportService {
  public func importFile(
    _ request: ImportRequest, input: any QueryInput, sink: any QuerySink,
    cancellation: any Cancellation
  ) throws(EngineError) -> QuerySummary {
    var record = StatementRecord(request, startedAt: Database.now())
    let running = RunningStatement(
      record, began: Database.ticks(), isReading: false, cancellation: cancellation)
    do throws(EngineError) {
      do throws(SQLError) {
        try statements.add(running)
      } catch {
        throw EngineError(error)
      }
      defer { statements.remove(running) }
      let summary = try importFile(request, input: input, sink: sink, running: running)
      record.event = .finished
      record.figures = summary
      imported(record, running)
      return summary
    } catch {
      record.error = error
      if running.hasStarted { record.event = .failed }
      imported(record, running)
      throw error
    }
  }

  /// Tells the log and the observer of an import's end. Its rows are counted where they are published.
  private func imported(_ given: StatementRecord, _ running: RunningStatement) {
    var record = given
    record.figures.writtenBytes = running.bytesWritten
    ended(record, began: running.began, logs: true)
  }

  private func importFile(
    _ request: ImportRequest, input: any QueryInput, sink: any QuerySink,
    running: RunningStatement
  ) throws(EngineError) -> QuerySummary {
    guard receiving.add(1, ordering: .relaxed).newValue <= options.importsMax else {
      receiving.subtract(1, ordering: .relaxed)
      throw EngineError(
        .tooManySimultaneousQueries,
        "too many simultaneous imports: \(options.importsMax) are under way; try again later")
    }
    defer { receiving.subtract(1, ordering: .relaxed) }
    // What cannot be imported need not be sent.
    _ = try ImportPlan.target(request.options, database: self)
    running.start(isLogged: true)
    var record = running.record
    record.event = .started
    record.at = Database.now()
    queryLog.append(record)

    let number = spooledFiles.add(1, ordering: .relaxed).newValue
    let file = try SpooledFile("import-\(number).received", in: files, root: root)
    while let piece = try input.next() {
      guard !running.isCancelled else {
        throw EngineError(.queryWasCancelled, "the import of \(request.fileName) was cancelled")
      }
      try file.append(piece)
      running.wrote(rows: 0, bytes: piece.count)
    }

    // The file goes with the object, which is not used again.
    defer { withExtendedLifetime(file) {} }

    let answer = ImportAnswer(sink, client: running)
    let report = RejectsReport(of: request.fileName, path: "")
    let outcome: ImportOutcome
    do throws(EngineError) {
      let received = ImportFile(path: file.path, name: request.fileName)
      if request.isDryRun {
        for preview in try previewImport(received, request.options, cancellation: answer) {
          try answer.write(ImportEvent.preview(preview.text).line)
        }
        outcome = ImportOutcome()
      } else {
        outcome = try importFile(
          received, request.options, report: report, writesReport: false, cancellation: answer
        ) { progress in
          running.wrote(rows: progress.rows - running.rowsWritten, bytes: 0)
          if request.showsProgress { answer.tell(.progress(progress)) }
        }
      }
    } catch {
      throw answer.failure ?? error
    }
    var lines: [UInt8] = []
    for row in report.listed {
      lines += ImportEvent.rejected(row).line
      if lines.count >= 1 << 16 {
        try answer.write(lines)
        lines = []
      }
    }
    for reason in outcome.reasons { lines += ImportEvent.reason(reason).line }
    try answer.write(lines + ImportEvent.imported(outcome).line)
    var summary = QuerySummary()
    summary.writtenRows = outcome.rows
    summary.writtenBytes = running.bytesWritten
    summary.elapsedNanoseconds = Database.ticks() - running.began
    return summary
  }
}

/// The answer on its way; cancels the import when the client takes it no more.
private final class ImportAnswer: Cancellation {
  private struct State {
    var hasBegun = false
    var failure: EngineError?
  }

  private let sink: any QuerySink
  private let client: any Cancellation
  private let state = Mutex(State())

  init(_ sink: any QuerySink, client: any Cancellation) {
    self.sink = sink
    self.client = client
  }

  var failure: EngineError? { state.withLock { $0.failure } }
  var isCancelled: Bool { client.isCancelled || failure != nil }

  /// Writes an event while the import runs.
  func tell(_ event: ImportEvent) {
    guard failure == nil else { return }
    do throws(EngineError) {
      try write(event.line)
    } catch {
      state.withLock { $0.failure = error }
    }
  }

  func write(_ bytes: [UInt8]) throws(EngineError) {
    let isFirst = state.withLock { state in
      defer { state.hasBegun = true }
      return !state.hasBegun
    }
    if isFirst {
      try sink.begin(ResultHead(format: "JSONEachRow", contentType: ImportEvent.contentType))
    }
    try sink.write(bytes)
  }
}
