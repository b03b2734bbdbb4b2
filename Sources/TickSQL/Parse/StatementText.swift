/// Statements as SQL text that parses to the same tree, laid out as ClickHouse lays them out.

/// How operators are written.
public enum SQLTextStyle: Sendable {
  /// `plus(a, 1)`, as EXPLAIN SYNTAX shows it.
  case calls
  /// `a + 1`, as SHOW CREATE shows it.
  case operators

  fileprivate var expressionStyle: ExpressionText.Style {
    switch self {
    case .calls: .calls
    case .operators: .operators
    }
  }
}

extension Expression {
  /// The expression as SQL.
  public func formatted(_ style: SQLTextStyle = .operators) -> String {
    StatementText(style: style, namesSystemOne: false).text(of: self, indent: 0)
  }
}

extension SelectStatement {
  /// The query as SQL over several lines. `namesSystemOne` spells out what a query without FROM reads, as
  /// EXPLAIN SYNTAX does.
  public func formatted(_ style: SQLTextStyle = .calls, namesSystemOne: Bool = false) -> String {
    StatementText(style: style, namesSystemOne: namesSystemOne).text(of: self, indent: 0)
  }
}

extension CreateTableStatement {
  /// The statement as SHOW CREATE TABLE shows it.
  public func formatted(_ style: SQLTextStyle = .operators) -> String {
    StatementText(style: style, namesSystemOne: false).text(of: self)
  }
}

extension Statement {
  /// The statement as SQL; an INSERT ends where its data would begin.
  public func formatted(_ style: SQLTextStyle = .calls) -> String {
    StatementText(style: style, namesSystemOne: false).text(of: self)
  }
}

private struct StatementText {
  let style: SQLTextStyle
  let namesSystemOne: Bool

  // MARK: Expressions and lists

  func text(of expression: Expression, indent: Int) -> String {
    ExpressionText(
      style: style.expressionStyle,
      subquery: { select in
        let inner = text(of: select, indent: indent + 8)
        return "(\n\(inner)\n\(blanks(indent + 4)))"
      }
    ).text(of: expression)
  }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }

  /// One entry goes on the line of its clause, several get lines of their own.
  private func clause(_ name: String, _ entries: [String], indent: Int) -> String {
    if entries.count == 1 { return "\(blanks(indent))\(name) \(entries[0])" }
    let lines = entries.map { "\(blanks(indent + 4))\($0)" }.joined(separator: ",\n")
    return "\(blanks(indent))\(name)\n\(lines)"
  }

  private func identifiers(_ name: QualifiedName) -> String {
    let own = quotedIdentifierIfNeeded(name.name)
    return name.database.map { "\(quotedIdentifierIfNeeded($0)).\(own)" } ?? own
  }

  private func alias(_ alias: String?) -> String {
    alias.map { " AS \(quotedIdentifierIfNeeded($0))" } ?? ""
  }

  private func settings(_ settings: [SettingAssignment]) -> String {
    let list = settings.map { "\(quotedIdentifierIfNeeded($0.name)) = \(settingText($0.value))" }
    return "SETTINGS \(list.joined(separator: ", "))"
  }

  /// Numbers and truth values as they are, other text in quotes.
  private func settingText(_ value: String) -> String {
    if value == "true" || value == "false" { return value }
    let digits = value.hasPrefix("-") ? value.dropFirst() : value[...]
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    let isNumber =
      parts.count <= 2
      && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    return isNumber ? value : quotedLiteral(Array(value.utf8))
  }

  // MARK: SELECT

  func text(of select: SelectStatement, indent: Int) -> String {
    let start = blanks(indent)
    var lines = [
      clause(
        select.isDistinct ? "SELECT DISTINCT" : "SELECT",
        select.items.map { text(of: $0.expression, indent: indent) }, indent: indent)
    ]
    if let from = select.from {
      lines.append(text(of: from, indent: indent))
    } else if namesSystemOne {
      lines.append("\(start)FROM system.one")
    }
    if let filter = select.filter {
      lines.append("\(start)WHERE \(text(of: filter, indent: indent))")
    }
    if !select.groupBy.isEmpty {
      lines.append(
        clause("GROUP BY", select.groupBy.map { text(of: $0, indent: indent) }, indent: indent))
    }
    if let having = select.having {
      lines.append("\(start)HAVING \(text(of: having, indent: indent))")
    }
    if !select.orderBy.isEmpty {
      lines.append(
        clause("ORDER BY", select.orderBy.map { orderText($0, indent: indent) }, indent: indent))
    }
    if let limit = limitText(select, indent: indent) { lines.append(start + limit) }
    if !select.settings.isEmpty { lines.append(start + settings(select.settings)) }
    if let format = select.format { lines.append("\(start)\(text(of: format))") }
    return lines.joined(separator: "\n")
  }

  private func text(of from: TableExpression, indent: Int) -> String {
    let start = blanks(indent)
    switch from {
    case .table(let name, let alias): return "\(start)FROM \(identifiers(name))\(self.alias(alias))"
    case .function(let name, let arguments, let alias, _):
      let list = arguments.map { text(of: $0, indent: indent) }.joined(separator: ", ")
      return "\(start)FROM \(quotedIdentifierIfNeeded(name))(\(list))\(self.alias(alias))"
    case .subquery(let select, let alias):
      return
        "\(start)FROM\n\(start)(\n\(text(of: select, indent: indent + 4))\n\(start))\(self.alias(alias))"
    }
  }

  private func orderText(_ item: OrderItem, indent: Int) -> String {
    let direction = item.isDescending ? " DESC" : " ASC"
    let nulls = item.nullsFirst.map { $0 ? " NULLS FIRST" : " NULLS LAST" } ?? ""
    return text(of: item.expression, indent: indent) + direction + nulls
  }

  private func limitText(_ select: SelectStatement, indent: Int) -> String? {
    let offset = select.offset.map { text(of: $0, indent: indent) }
    guard let limit = select.limit.map({ text(of: $0, indent: indent) }) else {
      return offset.map { "OFFSET \($0)" }
    }
    return offset.map { "LIMIT \($0), \(limit)" } ?? "LIMIT \(limit)"
  }

  private func text(of format: FormatClause) -> String {
    "FORMAT \(quotedIdentifierIfNeeded(format.name))"
  }

  // MARK: CREATE TABLE

  func text(of table: CreateTableStatement) -> String {
    let columns = table.columns.map { column in
      let codec = column.codecText.map { " \($0)" } ?? ""
      let name = backquoted(column.name)
      return "    \(name) \(column.typeText)\(codec)"
    }
    var lines = [
      "CREATE TABLE \(table.ifNotExists ? "IF NOT EXISTS " : "")\(identifiers(table.name))",
      "(", columns.joined(separator: ",\n"), ")",
    ]
    if let engine = table.engine {
      let arguments = table.engineArguments.map { text(of: $0, indent: 0) }
      let list = arguments.isEmpty ? "" : "(\(arguments.joined(separator: ", ")))"
      lines.append("ENGINE = \(quotedIdentifierIfNeeded(engine))\(list)")
    }
    if let partition = table.partitionBy {
      lines.append("PARTITION BY \(text(of: partition, indent: 0))")
    }
    if let key = table.primaryKey { lines.append("PRIMARY KEY \(keyText(key))") }
    if !(table.orderBy.isEmpty && table.engine == nil) {
      lines.append("ORDER BY \(keyText(table.orderBy))")
    }
    if !table.settings.isEmpty { lines.append(settings(table.settings)) }
    return lines.joined(separator: "\n")
  }

  /// Column names of a definition always stand in quotes.
  private func backquoted(_ name: String) -> String {
    let text = quotedIdentifierIfNeeded(name)
    return text.hasPrefix("`") ? text : "`\(text)`"
  }

  private func keyText(_ key: [Expression]) -> String {
    if key.isEmpty { return "tuple()" }
    let parts = key.map { text(of: $0, indent: 0) }
    return parts.count == 1 ? parts[0] : "(\(parts.joined(separator: ", ")))"
  }

  // MARK: Other statements

  func text(of statement: Statement) -> String {
    switch statement {
    case .select(let select): return text(of: select, indent: 0)
    case .insert(let insert): return text(of: insert)
    case .createDatabase(let name, let ifNotExists):
      return
        "CREATE DATABASE \(ifNotExists ? "IF NOT EXISTS " : "")\(quotedIdentifierIfNeeded(name))"
    case .createTable(let table): return text(of: table)
    case .drop(let kind, let name, let ifExists):
      return "DROP \(word(of: kind)) \(ifExists ? "IF EXISTS " : "")\(identifiers(name))"
    case .truncate(let name, let ifExists):
      return "TRUNCATE TABLE \(ifExists ? "IF EXISTS " : "")\(identifiers(name))"
    case .showTables(let show):
      let from = show.database.map { " FROM \(quotedIdentifierIfNeeded($0))" } ?? ""
      let like = show.like.map { " LIKE \(quotedLiteral(Array($0.utf8)))" } ?? ""
      return with(show.format, "SHOW TABLES\(from)\(like)")
    case .showDatabases(let format): return with(format, "SHOW DATABASES")
    case .showCreate(let name, let isDatabase, let format):
      return with(format, "SHOW CREATE \(isDatabase ? "DATABASE" : "TABLE") \(identifiers(name))")
    case .describe(let name, let format):
      return with(format, "DESCRIBE TABLE \(identifiers(name))")
    case .exists(let name, let isDatabase, let format):
      return with(format, "EXISTS \(isDatabase ? "DATABASE" : "TABLE") \(identifiers(name))")
    case .explain(let kind, let select, let format):
      return with(format, "EXPLAIN \(kind.rawValue)\n\(text(of: select, indent: 0))")
    }
  }

  private func word(of kind: DropKind) -> String {
    switch kind {
    case .database: "DATABASE"
    case .table: "TABLE"
    case .view: "VIEW"
    }
  }

  private func with(_ format: FormatClause?, _ statement: String) -> String {
    format.map { "\(statement)\n\(text(of: $0))" } ?? statement
  }

  private func text(of insert: InsertStatement) -> String {
    let columns = insert.columns.map {
      " (\($0.map(quotedIdentifierIfNeeded).joined(separator: ", ")))"
    }
    let assignments = insert.settings.isEmpty ? "" : "\n\(settings(insert.settings))\n"
    let separator = assignments.isEmpty ? " " : ""
    let source =
      switch insert.source {
      case .values: "VALUES"
      case .format(let format, _): text(of: format)
      }
    return
      "INSERT INTO \(identifiers(insert.table))\(columns ?? "")\(assignments)\(separator)\(source)"
  }
}
