/// The query threads: work is a counted loop whose turns any thread may take.
///
/// Invariants:
/// 1. The caller of `run` takes turns as well, so a loop started inside a turn always makes progress, however
///    busy the threads are.
/// 2. `run` returns only when no turn of it is being executed any more.
/// 3. After the first error no new turn of that loop begins.
import Glibc
public import TickSQL
import TickStorage

/// A pool of `width - 1` threads beside the callers.
public final class QueryWorkers: WorkerPool {
  public let width: Int
  private let queue = Monitor(Queue())
  private let threads: [SystemThread]

  private struct Queue {
    var loops: [Loop] = []
    var isClosed = false
  }

  /// - Parameter width: how many turns run at once at most, at least 1.
  public init(width: Int) {
    precondition(width >= 1, "a pool without threads")
    self.width = width
    let queue = queue
    threads = (1..<width).map { _ in
      SystemThread(name: "tick-query", stackBytes: RequestThreads.stackBytes) {
        QueryWorkers.serve(queue)
      }
    }
  }

  /// The number of processors this process may use.
  public static var processorCount: Int {
    max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  /// Ends the threads; loops under way finish first.
  public func close() {
    queue.withLock { $0.isClosed = true }
    for thread in threads { thread.join() }
  }

  private static func serve(_ queue: Monitor<Queue>) {
    while true {
      let next: Loop? = queue.wait { state -> Loop?? in
        while let first = state.loops.first {
          if first.hasTurns { return .some(first) }
          state.loops.removeFirst()
        }
        return state.isClosed ? .some(nil) : nil
      }
      guard let next else { return }
      next.takeTurns()
    }
  }

  public func run(
    count: Int, _ body: @escaping @Sendable (Int) throws(SQLError) -> Void
  ) throws(SQLError) {
    guard count > 1, width > 1 else {
      for index in 0..<count { try body(index) }
      return
    }
    let loop = Loop(count: count, body: body)
    queue.withLock { $0.loops.append(loop) }
    loop.takeTurns()
    // Turns taken by other threads may still be under way.
    let failure = loop.waitForEnd()
    queue.withLock { state in state.loops.removeAll { $0 === loop } }
    if let failure { throw failure }
  }

  /// One call of `run`: turns handed out by number.
  private final class Loop: Sendable {
    private struct Progress {
      var next = 0
      var running = 0
      var failure: SQLError?
    }

    private let count: Int
    private let body: @Sendable (Int) throws(SQLError) -> Void
    private let progress = Monitor(Progress())

    init(count: Int, body: @escaping @Sendable (Int) throws(SQLError) -> Void) {
      self.count = count
      self.body = body
    }

    var hasTurns: Bool {
      progress.withLock { $0.next < count && $0.failure == nil }
    }

    func takeTurns() {
      while let turn = take() {
        do throws(SQLError) {
          try body(turn)
          progress.withLock { $0.running -= 1 }
        } catch {
          progress.withLock { state in
            state.running -= 1
            if state.failure == nil { state.failure = error }
          }
        }
      }
    }

    private func take() -> Int? {
      progress.withLock { state in
        guard state.next < count, state.failure == nil else { return nil }
        let turn = state.next
        state.next += 1
        state.running += 1
        return turn
      }
    }

    func waitForEnd() -> SQLError? {
      progress.wait { state -> SQLError?? in
        guard state.running == 0, state.next == count || state.failure != nil else { return nil }
        return .some(state.failure)
      }
    }
  }
}
