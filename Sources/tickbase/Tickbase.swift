/// The executable: arguments, signals, exit codes. What it does is done elsewhere.
import ArgumentParser
import Glibc
import TickStorage

@main struct Tickbase: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tickbase",
    abstract: "A tick database: imports market data and answers ClickHouse SQL over HTTP.",
    discussion: """
      Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but rows were rejected, \
      4 cannot connect, 130 interrupted.
      """,
    subcommands: [
      Serve.self, Import.self, SQL.self, Local.self, Check.self, Backup.self, Restore.self,
      Config.self, Version.self,
    ])

  static func main() {
    // A closed pipe and a full quota are errors of one write, not the end of a process that holds data.
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
    do {
      // Files are read through mappings only behind this guard; without it they are read by calls.
      do throws(StorageError) { try SIGBUSGuard.install() } catch {
        Console.error("tickbase: \(error.sentence); files are read without mapping")
      }
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      if let sentence = failure.sentence { Console.error("tickbase: \(sentence)") }
      Glibc.exit(failure.status.rawValue)
    } catch {
      // What is left comes from the argument parser: help was asked for, or usage was wrong.
      if exitCode(for: error) == .success {
        Console.line(fullMessage(for: error))
        Glibc.exit(ExitStatus.done.rawValue)
      }
      Console.error(fullMessage(for: error))
      Glibc.exit(ExitStatus.usage.rawValue)
    }
  }
}
