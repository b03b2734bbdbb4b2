/// Integers into the stream that takes the fewest bytes.
///
/// A plan is made for each candidate with its exact byte count, and the cheapest is written; among equals
/// the one that decodes faster. Values travel as `Int64`, sign- or zero-extended from their type.
///
/// Invariants:
/// 1. `byteCount` of a plan is what `write` appends, to the byte.
/// 2. Plans nest at most 4 deep from here (run-length or dictionary, delta, patched, frame), so that a stream
///    of doubles on top stays within `streamDepthMax`.

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
}

/// How much may still be tried inside another stream.
enum PlanLevel: Int, Comparable {
  /// Constant, plain, frame of reference.
  case leaf
  /// Patched as well.
  case inner
  /// Delta as well.
  case middle
  /// Run-length and dictionary as well.
  case outer

  static func < (left: PlanLevel, right: PlanLevel) -> Bool { left.rawValue < right.rawValue }
}

/// A stream decided upon.
indirect enum IntegerPlan {
  case plain([Int64])
  case constant(Int64)
  case frame(FramePlan)
  case delta(first: Int64, IntegerPlan)
  case runLength(lengths: [UInt64], lengthWidth: Int, IntegerPlan)
  case dictionary(IntegerPlan, entries: Int, codes: [UInt64], codeWidth: Int)
  case patched(FramePlan, positions: [UInt16], IntegerPlan)

  func byteCount(_ shape: IntegerShape) -> Int {
    switch self {
    case .plain(let values): 1 + values.count * shape.byteWidth
    case .constant: 1 + shape.byteWidth
    case .frame(let frame): frame.byteCount(shape)
    case .delta(_, let inner): 1 + shape.byteWidth + inner.byteCount(shape)
    case .runLength(let lengths, let width, let inner):
      4 + packedByteCount(lengths.count, width) + inner.byteCount(shape)
    case .dictionary(let inner, _, let codes, let width):
      4 + packedByteCount(codes.count, width) + inner.byteCount(shape)
    case .patched(let frame, let positions, let inner):
      3 + frame.byteCount(shape) + 2 * positions.count + inner.byteCount(shape)
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
      out.appendNumber(value, byteWidth: shape.byteWidth)
    case .frame(let frame): frame.write(shape, into: &out)
    case .delta(let first, let inner):
      out.append(EncodingID.delta.rawValue)
      out.appendNumber(first, byteWidth: shape.byteWidth)
      inner.write(shape, into: &out)
    case .runLength(let lengths, let width, let inner):
      out.appendRunLengths(lengths, width: width)
      inner.write(shape, into: &out)
    case .dictionary(let inner, let entries, let codes, let width):
      out.append(EncodingID.dictionary.rawValue)
      out.appendLittleEndian(UInt16(entries))
      inner.write(shape, into: &out)
      out.append(UInt8(width))
      out.appendPacked(codes, width: width)
    case .patched(let frame, let positions, let inner):
      out.append(EncodingID.patched.rawValue)
      out.appendLittleEndian(UInt16(positions.count))
      frame.write(shape, into: &out)
      for position in positions { out.appendLittleEndian(position) }
      inner.write(shape, into: &out)
    }
  }
}

/// A frame of reference: `value = origin + scale * offset`.
struct FramePlan {
  var origin: Int64
  var scale: UInt64
  var width: Int
  var offsets: [UInt64]

  func byteCount(_ shape: IntegerShape) -> Int {
    2 + shape.byteWidth + (scale == 1 ? 0 : shape.byteWidth) + packedByteCount(offsets.count, width)
  }

  func write(_ shape: IntegerShape, into out: inout [UInt8]) {
    out.append(EncodingID.frameOfReference.rawValue)
    out.append(UInt8(width) | (scale == 1 ? 0 : 0x80))
    out.appendNumber(origin, byteWidth: shape.byteWidth)
    if scale != 1 { out.appendNumber(Int64(bitPattern: scale), byteWidth: shape.byteWidth) }
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

  mutating func appendRunLengths(_ lengths: [UInt64], width: Int) {
    append(EncodingID.runLength.rawValue)
    appendLittleEndian(UInt16(lengths.count))
    append(UInt8(width))
    appendPacked(lengths, width: width)
  }
}

// MARK: Choosing

/// The cheapest stream of at least one value.
func planIntegers(_ values: [Int64], _ shape: IntegerShape, level: PlanLevel) -> IntegerPlan {
  let facts = IntegerFacts(values, isSigned: shape.isSigned)
  if facts.minimum == facts.maximum { return .constant(values[0]) }

  let frame = planFrame(values, facts, shape)
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
  if level >= .inner {
    consider(planPatched(values, facts, frame, shape, below: bestBytes))
  }
  if level >= .middle, values.count >= 2 {
    consider(planDelta(values, shape))
  }
  if level >= .outer {
    if facts.runs * 2 <= values.count { consider(planRuns(values, facts.runs, shape)) }
    consider(planDictionary(values, frame, shape, below: bestBytes))
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

private func planFrame(
  _ values: [Int64], _ facts: IntegerFacts, _ shape: IntegerShape
) -> FramePlan {
  let origin = facts.minimum
  let range = UInt64(bitPattern: facts.maximum &- origin)
  var offsets = [UInt64](repeating: 0, count: values.count)
  var scale = range
  for i in 0..<values.count {
    let offset = UInt64(bitPattern: values[i] &- origin)
    offsets[i] = offset
    if scale != 1, offset % scale != 0 { scale = greatestCommonDivisor(scale, offset) }
  }
  let width = bitLength(range)
  let scaledWidth = bitLength(range / scale)
  // A scale costs its own bytes; it must earn them.
  let saved = packedByteCount(values.count, width) - packedByteCount(values.count, scaledWidth)
  guard scale > 1, saved > shape.byteWidth else {
    return FramePlan(origin: origin, scale: 1, width: width, offsets: offsets)
  }
  for i in 0..<offsets.count { offsets[i] /= scale }
  return FramePlan(origin: origin, scale: scale, width: scaledWidth, offsets: offsets)
}

/// Both are above zero or `b` is zero.
private func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
  var (x, y) = (a, b)
  while y != 0 { (x, y) = (y, x % y) }
  return x
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
    ? UInt64(bitPattern: 0 &- facts.minimum) / frame.scale : nil
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
    origin: facts.minimum &+ Int64(bitPattern: frame.scale &* low), scale: frame.scale,
    width: choice.width, offsets: offsets)
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
  return .patched(narrow, positions: positions, planIntegers(patches, shape, level: .leaf))
}

private func planDelta(_ values: [Int64], _ shape: IntegerShape) -> IntegerPlan {
  var differences = [Int64](repeating: 0, count: values.count - 1)
  for i in 0..<differences.count { differences[i] = shape.wrapped(values[i + 1] &- values[i]) }
  let signed = IntegerShape(byteWidth: shape.byteWidth, isSigned: true)
  return .delta(first: values[0], planIntegers(differences, signed, level: .inner))
}

private func planRuns(_ values: [Int64], _ runs: Int, _ shape: IntegerShape) -> IntegerPlan {
  var starts: [Int64] = []
  var lengths: [UInt64] = []
  starts.reserveCapacity(runs)
  lengths.reserveCapacity(runs)
  var previous = values[0]
  var length: UInt64 = 0
  var longest: UInt64 = 0
  for value in values {
    if value == previous {
      length += 1
      continue
    }
    starts.append(previous)
    lengths.append(length - 1)
    longest = max(longest, length - 1)
    previous = value
    length = 1
  }
  starts.append(previous)
  lengths.append(length - 1)
  longest = max(longest, length - 1)
  return .runLength(
    lengths: lengths, lengthWidth: bitLength(longest), planIntegers(starts, shape, level: .middle))
}

/// At most this many entries are worth looking for in a block.
private let dictionaryEntriesMax = 256

private func planDictionary(
  _ values: [Int64], _ frame: FramePlan, _ shape: IntegerShape, below limit: Int
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
  guard 4 + packedByteCount(values.count, width) + entries.count < limit else { return nil }
  // Ascending entries pack well, and codes then ascend with values.
  let flip: Int64 = shape.isSigned ? 0 : .min
  let order = entries.indices.sorted { entries[$0] ^ flip < entries[$1] ^ flip }
  var places = [UInt64](repeating: 0, count: entries.count)
  for (place, entry) in order.enumerated() { places[entry] = UInt64(place) }
  for i in 0..<codes.count { codes[i] = places[Int(codes[i])] }
  let inner = planIntegers(order.map { entries[$0] }, shape, level: .middle)
  return .dictionary(inner, entries: entries.count, codes: codes, codeWidth: width)
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
