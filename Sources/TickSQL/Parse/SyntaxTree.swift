/// What the parser makes of a text: statements and expressions, with byte offsets and without types.

/// A byte range of the statement's text.
public typealias SourceRange = Range<Int>

/// One parsed statement.
public enum Statement: Sendable {
  case select(SelectStatement)
  case insert(InsertStatement)
  case createDatabase(name: String, ifNotExists: Bool)
  case createTable(CreateTableStatement)
  case drop(kind: DropKind, name: QualifiedName, ifExists: Bool)
  case truncate(name: QualifiedName, ifExists: Bool)
  case showTables(ShowTables)
  case showDatabases(format: FormatClause?)
  case showCreate(name: QualifiedName, isDatabase: Bool, format: FormatClause?)
  case describe(name: QualifiedName, format: FormatClause?)
  case exists(name: QualifiedName, isDatabase: Bool, format: FormatClause?)
  /// The statement explained is always a SELECT.
  case explain(kind: ExplainKind, SelectStatement, format: FormatClause?)
}

public enum DropKind: Sendable { case database, table, view }

public enum ExplainKind: String, Sendable { case syntax = "SYNTAX", plan = "PLAN" }

/// `SHOW TABLES [FROM db] [LIKE 'p']`.
public struct ShowTables: Sendable {
  public var database: String?
  public var like: String?
  public var format: FormatClause?

  public init(database: String? = nil, like: String? = nil, format: FormatClause? = nil) {
    self.database = database
    self.like = like
    self.format = format
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
  public var value: String
  public var range: SourceRange

  public init(name: String, value: String, range: SourceRange) {
    self.name = name
    self.value = value
    self.range = range
  }
}

/// One SELECT. Clauses that this version lacks are refused by the parser by name (48), so they have no field.
public struct SelectStatement: Sendable {
  public var isDistinct: Bool
  /// The select list; `*` is an expression of kind `.asterisk`.
  public var items: [SelectItem]
  /// Nil means one row without columns (`system.one`).
  public var from: TableExpression?
  public var filter: Expression?
  public var groupBy: [Expression]
  public var having: Expression?
  public var orderBy: [OrderItem]
  public var limit: Expression?
  public var offset: Expression?
  public var settings: [SettingAssignment]
  public var format: FormatClause?
  public var range: SourceRange

  public init(
    isDistinct: Bool = false, items: [SelectItem], from: TableExpression? = nil,
    filter: Expression? = nil, groupBy: [Expression] = [], having: Expression? = nil,
    orderBy: [OrderItem] = [], limit: Expression? = nil, offset: Expression? = nil,
    settings: [SettingAssignment] = [], format: FormatClause? = nil, range: SourceRange
  ) {
    self.isDistinct = isDistinct
    self.items = items
    self.from = from
    self.filter = filter
    self.groupBy = groupBy
    self.having = having
    self.orderBy = orderBy
    self.limit = limit
    self.offset = offset
    self.settings = settings
    self.format = format
    self.range = range
  }
}

/// One entry of the select list. `EXPR AS alias` and `EXPR alias` are an `.alias` expression.
public struct SelectItem: Sendable {
  public var expression: Expression

  public init(_ expression: Expression) {
    self.expression = expression
  }
}

/// What FROM may name.
public indirect enum TableExpression: Sendable {
  case table(QualifiedName, alias: String?)
  /// A table function, for example `numbers(10)`.
  case function(name: String, arguments: [Expression], alias: String?, range: SourceRange)
  case subquery(SelectStatement, alias: String?)
}

/// One entry of ORDER BY.
public struct OrderItem: Sendable {
  public var expression: Expression
  public var isDescending: Bool
  /// Nil: ClickHouse's default, NULL and NaN last in both directions.
  public var nullsFirst: Bool?

  public init(_ expression: Expression, isDescending: Bool = false, nullsFirst: Bool? = nil) {
    self.expression = expression
    self.isDescending = isDescending
    self.nullsFirst = nullsFirst
  }
}

/// An expression with its place in the text.
public struct Expression: Sendable {
  public var kind: Kind
  public var range: SourceRange

  public init(_ kind: Kind, range: SourceRange) {
    self.kind = kind
    self.range = range
  }

  public indirect enum Kind: Sendable {
    case literal(Literal)
    /// `name`, `table.name`, `db.table.name` (or a tuple element by name): the parts as written.
    case identifier([String])
    /// `*` or `t.*`.
    case asterisk(qualifier: [String])
    /// Every operator is a function by ClickHouse's name: `a + b` is `plus(a, b)`, `a AND b AND c` is one
    /// `and(a, b, c)`, `x BETWEEN a AND b` is `and(greaterOrEquals(x, a), lessOrEquals(x, b))`,
    /// `x NOT BETWEEN a AND b` is `or(less(x, a), greater(x, b))`, `CASE` is `multiIf` or
    /// `caseWithExpression`, `CAST(x AS T)` and `x::T` are `CAST(x, 'T')`, `INTERVAL 5 MINUTE` is
    /// `toIntervalMinute(5)`, `x IS NULL` is `isNull(x)`, `(a, b)` is `tuple(a, b)`, `t.1` is
    /// `tupleElement(t, 1)`, `x IN (1, 2)` is `in(x, tuple(1, 2))`, `-x` of anything but a number literal
    /// is `negate(x)`, `a ? b : c` is `if(a, b, c)`.
    case call(Call)
    case alias(Expression, String)
    /// A scalar subquery or the right side of IN.
    case subquery(SelectStatement)
  }
}

/// A function call: `name(parameters)(arguments)`.
public struct Call: Sendable {
  /// As typed, for the column name; look it up with ClickHouse's rules of case.
  public var name: String
  /// `quantile(0.9)(x)`: the first list, nil when there is only one.
  public var parameters: [Expression]?
  public var arguments: [Expression]
  /// `count(DISTINCT x)`.
  public var isDistinct: Bool
  /// Byte range of the name alone.
  public var nameRange: SourceRange

  public init(
    _ name: String, parameters: [Expression]? = nil, _ arguments: [Expression],
    isDistinct: Bool = false, nameRange: SourceRange
  ) {
    self.name = name
    self.parameters = parameters
    self.arguments = arguments
    self.isDistinct = isDistinct
    self.nameRange = nameRange
  }
}

/// A literal as written. Numbers keep ClickHouse's rule: an integer that fits 64 bits is an integer (negative
/// ones carry their sign, `-1` is one literal), everything else a float.
public enum Literal: Sendable, Hashable {
  case null
  case bool(Bool)
  case unsigned(UInt64)
  case negative(Int64)
  case float(Double)
  case string([UInt8])
}

/// `INSERT INTO t (a, b) VALUES ...`, `... FORMAT name ...` or `... SELECT ...`.
public struct InsertStatement: Sendable {
  public enum Source: Sendable {
    /// Data starts at this byte offset of the request (query text and body are one text).
    case values(dataOffset: Int)
    case format(FormatClause, dataOffset: Int)
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
