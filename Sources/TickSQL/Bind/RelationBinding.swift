import TickColumns

/// What FROM comes to: a source, and the tables whose columns can be named.
struct BoundRelation {
  var source: BlockSource
  /// Conditions of a subquery that was taken into its outer query.
  var filter: [BoundExpression] = []
  var tables: [Scope.Table]
  /// Columns that a USING made one.
  var merged: [Scope.SourceColumn] = []
}

/// Binds FROM.
struct RelationBinding {
  let builder: ExpressionBuilder
  let environment: QueryEnvironment
  /// Of the SELECT, which conditions of joins may name.
  let aliases: [String: Expression]

  init(
    _ builder: ExpressionBuilder, _ environment: QueryEnvironment, aliases: [String: Expression]
  ) {
    self.builder = builder
    self.environment = environment
    self.aliases = aliases
  }

  func bind(_ from: TableExpression?) throws(SQLError) -> BoundRelation {
    switch from {
    case nil:
      return table(
        GeneratedTable.one, QualifiedTable("system", "one"), qualifiers: [], isImplicit: true)
    case .table(let name, let alias, let modifiers)?: return try bind(name, alias, modifiers)
    case .function(let name, let arguments, let alias, let range)?:
      let source = try TableFinder.generated(name, arguments, range, builder, environment)
      return table(
        source, QualifiedTable("", name), qualifiers: alias.map { [[$0]] } ?? [], isImplicit: false)
    case .subquery(let query, let alias)?:
      let plan = try QueryBinding(builder, environment).nested(query)
      return relation(plan, qualifiers: alias.map { [[$0]] } ?? [])
    case .join(let join)?: return try JoinBinding(join, self).relation()
    case .arrayJoin(let left, let isLeft, let arrays, let range)?:
      return try arrayJoin(left, isLeft: isLeft, arrays, at: range.lowerBound)
    }
  }

  private func bind(
    _ name: QualifiedName, _ alias: String?, _ modifiers: TableModifiers
  ) throws(SQLError) -> BoundRelation {
    let place = name.range.lowerBound
    if modifiers.sample != nil {
      throw SQLError(
        .samplingNotSupported, "Table \(name.name) has no SAMPLE BY, so it cannot be sampled",
        at: place)
    }
    if modifiers.isFinal {
      throw SQLError(.illegalFinal, "Table \(name.name) doesn't support FINAL", at: place)
    }
    if name.database == nil, let plan = environment.plan(named: name.name) {
      return relation(plan, qualifiers: [[name.name]])
    }
    if name.database == nil, let (query, outer) = environment.query(named: name.name) {
      let plan = try QueryBinding(builder, outer).nested(query)
      return relation(plan, qualifiers: [[alias ?? name.name]])
    }
    let (source, qualified) = try TableFinder.find(
      name, builder.context, queryNames: environment.queryNames)
    let own = [[qualified.name], [qualified.database, qualified.name]]
    let qualifiers = alias.map { [[$0]] } ?? own
    if let view = source.view {
      return relation(try plan(of: view, qualified, at: name.range), qualifiers: qualifiers)
    }
    var relation = table(source, qualified, qualifiers: qualifiers, isImplicit: false)
    if !source.aliases.isEmpty {
      try addAliases(source.aliases, to: &relation.tables[0], at: name.range)
    }
    return relation
  }

  /// The rows of a view: its columns by name out of its query, which knows nothing of the queries around it.
  private func plan(
    of view: ViewDefinition, _ name: QualifiedTable, at range: SourceRange
  ) throws(SQLError) -> QueryPlan {
    let inner = try environment.entering(name, at: range.lowerBound)
    let binding = QueryBinding(builder, inner)
    do throws(SQLError) {
      guard case .select(let query) = try Parser.parse(view.query) else {
        throw SQLError(.incorrectQuery, "it is no query")
      }
      let plan = try binding.nested(QueryRewriter(place: range).rewritten(query))
      let found = plan.schema.fields
      if found == view.fields { return plan }
      var outputs: [BoundExpression] = []
      for field in view.fields {
        guard let position = found.firstIndex(where: { $0.name == field.name }) else {
          throw SQLError(
            .unknownIdentifier, "Unknown expression identifier `\(field.name)`",
            at: range.lowerBound, hint: NearestName.hint(for: field.name, among: found.map(\.name)))
        }
        let column = builder.pool.column(position, found[position].type, name: field.name)
        outputs.append(try builder.cast(column, to: field.type))
      }
      return .select(
        SelectBlock(
          source: .query(plan), filter: [], outputs: outputs, schema: Schema(view.fields)))
    } catch {
      guard error.code != .infiniteLoop, error.code != .tooDeepRecursion else { throw error }
      throw SQLError(
        error.code, "In the view \(name.database).\(name.name): \(error.message)",
        at: range.lowerBound, hint: error.hint)
    }
  }

  /// Columns that are expressions over the others, one of them perhaps over another.
  private func addAliases(
    _ aliases: [AliasColumn], to table: inout Scope.Table, at range: SourceRange
  ) throws(SQLError) {
    var waiting = aliases
    while !waiting.isEmpty {
      let scope = Scope(tables: [table], environment: QueryEnvironment())
      var binding = ExpressionBinding(scope, builder)
      var columns = table.columns
      var failure: SQLError?
      var left: [AliasColumn] = []
      for alias in waiting {
        do throws(SQLError) {
          let bound = try binding.bind(
            Parser.parseExpression(alias.expression, at: range), in: .plain("an ALIAS column"))
          columns.append(
            Scope.SourceColumn(
              alias.name, try builder.cast(bound, to: alias.type), isHidden: true))
        } catch {
          guard error.code == .unknownIdentifier else { throw error }
          failure = failure ?? error
          left.append(alias)
        }
      }
      if left.count == waiting.count, let failure { throw failure }
      table = Scope.Table(qualifiers: table.qualifiers, columns: columns)
      waiting = left
    }
  }

  private func table(
    _ table: any TableSource, _ name: QualifiedTable, qualifiers: [[String]], isImplicit: Bool
  ) -> BoundRelation {
    var fields = table.schema.fields
    if table.hasSequence, table.schema.position(of: SelectBlock.sequenceName) == nil {
      fields.append(Field(SelectBlock.sequenceName, .uint64))
    }
    let visible = table.schema.count
    let unlisted = table.unlisted
    let columns =
      isImplicit
      ? []
      : fields.enumerated().map { position, field in
        Scope.SourceColumn(
          field.name, builder.pool.column(position, field.type, name: field.name),
          isHidden: position >= visible || unlisted.contains(field.name))
      }
    return BoundRelation(
      source: .table(
        TableReference(table: table, name: name, fields: fields, isImplicit: isImplicit)),
      tables: [Scope.Table(qualifiers: qualifiers, columns: columns)])
  }

  /// The rows of a query as a table.
  private func relation(_ plan: QueryPlan, qualifiers: [[String]]) -> BoundRelation {
    if case .select(let inner) = plan, inner.isTransparent {
      // A subquery that only filters and computes is read as part of the outer query, so it runs in parallel
      // and its columns prune.
      let columns = inner.schema.fields.enumerated().map { position, field in
        Scope.SourceColumn(field.name, inner.outputs[position])
      }
      return BoundRelation(
        source: inner.source, filter: inner.filter,
        tables: [Scope.Table(qualifiers: qualifiers, columns: columns)])
    }
    let columns = plan.schema.fields.enumerated().map { position, field in
      Scope.SourceColumn(field.name, builder.pool.column(position, field.type, name: field.name))
    }
    return BoundRelation(
      source: .query(plan), tables: [Scope.Table(qualifiers: qualifiers, columns: columns)])
  }
}
