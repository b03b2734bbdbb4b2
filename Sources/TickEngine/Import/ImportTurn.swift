/// One import is read at a time, since each may take hundreds of megabytes of memory; the others wait, and can be
/// cancelled meanwhile.
import TickColumns
import TickStorage

final class ImportTurn: Sendable {
  /// How soon one that waits notices that it was cancelled.
  private static let noticeMilliseconds = 100

  private let isTaken = Monitor(false)

  /// Throws 394 where it was cancelled before its turn came.
  func take<Result>(
    _ cancellation: any Cancellation, _ body: () throws(EngineError) -> Result
  ) throws(EngineError) -> Result {
    while !hasCome {
      guard !cancellation.isCancelled else {
        throw EngineError(.queryWasCancelled, "the import was cancelled before its turn came")
      }
    }
    defer { isTaken.withLock { $0 = false } }
    return try body()
  }

  private var hasCome: Bool {
    isTaken.wait(milliseconds: Self.noticeMilliseconds) { isTaken in
      guard !isTaken else { return nil }
      isTaken = true
      return true
    } ?? false
  }
}
