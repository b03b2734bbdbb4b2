/// Functions of single states: the result of one, one of a row, and states added up from row to row.
import TickColumns
import TickFormats

extension FunctionTable {
  static let aggregateStates: [ScalarFunction] = [
    ScalarFunction(
      "finalizeAggregation", .array, arguments: "state", result: "result of the aggregate",
      summary: "What the aggregate gives for the rows that the state has seen.", arity: 1...1,
      traits: .mayThrow
    ) { (call) throws(SQLError) in
      guard case .aggregateFunction(let type) = call.types[0] else {
        throw call.illegal(0, "the state of an aggregate function")
      }
      let resolution = try CombinedAggregate.of(type, at: call.position)
      return .kernel(resolution.type) { (input) throws(SQLError) in
        let state = MergingState(resolution.makeState(), type.layout)
        state.resize(input.rows)
        if input.rows > 0 { try state.update(rowByRow([input.operands[0]], input.rows)) }
        return .column(try state.finish())
      }
    },
    ScalarFunction(
      "initializeAggregation", .array, arguments: "'aggregate', x, ...",
      result: "result of the aggregate",
      summary: "The aggregate of one row: `initializeAggregation('sumState', x)` is a state.",
      arity: 2...Int.max, traits: [.ownNulls, .mayThrow]
    ) { (call) throws(SQLError) in
      guard case .bytes? = call.constant(0) else {
        throw call.illegal(0, "the name of an aggregate function")
      }
      // A row is an array of one element.
      var arrays: [BoundExpression] = [call.arguments[0]]
      for argument in call.arguments.dropFirst() {
        arrays.append(try call.builder.call("array", [argument], at: call.position))
      }
      return .expression(try call.builder.call("arrayReduce", arrays, at: call.position))
    },
  ]

  /// Each row for a group of its own.
  private static func rowByRow(_ operands: [KernelValue], _ rows: Int) -> AggregateInput {
    let all = (0..<rows).map { Int32(truncatingIfNeeded: $0) }
    return AggregateInput(
      operands: operands, rows: rows, runs: GroupRuns(starts: all, groups: all, rows: rows),
      order: .ascending(0))
  }
}
