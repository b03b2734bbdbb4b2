/// CREATE, DROP, RENAME and TRUNCATE: each is one edit, durable when it is answered. And SYSTEM FLUSH, which changes no
/// answer.
import Synchronization
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

  // MARK: CREATE TABLE, CREATE VIEW

  func createTable(_ given: CreateTableStatement) throws(SQLError) -> QuerySummary {
    let database = given.name.database ?? request.database
    let old = try replaced(
      given.name, ifNotExists: given.ifNotExists, orReplace: given.orReplace)
    if old == .kept { return try done() }
    var statement =
      try given.template.map { (template) throws(SQLError) in
        try self.statement(given, like: template)
      } ?? given
    guard let query = statement.query else {
      let definition = try TableDefinition(
        statement, id: self.database.store.allocateTableID(), currentDatabase: database)
      return try publish(old.drop + definition.creation, emptying: old.definitions)
    }
    let context = context(try settings(with: query.settings))
    let schema = try Binder.bind(query, context).schema
    if statement.columns.isEmpty {
      statement.columns = schema.fields.map { field in
        ColumnDefinition(
          name: field.name, typeText: field.type.description, typeRange: query.range)
      }
    }
    let definition = try TableDefinition(
      statement, id: self.database.store.allocateTableID(), currentDatabase: database)
    if case .table = old {
      // What is replaced stays until its successor has its rows: one edit for both.
      return try insert(
        query, into: definition, publishing: old.drop + definition.creation,
        emptying: old.definitions)
    }
    // Two steps, as in ClickHouse: a query that fails while it runs leaves an empty table. What cannot go in is
    // refused before there is one.
    _ = try Binder.bind(query, into: definition.insertedFields, context)
    try edit(definition.creation)
    return try insert(
      InsertStatement(
        table: statement.name, columns: nil, settings: [], source: .query(query)),
      text: [], input: NoInput())
  }

  /// The statement with the columns of another table, and its engine and keys where none are written.
  private func statement(
    _ given: CreateTableStatement, like template: QualifiedName
  ) throws(SQLError) -> CreateTableStatement {
    let database = template.database ?? request.database
    guard catalog.table(database: database, name: template.name) != nil else {
      throw SQLError(
        .cannotGetCreateTableQuery, "Table \(database).\(template.name) does not exist",
        at: template.range.lowerBound)
    }
    guard let other = catalog.snapshot.table(database: database, name: template.name),
      other.definition.query == nil
    else {
      throw SQLError(
        .incorrectQuery,
        "Cannot CREATE a table AS \(database).\(template.name), it is no stored table",
        at: template.range.lowerBound)
    }
    var statement = try other.definition.createTableStatement(at: template.range)
    statement.name = given.name
    statement.comment = given.comment ?? statement.comment
    if let engine = given.engine {
      statement.engine = engine
      statement.engineArguments = given.engineArguments
      if !engine.hasSuffix("MergeTree") {
        // What has no keys takes none over.
        statement.orderBy = []
        statement.partitionBy = nil
        statement.ttl = nil
        statement.settings = []
      }
    }
    if given.hasOrder {
      statement.orderBy = given.orderBy
      statement.primaryKey = given.primaryKey
    }
    statement.partitionBy = given.partitionBy ?? statement.partitionBy
    // As in ClickHouse: who says how the table is stored says when its rows expire.
    let saysStorage = given.engine != nil || given.hasOrder || given.partitionBy != nil
    statement.ttl = given.ttl ?? (saysStorage ? nil : statement.ttl)
    if !given.settings.isEmpty { statement.settings = given.settings }
    return statement
  }

  func createView(_ statement: CreateViewStatement) throws(SQLError) -> QuerySummary {
    let old = try replaced(
      statement.name, ifNotExists: statement.ifNotExists, orReplace: statement.orReplace)
    if old == .kept { return try done() }
    let definition = try TableDefinition(
      statement, id: database.store.allocateTableID(), context(settings))
    return try publish(old.drop + [.createTable(definition)], emptying: old.definitions)
  }

  /// What stands where something is to be created.
  private enum Replaced: Equatable {
    case nothing
    /// IF NOT EXISTS: it stays.
    case kept
    case table(TableDefinition)

    var definitions: [TableDefinition] { if case .table(let old) = self { [old] } else { [] } }
    var drop: [ManifestAction] { definitions.map { .dropTable($0.id) } }
  }

  /// Throws 57 where a table may not be replaced.
  private func replaced(
    _ name: QualifiedName, ifNotExists: Bool, orReplace: Bool
  ) throws(SQLError) -> Replaced {
    let database = name.database ?? request.database
    let catalog = catalog
    guard let names = catalog.tables(in: database) else { throw unknownDatabase(database) }
    guard !DatabaseCatalog.isComputed(database) else {
      throw SQLError(
        .notImplemented, "tables cannot be created in \(database)", at: name.range.lowerBound)
    }
    guard names.contains(name.name) else { return .nothing }
    if ifNotExists { return .kept }
    guard orReplace else {
      throw SQLError(
        .tableAlreadyExists, "Table \(database).\(name.name) already exists",
        at: name.range.lowerBound)
    }
    return .table(try storedTable(name, for: "REPLACE").definition)
  }

  // MARK: RENAME

  /// RENAME and EXCHANGE: names move in the order of the statement, and all of it is one edit.
  func rename(_ statement: RenameStatement) throws(SQLError) -> QuerySummary {
    try database.defining.withLock { (_) throws(SQLError) in
      let catalog = catalog
      var names: [MovedName: TableID] = [:]
      for database in catalog.snapshot.databases {
        for table in catalog.snapshot.tables(in: database) ?? [] {
          names[MovedName(database, table.definition.name)] = table.definition.id
        }
      }
      var moved: [TableID: MovedName] = [:]
      for (from, to) in statement.pairs {
        let (source, target) = (whole(from), whole(to))
        if statement.ifExists, names[source] == nil,
          catalog.table(database: source.database, name: source.name) == nil
        {
          continue
        }
        let id = try movable(from, names, catalog)
        guard catalog.databases.contains(target.database) else {
          throw unknownDatabase(target.database)
        }
        guard !DatabaseCatalog.isComputed(target.database) else {
          throw SQLError(
            .notImplemented, "tables cannot be moved to \(target.database)", at: to.range.lowerBound
          )
        }
        if statement.isExchange {
          let other = try movable(to, names, catalog)
          (names[source], names[target]) = (other, id)
          (moved[other], moved[id]) = (source, target)
          continue
        }
        let isView =
          names[target] == nil && catalog.isView(database: target.database, name: target.name)
          && catalog.snapshot.table(database: target.database, name: target.name) == nil
        guard names[target] == nil, !isView else {
          throw SQLError(
            .tableAlreadyExists, "Table \(target.database).\(target.name) already exists",
            at: to.range.lowerBound)
        }
        names[source] = nil
        names[target] = id
        moved[id] = target
      }
      guard !moved.isEmpty else { return }
      let renames = moved.sorted { $0.key < $1.key }.map { id, name in
        TableRename(id, database: name.database, name: name.name)
      }
      try edit([.renameTables(renames)])
    }
    return try done()
  }

  private struct MovedName: Hashable {
    let database: String
    let name: String

    init(_ database: String, _ name: String) {
      self.database = database
      self.name = name
    }
  }

  private func whole(_ name: QualifiedName) -> MovedName {
    MovedName(name.database ?? request.database, name.name)
  }

  /// A table or view with a definition of its own, by the name that it has at this point of the statement.
  private func movable(
    _ name: QualifiedName, _ names: [MovedName: TableID], _ catalog: DatabaseCatalog
  ) throws(SQLError) -> TableID {
    if let id = names[whole(name)] { return id }
    // Explains what is not there, and what cannot be moved.
    if catalog.snapshot.table(database: whole(name).database, name: name.name) == nil {
      _ = try storedTable(name, for: "RENAME")
    }
    throw SQLError(
      .unknownTable, "Table \(whole(name).database).\(name.name) does not exist",
      at: name.range.lowerBound)
  }

  // MARK: DROP, TRUNCATE

  func drop(
    _ kind: DropKind, _ name: QualifiedName, ifExists: Bool
  ) throws(SQLError) -> QuerySummary {
    let catalog = catalog
    switch kind {
    case .database:
      guard let tables = catalog.snapshot.tables(in: name.name) else {
        if DatabaseCatalog.isComputed(name.name) {
          throw SQLError(
            .notImplemented, "\(name.name) cannot be dropped", at: name.range.lowerBound)
        }
        if ifExists { return try done() }
        throw unknownDatabase(name.name)
      }
      return try publish(
        tables.map { .dropTable($0.definition.id) } + [.dropDatabase(name.name)],
        emptying: tables.map(\.definition))
    case .view, .table:
      guard let table = try existing(name, ifExists: ifExists, for: "DROP") else {
        return try done()
      }
      if kind == .view, table.definition.query == nil {
        throw SQLError(
          .incorrectQuery,
          "Table \(table.definition.database).\(table.definition.name) is not a View",
          at: name.range.lowerBound)
      }
      return try publish(
        [.dropTable(table.definition.id)], emptying: [table.definition])
    }
  }

  func truncate(_ name: QualifiedName, ifExists: Bool) throws(SQLError) -> QuerySummary {
    guard let table = try existing(name, ifExists: ifExists, for: "TRUNCATE") else {
      return try done()
    }
    switch table.definition.engine {
    case "View", "Null":
      throw SQLError(
        .notImplemented, "Truncate is not supported by storage \(table.definition.engine)",
        at: name.range.lowerBound)
    default:
      return try publish(
        [.truncateTable(table.definition.id)], emptying: [table.definition])
    }
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
        DatabaseCatalog.isComputed(database)
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

  func publish(
    _ actions: [ManifestAction], emptying tables: [TableDefinition] = []
  ) throws(SQLError) -> QuerySummary {
    try edit(actions, emptying: tables)
    return try done()
  }

  /// Publishes an edit while no write that looks for duplicates is under way in the tables it empties.
  func edit(
    _ actions: [ManifestAction], emptying tables: [TableDefinition] = [],
    newSequences: UInt64 = 0
  ) throws(SQLError) {
    try database.guards.publish(
      ManifestEdit(actions, newSequences: newSequences), emptying: tables, in: database.store)
    for action in actions {
      switch action {
      case .dropTable(let id), .truncateTable(let id): database.memory.remove(id)
      default: break
      }
    }
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
