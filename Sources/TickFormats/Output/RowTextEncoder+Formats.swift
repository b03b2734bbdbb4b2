import TickColumns

/// The texts that make each row-oriented format.

extension RowTextEncoder {
  /// TabSeparated, its raw kind, and CSV.
  init(
    delimited schema: Schema, _ style: TextStyle, names: Bool, types: Bool,
    _ options: OutputOptions
  ) {
    let isCSV = style == .csv
    let delimiter = isCSV ? options.text.csvDelimiter : 0x09
    let hasCR = isCSV ? options.endsCSVLinesWithCRLF : options.endsTSVLinesWithCRLF
    let lineEnd: [UInt8] = hasCR ? [0x0D, 0x0A] : [0x0A]
    func line(_ texts: [String]) -> [UInt8] {
      Array(texts.map { cell($0, style) }.joined(separator: [delimiter])) + lineEnd
    }
    // A tuple becomes several CSV columns, so its elements have names in the header.
    let header = isCSV ? schema.fields.flatMap(flattened) : schema.fields
    var beginning: [UInt8] = []
    if names { beginning += line(header.map(\.name)) }
    if types { beginning += line(header.map(\.type.description)) }
    self.init(
      .style(style), options.text, beginning: beginning,
      prefixes: schema.fields.indices.map { $0 == 0 ? [] : [delimiter] }, rowEnd: lineEnd)
    asidesShape = .rows(lineEnd: lineEnd)
  }

  /// JSONEachRow and JSONStringsEachRow.
  init(objectLines schema: Schema, strings: Bool, _ options: OutputOptions) {
    self.init(
      .json(options.json, strings), options.text,
      prefixes: objectPrefixes(schema, options.json), rowEnd: [0x7D, 0x0A])
    failureShape = .row(Array("{\"exception\": ".utf8), [0x7D, 0x0A])
  }

  /// JSONCompactEachRow, JSONCompactStringsEachRow and their kinds with header lines.
  init(
    arrayLines schema: Schema, strings: Bool, names: Bool, types: Bool, _ options: OutputOptions
  ) {
    func line(_ texts: [String]) -> [UInt8] {
      [0x5B] + Array(texts.map { cell($0, .json(options.json)) }.joined(separator: [0x2C, 0x20]))
        + [0x5D, 0x0A]
    }
    var beginning: [UInt8] = []
    if names { beginning += line(schema.fields.map(\.name)) }
    if types { beginning += line(schema.fields.map(\.type.description)) }
    self.init(
      .json(options.json, strings), options.text, beginning: beginning,
      prefixes: arrayPrefixes(schema), rowEnd: [0x5D, 0x0A])
    failureShape = .row([0x5B], [0x5D, 0x0A])
  }

  /// The formats with progress: a line of names and types, an object around each row, lines of figures.
  init(progressLines schema: Schema, isCompact: Bool, strings: Bool, _ options: OutputOptions) {
    let style = TextStyle.json(options.json)
    let meta = schema.fields.map { field in
      Array("{\"name\":".utf8) + cell(field.name, style) + Array(",\"type\":".utf8)
        + cell(field.type.description, style) + [0x7D]
    }
    var prefixes = isCompact ? arrayPrefixes(schema) : objectPrefixes(schema, options.json)
    if !prefixes.isEmpty { prefixes[0] = Array("{\"row\":".utf8) + prefixes[0] }
    self.init(
      .json(options.json, strings), options.text,
      beginning: Array("{\"meta\":[".utf8) + Array(meta.joined(separator: [0x2C]))
        + Array("]}\n".utf8), prefixes: prefixes, rowEnd: [isCompact ? 0x5D : 0x7D, 0x7D, 0x0A],
      ending: .progress)
    asidesShape = .lines
    failureShape = .row(Array("{\"exception\":".utf8), [0x7D, 0x0A])
  }

  /// JSONObjectEachRow.
  init(numberedObjects schema: Schema, _ options: OutputOptions) {
    var prefixes = objectPrefixes(schema, options.json)
    if !prefixes.isEmpty { prefixes[0] = Array("\": ".utf8) + prefixes[0] }
    self.init(
      .json(options.json, false), options.text, beginning: [0x7B, 0x0A],
      prefixes: [Array("\t\"row_".utf8)] + prefixes, rowEnd: [0x7D], separator: [0x2C, 0x0A],
      ending: .text(Array("\n}\n".utf8)), numbersRows: true)
    failureShape = .member
  }

  /// PrettyJSONEachRow.
  init(spreadObjects schema: Schema, _ options: OutputOptions) {
    var style = options.json
    style.indentation = 1
    style.indentsByBlanks = true
    let prefixes = schema.fields.enumerated().map { i, field -> [UInt8] in
      Array((i == 0 ? "{\n    " : ",\n    ").utf8) + cell(field.name, .json(style)) + [0x3A, 0x20]
    }
    self.init(
      .style(.json(style)), options.text, prefixes: prefixes, rowEnd: Array("\n}\n".utf8))
    failureShape = .row(Array("{\n    \"exception\": ".utf8), Array("\n}\n".utf8))
  }

  /// JSON, JSONCompact, JSONStrings and JSONCompactStrings.
  init(document schema: Schema, isCompact: Bool, strings: Bool, _ options: OutputOptions) {
    var style = options.json
    style.replacesInvalidUTF8 = true
    style.indentation = isCompact || strings ? nil : 3
    let prefixes = schema.fields.enumerated().map { i, field -> [UInt8] in
      if isCompact { return Array((i == 0 ? "\t\t[" : ", ").utf8) }
      return Array((i == 0 ? "\t\t{\n\t\t\t" : ",\n\t\t\t").utf8)
        + cell(field.name, .json(style)) + [0x3A, 0x20]
    }
    self.init(
      .json(style, strings), options.text,
      beginning: documentHead(schema, style) + Array("\n\t[\n".utf8), prefixes: prefixes,
      rowEnd: Array((isCompact ? "]" : "\n\t\t}").utf8), separator: [0x2C, 0x0A],
      ending: .document(writesStatistics: options.writesStatistics))
    asidesShape = .members(DocumentAsides(schema, style, isCompact: isCompact))
    failureShape = .document
  }

  /// TSKV.
  init(pairs schema: Schema, _ options: OutputOptions) {
    let prefixes = schema.fields.enumerated().map { i, field -> [UInt8] in
      var name: [UInt8] = i == 0 ? [] : [0x09]
      for byte in cell(field.name, .escaped) {
        if byte == 0x3D { name.append(0x5C) }
        name.append(byte)
      }
      return name + [0x3D]
    }
    self.init(.style(.escaped), options.text, prefixes: prefixes, rowEnd: [0x0A])
  }

  /// Values.
  init(tuples schema: Schema, _ options: OutputOptions) {
    self.init(
      .style(.quoted), options.text,
      prefixes: schema.fields.indices.map { $0 == 0 ? [0x28] : [0x2C] }, rowEnd: [0x29],
      separator: [0x2C])
  }

  /// Markdown.
  init(markdown schema: Schema, _ options: OutputOptions) {
    var beginning: [UInt8] = []
    for field in schema.fields {
      beginning += Array("| ".utf8) + cell(field.name, .escaped) + [0x20]
    }
    beginning += Array("|\n".utf8)
    for field in schema.fields {
      beginning += Array((field.type.alignsRight ? "|-:" : "|:-").utf8)
    }
    beginning += Array("|\n".utf8)
    self.init(
      .style(.escaped), options.text, beginning: beginning,
      prefixes: schema.fields.indices.map { Array(($0 == 0 ? "| " : " | ").utf8) },
      rowEnd: Array(" |\n".utf8))
  }
}

extension RowTextEncoder.Cells {
  fileprivate static func json(_ style: JSONStyle, _ strings: Bool) -> Self {
    strings ? .strings(style) : .style(.json(style))
  }
}

/// A header text in the spelling of cells.
func cell(_ text: String, _ style: TextStyle) -> [UInt8] {
  let bytes = Array(text.utf8)
  var out: [UInt8] = []
  style.append(bytes.span, 0, bytes.count, to: &out)
  return out
}

private func objectPrefixes(_ schema: Schema, _ style: JSONStyle) -> [[UInt8]] {
  schema.fields.enumerated().map { i, field in
    (i == 0 ? [0x7B] : [0x2C]) + cell(field.name, .json(style)) + [0x3A]
  }
}

private func arrayPrefixes(_ schema: Schema) -> [[UInt8]] {
  schema.fields.indices.map { $0 == 0 ? [0x5B] : [0x2C, 0x20] }
}

/// A JSON document up to its data.
func documentHead(_ schema: Schema, _ style: JSONStyle) -> [UInt8] {
  var head = Array("{\n\t\"meta\":\n\t[".utf8)
  for (i, field) in schema.fields.enumerated() {
    head += Array((i == 0 ? "\n" : ",\n").utf8)
    head += Array("\t\t{\n\t\t\t\"name\": ".utf8) + cell(field.name, .json(style))
    head += Array(",\n\t\t\t\"type\": ".utf8) + cell(field.type.description, .json(style))
    head += Array("\n\t\t}".utf8)
  }
  if schema.fields.isEmpty { head.append(0x0A) }
  return head + Array("\n\t],\n\n\t\"data\":".utf8)
}

/// The CSV columns of a field: a tuple gives one per element, named `t.1` or `t.name`.
func flattened(_ field: Field) -> [Field] {
  guard case .tuple(let elements) = field.type, !elements.isEmpty else { return [field] }
  return elements.enumerated().flatMap { i, element in
    flattened(Field("\(field.name).\(element.name ?? String(i + 1))", element.type))
  }
}

extension DataType {
  /// True for the types whose values line up at their right edge in tables: numbers, dates and times.
  var alignsRight: Bool {
    switch withoutNullable {
    case .date, .date32, .dateTime, .dateTime64, .interval: true
    case let type: type.isInteger || type.isWideInteger || type.isFloat || type.isDecimal
    }
  }
}
