import TickColumns

/// What stands between operators: literals, names, calls, brackets, CASE, INTERVAL, subqueries.

extension Parser {
  /// Reads one operand, or a prefix operator or an opening bracket that an operand follows.
  mutating func operand(_ stack: inout ExpressionStack) throws(SQLError) {
    note("expression")
    switch token.kind {
    case .number: try number(isNegative: false, from: token.start, &stack)
    case .string, .hexString, .binaryString, .heredoc:
      let start = token.start
      let value = try stringLiteral()
      stack.push(.literal(.string(value)), start..<previousEnd)
    case .minus: try minus(&stack)
    case .plus: try advance()
    case .openParenthesis: try parenthesis(&stack)
    case .star:
      let range = token.range
      try advance()
      try pushMatcher(ColumnMatcher(), range, &stack)
    case .word: try word(&stack)
    case .quotedIdentifier: try identifierOperand(&stack)
    case .openBracket: try openArray(&stack)
    case .openBrace where peek().kind == .word:
      if atIdentifierParameter { try identifierOperand(&stack) } else { try parameter(&stack) }
    default: throw syntaxError()
    }
  }

  // MARK: Numbers and signs

  private mutating func number(
    isNegative: Bool, from start: Int, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    guard let literal = numberLiteral(lexer.text[token.range], isNegative: isNegative) else {
      throw syntaxError(because: "Number is out of range")
    }
    try advance()
    stack.push(.literal(literal), start..<previousEnd)
  }

  /// `-1` is one literal, `-x` a call.
  private mutating func minus(_ stack: inout ExpressionStack) throws(SQLError) {
    let range = token.range
    try advance()
    if token.kind == .number {
      try number(isNegative: true, from: range.lowerBound, &stack)
    } else if token.keyword == .inf, peek().kind != .openParenthesis {
      try advance()
      stack.push(.literal(.float(-.infinity)), range.lowerBound..<previousEnd)
    } else {
      stack.push(operator: "negate", .negate, .prefix, range)
    }
  }

  // MARK: Brackets

  private mutating func parenthesis(_ stack: inout ExpressionStack) throws(SQLError) {
    let start = token.start
    try advance()
    if token.kind != .openParenthesis, atQuery() {
      stack.nested = .query(start: start, function: nil)
    } else if token.kind == .closeParenthesis {
      try advance()
      try push("tuple", [], start..<start + 1, start..<previousEnd, on: &stack)
    } else {
      try openBracket()
      stack.open(.parenthesis, at: start)
    }
  }

  /// `[a, b]`, `[]`.
  private mutating func openArray(_ stack: inout ExpressionStack) throws(SQLError) {
    let start = token.start
    try advance()
    if token.kind == .closeBracket {
      try advance()
      try push("array", [], start..<start + 1, start..<previousEnd, on: &stack)
      return
    }
    try openBracket()
    stack.open(.array, at: start)
  }

  // MARK: What is read by recursion

  mutating func read(_ part: NestedPart, _ stack: inout ExpressionStack) throws(SQLError) {
    switch part {
    case .query(let start, let function): try readQuery(from: start, function, &stack)
    case .continued(let draft, let start):
      try readBranches(of: draft)
      try push(draft, from: start, nil, &stack)
    case .window: try readWindow(&stack)
    case .transformers: try readTransformers(&stack)
    }
  }

  private mutating func readQuery(
    from start: Int, _ function: String?, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    let inner = try nestedQuery()
    try push(inner, from: start, function, &stack)
  }

  private mutating func push(
    _ inner: QueryDraft, from start: Int, _ function: String?, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    try expect(.closeParenthesis)
    var weight = inner.weight
    weight.depth += 1
    try check(weight)
    stack.push(.subquery(inner.query), start..<previousEnd, weight)
    if at(.union) || at(.except) || at(.intersect), case .parenthesis = stack.top.kind,
      stack.operands.count == stack.top.operandBase + 1
    {
      // The bracket held the first branch of a query, not an expression.
      let layer = stack.closeLayer().layer
      openBrackets -= 1
      inner.reopen()
      stack.nested = .continued(inner, start: layer.start)
      return
    }
    guard let function else { return }
    let argument = stack.operands.removeLast()
    try push(
      function, [argument], start..<start + function.utf8.count, start..<previousEnd, on: &stack)
  }

  private mutating func readWindow(_ stack: inout ExpressionStack) throws(SQLError) {
    var operand = stack.operands.removeLast()
    let over = try windowReference(&operand.weight)
    guard case .call(var call) = operand.expression.kind else {
      preconditionFailure("OVER is read behind a call only")
    }
    call.over = over
    operand.weight.depth += 1
    try check(operand.weight)
    let range = operand.expression.range.lowerBound..<previousEnd
    stack.push(.call(call), range, operand.weight)
  }

  // MARK: Words

  private mutating func word(_ stack: inout ExpressionStack) throws(SQLError) {
    let range = token.range
    switch token.keyword {
    case .null: try constant(.null, &stack)
    case .true: try constant(.bool(true), &stack)
    case .false: try constant(.bool(false), &stack)
    case .nan: try constant(.float(.nan), &stack)
    case .inf: try constant(.float(.infinity), &stack)
    case .not:
      try advance()
      stack.push(operator: "not", .not, .prefix, range)
    case .case where operandFollows || peek().kind == .minus:
      try openCase(&stack)
    case .interval where intervalFollows: try openInterval(&stack)
    case .cast where peek().kind == .openParenthesis:
      try advance()
      try advance()
      try openBracket()
      stack.open(.cast, at: range.lowerBound)
    case .date where peek().kind == .string: try typedLiteral("toDate", &stack)
    case .timestamp where peek().kind == .string: try typedLiteral("toDateTime", &stack)
    case .exists where queryFollowsBracket:
      try advance()
      try advance()
      stack.nested = .query(start: range.lowerBound, function: "exists")
    case .columns where peek().kind == .openParenthesis: try columnsMatcher([], &stack)
    case .from where peek().kind != .dot && peek().kind != .openParenthesis:
      // ClickHouse takes the word for a column here; nobody means that.
      throw syntaxError()
    default: try identifierOperand(&stack)
    }
  }

  private var queryFollowsBracket: Bool {
    var probe = lexer
    guard probe.next().kind == .openParenthesis else { return false }
    let word = probe.next().keyword
    return word == .select || word == .with
  }

  private mutating func constant(
    _ literal: Literal, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    if peek().kind == .openParenthesis {
      try identifierOperand(&stack)
      return
    }
    let range = token.range
    try advance()
    stack.push(.literal(literal), range)
  }

  /// `DATE '2024-01-01'`.
  private mutating func typedLiteral(
    _ function: String, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    let name = token.range
    try advance()
    let text = token.range
    let value = try stringLiteral()
    let operand = Operand(
      expression: Expression(.literal(.string(value)), range: text), weight: .leaf)
    try push(function, [operand], name, name.lowerBound..<text.upperBound, on: &stack)
  }

  /// True for a token that begins an operand for sure; words that go on with a clause do not.
  static func startsOperand(_ token: Token) -> Bool {
    switch token.kind {
    case .number, .string, .hexString, .binaryString, .heredoc, .quotedIdentifier, .openParenthesis,
      .star,
      .minus, .openBracket, .openBrace:
      return token.kind != .minus
    case .word:
      guard let keyword = token.keyword else { return true }
      // `any(x)` is a function far more often than ANY begins a join.
      return keyword == .not || keyword == .when || keyword == .any
        || !keyword.continuesAfterExpression
    default: return false
    }
  }

  /// True where an operand for sure begins behind the current token.
  var operandFollows: Bool { Self.operandFollows(lexer) }

  /// The same behind what `lexer` has read: `or(a, b)` is an operand, too, and the text of trees is full of it.
  static func operandFollows(_ lexer: Lexer) -> Bool {
    var probe = lexer
    let token = probe.next()
    if startsOperand(token) { return true }
    return token.keyword?.isFunctionName == true && probe.next().kind == .openParenthesis
  }

  /// A word followed by this is a name, whatever else it means.
  static func continuesName(_ token: Token) -> Bool {
    token.kind == .dot || token.kind == .openParenthesis
  }

  // MARK: CASE and INTERVAL

  private mutating func openCase(_ stack: inout ExpressionStack) throws(SQLError) {
    let start = token.start
    try advance()
    try openBracket()
    let hasOperand = try !accept(.when)
    stack.open(
      .caseExpression(hasOperand: hasOperand, part: hasOperand ? .operand : .when), at: start)
  }

  /// INTERVAL is a column's name unless an operand follows; behind a minus a number and a unit must.
  private var intervalFollows: Bool {
    var probe = lexer
    let next = probe.next()
    guard next.kind == .minus else { return Self.startsOperand(next) && next.kind != .star }
    let number = probe.next()
    let unit = probe.next()
    if number.kind == .openParenthesis { return false }
    return IntervalUnitWord.unit(named: lexer.text[unit.range]) != nil
  }

  private mutating func openInterval(_ stack: inout ExpressionStack) throws(SQLError) {
    let start = token.start
    let next = peek()
    if next.kind == .string, try intervalText(&stack) { return }
    try advance()
    try openBracket()
    stack.open(.interval, at: start)
  }

  /// `INTERVAL '5 minute'`: number and unit in one text. False when the unit follows the text.
  private mutating func intervalText(_ stack: inout ExpressionStack) throws(SQLError) -> Bool {
    var probe = lexer
    let text = probe.next()
    let unit = probe.next()
    if unit.kind == .word, IntervalUnitWord.unit(named: lexer.text[unit.range]) != nil {
      return false
    }
    let word = token.range
    try advance()
    let bytes = try stringLiteral()
    let parts = bytes.split { $0 <= 0x20 }
    var intervals: [Operand] = []
    guard !parts.isEmpty, parts.count % 2 == 0 else { throw wrongInterval(text) }
    for i in stride(from: 0, to: parts.count, by: 2) {
      guard let number = Int64(String(decoding: parts[i], as: UTF8.self)),
        let unit = IntervalUnitWord.unit(named: parts[i + 1])
      else { throw wrongInterval(text) }
      let literal = number < 0 ? Literal.negative(number) : .unsigned(UInt64(number))
      let operand = Operand(
        expression: Expression(.literal(literal), range: text.range), weight: .leaf)
      intervals.append(
        try call(
          "toInterval\(unit.rawValue)", [operand], word, word.lowerBound..<previousEnd))
    }
    if intervals.count == 1 {
      stack.operands.append(intervals[0])
      stack.wantsOperand = false
    } else {
      try push("tuple", intervals, word, word.lowerBound..<previousEnd, on: &stack)
    }
    return true
  }

  private func wrongInterval(_ text: Token) -> SQLError {
    SQLError(
      .syntaxError, "INTERVAL text must be numbers and units, for example '5 minute'",
      at: text.start)
  }
}

/// The words for units behind INTERVAL: singular, plural, and ClickHouse's short forms.
enum IntervalUnitWord {
  static func unit(named word: ArraySlice<UInt8>) -> IntervalUnit? {
    guard word.count <= 19 else { return nil }
    return units[String(decoding: word, as: UTF8.self).lowercased()]
  }

  private static let units: [String: IntervalUnit] = {
    var units: [String: IntervalUnit] = [
      "ns": .nanosecond, "ms": .millisecond, "ss": .second, "s": .second,
      "mi": .minute, "n": .minute, "hh": .hour, "h": .hour, "dd": .day, "d": .day, "wk": .week,
      "ww": .week, "mm": .month, "m": .month, "qq": .quarter, "q": .quarter,
      "yyyy": .year, "yy": .year,
    ]
    for unit in IntervalUnit.allCases {
      let name = unit.rawValue.lowercased()
      units[name] = unit
      units["\(name)s"] = unit
      units["sql_tsi_\(name)"] = unit
    }
    return units
  }()
}
