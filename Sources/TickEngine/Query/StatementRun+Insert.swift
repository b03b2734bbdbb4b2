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
    let layout = try database.layout(of: target.definition)
    let fields = try insertedFields(statement, target.definition)
    let rows = try rows(of: statement, fields.map { layout.definition.schema[$0] }, text, input)
    start(try settings(with: statement.settings))
    var load = InsertLoad(database: database, layout: layout, fields: fields, running: running)
    return try run(&load, rows)
  }

  /// Where the rows come from.
  private enum Rows {
    case data(InputFormat, InputOptions, ArraySlice<UInt8>, any QueryInput)
    case query(QueryExecution)
  }

  private func rows(
    of statement: InsertStatement, _ fields: [Field], _ text: [UInt8], _ input: any QueryInput
  ) throws(SQLError) -> Rows {
    let settings = try settings(with: statement.settings)
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
      var all = settings
      if !query.settings.isEmpty {
        all = try self.settings(with: statement.settings + query.settings)
      }
      return .query(try Binder.bind(query, into: fields, context(all)).execute())
    }
  }

  /// Positions in the table of the columns that the data holds.
  private func insertedFields(
    _ statement: InsertStatement, _ definition: TableDefinition
  ) throws(SQLError) -> [Int] {
    guard let names = statement.columns else { return Array(definition.fields.indices) }
    var fields: [Int] = []
    for name in names {
      guard let position = definition.schema.position(of: name) else {
        throw SQLError(
          .noSuchColumnInTable,
          "No such column \(name) in table \(definition.database).\(definition.name)",
          at: statement.table.range.lowerBound,
          hint: nearestName(name, among: definition.fields.map(\.name)).map {
            "Maybe you meant \($0)?"
          })
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
    _ head: ArraySlice<UInt8>, _ input: any QueryInput
  ) throws(SQLError) {
    do throws(FormatError) {
      var decoder = try format.makeDecoder(
        schema: load.inserted, options: options)
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

/// The rows of one INSERT on their way into the store.
///
/// Invariant: until `commit` returns nothing of it is visible, afterwards all of it.
private struct InsertLoad {
  let database: Database
  let layout: TableLayout
  /// Positions in the table of the columns that batches hold.
  let fields: [Int]
  private let running: RunningStatement
  private let duplicates: DuplicateGuard?
  /// Held from the first row that goes to segments to their publishing.
  private var turn: DuplicateGuard.Turn?
  private(set) var rowCount = 0
  private(set) var byteCount = 0
  private var batches: [Batch] = []
  private var segments: SegmentSink?

  init(database: Database, layout: TableLayout, fields: [Int], running: RunningStatement) {
    self.database = database
    self.running = running
    self.layout = layout
    self.fields = fields
    duplicates = database.duplicates(of: layout)
  }

  /// The columns that the data holds.
  var inserted: Schema {
    let schema = layout.definition.schema
    return Schema(fields.map { schema[$0] })
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
    let batch = completed(given)
    guard batch.rowCount > 0 else { return }
    running.wrote(rows: batch.rowCount, bytes: batch.encodedBytes)
    guard segments == nil else { return try addToSegments(batch) }
    rowCount += batch.rowCount
    byteCount += batch.encodedBytes
    batches.append(batch)
    guard byteCount > database.options.insertLogBytesMax else { return }
    segments = SegmentSink(
      store: database.store, layout: layout, workers: database.workers,
      partitionsMax: TableLayout.partitionsMax)
    turn = duplicates?.beginTurn()
    (rowCount, byteCount) = (0, 0)
    let early = batches
    batches = []
    for batch in early { try addToSegments(batch) }
  }

  private mutating func addToSegments(_ batch: Batch) throws(SQLError) {
    var batch = batch
    if let kept = try turn?.newRows(of: batch, in: database.store) { batch = batch.gather(kept) }
    guard batch.rowCount > 0 else { return }
    rowCount += batch.rowCount
    byteCount += batch.encodedBytes
    try segments?.add(batch)
  }

  mutating func commit() throws(SQLError) {
    guard rowCount > 0 else { return }
    if segments != nil {
      try segments?.flush()
      let edit = ManifestEdit(
        [.addSegments(layout.definition.id, segments?.entries ?? [])],
        newSequences: UInt64(rowCount))
      try stored { () throws(StorageError) in try database.store.publish(edit) }
      turn?.end(.published)
      return
    }
    let whole = joined()
    let transaction = try transaction(of: whole)
    guard let duplicates else {
      return try stored { () throws(StorageError) in try database.store.commit(transaction) }
    }
    if let kept = try duplicates.commit(transaction, of: whole, to: database.store) {
      rowCount = kept.count
      byteCount = whole.gather(kept).encodedBytes
    }
  }

  private func stored(_ body: () throws(StorageError) -> Commit) throws(SQLError) {
    do throws(StorageError) {
      _ = try body()
    } catch {
      throw SQLError(storage: error)
    }
  }

  func discard() {
    segments?.discard()
    turn?.end(.abandoned)
  }

  /// All columns of the table: those that the data lacks hold their defaults.
  private func completed(_ batch: Batch) -> Batch {
    let schema = layout.definition.schema
    let columns = schema.fields.indices.map { position in
      fields.firstIndex(of: position).map { batch.columns[$0] }
        ?? Column(
          schema[position].type, repeating: .defaultValue(of: schema[position].type),
          count: batch.rowCount)
    }
    return Batch(columns, rowCount: batch.rowCount)
  }

  private func joined() -> Batch {
    let fields = layout.definition.fields
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
        SegmentKeyColumn(column, fieldID: field.map { definition.fields[$0].id })
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
