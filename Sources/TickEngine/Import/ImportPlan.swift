/// What a file's rows become: which table, which parser, which constants.
import TickColumns
import TickFormats
import TickSQL
import TickStorage

/// Settled from the first bytes of a file, before any row is parsed.
struct ImportPlan: Sendable {
  let table: TableSnapshot
  let layout: TableLayout
  /// CSV rows may span lines, so chunks must not be cut inside quotes.
  let respectsQuotes: Bool
  /// What of the options shapes rows: part of the content's identity.
  let rowShape: String
  private let parser: Parser
  private let exchange: String?
  private let symbol: String?
  /// What computes columns that the file lacks; nil where they hold the defaults of their types.
  private let defaults: ColumnDefaults?
  /// The columns that the file or the options give.
  private let given: Set<String>

  private enum Parser: Sendable {
    case trades(BinanceTradesParser)
    case csv(GenericCSVParser)
  }

  /// - Parameter sample: the first `ExchangeFileDetector.sampleBytes` of the decompressed file.
  init(
    name file: String, sample: ArraySlice<UInt8>, options: ImportOptions, database: Database
  ) throws(EngineError) {
    let table = try Self.target(options, database: database)
    let (databaseName, tableName) = (table.definition.database, table.definition.name)
    self.table = table
    do throws(SQLError) {
      layout = try database.layout(of: table.definition)
      defaults = try table.definition.defaults(database.insertContext)
    } catch {
      throw EngineError(error)
    }
    do throws(FormatError) {
      switch try ExchangeFileDetector.detect(sample) {
      case .binanceTrades(let found):
        let wanted = Set(BinanceTradesParser.schema.fields.map(\.name) + ["exchange", "symbol"])
        guard wanted.isSubset(of: Set(layout.fields.map(\.name))) else {
          throw FormatError(
            .typeMismatch,
            "holds trades, which do not go into \(databaseName).\(tableName); leave out --table")
        }
        guard let symbol = options.symbol ?? ExchangeFileDetector.symbol(fileName: file) else {
          throw FormatError(
            .badArguments,
            "its name does not say the symbol (as BTCUSDT-trades-2024-08-08.csv does): give --symbol"
          )
        }
        parser = .trades(BinanceTradesParser(layout: found))
        self.symbol = symbol
        exchange = options.exchange ?? found.exchange(symbol: symbol)
        respectsQuotes = false
        given = wanted
      case .csv(let names):
        guard options.table != nil else {
          throw FormatError(
            .badArguments,
            "is CSV with the columns \(names.joined(separator: ", ")): name its --table")
        }
        parser = .csv(
          try GenericCSVParser(schema: table.definition.schema, names: names, hasHeader: true))
        for column in ["exchange", "symbol"] {
          let given = column == "exchange" ? options.exchange : options.symbol
          if given != nil, names.contains(column) {
            throw FormatError(
              .badArguments, "has a column \(column), so --\(column) cannot say another")
          }
          if given != nil, table.definition.schema.position(of: column) == nil {
            throw FormatError(.badArguments, "goes into a table without a column \(column)")
          }
        }
        exchange = options.exchange
        symbol = options.symbol
        respectsQuotes = true
        given = Set(
          names + (options.exchange == nil ? [] : ["exchange"])
            + (options.symbol == nil ? [] : ["symbol"]))
      }
    } catch {
      throw EngineError(error.code, "\(file) \(error.sentence)")
    }
    rowShape = "exchange=\(exchange ?? "")\nsymbol=\(symbol ?? "")\n"
  }

  /// The table that a file goes into. Throws 60 for an unknown one and 242 for a view.
  static func target(
    _ options: ImportOptions, database: Database
  ) throws(EngineError) -> TableSnapshot {
    let name = options.table ?? "trades"
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
    case .csv(let parser):
      parsed = parser.parse(chunk[...], isFirst: isFirst)
      given = table.definition.schema
    }
    let batch = parsed.batch
    let constants = ["exchange": exchange, "symbol": symbol]
    let columns = layout.fields.map { field -> Column in
      if let constant = constants[field.name] ?? nil {
        return Column(field.type, repeating: .text(constant), count: batch.rowCount)
      }
      guard let position = given.position(of: field.name) else {
        return Column(
          field.type, repeating: .defaultValue(of: field.type), count: batch.rowCount)
      }
      return batch.columns[position]
    }
    parsed.batch = Batch(columns, rowCount: batch.rowCount)
    return parsed
  }
}
