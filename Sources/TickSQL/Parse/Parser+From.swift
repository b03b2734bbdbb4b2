import TickColumns

/// FROM: tables, table functions, subqueries, and the joins between them, from left to right.

extension Parser {
  mutating func fromClause(into draft: SelectDraft) throws(SQLError) {
    try expect(.from)
    let first = try tableExpression(into: draft)
    try joins(of: first, into: draft)
  }

  private mutating func joins(
    of first: TableExpression, into draft: SelectDraft
  ) throws(SQLError) {
    var from = first
    var joins = 0
    while true {
      let start = token.start
      if let isLeft = try acceptArrayJoin() {
        var columns: [Expression] = []
        repeat {
          columns.append(try expression(&draft.weight, bareAlias: true))
        } while try accept(.comma)
        from = .arrayJoin(from, isLeft: isLeft, columns, range: start..<previousEnd)
      } else if try accept(.comma) {
        from = .join(
          JoinExpression(
            left: from, right: try tableExpression(into: draft), kind: .comma, strictness: .all,
            condition: .none, range: start..<start + 1))
      } else if let words = try joinWords() {
        let range = start..<previousEnd
        let right = try tableExpression(into: draft)
        let condition = try joinCondition(words, into: draft)
        from = .join(
          JoinExpression(
            left: from, right: right, kind: words.kind, strictness: words.strictness ?? .all,
            condition: condition, range: range))
      } else {
        break
      }
      joins += 1
      draft.weight.size += 1
      // The tree of joins leans to the left; everything that walks it recurses.
      guard joins <= ParserLimits.joinsMax else {
        throw SQLError(
          .tooBigAst, "Too many joins: FROM has at most \(ParserLimits.joinsMax)", at: start)
      }
    }
    draft.select.from = from
  }

  // MARK: Joins

  private struct JoinWords {
    var kind = JoinExpression.Kind.inner
    var strictness: JoinExpression.Strictness?
  }

  /// `[LEFT] ARRAY JOIN`: whether LEFT stands before it, nil when it is something else.
  private mutating func acceptArrayJoin() throws(SQLError) -> Bool? {
    if try accept(.array, .join) { return false }
    guard token.keyword == .left, peek().keyword == .array else { return nil }
    try advance()
    guard try accept(.array, .join) else { throw syntaxError() }
    return true
  }

  /// The words up to JOIN. Kind and strictness come in either order: `LEFT ANY JOIN`, `ANY LEFT JOIN`.
  private mutating func joinWords() throws(SQLError) -> JoinWords? {
    var words = JoinWords()
    var kind: JoinExpression.Kind?
    let start = token
    if at(.global), joinGoesOn() { throw unsupported("GLOBAL JOIN") }
    if at(.local), joinGoesOn() { throw unsupported("LOCAL JOIN") }
    if at(.natural), joinGoesOn() { throw unsupported("NATURAL JOIN") }
    while true {
      switch token.keyword {
      case .inner where kind == nil: kind = .inner
      case .left where kind == nil: kind = .left
      case .right where kind == nil: kind = .right
      case .full where kind == nil: kind = .full
      case .cross where kind == nil: kind = .cross
      case .paste where kind == nil: kind = .paste
      case .outer where kind != nil: break
      case .any where words.strictness == nil: words.strictness = .any
      case .all where words.strictness == nil: words.strictness = .all
      case .asof where words.strictness == nil: words.strictness = .asof
      case .semi where words.strictness == nil: words.strictness = .semi
      case .anti where words.strictness == nil: words.strictness = .anti
      case .join:
        try advance()
        words.kind = kind ?? .inner
        return words
      default:
        note("JOIN")
        guard token.start == start.start else { throw syntaxError() }
        return nil
      }
      try advance()
    }
  }

  private func joinGoesOn() -> Bool {
    switch peek().keyword {
    case .join, .inner, .left, .right, .full, .cross, .any, .all, .asof, .semi, .anti: true
    default: false
    }
  }

  private mutating func joinCondition(
    _ words: JoinWords, into draft: SelectDraft
  ) throws(SQLError) -> JoinExpression.Condition {
    if words.kind == .cross || words.kind == .paste { return .none }
    if try accept(.using) {
      if token.kind == .openParenthesis { return .using(try expressionList(&draft.weight)) }
      var columns: [Expression] = []
      repeat { columns.append(try expression(&draft.weight)) } while try accept(.comma)
      return .using(columns)
    }
    guard try accept(.on) else { throw syntaxError() }
    return .on(try expression(&draft.weight))
  }

  // MARK: Tables

  mutating func tableExpression(into draft: SelectDraft) throws(SQLError) -> TableExpression {
    if at(.openParenthesis) { return try fromSubquery(into: draft) }
    if token.kind == .word, peek().kind == .openParenthesis, viewFollows {
      try advance()
      return try fromSubquery(into: draft)
    }
    return try tableOrFunction(into: draft)
  }

  private mutating func tableOrFunction(into draft: SelectDraft) throws(SQLError) -> TableExpression
  {
    note("table")
    note("table function")
    note("subquery")
    let start = token.start
    guard token.kind == .word || token.kind == .quotedIdentifier || token.kind == .openBrace else {
      if token.kind == .string { throw unsupported("A table's name in quotes of a string") }
      throw syntaxError()
    }
    let name = try qualifiedName()
    guard name.database == nil, at(.openParenthesis) else {
      var modifiers = TableModifiers()
      var alias = try tableAlias()
      if at(.stream) { throw unsupported("STREAM") }
      modifiers.isFinal = try accept(.final)
      if try accept(.sample) {
        modifiers.sample = try expression(&draft.weight)
        if try accept(.offset) { modifiers.sampleOffset = try expression(&draft.weight) }
      }
      if alias == nil { alias = try tableAlias() }
      return .table(name, alias: alias, modifiers)
    }
    let arguments = try tableFunctionArguments(&draft.weight)
    let range = start..<previousEnd
    return .function(
      name: name.name, arguments: arguments, alias: try tableAlias(), range: range)
  }

  /// `view(SELECT ...)` is a subquery.
  private var viewFollows: Bool {
    guard String(decoding: lexer.text[token.range], as: UTF8.self).lowercased() == "view" else {
      return false
    }
    var probe = lexer
    _ = probe.next()
    return probe.next().keyword == .select
  }

  private mutating func fromSubquery(into draft: SelectDraft) throws(SQLError) -> TableExpression {
    try expect(.openParenthesis)
    let inner = try nestedQuery()
    draft.weight.add(inner.weight)
    try expect(.closeParenthesis)
    return .subquery(inner.query, alias: try tableAlias())
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
      || (token.kind == .word && token.keyword?.cannotBeBareAlias != true
        // `FROM t SELECT a`.
        && token.keyword != .select)
    {
      alias = try identifier()
    } else {
      note("alias")
      return nil
    }
    if at(.openParenthesis) { throw unsupported("A list of column aliases") }
    return alias
  }
}
