internal import TickColumns

/// Skipping what cannot satisfy a query: by runs, by the sparse index, by zone maps. No block is decoded.
///
/// Invariant: a block that holds a row satisfying all constraints is never dropped.

extension SegmentReader {
  /// The blocks that may hold rows satisfying all constraints, group by group; groups without any are left
  /// out. A constraint on a field that the segment does not have drops nothing.
  public func prune(_ constraints: [FieldConstraint]) throws(StorageError) -> [RowGroupSelection] {
    guard rowCount > 0 else { return [] }
    let table = try blockTable()
    var isLeft = [Bool](repeating: false, count: footer.blockCount)
    for block in try keyRange(constraints) { isLeft[block] = true }
    for constraint in constraints {
      guard let position = fields.firstIndex(where: { $0.id == constraint.fieldID }) else {
        continue
      }
      let type = fields[position].type
      let dictionary = type.physical == .codes ? try dictionaries()[position] : nil
      guard let test = ZoneTest(constraint.condition, type.physical, dictionary) else { continue }
      if let run = runFields.firstIndex(of: position) {
        try applyToRuns(test, run, type.physical, &isLeft)
      } else if let stored = storedColumns.firstIndex(where: { $0.id == constraint.fieldID }) {
        let directory = try directory(stored)
        for block in isLeft.indices where isLeft[block] {
          isLeft[block] = test.mayPass(directory, block, rowCount: Int(table.rows[block]))
        }
      }
    }
    return selections(isLeft, table)
  }

  /// What is left of a selection when one more condition must hold.
  public func narrowed(
    _ selection: RowGroupSelection, by constraint: FieldConstraint
  ) throws(StorageError) -> RowGroupSelection {
    guard let position = fields.firstIndex(where: { $0.id == constraint.fieldID }),
      let stored = storedColumns.firstIndex(where: { $0.id == constraint.fieldID }),
      let test = ZoneTest(constraint.condition, fields[position].type.physical, nil)
    else { return selection }
    let table = try blockTable()
    let directory = try directory(stored)
    let first = table.blocks(ofGroup: selection.group).lowerBound
    var left = RowGroupSelection(group: selection.group, blocks: 0, rowCount: 0)
    for bit in 0..<UInt64.bitWidth where selection.blocks >> UInt64(bit) & 1 != 0 {
      let rows = Int(table.rows[first + bit])
      guard test.mayPass(directory, first + bit, rowCount: rows) else { continue }
      left.blocks |= 1 << UInt64(bit)
      left.rowCount += rows
    }
    return left
  }

  /// The blocks of a selection that are in a bitmap of its group.
  public func selection(
    _ selection: RowGroupSelection, keeping blocks: UInt64
  ) throws(StorageError) -> RowGroupSelection {
    let table = try blockTable()
    let first = table.blocks(ofGroup: selection.group).lowerBound
    var out = RowGroupSelection(
      group: selection.group, blocks: selection.blocks & blocks, rowCount: 0)
    for bit in 0..<UInt64.bitWidth where out.blocks >> UInt64(bit) & 1 != 0 {
      out.rowCount += Int(table.rows[first + bit])
    }
    return out
  }

  /// The largest (or smallest) value of a field in a selection as a rank: ranks of one type compare as its values do.
  /// Nil where zone maps do not say it.
  public func edge(
    of fieldID: UInt32, in selection: RowGroupSelection, isLargest: Bool
  ) throws(StorageError) -> UInt64? {
    guard let stored = storedColumns.firstIndex(where: { $0.id == fieldID }) else { return nil }
    let directory = try directory(stored)
    let first = try blockTable().blocks(ofGroup: selection.group).lowerBound
    var edge: UInt64?
    for bit in 0..<UInt64.bitWidth where selection.blocks >> UInt64(bit) & 1 != 0 {
      let block = first + bit
      guard directory.hasBounds(block) else { continue }
      let own = isLargest ? directory.maximum[block] : directory.minimum[block]
      edge = edge.map { isLargest ? max($0, own) : min($0, own) } ?? own
    }
    return edge
  }

  private func applyToRuns(
    _ test: ZoneTest, _ run: Int, _ type: PhysicalType, _ isLeft: inout [Bool]
  ) throws(StorageError) {
    let runs = try runTable()
    let passes = runs.values[run].map { value in
      test.contains(ZoneImage.rank(UInt64(bitPattern: Int64(value)), type))
    }
    for block in isLeft.indices where !passes[Int(runs.runOfBlock[block])] { isLeft[block] = false }
  }

  private func selections(_ isLeft: [Bool], _ table: BlockTable) -> [RowGroupSelection] {
    var out: [RowGroupSelection] = []
    for group in 0..<groupCount {
      var selection = RowGroupSelection(group: group, blocks: 0, rowCount: 0)
      for (bit, block) in table.blocks(ofGroup: group).enumerated() where isLeft[block] {
        selection.blocks |= 1 << UInt64(bit)
        selection.rowCount += Int(table.rows[block])
      }
      if selection.blocks != 0 { out.append(selection) }
    }
    return out
  }

  // MARK: The sparse index

  /// The blocks that can hold keys between what the constraints say about the leading key columns.
  private func keyRange(_ constraints: [FieldConstraint]) throws(StorageError) -> Range<Int> {
    let all = 0..<footer.blockCount
    let (lower, upper) = try keyBounds(constraints)
    guard footer.keySlotBytes > 0, !lower.isEmpty || !upper.isEmpty else { return all }
    let keys = try sparseKeys()
    let slot = footer.keySlotBytes
    /// Order of a block's first key and a bound, as far as both go.
    func compare(_ block: Int, _ bound: [UInt8]) -> Int {
      let count = min(slot, bound.count)
      return StringValues.compare(keys[block * slot..<block * slot + count], bound[..<count])
    }
    var end = all.upperBound
    if !upper.isEmpty { end = partitionPoint(all) { compare($0, upper) <= 0 } }
    // The block before the first one that begins at or above the bound may still reach it.
    var start = 0
    if !lower.isEmpty { start = max(0, partitionPoint(all) { compare($0, lower) < 0 } - 1) }
    return start..<max(start, end)
  }

  private func keyBounds(
    _ constraints: [FieldConstraint]
  ) throws(StorageError) -> (lower: [UInt8], upper: [UInt8]) {
    var lower: [UInt8] = []
    var upper: [UInt8] = []
    for column in footer.key {
      guard let id = column.fieldID, let position = fields.firstIndex(where: { $0.id == id }),
        let constraint = constraints.first(where: { $0.fieldID == id })
      else { break }
      let dictionary = column.type.physical == .codes ? try dictionaries()[position] : nil
      let component = SparseKey.Component(column.type, dictionary: dictionary)
      switch constraint.condition {
      case .oneOf(let values):
        guard values.count == 1, let value = values.first, value != .null,
          SparseKey.append(value, component, to: &lower)
        else { return (lower, upper) }
        _ = SparseKey.append(value, component, to: &upper)
      case .range(let low, _, let high, _):
        // Exclusive bounds are taken as inclusive: never a block too few.
        var isExact = low != nil && low == high
        if let low, !low.isNaN {
          isExact = SparseKey.append(low, component, to: &lower) && isExact
        }
        if let high, !high.isNaN {
          isExact = SparseKey.append(high, component, to: &upper) && isExact
        }
        guard isExact else { return (lower, upper) }
      }
    }
    return (lower, upper)
  }

  /// The first position of the range where the predicate, true before and false after, is false.
  private func partitionPoint(_ range: Range<Int>, _ isBefore: (Int) -> Bool) -> Int {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
      let middle = (low + high) / 2
      if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension Value {
  fileprivate var isNaN: Bool {
    if case .float(let number) = self { number.isNaN } else { false }
  }
}

/// A condition as intervals of ranks, which zone maps can be compared with.
struct ZoneTest {
  /// Inclusive, ascending and apart from each other.
  private var intervals: [ClosedRange<UInt64>] = []
  private var matchesNull = false

  /// Nil when the condition says nothing that zone maps can answer.
  init?(
    _ condition: FieldConstraint.Condition, _ type: PhysicalType, _ dictionary: StringDictionary?
  ) {
    switch condition {
    case .oneOf(let values):
      var found: [ClosedRange<UInt64>] = []
      for value in values {
        if case .null = value {
          matchesNull = true
          continue
        }
        if type == .codes, case .bytes(let text) = value, let dictionary {
          if let code = dictionary.code(of: text) { found.append(UInt64(code)...UInt64(code)) }
          continue
        }
        guard let rank = Self.rank(value, type) else { return nil }
        found.append(rank...rank)
      }
      intervals = found.sorted { $0.lowerBound < $1.lowerBound }
    case .range(let lower, let lowerIsInclusive, let upper, let upperIsInclusive):
      if lower == nil, upper == nil { return nil }
      var low = UInt64.min
      var high = UInt64.max
      if let lower {
        guard let bound = Self.lowerBound(lower, lowerIsInclusive, type, dictionary) else {
          return nil
        }
        guard let first = bound.first else { return }
        low = first
      }
      if let upper {
        guard let bound = Self.upperBound(upper, upperIsInclusive, type, dictionary) else {
          return nil
        }
        guard let last = bound.first else { return }
        high = last
      }
      if low <= high { intervals = [low...high] }
    }
  }

  func contains(_ rank: UInt64) -> Bool { overlaps(rank, rank) }

  func mayPass(_ directory: ColumnDirectory, _ block: Int, rowCount: Int) -> Bool {
    if matchesNull, directory.validCount(block) < rowCount { return true }
    // Types without bounds have no test: here all rows are NULL or NaN.
    guard directory.hasBounds(block) else { return false }
    return overlaps(directory.minimum[block], directory.maximum[block])
  }

  private func overlaps(_ minimum: UInt64, _ maximum: UInt64) -> Bool {
    // The first interval that ends at or above the minimum.
    var low = 0
    var high = intervals.count
    while low < high {
      let middle = (low + high) / 2
      if intervals[middle].upperBound < minimum { low = middle + 1 } else { high = middle }
    }
    return low < intervals.count && intervals[low].lowerBound <= maximum
  }

  /// The rank of a value in a column of this type; nil when it is no number of the type.
  private static func rank(_ value: Value, _ type: PhysicalType) -> UInt64? {
    switch (type, value) {
    case (.int8, .int(let number)), (.int16, .int(let number)), (.int32, .int(let number)),
      (.int64, .int(let number)):
      ZoneImage.rank(UInt64(bitPattern: number), type)
    case (.uint8, .uint(let number)), (.uint16, .uint(let number)), (.uint32, .uint(let number)),
      (.uint64, .uint(let number)):
      number
    case (.float32, .float(let number)), (.float64, .float(let number)):
      number.isNaN ? nil : ZoneImage.rank(number.bitPattern, type)
    case (.string, .bytes(let text)): ZoneImage.of(text[...])
    default: nil
    }
  }

  /// The smallest rank that satisfies a lower bound. Nil: unknown; empty: there is none.
  private static func lowerBound(
    _ value: Value, _ isInclusive: Bool, _ type: PhysicalType, _ dictionary: StringDictionary?
  ) -> [UInt64]? {
    if type == .codes {
      guard let dictionary, case .bytes(let text) = value else { return nil }
      let place = dictionary.place(of: text)
      let code = place.position + (place.isFound && !isInclusive ? 1 : 0)
      return code < dictionary.count ? [UInt64(code)] : []
    }
    guard let rank = rank(value, type) else { return nil }
    // Equal images of strings do not mean equal strings.
    if isInclusive || type == .string { return [rank] }
    return rank == .max ? [] : [rank + 1]
  }

  /// The largest rank that satisfies an upper bound. Nil: unknown; empty: there is none.
  private static func upperBound(
    _ value: Value, _ isInclusive: Bool, _ type: PhysicalType, _ dictionary: StringDictionary?
  ) -> [UInt64]? {
    if type == .codes {
      guard let dictionary, case .bytes(let text) = value else { return nil }
      let place = dictionary.place(of: text)
      let code = place.position - (place.isFound && isInclusive ? 0 : 1)
      return code >= 0 ? [UInt64(code)] : []
    }
    guard let rank = rank(value, type) else { return nil }
    if isInclusive || type == .string { return [rank] }
    return rank == 0 ? [] : [rank - 1]
  }
}

extension StringDictionary {
  /// Where a text stands or would stand in an ascending dictionary.
  fileprivate func place(of text: [UInt8]) -> (position: Int, isFound: Bool) {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      switch StringValues.compare(values[middle], text[...]) {
      case 0: return (middle, true)
      case -1: low = middle + 1
      default: high = middle
      }
    }
    return (low, false)
  }
}
