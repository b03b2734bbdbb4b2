/// How many request threads may wait for bodies that are still coming.
///
/// A worker that reads a body waits for its sender, and a sender may be as slow as `ServerLimits.bodyRateMin`. Without a
/// bound a few of them would hold every thread, and a query that needs a millisecond would wait for them.
///
/// Invariants:
/// 1. At most `count` places are taken at a time.
/// 2. Places go to those that wait in the order in which they came.
/// 3. Whoever has a place, or was told that it came, gives it back once.
import Synchronization

final class BodyPlaces: Sendable {
  /// Tells those that wait apart.
  struct Ticket: Hashable, Sendable {
    fileprivate let number: Int
  }

  private struct State {
    var free: Int
    var waiting: [(ticket: Ticket, whenCame: @Sendable (Ticket) -> Void)] = []
    var ticketCount = 0
  }

  private let state: Mutex<State>

  init(count: Int) {
    state = Mutex(State(free: count))
  }

  /// Takes a place: nil when there was one. Otherwise `whenCame` is called with the ticket once the place is the caller's,
  /// never after `cancel`; it must not block.
  func take(_ whenCame: @escaping @Sendable (Ticket) -> Void) -> Ticket? {
    state.withLock { state in
      if state.free > 0 {
        state.free -= 1
        return nil
      }
      state.ticketCount += 1
      let ticket = Ticket(number: state.ticketCount)
      state.waiting.append((ticket, whenCame))
      return ticket
    }
  }

  func giveBack() {
    state.withLock { Self.giveBack(&$0) }
  }

  /// Waits no more. A place that came meanwhile goes on to the next.
  func cancel(_ ticket: Ticket) {
    state.withLock { state in
      if let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) {
        state.waiting.remove(at: index)
      } else {
        Self.giveBack(&state)
      }
    }
  }

  private static func giveBack(_ state: inout State) {
    if state.waiting.isEmpty {
      state.free += 1
    } else {
      let next = state.waiting.removeFirst()
      // Under the lock: the event loop of a connection that waits is alive.
      next.whenCame(next.ticket)
    }
  }
}
