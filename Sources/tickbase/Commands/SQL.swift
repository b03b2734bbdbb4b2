import ArgumentParser
import Glibc
import TickColumns
import TickEngine
import TickServer

struct SQL: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql",
    abstract: "Run SQL: a shell at a terminal, or the statements of --query or of standard input.",
    discussion: """
      With --url a running server answers; with --data this process opens the directory itself, which \
      no server may hold at the time. Statements are divided by ; and the first that fails is the last. \
      Rows of an INSERT that --query does not hold are read from standard input. \\? in the shell lists \
      its commands.
      """)

  @OptionGroup var statements: StatementOptions

  @OptionGroup var server: ServerOptions

  @Option(help: "Directory that holds the data.")
  var data: String?

  func validate() throws {
    guard (server.url == nil) != (data == nil) else {
      throw ValidationError("give either --url of a server or --data of a directory")
    }
  }

  func run() throws {
    let client = try server.client()
    let interrupts = Interrupts()
    if let client, let url = server.url {
      try statements.run(RemoteTarget(client, name: url), interrupts)
    } else if let data {
      let database: Database
      do throws(EngineError) {
        database = try Database.open(at: data)
      } catch {
        throw Failure(.failed, error.message)
      }
      defer { database.close() }
      try statements.run(EmbeddedTarget(name: data, database: database), interrupts)
    }
  }
}

/// Where statements come from and how they are answered: what every command that runs SQL takes.
struct StatementOptions: ParsableArguments {
  @Option(help: "The statements, divided by ;.")
  var query: String?

  @Option(
    help:
      "Format of answers where a statement names none. (default: PrettyCompact on a terminal, else TabSeparated)"
  )
  var format: String?

  @Flag(name: .customLong("continue"), help: "Go on behind a statement that fails.")
  var continues = false

  @Option(
    help:
      "File for what is typed; '' keeps nothing. (default: tickbase/history in $XDG_STATE_HOME or ~/.local/state)"
  )
  var history: String?

  /// - Parameter inputIsTaken: standard input is something else than rows of an INSERT.
  func run(
    _ target: any StatementTarget, _ interrupts: Interrupts, inputIsTaken: Bool = false
  ) throws {
    let input = StandardInput(interrupts: interrupts)
    if let query {
      let script = ScriptRun(
        target: target, interrupts: interrupts, format: format, continues: continues,
        input: Console.inputIsTerminal || inputIsTaken ? nil : input)
      try script.run(Array(query.utf8))
    } else if Console.inputIsTerminal, Console.outputIsTerminal {
      try Shell(target, interrupts, format: format, historyPath: history).run()
    } else {
      let script = ScriptRun(
        target: target, interrupts: interrupts, format: format, continues: continues, input: nil)
      let text: [UInt8]
      do throws(EngineError) {
        text = try input.whole()
      } catch {
        throw Failure(interrupts.isRaised ? .interrupted : .failed, error.message)
      }
      try script.run(text)
    }
  }
}
