/// Functions of a row's place and of the rows around it. The binder takes their calls apart (`RunningBinding`); what is left
/// to the table is their names, and the refusal of calls that no statement writes out.
import TickColumns

extension FunctionTable {
  static let running: [ScalarFunction] = [
    runningFunction(
      "rowNumberInAllBlocks", "", "UInt64", 0...0,
      "The number of the row, from 0, in the order of the rows of the result (dialect.md, Running functions)."
    ),
    runningFunction(
      "rowNumberInBlock", "", "UInt64", 0...0,
      "The number of the row, from 0, within a block of \(RunningFunction.blockRows) rows of the result."
    ),
    runningFunction(
      "blockNumber", "", "UInt64", 0...0, "The number of that block, from 0."),
    runningFunction(
      "neighbor", "x, n[, default]", "common type", 2...3,
      "x of the row that stands n rows further on, or before for a negative n; where there is none the default, or the type's "
        + "zero value. With allow_deprecated_error_prone_window_functions = 1, as the next ones."),
    runningFunction(
      "runningDifference", "x", "signed number, one size up", 1...1,
      "x less the x of the row before; 0 in the first row."),
    runningFunction(
      "runningDifferenceStartingWithFirstValue", "x", "signed number, one size up", 1...1,
      "As runningDifference, but x itself in the first row."),
    runningFunction(
      "runningAccumulate", "state[, group]", "result of the aggregate", 1...2,
      "What the aggregate gives for the states of the rows up to this one; it begins anew where the group changes."
    ),
  ]

  private static func runningFunction(
    _ name: String, _ arguments: String, _ result: String, _ arity: ClosedRange<Int>,
    _ summary: String
  ) -> ScalarFunction {
    ScalarFunction(
      name, .server, arguments: arguments, result: result,
      summary: summary, arity: arity, traits: [.ownNulls, .perRow]
    ) { (call) throws(SQLError) in
      throw SQLError(
        .notImplemented, "Function \(call.name) is not supported here", at: call.position)
    }
  }
}
