/// Names of formats that are not written or read here, told apart from typing errors.
import TickColumns

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
