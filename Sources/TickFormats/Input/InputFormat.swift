public import TickColumns

/// The formats that rows are read from, by ClickHouse's names.
public enum InputFormat: Hashable, Sendable, CaseIterable {
  case values
  case tabSeparated
  case tabSeparatedWithNames
  case tabSeparatedWithNamesAndTypes
  case tabSeparatedRaw
  case tabSeparatedRawWithNames
  case tabSeparatedRawWithNamesAndTypes
  case csv
  case csvWithNames
  case csvWithNamesAndTypes
  case jsonEachRow
  case jsonStringsEachRow
  case jsonCompactEachRow
  case jsonCompactEachRowWithNames
  case jsonCompactEachRowWithNamesAndTypes
  case jsonCompactStringsEachRow
  case jsonCompactStringsEachRowWithNames
  case jsonCompactStringsEachRowWithNamesAndTypes
  case jsonAsString
  case tskv
  case lineAsString
  case rowBinary
  case rowBinaryWithNames
  case rowBinaryWithNamesAndTypes
  case rowBinaryWithDefaults
  case native

  /// Finds a format by its name or alias, in any case. Throws 48 for a format that ClickHouse has and we do not
  /// read, 73 for an unknown name.
  public init(named name: String) throws(FormatError) {
    let wanted = name.lowercased()
    if let format = Self.allCases.first(where: { $0.names.contains { $0.lowercased() == wanted } })
    {
      self = format
      return
    }
    throw unknownFormat(name, use: "input")
  }

  public var canonicalName: String { names[0] }

  private var names: [String] {
    switch self {
    case .values: ["Values"]
    case .tabSeparated: ["TabSeparated", "TSV"]
    case .tabSeparatedWithNames: ["TabSeparatedWithNames", "TSVWithNames"]
    case .tabSeparatedWithNamesAndTypes: ["TabSeparatedWithNamesAndTypes", "TSVWithNamesAndTypes"]
    case .tabSeparatedRaw: ["TabSeparatedRaw", "TSVRaw", "Raw"]
    case .tabSeparatedRawWithNames:
      ["TabSeparatedRawWithNames", "TSVRawWithNames", "RawWithNames"]
    case .tabSeparatedRawWithNamesAndTypes:
      ["TabSeparatedRawWithNamesAndTypes", "TSVRawWithNamesAndTypes", "RawWithNamesAndTypes"]
    case .csv: ["CSV"]
    case .csvWithNames: ["CSVWithNames"]
    case .csvWithNamesAndTypes: ["CSVWithNamesAndTypes"]
    case .jsonEachRow: ["JSONEachRow", "JSONLines", "NDJSON", "JSONL"]
    case .jsonStringsEachRow: ["JSONStringsEachRow"]
    case .jsonCompactEachRow: ["JSONCompactEachRow"]
    case .jsonCompactEachRowWithNames: ["JSONCompactEachRowWithNames"]
    case .jsonCompactEachRowWithNamesAndTypes: ["JSONCompactEachRowWithNamesAndTypes"]
    case .jsonCompactStringsEachRow: ["JSONCompactStringsEachRow"]
    case .jsonCompactStringsEachRowWithNames: ["JSONCompactStringsEachRowWithNames"]
    case .jsonCompactStringsEachRowWithNamesAndTypes:
      ["JSONCompactStringsEachRowWithNamesAndTypes"]
    case .jsonAsString: ["JSONAsString"]
    case .tskv: ["TSKV"]
    case .lineAsString: ["LineAsString"]
    case .rowBinary: ["RowBinary"]
    case .rowBinaryWithNames: ["RowBinaryWithNames"]
    case .rowBinaryWithNamesAndTypes: ["RowBinaryWithNamesAndTypes"]
    case .rowBinaryWithDefaults: ["RowBinaryWithDefaults"]
    case .native: ["Native"]
    }
  }

  /// A decoder of rows of these columns. Throws 48 when a column has a type without a text form.
  ///
  /// - Parameter marked: positions of columns, ascending. Behind the columns of the schema batches have a UInt8 column
  ///   for each of them: 1 where the row said nothing of the column, or asked for its default.
  public func makeDecoder(
    schema: Schema, options: InputOptions = InputOptions(), marked: [Int] = []
  ) throws(FormatError) -> any BatchDecoder {
    try makeDecoder(
      schema: schema, options: options, marked: marked, rowBytesMax: InputLimits.rowBytesMax)
  }

  func makeDecoder(
    schema: Schema, options: InputOptions = InputOptions(), marked: [Int] = [],
    rowBytesMax limit: Int
  ) throws(FormatError) -> any BatchDecoder {
    let session = options.sessionZone
    func delimited(
      _ dialect: DelimitedSyntax.Dialect, _ header: DelimitedSyntax.Header
    ) throws(FormatError) -> any BatchDecoder {
      try RowDecoder(
        schema, DelimitedSyntax(dialect, header: header, schema, options), limit, marked: marked,
        in: session)
    }
    func json(_ layout: JSONRowSyntax.Layout) throws(FormatError) -> any BatchDecoder {
      try RowDecoder(
        schema, JSONRowSyntax(layout, schema, options), limit, marked: marked, in: session)
    }
    func rowBinary(_ layout: RowBinaryDecoder.Layout) -> any BatchDecoder {
      RowBinaryDecoder(schema, layout, rowBytesMax: limit, marked: marked)
    }
    return switch self {
    case .values: try RowDecoder(schema, ValuesSyntax(), limit, marked: marked, in: session)
    case .tabSeparated: try delimited(.tabSeparated, .detected)
    case .tabSeparatedWithNames: try delimited(.tabSeparated, .names)
    case .tabSeparatedWithNamesAndTypes: try delimited(.tabSeparated, .namesAndTypes)
    case .tabSeparatedRaw: try delimited(.raw, .detected)
    case .tabSeparatedRawWithNames: try delimited(.raw, .names)
    case .tabSeparatedRawWithNamesAndTypes: try delimited(.raw, .namesAndTypes)
    case .csv: try delimited(.csv, .detected)
    case .csvWithNames: try delimited(.csv, .names)
    case .csvWithNamesAndTypes: try delimited(.csv, .namesAndTypes)
    case .jsonEachRow: try json(.init())
    case .jsonStringsEachRow: try json(.init(isStrings: true))
    case .jsonCompactEachRow: try json(.init(isCompact: true))
    case .jsonCompactEachRowWithNames: try json(.init(isCompact: true, names: true))
    case .jsonCompactEachRowWithNamesAndTypes:
      try json(.init(isCompact: true, names: true, types: true))
    case .jsonCompactStringsEachRow: try json(.init(isCompact: true, isStrings: true))
    case .jsonCompactStringsEachRowWithNames:
      try json(.init(isCompact: true, isStrings: true, names: true))
    case .jsonCompactStringsEachRowWithNamesAndTypes:
      try json(.init(isCompact: true, isStrings: true, names: true, types: true))
    case .jsonAsString:
      try RowDecoder(
        requireOneString(schema), JSONRowSyntax(.init(isWhole: true), schema, options), limit,
        marked: marked, in: session)
    case .tskv:
      try RowDecoder(schema, PairSyntax(schema, options), limit, marked: marked, in: session)
    case .lineAsString:
      try RowDecoder(requireOneString(schema), LineSyntax(), limit, marked: marked, in: session)
    case .rowBinary: rowBinary(.init())
    case .rowBinaryWithNames: rowBinary(.init(names: true))
    case .rowBinaryWithNamesAndTypes: rowBinary(.init(names: true, types: true))
    case .rowBinaryWithDefaults: rowBinary(.init(defaults: true))
    case .native: NativeDecoder(schema, blockBytesMax: 4 * limit, marked: marked)
    }
  }

  /// The schema, when it is one column of strings.
  private func requireOneString(_ schema: Schema) throws(FormatError) -> Schema {
    guard schema.count == 1, schema[0].type.withoutNullable.withoutLowCardinality == .string else {
      throw FormatError(
        .incorrectQuery, "format \(canonicalName) is for tables with a single column of strings")
    }
    return schema
  }
}

/// Turns bytes that arrive in any pieces into batches. The result does not depend on the pieces.
///
/// After the first error the decoder is spent: the rows of earlier batches stand, the rest is unknown.
/// Confined to one thread at a time.
public protocol BatchDecoder: Sendable {
  /// Takes the next bytes; gives the batches that became full.
  mutating func push(_ bytes: [UInt8]) throws(FormatError) -> [Batch]
  /// Says that no more bytes come; gives the rest. Throws when they end inside a row.
  mutating func finish() throws(FormatError) -> [Batch]
}
