/// Rows in binary and text formats: what an INSERT over HTTP can carry.
import TickColumns
import TickFormats

/// Columns of every kind that a table can have.
enum FuzzSchema {
  static let typeNames = [
    "Int8", "UInt64", "Int128", "UInt128", "Float32", "Float64", "Bool", "String",
    "LowCardinality(String)", "LowCardinality(Nullable(String))", "FixedString(3)",
    "Enum8('a' = 1, 'b\\'' = -128)", "Enum16('x' = 1000, '' = 0)", "Date", "Date32",
    "DateTime", "DateTime64(3, 'Europe/Berlin')", "DateTime64(9, 'UTC')", "Decimal(9, 2)",
    "Decimal(38, 10)", "UUID", "IPv4", "IPv6", "Nullable(String)", "Nullable(Int64)",
    "Nullable(DateTime64(6, 'UTC'))", "Nullable(FixedString(2))", "Array(Nullable(Int32))",
    "Array(LowCardinality(String))", "Map(String, Array(UInt8))",
    "Tuple(x Int8, `y z` Nullable(String))", "Array(Tuple(Float64, String))",
    "AggregateFunction(argMin, String, Float64)",
  ]

  static let types: [DataType] = typeNames.map { name in
    do {
      return try DataType.parse(name)
    } catch {
      fatalError("\(name): \(error)")
    }
  }

  static let wide = Schema(types.enumerated().map { Field("c\($0)", $1) })
  /// A trade, and a few short types: rows that mutation finds.
  static let narrow = Schema([
    Field("ts", .dateTime64(precision: 9, zone: "UTC")), Field("symbol", .lowCardinality(.string)),
    Field("price", .float64), Field("note", .nullable(.string)),
  ])
  static let strings = Schema([Field("s", .string)])
  static let all =
    [wide, narrow, strings] + types.map { Schema([Field("a", $0), Field("b", $0)]) }

  /// Rows with extremes of every type of a schema, for seeds.
  static func sample(_ schema: Schema) -> Batch {
    Batch(
      schema.fields.map { field in
        Column(field.type, of: (0..<3).map { sampleValue(field.type, $0) })
      }, rowCount: 3)
  }

  private static func sampleValue(_ type: DataType, _ row: Int) -> Value {
    if row == 0 { return .defaultValue(of: type) }
    return switch type {
    case .nullable(let inner), .lowCardinality(let inner): sampleValue(inner, row)
    case .int8, .enum8: type.enumDefinition == nil ? .int(row == 1 ? 127 : -128) : .int(1)
    case .enum16: .int(1_000)
    case .int16, .int32, .date32: .int(row == 1 ? 19_000 : -7)
    case .int64, .dateTime64, .interval: .int(row == 1 ? 1_723_161_255_342_000 : -1)
    case .uint8, .uint16, .uint32, .bool, .date, .ipv4: .uint(1)
    case .uint64, .dateTime: .uint(row == 1 ? 1_723_161_255 : 1)
    case .int128: .int128(row == 1 ? .max : .min)
    case .uint128, .uuid, .ipv6: .uint128(row == 1 ? .max : 0x0102_0304_0506_0708)
    case .float32, .float64: .float(row == 1 ? -1.5e-7 : .infinity)
    case .decimal: type.physical == .int128 ? .int128(-12_345) : .int(12_345)
    case .string: row == 1 ? .text("it's \"x\"\t\\N\n,") : .bytes([0xFF, 0])
    case .fixedString(let width): .bytes(Array(repeating: 0x61, count: width))
    case .array(let element): .array([sampleValue(element, row), sampleValue(element, 0)])
    case .map(let key, let value):
      .array([.tuple([sampleValue(key, row), sampleValue(value, row)])])
    case .tuple(let elements): .tuple(elements.map { sampleValue($0.type, row) })
    case .aggregateFunction(let state): .bytes(state.layout.empty)
    case .nothing: .null
    }
  }
}

func encoded(
  _ batches: [Batch], _ schema: Schema, _ format: OutputFormat, _ options: OutputOptions? = nil
) -> [UInt8] {
  var encoder =
    options.map { format.makeEncoder(schema: schema, options: $0) }
    ?? format.makeEncoder(schema: schema)
  var out: [UInt8] = []
  encoder.begin(into: &out)
  for batch in batches { encoder.write(batch, into: &out) }
  encoder.finish(ResultStatistics(), ResultAsides(), into: &out)
  return out
}

/// Row by row and value by value: equal where the rows are, however their dictionaries and batches lie.
private func canonical(_ batches: [Batch], _ schema: Schema) -> [UInt8] {
  encoded(batches, schema, .rowBinary)
}

/// What bytes read as, given in pieces of a length.
private func decoded(
  _ format: InputFormat, _ schema: Schema, _ bytes: [UInt8], pieceBytes: Int
) -> Result<[Batch], FormatError> {
  do throws(FormatError) {
    var decoder = try format.makeDecoder(schema: schema)
    var batches: [Batch] = []
    for start in stride(from: 0, to: bytes.count, by: max(1, pieceBytes)) {
      batches += try decoder.push(Array(bytes[start..<min(start + pieceBytes, bytes.count)]))
    }
    batches += try decoder.finish()
    return .success(batches)
  } catch {
    require(!error.message.isEmpty, "an error without a sentence")
    return .failure(error)
  }
}

private let rowsWrittenMax = 10_000

/// Reads rows whole and in pieces, which must agree, and writes them and reads them again.
private func read(
  _ format: InputFormat, _ schema: Schema, _ bytes: [UInt8], pieceBytes: Int,
  back: OutputFormat?, _ options: OutputOptions? = nil
) {
  // A file without a table: its columns are told by its bytes.
  if let inferred = try? SchemaInference(format, sample: bytes, isWhole: true).schema() {
    _ = decoded(format, inferred, bytes, pieceBytes: bytes.count)
  }
  let whole = decoded(format, schema, bytes, pieceBytes: bytes.count)
  let pieces = decoded(format, schema, bytes, pieceBytes: pieceBytes)
  switch (whole, pieces) {
  case (.success(let rows), .success(let others)):
    // A block may announce many rows of defaults in a few bytes; writing them all would take the time of a target.
    if rows.reduce(0, { $0 + $1.rowCount }) > rowsWrittenMax { return }
    let wanted = canonical(rows, schema)
    require(wanted == canonical(others, schema), "\(format): rows depend on the pieces")
    _ = encoded(rows, schema, FuzzSchema.outputs[bytes.count % FuzzSchema.outputs.count])
    guard let back, rows.contains(where: { $0.rowCount > 0 }) else { return }
    let written = encoded(rows, schema, back, options)
    switch decoded(format, schema, written, pieceBytes: written.count) {
    case .success(let again):
      require(wanted == canonical(again, schema), "\(format): rows change when written and read")
    case .failure(let error): fatalError("\(format): what was written does not read: \(error)")
    }
  case (.failure(let error), .failure(let other)):
    require(error.code == other.code, "\(format): errors depend on the pieces: \(error), \(other)")
  default: fatalError("\(format): whether bytes read depends on the pieces")
  }
}

extension FuzzSchema {
  /// Formats that every result may be asked for in, each with code of its own.
  fileprivate static let outputs: [OutputFormat] = [
    .prettyCompact, .vertical, .json, .jsonColumns, .values, .markdown,
  ]
}

/// Byte 0: schema; byte 1: length of the pieces.
func readNative(_ input: [UInt8]) {
  var choices = Choices(input)
  let schema = choices.pick(FuzzSchema.all)
  let pieceBytes = Int(choices.byte()) + 1
  let bytes = Array(choices.rest)
  read(.native, schema, bytes, pieceBytes: pieceBytes, back: .native)
  // To clients of the newest protocol blocks look otherwise; only writing is theirs.
  if case .success(let rows) = decoded(.native, schema, bytes, pieceBytes: bytes.count),
    rows.count == 1, rows[0].rowCount <= rowsWrittenMax
  {
    _ = encoded(rows, schema, .native, OutputOptions(protocolVersion: 54_460))
  }
}

/// Byte 0: schema; byte 1: length of the pieces; byte 2: which of the formats.
func readRowBinary(_ input: [UInt8]) {
  var choices = Choices(input)
  let schema = choices.pick(FuzzSchema.all)
  let pieceBytes = Int(choices.byte()) + 1
  let (format, back) = choices.pick(binaryFormats)
  read(format, schema, Array(choices.rest), pieceBytes: pieceBytes, back: back)
}

let binaryFormats: [(InputFormat, OutputFormat?)] = [
  (.rowBinary, .rowBinary), (.rowBinaryWithNames, .rowBinaryWithNames),
  (.rowBinaryWithNamesAndTypes, .rowBinaryWithNamesAndTypes), (.rowBinaryWithDefaults, nil),
]

/// Byte 0: schema; byte 1: length of the pieces; byte 2: which of the formats.
func readText(_ input: [UInt8]) {
  var choices = Choices(input)
  var schema = choices.pick(FuzzSchema.all)
  let pieceBytes = Int(choices.byte()) + 1
  let (format, back) = choices.pick(textFormats)
  if format == .lineAsString || format == .jsonAsString { schema = FuzzSchema.strings }
  var options = OutputOptions()
  options.json.quotesDenormals = true
  read(format, schema, Array(choices.rest), pieceBytes: pieceBytes, back: back, options)
}

/// With the format that reads back what it writes; nil where the raw text loses where values end.
let textFormats: [(InputFormat, OutputFormat?)] = [
  (.values, .values), (.tabSeparated, .tabSeparatedWithNames),
  (.tabSeparatedWithNames, .tabSeparatedWithNames),
  (.tabSeparatedWithNamesAndTypes, .tabSeparatedWithNamesAndTypes), (.csv, .csvWithNames),
  (.csvWithNames, .csvWithNames), (.csvWithNamesAndTypes, .csvWithNamesAndTypes),
  (.jsonEachRow, .jsonEachRow), (.jsonStringsEachRow, .jsonStringsEachRow),
  (.jsonCompactEachRow, .jsonCompactEachRow),
  (.jsonCompactEachRowWithNames, .jsonCompactEachRowWithNames),
  (.jsonCompactEachRowWithNamesAndTypes, .jsonCompactEachRowWithNamesAndTypes),
  (.jsonCompactStringsEachRow, .jsonCompactStringsEachRow),
  (.jsonCompactStringsEachRowWithNames, .jsonCompactStringsEachRowWithNames),
  (.jsonCompactStringsEachRowWithNamesAndTypes, .jsonCompactStringsEachRowWithNamesAndTypes),
  (.tskv, .tskv), (.tabSeparatedRaw, nil), (.tabSeparatedRawWithNames, nil),
  (.tabSeparatedRawWithNamesAndTypes, nil), (.jsonAsString, nil), (.lineAsString, nil),
]

/// Byte 0: a type of the schema, or 255 for one by its name, which ends at a zero byte; then the text of a value.
func readCell(_ input: [UInt8]) {
  var choices = Choices(input)
  let choice = Int(choices.byte())
  var text = choices.rest
  let type: DataType
  if choice < 128 {
    type = FuzzSchema.types[choice % FuzzSchema.types.count]
  } else {
    let name = text.prefix { $0 != 0 }
    guard let read = try? DataType.parse(String(decoding: name, as: UTF8.self)) else { return }
    text = text.dropFirst(name.count + 1)
    type = read
  }
  var json = JSONStyle()
  json.quotesDenormals = true
  for style in [TextStyle.raw, .escaped, .quoted, .csv, .json(json)] {
    for rule in [OutOfRangeRule.convert, .refuse] {
      do throws(FormatError) {
        let value = try parseText(text, as: type, style: style, outOfRange: rule)
        let column = Column(type, of: [value])
        let written = Array(column.rendered(as: style)[0])
        let again = try? parseText(written[...], as: type, style: style, outOfRange: rule)
        guard rule == .refuse, style != .raw, style != .csv else { continue }
        require(
          again.map { Column(type, of: [$0]).rendered(as: style)[0].elementsEqual(written) }
            ?? false, "\(type) in style \(style): a value changes when written and read")
      } catch {
        require(!error.message.isEmpty, "an error without a sentence")
      }
    }
  }
}
