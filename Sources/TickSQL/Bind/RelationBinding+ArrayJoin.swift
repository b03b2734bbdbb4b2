import TickColumns

/// `FROM t ARRAY JOIN a, b AS x`: the rows of t, one for each element.
///
/// An array that is named without an alias becomes its element under the same name; one with an alias is seen beside
/// the columns of t and is no part of `*`.
extension RelationBinding {
  func arrayJoin(
    _ left: TableExpression, isLeft: Bool, _ arrays: [Expression], at place: Int
  ) throws(SQLError) -> BoundRelation {
    let inner = try bind(left)
    let scope = Scope(tables: inner.tables, merged: inner.merged, environment: environment)
    var binding = ExpressionBinding(scope, builder)
    // All columns of the tables, then the arrays.
    let known =
      inner.tables.flatMap { $0.columns.map(\.expression) } + inner.merged.map(\.expression)
    var outputs: [BoundExpression] = []
    var places: [ObjectIdentifier: Int] = [:]
    for column in known where places[ObjectIdentifier(column)] == nil {
      places[ObjectIdentifier(column)] = outputs.count
      outputs.append(column)
    }
    var elements: [Int] = []
    var named: [(name: String, place: Int)] = []
    var replaced: [ObjectIdentifier: Int] = [:]
    for array in arrays {
      var expression = array
      if case .alias(let inner, _) = array.kind { expression = inner }
      let bound = try binding.bind(expression, in: .plain("ARRAY JOIN"))
      guard bound.type.elementType != nil else {
        throw SQLError(
          .typeMismatch, "ARRAY JOIN requires array argument, not \(bound.type)",
          at: array.range.lowerBound)
      }
      let place = outputs.count
      outputs.append(bound)
      elements.append(place)
      if case .alias(_, let name) = array.kind {
        named.append((name, place))
      } else if places[ObjectIdentifier(bound)] != nil {
        replaced[ObjectIdentifier(bound)] = place
      }
    }
    let fields = outputs.enumerated().map { Field("c\($0)", $1.type) }
    let block = SelectBlock(
      source: inner.source, filter: inner.filter, outputs: outputs, schema: Schema(fields))
    let joined = try ArrayJoinRule(pool: builder.pool).apply(to: block)
    func column(_ place: Int, _ name: String) -> BoundExpression {
      let type = outputs[place].type
      return builder.pool.column(
        place, elements.contains(place) ? Unnesting.element(type) : type, name: name)
    }
    func moved(_ columns: [Scope.SourceColumn]) -> [Scope.SourceColumn] {
      columns.map { given in
        let id = ObjectIdentifier(given.expression)
        let place = named.last { $0.name == given.name }?.place ?? replaced[id] ?? places[id] ?? 0
        return Scope.SourceColumn(given.name, column(place, given.name), isHidden: given.isHidden)
      }
    }
    let tables = inner.tables.map {
      Scope.Table(qualifiers: $0.qualifiers, columns: moved($0.columns))
    }
    let aliases = named.map {
      Scope.SourceColumn($0.name, column($0.place, $0.name), isHidden: true)
    }
    let beside = aliases.isEmpty ? [] : [Scope.Table(qualifiers: [], columns: aliases)]
    return BoundRelation(
      source: .unnested(
        Unnesting(plan: .select(joined), arrays: elements, keepsEmpty: isLeft)),
      tables: tables + beside, merged: moved(inner.merged))
  }
}
