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
  var subquery: (QueryStatement) -> String = { _ in "_subquery" }

  private enum Work {
    case text(String)
    /// `isOperand`: an operator stands beside it, so an operator or an alias needs brackets.
    case expression(Expression, isOperand: Bool)
  }

  func text(of expression: Expression) -> String {
    text(of: [.expression(expression, isOperand: false)])
  }

  /// A window's definition with its brackets.
  func text(of window: WindowDefinition) -> String { text(of: parts(of: window)) }

  private func text(of start: [Work]) -> String {
    var out = ""
    var work: [Work] = start.reversed()
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
    case .matcher(let matcher): return parts(of: matcher)
    case .lambda(let parameters, let body):
      return lambda(parameters, body, isOperand: isOperand)
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

  /// `asCall`: something follows that only a call can have, such as OVER.
  private func parts(of call: Call, isOperand: Bool, asCall: Bool = false) -> [Work] {
    if let over = call.over {
      var plain = call
      plain.over = nil
      return parts(of: plain, isOperand: false, asCall: true) + [.text(" OVER ")] + parts(of: over)
    }
    if style != .columnName, let nulls = call.nulls {
      var plain = call
      plain.nulls = nil
      return parts(of: plain, isOperand: false, asCall: true)
        + [.text(" \(nulls.rawValue) NULLS")]
    }
    if call.name == "tuple", call.parameters == nil, !call.isDistinct { return tuple(call) }
    if call.name == "array", call.parameters == nil, !call.isDistinct { return array(call) }
    if style == .operators, !asCall, let parts = operatorParts(of: call) {
      return isOperand ? [.text("(")] + parts + [.text(")")] : parts
    }
    let written = call.isDistinct ? "\(call.name)Distinct" : call.name
    let name = style == .columnName ? written : quotedIdentifierIfNeeded(written)
    if style == .columnName {
      let isCountOfRows =
        call.name.lowercased() == "count" && !call.isDistinct && isAsterisk(call.arguments)
      return [.text(name)] + parameters(of: call)
        + list(isCountOfRows ? [] : call.arguments)
    }
    return [.text(call.name == "not" ? "not" : name)] + parameters(of: call)
      + list(call.arguments)
  }

  private func isAsterisk(_ arguments: [Expression]) -> Bool {
    guard arguments.count == 1, case .matcher(let matcher) = arguments[0].kind else { return false }
    return matcher.isPlain
  }

  private func parameters(of call: Call) -> [Work] { call.parameters.map { list($0) } ?? [] }

  private func list(
    _ expressions: [Expression], opening: String = "(", closing: String = ")"
  ) -> [Work] {
    var parts: [Work] = [.text(opening)]
    for (index, expression) in expressions.enumerated() {
      if index > 0 { parts.append(.text(", ")) }
      parts.append(.expression(expression, isOperand: false))
    }
    return parts + [.text(closing)]
  }

  /// `(1, 'a')`. A tuple of one or of none needs its name to be read again, and a column name never has it.
  private func tuple(_ call: Call) -> [Work] {
    if style == .columnName, let constant = Self.constantText(call) { return [.text(constant)] }
    let needsName = style == .calls && Self.constantText(call) == nil
    if style != .columnName, call.arguments.count < 2 || needsName {
      return [.text("tuple")] + list(call.arguments)
    }
    return list(call.arguments)
  }

  /// `[1, 'a']`; as a call where not all elements are literals.
  private func array(_ call: Call) -> [Work] {
    if style != .operators, let constant = Self.constantText(call) { return [.text(constant)] }
    if style == .calls { return [.text("array")] + list(call.arguments) }
    return list(call.arguments, opening: "[", closing: "]")
  }

  /// A tuple or an array of literals, in which ClickHouse writes truth values as numbers; nil when it is none.
  private static func constantText(_ call: Call) -> String? {
    enum Part {
      case expression(Expression)
      case close(String)
    }
    func brackets(_ name: String) -> (String, String) { name == "tuple" ? ("(", ")") : ("[", "]") }
    var (out, closing) = brackets(call.name)
    var work: [Part] = [.close(closing)] + call.arguments.reversed().map { .expression($0) }
    var isFirst = true
    while let next = work.popLast() {
      guard case .expression(let expression) = next else {
        if case .close(let sign) = next { out += sign }
        isFirst = false
        continue
      }
      if !isFirst { out += ", " }
      isFirst = false
      switch expression.kind {
      case .literal(.bool(let value)): out += value ? "1" : "0"
      case .literal(let literal): out += literalText(literal)
      case .call(let inner)
      where (inner.name == "tuple" || inner.name == "array") && inner.parameters == nil:
        let signs = brackets(inner.name)
        out += signs.0
        closing = signs.1
        isFirst = true
        work.append(.close(closing))
        work.append(contentsOf: inner.arguments.reversed().map { .expression($0) })
      default: return nil
      }
    }
    return out
  }

  // MARK: Lambdas, windows, matchers

  private func lambda(
    _ parameters: [String], _ body: Expression, isOperand: Bool = false
  ) -> [Work] {
    let names = parameters.map { style == .columnName ? $0 : quotedIdentifierIfNeeded($0) }
    let list = names.joined(separator: ", ")
    if style == .columnName {
      return [.text("lambda(tuple(\(list)), "), .expression(body, isOperand: false), .text(")")]
    }
    if style == .operators, !isOperand {
      let head = names.count == 1 ? list : "(\(list))"
      return [.text("\(head) -> "), .expression(body, isOperand: true)]
    }
    return [.text("((\(list)) -> "), .expression(body, isOperand: true), .text(")")]
  }

  private func parts(of over: WindowReference) -> [Work] {
    switch over {
    case .named(let name):
      return [.text(style == .columnName ? name : quotedIdentifierIfNeeded(name))]
    case .defined(let window): return parts(of: window)
    }
  }

  private func parts(of window: WindowDefinition) -> [Work] {
    var clauses: [[Work]] = []
    if let parent = window.parent {
      clauses.append([.text(style == .columnName ? parent : quotedIdentifierIfNeeded(parent))])
    }
    if !window.partitionBy.isEmpty {
      clauses.append(list(window.partitionBy, opening: "PARTITION BY ", closing: ""))
    }
    if !window.orderBy.isEmpty {
      var work: [Work] = [.text("ORDER BY ")]
      for (i, item) in window.orderBy.enumerated() {
        if i > 0 { work.append(.text(", ")) }
        work.append(.expression(item.expression, isOperand: false))
        work.append(.text(item.directionText))
      }
      clauses.append(work)
    }
    if let frame = window.frame { clauses.append(parts(of: frame)) }
    return [.text("(")] + Array(clauses.joined(separator: [.text(" ")])) + [.text(")")]
  }

  private func parts(of frame: WindowFrame) -> [Work] {
    [.text("\(frame.unit.rawValue) BETWEEN ")] + parts(of: frame.start) + [.text(" AND ")]
      + parts(of: frame.end)
  }

  private func parts(of bound: WindowFrame.Bound) -> [Work] {
    switch bound {
    case .unboundedPreceding: [.text("UNBOUNDED PRECEDING")]
    case .unboundedFollowing: [.text("UNBOUNDED FOLLOWING")]
    case .currentRow: [.text("CURRENT ROW")]
    case .preceding(let offset): [.expression(offset, isOperand: true), .text(" PRECEDING")]
    case .following(let offset): [.expression(offset, isOperand: true), .text(" FOLLOWING")]
    }
  }

  private func parts(of matcher: ColumnMatcher) -> [Work] {
    let qualifier =
      style == .columnName ? matcher.qualifier : matcher.qualifier.map(quotedIdentifierIfNeeded)
    let own =
      switch matcher.selection {
      case .all: "*"
      case .pattern(let pattern): "COLUMNS(\(quotedLiteral(Array(pattern.utf8))))"
      case .list(let names):
        "COLUMNS(\(names.map(quotedIdentifierIfNeeded).joined(separator: ", ")))"
      }
    var work: [Work] = [.text((qualifier + [own]).joined(separator: "."))]
    for transformer in matcher.transformers { work += parts(of: transformer) }
    return work
  }

  private func parts(of transformer: ColumnTransformer) -> [Work] {
    switch transformer {
    case .except(let names, let isStrict):
      let list = names.map(quotedIdentifierIfNeeded).joined(separator: ", ")
      return [.text(" EXCEPT \(isStrict ? "STRICT " : "")(\(list))")]
    case .exceptPattern(let pattern):
      return [.text(" EXCEPT(\(quotedLiteral(Array(pattern.utf8))))")]
    case .replace(let columns, let isStrict):
      var work: [Work] = [.text(" REPLACE \(isStrict ? "STRICT " : "")(")]
      for (i, column) in columns.enumerated() {
        if i > 0 { work.append(.text(", ")) }
        work.append(.expression(column.expression, isOperand: false))
        work.append(.text(" AS \(quotedIdentifierIfNeeded(column.name))"))
      }
      return work + [.text(")")]
    case .apply(let name, let parameters):
      let arguments = parameters.map { list($0) } ?? []
      return [.text(" APPLY(\(quotedIdentifierIfNeeded(name))")] + arguments + [.text(")")]
    case .applyLambda(let parameter, let body):
      return [.text(" APPLY(")] + lambda([parameter], body) + [.text(")")]
    }
  }

  // MARK: Operators

  private static let infix: [String: String] = [
    "plus": "+", "minus": "-", "multiply": "*", "divide": "/", "modulo": "%", "equals": "=",
    "notEquals": "!=", "less": "<", "lessOrEquals": "<=", "greater": ">", "greaterOrEquals": ">=",
    "like": "LIKE", "notLike": "NOT LIKE", "ilike": "ILIKE", "notILike": "NOT ILIKE", "in": "IN",
    "notIn": "NOT IN",
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

extension OrderItem {
  /// ` ASC`, ` DESC NULLS FIRST`.
  var directionText: String {
    let nulls = nullsFirst.map { $0 ? " NULLS FIRST" : " NULLS LAST" } ?? ""
    return (isDescending ? " DESC" : " ASC") + nulls
  }
}
