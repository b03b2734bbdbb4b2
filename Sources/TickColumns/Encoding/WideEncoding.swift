/// Integers of 128 bits into the stream that takes the fewest bytes: mostly two streams of 64 bits, of which
/// the upper one is a constant for decimals and small numbers, the lower one for addresses of one network.
///
/// Invariant: `byteCount` of a plan is what `write` appends, to the byte.

indirect enum WidePlan {
  case plain([UInt128])
  case constant(UInt128)
  case halves(low: IntegerPlan, high: IntegerPlan)
  case runLength(lengths: IntegerPlan, runs: Int, WidePlan)
  case dictionary(WidePlan, entries: Int, codes: IntegerPlan)

  var byteCount: Int {
    switch self {
    case .plain(let values): 1 + 16 * values.count
    case .constant: 17
    case .halves(let low, let high): 1 + low.byteCount(half) + high.byteCount(half)
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
      out.reserveCapacity(out.count + 16 * values.count)
      for value in values { out.appendLittleEndian(value) }
    case .constant(let value):
      out.append(EncodingID.constant.rawValue)
      out.appendLittleEndian(value)
    case .halves(let low, let high):
      out.append(EncodingID.halves.rawValue)
      low.write(half, into: &out)
      high.write(half, into: &out)
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

/// Signed, so that differences of small numbers around zero stay narrow in both halves.
private let half = IntegerShape(byteWidth: 8, isSigned: true)

/// The cheapest stream of at least one value.
func planWide(_ values: [UInt128]) -> WidePlan {
  let repeated = Repetition(values)
  if repeated.starts.count == 1 { return .constant(values[0]) }

  var best = planFlat(values)
  func consider(_ plan: WidePlan) {
    if plan.byteCount < best.byteCount { best = plan }
  }
  if repeated.starts.count * 2 <= values.count {
    consider(
      .runLength(
        lengths: planRunLengths(repeated.lengths), runs: repeated.starts.count,
        planFlat(repeated.starts.map { values[$0] }, .values)))
  }
  if let (entries, codes) = repeated.dictionary() {
    consider(
      .dictionary(
        planFlat(entries.map { values[$0] }, .values), entries: entries.count,
        codes: planCodes(codes)))
  }
  return best
}

/// Plain or halves.
private func planFlat(_ values: [UInt128], _ tools: PlanTools = .all) -> WidePlan {
  let low = values.map { Int64(truncatingIfNeeded: $0) }
  let high = values.map { Int64(truncatingIfNeeded: $0 >> 64) }
  let halves = WidePlan.halves(
    low: planIntegers(low, half, tools), high: planIntegers(high, half, tools))
  let plain = WidePlan.plain(values)
  return plain.byteCount < halves.byteCount ? plain : halves
}
