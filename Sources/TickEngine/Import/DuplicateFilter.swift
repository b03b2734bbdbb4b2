/// Keeps the first of rows that agree in the table's `deduplicate_by` columns, within a load and against what is
/// stored. The last of those columns is a number given by the exchange, 0 for none; the others are codes.
///
/// Invariants:
/// 1. For every group, `seen` holds all stored numbers in `covered`, and all that this filter let pass.
/// 2. The caller keeps other writers of the table out from a call until its rows are published, or forgets the
///    filter when they are not.
import TickColumns
import TickSQL

struct DuplicateFilter {
  private let codeFields: [Int]
  private let numberField: Int
  private var groups: [[[UInt8]]: Group] = [:]

  private struct Group {
    var seen = IntervalSet()
    var covered: ClosedRange<UInt64>?
  }

  /// Nil for a table without `deduplicate_by`.
  init?(_ layout: TableLayout) {
    guard let number = layout.deduplicateBy.last else { return nil }
    numberField = number
    codeFields = layout.deduplicateBy.dropLast()
  }

  /// True when a table may be deduplicated by columns of these types.
  static func supports(_ types: [DataType]) -> Bool {
    guard let number = types.last, number == .uint64 else { return false }
    return types.dropLast().allSatisfy { $0 == .lowCardinality(.string) }
  }

  /// Ranges held: a measure of memory.
  var rangeCount: Int { groups.values.reduce(0) { $0 + $1.seen.ranges.count } }

  /// The rows that are no duplicates, in order; nil when that is all of them.
  ///
  /// - Parameter table: what is published now.
  mutating func newRows(of batch: Batch, in table: StoredTable) throws(SQLError) -> [Int32]? {
    guard case .uint64(let numbers) = batch.columns[numberField].values else {
      preconditionFailure("deduplicate_by ends in a column that is no UInt64")
    }
    let codes = codeFields.map { batch.columns[$0] }
    let starts = runStarts(codes, rowCount: batch.rowCount)
    var kept: [Int32] = []
    kept.reserveCapacity(batch.rowCount)
    for (place, start) in starts.enumerated() {
      let end = place + 1 < starts.count ? starts[place + 1] : batch.rowCount
      let names = codes.map { column -> [UInt8] in
        guard case .bytes(let bytes) = column.value(at: start) else { return [] }
        return bytes
      }
      var group = groups.removeValue(forKey: names) ?? Group()
      try cover(&group, numbers[start..<end], names, table)
      for row in start..<end where numbers[row] == 0 || group.seen.insert(numbers[row]) {
        kept.append(Int32(row))
      }
      groups[names] = group
    }
    return kept.count == batch.rowCount ? nil : kept
  }

  /// Reads the stored numbers around the new ones, as far as they are not known.
  private func cover(
    _ group: inout Group, _ numbers: ArraySlice<UInt64>, _ names: [[UInt8]],
    _ table: StoredTable
  ) throws(SQLError) {
    var lowest = UInt64.max
    var highest: UInt64 = 0
    for number in numbers where number != 0 {
      lowest = min(lowest, number)
      highest = max(highest, number)
    }
    guard lowest <= highest else { return }
    guard let covered = group.covered else {
      try load(lowest...highest, &group, names, table)
      group.covered = lowest...highest
      return
    }
    if lowest < covered.lowerBound {
      try load(lowest...(covered.lowerBound - 1), &group, names, table)
    }
    if highest > covered.upperBound {
      try load((covered.upperBound + 1)...highest, &group, names, table)
    }
    group.covered = min(lowest, covered.lowerBound)...max(highest, covered.upperBound)
  }

  private func load(
    _ range: ClosedRange<UInt64>, _ group: inout Group, _ names: [[UInt8]], _ table: StoredTable
  ) throws(SQLError) {
    let schema = table.schema
    var constraints = zip(codeFields, names).map { field, name in
      ColumnConstraint(column: schema[field].name, condition: .oneOf([.bytes(name)]))
    }
    constraints.append(
      ColumnConstraint(
        column: schema[numberField].name,
        condition: .range(
          lower: .uint(range.lowerBound), lowerIsInclusive: true, upper: .uint(range.upperBound),
          upperIsInclusive: true)))
    let request = ScanRequest(
      columns: (codeFields + [numberField]).map { schema[$0].name }, constraints: constraints)
    let scan = try table.scan(request)
    var seen = group.seen
    for morsel in 0..<scan.morselCount {
      try scan.read(morsel: morsel) { (batch) throws(SQLError) in
        guard case .uint64(let stored) = batch.columns[names.count].values else { return false }
        let starts = runStarts(Array(batch.columns[..<names.count]), rowCount: batch.rowCount)
        for (place, start) in starts.enumerated() {
          let isGroup = names.indices.allSatisfy {
            batch.columns[$0].value(at: start) == .bytes(names[$0])
          }
          guard isGroup else { continue }
          let end = place + 1 < starts.count ? starts[place + 1] : batch.rowCount
          for row in start..<end where range.contains(stored[row]) { _ = seen.insert(stored[row]) }
        }
        return true
      }
    }
    group.seen = seen
  }
}
