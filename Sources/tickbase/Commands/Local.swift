import ArgumentParser
import Glibc
import TickColumns
import TickEngine
import TickFormats
import TickSQL

struct Local: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Run SQL over files and standard input, without a server and without a data directory.",
    discussion: """
      SELECT ... FROM file('trades.csv.gz') reads files; file(path, format, structure) says what their \
      names and first rows do not. What standard input holds, or --file, is a table by the name of \
      --table. Tables that statements create last as long as the command.
      """)

  @OptionGroup var statements: StatementOptions

  @Option(help: "File that the table holds; standard input if there is none.")
  var file: String?

  @Option(help: "Name of the table.")
  var table = "table"

  @Option(help: "Format of its rows. (default: what the file's name says, else TabSeparated)")
  var inputFormat: String?

  @Option(
    help:
      "Columns of its rows, for example 'ts DateTime, price Float64'. (default: what the rows tell)"
  )
  var structure: String?

  func run() throws {
    let interrupts = Interrupts()
    guard let directory = TemporaryDirectory() else {
      throw Failure(.failed, "cannot make a directory for temporary files: \(systemReason())")
    }
    defer { directory.remove() }
    var options = DatabaseOptions()
    options.outside.readsFiles = true
    let takesInput = try addTable(to: &options.outside, interrupts, directory.path)
    let database: Database
    do throws(EngineError) {
      database = try Database.open(at: directory.path + "/data", options: options)
    } catch {
      throw Failure(.failed, error.message)
    }
    defer { database.close() }
    try statements.run(
      EmbeddedTarget(name: "files, without a server", database: database), interrupts,
      inputIsTaken: takesInput)
  }

  /// True when the table takes standard input.
  private func addTable(
    to outside: inout OutsideReading, _ interrupts: Interrupts, _ directory: String
  ) throws -> Bool {
    let takesInput =
      file == nil && !Console.inputIsTerminal && (statements.query?.names(table) ?? false)
    guard file != nil || takesInput else { return false }
    do throws(EngineError) {
      let named = inputFormat ?? (file == nil ? "TabSeparated" : nil)
      let source: any RowSource
      if let file {
        source = FileSource(name: file)
      } else {
        let input = StandardInput(interrupts: interrupts)
        source = try StreamSource("standard input", input, directory: directory)
      }
      outside.tables[table] = try FileTable(source, format: named, structure: structure)
    } catch {
      throw Failure(.failed, "\(error.message) (\(error.code.name), code \(error.code.rawValue))")
    }
    return takesInput
  }
}

extension String {
  /// Whether a word of the text is this one.
  fileprivate func names(_ word: String) -> Bool {
    split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains { $0 == word }
  }
}
