import TickColumns

/// Gives each distinct row once, at the place of its first appearance. Columns beyond `types` do not count; they ride
/// along.
///
/// Once its rows take what memory should hold, no row is added any more: those that are not known are put aside in
/// parts by their hash, with their places, and made distinct part by part when the input is read.
///
/// Invariants:
/// 1. What comes out is the same, in the same order, whatever was put aside: the parts' rows are sorted by their places,
///    and every row that came out before has a place before all of them.
/// 2. A part that is still too large is divided by other bits of the hash.
final class DistinctStream: BatchStream {
  private let input: any BatchStream
  private let types: [DataType]
  private let run: QueryRun
  private var table: GroupTable
  private var held = 0
  private var hasEnded = false
  /// Rows read so far.
  private var place: UInt64 = 0
  private var aside: SpillParts?
  private var merge: MergeStream?
  private var mergedRows = 0
  private var asideTypes: [DataType] = []

  init(_ input: any BatchStream, _ types: [DataType], _ run: QueryRun) {
    self.input = input
    self.types = types
    self.run = run
    table = GroupTable(types)
  }

  var rowsBeforeLimit: Int { table.count + mergedRows }
  func totals() throws(SQLError) -> Batch? { try input.totals() }

  func next() throws(SQLError) -> Batch? {
    if merge == nil {
      if !hasEnded, let batch = try input.next() { return try fresh(batch) }
      guard aside != nil, !hasEnded else { return nil }
      merge = try mergedParts()
    }
    guard !hasEnded, let batch = try merge?.next() else { return nil }
    mergedRows += batch.rowCount
    try bound(rows: mergedRows)
    return Batch(Array(batch.columns.dropLast()), rowCount: batch.rowCount)
  }

  /// The rows of a batch of the input that were not there before, but for those that are put aside.
  private func fresh(_ batch: Batch) throws(SQLError) -> Batch {
    try run.check()
    let first = place
    place += UInt64(batch.rowCount)
    if aside != nil {
      let places = Column(.uint64, .uint64((first..<place).map { $0 }))
      let whole = Batch(batch.columns + [places], rowCount: batch.rowCount)
      try putAside(table.unknownRows(of: whole, types.count), &aside)
      return batch.slice(0..<0)
    }
    let rows = try table.addRows(of: batch, types.count)
    let bytes = table.byteCount
    try run.memory.change(by: bytes - held)
    held = bytes
    try bound(rows: 0)
    let limit = run.context.limits.distinctSpillBytes
    // A part stands beside these.
    if limit > 0, 2 * bytes > limit, !types.isEmpty, let store = run.context.spill {
      aside = SpillParts(store, level: 0)
      asideTypes = batch.columns.map(\.type) + [.uint64]
    }
    return rows.count == batch.rowCount ? batch : batch.gather(rows)
  }

  private func bound(rows: Int) throws(SQLError) {
    hasEnded = try !run.context.limits.distinct.allows(
      rows: table.count + rows, bytes: held, "DISTINCT", .setSizeLimitExceeded)
  }

  private func putAside(_ batch: Batch, _ parts: inout SpillParts?) throws(SQLError) {
    guard batch.rowCount > 0 else { return }
    try parts?.append(batch, keys: Array(batch.columns.prefix(types.count)))
  }

  // MARK: Parts

  /// The distinct rows that were put aside, by their places.
  private func mergedParts() throws(SQLError) -> MergeStream? {
    guard let store = run.context.spill else { return nil }
    let byPlace = SortSpecification([
      SortItem(output: asideTypes.count - 1, isDescending: false, nullsFirst: false)
    ])
    let lists = SortedLists(
      byPlace, asideTypes, run, store, bytesMax: run.context.limits.distinctSpillBytes)
    try finish(&aside, level: 0, store, into: lists)
    return lists.merged()
  }

  private func finish(
    _ parts: inout SpillParts?, level: Int, _ store: any SpillStore, into lists: SortedLists
  ) throws(SQLError) {
    let limit = run.context.limits.distinctSpillBytes / 2
    for number in 0..<SpillParts.count {
      guard let rows = parts?.take(number) else { continue }
      var own = GroupTable(types)
      var ownHeld = 0
      var deeper: SpillParts?
      // One list a part: its rows are in the order of their places.
      var fresh: [Batch] = []
      var freshBytes = 0
      for piece in 0..<rows.pieceCount {
        try run.check()
        let batch = try rows.piece(piece)
        if deeper != nil {
          try putAside(own.unknownRows(of: batch, types.count), &deeper)
          continue
        }
        let rows = try own.addRows(of: batch, types.count)
        if !rows.isEmpty {
          let first = batch.gather(rows)
          fresh.append(first)
          freshBytes += first.byteCount
        }
        let bytes = own.byteCount + freshBytes
        try run.memory.change(by: bytes - ownHeld)
        ownHeld = bytes
        if bytes > limit, level + 1 < SpillParts.levelsMax {
          deeper = SpillParts(store, level: level + 1)
        }
      }
      try lists.append(try joined(fresh))
      fresh = []
      own = GroupTable(types)
      try run.memory.change(by: -ownHeld)
      try finish(&deeper, level: level + 1, store, into: lists)
    }
  }
}

extension DistinctStream {
  private func joined(_ batches: [Batch]) throws(SQLError) -> Batch {
    var columns: [Column] = []
    for (i, type) in asideTypes.enumerated() {
      columns.append(
        try CancellationPoint.concatenate(type, batches.map { $0.columns[i] }))
    }
    return Batch(columns, rowCount: batches.reduce(0) { $0 + $1.rowCount })
  }
}

extension GroupTable {
  /// Adds the rows of a batch, whose first `width` columns are the keys, and gives the first row of each new group.
  fileprivate mutating func addRows(
    of batch: Batch, _ width: Int
  ) throws(SQLError) -> [Int32] {
    let columns = Array(batch.columns.prefix(width))
    let starts = runStarts(columns, rowCount: batch.rowCount)
    var known = Int32(count)
    var fresh: [Int32] = []
    for (run, group) in try groups(columns, starts: starts).enumerated() where group >= known {
      fresh.append(starts[run])
      known = group + 1
    }
    return fresh
  }

  /// The first rows of runs that belong to no group.
  fileprivate func unknownRows(of batch: Batch, _ width: Int) -> Batch {
    let columns = Array(batch.columns.prefix(width))
    let starts = runStarts(columns, rowCount: batch.rowCount)
    let unknown = find(columns, starts: starts).enumerated().filter { $0.element < 0 }
    return batch.gather(unknown.map { starts[$0.offset] })
  }
}
