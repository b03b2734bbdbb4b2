/// Durations counted into classes, for an operator's graphs. An observation costs two relaxed additions.
import Synchronization

package final class Histogram: Sendable {
  /// Upper ends of the classes in seconds, a fast disk's sync to a long query; one more class has no end.
  package static let bounds: [Double] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
  ]
  private static let nanoseconds = bounds.map { Int($0 * 1e9) }

  private let counts = InlineArray<16, Atomic<Int>> { _ in Atomic(0) }
  private let total = Atomic(0)

  package init() {}

  package func observe(nanoseconds duration: Int) {
    let place = Self.nanoseconds.firstIndex { duration <= $0 } ?? Self.nanoseconds.count
    counts[place].wrappingAdd(1, ordering: .relaxed)
    total.wrappingAdd(duration, ordering: .relaxed)
  }

  /// What was observed so far: how many up to each bound and in all, and their sum in seconds.
  package struct Reading: Sendable, Hashable {
    package var cumulative: [Int]
    package var count: Int
    package var sum: Double
  }

  package var reading: Reading {
    var running = 0
    var cumulative: [Int] = []
    for place in Self.bounds.indices {
      running += counts[place].load(ordering: .relaxed)
      cumulative.append(running)
    }
    let count = running + counts[Self.bounds.count].load(ordering: .relaxed)
    return Reading(
      cumulative: cumulative, count: count, sum: Double(total.load(ordering: .relaxed)) / 1e9)
  }
}
