import TickColumns

/// Joins rendered columns into rows: for each row, the text before each cell, the cell, the row's end.
///
/// The lengths are known before a byte is copied, so the room is made once and each column then writes its part
/// of every row. Blocks of rows keep what is written within the cache.
///
/// Invariants:
/// 1. `starts[row]` is where the row's next byte goes; after all columns it is where the row's end goes.
/// 2. A block's rows take exactly the bytes that were counted for them.
func joinRows(
  _ cells: [StringValues], prefixes: [[UInt8]], rowEnd: [UInt8], rowCount: Int,
  into out: inout [UInt8]
) {
  let fixed = prefixes.reduce(rowEnd.count) { $0 + $1.count }
  out.reserveCapacity(out.count + cells.reduce(fixed * rowCount) { $0 + $1.bytes.count })
  var first = 0
  while first < rowCount {
    let last = min(first + rowsPerBlock, rowCount)
    joinBlock(cells, prefixes, rowEnd, fixed, first..<last, into: &out)
    first = last
  }
}

/// The same with a separator before every row of the result but the first.
func joinSeparatedRows(
  _ cells: [StringValues], prefixes: [[UInt8]], rowEnd: [UInt8], separator: [UInt8],
  isFirst: Bool, rowCount: Int, into out: inout [UInt8]
) {
  if separator.isEmpty {
    joinRows(cells, prefixes: prefixes, rowEnd: rowEnd, rowCount: rowCount, into: &out)
    return
  }
  if isFirst {
    let head = cells.map { $0.slice(0..<1) }
    joinRows(head, prefixes: prefixes, rowEnd: rowEnd, rowCount: 1, into: &out)
  }
  var separated = prefixes
  separated[0] = separator + prefixes[0]
  let rest = isFirst ? cells.map { $0.slice(1..<rowCount) } : cells
  joinRows(
    rest, prefixes: separated, rowEnd: rowEnd, rowCount: isFirst ? rowCount - 1 : rowCount,
    into: &out)
}

/// About a hundred kilobytes of rows as wide as trades.
private let rowsPerBlock = 1_024

private func joinBlock(
  _ cells: [StringValues], _ prefixes: [[UInt8]], _ rowEnd: [UInt8], _ fixed: Int,
  _ rows: Range<Int>, into out: inout [UInt8]
) {
  var starts = [Int](repeating: 0, count: rows.count)
  var next = out.count
  for i in 0..<rows.count {
    starts[i] = next
    next += fixed
    for column in cells { next += column.length(at: rows.lowerBound + i) }
  }
  out.append(contentsOf: repeatElement(0, count: next - out.count))
  for (column, prefix) in zip(cells, prefixes) {
    unsafe out.withUnsafeMutableBufferPointer { target in
      unsafe column.bytes.withUnsafeBufferPointer { source in
        for i in 0..<rows.count {
          var at = starts[i]
          for byte in prefix {
            unsafe target[at] = byte
            at &+= 1
          }
          let cell = column.range(at: rows.lowerBound + i)
          for k in cell {
            unsafe target[at] = source[k]
            at &+= 1
          }
          starts[i] = at
        }
      }
    }
  }
  for i in 0..<rows.count {
    var at = starts[i]
    for byte in rowEnd {
      out[at] = byte
      at += 1
    }
  }
}
