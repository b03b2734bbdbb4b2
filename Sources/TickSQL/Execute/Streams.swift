import Synchronization
import TickColumns

/// The operators that pass batches on: scans, projections, ORDER BY.

/// Reads a table in parallel and gives its rows in the table's order.
///
/// Morsels are read in waves: one, then twice as many each time up to a bound, so that a small LIMIT reads
/// little and a large result is never buffered whole.
final class ScanStream: BatchStream {
  private let scan: any TableScan
  private let projection: Projection
  private let run: QueryRun
  private var nextMorsel = 0
  private var waveSize = 1
  private var ready: [Batch] = []
  private var position = 0
  private var held = 0

  private static let wavesPerWorker = 4

  init(_ scan: any TableScan, _ projection: Projection, _ run: QueryRun) {
    self.scan = scan
    self.projection = projection
    self.run = run
  }

  var rowsBeforeLimit: Int { 0 }

  func next() throws(SQLError) -> Batch? {
    while position == ready.count {
      guard nextMorsel < scan.morselCount, !run.isFull else { return nil }
      try readWave()
    }
    defer { position += 1 }
    return ready[position]
  }

  private func readWave() throws(SQLError) {
    let first = nextMorsel
    let count = min(waveSize, scan.morselCount - first)
    nextMorsel += count
    waveSize = min(waveSize * 2, max(1, run.context.workers.width) * Self.wavesPerWorker)
    let results = Mutex([[Batch]](repeating: [], count: count))
    let (scan, projection, run) = (scan, projection, run)
    try run.context.onWorkers(count: count) { (index) throws(SQLError) in
      var batches: [Batch] = []
      try scan.read(morsel: first + index) { (batch) throws(SQLError) in
        try run.read(batch, from: scan)
        let result = try projection.apply(batch)
        if result.rowCount > 0 { batches.append(result) }
        return !run.isFull
      }
      results.withLock { $0[index] = batches }
    }
    ready = results.withLock { $0.flatMap { $0 } }
    position = 0
    let bytes = ready.reduce(0) { $0 + $1.byteCount }
    try run.memory.change(by: bytes - held)
    held = bytes
  }
}

/// Computes outputs over another stream.
final class ProjectedStream: BatchStream {
  private let input: any BatchStream
  private let projection: Projection

  init(_ input: any BatchStream, _ projection: Projection) {
    self.input = input
    self.projection = projection
  }

  var rowsBeforeLimit: Int { 0 }

  func next() throws(SQLError) -> Batch? {
    guard let batch = try input.next() else { return nil }
    return try projection.apply(batch)
  }

  /// No condition applies to totals.
  func totals() throws(SQLError) -> Batch? {
    try input.totals().map { (row) throws(SQLError) in
      try Projection(filter: [], outputs: projection.outputs).apply(row)
    }
  }
}

/// One batch that is there already.
final class SingleBatchStream: BatchStream {
  private var batch: Batch?

  init(_ batch: Batch) { self.batch = batch }

  var rowsBeforeLimit: Int { 0 }

  func next() throws(SQLError) -> Batch? {
    defer { batch = nil }
    return batch
  }
}

/// No rows.
final class EmptyStream: BatchStream {
  var rowsBeforeLimit: Int { 0 }
  func next() throws(SQLError) -> Batch? { nil }
}

/// ORDER BY: collects, sorts, hands out. With a bound on rows it keeps only the best so far; without one, what memory
/// should not hold is put aside in sorted lists, which are merged at the end.
final class SortStream: BatchStream {
  private let input: any BatchStream
  private let sort: SortSpecification
  private let types: [DataType]
  private let topRows: Int?
  private let run: QueryRun
  private var sorted: Batch?
  private var position = 0
  private var merge: MergeStream?
  /// What was put aside.
  private var lists: SortedLists?
  private(set) var rowsBeforeLimit = 0

  init(
    _ input: any BatchStream, _ sort: SortSpecification, _ types: [DataType], _ topRows: Int?,
    _ run: QueryRun
  ) {
    self.input = input
    self.sort = sort
    self.types = types
    self.topRows = topRows
    self.run = run
  }

  func totals() throws(SQLError) -> Batch? { try input.totals() }

  func next() throws(SQLError) -> Batch? {
    if let merge { return try merge.next() }
    let batch: Batch
    if let sorted {
      batch = sorted
    } else {
      batch = try collect()
      if let lists {
        let merge = lists.merged()
        self.merge = merge
        return try merge.next()
      }
      sorted = batch
    }
    guard position < batch.rowCount else { return nil }
    let end = min(position + Batch.rowsMax, batch.rowCount)
    defer { position = end }
    return batch.slice(position..<end)
  }

  private func collect() throws(SQLError) -> Batch {
    var parts: [Batch] = []
    var rows = 0
    var bytes = 0
    /// Of the rows put aside.
    var aside = 0
    var held = 0
    /// The first rows so far, in order: what sorts behind the last of them is not wanted.
    var first: Batch?
    while var batch = try input.next() {
      if batch.rowCount == 0 { continue }
      try run.check()
      rowsBeforeLimit += batch.rowCount
      if let first {
        batch = sort.rows(of: batch, notBehind: first)
        if batch.rowCount == 0 { continue }
      }
      parts.append(batch)
      rows += batch.rowCount
      bytes += batch.byteCount
      if let topRows, rows > max(4 * topRows, 2 * Batch.rowsMax) {
        parts = [try cut(try joined(parts, rows), to: topRows)]
        rows = parts[0].rowCount
        bytes = parts[0].byteCount
        first = parts[0]
      }
      try run.memory.change(by: bytes - held)
      held = bytes
      let sorted = topRows.map { min(rows, $0) } ?? rowsBeforeLimit
      let goesOn = try run.context.limits.sort.allows(
        rows: sorted, bytes: aside + bytes, "sorted rows", .tooManyRowsOrBytes)
      if !goesOn { break }
      guard rows <= Int(Int32.max) else {
        throw SQLError(
          .memoryLimitExceeded, "ORDER BY of more than \(Int32.max) rows is not supported")
      }
      // Sorted rows stand beside the collected ones for a moment.
      let limit = run.context.limits.sortSpillBytes
      if topRows == nil, limit > 0, 2 * bytes > limit, let store = run.context.spill {
        let lists = lists ?? SortedLists(sort, types, run, store, bytesMax: limit)
        self.lists = lists
        try lists.append(try cut(try joined(parts, rows), to: rows))
        aside += bytes
        (parts, rows, bytes) = ([], 0, 0)
        try run.memory.change(by: -held)
        held = 0
      }
    }
    if let lists {
      try lists.append(try cut(try joined(parts, rows), to: rows))
      (parts, rows) = ([], 0)
      try run.memory.change(by: -held)
      held = 0
    }
    let all = try joined(parts, rows)
    // The sorted copy stands beside the collected rows for a moment.
    try run.memory.change(by: held)
    let result = try cut(all, to: topRows ?? rows)
    try run.memory.change(by: -held)
    return result
  }

  private func joined(_ parts: [Batch], _ rows: Int) throws(SQLError) -> Batch {
    if parts.count == 1 { return parts[0] }
    var columns: [Column] = []
    for (i, type) in types.enumerated() {
      try run.check()
      columns.append(try CancellationPoint.concatenate(type, parts.map { $0.columns[i] }))
    }
    return Batch(columns, rowCount: rows)
  }

  private func cut(_ batch: Batch, to rows: Int) throws(SQLError) -> Batch {
    if rows < batch.rowCount { return try sort.first(rows, of: batch, run) }
    let order = try sort.permutation(batch, run)
    var columns: [Column] = []
    for column in batch.columns {
      try run.check()
      columns.append(try column.picked(order))
    }
    return Batch(columns, rowCount: batch.rowCount)
  }
}

/// Drops the columns that only ORDER BY needed.
final class NarrowingStream: BatchStream {
  private let input: any BatchStream
  private let width: Int

  init(_ input: any BatchStream, width: Int) {
    self.input = input
    self.width = width
  }

  var rowsBeforeLimit: Int { input.rowsBeforeLimit }

  func next() throws(SQLError) -> Batch? {
    try input.next().map(narrowed)
  }

  func totals() throws(SQLError) -> Batch? { try input.totals().map(narrowed) }

  private func narrowed(_ batch: Batch) -> Batch {
    Batch(Array(batch.columns.prefix(width)), rowCount: batch.rowCount)
  }
}
