/// The numbers that are missing: `gaps('trades')`, one row for each hole between numbers that the exchange gave one by one.
///
/// A table with `deduplicate_by` says which column holds such numbers and which codes (exchange, symbol) they are counted
/// under, so a hole in the feed is a hole in the numbers. Computed from the rows whenever it is read.
///
/// Invariants:
/// 1. A gap lies between two rows of one group; what is missing before the first or behind the last number nobody can
///    know.
/// 2. A number of 0 is none.
/// 3. Conditions on codes narrow what is read. No other condition does: it could make a gap.
import Synchronization
import TickColumns
import TickSQL
import TickStorage

struct GapTable: TableSource {
  static let functionName = "gaps"
  /// Runs of numbers that are held while a table is read: 256 MiB.
  static let runsMax = 1 << 23

  let schema: Schema
  let hasSequence = false
  private let table: StoredTable
  private let name: String
  private let codes: [String]
  private let number: String
  /// The column that rows are ordered by within their codes; nil where that is no time.
  private let time: String?
  private let context: QueryContext

  /// Nil for a table without `deduplicate_by`.
  init?(of table: StoredTable, _ context: QueryContext) {
    let definition = table.snapshot.definition
    guard let number = definition.deduplicateBy.last else { return nil }
    self.table = table
    self.context = context
    self.number = number
    name = "\(definition.database).\(definition.name)"
    codes = definition.deduplicateBy.dropLast()
    var fields = codes.map { Field($0, .lowCardinality(.string)) }
    fields += ["first_missing", "last_missing", "missing"].map { Field($0, .uint64) }
    let clock = definition.orderBy.last.flatMap { name in
      definition.fields.first { $0.name == name && $0.isStored && $0.type.hasTicks }
    }
    if let clock { fields += ["time_before", "time_after"].map { Field($0, clock.type) } }
    time = clock?.name
    schema = Schema(fields)
  }

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    let wanted = request.constraints.filter { codes.contains($0.column) }
    let scan = try table.scan(
      ScanRequest(columns: codes + [number] + (time.map { [$0] } ?? []), constraints: wanted))
    let found = try runs(scan)
    let positions = request.columns.map { name -> Int in
      guard let position = schema.position(of: name) else {
        preconditionFailure("the binder asked for '\(name)', which a gap lacks")
      }
      return position
    }
    return BatchScan(
      batches: batches(found, positions),
      explanation: ["gaps of \(name)"] + scan.explanation.map { "  " + $0 })
  }

  // MARK: Reading

  private typealias Groups = [[[UInt8]]: NumberRuns]

  private func runs(_ scan: any TableScan) throws(SQLError) -> Groups {
    let all = Mutex(Groups())
    try context.workers.run(count: scan.morselCount) { (morsel) throws(SQLError) in
      var groups = Groups()
      try scan.read(morsel: morsel) { (batch) throws(SQLError) in
        if context.isCancelled() {
          throw SQLError(.queryWasCancelled, "Query was cancelled")
        }
        collect(batch, &groups)
        return true
      }
      let count = all.withLock { all in
        for (names, runs) in groups {
          // Taken out, so that the runs are changed in place.
          var known = all.removeValue(forKey: names) ?? NumberRuns()
          known.append(runs)
          all[names] = known
        }
        return all.values.reduce(0) { $0 + $1.runs.count }
      }
      if count > Self.runsMax {
        throw SQLError(
          .memoryLimitExceeded,
          "The numbers of \(name) have more than \(Self.runsMax) gaps: ask for fewer groups with WHERE"
        )
      }
    }
    return all.withLock { $0 }
  }

  private func collect(_ batch: Batch, _ groups: inout Groups) {
    let times = time.map { _ in batch.columns[codes.count + 1].ticks }
    let keys = DuplicateFilter.Keys(
      codes: Array(batch.columns[..<codes.count]), number: batch.columns[codes.count])
    for run in keys.runs {
      // Taken out, so that the runs are changed in place.
      var runs = groups.removeValue(forKey: run.names) ?? NumberRuns()
      for row in run.rows where keys.numbers[row] != 0 {
        runs.append(keys.numbers[row], time: times?[row] ?? 0)
      }
      groups[run.names] = runs
    }
  }

  // MARK: Rows

  private func batches(_ groups: Groups, _ positions: [Int]) -> [Batch] {
    var batches: [Batch] = []
    var rows: [[Value]] = []
    func finish() {
      guard !rows.isEmpty else { return }
      let columns = positions.map { position in
        Column(schema[position].type, of: rows.map { $0[position] })
      }
      batches.append(Batch(columns, rowCount: rows.count))
      rows = []
    }
    for names in groups.keys.sorted(by: {
      $0.lexicographicallyPrecedes($1, by: { $0.lexicographicallyPrecedes($1) })
    }) {
      guard var runs = groups[names] else { continue }
      runs.normalize()
      for (before, after) in zip(runs.runs, runs.runs.dropFirst()) {
        let (first, last) = (before.last + 1, after.first - 1)
        var row = names.map { Value.bytes($0) }
        row += [.uint(first), .uint(last), .uint(last - first + 1)]
        if let position = schema.position(of: "time_before") {
          let type = schema[position].type
          row += [type.value(ticks: before.lastTime), type.value(ticks: after.firstTime)]
        }
        rows.append(row)
        if rows.count == Batch.rowsMax { finish() }
      }
    }
    finish()
    return batches
  }
}

// MARK: gaps(...)

extension GapTable {
  /// The table function: `gaps('[database.]table')`.
  ///
  /// - Parameter find: a table or view of the current database, or of the one that its name says.
  static func called(
    with arguments: [Value], _ context: QueryContext,
    find: (_ database: String?, _ table: String) -> (any TableSource)?
  ) throws(SQLError) -> GapTable {
    guard arguments.count == 1, case .bytes(let bytes) = arguments[0] else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch, "Table function gaps takes the name of a table, a string")
    }
    let name = String(decoding: bytes, as: UTF8.self)
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    guard let table = parts.count == 2 ? find(parts[0], parts[1]) : find(nil, name) else {
      throw SQLError(.unknownTable, "Table \(name) of table function gaps does not exist")
    }
    guard let gaps = (table as? StoredTable).flatMap({ GapTable(of: $0, context) }) else {
      throw SQLError(
        .badArguments,
        "Table \(name) does not say which numbers have no holes: CREATE TABLE ... SETTINGS deduplicate_by = "
          + "'exchange, symbol, trade_id'")
    }
    return gaps
  }
}

extension DataType {
  /// A time that is counted in ticks.
  fileprivate var hasTicks: Bool {
    switch self {
    case .dateTime64, .dateTime, .date: true
    default: false
    }
  }

  fileprivate func value(ticks: Int64) -> Value {
    if case .dateTime64 = self { return .int(ticks) }
    return .uint(UInt64(ticks))
  }
}

extension Column {
  /// The numbers of a column of times.
  fileprivate var ticks: [Int64] {
    switch values {
    case .int64(let ticks): Array(ticks)
    case .uint32(let ticks): ticks.map { Int64($0) }
    case .uint16(let ticks): ticks.map { Int64($0) }
    default: preconditionFailure("times of type \(type)")
    }
  }
}
