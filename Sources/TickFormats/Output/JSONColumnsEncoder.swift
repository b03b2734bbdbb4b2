import TickColumns

/// JSONColumns, JSONCompactColumns and JSONColumnsWithMetadata: an array per column instead of an object per row.
///
/// A column is whole only when the result has ended, so the text of all columns is held until then; `heldBytes`
/// lets the caller bound it.
struct JSONColumnsEncoder: BatchEncoder {
  enum Kind { case named, compact, withMetadata }

  private let kind: Kind
  private let schema: Schema
  private let style: JSONStyle
  private let options: OutputOptions
  /// The values of each column, divided by commas.
  private var columns: [[UInt8]]
  private var rowCount = 0

  init(_ schema: Schema, _ kind: Kind, _ options: OutputOptions) {
    self.kind = kind
    self.schema = schema
    self.options = options
    style = {
      var style = options.json
      style.replacesInvalidUTF8 = kind == .withMetadata
      return style
    }()
    columns = Array(repeating: [], count: schema.count)
  }

  var heldBytes: Int { columns.reduce(0) { $0 + $1.count } }

  mutating func begin(into out: inout [UInt8]) {
    if kind == .withMetadata { out += documentHead(schema, style) + [0x0A, 0x09] }
  }

  mutating func write(_ batch: Batch, into out: inout [UInt8]) {
    guard batch.rowCount > 0 else { return }
    for (i, column) in batch.columns.enumerated() {
      joinSeparatedRows(
        [column.rendered(as: .json(style), options: options.text)], prefixes: [[]], rowEnd: [],
        separator: [0x2C, 0x20], isFirst: rowCount == 0, rowCount: batch.rowCount,
        into: &columns[i])
    }
    rowCount += batch.rowCount
  }

  mutating func finish(
    _ statistics: ResultStatistics, _ asides: ResultAsides, into out: inout [UInt8]
  ) {
    let indent: [UInt8] = kind == .withMetadata ? [0x09] : []
    out.append(kind == .compact ? 0x5B : 0x7B)
    // Only the plain kind names its columns when there are no rows.
    let shown = rowCount > 0 || kind == .named ? Array(schema.fields.indices) : []
    out.append(0x0A)
    for i in shown {
      if i > 0 { out += [0x2C, 0x0A] }
      out += indent + [0x09]
      if kind != .compact { out += cell(schema[i].name, .json(style)) + [0x3A, 0x20] }
      out.append(0x5B)
      out += columns[i]
      out.append(0x5D)
    }
    out.append(0x0A)
    out += indent
    out.append(kind == .compact ? 0x5D : 0x7D)
    columns = Array(repeating: [], count: schema.count)
    if kind == .withMetadata {
      func rendered(_ batch: Batch) -> [StringValues] {
        batch.columns.map { $0.rendered(as: .json(style), options: options.text) }
      }
      DocumentAsides(schema, style, isCompact: false).write(
        totals: asides.totals.map(rendered), extremes: asides.extremes.map(rendered), into: &out)
      statistics.writeDocumentEnd(options.writesStatistics, into: &out)
    } else {
      out.append(0x0A)
    }
  }
}
