/// Where Ctrl-C goes: to the statement that runs, or to whoever waits for a key.
///
/// Invariants:
/// 1. The signals are taken by one thread; what it calls must not block.
/// 2. A signal that nobody's action takes leaves a byte in the pipe, so a wait that begins later ends at once.
import Glibc
import Synchronization

final class Interrupts: Sendable {
  private struct State {
    var action: (@Sendable () -> Void)?
    var wantsEnd = false
    /// Another program has the terminal, and what is typed is meant for it.
    var isIgnoring = false
    /// A line is being typed: a signal ends it, whatever else it ends.
    var isEditing = false
    var count = 0
  }
  private let state = Mutex(State())
  /// Readable while an interrupt waits to be seen.
  let wakeDescriptor: Int32
  private let raiseDescriptor: Int32

  /// To be made before other threads start.
  init() {
    guard let pipe = Console.pipe() else { preconditionFailure("no pipe for signals") }
    (wakeDescriptor, raiseDescriptor) = pipe
    for end in [pipe.read, pipe.write] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    Console.catchSignals([SIGINT, SIGTERM, SIGHUP]) { [self] in take($0) }
  }

  /// True once the process was asked to end and not only the statement.
  var wantsEnd: Bool { state.withLock { $0.wantsEnd } }

  /// True once a signal came that no statement has ended for.
  var isRaised: Bool { state.withLock { $0.count > 0 } }

  private func take(_ number: Int32) {
    let (action, isLast, isEditing) = state.withLock {
      state -> ((@Sendable () -> Void)?, Bool, Bool) in
      if number == SIGINT, state.isIgnoring { return ({}, false, false) }
      state.count += 1
      if number != SIGINT { state.wantsEnd = true }
      // Whoever asks again and again is not kept by an action that does not come to its end.
      let isLast = state.count >= 5 || (number != SIGINT && state.count > 1)
      return (state.action, isLast, state.isEditing)
    }
    if isLast { _exit(ExitStatus.interrupted.rawValue) }
    action?()
    if action != nil, !isEditing { return }
    _ = unsafe Glibc.write(raiseDescriptor, [UInt8(1)], 1)
  }

  /// Runs `body` for somebody who types a line: a signal ends both.
  func whileEditing<Result>(_ body: () -> Result) -> Result {
    state.withLock { $0.isEditing = true }
    defer { state.withLock { $0.isEditing = false } }
    return body()
  }

  /// Says whether Ctrl-C is meant for another program.
  func ignore(_ isIgnoring: Bool) {
    state.withLock { $0.isIgnoring = isIgnoring }
  }

  /// Runs `body`; a signal meanwhile calls `action`.
  func during<Result, Failure: Error>(
    _ action: @escaping @Sendable () -> Void, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    state.withLock { $0.action = action }
    defer {
      state.withLock { state in
        state.action = nil
        state.count = 0
      }
    }
    return try body()
  }

  /// Waits; false when a signal came first.
  func wait(seconds: Double) -> Bool {
    var waited = pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)
    let milliseconds = Int32(clamping: Int(min(seconds, 86_400) * 1_000))
    guard unsafe poll(&waited, 1, milliseconds) > 0 else { return true }
    forget()
    return false
  }

  /// Signals so far are seen.
  func forget() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while unsafe read(wakeDescriptor, &bytes, bytes.count) > 0 {}
    state.withLock { $0.count = 0 }
  }
}
