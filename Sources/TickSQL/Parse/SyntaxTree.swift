/// What the parser makes of a text: statements and expressions, with byte offsets and without types.

/// A byte range of the statement's text.
public typealias SourceRange = Range<Int>

/// One parsed statement.
public enum Statement: Sendable {
  case select(QueryStatement)
  case insert(InsertStatement)
  case createDatabase(name: String, ifNotExists: Bool)
  case createTable(CreateTableStatement)
  case createView(CreateViewStatement)
  case rename(RenameStatement)
  case alter(AlterStatement)
  case drop(kind: DropKind, name: QualifiedName, ifExists: Bool)
  case truncate(name: QualifiedName, ifExists: Bool)
  case show(ShowList)
  case killQuery(KillQuery)
  case showCreate(kind: DropKind, name: QualifiedName, format: FormatClause?)
  case describe(name: QualifiedName, format: FormatClause?)
  /// DESCRIBE of a table function or a subquery.
  case describeSource(TableExpression, format: FormatClause?)
  case exists(kind: DropKind, name: QualifiedName, format: FormatClause?)
  /// The statement explained is always a query.
  case explain(kind: ExplainKind, QueryStatement, format: FormatClause?)
  /// `USE d`.
  case use(QualifiedName)
  /// `SET a = 1, param_b = 'x'`.
  case set([SettingAssignment])
  case showSettings(ShowSettings)
  case showSetting(name: String, format: FormatClause?)
  case optimize(OptimizeStatement)
  /// `DELETE FROM t WHERE condition`.
  case delete(table: QualifiedName, filter: Expression)
  /// `SYSTEM FLUSH [TABLE t]`: all tables where none is named.
  case systemFlush(table: QualifiedName?)
  /// `... SETTINGS a = 1` behind a statement whose tree has no place of its own for them.
  indirect case with(Statement, settings: [SettingAssignment])
}

/// What a statement names: a table may be any table or view.
public enum DropKind: String, Sendable {
  case database = "DATABASE", table = "TABLE", view = "VIEW"
}

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
  /// `(* EXCEPT(a, b))`: not these.
  public var excluded: [String] = []
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

/// `CREATE [OR REPLACE] TABLE [IF NOT EXISTS] t (...) ENGINE = MergeTree ORDER BY ... [PARTITION BY ...]`.
public struct CreateTableStatement: Sendable {
  public var name: QualifiedName
  public var ifNotExists: Bool
  public var orReplace = false
  public var columns: [ColumnDefinition]
  /// The engine's name as written; nil means MergeTree.
  public var engine: String?
  public var engineArguments: [Expression]
  /// Empty for `tuple()`.
  public var orderBy: [Expression]
  /// ORDER BY or PRIMARY KEY stands there.
  public var hasOrder = false
  /// As written, nil without one. The parser has checked that it is a prefix of `orderBy`; it is shown by
  /// SHOW CREATE and changes nothing else.
  public var primaryKey: [Expression]?
  public var partitionBy: Expression?
  /// The time after which a row may go.
  public var ttl: Expression?
  public var settings: [SettingAssignment]
  /// `AS SELECT ...`: what the table holds at first, and its columns where none are written.
  public var query: QueryStatement?
  /// `AS other`: its columns, and its engine and keys where none are written.
  public var template: QualifiedName?
  public var comment: String?

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
