/// What a file's rows become: which table, which parser, which constants.
import TickColumns
import TickFormats
import TickSQL
import TickStorage

/// Settled from the first bytes of a file, before any row is parsed.
struct ImportPlan: Sendable {
  let table: TableSnapshot
  let layout: TableLayout
  /// What the file is.
  let file: FileLayout
  /// What all rows have in common, by column.
  let constants: [String: Value]
  /// The day of times of day, in days since 1970.
  let day: Int?
  /// What of the options shapes rows: part of the content's identity.
  let rowShape: String
  private let parser: Parser
  /// Of the file's times; nil where they are text.
  let timeUnit: TimeUnit?
  private let copiesReceipt: Bool
  private let looksForOddRows: Bool
  /// What computes columns that the file lacks; nil where they hold the defaults of their types.
  private let defaults: ColumnDefaults?
  /// The columns that the file or the options give.
  private let given: Set<String>

  private enum Parser: Sendable {
    case trades(BinanceTradesParser)
    case mapped(MappedParser)
  }

  /// - Parameters:
  ///   - file: the name that is asked for the symbol and the day.
  ///   - title: what messages call the file.
  ///   - sample: the first `LayoutDetector.sampleBytes` of the unpacked file.
  init(
    name file: String, title: String, sample: ArraySlice<UInt8>, options: ImportOptions,
    database: Database
  ) throws(EngineError) {
    do throws(FormatError) {
      let outline = try LayoutDetector.outline(sample, format: options.format)
      let known = options.columns == nil ? try LayoutDetector.layout(sample, outline) : nil
      guard let tableName = options.table ?? known?.table ?? options.columns.map({ _ in "trades" })
      else { throw Self.nameTheTable(outline) }
      let table: TableSnapshot
      do throws(EngineError) {
        table = try Self.target(tableName, database: database)
      } catch {
        throw FormatError(error.code, error.message)
      }
      do throws(SQLError) {
        layout = try database.layout(of: table.definition)
        defaults = try table.definition.defaults(database.insertContext)
      } catch {
        throw FormatError(error.code, error.message)
      }
      let schema = Schema(layout.fields.map { Field($0.name, $0.type) })
      var found: FileLayout
      if let columns = options.columns {
        found = try ColumnList.layout(columns, of: outline, table: schema)
      } else {
        found = try Self.choose(known, outline, options, table.definition, schema)
      }
      let symbol = try Self.symbol(found, options, file: file, schema)
      let exchange = try Self.exchange(found, options, symbol: symbol, schema)
      var zone: TimeZone?
      if let name = options.timeZone {
        guard let known = TimeZone.named(name) else {
          throw FormatError(.badArguments, "needs a time zone, and '\(name)' is none")
        }
        zone = known
      }
      let hasTimesOfDay = found.columns.contains {
        if case .timeOfDay = $0.reading { true } else { false }
      }
      var day: Int?
      if let date = options.date {
        guard let known = FileNames.day(of: date) else {
          throw FormatError(
            .badArguments, "needs a day, and '\(date)' is none: write --date YYYY-MM-DD")
        }
        guard hasTimesOfDay else {
          throw FormatError(.badArguments, "has no times of day, so --date says nothing about it")
        }
        day = known
      } else if hasTimesOfDay {
        day = FileNames.day(file)
      }
      let types = Set(schema.fields)
      if case .binanceTrades(let trades) = found.shape,
        BinanceTradesParser.schema.fields.allSatisfy({ types.contains($0) }), zone == nil
      {
        parser = .trades(BinanceTradesParser(layout: trades))
      } else {
        found.shape = Self.delimited(found.shape)
        parser = .mapped(try MappedParser(found, table: schema, zone: zone, day: day))
      }
      var constants: [String: Value] = [:]
      if let exchange { constants["exchange"] = .text(exchange) }
      if let symbol { constants["symbol"] = .text(symbol) }
      if let seconds = try Self.interval(found, parser, outline, sample, options, schema) {
        constants["interval_seconds"] = .uint(UInt64(seconds))
      }
      self.table = table
      self.file = found
      let time = found.columns.first { $0.column == "ts" }
      timeUnit = time.flatMap { mapping in
        guard outline.firstRow.indices.contains(mapping.cell) else { return nil }
        let digits = outline.firstRow[mapping.cell].filter { $0 != "\"" }.prefix { $0 != "." }
        return UInt64(digits).flatMap { TimeUnit(of: $0) }
      }
      self.constants = constants
      self.day = day
      let filled = Set(found.columns.map(\.column))
      let receipt = schema.position(of: "received_at").map { schema[$0].type }
      copiesReceipt =
        !found.isPlain && filled.contains("ts") && !filled.contains("received_at")
        && receipt != nil && receipt == schema.position(of: "ts").map { schema[$0].type }
      looksForOddRows = !found.isPlain && options.columns == nil
      var shape = "exchange=\(exchange ?? "")\nsymbol=\(symbol ?? "")\n"
      for (key, value) in [
        ("interval", options.interval.map { "\($0)" }), ("columns", options.columns),
        ("format", options.format), ("day", day.map { "\($0)" }), ("zone", options.timeZone),
      ] {
        if let value { shape += "\(key)=\(value)\n" }
      }
      rowShape = shape
      given = filled.union(constants.keys).union(copiesReceipt ? ["received_at"] : [])
    } catch {
      throw EngineError(error.code, "\(title) \(error.sentence)")
    }
  }

  /// The layout of a file whose columns the user did not name, for this table.
  private static func choose(
    _ known: FileLayout?, _ outline: LayoutDetector.Outline, _ options: ImportOptions,
    _ table: TableDefinition, _ schema: Schema
  ) throws(FormatError) -> FileLayout {
    let columns = Set(schema.fields.map(\.name))
    let isOwn = outline.hasNames && columns.isSuperset(of: outline.names)
    guard options.table != nil, isOwn || known == nil else {
      guard let known else { throw nameTheTable(outline) }
      if columns.isSuperset(of: known.columns.map(\.column)) { return known }
      throw FormatError(
        .typeMismatch,
        "holds \(known.title), which do not go into \(table.database).\(table.name); "
          + "leave out --table, or say what goes where with --columns")
    }
    guard outline.hasNames else { throw nameTheTable(outline) }
    var names = outline.names
    if outline.shape.isJSON, isOwn {
      // Later objects may have keys that the first has not.
      let given = ["exchange": options.exchange, "symbol": options.symbol]
      names = schema.fields.map(\.name).filter { given[$0] ?? nil == nil || names.contains($0) }
    }
    var layout = FileLayout(
      "the table's columns by name", table: nil, shape: outline.shape, names: names,
      columns: names.enumerated().map { ColumnMapping($1, $0) })
    layout.exchange = outline.names.contains("exchange") ? .column : .optional
    layout.symbol = outline.names.contains("symbol") ? .column : .optional
    layout.isPlain = true
    return layout
  }

  private static func nameTheTable(_ outline: LayoutDetector.Outline) -> FormatError {
    guard outline.hasNames else {
      return FormatError(
        .incorrectData,
        "begins with values and is in no known layout: say what its \(outline.names.count) columns "
          + "are with --columns, or put a header line before them")
    }
    return FormatError(
      .badArguments,
      "has the columns \(outline.names.joined(separator: ", ")), which no known layout has: "
        + "name its --table, and with --columns what goes where if the names differ")
  }

  /// Trade archives as any other file, for tables of other types.
  private static func delimited(_ shape: FileShape) -> FileShape {
    guard case .binanceTrades(let trades) = shape else { return shape }
    return .delimited(DelimitedShape(delimiter: 0x2C, hasHeader: trades.hasHeader))
  }

  private static func symbol(
    _ layout: FileLayout, _ options: ImportOptions, file: String, _ schema: Schema
  ) throws(FormatError) -> String? {
    switch layout.symbol {
    case .column:
      guard options.symbol == nil else {
        throw FormatError(.badArguments, "has a column symbol, so --symbol cannot say another")
      }
      return nil
    default:
      guard schema.position(of: "symbol") != nil else {
        guard options.symbol == nil else {
          throw FormatError(.badArguments, "goes into a table without a column symbol")
        }
        return nil
      }
      if let symbol = options.symbol ?? (layout.symbol == .fileName ? FileNames.symbol(file) : nil)
      {
        return symbol
      }
      if layout.symbol == .optional { return nil }
      throw FormatError(
        .badArguments,
        "its name does not say the symbol (as BTCUSDT-trades-2024-08-08.csv does): give --symbol")
    }
  }

  private static func exchange(
    _ layout: FileLayout, _ options: ImportOptions, symbol: String?, _ schema: Schema
  ) throws(FormatError) -> String? {
    if layout.exchange == .column {
      guard options.exchange == nil else {
        throw FormatError(.badArguments, "has a column exchange, so --exchange cannot say another")
      }
      return nil
    }
    guard schema.position(of: "exchange") != nil else {
      guard options.exchange == nil else {
        throw FormatError(.badArguments, "goes into a table without a column exchange")
      }
      return nil
    }
    if let exchange = options.exchange { return exchange }
    switch layout.exchange {
    case .fixed(let exchange): return exchange
    case .binanceFutures:
      return BinanceTradesLayout(columnCount: 6, hasHeader: false).exchange(symbol: symbol ?? "")
    case .optional: return nil
    default:
      throw FormatError(
        .badArguments,
        "holds \(layout.title), and its columns do not say the exchange: give --exchange "
          + "(binance, binance_usdm, binance_coinm, kraken, bitstamp, ...)")
    }
  }

  /// The seconds of one candle, for a table that wants them.
  private static func interval(
    _ layout: FileLayout, _ parser: Parser, _ outline: LayoutDetector.Outline,
    _ sample: ArraySlice<UInt8>, _ options: ImportOptions, _ schema: Schema
  ) throws(FormatError) -> Int? {
    let isWanted =
      schema.position(of: "interval_seconds") != nil
      && !layout.columns.contains { $0.column == "interval_seconds" }
    guard isWanted else {
      guard options.interval == nil else {
        throw FormatError(.badArguments, "holds no candles whose length --interval could say")
      }
      return nil
    }
    if let interval = options.interval { return interval }
    guard let rule = layout.interval, case .mapped(let mapped) = parser,
      let position = mapped.schema.position(of: "ts"),
      case .dateTime64(let precision, _) = mapped.schema[position].type
    else { return nil }
    let mark = sample.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let rows = mapped.parse(sample.dropFirst(mark), isFirst: true).batch
    guard case .int64(let times) = rows.columns[position].values else { return nil }
    var least = Int64.max
    for row in times.indices.dropFirst() {
      let (step, overflows) = times[row].subtractingReportingOverflow(times[row - 1])
      if !overflows, step > 0 { least = min(least, step) }
    }
    var second: Int64 = 1
    for _ in 0..<precision { second *= 10 }
    if least < .max, least % second == 0, least / second <= Int64(UInt32.max) {
      return Int(least / second)
    }
    if least == .max, case .closeTime(let cell) = rule,
      let open = layout.columns.first(where: { $0.column == "ts" })?.cell,
      outline.firstRow.indices.contains(max(cell, open)),
      let from = UInt64(outline.firstRow[open]), let to = UInt64(outline.firstRow[cell]),
      let unit = TimeUnit(of: from), to > from, to - from < UInt64(UInt32.max) * 1_000_000
    {
      let units = Int64(to - from + 1)
      let seconds = units / (1_000_000_000 / unit.nanoseconds)
      if seconds > 0, seconds <= Int64(UInt32.max) { return Int(seconds) }
    }
    throw FormatError(
      .badArguments, "does not show how long its candles are: give --interval, for example 1m")
  }

  /// The table that a request names. Throws 60 for an unknown one and 242 for a view.
  static func target(
    _ options: ImportOptions, database: Database
  ) throws(EngineError) -> TableSnapshot {
    try target(options.table ?? "trades", database: database)
  }

  private static func target(
    _ name: String, database: Database
  ) throws(EngineError) -> TableSnapshot {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    let (databaseName, tableName) =
      parts.count == 2 ? (parts[0], parts[1]) : (StandardTables.database, name)
    if let table = database.store.snapshot().table(database: databaseName, name: tableName) {
      guard table.definition.engine == "MergeTree" else {
        throw EngineError(
          .notImplemented,
          "Files cannot be imported into \(name), which is of engine \(table.definition.engine)")
      }
      return table
    }
    let isView = StandardTables.candles.contains { $0.name == tableName }
    throw EngineError(
      isView ? .tableIsReadOnly : .unknownTable,
      isView
        ? "\(name) is computed from trades and takes no rows; import the trades"
        : "Table \(databaseName).\(tableName) does not exist")
  }

  /// Rows whose other columns are computed, where the table says how; those of `parse` hold the defaults of types.
  func completed(_ batch: Batch) throws(SQLError) -> Batch {
    guard let defaults else { return batch }
    let fields = table.definition.fields
    let stored = fields.indices.filter { fields[$0].isStored }
    var columns = [Column?](repeating: nil, count: fields.count)
    for (position, column) in zip(stored, batch.columns) where given.contains(fields[position].name)
    {
      columns[position] = column
    }
    try defaults.complete(&columns, wanted: Set(stored), rowCount: batch.rowCount)
    return Batch(stored.compactMap { columns[$0] }, rowCount: batch.rowCount)
  }

  /// Parses a chunk into rows with all columns of the table.
  func parse(_ chunk: [UInt8], isFirst: Bool) -> ParsedChunk {
    var parsed: ParsedChunk
    let given: Schema
    switch parser {
    case .trades(let parser):
      parsed = parser.parse(chunk[...], isFirst: isFirst)
      given = BinanceTradesParser.schema
    case .mapped(let parser):
      parsed = parser.parse(chunk[...], isFirst: isFirst)
      given = parser.schema
    }
    if looksForOddRows { parsed.findNotices(given) }
    let batch = parsed.batch
    let columns = layout.fields.map { field -> Column in
      if let constant = constants[field.name] {
        return Column(field.type, repeating: constant, count: batch.rowCount)
      }
      if let position = given.position(of: field.name) { return batch.columns[position] }
      if field.name == "received_at", copiesReceipt, let ts = given.position(of: "ts") {
        return batch.columns[ts]
      }
      return Column(
        field.type, repeating: .defaultValue(of: field.type), count: batch.rowCount)
    }
    parsed.batch = Batch(columns, rowCount: batch.rowCount)
    return parsed
  }
}
