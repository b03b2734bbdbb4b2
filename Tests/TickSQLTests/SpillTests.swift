/// Rows put aside change no answer: sorts and groups with hardly any memory against the same with plenty.
import Foundation
import TestSupport
import TickColumns
import Testing

@testable import TickSQL

/// Files of a test, and how many of them there are.
final class MemorySpill: SpillStore, @unchecked Sendable {
  private let lock = NSLock()
  private var made = 0
  private var open = 0
  private var bytes = 0
  /// An append beyond this many bytes fails.
  let bytesMax: Int

  init(bytesMax: Int = .max) { self.bytesMax = bytesMax }

  var filesMade: Int { lock.withLock { made } }
  var filesOpen: Int { lock.withLock { open } }
  var bytesWritten: Int { lock.withLock { bytes } }

  func makeFile() throws(SQLError) -> any SpillFile {
    lock.withLock {
      made += 1
      open += 1
    }
    return File(self)
  }

  private func closed() { lock.withLock { open -= 1 } }

  private final class File: SpillFile, @unchecked Sendable {
    private let store: MemorySpill
    private let lock = NSLock()
    private var content: [UInt8] = []

    init(_ store: MemorySpill) { self.store = store }
    deinit { store.closed() }

    func append(_ bytes: [UInt8]) throws(SQLError) {
      let fits = store.lock.withLock {
        store.bytes += bytes.count
        return store.bytes <= store.bytesMax
      }
      guard fits else { throw SQLError(.notEnoughSpace, "the disk is full") }
      lock.withLock { content += bytes }
    }

    func read(_ range: Range<Int>) throws(SQLError) -> [UInt8] {
      lock.withLock { Array(content[range]) }
    }
  }
}

@Suite struct SpillTests {
  /// Columns of many types with NULL, NaN, ties and long strings.
  private static func table(rows: Int, seed: UInt64, morselRows: Int = 2_500) -> MemoryTable {
    var random = SplitMix64(seed: seed)
    let fields = [
      Field("i", .int32), Field("n", .nullable(.int64)), Field("x", .float64),
      Field("s", .string), Field("c", .lowCardinality(.string)),
      Field("d", .decimal(precision: 18, scale: 3)), Field("a", .array(.uint8)),
      Field("t", .tuple([.init(name: nil, type: .uint16), .init(name: nil, type: .string)])),
      Field("u", .nullable(.string)), Field("id", .uint64),
    ]
    let values = (0..<rows).map { row -> [Value] in
      let k = Int64(random.next() % 700)
      let floats: [Double] = [.nan, -0.0, 0.0, .infinity, Double(k) / 8]
      return [
        .int(k % 300), k % 11 == 0 ? .null : .int(k &* 1_000_003),
        .float(floats[Int(random.next() % 5)]),
        .text(String(repeating: "s", count: Int(k % 20)) + String(k % 97)),
        .text("symbol\(k % 40)"), .int(k * 125), .array((0..<Int(k % 4)).map { .uint(UInt64($0)) }),
        .tuple([.uint(UInt64(k % 9)), .text("t\(k % 5)")]),
        k % 7 == 0 ? .null : .text("u\(k % 13)"), .uint(UInt64(row)),
      ]
    }
    return MemoryTable(fields, rows: values, morselRows: morselRows, batchRows: 400)
  }

  private static func context(
    _ table: MemoryTable, spill: MemorySpill?, limits: QueryLimits, threads: Int
  ) -> QueryContext {
    var context = testContext(
      TestCatalog(content: ["default": ["t": table]]),
      workers: threads == 1 ? CallerWorkerPool() : ThreadPool(width: threads), limits: limits)
    context.spill = spill
    return context
  }

  private static let queries = [
    "SELECT * FROM t ORDER BY i", "SELECT * FROM t ORDER BY n DESC, s",
    "SELECT * FROM t ORDER BY n NULLS FIRST, x DESC",
    "SELECT * FROM t ORDER BY x, u DESC NULLS FIRST",
    "SELECT c, s, i FROM t ORDER BY c DESC, s, i", "SELECT * FROM t ORDER BY t, a, d DESC",
    "SELECT id FROM t ORDER BY 1 = 1", "SELECT s, id FROM t ORDER BY s LIMIT 200000",
    "SELECT s, id FROM t ORDER BY s LIMIT 3 BY s",
    "SELECT i, id FROM t ORDER BY i LIMIT 5 WITH TIES",
    "SELECT i, count(), sum(x), avg(d), min(s), max(s), any(u), anyLast(u) FROM t GROUP BY i",
    "SELECT s, c, count() FROM t GROUP BY s, c",
    "SELECT n, argMin(id, i), argMax(id, i) FROM t GROUP BY n",
    "SELECT x, count() FROM t GROUP BY x",
    "SELECT a, t, u, uniqExact(i), quantile(0.5)(i) FROM t GROUP BY a, t, u",
    "SELECT id % 3000 AS k, groupArray(id), sumIf(d, i > 100), stddevPop(i) FROM t WHERE id % 3 != 1 GROUP BY k",
    "SELECT id, count() FROM t GROUP BY id HAVING id % 2 = 0",
    "SELECT n, sum(d) AS total FROM t GROUP BY n ORDER BY total DESC, n",
    "SELECT DISTINCT s FROM (SELECT s, count() FROM t GROUP BY s, i) ORDER BY s",
    "SELECT i, c, count() FROM t GROUP BY i, c WITH ROLLUP ORDER BY i, c, count()",
    "SELECT count(), sum(d) FROM t", "SELECT DISTINCT s FROM t", "SELECT DISTINCT i, c, u FROM t",
    "SELECT DISTINCT a, t FROM t", "SELECT DISTINCT x FROM t", "SELECT DISTINCT n FROM t LIMIT 50",
    "SELECT DISTINCT s FROM t ORDER BY id", "SELECT id FROM t UNION DISTINCT SELECT id % 9 FROM t",
    "SELECT count(DISTINCT s, i) FROM t",
  ]

  @Test("no answer depends on the memory of sorts and groups", arguments: [1, 4])
  func answers(threads: Int) throws {
    let table = Self.table(rows: 2_000, seed: 5)
    for query in Self.queries {
      let whole = try rows(
        query, Self.context(table, spill: nil, limits: QueryLimits(), threads: 1))
      for bytes in [1, 100_000] {
        let spill = MemorySpill()
        var limits = QueryLimits()
        limits.sortSpillBytes = bytes
        limits.groupSpillBytes = bytes
        limits.distinctSpillBytes = bytes
        let cut = try rows(
          query, Self.context(table, spill: spill, limits: limits, threads: threads))
        #expect(cut == whole, "\(query) with \(bytes) bytes and \(threads) threads")
        #expect(spill.filesOpen == 0, "\(query)")
      }
    }
  }

  @Test("with a limit of one byte, every plain sort and group puts rows aside")
  func happens() throws {
    let table = Self.table(rows: 5_000, seed: 6)
    var limits = QueryLimits()
    limits.sortSpillBytes = 1
    limits.groupSpillBytes = 2
    for query in ["SELECT * FROM t ORDER BY i", "SELECT s, count() FROM t GROUP BY s"] {
      let spill = MemorySpill()
      _ = try rows(query, Self.context(table, spill: spill, limits: limits, threads: 2))
      #expect(spill.filesMade > 0 && spill.bytesWritten > 1_000, "\(query)")
    }
  }

  @Test("what needs a multiple of its memory stays within it")
  func memory() throws {
    // A scan holds some morsels at a time, which are to be small beside the whole.
    let table = Self.table(rows: 60_000, seed: 7, morselRows: 400)
    for query in ["SELECT * FROM t ORDER BY s, id", "SELECT id, s, count() FROM t GROUP BY id, s"] {
      let plenty = try run(
        query, Self.context(table, spill: nil, limits: QueryLimits(), threads: 2))
      var limits = QueryLimits(memoryBytesMax: plenty.statistics.memoryBytes / 3)
      #expect(
        failure(query, Self.context(table, spill: nil, limits: limits, threads: 2))?.code
          == .memoryLimitExceeded, "\(query)")
      limits.sortSpillBytes = limits.memoryBytesMax / 2
      limits.groupSpillBytes = limits.memoryBytesMax / 2
      let cut = try run(
        query, Self.context(table, spill: MemorySpill(), limits: limits, threads: 2))
      #expect(cut.rows == plenty.rows, "\(query)")
      #expect(cut.statistics.memoryBytes <= limits.memoryBytesMax)
    }
  }

  @Test("more lists than one merge takes are merged in steps")
  func manyLists() throws {
    let table = Self.table(rows: 60_000, seed: 8)
    var limits = QueryLimits()
    limits.sortSpillBytes = 1
    let query = "SELECT i, id FROM t ORDER BY i"
    let spill = MemorySpill()
    // 150 batches, each a list of its own.
    let cut = try rows(query, Self.context(table, spill: spill, limits: limits, threads: 1))
    #expect(spill.filesMade == 2)
    #expect(
      cut == (try rows(query, Self.context(table, spill: nil, limits: QueryLimits(), threads: 1))))
  }

  @Test("a full disk is an error of the statement, and its files go")
  func fullDisk() throws {
    let table = Self.table(rows: 5_000, seed: 9)
    var limits = QueryLimits()
    limits.sortSpillBytes = 1
    limits.groupSpillBytes = 2
    for query in ["SELECT * FROM t ORDER BY i", "SELECT s, count() FROM t GROUP BY s"] {
      let spill = MemorySpill(bytesMax: 10_000)
      let context = Self.context(table, spill: spill, limits: limits, threads: 2)
      #expect(failure(query, context)?.code == .notEnoughSpace, "\(query)")
      #expect(spill.filesOpen == 0)
    }
  }
}
