/// One piece of the candles section as values and as bytes: partials as columns, packed as blocks pack their numbers.
///
/// Invariants:
/// 1. What is written is what the reader makes of it again, scales of totals apart: `init(_:_:rowCount:)` undoes `bytes`.
/// 2. Any bytes give a piece or an error, never a trap: numbers wrap where they are only passed on.
internal import TickColumns

/// Partials of one level in one row group.
struct CandlePiece: Equatable {
  /// Bit i: the run of block i of the group has partials.
  var covered: UInt64 = 0
  /// The run of each partial, counted from the first run of the group.
  var runs: [UInt64] = []
  var partials = CandlePartials()
  /// The scale of the prices.
  var priceScale = 0
}

private enum PieceMark {
  /// Volumes need more than 64 bits: the upper halves follow.
  static let wideVolumes: UInt8 = 1
  /// Notionals are given whole, in two halves, and not by their distance from volume times close.
  static let wholeNotionals: UInt8 = 2
}

extension CandlePartials {
  /// The fewest fractional digits that give all prices; nil where one is no short decimal.
  var priceScale: Int? {
    var scale = 0
    for prices in [opens, highs, lows, closes] {
      for price in prices {
        guard let own = decimalScale(price) else { return nil }
        scale = max(scale, own)
      }
    }
    let fits = [opens, highs, lows, closes].allSatisfy {
      $0.allSatisfy { decimalNumber($0, scale: scale) != nil }
    }
    return fits ? scale : nil
  }
}

extension CandlePiece {
  func bytes(_ columns: CandleColumns) -> [UInt8] {
    var out: [UInt8] = []
    let count = partials.count
    out.appendLittleEndian(UInt32(count))
    guard count > 0 else { return out }
    let prices = Prices(partials, scale: priceScale)
    let residuals = notionalResiduals(prices.closes)
    let isWide = (partials.volumes.numbers + partials.buyVolumes.numbers).contains {
      Int64(exactly: $0) == nil
    }
    out.appendLittleEndian(covered)
    out.append(
      (isWide ? PieceMark.wideVolumes : 0) | (residuals == nil ? PieceMark.wholeNotionals : 0))
    out.append(UInt8(priceScale))
    precondition(
      partials.buyVolumes.numbers.isEmpty || partials.buyVolumes.scale == partials.volumes.scale,
      "volumes of two scales under one")
    out.append(UInt8(partials.volumes.scale))
    out.append(UInt8(partials.notionals.scale))
    for start in stride(from: 0, to: count, by: BlockLimits.rowsMax) {
      let range = start..<min(count, start + BlockLimits.rowsMax)
      func put(_ value: (Int) -> UInt64) { NumberStream.append(range.map(value), into: &out) }
      func put(_ totals: DecimalTotals) {
        put { UInt64(truncatingIfNeeded: totals.numbers[$0]) }
        if isWide { put { UInt64(truncatingIfNeeded: totals.numbers[$0] >> 64) } }
      }
      let p = partials
      put { runs[$0] }
      put { UInt64(bitPattern: p.starts[$0]) }
      put { p.rowCounts[$0] }
      put { UInt64(bitPattern: p.openTimes[$0] &- p.starts[$0]) }
      put { UInt64(bitPattern: p.closeTimes[$0] &- p.starts[$0]) }
      put { zigzag(p.openSequences[$0] &- ($0 == start ? 0 : p.closeSequences[$0 - 1] &+ 1)) }
      put { zigzag(p.closeSequences[$0] &- p.openSequences[$0] &- (p.rowCounts[$0] &- 1)) }
      put { zigzag(UInt64(bitPattern: prices.closes[$0])) }
      put { row in
        let before = row == start ? prices.closes[row] : prices.closes[row - 1]
        return zigzag(UInt64(bitPattern: prices.opens[row] &- before))
      }
      put { UInt64(bitPattern: prices.highs[$0] &- max(prices.opens[$0], prices.closes[$0])) }
      put { UInt64(bitPattern: min(prices.opens[$0], prices.closes[$0]) &- prices.lows[$0]) }
      put(p.volumes)
      if let residuals {
        put { zigzag(UInt64(bitPattern: residuals[$0])) }
      } else {
        put { UInt64(truncatingIfNeeded: p.notionals.numbers[$0]) }
        put { UInt64(truncatingIfNeeded: p.notionals.numbers[$0] >> 64) }
      }
      if columns.side != nil { put(p.buyVolumes) }
      guard columns.identifier != nil else { continue }
      put { zigzag(p.firstIDs[$0] &- ($0 == start ? 0 : p.lastIDs[$0 - 1] &+ 1)) }
      put { zigzag(p.lastIDs[$0] &- p.firstIDs[$0] &- (p.rowCounts[$0] &- 1)) }
    }
    return out
  }

  /// How far notionals are from volume times close, where that is a number of 64 bits.
  private func notionalResiduals(_ closes: [Int64]) -> [Int64]? {
    let digits = partials.notionals.scale - partials.volumes.scale - priceScale
    guard let power = powerOfTen(digits) else { return nil }
    var out: [Int64] = []
    for (row, notional) in partials.notionals.numbers.enumerated() {
      guard let near = nearNotional(partials.volumes.numbers[row], closes[row], power) else {
        return nil
      }
      let (distance, overflow) = notional.subtractingReportingOverflow(near)
      guard !overflow, let small = Int64(exactly: distance) else { return nil }
      out.append(small)
    }
    return out
  }

  /// Reads a piece back.
  init(
    _ bytes: ArraySlice<UInt8>, _ columns: CandleColumns, rowCount: Int
  ) throws(EncodingError) {
    var head = LittleEndianReader(bytes)
    let count = Int(try head.read(UInt32.self))
    guard count <= rowCount else {
      throw EncodingError(.badCount("\(count) partial candles of \(rowCount) rows"))
    }
    if count == 0 {
      guard head.remaining == 0 else { throw EncodingError(.tooLong(left: head.remaining)) }
      return
    }
    covered = try head.read(UInt64.self)
    let marks = try head.read(UInt8.self)
    priceScale = Int(try head.read(UInt8.self))
    let volumeScale = Int(try head.read(UInt8.self))
    let notionalScale = Int(try head.read(UInt8.self))
    guard marks & ~(PieceMark.wideVolumes | PieceMark.wholeNotionals) == 0,
      priceScale <= decimalScaleMax, volumeScale <= decimalScaleMax,
      notionalScale <= DecimalTotals.scaleMax
    else {
      throw EncodingError(
        .badValue(
          "marks \(marks) and scales \(priceScale), \(volumeScale), \(notionalScale) of candles"))
    }
    partials.volumes.scale = volumeScale
    partials.notionals.scale = notionalScale
    if columns.side != nil { partials.buyVolumes.scale = volumeScale }
    var reader = NumberStreamReader(bytes.dropFirst(head.position))
    for start in stride(from: 0, to: count, by: BlockLimits.rowsMax) {
      try read(
        &reader, columns, count: min(count - start, BlockLimits.rowsMax), marks: marks)
    }
    guard reader.remaining == 0 else { throw EncodingError(.tooLong(left: reader.remaining)) }
  }

  private mutating func read(
    _ reader: inout NumberStreamReader, _ columns: CandleColumns, count: Int, marks: UInt8
  ) throws(EncodingError) {
    func next(_ reader: inout NumberStreamReader) throws(EncodingError) -> [UInt64] {
      try reader.integers(UInt64.self, count: count)
    }
    func signed(_ reader: inout NumberStreamReader) throws(EncodingError) -> [Int64] {
      try next(&reader).map(unzigzag)
    }
    func totals(_ reader: inout NumberStreamReader) throws(EncodingError) -> [Int128] {
      let low = try next(&reader)
      guard marks & PieceMark.wideVolumes != 0 else {
        return low.map { Int128(Int64(bitPattern: $0)) }
      }
      return zip(low, try next(&reader)).map(wide)
    }
    runs += try next(&reader)
    let starts = try next(&reader).map { Int64(bitPattern: $0) }
    let rows = try next(&reader)
    let openOffsets = try next(&reader)
    let closeOffsets = try next(&reader)
    let openSteps = try signed(&reader)
    let closeSteps = try signed(&reader)
    let closes = try signed(&reader)
    let openDistances = try signed(&reader)
    let above = try next(&reader)
    let below = try next(&reader)
    let volumes = try totals(&reader)
    var notionals: [Int128]
    if marks & PieceMark.wholeNotionals != 0 {
      notionals = zip(try next(&reader), try next(&reader)).map(wide)
    } else {
      let digits = partials.notionals.scale - partials.volumes.scale - priceScale
      guard let power = powerOfTen(digits) else {
        throw EncodingError(.badValue("notionals of \(partials.notionals.scale) digits"))
      }
      notionals = try signed(&reader).map { Int128($0) }
      for i in notionals.indices {
        guard let near = nearNotional(volumes[i], closes[i], power) else {
          throw EncodingError(.badValue("a notional of more than 128 bits"))
        }
        notionals[i] &+= near
      }
    }
    if columns.side != nil { partials.buyVolumes.numbers += try totals(&reader) }
    partials.starts += starts
    partials.rowCounts += rows
    partials.volumes.numbers += volumes
    partials.notionals.numbers += notionals
    let power = decimalPower(priceScale)
    var sequence: UInt64 = 0
    for i in 0..<count {
      let open = openDistances[i] &+ (i == 0 ? closes[i] : closes[i - 1])
      let high = max(open, closes[i]) &+ Int64(bitPattern: above[i])
      let low = min(open, closes[i]) &- Int64(bitPattern: below[i])
      partials.opens.append(Double(open) / power)
      partials.highs.append(Double(high) / power)
      partials.lows.append(Double(low) / power)
      partials.closes.append(Double(closes[i]) / power)
      partials.openTimes.append(starts[i] &+ Int64(bitPattern: openOffsets[i]))
      partials.closeTimes.append(starts[i] &+ Int64(bitPattern: closeOffsets[i]))
      let first = sequence &+ UInt64(bitPattern: openSteps[i])
      let last = first &+ (rows[i] &- 1) &+ UInt64(bitPattern: closeSteps[i])
      partials.openSequences.append(first)
      partials.closeSequences.append(last)
      sequence = last &+ 1
    }
    guard columns.identifier != nil else { return }
    let firstSteps = try signed(&reader)
    let lastSteps = try signed(&reader)
    var identifier: UInt64 = 0
    for i in 0..<count {
      let first = identifier &+ UInt64(bitPattern: firstSteps[i])
      let last = first &+ (rows[i] &- 1) &+ UInt64(bitPattern: lastSteps[i])
      partials.firstIDs.append(first)
      partials.lastIDs.append(last)
      identifier = last &+ 1
    }
  }
}

/// Prices as whole numbers of one scale.
private struct Prices {
  let opens: [Int64]
  let highs: [Int64]
  let lows: [Int64]
  let closes: [Int64]

  init(_ partials: CandlePartials, scale: Int) {
    func numbers(_ prices: [Double]) -> [Int64] {
      prices.map { price in
        guard let number = decimalNumber(price, scale: scale) else {
          preconditionFailure("a price that its scale does not give")
        }
        return number
      }
    }
    opens = numbers(partials.opens)
    highs = numbers(partials.highs)
    lows = numbers(partials.lows)
    closes = numbers(partials.closes)
  }
}

/// volume * close * power, where 128 bits hold it.
private func nearNotional(_ volume: Int128, _ close: Int64, _ power: Int128) -> Int128? {
  let (product, overflow) = volume.multipliedReportingOverflow(by: Int128(close))
  if overflow { return nil }
  let (scaled, overflowsToo) = product.multipliedReportingOverflow(by: power)
  return overflowsToo ? nil : scaled
}

/// 10^digits for digits that a notional can have more than volume and price together.
private func powerOfTen(_ digits: Int) -> Int128? {
  guard (0...DecimalTotals.scaleMax).contains(digits) else { return nil }
  return (0..<digits).reduce(1) { power, _ in power * 10 }
}

/// A difference modulo 2^64 so that small ones of either sign are small.
private func zigzag(_ difference: UInt64) -> UInt64 {
  let number = Int64(bitPattern: difference)
  return UInt64(bitPattern: (number << 1) ^ (number >> 63))
}

private func unzigzag(_ number: UInt64) -> Int64 {
  Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
}

private func wide(_ low: UInt64, _ high: UInt64) -> Int128 {
  Int128(Int64(bitPattern: high)) << 64 | Int128(low)
}
