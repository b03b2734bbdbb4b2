/// A join whose sides were put aside gives the rows that it gives in memory.
import TestSupport
import TickColumns
import Testing

@testable import TickSQL

@Suite struct JoinSpillTests {
  /// Rows with keys of several types that repeat, are NULL, NaN or unknown to the other side.
  private static func table(rows: Int, keys: UInt64, seed: UInt64) -> MemoryTable {
    var random = SplitMix64(seed: seed)
    let fields = [
      Field("k", .int32), Field("n", .nullable(.int64)), Field("s", .string),
      Field("c", .lowCardinality(.string)), Field("x", .float64), Field("id", .uint64),
    ]
    let values = (0..<rows).map { row -> [Value] in
      let k = Int64(random.next() % keys)
      let x: [Double] = [.nan, -0.0, 0.0, Double(k)]
      return [
        .int(k), k % 7 == 0 ? .null : .int(k), .text("key\(k)"), .text("key\(k % 50)"),
        .float(x[Int(random.next() % 4)]), .uint(UInt64(row)),
      ]
    }
    return MemoryTable(fields, rows: values, morselRows: 100, batchRows: 50)
  }

  private static func context(
    _ spill: MemorySpill?, seed: UInt64, limits: QueryLimits, threads: Int = 1
  ) -> QueryContext {
    let tables = [
      "a": table(rows: 200, keys: 80, seed: seed),
      "b": table(rows: 150, keys: 110, seed: seed &+ 1),
    ]
    var context = testContext(
      TestCatalog(content: ["default": tables]),
      workers: threads == 1 ? CallerWorkerPool() : ThreadPool(width: threads), limits: limits)
    context.spill = spill
    return context
  }

  private static let kinds = [
    "INNER", "LEFT", "RIGHT", "FULL", "INNER ANY", "LEFT ANY", "RIGHT ANY", "LEFT SEMI",
    "RIGHT SEMI", "LEFT ANTI", "RIGHT ANTI",
  ]
  private static let conditions = [
    "a.k = b.k", "a.n = b.n", "a.s = b.s AND a.k = b.k", "a.c = b.s", "a.k = b.n", "a.x = b.x",
  ]

  private static var queries: [String] {
    kinds.flatMap { kind in
      conditions.map { "SELECT a.*, b.* FROM a \(kind) JOIN b ON \($0)" }
    } + [
      "SELECT a.id, b.id FROM a JOIN b ON a.k = b.k AND a.id < b.id",
      "SELECT a.id, b.id FROM a LEFT JOIN b ON a.k = b.k AND a.id < b.id",
      "SELECT a.id, b.id FROM a FULL JOIN b ON a.k = b.k AND a.id < b.id",
      "SELECT a.id, b.id FROM a ASOF JOIN b ON a.k = b.k AND a.id >= b.id",
      "SELECT a.id, b.id FROM a ASOF LEFT JOIN b ON a.k = b.k AND a.id < b.id",
      "SELECT k, a.id, b.id FROM a FULL JOIN b USING (k)",
      "SELECT a.id, b.id FROM a CROSS JOIN b WHERE a.id % 30 = 0 AND b.id % 40 = 0",
    ]
  }

  @Test("no row depends on the memory of a join", arguments: [UInt64(1), 2])
  func answers(seed: UInt64) throws {
    for (bytes, usesNulls) in [(1, false), (20_000, true)] {
      for query in Self.queries {
        var plenty = Self.context(nil, seed: seed, limits: QueryLimits())
        plenty.options.joinUseNulls = usesNulls
        let whole = try rows(query, plenty).map { "\($0)" }.sorted()
        #expect(!whole.isEmpty || query.contains("ANTI"), "\(query)")
        let spill = MemorySpill()
        var limits = QueryLimits()
        limits.joinSpillBytes = bytes
        var context = Self.context(spill, seed: seed, limits: limits, threads: Int(seed))
        context.options.joinUseNulls = usesNulls
        let cut = try rows(query, context).map { "\($0)" }.sorted()
        #expect(cut == whole, "\(query) with \(bytes) bytes, seed \(seed)")
        #expect(spill.filesOpen == 0, "\(query)")
        #expect(bytes > 1 || query.contains("CROSS") || spill.filesMade > 0, "\(query)")
      }
    }
  }

  @Test("a join that needs a multiple of its memory stays within it")
  func memory() throws {
    let tables = [
      "a": Self.table(rows: 20_000, keys: 1_000_000, seed: 7),
      "b": Self.table(rows: 20_000, keys: 1_000_000, seed: 8),
    ]
    var context = testContext(TestCatalog(content: ["default": tables]), limits: QueryLimits())
    let query = "SELECT count(), sum(a.id), sum(b.id) FROM a JOIN b ON a.s = b.s"
    let plenty = try run(query, context)
    context.limits.memoryBytesMax = plenty.statistics.memoryBytes / 3
    #expect(failure(query, context)?.code == .memoryLimitExceeded)
    context.spill = MemorySpill()
    context.limits.joinSpillBytes = context.limits.memoryBytesMax / 2
    let cut = try run(query, context)
    #expect(cut.rows == plenty.rows)
    #expect(cut.statistics.memoryBytes <= context.limits.memoryBytesMax)
  }

  @Test("one key with more rows than memory is an error that says so")
  func oneKey() throws {
    let tables = [
      "a": Self.table(rows: 10, keys: 1, seed: 7), "b": Self.table(rows: 20_000, keys: 1, seed: 8),
    ]
    var context = testContext(TestCatalog(content: ["default": tables]), limits: QueryLimits())
    context.limits.memoryBytesMax = 200_000
    context.limits.joinSpillBytes = 100_000
    let spill = MemorySpill()
    context.spill = spill
    let error = failure("SELECT count() FROM a JOIN b ON a.k = b.k", context)
    #expect(error?.code == .memoryLimitExceeded)
    #expect(error?.message.contains("rows of one key") == true)
    #expect(spill.filesOpen == 0)
  }

  @Test("a full disk is an error of the statement, and its files go")
  func fullDisk() throws {
    var limits = QueryLimits()
    limits.joinSpillBytes = 1
    let spill = MemorySpill(bytesMax: 3_000)
    let context = Self.context(spill, seed: 4, limits: limits)
    #expect(
      failure("SELECT count() FROM a JOIN b ON a.k = b.k", context)?.code == .notEnoughSpace)
    #expect(spill.filesOpen == 0)
  }
}
