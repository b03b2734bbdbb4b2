import TickColumns

/// Every row-oriented text format is one shape: text before each cell, text behind each row, something between
/// rows, a beginning and an end. The formats differ only in those texts.
///
/// Columns are rendered whole, then joined row by row by copying bytes.
///
/// Invariant: what is written does not depend on how the result is divided into batches.
struct RowTextEncoder: BatchEncoder {
  private let style: TextStyle
  private let beginning: [UInt8]
  /// The text before each cell of a row; the first holds the row's beginning.
  private let prefixes: [[UInt8]]
  private let rowEnd: [UInt8]
  /// Between rows, not behind the last.
  private let separator: [UInt8]
  private let document: DocumentEnd?
  private var hasRows = false

  private enum DocumentEnd {
    case withStatistics, withoutStatistics
  }

  mutating func begin(into out: inout [UInt8]) {
    out += beginning
  }

  mutating func write(_ batch: Batch, into out: inout [UInt8]) {
    guard batch.rowCount > 0, !prefixes.isEmpty else { return }
    let cells = batch.columns.map { $0.rendered(as: style) }
    if separator.isEmpty {
      joinRows(cells, prefixes: prefixes, rowEnd: rowEnd, rowCount: batch.rowCount, into: &out)
      return
    }
    // A separator stands before every row of the result but the first.
    var first = 0
    if !hasRows {
      let head = cells.map { $0.slice(0..<1) }
      joinRows(head, prefixes: prefixes, rowEnd: rowEnd, rowCount: 1, into: &out)
      hasRows = true
      first = 1
    }
    var separated = prefixes
    separated[0] = separator + prefixes[0]
    let rest = first == 0 ? cells : cells.map { $0.slice(first..<batch.rowCount) }
    joinRows(
      rest, prefixes: separated, rowEnd: rowEnd, rowCount: batch.rowCount - first, into: &out)
  }

  mutating func finish(_ statistics: ResultStatistics, into out: inout [UInt8]) {
    guard let document else { return }
    out += Array("\n\t],\n\n\t\"rows\": \(statistics.rows)".utf8)
    if let limit = statistics.rowsBeforeLimit {
      out += Array(",\n\n\t\"rows_before_limit_at_least\": \(limit)".utf8)
    }
    if case .withStatistics = document {
      out += Array(",\n\n\t\"statistics\":\n\t{\n\t\t\"elapsed\": ".utf8)
      Column(.float64, .float64([statistics.elapsedSeconds]))
        .writeText(row: 0, style: .json, into: &out)
      out += Array(",\n\t\t\"rows_read\": \(statistics.rowsRead)".utf8)
      out += Array(",\n\t\t\"bytes_read\": \(statistics.bytesRead)\n\t}".utf8)
    }
    out += Array("\n}\n".utf8)
  }
}

extension RowTextEncoder {
  /// TabSeparated and CSV.
  init(delimited schema: Schema, _ style: TextStyle, names: Bool, types: Bool) {
    let delimiter: UInt8 = style == .csv ? 0x2C : 0x09
    func line(_ texts: [String]) -> [UInt8] {
      Array(texts.map { cell($0, style) }.joined(separator: [delimiter])) + [0x0A]
    }
    // A tuple becomes several CSV columns, so its elements have names in the header.
    let header = style == .csv ? schema.fields.flatMap(flattened) : schema.fields
    var beginning: [UInt8] = []
    if names { beginning += line(header.map(\.name)) }
    if types { beginning += line(header.map(\.type.description)) }
    self.init(
      style: style, beginning: beginning,
      prefixes: schema.fields.indices.map { $0 == 0 ? [] : [delimiter] }, rowEnd: [0x0A],
      separator: [], document: nil)
  }

  /// JSONEachRow.
  init(objectLines schema: Schema, _ options: OutputOptions) {
    let style = TextStyle.json(JSONStyle(quotes64BitIntegers: options.quotes64BitIntegers))
    self.init(
      style: style, beginning: [],
      prefixes: schema.fields.enumerated().map { i, field in
        (i == 0 ? [0x7B] : [0x2C]) + cell(field.name, style) + [0x3A]
      }, rowEnd: [0x7D, 0x0A], separator: [], document: nil)
  }

  /// JSONCompactEachRow and its kinds with header lines.
  init(arrayLines schema: Schema, names: Bool, types: Bool, _ options: OutputOptions) {
    let style = TextStyle.json(JSONStyle(quotes64BitIntegers: options.quotes64BitIntegers))
    func line(_ texts: [String]) -> [UInt8] {
      [0x5B] + Array(texts.map { cell($0, style) }.joined(separator: [0x2C, 0x20])) + [0x5D, 0x0A]
    }
    var beginning: [UInt8] = []
    if names { beginning += line(schema.fields.map(\.name)) }
    if types { beginning += line(schema.fields.map(\.type.description)) }
    self.init(
      style: style, beginning: beginning,
      prefixes: schema.fields.indices.map { $0 == 0 ? [0x5B] : [0x2C, 0x20] },
      rowEnd: [0x5D, 0x0A], separator: [], document: nil)
  }

  /// JSON and JSONCompact.
  init(document schema: Schema, isCompact: Bool, _ options: OutputOptions) {
    let style = TextStyle.json(
      JSONStyle(
        quotes64BitIntegers: options.quotes64BitIntegers, replacesInvalidUTF8: true,
        indentation: isCompact ? nil : 3))
    var beginning = Array("{\n\t\"meta\":\n\t[".utf8)
    for (i, field) in schema.fields.enumerated() {
      beginning += Array((i == 0 ? "\n" : ",\n").utf8)
      beginning += Array("\t\t{\n\t\t\t\"name\": ".utf8) + cell(field.name, style)
      beginning += Array(",\n\t\t\t\"type\": ".utf8) + cell(field.type.description, style)
      beginning += Array("\n\t\t}".utf8)
    }
    beginning += Array("\n\t],\n\n\t\"data\":\n\t[\n".utf8)
    let prefixes = schema.fields.enumerated().map { i, field -> [UInt8] in
      if isCompact { return Array((i == 0 ? "\t\t[" : ", ").utf8) }
      return Array((i == 0 ? "\t\t{\n\t\t\t" : ",\n\t\t\t").utf8) + cell(field.name, style)
        + [0x3A, 0x20]
    }
    self.init(
      style: style, beginning: beginning, prefixes: prefixes,
      rowEnd: Array((isCompact ? "]" : "\n\t\t}").utf8), separator: [0x2C, 0x0A],
      document: options.writesStatistics ? .withStatistics : .withoutStatistics)
  }

  private init(
    style: TextStyle, beginning: [UInt8], prefixes: [[UInt8]], rowEnd: [UInt8],
    separator: [UInt8], document: DocumentEnd?
  ) {
    self.style = style
    self.beginning = beginning
    self.prefixes = prefixes
    self.rowEnd = rowEnd
    self.separator = separator
    self.document = document
  }
}

/// A header text in the spelling of cells.
private func cell(_ text: String, _ style: TextStyle) -> [UInt8] {
  let bytes = Array(text.utf8)
  var out: [UInt8] = []
  style.append(bytes.span, 0, bytes.count, to: &out)
  return out
}

/// The CSV columns of a field: a tuple gives one per element, named `t.1` or `t.name`.
private func flattened(_ field: Field) -> [Field] {
  guard case .tuple(let elements) = field.type, !elements.isEmpty else { return [field] }
  return elements.enumerated().flatMap { i, element in
    flattened(Field("\(field.name).\(element.name ?? String(i + 1))", element.type))
  }
}
