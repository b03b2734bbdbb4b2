/// tumble and hop: the window of time that a moment lies in, as a tuple of its start and its end, and both of them alone.
///
/// They are other calls: a window starts where `toStartOfInterval` says and lasts for an interval.
import TickColumns

extension FunctionTable {
  static let windowTimes: [ScalarFunction] = ["tumble", "hop"].flatMap { kind in
    [
      window(kind),
      edge(kind, "Start", element: 1, "The start"),
      edge(kind, "End", element: 2, "The end"),
    ]
  }

  private static func arguments(_ kind: String) -> String {
    kind == "hop"
      ? "t, INTERVAL hop, INTERVAL length[, 'zone']" : "t, INTERVAL length[, 'zone']"
  }

  private static func window(_ kind: String) -> ScalarFunction {
    ScalarFunction(
      kind, .dateTime, arguments: arguments(kind), result: "Tuple(DateTime, DateTime), or of Date",
      summary: kind == "hop"
        ? "Of the windows of a length that begin one hop after the other, the first that t lies in: its start and its end."
        : "The window of a length that t lies in, one window after the other: its start and its end.",
      arity: kind == "hop" ? 3...4 : 2...3
    ) { (call) throws(SQLError) in
      let (start, end) = try edges(kind, call)
      return .expression(try call.builder.call("tuple", [start, end], at: call.position))
    }
  }

  private static func edge(
    _ kind: String, _ suffix: String, element: Int, _ what: String
  ) -> ScalarFunction {
    ScalarFunction(
      kind + suffix, .dateTime, arguments: "\(arguments(kind)), or window",
      result: "DateTime, or Date for weeks and longer", summary: "\(what) of `\(kind)`.",
      arity: kind == "hop" ? 1...4 : 1...3
    ) { (call) throws(SQLError) in
      if call.count == 1 {
        guard case .tuple(let elements) = call.types[0], elements.count == 2,
          elements.allSatisfy({ $0.type.isDayOrSecond })
        else { throw call.illegal(0, "a tuple of two dates or times") }
        let place = call.builder.constant(.uint(UInt64(element)), .uint64)
        return .expression(
          try call.builder.call("tupleElement", [call.arguments[0], place], at: call.position))
      }
      let (start, end) = try edges(kind, call)
      return .expression(element == 1 ? start : end)
    }
  }

  private static func edges(
    _ kind: String, _ call: FunctionBinding
  ) throws(SQLError) -> (start: BoundExpression, end: BoundExpression) {
    let isHop = kind == "hop"
    let zonePlace = isHop ? 3 : 2
    guard call.count >= zonePlace else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Function \(call.name) takes \(isHop ? "3 or 4" : "2 or 3") arguments, or a window",
        at: call.position)
    }
    guard case .dateTime = call.types[0] else { throw call.illegal(0, "DateTime") }
    let step = try length(call, 1)
    var duration = step
    if isHop {
      duration = try length(call, 2)
      guard duration.unit == step.unit else {
        throw SQLError(
          .illegalColumn,
          "Illegal type of window and hop column of function \(call.name), must be same",
          at: call.position)
      }
      guard step.count <= duration.count else {
        throw SQLError(
          .argumentOutOfBound,
          "Value for hop interval of function \(call.name) must not larger than window interval",
          at: call.position)
      }
    }
    let builder = call.builder
    let zone = Array(call.arguments.dropFirst(zonePlace))
    let first = try builder.call(
      "toStartOfInterval", [call.arguments[0], call.arguments[1]] + zone, at: call.position)
    let end = try builder.call("plus", [first, call.arguments[1]], at: call.position)
    guard isHop else { return (first, end) }
    return (try builder.call("minus", [end, call.arguments[2]], at: call.position), end)
  }

  private static func length(
    _ call: FunctionBinding, _ i: Int
  ) throws(SQLError) -> (unit: IntervalUnit, count: Int64) {
    guard case .interval(let unit) = call.types[i] else { throw call.illegal(i, "an interval") }
    guard let constant = call.constant(i) else {
      throw SQLError(
        .illegalColumn, "Argument \(i + 1) of function \(call.name) must be constant",
        at: call.arguments[i].position ?? call.position)
    }
    guard let count = constant.int64, count > 0 else {
      throw SQLError(
        .argumentOutOfBound, "The interval of function \(call.name) must be positive",
        at: call.arguments[i].position ?? call.position)
    }
    switch unit {
    case .nanosecond, .microsecond, .millisecond:
      throw SQLError(
        .syntaxError, "Fraction seconds are unsupported by windows",
        at: call.arguments[i].position ?? call.position)
    default: return (unit, count)
    }
  }
}

extension DataType {
  fileprivate var isDayOrSecond: Bool {
    switch self {
    case .date, .dateTime: true
    default: false
    }
  }
}
