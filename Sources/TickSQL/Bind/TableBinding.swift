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
  public let columns: [ColumnSpecification]
  /// `MergeTree`, `Memory` or `Null`.
  public let engine: String
  /// The texts of the sorting key; empty for `tuple()`.
  public let orderBy: [String]
  /// The text of PARTITION BY; nil without one.
  public let partitionBy: String?
  /// Names of the columns of which no two rows may agree, a number last; empty when rows may.
  public let deduplicateBy: [String]
  /// Which of rows that agree in these columns stays.
  public let deduplicateKeep: DuplicateKeeping
  /// Names of the columns that candles are made of; nil for a table without.
  public let candles: CandleSpecification?
  /// When rows expire, as text; nil where they do not.
  public let ttl: String?
  /// Rows go with whole segments only.
  public let ttlOnlyDropsParts: Bool
  public let comment: String
}

/// Which of rows that agree in the columns of `deduplicate_by` a table keeps.
public enum DuplicateKeeping: String, Sendable {
  case first
  case last
  case all
}

/// The columns that a table keeps candles of.
public struct CandleSpecification: Sendable, Hashable {
  public var time: String
  public var price: String
  public var quantity: String
  /// An Enum8, and its value that means a buy.
  public var side: String?
  public var buy: Int8 = 0
  public var identifier: String?

  /// The name that the value for a buy has.
  public static let buyName = "buy"
}

/// A column that a table may have.
public struct ColumnSpecification: Sendable {
  public var name: String
  public var type: DataType
  /// What stands between the brackets of CODEC, as written; shown by SHOW CREATE, it changes no answer.
  public var codec: String?
  public var origin: ColumnOrigin?
  public var comment: String

  public init(
    name: String, type: DataType, codec: String? = nil, origin: ColumnOrigin? = nil,
    comment: String = ""
  ) {
    self.name = name
    self.type = type
    self.codec = codec
    self.origin = origin
    self.comment = comment
  }

  public var isStored: Bool { origin?.kind.isStored ?? true }
}

extension Binder {
  /// Checks a CREATE TABLE; everything that is refused is refused here, with its code and place.
  ///
  /// Throws 44 for a column that stands twice and for NULLs in a key, 50 and 48 for types, 56 and 48 for engines,
  /// 115 for settings.
  public static func bindCreateTable(
    _ statement: CreateTableStatement
  ) throws(SQLError) -> TableSpecification {
    let engine = try TableRules.engine(of: statement)
    let columns = try bindColumns(statement.columns)
    guard columns.contains(where: \.isStored) else {
      throw SQLError(
        .emptyListOfColumnsPassed, "Cannot CREATE table without physical columns",
        at: statement.name.range.lowerBound)
    }
    let stored = columns.filter(\.isStored)
    let schema = Schema(stored.map { Field($0.name, $0.type) })
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
      name: statement.name, columns: columns, engine: engine,
      orderBy: statement.orderBy.map { $0.formatted(.operators) },
      partitionBy: statement.partitionBy.map { $0.formatted(.operators) },
      deduplicateBy: try TableRules.deduplicateBy(statement, schema),
      deduplicateKeep: try TableRules.deduplicateKeep(statement),
      candles: try TableRules.candles(statement, schema),
      ttl: try statement.ttl.map { (ttl) throws(SQLError) in
        try TimeToLive(ttl, over: schema).text
      }, ttlOnlyDropsParts: try TableRules.ttlOnlyDropsParts(statement),
      comment: statement.comment ?? "")
  }

  /// Checks the columns of a table, old ones and new ones together: names stand once, types can be stored, and
  /// expressions are over the other columns.
  public static func bindColumns(
    _ columns: [ColumnDefinition]
  ) throws(SQLError) -> [ColumnSpecification] {
    var names: Set<String> = []
    var defined: [DefinedColumn] = []
    for column in columns {
      let place = column.typeRange.lowerBound
      guard names.insert(column.name).inserted else {
        throw SQLError(
          .illegalColumn, "Cannot add column \(column.name): column with this name already exists",
          at: place)
      }
      guard column.name != SelectBlock.sequenceName else {
        throw SQLError(
          .illegalColumn, "\(column.name) is the name of the hidden column of every table",
          at: place)
      }
      let type = column.typeText.isEmpty ? nil : try TableRules.type(column)
      guard type != nil || column.origin?.expression != nil else {
        throw SQLError(.illegalColumn, "Column \(column.name) has no type", at: place)
      }
      defined.append(DefinedColumn(name: column.name, type: type, origin: column.origin))
    }
    // Any moment and any chance will do: what is looked at here is whether the expressions can be bound.
    let context = QueryContext(catalog: NoTables(), now: 0, random: { 0 })
    let fields = try ColumnDefaults(defined, context).fields
    var out: [ColumnSpecification] = []
    for (column, field) in zip(columns, fields) {
      guard field.type.isStorable else {
        throw SQLError(
          .notImplemented, "columns of type \(field.type) are not supported yet",
          at: column.typeRange.lowerBound)
      }
      out.append(
        ColumnSpecification(
          name: column.name, type: field.type, codec: column.codecText.map(TableRules.codecList),
          origin: column.origin, comment: column.comment ?? ""))
    }
    return out
  }

  /// Checks a CREATE VIEW: the query with whole names, and the columns of the view.
  ///
  /// - Parameter context: of the statement, with its tables and its current database.
  public static func bindCreateView(
    _ statement: CreateViewStatement, _ context: QueryContext
  ) throws(SQLError) -> (query: QueryStatement, columns: [ColumnSpecification]) {
    let name = QualifiedTable(
      statement.name.database ?? context.currentDatabase, statement.name.name)
    var rewriter = QueryRewriter(database: context.currentDatabase)
    rewriter.isTable = { TableFinder.known($0, context) != nil }
    let query = try rewriter.rewritten(statement.query)
    if let setting = query.settings.first {
      throw SQLError(
        .notImplemented, "SETTINGS of a view's query are not supported yet",
        at: setting.range.lowerBound)
    }
    let place = query.range.lowerBound
    let builder = ExpressionBuilder(context)
    // Entered: a view that replaces one must not select from that one.
    let environment = try QueryEnvironment().entering(name, at: place)
    let found = try QueryBinding(builder, environment).nested(query).schema
    guard let given = statement.columns else {
      var columns: [ColumnSpecification] = []
      for field in found.fields {
        guard !columns.contains(where: { $0.name == field.name }) else {
          throw SQLError(
            .illegalColumn, "A view cannot have two columns with the name \(field.name)", at: place)
        }
        guard let read = try? DataType.parse(field.type.description), read == field.type else {
          throw SQLError(
            .notImplemented, "A view with a column of type \(field.type) is not supported yet",
            at: place)
        }
        columns.append(ColumnSpecification(name: field.name, type: field.type))
      }
      return (query, columns)
    }
    for column in given where column.origin != nil || column.codecText != nil {
      throw SQLError(
        .notImplemented, "DEFAULT expressions and CODEC of a view's column are not supported",
        at: column.typeRange.lowerBound)
    }
    return (query, try bindColumns(given))
  }

  /// A key or partition expression. It sees the columns of its row and nothing else: no other table, no clock.
  public static func bindKey(
    _ expression: Expression, over schema: Schema
  ) throws(SQLError) -> BoundExpression {
    try bind(expression, over: schema, QueryContext(catalog: NoTables()))
  }
}

/// The catalog of expressions that see no table: keys, and defaults of columns.
public struct NoTables: Catalog {
  public init() {}
  public var databases: [String] { [] }
  public func tables(in database: String) -> [String]? { nil }
  public func table(database: String, name: String) -> (any TableSource)? { nil }
}

extension Binder {
  /// The settings that a table may have.
  public static var tableSettings: Set<String> { TableRules.settings }
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
        "SharedMergeTree", "Log", "TinyLog", "StripeLog", "Buffer",
        "Distributed", "Dictionary", "Merge", "Set", "Join", "URL", "File", "View",
        "MaterializedView", "Kafka", "S3", "S3Queue", "MySQL", "PostgreSQL", "MongoDB", "SQLite",
        "JDBC", "ODBC", "HDFS", "RabbitMQ", "NATS", "Redis", "EmbeddedRocksDB", "KeeperMap",
        "GenerateRandom", "Executable", "FileLog",
      ])
  }()

  /// The tick store behaves as MergeTree, replicated or not. Engines that merge rows would answer otherwise, so they
  /// are refused.
  static func engine(of statement: CreateTableStatement) throws(SQLError) -> String {
    let place = statement.name.range.lowerBound
    switch statement.engine {
    case let engine? where engine == "Memory" || engine == "Null":
      try checkKeyless(statement, engine)
      return engine
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
        hint: NearestName.hint(
          for: engine, among: refused.union(["MergeTree", "Memory", "Null"])))
    }
    return "MergeTree"
  }

  /// Engines that order nothing and divide nothing.
  private static func checkKeyless(
    _ statement: CreateTableStatement, _ engine: String
  ) throws(SQLError) {
    let place = statement.name.range.lowerBound
    guard statement.engineArguments.isEmpty else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch, "Engine \(engine) doesn't support any arguments", at: place)
    }
    if let ttl = statement.ttl {
      throw SQLError(
        .badArguments, "Engine \(engine) doesn't support TTL clause", at: ttl.range.lowerBound)
    }
    guard statement.orderBy.isEmpty, statement.primaryKey == nil, statement.partitionBy == nil
    else {
      throw SQLError(
        .badArguments, "Engine \(engine) doesn't support PARTITION BY, PRIMARY KEY and ORDER BY",
        at: place)
    }
    if let setting = statement.settings.first {
      throw SQLError(
        .notImplemented, "Setting \(setting.name) of engine \(engine) is not supported",
        at: setting.range.lowerBound)
    }
  }

  /// What stands between the brackets of `CODEC(...)`.
  static func codecList(_ text: String) -> String {
    guard text.hasPrefix("CODEC("), text.hasSuffix(")") else { return text }
    return String(text.dropFirst("CODEC(".count).dropLast())
  }

  /// The settings of a table that act.
  private static let deduplicateBySetting = "deduplicate_by"
  private static let deduplicateKeepSetting = "deduplicate_keep"
  private static let candlesSetting = "candles"
  private static let ttlOnlyDropsPartsSetting = "ttl_only_drop_parts"
  private static let actingSettings: Set<String> = [
    deduplicateBySetting, deduplicateKeepSetting, candlesSetting, ttlOnlyDropsPartsSetting,
  ]
  /// How many rows an index entry stands for cannot change an answer; every dump of a ClickHouse table names it.
  private static let harmlessSettings: Set<String> = ["index_granularity"]
  static let settings = harmlessSettings.union(actingSettings)

  static func deduplicateBy(
    _ statement: CreateTableStatement, _ schema: Schema
  ) throws(SQLError) -> [String] {
    var names: [String] = []
    for setting in statement.settings where !harmlessSettings.contains(setting.name) {
      guard actingSettings.contains(setting.name) else {
        throw SQLError(
          .unknownSetting, "Unknown setting '\(setting.name)' of a table",
          at: setting.range.lowerBound,
          hint: NearestName.hint(
            for: setting.name, among: settings))
      }
      guard setting.name == deduplicateBySetting else { continue }
      names = columnNames(setting)
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

  static func deduplicateKeep(
    _ statement: CreateTableStatement
  ) throws(SQLError) -> DuplicateKeeping {
    guard let setting = statement.settings.last(where: { $0.name == deduplicateKeepSetting }) else {
      return .first
    }
    guard statement.settings.contains(where: { $0.name == deduplicateBySetting }) else {
      throw SQLError(
        .badArguments,
        "deduplicate_keep says which of equal rows stays, and deduplicate_by, which says when rows are equal, is missing",
        at: setting.range.lowerBound)
    }
    guard let keeping = DuplicateKeeping(rawValue: setting.value ?? "") else {
      throw SQLError(
        .badArguments,
        "deduplicate_keep = '\(setting.value ?? "")' must be 'first', 'last' or 'all'",
        at: setting.range.lowerBound)
    }
    return keeping
  }

  static func ttlOnlyDropsParts(_ statement: CreateTableStatement) throws(SQLError) -> Bool {
    guard let setting = statement.settings.last(where: { $0.name == ttlOnlyDropsPartsSetting })
    else { return false }
    switch setting.value {
    case "1", "true": return true
    case "0", "false": return false
    default:
      throw SQLError(
        .badArguments, "ttl_only_drop_parts = '\(setting.value ?? "")' must be 0 or 1",
        at: setting.range.lowerBound)
    }
  }

  private static func columnNames(_ setting: SettingAssignment) -> [String] {
    (setting.value ?? "").split(separator: ",").map { name in
      String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// What `candles = 'ts, price, qty, side, trade_id'` names: a time, a price and a quantity, then a side and an
  /// identifier where there are any. Rows must be ordered by codes and then by the time, and by nothing else.
  static func candles(
    _ statement: CreateTableStatement, _ schema: Schema
  ) throws(SQLError) -> CandleSpecification? {
    guard let setting = statement.settings.last(where: { $0.name == candlesSetting }) else {
      return nil
    }
    func refuse(_ why: String) -> SQLError {
      SQLError(
        .badArguments, "candles = '\(setting.value ?? "")' \(why)", at: setting.range.lowerBound)
    }
    let names = columnNames(setting)
    let types = names.compactMap { schema.position(of: $0).map { schema[$0].type } }
    let order =
      "must name a DateTime64, a Float64 price and a Float64 quantity of the table, then its Enum8 with a value "
      + "'\(CandleSpecification.buyName)' and its UInt64 identifier where there are any"
    guard types.count == names.count, (3...5).contains(names.count),
      Set(names).count == names.count, case .dateTime64 = types[0], types[1] == .float64,
      types[2] == .float64
    else { throw refuse(order) }
    var candles = CandleSpecification(time: names[0], price: names[1], quantity: names[2])
    for (name, type) in zip(names, types).dropFirst(3) {
      if case .enum8(let values) = type, candles.side == nil, candles.identifier == nil,
        let buy = values.number(named: CandleSpecification.buyName)
      {
        (candles.side, candles.buy) = (name, Int8(truncatingIfNeeded: buy))
      } else if type == .uint64, candles.identifier == nil {
        candles.identifier = name
      } else {
        throw refuse(order)
      }
    }
    let key = statement.orderBy.map { $0.formatted(.operators) }
    let codes = key.dropLast().compactMap { schema.position(of: $0).map { schema[$0].type } }
    guard key.count > 1, key.last == candles.time, codes.count == key.count - 1,
      codes.allSatisfy({ $0 == .lowCardinality(.string) })
    else {
      throw refuse(
        "needs ORDER BY (codes, \(candles.time)): LowCardinality(String) columns, then the time")
    }
    return candles
  }

  static func type(_ column: ColumnDefinition) throws(SQLError) -> DataType {
    let type: DataType
    do throws(TypeNameError) {
      type = try DataType.parse(column.typeText)
    } catch {
      throw SQLError(error.code, error.message, at: column.typeRange.lowerBound + error.position)
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
