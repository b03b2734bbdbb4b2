/// Turns a stream of rows of one table into segments that nothing names yet.
///
/// Rows collect until there are enough for good segments, are divided by partition (small ones stay together), sorted and encoded on all query
/// threads, and written as finished files. The caller publishes `entries` in one edit, or discards the files.
///
/// Invariants:
/// 1. Rows keep the sequence in which they were added: row n of the stream gets sequence n, relative to the base
///    that publishing gives.
/// 2. At most `pendingRowsMax` rows and one batch are held in memory.
import TickColumns
import TickSQL
import TickStorage

struct SegmentSink {
  /// Enough rows that two threads have a segment each to encode.
  static let pendingRowsMax = 2 << 20
  /// A segment of this many trades is about 8 MB: large enough to read well, small enough to sort in the cache.
  static let segmentRowsMax = 1 << 20

  private(set) var entries: [SegmentEntry] = []
  private(set) var rowCount = 0
  private let store: Store
  private let layout: TableLayout
  private let workers: any WorkerPool
  private var pending: [String: [Piece]] = [:]
  private let partitionsMax: Int?
  private var partitions: Set<String> = []
  private var pendingRows = 0

  /// Rows of one partition with the sequence of each.
  private struct Piece: Sendable {
    var batch: Batch
    var sequences: [UInt64]
  }

  /// - Parameter partitionsMax: how many there may be before 252 is thrown; nil for no limit.
  init(store: Store, layout: TableLayout, workers: any WorkerPool, partitionsMax: Int?) {
    self.partitionsMax = partitionsMax
    self.store = store
    self.layout = layout
    self.workers = workers
  }

  /// Adds rows holding all columns of the table in order.
  mutating func add(_ batch: Batch) throws(SQLError) {
    let first = UInt64(rowCount)
    for (name, rows) in try layout.partitions(of: batch, partitionsMax: partitionsMax) {
      partitions.insert(name)
      if let partitionsMax, partitions.count > partitionsMax {
        throw layout.tooManyPartitions(partitionsMax)
      }
      switch rows {
      case .all:
        let sequences = Array(first..<first + UInt64(batch.rowCount))
        pending[name, default: []].append(Piece(batch: batch, sequences: sequences))
      case .some(let positions):
        pending[name, default: []].append(
          Piece(
            batch: batch.gather(positions), sequences: positions.map { first + UInt64($0) }))
      }
    }
    rowCount += batch.rowCount
    pendingRows += batch.rowCount
    if pendingRows >= Self.pendingRowsMax { try flush() }
  }

  /// Writes what is pending.
  mutating func flush() throws(SQLError) {
    var jobs: [(span: PartitionSpan, pieces: [Piece])] = []
    let rowCounts = pending.mapValues { $0.reduce(0) { $0 + $1.batch.rowCount } }
    for names in PartitionGrouping.groups(rowCounts) {
      guard let span = PartitionSpan(names) else { continue }
      var job: [Piece] = []
      var rows = 0
      for piece in names.flatMap({ pending[$0] ?? [] }) {
        job.append(piece)
        rows += piece.batch.rowCount
        if names.count == 1, rows >= Self.segmentRowsMax {
          jobs.append((span, job))
          job = []
          rows = 0
        }
      }
      if !job.isEmpty { jobs.append((span, job)) }
    }
    pending = [:]
    pendingRows = 0
    let written = Monitor([Int: SegmentEntry]())
    let work = jobs
    let (store, layout) = (store, layout)
    do throws(SQLError) {
      try workers.run(count: work.count) { (number) throws(SQLError) in
        let entry = try Self.write(
          work[number].pieces, work[number].span, store: store, layout: layout)
        written.withLock { $0[number] = entry }
      }
    } catch {
      // What the other threads finished is known to the caller, who discards it.
      entries += written.withLock { Array($0.values) }
      throw error
    }
    entries += written.withLock { entries in work.indices.compactMap { entries[$0] } }
  }

  /// Other segments in place of those that were written: the same rows without some.
  mutating func take(_ entries: [SegmentEntry]) { self.entries = entries }

  /// Rows of the segments.
  var liveRowCount: Int { entries.reduce(0) { $0 + $1.liveRowCount } }

  /// Removes the files; for a load that is given up.
  func discard() {
    store.discard(entries.map(\.fileID), table: layout.definition.id)
  }

  private static func write(
    _ pieces: [Piece], _ span: PartitionSpan, store: Store, layout: TableLayout
  ) throws(SQLError) -> SegmentEntry {
    let fields = layout.fields
    let columns = fields.indices.map { field in
      Column.concatenate(fields[field].type, pieces.map { $0.batch.columns[field] })
    }
    let rowCount = pieces.reduce(0) { $0 + $1.batch.rowCount }
    let input = try layout.segmentInput(
      Batch(columns, rowCount: rowCount), sequences: pieces.flatMap(\.sequences))
    do throws(StorageError) {
      let descriptor = try store.writeSegment(input, table: layout.definition.id)
      return SegmentEntry(partition: span, descriptor: descriptor, sequenceBase: 0)
    } catch {
      throw SQLError(storage: error)
    }
  }
}
