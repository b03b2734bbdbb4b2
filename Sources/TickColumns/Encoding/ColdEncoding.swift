/// Choosing the way of a cold chunk, and writing it.
///
/// All ways are judged by the entropy of their tokens, which takes a glance at each value; the best of them, and
/// dictionaries, are packed, and the smallest is taken. `ColdHint` remembers it for the next chunks.

internal import Glibc

/// The bytes of a cold chunk with all rows of the columns; nil where there are none, for the type or for a NULL.
/// `reference` is a column that the reader will have as well.
public func encodeColdChunk(
  _ column: Column, reference: Column?, hint: inout ColdHint, _ compression: LaneCompression
) -> [UInt8]? {
  guard (1...BlockLimits.chunkRowsMax).contains(column.count),
    column.validity?.contains(0) != true
  else { return nil }
  let origin = reference.flatMap { $0.validity?.contains(0) == true ? nil : $0 }
  switch column.values {
  case .float64(let values):
    var origins: [Double]?
    if case .float64(let all) = origin?.values { origins = all }
    return coldDecimals(values, origins, &hint, compression)
  case .float32(let values): return coldDecimals(values, nil, &hint, compression)
  default:
    guard let values = wholeColumn(column) else { return nil }
    let origins = origin.flatMap {
      column.values.physical.mayDiffer(from: $0.values.physical) ? wholeColumn($0) : nil
    }
    let differences = origins.map { origins in zip(values, origins).map { $0 &- $1 } }
    return ColdBuild(values, differences, head: [], compression).smallest(&hint)
  }
}

/// Exceptions are kept apart; a chunk with more of them than one in so many values is no decimal.
private let exceptionsShare = 16

private func coldDecimals<Number: StoredFloat>(
  _ values: [Number], _ origins: [Double]?, _ hint: inout ColdHint,
  _ compression: LaneCompression
) -> [UInt8]? {
  var best: [UInt8]?
  var bestHint = hint
  for exponent in candidateExponents(values) {
    let (numbers, exceptions) = decimals(values, exponent, nil)
    guard exceptions.count * exceptionsShare <= values.count else { continue }
    var head: [UInt8] = [UInt8(exponent)]
    head.appendLittleEndian(UInt16(exceptions.count))
    for exception in exceptions { head.appendLittleEndian(exception.position) }
    for exception in exceptions { head.appendLittleEndian(exception.value.bitPattern) }
    let differences = origins.map { decimals(values, exponent, $0).numbers }
    var own = hint
    let made = ColdBuild(numbers, differences, head: head, compression).smallest(&own)
    if made.count < best?.count ?? .max {
      best = made
      bestHint = own
    }
  }
  hint = bestHint
  return best
}

/// All values of a column of integers, sign- or zero-extended.
private func wholeColumn(_ column: Column) -> [Int64]? {
  func widened<Number: FixedWidthInteger>(_ values: [Number]) -> [Int64] {
    values.map { Int64(truncatingIfNeeded: $0) }
  }
  return switch column.values {
  case .int8(let v): widened(v)
  case .int16(let v): widened(v)
  case .int32(let v): widened(v)
  case .int64(let v): v
  case .uint8(let v): widened(v)
  case .uint16(let v): widened(v)
  case .uint32(let v), .codes(let v, _): widened(v)
  case .uint64(let v): widened(v)
  default: nil
  }
}

/// Values of a chunk on their way into bytes.
private struct ColdBuild {
  private let values: [Int64]
  private let differences: [Int64]?
  /// What stands between the flags and the numbers.
  private let head: [UInt8]
  private let compression: LaneCompression

  init(
    _ values: [Int64], _ differences: [Int64]?, head: [UInt8], _ compression: LaneCompression
  ) {
    self.values = values
    self.differences = differences
    self.head = head
    self.compression = compression
  }

  /// Lags that are looked at; a reader takes more.
  private static let lagTriedMax = 4
  /// Ways without a dictionary that are packed to be compared.
  private static let packedMax = 2

  func smallest(_ hint: inout ColdHint) -> [UInt8] {
    if let plan = hint.known(), !plan.isDifferences || differences != nil, let made = bytes(plan) {
      return made
    }
    var plans: [(plan: ColdPlan, bytes: Double)] = []
    for isDifferences in differences == nil ? [false] : [false, true] {
      for hasRepeats in [false, true] {
        guard let (kept, marks) = kept(isDifferences, hasRepeats) else { continue }
        for lag in 0...Self.lagTriedMax {
          let plan = ColdPlan(isDifferences: isDifferences, hasRepeats: hasRepeats, lag: lag)
          let numbers = Numbers(kept, plan)
          plans.append((plan, numbers.bytesExpected + marks.bytesExpected))
        }
      }
    }
    plans.sort { $0.bytes < $1.bytes }
    var tried = plans.prefix(Self.packedMax).map(\.plan)
    if let best = tried.first {
      for var plan in [
        ColdPlan(), ColdPlan(hasRepeats: best.hasRepeats, lag: 1),
        ColdPlan(isDifferences: best.isDifferences, hasRepeats: best.hasRepeats, lag: best.lag),
      ] {
        plan.hasDictionary = true
        if !tried.contains(plan) { tried.append(plan) }
      }
    }
    var best: [UInt8] = []
    for plan in tried {
      guard let made = bytes(plan), best.isEmpty || made.count < best.count else { continue }
      best = made
      hint.learn(plan)
    }
    return best
  }

  /// What is left of the values without those that repeat the one before, and the marks of the others; nil where
  /// too few do.
  private func kept(_ isDifferences: Bool, _ hasRepeats: Bool) -> (values: [Int64], marks: Marks)? {
    let all = isDifferences ? differences ?? [] : values
    guard hasRepeats else { return (all, Marks()) }
    guard all.count >= 2 else { return nil }
    var marks = Marks(count: all.count - 1)
    var out: [Int64] = [all[0]]
    for i in 1..<all.count where all[i] != all[i - 1] {
      marks.set(i - 1)
      out.append(all[i])
    }
    return out.count * 2 <= all.count ? (out, marks) : nil
  }

  /// Nil where the way is none for these values.
  private func bytes(_ plan: ColdPlan) -> [UInt8]? {
    guard let (kept, marks) = kept(plan.isDifferences, plan.hasRepeats) else { return nil }
    let numbers = Numbers(kept, plan)
    var dictionary: ([UInt64], [UInt16])?
    if plan.hasDictionary {
      guard let made = numbers.dictionary() else { return nil }
      dictionary = made
    }
    var out: [UInt8] = [
      (plan.isDifferences ? ColdFlags.differences : 0) | (plan.hasRepeats ? ColdFlags.repeats : 0)
        | (plan.hasDictionary ? ColdFlags.dictionary : 0)
        | (numbers.isFolded ? ColdFlags.folded : 0),
      UInt8(plan.lag),
    ]
    out += head
    out.appendShort(Int64(bitPattern: numbers.scale))
    out.appendShort(numbers.remainder)
    if plan.hasRepeats { append(lane: marks.bytes, to: &out) }
    guard let (entries, codes) = dictionary else {
      append(numbers.values, to: &out)
      return out
    }
    out.appendLittleEndian(UInt16(entries.count))
    append(entries, to: &out)
    append(lane: codes.map { UInt8(truncatingIfNeeded: $0) }, to: &out)
    if entries.count > 256 { append(lane: codes.map { UInt8($0 >> 8) }, to: &out) }
    return out
  }

  private func append(_ numbers: [UInt64], to out: inout [UInt8]) {
    let tokens = Tokens(numbers)
    append(lane: tokens.bytes, to: &out)
    out += tokens.bits
  }

  /// As they are where packing saves nothing.
  private func append(lane bytes: [UInt8], to out: inout [UInt8]) {
    let packed = compression.pack(bytes)
    let kept = packed.flatMap { $0.count < bytes.count ? $0 : nil } ?? bytes
    out.appendLittleEndian(UInt32(kept.count))
    out += kept
  }
}

/// One bit for each value but the first: it differs from the one before.
private struct Marks {
  private(set) var bytes: [UInt8] = []

  init() {}
  init(count: Int) { bytes = [UInt8](repeating: 0, count: (count + 7) / 8) }

  mutating func set(_ index: Int) { bytes[index >> 3] |= 1 << UInt8(index & 7) }

  var bytesExpected: Double { entropyBytes(bytes) }
}

/// About what bytes take when each has as many bits as its share asks for.
private func entropyBytes(_ bytes: [UInt8]) -> Double {
  guard !bytes.isEmpty else { return 0 }
  var counts = [Int](repeating: 0, count: 256)
  for byte in bytes { counts[Int(byte)] &+= 1 }
  let total = Double(bytes.count)
  var bits = 0.0
  for count in counts where count > 0 { bits -= Double(count) * log2(Double(count) / total) }
  return bits / 8
}

/// The numbers of a way: what `scale * number + remainder` and adding up gives back.
private struct Numbers {
  private(set) var values: [UInt64] = []
  private(set) var scale: UInt64 = 1
  private(set) var remainder: Int64 = 0
  private(set) var isFolded = false

  init(_ kept: [Int64], _ plan: ColdPlan) {
    var steps = kept
    if plan.lag > 0, plan.lag < kept.count {
      for i in plan.lag..<kept.count { steps[i] = kept[i] &- kept[i - plan.lag] }
    }
    let low = steps.min() ?? 0
    let high = steps.max() ?? 0
    let isNear = !low.subtractingReportingOverflow(high).overflow
    if plan.lag == 0, !plan.isDifferences, isNear {
      remainder = low
    } else {
      isFolded = low < 0
    }
    for i in steps.indices { steps[i] &-= remainder }
    scale = Self.commonStep(steps)
    let divisor = Int64(bitPattern: scale)
    values = [UInt64](repeating: 0, count: steps.count)
    for i in 0..<steps.count {
      let number = divisor > 1 ? steps[i] / divisor : steps[i]
      values[i] = UInt64(bitPattern: isFolded ? number &<< 1 ^ number &>> 63 : number)
    }
  }

  /// The largest number that divides all; 1 for those that only zero has.
  private static func commonStep(_ steps: [Int64]) -> UInt64 {
    var step: UInt64 = 0
    for value in steps {
      let size = value.magnitude
      if step == 0 || size % step != 0 { step = greatestCommonDivisor(size, step) }
      if step == 1 { break }
    }
    // Divisors are positive 64-bit numbers.
    return step == 0 || step > UInt64(Int64.max) ? 1 : step
  }

  /// About what they take.
  var bytesExpected: Double {
    var counts = [Int](repeating: 0, count: 256)
    for value in values { counts[Int(Tokens.token(value))] &+= 1 }
    let total = Double(values.count)
    var bits = 0.0
    for (token, count) in counts.enumerated() where count > 0 {
      bits -= Double(count) * log2(Double(count) / total)
      bits += Double(count * Tokens.width(UInt8(token)))
    }
    return bits / 8
  }

  /// The distinct numbers, those first that come most often, and for each number the place of its own. Nil where there
  /// are too many to pay.
  func dictionary() -> (entries: [UInt64], codes: [UInt16])? {
    let most = min(BlockLimits.coldEntriesMax, values.count / 3)
    var places: [UInt64: Int] = [:]
    var counts: [Int] = []
    var firsts: [UInt64] = []
    var codes = [Int](repeating: 0, count: values.count)
    var previous = (value: UInt64(0), code: -1)
    for i in 0..<values.count {
      let value = values[i]
      if previous.code < 0 || value != previous.value {
        if let place = places[value] {
          previous = (value, place)
        } else {
          guard firsts.count < most else { return nil }
          places[value] = firsts.count
          previous = (value, firsts.count)
          firsts.append(value)
          counts.append(0)
        }
      }
      codes[i] = previous.code
      counts[previous.code] += 1
    }
    let order = firsts.indices.sorted { (counts[$1], firsts[$0]) < (counts[$0], firsts[$1]) }
    var ranks = [UInt16](repeating: 0, count: order.count)
    for (rank, place) in order.enumerated() { ranks[place] = UInt16(rank) }
    return (order.map { firsts[$0] }, codes.map { ranks[$0] })
  }
}
