/// Exact sums of many groups, fed batch by batch.
///
/// Rows come as runs of neighbours of one group. Stretches of short decimals become whole numbers first, whatever the
/// runs, so that the loop over a run adds integers and a run costs one 128-bit addition.
public struct GroupedSums: Sendable {
  private var totals = Totals()
  private var left = DecimalStream()
  private var right = DecimalStream()

  private struct Totals: Sendable {
    var sums: [ExactSum] = []
    var wideCount = 0
    private var prefix: [Int128] = []

    /// Changes one sum; the change says whether it became a wide one.
    @inline(__always)
    mutating func update(_ group: Int, _ change: (inout ExactSum) -> Bool) {
      if change(&sums[group]) { wideCount += 1 }
    }

    /// Adds the totals of the runs in some rows, at most a stretch of them.
    ///
    /// Where runs are short, a loop over each would be mispredicted at each end. There the totals from the first
    /// row to each row are worked out first, by `fill`, and a run is a difference of two. `whole` gives the total
    /// of a range counted from the first row.
    @inline(__always)
    mutating func addRuns(
      _ rows: Range<Int>, _ scale: Int, _ runs: inout RunCursor,
      fill: (inout MutableSpan<Int128>) -> Void, whole: (Range<Int>) -> Int128
    ) {
      wideCount += Self.addRuns(rows, scale, &runs, &sums, &prefix, fill: fill, whole: whole)
    }

    /// Gives how many sums became wide. Arrays are borrowed once: runs may be as short as a row.
    @inline(__always)
    private static func addRuns(
      _ rows: Range<Int>, _ scale: Int, _ runs: inout RunCursor, _ sums: inout [ExactSum],
      _ prefix: inout [Int128], fill: (inout MutableSpan<Int128>) -> Void,
      whole: (Range<Int>) -> Int128
    ) -> Int {
      let isShort = runs.areShort
      if isShort {
        if prefix.isEmpty { prefix = Array(repeating: 0, count: DecimalStream.rowsMax) }
        var span = prefix.mutableSpan
        fill(&span)
      }
      let prefix = prefix.span
      var sums = sums.mutableSpan
      var wideCount = 0
      var before: Int128 = 0
      var row = rows.lowerBound
      while row < rows.upperBound {
        let group = runs.group(of: row)
        let end = min(runs.end, rows.upperBound)
        let total: Int128
        if isShort {
          let upTo = prefix[end &- 1 &- rows.lowerBound]
          total = upTo &- before
          before = upTo
        } else {
          total = whole(row - rows.lowerBound..<end - rows.lowerBound)
        }
        if sums[group].addDecimal(total, scale: scale) { wideCount += 1 }
        row = end
      }
      return wideCount
    }
  }

  public init() {}

  /// Makes room for groups 0..<count.
  public mutating func resize(_ count: Int) {
    guard count > totals.sums.count else { return }
    totals.sums.append(
      contentsOf: repeatElement(ExactSum(), count: count - totals.sums.count))
  }

  /// The sums, each rounded once.
  public var values: [Double] { totals.sums.map(\.value) }

  /// All sums at the largest of their scales, where binary fractions add nothing to them and 128 bits hold them.
  var decimalTotals: DecimalTotals? {
    var out = DecimalTotals()
    var scales: [Int] = []
    for sum in totals.sums {
      guard let total = sum.decimalTotal else { return nil }
      out.numbers.append(total.number)
      scales.append(total.scale)
      out.scale = max(out.scale, total.scale)
    }
    for (i, scale) in scales.enumerated() where scale < out.scale {
      let (scaled, overflow) = out.numbers[i].multipliedReportingOverflow(
        by: ExactSum.powers[out.scale - scale])
      if overflow { return nil }
      out.numbers[i] = scaled
    }
    return out
  }

  /// Adds totals that are there already; run i begins at total `starts[i]` and belongs to `groups[i]`.
  public mutating func add(_ given: DecimalTotals, starts: [Int32], groups: [Int32]) {
    precondition((0...ExactSum.scaleMax).contains(given.scale), "a scale that no sum has")
    var runs = RunCursor(starts, groups, rows: given.numbers.count)
    for (row, number) in given.numbers.enumerated() {
      totals.update(runs.group(of: row)) { $0.addDecimal(number, scale: given.scale) }
    }
  }

  public var byteCount: Int {
    totals.sums.count * MemoryLayout<ExactSum>.stride + totals.wideCount * WideTotal.byteCount
  }

  /// Adds the sums of another; its group g belongs to `groups[g]` here.
  public mutating func merge(_ other: GroupedSums, _ groups: [Int32]) {
    for (theirs, group) in groups.enumerated() {
      totals.update(Int(group)) { $0.merge(other.totals.sums[theirs]) }
    }
  }

  // MARK: Rows

  /// Adds values; run i begins at row `starts[i]` and belongs to `groups[i]`.
  public mutating func add(_ values: [Double], starts: [Int32], groups: [Int32]) {
    var runs = RunCursor(starts, groups, rows: values.count)
    left.begin()
    var row = 0
    while row < values.count {
      let filled = left.fill(values, row..<values.count)
      if filled == 0 {
        totals.update(runs.group(of: row)) { $0.add(values[row], &left) }
        row += 1
        continue
      }
      Self.addStretch(
        left, first: row, count: filled, times: 1, 0, &runs, &totals)
      row += filled
    }
  }

  /// Adds products of two columns.
  public mutating func addProducts(
    _ x: [Double], _ y: [Double], starts: [Int32], groups: [Int32]
  ) {
    precondition(x.count == y.count, "factors of different lengths")
    var runs = RunCursor(starts, groups, rows: x.count)
    left.begin()
    right.begin()
    var row = 0
    while row < x.count {
      var filled = left.fill(x, row..<x.count)
      if filled > 0 { filled = right.fill(y, row..<row + filled) }
      if filled == 0 {
        totals.update(runs.group(of: row)) { $0.addProduct(x[row], y[row], &left, &right) }
        row += 1
        continue
      }
      Self.addStretch(
        left, right, first: row, count: filled,
        &runs, &totals)
      row += filled
    }
  }

  /// Adds products of a column and a constant.
  public mutating func addProducts(
    _ x: [Double], constant: Double, starts: [Int32], groups: [Int32]
  ) {
    var runs = RunCursor(starts, groups, rows: x.count)
    let factor = ShortDecimal(constant)
    left.begin()
    var row = 0
    while row < x.count {
      let filled = factor == nil ? 0 : left.fill(x, row..<x.count)
      if filled > 0, let factor {
        Self.addStretch(
          left, first: row, count: filled, times: factor.number, factor.exponent, &runs, &totals)
        row += filled
        continue
      }
      let number = factor == nil ? nil : left.decimal(x[row])
      totals.update(runs.group(of: row)) { sum in
        guard let factor, let number else { return sum.addBinary(x[row] * constant) }
        return sum.addDecimal(
          Int128(number.number) * Int128(factor.number),
          scale: number.exponent + factor.exponent)
      }
      row += 1
    }
  }

  /// Adds rows of a stretch, each times factor / 10^exponent.
  private static func addStretch(
    _ x: borrowing DecimalStream, first: Int, count: Int, times factor: Int64, _ exponent: Int,
    _ runs: inout RunCursor, _ totals: inout Totals
  ) {
    let scale = x.exponent + exponent
    let numbers = x.numbers.span
    let offset = first - x.stretch.lowerBound
    // At most 1,024 numbers below 10^15.
    totals.addRuns(first..<first + count, scale, &runs) { prefix in
      var total: Int64 = 0
      for i in 0..<count {
        total &+= numbers[offset &+ i]
        prefix[i] = Int128(total) &* Int128(factor)
      }
    } whole: { rows in
      var total: Int64 = 0
      for i in rows { total &+= numbers[offset &+ i] }
      return Int128(total) * Int128(factor)
    }
  }

  /// Adds products of the rows of two stretches.
  private static func addStretch(
    _ x: borrowing DecimalStream, _ y: borrowing DecimalStream, first: Int, count: Int,
    _ runs: inout RunCursor, _ totals: inout Totals
  ) {
    let scale = x.exponent + y.exponent
    let a = x.numbers.span
    let b = y.numbers.span
    let offsetA = first - x.stretch.lowerBound
    let offsetB = first - y.stretch.lowerBound
    // At most 1,024 products below 10^30: far from 2^127.
    totals.addRuns(first..<first + count, scale, &runs) { prefix in
      var total: Int128 = 0
      for i in 0..<count {
        total &+= Int128(a[offsetA &+ i]) &* Int128(b[offsetB &+ i])
        prefix[i] = total
      }
    } whole: { rows in
      var total: Int128 = 0
      for i in rows { total &+= Int128(a[offsetA &+ i]) &* Int128(b[offsetB &+ i]) }
      return total
    }
  }
}

/// Where rows stand among runs, for rows that are asked for in ascending order.
private struct RunCursor {
  private let starts: [Int32]
  private let groups: [Int32]
  private let rows: Int
  private var run = 0
  /// Fewer than eight rows a run.
  let areShort: Bool
  /// The row behind the current run.
  private(set) var end: Int

  init(_ starts: [Int32], _ groups: [Int32], rows: Int) {
    precondition(starts.count == groups.count, "runs without groups")
    precondition(rows == 0 || starts.first == 0, "rows before the first run")
    self.starts = starts
    self.groups = groups
    self.rows = rows
    areShort = starts.count > rows / 8
    end = starts.count > 1 ? Int(starts[1]) : rows
  }

  /// The group of a row, which becomes the current one.
  @inline(__always)
  mutating func group(of row: Int) -> Int {
    while row >= end {
      run += 1
      end = run + 1 < starts.count ? Int(starts[run + 1]) : rows
    }
    return Int(groups[run])
  }
}
