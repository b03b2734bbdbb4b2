/// Runs: stretches of equal neighbouring values. Market data comes in long ones, so work per run beats work per row.

/// The first row of every run of rows that are equal in all columns, in ascending order.
///
/// NULLs equal each other, doubles are compared by their bits.
public func runStarts(_ columns: [Column], rowCount: Int) -> [Int] {
  guard rowCount > 0 else { return [] }
  var isStart = [Bool](repeating: false, count: rowCount)
  isStart[0] = true
  for column in columns { markChanges(column, &isStart) }
  var starts: [Int] = []
  for row in 0..<rowCount where isStart[row] { starts.append(row) }
  return starts
}

private func markChanges(_ column: Column, _ isStart: inout [Bool]) {
  switch column.values {
  case .int8(let v): markChanges(v, &isStart)
  case .int16(let v): markChanges(v, &isStart)
  case .int32(let v): markChanges(v, &isStart)
  case .int64(let v): markChanges(v, &isStart)
  case .int128(let v): markChanges(v, &isStart)
  case .uint8(let v): markChanges(v, &isStart)
  case .uint16(let v): markChanges(v, &isStart)
  case .uint32(let v): markChanges(v, &isStart)
  case .uint64(let v): markChanges(v, &isStart)
  case .uint128(let v): markChanges(v, &isStart)
  case .float32(let v): markChanges(v.map(\.bitPattern), &isStart)
  case .float64(let v): markChanges(v.map(\.bitPattern), &isStart)
  case .codes(let v, _): markChanges(v, &isStart)
  case .string(let v):
    for row in 1..<max(1, v.count) where !v[row].elementsEqual(v[row - 1]) { isStart[row] = true }
  case .tuple(let columns, _):
    for element in columns { markChanges(element, &isStart) }
  case .array(let v):
    // Equal arrays have equal lengths and no change inside: element i is compared with element i of the array before.
    guard v.count > 1 else { break }
    for row in 1..<v.count where !isStart[row] {
      isStart[row] = !sameElements(v, row - 1, row)
    }
  case .nothing: break
  }
  if let validity = column.validity { markChanges(validity, &isStart) }
}

private func markChanges<T: Equatable>(_ values: [T], _ isStart: inout [Bool]) {
  guard values.count > 1 else { return }
  for row in 1..<values.count where values[row] != values[row - 1] { isStart[row] = true }
}

private func sameElements(_ arrays: ArrayValues, _ left: Int, _ right: Int) -> Bool {
  let a = arrays.range(at: left)
  let b = arrays.range(at: right)
  return a.count == b.count
    && a.indices.allSatisfy { sameRow(arrays.elements, $0, $0 - a.lowerBound + b.lowerBound) }
}

/// Whether two rows of a column hold the same: NULLs equal each other, floats by their bits.
private func sameRow(_ column: Column, _ a: Int, _ b: Int) -> Bool {
  if column.isNull(at: a) || column.isNull(at: b) {
    return column.isNull(at: a) && column.isNull(at: b)
  }
  return switch column.values {
  case .int8(let v): v[a] == v[b]
  case .int16(let v): v[a] == v[b]
  case .int32(let v): v[a] == v[b]
  case .int64(let v): v[a] == v[b]
  case .int128(let v): v[a] == v[b]
  case .uint8(let v): v[a] == v[b]
  case .uint16(let v): v[a] == v[b]
  case .uint32(let v): v[a] == v[b]
  case .uint64(let v): v[a] == v[b]
  case .uint128(let v): v[a] == v[b]
  case .float32(let v): v[a].bitPattern == v[b].bitPattern
  case .float64(let v): v[a].bitPattern == v[b].bitPattern
  case .codes(let v, _): v[a] == v[b]
  case .string(let v): v[a].elementsEqual(v[b])
  case .tuple(let columns, _): columns.allSatisfy { sameRow($0, a, b) }
  case .array(let v): sameElements(v, a, b)
  case .nothing: true
  }
}
