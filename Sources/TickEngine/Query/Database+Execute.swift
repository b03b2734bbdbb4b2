/// One statement from text to bytes.
import TickColumns
import TickFormats
import TickSQL
import TickStorage

extension Database {
  public func execute(
    _ given: QueryRequest, input: any QueryInput, sink: any QuerySink,
    cancellation: any Cancellation
  ) throws(EngineError) -> QuerySummary {
    let began = Database.ticks()
    var request = given
    var record = StatementRecord(request, startedAt: Database.now())
    var settings = QuerySettings()
    let text: [UInt8]
    let statement: Statement
    var hasSettings = false
    do throws(EngineError) {
      try settings.apply(request.profile)
      if let session = request.session?.current {
        if request.database.isEmpty { request.database = session.database }
        request.parameters.merge(session.parameters) { own, _ in own }
        try settings.apply(session.changes)
      }
      if request.database.isEmpty { request.database = StandardTables.database }
      record.database = request.database
      try settings.apply(request.settings)
      hasSettings = true
      text = try statementText(request, input)
      statement = try settled(parsed(text, request, &record), &settings)
    } catch {
      record.error = error
      if record.text.isEmpty {
        record.text = LoggedText.of(request.text, refusedFor: SQLError(error.code, ""))
      }
      ended(record, began: began, logs: settings.logsQueries)
      if hasSettings { tell(error, of: nil, request, settings, sink) }
      throw error
    }
    record.text = LoggedText.of(statement, text)
    record.kind = statement.kind
    record.comment = settings.logComment
    record.settings = settings.changed
    let running = RunningStatement(
      record, began: began, isReading: statement.isReading, cancellation: cancellation)
    let run = StatementRun(
      database: self, request: request, sink: sink, running: running, settings: settings)
    do throws(SQLError) {
      try statements.add(running)
      defer { statements.remove(running) }
      guard run.catalog.databases.contains(request.database) else {
        throw run.unknownDatabase(request.database)
      }
      var summary = try run.execute(statement, text: text, input: input)
      summary.count(running.progress)
      record.event = .finished
      record.figures = summary
      ended(record, began: began, logs: running.isLogged)
      return summary
    } catch {
      let error = run.engineError(error)
      record.error = error
      if running.hasStarted { record.event = .failed }
      record.figures.count(running.progress)
      ended(record, began: began, logs: running.isLogged)
      tell(error, of: statement, request, settings, sink)
      throw error
    }
  }

  /// Tells an error in the format that the answer would have had. A result that has begun told it already.
  private func tell(
    _ error: EngineError, of statement: Statement?, _ request: QueryRequest,
    _ given: QuerySettings, _ sink: any QuerySink
  ) {
    var settings = given
    // Where these are what is wrong, the others hold.
    if case .select(let query) = statement { try? settings.apply(query.settings) }
    guard settings.writesFailures,
      let format = try? OutputFormat(named: statement?.format?.name ?? request.defaultFormat)
    else { return }
    var writer = ResultWriter(
      sink: sink, format: format, schema: Schema([]), settings: settings,
      protocolVersion: request.protocolVersion)
    writer.fail(error)
  }

  private func parsed(
    _ text: [UInt8], _ request: QueryRequest, _ record: inout StatementRecord
  ) throws(EngineError) -> Statement {
    do throws(SQLError) {
      return try Parser.parse(text, parameters: request.parameters)
    } catch {
      record.text = LoggedText.of(text, refusedFor: error)
      throw EngineError(error)
    }
  }

  /// The statement alone: what it sets itself has come to the settings. Those of a SELECT come when it is bound.
  private func settled(
    _ given: Statement, _ settings: inout QuerySettings
  ) throws(EngineError) -> Statement {
    let (statement, assignments) = given.apartFromSettings
    do throws(SQLError) {
      try settings.apply(assignments)
    } catch {
      throw EngineError(error)
    }
    return statement
  }

  /// Tells the log and the observer of a statement's end.
  func ended(_ given: StatementRecord, began: Int, logs: Bool) {
    var record = given
    record.at = Database.now()
    record.figures.elapsedNanoseconds = Database.ticks() - began
    counters.count(record)
    if logs { queryLog.append(record) }
    options.observer?.ended(record)
  }

  /// The statement's text with what of the input belongs to it. Only the data of an INSERT may be longer than the
  /// parser's limit; one byte more is enough for the parser to refuse.
  private func statementText(
    _ request: QueryRequest, _ input: any QueryInput
  ) throws(EngineError) -> [UInt8] {
    var text = request.text
    while text.count <= ParserLimits.textBytesMax, let piece = try input.next() {
      text += piece
    }
    return text
  }
}

/// The run of one statement.
struct StatementRun: Sendable {
  let database: Database
  let request: QueryRequest
  let sink: any QuerySink
  let running: RunningStatement
  let settings: QuerySettings

  var began: Int { running.began }
  var isCancelled: Bool { running.isCancelled || isTimedOut }

  /// The statement was understood, and its work begins.
  func start(_ settings: QuerySettings) {
    running.start(isLogged: settings.logsQueries)
    if settings.tellsProgress { sink.watch(every: settings.progressMilliseconds) { figures } }
    guard settings.logsQueries else { return }
    var record = running.record
    record.event = .started
    record.at = Database.now()
    database.queryLog.append(record)
  }

  func execute(
    _ statement: Statement, text: [UInt8], input: any QueryInput
  ) throws(SQLError) -> QuerySummary {
    switch statement {
    case .select, .insert: break  // They start when they are bound.
    default: start(settings)
    }
    switch statement {
    case .select(let query): return try select(query)
    case .explain(let kind, let query, let format):
      // ClickHouse answers EXPLAIN SYNTAX with one row of several lines, and EXPLAIN with a row per line.
      let own = try settings(with: query.settings)
      let lines =
        switch kind {
        case .syntax: [query.formatted(.calls, namesSystemOne: true)]
        case .plan: try Binder.explain(kind, query, context(own))
        }
      return try answer(
        Schema([Field("explain", .string)]), lines.map { [Value.text($0)] }, format)
    case .show(let list): return try show(list)
    case .killQuery(let kill):
      try requireWriting()
      return try self.kill(kill)
    case .showCreate(let kind, let name, let format): return try showCreate(kind, name, format)
    case .describe(let name, let format): return try describe(name, format)
    case .describeSource(let source, let format): return try describe(source, format)
    case .exists(let kind, let name, let format):
      let database = name.database ?? request.database
      let exists =
        switch kind {
        case .database: catalog.databases.contains(name.name)
        case .table: catalog.table(database: database, name: name.name) != nil
        case .view: catalog.isView(database: database, name: name.name)
        }
      return try answer(
        Schema([Field("result", .uint8)]), [[.uint(exists ? 1 : 0)]], format)
    case .insert(let insert):
      try requireWriting()
      return try self.insert(insert, text: text, input: input)
    case .createDatabase(let name, let ifNotExists):
      try requireWriting()
      return try createDatabase(name, ifNotExists: ifNotExists)
    case .createTable(let statement):
      try requireWriting()
      return try createTable(statement)
    case .createView(let statement):
      try requireWriting()
      return try createView(statement)
    case .rename(let statement):
      try requireWriting()
      return try rename(statement)
    case .alter(let statement):
      try requireWriting()
      return try alter(statement)
    case .drop(let kind, let name, let ifExists):
      try requireWriting()
      return try drop(kind, name, ifExists: ifExists)
    case .truncate(let name, let ifExists):
      try requireWriting()
      return try truncate(name, ifExists: ifExists)
    case .use(let name): return try use(name)
    case .set(let assignments): return try set(assignments)
    case .showSettings(let show): return try showSettings(show)
    case .showSetting(let name, let format): return try showSetting(name, format)
    case .optimize(let statement):
      try requireWriting()
      return try optimize(statement)
    case .delete(let table, let filter):
      try requireWriting()
      return try delete(table, filter)
    case .systemFlush(let table):
      try requireWriting()
      return try flush(table)
    case .with: preconditionFailure("a statement is taken apart from its settings before it runs")
    }
  }

  private func requireWriting() throws(SQLError) {
    if request.isReadOnly {
      throw SQLError(
        .readonly,
        "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. "
          + "You should use method POST for modifying queries.")
    }
    guard settings.readonly == 0 else {
      throw SQLError(.readonly, "Cannot execute query in readonly mode")
    }
  }

  /// What a failure is for the one who asked: a cancelled statement may have run out of time.
  func engineError(_ error: SQLError) -> EngineError {
    if error.code == .queryWasCancelled, isTimedOut {
      let seconds = Double(settings.maxExecutionNanoseconds) / 1e9
      return EngineError(
        .timeoutExceeded, "Timeout exceeded: maximum execution time is \(seconds) seconds")
    }
    return EngineError(error)
  }

  private var isTimedOut: Bool { Self.isTimedOut(began: began, settings) }

  private static func isTimedOut(began: Int, _ settings: QuerySettings) -> Bool {
    settings.maxExecutionNanoseconds > 0
      && Database.ticks() - began > settings.maxExecutionNanoseconds
  }

  // MARK: Surroundings

  var catalog: DatabaseCatalog {
    database.catalog(settings) { catalog in self.context(settings, over: catalog) }
  }

  func context(_ settings: QuerySettings) -> QueryContext {
    let catalog = database.catalog(settings) { catalog in
      self.context(settings, over: catalog)
    }
    return context(settings, over: catalog)
  }

  private func context(
    _ settings: QuerySettings, over catalog: DatabaseCatalog
  ) -> QueryContext {
    let (running, began) = (running, began)
    var context = QueryContext(
      currentDatabase: request.database, catalog: catalog, workers: database.workers,
      isCancelled: {
        running.isCancelled
          || !settings.breaksAtTimeout && Self.isTimedOut(began: began, settings)
      },
      limits: settings.limits,
      now: Database.now(), random: { UInt64.random(in: .min ... .max) },
      clickHouseVersion: Database.clickHouseVersion)
    context.spill = SpillFiles(
      files: database.files, root: database.root, bytesMax: settings.maxSpillBytes)
    context.options = settings.options
    context.subqueryOptions = { assignments, around throws(SQLError) in
      try settings.options(ofSubquery: assignments, around)
    }
    context.sessionZone = settings.sessionZone
    context.pause = { Database.pause(nanoseconds: $0) }
    context.user = request.user
    context.queryID = request.queryID
    context.setting = { name in
      Setting.named(name).map { $0.literal(settings.value(of: $0)) }
    }
    context.progress = running.progress
    if settings.breaksAtTimeout {
      context.hasTimeLeft = { !Self.isTimedOut(began: began, settings) }
    }
    context.serverUUID = database.store.uuid
    context.uptimeSeconds = UInt32(clamping: (Database.ticks() - database.opened) / 1_000_000_000)
    return context
  }

  /// The settings of the request, changed by those that the statement names.
  func settings(with assignments: [SettingAssignment]) throws(SQLError) -> QuerySettings {
    var settings = settings
    try settings.apply(assignments)
    return settings
  }

  // MARK: Statements

  private func select(_ query: QueryStatement) throws(SQLError) -> QuerySummary {
    let settings = try settings(with: query.settings)
    let format = try outputFormat(query.format)
    let context = context(settings)
    let execution = try Binder.bind(query, context).execute()
    start(settings)
    var writer = ResultWriter(
      sink: sink, format: format, schema: execution.schema, settings: settings,
      protocolVersion: request.protocolVersion)
    do throws(SQLError) {
      return try stream(execution, to: &writer)
    } catch {
      if settings.writesFailures { writer.fail(engineError(error)) }
      throw error
    }
  }

  private func stream(
    _ execution: QueryExecution, to writer: inout ResultWriter
  ) throws(SQLError) -> QuerySummary {
    while let batch = try execution.next() {
      writer.read = figures
      try writer.write(batch)
    }
    let asides = ResultAsides(totals: try execution.totals(), extremes: try execution.extremes())
    let statistics = execution.statistics
    writer.read = figures
    try writer.finish(
      ResultStatistics(
        elapsedSeconds: Double(Database.ticks() - began) / 1e9, rowsRead: statistics.rowsRead,
        bytesRead: statistics.bytesRead, rows: writer.rowCount,
        rowsBeforeLimit: statistics.rowsBeforeLimit), asides)
    return summary(
      writer, readRows: statistics.rowsRead, readBytes: statistics.bytesRead)
  }

  /// Of what was done so far; those of the result are not among them.
  private var figures: QuerySummary {
    var summary = QuerySummary()
    summary.count(running.progress)
    (summary.writtenRows, summary.writtenBytes) = (running.rowsWritten, running.bytesWritten)
    summary.elapsedNanoseconds = Database.ticks() - began
    return summary
  }

  private func show(_ list: ShowList) throws(SQLError) -> QuerySummary {
    switch list.subject {
    case .tables, .dictionaries:
      let name = list.database ?? request.database
      guard catalog.databases.contains(name) else { throw unknownDatabase(name) }
    default: break
    }
    var query = try query(list.queryText(currentDatabase: request.database))
    query.format = list.format
    return try select(query)
  }

  private func showCreate(
    _ kind: DropKind, _ name: QualifiedName, _ format: FormatClause?
  ) throws(SQLError) -> QuerySummary {
    let catalog = catalog
    let text: String
    if kind == .database {
      guard catalog.databases.contains(name.name) else { throw unknownDatabase(name.name) }
      text = "CREATE DATABASE \(name.name)"
    } else {
      let database = name.database ?? request.database
      guard catalog.databases.contains(database) else { throw unknownDatabase(database) }
      guard catalog.table(database: database, name: name.name) != nil else {
        throw SQLError(
          .cannotGetCreateTableQuery, "Table \(database).\(name.name) does not exist",
          at: name.range.lowerBound)
      }
      if kind == .view, !catalog.isView(database: database, name: name.name) {
        throw SQLError(
          .badArguments, "\(database).\(name.name) is not a VIEW", at: name.range.lowerBound)
      }
      guard let statement = try catalog.createStatement(database: database, name: name.name) else {
        throw SQLError(
          .notImplemented, "SHOW CREATE of \(database).\(name.name) is not supported yet",
          at: name.range.lowerBound)
      }
      text = statement
    }
    return try answer(Schema([Field("statement", .string)]), [[.text(text)]], format)
  }

  private func describe(
    _ name: QualifiedName, _ format: FormatClause?
  ) throws(SQLError) -> QuerySummary {
    let catalog = catalog
    _ = try table(name, in: catalog)
    return try describe(
      catalog.columns(database: name.database ?? request.database, name: name.name), format)
  }

  /// The columns that `SELECT *` from a table function or a subquery gives.
  private func describe(
    _ source: TableExpression, _ format: FormatClause?
  ) throws(SQLError) -> QuerySummary {
    guard case .select(var query) = try Parser.parse("SELECT *"),
      case .select(var select) = query.body
    else { preconditionFailure("SELECT * is no SELECT") }
    select.from = source
    query.body = .select(select)
    let schema = try Binder.bind(query, context(settings)).schema
    return try describe(
      schema.fields.enumerated().map { position, field in
        TableField(id: UInt32(position + 1), name: field.name, type: field.type)
      }, format)
  }

  private func describe(
    _ fields: [TableField], _ format: FormatClause?
  ) throws(SQLError) -> QuerySummary {
    let titles = [
      "name", "type", "default_type", "default_expression", "comment", "codec_expression",
      "ttl_expression",
    ]
    let rows = fields.map { field -> [Value] in
      [
        .text(field.name), .text(field.type.description),
        .text(field.origin?.sqlKind.rawValue ?? ""), .text(field.origin?.expression ?? ""),
        .text(field.comment), .text(field.codec ?? ""), .text(""),
      ]
    }
    return try answer(Schema(titles.map { Field($0, .string) }), rows, format)
  }

  func table(
    _ name: QualifiedName, in catalog: DatabaseCatalog
  ) throws(SQLError) -> any TableSource {
    let database = name.database ?? request.database
    guard catalog.databases.contains(database) else { throw unknownDatabase(database) }
    guard let source = catalog.table(database: database, name: name.name) else {
      throw SQLError(
        .unknownTable, "Table \(database).\(name.name) does not exist",
        at: name.range.lowerBound,
        hint: nearestName(name.name, among: catalog.tables(in: database) ?? []).map {
          "Maybe you meant \(database).\($0)?"
        })
    }
    return source
  }

  func unknownDatabase(_ name: String) -> SQLError {
    SQLError(.unknownDatabase, "Database \(name) does not exist")
  }

  // MARK: Results

  private func outputFormat(_ clause: FormatClause?) throws(SQLError) -> OutputFormat {
    let name = clause?.name ?? request.defaultFormat
    do throws(FormatError) {
      return try OutputFormat(named: name)
    } catch {
      throw SQLError(error.code, error.message, at: clause?.range.lowerBound)
    }
  }

  /// Answers with a few rows that are there already.
  func answer(
    _ schema: Schema, _ rows: [[Value]], _ format: FormatClause?
  ) throws(SQLError) -> QuerySummary {
    var writer = ResultWriter(
      sink: sink, format: try outputFormat(format), schema: schema, settings: settings,
      protocolVersion: request.protocolVersion)
    let columns = schema.fields.indices.map { position in
      Column(schema[position].type, of: rows.map { $0[position] })
    }
    try writer.write(Batch(columns, rowCount: rows.count))
    try writer.finish(
      ResultStatistics(
        elapsedSeconds: Double(Database.ticks() - began) / 1e9, rowsRead: rows.count,
        bytesRead: 0, rows: rows.count, rowsBeforeLimit: nil))
    return summary(writer, readRows: rows.count, readBytes: 0)
  }

  private func summary(
    _ writer: ResultWriter, readRows: Int, readBytes: Int
  ) -> QuerySummary {
    var summary = QuerySummary()
    summary.readRows = readRows
    summary.readBytes = readBytes
    summary.resultRows = writer.rowCount
    summary.resultBytes = writer.byteCount
    summary.elapsedNanoseconds = Database.ticks() - began
    return summary
  }
}

extension QuerySummary {
  /// Takes what the statement's queries have counted.
  mutating func count(_ progress: QueryProgress) {
    readRows = max(readRows, progress.rowsRead)
    readBytes = max(readBytes, progress.bytesRead)
    rowsToRead = progress.rowsExpected
    memoryBytes = progress.memoryBytesPeak
  }
}

extension Statement {
  /// What the text says of the format of the answer.
  fileprivate var format: FormatClause? {
    switch self {
    case .select(let query): query.format
    case .show(let list): list.format
    case .killQuery(let kill): kill.format
    case .explain(_, _, let format), .showCreate(_, _, let format), .describe(_, let format),
      .describeSource(_, let format), .exists(_, _, let format), .showSetting(_, let format):
      format
    case .with(let statement, _): statement.format
    default: nil
    }
  }

  /// The statement, and what its own SETTINGS say. Those behind the keys of a table are the statement's where they are no
  /// table's; a SELECT keeps its own, and EXPLAIN shows those of what it explains.
  fileprivate var apartFromSettings: (Statement, [SettingAssignment]) {
    switch self {
    case .with(let statement, let settings):
      let (inner, own) = statement.apartFromSettings
      return (inner, own + settings)
    case .explain(_, let query, _): return (self, query.settings)
    case .createTable(var table):
      let own = table.settings.filter {
        !Binder.tableSettings.contains($0.name) && Setting.named($0.name) != nil
      }
      table.settings.removeAll { own.contains($0) }
      return (.createTable(table), own)
    default: return (self, [])
    }
  }

  /// Changes nothing.
  fileprivate var isReading: Bool {
    switch self {
    case .select, .explain, .show, .showCreate, .showSettings, .showSetting, .describe,
      .describeSource, .exists,
      .use, .set:
      true
    case .insert, .createDatabase, .createTable, .createView, .rename, .alter, .drop, .truncate,
      .systemFlush, .killQuery, .optimize, .delete:
      false
    case .with(let statement, _): statement.isReading
    }
  }
}
