import TickColumns

/// Comparing decimals with decimals and integers as the numbers they are, whatever their scales: nothing
/// overflows. Against floats a decimal is a Float64.
enum DecimalComparison {
  static func resolve(
    _ call: FunctionBinding, _ comparison: ComparisonOperator
  ) throws(SQLError) -> Resolution {
    let (a, b) = (call.types[0], call.types[1])
    if a.isFloat || b.isFloat { return try call.inDoubles() }
    guard a.isDecimal || a.isIntegral, b.isDecimal || b.isIntegral else {
      throw call.illegalTypes()
    }
    let scale = max(a.decimalScale, b.decimalScale)
    let up = decimalPowers[scale - a.decimalScale]
    let down = decimalPowers[scale - b.decimalScale]
    return .kernel(.uint8) { input in
      let x = WideNumbers(input.operands[0])
      let y = WideNumbers(input.operands[1])
      var out = [UInt8](repeating: 0, count: input.rows)
      for row in 0..<input.rows {
        let order = order(x.at(row), up.magnitude, y.at(row), down.magnitude)
        out[row] = comparison.holds(order) ? 1 : 0
      }
      return .column(.uint8, out)
    }
  }

  /// How a * up compares with b * down.
  private static func order(
    _ a: WideNumber, _ up: UInt128, _ b: WideNumber, _ down: UInt128
  ) -> Int {
    if a.isNegative != b.isNegative { return a.isNegative ? -1 : 1 }
    let x = a.magnitude.multipliedFullWidth(by: up)
    let y = b.magnitude.multipliedFullWidth(by: down)
    if x.high == y.high, x.low == y.low { return 0 }
    let isSmaller = x.high == y.high ? x.low < y.low : x.high < y.high
    return isSmaller == a.isNegative ? 1 : -1
  }
}
