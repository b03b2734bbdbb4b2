import TickColumns

/// Which rows of a batch are left after filters, without moving them.
///
/// Sorted data passes time filters in one piece, so a contiguous range is kept as such and slices instead of
/// gathering.
enum Selection: Sendable {
  case all
  case range(Range<Int>)
  /// Ascending positions.
  case positions([Int32])

  func count(of rowCount: Int) -> Int {
    switch self {
    case .all: rowCount
    case .range(let range): range.count
    case .positions(let positions): positions.count
    }
  }

  func apply(_ column: Column) -> Column {
    switch self {
    case .all: column
    case .range(let range): column.slice(range)
    case .positions(let positions): column.gather(positions)
    }
  }

  /// The rows of `self` that `marks` (one byte per selected row) keeps.
  func narrowed(by marks: [UInt8]) -> Selection {
    let kept = markedPositions(marks)
    if kept.count == marks.count { return self }
    guard let first = kept.first, let last = kept.last else { return .range(0..<0) }
    let isContiguous = Int(last - first) + 1 == kept.count
    switch self {
    case .all:
      return isContiguous ? .range(Int(first)..<Int(last) + 1) : .positions(kept)
    case .range(let range):
      let base = range.lowerBound
      if isContiguous { return .range(base + Int(first)..<base + Int(last) + 1) }
      return .positions(kept.map { $0 + Int32(base) })
    case .positions(let positions):
      return .positions(kept.map { positions[Int($0)] })
    }
  }
}
