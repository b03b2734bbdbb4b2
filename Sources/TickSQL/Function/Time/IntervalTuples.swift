/// Intervals of several units, as tuples of intervals: how they come about, and how they move a time, one after the other.
import TickColumns

extension FunctionTable {
  static let intervalTuples: [ScalarFunction] = [
    intervalSum("addInterval", "The sum", "plus", isBackward: false),
    intervalSum("subtractInterval", "The difference", "minus", isBackward: true),
    moved("addTupleOfIntervals", "plus", "later"),
    moved("subtractTupleOfIntervals", "minus", "earlier"),
  ]

  private static func intervalSum(
    _ name: String, _ what: String, _ operation: String, isBackward: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "i, j", result: "Tuple of intervals",
      summary:
        "\(what) of an interval or a tuple of intervals and an interval: the last element changes where it has the unit of j, "
        + "otherwise there is one more.", arity: 2...2
    ) { (call) throws(SQLError) in
      let builder = call.builder
      guard case .interval = call.types[1] else { throw call.illegal(1, "an interval") }
      var elements: [BoundExpression]
      switch call.types[0] {
      case .interval: elements = [call.arguments[0]]
      case .tuple(let types):
        guard !types.isEmpty else { return .expression(call.arguments[0]) }
        try checkIntervals(call, 0)
        elements = try intervals(call, 0)
      default: throw call.illegal(0, "an interval or a tuple of intervals")
      }
      let last = elements[elements.count - 1]
      if last.type.withoutNullable == call.types[1] {
        elements[elements.count - 1] = try builder.call(
          operation, [last, call.arguments[1]], at: call.position)
      } else {
        elements.append(
          isBackward
            ? try builder.call("negate", [call.arguments[1]], at: call.position)
            : call.arguments[1])
      }
      return .expression(try builder.call("tuple", elements, at: call.position))
    }
  }

  private static func moved(
    _ name: String, _ operation: String, _ direction: String
  ) -> ScalarFunction {
    ScalarFunction(
      name, .dateTime, arguments: "t, intervals", result: "as of t and the intervals",
      summary:
        "The time that lies a tuple of intervals \(direction), one interval after the other.",
      arity: 2...2
    ) { (call) throws(SQLError) in
      guard call.types[0].isDateOrTime else { throw call.illegal(0, "a date or time") }
      try checkIntervals(call, 1)
      var time = call.arguments[0]
      for interval in try intervals(call, 1) {
        time = try call.builder.call(operation, [time, interval], at: call.position)
      }
      return .expression(time)
    }
  }

  private static func checkIntervals(_ call: FunctionBinding, _ i: Int) throws(SQLError) {
    guard case .tuple(let elements) = call.types[i] else {
      throw call.illegal(i, "a tuple of intervals")
    }
    for element in elements {
      guard case .interval = element.type.withoutNullable else {
        throw call.illegal(i, "a tuple of intervals")
      }
    }
  }

  private static func intervals(
    _ call: FunctionBinding, _ i: Int
  ) throws(SQLError) -> [BoundExpression] {
    guard case .tuple(let elements) = call.types[i] else { return [] }
    var out: [BoundExpression] = []
    for place in elements.indices {
      let index = call.builder.constant(.uint(UInt64(place + 1)), .uint64)
      out.append(
        try call.builder.call("tupleElement", [call.arguments[i], index], at: call.position))
    }
    return out
  }
}
