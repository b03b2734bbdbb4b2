/// CREATE TABLE, checked: what a table may look like is decided here and nowhere else.
///
/// Invariants:
/// 1. A specification can become a table as it stands: types can be stored, names stand once, keys are expressions
///    over the columns that `bindKey` binds again from their texts.
/// 2. A clause or setting acts, cannot change an answer, or is refused.
public import TickColumns

/// A table that may be created.
public struct TableSpecification: Sendable {
  /// As in the statement: the database may be left out.
  public let name: QualifiedName
  public let fields: [Field]
  /// CODEC texts as written, by column; shown by SHOW CREATE, they change no answer.
  public let codecs: [String: String]
  /// The texts of the sorting key; empty for `tuple()`.
  public let orderBy: [String]
  /// The text of PARTITION BY; nil without one.
  public let partitionBy: String?
  /// Names of the columns of which no two rows may agree, a number last; empty when rows may.
  public let deduplicateBy: [String]
}

extension Binder {
  /// Checks a CREATE TABLE; everything that is refused is refused here, with its code and place.
  ///
  /// Throws 44 for a column that stands twice and for NULLs in a key, 50 and 48 for types, 56 and 48 for engines,
  /// 115 for settings.
  public static func bindCreateTable(
    _ statement: CreateTableStatement
  ) throws(SQLError) -> TableSpecification {
    try TableRules.checkEngine(statement)
    var fields: [Field] = []
    var codecs: [String: String] = [:]
    for column in statement.columns {
      let place = column.typeRange.lowerBound
      guard !fields.contains(where: { $0.name == column.name }) else {
        throw SQLError(
          .illegalColumn, "Cannot add column \(column.name): column with this name already exists",
          at: place)
      }
      guard column.name != SelectBlock.sequenceName else {
        throw SQLError(
          .illegalColumn, "\(column.name) is the name of the hidden column of every table",
          at: place)
      }
      fields.append(Field(column.name, try TableRules.type(column)))
      if let codec = column.codecText { codecs[column.name] = codec }
    }
    guard !fields.isEmpty else {
      throw SQLError(
        .notImplemented, "CREATE TABLE without columns is not supported",
        at: statement.name.range.lowerBound)
    }
    let schema = Schema(fields)
    var texts: Set<String> = []
    for expression in statement.orderBy {
      let key = try bindKey(expression, over: schema)
      try TableRules.checkKey(key, "Sorting key", at: expression.range.lowerBound)
      guard key.type.isStorableKey else {
        throw SQLError(
          .notImplemented, "ORDER BY an expression of type \(key.type) is not supported yet",
          at: expression.range.lowerBound)
      }
      guard texts.insert(expression.formatted(.calls)).inserted else {
        throw SQLError(
          .badArguments, "Sorting key contains \(key.label) twice",
          at: expression.range.lowerBound)
      }
    }
    if let expression = statement.partitionBy {
      let key = try bindKey(expression, over: schema)
      // A constant, like tuple(), is one partition.
      if key.constant == nil {
        try TableRules.checkKey(key, "Partition key", at: expression.range.lowerBound)
        try TableRules.checkPartition(key, at: expression.range.lowerBound)
      }
    }
    return TableSpecification(
      name: statement.name, fields: fields, codecs: codecs,
      orderBy: statement.orderBy.map { $0.formatted(.operators) },
      partitionBy: statement.partitionBy.map { $0.formatted(.operators) },
      deduplicateBy: try TableRules.deduplicateBy(statement, schema))
  }

  /// A key or partition expression. It sees the columns of its row and nothing else: no other table, no clock.
  public static func bindKey(
    _ expression: Expression, over schema: Schema
  ) throws(SQLError) -> BoundExpression {
    try bind(expression, over: schema, QueryContext(catalog: NoTables()))
  }
}

private struct NoTables: Catalog {
  var databases: [String] { [] }
  func tables(in database: String) -> [String]? { nil }
  func table(database: String, name: String) -> (any TableSource)? { nil }
}

/// What a stored table may look like.
private enum TableRules {
  /// Engines of ClickHouse: no typing errors, but not there.
  private static let refused: Set<String> = {
    let merging = [
      "ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree", "CollapsingMergeTree",
      "VersionedCollapsingMergeTree", "GraphiteMergeTree", "CoalescingMergeTree",
    ]
    return Set(
      merging + merging.map { "Replicated" + $0 } + [
        "SharedMergeTree", "Memory", "Null", "Log", "TinyLog", "StripeLog", "Buffer",
        "Distributed", "Dictionary", "Merge", "Set", "Join", "URL", "File", "View",
        "MaterializedView", "Kafka", "S3", "S3Queue", "MySQL", "PostgreSQL", "MongoDB", "SQLite",
        "JDBC", "ODBC", "HDFS", "RabbitMQ", "NATS", "Redis", "EmbeddedRocksDB", "KeeperMap",
        "GenerateRandom", "Executable", "FileLog",
      ])
  }()

  /// The tick store behaves as MergeTree, replicated or not. Engines that merge rows or keep none would answer
  /// otherwise, so they are refused.
  static func checkEngine(_ statement: CreateTableStatement) throws(SQLError) {
    let place = statement.name.range.lowerBound
    switch statement.engine {
    case nil, "MergeTree"?:
      guard statement.engineArguments.isEmpty else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch, "Table engine MergeTree takes no parameters",
          at: statement.engineArguments[0].range.lowerBound)
      }
    case "ReplicatedMergeTree"?:
      // A path and a replica name say where copies live; here there is one copy.
      for argument in statement.engineArguments {
        guard case .literal(.string) = argument.kind else {
          throw SQLError(
            .badArguments, "Parameters of ReplicatedMergeTree must be strings",
            at: argument.range.lowerBound)
        }
      }
      guard statement.engineArguments.count <= 2 else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch, "Table engine ReplicatedMergeTree takes two parameters",
          at: statement.engineArguments[2].range.lowerBound)
      }
    case let engine? where refused.contains(engine):
      throw SQLError(
        .notImplemented, "Table engine \(engine) is not supported yet", at: place,
        hint: "Use MergeTree")
    case let engine?:
      throw SQLError(
        .unknownStorage, "Unknown table engine \(engine)", at: place,
        hint: NearestName.hint(for: engine, among: refused.union(["MergeTree"])))
    }
  }

  /// The setting of a table that acts.
  private static let deduplicateBySetting = "deduplicate_by"
  /// How many rows an index entry stands for cannot change an answer; every dump of a ClickHouse table names it.
  private static let harmlessSettings: Set<String> = ["index_granularity"]

  static func deduplicateBy(
    _ statement: CreateTableStatement, _ schema: Schema
  ) throws(SQLError) -> [String] {
    var names: [String] = []
    for setting in statement.settings where !harmlessSettings.contains(setting.name) {
      guard setting.name == deduplicateBySetting else {
        throw SQLError(
          .unknownSetting, "Unknown setting '\(setting.name)' of a table",
          at: setting.range.lowerBound,
          hint: NearestName.hint(
            for: setting.name, among: harmlessSettings.union([deduplicateBySetting])))
      }
      names = (setting.value ?? "").split(separator: ",").map { name in
        String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
      let types = names.compactMap { schema.position(of: $0).map { schema[$0].type } }
      guard types.count == names.count, types.last == .uint64,
        types.dropLast().allSatisfy({ $0 == .lowCardinality(.string) })
      else {
        throw SQLError(
          .badArguments,
          "deduplicate_by = '\(setting.value ?? "")' must name LowCardinality(String) columns and then "
            + "one UInt64 column of the table", at: setting.range.lowerBound)
      }
    }
    return names
  }

  static func type(_ column: CreateTableStatement.ColumnDefinition) throws(SQLError) -> DataType {
    let type: DataType
    do throws(TypeNameError) {
      type = try DataType.parse(column.typeText)
    } catch {
      throw SQLError(error.code, error.message, at: column.typeRange.lowerBound + error.position)
    }
    guard type.isStorable else {
      throw SQLError(
        .notImplemented, "columns of type \(type) are not supported yet",
        at: column.typeRange.lowerBound)
    }
    return type
  }

  static func checkKey(
    _ key: BoundExpression, _ kind: String, at place: Int
  ) throws(SQLError) {
    if key.constant != nil {
      throw SQLError(.illegalColumn, "\(kind) cannot contain constants", at: place)
    }
    if key.type.isNullable {
      throw SQLError(.illegalColumn, "\(kind) contains nullable columns", at: place)
    }
  }

  static func checkPartition(_ key: BoundExpression, at place: Int) throws(SQLError) {
    let types: [DataType] =
      if case .tuple(let elements) = key.type { elements.map(\.type) } else { [key.type] }
    if types.contains(where: \.isFloat) {
      throw SQLError(
        .badArguments, "Floating point partition key is not supported: \(key.label)", at: place)
    }
  }
}
