/// The tables of one snapshot, as SQL sees them: stored tables, candle views and `system`.
import TickColumns
import TickSQL
import TickStorage

struct DatabaseCatalog: Catalog {
  static let systemDatabase = "system"

  /// Databases that hold nothing of their own.
  static func isComputed(_ database: String) -> Bool {
    database == systemDatabase || InformationSchema.databases.contains(database)
  }

  let database: Database
  let snapshot: Snapshot
  /// Those of the statement that asks.
  let settings: QuerySettings
  /// The rows of Memory tables at about that moment.
  let memory: [TableID: MemoryRows]
  /// Runs the queries behind views; carries the threads and the cancellation of the statement.
  let viewContext: @Sendable (DatabaseCatalog) -> QueryContext
  /// What can be read beyond the directory.
  var outside = OutsideReading()

  var databases: [String] {
    (snapshot.databases + [Self.systemDatabase] + InformationSchema.databases).sorted()
  }

  func tables(in database: String) -> [String]? {
    if database == Self.systemDatabase { return SystemTables.names }
    if InformationSchema.databases.contains(database) { return InformationSchema.names }
    guard let stored = snapshot.tables(in: database) else { return nil }
    let isStandard = database == StandardTables.database
    let views =
      isStandard ? StandardTables.candles.map(\.name).filter { candleView($0) != nil } : []
    return (stored.map(\.definition.name) + views + (isStandard ? outside.names : [])).sorted()
  }

  func table(database: String, name: String) -> (any TableSource)? {
    if database == Self.systemDatabase { return SystemTables.table(named: name, in: self) }
    if InformationSchema.databases.contains(database) {
      return InformationSchema.view(named: name, viewContext(self))
    }
    if let stored = snapshot.table(database: database, name: name) {
      return source(of: stored)
    }
    guard database == StandardTables.database else { return nil }
    if let table = outside.tables[name] { return table }
    return candleView(name)
  }

  /// A standard candle view; nil for other names, and where the table below is gone.
  private func candleView(_ name: String) -> CandleView? {
    let trades = snapshot.table(
      database: StandardTables.database, name: StandardTables.candleSource)
    guard let candle = StandardTables.candles.first(where: { $0.name == name }), let trades else {
      return nil
    }
    return CandleView(candle.length, of: trades.definition, viewContext(self))
  }

  private func source(of stored: TableSnapshot) -> any TableSource {
    let definition = stored.definition
    switch definition.engine {
    case "View": return StoredView(definition)
    case "Memory": return MemoryTable(definition, memory[definition.id] ?? MemoryRows())
    case "Null": return MemoryTable(definition, MemoryRows())
    default: return StoredTable(stored, context: { viewContext(self) })
    }
  }

  /// True for views, those over trades too.
  func isView(database: String, name: String) -> Bool {
    if let stored = snapshot.table(database: database, name: name) {
      return stored.definition.engine == "View"
    }
    if InformationSchema.databases.contains(database) {
      return InformationSchema.names.contains(name)
    }
    return database == StandardTables.database
      && StandardTables.candles.contains { $0.name == name }
  }

  /// All columns of a table with what DESCRIBE says of them.
  func columns(database: String, name: String) -> [TableField] {
    if let stored = snapshot.table(database: database, name: name) {
      return stored.definition.fields
    }
    let fields = table(database: database, name: name)?.schema.fields ?? []
    return fields.enumerated().map { position, field in
      TableField(id: UInt32(position + 1), name: field.name, type: field.type)
    }
  }

  func tableFunction(
    _ name: String, _ arguments: [Value]
  ) throws(SQLError) -> (any TableSource)? {
    if name == CandleView.functionName {
      let context = viewContext(self)
      return try CandleView.called(with: arguments, context) { database, table in
        snapshot.table(database: database ?? context.currentDatabase, name: table)?.definition
      }
    }
    if name == GapTable.functionName {
      let context = viewContext(self)
      return try GapTable.called(with: arguments, context) { database, name in
        table(database: database ?? context.currentDatabase, name: name)
      }
    }
    guard name == FileFunction.name else { return nil }
    return try FileFunction.table(
      arguments, isAllowed: outside.readsFiles, options: settings.format.input)
  }

  /// One row of `system.tables`.
  struct Entry {
    let database: String
    let name: String
    let engine: String
    let stored: TableSnapshot?
  }

  var everyTable: [Entry] {
    databases.flatMap { database in
      (tables(in: database) ?? []).map { name in
        let stored = snapshot.table(database: database, name: name)
        let engine =
          stored?.definition.engine
          ?? (database == Self.systemDatabase ? "System" : "View")
        return Entry(database: database, name: name, engine: engine, stored: stored)
      }
    }
  }

  /// The statement that would create a table or view; nil when there is none, as for `system`.
  func createStatement(database: String, name: String) throws(SQLError) -> String? {
    if let stored = snapshot.table(database: database, name: name) {
      return try stored.definition.createStatement()
    }
    guard database == StandardTables.database, let view = candleView(name) else { return nil }
    return "CREATE VIEW \(database).\(name) AS\n" + view.query
  }
}
