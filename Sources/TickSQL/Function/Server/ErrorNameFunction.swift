/// `errorCodeToName`: the name that clients and documents have for the number of an error.
///
/// Numbers are cut to Int32 as ClickHouse cuts them, so a number out of its range may have the name of another. NULL of a column
/// is 0, since the result has no NULL.
import TickColumns

extension FunctionTable {
  static let errorNames: [ScalarFunction] = [
    ScalarFunction(
      "errorCodeToName", .server, arguments: "code", result: "LowCardinality(String)",
      summary:
        "The name of ClickHouse's error with that number; empty where there is none. NULL in a column gives that of 0.",
      arity: 1...1, traits: .ownNulls
    ) { (call) throws(SQLError) in
      let type = call.types[0].withoutNullable
      if type == .nothing { return .constant(.null, .nullable(.nothing)) }
      guard type.isInteger || type == .bool || type == .float64 else {
        throw SQLError(
          .badArguments,
          "The argument of function errorCodeToName must be a whole number of up to 64 bits or a Float64",
          at: call.arguments[0].position ?? call.position)
      }
      return .kernel(.lowCardinality(.string)) { input in
        let numbers = errorNumbers(input.operands[0].withoutNulls, rows: input.rows)
        let validity = input.operands[0].validity
        var codes = [UInt32](repeating: 0, count: input.rows)
        for row in codes.indices {
          let number = validity?[row] == 0 ? 0 : numbers.element(row)
          codes[row] = errorCodes[Int32(truncatingIfNeeded: number)] ?? 0
        }
        return .column(Column(.lowCardinality(.string), .codes(codes, errorDictionary)))
      }
    }
  ]

  private static func errorNumbers(_ operand: KernelValue, rows: Int) -> Vector<Int64> {
    guard operand.type == .float64 else { return operand.integers(Int64.self) }
    // What no Int64 holds has no bits in the lower half.
    return .array(
      operand.doubles().map(rows: rows) { Int64(exactly: $0.rounded(.towardZero)) ?? 0 })
  }

  /// Places in `errorDictionary`, whose first string is that of no error.
  private static let errorCodes: [Int32: UInt32] = Dictionary(
    uniqueKeysWithValues: ErrorNames.all.enumerated().map {
      (Int32(truncatingIfNeeded: $1.number), UInt32(truncatingIfNeeded: $0 + 1))
    })

  private static let errorDictionary = StringDictionary(
    StringValues([""] + ErrorNames.all.map(\.name)))
}
