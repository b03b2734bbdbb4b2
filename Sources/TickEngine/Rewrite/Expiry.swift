/// Rows whose time has come, by the TTL of their table, leave it.
///
/// A segment whose rows have all expired goes by an edit of the manifest alone. One of which some have is written again
/// without them, now and then: `DatabaseOptions.expirySeconds`, as `merge_with_ttl_timeout` of ClickHouse; OPTIMIZE ... FINAL
/// and MATERIALIZE TTL do it at once. Until then its rows are there.
///
/// Invariants:
/// 1. A row goes only when its own TTL is past: the bounds of a segment say where to look, and the rows decide.
/// 2. Segments that were not read, or whose rows are all young, keep their files.
/// 3. It has its turn among all that rewrites segments, one segment at a time.
import TickColumns
import TickSQL
import TickStorage

struct Expiry: Sendable {
  /// A segment that may have rows to lose.
  struct Candidate: Sendable {
    let file: FileID
    /// By its bounds all rows expired; otherwise some may have.
    let isWhole: Bool
  }

  private let store: Store
  private let guards: TableGuards
  private let clock: @Sendable () -> Int64
  /// Between two looks at segments of one table of which some rows expired.
  let partsNanoseconds: Int

  init(store: Store, guards: TableGuards, options: DatabaseOptions) {
    self.store = store
    self.guards = guards
    clock = options.wallClock
    partsNanoseconds = Int(max(0, min(options.expirySeconds, 1e9)) * 1e9)
  }

  /// Seconds since 1970-01-01 UTC.
  private var now: Int64 { clock() / 1_000_000_000 }

  // MARK: Bounds

  /// Where rows may have expired, by the bounds of the column.
  func candidates(_ table: TableSnapshot) throws(SQLError) -> [Candidate] {
    guard let ttl = try table.definition.timeToLive(), let field = table.field(of: ttl) else {
      return []
    }
    let now = now
    var out: [Candidate] = []
    var bounded: [(file: FileID, bounds: FieldBounds)] = []
    for segment in table.segments where segment.file.damage == nil {
      if let bounds = segment.entry.descriptor.bounds[field.id], bounds.minimum?.isNumber == true,
        bounds.maximum?.isNumber == true
      {
        bounded.append((segment.entry.fileID, bounds))
      } else if segment.entry.liveRowCount > 0 {
        // Older than the column, say: only its rows know.
        out.append(Candidate(file: segment.entry.fileID, isWhole: false))
      }
    }
    guard !bounded.isEmpty else { return out }
    let first = try ttl.expiries(Column(field.type, of: bounded.map { $0.bounds.minimum ?? .null }))
    let last = try ttl.expiries(Column(field.type, of: bounded.map { $0.bounds.maximum ?? .null }))
    for (place, one) in bounded.enumerated() where first[place] <= now {
      out.append(Candidate(file: one.file, isWhole: last[place] <= now))
    }
    return out
  }

  // MARK: Rows

  /// Takes the rows of a segment whose time has come out of the table; false when there are none. The caller has its turn.
  func remove(
    from file: FileID, of table: TableID, onlyWhole: Bool, while goesOn: () -> Bool
  ) throws(SQLError) -> Bool {
    guard let snapshot = store.snapshot().table(table),
      let ttl = try snapshot.definition.timeToLive(),
      let segment = snapshot.segments.first(where: { $0.entry.fileID == file })
    else { return false }
    let now = now
    func isOver(_ time: Int64) -> Bool { time != 0 && time <= now }
    // The column alone first: mostly that decides.
    let column = StoredTable(snapshot) { .ofDefaults }
    var kept: [[Int32]] = []
    var count = 0
    for piece in try column.pieces(of: segment, columns: [ttl.column]) {
      guard goesOn() else { return false }
      let times = try ttl.expiries(piece.batch().columns[0])
      kept.append((0..<Int32(times.count)).filter { !isOver(times[Int($0)]) })
      count += kept[kept.count - 1].count
    }
    let total = segment.entry.liveRowCount
    if count == total || onlyWhole && count > 0 { return false }
    let layout = try TableLayout(snapshot.definition)
    var output = SegmentOutput(
      store: store, layout: layout, partition: segment.entry.partition,
      level: segment.entry.level, rowsMax: max(1, count))
    do throws(SQLError) {
      if count > 0 {
        let reading = try RewriteReading(snapshot, layout, [segment])
        for (piece, rows) in zip(try reading.pieces(of: segment), kept) {
          guard goesOn() else {
            output.discard()
            return false
          }
          let batch = try reading.read(piece)
          try output.add(rows.count == batch.rowCount ? batch : batch.gather(rows))
        }
        try output.flush()
      }
      // What would lose other rows is never published.
      guard output.entries.reduce(0, { $0 + $1.liveRowCount }) == count else {
        throw SQLError(.logicalError, "a segment of table \(table) lost rows that had not expired")
      }
      var actions: [ManifestAction] = [.removeSegments(table, [file])]
      if !output.entries.isEmpty { actions.append(.addSegments(table, output.entries)) }
      try guards.publish(
        ManifestEdit(actions), emptying: [snapshot.definition], in: store)
    } catch {
      output.discard()
      // TRUNCATE or DROP was faster: there is nothing to take any more.
      let now = store.snapshot().table(table)?.segments
      if now?.contains(where: { $0.entry.fileID == file }) != true { return false }
      throw error
    }
    return true
  }
}

extension Value {
  fileprivate var isNumber: Bool {
    switch self {
    case .int, .uint: true
    default: false
    }
  }
}

extension TableSnapshot {
  fileprivate func field(of ttl: TimeToLive) -> TableField? {
    definition.fields.first { $0.name == ttl.column }
  }
}
