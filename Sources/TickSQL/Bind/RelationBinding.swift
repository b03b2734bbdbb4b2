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
    if name.database == nil, let (query, outer) = environment.query(named: name.name) {
      let plan = try QueryBinding(builder, outer).nested(query)
      return relation(plan, qualifiers: [[alias ?? name.name]])
    }
    let (source, qualified) = try TableFinder.find(
      name, builder.context, queryNames: environment.queryNames)
    let own = [[qualified.name], [qualified.database, qualified.name]]
    return table(
      source, qualified, qualifiers: alias.map { [[$0]] } ?? own, isImplicit: false)
  }

  private func table(
    _ table: any TableSource, _ name: QualifiedTable, qualifiers: [[String]], isImplicit: Bool
  ) -> BoundRelation {
    var fields = table.schema.fields
    if table.hasSequence, table.schema.position(of: SelectBlock.sequenceName) == nil {
      fields.append(Field(SelectBlock.sequenceName, .uint64))
    }
    let visible = table.schema.count
    let columns =
      isImplicit
      ? []
      : fields.enumerated().map { position, field in
        Scope.SourceColumn(
          field.name, builder.pool.column(position, field.type, name: field.name),
          isHidden: position >= visible)
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
