import TickColumns

/// A row for each element of the arrays of a row, in batches of a bounded size.
final class UnnestStream: BatchStream {
  private let input: any BatchStream
  private let unnesting: Unnesting
  private let run: QueryRun
  private var batch = Batch([], rowCount: 0)
  private var arrays: [ArrayValues] = []
  /// The row and the element of it that come next.
  private var row = 0
  private var element = 0

  init(_ input: any BatchStream, _ unnesting: Unnesting, _ run: QueryRun) {
    self.input = input
    self.unnesting = unnesting
    self.run = run
  }

  var rowsBeforeLimit: Int { 0 }

  /// One row: that of the first elements.
  func totals() throws(SQLError) -> Batch? {
    guard let row = try input.totals() else { return nil }
    let rows = try UnnestStream(SingleBatchStream(row), unnesting, run).next()
    return rows.flatMap { $0.rowCount > 0 ? $0.slice(0..<1) : nil }
  }

  func next() throws(SQLError) -> Batch? {
    while row == batch.rowCount {
      guard let next = try input.next() else { return nil }
      try run.check()
      try open(next)
    }
    try run.check()
    return try piece()
  }

  private func open(_ next: Batch) throws(SQLError) {
    batch = next
    row = 0
    element = 0
    arrays = unnesting.arrays.map { ArrayRows(.column(next.columns[$0])).values }
    for other in arrays.dropFirst() {
      for row in 0..<next.rowCount where other.length(at: row) != arrays[0].length(at: row) {
        throw SQLError(.sizesOfArraysDontMatch, "Sizes of ARRAY-JOIN-ed arrays do not match")
      }
    }
  }

  /// The next rows, at most a batch of them.
  private func piece() throws(SQLError) -> Batch {
    var parents: [Int32] = []
    var positions = [[Int32]](repeating: [], count: arrays.count)
    while row < batch.rowCount, parents.count < Batch.rowsMax {
      let length = arrays[0].length(at: row)
      if length == 0, unnesting.keepsEmpty {
        parents.append(Int32(truncatingIfNeeded: row))
        for i in arrays.indices { positions[i].append(-1) }
      }
      let count = min(length - element, Batch.rowsMax - parents.count)
      for _ in 0..<count { parents.append(Int32(truncatingIfNeeded: row)) }
      for (i, array) in arrays.enumerated() {
        let start = array.range(at: row).lowerBound + element
        for place in start..<start + count { positions[i].append(Int32(truncatingIfNeeded: place)) }
      }
      element += count
      if element == length {
        row += 1
        element = 0
      }
    }
    var columns: [Column] = []
    for (place, column) in batch.columns.enumerated() {
      if let i = unnesting.arrays.firstIndex(of: place) {
        columns.append(try FunctionTable.gathered(arrays[i].elements, positions[i]))
      } else {
        columns.append(try column.picked(parents))
      }
    }
    return Batch(columns, rowCount: parents.count)
  }
}
