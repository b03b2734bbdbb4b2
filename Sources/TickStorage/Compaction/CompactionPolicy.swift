/// Which segments of a table are merged into which, and when. A pure function of what the manifest lists: no clock, no
/// files.
///
/// Segments have three levels. Level 0 comes from a flush or a load: its keys overlap those of its neighbours. Level 1 is
/// several of level 0, merged while the partition still grows, so that a query has few lists to join. Level 2 is the
/// whole of a partition that has come to rest, in one order: a key lies in one segment of it, and its chunks are packed as a
/// whole where that saves bytes. Late rows stay beside it, in segments of their own, until there are enough of them.
///
/// Invariants:
/// 1. A row is written once by its flush and once into level 2 while its partition only grows; in between once into level 1 if its
///    flush was small or flushes were many. A partition that rests before level 1 was worth it goes to level 2 at once.
/// 2. Level 2 is written again only when what came since has a quarter of its rows, so late rows cost a few times
///    their own bytes.
/// 3. A merge takes all of a level's segments, or of its small ones, or those of either that came first, and gives fewer or larger ones, or those of level 2:
///    repeating the choice comes to an end.
/// 4. Level 2 of a partition is the output of one merge: it is always merged whole.
/// 5. A damaged segment is never chosen, so it stays as it is and stops no other merge.
/// 6. A merge leaves rows that are gone behind. Level 2 at rest is merged for their sake alone when one of `goneShare` rows of its
///    files is gone, or when its live rows lie in many stretches.
public struct CompactionPolicy: Sendable {
  /// Rows of one segment that a merge writes. What a merge holds in memory beside a piece of each of its sources.
  public var segmentRowsMax = 2 << 20

  public init() {}

  /// What a partition at rest is merged to. Its chunks may be packed as a whole.
  public static let restLevel: UInt8 = 2

  /// Segments of level 0 that are merged when they hold `levelZeroRowsMin` rows together.
  static let levelZeroCount = 8
  static let levelZeroRowsMin = 4 << 20
  /// The same, however few rows they hold; and small segments of level 1.
  static let smallCount = 32
  /// Below it a segment of level 0 or 1 is small; those of level 0 that are not wait for the rest, or until there are too many. It is never more than half of what a merge writes, so that merging small
  /// ones gives fewer.
  static let smallRows = 1 << 20
  /// Level 2 is merged with what came since when that has one row for so many of its own.
  static let restRatio = 4
  /// Of so many rows of the files of level 2 one is gone: then it is merged.
  static let goneShare = 8
  /// The same for stretches of live rows, of each segment on average.
  static let rangesMax = 1_024
  /// Segments of level 0 or small ones that one merge takes: each holds a piece of some thousand rows in memory.
  static let sourcesMax = 256
  /// The same for a partition at rest, where most follow each other and hold one piece together.
  static let restSourcesMax = 4_096

  /// One merge: these segments of one partition, or of many small ones, are replaced by their rows in one order.
  public struct Merge: Hashable, Sendable {
    /// From the first partition of the sources to the last.
    public var partition: PartitionSpan
    public var segments: [SegmentEntry]
    /// Of what is written.
    public var level: UInt8

    public init(segments: [SegmentEntry], level: UInt8) {
      partition =
        PartitionSpan(segments.flatMap { [$0.partition.first, $0.partition.last] })
        ?? PartitionSpan("")
      self.segments = segments
      self.level = level
    }

    public var rowCount: Int { segments.reduce(0) { $0 + $1.liveRowCount } }
  }

  /// The merge that a partition, or those that share segments, need most; nil when it needs none.
  ///
  /// - Parameters:
  ///   - entries: the live segments of one of the table's `mergeGroups`, in the order in which they were added.
  ///   - damaged: those that could not be read. Where level 2 has one it is merged no more, and what comes later
  ///     stays below it.
  ///   - isAtRest: no rows came for a while.
  public func next(
    _ entries: [SegmentEntry], damaged: Set<FileID> = [], isAtRest: Bool
  ) -> Merge? {
    guard !damaged.isEmpty else { return next(among: entries, isAtRest: isAtRest) }
    let isRestDamaged = entries.contains { $0.level > 1 && damaged.contains($0.fileID) }
    let sound = entries.filter {
      !damaged.contains($0.fileID) && !(isRestDamaged && $0.level > 1)
    }
    return next(among: sound, isAtRest: isAtRest && !isRestDamaged)
  }

  private func next(among entries: [SegmentEntry], isAtRest: Bool) -> Merge? {
    let levelZero = entries.filter { $0.level == 0 }
    let levelOne = entries.filter { $0.level == 1 }
    let levelTwo = entries.filter { $0.level > 1 }
    func merge(_ segments: [SegmentEntry], _ level: UInt8) -> Merge {
      Merge(segments: segments, level: level)
    }
    let smallRows = min(Self.smallRows, segmentRowsMax / 2)
    let small = levelOne.filter { $0.liveRowCount < smallRows }
    if isAtRest {
      let above = levelZero + levelOne
      let isWorn = isWorn(levelTwo)
      guard !above.isEmpty || isWorn else { return nil }
      let pays = isWorn || rows(above) * Self.restRatio >= rows(levelTwo)
      if pays, entries.count <= Self.restSourcesMax { return merge(entries, Self.restLevel) }
      if levelZero.count >= Self.levelZeroCount || pays && levelZero.count > 1 {
        return merge(Array(levelZero.prefix(Self.sourcesMax)), 1)
      }
      if small.count >= Self.levelZeroCount {
        return merge(Array(small.prefix(Self.sourcesMax)), 1)
      }
      return nil
    }
    let flushed = levelZero.filter { $0.liveRowCount < smallRows }
    let isWorthIt =
      flushed.count >= Self.levelZeroCount && rows(flushed) >= Self.levelZeroRowsMin
    if isWorthIt { return merge(Array(flushed.prefix(Self.sourcesMax)), 1) }
    if levelZero.count >= Self.smallCount {
      return merge(Array(levelZero.prefix(Self.sourcesMax)), 1)
    }
    if small.count >= Self.smallCount { return merge(Array(small.prefix(Self.sourcesMax)), 1) }
    return nil
  }

  /// Everything of a partition in one order and no row that is gone, as OPTIMIZE ... FINAL asks; nil when it is so.
  public func whole(_ entries: [SegmentEntry]) -> Merge? {
    guard entries.contains(where: { $0.level < Self.restLevel || $0.goneRowCount > 0 }) else {
      return nil
    }
    return Merge(segments: entries, level: Self.restLevel)
  }

  private func isWorn(_ entries: [SegmentEntry]) -> Bool {
    let gone = entries.reduce(0) { $0 + $1.goneRowCount }
    let all = entries.reduce(0) { $0 + $1.descriptor.rowCount }
    let ranges = entries.reduce(0) { $0 + $1.liveRows.ranges.count }
    return gone > 0 && (gone * Self.goneShare >= all || ranges > Self.rangesMax * entries.count)
  }

  private func rows(_ entries: [SegmentEntry]) -> Int {
    entries.reduce(0) { $0 + $1.liveRowCount }
  }
}

extension TableSnapshot {
  /// The files that could not be read so far.
  public var damaged: Set<FileID> {
    Set(segments.filter { $0.file.damage != nil }.map(\.entry.fileID))
  }

  /// Segments that may be merged with each other: those of each partition in ascending order of its name; before them,
  /// under no name, those that hold several partitions each. In the order in which they were added.
  public var mergeGroups: [(name: String?, entries: [SegmentEntry])] {
    Dictionary(grouping: segments.map(\.entry)) { $0.partition.isSingle ? $0.partition.first : nil }
      .map { (name: $0.key, entries: $0.value) }
      .sorted { left, right in
        guard let right = right.name else { return false }
        return left.name.map { PartitionSpan.precedes($0, right) } ?? true
      }
  }
}
