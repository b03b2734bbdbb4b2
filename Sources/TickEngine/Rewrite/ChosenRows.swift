/// Of rows that agree in the table's key and lie in several segments, the one that the table keeps: by their sequences, the
/// first or the last.
///
/// Segments that were detached one after the other may hold such rows. Keys that come once, nearly all, cost a
/// place in a set of ranges.
import TickColumns
import TickSQL
import TickStorage

struct ChosenRows {
  /// Keys that may come more than once; each is held.
  private static let repeatedMax = 1 << 20

  private let layout: TableLayout
  private let filter: DuplicateFilter?
  /// The sequence that stays, of numbers that came more than once.
  private var chosen: [[[UInt8]]: [UInt64: UInt64]] = [:]

  init(
    among segments: [LiveSegment], _ snapshot: TableSnapshot, _ layout: TableLayout,
    _ isCancelled: () -> Bool
  ) throws(SQLError) {
    self.layout = layout
    filter = DuplicateFilter(layout)
    guard let filter, segments.count > 1 else { return }
    let keepsLast = layout.definition.deduplicateKeep == .last
    var seen: [[[UInt8]]: IntervalSet] = [:]
    var count = 0
    try Self.read(segments, snapshot, layout, isCancelled) { (batch, _) throws(SQLError) in
      let keys = filter.keys(of: batch, layout)
      for run in keys.runs {
        // Taken out, so that the set is changed in place.
        var set = seen.removeValue(forKey: run.names) ?? IntervalSet()
        for number in keys.numbers[run.rows] where number != 0 {
          guard !set.insert(number) else { continue }
          let old = chosen[run.names, default: [:]].updateValue(
            keepsLast ? 0 : .max, forKey: number)
          if old == nil { count += 1 }
        }
        seen[run.names] = set
      }
      guard count <= Self.repeatedMax else {
        throw SQLError(
          .memoryLimitExceeded,
          "more than \(Self.repeatedMax) keys were detached more than once from \(layout.definition.name)"
        )
      }
    }
    if chosen.isEmpty { return }
    try Self.read(segments, snapshot, layout, isCancelled) { batch, sequences in
      let keys = filter.keys(of: batch, layout)
      for run in keys.runs {
        guard chosen[run.names] != nil else { continue }
        for row in run.rows {
          guard let best = chosen[run.names]?[keys.numbers[row]] else { continue }
          chosen[run.names]?[keys.numbers[row]] =
            keepsLast ? max(best, sequences[row]) : min(best, sequences[row])
        }
      }
    }
  }

  /// Rows that stay; nil when that is all of them.
  ///
  /// - Parameter batch: begins with the stored columns and ends with the sequences.
  func rows(of batch: Batch) -> [Int32]? {
    guard !chosen.isEmpty, let filter else { return nil }
    let sequences = Self.sequences(of: batch)
    let keys = filter.keys(of: batch, layout)
    var kept: [Int32] = []
    for run in keys.runs {
      let own = chosen[run.names]
      for row in run.rows where own?[keys.numbers[row]].map({ $0 == sequences[row] }) ?? true {
        kept.append(Int32(row))
      }
    }
    return kept.count == batch.rowCount ? nil : kept
  }

  private static func read(
    _ segments: [LiveSegment], _ snapshot: TableSnapshot, _ layout: TableLayout,
    _ isCancelled: () -> Bool, _ body: (Batch, [UInt64]) throws(SQLError) -> Void
  ) throws(SQLError) {
    for segment in segments {
      let reading = try RewriteReading(snapshot, layout, [segment])
      for piece in try reading.pieces(of: segment) {
        guard !isCancelled() else { throw SQLError(.queryWasCancelled, "Query was cancelled") }
        let batch = try reading.read(piece)
        try body(batch, sequences(of: batch))
      }
    }
  }

  private static func sequences(of batch: Batch) -> [UInt64] {
    guard case .uint64(let sequences)? = batch.columns.last?.values else {
      preconditionFailure("rows without sequences")
    }
    return Array(sequences)
  }
}
