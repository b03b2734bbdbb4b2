/// The choice of merges, played through: rows come, merges that the policy asks for happen, and what is counted is what
/// was promised.
import TestSupport
import TickFormats
import Testing

@testable import TickStorage

@Suite struct CompactionPolicyTests {
  /// One partition as the manifest would list it.
  private struct World {
    var entries: [SegmentEntry] = []
    var nextFile: FileID = 1
    /// Rows that flushes wrote, and rows that were written in all.
    var flushed = 0
    var written = 0
    let policy: CompactionPolicy

    init(segmentRowsMax: Int = 2 << 20) {
      var policy = CompactionPolicy()
      policy.segmentRowsMax = segmentRowsMax
      self.policy = policy
    }

    private mutating func add(_ rows: Int, level: UInt8) {
      let descriptor = SegmentDescriptor(
        fileID: nextFile, byteCount: rows, footerHash: Hash128(low: 0, high: 0), rowCount: rows,
        sequenceMinimum: 0, sequenceMaximum: 0, bounds: [:])
      entries.append(
        SegmentEntry(partition: "p", descriptor: descriptor, sequenceBase: 0, level: level))
      nextFile += 1
      written += rows
    }

    mutating func flush(_ rows: Int) {
      add(rows, level: 0)
      flushed += rows
    }

    /// Makes the merges that are asked for until there is none; how many those were.
    mutating func settle(isAtRest: Bool, damaged: Set<FileID> = []) -> Int {
      var merges = 0
      while let merge = policy.next(entries, damaged: damaged, isAtRest: isAtRest) {
        apply(merge)
        merges += 1
        if merges > 100 { break }
      }
      return merges
    }

    mutating func apply(_ merge: CompactionPolicy.Merge) {
      let ids = Set(merge.segments.map(\.fileID))
      entries.removeAll { ids.contains($0.fileID) }
      var rest = merge.rowCount
      while rest > 0 {
        let rows = min(rest, policy.segmentRowsMax)
        add(rows, level: merge.level)
        rest -= rows
      }
    }

    var rowCount: Int { entries.reduce(0) { $0 + $1.liveRowCount } }
  }

  @Test(
    "in order, bytes are written three times at most",
    arguments: [(1_000, 288), (30_000, 100), (1_000_000, 7), (1_000_000, 120), (5_000_000, 40)])
  func inOrder(rows: Int, flushes: Int) {
    var world = World()
    for _ in 0..<flushes {
      world.flush(rows)
      _ = world.settle(isAtRest: false)
    }
    _ = world.settle(isAtRest: true)
    #expect(world.rowCount == rows * flushes)
    #expect(world.entries.allSatisfy { $0.level == 2 })
    #expect(Double(world.written) <= 3.0 * Double(world.flushed))
    // At rest there is nothing more to do, also when rows come no more.
    #expect(world.settle(isAtRest: true) == 0)
  }

  @Test("rows that are gone leave the disk when they are many, or OPTIMIZE ... FINAL asks")
  func goneRows() {
    var world = World()
    for _ in 0..<3 { world.flush(2_000_000) }
    _ = world.settle(isAtRest: true)
    #expect(world.entries.count == 3 && world.policy.whole(world.entries) == nil)
    func taking(_ rows: [Int]) -> [SegmentEntry] {
      world.entries.map { entry in
        var entry = entry
        entry.liveRows = entry.liveRows.subtracting(rows)
        return entry
      }
    }
    let few = taking(Array(0..<1_000))
    #expect(world.policy.next(few, isAtRest: true) == nil)
    let merge = world.policy.whole(few)
    #expect(merge?.segments == few && merge?.rowCount == 6_000_000 - 3_000)
    // Many rows, or many stretches.
    for worn in [taking(Array(0..<300_000)), taking((0..<1_100).map { 2 * $0 })] {
      #expect(world.policy.next(worn, isAtRest: false) == nil)
      let merge = world.policy.next(worn, isAtRest: true)
      #expect(merge?.segments == worn && merge?.level == CompactionPolicy.restLevel)
      world.entries = worn
      _ = world.settle(isAtRest: true)
      #expect(world.entries.allSatisfy { $0.goneRowCount == 0 })
    }
  }

  @Test("ten rows in a hundred that come late cost less than half a write more")
  func late() {
    var world = World()
    for _ in 0..<100 {
      world.flush(1_000_000)
      _ = world.settle(isAtRest: false)
    }
    _ = world.settle(isAtRest: true)
    // The day is over; for another one late rows come, and the partition rests between them.
    for _ in 0..<100 {
      world.flush(100_000)
      _ = world.settle(isAtRest: false)
      _ = world.settle(isAtRest: true)
    }
    #expect(world.rowCount == 110_000_000)
    #expect(Double(world.written) <= 3.5 * Double(world.flushed))
    #expect(world.entries.filter { $0.level < 2 }.count < 2 * CompactionPolicy.levelZeroCount + 4)
  }

  @Test("any sequence of flushes and rests comes to an end with few segments", arguments: 0..<50)
  func random(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var world = World(segmentRowsMax: 1 << (12 + random.below(11)))
    for _ in 0..<200 {
      world.flush(1 + random.below(1 << (1 + random.below(20))))
      let merges = world.settle(isAtRest: random.oneIn(5))
      #expect(merges <= 100, "merges without end")
      #expect(world.rowCount == world.flushed)
      let above = world.entries.filter { $0.level == 0 }
      #expect(above.count <= CompactionPolicy.smallCount)
    }
    // Level 2 is the output of one merge: it is small pieces of one size, the last excepted.
    _ = world.settle(isAtRest: true)
    #expect(world.settle(isAtRest: true) == 0)
    if let whole = world.policy.whole(world.entries) { world.apply(whole) }
    #expect(world.policy.whole(world.entries) == nil || world.entries.count == 1)
    #expect(world.rowCount == world.flushed)
  }

  @Test(
    "what is damaged is left alone, and what is merged beside it comes to an end", arguments: 0..<20
  )
  func damaged(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var world = World(segmentRowsMax: 1 << 14)
    for _ in 0..<60 {
      world.flush(1 + random.below(1 << 12))
      _ = world.settle(isAtRest: random.oneIn(5))
    }
    let damaged = Set(world.entries.filter { _ in random.oneIn(3) }.map(\.fileID))
    let newest = world.entries.map(\.fileID).max() ?? 0
    let before = world.entries.filter { damaged.contains($0.fileID) }
    for _ in 0..<60 {
      world.flush(1 + random.below(1 << 12))
      let merges = world.settle(isAtRest: random.oneIn(3), damaged: damaged)
      #expect(merges <= 100, "merges without end")
      #expect(world.entries.filter { damaged.contains($0.fileID) } == before)
      #expect(world.rowCount == world.flushed)
      #expect(
        world.entries.count { $0.level == 0 && !damaged.contains($0.fileID) }
          <= CompactionPolicy.smallCount)
    }
    // One order beside a damaged one would be two.
    if before.contains(where: { $0.level == 2 }) {
      #expect(world.entries.allSatisfy { $0.level < 2 || $0.fileID <= newest })
    }
  }
}
