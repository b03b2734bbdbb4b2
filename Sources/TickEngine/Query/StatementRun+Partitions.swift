/// DROP, DETACH and ATTACH PARTITION, DROP DETACHED PARTITION: whole segments go to another list of the manifest, or away.
///
/// Invariants:
/// 1. A statement is one edit: its rows are attached, or detached, or gone, and never two of these. No file is moved for it.
/// 2. It is about the rows that were committed before it began. Rows keep their sequences, detached or not.
/// 3. A segment that holds rows of other partitions as well is written again as two; all others keep their files.
/// 4. A table with `deduplicate_by` never gets two rows of one key back: of rows that are attached those go away whose key is
///    among the rows of the table, as it would be if they were inserted.
/// 5. What is attached is below the level of a whole partition: other rows may have taken its place there.
import TickColumns
import TickSQL
import TickStorage

/// What becomes of partitions.
enum PartitionMove: Sendable {
  case drop, detach, attach, dropDetached

  /// Their rows are detached before.
  var isOfDetached: Bool { self == .attach || self == .dropDetached }
}

extension StatementRun {
  func movePartition(
    _ selector: PartitionSelector, _ move: PartitionMove, of name: QualifiedName
  ) throws(SQLError) {
    let table = try partitioned(name).definition
    guard move != .dropDetached || settings.allowsDropDetached else {
      throw SQLError(
        .supportIsDisabled,
        "Cannot execute query: DROP DETACHED PARTITION is disabled (see allow_drop_detached setting)",
        at: name.range.lowerBound)
    }
    let choice = try PartitionChoice(selector, of: database.layout(of: table))
    let run = self
    try database.compactor.alone(isCancelled: { run.isCancelled }) { () throws(SQLError) in
      let snapshot = try move.isOfDetached ? current(table.id) : flushed(table)
      var work = try PartitionWork(
        snapshot, database.layout(of: snapshot.definition), store: database.store, choice
      ) { run.isCancelled }
      do throws(SQLError) {
        try work.divide(move.isOfDetached ? snapshot.detached : snapshot.segments, writes: move)
        guard !work.gone.isEmpty else { return }
        if PlantedBug.isOn(.detachInTwoEdits) {
          for action in work.actions(move) { try edit([action], emptying: [snapshot.definition]) }
          return
        }
        switch move {
        case .drop, .detach:
          try edit(work.actions(move), emptying: [snapshot.definition])
        case .dropDetached: try edit(work.actions(move))
        case .attach: try attach(&work)
        }
        work.discardUnused()
      } catch {
        work.discard()
        throw error
      }
    }
  }

  /// Publishes what is attached while nobody else writes rows with keys.
  private func attach(_ work: inout PartitionWork) throws(SQLError) {
    guard let duplicates = database.duplicates(of: work.layout) else {
      return try edit(work.actions(.attach))
    }
    let turn = duplicates.beginTurn()
    if !PlantedBug.isOn(.attachForgetsDuplicates) { try work.dropDuplicates(turn) }
    try edit(work.actions(.attach))
    turn.end(.published)
  }

  private func current(_ id: TableID) throws(SQLError) -> TableSnapshot {
    guard let snapshot = database.store.snapshot().table(id) else {
      throw SQLError(storage: .unknownTable(id))
    }
    return snapshot
  }

  private func partitioned(_ name: QualifiedName) throws(SQLError) -> TableSnapshot {
    let table = try storedTable(name, for: "ALTER")
    guard table.definition.engine == "MergeTree" else {
      throw SQLError(
        .notImplemented, "Table engine \(table.definition.engine) doesn't support partitioning",
        at: name.range.lowerBound)
    }
    return table
  }
}

/// The segments of one such statement.
private struct PartitionWork {
  let layout: TableLayout
  /// Live or detached segments that leave their list.
  private(set) var gone: [SegmentEntry] = []
  private let snapshot: TableSnapshot
  private let store: Store
  private let choice: PartitionChoice
  private let isCancelled: () -> Bool
  /// What of segments that were divided stays where it was.
  private var rest: [SegmentEntry] = []
  /// What goes where the statement says.
  private var taken: [LiveSegment] = []
  private var written: [FileID] = []
  /// Which partitions are meant, of those that were met.
  private var known: [String: Bool] = [:]

  init(
    _ snapshot: TableSnapshot, _ layout: TableLayout, store: Store, _ choice: PartitionChoice,
    isCancelled: @escaping () -> Bool
  ) throws(SQLError) {
    self.layout = layout
    self.snapshot = snapshot
    self.store = store
    self.choice = choice
    self.isCancelled = isCancelled
  }

  private var table: TableID { layout.definition.id }

  /// Removes what was written; for a statement that is given up.
  func discard() { store.discard(written, table: table) }

  /// Removes what was written and then written again.
  func discardUnused() {
    let named = Set((rest + taken.map(\.entry)).map(\.fileID))
    store.discard(written.filter { !named.contains($0) }, table: table)
  }

  func actions(_ move: PartitionMove) -> [ManifestAction] {
    let files = gone.map(\.fileID)
    let moved = taken.map(\.entry)
    var actions: [ManifestAction]
    if move.isOfDetached {
      actions = [.removeDetached(table, files)]
      if !rest.isEmpty { actions.append(.addDetached(table, rest)) }
      if move == .attach, !moved.isEmpty {
        actions.append(.addSegments(table, moved.map(\.settled)))
      }
    } else {
      actions = [.removeSegments(table, files)]
      if !rest.isEmpty { actions.append(.addSegments(table, rest)) }
      if move == .detach, !moved.isEmpty { actions.append(.addDetached(table, moved)) }
    }
    return actions
  }

  // MARK: Partitions

  mutating func divide(
    _ segments: [LiveSegment], writes move: PartitionMove
  ) throws(SQLError) {
    for segment in segments {
      let span = segment.entry.partition
      if case .all = choice {
        take(segment)
      } else if span.isSingle {
        if try takes(span.first) { take(segment) }
      } else if choice.mayTake(span) {
        try divide(segment, writesTaken: move == .detach || move == .attach)
      }
    }
  }

  private mutating func takes(_ name: String) throws(SQLError) -> Bool {
    if let known = known[name] { return known }
    let isTaken = try choice.takes(name)
    known[name] = isTaken
    return isTaken
  }

  private mutating func take(_ segment: LiveSegment) {
    gone.append(segment.entry)
    taken.append(segment)
  }

  /// Segments of several partitions are written again as two: the rows that are taken, and the others.
  private mutating func divide(_ segment: LiveSegment, writesTaken: Bool) throws(SQLError) {
    let reading = try RewriteReading(snapshot, layout, [segment])
    let pieces = try reading.pieces(of: segment)
    var names: Set<String> = []
    var hits = 0
    for piece in pieces {
      for (name, rows) in try rowsByPartition(reading.read(piece)) where try takes(name) {
        names.insert(name)
        hits += rows.count
      }
    }
    let total = segment.entry.liveRowCount
    guard hits > 0, let span = PartitionSpan(names) else { return }
    if hits == total {
      gone.append(segment.entry)
      var entry = segment.entry
      entry.partition = span
      taken.append(LiveSegment(entry: entry, file: segment.file))
      return
    }
    var (inside, outside) = (output(segment.entry, span, hits), output(segment.entry, nil, total))
    defer { written += (inside.entries + outside.entries).map(\.fileID) }
    for piece in pieces {
      let batch = try reading.read(piece)
      var marks = [Bool](repeating: false, count: batch.rowCount)
      for (name, rows) in try rowsByPartition(batch) where names.contains(name) {
        for row in rows { marks[Int(row)] = true }
      }
      let all = 0..<Int32(batch.rowCount)
      if writesTaken { try inside.add(batch.gather(all.filter { marks[Int($0)] })) }
      try outside.add(batch.gather(all.filter { !marks[Int($0)] }))
    }
    try inside.flush()
    try outside.flush()
    // What would lose rows is never published.
    let counts = [inside, outside].map { $0.entries.reduce(0) { $0 + $1.liveRowCount } }
    guard counts == [writesTaken ? hits : 0, total - hits] else {
      throw SQLError(
        .logicalError, "a segment of \(total) rows of table \(table) was divided wrongly")
    }
    gone.append(segment.entry)
    rest += outside.entries
    taken += inside.entries.map { store.unpublished($0, table: table) }
  }

  private func rowsByPartition(_ batch: Batch) throws(SQLError) -> [(name: String, rows: [Int32])] {
    guard !isCancelled() else { throw SQLError(.queryWasCancelled, "Query was cancelled") }
    return try layout.partitions(of: batch, partitionsMax: nil).map { name, rows in
      switch rows {
      case .all: (name, Array(0..<Int32(batch.rowCount)))
      case .some(let positions): (name, positions)
      }
    }
  }

  private func output(
    _ entry: SegmentEntry, _ span: PartitionSpan?, _ rowsMax: Int
  ) -> SegmentOutput {
    SegmentOutput(
      store: store, layout: layout, partition: span ?? entry.partition, level: entry.level,
      rowsMax: rowsMax)
  }

  // MARK: Duplicates

  /// Leaves out of what is attached the rows whose key a row of the table has. Of those that were detached one after the other
  /// and agree the table's first or last stays, as it keeps them.
  mutating func dropDuplicates(_ turn: DuplicateGuard.Turn) throws(SQLError) {
    let chosen = try ChosenRows(among: taken, snapshot, layout, isCancelled)
    var kept: [LiveSegment] = []
    for segment in taken {
      let reading = try RewriteReading(snapshot, layout, [segment])
      let pieces = try reading.pieces(of: segment)
      var rows: [[Int32]?] = []
      for piece in pieces {
        guard !isCancelled() else { throw SQLError(.queryWasCancelled, "Query was cancelled") }
        let batch = try reading.read(piece)
        guard let own = chosen.rows(of: batch) else {
          rows.append(try turn.newRows(of: batch, layout, in: store))
          continue
        }
        let new = try turn.newRows(of: batch.gather(own), layout, in: store)
        rows.append(new.map { $0.map { own[Int($0)] } } ?? own)
      }
      guard rows.contains(where: { $0 != nil }) else {
        kept.append(segment)
        continue
      }
      var output = output(segment.entry, nil, segment.entry.liveRowCount)
      defer { written += output.entries.map(\.fileID) }
      for (piece, positions) in zip(pieces, rows) {
        let batch = try reading.read(piece)
        try output.add(positions.map { batch.gather($0) } ?? batch)
      }
      try output.flush()
      kept += output.entries.map { store.unpublished($0, table: table) }
    }
    taken = kept
  }
}

extension SegmentEntry {
  /// As it is attached.
  fileprivate var settled: SegmentEntry {
    var entry = self
    entry.level = min(level, CompactionPolicy.restLevel - 1)
    return entry
  }
}
