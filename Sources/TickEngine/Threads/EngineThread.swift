/// Starting threads with a stack that the SQL binder's recursion fits into.
import Glibc

/// A joinable operating-system thread.
struct EngineThread: Sendable {
  /// Deep expressions recurse in parser and binder; debug frames are large.
  static let stackBytes = 64 << 20

  private let thread: pthread_t

  /// Starts `body` on a new thread.
  init(_ body: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, EngineThread.stackBytes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    let box = unsafe Unmanaged.passRetained(Body(run: body))
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, &attributes,
      { context in
        guard let context = unsafe context else { return nil }
        let body = unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        body.run()
        return nil
      }, box.toOpaque())
    precondition(status == 0, "the system gives no thread (error \(status))")
    self.thread = thread
  }

  func join() {
    pthread_join(thread, nil)
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) {
      self.run = run
    }
  }
}
