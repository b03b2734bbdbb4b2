/// Between statements and what the manifest keeps. What a table may look like is the binder's to say.
import TickColumns
import TickSQL
import TickStorage

extension TableDefinition {
  /// The definition that a statement asks for. Field ids count from 1 in the order of the columns.
  init(
    _ statement: CreateTableStatement, id: TableID, currentDatabase: String
  ) throws(SQLError) {
    let specification = try Binder.bindCreateTable(statement)
    let fields = Self.fields(specification.columns)
    self.init(
      id: id, database: specification.name.database ?? currentDatabase,
      name: specification.name.name, fields: fields,
      orderBy: specification.orderBy, partitionBy: specification.partitionBy,
      engine: specification.engine, deduplicateBy: specification.deduplicateBy,
      candles: specification.candles.map { CandleColumns($0, fields) },
      comment: specification.comment)
    deduplicateKeep = DeduplicateKeep(specification.deduplicateKeep)
    ttl = specification.ttl
    ttlOnlyDropsParts = specification.ttlOnlyDropsParts
  }

  /// The view that a statement asks for.
  init(
    _ statement: CreateViewStatement, id: TableID, _ context: QueryContext
  ) throws(SQLError) {
    let (query, columns) = try Binder.bindCreateView(statement, context)
    self.init(
      id: id, database: statement.name.database ?? context.currentDatabase,
      name: statement.name.name, fields: Self.fields(columns), orderBy: [], engine: "View",
      comment: statement.comment ?? "", query: query.formatted(.operators))
  }

  private static func fields(_ columns: [ColumnSpecification]) -> [TableField] {
    columns.enumerated().map { position, column in
      TableField(
        id: UInt32(position + 1), name: column.name, type: column.type, codec: column.codec,
        origin: column.origin.map(FieldOrigin.init), comment: column.comment)
    }
  }

  /// True when some column has a DEFAULT, MATERIALIZED, ALIAS or EPHEMERAL clause.
  var hasOrigins: Bool { fields.contains { $0.origin != nil } }

  /// What computes the columns that nobody gives; nil where all of them hold the defaults of their types.
  func defaults(_ context: QueryContext) throws(SQLError) -> ColumnDefaults? {
    guard hasOrigins else { return nil }
    var columns: [DefinedColumn] = []
    for field in fields {
      columns.append(
        DefinedColumn(
          name: field.name, type: field.type, origin: try field.origin?.parsed(at: 0..<0)))
    }
    return try ColumnDefaults(columns, context)
  }

  /// The names of the columns that candles are made of.
  func names(of candles: CandleColumns) -> [String] {
    candles.fieldIDs.compactMap { id in fields.first { $0.id == id }?.name }
  }

  // MARK: As statements

  /// The columns as a statement would define them, all in one place of the statement that asks.
  func columnDefinitions(at range: SourceRange) throws(SQLError) -> [ColumnDefinition] {
    var columns: [ColumnDefinition] = []
    for field in fields {
      var column = ColumnDefinition(
        name: field.name, typeText: field.type.description, typeRange: range,
        codecText: field.codec.map { "CODEC(\($0))" })
      column.origin = try field.origin?.parsed(at: range)
      column.comment = field.comment.isEmpty ? nil : field.comment
      columns.append(column)
    }
    return columns
  }

  /// The CREATE TABLE that would make this table.
  func createTableStatement(at range: SourceRange) throws(SQLError) -> CreateTableStatement {
    var order: [Expression] = []
    for text in orderBy { order.append(try Parser.parseExpression(text, at: range)) }
    var statement = CreateTableStatement(
      name: QualifiedName(database: database, name: name, range: range), ifNotExists: false,
      columns: try columnDefinitions(at: range), engine: engine, orderBy: order,
      partitionBy: try partitionBy.map { (text) throws(SQLError) in
        try Parser.parseExpression(text, at: range)
      })
    if !deduplicateBy.isEmpty {
      let names = deduplicateBy.joined(separator: ", ")
      statement.settings.append(
        SettingAssignment(name: "deduplicate_by", value: names, range: range))
    }
    if deduplicateKeep != .first {
      statement.settings.append(
        SettingAssignment(
          name: "deduplicate_keep", value: deduplicateKeep.keeping.rawValue, range: range))
    }
    if let candles {
      let names = names(of: candles).joined(separator: ", ")
      statement.settings.append(SettingAssignment(name: "candles", value: names, range: range))
    }
    if ttlOnlyDropsParts {
      statement.settings.append(
        SettingAssignment(name: "ttl_only_drop_parts", value: "1", range: range))
    }
    statement.ttl = try ttl.map { (text) throws(SQLError) in
      try Parser.parseExpression(text, at: range)
    }
    statement.comment = comment.isEmpty ? nil : comment
    return statement
  }

  /// When rows expire; nil where they do not.
  func timeToLive() throws(SQLError) -> TimeToLive? {
    try ttl.map { (text) throws(SQLError) in
      try TimeToLive(Parser.parseExpression(text), over: schema)
    }
  }

  /// The statement that would make this table or view, in ClickHouse's layout.
  func createStatement() throws(SQLError) -> String {
    guard let query else { return try createTableStatement(at: 0..<0).formatted(.operators) }
    guard case .select(let select) = try Parser.parse(query) else {
      throw SQLError(.incorrectQuery, "View \(database).\(name) holds no query")
    }
    return CreateViewStatement(
      name: QualifiedName(database: database, name: name, range: 0..<0),
      columns: try columnDefinitions(at: 0..<0), comment: comment.isEmpty ? nil : comment,
      query: select
    ).formatted(.operators)
  }
}

extension CandleColumns {
  fileprivate init(_ specification: CandleSpecification, _ fields: [TableField]) {
    func id(_ name: String) -> UInt32 {
      guard let field = fields.first(where: { $0.name == name }) else {
        preconditionFailure("candles of '\(name)', which is no column")
      }
      return field.id
    }
    self.init(
      time: id(specification.time), price: id(specification.price),
      quantity: id(specification.quantity), side: specification.side.map(id),
      buy: specification.buy, identifier: specification.identifier.map(id))
  }
}

extension DeduplicateKeep {
  fileprivate init(_ keeping: DuplicateKeeping) {
    self =
      switch keeping {
      case .first: .first
      case .last: .last
      case .all: .all
      }
  }

  fileprivate var keeping: DuplicateKeeping {
    switch self {
    case .first: .first
    case .last: .last
    case .all: .all
    }
  }
}

extension FieldOrigin {
  init(_ origin: ColumnOrigin) {
    let kind: Kind =
      switch origin.kind {
      case .value: .value
      case .materialized: .materialized
      case .alias: .alias
      case .ephemeral: .ephemeral
      }
    self.init(kind, origin.expression?.formatted(.operators) ?? "")
  }

  func parsed(at range: SourceRange) throws(SQLError) -> ColumnOrigin {
    let expression =
      self.expression.isEmpty ? nil : try Parser.parseExpression(self.expression, at: range)
    return ColumnOrigin(sqlKind, expression)
  }

  var sqlKind: ColumnOrigin.Kind {
    switch kind {
    case .value: .value
    case .materialized: .materialized
    case .alias: .alias
    case .ephemeral: .ephemeral
    }
  }
}
