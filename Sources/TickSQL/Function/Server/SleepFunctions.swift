/// `sleep` and `sleepEachRow`: let time pass, for tests of clients. Time passes outside (`QueryContext.pause`), in short
/// pieces, so that a query that is cancelled wakes up.
import TickColumns

extension FunctionTable {
  static let sleeping: [ScalarFunction] = [
    sleeping("sleep", "Waits that many seconds for each batch of rows; 0.") { seconds, _ in seconds
    },
    sleeping("sleepEachRow", "Waits that many seconds for each row; 0.") { seconds, rows in
      seconds * Double(rows)
    },
  ]

  private static func sleeping(
    _ name: String, _ summary: String, _ total: @escaping @Sendable (Double, Int) -> Double
  ) -> ScalarFunction {
    ScalarFunction(
      name, .server, arguments: "seconds", result: "UInt8",
      summary: summary + " At most \(sleepSecondsMax) seconds for a batch (160).", arity: 1...1,
      traits: [.perRow, .mayThrow]
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      guard type.isFloat || type.isInteger && !type.isSignedInteger && !type.isWideInteger else {
        throw call.illegal(0, "an unsigned or floating number")
      }
      guard let seconds = call.constant(0)?.double else {
        throw SQLError(
          .illegalColumn, "The argument of function \(name) must be constant",
          at: call.arguments[0].position ?? call.position)
      }
      guard let pause = call.builder.context.pause else {
        throw SQLError(
          .badArguments, "Expression must be deterministic but it contains \(name)()",
          at: call.position)
      }
      guard seconds.isFinite, seconds >= 0 else {
        throw SQLError(
          .badArguments, "Cannot sleep infinite or negative time", at: call.position)
      }
      return .kernel(.uint8) { (input) throws(SQLError) in
        var left = input.rows == 0 ? 0 : total(seconds, input.rows)
        guard left <= Double(sleepSecondsMax) else {
          throw SQLError(
            .tooSlow,
            "The maximum sleep time is \(sleepSecondsMax) seconds. Requested: \(left) seconds per block (of size \(input.rows))"
          )
        }
        while left > 0 {
          try CancellationPoint.check()
          pause(Int(min(left, sleepPieceSeconds) * 1e9))
          left -= sleepPieceSeconds
        }
        return .constant(.uint(0), .uint8)
      }
    }
  }

  /// As in ClickHouse.
  private static let sleepSecondsMax = 3
  private static let sleepPieceSeconds = 0.01
}
