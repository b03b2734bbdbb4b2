/// Statements answered by a database in this process.
import TickColumns
import TickEngine
import TickServer

struct EmbeddedTarget: StatementTarget {
  let name: String
  let database: Database
  private let session = Session()

  init(name: String, database: Database) {
    self.name = name
    self.database = database
  }

  func run(
    _ call: StatementCall, _ output: any AnswerOutput, _ cancellation: StatementCancellation
  ) throws(StatementFailure) -> QuerySummary {
    let sink = OutputSink(output: output)
    var request = QueryRequest(text: call.text, queryID: call.queryID, defaultFormat: call.format)
    if call.isOfSession { request.session = session }
    // Data begins on a line of its own.
    if call.input != nil { request.text.append(0x0A) }
    do throws(EngineError) {
      return try database.execute(
        request, input: call.input ?? NoInput(), sink: sink, cancellation: cancellation.flag)
    } catch {
      if sink.isClosed.isCancelled { throw .outputClosed }
      if cancellation.flag.isCancelled { throw .cancelled }
      throw .refused(
        message: error.message, label: "\(error.code.name), code \(error.code.rawValue)")
    }
  }
}

private struct OutputSink: QuerySink {
  let output: any AnswerOutput
  /// Raised when the reader closed it.
  let isClosed = CancelFlag()

  func begin(_ head: ResultHead) throws(EngineError) {}

  func write(_ bytes: [UInt8]) throws(EngineError) {
    guard output.write(bytes) else {
      isClosed.raise()
      throw EngineError(.queryWasCancelled, "the reader of the answer closed it")
    }
  }
}
