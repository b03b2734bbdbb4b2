import TickColumns

/// CREATE DATABASE and CREATE TABLE.

extension Parser {
  mutating func create() throws(SQLError) -> Statement {
    try expect(.create)
    if at(.or), peek().keyword == .replace { throw unsupported("CREATE OR REPLACE") }
    if try accept(.database) { return try createDatabase() }
    if try accept(.table) { return .createTable(try createTable()) }
    if at(.temporary) || at(.view) || at(.dictionary) || at(.function) {
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

  private mutating func createTable() throws(SQLError) -> CreateTableStatement {
    let ifNotExists = try ifNotExists()
    let name = try qualifiedName()
    if at(.uuid) { throw unsupported("UUID of a table") }
    try refuseOnCluster()
    var table = CreateTableStatement(
      name: name, ifNotExists: ifNotExists, columns: [], engine: nil, orderBy: [], partitionBy: nil)
    var weight = Weight.leaf
    let hasColumns = try accept(.openParenthesis)
    if hasColumns {
      try columnDefinitions(into: &table, &weight)
    } else {
      guard at(.engine) || at(.as) || at(.order) || at(.partition) || at(.primary) else {
        note("(")
        throw syntaxError()
      }
    }
    try storageClauses(into: &table, &weight)
    if at(.comment) { throw unsupported("COMMENT") }
    if at(.empty) { throw unsupported("CREATE TABLE ... EMPTY AS") }
    if try accept(.as) {
      guard atQuery() else { throw unsupported("CREATE TABLE ... AS another table") }
      let inner = try nestedQuery()
      weight.add(inner.weight)
      table.query = inner.query
    } else if !hasColumns {
      note("AS")
      throw syntaxError()
    }
    try check(weight)
    return table
  }

  private mutating func columnDefinitions(
    into table: inout CreateTableStatement, _ weight: inout Weight
  ) throws(SQLError) {
    repeat {
      // A comma may stand behind the last column.
      if !table.columns.isEmpty, token.kind == .closeParenthesis { break }
      table.columns.append(try columnDefinition())
      weight.size += 2
      try check(weight)
    } while try accept(.comma)
    try expect(.closeParenthesis)
  }

  // MARK: Columns

  private mutating func columnDefinition() throws(SQLError) -> CreateTableStatement.ColumnDefinition
  {
    let next = peek()
    switch token.keyword {
    case .index where Self.mayStartName(next), .projection where Self.mayStartName(next),
      .constraint where Self.mayStartName(next):
      throw unsupported(token.keyword?.rawValue ?? "")
    case .primary where next.keyword == .key:
      throw unsupported("PRIMARY KEY among the columns")
    default: break
    }
    let name = try identifier()
    switch token.keyword {
    case .default, .materialized, .alias, .ephemeral: throw unsupported(columnTail)
    default: break
    }
    let type = try typeName()
    var column = CreateTableStatement.ColumnDefinition(
      name: name, typeText: type.text, typeRange: type.range)
    if try accept(.not) {
      try expect(.null)
    } else if try accept(.null) {
      column.typeText = "Nullable(\(type.text))"
    }
    if at(.codec) {
      try advance()
      column.codecText = "CODEC\(try bracketedText())"
    }
    switch token.keyword {
    case .default, .materialized, .alias, .ephemeral, .comment, .ttl, .statistics, .collate,
      .autoIncrement, .primary, .settings, .codec:
      throw unsupported(columnTail)
    default: break
    }
    return column
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
      } else if at(.ttl) {
        throw unsupported("TTL")
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
