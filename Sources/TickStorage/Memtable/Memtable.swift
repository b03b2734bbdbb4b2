/// The rows of one table that are in the log and not in segments yet.
///
/// A value: a snapshot keeps a copy, which shares everything with the writer's until the writer appends.
/// Batches are never changed. Small ones are joined in steps of `joinCount`, so that ten thousand inserts of one
/// row are some dozens of batches, and each row is copied a few times at most.
///
/// Invariants:
/// 1. `rowCount` and `byteCount` are the sums over `batches`.
/// 2. Every row's LSN is in `firstLSN...lastLSN`; both are nil when there is no row.
/// 3. Joining moves rows of one partition together and changes none.
public struct Memtable: Sendable {
  private var joined: [MemtableBatch] = []
  private var tail: [MemtableBatch] = []
  public private(set) var rowCount = 0
  public private(set) var byteCount = 0
  private(set) var firstLSN: LSN?
  private(set) var lastLSN: LSN?

  /// Batches of fewer rows are joined with their neighbours.
  private static let smallRows = 8_192
  private static let joinCount = 64

  init() {}

  public var isEmpty: Bool { rowCount == 0 }
  /// All rows, in batches, in the order of arrival within a partition.
  public var batches: [MemtableBatch] { joined + tail }

  mutating func append(_ batch: MemtableBatch, lsn: LSN) {
    guard batch.rowCount > 0 else { return }
    tail.append(batch)
    rowCount += batch.rowCount
    byteCount += batch.byteCount
    firstLSN = firstLSN ?? lsn
    lastLSN = lsn
    if tail.count >= Self.joinCount { joinTail() }
  }

  private mutating func joinTail() {
    joined += Self.join(tail)
    tail = []
    // The newest batches may be small still: join them again when there are enough of them and it halves their
    // number at least, which bounds how often a row is copied.
    let small = joined.reversed().prefix { $0.rowCount < Self.smallRows }.count
    let last = Array(joined.suffix(small))
    if small >= Self.joinCount, 2 * Set(last.map(\.partition)).count <= small {
      joined.removeLast(small)
      joined += Self.join(last)
    }
    byteCount = joined.reduce(0) { $0 + $1.byteCount }
  }

  /// Joins small batches of the same partition and shape; large ones stay as they are.
  private static func join(_ batches: [MemtableBatch]) -> [MemtableBatch] {
    var order: [String] = []
    var open: [String: [MemtableBatch]] = [:]
    var out: [MemtableBatch] = []
    for batch in batches {
      // Keeps the order of arrival within the partition.
      let isLarge = batch.rowCount >= smallRows
      if let earlier = open[batch.partition], isLarge || !earlier[0].hasShape(of: batch) {
        open[batch.partition] = nil
        out.append(.joined(earlier))
        order.removeAll { $0 == batch.partition }
      }
      if isLarge {
        out.append(batch)
      } else {
        if open[batch.partition] == nil { order.append(batch.partition) }
        open[batch.partition, default: []].append(batch)
      }
    }
    for partition in order { if let rest = open[partition] { out.append(.joined(rest)) } }
    return out
  }
}

/// A memtable that takes no more rows: it is on its way into segments.
struct FrozenMemtable: Sendable {
  let memtable: Memtable
  /// Of the inserts up to there.
  let marks: PendingMarks
  /// Rows of the table up to here are in this memtable or in segments.
  let throughLSN: LSN

  var firstLSN: LSN? { earlier(memtable.firstLSN, marks.firstLSN) }
}

/// All rows of one table in memory.
struct TableMemory: Sendable {
  /// Oldest first; at most one, since a table has one flush at a time.
  var frozen: FrozenMemtable?
  var active = Memtable()
  /// Of inserts since the last flush began; beside the memtable, so that a snapshot's copy of that does not have them copied.
  var marks = PendingMarks()

  var byteCount: Int {
    active.byteCount + marks.byteCount
      + (frozen.map { $0.memtable.byteCount + $0.marks.byteCount } ?? 0)
  }
  /// The oldest record of the log that is still needed for this table.
  var firstLSN: LSN? { frozen?.firstLSN ?? earlier(active.firstLSN, marks.firstLSN) }
  /// A flush would find nothing.
  var isIdle: Bool { active.isEmpty && marks.isEmpty }

  /// Whether an insert whose marks are not in the manifest yet had this one.
  func contains(_ mark: InsertMark) -> Bool {
    marks.contains(mark) || frozen?.marks.contains(mark) == true
  }

  /// How many producers came that the manifest does not know, this one not counted.
  func producerCount(beyond known: InsertMarks, without name: String) -> Int {
    var names = Set(marks.producers.keys)
    if let frozen { names.formUnion(frozen.marks.producers.keys) }
    names.remove(name)
    return names.count { known.producers[$0] == nil }
  }

  var memtables: [Memtable] {
    (frozen.map { [$0.memtable] } ?? []) + (active.isEmpty ? [] : [active])
  }
  var producers: [[String: UInt64]] {
    ((frozen.map { [$0.marks.producers] } ?? []) + [marks.producers]).filter { !$0.isEmpty }
  }
}

private func earlier(_ left: LSN?, _ right: LSN?) -> LSN? {
  guard let left, let right else { return left ?? right }
  return min(left, right)
}
