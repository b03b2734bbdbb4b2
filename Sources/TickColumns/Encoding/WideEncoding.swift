/// Integers of 128 bits into the stream that takes the fewest bytes: mostly two streams of 64 bits, of which
/// the upper one is a constant for decimals and small numbers, the lower one for addresses of one network.
///
/// Invariant: `byteCount` of a plan is what `write` appends, to the byte.

indirect enum WidePlan {
  case plain([UInt128])
  case constant(UInt128)
  case halves(low: IntegerPlan, high: IntegerPlan)
  case runLength(lengths: [UInt64], lengthWidth: Int, WidePlan)
  case dictionary(WidePlan, entries: Int, codes: [UInt64], codeWidth: Int)

  var byteCount: Int {
    switch self {
    case .plain(let values): 1 + 16 * values.count
    case .constant: 17
    case .halves(let low, let high): 1 + low.byteCount(half) + high.byteCount(half)
    case .runLength(let lengths, let width, let inner):
      4 + packedByteCount(lengths.count, width) + inner.byteCount
    case .dictionary(let inner, _, let codes, let width):
      4 + packedByteCount(codes.count, width) + inner.byteCount
    }
  }

  func write(into out: inout [UInt8]) {
    switch self {
    case .plain(let values):
      out.append(EncodingID.plain.rawValue)
      out.reserveCapacity(out.count + 16 * values.count)
      for value in values { out.appendLittleEndian(value) }
    case .constant(let value):
      out.append(EncodingID.constant.rawValue)
      out.appendLittleEndian(value)
    case .halves(let low, let high):
      out.append(EncodingID.halves.rawValue)
      low.write(half, into: &out)
      high.write(half, into: &out)
    case .runLength(let lengths, let width, let inner):
      out.appendRunLengths(lengths, width: width)
      inner.write(into: &out)
    case .dictionary(let inner, let entries, let codes, let width):
      out.append(EncodingID.dictionary.rawValue)
      out.appendLittleEndian(UInt16(entries))
      inner.write(into: &out)
      out.append(UInt8(width))
      out.appendPacked(codes, width: width)
    }
  }
}

/// Signed, so that differences of small numbers around zero stay narrow in both halves.
private let half = IntegerShape(byteWidth: 8, isSigned: true)

/// The cheapest stream of at least one value.
func planWide(_ values: [UInt128]) -> WidePlan {
  var starts: [UInt128] = []
  var lengths: [UInt64] = []
  for value in values {
    if value == starts.last {
      lengths[lengths.count - 1] += 1
    } else {
      starts.append(value)
      lengths.append(0)
    }
  }
  if starts.count == 1 { return .constant(values[0]) }

  var best = planFlat(values, level: .outer)
  func consider(_ plan: WidePlan?) {
    if let plan, plan.byteCount < best.byteCount { best = plan }
  }
  if starts.count * 2 <= values.count {
    consider(
      .runLength(
        lengths: lengths, lengthWidth: bitLength(lengths.max() ?? 0),
        planFlat(starts, level: .middle)))
  }
  consider(planDictionary(values))
  return best
}

/// Plain or halves.
private func planFlat(_ values: [UInt128], level: PlanLevel) -> WidePlan {
  let low = values.map { Int64(truncatingIfNeeded: $0) }
  let high = values.map { Int64(truncatingIfNeeded: $0 >> 64) }
  let halves = WidePlan.halves(
    low: planIntegers(low, half, level: level), high: planIntegers(high, half, level: level))
  let plain = WidePlan.plain(values)
  return plain.byteCount < halves.byteCount ? plain : halves
}

/// Nil where more than half of the values are distinct.
private func planDictionary(_ values: [UInt128]) -> WidePlan? {
  var codeOf: [UInt128: Int] = [:]
  var entries: [UInt128] = []
  var codes: [Int] = []
  codes.reserveCapacity(values.count)
  for value in values {
    if let known = codeOf[value] {
      codes.append(known)
      continue
    }
    guard entries.count * 2 < values.count else { return nil }
    codeOf[value] = entries.count
    codes.append(entries.count)
    entries.append(value)
  }
  // Ascending entries pack well, and codes then ascend with values.
  let order = entries.indices.sorted { entries[$0] < entries[$1] }
  var places = [UInt64](repeating: 0, count: order.count)
  for (place, entry) in order.enumerated() { places[entry] = UInt64(place) }
  return .dictionary(
    planFlat(order.map { entries[$0] }, level: .middle), entries: order.count,
    codes: codes.map { places[$0] }, codeWidth: bitLength(UInt64(order.count - 1)))
}
