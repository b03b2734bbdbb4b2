import TickColumns

/// What stands between operators: literals, names, calls, brackets, CASE, INTERVAL, subqueries.

extension Parser {
  /// Reads one operand, or a prefix operator or an opening bracket that an operand follows.
  mutating func operand(_ stack: inout ExpressionStack) throws(SQLError) {
    note("expression")
    switch token.kind {
    case .number: try number(isNegative: false, from: token.start, &stack)
    case .string, .hexString, .binaryString:
      let start = token.start
      let value = try stringLiteral()
      stack.push(.literal(.string(value)), start..<previousEnd)
    case .minus: try minus(&stack)
    case .plus: try advance()
    case .openParenthesis: try parenthesis(&stack)
    case .star:
      let range = token.range
      try advance()
      try refuseTransformers()
      stack.push(.asterisk(qualifier: []), range)
    case .word: try word(&stack)
    case .quotedIdentifier: try identifierOperand(&stack)
    case .openBracket: throw unsupported("An array literal [...]")
    case .openBrace where peek().kind == .word: throw unsupported("A query parameter {name:Type}")
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
    if at(.select), Self.startsOperand(peek()) || peek().keyword == .distinct {
      stack.subqueryStart = start
    } else if at(.with), Self.startsOperand(peek()) {
      throw unsupported("WITH")
    } else if token.kind == .closeParenthesis {
      try advance()
      try push("tuple", [], start..<start + 1, start..<previousEnd, on: &stack)
    } else {
      try openBracket()
      stack.open(.parenthesis, at: start)
    }
  }

  /// The SELECT behind the bracket that `parenthesis` has taken.
  mutating func subquery(_ stack: inout ExpressionStack) throws(SQLError) {
    let draft = try nestedSelect()
    try pushSubquery(draft, &stack)
  }

  private mutating func pushSubquery(
    _ draft: SelectDraft, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    let start = stack.subqueryStart ?? draft.select.range.lowerBound
    stack.subqueryStart = nil
    try refuseSetOperations()
    try expect(.closeParenthesis)
    var weight = draft.weight
    weight.depth += 1
    try check(weight)
    stack.push(.subquery(draft.select), start..<previousEnd, weight)
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
    case .case where Self.startsOperand(peek()) || peek().kind == .minus:
      try openCase(&stack)
    case .interval where intervalFollows: try openInterval(&stack)
    case .cast where peek().kind == .openParenthesis:
      try advance()
      try advance()
      try openBracket()
      stack.open(.cast, at: range.lowerBound)
    case .date where peek().kind == .string: try typedLiteral("toDate", &stack)
    case .timestamp where peek().kind == .string: try typedLiteral("toDateTime", &stack)
    case .exists where peek().kind == .openParenthesis: throw unsupported("EXISTS (subquery)")
    case .columns where peek().kind == .openParenthesis: throw unsupported("COLUMNS(...)")
    case .from where peek().kind != .dot && peek().kind != .openParenthesis:
      // ClickHouse takes the word for a column here; nobody means that.
      throw syntaxError()
    default: try identifierOperand(&stack)
    }
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
    case .number, .string, .hexString, .binaryString, .quotedIdentifier, .openParenthesis, .star,
      .minus, .openBracket, .openBrace:
      return token.kind != .minus
    case .word:
      guard let keyword = token.keyword else { return true }
      return keyword == .not || keyword == .when || !keyword.continuesAfterExpression
    default: return false
    }
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
    if parts.count > 2, parts.count % 2 == 0 {
      throw unsupported("INTERVAL of several units", at: text.start)
    }
    guard parts.count == 2, let number = Int64(String(decoding: parts[0], as: UTF8.self)),
      let unit = IntervalUnitWord.unit(named: parts[1])
    else {
      throw SQLError(
        .syntaxError, "INTERVAL text must be a number and a unit, for example '5 minute'",
        at: text.start)
    }
    let literal = number < 0 ? Literal.negative(number) : .unsigned(UInt64(number))
    let operand = Operand(
      expression: Expression(.literal(literal), range: text.range), weight: .leaf)
    try push(
      "toInterval\(unit.rawValue)", [operand], word, word.lowerBound..<previousEnd, on: &stack)
    return true
  }

  // MARK: Names and calls

  private mutating func identifierOperand(_ stack: inout ExpressionStack) throws(SQLError) {
    let start = token.start
    if peek().kind == .openParenthesis {
      try openFunction(&stack)
      return
    }
    var parts = [try identifier()]
    while token.kind == .dot {
      let next = peek()
      if next.kind == .star {
        try advance()
        try advance()
        try refuseTransformers()
        stack.push(.asterisk(qualifier: parts), start..<previousEnd)
        return
      }
      guard next.kind == .word || next.kind == .quotedIdentifier else { break }
      try advance()
      parts.append(try identifier())
      guard parts.count <= ParserLimits.depthMax else { throw tooDeep() }
    }
    stack.push(.identifier(parts), start..<previousEnd)
  }

  /// `* EXCEPT (...)`, `* REPLACE (...)`, `* APPLY (...)`.
  private mutating func refuseTransformers() throws(SQLError) {
    switch token.keyword {
    case .except, .replace, .apply: throw unsupported("* \(token.keyword?.rawValue ?? "")")
    default: break
    }
  }

  private mutating func openFunction(_ stack: inout ExpressionStack) throws(SQLError) {
    let range = token.range
    let name = try identifier()
    let head = FunctionHead(name: name, nameRange: range, parameters: nil, isDistinct: false)
    try openArguments(of: head, from: range.lowerBound, &stack)
  }

  private mutating func openArguments(
    of head: FunctionHead, from start: Int, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    var head = head
    try advance()
    try openBracket()
    if at(.distinct), Self.startsOperand(peek()) || peek().kind == .minus {
      try advance()
      head.isDistinct = true
    } else if token.keyword == .all, Self.startsOperand(peek()) {
      try advance()
    }
    if at(.select), Self.startsOperand(peek()) {
      throw unsupported("A query as argument of \(head.name)")
    }
    switch token.keyword {
    case .both, .leading, .trailing:
      if head.name.lowercased() == "trim" { throw unsupported("TRIM(... FROM ...)") }
    default: break
    }
    stack.open(.function(head), at: start)
    if token.kind == .closeParenthesis, !head.isDistinct { try closeFunction(&stack) }
  }

  /// At the `)` of a call: what follows may turn the arguments into parameters or add a filter.
  mutating func closeFunction(_ stack: inout ExpressionStack) throws(SQLError) {
    try closeBracket()
    let (layer, elements) = stack.closeLayer()
    guard case .function(let head) = layer.kind else {
      preconditionFailure("closeFunction is called on a function's layer")
    }
    if token.kind == .openParenthesis, head.parameters == nil {
      guard !head.isDistinct else { throw syntaxError() }
      var parametric = head
      parametric.parameters = Array(elements)
      try openArguments(of: parametric, from: layer.start, &stack)
      return
    }
    var call = Call(
      head.name, parameters: head.parameters?.map(\.expression), elements.map(\.expression),
      isDistinct: head.isDistinct, nameRange: head.nameRange)
    call.name = call.name.uppercased() == "CAST" ? "CAST" : call.name
    let weight = try weight(of: (head.parameters ?? []) + elements)
    stack.push(.call(call), layer.start..<previousEnd, weight)
    try afterCall(&stack)
  }

  private mutating func afterCall(_ stack: inout ExpressionStack) throws(SQLError) {
    switch token.keyword {
    case .over where Self.mayStartName(peek()) || peek().kind == .openParenthesis:
      throw unsupported("OVER")
    case .ignore, .respect:
      if peek().keyword == .nulls {
        throw unsupported("\(token.keyword?.rawValue ?? "") NULLS")
      }
    case .filter where peek().kind == .openParenthesis: try openFilter(&stack)
    default: break
    }
  }

  /// `sum(x) FILTER (WHERE c)` is `sumIf(x, c)`.
  private mutating func openFilter(_ stack: inout ExpressionStack) throws(SQLError) {
    let aggregate = stack.operands.removeLast()
    try advance()
    try advance()
    try openBracket()
    try expect(.where)
    stack.open(.filter, at: aggregate.expression.range.lowerBound)
    stack.operands.append(aggregate)
  }

  mutating func closeFilter(_ stack: inout ExpressionStack) throws(SQLError) {
    try joinElement(&stack)
    try closeBracket()
    let (layer, elements) = stack.closeLayer()
    guard let aggregate = elements.first, let condition = elements.last,
      case .call(var call) = aggregate.expression.kind
    else { preconditionFailure("a filter's layer holds a call and its condition") }
    // ClickHouse's combinators stack in this order: sumDistinctIf.
    call.name += call.isDistinct ? "DistinctIf" : "If"
    call.isDistinct = false
    call.arguments.append(condition.expression)
    var weight = aggregate.weight
    weight.add(condition.weight)
    try check(weight)
    stack.push(.call(call), layer.start..<previousEnd, weight)
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
