/// CREATE, DROP and TRUNCATE: each is one edit, durable when it is answered. And SYSTEM FLUSH, which changes no
/// answer.
import TickColumns
import TickSQL
import TickStorage

extension StatementRun {
  func createDatabase(_ name: String, ifNotExists: Bool) throws(SQLError) -> QuerySummary {
    if catalog.databases.contains(name) {
      if ifNotExists { return try done() }
      throw SQLError(.databaseAlreadyExists, "Database \(name) already exists")
    }
    return try publish([.createDatabase(name)])
  }

  func createTable(_ statement: CreateTableStatement) throws(SQLError) -> QuerySummary {
    let database = statement.name.database ?? request.database
    let catalog = catalog
    guard let names = catalog.tables(in: database) else { throw unknownDatabase(database) }
    guard database != DatabaseCatalog.systemDatabase else {
      throw SQLError(
        .notImplemented, "tables cannot be created in system", at: statement.name.range.lowerBound)
    }
    if names.contains(statement.name.name) {
      if statement.ifNotExists { return try done() }
      throw SQLError(
        .tableAlreadyExists, "Table \(database).\(statement.name.name) already exists",
        at: statement.name.range.lowerBound)
    }
    guard let query = statement.query else {
      let definition = try TableDefinition(
        statement, id: self.database.store.allocateTableID(), currentDatabase: database)
      return try publish([.createTable(definition)])
    }
    return try createTable(statement, holding: query, in: database)
  }

  /// CREATE TABLE ... AS SELECT: two steps, as in ClickHouse. A query that fails while it runs leaves an empty table.
  private func createTable(
    _ given: CreateTableStatement, holding query: QueryStatement, in database: String
  ) throws(SQLError) -> QuerySummary {
    var statement = given
    let context = context(try settings(with: query.settings))
    let schema = try Binder.bind(query, context).schema
    if statement.columns.isEmpty {
      statement.columns = schema.fields.map { field in
        CreateTableStatement.ColumnDefinition(
          name: field.name, typeText: field.type.description, typeRange: query.range)
      }
    }
    let definition = try TableDefinition(
      statement, id: self.database.store.allocateTableID(), currentDatabase: database)
    // What cannot go in is refused before there is a table.
    _ = try Binder.bind(query, into: definition.schema.fields, context)
    try edit([.createTable(definition)])
    return try insert(
      InsertStatement(
        table: statement.name, columns: nil, settings: [], source: .query(query)),
      text: [], input: NoInput())
  }

  func drop(
    _ kind: DropKind, _ name: QualifiedName, ifExists: Bool
  ) throws(SQLError) -> QuerySummary {
    let catalog = catalog
    switch kind {
    case .database:
      guard let tables = catalog.snapshot.tables(in: name.name) else {
        if name.name == DatabaseCatalog.systemDatabase {
          throw SQLError(
            .notImplemented, "system cannot be dropped", at: name.range.lowerBound)
        }
        if ifExists { return try done() }
        throw unknownDatabase(name.name)
      }
      return try publish(
        tables.map { .dropTable($0.definition.id) } + [.dropDatabase(name.name)],
        emptying: tables.map(\.definition))
    case .view:
      throw SQLError(.notImplemented, "DROP VIEW is not supported yet", at: name.range.lowerBound)
    case .table:
      guard let table = try existing(name, ifExists: ifExists, for: "DROP") else {
        return try done()
      }
      return try publish(
        [.dropTable(table.definition.id)], emptying: [table.definition])
    }
  }

  func truncate(_ name: QualifiedName, ifExists: Bool) throws(SQLError) -> QuerySummary {
    guard let table = try existing(name, ifExists: ifExists, for: "TRUNCATE") else {
      return try done()
    }
    return try publish(
      [.truncateTable(table.definition.id)], emptying: [table.definition])
  }

  /// The rows of one table, or of all, from memory to segments: afterwards they are there.
  func flush(_ name: QualifiedName?) throws(SQLError) -> QuerySummary {
    let tables = try name.map { (name) throws(SQLError) in
      [try storedTable(name, for: "SYSTEM FLUSH").definition.id]
    }
    do throws(StorageError) {
      try database.store.flush(tables)
    } catch {
      throw SQLError(storage: error)
    }
    return try done()
  }

  /// A table that rows can be put into. Throws 60, 81, and 242 for what is computed.
  func storedTable(
    _ name: QualifiedName, for action: String
  ) throws(SQLError) -> TableSnapshot {
    let catalog = catalog
    _ = try table(name, in: catalog)
    let database = name.database ?? request.database
    guard let stored = catalog.snapshot.table(database: database, name: name.name) else {
      let reason =
        database == DatabaseCatalog.systemDatabase
        ? "is computed by the server" : "is a view computed from default.trades"
      throw SQLError(
        .tableIsReadOnly, "\(action) is not possible: \(database).\(name.name) \(reason)",
        at: name.range.lowerBound)
    }
    return stored
  }

  private func existing(
    _ name: QualifiedName, ifExists: Bool, for action: String
  ) throws(SQLError) -> TableSnapshot? {
    let database = name.database ?? request.database
    if ifExists, catalog.table(database: database, name: name.name) == nil { return nil }
    return try storedTable(name, for: action)
  }

  private func publish(
    _ actions: [ManifestAction], emptying tables: [TableDefinition] = []
  ) throws(SQLError) -> QuerySummary {
    try edit(actions, emptying: tables)
    return try done()
  }

  /// Publishes an edit while no write that looks for duplicates is under way in the tables it empties.
  private func edit(
    _ actions: [ManifestAction], emptying tables: [TableDefinition] = []
  ) throws(SQLError) {
    // In ascending order of ids, so that two statements never wait for each other.
    var turns: [DuplicateGuard.Turn] = []
    for table in tables.sorted(by: { $0.id < $1.id }) {
      let duplicates = database.duplicates(of: try database.layout(of: table))
      if let duplicates { turns.append(duplicates.beginTurn()) }
    }
    do throws(StorageError) {
      try database.store.publish(ManifestEdit(actions))
    } catch {
      throw SQLError(storage: error)
    }
    for turn in turns { turn.end(.emptied) }
  }

  /// Answers a statement that has no result.
  func done() throws(SQLError) -> QuerySummary {
    do throws(EngineError) {
      try sink.begin(ResultHead(format: nil, contentType: "text/plain; charset=UTF-8"))
    } catch {
      throw SQLError(error.code, error.message)
    }
    var summary = QuerySummary()
    summary.elapsedNanoseconds = Database.ticks() - began
    return summary
  }
}
