import Glibc
import TickColumns

/// toDecimalString: numbers with a fixed number of digits behind the point.
///
/// Halves go away from zero, as `round` sends those of decimals; a float is the binary fraction that it is, so `1.555`
/// to two digits is `1.55`.
extension FunctionTable {
  static let decimalText: [ScalarFunction] = [
    ScalarFunction(
      "toDecimalString", .conversion, arguments: "x, digits", result: "String",
      summary: "x with so many digits behind the point.", arity: 2...2, traits: .mayThrow
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      guard type.isPlainNumber || type.isDecimal else { throw call.illegal(0, "a number") }
      guard call.types[1].isInteger, !call.types[1].isSigned else {
        throw call.illegal(1, "an unsigned integer")
      }
      guard call.types[1] == .uint8 else {
        throw SQLError(
          .illegalColumn,
          "Illegal column \(call.types[1]) of second argument of function \(call.name)",
          at: call.arguments[1].position ?? call.position)
      }
      let most: UInt64 = type.isFloat ? 60 : 77
      return .kernel(.string) { (input) throws(SQLError) in
        // As they are: cut to Int64 the largest ones would be negative.
        let digits = input.operands[1].integers(UInt64.self)
        let doubles: Vector<Double> = type.isFloat ? input.operands[0].doubles() : .scalar(0)
        let numbers: WideNumbers? = type.isFloat ? nil : WideNumbers(input.operands[0])
        var out = StringValues()
        for row in 0..<input.rows {
          let wanted = digits.element(row)
          guard input.valid?[row] != 0 else {
            out.append([])
            continue
          }
          guard wanted <= most else {
            throw SQLError(
              .cannotPrintFloatOrDoubleNumber,
              "Too many fractional digits requested, shall not be more than \(most)")
          }
          if let numbers {
            out.append(fixed(numbers.at(row), scale: type.decimalScale, digits: Int(wanted)))
          } else {
            out.append(fixed(doubles.element(row), digits: Int(wanted)))
          }
        }
        return .column(Column(.string, .string(out)))
      }
    }
  ]

  /// units x 10^-scale with `digits` digits behind the point.
  private static func fixed(_ units: WideNumber, scale: Int, digits: Int) -> [UInt8] {
    var magnitude = units.magnitude
    var places = scale
    if digits < scale {
      let power = decimalPowers[scale - digits].magnitude
      let rest = magnitude % power
      magnitude = magnitude / power + (rest >= power - rest ? 1 : 0)
      places = digits
    }
    var text = Array("\(magnitude)".utf8)
    if text.count <= places {
      text.insert(contentsOf: repeatElement(0x30, count: places + 1 - text.count), at: 0)
    }
    var out: [UInt8] = units.isNegative ? [0x2D] : []
    out += text.prefix(text.count - places)
    guard digits > 0 else { return out }
    out.append(0x2E)
    out += text.suffix(places)
    out += repeatElement(0x30, count: digits - places)
    return out
  }

  private static func fixed(_ value: Double, digits: Int) -> [UInt8] {
    guard value.isFinite else {
      return Array((value.isNaN ? "nan" : value < 0 ? "-inf" : "inf").utf8)
    }
    // Enough digits to tell a half from what is next to it; 309 before the point, a sign, the point, and the end.
    let extra = 40
    var buffer = [CChar](repeating: 0, count: digits + extra + 320)
    let count = unsafe withVaList([Int32(digits + extra), value]) { arguments in
      unsafe vsnprintf(&buffer, buffer.count, "%.*f", arguments)
    }
    var text = buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }
    let roundsUp = text[text.count - extra] >= 0x35
    text.removeLast(digits == 0 ? extra + 1 : extra)
    guard roundsUp else { return text }
    // Halves go away from zero: one more in the last place, carried to the front.
    var place = text.count - 1
    while place >= 0, text[place] != 0x2D {
      if text[place] == 0x2E {
        place -= 1
        continue
      }
      if text[place] < 0x39 {
        text[place] += 1
        return text
      }
      text[place] = 0x30
      place -= 1
    }
    text.insert(0x31, at: place + 1)
    return text
  }
}
