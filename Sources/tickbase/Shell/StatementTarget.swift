/// Whatever answers statements: a directory that this process opened, or a server. Shells and scripts see this alone.
import TickColumns
import TickEngine
import TickServer

/// One statement as it is asked.
struct StatementCall {
  var text: [UInt8]
  /// The format of the answer where the statement names none.
  var format: String
  /// Whether it sees what USE and SET of earlier statements changed, and changes it.
  var isOfSession = true
  /// By which it is found among those that run.
  var queryID = String(UInt64.random(in: .min ... .max), radix: 16)
  /// Bytes behind the text, as the rows of an INSERT.
  var input: (any QueryInput)?
  /// True where the answer goes to a screen: it is short, and its figures are shown.
  var isForScreen = false
}

/// Why a statement brought no whole answer.
enum StatementFailure: Error {
  /// The statement is at fault; `label` is the error's name and code.
  case refused(message: String, label: String)
  /// The target is.
  case target(Failure)
  case cancelled
  /// The receiver of the answer wants no more.
  case outputClosed
}

/// Where the bytes of an answer go. One thread at a time.
protocol AnswerOutput: AnyObject, Sendable {
  /// Blocks while the receiver is slow; false when it is gone.
  func write(_ bytes: [UInt8]) -> Bool
}

protocol StatementTarget: Sendable {
  /// What a greeting says of it.
  var name: String { get }
  /// Runs a statement to its end, or until it is cancelled. The figures of the result are 0 where the target does not tell
  /// them.
  func run(
    _ call: StatementCall, _ output: any AnswerOutput, _ cancellation: StatementCancellation
  ) throws(StatementFailure) -> QuerySummary
}

/// Ends one statement wherever it runs. Any thread.
final class StatementCancellation: Sendable {
  let flag = CancelFlag()
  let cut = ConnectionCut()

  func cancel() {
    flag.raise()
    cut.cut()
  }
}

extension StatementTarget {
  /// Runs a statement to its end; an interrupt meanwhile cancels it.
  func run(
    _ call: StatementCall, _ output: any AnswerOutput, _ interrupts: Interrupts
  ) throws(StatementFailure) -> QuerySummary {
    let cancellation = StatementCancellation()
    return try interrupts.during({ cancellation.cancel() }) { () throws(StatementFailure) in
      try run(call, output, cancellation)
    }
  }

  /// What a running statement has done so far; nil where nobody says. Any thread.
  func figures(ofRunning queryID: String) -> QuerySummary? {
    let query =
      "SELECT read_rows, total_rows_approx FROM system.processes WHERE query_id = '\(queryID)' "
      + "SETTINGS log_queries = 0"
    let output = CollectedOutput()
    let call = StatementCall(
      text: Array(query.utf8), format: "TabSeparatedRaw", isOfSession: false)
    // Progress is a service; without an answer there is none.
    guard (try? run(call, output, StatementCancellation())) != nil else { return nil }
    let numbers = output.lines.first?.split(separator: "\t").compactMap { Int($0) } ?? []
    guard numbers.count == 2 else { return nil }
    var figures = QuerySummary()
    (figures.readRows, figures.rowsToRead) = (numbers[0], numbers[1])
    return figures
  }

  /// The rows of a small query of the shell itself, as texts; nil when it fails.
  func rows(
    _ query: String, _ interrupts: Interrupts, ofSession isOfSession: Bool = false
  ) -> [[String]]? {
    let output = CollectedOutput()
    let call = StatementCall(
      text: Array(query.utf8), format: "TabSeparatedRaw", isOfSession: isOfSession,
      isForScreen: true)
    // What is asked here is a service to the one who types; without an answer there is none.
    guard (try? run(call, output, interrupts)) != nil else { return nil }
    return output.lines.map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }
}
