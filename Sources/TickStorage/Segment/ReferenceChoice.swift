internal import TickColumns

/// Which columns of a segment are written as differences to another one: found by trying on a few of its blocks.
///
/// Invariant: a reference stands before its column, has the same physical type and has no reference itself.
struct ReferenceChoice {
  /// How many blocks are tried, spread over the segment.
  static let sampleBlocksMax = 3
  /// How many earlier columns are tried for each.
  static let candidatesMax = 4

  /// For each column the position of its reference.
  private(set) var references: [Int?] = []

  /// `columns` are the stored columns in their order, `sorted` gives their rows in sorted order.
  init(
    _ columns: [Column], _ blocks: [SegmentLayout.Block],
    sorted: (Column, Range<Int>) -> Column
  ) {
    references = [Int?](repeating: nil, count: columns.count)
    guard !blocks.isEmpty else { return }
    let step = max(1, blocks.count / Self.sampleBlocksMax)
    let sample = stride(from: step / 2, to: blocks.count, by: step).prefix(Self.sampleBlocksMax)
      .map { blocks[$0].rows }
    for (position, column) in columns.enumerated() where column.values.physical.hasDifferences {
      let candidates = columns.indices.prefix(position).filter {
        references[$0] == nil && columns[$0].values.physical == column.values.physical
      }
      guard !candidates.isEmpty else { continue }
      let parts = sample.map { sorted(column, $0) }
      var best = parts.reduce(0) { $0 + Self.byteCount($1, nil) }
      for candidate in candidates.suffix(Self.candidatesMax) {
        var bytes = 0
        for (part, rows) in zip(parts, sample) {
          bytes += Self.byteCount(part, sorted(columns[candidate], rows))
        }
        // Undoing differences reads another column: they must be worth it.
        if bytes * 32 < best * 31 {
          best = bytes
          references[position] = candidate
        }
      }
    }
  }

  private static func byteCount(_ column: Column, _ reference: Column?) -> Int {
    var out: [UInt8] = []
    return encodeBlock(column, rows: 0..<column.count, reference: reference, into: &out).byteCount
  }
}
