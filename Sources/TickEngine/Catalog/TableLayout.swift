/// How the rows of a table are ordered and divided: the expressions that storage does not know.
import TickColumns
import TickFormats
import TickSQL
import TickStorage

/// The ORDER BY and PARTITION BY of one table, bound to its columns.
final class TableLayout: Sendable {
  /// An INSERT or a file may touch at most this many partitions at once; each costs a file.
  static let partitionsMax = 1_000

  /// The name of the one partition of a table without PARTITION BY.
  static let wholePartition = "tuple()"

  let definition: TableDefinition
  /// The stored columns, which batches of the table hold in this order.
  let fields: [TableField]
  let schema: Schema
  private let key: [BoundExpression]
  let partition: BoundExpression?
  /// For each key column the table column that it is, if it is one.
  let keyFields: [Int?]
  /// Positions of the columns of which no two live rows may agree.
  let deduplicateBy: [Int]

  init(_ definition: TableDefinition) throws(SQLError) {
    self.definition = definition
    let schema = definition.schema
    self.schema = schema
    fields = definition.storedFields
    key = try definition.orderBy.map { (text) throws(SQLError) in
      try Binder.bindKey(Parser.parseExpression(text), over: schema)
    }
    partition = try definition.partitionBy.map { (text) throws(SQLError) in
      try Binder.bindKey(Parser.parseExpression(text), over: schema)
    }
    keyFields = definition.orderBy.map { schema.position(of: $0) }
    deduplicateBy = definition.deduplicateBy.compactMap { schema.position(of: $0) }
  }

  /// The columns that rows are sorted by, over a batch of all table columns.
  func keyColumns(of batch: Batch) throws(SQLError) -> [Column] {
    var columns: [Column] = []
    for (expression, field) in zip(key, keyFields) {
      if let field {
        columns.append(batch.columns[field])
      } else {
        columns.append(try expression.evaluate(batch))
      }
    }
    return columns
  }

  /// The rows of a batch by partition, in order of first appearance.
  ///
  /// - Parameter partitionsMax: how many there may be before 252 is thrown; nil for no limit.
  func partitions(
    of batch: Batch, partitionsMax: Int? = TableLayout.partitionsMax
  ) throws(SQLError) -> [(name: String, rows: PartitionRows)] {
    guard batch.rowCount > 0 else { return [] }
    guard let partition else { return [(Self.wholePartition, .all)] }
    let values = try partition.evaluate(batch)
    let starts = runStarts([values], rowCount: batch.rowCount).map { Int($0) }
    if starts.count == 1 { return [(values.text(at: 0), .all)] }
    var order: [String] = []
    var positions: [String: [Int32]] = [:]
    for (number, start) in starts.enumerated() {
      let end = number + 1 < starts.count ? starts[number + 1] : batch.rowCount
      let name = values.text(at: start)
      if positions[name] == nil {
        order.append(name)
        if let partitionsMax, order.count > partitionsMax {
          throw tooManyPartitions(partitionsMax)
        }
      }
      positions[name, default: []].append(contentsOf: Int32(start)..<Int32(end))
    }
    return order.map { ($0, .some(positions[$0] ?? [])) }
  }

  func tooManyPartitions(_ limit: Int) -> SQLError {
    SQLError(
      .tooManyParts,
      "Too many partitions for single INSERT block (more than \(limit)); "
        + "sort the rows by \(definition.partitionBy ?? "") or insert fewer at a time")
  }

  enum PartitionRows {
    case all
    case some([Int32])
  }
}

extension Column {
  /// The value of one row as plain text.
  func text(at row: Int) -> String {
    var bytes: [UInt8] = []
    writeText(row: row, style: .raw, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
