/// Numbers by group: those that one write brought, or that came in since somebody began to watch.

struct GroupedNumbers: Sendable {
  private(set) var groups: [[[UInt8]]: IntervalSet] = [:]

  /// Adds the numbers of rows.
  ///
  /// - Parameter rows: what `DuplicateFilter.newRows` returned.
  mutating func insert(_ keys: DuplicateFilter.Keys, _ rows: [Int32]?) {
    change(keys, rows) { set, number in _ = set.insert(number) }
  }

  mutating func remove(_ keys: DuplicateFilter.Keys, _ rows: [Int32]?) {
    change(keys, rows) { set, number in set.remove(number) }
  }

  mutating func formUnion(_ other: GroupedNumbers) {
    for (names, set) in other.groups { groups[names, default: IntervalSet()].formUnion(set) }
  }

  func intersects(_ other: GroupedNumbers) -> Bool {
    groups.contains { names, set in other.groups[names].map(set.intersects) ?? false }
  }

  private mutating func change(
    _ keys: DuplicateFilter.Keys, _ rows: [Int32]?, _ body: (inout IntervalSet, UInt64) -> Void
  ) {
    var rest = rows?[...]
    for run in keys.runs {
      // Taken out, so that the set is changed in place.
      var set = groups.removeValue(forKey: run.names) ?? IntervalSet()
      for row in run.rows {
        if rest != nil {
          guard rest?.first == Int32(row) else { continue }
          rest?.removeFirst()
        }
        if keys.numbers[row] != 0 { body(&set, keys.numbers[row]) }
      }
      groups[run.names] = set
    }
  }
}
