public import TickColumns

extension OutputFormat {
  /// An encoder of one result.
  public func makeEncoder(
    schema: Schema, options: OutputOptions = OutputOptions()
  ) -> any BatchEncoder {
    func delimited(_ style: TextStyle, names: Bool = false, types: Bool = false) -> RowTextEncoder {
      RowTextEncoder(delimited: schema, style, names: names, types: types, options)
    }
    func arrays(strings: Bool, names: Bool = false, types: Bool = false) -> RowTextEncoder {
      RowTextEncoder(arrayLines: schema, strings: strings, names: names, types: types, options)
    }
    return switch self {
    case .null: NullEncoder()
    case .json: RowTextEncoder(document: schema, isCompact: false, strings: false, options)
    case .jsonCompact: RowTextEncoder(document: schema, isCompact: true, strings: false, options)
    case .jsonStrings: RowTextEncoder(document: schema, isCompact: false, strings: true, options)
    case .jsonCompactStrings:
      RowTextEncoder(document: schema, isCompact: true, strings: true, options)
    case .tabSeparated: delimited(.escaped)
    case .tabSeparatedWithNames: delimited(.escaped, names: true)
    case .tabSeparatedWithNamesAndTypes: delimited(.escaped, names: true, types: true)
    case .tabSeparatedRaw: delimited(.raw)
    case .tabSeparatedRawWithNames: delimited(.raw, names: true)
    case .tabSeparatedRawWithNamesAndTypes: delimited(.raw, names: true, types: true)
    case .csv: delimited(.csv)
    case .csvWithNames: delimited(.csv, names: true)
    case .csvWithNamesAndTypes: delimited(.csv, names: true, types: true)
    case .jsonEachRow: RowTextEncoder(objectLines: schema, strings: false, options)
    case .jsonStringsEachRow: RowTextEncoder(objectLines: schema, strings: true, options)
    case .jsonCompactEachRow: arrays(strings: false)
    case .jsonCompactEachRowWithNames: arrays(strings: false, names: true)
    case .jsonCompactEachRowWithNamesAndTypes: arrays(strings: false, names: true, types: true)
    case .jsonCompactStringsEachRow: arrays(strings: true)
    case .jsonCompactStringsEachRowWithNames: arrays(strings: true, names: true)
    case .jsonCompactStringsEachRowWithNamesAndTypes:
      arrays(strings: true, names: true, types: true)
    case .jsonEachRowWithProgress:
      RowTextEncoder(progressLines: schema, isCompact: false, strings: false, options)
    case .jsonStringsEachRowWithProgress:
      RowTextEncoder(progressLines: schema, isCompact: false, strings: true, options)
    case .jsonCompactEachRowWithProgress:
      RowTextEncoder(progressLines: schema, isCompact: true, strings: false, options)
    case .jsonCompactStringsEachRowWithProgress:
      RowTextEncoder(progressLines: schema, isCompact: true, strings: true, options)
    case .jsonObjectEachRow: RowTextEncoder(numberedObjects: schema, options)
    case .prettyJSONEachRow: RowTextEncoder(spreadObjects: schema, options)
    case .jsonColumns: JSONColumnsEncoder(schema, .named, options)
    case .jsonCompactColumns: JSONColumnsEncoder(schema, .compact, options)
    case .jsonColumnsWithMetadata: JSONColumnsEncoder(schema, .withMetadata, options)
    case .tskv: RowTextEncoder(pairs: schema, options)
    case .values: RowTextEncoder(tuples: schema, options)
    case .markdown: RowTextEncoder(markdown: schema, options)
    case .vertical: VerticalEncoder(schema, options)
    // No escapes for colours are written, and a result is one table however many batches it came in.
    case .pretty, .prettyNoEscapes, .prettyMonoBlock, .prettyNoEscapesMonoBlock:
      PrettyEncoder(schema, .full, options)
    case .prettyCompact, .prettyCompactNoEscapes, .prettyCompactMonoBlock,
      .prettyCompactNoEscapesMonoBlock:
      PrettyEncoder(schema, .compact, options)
    case .prettySpace, .prettySpaceNoEscapes, .prettySpaceMonoBlock,
      .prettySpaceNoEscapesMonoBlock:
      PrettyEncoder(schema, .space, options)
    case .rowBinary: RowBinaryEncoder(schema, names: false, types: false)
    case .rowBinaryWithNames: RowBinaryEncoder(schema, names: true, types: false)
    case .rowBinaryWithNamesAndTypes: RowBinaryEncoder(schema, names: true, types: true)
    case .native: NativeEncoder(schema, protocolVersion: options.protocolVersion)
    }
  }
}
