/// Tables whose rows are computed when they are read: `system.*` and the answers of SHOW and DESCRIBE.
import TickColumns
import TickSQL

/// A table of one batch, made when a scan is opened.
struct ComputedTable: TableSource {
  let schema: Schema
  let hasSequence = false
  /// One array of values per row, in the order of the schema.
  let rows: @Sendable () throws(SQLError) -> [[Value]]

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    let rows = try rows()
    let columns = request.columns.map { name -> Column in
      guard let position = schema.position(of: name) else {
        preconditionFailure("the binder asked for '\(name)', which this table lacks")
      }
      return Column(schema[position].type, of: rows.map { $0[position] })
    }
    return BatchScan(
      batches: rows.isEmpty ? [] : [Batch(columns, rowCount: rows.count)],
      explanation: ["generated"])
  }
}

/// A scan over batches that are there already, one morsel each.
struct BatchScan: TableScan {
  let batches: [Batch]
  let explanation: [String]
  var countsRows = true

  var morselCount: Int { batches.count }
  var rowEstimate: Int { batches.reduce(0) { $0 + $1.rowCount } }

  func read(
    morsel: Int, _ body: (Batch) throws(SQLError) -> Bool
  ) throws(SQLError) {
    var rest = 0..<batches[morsel].rowCount
    while !rest.isEmpty {
      let end = min(rest.upperBound, rest.lowerBound + Batch.rowsMax)
      guard try body(batches[morsel].slice(rest.lowerBound..<end)) else { return }
      rest = end..<rest.upperBound
    }
  }
}
