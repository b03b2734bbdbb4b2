/// Statements answered by a server.
///
/// Invariants:
/// 1. Statements of a session go to the server under one session id, one at a time. A session that the server does not
///    know any more is said and begun anew: a statement never runs without what USE and SET changed before it.
import Glibc
import Synchronization
import TickEngine
import TickServer

final class RemoteTarget: StatementTarget {
  /// Bytes of an answer to a screen that the server holds, so that its figures are those of the whole answer.
  private static let heldBytes = 1 << 20
  /// How long the server keeps a session between two statements; it allows no more.
  private static let sessionSeconds = 3_600
  /// How long a session may be held by a statement that was cancelled.
  private static let lockedTriesMax = 100
  private static let lockedMicroseconds: UInt32 = 50_000

  private struct RemoteSession {
    var id = String(UInt64.random(in: .min ... .max), radix: 16)
    /// The server has it.
    var isOpen = false
  }

  let name: String
  private let client: QueryClient
  private let session = Mutex(RemoteSession())

  init(_ client: QueryClient, name: String) {
    self.client = client
    self.name = name
  }

  func run(
    _ call: StatementCall, _ output: any AnswerOutput, _ cancellation: StatementCancellation
  ) throws(StatementFailure) -> QuerySummary {
    var statement = RemoteStatement(call.text, format: call.format, input: call.input)
    statement.parameters.append(("query_id", call.queryID))
    if call.isForScreen { statement.parameters.append(("buffer_size", String(Self.heldBytes))) }
    guard call.isOfSession else { return try send(statement, output, cancellation) }
    let current = session.withLock { $0 }
    statement.parameters.append(("session_id", current.id))
    statement.parameters.append(("session_timeout", String(Self.sessionSeconds)))
    if current.isOpen { statement.parameters.append(("session_check", "1")) }
    var tries = 0
    while true {
      do throws(StatementFailure) {
        let figures = try send(statement, output, cancellation)
        session.withLock { $0.isOpen = true }
        return figures
      } catch {
        guard case .refused(_, let label) = error else { throw error }
        if label.hasPrefix("SESSION_IS_LOCKED"), call.input == nil, tries < Self.lockedTriesMax {
          tries += 1
          usleep(Self.lockedMicroseconds)
          continue
        }
        guard label.hasPrefix("SESSION_NOT_FOUND") else {
          session.withLock { $0.isOpen = true }
          throw error
        }
        session.withLock { $0 = RemoteSession() }
        throw .refused(
          message: "the server has ended the session: what USE and SET changed is forgotten; "
            + "send the statement again", label: label)
      }
    }
  }

  private func send(
    _ statement: RemoteStatement, _ output: any AnswerOutput,
    _ cancellation: StatementCancellation
  ) throws(StatementFailure) -> QuerySummary {
    do throws(ClientError) {
      return try client.run(statement, cut: cancellation.cut) { (bytes) throws(ClientError) in
        guard output.write(bytes) else { throw .outputClosed }
      }
    } catch {
      if cancellation.cut.isCut { throw .cancelled }
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
