import ArgumentParser
import TickEngine

struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the version of this program and of the SQL dialect it speaks.")

  func run() {
    Console.line("tickbase \(Build.version) (ClickHouse dialect \(Database.clickHouseVersion))")
  }
}
