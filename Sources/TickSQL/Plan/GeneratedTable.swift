import TickColumns

/// Tables that are computed: `system.one`, `system.numbers`, `numbers(n)`.
struct GeneratedTable: TableSource {
  let schema: Schema
  let hasSequence = false
  let first: UInt64
  let count: UInt64
  let step: UInt64

  private static let numberSchema = Schema([Field("number", .uint64)])

  static let one = GeneratedTable(
    schema: Schema([Field("dummy", .uint8)]), first: 0, count: 1, step: 1)

  static func numbers(from first: UInt64, count: UInt64, step: UInt64) -> GeneratedTable {
    GeneratedTable(schema: numberSchema, first: first, count: count, step: step)
  }

  static let systemNames = ["one", "numbers"]

  static func system(_ name: String) -> GeneratedTable? {
    switch name {
    case "one": one
    case "numbers": numbers(from: 0, count: .max, step: 1)
    default: nil
    }
  }

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    GeneratedScan(table: self, columnCount: request.columns.count)
  }
}

private struct GeneratedScan: TableScan {
  let table: GeneratedTable
  let columnCount: Int

  private static let rowsPerMorsel = UInt64(Batch.rowsMax)

  var morselCount: Int {
    Int(
      clamping: table.count / Self.rowsPerMorsel + (table.count % Self.rowsPerMorsel == 0 ? 0 : 1))
  }

  var rowEstimate: Int { Int(clamping: table.count) }

  var explanation: [String] { ["generates \(table.count) rows"] }

  func read(morsel: Int, _ body: (Batch) throws(SQLError) -> Bool) throws(SQLError) {
    let start = UInt64(morsel) * Self.rowsPerMorsel
    let count = Int(min(Self.rowsPerMorsel, table.count - start))
    let column: Column
    if table.schema[0].type == .uint8 {
      column = Column(.uint8, .uint8(Array(repeating: 0, count: count)))
    } else {
      let first = table.first &+ start &* table.step
      column = Column(
        .uint64, .uint64((0..<UInt64(count)).map { first &+ $0 &* table.step }))
    }
    _ = try body(Batch(Array(repeating: column, count: columnCount), rowCount: count))
  }
}
