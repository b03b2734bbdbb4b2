/// Sorting rows by several columns: the one order that storage keys and ORDER BY share.
///
/// Invariants:
/// 1. The order is stable: rows that compare equal keep their input order.
/// 2. NULL and NaN come last in both directions unless `nullsFirst` says otherwise (NaN before NULL when last,
///    after it when first), as in ClickHouse.
/// 3. Strings compare bytewise, UUIDs by their last 8 bytes first, codes by the strings behind them, `-0.0` equals `0.0`.

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
  guard let order = sortPermutation(keys, rowCount: rowCount, tieBreak: tieBreak, while: { true })
  else { preconditionFailure("a sort that was wanted to its end has none") }
  return order
}

/// The same, asking on the way whether it is still wanted; nil when it is not.
public func sortPermutation(
  _ keys: [SortKey], rowCount: Int, tieBreak: [UInt64]? = nil, while isWanted: () -> Bool
) -> [Int32]? {
  switch sortUnlessInOrder(keys, rowCount: rowCount, tieBreak: tieBreak, while: isWanted) {
  case .inOrder: polledMap(rowCount, isWanted) { Int32($0) }
  case .sorted(let order): order
  case .unwanted: nil
  }
}

/// What a sort comes to.
public enum SortOutcome: Sendable {
  /// The rows are in order as they are.
  case inOrder
  /// Row positions in sorted order.
  case sorted([Int32])
  /// Nobody waits for it any more.
  case unwanted
}

/// Sorts rows, unless they are in order already.
public func sortUnlessInOrder(
  _ keys: [SortKey], rowCount: Int, tieBreak: [UInt64]? = nil, while isWanted: () -> Bool
) -> SortOutcome {
  var ranks: [[UInt64]] = []
  for key in keys {
    guard let columns = rankColumns(key, while: isWanted) else { return .unwanted }
    ranks += columns
  }
  if let tieBreak { ranks.append(tieBreak) }
  guard let known = isSorted(ranks[...], rowCount: rowCount, while: isWanted) else {
    return .unwanted
  }
  if known { return .inOrder }
  // Rows that are in the order of the last keys need sorting by the first ones alone: a table in the order of time,
  // by symbol and time.
  var most = ranks.count
  for count in 1..<max(1, ranks.count) {
    guard let known = isSorted(ranks[count...], rowCount: rowCount, while: isWanted) else {
      return .unwanted
    }
    if known {
      most = count
      break
    }
  }
  ranks.removeLast(ranks.count - most)
  guard let packed = packedRanks(ranks, rowCount: rowCount, while: isWanted) else {
    return .unwanted
  }
  let order =
    switch packed {
    case .packed(let numbers, let bits): radixSorted(numbers, bits: bits, while: isWanted)
    case .tooLong: compared(ranks, rowCount: rowCount, while: isWanted)
    }
  return order.map { .sorted($0) } ?? .unwanted
}

/// Sorts by comparing, rank after rank.
private func compared(
  _ ranks: [[UInt64]], rowCount: Int, while isWanted: () -> Bool
) -> [Int32]? {
  if ranks.count == 1 {
    let only = ranks[0]
    guard
      var pairs = polledMap(
        rowCount, isWanted, { RankedRow(rank: only[$0], row: Int32($0)) })
    else { return nil }
    let isSorted = pairs.sort(while: isWanted) {
      $0.rank != $1.rank ? $0.rank < $1.rank : $0.row < $1.row
    }
    return isSorted ? polledMap(rowCount, isWanted) { pairs[$0].row } : nil
  }
  let first = ranks[0]
  let rest = Array(ranks.dropFirst())
  guard
    var pairs = polledMap(rowCount, isWanted, { RankedRow(rank: first[$0], row: Int32($0)) })
  else { return nil }
  let isSorted = pairs.sort(while: isWanted) { left, right in
    if left.rank != right.rank { return left.rank < right.rank }
    for column in rest {
      let a = column[Int(left.row)]
      let b = column[Int(right.row)]
      if a != b { return a < b }
    }
    return left.row < right.row
  }
  return isSorted ? polledMap(rowCount, isWanted) { pairs[$0].row } : nil
}

/// A value for each number below a count; nil once they are not wanted any more.
private func polledMap<T>(
  _ count: Int, _ isWanted: () -> Bool, _ body: (Int) -> T
) -> [T]? {
  let out = unsafe [T](unsafeUninitializedCapacity: count) { buffer, filled in
    while filled < count {
      let end = min(filled + rowsBetweenQuestions, count)
      for i in filled..<end { unsafe buffer.initializeElement(at: i, to: body(i)) }
      filled = end
      if filled < count, !isWanted() { return }
    }
  }
  return out.count == count ? out : nil
}

private struct RankedRow {
  let rank: UInt64
  let row: Int32
}

private func isSorted(
  _ ranks: ArraySlice<[UInt64]>, rowCount: Int, while isWanted: () -> Bool
) -> Bool? {
  guard rowCount > 1, let first = ranks.first else { return true }
  let rest = Array(ranks.dropFirst())
  rows: for row in 1..<rowCount {
    if row % rowsBetweenQuestions == 0, !isWanted() { return nil }
    if first[row - 1] < first[row] { continue rows }
    if first[row - 1] > first[row] { return false }
    for column in rest {
      if column[row - 1] < column[row] { continue rows }
      if column[row - 1] > column[row] { return false }
    }
  }
  return true
}

/// Columns of unsigned ranks whose lexicographic ascending order is the order of the key.
private func rankColumns(_ key: SortKey, while isWanted: () -> Bool) -> [[UInt64]]? {
  let column = key.column
  if case .tuple(let elements, _) = column.values {
    var ranks: [[UInt64]] = []
    for element in elements {
      let part = SortKey(element, isDescending: key.isDescending, nullsFirst: key.nullsFirst)
      guard let columns = rankColumns(part, while: isWanted) else { return nil }
      ranks += columns
    }
    return ranks
  }
  var ranks: [[UInt64]]
  switch column.values {
  case .int128(let v):
    guard let wide = wideRanks(v.count, isWanted, { UInt128(bitPattern: v[$0]) ^ (1 << 127) })
    else { return nil }
    ranks = wide
  case .uint128(let v):
    let isUUID = column.type.withoutNullable == .uuid
    guard let wide = wideRanks(v.count, isWanted, { isUUID ? v[$0].uuidOrder : v[$0] })
    else { return nil }
    ranks = wide
  case .array(let v):
    // Inverted below when descending, so what is to come last is ranked first here.
    guard
      let dense = arrayRanks(v, nullsFirst: key.nullsFirst != key.isDescending, while: isWanted)
    else { return nil }
    ranks = [dense]
  default:
    guard let plain = valueRanks(column.values, while: isWanted) else { return nil }
    ranks = [plain]
  }
  var special: [UInt64]?
  if key.isDescending {
    for k in ranks.indices {
      for i in ranks[k].indices {
        ranks[k][i] = ~ranks[k][i]
        if i % rowsBetweenQuestions == 0, !isWanted() { return nil }
      }
    }
  }
  // Specials sort by a column of their own in front: 0 or 3 NULL first or last, 1 or 2 NaN, 1 or 2 values.
  let isNaN = column.values.notANumber
  if let isNaN {
    special = isNaN.map { $0 == key.nullsFirst ? 1 : 2 }
  }
  if let validity = column.validity, validity.contains(0) {
    var marks =
      special ?? Array(repeating: key.nullsFirst ? 2 : 1, count: column.count)
    for i in marks.indices where validity[i] == 0 {
      marks[i] = key.nullsFirst ? 0 : 3
      for k in ranks.indices { ranks[k][i] = 0 }
    }
    special = marks
  }
  if let isNaN { for i in isNaN.indices where isNaN[i] { ranks[0][i] = 0 } }
  return special.map { [$0] + ranks } ?? ranks
}

extension ColumnValues {
  /// Which rows are NaN, or nil when none is.
  fileprivate var notANumber: [Bool]? {
    switch self {
    case .float64(let v): v.contains(where: \.isNaN) ? v.map(\.isNaN) : nil
    case .float32(let v): v.contains(where: \.isNaN) ? v.map(\.isNaN) : nil
    default: nil
    }
  }
}

private func wideRanks(
  _ count: Int, _ isWanted: () -> Bool, _ value: (Int) -> UInt128
) -> [[UInt64]]? {
  guard
    let high = polledMap(count, isWanted, { UInt64(truncatingIfNeeded: value($0) >> 64) }),
    let low = polledMap(count, isWanted, { UInt64(truncatingIfNeeded: value($0)) })
  else { return nil }
  return [high, low]
}

/// Dense ranks of arrays, which compare element by element; a beginning comes before what it begins.
private func arrayRanks(
  _ arrays: ArrayValues, nullsFirst: Bool, while isWanted: () -> Bool
) -> [UInt64]? {
  guard
    let elements = rankColumns(
      SortKey(arrays.elements, nullsFirst: nullsFirst), while: isWanted)
  else { return nil }
  func compare(_ left: Int, _ right: Int) -> Int {
    let a = arrays.range(at: left)
    let b = arrays.range(at: right)
    for (i, j) in zip(a, b) {
      for column in elements where column[i] != column[j] { return column[i] < column[j] ? -1 : 1 }
    }
    return a.count == b.count ? 0 : a.count < b.count ? -1 : 1
  }
  return denseRanks(count: arrays.count, while: isWanted, compare)
}

/// Order-preserving unsigned images of the values.
private func valueRanks(_ values: ColumnValues, while isWanted: () -> Bool) -> [UInt64]? {
  /// The image of an integer that has a sign.
  func signed<T: FixedWidthInteger>(_ v: [T]) -> [UInt64]? {
    polledMap(v.count, isWanted) { UInt64(bitPattern: Int64(v[$0])) ^ signBit }
  }
  func unsigned<T: FixedWidthInteger>(_ v: [T]) -> [UInt64]? {
    polledMap(v.count, isWanted) { UInt64(v[$0]) }
  }
  return switch values {
  case .int8(let v): signed(v)
  case .int16(let v): signed(v)
  case .int32(let v): signed(v)
  case .int64(let v): signed(v)
  case .uint8(let v): unsigned(v)
  case .uint16(let v): unsigned(v)
  case .uint32(let v): unsigned(v)
  case .uint64(let v): v
  case .float32(let v): polledMap(v.count, isWanted) { floatRank(Double(v[$0])) }
  case .float64(let v): polledMap(v.count, isWanted) { floatRank(v[$0]) }
  case .string(let v): stringRanks(v, while: isWanted)
  case .codes(let codes, let dictionary):
    if dictionary.isSorted {
      unsigned(codes)
    } else {
      stringRanks(dictionary.values, while: isWanted).flatMap { ranks in
        polledMap(codes.count, isWanted) { ranks[Int(codes[$0])] }
      }
    }
  case .tuple, .array, .int128, .uint128:
    preconditionFailure("ranks of \(values.physical) have a function of their own")
  case .nothing(let count): Array(repeating: 0, count: count)
  }
}

private let signBit: UInt64 = 1 << 63

/// An unsigned image of a double that sorts as the numbers do; both zeros give one image.
func floatRank(_ value: Double) -> UInt64 {
  let bits = value == 0 ? 0 : value.bitPattern
  return bits & signBit != 0 ? ~bits : bits | signBit
}

private func stringRanks(_ strings: StringValues, while isWanted: () -> Bool) -> [UInt64]? {
  denseRanks(count: strings.count, while: isWanted) {
    StringValues.compare(strings[$0], strings[$1])
  }
}

/// Ranks 0, 1, 2... of what `compare` orders, equal ones alike, by sorting positions once.
private func denseRanks(
  count: Int, while isWanted: () -> Bool, _ compare: (Int, Int) -> Int
) -> [UInt64]? {
  guard var order = polledMap(count, isWanted, { $0 }),
    order.sort(while: isWanted, by: { compare($0, $1) < 0 })
  else { return nil }
  var ranks = [UInt64](repeating: 0, count: count)
  var rank: UInt64 = 0
  for (place, position) in order.enumerated() {
    if place % rowsBetweenQuestions == 0, !isWanted() { return nil }
    if place > 0, compare(order[place - 1], position) != 0 { rank += 1 }
    ranks[position] = rank
  }
  return ranks
}

extension UInt128 {
  /// What a UUID's number is compared by: ClickHouse orders UUIDs by their last 8 bytes first.
  public var uuidOrder: UInt128 { self << 64 | self >> 64 }
}
