/// Keeps the first of rows that agree in the table's `deduplicate_by` columns, within a write and against what is
/// stored. The last of those columns is a number given by the exchange, 0 for none; the others are codes.
///
/// Invariants:
/// 1. For every group, `seen` holds all stored numbers in `covered`, and all that this filter let pass and was not
///    told to forget.
/// 2. Rows are asked about only when `gaps` of them is empty: what was not read is not guessed.
import TickColumns
import TickSQL
import TickStorage

struct DuplicateFilter: Sendable {
  /// Exchanges number trades in ascending order: reading so far ahead of the highest number that is asked about
  /// spares the writes that follow a read of their own.
  private static let readAhead: UInt64 = 1 << 20

  /// Names, since ALTER may move columns and cannot rename these.
  private let codeNames: [String]
  private let numberName: String
  private var groups: [[[UInt8]]: Group] = [:]
  /// Ranges held: a measure of memory.
  private(set) var rangeCount = 0

  private struct Group {
    var seen = IntervalSet()
    var covered: ClosedRange<UInt64>?
  }

  /// Numbers of one group that are stored or not: nobody has looked yet.
  struct Gap: Sendable {
    let names: [[UInt8]]
    let range: ClosedRange<UInt64>
  }

  /// What of rows decides whether they are duplicates.
  struct Keys: Sendable {
    /// Neighbouring rows of one group.
    struct Run: Sendable {
      let names: [[UInt8]]
      let rows: Range<Int>
    }
    let runs: [Run]
    let numbers: [UInt64]

    /// - Parameters:
    ///   - codes: the columns of codes, in the order of `deduplicate_by`.
    ///   - number: the column behind them.
    init(codes: [Column], number: Column) {
      guard case .uint64(let numbers) = number.values else {
        preconditionFailure("deduplicate_by ends in a column that is no UInt64")
      }
      let starts = runStarts(codes, rowCount: number.count).map { Int($0) }
      runs = starts.enumerated().map { place, start in
        let end = place + 1 < starts.count ? starts[place + 1] : number.count
        let names = codes.map { column -> [UInt8] in
          guard case .bytes(let bytes) = column.value(at: start) else { return [] }
          return bytes
        }
        return Run(names: names, rows: start..<end)
      }
      self.numbers = Array(numbers)
    }
  }

  /// Nil for a table without `deduplicate_by`, and for one that keeps all rows.
  init?(_ layout: TableLayout) {
    guard layout.definition.deduplicateKeep != .all,
      let number = layout.definition.deduplicateBy.last
    else { return nil }
    numberName = number
    codeNames = layout.definition.deduplicateBy.dropLast()
  }

  /// - Parameter layout: of the batch.
  func keys(of batch: Batch, _ layout: TableLayout) -> Keys {
    guard let number = layout.deduplicateBy.last else {
      preconditionFailure("keys of a table without deduplicate_by")
    }
    return Keys(
      codes: layout.deduplicateBy.dropLast().map { batch.columns[$0] },
      number: batch.columns[number])
  }

  // MARK: What is stored

  /// What must be read before rows with these keys can be asked about.
  func gaps(_ keys: Keys) -> [Gap] {
    var wanted: [[[UInt8]]: ClosedRange<UInt64>] = [:]
    for run in keys.runs {
      // One look at the group for a run, not for each of its rows.
      var lowest = UInt64.max
      var highest: UInt64 = 0
      for number in keys.numbers[run.rows] where number != 0 {
        lowest = min(lowest, number)
        highest = max(highest, number)
      }
      guard highest != 0 else { continue }
      let known = wanted[run.names] ?? lowest...highest
      wanted[run.names] = min(known.lowerBound, lowest)...max(known.upperBound, highest)
    }
    var gaps: [Gap] = []
    for (names, range) in wanted {
      let (sum, overflow) = range.upperBound.addingReportingOverflow(Self.readAhead)
      let ahead = overflow ? UInt64.max : sum
      guard let covered = groups[names]?.covered else {
        gaps.append(Gap(names: names, range: range.lowerBound...ahead))
        continue
      }
      if range.lowerBound < covered.lowerBound {
        gaps.append(Gap(names: names, range: range.lowerBound...(covered.lowerBound - 1)))
      }
      if range.upperBound > covered.upperBound {
        gaps.append(Gap(names: names, range: (covered.upperBound + 1)...ahead))
      }
    }
    return gaps
  }

  /// The stored numbers of a gap.
  func read(_ gap: Gap, in table: StoredTable) throws(SQLError) -> IntervalSet {
    var constraints = zip(codeNames, gap.names).map { column, name in
      ColumnConstraint(column: column, condition: .oneOf([.bytes(name)]))
    }
    constraints.append(
      ColumnConstraint(
        column: numberName,
        condition: .range(
          lower: .uint(gap.range.lowerBound), lowerIsInclusive: true,
          upper: .uint(gap.range.upperBound), upperIsInclusive: true)))
    let request = ScanRequest(columns: codeNames + [numberName], constraints: constraints)
    let scan = try table.scan(request)
    var found = IntervalSet()
    for morsel in 0..<scan.morselCount {
      try scan.read(morsel: morsel) { (batch) throws(SQLError) in
        let count = gap.names.count
        let keys = Keys(codes: Array(batch.columns[..<count]), number: batch.columns[count])
        for run in keys.runs where run.names == gap.names {
          for number in keys.numbers[run.rows] where gap.range.contains(number) {
            _ = found.insert(number)
          }
        }
        return true
      }
    }
    return found
  }

  /// Takes what was read of a gap. Gaps are closed by one reader at a time, in the order in which `gaps` gave them.
  mutating func close(_ gap: Gap, _ stored: IntervalSet) {
    change(gap.names) { group in
      group.seen.formUnion(stored)
      let covered = group.covered ?? gap.range
      group.covered =
        min(
          covered.lowerBound, gap.range.lowerBound)...max(
          covered.upperBound, gap.range.upperBound)
    }
  }

  // MARK: Rows

  /// The rows that are no duplicates, in order; nil when that is all of them. They count as seen from now on.
  mutating func newRows(_ keys: Keys) -> [Int32]? {
    var kept: [Int32] = []
    kept.reserveCapacity(keys.numbers.count)
    for run in keys.runs {
      change(run.names) { group in
        for row in run.rows where keys.numbers[row] == 0 || group.seen.insert(keys.numbers[row]) {
          kept.append(Int32(row))
        }
      }
    }
    return kept.count == keys.numbers.count ? nil : kept
  }

  /// `newRows` for who writes alone: reads what is missing itself.
  ///
  /// - Parameter table: what is published.
  /// - Parameter passed: what the rows are added to.
  mutating func newRows(
    of batch: Batch, _ layout: TableLayout, in table: StoredTable,
    into passed: inout GroupedNumbers
  ) throws(SQLError) -> [Int32]? {
    let keys = keys(of: batch, layout)
    for gap in gaps(keys) { close(gap, try read(gap, in: table)) }
    let kept = newRows(keys)
    passed.insert(keys, kept)
    return kept
  }

  /// `newRows` for a table that nothing is stored in yet.
  mutating func newRows(ofNewTable batch: Batch, _ layout: TableLayout) -> [Int32]? {
    let keys = keys(of: batch, layout)
    for gap in gaps(keys) { close(gap, IntervalSet()) }
    return newRows(keys)
  }

  /// Counts numbers as seen that another filter let pass.
  mutating func insert(_ numbers: GroupedNumbers) {
    for (names, set) in numbers.groups { change(names) { $0.seen.formUnion(set) } }
  }

  /// Forgets rows that `newRows` let pass and that were not stored after all.
  ///
  /// - Parameter rows: what `newRows` returned.
  mutating func forget(_ keys: Keys, _ rows: [Int32]?) {
    let isForgotten = rows.map { rows in
      var marks = [Bool](repeating: false, count: keys.numbers.count)
      for row in rows { marks[Int(row)] = true }
      return marks
    }
    for run in keys.runs {
      change(run.names) { group in
        for row in run.rows where isForgotten?[row] ?? true { group.seen.remove(keys.numbers[row]) }
      }
    }
  }

  private mutating func change(_ names: [[UInt8]], _ body: (inout Group) -> Void) {
    // Taken out, so that the set is changed in place.
    var group = groups.removeValue(forKey: names) ?? Group()
    rangeCount -= group.seen.ranges.count
    body(&group)
    rangeCount += group.seen.ranges.count
    groups[names] = group
  }
}
