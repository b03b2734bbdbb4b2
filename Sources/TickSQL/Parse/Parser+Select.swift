import TickColumns

/// SELECT, clause by clause in the order of ClickHouse. FROM has a file of its own.

extension Parser {
  /// A SELECT up to its own SETTINGS, with its WITH; it becomes the next branch of the query.
  mutating func nestedSelect(into query: QueryDraft) throws(SQLError) {
    guard openSelects < ParserLimits.subqueryDepthMax else { throw tooManySubqueries() }
    openSelects += 1
    defer { openSelects -= 1 }
    let draft = SelectDraft(from: token.start)
    if at(.with) { try withClause(into: draft) }
    let startsWithFrom = at(.from)
    // ClickHouse takes FROM in front as well.
    if startsWithFrom { try fromClause(into: draft) }
    try expect(.select)
    try selectList(into: draft)
    if !startsWithFrom, at(.from) { try fromClause(into: draft) }
    try filterClauses(into: draft)
    try orderClauses(into: draft)
    try finish(draft, of: query)
  }

  private mutating func finish(_ draft: SelectDraft, of query: QueryDraft) throws(SQLError) {
    if at(.settings) { query.query.settings += try settings() }
    draft.select.range = draft.select.range.lowerBound..<previousEnd
    query.frames[query.frames.count - 1].branches.append(.select(draft.select))
    query.weight.add(draft.weight)
    try check(query.weight)
  }

  private func tooManySubqueries() -> SQLError {
    SQLError(
      .tooDeepRecursion,
      "Too deep subqueries: SELECTs nest at most \(ParserLimits.subqueryDepthMax) deep",
      at: token.start)
  }

  // MARK: The list

  private mutating func selectList(into draft: SelectDraft) throws(SQLError) {
    if at(.distinct) {
      try advance()
      if at(.on), peek().kind == .openParenthesis {
        try advance()
        draft.select.distinct = .on(try expressionList(&draft.weight))
      } else {
        draft.select.distinct = .rows
      }
    } else if at(.all), operandFollows {
      try advance()
    }
    if at(.top), peek().kind == .number { try topClause(into: draft) }
    repeat {
      if !draft.select.items.isEmpty, endsSelectList { break }
      draft.select.items.append(SelectItem(try expression(&draft.weight, bareAlias: true)))
    } while try accept(.comma)
  }

  /// `TOP n` is `LIMIT n` in front.
  private mutating func topClause(into draft: SelectDraft) throws(SQLError) {
    try advance()
    let range = token.range
    guard let number = numberLiteral(lexer.text[range], isNegative: false) else {
      throw syntaxError(because: "Number is out of range")
    }
    try advance()
    draft.select.limit = Expression(.literal(number), range: range)
    draft.select.withTies = try accept(.with, .ties)
  }

  /// A comma may stand behind the last item.
  private var endsSelectList: Bool {
    switch token.kind {
    case .end, .closeParenthesis, .semicolon: true
    default: token.keyword == .from
    }
  }

  /// `(a, b)`: at least one expression in brackets.
  mutating func expressionList(_ weight: inout Weight) throws(SQLError) -> [Expression] {
    try expect(.openParenthesis)
    var list: [Expression] = []
    repeat { list.append(try expression(&weight)) } while try accept(.comma)
    try expect(.closeParenthesis)
    return list
  }

  // MARK: WHERE to QUALIFY

  private mutating func filterClauses(into draft: SelectDraft) throws(SQLError) {
    if try accept(.prewhere) { draft.select.prewhere = try expression(&draft.weight) }
    if try accept(.where) { draft.select.filter = try expression(&draft.weight) }
    if at(.group), peek().keyword == .by { try groupByClause(into: draft) }
    if try accept(.with, .totals) { draft.select.withTotals = true }
    if try accept(.having) { draft.select.having = try expression(&draft.weight) }
    if at(.window), Self.mayStartName(peek()) { try windowClause(into: draft) }
    if try accept(.qualify) { draft.select.qualify = try expression(&draft.weight) }
  }

  private mutating func groupByClause(into draft: SelectDraft) throws(SQLError) {
    let start = token.start
    guard try accept(.group, .by) else { throw syntaxError() }
    var clause = GroupByClause(keys: .all, range: start..<start)
    if at(.all), !Self.continuesName(peek()) {
      try advance()
    } else if at(.grouping), peek().keyword == .sets {
      try advance()
      try advance()
      clause.keys = .groupingSets(try groupingSets(&draft.weight))
    } else if at(.rollup) || at(.cube), peek().kind == .openParenthesis {
      clause.modifier = token.keyword == .rollup ? .rollup : .cube
      try advance()
      clause.keys = .list(try expressionList(&draft.weight))
    } else {
      var keys: [Expression] = []
      repeat { keys.append(try expression(&draft.weight)) } while try accept(.comma)
      clause.keys = .list(keys)
    }
    while at(.with) {
      switch peek().keyword {
      case .totals where !draft.select.withTotals: draft.select.withTotals = true
      case .rollup where clause.modifier == nil: clause.modifier = .rollup
      case .cube where clause.modifier == nil: clause.modifier = .cube
      default: throw syntaxError()
      }
      try advance()
      try advance()
    }
    clause.range = start..<previousEnd
    draft.select.groupBy = clause
  }

  /// `((a, b), (a), ())`; one key may stand without brackets.
  private mutating func groupingSets(_ weight: inout Weight) throws(SQLError) -> [[Expression]] {
    try expect(.openParenthesis)
    var sets: [[Expression]] = []
    repeat {
      let set = try expression(&weight)
      if case .call(let call) = set.kind, call.name == "tuple", call.parameters == nil {
        sets.append(call.arguments)
      } else {
        sets.append([set])
      }
    } while try accept(.comma)
    try expect(.closeParenthesis)
    return sets
  }

  // MARK: ORDER BY

  private mutating func orderClauses(into draft: SelectDraft) throws(SQLError) {
    if try accept(.order, .by) {
      if at(.all), !Self.continuesName(peek()) {
        let word = token.range
        try advance()
        draft.select.orderByAll = try direction(
          of: OrderItem(Expression(.identifier(["ALL"]), range: word)), &draft.weight)
      } else {
        repeat {
          draft.select.orderBy.append(try orderItem(&draft.weight))
        } while try accept(
          .comma)
      }
      if at(.interpolate) { try interpolateClause(into: draft) }
    }
    try limitClauses(into: draft)
  }

  mutating func orderItem(_ weight: inout Weight) throws(SQLError) -> OrderItem {
    try direction(of: OrderItem(try expression(&weight)), &weight)
  }

  private mutating func direction(
    of plain: OrderItem, _ weight: inout Weight
  ) throws(SQLError) -> OrderItem {
    var item = plain
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
    if at(.with), peek().keyword == .fill { item.fill = try fillClause(&weight) }
    return item
  }

  private mutating func fillClause(_ weight: inout Weight) throws(SQLError) -> FillClause {
    let start = token.start
    try advance()
    try advance()
    var fill = FillClause(range: start..<start)
    if try accept(.from) { fill.from = try expression(&weight) }
    if try accept(.to) { fill.to = try expression(&weight) }
    if try accept(.step) { fill.step = try expression(&weight) }
    if try accept(.staleness) { fill.staleness = try expression(&weight) }
    fill.range = start..<previousEnd
    return fill
  }

  private mutating func interpolateClause(into draft: SelectDraft) throws(SQLError) {
    let start = token.start
    try advance()
    var columns: [(name: String, expression: Expression?)]?
    if try accept(.openParenthesis) {
      columns = []
      while !at(.closeParenthesis) {
        if columns?.isEmpty == false { try expect(.comma) }
        let name = try identifier()
        var value: Expression?
        if try accept(.as) { value = try expression(&draft.weight) }
        columns?.append((name, value))
      }
      try advance()
    }
    draft.select.interpolate = InterpolateClause(columns: columns, range: start..<previousEnd)
  }

  // MARK: LIMIT

  private mutating func limitClauses(into draft: SelectDraft) throws(SQLError) {
    if try accept(.limit) {
      var limit = try expression(&draft.weight)
      var offset: Expression?
      if try accept(.comma) {
        offset = limit
        limit = try expression(&draft.weight)
      } else if try accept(.offset) {
        offset = try expression(&draft.weight)
      }
      if at(.by) {
        if case .on = draft.select.distinct {
          throw syntaxError(because: "Can not use DISTINCT ON alongside LIMIT BY")
        }
        try advance()
        try limitByKeys(limit, offset, into: draft)
        guard try accept(.limit) else {
          try offsetAlone(into: draft)
          return
        }
        offset = nil
        limit = try expression(&draft.weight)
        if try accept(.comma) {
          offset = limit
          limit = try expression(&draft.weight)
        } else if try accept(.offset) {
          offset = try expression(&draft.weight)
        }
      }
      guard draft.select.limit == nil else {
        throw SQLError(
          .topAndLimitTogether, "Can not use TOP and LIMIT together", at: limit.range.lowerBound)
      }
      draft.select.limit = limit
      draft.select.offset = offset
      draft.select.withTies = try accept(.with, .ties)
    } else {
      try offsetAlone(into: draft)
    }
  }

  private mutating func limitByKeys(
    _ limit: Expression, _ offset: Expression?, into draft: SelectDraft
  ) throws(SQLError) {
    var keys: [Expression]?
    if at(.all), !Self.continuesName(peek()) {
      try advance()
    } else {
      var list: [Expression] = []
      repeat { list.append(try expression(&draft.weight)) } while try accept(.comma)
      keys = list
    }
    draft.select.limitBy = LimitByClause(limit: limit, offset: offset, keys: keys)
  }

  /// `OFFSET m ROWS FETCH FIRST n ROWS ONLY | WITH TIES`.
  private mutating func offsetAlone(into draft: SelectDraft) throws(SQLError) {
    if try accept(.offset) {
      draft.select.offset = try expression(&draft.weight)
      guard try accept(.row, or: .rows) else { return }
    }
    guard at(.fetch) else { return }
    guard draft.select.limit == nil else { throw syntaxError() }
    try advance()
    guard try accept(.first, or: .next) else { throw syntaxError() }
    draft.select.limit = try expression(&draft.weight)
    guard try accept(.row, or: .rows) else { throw syntaxError() }
    if try accept(.only) { return }
    guard try accept(.with, .ties) else { throw syntaxError() }
    draft.select.withTies = true
  }

  // MARK: SETTINGS

  /// `SETTINGS a = 1, b = 'x'`; a name alone means true.
  mutating func settings() throws(SQLError) -> [SettingAssignment] {
    try expect(.settings)
    return try settingList()
  }

  /// `a = 1, b = 'x', c = DEFAULT, d`.
  mutating func settingList() throws(SQLError) -> [SettingAssignment] {
    var settings: [SettingAssignment] = []
    repeat {
      let start = token.start
      let name = try identifier()
      let value = try accept(.equals) ? try settingValue() : "true"
      settings.append(SettingAssignment(name: name, value: value, range: start..<previousEnd))
    } while try accept(.comma)
    return settings
  }

  /// Nil for DEFAULT.
  private mutating func settingValue() throws(SQLError) -> String? {
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
    case .word where token.keyword == .default:
      try advance()
      return nil
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
