/// The rest of a request body on its way from the event loop to the worker that runs the statement.
///
/// Invariants:
/// 1. Above `backlogMax` waiting bytes the loop stops reading, so the buffer holds at most that and one read.
/// 2. The worker blocks here and nowhere else for input; `end`, `fail` and more bytes wake it.
import NIOCore
import TickEngine
import TickStorage

final class RequestBody: QueryInput {
  private enum Ending {
    case open
    case complete
    case broken(EngineError)
  }

  private struct Waiting {
    var bytes: [UInt8] = []
    var ending = Ending.open
    var isFull = false
  }

  private let waiting = Monitor(Waiting())
  private let backlogMax: Int
  private let whenEmptied: @Sendable () -> Void

  /// `whenEmptied` is called by the worker when a full buffer has been taken, never after `fail`; it must not
  /// block.
  init(backlogMax: Int, whenEmptied: @escaping @Sendable () -> Void) {
    self.backlogMax = backlogMax
    self.whenEmptied = whenEmptied
  }

  /// Adds bytes; true when the sender must wait now. Called by the event loop.
  func append(_ buffer: ByteBuffer) -> Bool {
    waiting.withLock { state in
      guard case .open = state.ending else { return false }
      state.bytes += buffer.readableBytesView
      if state.bytes.count >= backlogMax { state.isFull = true }
      return state.isFull
    }
  }

  /// Nothing follows. Called by the event loop.
  func end() {
    waiting.withLock { state in
      if case .open = state.ending { state.ending = .complete }
    }
  }

  /// Nothing can follow: what waits is dropped and the worker is told why.
  func fail(_ error: EngineError) {
    waiting.withLock { state in
      state.ending = .broken(error)
      state.bytes = []
    }
  }

  private enum Taken {
    case bytes([UInt8])
    case end
    case broken(EngineError)
  }

  func next() throws(EngineError) -> [UInt8]? {
    let taken = waiting.wait { state -> Taken? in
      if case .broken(let error) = state.ending { return .broken(error) }
      if !state.bytes.isEmpty {
        var bytes: [UInt8] = []
        swap(&bytes, &state.bytes)
        // Under the lock: once `fail` has returned, the loop may be gone.
        if state.isFull { whenEmptied() }
        state.isFull = false
        return .bytes(bytes)
      }
      if case .complete = state.ending { return .end }
      return nil
    }
    switch taken {
    case .bytes(let bytes): return bytes
    case .end: return nil
    case .broken(let error): throw error
    }
  }
}
