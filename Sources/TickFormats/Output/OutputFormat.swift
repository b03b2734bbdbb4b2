public import TickColumns

/// The formats that results are written in, by ClickHouse's names.
public enum OutputFormat: Hashable, Sendable, CaseIterable {
  case tabSeparated
  case tabSeparatedRaw
  case tabSeparatedWithNames
  case tabSeparatedWithNamesAndTypes
  case csv
  case csvWithNames
  case json
  case jsonCompact
  case jsonEachRow
  case jsonCompactEachRow
  case jsonCompactEachRowWithNames
  case jsonCompactEachRowWithNamesAndTypes
  case rowBinary
  case rowBinaryWithNames
  case rowBinaryWithNamesAndTypes
  case native
  case null

  /// Finds a format by its name or alias, in any case. Throws 48 for a format that ClickHouse has and we do not
  /// write, 73 for an unknown name.
  public init(named name: String) throws(FormatError) {
    let wanted = name.lowercased()
    if let format = Self.allCases.first(where: { $0.names.contains { $0.lowercased() == wanted } })
    {
      self = format
      return
    }
    throw unknownFormat(name, use: "output")
  }

  /// The name in `X-ClickHouse-Format`.
  public var canonicalName: String { names[0] }

  private var names: [String] {
    switch self {
    case .tabSeparated: ["TabSeparated", "TSV"]
    case .tabSeparatedRaw: ["TabSeparatedRaw", "TSVRaw", "Raw"]
    case .tabSeparatedWithNames: ["TabSeparatedWithNames", "TSVWithNames"]
    case .tabSeparatedWithNamesAndTypes: ["TabSeparatedWithNamesAndTypes", "TSVWithNamesAndTypes"]
    case .csv: ["CSV"]
    case .csvWithNames: ["CSVWithNames"]
    case .json: ["JSON"]
    case .jsonCompact: ["JSONCompact"]
    case .jsonEachRow: ["JSONEachRow", "JSONLines", "NDJSON", "JSONL"]
    case .jsonCompactEachRow: ["JSONCompactEachRow"]
    case .jsonCompactEachRowWithNames: ["JSONCompactEachRowWithNames"]
    case .jsonCompactEachRowWithNamesAndTypes: ["JSONCompactEachRowWithNamesAndTypes"]
    case .rowBinary: ["RowBinary"]
    case .rowBinaryWithNames: ["RowBinaryWithNames"]
    case .rowBinaryWithNamesAndTypes: ["RowBinaryWithNamesAndTypes"]
    case .native: ["Native"]
    case .null: ["Null"]
    }
  }

  public var contentType: String {
    switch self {
    case .tabSeparated, .tabSeparatedRaw, .tabSeparatedWithNames, .tabSeparatedWithNamesAndTypes:
      "text/tab-separated-values; charset=UTF-8"
    case .csv: "text/csv; charset=UTF-8; header=absent"
    case .csvWithNames: "text/csv; charset=UTF-8; header=present"
    case .json, .jsonCompact: "application/json; charset=UTF-8"
    case .jsonEachRow: "application/x-ndjson; charset=UTF-8"
    case .jsonCompactEachRow, .jsonCompactEachRowWithNames, .jsonCompactEachRowWithNamesAndTypes,
      .null:
      "text/plain; charset=UTF-8"
    case .rowBinary, .rowBinaryWithNames, .rowBinaryWithNamesAndTypes, .native:
      "application/octet-stream"
    }
  }

  /// An encoder of one result.
  public func makeEncoder(
    schema: Schema, options: OutputOptions = OutputOptions()
  ) -> any BatchEncoder {
    switch self {
    case .null: NullEncoder()
    case .json: RowTextEncoder(document: schema, isCompact: false, options)
    case .jsonCompact: RowTextEncoder(document: schema, isCompact: true, options)
    case .tabSeparated: RowTextEncoder(delimited: schema, .escaped, names: false, types: false)
    case .tabSeparatedRaw: RowTextEncoder(delimited: schema, .raw, names: false, types: false)
    case .tabSeparatedWithNames:
      RowTextEncoder(delimited: schema, .escaped, names: true, types: false)
    case .tabSeparatedWithNamesAndTypes:
      RowTextEncoder(delimited: schema, .escaped, names: true, types: true)
    case .csv: RowTextEncoder(delimited: schema, .csv, names: false, types: false)
    case .csvWithNames: RowTextEncoder(delimited: schema, .csv, names: true, types: false)
    case .jsonEachRow: RowTextEncoder(objectLines: schema, options)
    case .jsonCompactEachRow:
      RowTextEncoder(arrayLines: schema, names: false, types: false, options)
    case .jsonCompactEachRowWithNames:
      RowTextEncoder(arrayLines: schema, names: true, types: false, options)
    case .jsonCompactEachRowWithNamesAndTypes:
      RowTextEncoder(arrayLines: schema, names: true, types: true, options)
    case .rowBinary: RowBinaryEncoder(schema, names: false, types: false)
    case .rowBinaryWithNames: RowBinaryEncoder(schema, names: true, types: false)
    case .rowBinaryWithNamesAndTypes: RowBinaryEncoder(schema, names: true, types: true)
    case .native: NativeEncoder(schema, protocolVersion: options.protocolVersion)
    }
  }
}

/// Settings of the reader that change bytes.
public struct OutputOptions: Hashable, Sendable {
  /// `output_format_json_quote_64bit_integers`.
  public var quotes64BitIntegers: Bool
  /// `output_format_write_statistics`.
  public var writesStatistics: Bool
  /// `client_protocol_version`, which decides what Native looks like; 0 when the client named none.
  public var protocolVersion: Int

  public init(
    quotes64BitIntegers: Bool = false, writesStatistics: Bool = true, protocolVersion: Int = 0
  ) {
    self.quotes64BitIntegers = quotes64BitIntegers
    self.writesStatistics = writesStatistics
    self.protocolVersion = protocolVersion
  }
}

/// Figures that JSON documents end with.
public struct ResultStatistics: Hashable, Sendable {
  public var elapsedSeconds: Double
  public var rowsRead: Int
  public var bytesRead: Int
  public var rows: Int
  /// Present when the query had a LIMIT.
  public var rowsBeforeLimit: Int?

  public init(
    elapsedSeconds: Double = 0, rowsRead: Int = 0, bytesRead: Int = 0, rows: Int = 0,
    rowsBeforeLimit: Int? = nil
  ) {
    self.elapsedSeconds = elapsedSeconds
    self.rowsRead = rowsRead
    self.bytesRead = bytesRead
    self.rows = rows
    self.rowsBeforeLimit = rowsBeforeLimit
  }
}

/// Turns the batches of one result into bytes: `begin` once, `write` per batch, `finish` once. Each appends to
/// `out`, so the caller decides how much to gather before it sends.
public protocol BatchEncoder: Sendable {
  mutating func begin(into out: inout [UInt8])
  mutating func write(_ batch: Batch, into out: inout [UInt8])
  mutating func finish(_ statistics: ResultStatistics, into out: inout [UInt8])
}

/// Drops everything.
struct NullEncoder: BatchEncoder {
  mutating func begin(into out: inout [UInt8]) {}
  mutating func write(_ batch: Batch, into out: inout [UInt8]) {}
  mutating func finish(_ statistics: ResultStatistics, into out: inout [UInt8]) {}
}

/// 48 for formats that ClickHouse knows, 73 for all other names.
func unknownFormat(_ name: String, use: String) -> FormatError {
  let wanted = name.lowercased()
  if clickHouseFormats.contains(where: { $0.lowercased() == wanted }) {
    return FormatError(.notImplemented, "format \(name) is not supported for \(use)")
  }
  return FormatError(.unknownFormat, "Unknown format \(name)")
}

/// Names that are no typing errors: formats of ClickHouse that one direction or both lack here.
private let clickHouseFormats: [String] = [
  "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "Raw", "TabSeparatedWithNames",
  "TSVWithNames",
  "TabSeparatedWithNamesAndTypes", "TSVWithNamesAndTypes", "TabSeparatedRawWithNames",
  "TSVRawWithNames", "TabSeparatedRawWithNamesAndTypes", "TSVRawWithNamesAndTypes", "CSV",
  "CSVWithNames", "CSVWithNamesAndTypes", "CustomSeparated", "CustomSeparatedWithNames", "Template",
  "JSON", "JSONCompact", "JSONStrings", "JSONCompactStrings", "JSONColumns",
  "JSONColumnsWithMetadata", "JSONCompactColumns", "JSONEachRow", "JSONLines", "NDJSON", "JSONL",
  "PrettyJSONEachRow", "JSONEachRowWithProgress", "JSONStringsEachRow", "JSONCompactEachRow",
  "JSONCompactEachRowWithNames", "JSONCompactEachRowWithNamesAndTypes", "JSONCompactStringsEachRow",
  "JSONObjectEachRow", "JSONAsString", "JSONAsObject", "TSKV", "Values", "SQLInsert", "Vertical",
  "Markdown", "MD", "Pretty", "PrettyCompact", "PrettySpace", "PrettyNoEscapes",
  "PrettyCompactNoEscapes", "PrettyCompactMonoBlock", "PrettySpaceNoEscapes", "XML", "Prometheus",
  "Native", "RowBinary", "RowBinaryWithNames", "RowBinaryWithNamesAndTypes",
  "RowBinaryWithDefaults", "Parquet", "Arrow", "ArrowStream", "ORC", "Avro", "Protobuf",
  "ProtobufSingle", "ProtobufList", "CapnProto", "MsgPack", "BSONEachRow", "LineAsString", "Regexp",
  "RawBLOB", "Npy", "Null", "ODBCDriver2", "MySQLWire", "PostgreSQLWire", "Hash", "One", "Form",
]
