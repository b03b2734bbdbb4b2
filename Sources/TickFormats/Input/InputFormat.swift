public import TickColumns

/// The formats that rows are read from, by ClickHouse's names.
public enum InputFormat: Hashable, Sendable, CaseIterable {
  case values
  case tabSeparated
  case tabSeparatedWithNames
  case tabSeparatedWithNamesAndTypes
  case csv
  case csvWithNames
  case jsonEachRow
  case jsonCompactEachRow
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
    case .csv: ["CSV"]
    case .csvWithNames: ["CSVWithNames"]
    case .jsonEachRow: ["JSONEachRow", "JSONLines", "NDJSON", "JSONL"]
    case .jsonCompactEachRow: ["JSONCompactEachRow"]
    case .rowBinary: ["RowBinary"]
    case .rowBinaryWithNames: ["RowBinaryWithNames"]
    case .rowBinaryWithNamesAndTypes: ["RowBinaryWithNamesAndTypes"]
    case .rowBinaryWithDefaults: ["RowBinaryWithDefaults"]
    case .native: ["Native"]
    }
  }

  /// A decoder of rows of these columns. Throws 48 when a column has a type without a text form.
  public func makeDecoder(schema: Schema) throws(FormatError) -> any BatchDecoder {
    try makeDecoder(schema: schema, rowBytesMax: InputLimits.rowBytesMax)
  }

  func makeDecoder(
    schema: Schema, rowBytesMax limit: Int
  ) throws(FormatError) -> any BatchDecoder {
    switch self {
    case .values: try RowDecoder(schema, ValuesSyntax(), limit)
    case .tabSeparated: try delimited(.tabSeparated, .detected, schema, limit)
    case .tabSeparatedWithNames: try delimited(.tabSeparated, .names, schema, limit)
    case .tabSeparatedWithNamesAndTypes: try delimited(.tabSeparated, .namesAndTypes, schema, limit)
    case .csv: try delimited(.csv, .detected, schema, limit)
    case .csvWithNames: try delimited(.csv, .names, schema, limit)
    case .jsonEachRow: try RowDecoder(schema, JSONRowSyntax(isCompact: false, schema), limit)
    case .jsonCompactEachRow: try RowDecoder(schema, JSONRowSyntax(isCompact: true, schema), limit)
    case .rowBinary: rowBinary(schema, .init(), limit)
    case .rowBinaryWithNames: rowBinary(schema, .init(names: true), limit)
    case .rowBinaryWithNamesAndTypes: rowBinary(schema, .init(names: true, types: true), limit)
    case .rowBinaryWithDefaults: rowBinary(schema, .init(defaults: true), limit)
    case .native: NativeDecoder(schema, blockBytesMax: 4 * limit)
    }
  }

  private func rowBinary(
    _ schema: Schema, _ layout: RowBinaryDecoder.Layout, _ limit: Int
  ) -> any BatchDecoder {
    RowBinaryDecoder(schema, layout, rowBytesMax: limit)
  }

  private func delimited(
    _ dialect: DelimitedSyntax.Dialect, _ header: DelimitedSyntax.Header, _ schema: Schema,
    _ limit: Int
  ) throws(FormatError) -> any BatchDecoder {
    try RowDecoder(schema, DelimitedSyntax(dialect, header: header, schema), limit)
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
