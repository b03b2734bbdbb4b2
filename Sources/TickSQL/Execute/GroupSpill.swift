import Synchronization
import TickColumns

/// GROUP BY of more groups than memory should hold.
///
/// Once the workers together hold the limit, no group is added any more: rows of groups that a worker has go into it as
/// before, all others are put aside, divided by the hash of their keys. When the input is read, the workers' groups
/// are merged, and one part after the other is grouped: its rows of merged groups go there, the rest makes groups of
/// its own, and where those are too many again the part is divided further. So a row is written once for each time
/// that its part was too large, and no aggregate must be able to write itself down.
///
/// Invariants:
/// 1. Rows of one group are in one part.
/// 2. What came out first without a limit comes out first: finished groups are sorted by the places of their first rows,
///    and merged by them.
///
/// Shared by the workers of one query.
final class GroupSpill: Sendable {
  private let grouping: Grouping
  private let run: QueryRun
  private let store: any SpillStore
  private let level: Int
  private let bytesMax: Int
  private let held = Atomic<Int>(0)
  private let frozen = Atomic<Bool>(false)
  private let parts = (0..<SpillParts.count).map { _ in Part() }

  private final class Part: Sendable {
    let rows = Mutex<SpilledRows?>(nil)
  }

  /// Nil where groups are never put aside.
  init?(_ grouping: Grouping, _ run: QueryRun, level: Int = 0) {
    // The merged groups stand beside those of a part.
    let limit = run.context.limits.groupSpillBytes / 2
    guard limit > 0, let store = run.context.spill, level < SpillParts.levelsMax,
      grouping.sets == nil,
      grouping.totals == nil, run.context.limits.groupsMax == 0, !grouping.keys.isEmpty
    else { return nil }
    self.grouping = grouping
    self.run = run
    self.store = store
    self.level = level
    bytesMax = limit
  }

  /// Whether groups may no longer be added.
  var isFrozen: Bool { frozen.load(ordering: .relaxed) }

  /// Counts bytes of groups.
  func count(_ bytes: Int) {
    if held.add(bytes, ordering: .relaxed).newValue > bytesMax {
      frozen.store(true, ordering: .relaxed)
    }
  }

  /// Takes rows that passed the filter; `places` are those of the rows in the source.
  func putAside(_ batch: Batch, _ places: [UInt64]) throws(SQLError) {
    guard batch.rowCount > 0 else { return }
    let evaluator = Evaluator(batch)
    var keys: [Column] = []
    for key in grouping.keys {
      keys.append(try evaluator.operand(key).column(rows: batch.rowCount))
    }
    let whole = Batch(
      batch.columns + [Column(.uint64, .uint64(places))], rowCount: batch.rowCount)
    let chosen = SpillParts.divide(keys, rowCount: batch.rowCount, level: level)
    for (part, rows) in chosen.enumerated() where !rows.isEmpty {
      try append(whole.gather(rows), to: parts[part])
    }
  }

  private func append(_ batch: Batch, to part: Part) throws(SQLError) {
    let types = batch.columns.map(\.type)
    let failure = part.rows.withLock { rows -> SQLError? in
      do throws(SQLError) {
        var list: SpilledRows
        if let known = rows {
          list = known
        } else {
          list = SpilledRows(types, in: try store.makeFile())
        }
        try list.append(batch)
        rows = list
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// All groups in the order of their first rows: keys, results, place. `first` holds the groups of the workers.
  func merged(_ first: GroupAggregator) throws(SQLError) -> MergeStream {
    let types = grouping.keys.map(\.type) + grouping.aggregates.map(\.type) + [.uint64]
    let byPlace = SortSpecification([
      SortItem(output: types.count - 1, isDescending: false, nullsFirst: false)
    ])
    let lists = SortedLists(byPlace, types, run, store, bytesMax: bytesMax)
    try finishParts(of: first, into: lists)
    try lists.append(try first.finishWithPlaces(run))
    try first.release()
    return lists.merged()
  }

  /// Groups the parts one after the other. `merged` has groups that some rows were put aside from, as another worker
  /// had none of them; where one aggregator put rows aside, it has none of their groups.
  private func finishParts(
    of merged: GroupAggregator, isComplete: Bool = false, into lists: SortedLists
  ) throws(SQLError) {
    for part in parts {
      // What has been read is not needed again.
      let taken = part.rows.withLock { rows in
        defer { rows = nil }
        return rows
      }
      guard let taken else { continue }
      let deeper = GroupSpill(grouping, run, level: level + 1)
      let own = merged.beginningAnew(deeper, run)
      for number in 0..<taken.pieceCount {
        try run.check()
        let piece = try taken.piece(number)
        guard case .uint64(let places)? = piece.columns.last?.values else {
          preconditionFailure("rows are put aside with their places")
        }
        let rows = Batch(Array(piece.columns.dropLast()), rowCount: piece.rowCount)
        if isComplete {
          try own.add(rows, .stored(places))
        } else {
          try merged.add(rows, .all, .stored(places)) { (others, places) throws(SQLError) in
            try own.add(others, .stored(places))
          }
        }
      }
      try lists.append(try own.finishWithPlaces(run))
      try own.release()
      if let deeper, deeper.isFrozen {
        try deeper.finishParts(of: own, isComplete: true, into: lists)
      }
    }
  }
}
