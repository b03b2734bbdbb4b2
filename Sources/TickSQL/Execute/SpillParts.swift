import TickColumns

/// Rows put aside in parts by the hash of their keys, so that each part can be worked on alone.
///
/// Invariants:
/// 1. Rows of equal keys (`RowBytes`) are in one part, in the order in which they came, whichever list they are put in:
///    parts of two lists with the same level and number go together.
/// 2. A file is made for a part when its first row comes, and goes when the part has been taken and read.
struct SpillParts {
  static let count = 32
  /// Bits of the hash that choose a part; levels use different ones.
  private static let bits = 5
  /// Dividing stops here: a part that is too large then has too many rows of too few keys.
  static let levelsMax = 8

  private let store: any SpillStore
  private let level: Int
  private var parts = [SpilledRows?](repeating: nil, count: count)

  init(_ store: any SpillStore, level: Int) {
    self.store = store
    self.level = level
  }

  /// Appends rows whose keys are `keys`, which have one type on all sides.
  mutating func append(_ batch: Batch, keys: [Column]) throws(SQLError) {
    for (part, rows) in Self.divide(keys, rowCount: batch.rowCount, level: level).enumerated()
    where !rows.isEmpty {
      var list: SpilledRows
      if let known = parts[part] {
        list = known
      } else {
        list = SpilledRows(batch.columns.map(\.type), in: try store.makeFile())
      }
      try list.append(rows.count == batch.rowCount ? batch : batch.gather(rows))
      parts[part] = list
    }
  }

  /// The rows of a part, once; nil when there are none.
  mutating func take(_ part: Int) -> SpilledRows? {
    defer { parts[part] = nil }
    return parts[part]
  }

  /// The rows of each part.
  static func divide(_ keys: [Column], rowCount: Int, level: Int) -> [[Int32]] {
    var chosen = [[Int32]](repeating: [], count: count)
    var bytes: [UInt8] = []
    let starts = runStarts(keys, rowCount: rowCount)
    for (run, start) in starts.enumerated() {
      bytes.removeAll(keepingCapacity: true)
      for key in keys { RowBytes.append(key, row: Int(start), to: &bytes) }
      let end = run + 1 < starts.count ? starts[run + 1] : Int32(rowCount)
      let hash = StringInterner.hash(bytes[...])
      let part = Int(truncatingIfNeeded: hash >> UInt64(level * bits)) & (count - 1)
      chosen[part].append(contentsOf: start..<end)
    }
    return chosen
  }
}
