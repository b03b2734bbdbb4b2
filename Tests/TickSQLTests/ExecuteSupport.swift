import Foundation
import TestSupport
import TickColumns
import TickFormats

@testable import TickSQL

/// What the tests of binding and execution share: running text, showing results as chdb shows them.

/// A catalog of named tables.
struct TestCatalog: Catalog {
  var content: [String: [String: any TableSource]] = ["default": [:]]

  func tables(in database: String) -> [String]? { content[database].map { $0.keys.sorted() } }
  func table(database: String, name: String) -> (any TableSource)? { content[database]?[name] }
  var databases: [String] { content.keys.sorted() }
}

/// 2024-03-10 13:47:22.5 UTC.
let testMoment: Int64 = 1_710_078_442_500_000_000

func testContext(
  _ catalog: TestCatalog = TestCatalog(), workers: any WorkerPool = CallerWorkerPool(),
  limits: QueryLimits = QueryLimits(), isCancelled: @escaping @Sendable () -> Bool = { false }
) -> QueryContext {
  var context = QueryContext(
    catalog: catalog, workers: workers, isCancelled: isCancelled, limits: limits, now: testMoment,
    random: { UInt64.random(in: .min ... .max) })
  // No time passes here.
  context.pause = { _ in }
  context.queryID = "test"
  return context
}

func selectStatement(_ text: String) throws -> QueryStatement {
  guard case .select(let select) = try Parser.parse(text) else {
    throw SQLError(.syntaxError, "not a SELECT: \(text)")
  }
  return select
}

/// A whole result.
struct TestResult {
  var schema: Schema
  var batches: [Batch]
  var statistics: QueryStatistics

  /// Names, types and rows, each escaped as the answer files have them.
  var answer: String {
    func line(_ cells: [String]) -> String {
      let column = Column(.string, .string(StringValues(cells)))
      return texts(column.rendered(as: .escaped)).joined(separator: "\t")
    }
    return [
      line(schema.fields.map(\.name)), line(schema.fields.map(\.type.description)),
      rows.map { $0.joined(separator: "\t") + "\n" }.joined(),
    ].map(escapedOnce).joined(separator: "\t")
  }

  /// Cells as TabSeparated shows them.
  var rows: [[String]] {
    var out: [[String]] = []
    for batch in batches {
      let columns = batch.columns.map { texts($0.rendered(as: .escaped)) }
      for row in 0..<batch.rowCount { out.append(columns.map { $0[row] }) }
    }
    return out
  }
}

private func texts(_ strings: StringValues) -> [String] {
  (0..<strings.count).map { String(decoding: strings[$0], as: UTF8.self) }
}

private func escapedOnce(_ text: String) -> String {
  text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\t", with: "\\t")
    .replacingOccurrences(of: "\n", with: "\\n")
}

func run(_ text: String, _ context: QueryContext = testContext()) throws -> TestResult {
  let execution = try Binder.bind(try selectStatement(text), context).execute()
  var batches: [Batch] = []
  while let batch = try execution.next() { batches.append(batch) }
  return TestResult(
    schema: execution.schema, batches: batches, statistics: execution.statistics)
}

/// The rows of a query, cells as text.
func rows(_ text: String, _ context: QueryContext = testContext()) throws -> [[String]] {
  try run(text, context).rows
}

/// The code a query fails with, nil when it does not.
func failure(_ text: String, _ context: QueryContext = testContext()) -> SQLError? {
  do {
    _ = try run(text, context)
    return nil
  } catch {
    return error as? SQLError
  }
}

/// Query and expected answer, from a file that chdb's answers were written to.
func answers(_ name: String, file: String = #filePath) throws -> [(text: String, answer: String)] {
  let url = URL(fileURLWithPath: file).deletingLastPathComponent()
    .appendingPathComponent("data/\(name)")
  return try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    .filter { !$0.hasPrefix("#") }
    .map { line in
      let cut = line.firstIndex(of: "\t") ?? line.endIndex
      return (String(line[..<cut]), String(line[cut...].dropFirst()))
    }
}

/// Threads of its own, so that races can show.
struct ThreadPool: WorkerPool {
  let width: Int

  func run(count: Int, _ body: @Sendable (Int) throws(SQLError) -> Void) throws(SQLError) {
    let failures = Failures()
    withoutActuallyEscaping(body) { body in
      DispatchQueue.concurrentPerform(iterations: count) { index in
        do throws(SQLError) {
          try body(index)
        } catch {
          failures.add(error)
        }
      }
    }
    if let first = failures.first { throw first }
  }

  private final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private var errors: [SQLError] = []
    func add(_ error: SQLError) { lock.withLock { errors.append(error) } }
    var first: SQLError? { lock.withLock { errors.first } }
  }
}

/// A table held in memory, cut into morsels and batches of any size, each morsel with dictionaries of its own.
struct MemoryTable: TableSource {
  let schema: Schema
  let hasSequence: Bool
  /// Morsels of batches; the hidden sequence last, where there is one.
  let morsels: [[Batch]]
  let log: ScanLog

  final class ScanLog: @unchecked Sendable {
    private let lock = NSLock()
    private var made: [ScanRequest] = []
    private var opened: Set<Int> = []
    func add(_ request: ScanRequest) { lock.withLock { made.append(request) } }
    func read(_ morsel: Int) { lock.withLock { _ = opened.insert(morsel) } }
    var requests: [ScanRequest] { lock.withLock { made } }
    var morselsRead: Set<Int> { lock.withLock { opened } }
  }

  init(
    _ fields: [Field], rows: [[Value]], morselRows: Int, batchRows: Int, sequence: [UInt64]? = nil
  ) {
    schema = Schema(fields)
    hasSequence = sequence != nil
    log = ScanLog()
    var morsels: [[Batch]] = []
    for start in stride(from: 0, to: rows.count, by: morselRows) {
      let end = min(start + morselRows, rows.count)
      var columns = fields.indices.map { i in
        Column(fields[i].type, of: rows[start..<end].map { $0[i] })
      }
      if let sequence { columns.append(Column(.uint64, .uint64(Array(sequence[start..<end])))) }
      let whole = Batch(columns, rowCount: end - start)
      morsels.append(
        stride(from: 0, to: whole.rowCount, by: batchRows).map {
          whole.slice($0..<min($0 + batchRows, whole.rowCount))
        })
    }
    self.morsels = morsels
  }

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    log.add(request)
    let positions = request.columns.map { name in
      name == "_sequence" ? schema.count : schema.position(of: name) ?? -1
    }
    return MemoryScan(table: self, positions: positions)
  }
}

private struct MemoryScan: TableScan {
  let table: MemoryTable
  let positions: [Int]
  var morselCount: Int { table.morsels.count }
  var rowEstimate: Int { table.morsels.reduce(0) { $0 + $1.reduce(0) { $0 + $1.rowCount } } }
  var explanation: [String] { ["\(morselCount) of \(morselCount) morsels"] }

  func read(morsel: Int, _ body: (Batch) throws(SQLError) -> Bool) throws(SQLError) {
    table.log.read(morsel)
    for batch in table.morsels[morsel] {
      let columns = positions.map { batch.columns[$0] }
      if try !body(Batch(columns, rowCount: batch.rowCount)) { return }
    }
  }
}

/// Seeded trades in table order (symbol, ts), with ties in time, and their sequence numbers in arrival order.
struct TestTrades {
  struct Trade {
    var symbol: String
    var ts: Int64
    var price: Double
    var qty: Double
    var side: Int64
    var id: UInt64
    var sequence: UInt64
  }
  var trades: [Trade] = []

  static let fields = [
    Field("ts", .dateTime64(precision: 9, zone: "UTC")),
    Field("symbol", .lowCardinality(.string)),
    Field("price", .float64),
    Field("qty", .float64),
    Field(
      "side",
      .enum8(
        EnumDefinition([
          .init(name: "unknown", number: 0), .init(name: "buy", number: 1),
          .init(name: "sell", number: 2),
        ]) ?? { preconditionFailure("an enum of three names") }())),
    Field("trade_id", .uint64),
  ]

  init(count: Int, seed: UInt64, symbols: [String] = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]) {
    var random = SplitMix64(seed: seed)
    var ts: Int64 = 1_723_075_200_000_000_000
    for i in 0..<count {
      // Three in four trades share the millisecond of the one before.
      if random.next() % 4 == 0 { ts += Int64(random.next() % 20_000) * 1_000_000 }
      trades.append(
        Trade(
          symbol: symbols[Int(random.next() % UInt64(symbols.count))], ts: ts,
          price: Double(6_000_000 + random.next() % 100_000) / 100,
          qty: Double(1 + random.next() % 1_000_000) / 100_000,
          side: Int64(random.next() % 3), id: UInt64(i), sequence: UInt64(i) * 3 + 7))
    }
    // Equal keys in an order that is not that of arrival.
    for i in stride(from: count - 1, to: 0, by: -1) {
      trades.swapAt(i, Int(random.next() % UInt64(i + 1)))
    }
    trades.sort { $0.symbol != $1.symbol ? $0.symbol < $1.symbol : $0.ts < $1.ts }
  }

  func table(morselRows: Int = 1_000, batchRows: Int = 300, hasSequence: Bool = true)
    -> MemoryTable
  {
    MemoryTable(
      Self.fields,
      rows: trades.map { trade in
        [
          .int(trade.ts), .text(trade.symbol), .float(trade.price), .float(trade.qty),
          .int(trade.side), .uint(trade.id),
        ]
      }, morselRows: morselRows, batchRows: batchRows,
      sequence: hasSequence ? trades.map(\.sequence) : nil)
  }
}

func catalog(_ table: any TableSource, as name: String = "trades") -> TestCatalog {
  TestCatalog(content: ["default": [name: table]])
}
