import TickColumns
import TickFormats

/// toDecimal32 to toDecimal128, and arithmetic to a scale that the caller names.
extension FunctionTable {
  static let decimals: [ScalarFunction] =
    [(32, 9), (64, 18), (128, 38)].flatMap { bits, precision in
      [toDecimal(bits, precision)]
        + [("OrZero", ParseFailureRule.zero), ("OrNull", .null)].map { suffix, rule in
          toDecimalOr(bits, precision, suffix, rule)
        }
    } + [
      toScale("multiplyDecimal", "The product", isProduct: true),
      toScale("divideDecimal", "The quotient", isProduct: false),
    ]

  private static func toDecimal(_ bits: Int, _ precision: Int) -> ScalarFunction {
    ScalarFunction(
      "toDecimal\(bits)", .conversion, arguments: "x, scale",
      result: "Decimal(\(precision), scale)",
      summary: "x as a decimal; digits beyond the scale are cut, what does not fit is error 407.",
      arity: 2...2, traits: .mayThrow
    ) { (call) throws(SQLError) in
      try convertPlain(call, to: try decimalType(call, precision, scale: 1))
    }
  }

  private static func toDecimalOr(
    _ bits: Int, _ precision: Int, _ suffix: String, _ rule: ParseFailureRule
  ) -> ScalarFunction {
    ScalarFunction(
      "toDecimal\(bits)\(suffix)", .conversion, arguments: "text, scale",
      result: rule == .null
        ? "Nullable(Decimal(\(precision), scale))" : "Decimal(\(precision), scale)",
      summary:
        "Text as a decimal, or \(rule == .null ? "NULL" : "0") where it does not parse or fit.",
      arity: 2...2, traits: .ownNulls
    ) { (call) throws(SQLError) in
      let type = try decimalType(call, precision, scale: 1)
      return try parseOr(call, rule == .null ? type.madeNullable : type, rule)
    }
  }

  private static func decimalType(
    _ call: FunctionBinding, _ precision: Int, scale i: Int
  ) throws(SQLError) -> DataType {
    guard call.constant(i) != nil || !call.types[i].isInteger else {
      throw SQLError(
        .illegalColumn, "The scale of \(call.name) must be constant",
        at: call.arguments[i].position ?? call.position)
    }
    guard let scale = call.constant(i)?.int64, scale >= 0, call.types[i].isInteger else {
      throw SQLError(
        .illegalTypeOfArgument, "\(call.name) expects a constant scale from 0 to \(precision)",
        at: call.arguments[i].position ?? call.position)
    }
    guard scale <= precision else {
      throw SQLError(
        .argumentOutOfBound, "Scale \(scale) is out of bounds (max scale: \(precision))",
        at: call.arguments[i].position ?? call.position)
    }
    return .decimal(precision: UInt8(precision), scale: UInt8(scale))
  }

  private static func toScale(
    _ name: String, _ what: String, isProduct: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .arithmetic, arguments: "a, b[, scale]", result: "Decimal(38, scale)",
      summary: "\(what) of two decimals, cut to a scale: the larger of theirs where none is given.",
      arity: 2...3, traits: .mayThrow
    ) { (call) throws(SQLError) in
      let (a, b) = (call.types[0], call.types[1])
      guard a.isDecimal else { throw call.illegal(0, "a decimal") }
      guard b.isDecimal else { throw call.illegal(1, "a decimal") }
      let scale =
        call.count == 3
        ? try decimalType(call, DataType.decimalPrecisionMax, scale: 2).decimalScale
        : max(a.decimalScale, b.decimalScale)
      let type = DataType.decimal(
        precision: UInt8(DataType.decimalPrecisionMax), scale: UInt8(scale))
      // units = a * b * 10^(scale - sa - sb), or a * 10^(scale + sb - sa) / b.
      let power =
        isProduct
        ? scale - a.decimalScale - b.decimalScale : scale + b.decimalScale - a.decimalScale
      guard abs(power) < decimalPowers.count else {
        throw SQLError(
          .decimalOverflow, "The scales of \(name) are more than 38 digits apart",
          at: call.position)
      }
      let factor = decimalPowers[abs(power)]
      return .kernel(type) { (input) throws(SQLError) in
        let x = input.operands[0].integers(Int128.self)
        let y = input.operands[1].integers(Int128.self)
        var out = [Int128](repeating: 0, count: input.rows)
        for row in 0..<input.rows where input.valid?[row] != 0 {
          let (a, b) = (x.element(row), y.element(row))
          if !isProduct, b == 0 { throw SQLError(.illegalDivision, "Division by zero") }
          let found: Int128? =
            switch (isProduct, power < 0) {
            case (true, true): DecimalArithmetic.quotient(a, times: b, by: factor)
            case (true, false):
              DecimalArithmetic.quotient(a, times: b, by: 1).flatMap {
                DecimalArithmetic.quotient($0, times: factor, by: 1)
              }
            case (false, true):
              // Cutting twice gives what cutting once does.
              DecimalArithmetic.quotient(a, times: 1, by: factor).flatMap {
                DecimalArithmetic.quotient($0, times: 1, by: b)
              }
            case (false, false): DecimalArithmetic.quotient(a, times: factor, by: b)
            }
          guard let found else { throw DecimalArithmetic.overflow }
          out[row] = found
        }
        return try DecimalArithmetic.column(out, type, valid: input.valid)
      }
    }
  }
}
