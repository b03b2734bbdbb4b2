import TickColumns

/// Sorting arrays: all elements of the batch are sorted at once, then dealt out to their arrays.
extension FunctionTable {
  static let arrayOrder: [ScalarFunction] = [
    sort("arraySort", "The elements in ascending order", isDescending: false),
    sort("arrayReverseSort", "The elements in descending order", isDescending: true),
    partial("arrayPartialSort", "arraySort", "ascending"),
    partial("arrayPartialReverseSort", "arrayReverseSort", "descending"),
  ]

  private static func sort(_ name: String, _ summary: String, isDescending: Bool) -> ScalarFunction
  {
    ScalarFunction(
      name, .array, arguments: "[f, ] a, ...", result: "type of a",
      summary: summary + ", of f(element) where there is a lambda; NaN and NULL come last.",
      arity: 1...Int.max, traits: [.ownNulls, .takesLambda]
    ) { (call) throws(SQLError) in
      let type = DataType.array(try call.element(0))
      let keys = call.mapped ?? call.arguments[0]
      guard call.mapped != nil || call.count == 1 else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch, "\(name) of several arrays needs a lambda",
          at: call.position)
      }
      return .kernel(type, arguments: [call.arguments[0], keys], mayThrow: false) {
        (input) throws(SQLError) in
        let arrays = ArrayRows(.column(input.column(0)))
        let keys = ArrayRows(.column(input.column(1))).elements
        let order = try CancellationPoint.sorted(
          [SortKey(keys, isDescending: isDescending)], rowCount: keys.count)
        let parents = arrays.values.parents
        var next = arrays.values.offsets
        var positions = [Int32](repeating: 0, count: order.count)
        try CancellationPoint.forEachPiece(of: order.indices) { piece in
          for position in order[piece] {
            let parent = Int(parents[Int(position)])
            positions[next[parent]] = position
            next[parent] += 1
          }
        }
        let elements = try arrays.elements.picked(positions)
        return .column(
          Column(
            type, .array(ArrayValues(offsets: arrays.values.offsets, elements: elements))))
      }
    }
  }

  /// ClickHouse leaves the order behind the first n open; here everything is sorted.
  private static func partial(_ name: String, _ full: String, _ order: String) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: "n, a", result: "type of a",
      summary: "At least the first n elements in \(order) order.", arity: 2...2, traits: .ownNulls
    ) { (call) throws(SQLError) in
      guard call.types[0].isInteger else { throw call.illegal(0, "an integer") }
      return .expression(
        try call.builder.call(full, [call.arguments[1]], at: call.position))
    }
  }
}
