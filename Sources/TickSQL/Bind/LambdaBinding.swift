import TickColumns

/// Lambdas: `arrayMap((x, y) -> x + y, a, b)` binds its body over parameters of the arrays' element types, and the
/// call becomes one expression over all elements (`ExpressionBuilder.elementwise`).
///
/// Invariants:
/// 1. A parameter hides columns and aliases of its name inside the body, and nothing outside.
/// 2. No parameter is left in an expression once its lambda is bound.
extension ExpressionBinding {
  /// A call whose first argument is a lambda.
  mutating func bindHigherOrder(
    _ call: Call, _ function: ScalarFunction, _ names: [String], _ body: Expression,
    in clause: Clause, at place: Int
  ) throws(SQLError) -> BoundExpression {
    guard function.traits.contains(.takesLambda) else {
      throw SQLError(
        .illegalTypeOfArgument, "Function \(call.name) takes no lambda",
        at: call.arguments[0].range.lowerBound)
    }
    var arguments: [BoundExpression] = []
    for argument in call.arguments.dropFirst() {
      arguments.append(try bind(argument, in: clause))
    }
    let isFold = function.name == "arrayFold"
    guard arguments.count > (isFold ? 1 : 0) else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch, "Function \(call.name) needs an array beside its lambda",
        at: place)
    }
    let arrays = try lambdaArrays(call, function, isFold ? arguments.dropLast() : arguments[...])
    var types = isFold ? [arguments[arguments.count - 1].type.withoutLowCardinality] : []
    types += arrays.map { $0.type.arrayElement ?? .nothing }
    guard names.count == types.count, names.count <= LambdaParameters.countMax else {
      throw SQLError(
        .illegalTypeOfArgument,
        "The lambda of function \(call.name) must have \(types.count) parameters, not \(names.count)",
        at: call.arguments[0].range.lowerBound)
    }
    let depth = parameters.count
    var frame: [String: BoundExpression] = [:]
    for (i, name) in names.enumerated() {
      frame[name] = builder.pool.column(
        LambdaParameters.position(depth: depth, i), types[i], name: name)
    }
    parameters.append(frame)
    defer { parameters.removeLast() }
    let bound = try bind(body, in: clause)
    let closed = try builder.closed(bound, depth: depth, parameters: names.count)
    guard isFold else {
      let mapped = try builder.elementwise(
        function.name, arrays, closed.body, captures: closed.captures, at: place)
      return try builder.call(function, arguments, mapped: mapped, at: place)
    }
    guard closed.body.type == types[0] else {
      throw SQLError(
        .typeMismatch,
        "The lambda of arrayFold gives \(closed.body.type), but the accumulator is a \(types[0])",
        at: body.range.lowerBound)
    }
    let start = try builder.cast(arguments[arguments.count - 1], to: types[0])
    return try builder.fold(arrays, start, closed.body, captures: closed.captures, at: place)
  }

  /// The arrays whose elements are the parameters; a map is its keys and its values.
  private func lambdaArrays(
    _ call: Call, _ function: ScalarFunction, _ arguments: ArraySlice<BoundExpression>
  ) throws(SQLError) -> [BoundExpression] {
    if function.group == .map, let map = arguments.first, arguments.count == 1, map.type.isMap {
      return [
        try builder.call("mapKeys", [map], at: map.position),
        try builder.call("mapValues", [map], at: map.position),
      ]
    }
    for argument in arguments where argument.type.arrayElement == nil {
      throw SQLError(
        .illegalTypeOfArgument,
        "Illegal type \(argument.type) of an argument of function \(call.name), expected "
          + (function.group == .map ? "a map" : "an array"),
        at: argument.position)
    }
    return Array(arguments)
  }

  /// The parameter of the innermost lambda that has this name.
  func parameter(named name: String) -> BoundExpression? {
    for frame in parameters.reversed() {
      if let found = frame[name] { return found }
    }
    return nil
  }

  /// True where an expression still holds parameters of lambdas around it.
  static func mentionsParameters(_ node: BoundExpression) -> Bool {
    ExpressionWalk([node]).columns.contains { $0 >= LambdaParameters.firstPosition }
  }
}
