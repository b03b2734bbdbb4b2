/// The columns of data that says nothing of them, or says it before its rows: names and types by the first rows, as
/// ClickHouse infers them.
///
/// Invariants:
/// 1. The answer depends on the sample alone, and of that on the rows that are whole.
/// 2. A format whose rows do not tell their types is refused; the caller is told to name the structure.
public import TickColumns

public struct SchemaInference {
  /// Rows that are looked at, and bytes of them: ClickHouse's bounds.
  public static let rowsMax = 25_000
  public static let bytesMax = 32 << 20

  let format: InputFormat
  let options: InputOptions
  let sample: [UInt8]
  /// The sample is all there is.
  let isWhole: Bool

  public init(
    _ format: InputFormat, options: InputOptions = InputOptions(), sample: [UInt8], isWhole: Bool
  ) {
    self.format = format
    self.options = options
    self.sample = sample.starts(with: byteOrderMark) ? Array(sample.dropFirst(3)) : sample
    self.isWhole = isWhole
  }

  /// Throws 636 where there is nothing to go by, and 36 for formats that do not tell.
  public func schema() throws(FormatError) -> Schema {
    let fields: [Field]
    switch format {
    case .csv: fields = try delimited(.csv, .detected)
    case .csvWithNames: fields = try delimited(.csv, .names)
    case .csvWithNamesAndTypes: fields = try delimited(.csv, .namesAndTypes)
    case .tabSeparated: fields = try delimited(.tabSeparated, .detected)
    case .tabSeparatedWithNames: fields = try delimited(.tabSeparated, .names)
    case .tabSeparatedWithNamesAndTypes: fields = try delimited(.tabSeparated, .namesAndTypes)
    case .jsonEachRow: fields = try jsonObjects()
    case .jsonCompactEachRow: fields = try jsonArrays()
    case .native: fields = try NativeDecoder.fields(ofFirstBlock: sample)
    case .rowBinaryWithNamesAndTypes: fields = try RowBinaryDecoder.fields(ofHeader: sample)
    case .lineAsString: fields = [Field("line", .string)]
    case .jsonAsString: fields = [Field("json", .string)]
    default:
      throw FormatError(
        .badArguments,
        "the types of the columns are not told by format \(format.canonicalName); name the structure"
      )
    }
    guard !fields.isEmpty else { throw Self.empty }
    var names: Set<String> = []
    for field in fields where !names.insert(field.name).inserted {
      throw FormatError(
        .incorrectData, "Duplicate column name found while schema inference: '\(field.name)'")
    }
    return Schema(fields)
  }

  private static let empty = FormatError(
    .cannotExtractTableStructure,
    "The table structure cannot be extracted: there are no rows; name the structure")

  // MARK: CSV and TabSeparated

  private enum Dialect { case csv, tabSeparated }
  private enum Header { case detected, names, namesAndTypes }

  private func delimited(_ dialect: Dialect, _ header: Header) throws(FormatError) -> [Field] {
    var lines = DelimitedLines(
      sample, isWhole: isWhole, isCSV: dialect == .csv, delimiter: options.csvDelimiter)
    let skipped = dialect == .csv ? options.csvLinesToSkip : options.tsvLinesToSkip
    for _ in 0..<skipped { _ = lines.next() }
    guard let first = lines.next() else { throw Self.empty }
    var names: [String]?
    var types: [InferredType] = []
    switch header {
    case .names: names = texts(first, dialect)
    case .namesAndTypes:
      guard let second = lines.next() else { throw Self.empty }
      return try typed(texts(first, dialect), texts(second, dialect))
    case .detected:
      let detects = dialect == .csv ? options.detectsCSVHeader : options.detectsTSVHeader
      let looks = first.map { inferred($0, dialect) }
      let second = lines.next()
      let below = second?.map { inferred($0, dialect) }
      // Words above what is not all words are names.
      if detects, let below, looks.allSatisfy({ $0 == .string }),
        below.contains(where: { $0 != .string })
      {
        names = texts(first, dialect)
      } else {
        types = looks
      }
      if let below { try add(below, to: &types) }
    }
    var count = 0
    while count < Self.rowsMax, let cells = lines.next() {
      count += 1
      guard types.isEmpty || cells.count == types.count else {
        throw Self.uneven(cells.count, types.count)
      }
      // A string stays one whatever comes.
      try add(
        cells.enumerated().map { position, cell in
          !types.isEmpty && types[position] == .string ? .string : inferred(cell, dialect)
        }, to: &types)
    }
    guard let names else {
      return types.enumerated().map { Field("c\($0 + 1)", $1.type(.text)) }
    }
    guard !types.isEmpty else { throw Self.empty }
    guard types.count == names.count else { throw Self.uneven(types.count, names.count) }
    return zip(names, types).map { Field($0, $1.type(.text)) }
  }

  private static func uneven(_ found: Int, _ wanted: Int) -> FormatError {
    FormatError(
      .cannotExtractTableStructure,
      "The table structure cannot be extracted: a row has \(found) values and another \(wanted)")
  }

  private func add(_ row: [InferredType], to types: inout [InferredType]) throws(FormatError) {
    if types.isEmpty { types = row.map { _ in .nothing } }
    guard row.count == types.count else { throw Self.uneven(row.count, types.count) }
    for (position, type) in row.enumerated() {
      types[position] = InferredType.common(types[position], type, .text) ?? .string
    }
  }

  private func inferred(_ cell: ArraySlice<UInt8>, _ dialect: Dialect) -> InferredType {
    dialect == .csv ? TextInference.csvCell(cell) : TextInference.tabSeparatedCell(cell)
  }

  private func texts(_ cells: [ArraySlice<UInt8>], _ dialect: Dialect) -> [String] {
    cells.map { cell in
      if dialect == .csv { return String(decoding: TextInference.csvText(cell), as: UTF8.self) }
      return String(decoding: unescapedCell(cell), as: UTF8.self)
    }
  }

  /// A cell of TabSeparated without its escapes, as the reader of rows takes it.
  private func unescapedCell(_ cell: ArraySlice<UInt8>) -> [UInt8] {
    let bytes = Array(cell)
    do throws(FormatError) {
      var builder = try TextColumnBuilder(.string)
      try builder.appendEscaped(bytes.span, 0, bytes.count, .refuse)
      if case .bytes(let text) = builder.finish().value(at: 0) { return text }
    } catch {
      // The reader of rows will say what is wrong with it.
    }
    return bytes
  }

  private func typed(_ names: [String], _ types: [String]) throws(FormatError) -> [Field] {
    guard names.count == types.count else { throw Self.uneven(types.count, names.count) }
    var fields: [Field] = []
    for (name, type) in zip(names, types) {
      do throws(TypeNameError) {
        fields.append(Field(name, try DataType.parse(type)))
      } catch {
        throw FormatError(error.code, error.message, column: name)
      }
    }
    return fields
  }

  // MARK: JSON

  private func jsonObjects() throws(FormatError) -> [Field] {
    var reader = JSONInference(sample)
    var fields: [InferredType.NamedType] = []
    var positions: [String: Int] = [:]
    var count = 0
    while count < Self.rowsMax {
      reader.skipBetweenObjects()
      guard !reader.isAtEnd, let row = try reader.object() else { break }
      count += 1
      for member in row {
        guard let position = positions[member.name] else {
          positions[member.name] = fields.count
          fields.append(member)
          continue
        }
        let known = fields[position].type
        guard let type = InferredType.common(known, member.type, .json) else {
          throw noCommonType(member.name, known, member.type)
        }
        fields[position].type = type
      }
    }
    return fields.map { Field($0.name, $0.type.type(.json)) }
  }

  private func jsonArrays() throws(FormatError) -> [Field] {
    var reader = JSONInference(sample)
    var types: [InferredType] = []
    var count = 0
    while count < Self.rowsMax {
      reader.skipBetweenArrays()
      guard !reader.isAtEnd, let row = try reader.array() else { break }
      count += 1
      if types.isEmpty { types = row.map { _ in .nothing } }
      guard row.count == types.count else { throw Self.uneven(row.count, types.count) }
      for (position, found) in row.enumerated() {
        guard let type = InferredType.common(types[position], found, .json) else {
          throw noCommonType("c\(position + 1)", types[position], found)
        }
        types[position] = type
      }
    }
    return types.enumerated().map { Field("c\($0 + 1)", $1.type(.json)) }
  }

  private func noCommonType(_ name: String, _ one: InferredType, _ other: InferredType)
    -> FormatError
  {
    FormatError(
      .cannotExtractTableStructure,
      "The table structure cannot be extracted: column \(name) holds \(one.type(.json)) in one row and "
        + "\(other.type(.json)) in another; name the structure")
  }
}

/// The lines of delimited text as cells with their quotes and escapes. Blank lines are passed by.
private struct DelimitedLines {
  private let bytes: [UInt8]
  private let isWhole: Bool
  private let isCSV: Bool
  private let delimiter: UInt8
  private var at = 0
  private var quoting: CSVQuoting

  init(_ bytes: [UInt8], isWhole: Bool, isCSV: Bool, delimiter: UInt8) {
    self.bytes = bytes
    self.isWhole = isWhole
    self.isCSV = isCSV
    self.delimiter = delimiter
    quoting = CSVQuoting(delimiter: delimiter)
  }

  mutating func next() -> [ArraySlice<UInt8>]? {
    while at < bytes.count {
      let start = at
      let isEnded = moveBehindLine()
      guard isEnded || isWhole else { return nil }
      var end = isEnded ? at - 1 : at
      if end > start, bytes[end - 1] == 0x0D { end -= 1 }
      if end > start { return cells(start, end) }
    }
    return nil
  }

  private mutating func moveBehindLine() -> Bool {
    if isCSV {
      // The span of a property would hold all of `self`.
      let bytes = bytes
      var (scan, position) = (quoting, at)
      defer { (quoting, at) = (scan, position) }
      return scan.scan(bytes.span, &position, bytes.count)
    }
    while at < bytes.count {
      at += 1
      if bytes[at - 1] == 0x0A { return true }
      if bytes[at - 1] == 0x5C, at < bytes.count { at += 1 }
    }
    return false
  }

  private func cells(_ start: Int, _ end: Int) -> [ArraySlice<UInt8>] {
    var cells: [ArraySlice<UInt8>] = []
    var from = start
    while true {
      let to =
        isCSV
        ? csvCellEnd(bytes.span, from, end, delimiter: delimiter)
        : tabSeparatedCellEnd(bytes.span, from, end, hasEscapes: true)
      cells.append(bytes[from..<to])
      if to == end { return cells }
      from = to + 1
    }
  }
}
