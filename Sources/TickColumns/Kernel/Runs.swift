/// Runs: stretches of equal neighbouring values. Market data comes in long ones, so work per run beats work per row.
internal import CTickKernels

/// The first row of every run of rows that are equal in all columns, in ascending order.
///
/// NULLs equal each other, doubles are compared by their bits.
public func runStarts(_ columns: [Column], rowCount: Int) -> [Int32] {
  guard rowCount > 0 else { return [] }
  var marks = [UInt8](repeating: 0, count: rowCount)
  marks[0] = 1
  for column in columns { markChanges(column, &marks) }
  return markedPositions(marks)
}

/// Marks the rows that differ from the row before them.
private func markChanges(_ column: Column, _ marks: inout [UInt8]) {
  switch column.values {
  case .int8(let v): markChanges(v, &marks)
  case .int16(let v): markChanges(v, &marks)
  case .int32(let v): markChanges(v, &marks)
  case .int64(let v): markChanges(v, &marks)
  case .int128(let v): markChanges(v, &marks)
  case .uint8(let v): markChanges(v, &marks)
  case .uint16(let v): markChanges(v, &marks)
  case .uint32(let v): markChanges(v, &marks)
  case .uint64(let v): markChanges(v, &marks)
  case .uint128(let v): markChanges(v, &marks)
  case .float32(let v): markChanges(v, &marks)
  case .float64(let v): markChanges(v, &marks)
  case .codes(let v, _): markChanges(v, &marks)
  case .string(let v):
    for row in 1..<max(1, v.count) where !v[row].elementsEqual(v[row - 1]) { marks[row] = 1 }
  case .tuple(let columns, _):
    for element in columns { markChanges(element, &marks) }
  case .array(let v):
    // Equal arrays have equal lengths and no change inside: element i is compared with element i of the array before.
    for row in 1..<max(1, v.count) where marks[row] == 0 {
      marks[row] = sameElements(v, row - 1, row) ? 0 : 1
    }
  case .nothing: break
  }
  if let validity = column.validity { markChanges(validity, &marks) }
}

/// Elements are numbers of 1 to 16 bytes.
private func markChanges<Element: BitwiseCopyable>(_ values: [Element], _ marks: inout [UInt8]) {
  precondition(values.count <= marks.count, "fewer marks than rows")
  unsafe values.withUnsafeBytes { values in
    unsafe marks.withUnsafeMutableBufferPointer { marks in
      guard let base = values.baseAddress, let out = marks.baseAddress else { return }
      let width = MemoryLayout<Element>.stride
      unsafe tick_mark_changes(base, values.count / width, width, out)
    }
  }
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

/// Positions of the bytes that are not 0, ascending.
public func markedPositions(_ marks: [UInt8]) -> [Int32] {
  unsafe marks.withUnsafeBytes { marks in
    unsafe [Int32](unsafeUninitializedCapacity: marks.count) { buffer, count in
      // Branch-free: always store, advance by the mark. `found <= row`, so the store stays inside.
      var found = 0
      var row = 0
      while row + 8 <= marks.count {
        // Eight rows at once where none is marked.
        if unsafe marks.loadUnaligned(fromByteOffset: row, as: UInt64.self) != 0 {
          for i in row..<row + 8 {
            unsafe buffer[found] = Int32(truncatingIfNeeded: i)
            found &+= unsafe marks[i] != 0 ? 1 : 0
          }
        }
        row &+= 8
      }
      while row < marks.count {
        unsafe buffer[found] = Int32(truncatingIfNeeded: row)
        found &+= unsafe marks[row] != 0 ? 1 : 0
        row &+= 1
      }
      count = found
    }
  }
}
