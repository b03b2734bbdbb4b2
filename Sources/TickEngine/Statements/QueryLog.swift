/// `system.query_log`: the last statements, in memory.
///
/// Invariant: the records hold at most `bytesMax` bytes; the oldest go first, and all of them with the process.
import Synchronization

final class QueryLog: Sendable {
  private struct Ring {
    var records: [StatementRecord] = []
    /// Records before it have gone; their places are freed now and then.
    var first = 0
    var byteCount = 0
  }

  private let ring = Mutex(Ring())
  private let bytesMax: Int

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  func append(_ record: StatementRecord) {
    let byteCount = record.byteCount
    guard byteCount <= bytesMax else { return }
    ring.withLock { ring in
      ring.records.append(record)
      ring.byteCount += byteCount
      while ring.byteCount > bytesMax {
        ring.byteCount -= ring.records[ring.first].byteCount
        ring.first += 1
      }
      if ring.first > 64, 2 * ring.first > ring.records.count {
        ring.records.removeFirst(ring.first)
        ring.first = 0
      }
    }
  }

  /// The oldest first.
  var records: [StatementRecord] { ring.withLock { Array($0.records[$0.first...]) } }

  func clear() { ring.withLock { $0 = Ring() } }
}
