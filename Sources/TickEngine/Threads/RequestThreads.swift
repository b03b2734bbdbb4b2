/// The threads that run statements: a bounded queue in front of a fixed number of threads.
///
/// A statement whose client takes its answer slowly keeps a thread and needs no processor. It stands aside, and where
/// statements wait, one more thread runs them in its place: otherwise as many clients that do not read as there are threads
/// would hold up everyone.
///
/// Invariants:
/// 1. At most `threadCount` threads and those of statements that stand aside exist, and at most `asideMax` of the latter.
///    Those that come back while their places are taken are too many until as many threads have nothing to do.
/// 2. At most `queueMax` statements wait; one more is refused, never dropped silently.
/// 3. `close` runs everything that was accepted, and returns when no thread runs any more.
import TickColumns
import TickStorage

final class RequestThreads: Sendable {
  /// Deep expressions recurse in parser and binder; debug frames are large.
  static let stackBytes = 64 << 20

  private struct Queue {
    var waiting: [@Sendable () -> Void] = []
    var threads = 0
    /// Of them, those that wait for statements.
    var idle = 0
    /// Of them, those whose statements stand aside.
    var aside = 0
    var isClosed = false
  }

  private let queue = Monitor(Queue())
  private let threadCount: Int
  private let queueMax: Int
  private let asideMax: Int

  init(threadCount: Int, queueMax: Int, asideMax: Int) {
    self.threadCount = threadCount
    self.queueMax = queueMax
    self.asideMax = asideMax
    queue.withLock { $0.threads = threadCount }
    for _ in 0..<threadCount { start() }
  }

  /// Starts a thread that is counted already.
  private func start() {
    let (queue, threadCount) = (queue, threadCount)
    _ = SystemThread(name: "tick-request", stackBytes: RequestThreads.stackBytes) {
      while let body = RequestThreads.next(queue, threadCount) { body() }
    }
  }

  /// What a thread does next; nil when it is to end, which is counted then.
  private static func next(
    _ queue: Monitor<Queue>, _ threadCount: Int
  ) -> (@Sendable () -> Void)? {
    var isIdle = false
    return queue.wait { state -> (@Sendable () -> Void)?? in
      if isIdle { state.idle -= 1 }
      isIdle = false
      let isOneTooMany = state.threads - state.aside > threadCount
      if !isOneTooMany, !state.waiting.isEmpty { return .some(state.waiting.removeFirst()) }
      guard isOneTooMany || state.isClosed else {
        state.idle += 1
        isIdle = true
        return nil
      }
      state.threads -= 1
      return .some(nil)
    }
  }

  /// Counts one more thread where a statement waits and nobody is there to run it, though somebody may be.
  private static func needsThread(_ state: inout Queue, _ threadCount: Int) -> Bool {
    guard state.waiting.count > state.idle, state.threads - state.aside < threadCount else {
      return false
    }
    state.threads += 1
    return true
  }

  func submit(_ body: @escaping @Sendable () -> Void) throws(EngineError) {
    let needsThread = try queue.withLock { (state) throws(EngineError) in
      guard !state.isClosed else {
        throw EngineError(.queryWasCancelled, "the database is closing")
      }
      guard state.waiting.count < queueMax else {
        throw EngineError(
          .tooManySimultaneousQueries,
          "too many simultaneous queries: \(queueMax) are waiting already; try again later")
      }
      state.waiting.append(body)
      return Self.needsThread(&state, threadCount)
    }
    if needsThread { start() }
  }

  /// Runs `body`, which waits, on the calling thread of these; another takes its place meanwhile where one is needed.
  /// False, and nothing was run, where too many stand aside already. Without anybody who may, all keep their places.
  func standAside(_ body: () -> Void) -> Bool {
    guard asideMax > 0 else {
      body()
      return true
    }
    let (stands, needsThread) = queue.withLock { state in
      guard state.aside < asideMax else { return (false, false) }
      state.aside += 1
      return (true, Self.needsThread(&state, threadCount))
    }
    guard stands else { return false }
    if needsThread { start() }
    body()
    queue.withLock { $0.aside -= 1 }
    return true
  }

  func close() {
    queue.withLock { $0.isClosed = true }
    queue.wait { $0.threads == 0 ? () : nil }
  }
}
