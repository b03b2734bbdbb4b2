/// From CREATE TABLE to what the manifest keeps.
import TickColumns
import TickSQL
import TickStorage

extension TableDefinition {
  /// The setting of a table that acts.
  private static let deduplicateBySetting = "deduplicate_by"

  /// The definition that a statement asks for. Field ids count from 1 in the order of the columns.
  ///
  /// Throws 44 for a column that stands twice and for NULLs in a key, 50 and 48 for types, 56 and 48 for engines,
  /// 115 for settings.
  init(
    _ statement: CreateTableStatement, id: TableID, currentDatabase: String
  ) throws(SQLError) {
    try Self.checkEngine(statement)
    var fields: [TableField] = []
    for column in statement.columns {
      guard !fields.contains(where: { $0.name == column.name }) else {
        throw SQLError(
          .illegalColumn, "Cannot add column \(column.name): column with this name already exists",
          at: column.typeRange.lowerBound)
      }
      fields.append(
        TableField(
          id: UInt32(fields.count + 1), name: column.name, type: try Self.type(of: column),
          codec: column.codecText.map(Self.codecList)))
    }
    self.init(
      id: id, database: statement.name.database ?? currentDatabase, name: statement.name.name,
      fields: fields, orderBy: statement.orderBy.map { $0.formatted(.operators) },
      partitionBy: statement.partitionBy.map { $0.formatted(.operators) }, engine: "MergeTree",
      deduplicateBy: try Self.deduplicateBy(statement, fields))
    let layout = try TableLayout(self)
    for (expression, type) in zip(statement.orderBy, layout.keyTypes) {
      guard !type.isNullable else {
        throw SQLError(
          .illegalColumn, "Sorting key contains nullable columns, which cannot be ordered by",
          at: expression.range.lowerBound)
      }
      guard type.isStorable else {
        throw SQLError(
          .notImplemented, "ORDER BY an expression of type \(type) is not supported yet",
          at: expression.range.lowerBound)
      }
    }
  }

  /// What stands between the brackets of `CODEC(...)`.
  private static func codecList(_ text: String) -> String {
    guard text.hasPrefix("CODEC("), text.hasSuffix(")") else { return text }
    return String(text.dropFirst("CODEC(".count).dropLast())
  }

  private static func type(
    of column: CreateTableStatement.ColumnDefinition
  ) throws(SQLError) -> DataType {
    let type: DataType
    do throws(TypeNameError) {
      type = try DataType.parse(column.typeText)
    } catch {
      throw SQLError(
        error.code, error.message, at: column.typeRange.lowerBound + error.position)
    }
    guard type.isStorable else {
      throw SQLError(
        .notImplemented, "a column of type \(type) is not supported yet",
        at: column.typeRange.lowerBound)
    }
    return type
  }

  private static func deduplicateBy(
    _ statement: CreateTableStatement, _ fields: [TableField]
  ) throws(SQLError) -> [String] {
    var names: [String] = []
    for setting in statement.settings {
      guard setting.name == deduplicateBySetting else {
        throw SQLError(
          .unknownSetting, "Unknown setting '\(setting.name)' of a table",
          at: setting.range.lowerBound, hint: "deduplicate_by = 'columns' is supported")
      }
      names = setting.value.split(separator: ",").map { name in
        String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
      let types = names.compactMap { name in fields.first { $0.name == name }?.type }
      guard types.count == names.count, DuplicateFilter.supports(types) else {
        throw SQLError(
          .badArguments,
          "deduplicate_by = '\(setting.value)' must name LowCardinality(String) columns and then "
            + "one UInt64 column of the table", at: setting.range.lowerBound)
      }
    }
    return names
  }

  /// The tick store behaves as MergeTree, replicated or not: the arguments of the latter name replicas, of which
  /// there is one. Engines that merge rows or keep none would answer otherwise, so they are refused.
  private static func checkEngine(_ statement: CreateTableStatement) throws(SQLError) {
    guard let engine = statement.engine else { return }
    switch engine {
    case "MergeTree":
      guard statement.engineArguments.isEmpty else {
        throw SQLError(
          .notImplemented, "arguments of ENGINE = MergeTree are not supported",
          at: statement.engineArguments.first?.range.lowerBound)
      }
    case "ReplicatedMergeTree": return
    case _ where otherEngines.contains(engine):
      throw SQLError(
        .notImplemented, "ENGINE = \(engine) is not supported yet",
        at: statement.name.range.lowerBound, hint: "MergeTree is")
    default:
      throw SQLError(
        .unknownStorage, "Unknown table engine \(engine)", at: statement.name.range.lowerBound)
    }
  }

  /// Engines of ClickHouse: no typing errors, but not there.
  private static let otherEngines: Set<String> = {
    let merging = [
      "ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree", "CollapsingMergeTree",
      "VersionedCollapsingMergeTree", "GraphiteMergeTree", "CoalescingMergeTree",
    ]
    return Set(
      merging + merging.map { "Replicated" + $0 } + [
        "Memory", "Null", "Log", "TinyLog", "StripeLog", "Buffer", "Distributed", "Dictionary",
        "Merge", "Set", "Join", "URL", "File", "View", "MaterializedView", "Kafka", "S3", "S3Queue",
        "MySQL", "PostgreSQL", "MongoDB", "SQLite", "JDBC", "ODBC", "HDFS", "RabbitMQ", "NATS",
        "Redis", "EmbeddedRocksDB", "KeeperMap", "GenerateRandom", "Executable", "FileLog",
      ])
  }()
}
