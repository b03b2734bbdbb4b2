/// Statements answered by a server.
import TickEngine
import TickServer

struct RemoteTarget: StatementTarget {
  /// Bytes of an answer to a screen that the server holds, so that its figures are those of the whole answer.
  private static let heldBytes = 1 << 20

  let name: String
  private let client: QueryClient

  init(url: String) throws(Failure) {
    name = url
    do throws(ClientError) {
      client = try QueryClient(url: url)
    } catch {
      throw Failure(error, of: url)
    }
  }

  func run(
    _ call: StatementCall, _ output: any AnswerOutput, _ interrupts: Interrupts
  ) throws(StatementFailure) -> QuerySummary {
    var statement = RemoteStatement(
      call.text, format: call.format, database: call.database, input: call.input)
    if call.isForScreen { statement.parameters = [("buffer_size", String(Self.heldBytes))] }
    let cut = ConnectionCut()
    return try interrupts.during({ cut.cut() }) { () throws(StatementFailure) in
      do throws(ClientError) {
        return try client.run(statement, cut: cut) { (bytes) throws(ClientError) in
          guard output.write(bytes) else { throw .outputClosed }
        }
      } catch {
        if cut.isCut { throw .cancelled }
        switch error {
        case .outputClosed: throw .outputClosed
        case .refused(let text):
          let (message, label) = Failure.parts(text)
          throw .refused(message: message, label: label)
        default: throw .target(Failure(error, of: name))
        }
      }
    }
  }
}
