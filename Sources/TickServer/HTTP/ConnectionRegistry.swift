/// All open connections, so that they can be counted, bounded and stopped together.
import Dispatch
import NIOCore
import Synchronization

final class ConnectionRegistry: Sendable {
  /// What to do with every connection, sent to its own event loop.
  enum Order: Sendable {
    /// Close when idle, otherwise after the running request.
    case finish
    /// Stop the running statement.
    case interrupt
    case close
  }

  private struct State {
    var connections: [Int: @Sendable (Order) -> Void] = [:]
    var nextID = 0
    var isStopping = false
  }

  private let state = Mutex(State())
  /// Entered once per connection: empty when the last one left.
  private let open = DispatchGroup()
  private let connectionsMax: Int

  init(connectionsMax: Int) {
    self.connectionsMax = connectionsMax
  }

  enum Admittance {
    case admitted(id: Int)
    case full
    case stopping
  }

  /// `deliver` must not block; it is called from any thread.
  func add(_ deliver: @escaping @Sendable (Order) -> Void) -> Admittance {
    state.withLock { state in
      guard !state.isStopping else { return .stopping }
      guard state.connections.count < connectionsMax else { return .full }
      state.nextID += 1
      state.connections[state.nextID] = deliver
      open.enter()
      return .admitted(id: state.nextID)
    }
  }

  func remove(_ id: Int) {
    let wasThere = state.withLock { $0.connections.removeValue(forKey: id) != nil }
    if wasThere { open.leave() }
  }

  var isStopping: Bool { state.withLock { $0.isStopping } }

  func send(_ order: Order) {
    // Under the lock: the event loop of a connection that is still here is alive.
    state.withLock { state in
      state.isStopping = true
      for deliver in state.connections.values { deliver(order) }
    }
  }

  /// Waits until no connection is open; false when it took longer.
  func waitUntilEmpty(_ duration: Duration) -> Bool {
    let (seconds, attoseconds) = duration.components
    let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    return open.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success
  }
}
