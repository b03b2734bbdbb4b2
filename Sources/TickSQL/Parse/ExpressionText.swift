/// Expressions as text: the names of columns without an alias, and the SQL of EXPLAIN SYNTAX and SHOW CREATE.
///
/// One writer with three styles, over an explicit stack: a tree may be as deep as `ParserLimits` allows.
struct ExpressionText {
  enum Style {
    /// What ClickHouse calls the column: calls, no quotes around names, an alias alone.
    case columnName
    /// SQL with every operator as a call, as EXPLAIN SYNTAX shows it.
    case calls
    /// SQL with operators, as SHOW CREATE shows it.
    case operators
  }

  let style: Style
  /// How an identifier is called in a column name.
  var identifier: ([String]) -> String = { $0.joined(separator: ".") }
  /// How a SELECT inside of the expression is written.
  var subquery: (SelectStatement) -> String = { _ in "_subquery" }

  private enum Work {
    case text(String)
    /// `isOperand`: an operator stands beside it, so an operator or an alias needs brackets.
    case expression(Expression, isOperand: Bool)
  }

  func text(of expression: Expression) -> String {
    var out = ""
    var work: [Work] = [.expression(expression, isOperand: false)]
    while let next = work.popLast() {
      switch next {
      case .text(let text): out += text
      case .expression(let expression, let isOperand):
        let parts = parts(of: expression, isOperand: isOperand)
        work.append(contentsOf: parts.reversed())
      }
    }
    return out
  }

  private func parts(of expression: Expression, isOperand: Bool) -> [Work] {
    switch expression.kind {
    case .literal(let literal): return [.text(literalText(literal))]
    case .identifier(let names):
      if style == .columnName { return [.text(identifier(names))] }
      return [.text(names.map(quotedIdentifierIfNeeded).joined(separator: "."))]
    case .asterisk(let qualifier):
      let names = style == .columnName ? qualifier : qualifier.map(quotedIdentifierIfNeeded)
      return [.text((names + ["*"]).joined(separator: "."))]
    case .alias(let inner, let name):
      if style == .columnName { return [.text(name)] }
      let open: [Work] = isOperand ? [.text("(")] : []
      let close: [Work] = isOperand ? [.text(")")] : []
      return open + [
        .expression(inner, isOperand: false), .text(" AS \(quotedIdentifierIfNeeded(name))"),
      ] + close
    case .subquery(let select): return [.text(subquery(select))]
    case .call(let call): return parts(of: call, isOperand: isOperand)
    }
  }

  private func parts(of call: Call, isOperand: Bool) -> [Work] {
    if call.name == "tuple", call.parameters == nil, !call.isDistinct { return tuple(call) }
    if style == .operators, let parts = operatorParts(of: call) {
      return isOperand ? [.text("(")] + parts + [.text(")")] : parts
    }
    let name = style == .columnName ? call.name : quotedIdentifierIfNeeded(call.name)
    if style == .columnName {
      let isCountOfRows = call.name.lowercased() == "count" && isAsterisk(call.arguments)
      return [.text(call.isDistinct ? "\(name)Distinct" : name)] + parameters(of: call)
        + list(isCountOfRows ? [] : call.arguments)
    }
    return [.text(call.name == "not" ? "not" : name)] + parameters(of: call)
      + list(call.arguments, opening: call.isDistinct ? "(DISTINCT " : "(")
  }

  private func isAsterisk(_ arguments: [Expression]) -> Bool {
    guard arguments.count == 1, case .asterisk(qualifier: []) = arguments[0].kind else {
      return false
    }
    return true
  }

  private func parameters(of call: Call) -> [Work] { call.parameters.map { list($0) } ?? [] }

  private func list(_ expressions: [Expression], opening: String = "(") -> [Work] {
    var parts: [Work] = [.text(opening)]
    for (index, expression) in expressions.enumerated() {
      if index > 0 { parts.append(.text(", ")) }
      parts.append(.expression(expression, isOperand: false))
    }
    return parts + [.text(")")]
  }

  /// `(1, 'a')`. A tuple of one or of none needs its name to be read again, and a column name never has it.
  private func tuple(_ call: Call) -> [Work] {
    if style == .columnName, let constant = Self.constantTuple(call) { return [.text(constant)] }
    let needsName = style == .calls && Self.constantTuple(call) == nil
    if style != .columnName, call.arguments.count < 2 || needsName {
      return [.text("tuple")] + list(call.arguments)
    }
    return list(call.arguments)
  }

  /// A tuple of literals, in which ClickHouse writes truth values as numbers; nil when it is none.
  private static func constantTuple(_ call: Call) -> String? {
    var out = "("
    // Closing brackets wait on the stack as nil.
    var work: [Expression?] = [nil] + call.arguments.reversed()
    var isFirst = true
    while let next = work.popLast() {
      guard let next else {
        out += ")"
        isFirst = false
        continue
      }
      if !isFirst { out += ", " }
      isFirst = false
      switch next.kind {
      case .literal(.bool(let value)): out += value ? "1" : "0"
      case .literal(let literal): out += literalText(literal)
      case .call(let inner) where inner.name == "tuple" && inner.parameters == nil:
        out += "("
        isFirst = true
        work.append(nil)
        work.append(contentsOf: inner.arguments.reversed())
      default: return nil
      }
    }
    return out
  }

  // MARK: Operators

  private static let infix: [String: String] = [
    "plus": "+", "minus": "-", "multiply": "*", "divide": "/", "modulo": "%", "equals": "=",
    "notEquals": "!=", "less": "<", "lessOrEquals": "<=", "greater": ">", "greaterOrEquals": ">=",
    "like": "LIKE", "notLike": "NOT LIKE", "ilike": "ILIKE", "notILike": "NOT ILIKE",
  ]

  private func operatorParts(of call: Call) -> [Work]? {
    guard call.parameters == nil, !call.isDistinct else { return nil }
    let arguments = call.arguments
    if arguments.count == 2, let sign = Self.infix[call.name] {
      return [
        .expression(arguments[0], isOperand: true), .text(" \(sign) "),
        .expression(arguments[1], isOperand: true),
      ]
    }
    switch (call.name, arguments.count) {
    case ("and", 2...), ("or", 2...):
      var parts: [Work] = []
      for argument in arguments {
        if !parts.isEmpty { parts.append(.text(" \(call.name.uppercased()) ")) }
        parts.append(.expression(argument, isOperand: true))
      }
      return parts
    case ("not", 1): return [.text("NOT "), .expression(arguments[0], isOperand: true)]
    case ("negate", 1):
      if case .literal = arguments[0].kind {
        return [.text("-("), .expression(arguments[0], isOperand: false), .text(")")]
      }
      return [.text("-"), .expression(arguments[0], isOperand: true)]
    case ("isNull", 1): return [.expression(arguments[0], isOperand: true), .text(" IS NULL")]
    case ("isNotNull", 1):
      return [.expression(arguments[0], isOperand: true), .text(" IS NOT NULL")]
    default: return nil
    }
  }
}
