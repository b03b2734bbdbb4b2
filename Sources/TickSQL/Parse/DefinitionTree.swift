/// Columns, views and changes of tables as parsed.

/// One column of CREATE TABLE, CREATE VIEW or ALTER TABLE.
public struct ColumnDefinition: Sendable {
  public var name: String
  /// The type as written, for `DataType.parse`; empty where the expression decides.
  public var typeText: String
  public var typeRange: SourceRange
  /// `CODEC(...)` as written: it cannot change an answer, so it is kept and shown, not acted on.
  public var codecText: String?
  public var origin: ColumnOrigin?
  public var comment: String?

  public init(name: String, typeText: String, typeRange: SourceRange, codecText: String? = nil) {
    self.name = name
    self.typeText = typeText
    self.typeRange = typeRange
    self.codecText = codecText
  }
}

/// Where the values of a column come from that nobody gave.
public struct ColumnOrigin: Sendable {
  public enum Kind: String, Sendable {
    /// Computed when a row is inserted without it.
    case value = "DEFAULT"
    /// Computed when a row is inserted; cannot be given, and is not part of `*`.
    case materialized = "MATERIALIZED"
    /// Not stored: computed whenever it is read; not part of `*`.
    case alias = "ALIAS"
    /// Not stored: can be given, for the expressions of other columns.
    case ephemeral = "EPHEMERAL"

    public var isStored: Bool { self == .value || self == .materialized }
  }
  public var kind: Kind
  /// Nil for an EPHEMERAL column without one.
  public var expression: Expression?

  public init(_ kind: Kind, _ expression: Expression?) {
    self.kind = kind
    self.expression = expression
  }
}

/// `CREATE [OR REPLACE] VIEW [IF NOT EXISTS] v [(...)] AS SELECT ...`.
public struct CreateViewStatement: Sendable {
  public var name: QualifiedName
  public var ifNotExists = false
  public var orReplace = false
  /// Nil: those of the query.
  public var columns: [ColumnDefinition]?
  public var comment: String?
  public var query: QueryStatement

  public init(
    name: QualifiedName, ifNotExists: Bool = false, orReplace: Bool = false,
    columns: [ColumnDefinition]?, comment: String?, query: QueryStatement
  ) {
    self.name = name
    self.ifNotExists = ifNotExists
    self.orReplace = orReplace
    self.columns = columns
    self.comment = comment
    self.query = query
  }
}

/// `RENAME TABLE a TO b, c TO d`, in order; `EXCHANGE TABLES a AND b`.
public struct RenameStatement: Sendable {
  public var pairs: [(from: QualifiedName, to: QualifiedName)]
  public var isExchange: Bool
  public var ifExists: Bool
}

/// `ALTER TABLE t ADD COLUMN ..., DROP COLUMN ...`: all of it or nothing.
public struct AlterStatement: Sendable {
  public var table: QualifiedName
  public var commands: [AlterCommand]
}

/// Which partitions a statement is about.
public enum PartitionSelector: Sendable {
  /// `PARTITION p`: a constant that becomes a value of the partition key.
  case value(Expression)
  /// `PARTITION ID '...'`, as `system.parts` calls it.
  case id(String, SourceRange)
  /// `PARTITION ALL`.
  case all(SourceRange)
}

/// `OPTIMIZE TABLE t [PARTITION p] [FINAL]`.
public struct OptimizeStatement: Sendable {
  public var table: QualifiedName
  public var partition: PartitionSelector?
  public var isFinal: Bool
}

public struct AlterCommand: Sendable {
  /// Where a column goes; at the end, or where it is, where nothing says so.
  public enum Place: Sendable {
    case first
    case after(String)
  }

  /// What REMOVE takes away from a column.
  public enum Property: String, Sendable {
    case value = "DEFAULT", materialized = "MATERIALIZED", alias = "ALIAS", comment = "COMMENT"
    case codec = "CODEC"
  }

  public enum Kind: Sendable {
    case add(ColumnDefinition, Place?, ifNotExists: Bool)
    case drop(String, ifExists: Bool)
    case clear(String, ifExists: Bool)
    case rename(String, to: String, ifExists: Bool)
    /// Only what is written changes.
    case modify(ColumnDefinition, Place?, ifExists: Bool)
    case remove(Property, of: String, ifExists: Bool)
    case comment(String, on: String, ifExists: Bool)
    case tableComment(String)
    case dropPartition(PartitionSelector)
    case detachPartition(PartitionSelector)
    case attachPartition(PartitionSelector)
    case dropDetachedPartition(PartitionSelector)
    /// When rows expire.
    case modifyTTL(Expression)
    case removeTTL
    case materializeTTL
    case delete(filter: Expression)
    case update([Assignment], filter: Expression)
  }

  /// `column = expression` of UPDATE.
  public struct Assignment: Sendable {
    public var column: String
    public var value: Expression
  }

  public var kind: Kind
  public var range: SourceRange
}
