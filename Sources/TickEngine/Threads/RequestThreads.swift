/// The threads that run statements: a bounded queue in front of a fixed number of threads.
///
/// A statement whose client takes its answer slowly keeps a thread and needs no processor. It stands aside, and another
/// thread runs statements in its place: otherwise as many clients that do not read as there are threads would hold up
/// everyone.
///
/// Invariants:
/// 1. At most `threadCount` statements run, `asideMax` stand aside and `queueMax` wait; one more is refused, never dropped
///    silently.
/// 2. `close` runs everything that was accepted.
import TickColumns
import TickStorage

final class RequestThreads: Sendable {
  /// Deep expressions recurse in parser and binder; debug frames are large.
  static let stackBytes = 64 << 20

  private struct Queue {
    var waiting: [@Sendable () -> Void] = []
    var running = 0
    var aside = 0
    var isClosed = false
  }

  private let queue = Monitor(Queue())
  private let queueMax: Int
  private let asideMax: Int
  private let threads: [SystemThread]

  init(threadCount: Int, queueMax: Int, asideMax: Int) {
    self.queueMax = queueMax
    self.asideMax = asideMax
    let queue = queue
    threads = (1...threadCount + asideMax).map { _ in
      SystemThread(name: "tick-request", stackBytes: RequestThreads.stackBytes) {
        while let body = RequestThreads.next(queue, threadCount) {
          body()
          queue.withLock { $0.running -= 1 }
        }
      }
    }
  }

  private static func next(
    _ queue: Monitor<Queue>, _ threadCount: Int
  ) -> (@Sendable () -> Void)? {
    queue.wait { state -> (@Sendable () -> Void)?? in
      guard !state.waiting.isEmpty else { return state.isClosed ? .some(nil) : nil }
      // Those that stood aside come back when they can go on, so there may be more for a while.
      guard state.running < threadCount else { return nil }
      state.running += 1
      return .some(state.waiting.removeFirst())
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

  /// Runs `body`, which waits, on the calling thread of these; another takes its place meanwhile, where there may be any.
  /// False, and nothing was run, where too many stand aside already.
  func standAside(_ body: () -> Void) -> Bool {
    let asideMax = asideMax
    guard asideMax > 0 else {
      body()
      return true
    }
    let mayStand = queue.withLock { state in
      guard state.aside < asideMax else { return false }
      state.aside += 1
      state.running -= 1
      return true
    }
    guard mayStand else { return false }
    body()
    queue.withLock { state in
      state.aside -= 1
      state.running += 1
    }
    return true
  }

  func close() {
    queue.withLock { $0.isClosed = true }
    for thread in threads { thread.join() }
  }
}
