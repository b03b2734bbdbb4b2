/// The threads that run statements: a bounded queue in front of a fixed number of threads.
///
/// Invariants:
/// 1. At most `threadCount` statements run and `queueMax` wait; one more is refused, never dropped silently.
/// 2. `close` runs everything that was accepted.
import TickColumns
import TickStorage

final class RequestThreads: Sendable {
  /// Deep expressions recurse in parser and binder; debug frames are large.
  static let stackBytes = 64 << 20

  private struct Queue {
    var waiting: [@Sendable () -> Void] = []
    var isClosed = false
  }

  private let queue = Monitor(Queue())
  private let queueMax: Int
  private let threads: [SystemThread]

  init(threadCount: Int, queueMax: Int) {
    self.queueMax = queueMax
    let queue = queue
    threads = (1...threadCount).map { _ in
      SystemThread(name: "tick-request", stackBytes: RequestThreads.stackBytes) {
        while let body = RequestThreads.next(queue) { body() }
      }
    }
  }

  private static func next(_ queue: Monitor<Queue>) -> (@Sendable () -> Void)? {
    queue.wait { state -> (@Sendable () -> Void)?? in
      if !state.waiting.isEmpty { return .some(state.waiting.removeFirst()) }
      return state.isClosed ? .some(nil) : nil
    }
  }

  func submit(_ body: @escaping @Sendable () -> Void) throws(EngineError) {
    try queue.withLock { (state) throws(EngineError) in
      guard !state.isClosed else {
        throw EngineError(.queryWasCancelled, "the database is closing")
      }
      guard state.waiting.count < queueMax else {
        throw EngineError(
          .tooManySimultaneousQueries,
          "too many simultaneous queries: \(queueMax) are waiting already; try again later")
      }
      state.waiting.append(body)
    }
  }

  func close() {
    queue.withLock { $0.isClosed = true }
    for thread in threads { thread.join() }
  }
}
