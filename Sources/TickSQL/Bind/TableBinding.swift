/// CREATE TABLE, checked: what the engine needs to make a table, with its keys as typed expressions.
public import TickColumns

/// A table that may be created.
public struct TableSpecification: Sendable {
  public let name: QualifiedName
  public let ifNotExists: Bool
  public let fields: [Field]
  /// CODEC texts as written, by column; shown by SHOW CREATE, they change no answer.
  public let codecs: [String: String]
  /// The engine as ClickHouse spells it.
  public let engine: String
  /// The sorting key over `fields`; empty for `tuple()`.
  public let orderBy: [BoundExpression]
  public let partitionBy: BoundExpression?
  /// The statement itself, for SHOW CREATE.
  public let statement: CreateTableStatement
}

extension Binder {
  /// Checks a CREATE TABLE; everything that is refused is refused here, with its code and place.
  public static func bindCreateTable(
    _ statement: CreateTableStatement, _ context: QueryContext
  ) throws(SQLError) -> TableSpecification {
    let engine = try TableRules.engine(statement)
    try TableRules.checkSettings(statement)
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
    var orderBy: [BoundExpression] = []
    var texts: Set<String> = []
    for expression in statement.orderBy {
      let key = try bind(expression, over: schema, context)
      try TableRules.checkKey(key, "Sorting key", at: expression.range.lowerBound)
      guard texts.insert(expression.formatted(.calls)).inserted else {
        throw SQLError(
          .badArguments, "Sorting key contains \(key.label) twice",
          at: expression.range.lowerBound)
      }
      orderBy.append(key)
    }
    var partitionBy: BoundExpression?
    if let expression = statement.partitionBy {
      let key = try bind(expression, over: schema, context)
      // A constant, like tuple(), is one partition.
      if key.constant == nil {
        try TableRules.checkKey(key, "Partition key", at: expression.range.lowerBound)
        try TableRules.checkPartition(key, at: expression.range.lowerBound)
        partitionBy = key
      }
    }
    return TableSpecification(
      name: statement.name, ifNotExists: statement.ifNotExists, fields: fields, codecs: codecs,
      engine: engine, orderBy: orderBy, partitionBy: partitionBy, statement: statement)
  }
}

/// What a stored table may look like.
private enum TableRules {
  private static let refused: Set<String> = [
    "ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree", "CollapsingMergeTree",
    "VersionedCollapsingMergeTree", "GraphiteMergeTree", "CoalescingMergeTree",
    "ReplicatedReplacingMergeTree", "ReplicatedSummingMergeTree", "ReplicatedAggregatingMergeTree",
    "ReplicatedCollapsingMergeTree", "ReplicatedVersionedCollapsingMergeTree", "SharedMergeTree",
    "Memory", "Log", "TinyLog", "StripeLog", "Null", "Buffer", "Set", "Join", "Dictionary",
    "Distributed", "Merge", "View", "MaterializedView", "File", "URL", "S3", "Kafka", "MySQL",
    "PostgreSQL", "MongoDB", "SQLite", "EmbeddedRocksDB", "GenerateRandom", "Executable",
  ]

  static func engine(_ statement: CreateTableStatement) throws(SQLError) -> String {
    let place = statement.name.range.lowerBound
    switch statement.engine {
    case nil, "MergeTree"?:
      guard statement.engineArguments.isEmpty else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch, "Table engine MergeTree takes no parameters",
          at: statement.engineArguments[0].range.lowerBound)
      }
      return "MergeTree"
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
      return "ReplicatedMergeTree"
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

  static func checkSettings(_ statement: CreateTableStatement) throws(SQLError) {
    // How many rows an index entry stands for cannot change an answer; like CODEC it is kept and shown.
    for setting in statement.settings where setting.name != "index_granularity" {
      throw SQLError(
        .unknownSetting, "Unknown setting '\(setting.name)' of a table",
        at: setting.range.lowerBound,
        hint: NearestName.hint(for: setting.name, among: ["index_granularity"]))
    }
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
    if types.contains(.float64) {
      throw SQLError(
        .badArguments, "Floating point partition key is not supported: \(key.label)", at: place)
    }
  }
}
