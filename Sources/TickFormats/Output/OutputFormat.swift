/// The formats that results are written in, by ClickHouse's names.
public enum OutputFormat: Hashable, Sendable, CaseIterable {
  case tabSeparated
  case tabSeparatedWithNames
  case tabSeparatedWithNamesAndTypes
  case tabSeparatedRaw
  case tabSeparatedRawWithNames
  case tabSeparatedRawWithNamesAndTypes
  case csv
  case csvWithNames
  case csvWithNamesAndTypes
  case json
  case jsonCompact
  case jsonStrings
  case jsonCompactStrings
  case jsonEachRow
  case jsonStringsEachRow
  case jsonCompactEachRow
  case jsonCompactEachRowWithNames
  case jsonCompactEachRowWithNamesAndTypes
  case jsonCompactStringsEachRow
  case jsonCompactStringsEachRowWithNames
  case jsonCompactStringsEachRowWithNamesAndTypes
  case jsonEachRowWithProgress
  case jsonStringsEachRowWithProgress
  case jsonCompactEachRowWithProgress
  case jsonCompactStringsEachRowWithProgress
  case jsonObjectEachRow
  case jsonColumns
  case jsonCompactColumns
  case jsonColumnsWithMetadata
  case prettyJSONEachRow
  case tskv
  case values
  case vertical
  case markdown
  case pretty
  case prettyNoEscapes
  case prettyMonoBlock
  case prettyNoEscapesMonoBlock
  case prettyCompact
  case prettyCompactNoEscapes
  case prettyCompactMonoBlock
  case prettyCompactNoEscapesMonoBlock
  case prettySpace
  case prettySpaceNoEscapes
  case prettySpaceMonoBlock
  case prettySpaceNoEscapesMonoBlock
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
    case .json: ["JSON"]
    case .jsonCompact: ["JSONCompact"]
    case .jsonStrings: ["JSONStrings"]
    case .jsonCompactStrings: ["JSONCompactStrings"]
    case .jsonEachRow: ["JSONEachRow", "JSONLines", "NDJSON", "JSONL"]
    case .jsonStringsEachRow: ["JSONStringsEachRow"]
    case .jsonCompactEachRow: ["JSONCompactEachRow"]
    case .jsonCompactEachRowWithNames: ["JSONCompactEachRowWithNames"]
    case .jsonCompactEachRowWithNamesAndTypes: ["JSONCompactEachRowWithNamesAndTypes"]
    case .jsonCompactStringsEachRow: ["JSONCompactStringsEachRow"]
    case .jsonCompactStringsEachRowWithNames: ["JSONCompactStringsEachRowWithNames"]
    case .jsonCompactStringsEachRowWithNamesAndTypes:
      ["JSONCompactStringsEachRowWithNamesAndTypes"]
    case .jsonEachRowWithProgress: ["JSONEachRowWithProgress"]
    case .jsonStringsEachRowWithProgress: ["JSONStringsEachRowWithProgress"]
    case .jsonCompactEachRowWithProgress: ["JSONCompactEachRowWithProgress"]
    case .jsonCompactStringsEachRowWithProgress: ["JSONCompactStringsEachRowWithProgress"]
    case .jsonObjectEachRow: ["JSONObjectEachRow"]
    case .jsonColumns: ["JSONColumns"]
    case .jsonCompactColumns: ["JSONCompactColumns"]
    case .jsonColumnsWithMetadata: ["JSONColumnsWithMetadata"]
    case .prettyJSONEachRow: ["PrettyJSONEachRow", "PrettyJSONLines", "PrettyNDJSON"]
    case .tskv: ["TSKV"]
    case .values: ["Values"]
    case .vertical: ["Vertical"]
    case .markdown: ["Markdown", "MD"]
    case .pretty: ["Pretty"]
    case .prettyNoEscapes: ["PrettyNoEscapes"]
    case .prettyMonoBlock: ["PrettyMonoBlock"]
    case .prettyNoEscapesMonoBlock: ["PrettyNoEscapesMonoBlock"]
    case .prettyCompact: ["PrettyCompact"]
    case .prettyCompactNoEscapes: ["PrettyCompactNoEscapes"]
    case .prettyCompactMonoBlock: ["PrettyCompactMonoBlock"]
    case .prettyCompactNoEscapesMonoBlock: ["PrettyCompactNoEscapesMonoBlock"]
    case .prettySpace: ["PrettySpace"]
    case .prettySpaceNoEscapes: ["PrettySpaceNoEscapes"]
    case .prettySpaceMonoBlock: ["PrettySpaceMonoBlock"]
    case .prettySpaceNoEscapesMonoBlock: ["PrettySpaceNoEscapesMonoBlock"]
    case .rowBinary: ["RowBinary"]
    case .rowBinaryWithNames: ["RowBinaryWithNames"]
    case .rowBinaryWithNamesAndTypes: ["RowBinaryWithNamesAndTypes"]
    case .native: ["Native"]
    case .null: ["Null"]
    }
  }

  public var contentType: String {
    switch self {
    case .tabSeparated, .tabSeparatedWithNames, .tabSeparatedWithNamesAndTypes, .tabSeparatedRaw,
      .tabSeparatedRawWithNames, .tabSeparatedRawWithNamesAndTypes, .tskv:
      "text/tab-separated-values; charset=UTF-8"
    case .csv: "text/csv; charset=UTF-8; header=absent"
    case .csvWithNames, .csvWithNamesAndTypes: "text/csv; charset=UTF-8; header=present"
    case .json, .jsonCompact, .jsonStrings, .jsonCompactStrings, .jsonObjectEachRow, .jsonColumns,
      .jsonCompactColumns, .jsonColumnsWithMetadata, .jsonEachRowWithProgress,
      .jsonStringsEachRowWithProgress, .jsonCompactEachRowWithProgress,
      .jsonCompactStringsEachRowWithProgress:
      "application/json; charset=UTF-8"
    case .jsonEachRow, .jsonStringsEachRow, .prettyJSONEachRow:
      "application/x-ndjson; charset=UTF-8"
    case .rowBinary, .rowBinaryWithNames, .rowBinaryWithNamesAndTypes, .native:
      "application/octet-stream"
    default: "text/plain; charset=UTF-8"
    }
  }
}
