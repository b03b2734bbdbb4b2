import TickColumns

/// What the expression parser has read and not yet joined: an explicit stack instead of recursion, so that
/// hostile nesting costs memory within `ParserLimits` and never the thread's stack.
///
/// A layer is opened by a bracket, a CASE or an INTERVAL. Within it operands and operators wait until an
/// operator of lower or equal precedence, a separator or the layer's end joins them.
///
/// Invariants:
/// 1. The operands of a layer are those from its `operandBase`; finished elements come first.
/// 2. The operators of a layer are those from its `operatorBase`, and a marker (an open BETWEEN or `?`) is
///    joined with nothing before its AND or `:` has come.
struct ExpressionStack {
  var operands: [Operand] = []
  var operators: [PendingOperator] = []
  var layers: [Layer] = []
  /// True where an operand must come next, false where an operator may.
  var wantsOperand = true
  /// A part that must be read by recursion. It starts from the loop over the stack, where the frame is small.
  var nested: NestedPart?

  var top: Layer { layers[layers.count - 1] }

  mutating func open(_ kind: Layer.Kind, at position: Int) {
    layers.append(
      Layer(
        kind: kind, start: position, operandBase: operands.count, operatorBase: operators.count))
    wantsOperand = true
  }

  mutating func push(_ kind: Expression.Kind, _ range: SourceRange, _ weight: Weight = .leaf) {
    operands.append(Operand(expression: Expression(kind, range: range), weight: weight))
    wantsOperand = false
  }

  mutating func push(
    operator name: String, _ precedence: Precedence, _ role: PendingOperator.Role,
    _ range: SourceRange
  ) {
    operators.append(
      PendingOperator(name: name, precedence: precedence, role: role, range: range, operandCount: 2)
    )
    wantsOperand = true
  }

  /// The finished elements of the layer on top, taken off the stack together with it.
  mutating func closeLayer() -> (layer: Layer, elements: ArraySlice<Operand>) {
    let layer = layers.removeLast()
    let elements = operands[layer.operandBase...]
    operands.removeLast(operands.count - layer.operandBase)
    return (layer, elements)
  }
}

/// What an expression holds that is read by recursion, its first token being the current one.
enum NestedPart {
  /// A query behind the bracket that stands at `start`; `function` is called with it.
  case query(start: Int, function: String?)
  /// A query whose first branch stood in brackets of its own: `((SELECT 1) UNION ALL (SELECT 2))`.
  case continued(QueryDraft, start: Int)
  /// What stands behind the OVER of the call on top.
  case window
  /// The transformers of the matcher on top.
  case transformers
}

/// An expression and how large it is.
struct Operand {
  var expression: Expression
  var weight: Weight
}

/// How tightly operators bind, ClickHouse's order.
enum Precedence: Int, Comparable {
  case lowest, conditional, or, and, not, isNull, between, comparison, concat, additive
  case multiplicative, negate

  static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }
}

/// An operator that waits for its right operand or for a looser operator.
struct PendingOperator {
  enum Role {
    case prefix
    /// Chains of one name become one call: `a AND b AND c`.
    case infix(merges: Bool)
    /// `x BETWEEN a`, waiting for its AND: a marker.
    case betweenLower(isNegated: Bool)
    case betweenUpper(isNegated: Bool)
    /// `c ? a`, waiting for its `:`: a marker.
    case conditionalThen
    case conditionalElse
    /// `parameters -> body`.
    case lambda

    var isMarker: Bool {
      switch self {
      case .betweenLower, .conditionalThen: true
      default: false
      }
    }
  }
  var name: String
  var precedence: Precedence
  var role: Role
  var range: SourceRange
  /// Operands of an infix operator: more than 2 where a chain was merged.
  var operandCount: Int
}

/// A part of an expression with ends of its own.
struct Layer {
  enum Kind {
    /// The whole expression; `bareAlias` allows `a b` for `a AS b`.
    case root(bareAlias: Bool)
    case parenthesis
    /// `[a, b]`.
    case array
    /// `a[i]`: its first element is `a`.
    case element
    case function(FunctionHead)
    /// `FILTER (WHERE condition)` behind an aggregate: its first element.
    case filter
    case cast
    case interval
    case caseExpression(hasOperand: Bool, part: CasePart)
  }
  var kind: Kind
  var start: Int
  var operandBase: Int
  var operatorBase: Int
}

enum CasePart { case operand, when, then, otherwise }

/// What stands before the arguments of a call.
struct FunctionHead {
  var name: String
  var nameRange: SourceRange
  var parameters: [Operand]?
  var isDistinct: Bool
  var form = Form.list

  /// How the arguments are written: a list, or in words.
  enum Form {
    case list
    /// `SUBSTRING(s FROM a FOR b)`: the words stand for commas.
    case substring
    /// `TRIM(BOTH chars FROM s)`, `POSITION(a IN b)`: one word for a comma, and the arguments turned round.
    case reversed(Keyword)
    /// `DATE_ADD(DAY, n, t)`: an operation with an interval.
    case interval(operation: String, IntervalUnit)
  }
}

extension Parser {
  /// Joins waiting operators of the layer on top that bind at least as tightly as `precedence`, up to a marker.
  mutating func join(
    _ stack: inout ExpressionStack, downTo precedence: Precedence
  ) throws(SQLError) {
    while stack.operators.count > stack.top.operatorBase {
      let last = stack.operators[stack.operators.count - 1]
      if last.precedence < precedence || last.role.isMarker { return }
      stack.operators.removeLast()
      try join(last, on: &stack)
    }
  }

  /// Joins everything of the layer on top into one element; a marker that still waits is a syntax error.
  mutating func joinElement(_ stack: inout ExpressionStack) throws(SQLError) {
    try join(&stack, downTo: .lowest)
    guard stack.operators.count > stack.top.operatorBase,
      let marker = stack.operators.last
    else { return }
    if case .betweenLower = marker.role { note("AND") } else { note(":") }
    throw syntaxError()
  }

  private mutating func join(
    _ pending: PendingOperator, on stack: inout ExpressionStack
  ) throws(SQLError) {
    switch pending.role {
    case .prefix:
      let operand = stack.operands.removeLast()
      let range = pending.range.lowerBound..<operand.expression.range.upperBound
      try push(pending.name, [operand], pending.range, range, on: &stack)
    case .infix: try joinLast(pending.operandCount, as: pending, on: &stack)
    case .lambda: try joinLambda(pending, on: &stack)
    case .conditionalElse: try joinLast(3, as: pending, on: &stack)
    case .betweenUpper(let isNegated):
      let upper = stack.operands.removeLast()
      let lower = stack.operands.removeLast()
      let value = stack.operands.removeLast()
      let range = value.expression.range.lowerBound..<upper.expression.range.upperBound
      let above = try call(
        isNegated ? "less" : "greaterOrEquals", [value, lower], pending.range, range)
      let below = try call(
        isNegated ? "greater" : "lessOrEquals", [value, upper], pending.range, range)
      try push(isNegated ? "or" : "and", [above, below], pending.range, range, on: &stack)
    case .betweenLower, .conditionalThen:
      preconditionFailure("a marker is never joined: join(_:downTo:) stops at it")
    }
  }

  private mutating func joinLambda(
    _ pending: PendingOperator, on stack: inout ExpressionStack
  ) throws(SQLError) {
    let body = stack.operands.removeLast()
    let parameters = stack.operands.removeLast()
    let names = Self.lambdaParameters(parameters.expression) ?? []
    let range = parameters.expression.range.lowerBound..<body.expression.range.upperBound
    stack.push(
      .lambda(parameters: names, body: body.expression), range, try weight(of: [parameters, body]))
  }

  /// The names before `->`: one, or several in brackets; nil for anything else.
  static func lambdaParameters(_ expression: Expression) -> [String]? {
    switch expression.kind {
    case .identifier(let parts): return parts.count == 1 ? parts : nil
    case .call(let call) where call.name == "tuple" && call.parameters == nil:
      var names: [String] = []
      for argument in call.arguments {
        guard case .identifier(let parts) = argument.kind, parts.count == 1 else { return nil }
        names.append(parts[0])
      }
      return names.isEmpty ? nil : names
    default: return nil
    }
  }

  private mutating func joinLast(
    _ count: Int, as pending: PendingOperator, on stack: inout ExpressionStack
  ) throws(SQLError) {
    let operands = Array(stack.operands.suffix(count))
    stack.operands.removeLast(count)
    let range =
      operands[0].expression.range.lowerBound..<operands[count - 1].expression.range.upperBound
    try push(pending.name, operands, pending.range, range, on: &stack)
  }

  mutating func push(
    _ name: String, _ arguments: [Operand], _ nameRange: SourceRange, _ range: SourceRange,
    on stack: inout ExpressionStack
  ) throws(SQLError) {
    stack.operands.append(try call(name, arguments, nameRange, range))
    stack.wantsOperand = false
  }

  /// A call of a function; its list of arguments counts as a level of its own.
  func call(
    _ name: String, _ arguments: [Operand], _ nameRange: SourceRange, _ range: SourceRange
  ) throws(SQLError) -> Operand {
    let call = Call(name, arguments.map(\.expression), nameRange: nameRange)
    return Operand(
      expression: Expression(.call(call), range: range), weight: try weight(of: arguments))
  }

  func weight(of arguments: some Sequence<Operand>) throws(SQLError) -> Weight {
    var list = Weight.leaf
    for argument in arguments { list.add(argument.weight) }
    let weight = Weight(depth: list.depth + 1, size: list.size + 1)
    try check(weight)
    return weight
  }
}
