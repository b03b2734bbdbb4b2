/// The tables of one snapshot, as SQL sees them: stored tables, candle views and `system`.
import TickColumns
import TickSQL
import TickStorage

struct DatabaseCatalog: Catalog {
  static let systemDatabase = "system"

  let database: Database
  let snapshot: Snapshot
  /// Those of the statement that asks.
  let settings: QuerySettings
  /// Runs the queries behind views; carries the threads and the cancellation of the statement.
  let viewContext: @Sendable (DatabaseCatalog) -> QueryContext

  var databases: [String] {
    (snapshot.databases + [Self.systemDatabase]).sorted()
  }

  func tables(in database: String) -> [String]? {
    if database == Self.systemDatabase { return SystemTables.names }
    guard let stored = snapshot.tables(in: database) else { return nil }
    let views = database == StandardTables.database ? StandardTables.candles.map(\.name) : []
    return (stored.map(\.definition.name) + views).sorted()
  }

  func table(database: String, name: String) -> (any TableSource)? {
    if database == Self.systemDatabase { return SystemTables.table(named: name, in: self) }
    if let stored = snapshot.table(database: database, name: name) {
      return StoredTable(stored)
    }
    guard database == StandardTables.database,
      let candle = StandardTables.candles.first(where: { $0.name == name })
    else { return nil }
    return CandleView(seconds: candle.seconds, context: viewContext(self))
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
  func createStatement(database: String, name: String) -> String? {
    if let stored = snapshot.table(database: database, name: name) {
      return stored.definition.createStatement
    }
    guard database == StandardTables.database,
      let candle = StandardTables.candles.first(where: { $0.name == name })
    else { return nil }
    return "CREATE VIEW \(database).\(name) AS\n"
      + StandardTables.candleQuery(seconds: candle.seconds)
  }
}

extension TableDefinition {
  /// The CREATE TABLE statement of this definition, in ClickHouse's layout.
  var createStatement: String {
    let columns = fields.map { field in
      "    `\(field.name)` \(field.type)" + (field.codec.map { " CODEC(\($0))" } ?? "")
    }
    let order =
      switch orderBy.count {
      case 0: "tuple()"
      case 1: orderBy[0]
      default: "(" + orderBy.joined(separator: ", ") + ")"
      }
    var text = "CREATE TABLE \(database).\(name)\n(\n" + columns.joined(separator: ",\n") + "\n)\n"
    text += "ENGINE = \(engine)\n"
    if let partitionBy { text += "PARTITION BY \(partitionBy)\n" }
    text += "ORDER BY \(order)"
    if !deduplicateBy.isEmpty {
      text += "\nSETTINGS deduplicate_by = '\(deduplicateBy.joined(separator: ", "))'"
    }
    return text
  }
}
