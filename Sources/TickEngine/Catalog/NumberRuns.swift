/// Numbers that were seen, as runs without a hole, with the times at their ends.
///
/// Exchanges number trades one by one, so millions of them are a few runs, and what lies between two runs is missing.
///
/// Invariants, after `normalize`: runs ascend, and no two overlap or touch.
struct NumberRuns: Sendable {
  struct Run: Sendable, Hashable {
    var first: UInt64
    var last: UInt64
    /// Of the rows with these numbers, in ticks of the column's type.
    var firstTime: Int64
    var lastTime: Int64
  }

  private(set) var runs: [Run] = []
  /// How many runs the last `normalize` left.
  private var normalized = 0

  /// Below this many nothing is gained by putting runs together early.
  private static let looseRunsMax = 1 << 12

  mutating func append(_ number: UInt64, time: Int64) {
    if let last = runs.last, number >= last.first, number <= last.last &+ 1, number > 0 {
      if number > last.last {
        runs[runs.count - 1].last = number
        runs[runs.count - 1].lastTime = time
      }
      return
    }
    runs.append(Run(first: number, last: number, firstTime: time, lastTime: time))
    if runs.count > 2 * normalized + Self.looseRunsMax { normalize() }
  }

  mutating func append(_ other: NumberRuns) {
    runs += other.runs
    if runs.count > 2 * normalized + Self.looseRunsMax { normalize() }
  }

  /// Sorts the runs and joins those that overlap or touch. Of rows with one number any time may stay.
  mutating func normalize() {
    runs.sort { ($0.first, $0.last) < ($1.first, $1.last) }
    var joined: [Run] = []
    joined.reserveCapacity(runs.count)
    for run in runs {
      guard let last = joined.last, last.last == .max || run.first <= last.last + 1 else {
        joined.append(run)
        continue
      }
      guard run.last > last.last else { continue }
      joined[joined.count - 1].last = run.last
      joined[joined.count - 1].lastTime = run.lastTime
    }
    runs = joined
    normalized = joined.count
  }
}
