/// Typed expressions: what the binder makes of syntax, and what the evaluator runs.
///
/// Invariants:
/// 1. Nodes are immutable and shared: within one `ExpressionPool` equal expressions are one object, so the
///    evaluator computes a common part once per batch and plans compare expressions by identity.
/// 2. `.column(i)` is position i of the batch the expression is evaluated on.
/// 3. `.aggregate` appears between binding and planning only; plans replace it by a column.
public import TickColumns

/// One node of a typed expression.
public final class BoundExpression: Sendable {
  public let type: DataType
  let kind: Kind
  /// Where the expression stands in the text, if it does.
  let position: Int?
  /// Readable text, for EXPLAIN and messages; cut where it grows long.
  let label: String
  /// True when evaluation may fail for some rows, so that it must not run for rows that do not ask for it.
  let mayThrow: Bool
  /// An aggregate stands in here somewhere.
  let hasAggregate: Bool
  /// A window function stands in here somewhere.
  let hasWindow: Bool
  /// A long constant as it was worked out, one row: to make it of its values again takes as long as to work it out.
  let row: Column?

  enum Kind: Sendable {
    case column(Int)
    case constant(Value)
    case call(BoundCall)
    /// `conditions[i]` chooses `results[i]`, the first true one wins; the last result has no condition.
    /// Branches are evaluated on the rows that choose them, so a branch never fails for rows of another.
    case choice(conditions: [BoundExpression], results: [BoundExpression])
    /// AND / OR that stops asking about rows already decided, for arguments that can fail.
    case lazyLogic(isAnd: Bool, [BoundExpression])
    case aggregate(AggregateCall)
    case window(WindowCall)
  }

  init(_ type: DataType, _ kind: Kind, position: Int?, label: String, row: Column? = nil) {
    self.type = type
    self.row = row
    self.kind = kind
    self.position = position
    self.label = label
    let children = Self.children(of: kind)
    if case .call(let call) = kind, call.mayThrow {
      mayThrow = true
    } else {
      mayThrow = children.contains(where: \.mayThrow)
    }
    if case .aggregate = kind {
      hasAggregate = true
    } else {
      hasAggregate = children.contains(where: \.hasAggregate)
    }
    if case .window = kind {
      hasWindow = true
    } else {
      hasWindow = children.contains(where: \.hasWindow)
    }
  }

  public var constant: Value? { if case .constant(let value) = kind { value } else { nil } }

  /// The expressions directly below this one.
  var children: [BoundExpression] { Self.children(of: kind) }

  private static func children(of kind: Kind) -> [BoundExpression] {
    switch kind {
    case .column, .constant: []
    case .call(let call): call.arguments
    case .choice(let conditions, let results): conditions + results
    case .lazyLogic(_, let arguments): arguments
    case .aggregate(let call): call.inputs
    case .window(let call): call.inputs
    }
  }

  /// Evaluates over a batch whose columns are the binding's source columns.
  public func evaluate(_ batch: Batch) throws(SQLError) -> Column {
    try Evaluator(batch).operand(self).column(rows: batch.rowCount)
  }

  /// The same for any number of rows, which may be the elements of arrays.
  func evaluatedInPieces(_ batch: Batch) throws(SQLError) -> Column {
    try CancellationPoint.column(type, count: batch.rowCount) { (piece) throws(SQLError) in
      try evaluate(batch.slice(piece))
    }
  }
}

/// A call of a scalar function whose types are settled.
struct BoundCall: Sendable {
  let function: String
  let arguments: [BoundExpression]
  let kernel: Kernel
  let mayThrow: Bool
  /// NULL in, NULL out: the kernel sees arguments without NULL.
  let propagatesNulls: Bool
  /// The one low-cardinality argument, where all others are constants: the kernel runs on its dictionary.
  let dictionaryArgument: Int?
  /// The kernel takes codes as they are.
  let takesCodes: Bool
  /// The expression that the kernel runs over the elements of arrays: over a batch of its own, so it is no child.
  var lambda: BoundExpression?
}

extension BoundExpression {
  /// Error 44 for values that have no order.
  func checkSortable(at place: Int?) throws(SQLError) {
    guard type.withoutAggregateStates else {
      throw SQLError(
        .illegalColumn,
        "Data type \(type) is not allowed in ORDER BY keys, because its values are not comparable",
        at: place)
    }
  }
}

/// A call of an aggregate function, its arguments over the source's columns.
struct AggregateCall: Sendable {
  let function: AggregateFunction
  /// As written, for messages.
  let name: String
  let arguments: [BoundExpression]
  let condition: BoundExpression?
  /// The arguments are the two factors of the one that was written.
  let isProduct: Bool
  let isDistinct: Bool
  /// What else tells calls of one function apart: suffixes and parameters.
  let variant: AggregateVariant
  let needsOrder: Bool
  let makeState: @Sendable () -> any AggregateState

  /// Everything evaluated per row.
  var inputs: [BoundExpression] { arguments + (condition.map { [$0] } ?? []) }

  /// Rows with NULL count as well.
  var takesNulls: Bool { variant.chain.isEmpty && function.traits.contains(.takesNulls) }

  /// The call over other expressions, in the order of `inputs`.
  func over(_ inputs: [BoundExpression]) -> AggregateCall {
    AggregateCall(
      function: function, name: name, arguments: Array(inputs.prefix(arguments.count)),
      condition: condition == nil ? nil : inputs.last, isProduct: isProduct,
      isDistinct: isDistinct, variant: variant, needsOrder: needsOrder, makeState: makeState)
  }
}

/// Suffixes and parameters of an aggregate call: equal calls over the same arguments are one node.
struct AggregateVariant: Hashable, Sendable {
  var chain: [Combinator] = []
  var suffixes = AggregateName.Suffixes()
  var parameters: [AggregateParameter] = []
}

/// A walk over several expressions, each shared part once.
///
/// Expressions are graphs: an alias that stands twice is one node with two parents, and walking it once per
/// parent would take exponential time for a chain of such aliases.
struct ExpressionWalk {
  private var seen: Set<ObjectIdentifier> = []
  /// Positions of input columns.
  private(set) var columns: Set<Int> = []
  /// The nodes of input columns.
  private(set) var columnNodes: [BoundExpression] = []
  /// Aggregate calls, outermost only.
  private(set) var aggregates: [BoundExpression] = []
  /// Calls of window functions.
  private(set) var windows: [BoundExpression] = []
  private let entersAggregates: Bool
  private let entersWindows: Bool

  init(
    _ expressions: [BoundExpression], entersAggregates: Bool = true, entersWindows: Bool = true
  ) {
    self.entersAggregates = entersAggregates
    self.entersWindows = entersWindows
    for expression in expressions { visit(expression) }
  }

  private mutating func visit(_ expression: BoundExpression) {
    guard seen.insert(ObjectIdentifier(expression)).inserted else { return }
    if case .column(let position) = expression.kind {
      columns.insert(position)
      columnNodes.append(expression)
    }
    if case .aggregate = expression.kind {
      aggregates.append(expression)
      guard entersAggregates else { return }
    }
    if case .window = expression.kind {
      windows.append(expression)
      guard entersWindows else { return }
    }
    for child in expression.children { visit(child) }
  }
}

/// Runs one function over rows.
typealias Kernel = @Sendable (KernelInput) throws(SQLError) -> KernelValue

/// What a kernel is given.
struct KernelInput: Sendable {
  let operands: [KernelValue]
  let rows: Int
  /// Rows that matter, where NULL marks the others; nil means all. Kernels that can fail must skip the rest.
  let valid: [UInt8]?

  func column(_ i: Int) -> Column { operands[i].column(rows: rows) }
}

/// Makes nodes, each distinct expression once.
final class ExpressionPool {
  private var nodes: [Key: BoundExpression] = [:]

  private struct Key: Hashable {
    enum Head: Hashable {
      /// The name is part of it: columns of different sources may agree in place and type.
      case column(Int, String)
      case constant(Value)
      /// The constant that a call comes to, where that is too long to be compared.
      case folded(ObjectIdentifier)
      case call(String, lambda: ObjectIdentifier?)
      case choice
      case lazy(Bool)
      case aggregate(
        String, distinct: Bool, conditional: Bool, product: Bool, AggregateVariant)
      case window(String)
    }
    let head: Head
    let type: DataType
    let children: [ObjectIdentifier]
  }

  func column(_ position: Int, _ type: DataType, name: String, at place: Int? = nil)
    -> BoundExpression
  {
    make(.column(position, name), .column(position), type, [], place, name)
  }

  func constant(_ value: Value, _ type: DataType, at place: Int? = nil, label: String? = nil)
    -> BoundExpression
  {
    make(
      .constant(value.withFloatBits), .constant(value), type, [], place,
      label ?? Self.label(value, type))
  }

  /// Labels stand in errors and plans, where nobody reads thousands of values; those of calls hold their arguments'.
  private static func label(_ value: Value, _ type: DataType) -> String {
    if case .array(let values) = value, values.count > labelledValuesMax {
      return "[\(values.count) values]"
    }
    return literalText(value, type)
  }

  private static let labelledValuesMax = 1_000

  /// The constant that a call was folded to by `longConstant`.
  func longConstant(of call: BoundExpression) -> BoundExpression? {
    nodes[Key(head: .folded(ObjectIdentifier(call)), type: call.type, children: [])]
  }

  /// What a call over constants comes to, where it is an array too long to be compared with others: that takes seconds in
  /// which nobody asks whether the statement is still wanted. Equal calls are one, so it is made once.
  func longConstant(
    _ value: Value, of call: BoundExpression, row: Column
  ) -> BoundExpression {
    let node = BoundExpression(
      call.type, .constant(value), position: call.position, label: Self.label(value, call.type),
      row: row)
    nodes[Key(head: .folded(ObjectIdentifier(call)), type: call.type, children: [])] = node
    return node
  }

  func call(_ call: BoundCall, _ type: DataType, at place: Int? = nil) -> BoundExpression {
    make(
      .call(call.function, lambda: call.lambda.map { ObjectIdentifier($0) }), .call(call), type,
      call.arguments, place,
      "\(call.function)(\(labels(call.arguments)))")
  }

  func choice(
    conditions: [BoundExpression], results: [BoundExpression], _ type: DataType, at place: Int?
  ) -> BoundExpression {
    var parts: [BoundExpression] = []
    for i in conditions.indices { parts += [conditions[i], results[i]] }
    if results.count > conditions.count { parts.append(results[conditions.count]) }
    return make(
      .choice, .choice(conditions: conditions, results: results), type, conditions + results,
      place, "\(conditions.count == 1 ? "if" : "multiIf")(\(labels(parts)))")
  }

  func lazyLogic(isAnd: Bool, _ arguments: [BoundExpression], _ type: DataType, at place: Int?)
    -> BoundExpression
  {
    make(
      .lazy(isAnd), .lazyLogic(isAnd: isAnd, arguments), type, arguments, place,
      "\(isAnd ? "and" : "or")(\(labels(arguments)))")
  }

  func aggregate(_ call: AggregateCall, _ type: DataType, at place: Int?) -> BoundExpression {
    let arguments = labels(call.arguments)
    let condition = call.condition.map { ", \($0.label)" } ?? ""
    return make(
      .aggregate(
        call.function.name, distinct: call.isDistinct, conditional: call.condition != nil,
        product: call.isProduct, call.variant),
      .aggregate(call), type, call.inputs, place,
      "\(call.name)(\(call.isProduct ? "multiply(\(arguments))" : arguments)\(condition))")
  }

  /// A call of `grouping`, until the SELECT replaces it.
  func grouping(_ keys: [BoundExpression], at place: Int?) -> BoundExpression {
    let kernel: Kernel = { (_) throws(SQLError) in
      throw SQLError(
        .illegalAggregation, "GROUPING function is found in SELECT without GROUP BY in query")
    }
    let call = BoundCall(
      function: Self.groupingName, arguments: keys, kernel: kernel, mayThrow: true,
      propagatesNulls: false, dictionaryArgument: nil, takesCodes: true)
    return self.call(call, .uint64, at: place)
  }

  static let groupingName = "grouping"

  func window(_ call: WindowCall, _ type: DataType, at place: Int?, label: String)
    -> BoundExpression
  {
    make(.window(call.text), .window(call), type, call.inputs, place, label)
  }

  /// The expression with every column, or every node that `replace` answers for, exchanged.
  func rewritten(
    _ node: BoundExpression, memo: inout [ObjectIdentifier: BoundExpression],
    _ replace: (BoundExpression) throws(SQLError) -> BoundExpression?
  ) throws(SQLError) -> BoundExpression {
    if let known = memo[ObjectIdentifier(node)] { return known }
    if let replacement = try replace(node) {
      memo[ObjectIdentifier(node)] = replacement
      return replacement
    }
    var children: [BoundExpression] = []
    for child in node.children {
      children.append(try rewritten(child, memo: &memo, replace))
    }
    let out = rebuilt(node, children)
    memo[ObjectIdentifier(node)] = out
    return out
  }

  /// The same node over other children.
  func rebuilt(_ node: BoundExpression, _ children: [BoundExpression]) -> BoundExpression {
    switch node.kind {
    case .column, .constant: return node
    case .aggregate(let call):
      return aggregate(call.over(children), node.type, at: node.position)
    case .call(let call):
      let moved = BoundCall(
        function: call.function, arguments: children, kernel: call.kernel,
        mayThrow: call.mayThrow, propagatesNulls: call.propagatesNulls,
        dictionaryArgument: call.dictionaryArgument, takesCodes: call.takesCodes,
        lambda: call.lambda)
      return self.call(moved, node.type, at: node.position)
    case .window(let call):
      return window(call.over(children), node.type, at: node.position, label: node.label)
    case .choice(let conditions, _):
      return choice(
        conditions: Array(children.prefix(conditions.count)),
        results: Array(children.dropFirst(conditions.count)), node.type, at: node.position)
    case .lazyLogic(let isAnd, _):
      return lazyLogic(isAnd: isAnd, children, node.type, at: node.position)
    }
  }

  private func labels(_ nodes: [BoundExpression]) -> String {
    var out = ""
    for node in nodes {
      if !out.isEmpty { out += ", " }
      out += node.label
      if out.utf8.count > Self.labelBytesMax { return out.prefix(Self.labelBytesMax) + "..." }
    }
    return out
  }

  /// Labels of nested aliases double with each level; nobody reads that far.
  private static let labelBytesMax = 400

  private func make(
    _ head: Key.Head, _ kind: BoundExpression.Kind, _ type: DataType,
    _ children: [BoundExpression], _ place: Int?, _ label: String
  ) -> BoundExpression {
    let key = Key(head: head, type: type, children: children.map { ObjectIdentifier($0) })
    if let known = nodes[key] { return known }
    let node = BoundExpression(type, kind, position: place, label: label)
    nodes[key] = node
    return node
  }
}

extension Value {
  /// Floats as their bits: the two zeros are different constants, and NaN is equal to itself.
  fileprivate var withFloatBits: Value {
    switch self {
    case .float(let x): .uint(x.bitPattern)
    case .tuple(let elements): .tuple(elements.map(\.withFloatBits))
    case .array(let elements): .array(elements.map(\.withFloatBits))
    default: self
    }
  }
}
