/// Rows that take the place of stored ones with the same key: a write into a table with `deduplicate_keep = 'last'`.
///
/// The rows are in segments that nothing names yet. Of segments that hold rows with their keys these are marked as gone (where
/// that is too much of a segment it is written again without them), and one edit shows both.
///
/// Invariants:
/// 1. No snapshot holds two rows of one key, and none lacks a key that was there and comes again.
/// 2. Of rows of one write that agree the last stays.
/// 3. Segments without a row to go keep their entries.
/// 4. Lock order: the compactor's turn, then that of the table's writers, as for DELETE.
import TickColumns
import TickSQL
import TickStorage

struct Replacement: Sendable {
  /// Keys that may come more than once in one write; the place of the last of each is held.
  private static let repeatedMax = 1 << 20
  /// So many numbers are looked for one by one; of more, blocks between the lowest and the highest are read.
  private static let listedMax = UInt64(1 << 12)

  private let layout: TableLayout
  private let filter: DuplicateFilter
  /// The numbers that came, by group.
  private var numbers: [[[UInt8]]: IntervalSet] = [:]
  /// Of numbers that came more than once the place of the last row among the rows of the write.
  private var repeated: [[[UInt8]]: [UInt64: UInt64]] = [:]
  private var repeatedCount = 0

  /// Nil for a table that keeps the first of equal rows, or all of them.
  init?(_ layout: TableLayout) {
    guard layout.definition.deduplicateKeep == .last, let filter = DuplicateFilter(layout) else {
      return nil
    }
    self.layout = layout
    self.filter = filter
  }

  /// Takes the keys of the next rows of the write.
  ///
  /// - Parameter place: of the first row among all of the write.
  mutating func add(_ batch: Batch, place: Int) throws(SQLError) {
    let keys = filter.keys(of: batch, layout)
    for run in keys.runs {
      // Taken out, so that the set is changed in place.
      var set = numbers.removeValue(forKey: run.names) ?? IntervalSet()
      for row in run.rows where keys.numbers[row] != 0 {
        guard !set.insert(keys.numbers[row]) else { continue }
        let old = repeated[run.names, default: [:]].updateValue(
          UInt64(place + row), forKey: keys.numbers[row])
        if old == nil { repeatedCount += 1 }
      }
      numbers[run.names] = set
    }
    guard repeatedCount <= Self.repeatedMax else {
      throw SQLError(
        .memoryLimitExceeded,
        "more than \(Self.repeatedMax) keys come more than once in one write into \(layout.definition.name)"
      )
    }
  }

  /// The rows of a batch that is the whole write, without those that a later one replaces; nil when that is all of them.
  func lastRows(of batch: Batch) -> [Int32]? {
    guard repeatedCount > 0 else { return nil }
    let places = (0..<UInt64(batch.rowCount)).map { $0 }
    return rows(of: batch, places: places, isNew: true)
  }

  /// Puts the rows into the place of what is stored, all at one moment.
  ///
  /// - Parameters:
  ///   - entries: the segments with the rows of the write, whose sequences count from 0.
  ///   - rowCount: of the write.
  ///   - actions: published with them.
  /// - Returns: how many of its rows are stored. The new files are the caller's when this throws.
  func publish(
    _ entries: [SegmentEntry], rowCount: Int, with actions: [ManifestAction], to database: Database,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws(SQLError) -> Int {
    let table = layout.definition
    return try database.compactor.alone(isCancelled: isCancelled) { () throws(SQLError) -> Int in
      guard let duplicates = database.duplicates(of: layout) else {
        preconditionFailure("a table that keeps the last of equal rows and knows none")
      }
      let turn = duplicates.beginTurn()
      let snapshot = try flushed(database.store)
      guard snapshot.definition == table else {
        throw SQLError(
          .notImplemented,
          "a write that replaces rows of \(table.name) while another statement changes its columns")
      }
      var work = Work(self, database, snapshot, isCancelled)
      do throws(SQLError) {
        let old = try work.change(snapshot.segments, isNew: false)
        let new = try resolved(entries, &work)
        let changes = old.actions(in: table.id)
        var edit = ManifestEdit(actions + changes, newSequences: UInt64(rowCount))
        if !new.isEmpty { edit.actions.append(.addSegments(table.id, new)) }
        edit.finalFiles = Set(old.flatMap { $0.entries.map(\.fileID) })
        do throws(StorageError) {
          if PlantedBug.isOn(.replacementInTwoEdits), !changes.isEmpty {
            edit.actions.removeAll { changes.contains($0) }
            try database.store.publish(ManifestEdit(changes))
          }
          try database.store.publish(edit)
        } catch .alreadyInserted {
          work.discard()
          turn.end(.abandoned)
          return 0
        } catch {
          throw SQLError(storage: error)
        }
        turn.end(.emptied)
        database.store.discard(
          entries.map(\.fileID).filter { !new.map(\.fileID).contains($0) }, table: table.id)
        return new.reduce(0) { $0 + $1.liveRowCount }
      } catch {
        work.discard()
        throw error
      }
    }
  }

  /// The segments of a write into a table that is not there yet, without the rows that later ones replace.
  ///
  /// - Returns: the segments to publish. Files that they take the place of are gone, and when this throws so are those that
  ///   were made here.
  func resolved(
    _ entries: [SegmentEntry], in database: Database, isCancelled: @escaping @Sendable () -> Bool
  ) throws(SQLError) -> [SegmentEntry] {
    let empty = TableSnapshot(
      definition: layout.definition, segments: [], memtables: [], imports: [])
    var work = Work(self, database, empty, isCancelled)
    do throws(SQLError) {
      let new = try resolved(entries, &work)
      let kept = Set(new.map(\.fileID))
      database.store.discard(
        entries.map(\.fileID).filter { !kept.contains($0) }, table: layout.definition.id)
      return new
    } catch {
      work.discard()
      throw error
    }
  }

  private func resolved(
    _ entries: [SegmentEntry], _ work: inout Work
  ) throws(SQLError) -> [SegmentEntry] {
    guard repeatedCount > 0 else { return entries }
    let new = try work.change(
      entries.map { work.database.store.unpublished($0, table: layout.definition.id) }, isNew: true)
    let changed = Set(new.map(\.old))
    return entries.filter { !changed.contains($0.fileID) } + new.flatMap(\.entries)
  }

  private func flushed(_ store: Store) throws(SQLError) -> TableSnapshot {
    do throws(StorageError) {
      if !PlantedBug.isOn(.mutationForgetsMemory) { try store.flush([layout.definition.id]) }
      guard let snapshot = store.snapshot().table(layout.definition.id) else {
        throw .unknownTable(layout.definition.id)
      }
      return snapshot
    } catch {
      throw SQLError(storage: error)
    }
  }

  // MARK: Which rows stay

  /// Rows that stay; nil when that is all of them.
  ///
  /// - Parameters:
  ///   - batch: begins with the stored columns of the table.
  ///   - places: of the rows, among those of the write where they are new.
  fileprivate func rows(of batch: Batch, places: [UInt64], isNew: Bool) -> [Int32]? {
    let keys = filter.keys(of: batch, layout)
    let gone = rowsToGo(keys, places: places, isNew: isNew)
    if gone.isEmpty { return nil }
    var marks = [Bool](repeating: false, count: keys.numbers.count)
    for row in gone { marks[row] = true }
    return marks.indices.filter { !marks[$0] }.map { Int32($0) }
  }

  /// - Parameter places: as above.
  fileprivate func rowsToGo(
    _ keys: DuplicateFilter.Keys, places: [UInt64], isNew: Bool
  ) -> [Int] {
    var out: [Int] = []
    for run in keys.runs {
      let set = numbers[run.names]
      let last = repeated[run.names]
      for row in run.rows where keys.numbers[row] != 0 {
        let number = keys.numbers[row]
        let goes =
          isNew ? last?[number].map { $0 != places[row] } ?? false : set?.contains(number) == true
        if goes { out.append(row) }
      }
    }
    return out
  }

  /// What rows of old segments must satisfy to be looked at.
  fileprivate var constraints: [ColumnConstraint] {
    var lowest = UInt64.max
    var highest: UInt64 = 0
    for set in numbers.values {
      guard let first = set.ranges.first, let last = set.ranges.last else { continue }
      lowest = min(lowest, first.lowerBound)
      highest = max(highest, last.upperBound)
    }
    let names = layout.definition.deduplicateBy
    let all = numbers.values.reduce(UInt64(0)) { sum, set in
      let (sum, overflow) = sum.addingReportingOverflow(set.count)
      return overflow ? .max : sum
    }
    var out = names.dropLast().enumerated().map { place, name in
      ColumnConstraint(
        column: name, condition: .oneOf(Set(numbers.keys.map { $0[place] }).map { .bytes($0) }))
    }
    if let number = names.last {
      let condition: ColumnConstraint.Condition =
        all <= Self.listedMax
        ? .oneOf(
          Set(numbers.values.flatMap { $0.ranges.flatMap { Array($0) } }).map { .uint($0) })
        : .range(
          lower: .uint(lowest), lowerIsInclusive: true, upper: .uint(highest),
          upperIsInclusive: true)
      out.append(ColumnConstraint(column: number, condition: condition))
    }
    return out
  }

  fileprivate var isEmpty: Bool { numbers.values.allSatisfy { $0.ranges.isEmpty } }

  /// Segments that change, on all query threads.
  private struct Work {
    let database: Database
    private let replacement: Replacement
    private let snapshot: TableSnapshot
    private let isCancelled: @Sendable () -> Bool
    /// Files that were made.
    private var made: [FileID] = []

    init(
      _ replacement: Replacement, _ database: Database, _ snapshot: TableSnapshot,
      _ isCancelled: @escaping @Sendable () -> Bool
    ) {
      self.replacement = replacement
      self.database = database
      self.snapshot = snapshot
      self.isCancelled = isCancelled
    }

    func discard() {
      database.store.discard(made, table: snapshot.definition.id)
    }

    /// What becomes of the segments in which rows go.
    mutating func change(
      _ segments: [LiveSegment], isNew: Bool
    ) throws(SQLError) -> [SegmentChange] {
      if replacement.isEmpty { return [] }
      let written = Monitor([Int: SegmentChange]())
      let (replacement, database, snapshot, isCancelled) = (
        replacement, database, snapshot, isCancelled
      )
      func all() -> [SegmentChange] {
        written.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
      }
      do throws(SQLError) {
        try database.workers.run(count: segments.count) { (number) throws(SQLError) in
          let changing = Changing(replacement, database, snapshot, isCancelled)
          guard let change = try changing.run(segments[number], isNew: isNew) else { return }
          written.withLock { $0[number] = change }
        }
      } catch {
        made += all().flatMap(\.newFiles)
        throw error
      }
      let done = all()
      made += done.flatMap(\.newFiles)
      return done
    }
  }

  /// One segment that changes.
  private struct Changing {
    private let replacement: Replacement
    private let database: Database
    private let snapshot: TableSnapshot
    private let isCancelled: @Sendable () -> Bool

    init(
      _ replacement: Replacement, _ database: Database, _ snapshot: TableSnapshot,
      _ isCancelled: @escaping @Sendable () -> Bool
    ) {
      self.replacement = replacement
      self.database = database
      self.snapshot = snapshot
      self.isCancelled = isCancelled
    }

    /// What becomes of a segment; nil where all of its rows stay.
    func run(_ segment: LiveSegment, isNew: Bool) throws(SQLError) -> SegmentChange? {
      let own = TableSnapshot(
        definition: snapshot.definition, segments: [segment], memtables: [], imports: [])
      let file = segment.entry.fileID
      let gone = try sequencesToGo(own, isNew: isNew)
      if gone.isEmpty { return nil }
      if gone.count == segment.entry.liveRowCount { return SegmentChange(old: file, entries: []) }
      if let entry = try RowRemoval.entry(of: segment, without: gone) {
        return SegmentChange(old: file, entries: [entry])
      }
      return SegmentChange(
        old: file, entries: try rewritten(segment, own, without: gone.count, isNew: isNew))
    }

    /// Reads the keys alone.
    private func sequencesToGo(
      _ own: TableSnapshot, isNew: Bool
    ) throws(SQLError) -> [UInt64] {
      let names = own.definition.deduplicateBy
      let table = StoredTable(own) { .ofDefaults }
      let scan = try table.scan(
        ScanRequest(
          columns: names + [SegmentField.sequence.name],
          constraints: isNew ? [] : replacement.constraints))
      var out: [UInt64] = []
      for morsel in 0..<scan.morselCount {
        try scan.read(morsel: morsel) { (batch) throws(SQLError) in
          try checkCancelled()
          let last = names.count - 1
          let keys = DuplicateFilter.Keys(
            codes: Array(batch.columns[..<last]), number: batch.columns[last])
          let sequences = Self.sequences(of: batch)
          for row in replacement.rowsToGo(keys, places: sequences, isNew: isNew) {
            out.append(sequences[row])
          }
          return true
        }
      }
      return out
    }

    private func rewritten(
      _ segment: LiveSegment, _ own: TableSnapshot, without goneCount: Int, isNew: Bool
    ) throws(SQLError) -> [SegmentEntry] {
      let layout = replacement.layout
      let reading = try RewriteReading(own, layout, [segment])
      let rowCount = segment.entry.liveRowCount
      var output = SegmentOutput(
        store: database.store, layout: layout, partition: segment.entry.partition,
        level: segment.entry.level, rowsMax: max(1, rowCount))
      do throws(SQLError) {
        for piece in try reading.pieces(of: segment) {
          try checkCancelled()
          let batch = try reading.read(piece)
          let kept = replacement.rows(of: batch, places: Self.sequences(of: batch), isNew: isNew)
          let left = kept.map { batch.gather($0) } ?? batch
          if left.rowCount > 0 { try output.add(left) }
        }
        try output.flush()
        // What would lose rows is never published.
        guard output.entries.reduce(0, { $0 + $1.liveRowCount }) == rowCount - goneCount else {
          throw SQLError(.logicalError, "a segment of \(rowCount) rows was written again wrongly")
        }
      } catch {
        output.discard()
        throw error
      }
      return output.entries
    }

    private static func sequences(of batch: Batch) -> [UInt64] {
      guard case .uint64(let sequences)? = batch.columns.last?.values else {
        preconditionFailure("rows without sequences")
      }
      return Array(sequences)
    }

    private func checkCancelled() throws(SQLError) {
      if isCancelled() { throw SQLError(.queryWasCancelled, "Query was cancelled") }
    }
  }
}
