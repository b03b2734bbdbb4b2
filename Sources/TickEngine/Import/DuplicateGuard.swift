/// Who writes into one table with `deduplicate_by`, and the filter that they share.
///
/// Inserts write side by side and share syncs: what an insert reads of the store it reads on its own thread, and its
/// duplicates are found by the store's writer when its turn in the order of commits has come. A load (an insert too
/// large for the log, the publishing of a file, TRUNCATE, DROP) takes a turn of its own, with nobody beside it.
///
/// Invariants:
/// 1. The filter holds, of the groups and ranges that it covers, all numbers that are published or that a transaction
///    in flight brings. So of equal rows the one that is committed first stays, and no snapshot ever holds two.
/// 2. The numbers of a transaction that failed leave the filter before any later transaction is settled: both happen
///    on the store's writer. So no row is dropped as the duplicate of one that was never stored.
/// 3. The filter is replaced in a turn only, when nothing is in flight.
/// 4. While a journal is open it holds every number that came in; `isBroken` when rows went out.
import Synchronization
import TickColumns
import TickSQL
import TickStorage

final class DuplicateGuard: Sendable {
  /// Beyond this many ranges of numbers the filter is dropped and read anew: 16 MB.
  private static let rangesMax = 1 << 20

  private struct Turns {
    var inserts = 0
    var isTaken = false
    /// Inserts that come later than a waiting load wait for it, so that it is not kept out for ever.
    var waiting = 0
  }

  private struct Knowledge {
    var filter: DuplicateFilter
    var journal: Journal?
  }

  /// What happened in the table since somebody began to watch.
  struct Journal: Sendable {
    var numbers = GroupedNumbers()
    var isBroken = false
  }

  private let table: TableID
  /// Rows that are stored already are no reason to drop new ones: they go.
  private let keepsLast: Bool
  private let empty: DuplicateFilter
  private let turns = Monitor(Turns())
  private let knowledge: Mutex<Knowledge>
  /// Held by the insert that reads what the filter does not cover.
  private let reading = Mutex(())

  /// Nil for a table without `deduplicate_by`.
  init?(_ layout: TableLayout) {
    guard let filter = DuplicateFilter(layout) else { return nil }
    table = layout.definition.id
    keepsLast = layout.definition.deduplicateKeep == .last
    empty = filter
    knowledge = Mutex(Knowledge(filter: filter))
  }

  // MARK: Inserts

  /// What became of a transaction.
  enum Outcome {
    /// All rows are stored.
    case all
    /// These are; the others are duplicates of rows that are durable.
    case some([Int32])
    /// Nothing was committed: rows with these keys are stored, and must go first. Only where the last of them stays.
    case collides
  }

  /// Commits the rows of `whole` that are no duplicates. None are where the transaction's mark is known.
  ///
  /// - Parameter transaction: all rows of `whole`; the place of a row there is its sequence offset here.
  func commit(
    _ transaction: Transaction, of whole: Batch, _ layout: TableLayout, to store: Store
  ) throws(SQLError) -> Outcome {
    beginInsert()
    defer { turns.withLock { $0.inserts -= 1 } }
    let keys = empty.keys(of: whole, layout)
    try cover(keys, store)
    let settled = Settled()
    let answer = Monitor<Result<Commit, StorageError>?>(nil)
    do throws(StorageError) {
      try store.submit(
        transaction,
        settle: { [knowledge = self] (transaction) throws(StorageError) in
          guard let kept = knowledge.settle(keys, settled) else { return nil }
          if knowledge.keepsLast { throw StorageError.conflict("rows with these keys are stored") }
          return transaction.keeping(kept)
        },
        completion: { [knowledge = self] result in
          if case .failure = result { knowledge.unsettle(keys, settled) }
          answer.withLock { $0 = result }
        })
      store.runPending()
      if try answer.wait({ $0 }).get().isRepeated { return .some([]) }
    } catch {
      if keepsLast, case .some(.some) = settled.rows { return .collides }
      throw SQLError(storage: error)
    }
    if case .some(.some(let kept)) = settled.rows { return .some(kept) }
    return .all
  }

  private func beginInsert() {
    if knowledge.withLock({ $0.filter.rangeCount > Self.rangesMax }) { beginTurn().end(.abandoned) }
    turns.wait { state -> Void? in
      guard !state.isTaken, state.waiting == 0 else { return nil }
      state.inserts += 1
      return ()
    }
  }

  /// Reads what is stored of the numbers around these, as far as it is not known. Rows that are not shown yet are
  /// known: they went through the filter.
  private func cover(_ keys: DuplicateFilter.Keys, _ store: Store) throws(SQLError) {
    if knowledge.withLock({ $0.filter.gaps(keys).isEmpty }) { return }
    try reading.withLock { (_) throws(SQLError) in
      let filter = knowledge.withLock { $0.filter }
      let stored = try storedTable(store)
      for gap in filter.gaps(keys) {
        let isForgotten = PlantedBug.isOn(.storedDuplicatesNotRead)
        let found = isForgotten ? IntervalSet() : try filter.read(gap, in: stored)
        knowledge.withLock { $0.filter.close(gap, found) }
      }
    }
  }

  private func settle(_ keys: DuplicateFilter.Keys, _ settled: Settled) -> [Int32]? {
    let kept = knowledge.withLock { knowledge in
      let kept = knowledge.filter.newRows(keys)
      knowledge.journal?.numbers.insert(keys, kept)
      return kept
    }
    settled.rows = .some(kept)
    return kept
  }

  private func unsettle(_ keys: DuplicateFilter.Keys, _ settled: Settled) {
    guard let rows = settled.rows else { return }
    knowledge.withLock { knowledge in
      knowledge.filter.forget(keys, rows)
      knowledge.journal?.numbers.remove(keys, rows)
    }
  }

  private func storedTable(_ store: Store) throws(SQLError) -> StoredTable {
    guard let found = store.snapshot().table(table) else {
      throw SQLError(storage: .unknownTable(table))
    }
    return StoredTable(found)
  }

  /// What the writer decided about one transaction: outer nil while it did not.
  private final class Settled: Sendable {
    private let decided = Mutex<[Int32]??>(nil)
    var rows: [Int32]?? {
      get { decided.withLock { $0 } }
      set { decided.withLock { $0 = newValue } }
    }
  }

  // MARK: Turns

  /// How a turn ends.
  enum Ending {
    /// All rows that it let pass are published.
    case published
    /// Nothing was published.
    case abandoned
    /// Rows went out of the table.
    case emptied
  }

  /// Waits until nobody writes into the table and keeps everybody out until the turn ends.
  func beginTurn() -> Turn {
    turns.withLock { $0.waiting += 1 }
    turns.wait { state -> Void? in
      guard !state.isTaken, state.inserts == 0 else { return nil }
      state.isTaken = true
      state.waiting -= 1
      return ()
    }
    return Turn(self, knowledge.withLock { $0.filter })
  }

  func closeJournal() {
    knowledge.withLock { $0.journal = nil }
  }

  /// The right to write alone. Confined to one thread; ends with `end`, or when it is let go.
  final class Turn {
    private let owner: DuplicateGuard
    private var filter: DuplicateFilter
    private var passed = GroupedNumbers()
    private var isOver = false

    fileprivate init(_ owner: DuplicateGuard, _ filter: DuplicateFilter) {
      self.owner = owner
      self.filter = filter
    }

    deinit { end(.abandoned) }

    /// The rows that are no duplicates, in order; nil when that is all of them.
    func newRows(
      of batch: Batch, _ layout: TableLayout, in store: Store
    ) throws(SQLError) -> [Int32]? {
      try filter.newRows(of: batch, layout, in: owner.storedTable(store), into: &passed)
    }

    /// From the end of this turn on everything is written down.
    func openJournal() {
      owner.knowledge.withLock { $0.journal = Journal() }
    }

    /// What was written down so far; nil when no journal is open.
    var journal: Journal? { owner.knowledge.withLock { $0.journal } }

    /// Takes rows for its own that another filter let pass.
    func take(_ numbers: GroupedNumbers) {
      filter.insert(numbers)
      passed.formUnion(numbers)
    }

    func end(_ ending: Ending) {
      guard !isOver else { return }
      isOver = true
      owner.knowledge.withLock { knowledge in
        switch ending {
        case .published where filter.rangeCount <= DuplicateGuard.rangesMax:
          knowledge.filter = filter
        case .published, .abandoned, .emptied: knowledge.filter = owner.empty
        }
        if ending == .published { knowledge.journal?.numbers.formUnion(passed) }
        if ending == .emptied { knowledge.journal?.isBroken = true }
      }
      owner.turns.withLock { $0.isTaken = false }
    }
  }
}

extension Transaction {
  /// The rows at these sequence offsets, which ascend; they get new offsets without gaps.
  fileprivate func keeping(_ rows: [Int32]) -> Transaction {
    var places = [Int](repeating: -1, count: Int(sequenceCount))
    for (place, row) in rows.enumerated() { places[Int(row)] = place }
    var parts: [TransactionPart] = []
    for part in self.parts {
      var kept: [Int32] = []
      var offsets: [UInt32] = []
      for row in 0..<part.rowCount {
        let place = places[part.sequenceOffsets.map { Int($0[row]) } ?? row]
        guard place >= 0 else { continue }
        kept.append(Int32(row))
        offsets.append(UInt32(place))
      }
      guard !kept.isEmpty else { continue }
      parts.append(
        TransactionPart(
          definition: part.definition, partition: part.partition,
          columns: part.columns.gather(kept),
          key: part.key.map { SegmentKeyColumn($0.column.gather(kept), fieldID: $0.fieldID) },
          sequenceOffsets: kept.count == rows.count ? nil : offsets))
    }
    return Transaction(parts, mark: mark, acknowledgement: acknowledgement)
  }
}
