import TickColumns

/// Queries: WITH, set operations and their brackets, and what stands behind the last SELECT.
///
/// Brackets and operators go over an explicit stack of frames, so any text of brackets costs memory within
/// `ParserLimits` and only a SELECT inside of a SELECT recurses.

extension Parser {
  /// A query as a statement, with FORMAT and SETTINGS at its end in either order.
  mutating func topQuery() throws(SQLError) -> QueryStatement {
    let start = token.start
    let draft = try nestedQuery()
    var query = draft.query
    while true {
      if at(.into) { throw unsupported("INTO OUTFILE") }
      if at(.format) {
        guard query.format == nil else { throw syntaxError() }
        query.format = try formatClause()
      } else if at(.settings) {
        query.settings += try settings()
      } else {
        break
      }
    }
    query.range = start..<previousEnd
    return query
  }

  /// A query up to its own SETTINGS, perhaps inside of another one. This and `nestedSelect` are the recursive rule,
  /// so what they need lies in the draft and their frames stay small.
  mutating func nestedQuery() throws(SQLError) -> QueryDraft {
    let draft = QueryDraft(from: token.start)
    let bracketsBefore = openBrackets
    defer { openBrackets = bracketsBefore }
    try openQueryBrackets(draft)
    try nestedSelect(into: draft)
    try readBranches(of: draft)
    return draft
  }

  /// Everything behind the first branch.
  mutating func readBranches(of draft: QueryDraft) throws(SQLError) {
    while try anotherBranch(draft) {
      try openQueryBrackets(draft)
      try nestedSelect(into: draft)
    }
    draft.query.range = draft.query.range.lowerBound..<previousEnd
  }

  /// True where a query begins, perhaps in brackets of its own.
  mutating func atQuery() -> Bool {
    if token.kind == .openParenthesis {
      var probe = lexer
      while true {
        let next = probe.next()
        if next.kind == .openParenthesis { continue }
        return next.keyword == .select && Self.startsSelectList(probe)
          || next.keyword == .with && Self.operandFollows(probe)
      }
    }
    if at(.select) { return Self.startsSelectList(lexer) }
    if at(.with) { return operandFollows }
    return false
  }

  /// SELECT is a keyword where an expression, DISTINCT or a sign that begins one follows.
  private static func startsSelectList(_ lexer: Lexer) -> Bool {
    var probe = lexer
    let token = probe.next()
    return operandFollows(lexer) || token.kind == .minus || token.kind == .plus
      || token.keyword == .distinct || token.keyword == .top
  }

  // MARK: Set operations

  private mutating func openQueryBrackets(_ draft: QueryDraft) throws(SQLError) {
    while try accept(.openParenthesis) {
      openBrackets += 1
      if openBrackets > ParserLimits.depthMax { throw tooDeep() }
      draft.frames.append(QueryDraft.Frame())
    }
  }

  /// Behind a branch: an operator, or the ends of brackets and then an operator. False at the end of the query.
  private mutating func anotherBranch(_ draft: QueryDraft) throws(SQLError) -> Bool {
    while true {
      if let operation = try setOperator() {
        draft.frames[draft.frames.count - 1].operators.append(operation)
        draft.weight.size += 1
        return true
      }
      let body = try joined(draft.frames.removeLast())
      if draft.frames.isEmpty {
        draft.query.body = body
        return false
      }
      try expect(.closeParenthesis)
      openBrackets -= 1
      draft.frames[draft.frames.count - 1].branches.append(body)
    }
  }

  private mutating func setOperator() throws(SQLError) -> SetOperator? {
    let word = token.keyword
    guard at(.union) || at(.except) || at(.intersect) else { return nil }
    try advance()
    let isDistinct = try accept(.distinct)
    let isAll = isDistinct ? false : try accept(.all)
    return switch word {
    case .union: isDistinct ? .unionDistinct : isAll ? .unionAll : .union
    case .intersect: isDistinct ? .intersectDistinct : .intersectAll
    default: isDistinct ? .exceptDistinct : .exceptAll
    }
  }

  /// The branches of a bracket as a tree: INTERSECT first, then from left to right; runs of one operator are one
  /// node.
  private func joined(_ frame: QueryDraft.Frame) throws(SQLError) -> QueryBody {
    var branches = [frame.branches[0]]
    var operators: [SetOperator] = []
    for (operation, branch) in zip(frame.operators, frame.branches.dropFirst()) {
      if operation.isIntersect {
        branches.append(Self.combined(branches.removeLast(), operation, branch))
      } else {
        operators.append(operation)
        branches.append(branch)
      }
    }
    var body = branches[0]
    var changes = 0
    for (i, operation) in operators.enumerated() {
      if i > 0, operators[i - 1] != operation { changes += 1 }
      body = Self.combined(body, operation, branches[i + 1], isChain: i > 0)
    }
    if changes > ParserLimits.subqueryDepthMax {
      throw SQLError(
        .tooDeepRecursion,
        "Too deep set operations: their kinds alternate at most \(ParserLimits.subqueryDepthMax) times",
        at: token.start)
    }
    return body
  }

  private static func combined(
    _ left: QueryBody, _ operation: SetOperator, _ right: QueryBody, isChain: Bool = true
  ) -> QueryBody {
    if isChain, case .combination(operation, let branches) = left {
      return .combination(operation, branches + [right])
    }
    return .combination(operation, [left, right])
  }

  // MARK: WITH

  /// `WITH 1 AS x, t AS (SELECT ...)`.
  mutating func withClause(into draft: SelectDraft) throws(SQLError) {
    try expect(.with)
    if token.kind == .word, at(.recursive), Self.mayStartName(peek()) {
      throw unsupported("WITH RECURSIVE")
    }
    repeat {
      if Self.mayStartName(token), peek().keyword == .as, queryFollowsAs() {
        let name = try identifier()
        try advance()
        if at(.materialized) { throw unsupported("A materialized WITH") }
        try withQuery(named: name, into: draft)
        continue
      }
      let item = try expression(&draft.weight)
      guard case .alias(let expression, let name) = item.kind else { throw syntaxError() }
      draft.select.with.append(.expression(expression, name: name))
    } while try accept(.comma)
  }

  private mutating func withQuery(
    named name: String, into draft: SelectDraft
  ) throws(SQLError) {
    try expect(.openParenthesis)
    let inner = try nestedQuery()
    try expect(.closeParenthesis)
    draft.weight.add(inner.weight)
    draft.select.with.append(.query(inner.query, name: name))
  }

  /// At a name with AS behind it: true for `name AS (SELECT`, false for `name AS other`.
  private func queryFollowsAs() -> Bool {
    var probe = lexer
    _ = probe.next()
    if probe.next().kind != .openParenthesis { return false }
    while true {
      let next = probe.next()
      if next.kind == .openParenthesis { continue }
      return next.keyword == .select || next.keyword == .with
    }
  }
}

/// A query in the making. A class, so that the frames of the recursion hold a pointer and not the tree.
final class QueryDraft {
  /// Branches and operators of one bracket.
  struct Frame {
    var branches: [QueryBody] = []
    var operators: [SetOperator] = []
  }
  var query: QueryStatement
  var weight = Weight.leaf
  /// Of the open brackets; the first one is the query itself.
  var frames = [Frame()]

  /// Makes a finished query the first branch of a longer one.
  func reopen() {
    frames = [Frame(branches: [query.body])]
  }

  init(from start: Int) {
    let none = SelectStatement(items: [], range: start..<start)
    query = QueryStatement(body: .select(none), range: start..<start)
  }
}
