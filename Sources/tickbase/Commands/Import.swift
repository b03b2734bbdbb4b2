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
      are counted and reported with line, column and reason. With --url the files go to a running \
      server; with --data, or neither, this process opens the directory itself, which no server may hold \
      at the time.
      """)

  @Option(help: "Address of a server, for example http://127.0.0.1:8123.")
  var url: String?

  @Option(help: "Directory that holds the data; created when it does not exist. (default: data)")
  var data: String?

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

  func validate() throws {
    guard url == nil || data == nil else {
      throw ValidationError("give either --url of a server or --data of a directory")
    }
  }

  func run() throws {
    // Files of one call share the report, calls do not.
    if let rejects { _ = unsafe unlink(rejects) }
    let rejectedRows = if let url { try send(to: url) } else { try open(data ?? "data") }
    if rejectedRows > 0 { throw Failure(.rejectedRows) }
  }

  private var options: ImportOptions {
    ImportOptions(table: table, exchange: exchange, symbol: symbol, rejectsPath: rejects)
  }

  // Both return how many rows were rejected.

  private func send(to url: String) throws -> Int {
    // The server gives the import up when the connection goes with this process.
    Console.catchSignals([SIGINT, SIGTERM]) { _ in _exit(ExitStatus.interrupted.rawValue) }
    var rejectedRows = 0
    do throws(ClientError) {
      let client = try QueryClient(url: url)
      for file in files {
        rejectedRows += try RemoteImport(file: file, options: options).run(client)
      }
    } catch {
      throw Failure(error, of: url)
    }
    return rejectedRows
  }

  private func open(_ data: String) throws -> Int {
    let interrupt = CancelFlag()
    Console.catchSignals([SIGINT, SIGTERM]) { _ in interrupt.raise() }
    var rejectedRows = 0
    do throws(EngineError) {
      let database = try Database.open(at: data)
      defer { database.close() }
      for file in files { rejectedRows += try importFile(file, into: database, interrupt) }
    } catch {
      if interrupt.isCancelled { throw Failure(.interrupted) }
      throw Failure(.failed, error.message)
    }
    return rejectedRows
  }

  private func importFile(
    _ file: String, into database: Database, _ interrupt: CancelFlag
  ) throws(EngineError) -> Int {
    let showsProgress = Console.errorIsTerminal
    let outcome: ImportOutcome
    do throws(EngineError) {
      outcome = try database.importFile(file, options, cancellation: interrupt) { progress in
        if showsProgress { ImportLine.show(progress, of: file) }
      }
    } catch {
      if showsProgress { ImportLine.clear() }
      throw error
    }
    if showsProgress { ImportLine.clear() }
    ImportLine.tell(outcome, of: file)
    return outcome.rejectedRows
  }
}
