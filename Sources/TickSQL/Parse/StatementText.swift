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

extension QueryStatement {
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

extension CreateViewStatement {
  /// The statement as SHOW CREATE VIEW shows it.
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
    expressions(indent).text(of: expression)
  }

  private func expressions(_ indent: Int) -> ExpressionText {
    ExpressionText(
      style: style.expressionStyle,
      subquery: { query in
        let inner = text(of: query, indent: indent + 8)
        return "(\n\(inner)\n\(blanks(indent + 4)))"
      })
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
    "SETTINGS \(assignments(settings))"
  }

  private func assignments(_ settings: [SettingAssignment]) -> String {
    let list = settings.map {
      "\(quotedIdentifierIfNeeded($0.name)) = \($0.value.map(settingText) ?? "DEFAULT")"
    }
    return list.joined(separator: ", ")
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

  // MARK: Queries

  func text(of query: QueryStatement, indent: Int) -> String {
    let own = query.settings.isEmpty ? nil : settings(query.settings)
    // A statement's stand behind all, as ClickHouse prints them; a subquery, which is indented, has none there.
    let isNested = indent > 0
    var lines = [text(of: query.body, last: isNested ? own : nil, indent: indent)]
    if let own, !isNested { lines.append(own) }
    if let format = query.format { lines.append("\(blanks(indent))\(text(of: format))") }
    return lines.joined(separator: "\n")
  }

  /// `last` is a line that belongs to the end, inside of the last branch's brackets where it has some.
  private func text(of body: QueryBody, last: String? = nil, indent: Int) -> String {
    switch body {
    case .select(let select):
      let own = text(of: select, indent: indent)
      return last.map { "\(own)\n\(blanks(indent))\($0)" } ?? own
    case .combination(let operation, let branches):
      let start = blanks(indent)
      let texts = branches.enumerated().map { (i, branch) in
        let last = i == branches.count - 1 ? last : nil
        // SHOW CREATE puts brackets around other operators only, EXPLAIN around every branch.
        if case .operators = style, case .select = branch {
          return text(of: branch, last: last, indent: indent)
        }
        return "\(start)(\n\(text(of: branch, last: last, indent: indent + 4))\n\(start))"
      }
      return texts.joined(separator: "\n\(start)\(operation.rawValue)\n")
    }
  }

  private func text(of select: SelectStatement, indent: Int) -> String {
    let start = blanks(indent)
    var lines: [String] = []
    if !select.with.isEmpty {
      lines.append(clause("WITH", select.with.map { text(of: $0, indent: indent) }, indent: indent))
    }
    lines.append(
      clause(
        selectWords(select, indent: indent),
        select.items.map { text(of: $0.expression, indent: indent) }, indent: indent))
    if let from = select.from {
      let text = text(of: from, indent: indent)
      lines.append("\(start)FROM\(text.hasPrefix("\n") ? "" : " ")\(text)")
    } else if namesSystemOne {
      lines.append("\(start)FROM system.one")
    }
    func add(_ word: String, _ expression: Expression?) {
      guard let expression else { return }
      lines.append("\(start)\(word) \(text(of: expression, indent: indent))")
    }
    add("PREWHERE", select.prewhere)
    add("WHERE", select.filter)
    if let groupBy = select.groupBy { lines.append(text(of: groupBy, indent: indent)) }
    if select.withTotals { lines.append("\(blanks(indent))    WITH TOTALS") }
    add("HAVING", select.having)
    if !select.windows.isEmpty {
      let windows = select.windows.map {
        "\(quotedIdentifierIfNeeded($0.name)) AS \(expressions(indent).text(of: $0.window))"
      }
      lines.append(clause("WINDOW", windows, indent: indent))
    }
    add("QUALIFY", select.qualify)
    if let all = select.orderByAll {
      lines.append("\(start)ORDER BY ALL\(all.directionText)\(text(of: all.fill, indent: indent))")
    }
    if !select.orderBy.isEmpty {
      lines.append(
        clause("ORDER BY", select.orderBy.map { orderText($0, indent: indent) }, indent: indent))
    }
    if let interpolate = select.interpolate {
      lines.append(start + text(of: interpolate, indent: indent))
    }
    lines += limitLines(select, indent: indent).map { start + $0 }
    return lines.joined(separator: "\n")
  }

  private func selectWords(_ select: SelectStatement, indent: Int) -> String {
    switch select.distinct {
    case .none: "SELECT"
    case .rows: "SELECT DISTINCT"
    case .on(let keys): "SELECT DISTINCT ON (\(list(keys, indent: indent)))"
    }
  }

  private func list(_ expressions: [Expression], indent: Int) -> String {
    expressions.map { text(of: $0, indent: indent) }.joined(separator: ", ")
  }

  private func text(of item: WithItem, indent: Int) -> String {
    switch item {
    case .expression(let expression, let name):
      let inner = text(of: expression, indent: indent)
      return "\(inner) AS \(quotedIdentifierIfNeeded(name))"
    case .query(let query, let name):
      let start = blanks(indent + 4)
      return
        "\(quotedIdentifierIfNeeded(name)) AS\n\(start)(\n\(text(of: query, indent: indent + 8))\n\(start))"
    }
  }

  private func text(of groupBy: GroupByClause, indent: Int) -> String {
    let start = blanks(indent)
    var out: String
    switch groupBy.keys {
    case .all: out = "\(start)GROUP BY ALL"
    case .list(let keys):
      out = clause("GROUP BY", keys.map { text(of: $0, indent: indent) }, indent: indent)
    case .groupingSets(let sets):
      let texts = sets.map { "\(start)        (\(list($0, indent: indent)))" }
      out = "\(start)GROUP BY\n\(start)    GROUPING SETS (\n\(texts.joined(separator: ",\n")))"
    }
    if let modifier = groupBy.modifier { out += "\n\(start)    WITH \(modifier.rawValue)" }
    return out
  }

  private func orderText(_ item: OrderItem, indent: Int) -> String {
    text(of: item.expression, indent: indent) + item.directionText
      + text(of: item.fill, indent: indent)
  }

  private func text(of fill: FillClause?, indent: Int) -> String {
    guard let fill else { return "" }
    var out = " WITH FILL"
    let parts = [
      ("FROM", fill.from), ("TO", fill.to), ("STEP", fill.step), ("STALENESS", fill.staleness),
    ]
    for case (let word, let value?) in parts {
      out += " \(word) \(text(of: value, indent: indent))"
    }
    return out
  }

  private func text(of interpolate: InterpolateClause, indent: Int) -> String {
    guard let columns = interpolate.columns else { return "INTERPOLATE" }
    let texts = columns.map { column in
      let value = column.expression.map { " AS \(text(of: $0, indent: indent))" } ?? ""
      return backquoted(column.name) + value
    }
    return "INTERPOLATE (\(texts.joined(separator: ", ")))"
  }

  private func limitLines(_ select: SelectStatement, indent: Int) -> [String] {
    var lines: [String] = []
    if let limitBy = select.limitBy {
      let offset = limitBy.offset.map { "\(text(of: $0, indent: indent)), " } ?? ""
      let keys = limitBy.keys.map { list($0, indent: indent) } ?? "ALL"
      lines.append("LIMIT \(offset)\(text(of: limitBy.limit, indent: indent)) BY \(keys)")
    }
    let offset = select.offset.map { text(of: $0, indent: indent) }
    guard let limit = select.limit.map({ text(of: $0, indent: indent) }) else {
      return lines + (offset.map { ["OFFSET \($0)"] } ?? [])
    }
    lines.append(offset.map { "LIMIT \($0), \(limit)" } ?? "LIMIT \(limit)")
    if select.withTies { lines.append(" WITH TIES") }
    return lines
  }

  // MARK: FROM

  private func text(of from: TableExpression, indent: Int) -> String {
    let start = blanks(indent)
    switch from {
    case .table(let name, let alias, let modifiers):
      var out = "\(identifiers(name))\(self.alias(alias))"
      if modifiers.isFinal { out += "\n\(start)FINAL" }
      if let sample = modifiers.sample {
        out += "\n\(start)SAMPLE \(text(of: sample, indent: indent))"
        if let offset = modifiers.sampleOffset {
          out += " OFFSET \(text(of: offset, indent: indent))"
        }
      }
      return out
    case .function(let name, let arguments, let alias, _):
      let list = list(arguments, indent: indent)
      return "\(quotedIdentifierIfNeeded(name))(\(list))\(self.alias(alias))"
    case .subquery(let query, let alias):
      return "\n\(start)(\n\(text(of: query, indent: indent + 4))\n\(start))\(self.alias(alias))"
    case .join(let join):
      let left = text(of: join.left, indent: indent)
      let right = text(of: join.right, indent: indent)
      if join.kind == .comma { return "\(left), \(right)" }
      let gap = right.hasPrefix("\n") ? "" : " "
      let condition = text(of: join.condition, indent: indent)
      return "\(left)\n\(start)\(joinWords(join))\(gap)\(right)\(condition)"
    case .arrayJoin(let left, let isLeft, let columns, _):
      let word = isLeft ? "LEFT ARRAY JOIN" : "ARRAY JOIN"
      let list = clause(word, columns.map { text(of: $0, indent: indent) }, indent: indent)
      return "\(text(of: left, indent: indent))\n\(list)"
    }
  }

  private func joinWords(_ join: JoinExpression) -> String {
    if join.kind == .cross || join.kind == .paste { return "\(join.kind.rawValue) JOIN" }
    return "\(join.strictness.rawValue) \(join.kind.rawValue) JOIN"
  }

  private func text(of condition: JoinExpression.Condition, indent: Int) -> String {
    switch condition {
    case .none: ""
    case .on(let expression): " ON \(text(of: expression, indent: indent))"
    case .using(let columns): " USING (\(list(columns, indent: indent)))"
    }
  }

  private func text(of format: FormatClause) -> String {
    "FORMAT \(quotedIdentifierIfNeeded(format.name))"
  }

  // MARK: CREATE TABLE

  func text(of table: CreateTableStatement) -> String {
    let words = table.orReplace ? "CREATE OR REPLACE TABLE" : "CREATE TABLE"
    var head = "\(words) \(table.ifNotExists ? "IF NOT EXISTS " : "")\(identifiers(table.name))"
    if let template = table.template { head += " AS \(identifiers(template))" }
    var lines = [head]
    if !table.columns.isEmpty { lines += list(of: table.columns) }
    if let engine = table.engine {
      let arguments = table.engineArguments.map { text(of: $0, indent: 0) }
      let list = arguments.isEmpty ? "" : "(\(arguments.joined(separator: ", ")))"
      lines.append("ENGINE = \(quotedIdentifierIfNeeded(engine))\(list)")
    }
    if let partition = table.partitionBy {
      lines.append("PARTITION BY \(text(of: partition, indent: 0))")
    }
    if let key = table.primaryKey { lines.append("PRIMARY KEY \(keyText(key))") }
    // Only the tick store has an order.
    let isOrdered = table.engine?.hasSuffix("MergeTree") == true
    if isOrdered || !table.orderBy.isEmpty {
      lines.append("ORDER BY \(keyText(table.orderBy))")
    }
    if let ttl = table.ttl { lines.append("TTL \(text(of: ttl, indent: 0))") }
    if !table.settings.isEmpty { lines.append(settings(table.settings)) }
    if let comment = table.comment { lines.append(text(ofComment: comment)) }
    if let query = table.query { lines.append("AS \(text(of: query, indent: 0))") }
    return lines.joined(separator: "\n")
  }

  func text(of view: CreateViewStatement) -> String {
    let words = view.orReplace ? "CREATE OR REPLACE VIEW" : "CREATE VIEW"
    var lines = ["\(words) \(view.ifNotExists ? "IF NOT EXISTS " : "")\(identifiers(view.name))"]
    if let columns = view.columns { lines += list(of: columns) }
    if let comment = view.comment { lines.append(text(ofComment: comment)) }
    lines.append("AS \(text(of: view.query, indent: 0))")
    return lines.joined(separator: "\n")
  }

  private func list(of columns: [ColumnDefinition]) -> [String] {
    ["(", columns.map { "    \(text(of: $0))" }.joined(separator: ",\n"), ")"]
  }

  private func text(of column: ColumnDefinition) -> String {
    var parts = [backquoted(column.name), column.typeText]
    if let origin = column.origin {
      parts.append(origin.kind.rawValue)
      if let expression = origin.expression { parts.append(text(of: expression, indent: 0)) }
    }
    if let comment = column.comment { parts.append(text(ofComment: comment)) }
    if let codec = column.codecText { parts.append(codec) }
    return parts.filter { !$0.isEmpty }.joined(separator: " ")
  }

  private func text(ofComment comment: String) -> String {
    "COMMENT \(quotedLiteral(Array(comment.utf8)))"
  }

  // MARK: RENAME and ALTER

  private func text(of rename: RenameStatement) -> String {
    let head = rename.isExchange ? "EXCHANGE TABLES" : "RENAME TABLE"
    let word = rename.isExchange ? "AND" : "TO"
    let pairs = rename.pairs.map { "\(identifiers($0.from)) \(word) \(identifiers($0.to))" }
    return "\(head) \(rename.ifExists ? "IF EXISTS " : "")\(pairs.joined(separator: ", "))"
  }

  private func text(of alter: AlterStatement) -> String {
    let commands = alter.commands.map { "(\(text(of: $0.kind)))" }
    return "ALTER TABLE \(identifiers(alter.table)) \(commands.joined(separator: ", "))"
  }

  private func text(of command: AlterCommand.Kind) -> String {
    func existing(_ ifExists: Bool) -> String { ifExists ? "IF EXISTS " : "" }
    func placed(_ place: AlterCommand.Place?) -> String {
      switch place {
      case nil: ""
      case .first: " FIRST"
      case .after(let name): " AFTER \(backquoted(name))"
      }
    }
    switch command {
    case .add(let column, let place, let ifNotExists):
      return "ADD COLUMN \(ifNotExists ? "IF NOT EXISTS " : "")\(text(of: column))\(placed(place))"
    case .drop(let name, let ifExists):
      return "DROP COLUMN \(existing(ifExists))\(backquoted(name))"
    case .clear(let name, let ifExists):
      return "CLEAR COLUMN \(existing(ifExists))\(backquoted(name))"
    case .rename(let name, let to, let ifExists):
      return "RENAME COLUMN \(existing(ifExists))\(backquoted(name)) TO \(backquoted(to))"
    case .modify(let column, let place, let ifExists):
      return "MODIFY COLUMN \(existing(ifExists))\(text(of: column))\(placed(place))"
    case .remove(let property, let name, let ifExists):
      return "MODIFY COLUMN \(existing(ifExists))\(backquoted(name)) REMOVE \(property.rawValue)"
    case .comment(let comment, let name, let ifExists):
      let literal = quotedLiteral(Array(comment.utf8))
      return "COMMENT COLUMN \(existing(ifExists))\(backquoted(name)) \(literal)"
    case .tableComment(let comment): return "MODIFY \(text(ofComment: comment))"
    case .dropPartition(let partition): return "DROP \(text(of: partition))"
    case .detachPartition(let partition): return "DETACH \(text(of: partition))"
    case .attachPartition(let partition): return "ATTACH \(text(of: partition))"
    case .dropDetachedPartition(let partition): return "DROP DETACHED \(text(of: partition))"
    case .modifyTTL(let ttl): return "MODIFY TTL \(text(of: ttl, indent: 0))"
    case .removeTTL: return "REMOVE TTL"
    case .materializeTTL: return "MATERIALIZE TTL"
    case .delete(let filter): return "DELETE WHERE \(text(of: filter, indent: 0))"
    case .update(let assignments, let filter):
      let list = assignments.map {
        "\(quotedIdentifierIfNeeded($0.column)) = \(text(of: $0.value, indent: 0))"
      }
      // ClickHouse writes two blanks here.
      return "UPDATE  \(list.joined(separator: ", ")) WHERE \(text(of: filter, indent: 0))"
    }
  }

  private func text(of partition: PartitionSelector) -> String {
    switch partition {
    case .value(let value): "PARTITION \(text(of: value, indent: 0))"
    case .id(let id, _): "PARTITION ID \(quotedLiteral(Array(id.utf8)))"
    case .all: "PARTITION ALL"
    }
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
    case .select(let query): return text(of: query, indent: 0)
    case .insert(let insert): return text(of: insert)
    case .createDatabase(let name, let ifNotExists):
      return
        "CREATE DATABASE \(ifNotExists ? "IF NOT EXISTS " : "")\(quotedIdentifierIfNeeded(name))"
    case .createTable(let table): return text(of: table)
    case .createView(let view): return text(of: view)
    case .rename(let rename): return text(of: rename)
    case .alter(let alter): return text(of: alter)
    case .drop(let kind, let name, let ifExists):
      return "DROP \(kind.rawValue) \(ifExists ? "IF EXISTS " : "")\(identifiers(name))"
    case .truncate(let name, let ifExists):
      return "TRUNCATE TABLE \(ifExists ? "IF EXISTS " : "")\(identifiers(name))"
    case .show(let list): return with(list.format, list.formatted)
    case .killQuery(let kill):
      let filter = text(of: kill.filter, indent: 0)
      return with(kill.format, "KILL QUERY WHERE \(filter) \(kill.mode.rawValue)")
    case .showCreate(let kind, let name, let format):
      return with(format, "SHOW CREATE \(kind.rawValue) \(identifiers(name))")
    case .describe(let name, let format):
      return with(format, "DESCRIBE TABLE \(identifiers(name))")
    case .describeSource(let source, let format):
      let text = text(of: source, indent: 0)
      return with(format, "DESCRIBE TABLE\(text.hasPrefix("\n") ? "" : " ")\(text)")
    case .exists(let kind, let name, let format):
      return with(format, "EXISTS \(kind.rawValue) \(identifiers(name))")
    case .explain(let kind, let select, let format):
      return with(format, "EXPLAIN \(kind.rawValue)\n\(text(of: select, indent: 0))")
    case .use(let name): return "USE \(identifiers(name))"
    case .set(let settings): return "SET \(assignments(settings))"
    case .showSettings(let show):
      let word = show.ignoresCase ? "ILIKE" : "LIKE"
      let like = show.pattern.map { " \(word) \(quotedLiteral(Array($0.utf8)))" } ?? ""
      return with(show.format, "SHOW \(show.onlyChanged ? "CHANGED " : "")SETTINGS\(like)")
    case .showSetting(let name, let format):
      return with(format, "SHOW SETTING \(quotedIdentifierIfNeeded(name))")
    case .optimize(let optimize):
      let partition = optimize.partition.map { " \(text(of: $0))" } ?? ""
      return "OPTIMIZE TABLE \(identifiers(optimize.table))\(partition)"
        + (optimize.isFinal ? " FINAL" : "")
    case .delete(let table, let filter):
      return "DELETE FROM \(identifiers(table)) WHERE \(text(of: filter, indent: 0))"
    case .with(let statement, let settings):
      return "\(text(of: statement))\n\(self.settings(settings))"
    case .systemFlush(let table):
      return "SYSTEM FLUSH\(table.map { " TABLE \(identifiers($0))" } ?? "")"
    }
  }

  private func with(_ format: FormatClause?, _ statement: String) -> String {
    format.map { "\(statement)\n\(text(of: $0))" } ?? statement
  }

  private func text(of insert: InsertStatement) -> String {
    let columns = insert.columns.map {
      " (\($0.map(quotedIdentifierIfNeeded).joined(separator: ", ")))"
    }
    let excluded = insert.excluded.map(quotedIdentifierIfNeeded).joined(separator: ", ")
    let matcher = excluded.isEmpty ? "" : " (* EXCEPT(\(excluded)))"
    let assignments = insert.settings.isEmpty ? "" : "\n\(settings(insert.settings))\n"
    let separator = assignments.isEmpty ? " " : ""
    let source =
      switch insert.source {
      case .values: "VALUES"
      case .format(let format, _): text(of: format)
      case .query(let query): text(of: query, indent: 0)
      }
    return
      "INSERT INTO \(identifiers(insert.table))\(columns ?? matcher)\(assignments)\(separator)\(source)"
  }
}
