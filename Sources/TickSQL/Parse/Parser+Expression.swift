import TickColumns

/// Expressions: precedence climbing over an explicit stack. `Parser+Operand.swift` reads what stands between
/// operators, this file the operators, separators and ends.

extension Parser {
  /// Parses one expression with its alias, adds its size to `weight`.
  mutating func expression(
    _ weight: inout Weight, bareAlias: Bool = false
  ) throws(SQLError) -> Expression {
    let bracketsBefore = openBrackets
    defer { openBrackets = bracketsBefore }
    var stack = ExpressionStack()
    stack.open(.root(bareAlias: bareAlias), at: token.start)
    while true {
      if stack.wantsOperand {
        try operand(&stack)
      } else if try !continues(&stack) {
        break
      }
      while let part = stack.nested {
        stack.nested = nil
        try read(part, &stack)
      }
    }
    try joinElement(&stack)
    let root = stack.operands[0]
    weight.add(root.weight)
    try check(weight)
    return root.expression
  }

  /// Reads what may follow an operand. False at the end of the whole expression.
  private mutating func continues(_ stack: inout ExpressionStack) throws(SQLError) -> Bool {
    if try separator(&stack) { return true }
    if try infix(&stack) { return true }
    if token.kind == .word, try worded(&stack) { return true }
    if try alias(&stack) {
      if case .root = stack.top.kind { return false }
      return true
    }
    if case .root = stack.top.kind { return false }
    throw try unfinishedLayer(&stack)
  }

  /// Why a layer cannot go on with the current token.
  private mutating func unfinishedLayer(
    _ stack: inout ExpressionStack
  ) throws(SQLError) -> SQLError {
    try joinElement(&stack)
    switch stack.top.kind {
    case .parenthesis:
      if token.keyword == .desc || token.keyword == .asc {
        return unsupported("A direction inside of a sorting key")
      }
    case .function(let head):
      if token.keyword == .from || token.keyword == .for {
        return unsupported("\(head.name.uppercased())(... FROM ...)")
      }
    default: break
    }
    return syntaxError()
  }

  // MARK: Separators and ends of layers

  private mutating func separator(_ stack: inout ExpressionStack) throws(SQLError) -> Bool {
    switch stack.top.kind {
    case .root: return false
    case .parenthesis: return try parenthesisSeparator(&stack)
    case .array: return try arraySeparator(&stack)
    case .element:
      guard at(.closeBracket) else { return false }
      try closeElement(&stack)
      return true
    case .function: return try functionSeparator(&stack)
    case .filter:
      guard at(.closeParenthesis) else { return false }
      try closeFilter(&stack)
      return true
    case .cast: return try castSeparator(&stack)
    case .interval:
      guard let unit = IntervalUnitWord.unit(named: lexer.text[token.range]), token.kind == .word
      else {
        note("interval unit")
        return false
      }
      try closeInterval(unit, &stack)
      return true
    case .caseExpression(let hasOperand, let part):
      return try caseSeparator(hasOperand, part, &stack)
    }
  }

  private mutating func parenthesisSeparator(
    _ stack: inout ExpressionStack
  ) throws(SQLError) -> Bool {
    if at(.comma) {
      try joinElement(&stack)
      try advance()
      stack.wantsOperand = true
      // `(a,)` is a tuple of one.
      if token.kind == .closeParenthesis { try closeTuple(&stack) }
      return true
    }
    guard at(.closeParenthesis) else { return false }
    try joinElement(&stack)
    if stack.operands.count - stack.top.operandBase > 1 {
      try closeTuple(&stack)
      return true
    }
    // Brackets around one expression leave no trace in the tree.
    try closeBracket()
    let (_, elements) = stack.closeLayer()
    stack.operands.append(contentsOf: elements)
    stack.wantsOperand = false
    return true
  }

  private mutating func closeTuple(_ stack: inout ExpressionStack) throws(SQLError) {
    try closeBracket()
    let (layer, elements) = stack.closeLayer()
    try push(
      "tuple", Array(elements), layer.start..<layer.start + 1, layer.start..<previousEnd, on: &stack
    )
  }

  private mutating func arraySeparator(_ stack: inout ExpressionStack) throws(SQLError) -> Bool {
    if at(.comma) {
      try joinElement(&stack)
      try advance()
      stack.wantsOperand = true
      return true
    }
    guard at(.closeBracket) else { return false }
    try joinElement(&stack)
    try closeBracket()
    let (layer, elements) = stack.closeLayer()
    try push(
      "array", Array(elements), layer.start..<layer.start + 1, layer.start..<previousEnd, on: &stack
    )
    return true
  }

  /// `a[i]` is `arrayElement(a, i)`.
  private mutating func openElement(_ stack: inout ExpressionStack) throws(SQLError) {
    let value = stack.operands.removeLast()
    try advance()
    try openBracket()
    stack.open(.element, at: value.expression.range.lowerBound)
    stack.operands.append(value)
  }

  private mutating func closeElement(_ stack: inout ExpressionStack) throws(SQLError) {
    try joinElement(&stack)
    let sign = token.range
    try closeBracket()
    let (layer, elements) = stack.closeLayer()
    try push("arrayElement", Array(elements), sign, layer.start..<previousEnd, on: &stack)
  }

  private mutating func functionSeparator(
    _ stack: inout ExpressionStack
  ) throws(SQLError) -> Bool {
    if at(.comma) || atArgumentWord(&stack) {
      try joinElement(&stack)
      try advance()
      stack.wantsOperand = true
      return true
    }
    guard at(.closeParenthesis) else { return false }
    try joinElement(&stack)
    try closeFunction(&stack)
    return true
  }

  private mutating func castSeparator(_ stack: inout ExpressionStack) throws(SQLError) -> Bool {
    if at(.as) {
      try joinElement(&stack)
      try advance()
      let type = try typeName()
      guard at(.closeParenthesis) else { throw syntaxError() }
      try closeBracket()
      try closeCast(to: type.text, typeRange: type.range, &stack)
      return true
    }
    // `CAST(x, 'T')` is a function like any other, in capitals.
    guard at(.comma) else { return false }
    try joinElement(&stack)
    try advance()
    let start = stack.top.start
    stack.layers[stack.layers.count - 1].kind = .function(
      FunctionHead(name: "CAST", nameRange: start..<start + 4, parameters: nil, isDistinct: false))
    stack.wantsOperand = true
    return true
  }

  private mutating func closeCast(
    to type: String, typeRange: SourceRange, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    let (layer, elements) = stack.closeLayer()
    let name = Operand(
      expression: Expression(.literal(.string(Array(type.utf8))), range: typeRange), weight: .leaf)
    try push(
      "CAST", Array(elements) + [name], layer.start..<layer.start + 4, layer.start..<previousEnd,
      on: &stack)
  }

  private mutating func caseSeparator(
    _ hasOperand: Bool, _ part: CasePart, _ stack: inout ExpressionStack
  ) throws(SQLError) -> Bool {
    let next: CasePart
    switch part {
    case .operand where at(.when): next = .when
    case .when where at(.then): next = .then
    case .then where at(.when): next = .when
    case .then where at(.else): next = .otherwise
    case .then where at(.caseEnd), .otherwise where at(.caseEnd):
      try joinElement(&stack)
      try closeCase(hasOperand, isComplete: part == .otherwise, &stack)
      return true
    default: return false
    }
    try joinElement(&stack)
    try advance()
    stack.layers[stack.layers.count - 1].kind = .caseExpression(hasOperand: hasOperand, part: next)
    stack.wantsOperand = true
    return true
  }

  private mutating func closeCase(
    _ hasOperand: Bool, isComplete: Bool, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    let end = token.range
    try closeBracket()
    let (layer, elements) = stack.closeLayer()
    var arguments = Array(elements)
    if !isComplete {
      arguments.append(
        Operand(expression: Expression(.literal(.null), range: end), weight: .leaf))
    }
    try push(
      hasOperand ? "caseWithExpression" : "multiIf", arguments, layer.start..<layer.start + 4,
      layer.start..<end.upperBound, on: &stack)
  }

  private mutating func closeInterval(
    _ unit: IntervalUnit, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    try joinElement(&stack)
    try closeBracket()
    let (layer, elements) = stack.closeLayer()
    try push(
      "toInterval\(unit.rawValue)", Array(elements), layer.start..<layer.start + 8,
      layer.start..<previousEnd, on: &stack)
  }

  /// Takes the token that ends a layer.
  mutating func closeBracket() throws(SQLError) {
    openBrackets -= 1
    try advance()
  }

  /// Takes nothing; counts a layer that was opened.
  mutating func openBracket() throws(SQLError) {
    openBrackets += 1
    if openBrackets > ParserLimits.depthMax { throw tooDeep() }
  }

  // MARK: Operators written as signs

  private mutating func infix(_ stack: inout ExpressionStack) throws(SQLError) -> Bool {
    let operation: (String, Precedence)
    switch token.kind {
    case .plus: operation = ("plus", .additive)
    case .minus: operation = ("minus", .additive)
    case .star: operation = ("multiply", .multiplicative)
    case .slash: operation = ("divide", .multiplicative)
    case .percent: operation = ("modulo", .multiplicative)
    case .equals: operation = ("equals", .comparison)
    case .notEquals: operation = ("notEquals", .comparison)
    case .less: operation = ("less", .comparison)
    case .lessOrEquals: operation = ("lessOrEquals", .comparison)
    case .greater: operation = ("greater", .comparison)
    case .greaterOrEquals: operation = ("greaterOrEquals", .comparison)
    case .nullSafeEquals: operation = ("isNotDistinctFrom", .comparison)
    case .concat: operation = ("concat", .concat)
    case .doubleColon:
      try castOperator(&stack)
      return true
    case .dot:
      try elementOperator(&stack)
      return true
    case .question:
      try conditionalOperator(&stack)
      return true
    case .colon: return try elseOperator(&stack)
    case .openBracket:
      try openElement(&stack)
      return true
    case .arrow:
      try lambdaOperator(&stack)
      return true
    case .matches: operation = ("match", .comparison)
    case .notMatches: operation = ("notMatch", .comparison)
    default: return false
    }
    if operation.1 == .comparison, try quantified(operation.0, &stack) { return true }
    try infix(operation.0, operation.1, merges: token.kind == .concat, &stack)
    return true
  }

  /// `x = ANY (SELECT ...)` is IN, `x != ALL (SELECT ...)` is NOT IN.
  private mutating func quantified(
    _ name: String, _ stack: inout ExpressionStack
  ) throws(SQLError) -> Bool {
    var probe = lexer
    let word = probe.next()
    guard word.keyword == .any || word.keyword == .all, probe.next().kind == .openParenthesis,
      probe.next().keyword == .select
    else { return false }
    let range = token.range
    switch (name, word.keyword) {
    case ("equals", .any): try join(&stack, downTo: .comparison)
    case ("notEquals", .all): try join(&stack, downTo: .comparison)
    default: throw unsupported("\(word.keyword?.rawValue ?? "") of a subquery with this operator")
    }
    try advance()
    stack.push(
      operator: name == "equals" ? "in" : "notIn", .comparison, .infix(merges: false), range)
    try advance()
    return true
  }

  /// `x -> body` takes everything up to the next separator.
  private mutating func lambdaOperator(_ stack: inout ExpressionStack) throws(SQLError) {
    guard let parameters = stack.operands.last, Self.lambdaParameters(parameters.expression) != nil
    else { throw syntaxError(because: "Names must stand before ->") }
    for pending in stack.operators[stack.top.operatorBase...] {
      guard case .lambda = pending.role else {
        throw syntaxError(because: "Names must stand before ->")
      }
    }
    let range = token.range
    try advance()
    stack.push(operator: "lambda", .lowest, .lambda, range)
  }

  private mutating func infix(
    _ name: String, _ precedence: Precedence, merges: Bool, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    let range = token.range
    if merges {
      // Everything tighter is joined first; a chain of the same operator only grows.
      try join(&stack, tighterThan: precedence)
      if stack.operators.count > stack.top.operatorBase, let last = stack.operators.last,
        last.name == name, case .infix(merges: true) = last.role
      {
        stack.operators[stack.operators.count - 1].operandCount += 1
        try advance()
        stack.wantsOperand = true
        return
      }
    }
    try join(&stack, downTo: precedence)
    try advance()
    stack.push(operator: name, precedence, .infix(merges: merges), range)
  }

  private mutating func join(
    _ stack: inout ExpressionStack, tighterThan precedence: Precedence
  ) throws(SQLError) {
    guard let tighter = Precedence(rawValue: precedence.rawValue + 1) else { return }
    try join(&stack, downTo: tighter)
  }

  /// `x::T`. A number or a string before it is cast from its text, as ClickHouse does: nothing is lost to a
  /// double on the way.
  private mutating func castOperator(_ stack: inout ExpressionStack) throws(SQLError) {
    let sign = token.range
    try advance()
    let type = try typeName()
    var operand = stack.operands.removeLast()
    if case .literal(let literal) = operand.expression.kind {
      switch literal {
      case .unsigned, .negative:
        operand.expression.kind = .literal(.string(textWithoutBlanks(operand.expression.range)))
      case .float(let value) where value.isFinite:
        operand.expression.kind = .literal(.string(textWithoutBlanks(operand.expression.range)))
      default: break
      }
    }
    let name = Operand(
      expression: Expression(.literal(.string(Array(type.text.utf8))), range: type.range),
      weight: .leaf)
    let range = operand.expression.range.lowerBound..<type.range.upperBound
    try push("CAST", [operand, name], sign, range, on: &stack)
  }

  private func textWithoutBlanks(_ range: SourceRange) -> [UInt8] {
    lexer.text[range].filter { $0 > 0x20 }
  }

  /// `t.1`, and `f(x).name`; the names of a column are taken by `identifierOperand`.
  private mutating func elementOperator(_ stack: inout ExpressionStack) throws(SQLError) {
    let sign = token.range
    try advance()
    let element: Literal
    let range = token.range
    switch token.kind {
    case .number:
      guard let number = numberLiteral(lexer.text[range], isNegative: false),
        case .unsigned = number
      else { throw syntaxError() }
      element = number
      try advance()
    case .word, .quotedIdentifier: element = .string(Array(try identifier().utf8))
    case .star: throw unsupported("* of an expression")
    default:
      note("identifier")
      note("number")
      throw syntaxError()
    }
    let value = stack.operands.removeLast()
    let name = Operand(expression: Expression(.literal(element), range: range), weight: .leaf)
    try push(
      "tupleElement", [value, name], sign,
      value.expression.range.lowerBound..<range.upperBound, on: &stack)
  }

  private mutating func conditionalOperator(_ stack: inout ExpressionStack) throws(SQLError) {
    try join(&stack, tighterThan: .conditional)
    let range = token.range
    try advance()
    stack.push(operator: "if", .conditional, .conditionalThen, range)
  }

  /// `:` belongs to the innermost `?` of this layer that waits for it.
  private mutating func elseOperator(_ stack: inout ExpressionStack) throws(SQLError) -> Bool {
    try join(&stack, downTo: .lowest)
    guard stack.operators.count > stack.top.operatorBase, let last = stack.operators.last,
      case .conditionalThen = last.role
    else { return false }
    try advance()
    stack.operators[stack.operators.count - 1].role = .conditionalElse
    stack.wantsOperand = true
    return true
  }

  // MARK: Operators written as words

  private mutating func worded(_ stack: inout ExpressionStack) throws(SQLError) -> Bool {
    switch token.keyword {
    case .and: try conjunction(&stack)
    case .or: try infix("or", .or, merges: true, &stack)
    case .div: try infix("intDiv", .multiplicative, merges: false, &stack)
    case .mod: try infix("modulo", .multiplicative, merges: false, &stack)
    case .like: try infix("like", .comparison, merges: false, &stack)
    case .ilike: try infix("ilike", .comparison, merges: false, &stack)
    case .regexp: try infix("match", .comparison, merges: false, &stack)
    case .in: return try inOperator("in", &stack)
    case .between: try betweenOperator(isNegated: false, &stack)
    case .is: try isOperator(&stack)
    case .not: return try notOperator(&stack)
    case .global where peek().keyword == .in || peek().keyword == .not:
      // There is one server, so everything is everywhere.
      try advance()
      let isNegated = try accept(.not)
      return try inOperator(isNegated ? "globalNotIn" : "globalIn", &stack)
    case .escape: throw unsupported("LIKE ... ESCAPE")
    default:
      note("operator")
      return false
    }
    return true
  }

  private mutating func inOperator(
    _ name: String, _ stack: inout ExpressionStack
  ) throws(SQLError) -> Bool {
    if case .function(let head) = stack.top.kind, head.name.lowercased() == "position" {
      try join(&stack, downTo: .comparison)
    }
    if case .function(var head) = stack.top.kind, head.name.lowercased() == "position",
      stack.operands.count == stack.top.operandBase + 1, name == "in"
    {
      try joinElement(&stack)
      (head.name, head.form) = ("position", .reversed(.in))
      stack.layers[stack.layers.count - 1].kind = .function(head)
      try advance()
      stack.wantsOperand = true
      return true
    }
    try infix(name, .comparison, merges: false, &stack)
    return true
  }

  /// NOT before LIKE, ILIKE, IN, BETWEEN.
  private mutating func notOperator(_ stack: inout ExpressionStack) throws(SQLError) -> Bool {
    let next = peek()
    switch next.keyword {
    case .like, .ilike, .in, .between: break
    default: return false
    }
    try advance()
    switch next.keyword {
    case .like: try infix("notLike", .comparison, merges: false, &stack)
    case .ilike: try infix("notILike", .comparison, merges: false, &stack)
    case .in: return try inOperator("notIn", &stack)
    default: try betweenOperator(isNegated: true, &stack)
    }
    return true
  }

  private mutating func betweenOperator(
    isNegated: Bool, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    try join(&stack, downTo: .between)
    let range = token.range
    try advance()
    stack.push(operator: "between", .between, .betweenLower(isNegated: isNegated), range)
  }

  /// AND ends the lower bound of the innermost open BETWEEN of this layer, otherwise it is the operator.
  private mutating func conjunction(_ stack: inout ExpressionStack) throws(SQLError) {
    let base = stack.top.operatorBase
    let marker = stack.operators[base...].last { $0.role.isMarker }
    guard let marker, case .betweenLower(let isNegated) = marker.role else {
      try infix("and", .and, merges: true, &stack)
      return
    }
    try join(&stack, downTo: .lowest)
    try advance()
    stack.operators[stack.operators.count - 1].role = .betweenUpper(isNegated: isNegated)
    stack.wantsOperand = true
  }

  /// IS [NOT] NULL, IS [NOT] TRUE, IS [NOT] FALSE, IS [NOT] DISTINCT FROM.
  private mutating func isOperator(_ stack: inout ExpressionStack) throws(SQLError) {
    try join(&stack, downTo: .isNull)
    let sign = token.range
    try advance()
    let isNegated = try accept(.not)
    if try accept(.distinct) {
      try expect(.from)
      stack.push(
        operator: isNegated ? "isNotDistinctFrom" : "isDistinctFrom", .isNull,
        .infix(merges: false), sign)
      return
    }
    let value = stack.operands.removeLast()
    let start = value.expression.range.lowerBound
    if try accept(.null, or: .unknown) {
      let name = isNegated ? "isNotNull" : "isNull"
      try push(name, [value], sign, start..<previousEnd, on: &stack)
      return
    }
    guard at(.true) || at(.false) else { throw syntaxError() }
    let literal = Operand(
      expression: Expression(.literal(.bool(token.keyword == .true)), range: token.range),
      weight: .leaf)
    try advance()
    try push(
      isNegated ? "isDistinctFrom" : "isNotDistinctFrom", [value, literal], sign,
      start..<previousEnd, on: &stack)
  }

  // MARK: Aliases

  private mutating func alias(_ stack: inout ExpressionStack) throws(SQLError) -> Bool {
    if case .interval = stack.top.kind { return false }
    // `ORDER BY a AS SELECT ...` of CREATE TABLE: the query begins there.
    if token.keyword == .as {
      let next = peek()
      if next.keyword == .select || next.keyword == .with || next.kind == .openParenthesis {
        return false
      }
    }
    if try accept(.as) {
      try attach(alias: try identifier(), &stack)
      return true
    }
    guard case .root(bareAlias: true) = stack.top.kind else { return false }
    note("alias")
    guard
      token.kind == .quotedIdentifier
        || (token.kind == .word && token.keyword?.cannotBeBareAlias != true)
    else { return false }
    try attach(alias: try identifier(), &stack)
    return true
  }

  private mutating func attach(
    alias name: String, _ stack: inout ExpressionStack
  ) throws(SQLError) {
    try joinElement(&stack)
    var operand = stack.operands.removeLast()
    let range = operand.expression.range.lowerBound..<previousEnd
    if case .alias(let inner, _) = operand.expression.kind {
      // `(a AS b) AS c`: an expression has one alias, and the last one counts.
      operand.expression = Expression(.alias(inner, name), range: range)
      stack.operands.append(operand)
      return
    }
    operand.expression = Expression(.alias(operand.expression, name), range: range)
    operand.weight.depth += 1
    operand.weight.size += 1
    try check(operand.weight)
    stack.operands.append(operand)
  }
}
