/// A named thread of the operating system: syncs, flushes and statements block, so they never run on a shared pool.
internal import CTickKernels
import Glibc

package struct SystemThread: Sendable {
  private let done: HandOver<Bool>

  /// Starts the thread; it ends when `body` returns.
  ///
  /// - Parameters:
  ///   - stackBytes: nil for the system's default.
  ///   - isBackground: it gets the processor after the others.
  package init(
    name: String, stackBytes: Int? = nil, isBackground: Bool = false,
    _ body: @escaping @Sendable () -> Void
  ) {
    let done = HandOver<Bool>()
    self.done = done
    let box = ThreadBody {
      unsafe tick_name_thread(name)
      if isBackground { tick_background_thread() }
      body()
      done.give(true)
    }
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    if let stackBytes {
      let code = unsafe pthread_attr_setstacksize(&attributes, stackBytes)
      precondition(code == 0, "no stack of \(stackBytes) bytes: \(describe(errno: code))")
    }
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        if let argument = unsafe argument {
          unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
        }
        return nil
      }, Unmanaged.passRetained(box).toOpaque())
    unsafe pthread_attr_destroy(&attributes)
    precondition(code == 0, "no thread can be started: \(describe(errno: code))")
  }

  /// Waits until the body has returned; at once when it has.
  package func join() { _ = done.take() }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
