import TickColumns

/// The operators of UNION, INTERSECT and EXCEPT.

/// The rows of all inputs, one after the other.
final class UnionStream: BatchStream {
  private let inputs: [any BatchStream]
  private var position = 0

  init(_ inputs: [any BatchStream]) { self.inputs = inputs }

  var rowsBeforeLimit: Int { 0 }

  func totals() throws(SQLError) -> Batch? { try firstTotals(inputs) }

  func next() throws(SQLError) -> Batch? {
    while position < inputs.count {
      if let batch = try inputs[position].next() { return batch }
      position += 1
    }
    return nil
  }
}

/// INTERSECT and EXCEPT: rows of the first input that the others have, or have not, counting each row of the others
/// once; with DISTINCT each row comes once at most.
///
/// The other inputs are counted first; the first one then passes in its order.
final class SetDifferenceStream: BatchStream {
  private let inputs: [any BatchStream]
  private let keepsCommon: Bool
  private let isDistinct: Bool
  private let run: QueryRun
  private var table: GroupTable
  /// How many rows of a group may still pass (common), or must still be left out.
  private var counts: [Int] = []
  private var seen: [Bool] = []
  private var hasCounted = false
  private var held = 0

  init(
    _ inputs: [any BatchStream], _ types: [DataType], keepsCommon: Bool, isDistinct: Bool,
    _ run: QueryRun
  ) {
    self.inputs = inputs
    self.keepsCommon = keepsCommon
    self.isDistinct = isDistinct
    self.run = run
    table = GroupTable(types)
  }

  var rowsBeforeLimit: Int { 0 }
  func totals() throws(SQLError) -> Batch? { try firstTotals(inputs) }

  func next() throws(SQLError) -> Batch? {
    if !hasCounted {
      try countOthers()
      hasCounted = true
    }
    guard let batch = try inputs[0].next() else { return nil }
    try run.check()
    let groups = try rowGroups(batch)
    counts.extend(to: table.count, with: 0)
    seen.extend(to: table.count, with: false)
    var kept: [Int32] = []
    for (row, id) in groups.enumerated() {
      let group = Int(id)
      let isThere = counts[group] > 0
      if isDistinct {
        if isThere == keepsCommon, !seen[group] { kept.append(Int32(row)) }
        seen[group] = true
      } else {
        if isThere { counts[group] -= 1 }
        if isThere == keepsCommon { kept.append(Int32(row)) }
      }
    }
    try account()
    return kept.count == batch.rowCount ? batch : batch.gather(kept)
  }

  private func countOthers() throws(SQLError) {
    for (i, input) in inputs.dropFirst().enumerated() {
      var own: [Int] = []
      while let batch = try input.next() {
        try run.check()
        for group in try rowGroups(batch) {
          own.extend(to: table.count, with: 0)
          own[Int(group)] += 1
        }
        try account()
      }
      own.extend(to: table.count, with: 0)
      counts.extend(to: table.count, with: 0)
      for group in own.indices {
        if !keepsCommon {
          counts[group] += own[group]
        } else {
          counts[group] = i == 0 ? own[group] : min(counts[group], own[group])
        }
      }
    }
  }

  private func rowGroups(_ batch: Batch) throws(SQLError) -> [Int32] {
    try table.rowGroups(batch.columns, rows: batch.rowCount)
  }

  private func account() throws(SQLError) {
    let bytes = table.byteCount + counts.count * 9
    try run.memory.change(by: bytes - held)
    held = bytes
  }
}

/// Those of the first branch that has some.
private func firstTotals(_ inputs: [any BatchStream]) throws(SQLError) -> Batch? {
  for input in inputs { if let totals = try input.totals() { return totals } }
  return nil
}

extension GroupTable {
  /// The group of every row, new groups numbered on.
  mutating func rowGroups(_ columns: [Column], rows: Int) throws(SQLError) -> [Int32] {
    let starts = runStarts(columns, rowCount: rows)
    let groups = try groups(columns, starts: starts)
    if starts.count == rows { return groups }
    var out = [Int32](repeating: 0, count: rows)
    for (run, group) in groups.enumerated() {
      let end = run + 1 < starts.count ? Int(starts[run + 1]) : rows
      for row in Int(starts[run])..<end { out[row] = group }
    }
    return out
  }
}
