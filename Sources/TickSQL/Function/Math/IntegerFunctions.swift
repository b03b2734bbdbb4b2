/// Whole numbers: divisors, powers, buckets, digits, and rounding to steps.
import TickColumns

extension FunctionTable {
  static let integerMath: [ScalarFunction] = [
    divisor("gcd", "The greatest common divisor. A zero is error 153.", isMultiple: false),
    divisor("lcm", "The least common multiple. A zero is error 153.", isMultiple: true),
    ScalarFunction(
      "factorial", .math, arguments: "n", result: "UInt64",
      summary: "1 * 2 * ... * n; 1 where n is negative. n over 20 is error 36.", arity: 1...1,
      anyCase: true, traits: .mayThrow
    ) { (call) throws(SQLError) in
      try checkInteger(call, 0)
      return .kernel(.uint64) { (input) throws(SQLError) in
        let numbers = wide(input.operands[0])
        var out = [UInt64](repeating: 0, count: input.rows)
        for row in 0..<input.rows where input.valid?[row] != 0 {
          let number = numbers.at(row)
          guard number <= 20 else {
            throw SQLError(
              .badArguments, "The maximum value for the input argument of function factorial is 20")
          }
          var product: UInt64 = 1
          if number > 1 { for factor in 2...UInt64(number) { product *= factor } }
          out[row] = product
        }
        return .column(.uint64, out)
      }
    },
    power("intExp2", base: 2, largest: 63),
    power("intExp10", base: 10, largest: 19),
    ScalarFunction(
      "widthBucket", .math, arguments: "x, low, high, count",
      result: "unsigned integer, one size up from count",
      summary:
        "In which of count buckets of equal width from low to high x lies, from 1; 0 below, count + 1 above.",
      arity: 4...4, aliases: ["width_bucket"], anyCase: true, traits: .mayThrow
    ) { (call) throws(SQLError) in try widthBucket(call) },
    ScalarFunction(
      "countDigits", .math, arguments: "n", result: "UInt8",
      summary: "The number of decimal digits.", arity: 1...1
    ) { (call) throws(SQLError) in
      try checkInteger(call, 0)
      return .kernel(.uint8) { input in
        let numbers = wide(input.operands[0])
        var out = [UInt8](repeating: 1, count: input.rows)
        for row in 0..<input.rows {
          var rest = numbers.at(row).magnitude
          while rest >= 10 {
            rest /= 10
            out[row] += 1
          }
        }
        return .column(.uint8, out)
      }
    },
    ScalarFunction(
      "roundToExp2", .math, arguments: "x", result: "type of x",
      summary: "Toward zero to a power of two; 0 for integers below 1.", arity: 1...1
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      guard type.isNumber, type != .bool else { throw call.illegal(0, "a number") }
      if type == .float64 {
        return .kernel(type) { input in
          .column(
            type,
            input.operands[0].doubles().map(rows: input.rows) { x in
              x.isFinite ? Double(bitPattern: x.bitPattern & 0xFFF0_0000_0000_0000) : x
            })
        }
      }
      return .kernel(type) { input in
        let numbers = wide(input.operands[0])
        var out = [Int64](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let number = numbers.at(row)
          guard number > 0 else { continue }
          out[row] = Int64(
            truncatingIfNeeded: Int128(1) << Int128(127 - number.leadingZeroBitCount))
        }
        return convertIntegers(.column(.int64, out), to: type, rows: input.rows)
      }
    },
    steps(
      "roundDuration", .uint16,
      "Seconds to the next lower of a row of usual durations, up to 36000.",
      [1, 10, 30, 60, 120, 180, 240, 300, 600, 1_200, 1_800, 3_600, 7_200, 18_000, 36_000],
      [1, 10, 30, 60, 120, 180, 240, 300, 600, 1_200, 1_800, 3_600, 7_200, 18_000, 36_000]),
    steps(
      "roundAge", .uint8, "An age to the groups 17, 18, 25, 35, 45 and 55; 0 below 1.",
      [1, 18, 25, 35, 45, 55], [17, 18, 25, 35, 45, 55]),
  ]

  // MARK: gcd and lcm

  private static func divisor(
    _ name: String, _ summary: String, isMultiple: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .math, arguments: "a, b", result: "integer, one size up", summary: summary,
      arity: 2...2, traits: .mayThrow
    ) { (call) throws(SQLError) in
      guard call.types.allSatisfy(\.isInteger) else { throw call.illegalTypes() }
      let type = DataType.sum(call.types[0], call.types[1])
      return .kernel(type) { (input) throws(SQLError) in
        let left = wide(input.operands[0])
        let right = wide(input.operands[1])
        var out = [Int64](repeating: 0, count: input.rows)
        for row in 0..<input.rows where input.valid?[row] != 0 {
          let (a, b) = (left.at(row), right.at(row))
          guard a != 0, b != 0 else { throw SQLError(.illegalDivision, "Division by zero") }
          let least = Int128(Int64.min)
          if isMultiple, type == .int64, a == least || b == least {
            throw SQLError(.decimalOverflow, "Intermediate result overflow")
          }
          if (a == least && b == -1) || (b == least && a == -1) {
            throw SQLError(.illegalDivision, "Division of minimal signed number by minus one")
          }
          // Magnitudes of 64-bit integers, so the product fits 128 bits.
          let common = greatestDivisor(
            UInt64(truncatingIfNeeded: a.magnitude), UInt64(truncatingIfNeeded: b.magnitude))
          let result =
            isMultiple ? a.magnitude / UInt128(common) * b.magnitude : UInt128(common)
          out[row] = Int64(truncatingIfNeeded: result)
        }
        return convertIntegers(.column(.int64, out), to: type, rows: input.rows)
      }
    }
  }

  private static func greatestDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var (x, y) = (a, b)
    while y != 0 { (x, y) = (y, x % y) }
    return x
  }

  // MARK: Powers and buckets

  private static func power(_ name: String, base: UInt64, largest: Int) -> ScalarFunction {
    var powers: [UInt64] = [1]
    while powers.count <= largest { powers.append(powers[powers.count - 1] * base) }
    let table = powers
    return ScalarFunction(
      name, .math, arguments: "n", result: "UInt64",
      summary:
        "\(base) raised to n; 0 where n is negative, the greatest number where it does not fit.",
      arity: 1...1, traits: .mayThrow
    ) { (call) throws(SQLError) in
      guard call.types[0].isNumber else { throw call.illegal(0, "a number") }
      return .kernel(.uint64) { (input) throws(SQLError) in
        let numbers = input.operands[0].doubles()
        var out = [UInt64](repeating: 0, count: input.rows)
        for row in 0..<input.rows where input.valid?[row] != 0 {
          let number = numbers.element(row)
          guard !number.isNaN else {
            throw SQLError(.badArguments, "\(name) must not be called with nan")
          }
          if number >= Double(table.count) {
            out[row] = .max
          } else if number >= 0 {
            out[row] = table[Int(number)]
          }
        }
        return .column(.uint64, out)
      }
    }
  }

  private static func widthBucket(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    for i in 0..<3 where !call.types[i].isNumber { throw call.illegal(i, "a number") }
    guard call.types[3].isInteger, !call.types[3].isSignedInteger else {
      throw call.illegal(3, "an unsigned integer")
    }
    let type = DataType.integer(bits: min(64, call.types[3].numberBits * 2), signed: false)
    return .kernel(type) { (input) throws(SQLError) in
      let values = input.operands[0].doubles()
      let lows = input.operands[1].doubles()
      let highs = input.operands[2].doubles()
      let counts = input.operands[3].integers(UInt64.self)
      var out = [Int64](repeating: 0, count: input.rows)
      for row in 0..<input.rows where input.valid?[row] != 0 {
        let (x, low, high) = (values.element(row), lows.element(row), highs.element(row))
        let count = counts.element(row)
        guard count > 0 else {
          throw SQLError(
            .badArguments, "Last argument (count) for function widthBucket cannot be 0")
        }
        guard !x.isNaN, low.isFinite, high.isFinite else {
          throw SQLError(
            .badArguments,
            "The first three arguments of widthBucket cannot be NaN, bounds not infinite")
        }
        if x < low { continue }
        // Not a number where the bounds are too far apart.
        let place = (x - low) / (high - low) * Double(count)
        let bucket = x < high && place < 0x1p64 ? UInt64(max(0, place)) : .max
        out[row] = Int64(bitPattern: bucket < count ? bucket &+ 1 : count &+ 1)
      }
      return convertIntegers(.column(.int64, out), to: type, rows: input.rows)
    }
  }

  // MARK: Steps

  /// The result beside the last limit that is not above x; 0 where there is none.
  private static func steps(
    _ name: String, _ type: DataType, _ summary: String, _ limits: [Double], _ results: [Int64]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .math, arguments: "x", result: type.description, summary: summary, arity: 1...1
    ) { (call) throws(SQLError) in
      guard call.types[0].isNumber, call.types[0] != .bool else {
        throw call.illegal(0, "a number")
      }
      return .kernel(type) { input in
        let values = input.operands[0].doubles()
        var out = [Int64](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let x = values.element(row)
          var step = 0
          while step < limits.count, x >= limits[step] { step += 1 }
          if step > 0 { out[row] = results[step - 1] }
        }
        return convertIntegers(.column(.int64, out), to: type, rows: input.rows)
      }
    }
  }
}
