/// DELETE and UPDATE: of the segments that hold rows to change these rows are marked as gone, and those with other values come
/// in a segment of their own; where that is too much of a segment it is written again. One edit shows it.
///
/// Invariants:
/// 1. The statement is done when it is answered, and all of it is visible at one moment or none of it.
/// 2. It changes the rows that were committed before it began. Rows keep their sequences.
/// 3. Segments without a row to change keep their entries.
/// 4. Columns that decide the place of a row (keys, partition, `deduplicate_by`) are never updated.
import TickColumns
import TickSQL
import TickStorage

/// What happens to the rows for which a condition holds. Where it is NULL it does not hold.
struct Mutation {
  enum Change {
    case delete
    case update([AlterCommand.Assignment])
  }

  var change: Change
  var filter: Expression
}

extension StatementRun {
  /// `DELETE FROM`.
  func delete(_ name: QualifiedName, _ filter: Expression) throws(SQLError) -> QuerySummary {
    let table = try storedTable(name, for: "DELETE")
    guard table.definition.engine == "MergeTree" else {
      throw SQLError(
        .badArguments,
        "DELETE query is not supported for table \(table.definition.database).\(table.definition.name)",
        at: name.range.lowerBound)
    }
    try mutate(name, Mutation(change: .delete, filter: filter))
    return try done()
  }

  func mutate(_ name: QualifiedName, _ mutation: Mutation) throws(SQLError) {
    let run = self
    let definition = try mutable(name).definition
    let work = try MutationWork(run, definition, mutation, at: name.range)
    try database.compactor.alone(isCancelled: { run.isCancelled }) { () throws(SQLError) in
      let snapshot = try flushed(definition)
      guard snapshot.definition == definition else {
        throw SQLError(
          .notImplemented, "ALTER of \(name.name) while another statement changes its columns",
          at: name.range.lowerBound)
      }
      let written = Monitor([Int: SegmentChange]())
      let store = database.store
      let segments = snapshot.segments
      do throws(SQLError) {
        try database.workers.run(count: segments.count) { (number) throws(SQLError) in
          guard let change = try work.change(of: segments[number], in: snapshot) else { return }
          written.withLock { $0[number] = change }
        }
        let done = written.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
        guard !done.isEmpty else { return }
        try edit(
          done.actions(in: definition.id), emptying: work.removesRows ? [definition] : [])
      } catch {
        store.discard(
          written.withLock { $0.values.flatMap(\.newFiles) }, table: definition.id)
        throw error
      }
    }
  }
}

/// One mutation, bound to its table.
private struct MutationWork: Sendable {
  let removesRows: Bool
  private let run: StatementRun
  private let layout: TableLayout
  private let definition: TableDefinition
  /// How many rows change.
  private let counting: QueryStatement
  /// The rows that change, afterwards; of those that go `_sequence` alone.
  private let changing: QueryStatement
  /// The rows afterwards: the stored columns, then `_sequence`.
  private let reading: QueryStatement

  init(
    _ run: StatementRun, _ definition: TableDefinition, _ mutation: Mutation, at place: SourceRange
  ) throws(SQLError) {
    self.run = run
    self.definition = definition
    try Binder.requireOneRow(mutation.filter, in: "WHERE")
    let fields = try run.database.layout(of: definition).fields
    layout = try run.database.layout(of: definition)
    let source =
      "FROM \(SegmentCatalog.database).\(SegmentCatalog.table)"
      + " AS \(quotedIdentifierIfNeeded(definition.name))"
    let names = fields.map(\.name) + [SegmentField.sequence.name]
    func call(_ name: String, _ arguments: [Expression]) -> Expression {
      Expression(
        .call(Call(name, arguments, nameRange: mutation.filter.range)), range: mutation.filter.range
      )
    }
    counting = try run.query("SELECT count() \(source)").filtered(mutation.filter)
    switch mutation.change {
    case .delete:
      removesRows = true
      let list = names.map(quotedIdentifierIfNeeded).joined(separator: ", ")
      reading = try run.query("SELECT \(list) \(source)")
        .filtered(call("isZeroOrNull", [mutation.filter]))
      changing = try run.query("SELECT \(SegmentField.sequence.name) \(source)")
        .filtered(mutation.filter)
    case .update(let assignments):
      removesRows = false
      for assignment in assignments { try Binder.requireOneRow(assignment.value, in: "UPDATE") }
      try Self.check(assignments, definition, at: place)
      let values = names.map { name -> Expression in
        let column = Expression(.identifier([name]), range: mutation.filter.range)
        guard let assignment = assignments.first(where: { $0.column == name }),
          let type = fields.first(where: { $0.name == name })?.type
        else { return column }
        let text = Expression(
          .literal(.string(Array(type.description.utf8))), range: assignment.value.range)
        return call("if", [mutation.filter, call("CAST", [assignment.value, text]), column])
      }
      func recomputed(_ source: QueryStatement) throws(SQLError) -> QueryStatement {
        try Self.recomputing(
          fields, Set(assignments.map(\.column)), values + [mutation.filter], source, run)
      }
      let rows = try run.query("SELECT 1 \(source)")
      reading = try recomputed(rows)
      changing = try recomputed(rows.filtered(mutation.filter))
    }
    // What is wrong with the statement is said even where there is no row.
    let empty = TableSnapshot(definition: definition, segments: [], memtables: [], imports: [])
    _ = try bound(reading, over: empty)
    // A condition that depends on chance would count other rows than it changes.
    var timeless = context(over: empty)
    timeless.random = nil
    _ = try Binder.bind(counting, timeless)
  }

  /// The rows of an UPDATE with those MATERIALIZED columns computed anew that read what has changed.
  ///
  /// - Parameter values: of the stored columns, of `_sequence`, and whether the row is one that changes.
  private static func recomputing(
    _ fields: [TableField], _ updated: Set<String>, _ values: [Expression],
    _ source: QueryStatement, _ run: StatementRun
  ) throws(SQLError) -> QueryStatement {
    let stale = try recomputed(fields, updated)
    guard !stale.isEmpty else {
      return source.selecting(values.dropLast().map { SelectItem($0) })
    }
    // Names that no column has: an expression of the statement must not see a new value under an old name.
    let inner = source.selecting(
      values.enumerated().map { number, value in
        SelectItem(Expression(.alias(value, "\(newName)\(number)"), range: value.range))
      })
    let names = fields.map(\.name) + [SegmentField.sequence.name]
    let flag = "`\(newName)\(names.count)`"
    var columns = names.enumerated().map { number, name in
      "`\(newName)\(number)` AS \(quotedIdentifierIfNeeded(name))"
    }
    var query = try run.query("SELECT \(list(columns)), \(flag) FROM (SELECT 1)").reading(inner)
    columns = names.map(quotedIdentifierIfNeeded)
    // One after the other, since one may read another; each under its new name first, for the same reason as above.
    for field in stale {
      guard let origin = field.origin, let place = names.firstIndex(of: field.name) else {
        continue
      }
      var next = columns
      let type = quotedLiteral(Array(field.type.description.utf8))
      next[place] =
        "if(\(flag), CAST(\(origin.expression), \(type)), \(columns[place])) AS `\(newName)\(place)`"
      query = try run.query("SELECT \(list(next)), \(flag) FROM (SELECT 1)").reading(query)
      next[place] = "`\(newName)\(place)` AS \(columns[place])"
      query = try run.query("SELECT \(list(next)), \(flag) FROM (SELECT 1)").reading(query)
    }
    return try run.query("SELECT \(list(columns)) FROM (SELECT 1)").reading(query)
  }

  private static func list(_ items: [String]) -> String { items.joined(separator: ", ") }

  private static let newName = "_new value "

  /// The MATERIALIZED columns that read a column that changed, directly or through another one; one that reads another
  /// of them stands behind it.
  private static func recomputed(
    _ fields: [TableField], _ updated: Set<String>
  ) throws(SQLError) -> [TableField] {
    var reads: [String: Set<String>] = [:]
    for field in fields {
      guard let origin = field.origin, origin.kind == .materialized else { continue }
      reads[field.name] = Set(try Parser.parseExpression(origin.expression).names)
    }
    var changed = updated
    while let next = reads.first(where: {
      !changed.contains($0.key) && !$0.value.isDisjoint(with: changed)
    }) {
      changed.insert(next.key)
    }
    var rest = fields.filter { changed.contains($0.name) && !updated.contains($0.name) }
    var out: [TableField] = []
    while !rest.isEmpty {
      let names = Set(rest.map(\.name))
      // Expressions of columns never go round in circles: CREATE and ALTER refuse that.
      guard let place = rest.firstIndex(where: { reads[$0.name]?.isDisjoint(with: names) == true })
      else { preconditionFailure("columns that read each other") }
      out.append(rest.remove(at: place))
    }
    return out
  }

  private static func check(
    _ assignments: [AlterCommand.Assignment], _ definition: TableDefinition, at range: SourceRange
  ) throws(SQLError) {
    var keys = Set(definition.deduplicateBy)
    for text in definition.orderBy + (definition.partitionBy.map { [$0] } ?? []) {
      keys.formUnion(try Parser.parseExpression(text).names)
    }
    var seen: Set<String> = []
    for assignment in assignments {
      let name = assignment.column
      let place = assignment.value.range.lowerBound
      guard let field = definition.fields.first(where: { $0.name == name }) else {
        throw SQLError(
          .noSuchColumnInTable, "There is no column `\(name)` in table", at: place,
          hint: nearestName(name, among: definition.fields.map(\.name)).map {
            "Maybe you meant \($0)?"
          })
      }
      guard seen.insert(name).inserted else {
        throw SQLError(
          .multipleAssignmentsToColumn,
          "Multiple assignments in the single statement to column `\(name)`", at: place)
      }
      guard field.isStored, field.origin?.kind != .materialized else {
        throw SQLError(
          .cannotUpdateColumn, "Cannot UPDATE materialized column `\(name)`", at: place)
      }
      guard !keys.contains(name) else {
        throw SQLError(.cannotUpdateColumn, "Cannot UPDATE key column `\(name)`", at: place)
      }
    }
  }

  // MARK: Rows

  /// What becomes of one segment; nil where none of its rows changes.
  func change(
    of segment: LiveSegment, in snapshot: TableSnapshot
  ) throws(SQLError) -> SegmentChange? {
    let source = TableSnapshot(
      definition: snapshot.definition, segments: [segment], memtables: [], imports: [])
    var hits = 0
    let count = try Binder.bind(counting, context(over: source)).execute()
    while let batch = try count.next() {
      for row in 0..<batch.rowCount {
        if case .uint(let number) = batch.columns[0].value(at: row) { hits += Int(number) }
      }
    }
    let file = segment.entry.fileID
    if hits == 0 { return nil }
    if removesRows, hits == segment.entry.liveRowCount {
      return SegmentChange(old: file, entries: [])
    }
    if let entries = try removed(hits, from: segment, source) {
      return SegmentChange(old: file, entries: entries)
    }
    return SegmentChange(old: file, entries: try rewritten(segment, source, hits: hits))
  }

  /// The segment without its rows that change, and one of those rows as they are afterwards; nil where it must be written again.
  private func removed(
    _ hits: Int, from segment: LiveSegment, _ source: TableSnapshot
  ) throws(SQLError) -> [SegmentEntry]? {
    guard RowRemoval.mayTake(hits, from: segment.entry) else { return nil }
    var sequences: [UInt64] = []
    var output = SegmentOutput(
      store: run.database.store, layout: layout, partition: segment.entry.partition, level: 0,
      rowsMax: hits)
    do throws(SQLError) {
      let rows =
        removesRows
        ? try Binder.bind(changing, context(over: source)).execute()
        : try bound(changing, over: source).execute()
      while let batch = try rows.next() {
        guard case .uint64(let own)? = batch.columns.last?.values else {
          preconditionFailure("rows without sequences")
        }
        sequences += own
        if !removesRows { try output.add(batch) }
      }
      guard sequences.count == hits else { throw Self.dependsOnChance }
      guard let entry = try RowRemoval.entry(of: segment, without: sequences) else { return nil }
      try output.flush()
      return [entry] + output.entries
    } catch {
      output.discard()
      throw error
    }
  }

  private static let dependsOnChance = SQLError(
    .badArguments,
    "The condition does not give the same rows twice; it must not depend on chance")

  /// The segments in place of one.
  private func rewritten(
    _ segment: LiveSegment, _ source: TableSnapshot, hits: Int
  ) throws(SQLError) -> [SegmentEntry] {
    let total = segment.entry.liveRowCount
    var output = SegmentOutput(
      store: run.database.store, layout: layout, partition: segment.entry.partition,
      level: segment.entry.level, rowsMax: total)
    do throws(SQLError) {
      let rows = try bound(reading, over: source).execute()
      while let batch = try rows.next() { try output.add(batch) }
      try output.flush()
      let expected = total - (removesRows ? hits : 0)
      // A condition that says something else the second time, such as rand() < 0.5, would lose rows here.
      guard output.entries.reduce(0, { $0 + $1.liveRowCount }) == expected else {
        throw Self.dependsOnChance
      }
    } catch {
      output.discard()
      throw error
    }
    return output.entries
  }

  private func bound(
    _ query: QueryStatement, over snapshot: TableSnapshot
  ) throws(SQLError) -> LogicalPlan {
    let sequence = SegmentField.sequence
    return try Binder.bind(
      query,
      into: layout.fields.map { Field($0.name, $0.type) } + [Field(sequence.name, sequence.type)],
      context(over: snapshot))
  }

  /// Settings that shape results have no say here, as in ClickHouse. One thread, so rows come in their order: threads
  /// work on several segments.
  private func context(over snapshot: TableSnapshot) -> QueryContext {
    var context = run.context(run.settings.bounds)
    context.workers = CallerWorkerPool()
    let base = context
    context.catalog = SegmentCatalog(
      base: context.catalog, source: StoredTable(snapshot, context: { base }))
    return context
  }
}

/// The tables of a statement, and one segment as a table.
private struct SegmentCatalog: Catalog {
  static let database = "`_segment`"
  static let table = "`rows`"

  let base: any Catalog
  let source: StoredTable

  var databases: [String] { base.databases + ["_segment"] }
  func tables(in database: String) -> [String]? {
    database == "_segment" ? ["rows"] : base.tables(in: database)
  }
  func table(database: String, name: String) -> (any TableSource)? {
    database == "_segment" ? source : base.table(database: database, name: name)
  }
  func tableFunction(
    _ name: String, _ arguments: [Value]
  ) throws(SQLError) -> (any TableSource)? {
    try base.tableFunction(name, arguments)
  }
}

extension QueryStatement {
  fileprivate func filtered(_ filter: Expression) -> QueryStatement {
    changed { $0.filter = filter }
  }

  fileprivate func selecting(_ items: [SelectItem]) -> QueryStatement {
    changed { $0.items = items }
  }

  fileprivate func reading(_ query: QueryStatement) -> QueryStatement {
    changed { $0.from = .subquery(query, alias: nil) }
  }

  private func changed(_ body: (inout SelectStatement) -> Void) -> QueryStatement {
    guard case .select(var select) = self.body else {
      preconditionFailure("a query that is no SELECT")
    }
    body(&select)
    var out = self
    out.body = .select(select)
    return out
  }
}
