/// Numbers for people: sizes, quantities, durations, bars.
import Glibc
import TickColumns

extension FunctionTable {
  static let readable: [ScalarFunction] = [
    scaled(
      "formatReadableSize", "Bytes with two digits and a unit of powers of 1024.", base: 1_024,
      [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB", " ZiB", " YiB"], ["FORMAT_BYTES"]),
    scaled(
      "formatReadableDecimalSize", "Bytes with two digits and a unit of powers of 1000.",
      base: 1_000, [" B", " KB", " MB", " GB", " TB", " PB", " EB", " ZB", " YB"], []),
    scaled(
      "formatReadableQuantity", "A number with two digits and thousand, million, ... behind it.",
      base: 1_000,
      [
        "", " thousand", " million", " billion", " trillion", " quadrillion", " quintillion",
        " sextillion", " septillion", " octillion", " nonillion",
      ], []),
    ScalarFunction(
      "formatReadableTimeDelta", .text, arguments: "seconds[, 'largest'[, 'smallest']]",
      result: "String",
      summary:
        "Seconds as years of 365 days, months of 30.5 days, days, hours, minutes and seconds; or from the largest "
        + "to the smallest unit given, down to nanoseconds.", arity: 1...3, traits: .mayThrow
    ) { (call) throws(SQLError) in try duration(call) },
    ScalarFunction(
      "bar", .text, arguments: "x, min, max[, width]", result: "String",
      summary:
        "A bar as long as x is between min and max; max is width characters long (80 by default).",
      arity: 3...4, traits: .mayThrow
    ) { (call) throws(SQLError) in
      for i in 0..<call.count where !call.types[i].isNumber { throw call.illegal(i, "a number") }
      return textResult { (input, out) throws(SQLError) in
        let (values, lows, highs) = (
          input.operands[0].doubles(), input.operands[1].doubles(), input.operands[2].doubles()
        )
        let widths = input.operands.count > 3 ? input.operands[3].doubles() : .scalar(80)
        for row in 0..<input.rows {
          if input.valid?[row] != 0 {
            let width = widths.element(row)
            guard width >= 1, width <= 1_000 else {
              throw SQLError(
                .argumentOutOfBound, "The width of function bar must be from 1 to 1000")
            }
            let (x, low, high) = (values.element(row), lows.element(row), highs.element(row))
            let share = x.isNaN || x <= low ? 0 : x >= high ? 1 : (x - low) / (high - low)
            // Bounds that are NaN or too far apart leave no share.
            try appendBar(eighths: share.isFinite ? Int(width * share * 8) : 0, &out)
          }
          out.endRow()
        }
      }
    },
  ]

  /// Full blocks, and one of eighths of a block.
  private static func appendBar(
    eighths: Int, _ out: inout TextBuilder
  ) throws(SQLError) {
    for _ in 0..<eighths / 8 { try out.append([0xE2, 0x96, 0x88]) }
    // U+258F is one eighth, U+2589 seven.
    if eighths % 8 > 0 { try out.append([0xE2, 0x96, UInt8(0x90 - eighths % 8)]) }
  }

  // MARK: Sizes and quantities

  private static func scaled(
    _ name: String, _ summary: String, base: Double, _ units: [String], _ aliases: [String]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "x", result: "String", summary: summary, arity: 1...1,
      aliases: aliases, aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      guard call.types[0].isNumber else { throw call.illegal(0, "a number") }
      return textResult { (input, out) throws(SQLError) in
        let values = input.operands[0].doubles()
        for row in 0..<input.rows {
          var value = values.element(row)
          var unit = 0
          while value.magnitude >= base, unit + 1 < units.count {
            value /= base
            unit += 1
          }
          try out.append(Array((twoDigits(value) + units[unit]).utf8))
          out.endRow()
        }
      }
    }
  }

  /// A number with two digits behind the dot, halves away from zero.
  private static func twoDigits(_ x: Double) -> String {
    guard x.isFinite else { return x.isNaN ? "nan" : x < 0 ? "-inf" : "inf" }
    // Beyond 2^53 there are no digits behind the dot.
    guard x.magnitude < 9_007_199_254_740_992 else { return wholeNumber(x) + ".00" }
    let magnitude = x.magnitude
    let product = magnitude * 100
    let error = fma(magnitude, 100, -product)
    var hundredths = UInt64(product)
    // What the product lost decides where it looks like a half, or like a whole number.
    if product - Double(hundredths) + error >= 0.5 {
      hundredths += 1
    } else if product - Double(hundredths) + error < -0.5 {
      hundredths -= 1
    }
    let rest = hundredths % 100
    return "\(x.sign == .minus ? "-" : "")\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// All digits of a double without a fraction.
  private static func wholeNumber(_ x: Double) -> String {
    var digits: [UInt8] = [0]
    var exponent = Int(x.exponent) - 52
    for digit in String(x.significandBitPattern | 1 << 52).utf8.reversed() {
      digits.append(digit - 0x30)
    }
    digits.removeFirst()
    while exponent > 0 {
      var carry: UInt8 = 0
      for i in digits.indices {
        let double = digits[i] * 2 + carry
        digits[i] = double % 10
        carry = double / 10
      }
      if carry > 0 { digits.append(carry) }
      exponent -= 1
    }
    return (x < 0 ? "-" : "")
      + String(decoding: digits.reversed().map { $0 + 0x30 }, as: UTF8.self)
  }

  // MARK: Durations

  private static let durationUnits: [(name: String, seconds: Double)] = [
    ("year", 31_536_000), ("month", 2_635_200), ("day", 86_400), ("hour", 3_600), ("minute", 60),
    ("second", 1), ("millisecond", 1e-3), ("microsecond", 1e-6), ("nanosecond", 1e-9),
  ]
  private static let secondUnit = 5

  private static func duration(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    guard call.types[0].isNumber else { throw call.illegal(0, "a number") }
    var range = [0, secondUnit]
    for i in 1..<call.count {
      guard case .bytes(let bytes)? = call.constant(i) else {
        throw call.illegal(i, "a constant string")
      }
      let name = String(decoding: bytes, as: UTF8.self)
      guard let unit = durationUnits.firstIndex(where: { $0.name + "s" == name }) else {
        throw SQLError(
          .badArguments, "Unexpected value \(name) of a unit of function formatReadableTimeDelta",
          at: call.arguments[i].position ?? call.position)
      }
      range[i - 1] = unit
    }
    guard range[0] <= range[1] else {
      throw SQLError(
        .badArguments, "The largest unit of formatReadableTimeDelta is below the smallest",
        at: call.position)
    }
    let units = Array(durationUnits[range[0]...range[1]])
    return textResult { (input, out) throws(SQLError) in
      let values = input.operands[0].doubles()
      for row in 0..<input.rows {
        try out.append(Array(duration(values.element(row), units).utf8))
        out.endRow()
      }
    }
  }

  private static func duration(
    _ seconds: Double, _ units: [(name: String, seconds: Double)]
  ) -> String {
    guard seconds.isFinite else { return seconds.isNaN ? "nan" : seconds < 0 ? "-inf" : "inf" }
    var rest = seconds.magnitude
    var parts: [String] = []
    for unit in units {
      let count = (rest / unit.seconds).rounded(.down)
      rest -= count * unit.seconds
      guard count > 0, count.isFinite else { continue }
      let text = count < 1e15 ? "\(UInt64(count))" : wholeNumber(count)
      parts.append("\(text) \(unit.name)\(count == 1 ? "" : "s")")
    }
    guard let last = parts.last else { return "0 \(units[units.count - 1].name)s" }
    let sign = seconds < 0 ? "-" : ""
    if parts.count == 1 { return sign + last }
    return "\(sign)\(parts.dropLast().joined(separator: ", ")) and \(last)"
  }
}
