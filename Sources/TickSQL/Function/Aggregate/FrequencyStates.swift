/// Aggregates over how often each value occurs.
import Glibc
import TickColumns

enum FrequencyResult: Sendable {
  /// Shannon's entropy in bits.
  case entropy
  /// The most frequent value; of several the least.
  case mostFrequent
  /// That many of the most frequent values, of equally frequent ones the least first; as tuples with their counts.
  case top(Int, withCounts: Bool)
}

final class FrequencyState: AggregateState {
  private let types: [DataType]
  private let result: FrequencyResult
  private let hasWeights: Bool
  /// Keys are the group and the arguments.
  private var table: GroupTable
  private var counts: [UInt64] = []
  private var groupCount = 0

  /// - Parameter hasWeights: the last argument, which is not among the types, says how often the values count.
  init(_ types: [DataType], _ result: FrequencyResult, hasWeights: Bool = false) {
    self.types = types
    self.result = result
    self.hasWeights = hasWeights
    table = GroupTable([.uint32] + types)
  }

  func resize(_ count: Int) { groupCount = max(groupCount, count) }

  func update(_ input: AggregateInput) throws(SQLError) {
    var groups = [UInt32](repeating: 0, count: input.rows)
    for run in 0..<input.runs.starts.count {
      let group = UInt32(input.runs.groups[run])
      for row in input.runs.range(run) { groups[row] = group }
    }
    let columns =
      [Column(.uint32, .uint32(groups))] + types.indices.map { input.column($0) }
    let starts = runStarts(columns, rowCount: input.rows)
    let entries = try table.groups(columns, starts: starts)
    counts.extend(to: table.count, with: 0)
    let weights = hasWeights ? input.operands[types.count].integers(UInt64.self) : nil
    for (run, entry) in entries.enumerated() {
      let end = run + 1 < starts.count ? Int(starts[run + 1]) : input.rows
      if let weights {
        for row in Int(starts[run])..<end { counts[Int(entry)] &+= weights.element(row) }
      } else {
        counts[Int(entry)] += UInt64(end - Int(starts[run]))
      }
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? FrequencyState else { return }
    let order = (0..<Int32(other.table.count)).map { $0 }
    var columns = try other.table.columns(order)
    guard case .uint32(let theirs) = columns[0].values else { return }
    columns[0] = Column(.uint32, .uint32(theirs.map { UInt32(groups[Int($0)]) }))
    let entries = try table.groups(columns, starts: order)
    counts.extend(to: table.count, with: 0)
    for (i, entry) in entries.enumerated() { counts[Int(entry)] &+= other.counts[i] }
  }

  func finish() throws(SQLError) -> Column {
    let columns = try table.columns((0..<Int32(table.count)).map { $0 })
    guard case .uint32(let groups) = columns[0].values else {
      preconditionFailure("groups are numbers")
    }
    switch result {
    case .entropy: return try entropy(groups)
    case .mostFrequent: return try mostFrequent(groups, columns[1])
    case .top(let count, let withCounts): return try top(count, withCounts, groups, columns[1])
    }
  }

  private func top(
    _ count: Int, _ withCounts: Bool, _ groups: [UInt32], _ values: Column
  ) throws(SQLError) -> Column {
    var byGroup = [[Int32]](repeating: [], count: groupCount)
    // By value first: the sort by counts keeps that order where they are equal.
    let order = try CancellationPoint.sorted([SortKey(values)], rowCount: values.count)
    try CancellationPoint.forEachPiece(of: order.indices) { piece in
      for entry in order[piece] { byGroup[Int(groups[Int(entry)])].append(entry) }
    }
    var offsets = [0]
    var picked: [Int32] = []
    for entries in byGroup {
      var places = try CancellationPoint.map(entries.count) { $0 }
      try CancellationPoint.sort(&places) {
        let (a, b) = (counts[Int(entries[$0])], counts[Int(entries[$1])])
        return a != b ? a > b : $0 < $1
      }
      picked += places.prefix(count).map { entries[$0] }
      offsets.append(picked.count)
    }
    var elements = values.gather(picked)
    if withCounts {
      let type = Self.countedType(types[0])
      elements = Column(
        type,
        .tuple(
          [
            elements, Column(.uint64, .uint64(picked.map { counts[Int($0)] })),
            Column(.uint64, .uint64(Array(repeating: 0, count: picked.count))),
          ], count: picked.count))
    }
    return Column(
      .array(elements.type), .array(ArrayValues(offsets: offsets, elements: elements)))
  }

  static func countedType(_ type: DataType) -> DataType {
    .tuple([
      TupleElement(name: "item", type: type), TupleElement(name: "count", type: .uint64),
      TupleElement(name: "error", type: .uint64),
    ])
  }

  private func entropy(_ groups: [UInt32]) throws(SQLError) -> Column {
    var byGroup = [[UInt64]](repeating: [], count: groupCount)
    try CancellationPoint.forEachPiece(of: groups.indices) { piece in
      for entry in piece { byGroup[Int(groups[entry])].append(counts[entry]) }
    }
    var values: [Double] = []
    for var counts in byGroup {
      // In order, so that the sum does not depend on how the rows came.
      try CancellationPoint.sort(&counts, by: <)
      let total = Double(counts.reduce(0, +))
      var sum = 0.0
      try CancellationPoint.forEachPiece(of: counts.indices) { piece in
        for count in counts[piece] {
          let share = Double(count) / total
          sum -= share * log2(share)
        }
      }
      values.append(sum)
    }
    return Column(.float64, .float64(values))
  }

  private func mostFrequent(
    _ groups: [UInt32], _ values: Column
  ) throws(SQLError) -> Column {
    var best = [Int32](repeating: -1, count: groupCount)
    try CancellationPoint.forEachPiece(of: groups.indices) { piece in
      for entry in piece {
        let known = Int(best[Int(groups[entry])])
        if known < 0 || counts[entry] > counts[known]
          || counts[entry] == counts[known] && compareRows(values, entry, known) < 0
        {
          best[Int(groups[entry])] = Int32(entry)
        }
      }
    }
    let zero = Column(types[0], of: [.defaultValue(of: types[0])])
    let last = Int32(values.count)
    return try CancellationPoint.concatenate(types[0], [values, zero])
      .picked(best.map { $0 < 0 ? last : $0 })
  }

  var byteCount: Int { table.byteCount + counts.count * 8 }
}
