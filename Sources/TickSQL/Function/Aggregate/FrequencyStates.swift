/// Aggregates over how often each value occurs.
import Glibc
import TickColumns

enum FrequencyResult: Sendable {
  /// Shannon's entropy in bits.
  case entropy
  /// The most frequent value; of several the least.
  case mostFrequent
}

final class FrequencyState: AggregateState {
  private let types: [DataType]
  private let result: FrequencyResult
  /// Keys are the group and the arguments.
  private var table: GroupTable
  private var counts: [UInt64] = []
  private var groupCount = 0

  init(_ types: [DataType], _ result: FrequencyResult) {
    self.types = types
    self.result = result
    table = GroupTable([.uint32] + types)
  }

  func resize(_ count: Int) { groupCount = max(groupCount, count) }

  func update(_ input: AggregateInput) {
    var groups = [UInt32](repeating: 0, count: input.rows)
    for run in 0..<input.runs.starts.count {
      let group = UInt32(input.runs.groups[run])
      for row in input.runs.range(run) { groups[row] = group }
    }
    let columns =
      [Column(.uint32, .uint32(groups))] + input.operands.indices.map { input.column($0) }
    let starts = runStarts(columns, rowCount: input.rows)
    let entries = table.groups(columns, starts: starts)
    counts.extend(to: table.count, with: 0)
    for (run, entry) in entries.enumerated() {
      let end = run + 1 < starts.count ? Int(starts[run + 1]) : input.rows
      counts[Int(entry)] += UInt64(end - Int(starts[run]))
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? FrequencyState else { return }
    let order = (0..<Int32(other.table.count)).map { $0 }
    var columns = other.table.columns(order)
    guard case .uint32(let theirs) = columns[0].values else { return }
    columns[0] = Column(.uint32, .uint32(theirs.map { UInt32(groups[Int($0)]) }))
    let entries = table.groups(columns, starts: order)
    counts.extend(to: table.count, with: 0)
    for (i, entry) in entries.enumerated() { counts[Int(entry)] += other.counts[i] }
  }

  func finish() -> Column {
    let columns = table.columns((0..<Int32(table.count)).map { $0 })
    guard case .uint32(let groups) = columns[0].values else {
      preconditionFailure("groups are numbers")
    }
    switch result {
    case .entropy: return entropy(groups)
    case .mostFrequent: return mostFrequent(groups, columns[1])
    }
  }

  private func entropy(_ groups: [UInt32]) -> Column {
    var byGroup = [[UInt64]](repeating: [], count: groupCount)
    for (entry, group) in groups.enumerated() { byGroup[Int(group)].append(counts[entry]) }
    let values = byGroup.map { counts -> Double in
      let total = Double(counts.reduce(0, +))
      // In order, so that the sum does not depend on how the rows came.
      return counts.sorted().reduce(0) { sum, count in
        let share = Double(count) / total
        return sum - share * log2(share)
      }
    }
    return Column(.float64, .float64(values))
  }

  private func mostFrequent(_ groups: [UInt32], _ values: Column) -> Column {
    var best = [Int32](repeating: -1, count: groupCount)
    for (entry, group) in groups.enumerated() {
      let known = Int(best[Int(group)])
      if known < 0 || counts[entry] > counts[known]
        || counts[entry] == counts[known] && compareRows(values, entry, known) < 0
      {
        best[Int(group)] = Int32(entry)
      }
    }
    let zero = Column(types[0], of: [.defaultValue(of: types[0])])
    let last = Int32(values.count)
    return Column.concatenate(types[0], [values, zero]).gather(best.map { $0 < 0 ? last : $0 })
  }

  var byteCount: Int { table.byteCount + counts.count * 8 }
}
