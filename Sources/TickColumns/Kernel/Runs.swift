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
  case .uint8(let v): markChanges(v, &isStart)
  case .uint16(let v): markChanges(v, &isStart)
  case .uint32(let v): markChanges(v, &isStart)
  case .uint64(let v): markChanges(v, &isStart)
  case .float64(let v): markChanges(v.map(\.bitPattern), &isStart)
  case .codes(let v, _): markChanges(v, &isStart)
  case .string(let v):
    for row in 1..<max(1, v.count) where !v[row].elementsEqual(v[row - 1]) { isStart[row] = true }
  case .tuple(let columns, _):
    for element in columns { markChanges(element, &isStart) }
  case .nothing: break
  }
  if let validity = column.validity { markChanges(validity, &isStart) }
}

private func markChanges<T: Equatable>(_ values: [T], _ isStart: inout [Bool]) {
  guard values.count > 1 else { return }
  for row in 1..<values.count where values[row] != values[row - 1] { isStart[row] = true }
}
