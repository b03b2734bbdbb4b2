/// Integers into the stream that takes the fewest bytes.
///
/// A plan is made for each candidate with its exact byte count, and the cheapest is written; among equals
/// the one that decodes faster. Values travel as `Int64`, sign- or zero-extended from their type.
///
/// Invariants:
/// 1. `byteCount` of a plan is what `write` appends, to the byte.
/// 2. Plans with all tools nest at most 7 deep (run-length, delta, patched, multiples, bins, repeats of their selectors, a
///    frame), with those of `.values` 6 deep, so that what stands on top of them stays within `streamDepthMax`: deeper
///    blocks no reader takes.

/// The integer type that is encoded.
struct IntegerShape {
  let byteWidth: Int
  /// How values compare; only the choice of a frame's origin depends on it.
  let isSigned: Bool

  /// The value as the type would hold it, sign-extended.
  @inline(__always)
  func wrapped(_ value: Int64) -> Int64 {
    let spare = Int64(64 - 8 * byteWidth)
    return (value << spare) >> spare
  }

  func shortByteCount(_ value: Int64) -> Int { TickColumns.shortByteCount(wrapped(value)) }
}

/// What may be tried for a stream besides constant, plain and frame of reference. What was used is not tried inside, so
/// streams do not nest without end.
struct PlanTools: OptionSet {
  let rawValue: UInt8

  static let bins = PlanTools(rawValue: 1)
  static let patched = PlanTools(rawValue: 2)
  static let multiples = PlanTools(rawValue: 4)
  /// Delta and lagged.
  static let delta = PlanTools(rawValue: 8)
  /// Run-length.
  static let runs = PlanTools(rawValue: 16)
  static let dictionary = PlanTools(rawValue: 32)
  /// Repeats alone: what names the bins of values, where the lengths of runs would have bins of their own.
  static let repeats = PlanTools(rawValue: 64)

  static let all: PlanTools = [.bins, .patched, .multiples, .delta, .runs, .repeats, .dictionary]
  /// For what each value of a run, an entry or a column of few kinds is.
  static let values: PlanTools = [.bins, .patched, .multiples, .delta]
}

/// A stream decided upon.
indirect enum IntegerPlan {
  case plain([Int64])
  case constant(Int64)
  case frame(FramePlan)
  case delta(first: Int64, IntegerPlan)
  /// As many first values as the lag has places.
  case lagged(first: [Int64], IntegerPlan)
  /// Lengths minus 1.
  case runLength(lengths: IntegerPlan, runs: Int, IntegerPlan)
  /// For each value but the first 1 where it differs from the one before.
  case repeats(changes: [UInt64], IntegerPlan)
  case dictionary(IntegerPlan, entries: Int, codes: IntegerPlan)
  case patched(IntegerPlan, positions: [UInt16], IntegerPlan)
  case bins(BinPlan)
  case multiples(scale: UInt64, remainder: Int64, IntegerPlan)

  /// Lags that are looked at; a reader takes more.
  static let lagTriedMax = 4

  func byteCount(_ shape: IntegerShape) -> Int {
    switch self {
    case .plain(let values): 1 + values.count * shape.byteWidth
    case .constant(let value): 1 + shape.shortByteCount(value)
    case .frame(let frame): frame.byteCount(shape)
    case .delta(let first, let inner): 1 + shape.shortByteCount(first) + inner.byteCount(shape)
    case .lagged(let first, let inner):
      2 + first.reduce(0) { $0 + shape.shortByteCount($1) } + inner.byteCount(shape)
    case .runLength(let lengths, _, let inner):
      3 + lengths.byteCount(.smallNumbers) + inner.byteCount(shape)
    case .repeats(let changes, let inner):
      1 + packedByteCount(changes.count, 1) + inner.byteCount(shape)
    case .dictionary(let inner, _, let codes):
      3 + inner.byteCount(shape) + codes.byteCount(.smallNumbers)
    case .patched(let narrow, let positions, let patches):
      3 + narrow.byteCount(shape) + 2 * positions.count + patches.byteCount(shape)
    case .bins(let bins): bins.byteCount(shape)
    case .multiples(let scale, let remainder, let inner):
      1 + shape.shortByteCount(Int64(bitPattern: scale)) + shape.shortByteCount(remainder)
        + inner.byteCount(shape)
    }
  }

  func write(_ shape: IntegerShape, into out: inout [UInt8]) {
    switch self {
    case .plain(let values):
      out.append(EncodingID.plain.rawValue)
      out.reserveCapacity(out.count + values.count * shape.byteWidth)
      for value in values { out.appendNumber(value, byteWidth: shape.byteWidth) }
    case .constant(let value):
      out.append(EncodingID.constant.rawValue)
      out.appendShort(shape.wrapped(value))
    case .frame(let frame): frame.write(shape, into: &out)
    case .delta(let first, let inner):
      out.append(EncodingID.delta.rawValue)
      out.appendShort(shape.wrapped(first))
      inner.write(shape, into: &out)
    case .lagged(let first, let inner):
      out.append(EncodingID.lagged.rawValue)
      out.append(UInt8(first.count))
      for value in first { out.appendShort(shape.wrapped(value)) }
      inner.write(shape, into: &out)
    case .runLength(let lengths, let runs, let inner):
      out.appendRunLengths(lengths, runs: runs)
      inner.write(shape, into: &out)
    case .repeats(let changes, let inner):
      out.append(EncodingID.repeats.rawValue)
      out.appendPacked(changes, width: 1)
      inner.write(shape, into: &out)
    case .dictionary(let inner, let entries, let codes):
      out.append(EncodingID.dictionary.rawValue)
      out.appendLittleEndian(UInt16(entries))
      inner.write(shape, into: &out)
      codes.write(.smallNumbers, into: &out)
    case .patched(let narrow, let positions, let patches):
      out.append(EncodingID.patched.rawValue)
      out.appendLittleEndian(UInt16(positions.count))
      narrow.write(shape, into: &out)
      for position in positions { out.appendLittleEndian(position) }
      patches.write(shape, into: &out)
    case .bins(let bins): bins.write(shape, into: &out)
    case .multiples(let scale, let remainder, let inner):
      out.append(EncodingID.multiples.rawValue)
      out.appendShort(shape.wrapped(Int64(bitPattern: scale)))
      out.appendShort(shape.wrapped(remainder))
      inner.write(shape, into: &out)
    }
  }
}

extension IntegerPlan {
  /// How deep its streams nest, its own being the first.
  var depth: Int {
    switch self {
    case .plain, .constant, .frame: 1
    case .delta(_, let inner), .lagged(_, let inner), .repeats(_, let inner),
      .multiples(_, _, let inner):
      1 + inner.depth
    case .runLength(let parts, _, let inner), .dictionary(let inner, _, let parts),
      .patched(let parts, _, let inner):
      1 + max(parts.depth, inner.depth)
    case .bins(let bins): 1 + bins.selectors.depth
    }
  }
}

extension IntegerShape {
  /// Lengths of runs and codes of a block's dictionary.
  static let smallNumbers = IntegerShape(byteWidth: 2, isSigned: false)
}

/// A frame of reference: `value = origin + offset`.
struct FramePlan {
  var origin: Int64
  var width: Int
  var offsets: [UInt64]

  func byteCount(_ shape: IntegerShape) -> Int {
    2 + shape.shortByteCount(origin) + packedByteCount(offsets.count, width)
  }

  func write(_ shape: IntegerShape, into out: inout [UInt8]) {
    out.append(EncodingID.frameOfReference.rawValue)
    out.append(UInt8(width))
    out.appendShort(shape.wrapped(origin))
    out.appendPacked(offsets, width: width)
  }
}

func packedByteCount(_ count: Int, _ width: Int) -> Int { (count * width + 7) / 8 }

extension [UInt8] {
  mutating func appendNumber(_ value: Int64, byteWidth: Int) {
    switch byteWidth {
    case 1: append(UInt8(truncatingIfNeeded: value))
    case 2: appendLittleEndian(UInt16(truncatingIfNeeded: value))
    case 4: appendLittleEndian(UInt32(truncatingIfNeeded: value))
    default: appendLittleEndian(value)
    }
  }

  mutating func appendRunLengths(_ lengths: IntegerPlan, runs: Int) {
    append(EncodingID.runLength.rawValue)
    appendLittleEndian(UInt16(runs))
    lengths.write(.smallNumbers, into: &self)
  }
}

// MARK: Choosing

/// The cheapest stream of at least one value; with a recipe the one that it leads to, or a frame where that is cheaper.
func planIntegers(
  _ values: [Int64], _ shape: IntegerShape, _ tools: PlanTools = .all,
  along recipe: ArraySlice<PlanStep>? = nil
) -> IntegerPlan {
  let facts = IntegerFacts(values, isSigned: shape.isSigned)
  if facts.minimum == facts.maximum { return .constant(values[0]) }
  func tries(_ tool: PlanTools, _ step: PlanStep) -> Bool {
    tools.contains(tool) && (recipe == nil || recipe?.first == step)
  }
  let rest = recipe?.dropFirst()
  let triesMultiples = tries(.multiples, .multiples)
  if triesMultiples,
    let divided = planMultiples(values, facts, shape, tools, along: rest)
  {
    return divided
  }

  let frame = planFrame(values, facts)
  var best = IntegerPlan.frame(frame)
  var bestBytes = frame.byteCount(shape)
  func consider(_ plan: IntegerPlan?) {
    guard let plan else { return }
    let bytes = plan.byteCount(shape)
    if bytes < bestBytes {
      best = plan
      bestBytes = bytes
    }
  }

  // Plain decodes no faster than a frame of full width, so it must win by bytes as well.
  if 1 + values.count * shape.byteWidth < bestBytes { consider(.plain(values)) }
  if tries(.patched, .patched) {
    consider(planPatched(values, facts, frame, shape, below: bestBytes))
  }
  if frame.width >= 2, tries(.bins, .bins) {
    // Bins decode slower than frames: they must earn it.
    consider(BinPlan(values, shape, below: bestBytes * 11 / 12).map { .bins($0) })
  }
  if triesMultiples, tools.contains(.patched) {
    consider(planRoughMultiples(values, shape, below: bestBytes))
  }
  if values.count >= 2 {
    if tries(.delta, .delta) { consider(planDelta(values, shape, tools, along: rest)) }
    if tries(.delta, .lagged), let lag = promisingLag(values) {
      consider(planLagged(values, lag, shape, tools, along: rest))
    }
  }
  if facts.runs * 3 <= values.count, tries(.runs, .runLength) {
    consider(planRuns(values, facts.runs, shape, tools, along: rest))
  }
  // One bit a value must be earned by those that repeat.
  if facts.runs * 4 <= values.count * 3, tries(.repeats, .repeats) {
    consider(planRepeats(values, facts.runs, shape, tools, along: rest))
  }
  if tries(.dictionary, .dictionary) {
    consider(planDictionary(values, frame, shape, tools, below: bestBytes))
  }
  return best
}

/// What one look at the values tells.
private struct IntegerFacts {
  var minimum: Int64
  var maximum: Int64
  /// Groups of equal neighbours.
  var runs = 1

  init(_ values: [Int64], isSigned: Bool) {
    // Flipping the top bit makes unsigned order signed order.
    let flip: Int64 = isSigned ? 0 : .min
    var low = values[0] ^ flip
    var high = low
    var previous = values[0]
    var changes = 0
    for value in values {
      let image = value ^ flip
      low = min(low, image)
      high = max(high, image)
      changes &+= value == previous ? 0 : 1
      previous = value
    }
    minimum = low ^ flip
    maximum = high ^ flip
    runs += changes
  }
}

private func planFrame(_ values: [Int64], _ facts: IntegerFacts) -> FramePlan {
  let origin = facts.minimum
  var offsets = [UInt64](repeating: 0, count: values.count)
  for i in 0..<values.count { offsets[i] = UInt64(bitPattern: values[i] &- origin) }
  let width = bitLength(UInt64(bitPattern: facts.maximum &- origin))
  return FramePlan(origin: origin, width: width, offsets: offsets)
}

/// Both are above zero or `b` is zero.
func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
  var (x, y) = (a, b)
  while y != 0 { (x, y) = (y, x % y) }
  return x
}

/// Values that are all multiples of something from the least one up: times of a clock that counts milliseconds, prices in
/// ticks, sizes in lots.
private func planMultiples(
  _ values: [Int64], _ facts: IntegerFacts, _ shape: IntegerShape, _ tools: PlanTools,
  along recipe: ArraySlice<PlanStep>?
) -> IntegerPlan? {
  let origin = facts.minimum
  var scale: UInt64 = 0
  for value in values {
    let offset = UInt64(bitPattern: value &- origin)
    if scale == 0 || offset % scale != 0 { scale = greatestCommonDivisor(offset, scale) }
    if scale == 1 { return nil }
  }
  // What the bits that are divided out would take at most; a scale costs its own bytes.
  guard values.count * bitLength(scale) > 8 * (shape.byteWidth + 4) else { return nil }
  let quotients = values.map {
    Int64(bitPattern: UInt64(bitPattern: $0 &- origin) / scale)
  }
  let signed = IntegerShape(byteWidth: shape.byteWidth, isSigned: true)
  return .multiples(
    scale: scale, remainder: origin,
    planIntegers(quotients, signed, tools.subtracting(.multiples), along: recipe))
}

/// Steps that clocks, prices and sizes have.
private let commonScales: [Int64] = (0..<9).flatMap { exponent -> [Int64] in
  var power: Int64 = 1
  for _ in 0..<exponent { power *= 10 }
  return [2 * power, 5 * power, 10 * power, 25 * power]
}.sorted()

/// Values that are multiples of a common step but for a few, which are patches: a clock that counts in steps of 100 ns
/// and is corrected now and then, odd lots among round ones.
private func planRoughMultiples(
  _ values: [Int64], _ shape: IntegerShape, below limit: Int
) -> IntegerPlan? {
  guard values.count >= 64 else { return nil }
  let sample = stride(from: 0, to: values.count, by: values.count / 32).map { values[$0] }
  var scale: Int64 = 1
  for candidate in commonScales {
    var misses = 0
    var zeros = 0
    for value in sample {
      if value == 0 { zeros += 1 } else if value % candidate != 0 { misses += 1 }
      if misses > 3 { break }
    }
    if misses <= 3, zeros + misses < sample.count / 2 { scale = candidate }
  }
  // A bit saved in three rows of four must pay for the patches.
  guard scale > 1 else { return nil }
  var quotients = [Int64](repeating: 0, count: values.count)
  var positions: [UInt16] = []
  var patches: [Int64] = []
  var previous: Int64 = 0
  for i in 0..<values.count {
    let (quotient, remainder) = values[i].quotientAndRemainder(dividingBy: scale)
    if remainder == 0 {
      previous = quotient
    } else {
      positions.append(UInt16(i))
      patches.append(values[i])
      if positions.count * 4 > limit { return nil }
    }
    quotients[i] = previous
  }
  let signed = IntegerShape(byteWidth: shape.byteWidth, isSigned: true)
  let narrow = IntegerPlan.multiples(
    scale: UInt64(scale), remainder: 0, planIntegers(quotients, signed, .bins))
  if positions.isEmpty { return narrow }
  return .patched(narrow, positions: positions, planIntegers(patches, shape, []))
}

/// A narrower frame with the values outside it kept apart: market data has fat tails.
///
/// Two windows are tried: from the smallest value up, and around zero, which differences are scattered about.
private func planPatched(
  _ values: [Int64], _ facts: IntegerFacts, _ frame: FramePlan, _ shape: IntegerShape,
  below limit: Int
) -> IntegerPlan? {
  guard values.count >= 16, frame.width >= 3 else { return nil }
  let offsets = frame.offsets
  // Where zero lies among the offsets, if it does.
  let center: UInt64? =
    facts.minimum < 0 && facts.maximum > 0 && shape.isSigned
    ? UInt64(bitPattern: 0 &- facts.minimum) : nil
  var above = [Int](repeating: 0, count: 66)
  var around = [Int](repeating: 0, count: 66)
  for offset in offsets {
    above[bitLength(offset)] += 1
    if let center {
      let distance = Int64(bitPattern: offset &- center)
      around[bitLength(UInt64(bitPattern: distance ^ (distance >> 63))) + 1] += 1
    }
  }
  let head = frame.byteCount(shape) - packedByteCount(offsets.count, frame.width) + 3
  // A patch takes its position and, as a guess, as many bits as the offset would have.
  let patchBits = 16 + frame.width
  var choice: (bytes: Int, width: Int, isAround: Bool)?
  var outsideAbove = 0
  var outsideAround = 0
  for width in stride(from: frame.width - 1, through: 0, by: -1) {
    outsideAbove += above[width + 1]
    let bytes = head + packedByteCount(offsets.count, width) + outsideAbove * patchBits / 8 + 10
    if bytes < choice?.bytes ?? limit { choice = (bytes, width, false) }
  }
  if center != nil {
    outsideAround = around[65]
    for width in stride(from: 64, through: 1, by: -1) {
      if width < frame.width {
        let bytes =
          head + packedByteCount(offsets.count, width) + outsideAround * patchBits / 8 + 10
        if bytes < choice?.bytes ?? limit { choice = (bytes, width, true) }
      }
      outsideAround += around[width]
    }
  }
  guard let choice else { return nil }
  var low: UInt64 = 0
  if choice.isAround, let center { low = center &- (1 << UInt64(choice.width - 1)) }
  var narrow = FramePlan(
    origin: facts.minimum &+ Int64(bitPattern: low), width: choice.width, offsets: offsets)
  var positions: [UInt16] = []
  var patches: [Int64] = []
  for i in 0..<offsets.count {
    let offset = offsets[i] &- low
    if bitLength(offset) <= choice.width {
      narrow.offsets[i] = offset
    } else {
      narrow.offsets[i] = 0
      positions.append(UInt16(i))
      patches.append(values[i])
    }
  }
  if positions.isEmpty { return .frame(narrow) }
  return .patched(.frame(narrow), positions: positions, planIntegers(patches, shape, []))
}

private func planDelta(
  _ values: [Int64], _ shape: IntegerShape, _ tools: PlanTools, along recipe: ArraySlice<PlanStep>?
) -> IntegerPlan {
  var differences = [Int64](repeating: 0, count: values.count - 1)
  for i in 0..<differences.count { differences[i] = shape.wrapped(values[i + 1] &- values[i]) }
  let signed = IntegerShape(byteWidth: shape.byteWidth, isSigned: true)
  return .delta(
    first: values[0],
    planIntegers(differences, signed, tools.subtracting([.delta, .dictionary]), along: recipe))
}

/// Values that come in turns equal the one some places before more often than their neighbour. Nil where they do not.
private func promisingLag(_ values: [Int64]) -> Int? {
  guard values.count >= 64 else { return nil }
  func repeats(_ lag: Int) -> Int {
    var count = 0
    for i in lag..<values.count { count &+= values[i] == values[i &- lag] ? 1 : 0 }
    return count
  }
  var best = (lag: 1, repeats: repeats(1) * 5 / 4 + values.count / 8)
  for lag in 2...IntegerPlan.lagTriedMax {
    let found = repeats(lag)
    if found > best.repeats { best = (lag, found) }
  }
  return best.lag > 1 ? best.lag : nil
}

private func planLagged(
  _ values: [Int64], _ lag: Int, _ shape: IntegerShape, _ tools: PlanTools,
  along recipe: ArraySlice<PlanStep>?
) -> IntegerPlan {
  var differences = [Int64](repeating: 0, count: values.count - lag)
  for i in 0..<differences.count { differences[i] = shape.wrapped(values[i + lag] &- values[i]) }
  let signed = IntegerShape(byteWidth: shape.byteWidth, isSigned: true)
  return .lagged(
    first: Array(values[..<lag]),
    planIntegers(differences, signed, tools.subtracting([.delta, .dictionary]), along: recipe))
}

private func planRuns(
  _ values: [Int64], _ runs: Int, _ shape: IntegerShape, _ tools: PlanTools,
  along recipe: ArraySlice<PlanStep>?
) -> IntegerPlan {
  var starts: [Int64] = []
  var lengths: [Int64] = []
  starts.reserveCapacity(runs)
  lengths.reserveCapacity(runs)
  var previous = values[0]
  var length: Int64 = 0
  for value in values {
    if value == previous {
      length += 1
      continue
    }
    starts.append(previous)
    lengths.append(length - 1)
    previous = value
    length = 1
  }
  starts.append(previous)
  lengths.append(length - 1)
  return .runLength(
    lengths: planRunLengths(lengths), runs: runs,
    planIntegers(starts, shape, tools.subtracting([.runs, .repeats, .dictionary]), along: recipe))
}

/// Lengths of runs minus 1.
func planRunLengths(_ lengths: [Int64]) -> IntegerPlan {
  planIntegers(lengths, .smallNumbers, .bins)
}

private func planRepeats(
  _ values: [Int64], _ runs: Int, _ shape: IntegerShape, _ tools: PlanTools,
  along recipe: ArraySlice<PlanStep>?
) -> IntegerPlan {
  var starts: [Int64] = [values[0]]
  starts.reserveCapacity(runs)
  var changes = [UInt64](repeating: 0, count: values.count - 1)
  for i in 1..<values.count where values[i] != values[i - 1] {
    changes[i - 1] = 1
    starts.append(values[i])
  }
  return .repeats(
    changes: changes,
    planIntegers(starts, shape, tools.subtracting([.runs, .repeats, .dictionary]), along: recipe))
}

/// At most this many entries are worth looking for in a block.
private let dictionaryEntriesMax = 256

private func planDictionary(
  _ values: [Int64], _ frame: FramePlan, _ shape: IntegerShape, _ tools: PlanTools,
  below limit: Int
) -> IntegerPlan? {
  // With 2 bits or less a frame cannot lose by more than its head.
  guard frame.width > 2, values.count >= 16 else { return nil }
  var table = DistinctValues()
  var codes = [UInt64](repeating: 0, count: values.count)
  let entriesMax = min(dictionaryEntriesMax, values.count / 2)
  for i in 0..<values.count {
    guard let code = table.code(of: values[i]), code < entriesMax else { return nil }
    codes[i] = UInt64(code)
  }
  let entries = table.values
  let width = bitLength(UInt64(entries.count - 1))
  // Bins of codes may save a bit or two.
  guard packedByteCount(values.count, width - min(width, 2)) + entries.count < limit else {
    return nil
  }
  // Ascending entries pack well, and codes then ascend with values.
  let flip: Int64 = shape.isSigned ? 0 : .min
  let order = entries.indices.sorted { entries[$0] ^ flip < entries[$1] ^ flip }
  var places = [UInt64](repeating: 0, count: entries.count)
  for (place, entry) in order.enumerated() { places[entry] = UInt64(place) }
  let inner = planIntegers(order.map { entries[$0] }, shape, tools.intersection(.values))
  let plan = planCodes(codes.map { places[Int($0)] })
  return .dictionary(inner, entries: entries.count, codes: plan)
}

/// The codes of a block's dictionary.
func planCodes(_ codes: [UInt64]) -> IntegerPlan {
  planIntegers(codes.map { Int64(bitPattern: $0) }, .smallNumbers, [.bins, .runs, .repeats])
}

/// A small hash table that numbers distinct values as they come.
private struct DistinctValues {
  private(set) var values: [Int64] = []
  /// Twice as many places as entries at most, so that probing is short.
  private var slots = [Int16](repeating: -1, count: 2 * dictionaryEntriesMax)

  /// Nil when the table is full.
  mutating func code(of value: Int64) -> Int? {
    let mixed = UInt64(bitPattern: value) &* 0x9E37_79B9_7F4A_7C15
    var slot = Int(truncatingIfNeeded: mixed >> 55)
    while slots[slot] >= 0 {
      let code = Int(slots[slot])
      if values[code] == value { return code }
      slot = (slot + 1) & (slots.count - 1)
    }
    guard values.count < dictionaryEntriesMax else { return nil }
    slots[slot] = Int16(values.count)
    values.append(value)
    return values.count - 1
  }
}
