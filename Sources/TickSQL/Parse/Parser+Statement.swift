import TickColumns

/// Statements by their first word, and the short ones whole.

extension Parser {
  /// The whole text: one statement, perhaps with semicolons around it.
  mutating func wholeStatement() throws(SQLError) -> Statement {
    while token.kind == .semicolon { try advance() }
    guard token.kind != .end else { throw syntaxError(because: "Empty query") }
    var statement = try statement()
    // The data of an INSERT follows; whatever stands there is not SQL.
    if case .insert(let insert) = statement {
      guard case .query = insert.source else { return statement }
    }
    if statement.takesSettings {
      try settingsClause()
      if !trailingSettings.isEmpty { statement = .with(statement, settings: trailingSettings) }
    }
    guard at(.semicolon) || at(.end) else { throw unexpectedTail() }
    let separator = token
    while try accept(.semicolon) {}
    guard token.kind == .end else {
      token = separator
      throw syntaxError(because: "Syntax error (Multi-statements are not allowed)")
    }
    return statement
  }

  private mutating func statement() throws(SQLError) -> Statement {
    switch token.keyword {
    case .select, .with, .from: return .select(try topQuery())
    case .insert: return .insert(try insert())
    case .create: return try create()
    case .drop: return try drop()
    case .rename: return try rename()
    case .exchange: return try exchange()
    case .alter: return .alter(try alter())
    case .truncate: return try truncate()
    case .show: return try show()
    case .describe, .desc: return try describe()
    case .exists: return try exists()
    case .explain: return try explain()
    case .system: return try system()
    default: break
    }
    if token.kind == .openParenthesis { return .select(try topQuery()) }
    if token.kind == .word {
      let word = String(decoding: lexer.text[token.range], as: UTF8.self)
      if atWord("USE") { return try use() }
      if atWord("SET") { return try set() }
      if atWord("KILL") { return try kill() }
      if atWord("OPTIMIZE") { return try optimize() }
      if atWord("DELETE") { return try delete() }
      if Self.laterStatements.contains(word.uppercased()) {
        throw unsupported("The statement \(word.uppercased())")
      }
      for known in Self.statements { note(known) }
      throw syntaxError(
        hint: nearestName(word.uppercased(), among: Self.statements).map {
          "Did you mean \($0)?"
        })
    }
    for known in Self.statements { note(known) }
    throw syntaxError()
  }

  /// A statement that goes on where it should end. The known ways to go on are refused by name.
  private mutating func unexpectedTail() -> SQLError {
    switch token.keyword {
    case .into: unsupported("INTO OUTFILE")
    case .parallel: unsupported("PARALLEL WITH")
    case .format: unsupported("FORMAT of a statement without a result")
    case .on where peek().keyword == .cluster: unsupported("ON CLUSTER")
    default: syntaxError()
    }
  }

  private static let statements = [
    "SELECT", "INSERT", "CREATE", "DROP", "TRUNCATE", "SHOW", "DESCRIBE", "DESC", "EXISTS",
    "EXPLAIN", "KILL", "SYSTEM", "SET", "USE", "ALTER", "RENAME", "EXCHANGE",
    "OPTIMIZE", "DELETE",
  ]

  /// What ClickHouse has besides.
  private static let laterStatements: Set<String> = [
    "GRANT", "REVOKE", "ATTACH", "DETACH", "UNDROP", "CHECK", "BACKUP", "RESTORE",
    "UPDATE", "WATCH", "BEGIN", "START", "COMMIT", "ROLLBACK", "EXECUTE", "MOVE", "REPLACE",
    "SNAPSHOT", "UNFREEZE",
  ]

  // MARK: Parts that statements share

  /// `FORMAT name`, where one may stand; the statement's SETTINGS may stand before it.
  mutating func formatClause() throws(SQLError) -> FormatClause? {
    try settingsClause()
    guard try accept(.format) else { return nil }
    let start = token.start
    return FormatClause(name: try identifier(), range: start..<previousEnd)
  }

  /// The SETTINGS of a whole statement, once, where they may stand.
  private mutating func settingsClause() throws(SQLError) {
    if trailingSettings.isEmpty, at(.settings) { trailingSettings = try settings() }
  }

  mutating func ifNotExists() throws(SQLError) -> Bool {
    guard try accept(.if) else { return false }
    try expect(.not)
    try expect(.exists)
    return true
  }

  mutating func ifExists() throws(SQLError) -> Bool {
    guard try accept(.if) else { return false }
    if at(.empty) { throw unsupported("IF EMPTY") }
    try expect(.exists)
    return true
  }

  mutating func refuseOnCluster() throws(SQLError) {
    if at(.on), peek().keyword == .cluster { throw unsupported("ON CLUSTER") }
  }

  /// `SYNC` and `NO DELAY` ask for what always happens here.
  private mutating func sync() throws(SQLError) {
    if try accept(.sync) { return }
    _ = try accept(.no, .delay)
  }

  // MARK: DROP, TRUNCATE

  private mutating func drop() throws(SQLError) -> Statement {
    try expect(.drop)
    if at(.temporary) { throw unsupported("DROP TEMPORARY TABLE") }
    let kind: DropKind
    if try accept(.table) {
      kind = .table
    } else if try accept(.database) {
      kind = .database
    } else if try accept(.view) {
      kind = .view
    } else {
      try refuseDrop()
      throw syntaxError()
    }
    let ifExists = try ifExists()
    let name = kind == .database ? try databaseName() : try qualifiedName()
    try refuseOnCluster()
    if at(.comma) { throw unsupported("DROP of several tables") }
    try sync()
    return .drop(kind: kind, name: name, ifExists: ifExists)
  }

  private mutating func refuseDrop() throws(SQLError) {
    let later: Set<String> = [
      "DICTIONARY", "FUNCTION", "USER", "ROLE", "QUOTA", "ROW", "POLICY", "SETTINGS", "PROFILE",
      "NAMED", "RESOURCE", "WORKLOAD", "INDEX",
    ]
    let word = String(decoding: lexer.text[token.range], as: UTF8.self).uppercased()
    if later.contains(word) { throw unsupported("DROP \(word)") }
  }

  mutating func databaseName() throws(SQLError) -> QualifiedName {
    let start = token.start
    return QualifiedName(name: try identifier(), range: start..<previousEnd)
  }

  private mutating func truncate() throws(SQLError) -> Statement {
    try expect(.truncate)
    if at(.temporary) { throw unsupported("TRUNCATE TEMPORARY TABLE") }
    if at(.database), Self.mayStartName(peek()) { throw unsupported("TRUNCATE DATABASE") }
    if at(.all), peek().keyword == .tables { throw unsupported("TRUNCATE ALL TABLES") }
    if at(.table), Self.mayStartName(peek()) { try advance() }
    let ifExists = try ifExists()
    let name = try qualifiedName()
    try refuseOnCluster()
    try sync()
    return .truncate(name: name, ifExists: ifExists)
  }

  /// A keyword such as TABLE may be a table's name; it is a keyword where a name follows.
  static func mayStartName(_ token: Token) -> Bool {
    token.kind == .word || token.kind == .quotedIdentifier
  }

  // MARK: SYSTEM

  private mutating func system() throws(SQLError) -> Statement {
    try expect(.system)
    guard at(.flush) else {
      let word = String(decoding: lexer.text[token.range], as: UTF8.self).uppercased()
      throw token.kind == .word ? unsupported("SYSTEM \(word)") : syntaxError()
    }
    try advance()
    if try accept(.table) {
      let name = try qualifiedName()
      try refuseOnCluster()
      return .systemFlush(table: name)
    }
    if token.kind == .word {
      let word = String(decoding: lexer.text[token.range], as: UTF8.self).uppercased()
      throw unsupported("SYSTEM FLUSH \(word)")
    }
    return .systemFlush(table: nil)
  }

  // MARK: SHOW, DESCRIBE, EXISTS, EXPLAIN

  private mutating func show() throws(SQLError) -> Statement {
    try expect(.show)
    if let list = try showList() { return .show(list) }
    if try accept(.create) { return try showCreate() }
    if at(.settings) { return try showSettings(onlyChanged: false) }
    if atWord("CHANGED"), peek().keyword == .settings {
      try advance()
      return try showSettings(onlyChanged: true)
    }
    if atWord("SETTING"), Self.mayStartName(peek()) { return try showSetting() }
    let word = String(decoding: lexer.text[token.range], as: UTF8.self).uppercased()
    if Self.laterShows.contains(word) { throw unsupported("SHOW \(word)") }
    throw syntaxError()
  }

  private static let laterShows: Set<String> = [
    "FULL", "TEMPORARY", "GRANTS", "CLUSTER", "MERGES", "ROLES", "USERS", "USER", "PROFILES",
    "POLICIES", "QUOTAS", "QUOTA", "ACCESS", "PRIVILEGES", "FILESYSTEM", "CURRENT", "ENABLED",
    "TABLE",
  ]

  private mutating func showCreate() throws(SQLError) -> Statement {
    if at(.temporary) || at(.dictionary), Self.mayStartName(peek()) {
      throw unsupported("SHOW CREATE \(token.keyword?.rawValue ?? "")")
    }
    if at(.database), Self.mayStartName(peek()) {
      try advance()
      let name = try databaseName()
      return .showCreate(kind: .database, name: name, format: try formatClause())
    }
    let kind = try tableOrView()
    let name = try qualifiedName()
    return .showCreate(kind: kind, name: name, format: try formatClause())
  }

  private mutating func describe() throws(SQLError) -> Statement {
    try advance()
    if at(.table), Self.mayStartName(peek()) || peek().kind == .openParenthesis { try advance() }
    if at(.select) { throw unsupported("DESCRIBE of a query without brackets") }
    if at(.openParenthesis) || (Self.mayStartName(token) && peek().kind == .openParenthesis) {
      let source = try tableExpression(into: SelectDraft(from: token.start))
      return .describeSource(source, format: try formatClause())
    }
    let name = try qualifiedName()
    return .describe(name: name, format: try formatClause())
  }

  private mutating func exists() throws(SQLError) -> Statement {
    try expect(.exists)
    if at(.temporary) || at(.dictionary), Self.mayStartName(peek()) {
      throw unsupported("EXISTS \(token.keyword?.rawValue ?? "")")
    }
    if at(.database), Self.mayStartName(peek()) {
      try advance()
      let name = try databaseName()
      return .exists(kind: .database, name: name, format: try formatClause())
    }
    let kind = try tableOrView()
    let name = try qualifiedName()
    return .exists(kind: kind, name: name, format: try formatClause())
  }

  /// The word before a name, which may be left out.
  private mutating func tableOrView() throws(SQLError) -> DropKind {
    guard at(.table) || at(.view), Self.mayStartName(peek()) else { return .table }
    let kind = token.keyword == .view ? DropKind.view : .table
    try advance()
    return kind
  }

  private mutating func explain() throws(SQLError) -> Statement {
    try expect(.explain)
    var kind = ExplainKind.plan
    if try accept(.syntax) {
      kind = .syntax
    } else if try !accept(.plan) {
      switch token.keyword {
      case .ast, .query, .pipeline, .estimate, .table, .current:
        throw unsupported("EXPLAIN \(token.keyword?.rawValue ?? "")")
      default: break
      }
    }
    if token.kind == .word, peek().kind == .equals { throw unsupported("An option of EXPLAIN") }
    if at(.insert) || at(.create) || at(.drop) || at(.explain) {
      throw unsupported("EXPLAIN of \(token.keyword?.rawValue ?? "")")
    }
    guard at(.select) || at(.with) || at(.from) || at(.openParenthesis) else { throw syntaxError() }
    var query = try topQuery()
    let format = query.format
    query.format = nil
    return .explain(kind: kind, query, format: format)
  }
}

extension Statement {
  /// SETTINGS may stand at its end. Those of a SELECT are read with it; USE, SET and SYSTEM take none, as in ClickHouse.
  fileprivate var takesSettings: Bool {
    switch self {
    case .select, .insert, .explain, .use, .set, .systemFlush, .with: false
    default: true
    }
  }
}
