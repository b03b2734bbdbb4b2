import TickColumns

/// Names, calls and their tails: FILTER, IGNORE NULLS, OVER; and calls whose arguments are written in words.

extension Parser {
  mutating func identifierOperand(_ stack: inout ExpressionStack) throws(SQLError) {
    let start = token.start
    if peek().kind == .openParenthesis, token.kind != .openBrace {
      try openFunction(&stack)
      return
    }
    var parts = [try identifier()]
    while token.kind == .dot {
      let next = peek()
      if next.kind == .star {
        try advance()
        try advance()
        try pushMatcher(ColumnMatcher(qualifier: parts), start..<previousEnd, &stack)
        return
      }
      guard next.kind == .word || next.kind == .quotedIdentifier || next.kind == .openBrace else {
        break
      }
      try advance()
      if at(.columns), peek().kind == .openParenthesis {
        try columnsMatcher(parts, from: start, &stack)
        return
      }
      parts.append(try identifier())
      guard parts.count <= ParserLimits.depthMax else { throw tooDeep() }
    }
    stack.push(.identifier(parts), start..<previousEnd)
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
    if at(.distinct), operandFollows || peek().kind == .minus {
      try advance()
      head.isDistinct = true
    } else if token.keyword == .all, operandFollows {
      try advance()
    }
    if at(.select), operandFollows {
      throw unsupported("A query as argument of \(head.name)")
    }
    let unit = try wordedForm(&head)
    stack.open(.function(head), at: start)
    if let unit {
      stack.operands.append(unit)
      stack.wantsOperand = true
    }
    if token.kind == .closeParenthesis, !head.isDistinct { try closeFunction(&stack) }
  }

  // MARK: Arguments in words

  /// Takes the words that begin the arguments of some functions; gives the operand that one of them stands for.
  private mutating func wordedForm(_ head: inout FunctionHead) throws(SQLError) -> Operand? {
    switch head.name.lowercased() {
    case "substring", "substr", "mid": head.form = .substring
    case "ltrim": head.name = "trimLeft"
    case "rtrim": head.name = "trimRight"
    case "trim":
      head.name = "trimBoth"
      switch token.keyword {
      case .both: head.form = .reversed(.from)
      case .leading: (head.name, head.form) = ("trimLeft", .reversed(.from))
      case .trailing: (head.name, head.form) = ("trimRight", .reversed(.from))
      default: return nil
      }
      try advance()
    case "extract":
      guard token.kind == .word, peek().keyword == .from else { return nil }
      let word = token
      guard let unit = IntervalUnitWord.unit(named: lexer.text[word.range]),
        let function = Self.extractFunctions[unit]
      else {
        throw unsupported(
          "EXTRACT(\(String(decoding: lexer.text[word.range], as: UTF8.self)) FROM ...)")
      }
      head.name = function
      try advance()
      try advance()
    case "date_add", "dateadd", "timestampadd", "timestamp_add": try intervalForm("plus", &head)
    case "date_sub", "datesub", "timestampsub", "timestamp_sub": try intervalForm("minus", &head)
    case "datediff", "date_diff", "timestampdiff", "timestamp_diff":
      guard let unit = unitBeforeComma else { return nil }
      head.name = "dateDiff"
      let range = token.range
      try advance()
      try advance()
      return Operand(
        expression: Expression(
          .literal(.string(Array(unit.rawValue.lowercased().utf8))), range: range), weight: .leaf)
    default: break
    }
    return nil
  }

  private static let extractFunctions: [IntervalUnit: String] = [
    .second: "toSecond", .minute: "toMinute", .hour: "toHour", .day: "toDayOfMonth",
    .month: "toMonth", .quarter: "toQuarter", .year: "toYear",
  ]

  private mutating func intervalForm(
    _ operation: String, _ head: inout FunctionHead
  ) throws(SQLError) {
    guard let unit = unitBeforeComma else {
      head.name = operation
      return
    }
    head.form = .interval(operation: operation, unit)
    try advance()
    try advance()
  }

  private var unitBeforeComma: IntervalUnit? {
    guard token.kind == .word, peek().kind == .comma else { return nil }
    return IntervalUnitWord.unit(named: lexer.text[token.range])
  }

  /// True at a word that stands for a comma here.
  mutating func atArgumentWord(_ stack: inout ExpressionStack) -> Bool {
    guard case .function(var head) = stack.top.kind, token.kind == .word else { return false }
    switch head.form {
    case .substring:
      guard token.keyword == .from || token.keyword == .for else { return false }
      head.name = "substring"
      stack.layers[stack.layers.count - 1].kind = .function(head)
      return true
    case .reversed(let word): return token.keyword == word && word != .in
    case .list, .interval: return false
    }
  }

  // MARK: Ends of calls

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
    if case .interval(let operation, let unit) = head.form {
      try closeInterval(operation, unit, head, Array(elements), layer.start..<previousEnd, &stack)
      return
    }
    var arguments = elements.map(\.expression)
    if case .reversed = head.form { arguments.reverse() }
    var call = Call(
      head.name, parameters: head.parameters?.map(\.expression), arguments,
      isDistinct: head.isDistinct, nameRange: head.nameRange)
    if let name = Self.renamed[call.name.uppercased()] { call.name = name }
    let weight = try weight(of: (head.parameters ?? []) + elements)
    stack.push(.call(call), layer.start..<previousEnd, weight)
    try afterCall(&stack)
  }

  /// Functions that ClickHouse's parser renames, in whatever case they are written.
  private static let renamed = [
    "CAST": "CAST", "POSITION": "position", "DATEDIFF": "dateDiff", "DATE_DIFF": "dateDiff",
    "TIMESTAMPDIFF": "dateDiff", "TIMESTAMP_DIFF": "dateDiff",
  ]

  /// `DATE_ADD(DAY, n, t)` is `plus(t, toIntervalDay(n))`.
  private mutating func closeInterval(
    _ operation: String, _ unit: IntervalUnit, _ head: FunctionHead, _ arguments: [Operand],
    _ range: SourceRange, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    guard arguments.count == 2 else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch, "\(head.name) takes a unit, a number and a time",
        at: head.nameRange.lowerBound)
    }
    let interval = try call(
      "toInterval\(unit.rawValue)", [arguments[0]], head.nameRange, arguments[0].expression.range)
    try push(operation, [arguments[1], interval], head.nameRange, range, on: &stack)
  }

  private mutating func afterCall(_ stack: inout ExpressionStack) throws(SQLError) {
    if at(.ignore) || at(.respect), peek().keyword == .nulls {
      let treatment: Call.NullTreatment = token.keyword == .ignore ? .ignore : .respect
      try advance()
      try advance()
      change(&stack) { $0.nulls = treatment }
    }
    if at(.filter), peek().kind == .openParenthesis {
      try openFilter(&stack)
      return
    }
    let next = peek()
    if at(.over),
      next.kind == .openParenthesis || next.kind == .quotedIdentifier
        || (next.kind == .word && next.keyword?.cannotBeBareAlias != true)
    {
      try advance()
      stack.nested = .window
    }
  }

  private func change(_ stack: inout ExpressionStack, _ body: (inout Call) -> Void) {
    var operand = stack.operands.removeLast()
    if case .call(var call) = operand.expression.kind {
      body(&call)
      operand.expression = Expression(
        .call(call), range: operand.expression.range.lowerBound..<previousEnd)
    }
    stack.operands.append(operand)
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
    if call.name.lowercased() == "count", call.arguments.count == 1,
      case .matcher(let matcher) = call.arguments[0].kind, matcher.isPlain
    {
      call.arguments = []
    }
    call.name += call.isDistinct ? "DistinctIf" : "If"
    call.isDistinct = false
    call.arguments.append(condition.expression)
    var weight = aggregate.weight
    weight.add(condition.weight)
    try check(weight)
    stack.push(.call(call), layer.start..<previousEnd, weight)
    try afterCall(&stack)
  }
}
