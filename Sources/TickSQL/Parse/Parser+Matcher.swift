import TickColumns

/// `*`, `t.*`, `COLUMNS(...)` and their transformers EXCEPT, REPLACE and APPLY.

extension Parser {
  /// Puts a matcher on the stack; transformers that follow are read by recursion.
  mutating func pushMatcher(
    _ matcher: ColumnMatcher, _ range: SourceRange, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    stack.push(.matcher(matcher), range)
    if atTransformer { stack.nested = .transformers }
  }

  /// `COLUMNS('re')`, `COLUMNS(a, b)`.
  mutating func columnsMatcher(
    _ qualifier: [String], from start: Int? = nil, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    let start = start ?? token.start
    try advance()
    try expect(.openParenthesis)
    let selection: ColumnMatcher.Selection
    if token.kind == .string {
      selection = .pattern(try textLiteral())
    } else {
      var names: [String] = []
      repeat { names.append(try identifier()) } while try accept(.comma)
      selection = .list(names)
    }
    try expect(.closeParenthesis)
    try pushMatcher(
      ColumnMatcher(qualifier: qualifier, selection: selection), start..<previousEnd, &stack)
  }

  /// EXCEPT may also be the operator between two queries.
  private var atTransformer: Bool {
    switch token.keyword {
    case .apply, .replace: return true
    case .except:
      var probe = lexer
      var next = probe.next()
      while next.kind == .openParenthesis { next = probe.next() }
      switch next.keyword {
      case .select, .all, .distinct, .with: return false
      default: return true
      }
    default: return false
    }
  }

  mutating func readTransformers(_ stack: inout ExpressionStack) throws(SQLError) {
    try enterNested()
    defer { openSelects -= 1 }
    let operand = stack.operands.removeLast()
    var weight = operand.weight
    var list: [ColumnTransformer] = []
    while atTransformer {
      list.append(try transformer(&weight))
      weight.size += 1
    }
    try check(weight)
    guard case .matcher(var matcher) = operand.expression.kind else {
      preconditionFailure("transformers are read behind a matcher only")
    }
    matcher.transformers += list
    stack.push(.matcher(matcher), operand.expression.range.lowerBound..<previousEnd, weight)
  }

  private mutating func transformer(_ weight: inout Weight) throws(SQLError) -> ColumnTransformer {
    if try accept(.except) { return try exceptColumns() }
    if try accept(.replace) { return try replaceColumns(&weight) }
    try expect(.apply)
    return try applied(&weight)
  }

  private mutating func exceptColumns() throws(SQLError) -> ColumnTransformer {
    let isStrict = try accept(.strict)
    guard try accept(.openParenthesis) else {
      return .except([try identifier()], isStrict: isStrict)
    }
    if token.kind == .string {
      let pattern = try textLiteral()
      try expect(.closeParenthesis)
      return .exceptPattern(pattern)
    }
    var names: [String] = []
    repeat { names.append(try identifier()) } while try accept(.comma)
    try expect(.closeParenthesis)
    return .except(names, isStrict: isStrict)
  }

  private mutating func replaceColumns(_ weight: inout Weight) throws(SQLError)
    -> ColumnTransformer
  {
    let isStrict = try accept(.strict)
    let hasBracket = try accept(.openParenthesis)
    var columns: [(expression: Expression, name: String)] = []
    while true {
      let item = try expression(&weight)
      guard case .alias(let inner, let name) = item.kind else {
        note("AS")
        throw syntaxError()
      }
      columns.append((inner, name))
      guard hasBracket else { break }
      guard try accept(.comma) else { break }
    }
    if hasBracket { try expect(.closeParenthesis) }
    return .replace(columns, isStrict: isStrict)
  }

  /// `APPLY f`, `APPLY(f)`, `APPLY(quantile(0.9))`, `APPLY(x -> x + 1)`.
  private mutating func applied(_ weight: inout Weight) throws(SQLError) -> ColumnTransformer {
    let hasBracket = try accept(.openParenthesis)
    if !hasBracket, peek().kind != .openParenthesis {
      return .apply(try identifier(), parameters: nil)
    }
    let place = token.start
    let function = try expression(&weight)
    if hasBracket { try expect(.closeParenthesis) }
    switch function.kind {
    case .identifier(let parts) where parts.count == 1: return .apply(parts[0], parameters: nil)
    case .call(let call)
    where call.parameters == nil && !call.isDistinct && call.over == nil:
      return .apply(call.name, parameters: call.arguments)
    case .lambda(let parameters, let body) where parameters.count == 1:
      return .applyLambda(parameter: parameters[0], body: body)
    default:
      throw SQLError(
        .syntaxError, "Syntax error: APPLY takes a function's name or a lambda of one parameter",
        at: place)
    }
  }
}
