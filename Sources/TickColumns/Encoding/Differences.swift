/// A column's values as differences to another column's in the same rows: two times of one event, a bid and its ask.
///
/// Invariant: a block of differences is written and read with the same reference values, of which none is NULL.

/// True for types whose blocks may be differences to a column of the same type.
extension PhysicalType {
  public var hasDifferences: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float64: true
    default: false
    }
  }

  /// True when blocks of one may be differences to a column of the other: integers of one width, codes counted as such,
  /// and doubles.
  public func mayDiffer(from reference: PhysicalType) -> Bool {
    guard let kind = differenceKind else { return false }
    return kind == reference.differenceKind
  }

  /// Bytes of an integer, 0 for doubles.
  private var differenceKind: Int? {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .codes: 4
    case .int64, .uint64: 8
    case .float64: 0
    default: nil
    }
  }
}

/// The whole number of a reference's double at an exponent, as the specification defines it; 0 where it has none.
@inline(__always)
func referenceWholeNumber(_ value: Double, _ power: Double) -> Int64 {
  let scaled = (value * power).rounded(.toNearestOrEven)
  // Also false for NaN.
  return abs(scaled) <= Double.wholeNumberMax ? Int64(scaled) : 0
}

/// Differences must save more than they cost to undo: a 64th.
private func isWorthwhile(_ differences: Int, _ direct: Int) -> Bool {
  differences * 64 < direct * 63
}

/// Appends the stream of integers, or that of their differences to `origins`; true for the latter.
func appendIntegers(
  _ values: [Int64], _ origins: [Int64]?, _ shape: IntegerShape, _ hint: inout EncodingHint,
  into out: inout [UInt8]
) -> Bool {
  guard let origins, hint.comparesBoth || hint.prefersDifferences == true else {
    hint.values.plan(values, shape).write(shape, into: &out)
    return false
  }
  let signed = IntegerShape(byteWidth: shape.byteWidth, isSigned: true)
  let differences = zip(values, origins).map { shape.wrapped($0 &- $1) }
  let indirect = hint.differences.plan(differences, signed)
  if hint.comparesBoth || hint.differences.isDue {
    let direct = hint.values.plan(values, shape)
    let isIndirect = isWorthwhile(indirect.byteCount(signed), direct.byteCount(shape))
    hint.prefersDifferences = isIndirect
    if !isIndirect {
      direct.write(shape, into: &out)
      return false
    }
  }
  indirect.write(signed, into: &out)
  return true
}

/// The same for doubles, which are differences where they are decimals.
func appendDoubles(
  _ values: [Double], _ origins: [Double]?, _ hint: inout EncodingHint, into out: inout [UInt8]
) -> Bool {
  guard let origins, hint.comparesBoth || hint.prefersDifferences == true,
    let indirect = planDecimals(values, &hint.differences, origins: origins)
  else {
    planFloats(values, &hint.values).write(into: &out)
    return false
  }
  if hint.comparesBoth || hint.differences.isDue {
    let direct = planFloats(values, &hint.values)
    let isIndirect = isWorthwhile(indirect.byteCount, direct.byteCount)
    hint.prefersDifferences = isIndirect
    if !isIndirect {
      direct.write(into: &out)
      return false
    }
  }
  indirect.write(into: &out)
  return true
}
