import Synchronization
public import TickEngine

/// A flag that stops one statement, raised once and never lowered. May be used from any thread.
public final class CancelFlag: Cancellation {
  private let raised = Atomic(false)

  public init() {}

  public var isCancelled: Bool { raised.load(ordering: .relaxed) }

  public func raise() { raised.store(true, ordering: .relaxed) }
}
