import ArgumentParser
import Glibc
import TickColumns
import TickEngine
import TickServer

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Import files of market data.",
    discussion: """
      Each file is imported whole or not at all, and the same content again adds nothing. Rejected rows \
      are counted and reported with line, column and reason.
      """)

  @Option(help: "Directory that holds the data; created when it does not exist.")
  var data = "data"

  @Option(help: "Table to import into.")
  var table: String?

  @Option(help: "Exchange that the rows come from, for example binance.")
  var exchange: String?

  @Option(help: "Symbol of the rows, where the file's name does not say it.")
  var symbol: String?

  @Option(help: "File for the report of rejected rows.")
  var rejects: String?

  @Argument(help: "Files to import.")
  var files: [String]

  func run() throws {
    let interrupt = CancelFlag()
    Console.catchSignals([SIGINT, SIGTERM]) { _ in interrupt.raise() }
    var rejectedRows = 0
    // Files of one call share the report, calls do not.
    if let rejects { _ = unsafe unlink(rejects) }
    do throws(EngineError) {
      let database = try Database.open(at: data)
      defer { database.close() }
      for file in files { rejectedRows += try importFile(file, into: database, interrupt) }
    } catch {
      if interrupt.isCancelled { throw Failure(.interrupted) }
      throw Failure(.failed, error.message)
    }
    if rejectedRows > 0 { throw Failure(.rejectedRows) }
  }

  /// Returns how many rows were rejected.
  private func importFile(
    _ file: String, into database: Database, _ interrupt: CancelFlag
  ) throws(EngineError) -> Int {
    let options = ImportOptions(
      table: table, exchange: exchange, symbol: symbol, rejectsPath: rejects)
    let showsProgress = Console.errorIsTerminal
    let outcome: ImportOutcome
    do throws(EngineError) {
      outcome = try database.importFile(file, options, cancellation: interrupt) { progress in
        if showsProgress { Self.show(progress, of: file) }
      }
    } catch {
      if showsProgress { Self.clearLine() }
      throw error
    }
    if showsProgress { Self.clearLine() }
    var line = "\(file): "
    line += outcome.wasKnown ? "imported before, nothing added" : "\(outcome.rows) rows imported"
    if outcome.duplicateRows > 0 { line += ", \(outcome.duplicateRows) duplicates left out" }
    if outcome.rejectedRows > 0 {
      line += ", \(outcome.rejectedRows) rejected"
      if let path = outcome.rejectsPath { line += " (see \(path))" }
    }
    Console.line(line)
    return outcome.rejectedRows
  }

  private static func show(_ progress: ImportProgress, of file: String) {
    var text = "\r\u{1B}[K\(file): \(progress.rows) rows"
    if let total = progress.bytesTotal, total > 0 {
      text += ", \(min(100, progress.bytesRead * 100 / total)) %"
    }
    if progress.rejectedRows > 0 { text += ", \(progress.rejectedRows) rejected" }
    _ = Console.write(Array(text.utf8), to: STDERR_FILENO)
  }

  private static func clearLine() {
    _ = Console.write(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO)
  }
}
