/// Sorting rows by several columns: the one order that storage keys and ORDER BY share.
///
/// Invariants:
/// 1. The order is stable: rows that compare equal keep their input order.
/// 2. NULL and NaN come last in both directions unless `nullsFirst` says otherwise (NaN before NULL when last,
///    after it when first), as in ClickHouse.
/// 3. Strings compare bytewise, codes by the strings behind them, `-0.0` equals `0.0`.

/// One column to sort by.
public struct SortKey: Sendable {
  public let column: Column
  public let isDescending: Bool
  public let nullsFirst: Bool

  public init(_ column: Column, isDescending: Bool = false, nullsFirst: Bool = false) {
    self.column = column
    self.isDescending = isDescending
    self.nullsFirst = nullsFirst
  }
}

/// Row positions in sorted order. `tieBreak`, where given, decides rows that all keys leave equal.
public func sortPermutation(
  _ keys: [SortKey], rowCount: Int, tieBreak: [UInt64]? = nil
) -> [Int32] {
  var ranks = keys.flatMap { rankColumns($0) }
  if let tieBreak { ranks.append(tieBreak) }
  var order = (0..<Int32(rowCount)).map { $0 }
  if ranks.isEmpty || isSorted(ranks, rowCount: rowCount) { return order }
  if ranks.count == 1 {
    let only = ranks[0]
    var pairs = order.map { RankedRow(rank: only[Int($0)], row: $0) }
    pairs.sort { $0.rank != $1.rank ? $0.rank < $1.rank : $0.row < $1.row }
    for i in 0..<rowCount { order[i] = pairs[i].row }
    return order
  }
  let first = ranks[0]
  let rest = Array(ranks.dropFirst())
  var pairs = order.map { RankedRow(rank: first[Int($0)], row: $0) }
  pairs.sort { left, right in
    if left.rank != right.rank { return left.rank < right.rank }
    for column in rest {
      let a = column[Int(left.row)]
      let b = column[Int(right.row)]
      if a != b { return a < b }
    }
    return left.row < right.row
  }
  for i in 0..<rowCount { order[i] = pairs[i].row }
  return order
}

private struct RankedRow {
  let rank: UInt64
  let row: Int32
}

private func isSorted(_ ranks: [[UInt64]], rowCount: Int) -> Bool {
  guard rowCount > 1 else { return true }
  rows: for row in 1..<rowCount {
    for column in ranks {
      if column[row - 1] < column[row] { continue rows }
      if column[row - 1] > column[row] { return false }
    }
  }
  return true
}

/// Columns of unsigned ranks whose lexicographic ascending order is the order of the key.
private func rankColumns(_ key: SortKey) -> [[UInt64]] {
  let column = key.column
  if case .tuple(let elements, _) = column.values {
    return elements.flatMap {
      rankColumns(SortKey($0, isDescending: key.isDescending, nullsFirst: key.nullsFirst))
    }
  }
  var ranks = valueRanks(column.values)
  var special: [UInt64]?
  if key.isDescending {
    for i in ranks.indices { ranks[i] = ~ranks[i] }
  }
  // Specials sort by a column of their own in front: 0 or 3 NULL first or last, 1 or 2 NaN, 1 or 2 values.
  if case .float64(let values) = column.values, values.contains(where: \.isNaN) {
    special = values.map { $0.isNaN == key.nullsFirst ? 1 : 2 }
  }
  if let validity = column.validity, validity.contains(0) {
    var marks =
      special ?? Array(repeating: key.nullsFirst ? 2 : 1, count: column.count)
    for i in marks.indices where validity[i] == 0 {
      marks[i] = key.nullsFirst ? 0 : 3
      ranks[i] = 0
    }
    special = marks
  }
  if case .float64(let values) = column.values, special != nil {
    for i in ranks.indices where values[i].isNaN { ranks[i] = 0 }
  }
  return special.map { [$0, ranks] } ?? [ranks]
}

/// Order-preserving unsigned images of the values.
private func valueRanks(_ values: ColumnValues) -> [UInt64] {
  switch values {
  case .int8(let v): v.map { UInt64(bitPattern: Int64($0)) ^ signBit }
  case .int16(let v): v.map { UInt64(bitPattern: Int64($0)) ^ signBit }
  case .int32(let v): v.map { UInt64(bitPattern: Int64($0)) ^ signBit }
  case .int64(let v): v.map { UInt64(bitPattern: $0) ^ signBit }
  case .uint8(let v): v.map { UInt64($0) }
  case .uint16(let v): v.map { UInt64($0) }
  case .uint32(let v): v.map { UInt64($0) }
  case .uint64(let v): v
  case .float64(let v): v.map(floatRank)
  case .string(let v): stringRanks(v)
  case .codes(let codes, let dictionary):
    if dictionary.isSorted {
      codes.map { UInt64($0) }
    } else {
      codesRanks(codes, stringRanks(dictionary.values))
    }
  case .tuple: preconditionFailure("a tuple has ranks per element")
  case .nothing(let count): Array(repeating: 0, count: count)
  }
}

private let signBit: UInt64 = 1 << 63

/// An unsigned image of a double that sorts as the numbers do; both zeros give one image.
func floatRank(_ value: Double) -> UInt64 {
  let bits = value == 0 ? 0 : value.bitPattern
  return bits & signBit != 0 ? ~bits : bits | signBit
}

private func codesRanks(_ codes: [UInt32], _ ranks: [UInt64]) -> [UInt64] {
  codes.map { ranks[Int($0)] }
}

/// Dense ranks of strings, by sorting positions once.
private func stringRanks(_ strings: StringValues) -> [UInt64] {
  var order = Array(0..<strings.count)
  order.sort { StringValues.compare(strings[$0], strings[$1]) < 0 }
  var ranks = [UInt64](repeating: 0, count: strings.count)
  var rank: UInt64 = 0
  for (place, position) in order.enumerated() {
    if place > 0, StringValues.compare(strings[order[place - 1]], strings[position]) != 0 {
      rank += 1
    }
    ranks[position] = rank
  }
  return ranks
}
