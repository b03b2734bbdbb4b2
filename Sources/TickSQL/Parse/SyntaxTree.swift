/// What the parser makes of a text: statements and expressions, with byte offsets and without types.

/// A byte range of the statement's text.
public typealias SourceRange = Range<Int>

/// One parsed statement.
public enum Statement: Sendable {
  case select(QueryStatement)
  case insert(InsertStatement)
  case createDatabase(name: String, ifNotExists: Bool)
  case createTable(CreateTableStatement)
  case drop(kind: DropKind, name: QualifiedName, ifExists: Bool)
  case truncate(name: QualifiedName, ifExists: Bool)
  case show(ShowList)
  case killQuery(KillQuery)
  case showCreate(name: QualifiedName, isDatabase: Bool, format: FormatClause?)
  case describe(name: QualifiedName, format: FormatClause?)
  case exists(name: QualifiedName, isDatabase: Bool, format: FormatClause?)
  /// The statement explained is always a query.
  case explain(kind: ExplainKind, QueryStatement, format: FormatClause?)
  /// `USE d`.
  case use(QualifiedName)
  /// `SET a = 1, param_b = 'x'`.
  case set([SettingAssignment])
  case showSettings(ShowSettings)
  case showSetting(name: String, format: FormatClause?)
  /// `SYSTEM FLUSH [TABLE t]`: all tables where none is named.
  case systemFlush(table: QualifiedName?)
}

public enum DropKind: Sendable { case database, table, view }

public enum ExplainKind: String, Sendable { case syntax = "SYNTAX", plan = "PLAN" }

/// `SHOW [CHANGED] SETTINGS [LIKE 'p']`.
public struct ShowSettings: Sendable {
  public var onlyChanged: Bool
  public var pattern: String?
  public var ignoresCase = false
  public var format: FormatClause?

  public init(onlyChanged: Bool) {
    self.onlyChanged = onlyChanged
  }
}

/// `FORMAT name`, at its place.
public struct FormatClause: Sendable, Hashable {
  public var name: String
  public var range: SourceRange

  public init(name: String, range: SourceRange) {
    self.name = name
    self.range = range
  }
}

/// `db.table` or `table`.
public struct QualifiedName: Sendable, Hashable {
  public var database: String?
  public var name: String
  public var range: SourceRange

  public init(database: String? = nil, name: String, range: SourceRange) {
    self.database = database
    self.name = name
    self.range = range
  }
}

/// `SETTINGS a = 1, b = 'x'`: values as text, in order.
public struct SettingAssignment: Sendable, Hashable {
  public var name: String
  /// Nil for DEFAULT.
  public var value: String?
  public var range: SourceRange

  public init(name: String, value: String?, range: SourceRange) {
    self.name = name
    self.value = value
    self.range = range
  }
}

/// `INSERT INTO t (a, b) VALUES ...`, `... FORMAT name ...` or `... SELECT ...`.
public struct InsertStatement: Sendable {
  public enum Source: Sendable {
    /// Data starts at this byte offset of the request (query text and body are one text).
    case values(dataOffset: Int)
    case format(FormatClause, dataOffset: Int)
    case query(QueryStatement)
  }
  public var table: QualifiedName
  /// Nil: all columns in order.
  public var columns: [String]?
  public var settings: [SettingAssignment]
  public var source: Source

  public init(
    table: QualifiedName, columns: [String]?, settings: [SettingAssignment], source: Source
  ) {
    self.table = table
    self.columns = columns
    self.settings = settings
    self.source = source
  }
}

/// `CREATE TABLE [IF NOT EXISTS] t (...) ENGINE = MergeTree ORDER BY ... [PARTITION BY ...]`.
public struct CreateTableStatement: Sendable {
  public struct ColumnDefinition: Sendable {
    public var name: String
    /// The type as written, for `DataType.parse`.
    public var typeText: String
    public var typeRange: SourceRange
    /// `CODEC(...)` as written: it cannot change an answer, so it is kept and shown, not acted on.
    public var codecText: String?

    public init(name: String, typeText: String, typeRange: SourceRange, codecText: String? = nil) {
      self.name = name
      self.typeText = typeText
      self.typeRange = typeRange
      self.codecText = codecText
    }
  }
  public var name: QualifiedName
  public var ifNotExists: Bool
  public var columns: [ColumnDefinition]
  /// The engine's name as written; nil means MergeTree.
  public var engine: String?
  public var engineArguments: [Expression]
  /// Empty for `tuple()`.
  public var orderBy: [Expression]
  /// As written, nil without one. The parser has checked that it is a prefix of `orderBy`; it is shown by
  /// SHOW CREATE and changes nothing else.
  public var primaryKey: [Expression]?
  public var partitionBy: Expression?
  public var settings: [SettingAssignment]
  /// `AS SELECT ...`: what the table holds at first, and its columns where none are written.
  public var query: QueryStatement?

  public init(
    name: QualifiedName, ifNotExists: Bool, columns: [ColumnDefinition], engine: String?,
    engineArguments: [Expression] = [], orderBy: [Expression], primaryKey: [Expression]? = nil,
    partitionBy: Expression?, settings: [SettingAssignment] = []
  ) {
    self.name = name
    self.ifNotExists = ifNotExists
    self.columns = columns
    self.engine = engine
    self.engineArguments = engineArguments
    self.orderBy = orderBy
    self.primaryKey = primaryKey
    self.partitionBy = partitionBy
    self.settings = settings
  }
}
