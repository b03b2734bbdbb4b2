import TickColumns

/// SELECT, clause by clause in the order of ClickHouse.

extension Parser {
  /// A SELECT as a statement, perhaps in parentheses, with FORMAT and SETTINGS at its end in either order.
  mutating func topSelect() throws(SQLError) -> SelectStatement {
    let start = token.start
    var parentheses = 0
    while try accept(.openParenthesis) {
      parentheses += 1
      if parentheses > ParserLimits.depthMax { throw tooDeep() }
    }
    var select = try nestedSelect().select
    try closeParentheses(parentheses)
    while true {
      if at(.into) { throw unsupported("INTO OUTFILE") }
      if at(.format) {
        guard select.format == nil else { throw syntaxError() }
        select.format = try formatClause()
      } else if at(.settings) {
        select.settings += try settings()
      } else {
        break
      }
    }
    select.range = start..<previousEnd
    return select
  }

  private mutating func closeParentheses(_ count: Int) throws(SQLError) {
    for _ in 0..<count {
      try refuseSetOperations()
      try expect(.closeParenthesis)
    }
    try refuseSetOperations()
  }

  mutating func refuseSetOperations() throws(SQLError) {
    if at(.union) || at(.except) || at(.intersect) {
      throw unsupported(token.keyword?.rawValue ?? "")
    }
  }

  /// A SELECT up to its own SETTINGS. The one recursive rule; the depth is bounded before it is entered.
  mutating func nestedSelect() throws(SQLError) -> SelectDraft {
    guard openSelects < ParserLimits.subqueryDepthMax else { throw tooManySubqueries() }
    openSelects += 1
    defer { openSelects -= 1 }
    if at(.with) { throw unsupported("WITH") }
    if at(.from) { throw unsupported("FROM before SELECT") }
    let draft = SelectDraft(from: token.start)
    try expect(.select)
    try selectList(into: draft)
    if try accept(.from) { try fromClause(into: draft) }
    try filterClauses(into: draft)
    try orderClauses(into: draft)
    try finish(draft)
    return draft
  }

  private mutating func finish(_ draft: SelectDraft) throws(SQLError) {
    if at(.settings) { draft.select.settings = try settings() }
    try refuseSetOperations()
    draft.select.range = draft.select.range.lowerBound..<previousEnd
    try check(draft.weight)
  }

  private func tooManySubqueries() -> SQLError {
    SQLError(
      .tooDeepRecursion,
      "Too deep subqueries: SELECTs nest at most \(ParserLimits.subqueryDepthMax) deep",
      at: token.start)
  }

  // MARK: Clauses

  private mutating func selectList(
    into draft: SelectDraft
  ) throws(SQLError) {
    if at(.distinct) {
      if peek().keyword == .on { throw unsupported("DISTINCT ON") }
      try advance()
      draft.select.isDistinct = true
    } else if at(.all), Self.startsOperand(peek()) {
      try advance()
    }
    if at(.top), peek().kind == .number { throw unsupported("TOP") }
    repeat {
      if !draft.select.items.isEmpty, endsSelectList { break }
      draft.select.items.append(SelectItem(try expression(&draft.weight, bareAlias: true)))
    } while try accept(.comma)
  }

  /// A comma may stand behind the last item.
  private var endsSelectList: Bool {
    switch token.kind {
    case .end, .closeParenthesis, .semicolon: true
    default: token.keyword == .from
    }
  }

  private mutating func fromClause(
    into draft: SelectDraft
  ) throws(SQLError) {
    try tableExpression(into: draft)
    switch token.keyword {
    case .final, .sample, .stream: throw unsupported(token.keyword?.rawValue ?? "")
    case .array: throw unsupported("ARRAY JOIN")
    case .left where peek().keyword == .array: throw unsupported("LEFT ARRAY JOIN")
    case .join, .inner, .left, .right, .full, .cross, .paste, .natural, .global, .local, .any, .all,
      .asof, .semi, .anti, .only:
      throw unsupported("JOIN")
    default: break
    }
    if at(.comma) { throw unsupported("A join by comma") }
  }

  private mutating func filterClauses(
    into draft: SelectDraft
  ) throws(SQLError) {
    if at(.prewhere) { throw unsupported("PREWHERE") }
    if try accept(.where) { draft.select.filter = try expression(&draft.weight) }
    if try accept(.group, .by) {
      switch token.keyword {
      case .all where !Self.continuesName(peek()): throw unsupported("GROUP BY ALL")
      case .grouping, .rollup, .cube:
        throw unsupported("GROUP BY \(token.keyword?.rawValue ?? "")")
      default: break
      }
      repeat { draft.select.groupBy.append(try expression(&draft.weight)) } while try accept(.comma)
    }
    if at(.with) {
      let next = peek()
      switch next.keyword {
      case .totals, .rollup, .cube:
        throw unsupported("WITH \(next.keyword?.rawValue ?? "")")
      default: break
      }
    }
    if try accept(.having) { draft.select.having = try expression(&draft.weight) }
    if at(.window) || at(.qualify) { throw unsupported(token.keyword?.rawValue ?? "") }
  }

  private mutating func orderClauses(
    into draft: SelectDraft
  ) throws(SQLError) {
    if try accept(.order, .by) {
      if token.keyword == .all, !Self.continuesName(peek()) { throw unsupported("ORDER BY ALL") }
      repeat { draft.select.orderBy.append(try orderItem(&draft.weight)) } while try accept(.comma)
      if at(.interpolate) { throw unsupported("INTERPOLATE") }
    }
    try limitClauses(into: draft)
  }

  private mutating func orderItem(_ weight: inout Weight) throws(SQLError) -> OrderItem {
    var item = OrderItem(try expression(&weight))
    if try accept(.desc, or: .descending) {
      item.isDescending = true
    } else {
      _ = try accept(.asc, or: .ascending)
    }
    if try accept(.nulls) {
      if try accept(.first) {
        item.nullsFirst = true
      } else {
        try expect(.last)
        item.nullsFirst = false
      }
    }
    if at(.collate) { throw unsupported("COLLATE") }
    if at(.with), peek().keyword == .fill { throw unsupported("WITH FILL") }
    return item
  }

  private mutating func limitClauses(
    into draft: SelectDraft
  ) throws(SQLError) {
    if try accept(.limit) {
      let first = try expression(&draft.weight)
      if try accept(.comma) {
        draft.select.offset = first
        draft.select.limit = try expression(&draft.weight)
      } else {
        draft.select.limit = first
      }
      if draft.select.offset == nil, try accept(.offset) {
        draft.select.offset = try expression(&draft.weight)
      }
      if at(.by) { throw unsupported("LIMIT BY") }
      if at(.with), peek().keyword == .ties { throw unsupported("WITH TIES") }
      if at(.limit) { throw unsupported("LIMIT BY") }
    } else if try accept(.offset) {
      draft.select.offset = try expression(&draft.weight)
      _ = try accept(.row, or: .rows)
    }
    if at(.fetch) { throw unsupported("FETCH") }
  }

  // MARK: FROM

  private mutating func tableExpression(into draft: SelectDraft) throws(SQLError) {
    if at(.openParenthesis) {
      try fromSubquery(into: draft)
    } else {
      try tableOrFunction(into: draft)
    }
  }

  private mutating func tableOrFunction(into draft: SelectDraft) throws(SQLError) {
    note("table")
    note("table function")
    note("subquery")
    let start = token.start
    guard token.kind == .word || token.kind == .quotedIdentifier else {
      if token.kind == .string { throw unsupported("A table's name in quotes of a string") }
      if token.kind == .openBrace { throw unsupported("A query parameter {name:Type}") }
      throw syntaxError()
    }
    let name = try qualifiedName()
    guard name.database == nil, at(.openParenthesis) else {
      draft.select.from = .table(name, alias: try tableAlias())
      return
    }
    let arguments = try tableFunctionArguments(&draft.weight)
    let range = start..<previousEnd
    draft.select.from = .function(
      name: name.name, arguments: arguments, alias: try tableAlias(), range: range)
  }

  private mutating func fromSubquery(into draft: SelectDraft) throws(SQLError) {
    var parentheses = 0
    while try accept(.openParenthesis) {
      parentheses += 1
      if parentheses > ParserLimits.depthMax { throw tooDeep() }
    }
    let inner = try nestedSelect()
    draft.weight.add(inner.weight)
    try closeParentheses(parentheses)
    draft.select.from = .subquery(inner.select, alias: try tableAlias())
  }

  private mutating func tableFunctionArguments(
    _ weight: inout Weight
  ) throws(SQLError) -> [Expression] {
    try expect(.openParenthesis)
    var arguments: [Expression] = []
    if try accept(.closeParenthesis) { return arguments }
    if at(.select) { throw unsupported("A query as argument of a table function") }
    repeat { arguments.append(try expression(&weight)) } while try accept(.comma)
    try expect(.closeParenthesis)
    return arguments
  }

  private mutating func tableAlias() throws(SQLError) -> String? {
    let alias: String
    if try accept(.as) {
      alias = try identifier()
    } else if token.kind == .quotedIdentifier
      || (token.kind == .word && token.keyword?.cannotBeBareAlias != true)
    {
      alias = try identifier()
    } else {
      note("alias")
      return nil
    }
    if at(.openParenthesis) { throw unsupported("A list of column aliases") }
    return alias
  }

  // MARK: SETTINGS

  /// `SETTINGS a = 1, b = 'x'`; a name alone means true.
  mutating func settings() throws(SQLError) -> [SettingAssignment] {
    try expect(.settings)
    var settings: [SettingAssignment] = []
    repeat {
      let start = token.start
      let name = try identifier()
      let value = try accept(.equals) ? try settingValue() : "true"
      settings.append(SettingAssignment(name: name, value: value, range: start..<previousEnd))
    } while try accept(.comma)
    return settings
  }

  private mutating func settingValue() throws(SQLError) -> String {
    switch token.kind {
    case .string, .hexString, .binaryString: return try textLiteral()
    case .openBrace, .openBracket: throw unsupported("A setting with a map or an array")
    case .minus, .number:
      let isNegative = try accept(.minus)
      guard at(.number) else { throw syntaxError() }
      let text = String(decoding: lexer.text[token.range], as: UTF8.self)
      try advance()
      return isNegative ? "-\(text)" : text
    case .word where token.keyword == .true || token.keyword == .false:
      let value = token.keyword == .true ? "true" : "false"
      try advance()
      return value
    case .word where token.keyword == .default: throw unsupported("SETTINGS name = DEFAULT")
    default:
      note("literal")
      throw syntaxError()
    }
  }
}

/// A SELECT in the making. A class, so that the frames of the recursion hold a pointer and not the statement.
final class SelectDraft {
  var select: SelectStatement
  var weight = Weight.leaf

  init(from start: Int) {
    select = SelectStatement(items: [], range: start..<start)
  }
}
