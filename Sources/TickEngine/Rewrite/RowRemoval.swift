/// Rows that leave a segment while its file stays: the manifest says which rows of it are live.
///
/// What a statement costs is then what it changes, and not what lies beside it. A merge gives the bytes back.
///
/// Invariants:
/// 1. A segment is either read without the rows that went or written again without them, never both.
/// 2. The entry of a segment stays small: beyond `rangesMax` stretches it is written again. So it is when more than one of
///    `goneShare` of its rows are gone, since a reader passes over them all.
import TickColumns
import TickSQL
import TickStorage

enum RowRemoval {
  /// Stretches of live rows of one segment: 64 KB of the manifest.
  static let rangesMax = 4_096
  /// Of so many rows of a file one may be gone.
  static let goneShare = 4

  /// Whether so many more rows of a segment may be gone.
  static func mayTake(_ count: Int, from entry: SegmentEntry) -> Bool {
    entry.goneRowCount + count <= entry.descriptor.rowCount / goneShare
  }

  /// The segment without rows; nil where it must be written again.
  ///
  /// - Parameter sequences: of the rows that go, each of which is live; in any order, each once.
  static func entry(
    of segment: LiveSegment, without sequences: [UInt64]
  ) throws(SQLError) -> SegmentEntry? {
    var entry = segment.entry
    guard mayTake(sequences.count, from: entry) else { return nil }
    let rows: [Int]
    do throws(StorageError) {
      rows = try segment.file.reader().rows(
        withSequences: sequences.sorted(), base: entry.sequenceBase, in: entry.liveRows)
    } catch {
      throw segment.failed(error)
    }
    guard rows.count == sequences.count else {
      throw SQLError(
        .logicalError,
        "\(sequences.count) rows of a segment have \(rows.count) places in its file")
    }
    entry.liveRows = entry.liveRows.subtracting(rows)
    return entry.liveRows.ranges.count <= rangesMax ? entry : nil
  }
}

/// What a statement makes of one segment.
struct SegmentChange: Sendable {
  /// The segment that it takes the place of.
  let old: FileID
  /// In its place: perhaps itself, with fewer rows.
  let entries: [SegmentEntry]

  /// Files that nothing names unless the change is published.
  var newFiles: [FileID] { entries.map(\.fileID).filter { $0 != old } }
}

extension Sequence<SegmentChange> {
  /// The actions that put all of them in their places.
  func actions(in table: TableID) -> [ManifestAction] {
    let removed = map(\.old)
    let added = flatMap(\.entries)
    if removed.isEmpty { return [] }
    return [.removeSegments(table, removed)] + (added.isEmpty ? [] : [.addSegments(table, added)])
  }
}
