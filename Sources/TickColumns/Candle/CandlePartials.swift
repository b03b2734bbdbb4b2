/// Partial candles: what a stretch of rows adds to the candles of its buckets. Segments keep them beside their rows, so a candle is
/// a merge of partials and never waits for a refresh.
///
/// The open and the close carry the time and the sequence of their rows, so merging is associative and commutative: of two
/// opens the earlier one wins, of two closes the later one, and equal times are told apart by the sequence.
///
/// Invariants:
/// 1. Every array has one element for each partial. Partials of one run ascend by `starts`.
/// 2. A partial has one row or more; they lie in `starts[i]..<starts[i] + width`, where the width divides every start.
/// 3. Totals are exact: sums of short decimals and of their products (`sql/dialect.md`, Sums). Rows with any other price or
///    quantity (NaN too) have no partials, so a partial gives the bits that its rows would give.
/// 4. Volumes and buy volumes have one scale, where there are both.

/// Partials as columns. Times are in units of the rows' time column.
public struct CandlePartials: Sendable, Equatable {
  /// The first instant of each bucket.
  public var starts: [Int64] = []
  public var rowCounts: [UInt64] = []
  public var openTimes: [Int64] = []
  public var closeTimes: [Int64] = []
  public var openSequences: [UInt64] = []
  public var closeSequences: [UInt64] = []
  public var opens: [Double] = []
  public var highs: [Double] = []
  public var lows: [Double] = []
  public var closes: [Double] = []
  public var volumes = DecimalTotals()
  /// Sums of price times quantity.
  public var notionals = DecimalTotals()
  /// Sums of the quantities that an aggressor bought; empty where rows have no side.
  public var buyVolumes = DecimalTotals()
  /// Identifiers of the rows of open and close; empty where rows have none.
  public var firstIDs: [UInt64] = []
  public var lastIDs: [UInt64] = []

  public init() {}

  public var count: Int { starts.count }
}

/// Exact totals: number i stands for numbers[i] / 10^scale.
public struct DecimalTotals: Sendable, Equatable {
  public var numbers: [Int128] = []
  public var scale = 0

  public init() {}

  public init(_ numbers: [Int128], scale: Int) {
    self.numbers = numbers
    self.scale = scale
  }

  /// Fractional digits of a product of two short decimals, and so the largest scale.
  public static let scaleMax = ExactSum.scaleMax
}

/// Rows that candles are made of, in the order of their time and then of their sequence.
public struct CandleRows: Sendable {
  public var times: [Int64]
  public var sequences: [UInt64]
  public var prices: [Double]
  public var quantities: [Double]
  /// Where an aggressor bought; empty where rows have no side.
  public var isBuy: [Bool]
  /// Empty where rows have no identifier.
  public var identifiers: [UInt64]

  public init(
    times: [Int64], sequences: [UInt64], prices: [Double], quantities: [Double],
    isBuy: [Bool] = [], identifiers: [UInt64] = []
  ) {
    self.times = times
    self.sequences = sequences
    self.prices = prices
    self.quantities = quantities
    self.isBuy = isBuy
    self.identifiers = identifiers
  }
}

extension CandlePartials {
  /// The bucket that holds an instant, counted from the instant 0.
  @inline(__always)
  public static func bucket(of time: Int64, width: Int64) -> Int64 {
    let quotient = time / width
    return time % width < 0 ? quotient - 1 : quotient
  }

  /// The first instant of a bucket; nil where it lies outside all times.
  @inline(__always)
  public static func start(ofBucket bucket: Int64, width: Int64) -> Int64? {
    let (start, overflow) = bucket.multipliedReportingOverflow(by: width)
    return overflow ? nil : start
  }

  /// The first instant behind a bucket; nil where it lies outside all times.
  @inline(__always)
  public static func end(ofBucket bucket: Int64, width: Int64) -> Int64? {
    bucket == .max ? nil : start(ofBucket: bucket + 1, width: width)
  }

  /// The first row of each bucket among rows of ascending time, or nil where the buckets are more than `partialsMax`.
  public static func bucketStarts(
    _ times: ArraySlice<Int64>, width: Int64, partialsMax: Int
  ) -> [Int32]? {
    var starts: [Int32] = []
    // Nil: the bucket ends where all times do.
    var end: Int64? = Int64.min
    for (row, time) in times.enumerated() {
      guard row == 0 || end.map({ time >= $0 }) ?? false else { continue }
      if starts.count == partialsMax { return nil }
      starts.append(Int32(row))
      end = self.end(ofBucket: bucket(of: time, width: width), width: width)
    }
    return starts
  }

  /// The partials of rows of one run; nil where a total is not one of short decimals, where there would be more than `partialsMax` of
  /// them, or where a bucket begins before the first instant there is.
  ///
  /// - Parameters:
  ///   - range: positions of the run's rows.
  ///   - width: of a bucket.
  public init?(_ rows: CandleRows, in range: Range<Int>, width: Int64, partialsMax: Int) {
    guard
      let first = Self.bucketStarts(
        rows.times[range], width: width, partialsMax: partialsMax)
    else { return nil }
    let groups = first.indices.map { Int32($0) }
    let prices = Array(rows.prices[range])
    let quantities = Array(rows.quantities[range])
    func totals(_ add: (inout GroupedSums) -> Void) -> DecimalTotals? {
      var sums = GroupedSums()
      sums.resize(groups.count)
      add(&sums)
      return sums.decimalTotals
    }
    // The price is looked at for its own sake as well: a NaN times nothing, a price that is no short decimal.
    guard let volumes = totals({ $0.add(quantities, starts: first, groups: groups) }),
      let notionals = totals({ $0.addProducts(prices, quantities, starts: first, groups: groups) })
    else { return nil }
    self.volumes = volumes
    self.notionals = notionals
    if !rows.isBuy.isEmpty {
      let bought = zip(rows.isBuy[range], quantities).map { $0 ? $1 : 0 }
      guard let totals = totals({ $0.add(bought, starts: first, groups: groups) }) else {
        return nil
      }
      // Who sells may have more digits than who buys.
      let scale = max(volumes.scale, totals.scale)
      guard let all = volumes.rescaled(to: scale), let bought = totals.rescaled(to: scale) else {
        return nil
      }
      self.volumes = DecimalTotals(all, scale: scale)
      buyVolumes = DecimalTotals(bought, scale: scale)
    }
    reserve(first.count)
    for (number, start) in first.enumerated() {
      let open = range.lowerBound + Int(start)
      let end =
        number + 1 < first.count ? range.lowerBound + Int(first[number + 1]) : range.upperBound
      guard
        let bucketStart = Self.start(
          ofBucket: Self.bucket(of: rows.times[open], width: width), width: width)
      else { return nil }
      var (low, high) = (rows.prices[open], rows.prices[open])
      for row in open..<end {
        let price = rows.prices[row]
        // Which of two zeros is the low is not for a comparison to say.
        if price == 0, price.sign == .minus { return nil }
        if price < low { low = price }
        if price > high { high = price }
      }
      starts.append(bucketStart)
      rowCounts.append(UInt64(end - open))
      openTimes.append(rows.times[open])
      closeTimes.append(rows.times[end - 1])
      openSequences.append(rows.sequences[open])
      closeSequences.append(rows.sequences[end - 1])
      opens.append(rows.prices[open])
      closes.append(rows.prices[end - 1])
      highs.append(high)
      lows.append(low)
      if !rows.identifiers.isEmpty {
        firstIDs.append(rows.identifiers[open])
        lastIDs.append(rows.identifiers[end - 1])
      }
    }
  }

  private mutating func reserve(_ count: Int) {
    starts.reserveCapacity(count)
    rowCounts.reserveCapacity(count)
    openTimes.reserveCapacity(count)
    closeTimes.reserveCapacity(count)
    openSequences.reserveCapacity(count)
    closeSequences.reserveCapacity(count)
    opens.reserveCapacity(count)
    highs.reserveCapacity(count)
    lows.reserveCapacity(count)
    closes.reserveCapacity(count)
  }

  /// Adds partials behind these; nil in totals whose numbers would leave 128 bits at a common scale.
  public mutating func append(_ other: CandlePartials) -> Bool {
    guard let volumes = volumes.followed(by: other.volumes),
      let notionals = notionals.followed(by: other.notionals),
      let buyVolumes = buyVolumes.followed(by: other.buyVolumes)
    else { return false }
    self.volumes = volumes
    self.notionals = notionals
    self.buyVolumes = buyVolumes
    starts += other.starts
    rowCounts += other.rowCounts
    openTimes += other.openTimes
    closeTimes += other.closeTimes
    openSequences += other.openSequences
    closeSequences += other.closeSequences
    opens += other.opens
    highs += other.highs
    lows += other.lows
    closes += other.closes
    firstIDs += other.firstIDs
    lastIDs += other.lastIDs
    return true
  }

  /// These partials of one run in wider buckets; nil where a total leaves 128 bits.
  ///
  /// - Parameter width: a multiple of the width of these.
  public func merged(width: Int64) -> CandlePartials? {
    var out = CandlePartials()
    out.volumes.scale = volumes.scale
    out.notionals.scale = notionals.scale
    out.buyVolumes.scale = buyVolumes.scale
    for i in starts.indices {
      guard
        let start = Self.start(ofBucket: Self.bucket(of: starts[i], width: width), width: width)
      else { return nil }
      guard out.starts.last == start else {
        out.starts.append(start)
        out.rowCounts.append(rowCounts[i])
        out.openTimes.append(openTimes[i])
        out.closeTimes.append(closeTimes[i])
        out.openSequences.append(openSequences[i])
        out.closeSequences.append(closeSequences[i])
        out.opens.append(opens[i])
        out.highs.append(highs[i])
        out.lows.append(lows[i])
        out.closes.append(closes[i])
        out.volumes.numbers.append(volumes.numbers[i])
        out.notionals.numbers.append(notionals.numbers[i])
        if !buyVolumes.numbers.isEmpty { out.buyVolumes.numbers.append(buyVolumes.numbers[i]) }
        if !firstIDs.isEmpty {
          out.firstIDs.append(firstIDs[i])
          out.lastIDs.append(lastIDs[i])
        }
        continue
      }
      let last = out.starts.count - 1
      out.rowCounts[last] += rowCounts[i]
      out.closeTimes[last] = closeTimes[i]
      out.closeSequences[last] = closeSequences[i]
      out.highs[last] = max(out.highs[last], highs[i])
      out.lows[last] = min(out.lows[last], lows[i])
      out.closes[last] = closes[i]
      if !lastIDs.isEmpty { out.lastIDs[last] = lastIDs[i] }
      guard out.volumes.add(volumes, i), out.notionals.add(notionals, i),
        buyVolumes.numbers.isEmpty || out.buyVolumes.add(buyVolumes, i)
      else { return nil }
    }
    return out
  }

  /// The partials at some positions.
  public func gather(_ positions: [Int32]) -> CandlePartials {
    func picked<Element>(_ values: [Element]) -> [Element] {
      values.isEmpty ? [] : positions.map { values[Int($0)] }
    }
    var out = CandlePartials()
    out.starts = picked(starts)
    out.rowCounts = picked(rowCounts)
    out.openTimes = picked(openTimes)
    out.closeTimes = picked(closeTimes)
    out.openSequences = picked(openSequences)
    out.closeSequences = picked(closeSequences)
    out.opens = picked(opens)
    out.highs = picked(highs)
    out.lows = picked(lows)
    out.closes = picked(closes)
    out.volumes = DecimalTotals(picked(volumes.numbers), scale: volumes.scale)
    out.notionals = DecimalTotals(picked(notionals.numbers), scale: notionals.scale)
    out.buyVolumes = DecimalTotals(picked(buyVolumes.numbers), scale: buyVolumes.scale)
    out.firstIDs = picked(firstIDs)
    out.lastIDs = picked(lastIDs)
    return out
  }
}

extension DecimalTotals {
  /// Adds number i of totals of the same scale to the last one; false where that leaves 128 bits.
  fileprivate mutating func add(_ other: DecimalTotals, _ i: Int) -> Bool {
    let (sum, overflow) = numbers[numbers.count - 1].addingReportingOverflow(other.numbers[i])
    numbers[numbers.count - 1] = sum
    return !overflow
  }

  /// Both, at the larger of the two scales; nil where a number leaves 128 bits there.
  func followed(by other: DecimalTotals) -> DecimalTotals? {
    if numbers.isEmpty { return other }
    if other.numbers.isEmpty { return self }
    let scale = max(scale, other.scale)
    guard let left = rescaled(to: scale), let right = other.rescaled(to: scale) else { return nil }
    return DecimalTotals(left + right, scale: scale)
  }

  fileprivate func rescaled(to wanted: Int) -> [Int128]? {
    if wanted == scale { return numbers }
    let factor = ExactSum.powers[wanted - scale]
    var out: [Int128] = []
    out.reserveCapacity(numbers.count)
    for number in numbers {
      let (scaled, overflow) = number.multipliedReportingOverflow(by: factor)
      if overflow { return nil }
      out.append(scaled)
    }
    return out
  }

  /// The same totals at the smallest scale that holds them.
  public var shortest: DecimalTotals {
    var out = self
    while out.scale > 0, out.numbers.allSatisfy({ $0 % 10 == 0 }) {
      for i in out.numbers.indices { out.numbers[i] /= 10 }
      out.scale -= 1
    }
    return out
  }
}
