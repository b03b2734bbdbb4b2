import TickColumns

/// Windows: `OVER w`, `OVER (PARTITION BY ... ORDER BY ... ROWS ...)`, `WINDOW w AS (...)`.

extension Parser {
  /// `WINDOW w AS (...), v AS (...)`.
  mutating func windowClause(into draft: SelectDraft) throws(SQLError) {
    try expect(.window)
    repeat {
      let start = token.start
      let name = try identifier()
      try expect(.as)
      let window = try windowDefinition(&draft.weight)
      draft.select.windows.append(
        NamedWindow(name: name, window: window, range: start..<previousEnd))
    } while try accept(.comma)
  }

  /// What stands behind OVER. Recursive through its expressions, which is why the depth is counted.
  mutating func windowReference(_ weight: inout Weight) throws(SQLError) -> WindowReference {
    guard at(.openParenthesis) else { return .named(try identifier()) }
    return .defined(try windowDefinition(&weight))
  }

  private mutating func windowDefinition(
    _ weight: inout Weight
  ) throws(SQLError) -> WindowDefinition {
    try enterNested()
    defer { openSelects -= 1 }
    let start = token.start
    try expect(.openParenthesis)
    var window = WindowDefinition(range: start..<start)
    if Self.mayStartName(token), !startsWindowClause { window.parent = try identifier() }
    if try accept(.partition, .by) { window.partitionBy = try windowKeys(&weight) }
    if try accept(.order, .by) { window.orderBy = try windowOrder(&weight) }
    window.frame = try windowFrame(&weight)
    try expect(.closeParenthesis)
    window.range = start..<previousEnd
    return window
  }

  private mutating func windowKeys(_ weight: inout Weight) throws(SQLError) -> [Expression] {
    var keys: [Expression] = []
    repeat { keys.append(try expression(&weight)) } while try accept(.comma)
    return keys
  }

  private mutating func windowOrder(_ weight: inout Weight) throws(SQLError) -> [OrderItem] {
    var order: [OrderItem] = []
    repeat { order.append(try orderItem(&weight)) } while try accept(.comma)
    return order
  }

  private var startsWindowClause: Bool {
    switch token.keyword {
    case .partition, .order: peek().keyword == .by
    case .rows, .range, .groups: true
    default: false
    }
  }

  private mutating func windowFrame(_ weight: inout Weight) throws(SQLError) -> WindowFrame? {
    let start = token.start
    let unit: WindowFrame.Unit
    switch token.keyword {
    case .rows: unit = .rows
    case .range: unit = .range
    case .groups: unit = .groups
    default:
      note("ROWS")
      note("RANGE")
      return nil
    }
    try advance()
    let lower: WindowFrame.Bound
    var upper = WindowFrame.Bound.currentRow
    if try accept(.between) {
      lower = try frameBound(&weight)
      try expect(.and)
      upper = try frameBound(&weight)
    } else {
      lower = try frameBound(&weight)
    }
    return WindowFrame(unit: unit, start: lower, end: upper, range: start..<previousEnd)
  }

  private mutating func frameBound(_ weight: inout Weight) throws(SQLError) -> WindowFrame.Bound {
    if try accept(.current, .row) { return .currentRow }
    if try accept(.unbounded) {
      if try accept(.preceding) { return .unboundedPreceding }
      try expect(.following)
      return .unboundedFollowing
    }
    let offset = try expression(&weight)
    if try accept(.preceding) { return .preceding(offset) }
    try expect(.following)
    return .following(offset)
  }

  /// Enters a rule that expressions reach again through themselves; the caller counts `openSelects` down again.
  mutating func enterNested() throws(SQLError) {
    guard openSelects < ParserLimits.subqueryDepthMax else {
      throw SQLError(
        .tooDeepRecursion,
        "Too deep windows or transformers: they nest at most \(ParserLimits.subqueryDepthMax) deep",
        at: token.start)
    }
    openSelects += 1
  }
}
