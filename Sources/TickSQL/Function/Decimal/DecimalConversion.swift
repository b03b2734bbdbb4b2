import Glibc
import TickColumns
import TickFormats

/// Decimals from and to other numbers: digits beyond the scale are cut, what does not fit is error 407.
///
/// A DateTime64 counts as a decimal of its precision, which is how ClickHouse reads it.
enum DecimalConversion {
  private static let overflow = SQLError(.decimalOverflow, "Decimal convert overflow")

  /// Integers and decimals as units of `to`.
  static func rescaled(
    _ operand: KernelValue, _ from: DataType, _ to: DataType, rows: Int, valid: [UInt8]?
  ) throws(SQLError) -> KernelValue {
    let units = try DecimalArithmetic.units(operand)
    let (before, after) = (scale(of: from), scale(of: to))
    let up = decimalPowers[max(0, after - before)]
    let down = decimalPowers[max(0, before - after)]
    let limit = DecimalArithmetic.limit(to)
    var out = [Int128](repeating: 0, count: rows)
    for row in 0..<rows where valid?[row] != 0 {
      let (product, isLarge) = units.element(row).multipliedReportingOverflow(by: up)
      let moved = down == 1 ? product : product / down
      guard !isLarge, moved <= limit, moved >= -limit - 1 else { throw overflow }
      out[row] = moved
    }
    return FunctionTable.convertIntegers(.column(.int128, out), to: to, rows: rows)
  }

  /// Floats as units of `to`: the product with the power of ten, in the float's own width, is cut.
  static func fromFloat(
    _ operand: KernelValue, _ to: DataType, rows: Int, valid: [UInt8]?
  ) throws(SQLError) -> KernelValue {
    let isNarrow = operand.type.withoutNullable == .float32
    let numbers = operand.doubles()
    let power = Double(decimalPowers[scale(of: to)])
    let limit = Double(DecimalArithmetic.limit(to))
    var out = [Int128](repeating: 0, count: rows)
    for row in 0..<rows where valid?[row] != 0 {
      let number = numbers.element(row)
      guard number.isFinite else {
        throw SQLError(
          .decimalOverflow, "Decimal convert overflow. Cannot convert infinity or NaN to decimal")
      }
      let product = isNarrow ? Double(Float(number) * Float(power)) : number * power
      guard product > -limit, product < limit,
        let whole = Int128(exactly: product.rounded(.towardZero))
      else {
        throw SQLError(
          .decimalOverflow, "Decimal convert overflow. Float is out of Decimal range")
      }
      out[row] = whole
    }
    return FunctionTable.convertIntegers(.column(.int128, out), to: to, rows: rows)
  }

  /// The whole part as an integer type.
  static func toInteger(
    _ operand: KernelValue, _ from: DataType, _ to: DataType, rows: Int, valid: [UInt8]?
  ) throws(SQLError) -> KernelValue {
    let units = operand.integers(Int128.self)
    let power = decimalPowers[scale(of: from)]
    let bits = to.numberBits
    let most: Int128 = bits == 128 ? .max : (Int128(1) << (to.isSigned ? bits - 1 : bits)) - 1
    let least: Int128 = to.isSigned ? -most - 1 : 0
    var out = [Int128](repeating: 0, count: rows)
    for row in 0..<rows where valid?[row] != 0 {
      let whole = units.element(row) / power
      guard whole >= least, whole <= most else {
        throw SQLError(.decimalOverflow, "Convert overflow")
      }
      out[row] = whole
    }
    return FunctionTable.convertIntegers(.column(.int128, out), to: to, rows: rows)
  }

  static func toFloat(
    _ operand: KernelValue, _ from: DataType, _ to: DataType, rows: Int
  ) -> KernelValue {
    let power = decimalPowers[scale(of: from)]
    let units = operand.integers(Int128.self)
    if to == .float32 {
      return .column(to, units.map(rows: rows) { Float($0) / Float(power) })
    }
    return .column(to, units.map(rows: rows) { Double($0) / Double(power) })
  }

  static func scale(of type: DataType) -> Int {
    if case .dateTime64(let precision, _) = type { Int(precision) } else { type.decimalScale }
  }

  /// A constant number as units of a decimal type, when it is exactly one; nil otherwise.
  static func exact(_ value: Value, _ from: DataType, as to: DataType) -> Value? {
    if from.isFloat {
      guard let number = value.double, number.isFinite else { return nil }
      let text = literalText(.float(number))
      guard
        let parsed = try? TextConversion.exact(Array(text.utf8), as: to)
      else { return nil }
      return parsed
    }
    let (before, after) = (scale(of: from), scale(of: to))
    let units = value.wrappedInt128
    let up = decimalPowers[max(0, after - before)]
    let down = decimalPowers[max(0, before - after)]
    let (product, isLarge) = units.multipliedReportingOverflow(by: up)
    let limit = DecimalArithmetic.limit(to)
    guard !isLarge, product % down == 0, product / down <= limit, product / down >= -limit - 1
    else { return nil }
    return to.physical == .int128 ? .int128(product / down) : .int(Int64(product / down))
  }
}
