/// INSERT: data of any length into one table, acknowledged when it is durable, whole or not at all.
///
/// Rows are decoded on this thread and go to the log as one transaction; inserts that come at the same time share a
/// sync. What is too large for that goes on into segments that nothing names, published by one edit at the end, as an
/// import does.
import TickColumns
import TickFormats
import TickSQL
import TickStorage

extension StatementRun {
  func insert(
    _ statement: InsertStatement, text: [UInt8], input: any QueryInput
  ) throws(SQLError) -> QuerySummary {
    let target = try storedTable(statement.table, for: "INSERT")
    let definition = target.definition
    guard definition.query == nil else {
      throw SQLError(
        .notImplemented, "Method write is not supported by storage View",
        at: statement.table.range.lowerBound)
    }
    let places = try insertedColumns(statement, definition)
    let settings = try settings(with: statement.settings)
    var load = try InsertLoad(
      database: database, layout: database.layout(of: definition), places: places,
      defaults: definition.defaults(context(settings)), running: running, publishing: [])
    // Those at the end of its query count for the whole statement, as in ClickHouse.
    var all = settings
    if case .query(let query) = statement.source, !query.settings.isEmpty {
      all = try self.settings(with: statement.settings + query.settings)
    }
    load.mark = try all.insertMark(into: definition, at: statement.table.range.lowerBound)
    load.acknowledgement = all.acknowledgement
    let rows = try rows(of: statement, load.inserted, text, input, all)
    start(settings)
    if case .data = rows, settings.format.computesOmittedFields { load.markDefaults() }
    return try run(&load, rows)
  }

  /// The rows of a query into a table that appears with them, by an edit that does more.
  func insert(
    _ query: QueryStatement, into definition: TableDefinition, publishing actions: [ManifestAction],
    emptying tables: [TableDefinition]
  ) throws(SQLError) -> QuerySummary {
    let context = context(try settings(with: query.settings))
    let fields = definition.insertedFields
    let execution = try Binder.bind(query, into: fields, context).execute()
    let places = fields.compactMap { field in
      definition.fields.firstIndex { $0.name == field.name }
    }
    var load = try InsertLoad(
      database: database, layout: database.layout(of: definition), places: places,
      defaults: definition.defaults(context), running: running, publishing: actions)
    load.publish = { [self] (actions, count) throws(SQLError) in
      try edit(actions, emptying: tables, newSequences: count)
    }
    return try run(&load, .query(execution))
  }

  /// Where the rows come from.
  private enum Rows {
    case data(InputFormat, InputOptions, ArraySlice<UInt8>, any QueryInput)
    case query(QueryExecution)
  }

  private func rows(
    of statement: InsertStatement, _ schema: Schema, _ text: [UInt8], _ input: any QueryInput,
    _ settings: QuerySettings
  ) throws(SQLError) -> Rows {
    switch statement.source {
    case .values(let offset): return .data(.values, settings.format.input, text[offset...], input)
    case .format(let clause, let offset):
      do throws(FormatError) {
        let format = try InputFormat(named: clause.name)
        return .data(format, settings.format.input, text[offset...], input)
      } catch {
        throw SQLError(error.code, error.sentence, at: clause.range.lowerBound)
      }
    case .query(let query):
      return .query(try Binder.bind(query, into: schema.fields, context(settings)).execute())
    }
  }

  /// Positions in the table of the columns that the data holds.
  private func insertedColumns(
    _ statement: InsertStatement, _ definition: TableDefinition
  ) throws(SQLError) -> [Int] {
    func position(_ name: String) throws(SQLError) -> Int {
      if let position = definition.fields.firstIndex(where: { $0.name == name }),
        definition.fields[position].origin?.kind != .alias
      {
        return position
      }
      throw SQLError(
        .noSuchColumnInTable,
        "No such column \(name) in table \(definition.database).\(definition.name)",
        at: statement.table.range.lowerBound,
        hint: nearestName(name, among: definition.fields.map(\.name)).map {
          "Maybe you meant \($0)?"
        })
    }
    guard let names = statement.columns else {
      // EXCEPT passes names by that the table lacks.
      return definition.fields.indices.filter { place in
        definition.fields[place].isInsertedUnnamed
          && !statement.excluded.contains(definition.fields[place].name)
      }
    }
    var fields: [Int] = []
    for name in names {
      let position = try position(name)
      guard definition.fields[position].origin?.kind != .materialized else {
        throw SQLError(
          .illegalColumn, "Cannot insert column \(name), because it is MATERIALIZED column",
          at: statement.table.range.lowerBound)
      }
      guard !fields.contains(position) else {
        throw SQLError(
          .duplicateColumn, "Column \(name) is named twice", at: statement.table.range.lowerBound)
      }
      fields.append(position)
    }
    return fields
  }

  private func run(_ load: inout InsertLoad, _ rows: Rows) throws(SQLError) -> QuerySummary {
    do throws(SQLError) {
      switch rows {
      case .data(let format, let options, let head, let input):
        try feed(&load, format, options, head, input)
      case .query(let execution): while let batch = try execution.next() { try load.take(batch) }
      }
      try load.commit()
    } catch {
      load.discard()
      throw error
    }
    do throws(EngineError) {
      try sink.begin(ResultHead(format: nil, contentType: "text/plain; charset=UTF-8"))
    } catch {
      throw SQLError(error.code, error.message)
    }
    var summary = QuerySummary()
    summary.writtenRows = load.rowCount
    summary.writtenBytes = load.byteCount
    summary.elapsedNanoseconds = Database.ticks() - began
    return summary
  }

  private func feed(
    _ load: inout InsertLoad, _ format: InputFormat, _ options: InputOptions,
    _ head: ArraySlice<UInt8>, _ given: any QueryInput
  ) throws(SQLError) {
    let input = SpoolableInput(given, database)
    load.beforeTurn = { () throws(SQLError) in
      do throws(EngineError) {
        try input.receiveRest()
      } catch {
        throw SQLError(error.code, error.message)
      }
    }
    do throws(FormatError) {
      var decoder = try format.makeDecoder(
        schema: load.inserted, options: options, marked: load.marked)
      var piece: [UInt8]? = Array(head)
      while let bytes = piece {
        guard !isCancelled else {
          throw FormatError(.queryWasCancelled, "Query was cancelled")
        }
        for batch in try decoder.push(bytes) { try load.add(batch) }
        do throws(EngineError) {
          piece = try input.next()
        } catch {
          throw FormatError(error.code, error.message)
        }
      }
      for batch in try decoder.finish() { try load.add(batch) }
    } catch {
      throw SQLError(error.code, error.sentence)
    }
  }
}

extension QuerySettings {
  /// What the rows of an INSERT into a table are known by; nil where these settings give them nothing.
  fileprivate func insertMark(
    into table: TableDefinition, at place: Int
  ) throws(SQLError) -> InsertMark? {
    guard !insertToken.isEmpty || !insertProducer.isEmpty || insertSequence > 0, knowsInserts else {
      return nil
    }
    guard table.engine == "MergeTree" else {
      throw SQLError(
        .notImplemented,
        "Table \(table.database).\(table.name) of engine \(table.engine) does not know inserts by "
          + "insert_deduplication_token or insert_producer", at: place)
    }
    guard insertProducer.isEmpty == (insertSequence == 0) else {
      throw SQLError(
        .badArguments,
        "insert_producer and insert_sequence go together: a name, and a number from 1 on that rises from INSERT to INSERT",
        at: place)
    }
    guard !insertProducer.isEmpty else {
      let hash = xxh3_128(Array(insertToken.utf8))
      return .token(ImportIdentity(high: hash.high, low: hash.low))
    }
    guard insertToken.isEmpty else {
      throw SQLError(
        .badArguments,
        "an INSERT is known by insert_deduplication_token or by insert_producer, not by both",
        at: place)
    }
    return .producer(insertProducer, sequence: insertSequence)
  }
}

extension TableField {
  /// Part of what an INSERT without names gives.
  fileprivate var isInsertedUnnamed: Bool { origin == nil || origin?.kind == .value }
}

extension TableDefinition {
  /// The columns of an INSERT without names.
  var insertedFields: [Field] {
    fields.filter(\.isInsertedUnnamed).map { Field($0.name, $0.type) }
  }
}

/// The rows of one INSERT on their way into the store, or into the memory of a Memory table.
///
/// Invariant: until `commit` returns nothing of it is visible, afterwards all of it.
private struct InsertLoad {
  let database: Database
  let layout: TableLayout
  /// Positions in the table of the columns that batches hold.
  let places: [Int]
  private let running: RunningStatement
  /// Positions among these of the columns that have marks behind them in batches: 1 where a row takes the default.
  private(set) var marked: [Int] = []
  /// What computes the other columns; nil where they hold the defaults of their types.
  private let defaults: ColumnDefaults?
  /// Positions in the table of the stored columns.
  private let stored: [Int]
  /// Does what must not be waited for while others wait for the turn.
  var beforeTurn: (() throws(SQLError) -> Void)?
  /// Published with the rows, which then are in segments, by whoever knows what else is to be done.
  private let actions: [ManifestAction]
  var publish: (([ManifestAction], UInt64) throws(SQLError) -> Void)?
  /// What the rows are known by when they come again.
  var mark: InsertMark?
  /// What is too large for the log waits for the disk in any case.
  var acknowledgement = Acknowledgement.disk
  private let duplicates: DuplicateGuard?
  /// What keeps duplicates out of a table that appears with its rows.
  private var filter: DuplicateFilter?
  /// What the rows replace, in a table that keeps the last of equal ones.
  private var replacement: Replacement?
  /// Held from the first row that goes to segments to their publishing.
  private var turn: DuplicateGuard.Turn?
  private(set) var rowCount = 0
  private(set) var byteCount = 0
  private var batches: [Batch] = []
  private var segments: SegmentSink?

  init(
    database: Database, layout: TableLayout, places: [Int], defaults: ColumnDefaults?,
    running: RunningStatement, publishing actions: [ManifestAction]
  ) {
    self.database = database
    self.running = running
    self.layout = layout
    self.places = places
    self.defaults = defaults
    self.actions = actions
    let fields = layout.definition.fields
    stored = fields.indices.filter { fields[$0].isStored }
    duplicates = actions.isEmpty ? database.duplicates(of: layout) : nil
    if !actions.isEmpty, isInStore {
      if layout.definition.deduplicateKeep == .first { filter = DuplicateFilter(layout) }
      startSegments()
    }
  }

  /// Rows of other engines are in the memory of this process, or nowhere.
  private var isInStore: Bool { layout.definition.engine == "MergeTree" }

  /// The columns that the data holds.
  var inserted: Schema {
    let fields = layout.definition.fields
    return Schema(places.map { Field(fields[$0].name, fields[$0].type) })
  }

  /// From now on batches say where rows take the defaults of columns that compute them.
  mutating func markDefaults() {
    guard let defaults else { return }
    marked = places.indices.filter { defaults.isComputed(places[$0]) }
  }

  mutating func add(_ batch: Batch) throws(FormatError) {
    do throws(SQLError) {
      try take(batch)
    } catch {
      throw FormatError(error.code, error.sentence)
    }
  }

  /// Takes rows of the inserted columns.
  mutating func take(_ given: Batch) throws(SQLError) {
    let batch = try completed(given)
    guard batch.rowCount > 0 else { return }
    running.wrote(rows: batch.rowCount, bytes: batch.encodedBytes)
    guard segments == nil else { return try addToSegments(batch) }
    rowCount += batch.rowCount
    byteCount += batch.encodedBytes
    if layout.definition.engine == "Null" { return }
    batches.append(batch)
    guard isInStore, byteCount > database.options.insertLogBytesMax else { return }
    startSegments()
    if let duplicates, replacement == nil {
      try beforeTurn?()
      turn = duplicates.beginTurn()
    }
    (rowCount, byteCount) = (0, 0)
    let early = batches
    batches = []
    for batch in early { try addToSegments(batch) }
  }

  private mutating func startSegments() {
    replacement = Replacement(layout)
    segments = SegmentSink(
      store: database.store, layout: layout, workers: database.workers,
      partitionsMax: TableLayout.partitionsMax)
  }

  private mutating func addToSegments(_ given: Batch) throws(SQLError) {
    let layout = layout
    var batch = given
    if let kept = try turn?.newRows(of: batch, layout, in: database.store) {
      batch = batch.gather(kept)
    }
    if let kept = filter?.newRows(ofNewTable: batch, layout) { batch = batch.gather(kept) }
    guard batch.rowCount > 0 else { return }
    try replacement?.add(batch, place: rowCount)
    rowCount += batch.rowCount
    byteCount += batch.encodedBytes
    try segments?.add(batch)
  }

  mutating func commit() throws(SQLError) {
    if !isInStore { return try commitToMemory() }
    guard rowCount > 0 || !actions.isEmpty else { return }
    if segments != nil {
      try segments?.flush()
      if let replacement, publish == nil { return try replace(replacement) }
      try dropReplaced()
      let added = ManifestAction.addSegments(layout.definition.id, segments?.entries ?? [])
      if let publish {
        let sequences = UInt64(rowCount)
        rowCount = segments?.liveRowCount ?? 0
        return try publish(actions + (rowCount > 0 ? [added] : []), sequences)
      }
      let known = mark.map { ManifestAction.insertMarks(layout.definition.id, [$0]) }
      let edit = ManifestEdit([added] + (known.map { [$0] } ?? []), newSequences: UInt64(rowCount))
      do throws(StorageError) {
        try database.store.publish(edit)
      } catch .alreadyInserted {
        discard()
        (rowCount, byteCount) = (0, 0)
        return
      } catch {
        throw SQLError(storage: error)
      }
      turn?.end(.published)
      return
    }
    var whole = joined()
    if var last = Replacement(layout) {
      try last.add(whole, place: 0)
      if let kept = last.lastRows(of: whole) {
        whole = whole.gather(kept)
        (rowCount, byteCount) = (whole.rowCount, whole.encodedBytes)
      }
    }
    var transaction = try transaction(of: whole)
    transaction.mark = mark.map { TableMark(layout.definition.id, $0) }
    transaction.acknowledgement = acknowledgement
    guard let duplicates else {
      do throws(StorageError) {
        if try database.store.commit(transaction).isRepeated { (rowCount, byteCount) = (0, 0) }
      } catch {
        throw SQLError(storage: error)
      }
      return
    }
    switch try duplicates.commit(transaction, of: whole, layout, to: database.store) {
    case .all: break
    case .some(let kept):
      rowCount = kept.count
      byteCount = whole.gather(kept).encodedBytes
    case .collides:
      startSegments()
      (rowCount, byteCount) = (0, 0)
      try addToSegments(whole)
      try segments?.flush()
      if let replacement { try replace(replacement) }
    }
  }

  /// Puts the rows, which are in segments, into the place of those with the same keys.
  private mutating func replace(_ replacement: Replacement) throws(SQLError) {
    let known = mark.map { ManifestAction.insertMarks(layout.definition.id, [$0]) }
    let running = running
    let stored = try replacement.publish(
      segments?.entries ?? [], rowCount: rowCount, with: known.map { [$0] } ?? [], to: database,
      isCancelled: { running.isCancelled })
    if stored == 0 { segments?.discard() }
    rowCount = stored
  }

  /// Leaves rows behind that later ones of the same statement replace, in a table that appears with its rows.
  private mutating func dropReplaced() throws(SQLError) {
    guard let replacement else { return }
    let running = running
    let entries = try replacement.resolved(
      segments?.entries ?? [], in: database, isCancelled: { running.isCancelled })
    segments?.take(entries)
  }

  private func commitToMemory() throws(SQLError) {
    let id = layout.definition.id
    if layout.definition.engine == "Memory", !batches.isEmpty {
      database.memory.append(batches, byteCount: byteCount, to: id)
    }
    do throws(SQLError) {
      try publish?(actions, 0)
    } catch {
      database.memory.remove(id)
      throw error
    }
    // Dropped meanwhile: nobody will ask for the rows.
    if database.store.snapshot().table(id) == nil { database.memory.remove(id) }
  }

  func discard() {
    segments?.discard()
    turn?.end(.abandoned)
  }

  /// All stored columns of the table: those that the data lacks hold their defaults.
  private func completed(_ batch: Batch) throws(SQLError) -> Batch {
    var columns = [Column?](repeating: nil, count: layout.definition.fields.count)
    var defaulted: [Int: [Int32]] = [:]
    for (column, place) in zip(batch.columns, places) {
      let type = layout.definition.fields[place].type
      guard column.type != type else {
        columns[place] = column
        continue
      }
      // NULL from a query, for a column without it, is the column's default.
      let nulls = column.nullRows
      if defaults?.isComputed(place) == true { defaulted[place] = nulls }
      columns[place] = column.withoutNulls(type, in: nulls)
    }
    if let defaults {
      for (number, position) in marked.enumerated() {
        defaulted[places[position]] = batch.columns[places.count + number].markedRows
      }
      try defaults.complete(
        &columns, wanted: Set(stored), defaulted: defaulted, rowCount: batch.rowCount)
    }
    let whole = stored.map { place -> Column in
      let type = layout.definition.fields[place].type
      return columns[place]
        ?? Column(type, repeating: .defaultValue(of: type), count: batch.rowCount)
    }
    return Batch(whole, rowCount: batch.rowCount)
  }

  private func joined() -> Batch {
    let fields = layout.fields
    let columns = fields.indices.map { position in
      Column.concatenate(fields[position].type, batches.map { $0.columns[position] })
    }
    return Batch(columns, rowCount: rowCount)
  }

  private func transaction(of whole: Batch) throws(SQLError) -> Transaction {
    let definition = layout.definition
    var parts: [TransactionPart] = []
    for (name, rows) in try layout.partitions(of: whole) {
      let batch: Batch
      let offsets: [UInt32]?
      switch rows {
      case .all: (batch, offsets) = (whole, nil)
      case .some(let positions):
        (batch, offsets) = (whole.gather(positions), positions.map { UInt32($0) })
      }
      let key = zip(try layout.keyColumns(of: batch), layout.keyFields).map { column, field in
        SegmentKeyColumn(column, fieldID: field.map { layout.fields[$0].id })
      }
      parts.append(
        TransactionPart(
          definition: definition, partition: name, columns: batch, key: key,
          sequenceOffsets: offsets))
    }
    return Transaction(parts)
  }
}

extension Batch {
  /// About how many bytes the rows take in the log.
  fileprivate var encodedBytes: Int { columns.reduce(0) { $0 + $1.encodedBytes } }
}

extension Column {
  /// Of a column of marks: the rows with 1.
  fileprivate var markedRows: [Int32] {
    guard case .uint8(let marks) = values else { return [] }
    return marks.indices.filter { marks[$0] != 0 }.map { Int32($0) }
  }

  fileprivate var nullRows: [Int32] {
    (validity ?? []).indices.filter { validity?[$0] == 0 }.map { Int32($0) }
  }

  /// The values as those of the type without NULL, with its default in these rows.
  fileprivate func withoutNulls(_ type: DataType, in rows: [Int32]) -> Column {
    let plain = Column(type, values)
    guard !rows.isEmpty else { return plain }
    var positions = Array(1...Int32(count))
    for row in rows { positions[Int(row)] = 0 }
    let fallback = Column(type, of: [.defaultValue(of: type)])
    return Column.concatenate(type, [fallback, plain]).gather(positions)
  }

  fileprivate var encodedBytes: Int {
    switch values {
    case .int8, .uint8: count
    case .int16, .uint16: 2 * count
    case .int32, .uint32, .float32: 4 * count
    case .int64, .uint64, .float64: 8 * count
    case .int128, .uint128: 16 * count
    case .string(let strings): 8 * count + strings.bytes.count
    case .codes(_, let dictionary): 4 * count + dictionary.values.bytes.count
    case .tuple(let columns, _): columns.reduce(0) { $0 + $1.encodedBytes }
    case .array(let arrays): 8 * count + arrays.elements.encodedBytes
    case .nothing: 0
    }
  }
}
