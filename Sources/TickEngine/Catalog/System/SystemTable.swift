/// A table of `system` with ClickHouse's columns, and rows that name the columns they know.
///
/// Columns that nothing here can fill hold the default of their type: `sql/dialect.md` names them.
import TickColumns
import TickSQL

enum SystemTable {
  /// A row by the names of columns; the others hold their defaults.
  typealias Row = [String: Value]

  /// The table under a name of `SystemSchemas`.
  static func make(
    _ name: String, _ rows: @escaping @Sendable () throws(SQLError) -> [Row]
  ) -> ComputedTable {
    guard let schema = schemas[name] else { preconditionFailure("no columns of system.\(name)") }
    return ComputedTable(schema: schema) { () throws(SQLError) in
      let defaults = schema.fields.map { Value.defaultValue(of: $0.type) }
      return try rows().map { row in
        var values = defaults
        for (name, value) in row {
          guard let position = schema.position(of: name) else {
            preconditionFailure("no column \(name)")
          }
          values[position] = value
        }
        return values
      }
    }
  }

  /// Names of the tables that are made here.
  static var names: [String] { Array(SystemSchemas.texts.keys) }

  /// A table that needs nothing but the catalog; nil where there is none of this name. What Tickbase has nothing of, such
  /// as replicas, is there and empty, since clients ask.
  static func table(named name: String, in catalog: DatabaseCatalog) -> ComputedTable? {
    let database = catalog.database
    switch name {
    case "processes": return processes(of: database)
    case "query_log": return queryLog(of: database)
    case "merges": return merges(of: database)
    case "insert_producers": return insertProducers(catalog)
    case "users": return users(of: database)
    case "functions": return functions()
    case "formats": return formats()
    case "table_engines": return tableEngines()
    case "table_functions": return tableFunctions(of: database)
    case "aggregate_function_combinators": return combinators()
    case "data_type_families": return typeFamilies()
    case "keywords": return keywords()
    case "time_zones": return timeZones()
    case "build_options": return buildOptions()
    case "detached_parts": return detachedParts(catalog)
    case "disks": return disks(of: database)
    case "storage_policies": return storagePolicies()
    case "metrics": return metrics(of: database, catalog)
    case "asynchronous_metrics": return asynchronousMetrics(of: database, catalog)
    case "events": return events(of: database)
    case "errors": return errors(of: database)
    default: return SystemSchemas.texts[name] == nil ? nil : make(name) { [] }
    }
  }

  private static let schemas = SystemSchemas.texts.mapValues(schema)

  /// Columns written as in CREATE TABLE.
  static func schema(_ text: String) -> Schema {
    var fields: [Field] = []
    var depth = 0
    for part in text.split(whereSeparator: { character in
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      return character == "," && depth == 0
    }) {
      let words = part.drop { $0 == " " }.split(separator: " ", maxSplits: 1)
      do throws(TypeNameError) {
        fields.append(Field(String(words[0]), try DataType.parse(String(words[1]))))
      } catch {
        preconditionFailure("a column of a system table: \(part): \(error.message)")
      }
    }
    return Schema(fields)
  }
}
