import ArgumentParser
import TickEngine

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Verify every checksum and reference of a data directory and print what is found.",
    discussion: "Changes nothing. No server may hold the directory at the time.")

  @Argument(help: "Directory that holds the data.")
  var directory: String

  func run() throws {
    let isSound: Bool
    do throws(EngineError) {
      isSound = try Database.check(directory) { Console.line($0) }
    } catch {
      throw Failure(.failed, error.message)
    }
    if !isSound { throw Failure(.failed, "\(directory) is damaged; see above") }
  }
}
