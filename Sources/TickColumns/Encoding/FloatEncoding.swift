/// Floats and doubles into the stream that takes the fewest bytes: prices and sizes were decimal numbers once, and as
/// whole numbers of their last digit they pack like integers.
///
/// Invariant: every value comes back bit by bit. A value that `m / 10^e` does not give exactly is an
/// exception (NaN, infinities, -0.0, too many digits).

internal import CTickKernels
internal import Glibc

/// Float64 and Float32: what is the same and what is not.
protocol StoredFloat: BinaryFloatingPoint, BitwiseCopyable, Sendable {
  associatedtype Pattern: BitPattern

  init(bitPattern: Pattern)
  var bitPattern: Pattern { get }
  /// The same number; exact.
  var double: Double { get }
  /// The largest whole number that a scaled decimal may have.
  static var wholeNumberMax: Double { get }
  /// `m / power` as the specification defines it, for a whole number m as a bit pattern.
  static func quotient(_ wholeNumber: Pattern, _ power: Double) -> Self
  /// The same for many whole numbers, which lie where the floats will be.
  static func divide(_ wholeNumbers: UnsafeMutablePointer<Self>, count: Int, by power: Double)
}

extension Double: StoredFloat {
  @inline(__always) var double: Double { self }

  /// 2^53: whole numbers up to there are doubles.
  static var wholeNumberMax: Double { 9_007_199_254_740_992 }

  @inline(__always)
  static func quotient(_ wholeNumber: UInt64, _ power: Double) -> Double {
    Double(Int64(bitPattern: wholeNumber)) / power
  }

  static func divide(_ wholeNumbers: UnsafeMutablePointer<Double>, count: Int, by power: Double) {
    unsafe wholeNumbers.withMemoryRebound(to: Int64.self, capacity: count) { numbers in
      unsafe tick_quotients(numbers, count, power)
    }
  }
}

extension Float: StoredFloat {
  @inline(__always) var double: Double { Double(self) }

  /// What an Int32 holds: the nine digits of a float fit.
  static var wholeNumberMax: Double { 2_147_483_647 }

  @inline(__always)
  static func quotient(_ wholeNumber: UInt32, _ power: Double) -> Float {
    Float(Double(Int32(bitPattern: wholeNumber)) / power)
  }

  static func divide(_ wholeNumbers: UnsafeMutablePointer<Float>, count: Int, by power: Double) {
    for i in 0..<count {
      unsafe wholeNumbers[i] = quotient(wholeNumbers[i].bitPattern, power)
    }
  }
}

extension StoredFloat {
  static var byteWidth: Int { Pattern.bitWidth / 8 }
  /// The whole numbers of a scaled decimal, and the bit patterns.
  fileprivate static var wholeNumbers: IntegerShape {
    IntegerShape(byteWidth: byteWidth, isSigned: true)
  }
}

indirect enum FloatPlan<Number: StoredFloat> {
  case plain([Number])
  case constant(Number)
  case decimal(exponent: Int, IntegerPlan, exceptions: [(position: UInt16, value: Number)])
  case runLength(lengths: IntegerPlan, runs: Int, FloatPlan)
  case dictionary(FloatPlan, entries: Int, codes: IntegerPlan)

  var byteCount: Int {
    switch self {
    case .plain(let values): 1 + Number.byteWidth * values.count
    case .constant: 1 + Number.byteWidth
    case .decimal(_, let inner, let exceptions):
      4 + inner.byteCount(Number.wholeNumbers) + (2 + Number.byteWidth) * exceptions.count
    case .runLength(let lengths, _, let inner):
      3 + lengths.byteCount(.smallNumbers) + inner.byteCount
    case .dictionary(let inner, _, let codes):
      3 + inner.byteCount + codes.byteCount(.smallNumbers)
    }
  }

  func write(into out: inout [UInt8]) {
    switch self {
    case .plain(let values):
      out.append(EncodingID.plain.rawValue)
      out.reserveCapacity(out.count + Number.byteWidth * values.count)
      for value in values { out.appendLittleEndian(value.bitPattern) }
    case .constant(let value):
      out.append(EncodingID.constant.rawValue)
      out.appendLittleEndian(value.bitPattern)
    case .decimal(let exponent, let inner, let exceptions):
      out.append(EncodingID.scaledDecimal.rawValue)
      out.append(UInt8(exponent))
      out.appendLittleEndian(UInt16(exceptions.count))
      inner.write(Number.wholeNumbers, into: &out)
      for exception in exceptions { out.appendLittleEndian(exception.position) }
      for exception in exceptions { out.appendLittleEndian(exception.value.bitPattern) }
    case .runLength(let lengths, let runs, let inner):
      out.appendRunLengths(lengths, runs: runs)
      inner.write(into: &out)
    case .dictionary(let inner, let entries, let codes):
      out.append(EncodingID.dictionary.rawValue)
      out.appendLittleEndian(UInt16(entries))
      inner.write(into: &out)
      codes.write(.smallNumbers, into: &out)
    }
  }
}

/// The cheapest stream of at least one value, where nothing is known about it.
func planFloats<Number: StoredFloat>(_ values: [Number]) -> FloatPlan<Number> {
  var hint = StreamHint()
  return planFloats(values, &hint)
}

/// The cheapest stream of at least one value.
func planFloats<Number: StoredFloat>(
  _ values: [Number], _ hint: inout StreamHint
) -> FloatPlan<Number> {
  let first = values[0].bitPattern
  if values.allSatisfy({ $0.bitPattern == first }) { return .constant(values[0]) }

  var best = FloatPlan.plain(values)
  var bestBytes = best.byteCount
  func consider(_ plan: FloatPlan<Number>) {
    let bytes = plan.byteCount
    if bytes < bestBytes {
      best = plan
      bestBytes = bytes
    }
  }
  if let decimals = planDecimals(values, &hint) { consider(decimals) }
  if case .decimal(_, _, let exceptions) = best, exceptions.count * 8 <= values.count {
    return best
  }
  // Values that are no decimals may still repeat.
  let repeated = Repetition(values.map { UInt64($0.bitPattern) })
  if repeated.starts.count * 2 <= values.count {
    consider(
      .runLength(
        lengths: planRunLengths(repeated.lengths), runs: repeated.starts.count,
        planFlat(repeated.starts.map { values[$0] })))
  }
  if let (entries, codes) = repeated.dictionary() {
    consider(
      .dictionary(
        planFlat(entries.map { values[$0] }), entries: entries.count, codes: planCodes(codes)))
  }
  return best
}

/// Plain or decimal: what stands inside a run-length or dictionary stream.
private func planFlat<Number: StoredFloat>(_ values: [Number]) -> FloatPlan<Number> {
  let plain = FloatPlan.plain(values)
  let plans = candidateExponents(values).map { planDecimal(values, $0) } + [plain]
  return plans.min { $0.byteCount < $1.byteCount } ?? plain
}

/// The whole number `m` with `m / 10^exponent == value`, bit by bit.
@inline(__always)
private func wholeNumber<Number: StoredFloat>(_ value: Number, _ power: Double) -> Int64? {
  let scaled = value.double * power
  // Also false for NaN.
  guard abs(scaled) <= Number.wholeNumberMax else { return nil }
  let number = Int64(scaled.rounded(.toNearestOrEven))
  // By way of the whole number, which has no -0.
  let back = Number.quotient(Number.Pattern(truncatingIfNeeded: number), power)
  guard back.bitPattern == value.bitPattern else { return nil }
  return number
}

/// Exponents worth a plan: the one that as many values as possible need, and a smaller one where few values
/// forced it up.
func candidateExponents<Number: StoredFloat>(_ values: [Number]) -> [Int] {
  var exponent = 0
  var raises: [Int] = [0]
  var misses = 0
  for value in values {
    if wholeNumber(value, decimalPowers[exponent]) != nil { continue }
    var found: Int?
    if value.isFinite, exponent < BlockLimits.decimalExponentMax {
      for candidate in (exponent + 1)...BlockLimits.decimalExponentMax
      where wholeNumber(value, decimalPowers[candidate]) != nil {
        found = candidate
        break
      }
    }
    if let found {
      exponent = found
      raises.append(found)
    } else {
      misses += 1
      // A block of arbitrary doubles: stop looking early.
      if misses > 64 && misses * 2 > values.count { return [] }
    }
  }
  guard let last = raises.last else { return [] }
  let tamer = raises.last { $0 + 3 <= last }
  return tamer.map { [last, $0] } ?? [last]
}

/// The cheapest scaled decimal; nil where the values are none. `origins`, where given, are doubles that the whole
/// numbers are written as differences to.
func planDecimals<Number: StoredFloat>(
  _ values: [Number], _ hint: inout StreamHint, origins: [Double]? = nil
) -> FloatPlan<Number>? {
  let exponents = candidateExponents(values)
  guard let widest = exponents.first else { return nil }
  if !hint.isDue {
    let exponent = hint.prefersTamer ? exponents.last ?? widest : widest
    let (numbers, exceptions) = decimals(values, exponent, origins)
    if let plan = hint.follow(numbers, Number.wholeNumbers), exceptions.count * 16 <= values.count {
      return .decimal(exponent: exponent, plan, exceptions: exceptions)
    }
  }
  var best: FloatPlan<Number>?
  for (i, exponent) in exponents.enumerated() {
    let (numbers, exceptions) = decimals(values, exponent, origins)
    let plan = planIntegers(numbers, Number.wholeNumbers)
    let made = FloatPlan<Number>.decimal(exponent: exponent, plan, exceptions: exceptions)
    if made.byteCount < best?.byteCount ?? .max {
      best = made
      hint.learn(plan, Number.wholeNumbers, count: numbers.count, prefersTamer: i > 0)
    }
  }
  return best
}

private func planDecimal<Number: StoredFloat>(
  _ values: [Number], _ exponent: Int
) -> FloatPlan<Number> {
  let (numbers, exceptions) = decimals(values, exponent, nil)
  return .decimal(
    exponent: exponent, planIntegers(numbers, Number.wholeNumbers, .values), exceptions: exceptions)
}

/// The whole numbers of a scaled decimal, less those of the origins, and the values that have none.
func decimals<Number: StoredFloat>(
  _ values: [Number], _ exponent: Int, _ origins: [Double]?
) -> (numbers: [Int64], exceptions: [(position: UInt16, value: Number)]) {
  let power = decimalPowers[exponent]
  var numbers = [Int64](repeating: 0, count: values.count)
  var exceptions: [(position: UInt16, value: Number)] = []
  var previous: Int64 = 0
  for i in 0..<values.count {
    if let whole = wholeNumber(values[i], power) {
      let number = origins.map { whole &- referenceWholeNumber($0[i], power) } ?? whole
      if exceptions.count == i {
        // The exceptions so far stand at the front: let them look like the first number.
        for position in 0..<i { numbers[position] = number }
      }
      previous = number
    } else {
      exceptions.append((UInt16(i), values[i]))
    }
    numbers[i] = previous
  }
  return (numbers, exceptions)
}
