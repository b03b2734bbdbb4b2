import ArgumentParser
import Glibc
import TickColumns
import TickEngine
import TickServer

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Import files of market data.",
    discussion: """
      Files, directories, patterns, or - for standard input; plain, .gz, .zst, .lz4 or .zip, told by what is \
      in them, not by their names. Known without a word from you: trades, aggregate trades, klines and best \
      bid and ask of Binance, Tardis, Coinbase, Kraken, Bitstamp, and CSV, TSV or JSON whose columns have \
      common names. Anything else: name its columns.

      Each file is imported whole or not at all, and the same content again adds nothing. Rejected rows \
      are counted by reason and reported with line, column and reason. With --url the files go to a running \
      server; with --data, or neither, this process opens the directory itself, which no server may hold \
      at the time. A file that fails does not keep the others out.

      Examples:
        tickbase import BTCUSDT-trades-2024-08.zip
        tickbase import --dry-run --exchange kraken XBTUSD.csv
        tickbase import --exchange binance klines/
        tickbase import --table ticks --columns 'ts=time:ms,price=p/10000,qty=q' ticks.tsv
        zcat book.csv.gz | tickbase import --table book -

      Exit codes: 0 done, 1 a file failed, 2 wrong usage, 3 rows were rejected or files skipped, \
      4 cannot connect, 130 interrupted.
      """)

  @OptionGroup var server: ServerOptions

  @Option(help: "Directory that holds the data; created when it does not exist. (default: data)")
  var data: String?

  @Option(help: "Table to import into; else what the file's layout says.")
  var table: String?

  @Option(help: "Exchange that the rows come from, for example binance.")
  var exchange: String?

  @Option(help: "Symbol of the rows, where the file's name does not say it.")
  var symbol: String?

  @Option(help: "Length of candles, such as 1m, 4h, 1d; else the distance of the first ones.")
  var interval: String?

  @Option(
    help: ArgumentHelp(
      """
      What goes where: 'ts=time:ms,price=p/100,side=m:buyer_maker' by the file's names or numbers from 1, or \
      'ts:ms_of_day,price,qty,_' for its columns in order. Behind a colon: s, ms, us, ns, those with _of_day, \
      taker, maker, buyer_maker, is_ask, id, positive.
      """, valueName: "list"))
  var columns: String?

  @Option(help: "CSV, TSV, JSONEachRow or Native, where the content does not tell.")
  var format: String?

  @Option(help: "Day of times of day, YYYY-MM-DD, where the file's name does not say it.")
  var date: String?

  @Option(help: "Zone of times that do not say theirs, for example America/New_York.")
  var timeZone: String?

  @Option(
    help: "Give a file up when more rows than this are bad: a number, or a share such as 0.5%.")
  var maxErrors: String?

  @Option(help: "File for the report of rejected rows.")
  var rejects: String?

  @Flag(help: "Show what would be imported, and store nothing.")
  var dryRun = false

  @Flag(help: "Show no progress.")
  var quiet = false

  @Argument(help: "Files, directories or patterns to import, - for standard input.")
  var files: [String]

  func validate() throws {
    guard server.url == nil || data == nil else {
      throw ValidationError("give either --url of a server or --data of a directory")
    }
    if let interval, secondsOfInterval(interval) == nil {
      throw ValidationError("--interval is seconds, or such as 1m, 4h, 1d; not '\(interval)'")
    }
    if let maxErrors, ErrorLimit(maxErrors) == nil {
      throw ValidationError("--max-errors is a number, or a share such as 0.5%; not '\(maxErrors)'")
    }
    if files.filter({ $0 == "-" }).count > 1 {
      throw ValidationError("standard input can be read once")
    }
  }

  func run() throws {
    // Files of one call share the report, calls do not.
    if let rejects { _ = unsafe unlink(rejects) }
    let inputs = try InputFiles.expand(files)
    var tally = Tally()
    if let client = try server.client(), let url = server.url {
      try send(inputs, to: client, at: url, &tally)
    } else {
      try open(data ?? "data", inputs, &tally)
    }
    if inputs.count > 1 { Console.line(tally.sentence) }
    if tally.failed > 0 { throw Failure(.failed) }
    if tally.rejectedRows > 0 || tally.skipped > 0 { throw Failure(.rejectedRows) }
  }

  /// What became of all files.
  private struct Tally {
    var done = 0
    var failed = 0
    var skipped = 0
    var rejectedRows = 0

    var sentence: String {
      var text = "\(done) files done"
      if failed > 0 { text += ", \(failed) failed" }
      if skipped > 0 { text += ", \(skipped) skipped" }
      if rejectedRows > 0 { text += ", \(rejectedRows) rows rejected" }
      return text
    }

    /// Takes a file that was not imported, and says why.
    mutating func miss(_ file: InputFile, _ reason: String) {
      if file.isNamed {
        failed += 1
        Console.error("tickbase: \(reason)")
      } else {
        skipped += 1
        Console.error("tickbase: skipped: \(reason)")
      }
    }
  }

  private var options: ImportOptions {
    var options = ImportOptions(
      table: table, exchange: exchange, symbol: symbol, rejectsPath: rejects)
    options.interval = interval.flatMap(secondsOfInterval)
    options.columns = columns
    options.format = format
    options.date = date
    options.timeZone = timeZone
    options.maxErrors = maxErrors.flatMap { ErrorLimit($0) }
    return options
  }

  private func send(
    _ inputs: [InputFile], to client: QueryClient, at url: String, _ tally: inout Tally
  ) throws {
    // The server gives the import up when the connection goes with this process.
    Console.catchSignals([SIGINT, SIGTERM]) { _ in _exit(ExitStatus.interrupted.rawValue) }
    let line = ImportLine(files: inputs.count, isQuiet: quiet)
    for file in inputs {
      line.begin(file.name)
      do throws(ClientError) {
        tally.rejectedRows += try RemoteImport(file: file, options: options, isDryRun: dryRun)
          .run(client, line)
        tally.done += 1
      } catch {
        guard case .refused(let text) = error else { throw Failure(error, of: url) }
        tally.miss(file, Failure.plain(text))
      }
    }
  }

  private func open(_ data: String, _ inputs: [InputFile], _ tally: inout Tally) throws {
    let interrupt = CancelFlag()
    Console.catchSignals([SIGINT, SIGTERM]) { _ in interrupt.raise() }
    let database: Database
    do throws(EngineError) {
      database = try Database.open(at: data)
    } catch {
      throw Failure(.failed, error.message)
    }
    defer { database.close() }
    let line = ImportLine(files: inputs.count, isQuiet: quiet)
    for file in inputs {
      line.begin(file.name)
      do throws(EngineError) {
        tally.rejectedRows += try importFile(file, into: database, interrupt, line)
        tally.done += 1
      } catch {
        line.clear()
        if interrupt.isCancelled { throw Failure(.interrupted) }
        tally.miss(file, error.message)
      }
    }
  }

  /// Returns how many rows were rejected.
  private func importFile(
    _ file: InputFile, into database: Database, _ interrupt: CancelFlag, _ line: ImportLine
  ) throws(EngineError) -> Int {
    if dryRun {
      for text in try database.previewImport(
        file.path, name: file.name, options, cancellation: interrupt)
      {
        Console.line(text)
      }
      return 0
    }
    let outcome = try database.importFile(
      file.path, name: file.name, options, cancellation: interrupt
    ) { line.show($0) }
    line.tell(outcome)
    return outcome.rejectedRows
  }
}
