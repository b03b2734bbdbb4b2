/// What aggregates measure as doubles: numbers of every width, and times where an aggregate takes them.
///
/// Invariants:
/// 1. A measure is the value that the cell means, not its units: Decimal(9, 2) 1.50 is 1.5, a DateTime64 its seconds.
/// 2. Sums and moments are those of doubles, also for Float32: only what comes out is rounded to Float32.
import TickColumns

extension DataType {
  /// Numbers that are measured: all there are.
  var isMeasured: Bool { isPlainNumber || isDecimal }

  /// Numbers, and what counts days or seconds.
  var isMeasuredOrTime: Bool { isMeasured || isDateOrTime || self == .date32 }

  /// True for what is kept in 128 bits.
  var isWide: Bool { physical == .int128 || physical == .uint128 }

  /// The power of ten between the value and the units that a cell holds.
  fileprivate var unitDigits: Int {
    if case .dateTime64(let precision, _) = self { return Int(precision) }
    return isDecimal ? decimalScale : 0
  }
}

extension AggregateBinding {
  /// Error 48 for a first argument of 128 bits, for what keeps values of up to 64.
  func requireNarrow() throws(SQLError) {
    guard !types[0].isWide else {
      throw SQLError(
        .notImplemented, "\(name) of \(types[0]), which has 128 bits, is not supported",
        at: position)
    }
  }

  /// Error 48 for what has no measure, which is what ClickHouse says where it would have to convert a column.
  func unmeasured(_ i: Int) -> SQLError {
    SQLError(
      .notImplemented, "\(name) of \(types[i]) is not supported: a number or time is expected",
      at: position)
  }
}

extension KernelValue {
  /// The values as doubles.
  func measures() -> Vector<Double> {
    let digits = type.unitDigits
    guard digits > 0 else { return doubles() }
    let power = Double(decimalPowers[digits])
    switch doubles() {
    case .array(let units): return .array(units.map { $0 / power })
    case .scalar(let units): return .scalar(units / power)
    }
  }
}

extension AdaptingState {
  /// Arguments as doubles.
  static func reals(_ inner: any AggregateState, _ result: DataType = .float64) -> AdaptingState {
    AdaptingState(
      inner,
      given: { input in
        var real = input
        real.operands = input.operands.map { operand in
          .column(.float64, operand.measures().map(rows: input.rows) { $0 })
        }
        return real
      }, result: { result == .float32 ? $0.roundedToFloats : $0 })
  }

  /// Arguments of Float32 as doubles and the others as they are; results of Float64 come back as Float32.
  static func floats(_ inner: any AggregateState) -> AdaptingState {
    AdaptingState(
      inner, given: { $0.widened }, result: { $0.roundedToFloats })
  }

  /// Arguments of Float32 as doubles and the others as they are.
  static func widened(_ inner: any AggregateState) -> AdaptingState {
    AdaptingState(inner, given: { $0.widened })
  }
}

extension AggregateInput {
  fileprivate var widened: AggregateInput {
    var wide = self
    wide.operands = operands.map { operand in
      guard operand.type == .float32 else { return operand }
      return .column(.float64, operand.doubles().map(rows: rows) { $0 })
    }
    return wide
  }
}

extension Column {
  /// Doubles, or arrays of them, as Float32.
  fileprivate var roundedToFloats: Column {
    switch values {
    case .float64(let doubles): return Column(.float32, .float32(doubles.map { Float($0) }))
    case .array(let arrays):
      let elements = arrays.elements.roundedToFloats
      return Column(
        .array(elements.type), .array(ArrayValues(offsets: arrays.offsets, elements: elements)))
    default: return self
    }
  }
}
