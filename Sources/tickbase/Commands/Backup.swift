import ArgumentParser
import TickEngine

struct Backup: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy a data directory into a directory of copies.",
    discussion: """
      What earlier copies hold already is not copied again. A copy is whole or not there, whenever the power \
      goes. No server may hold the data directory at the time.
      """)

  @Argument(help: "Directory that holds the data.")
  var directory: String

  @Argument(
    help: "Directory of copies; made if it is not there. Each database needs one of its own.")
  var copies: String

  @Option(help: "How many copies stay, this one among them. (default: all)")
  var keep: Int?

  func validate() throws {
    if let keep, keep < 1 { throw ValidationError("--keep is 1 or more") }
  }

  func run() throws {
    do throws(EngineError) {
      Console.line(try Database.backup(directory, to: copies, keep: keep).text)
    } catch {
      throw Failure(.failed, error.message)
    }
  }
}

struct Restore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a new data directory out of a copy, or list the copies.",
    discussion: "Every byte is verified on the way.")

  @Argument(help: "Directory of copies, as `tickbase backup` makes it.")
  var copies: String

  @Argument(help: "New or empty directory for the data; without it the copies are listed.")
  var directory: String?

  @Option(help: "Number of the copy. (default: the newest)")
  var copy: UInt64?

  func run() throws {
    do throws(EngineError) {
      guard let directory else {
        for copy in try Database.copies(in: copies) { Console.line(copy.text) }
        return
      }
      Console.line(try Database.restore(from: copies, number: copy, to: directory).text)
    } catch {
      throw Failure(.failed, error.message)
    }
  }
}
