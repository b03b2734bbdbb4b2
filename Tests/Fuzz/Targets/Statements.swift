/// Statements: lexer, parser, binder, rules and execution over a small catalog.
import Glibc
import TickColumns
import TickSQL

private let moment: Int64 = 1_710_078_442_500_000_000

/// Statements over a wide table, a table of trades and tables that functions make.
func readStatement(_ input: [UInt8]) {
  check(input, parameters: [:])
}

/// A statement up to the first zero byte, then the values of its parameters `a` to `d`, each behind a zero byte.
func readParameters(_ input: [UInt8]) {
  var parts = input.split(separator: 0, omittingEmptySubsequences: false)
  let text = Array(parts.removeFirst())
  let parameters = Dictionary(
    zip(["a", "b", "c", "d"], parts.map { Array($0) }), uniquingKeysWith: { first, _ in first })
  check(text, parameters: parameters)
}

private func check(_ text: [UInt8], parameters: [String: [UInt8]]) {
  do throws(SQLError) {
    let statement = try Parser.parse(text, parameters: parameters)
    checkText(of: statement)
    switch statement {
    case .select(let query): try run(query)
    case .explain(let kind, let query, _): _ = try Binder.explain(kind, query, context())
    case .createTable(let table): try bindKeys(of: table)
    case .insert(let insert):
      if case .query(let query) = insert.source {
        _ = try Binder.bind(query, into: FuzzSchema.narrow.fields, context())
      }
    default: break
    }
  } catch {
    require(!error.message.isEmpty, "an error without a sentence")
    if let place = error.position {
      require((0...text.count).contains(place), "an error outside the text, at \(place)")
    }
  }
}

/// What a statement is written as reads as a statement that is written alike.
private func checkText(of statement: Statement) {
  for style in [SQLTextStyle.calls, .operators] {
    let written = statement.formatted(style)
    if written.utf8.count > ParserLimits.textBytesMax { continue }
    do throws(SQLError) {
      let again = try Parser.parse(written).formatted(style)
      require(again == written, "a statement changes when written and read: \(written) \(again)")
    } catch {
      // The written form is longer and deeper than what was read; the limits hold for it, too.
      require(
        [.tooDeepRecursion, .tooBigAst].contains(error.code),
        "a written statement does not read: \(error.message): \(written)")
    }
  }
}

private func run(_ query: QueryStatement) throws(SQLError) {
  let execution = try Binder.bind(query, context()).execute()
  var rows = 0
  while let batch = try execution.next() {
    require(batch.rowCount > 0, "an empty batch of a result")
    require(
      batch.columns.map(\.type) == execution.schema.fields.map(\.type),
      "columns of other types than the result's")
    _ = encoded([batch], execution.schema, .jsonCompactEachRow)
    rows += batch.rowCount
  }
  require(rows == execution.statistics.resultRows, "the rows of a result are counted wrongly")
}

private func bindKeys(of table: CreateTableStatement) throws(SQLError) {
  var fields: [Field] = []
  for column in table.columns {
    guard let type = try? DataType.parse(column.typeText) else { return }
    fields.append(Field(column.name, type))
  }
  for expression in table.orderBy + (table.partitionBy.map { [$0] } ?? []) {
    _ = try Binder.bind(expression, over: Schema(fields), context())
  }
}

/// Ends after half a second or 64 MiB: what is asked for may be endless, what is done must not be.
private func context() -> QueryContext {
  let began = milliseconds()
  var context = QueryContext(
    catalog: FuzzCatalog(), isCancelled: { milliseconds() - began > 500 },
    limits: QueryLimits(memoryBytesMax: 64 << 20, resultRowsMax: 10_000, readRowsMax: 1_000_000),
    now: moment, random: { 0x9E37_79B9_7F4A_7C15 })
  context.options.unionDefault = .all
  return context
}

private func milliseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}

/// `trades` and `wide`, of a few rows each.
private struct FuzzCatalog: Catalog {
  static let content: [String: FewRows] = [
    "trades": FewRows(schema: FuzzSchema.narrow), "wide": FewRows(schema: FuzzSchema.wide),
  ]

  var databases: [String] { ["default"] }
  func tables(in database: String) -> [String]? {
    database == "default" ? Self.content.keys.sorted() : nil
  }
  func table(database: String, name: String) -> (any TableSource)? {
    database == "default" ? Self.content[name] : nil
  }
}

private struct FewRows: TableSource {
  let schema: Schema
  let batch: Batch

  init(schema: Schema) {
    self.schema = schema
    batch = FuzzSchema.sample(schema)
  }

  var hasSequence: Bool { true }

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    let columns = request.columns.map { name in
      schema.position(of: name).map { batch.columns[$0] }
        ?? Column(.uint64, .uint64((0..<batch.rowCount).map { UInt64($0) }))
    }
    return OneMorsel(batch: Batch(columns, rowCount: batch.rowCount))
  }
}

private struct OneMorsel: TableScan {
  let batch: Batch
  var morselCount: Int { 1 }
  var rowEstimate: Int { batch.rowCount }
  var explanation: [String] { [] }
  func read(morsel: Int, _ body: (Batch) throws(SQLError) -> Bool) throws(SQLError) {
    _ = try body(batch)
  }
}
