import TickColumns

/// CREATE DATABASE, CREATE TABLE and CREATE VIEW.

extension Parser {
  mutating func create() throws(SQLError) -> Statement {
    try expect(.create)
    let orReplace = try accept(.or, .replace)
    if !orReplace, try accept(.database) { return try createDatabase() }
    if try accept(.table) { return .createTable(try createTable(orReplace: orReplace)) }
    if try accept(.view) { return .createView(try createView(orReplace: orReplace)) }
    if at(.temporary) || at(.dictionary) || at(.function) {
      throw unsupported("CREATE \(token.keyword?.rawValue ?? "")")
    }
    if at(.materialized) { throw unsupported("CREATE MATERIALIZED VIEW") }
    let later: Set<String> = [
      "USER", "ROLE", "QUOTA", "ROW", "POLICY", "SETTINGS", "PROFILE", "NAMED", "RESOURCE",
      "WORKLOAD", "INDEX", "UNIQUE", "LIVE", "WINDOW",
    ]
    let word = String(decoding: lexer.text[token.range], as: UTF8.self).uppercased()
    if later.contains(word) { throw unsupported("CREATE \(word)") }
    throw syntaxError()
  }

  private mutating func createDatabase() throws(SQLError) -> Statement {
    let ifNotExists = try ifNotExists()
    let name = try databaseName()
    try refuseOnCluster()
    if try accept(.engine) {
      _ = try accept(.equals)
      let start = token.start
      // Atomic is what every database is here; any other engine would behave otherwise.
      let engine = try identifier()
      guard engine == "Atomic" else { throw unsupported("Database engine \(engine)", at: start) }
      if try accept(.openParenthesis) { try expect(.closeParenthesis) }
    }
    if at(.comment) { throw unsupported("COMMENT") }
    return .createDatabase(name: name.name, ifNotExists: ifNotExists)
  }

  private mutating func createTable(orReplace: Bool) throws(SQLError) -> CreateTableStatement {
    let ifNotExists = orReplace ? false : try ifNotExists()
    let name = try qualifiedName()
    if at(.uuid) { throw unsupported("UUID of a table") }
    try refuseOnCluster()
    var table = CreateTableStatement(
      name: name, ifNotExists: ifNotExists, columns: [], engine: nil, orderBy: [], partitionBy: nil)
    table.orReplace = orReplace
    var weight = Weight.leaf
    let hasColumns = try accept(.openParenthesis)
    if hasColumns {
      table.columns = try columnDefinitions(&weight)
    } else {
      if word == "CLONE" { throw unsupported("CLONE") }
      guard at(.engine) || at(.as) || at(.order) || at(.partition) || at(.primary) else {
        note("(")
        throw syntaxError()
      }
    }
    try storageClauses(into: &table, &weight)
    table.comment = try comment()
    if at(.empty) { throw unsupported("CREATE TABLE ... EMPTY AS") }
    if try accept(.as) {
      if atQuery() {
        let inner = try nestedQuery()
        weight.add(inner.weight)
        table.query = inner.query
      } else if !hasColumns {
        table.template = try qualifiedName()
        if at(.openParenthesis) { throw unsupported("CREATE TABLE ... AS a table function") }
        if table.engine == nil { try storageClauses(into: &table, &weight) }
      } else {
        note("SELECT")
        throw syntaxError()
      }
      if table.comment == nil { table.comment = try comment() }
    } else if !hasColumns {
      note("AS")
      throw syntaxError()
    }
    try check(weight)
    return table
  }

  private mutating func createView(orReplace: Bool) throws(SQLError) -> CreateViewStatement {
    let ifNotExists = orReplace ? false : try ifNotExists()
    let name = try qualifiedName()
    if at(.uuid) { throw unsupported("UUID of a view") }
    try refuseOnCluster()
    if at(.to) { throw unsupported("TO of a view") }
    var weight = Weight.leaf
    let columns = try accept(.openParenthesis) ? try columnDefinitions(&weight) : nil
    let before = try comment()
    try expect(.as)
    guard atQuery() else {
      note("SELECT")
      throw syntaxError()
    }
    let inner = try nestedQuery()
    weight.add(inner.weight)
    try check(weight)
    let after = before == nil ? try comment() : nil
    return CreateViewStatement(
      name: name, ifNotExists: ifNotExists, orReplace: orReplace, columns: columns,
      comment: before ?? after, query: inner.query)
  }

  /// `COMMENT 'text'`, where one may stand.
  mutating func comment() throws(SQLError) -> String? {
    try accept(.comment) ? try textLiteral() : nil
  }

  // MARK: Columns

  /// The columns up to the closing bracket.
  private mutating func columnDefinitions(
    _ weight: inout Weight
  ) throws(SQLError) -> [ColumnDefinition] {
    var columns: [ColumnDefinition] = []
    repeat {
      // A comma may stand behind the last column.
      if !columns.isEmpty, token.kind == .closeParenthesis { break }
      columns.append(try columnDefinition(&weight))
      weight.size += 2
      try check(weight)
    } while try accept(.comma)
    try expect(.closeParenthesis)
    return columns
  }

  private mutating func columnDefinition(
    _ weight: inout Weight
  ) throws(SQLError) -> ColumnDefinition {
    let next = peek()
    switch token.keyword {
    case .index where Self.mayStartName(next), .projection where Self.mayStartName(next),
      .constraint where Self.mayStartName(next):
      throw unsupported(token.keyword?.rawValue ?? "")
    case .primary where next.keyword == .key:
      throw unsupported("PRIMARY KEY among the columns")
    default: break
    }
    let column = try columnDefinition(named: identifier(), &weight)
    guard !column.typeText.isEmpty || column.origin != nil else {
      note("type")
      throw syntaxError()
    }
    return column
  }

  /// What stands behind the name of a column, which may be nothing: ALTER asks only for what changes.
  mutating func columnDefinition(
    named name: String, _ weight: inout Weight
  ) throws(SQLError) -> ColumnDefinition {
    let start = token.start
    var column = ColumnDefinition(name: name, typeText: "", typeRange: start..<start)
    if !atColumnTail {
      let type = try typeName()
      column.typeText = type.text
      column.typeRange = type.range
    }
    try nullModifier(&column)
    column.origin = try columnOrigin(&weight)
    if column.origin != nil { try nullModifier(&column) }
    while true {
      if column.comment == nil, let text = try comment() {
        column.comment = text
      } else if column.codecText == nil, at(.codec) {
        try advance()
        column.codecText = "CODEC\(try bracketedText())"
      } else {
        break
      }
    }
    switch token.keyword {
    // Without a bracket they are those of the whole statement.
    case .settings where peek().kind != .openParenthesis: return column
    case .ttl, .statistics, .collate, .autoIncrement, .primary, .settings, .codec:
      throw unsupported(columnTail)
    default: return column
    }
  }

  /// At the end of a column without a type.
  private var atColumnTail: Bool {
    switch token.keyword {
    case .default, .materialized, .alias, .ephemeral, .comment, .codec, .first, .after: true
    default: token.kind != .word && token.kind != .quotedIdentifier
    }
  }

  private mutating func nullModifier(_ column: inout ColumnDefinition) throws(SQLError) {
    if try accept(.not) {
      try expect(.null)
    } else if !column.typeText.isEmpty, try accept(.null) {
      column.typeText = "Nullable(\(column.typeText))"
    }
  }

  private mutating func columnOrigin(_ weight: inout Weight) throws(SQLError) -> ColumnOrigin? {
    if try accept(.default) { return ColumnOrigin(.value, try expression(&weight)) }
    if try accept(.materialized) { return ColumnOrigin(.materialized, try expression(&weight)) }
    if try accept(.alias) { return ColumnOrigin(.alias, try expression(&weight)) }
    guard try accept(.ephemeral) else { return nil }
    switch token.kind {
    case .comma, .closeParenthesis, .end, .semicolon: return ColumnOrigin(.ephemeral, nil)
    default:
      if at(.comment) || at(.codec) || at(.first) || at(.after) || at(.not) || at(.ttl)
        || at(.settings)
      {
        return ColumnOrigin(.ephemeral, nil)
      }
      return ColumnOrigin(.ephemeral, try expression(&weight))
    }
  }

  /// How the refused tail of a column is called.
  private var columnTail: String {
    switch token.keyword {
    case .primary: "PRIMARY KEY among the columns"
    case .codec: "A second CODEC of a column"
    case .settings: "SETTINGS of a column"
    default: "\(token.keyword?.rawValue ?? "") of a column"
    }
  }

  // MARK: Engine and keys

  private mutating func storageClauses(
    into table: inout CreateTableStatement, _ weight: inout Weight
  ) throws(SQLError) {
    if try accept(.engine) {
      _ = try accept(.equals)
      table.engine = try identifier()
      if at(.openParenthesis) {
        try advance()
        if try !accept(.closeParenthesis) {
          repeat { table.engineArguments.append(try expression(&weight)) } while try accept(.comma)
          try expect(.closeParenthesis)
        }
      }
    }
    var orderBy: [Expression]?
    while true {
      if table.partitionBy == nil, try accept(.partition, .by) {
        table.partitionBy = try expression(&weight)
      } else if table.primaryKey == nil, try accept(.primary, .key) {
        table.primaryKey = try keyList(&weight)
      } else if orderBy == nil, try accept(.order, .by) {
        orderBy = try keyList(&weight)
      } else if table.ttl == nil, try accept(.ttl) {
        table.ttl = try ttlClause(&weight)
      } else if at(.sample) {
        throw unsupported("SAMPLE BY")
      } else if at(.settings) {
        table.settings += try settings()
        break
      } else {
        break
      }
    }
    table.orderBy = orderBy ?? table.primaryKey ?? []
    table.hasOrder = orderBy != nil || table.primaryKey != nil
    try checkPrimaryKey(of: table)
  }

  /// `ORDER BY a`, `ORDER BY (a, b)`, `ORDER BY tuple()`: the elements of the key.
  private mutating func keyList(_ weight: inout Weight) throws(SQLError) -> [Expression] {
    let key = try expression(&weight)
    if at(.desc) || at(.descending) { throw unsupported("A descending sorting key") }
    _ = try accept(.asc, or: .ascending)
    if case .call(let call) = key.kind, call.name == "tuple", call.parameters == nil {
      return call.arguments
    }
    return [key]
  }

  /// The primary key says which prefix of the order is indexed. Here it always is the whole order, so a key
  /// that is a prefix changes no answer; anything else ClickHouse refuses as well.
  private func checkPrimaryKey(of table: CreateTableStatement) throws(SQLError) {
    guard let primary = table.primaryKey else { return }
    let key = primary.map { columnName(of: $0) }
    let order = table.orderBy.map { columnName(of: $0) }
    if order.starts(with: key) { return }
    throw SQLError(
      .badArguments, "Primary key must be a prefix of the sorting key (ORDER BY)",
      at: primary.first?.range.lowerBound)
  }
}
