import TickColumns

/// Integers of up to 128 bits of either sign, where no one machine type holds both sides: division, comparison.
///
/// Invariants:
/// 1. A zero is never negative, so equal numbers have equal parts.
/// 2. Nothing traps: results are cut to 128 bits as narrower integers wrap.
struct WideNumber: Comparable {
  let isNegative: Bool
  let magnitude: UInt128

  init(isNegative: Bool, magnitude: UInt128) {
    self.isNegative = isNegative && magnitude != 0
    self.magnitude = magnitude
  }

  /// The low 128 bits in two's complement.
  var bits: Int128 {
    Int128(truncatingIfNeeded: isNegative ? 0 &- magnitude : magnitude)
  }

  static func < (a: WideNumber, b: WideNumber) -> Bool {
    if a.isNegative != b.isNegative { return a.isNegative }
    return a.isNegative ? a.magnitude > b.magnitude : a.magnitude < b.magnitude
  }

  static let zero = WideNumber(isNegative: false, magnitude: 0)

  /// How a double compares with it; nil for NaN.
  func order(of float: Double) -> Int? {
    if float.isNaN { return nil }
    if let whole = Int128(exactly: float.rounded(.down)), magnitude <= UInt128(Int128.max) {
      let own = isNegative ? -Int128(magnitude) : Int128(magnitude)
      if whole != own { return whole < own ? -1 : 1 }
      return float > float.rounded(.down) ? 1 : 0
    }
    if let whole = UInt128(exactly: float.rounded(.down)), !isNegative {
      return whole < magnitude ? -1 : whole > magnitude ? 1 : 0
    }
    // One of the sides lies outside of 128 bits.
    return float < 0 ? -1 : 1
  }
}

/// The rows of an integer operand of any width.
enum WideNumbers {
  case signed(Vector<Int128>)
  case unsigned(Vector<UInt128>)

  init(_ operand: KernelValue) {
    self =
      operand.type.withoutNullable == .uint128
      ? .unsigned(operand.integers(UInt128.self)) : .signed(operand.integers(Int128.self))
  }

  @inline(__always)
  func at(_ row: Int) -> WideNumber {
    switch self {
    case .signed(let v):
      let number = v.element(row)
      return WideNumber(isNegative: number < 0, magnitude: number.magnitude)
    case .unsigned(let v): return WideNumber(isNegative: false, magnitude: v.element(row))
    }
  }
}

/// Division where a side has 128 bits.
enum WideDivision {
  enum Part { case quotient, remainder, positiveRemainder }

  static func run(
    _ part: Part, _ input: KernelInput, to type: DataType, zeroGivesZero: Bool
  ) throws(SQLError) -> KernelValue {
    let x = WideNumbers(input.operands[0])
    let y = WideNumbers(input.operands[1])
    var out = [Int128](repeating: 0, count: input.rows)
    for row in 0..<input.rows {
      let divisor = y.at(row)
      guard divisor != .zero else {
        if zeroGivesZero || input.valid?[row] == 0 { continue }
        throw SQLError(.illegalDivision, "Division by zero")
      }
      out[row] = divided(x.at(row), divisor, part).bits
    }
    return FunctionTable.convertIntegers(.column(.int128, out), to: type, rows: input.rows)
  }

  private static func divided(_ a: WideNumber, _ b: WideNumber, _ part: Part) -> WideNumber {
    let (quotient, rest) = a.magnitude.quotientAndRemainder(dividingBy: b.magnitude)
    switch part {
    case .quotient:
      return WideNumber(isNegative: a.isNegative != b.isNegative, magnitude: quotient)
    case .remainder: return WideNumber(isNegative: a.isNegative, magnitude: rest)
    case .positiveRemainder:
      let isBelow = a.isNegative && rest != 0
      return WideNumber(isNegative: false, magnitude: isBelow ? b.magnitude - rest : rest)
    }
  }
}

extension NumberComparison {
  /// Where a side has 128 bits; the other is any number.
  static func wide(
    _ comparison: ComparisonOperator, _ a: KernelValue, _ b: KernelValue, _ rows: Int
  ) -> [UInt8] {
    if a.type.isFloat || b.type.isFloat {
      let isLeft = a.type.isFloat
      let floats = (isLeft ? a : b).doubles()
      let numbers = WideNumbers(isLeft ? b : a)
      let oriented = isLeft ? comparison : comparison.mirrored
      return (0..<rows).map { row in
        guard let order = numbers.at(row).order(of: floats.element(row)) else {
          return comparison == .notEquals ? 1 : 0
        }
        return oriented.holds(order) ? 1 : 0
      }
    }
    let x = WideNumbers(a)
    let y = WideNumbers(b)
    return (0..<rows).map { row in
      let (left, right) = (x.at(row), y.at(row))
      return comparison.holds(left < right ? -1 : left == right ? 0 : 1) ? 1 : 0
    }
  }
}
