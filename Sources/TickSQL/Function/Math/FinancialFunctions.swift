/// Present values and rates of return of cash flows.
///
/// A rate of return is a root of the present value as a function of the rate: found by Newton's method from a guess, and
/// by halving an interval around a change of sign where that leaves the range; NaN where there is none.
import Glibc
import TickColumns

extension FunctionTable {
  static let financial: [ScalarFunction] = [
    ScalarFunction(
      "financialNetPresentValue", .math, arguments: "rate, cashflows[, starts_at_0]",
      result: "Float64",
      summary:
        "The sum of the flows, each divided by (1 + rate) to the power of its number, from 0, or from 1 where the "
        + "third argument is false.", arity: 2...3
    ) { (call) throws(SQLError) in
      guard call.types[0].isNumber else { throw call.illegal(0, "a number") }
      let flows = try numbersArgument(call, 1)
      if call.count == 3 {
        guard call.types[2].isIntegral else { throw call.illegal(2, "a Bool") }
      }
      let rest = call.arguments.dropFirst(2)
      return .kernel(.float64, arguments: [call.arguments[0], flows] + rest) { input in
        let rates = input.operands[0].doubles()
        let flows = CashFlows(input.operands[1])
        let fromZero: Vector<UInt8> =
          input.operands.count > 2 ? input.operands[2].integers(UInt8.self) : .scalar(1)
        return .column(
          .float64,
          (0..<input.rows).map { row in
            let first: Double = fromZero.element(row) == 0 ? 1 : 0
            let amounts = flows[row]
            return presentValue(
              amounts, amounts.indices.map { Double($0 - amounts.startIndex) + first },
              rates.element(row))
          })
      }
    },
    ScalarFunction(
      "financialInternalRateOfReturn", .math, arguments: "cashflows[, guess]", result: "Float64",
      summary: "The rate at which the present value of the flows is 0; NaN where there is none.",
      arity: 1...2
    ) { (call) throws(SQLError) in
      let flows = try numbersArgument(call, 0)
      let guess = try guessArgument(call, 1)
      // A guess tells this call from others.
      return .kernel(.float64, arguments: [flows] + call.arguments.dropFirst(1)) { input in
        let flows = CashFlows(input.operands[0])
        return .column(
          .float64,
          (0..<input.rows).map { row in
            let amounts = flows[row]
            return rateOfReturn(
              amounts, amounts.indices.map { Double($0 - amounts.startIndex) }, guess)
          })
      }
    },
    ScalarFunction(
      "financialNetPresentValueExtended", .math, arguments: "rate, cashflows, dates",
      result: "Float64",
      summary: "As financialNetPresentValue, with days since the first date over 365 as powers.",
      arity: 3...3, traits: .mayThrow
    ) { (call) throws(SQLError) in
      guard call.types[0].isNumber else { throw call.illegal(0, "a number") }
      let flows = try numbersArgument(call, 1)
      let dates = try datesArgument(call, 2)
      let name = call.name
      return .kernel(.float64, arguments: [call.arguments[0], flows, dates]) {
        (input) throws(SQLError) in
        let rates = input.operands[0].doubles()
        let flows = CashFlows(input.operands[1])
        let days = CashFlows(input.operands[2])
        var out = [Double](repeating: 0, count: input.rows)
        for row in 0..<input.rows where input.valid?[row] != 0 {
          let years = try years(days[row], flows[row].count, name)
          out[row] = presentValue(flows[row], years, rates.element(row))
        }
        return .column(.float64, out)
      }
    },
    ScalarFunction(
      "financialInternalRateOfReturnExtended", .math, arguments: "cashflows, dates[, guess]",
      result: "Float64",
      summary:
        "As financialInternalRateOfReturn, with days since the first date over 365 as powers.",
      arity: 2...3, traits: .mayThrow
    ) { (call) throws(SQLError) in
      let flows = try numbersArgument(call, 0)
      let dates = try datesArgument(call, 1)
      let name = call.name
      let guess = try guessArgument(call, 2)
      return .kernel(.float64, arguments: [flows, dates] + call.arguments.dropFirst(2)) {
        (input) throws(SQLError) in
        let flows = CashFlows(input.operands[0])
        let days = CashFlows(input.operands[1])
        var out = [Double](repeating: 0, count: input.rows)
        for row in 0..<input.rows where input.valid?[row] != 0 {
          let years = try years(days[row], flows[row].count, name)
          out[row] = rateOfReturn(flows[row], years, guess)
        }
        return .column(.float64, out)
      }
    },
  ]

  // MARK: Arguments

  private static func numbersArgument(
    _ call: FunctionBinding, _ i: Int
  ) throws(SQLError) -> BoundExpression {
    guard try call.element(i).isPlainNumber else { throw call.illegal(i, "an array of numbers") }
    return try call.cast(i, .array(.float64))
  }

  private static func datesArgument(
    _ call: FunctionBinding, _ i: Int
  ) throws(SQLError) -> BoundExpression {
    let element = try call.element(i)
    guard element == .date || element == .date32 else { throw call.illegal(i, "an array of dates") }
    return try call.builder.cast(
      try call.builder.cast(call.arguments[i], to: .array(.date32)), to: .array(.int32))
  }

  private static func guessArgument(
    _ call: FunctionBinding, _ i: Int
  ) throws(SQLError) -> Double {
    guard i < call.count else { return 0.1 }
    guard let guess = call.constant(i)?.double, call.types[i].isPlainNumber else {
      throw call.illegal(i, "a constant number")
    }
    return guess
  }

  private static func years(
    _ days: ArraySlice<Double>, _ count: Int, _ name: String
  ) throws(SQLError) -> [Double] {
    guard days.count == count else {
      throw SQLError(
        .illegalTypeOfArgument, "The arrays of function \(name) must have equal size")
    }
    let first = days.first ?? 0
    return days.map { ($0 - first) / 365 }
  }

  // MARK: Values

  static func presentValue(
    _ flows: ArraySlice<Double>, _ years: [Double], _ rate: Double
  ) -> Double {
    zip(flows, years).reduce(0) { $0 + $1.0 / pow(1 + rate, $1.1) }
  }

  private static func slope(_ flows: ArraySlice<Double>, _ years: [Double], _ rate: Double)
    -> Double
  {
    zip(flows, years).reduce(0) { $0 - $1.1 * $1.0 / pow(1 + rate, $1.1 + 1) }
  }

  static func rateOfReturn(
    _ flows: ArraySlice<Double>, _ years: [Double], _ guess: Double
  ) -> Double {
    guard flows.contains(where: { $0 > 0 }), flows.contains(where: { $0 < 0 }) else { return .nan }
    var rate = guess
    for _ in 0..<50 where rate > -1 && rate.isFinite {
      let step = presentValue(flows, years, rate) / slope(flows, years, rate)
      let next = rate - step
      if abs(step) <= 1e-12 * max(1, abs(rate)) { return next }
      rate = next
    }
    return halved(flows, years)
  }

  /// The first change of sign between -99.9999% and a million, closed in.
  private static func halved(_ flows: ArraySlice<Double>, _ years: [Double]) -> Double {
    var low = -0.999_999
    var step = 0.01
    var value = presentValue(flows, years, low)
    while low < 1e6 {
      let high = low + step
      let next = presentValue(flows, years, high)
      if value == 0 { return low }
      if value.sign != next.sign {
        var (a, b) = (low, high)
        for _ in 0..<200 {
          let middle = (a + b) / 2
          if presentValue(flows, years, middle).sign == value.sign {
            a = middle
          } else {
            b = middle
          }
        }
        return (a + b) / 2
      }
      (low, value) = (high, next)
      step *= 1.1
    }
    return .nan
  }
}

/// Arrays of numbers, a row each.
private struct CashFlows {
  private let arrays: ArrayRows
  private let numbers: [Double]

  init(_ operand: KernelValue) {
    arrays = ArrayRows(operand)
    let elements = arrays.elements
    numbers = KernelValue.column(elements).doubles().map(rows: elements.count) { $0 }
  }

  subscript(row: Int) -> ArraySlice<Double> { numbers[arrays.range(row)] }
}
