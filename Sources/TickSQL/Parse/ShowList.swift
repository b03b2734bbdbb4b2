/// The statements that look at the system tables: `SHOW` of a list, and `KILL QUERY`.
///
/// Each is short for a query over a system table, and is answered by that query, so that it shows what the table shows.

/// `SHOW TABLES`, `SHOW COLUMNS` and their like.
public struct ShowList: Sendable {
  public enum Subject: String, Sendable {
    case tables = "TABLES"
    case databases = "DATABASES"
    case columns = "COLUMNS"
    case index = "INDEX"
    case functions = "FUNCTIONS"
    case engines = "ENGINES"
    case processlist = "PROCESSLIST"
    case clusters = "CLUSTERS"
    case dictionaries = "DICTIONARIES"
  }

  /// `[NOT] LIKE 'p'` or `[NOT] ILIKE 'p'`.
  public struct Like: Sendable {
    public var pattern: String
    public var isNegated: Bool
    public var ignoresCase: Bool

    public init(_ pattern: String, isNegated: Bool = false, ignoresCase: Bool = false) {
      self.pattern = pattern
      self.isNegated = isNegated
      self.ignoresCase = ignoresCase
    }
  }

  public var subject: Subject
  /// `FULL`: more columns.
  public var isFull = false
  /// Of columns and indices.
  public var table: QualifiedName?
  public var database: String?
  public var like: Like?
  public var filter: Expression?
  public var limit: Expression?
  public var format: FormatClause?

  public init(_ subject: Subject) { self.subject = subject }

  /// The query that answers, over `system`; without a name the statement is about `currentDatabase`.
  public func queryText(currentDatabase: String) -> String {
    var conditions: [String] = []
    var text: String
    func literal(_ text: String) -> String { quotedLiteral(Array(text.utf8)) }
    let home = literal(table?.database ?? database ?? currentDatabase)
    let name = literal(table?.name ?? "")
    var order = "name"
    var shown = "name"
    switch subject {
    case .tables:
      text = "SELECT name\(isFull ? ", engine" : "") FROM system.tables"
      conditions.append("database = \(home)")
    case .databases: text = "SELECT name FROM system.databases"
    case .dictionaries:
      text = "SELECT name FROM system.dictionaries"
      conditions.append("database = \(home)")
    case .functions: text = "SELECT * FROM system.functions"
    case .engines: text = "SELECT * FROM system.table_engines"
    case .processlist:
      text = "SELECT * FROM system.processes"
      order = "elapsed DESC"
    case .clusters:
      text = "SELECT DISTINCT cluster FROM system.clusters"
      (order, shown) = ("cluster", "cluster")
    case .columns:
      let more =
        isFull ? ", NULL AS collation, comment AS comment, '' AS privileges" : ""
      text = """
        SELECT * FROM (SELECT name AS field, type AS type, \
        if(type LIKE 'Nullable(%)', 'YES', 'NO') AS `null`, \
        trimBoth(concat(if(is_in_primary_key, 'PRI', ''), if(is_in_sorting_key, ' SOR', ''))) AS key, \
        if(default_kind IN ('ALIAS', 'DEFAULT', 'MATERIALIZED'), default_expression, NULL) AS default, \
        '' AS extra\(more) FROM system.columns WHERE database = \(home) AND table = \(name))
        """
      (order, shown) = ("field, type, `null`, key, default, extra", "field")
    case .index:
      text = """
        SELECT * FROM (SELECT name AS table, toUInt8(1) AS non_unique, 'PRIMARY' AS key_name, \
        toUInt64(seq_in_index) AS seq_in_index, pk_col, toNullable('A') AS collation, \
        toUInt8(0) AS cardinality, NULL AS sub_part, NULL AS packed, NULL AS `null`, \
        'PRIMARY' AS index_type, '' AS comment, '' AS index_comment, 'YES' AS visible, \
        '' AS expression FROM system.tables \
        ARRAY JOIN splitByString(', ', primary_key) AS pk_col, \
        arrayEnumerate(splitByString(', ', primary_key)) AS seq_in_index \
        WHERE database = \(home) AND name = \(name))
        """
      (order, shown) = ("index_type, expression, seq_in_index", "key_name")
    }
    if let like {
      let word = (like.isNegated ? "NOT " : "") + (like.ignoresCase ? "ILIKE" : "LIKE")
      conditions.append("\(shown) \(word) \(literal(like.pattern))")
    }
    if let filter { conditions.append("(\(filter.formatted(.operators)))") }
    if !conditions.isEmpty { text += " WHERE " + conditions.joined(separator: " AND ") }
    text += " ORDER BY \(order)"
    if let limit { text += " LIMIT \(limit.formatted(.operators))" }
    return text
  }

  /// The statement as SQL.
  var formatted: String {
    var text = "SHOW \(isFull ? "FULL " : "")\(subject.rawValue)"
    if let table {
      let home = table.database.map { "\(quotedIdentifierIfNeeded($0))." } ?? ""
      text += " FROM \(home)\(quotedIdentifierIfNeeded(table.name))"
    } else if let database {
      text += " FROM \(quotedIdentifierIfNeeded(database))"
    }
    if let like {
      let word = (like.isNegated ? "NOT " : "") + (like.ignoresCase ? "ILIKE" : "LIKE")
      text += " \(word) \(quotedLiteral(Array(like.pattern.utf8)))"
    }
    if let filter { text += " WHERE \(filter.formatted(.operators))" }
    if let limit { text += " LIMIT \(limit.formatted(.operators))" }
    return text
  }
}

/// `KILL QUERY WHERE ... [SYNC | ASYNC | TEST]`.
public struct KillQuery: Sendable {
  public enum Mode: String, Sendable {
    /// Returns when the statements have ended.
    case sync = "SYNC"
    case async = "ASYNC"
    /// Only says which statements it would stop.
    case test = "TEST"
  }
  /// Over the columns of `system.processes`.
  public var filter: Expression
  public var mode: Mode
  public var format: FormatClause?

  public init(filter: Expression, mode: Mode, format: FormatClause?) {
    self.filter = filter
    self.mode = mode
    self.format = format
  }

  /// The query that finds what to stop.
  public var queryText: String {
    "SELECT query_id, user, query FROM system.processes WHERE \(filter.formatted(.operators))"
  }
}
