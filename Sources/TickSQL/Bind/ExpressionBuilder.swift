/// Makes typed calls: looks a function up, lets it settle its types, and adds what all functions share: NULL
/// in NULL out, evaluation on dictionaries, folding of constants.
import TickColumns

/// Confined to the binding of one statement.
final class ExpressionBuilder {
  let pool = ExpressionPool()
  let context: QueryContext
  /// Where a column was first named, for errors that are found later.
  var places: [ObjectIdentifier: Int] = [:]

  init(_ context: QueryContext) {
    self.context = context
  }

  func constant(_ value: Value, _ type: DataType, at place: Int? = nil) -> BoundExpression {
    pool.constant(value, type, at: place)
  }

  /// A call by name. `name` is looked up with ClickHouse's rules of case; error 46 names the nearest function.
  func call(
    _ name: String, _ arguments: [BoundExpression], at place: Int? = nil
  ) throws(SQLError) -> BoundExpression {
    guard let function = FunctionTable.scalar(named: name) else {
      throw FunctionTable.unknown(name, at: place)
    }
    return try call(function, arguments, at: place)
  }

  func call(
    _ function: ScalarFunction, _ given: [BoundExpression], mapped: BoundExpression? = nil,
    at place: Int?
  ) throws(SQLError) -> BoundExpression {
    try checkCount(function, given.count, at: place)
    let arguments = try widened(given, for: function)
    let propagates = !function.traits.contains(.ownNulls)
    if propagates, arguments.contains(where: { $0.type == .nullable(.nothing) }) {
      return pool.constant(.null, .nullable(.nothing), at: place)
    }
    let takesCodes = function.traits.contains(.ownCodes)
    let types = arguments.map { argument in
      let type = propagates ? argument.type.withoutNullable : argument.type
      return takesCodes ? type : type.withoutLowCardinality
    }
    let binding = FunctionBinding(
      name: function.name, position: place, types: types, arguments: arguments, builder: self,
      mapped: mapped)
    switch try function.resolve(binding) {
    case .expression(let expression): return expression
    case .constant(let value, let type):
      // An aggregate below makes the query aggregate, even where its value does not matter.
      guard arguments.contains(where: \.hasAggregate) else {
        return pool.constant(value, type, at: place)
      }
      let call = BoundCall(
        function: function.name, arguments: arguments, kernel: { _ in .constant(value, type) },
        mayThrow: false, propagatesNulls: false, dictionaryArgument: nil, takesCodes: true)
      return pool.call(call, type, at: place)
    case .kernel(let type, let replaced, let mayThrow, let kernel):
      return try node(
        function, type, replaced ?? arguments, kernel,
        mayThrow: mayThrow ?? function.traits.contains(.mayThrow), at: place)
    }
  }

  private func checkCount(
    _ function: ScalarFunction, _ count: Int, at place: Int?
  ) throws(SQLError) {
    guard !function.arity.contains(count) else { return }
    let low = function.arity.lowerBound
    let high = function.arity.upperBound
    let wanted = low == high ? "\(low)" : high == Int.max ? "at least \(low)" : "\(low) to \(high)"
    throw SQLError(
      .numberOfArgumentsDoesntMatch,
      "Number of arguments for function \(function.name) doesn't match: passed \(count), should "
        + "be \(wanted)", at: place)
  }

  private func node(
    _ function: ScalarFunction, _ plain: DataType, _ arguments: [BoundExpression],
    _ kernel: @escaping Kernel, mayThrow: Bool, at place: Int?
  ) throws(SQLError) -> BoundExpression {
    let propagates = !function.traits.contains(.ownNulls)
    let coded = arguments.indices.filter {
      if case .lowCardinality = arguments[$0].type { true } else { false }
    }
    let overDictionary =
      propagates && !function.traits.contains(.ownCodes) && coded.count == 1
      && arguments.indices.allSatisfy { coded.contains($0) || arguments[$0].constant != nil }
    var type = plain
    if overDictionary, plain == .string { type = .lowCardinality(.string) }
    if propagates, arguments.contains(where: { $0.type.isNullable }) { type = type.madeNullable }
    let call = BoundCall(
      function: function.name, arguments: arguments, kernel: kernel,
      mayThrow: mayThrow, propagatesNulls: propagates,
      dictionaryArgument: overDictionary ? coded.first : nil,
      takesCodes: function.traits.contains(.ownCodes))
    let node = pool.call(call, type, at: place)
    guard !function.traits.contains(.perRow), arguments.allSatisfy({ $0.constant != nil }) else {
      return node
    }
    return try folded(node, at: place)
  }

  /// The value of a node over constants, worked out now.
  func folded(_ node: BoundExpression, at place: Int?) throws(SQLError) -> BoundExpression {
    if let known = pool.longConstant(of: node) { return known }
    do throws(SQLError) {
      let column = try Evaluator(Batch([], rowCount: 1)).operand(node).column(rows: 1)
      let value = try Self.value(of: column)
      if case .array(let elements) = value, elements.count > CancellationPoint.stride {
        return pool.longConstant(value, of: node, row: column)
      }
      return pool.constant(value, node.type, at: place)
    } catch {
      throw SQLError(error.code, error.message, at: error.position ?? place, hint: error.hint)
    }
  }

  /// The value of the only row, which may be a long array.
  private static func value(of column: Column) throws(SQLError) -> Value {
    guard case .array(let arrays) = column.values, !column.isNull(at: 0) else {
      return column.value(at: 0)
    }
    let elements = arrays.elements
    return .array(try CancellationPoint.map(elements.count) { elements.value(at: $0) })
  }

  /// The expression converted to a type; itself when it has that type already.
  func cast(_ expression: BoundExpression, to type: DataType) throws(SQLError) -> BoundExpression {
    if expression.type == type { return expression }
    if expression.constant == .null, type.isNullable {
      return pool.constant(.null, type, at: expression.position)
    }
    let name = pool.constant(.text(type.description), .string)
    return try call("CAST", [expression, name], at: expression.position)
  }
}

/// A constant as ClickHouse writes it in a column name.
func literalText(_ value: Value, _ type: DataType) -> String {
  switch (value, type.withoutNullable.withoutLowCardinality) {
  case (.null, _): return "NULL"
  case (.uint(let n), .bool): return n == 0 ? "false" : "true"
  case (.uint(let n), _): return "\(n)"
  case (.int(let n), _): return "\(n)"
  case (.float(let x), _): return literalText(.float(x))
  case (.bytes(let bytes), _): return quotedLiteral(bytes)
  case (.tuple(let values), .tuple(let elements)):
    let inner = zip(values, elements).map { literalText($0, $1.type) }
    return "(\(inner.joined(separator: ", ")))"
  case (.tuple(let values), _): return "(\(values.count) values)"
  case (.int128(let n), _): return "\(n)"
  case (.uint128(let n), _): return "\(n)"
  case (.array(let values), .map(let key, let element)):
    let inner = values.map { pair in
      guard case .tuple(let parts) = pair, parts.count == 2 else { return "" }
      return "\(literalText(parts[0], key)), \(literalText(parts[1], element))"
    }
    return "map(\(inner.joined(separator: ", ")))"
  case (.array(let values), let type):
    let inner = values.map { literalText($0, type.elementType ?? .nothing) }
    return "[\(inner.joined(separator: ", "))]"
  }
}
