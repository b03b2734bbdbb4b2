import ArgumentParser
import Glibc
import TickColumns
import TickEngine
import TickServer

struct SQL: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql",
    abstract: "Run one SQL statement and print its result.",
    discussion: """
      With --url a running server answers; with --data this process opens the directory itself, which \
      no server may hold at the time.
      """)

  @Option(help: "The statement.")
  var query: String

  @Option(help: "Format of the result when the statement names none.")
  var format: String?

  @Option(help: "Address of a server, for example http://127.0.0.1:8123.")
  var url: String?

  @Option(help: "Directory that holds the data.")
  var data: String?

  func validate() throws {
    guard (url == nil) != (data == nil) else {
      throw ValidationError("give either --url of a server or --data of a directory")
    }
  }

  func run() throws {
    if let url {
      try ask(url)
    } else if let data {
      try open(data)
    }
  }

  private func ask(_ url: String) throws {
    // The server cancels the statement when the connection goes with this process.
    Console.catchSignals([SIGINT]) { _ in _exit(ExitStatus.interrupted.rawValue) }
    do throws(ClientError) {
      let client = try QueryClient(url: url)
      try client.run(query, format: format) { (bytes) throws(ClientError) in
        guard Console.write(bytes, to: STDOUT_FILENO) else { throw .outputClosed }
      }
    } catch {
      if error == .outputClosed { return }  // The reader has what it wanted, as with any filter.
      throw Failure(error, of: url)
    }
  }

  private func open(_ path: String) throws {
    let interrupt = CancelFlag()
    Console.catchSignals([SIGINT, SIGTERM]) { _ in interrupt.raise() }
    let sink = StandardOutputSink()
    do throws(EngineError) {
      let database = try Database.open(at: path)
      let request = QueryRequest(
        text: Array(query.utf8), queryID: "", defaultFormat: format ?? "TabSeparated")
      defer { database.close() }
      _ = try database.execute(request, input: NoInput(), sink: sink, cancellation: interrupt)
    } catch {
      if interrupt.isCancelled { throw Failure(.interrupted) }
      if sink.isClosed.isCancelled { return }
      throw Failure(.failed, "\(error.message) (\(error.code.name), code \(error.code.rawValue))")
    }
  }
}

/// Result bytes to standard output.
private struct StandardOutputSink: QuerySink {
  /// Raised when the reader closed it.
  let isClosed = CancelFlag()

  func begin(_ head: ResultHead) throws(EngineError) {}

  func write(_ bytes: [UInt8]) throws(EngineError) {
    guard Console.write(bytes, to: STDOUT_FILENO) else {
      isClosed.raise()
      throw EngineError(.queryWasCancelled, "the reader of standard output closed it")
    }
  }
}
