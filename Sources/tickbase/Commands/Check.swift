import ArgumentParser
import TickEngine

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Verify every checksum and reference of a data directory and print what is found.",
    discussion: """
      Changes nothing. No server may hold the directory at the time. With --repair, what can be read of a damaged \
      directory is written to a new one, row group by row group, and what is lost is listed; the damaged directory stays as it is.
      """)

  @Argument(help: "Directory that holds the data.")
  var directory: String

  @Option(help: "Directory that is made, with all that can be read of a damaged one.")
  var repair: String?

  func run() throws {
    do throws(EngineError) {
      let isSound = try Database.check(directory) { Console.line($0) }
      if isSound {
        if repair != nil { Console.line("\(directory) is sound: nothing to repair") }
        return
      }
    } catch {
      throw Failure(.failed, error.message)
    }
    guard let repair else { throw Failure(.failed, "\(directory) is damaged; see above") }
    let done: RepairReport
    do throws(EngineError) {
      done = try Database.repair(directory, to: repair) { Console.line($0) }
    } catch {
      throw Failure(.failed, error.message)
    }
    Console.line(
      "\(repair): \(done.copiedSegments) segments with \(done.copiedRows) rows copied, "
        + "\(done.savedRows) rows saved")
    if done.hasLosses {
      let places = done.logGaps > 0 ? ", and what stood in \(done.logGaps) places of the log" : ""
      throw Failure(.failed, "\(repair) is sound, but \(done.lostRows) rows are lost\(places)")
    }
  }
}
