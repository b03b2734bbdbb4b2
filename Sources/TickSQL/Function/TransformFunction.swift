/// `transform`: values looked up in a list and replaced by those of another.
import TickColumns

extension FunctionTable {
  static let transformation = ScalarFunction(
    "transform", .conditional, arguments: "x, [from, ...], [to, ...][, default]",
    result: "common type of `to` and the default",
    summary:
      "The element of the second list at the place where the first holds x; the default, or x itself, where it is not.",
    arity: 3...4, traits: [.ownNulls, .mayThrow]
  ) { (call) throws(SQLError) in
    guard case .array(let from)? = call.constant(1), case .array(let to)? = call.constant(2),
      let fromElement = call.types[1].arrayElement, let toElement = call.types[2].arrayElement
    else {
      throw SQLError(
        .illegalTypeOfArgument,
        "Second and third arguments of function transform must be constant arrays",
        at: call.arguments[1].position ?? call.position)
    }
    guard from.count == to.count else {
      throw SQLError(
        .badArguments,
        "Second and third arguments of function transform must be arrays of same size",
        at: call.position)
    }
    let otherwise = call.count == 4 ? 3 : 0
    let given = call.types[otherwise] == .nullable(.nothing) ? toElement : call.types[otherwise]
    let result = try call.commonElement([toElement, given])
    // What cannot be a value of x's type is an error, as in a cast.
    let own = call.types[0] == .nullable(.nothing) ? fromElement : call.types[0]
    let keys = try constantColumn(call, 1, own)
    let values = try constantColumn(call, 2, result)
    let arguments = [
      try call.builder.cast(call.arguments[0], to: own),
      try call.builder.cast(call.arguments[otherwise], to: result),
      // Not read by the kernel, which has them as columns: they tell this call from others.
      call.arguments[1], call.arguments[2],
    ]
    return .kernel(result, arguments: arguments) { (input) throws(SQLError) in
      var ids = ElementIds([own], nanIsOne: false)
      // The first of equal keys counts.
      var places: [Int32: Int32] = [:]
      for (place, id) in try ids.ids([keys]).enumerated() where places[id] == nil {
        places[id] = Int32(truncatingIfNeeded: place)
      }
      let defaults = input.column(1)
      let pool = Column.concatenate(result, [values, defaults])
      let first = Int32(truncatingIfNeeded: values.count)
      var positions: [Int32] = []
      positions.reserveCapacity(input.rows)
      for (row, id) in try ids.ids([input.column(0)]).enumerated() {
        positions.append(places[id] ?? first + Int32(truncatingIfNeeded: row))
      }
      return .column(pool.gather(positions))
    }
  }

  /// The elements of a constant array as values of a type.
  private static func constantColumn(
    _ call: FunctionBinding, _ i: Int, _ type: DataType
  ) throws(SQLError) -> Column {
    let array = try call.builder.cast(call.arguments[i], to: .array(type))
    guard case .array(let values)? = array.constant else {
      throw SQLError(.logicalError, "a constant array was not folded", at: call.position)
    }
    return Column(type, of: values)
  }
}
