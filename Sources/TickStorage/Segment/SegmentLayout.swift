internal import TickColumns

/// Where rows are cut into runs, blocks and row groups: decided before a byte is written.
///
/// Invariants:
/// 1. Blocks follow each other and cover all rows; so do groups and blocks.
/// 2. A block has 1 to 1,024 rows, a group 1 to 64 blocks.
/// 3. No column of a group, and so of a block, has more than 8 MiB raw unless the group is one row: no reader has
///    to take more, and blocks of 1,024 numbers never have.
/// 4. With runs, no block crosses one.
struct SegmentLayout {
  struct Block {
    /// In sorted order.
    var rows: Range<Int>
    var run: Int
  }

  var blocks: [Block] = []
  /// Ranges of `blocks`.
  var groups: [Range<Int>] = []

  /// How large the rows of a column are, where they may be large.
  enum RowSizes {
    case strings(StringValues)
    /// Of arrays, maps and tuples.
    case each([Int])

    func size(at row: Int) -> Int {
      switch self {
      case .strings(let values): values.length(at: row)
      case .each(let sizes): sizes[row]
      }
    }
  }

  /// `runStarts` are the first rows of the runs, or nil where blocks are shared. `sizes` are those of the columns
  /// whose rows may be large, `order` the sorted order of their rows (nil: as they are).
  init(rowCount: Int, runStarts: [Int]?, sizes: [RowSizes], order: [Int32]?) {
    var groupStart = 0
    var groupBytes = [Int](repeating: 0, count: sizes.count)
    func closeGroup(_ layout: inout SegmentLayout) {
      guard layout.blocks.count > groupStart else { return }
      layout.groups.append(groupStart..<layout.blocks.count)
      groupStart = layout.blocks.count
      for i in groupBytes.indices { groupBytes[i] = 0 }
    }

    let starts = runStarts ?? [0]
    for (run, runStart) in starts.enumerated() {
      let runEnd = run + 1 < starts.count ? starts[run + 1] : rowCount
      var start = runStart
      while start < runEnd {
        var end = min(start + BlockLimits.rowsMax, runEnd)
        var blockBytes = groupBytes.map { _ in 0 }
        if !sizes.isEmpty {
          end = Self.cut(start..<end, sizes, order, &blockBytes)
          let isTooMuch = zip(groupBytes, blockBytes).contains {
            $0 + $1 > SegmentLimits.groupRawBytesMax
          }
          if isTooMuch { closeGroup(&self) }
        }
        blocks.append(Block(rows: start..<end, run: run))
        for i in groupBytes.indices { groupBytes[i] += blockBytes[i] }
        if blocks.count - groupStart == SegmentLimits.groupBlocksMax { closeGroup(&self) }
        start = end
      }
    }
    closeGroup(&self)
  }

  /// Where a block that begins with these rows must end so that no column exceeds the raw limit; at
  /// least one row stays. `bytes` gets the raw bytes of each column.
  private static func cut(
    _ rows: Range<Int>, _ sizes: [RowSizes], _ order: [Int32]?, _ bytes: inout [Int]
  ) -> Int {
    for row in rows {
      let position = order.map { Int($0[row]) } ?? row
      let isFirst = row == rows.lowerBound
      if !isFirst {
        for (i, column) in sizes.enumerated()
        where bytes[i] + column.size(at: position) > SegmentLimits.groupRawBytesMax {
          return row
        }
      }
      for (i, column) in sizes.enumerated() { bytes[i] += column.size(at: position) }
    }
    return rows.upperBound
  }
}
