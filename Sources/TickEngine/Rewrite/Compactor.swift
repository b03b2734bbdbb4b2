/// Keeps the segments of a database few and in order, on a thread of its own, and lets statements that rewrite segments
/// take turns with it.
///
/// Invariants:
/// 1. One merge at a time in one database, so memory for it is bounded; and beside it one statement that changes segments.
/// 2. It reads nothing that it does not publish: a rewrite that is given up leaves the directory as it was.
/// 3. A merge and a statement that changes segments wait for each other only while one publishes. Rows that went meanwhile are
///    marked as gone in what the merge wrote; segments that went meanwhile make it in vain.
/// 4. A merge that fails (a full disk) is told by `failure` and tried again after a pause. One that met a damaged file is not: that
///    file is left alone from then on, and the others are merged without it.
import Synchronization
import TickColumns
import TickSQL
import TickStorage

final class Compactor: Sendable {
  /// One rewrite that is under way, for `system.merges`.
  struct Running: Sendable {
    var table: TableDefinition
    var partition: PartitionSpan
    var segments: [SegmentEntry]
    var level: UInt8
    /// On the clock of `Database.ticks`.
    var began: Int
    var rowCount: Int
    var rowsRead = 0
  }

  /// What was done since the database was opened.
  struct Counts: Sendable {
    var merges = 0
    var failures = 0
    var rowsMerged = 0
    var bytesWritten = 0
  }

  private struct State: Sendable {
    var isClosed = false
    /// Somebody changes segments, or publishes a merge.
    var isTaken = false
    var isMerging = false
    var running: Running?
    var counts = Counts()
    var failure: String?
  }

  /// How often it looks around.
  private static let lookMilliseconds = 250
  /// It looks for rows that expired once in so many looks.
  private static let expiryLooks = 20
  /// After a failure it waits so many looks.
  private static let pauseLooks = 120

  private let store: Store
  private let policy: CompactionPolicy
  private let restNanoseconds: Int
  private let expiry: Expiry
  private let state = Monitor(State())
  private let thread: Mutex<SystemThread?>

  /// - Parameters:
  ///   - rowsMax: rows of a segment that it writes.
  ///   - restSeconds: a partition into which no rows came for so long is at rest.
  ///   - expiry: what takes rows away whose time has come.
  init(store: Store, rowsMax: Int, restSeconds: Double, expiry: Expiry) {
    self.expiry = expiry
    self.store = store
    var policy = CompactionPolicy()
    policy.segmentRowsMax = rowsMax
    self.policy = policy
    restNanoseconds = Int(max(0, min(restSeconds, 1e9)) * 1e9)
    thread = Mutex(nil)
  }

  /// Begins to merge by itself.
  func start() {
    thread.withLock { thread in
      guard thread == nil else { return }
      thread = SystemThread(
        name: "tick-merge", stackBytes: RequestThreads.stackBytes, isBackground: true
      ) { [self] in look() }
    }
  }

  /// Gives up what is under way and ends the thread.
  func close() {
    state.withLock { $0.isClosed = true }
    let thread = thread.withLock { thread in
      let running = thread
      thread = nil
      return running
    }
    thread?.join()
  }

  var running: Running? { state.withLock { $0.running } }
  var counts: Counts { state.withLock { $0.counts } }
  /// Why the last merge failed; nil when it did not.
  var failure: String? { state.withLock { $0.failure } }

  // MARK: Turns

  /// Runs `body` while nothing else changes segments but flushes and loads, which add some. Throws 394 when it `isCancelled`,
  /// or the database is closed, before its turn came.
  func alone<Result>(
    isCancelled: () -> Bool, _ body: () throws(SQLError) -> Result
  ) throws(SQLError) -> Result {
    try take(\.isTaken, isCancelled)
    defer { state.withLock { $0.isTaken = false } }
    return try body()
  }

  /// The same among merges. Who has this turn may take the other one; not the other way round.
  private func merging<Result>(
    isCancelled: () -> Bool, _ body: () throws(SQLError) -> Result
  ) throws(SQLError) -> Result {
    try take(\.isMerging, isCancelled)
    defer {
      state.withLock { state in
        state.isMerging = false
        state.running = nil
      }
    }
    return try body()
  }

  private func take(
    _ turn: WritableKeyPath<State, Bool>, _ isCancelled: () -> Bool
  ) throws(SQLError) {
    while true {
      let isMine = state.wait(milliseconds: 50) { state -> Bool? in
        if state.isClosed { return false }
        guard !state[keyPath: turn] else { return nil }
        state[keyPath: turn] = true
        return true
      }
      if isMine == true { return }
      if isMine == false {
        throw SQLError(.queryWasCancelled, "The database is closing")
      }
      if isCancelled() { throw SQLError(.queryWasCancelled, "Query was cancelled") }
    }
  }

  /// Merges partitions of a table, or the one that is named, until none needs it; all of each into one order where
  /// `isFinal`.
  func optimize(
    _ table: TableID, partition: PartitionChoice?, isFinal: Bool,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws(SQLError) {
    var names: [String?] = []
    for name in (store.snapshot().table(table)?.mergeGroups ?? []).map(\.name) {
      guard let partition else {
        names.append(name)
        continue
      }
      if let name, try partition.takes(name) { names.append(name) }
    }
    for name in names {
      while !isCancelled() {
        // One that was in vain is tried again: something is there to do.
        let hasMerged = try merging(isCancelled: isCancelled) { () throws(SQLError) -> Bool in
          guard let snapshot = store.snapshot().table(table),
            let found = snapshot.mergeGroups.first(where: { $0.name == name })
          else { return false }
          let merge =
            isFinal
            ? policy.whole(found.entries)
            : policy.next(found.entries, damaged: snapshot.damaged, isAtRest: true)
          guard let merge else { return false }
          try run(merge, snapshot, isCancelled)
          return true
        }
        if !hasMerged { break }
      }
    }
    if isCancelled() { throw SQLError(.queryWasCancelled, "Query was cancelled") }
  }

  /// Takes all rows of a table out of it that expired by now. Throws 394 when it `isCancelled`.
  func expire(_ table: TableID, isCancelled: @escaping @Sendable () -> Bool) throws(SQLError) {
    guard let snapshot = store.snapshot().table(table) else { return }
    for candidate in try expiry.candidates(snapshot) {
      try expire(candidate, of: table, onlyWhole: false, isCancelled)
      if isCancelled() { throw SQLError(.queryWasCancelled, "Query was cancelled") }
    }
  }

  /// False when no row went.
  @discardableResult
  private func expire(
    _ candidate: Expiry.Candidate, of table: TableID, onlyWhole: Bool,
    _ isCancelled: @escaping @Sendable () -> Bool
  ) throws(SQLError) -> Bool {
    try alone(isCancelled: isCancelled) { [self] () throws(SQLError) -> Bool in
      try expiry.remove(from: candidate.file, of: table, onlyWhole: onlyWhole) {
        !isCancelled() && !state.withLock { $0.isClosed }
      }
    }
  }

  /// What the thread knows of a table whose rows expire.
  private struct Expiring {
    var ttl: String
    /// When it looked at segments of which some rows had expired.
    var lastParts: Int?
    /// Segments that are younger than their bounds say.
    var young: Set<FileID> = []
  }

  /// What the thread does about rows that expired: whole segments whenever it looks, others now and then.
  private func expire(_ table: TableSnapshot, _ known: inout Expiring?) throws(SQLError) {
    let definition = table.definition
    guard let ttl = definition.ttl else {
      known = nil
      return
    }
    var state = known ?? Expiring(ttl: ttl)
    if state.ttl != ttl { state = Expiring(ttl: ttl) }
    defer { known = state }
    let now = Database.ticks()
    let takesParts =
      !definition.ttlOnlyDropsParts
      && state.lastParts.map { now - $0 >= expiry.partsNanoseconds } != false
    let candidates = try expiry.candidates(table)
    state.young.formIntersection(candidates.map(\.file))
    for candidate in candidates {
      let isWhole = candidate.isWhole && !state.young.contains(candidate.file)
      guard isWhole || takesParts else { continue }
      if !isWhole { state.lastParts = now }
      let hasGone = try expire(candidate, of: definition.id, onlyWhole: !takesParts) { false }
      if isWhole, !hasGone { state.young.insert(candidate.file) }
    }
  }

  /// Merges, unless it is given up or turns out in vain.
  private func run(
    _ merge: CompactionPolicy.Merge, _ snapshot: TableSnapshot,
    _ isCancelled: @escaping @Sendable () -> Bool
  ) throws(SQLError) {
    let running = Running(
      table: snapshot.definition, partition: merge.partition, segments: merge.segments,
      level: merge.level, began: Database.ticks(), rowCount: merge.rowCount)
    state.withLock { $0.running = running }
    do throws(SQLError) {
      let work = SegmentMerge(
        store: store, layout: try TableLayout(snapshot.definition), merge: merge,
        rowsMax: policy.segmentRowsMax
      ) { [self] rowsRead in
        let isClosed = state.withLock { state in
          state.running?.rowsRead = rowsRead
          return state.isClosed
        }
        return !isClosed && !isCancelled()
      }
      let bytes = try work.run(snapshot) { [self] (publish) throws(SQLError) in
        try alone(isCancelled: isCancelled, publish)
      }
      state.withLock { state in
        state.failure = nil
        guard let bytes else { return }
        state.counts.merges += 1
        state.counts.rowsMerged += merge.rowCount
        state.counts.bytesWritten += bytes
      }
    } catch {
      state.withLock { state in
        state.counts.failures += 1
        state.failure = error.sentence
      }
      throw error
    }
  }

  // MARK: Thread

  /// Since when a partition has had these segments of level 0.
  private struct Rest {
    var newest: FileID
    var since: Int
  }

  private func look() {
    var rests: [TableID: [String?: Rest]] = [:]
    var expiring: [TableID: Expiring] = [:]
    var looks = 0
    var pause = 0
    while true {
      let isClosed = state.wait(milliseconds: Self.lookMilliseconds) { $0.isClosed ? true : nil }
      if isClosed == true { return }
      pause = max(0, pause - 1)
      guard pause == 0, store.failure == nil else { continue }
      let snapshot = store.snapshot()
      let known = Set(snapshot.tables.map(\.definition.id))
      rests = rests.filter { known.contains($0.key) }
      expiring = expiring.filter { known.contains($0.key) }
      looks += 1
      if looks % Self.expiryLooks == 1 {
        for table in snapshot.tables {
          do throws(SQLError) {
            try expire(table, &expiring[table.definition.id])
          } catch {
            state.withLock { $0.failure = error.sentence }
            pause = Self.pauseLooks
          }
        }
      }
      for table in snapshot.tables where !table.segments.isEmpty {
        let id = table.definition.id
        guard let merge = due(table, &rests[id, default: [:]]) else { continue }
        do throws(SQLError) {
          try merging(isCancelled: { false }) { () throws(SQLError) in
            // Newer segments may be there, and those of the merge may be gone: then it is pointless.
            guard let now = store.snapshot().table(id) else { return }
            try run(merge, now, { false })
          }
        } catch {
          // Told by `failure`. Who met damage knows now what to leave alone.
          let metDamage = merge.segments.contains { table.damaged.contains($0.fileID) }
          if !metDamage { pause = Self.pauseLooks }
        }
      }
    }
  }

  /// The merge that a table needs most, if any.
  private func due(
    _ table: TableSnapshot, _ rests: inout [String?: Rest]
  ) -> CompactionPolicy.Merge? {
    let now = Database.ticks()
    let inMemory = Set(table.memtables.flatMap(\.batches).map(\.partition))
    let damaged = table.damaged
    var next: [String?: Rest] = [:]
    var found: CompactionPolicy.Merge?
    for (name, entries) in table.mergeGroups {
      let newest = entries.filter { $0.level == 0 }.map(\.fileID).max() ?? 0
      var rest = rests[name] ?? Rest(newest: newest, since: now)
      // Of those that share segments any row may be the next.
      let isGrowing = name.map(inMemory.contains) ?? !inMemory.isEmpty
      if rest.newest != newest || isGrowing {
        rest = Rest(newest: newest, since: now)
      }
      next[name] = rest
      guard found == nil else { continue }
      found = policy.next(
        entries, damaged: damaged, isAtRest: now - rest.since >= restNanoseconds)
    }
    rests = next
    return found
  }
}
