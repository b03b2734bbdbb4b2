import Foundation
import TickColumns
import Testing

@testable import TickSQL

/// The tree as text without the places in the source, for comparing trees.
func structure(of value: Any) -> String {
  if value is Range<Int> { return "" }
  if let text = value as? String { return "\"\(text)\"" }
  if let bytes = value as? [UInt8] { return "bytes\(bytes)" }
  // `f(DISTINCT x)` is printed as `fDistinct(x)`, which is the same call.
  if var call = value as? Call, call.isDistinct {
    call.name += "Distinct"
    call.isDistinct = false
    return structure(of: call)
  }
  let mirror = Mirror(reflecting: value)
  if mirror.displayStyle == .optional {
    return mirror.children.first.map { structure(of: $0.value) } ?? "nil"
  }
  if mirror.children.isEmpty { return "\(value)" }
  let parts = mirror.children.map { child in
    let text = structure(of: child.value)
    return child.label.map { $0.hasPrefix(".") ? text : "\($0): \(text)" } ?? text
  }
  return
    "\(mirror.displayStyle == .collection ? "" : "\(type(of: value))")(\(parts.joined(separator: ", ")))"
}

/// The error of a text, nil when it parses.
func parseError(_ text: String) -> SQLError? {
  do {
    _ = try Parser.parse(text)
    return nil
  } catch {
    return error
  }
}

/// An expression as calls: `plus(1, multiply(2, 3))`.
func calls(_ text: String) throws -> String {
  try Parser.parseExpression(text).formatted(.calls)
}

/// Runs the work on a thread with the given stack and waits for it.
func onThread(stackBytes: Int, _ body: @escaping @Sendable () -> Void) {
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    body()
    done.signal()
  }
  thread.stackSize = stackBytes
  thread.start()
  done.wait()
}
