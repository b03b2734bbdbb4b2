import TickColumns

/// Finding the tables and table functions that FROM names.
enum TableFinder {
  static func find(
    _ name: QualifiedName, _ context: QueryContext, queryNames: [String] = []
  ) throws(SQLError) -> (any TableSource, QualifiedTable) {
    let database = name.database ?? context.currentDatabase
    let place = name.range.lowerBound
    if let table = known(name, context) { return (table, QualifiedTable(database, name.name)) }
    guard let tables = context.catalog.tables(in: database) ?? (database == "system" ? [] : nil)
    else {
      throw SQLError(
        .unknownDatabase, "Database \(database) does not exist", at: place,
        hint: NearestName.hint(for: database, among: context.catalog.databases))
    }
    let shown = name.database.map { "\($0).\(name.name)" } ?? name.name
    var known = database == "system" ? tables + GeneratedTable.systemNames : tables
    if name.database == nil { known += queryNames }
    throw SQLError(
      .unknownTable, "Unknown table expression identifier '\(shown)'", at: place,
      hint: NearestName.hint(for: name.name, among: known))
  }

  static func known(_ name: QualifiedName, _ context: QueryContext) -> (any TableSource)? {
    let database = name.database ?? context.currentDatabase
    if database == "system", let table = GeneratedTable.system(name.name) { return table }
    return context.catalog.table(database: database, name: name.name)
  }

  static let functionNames = ["numbers"]

  /// A table function that the catalog knows. A bare word among its arguments stands for itself, as in
  /// `file('x', CSV)`.
  private static func provided(
    _ name: String, _ arguments: [Expression], _ range: SourceRange, _ builder: ExpressionBuilder,
    _ environment: QueryEnvironment
  ) throws(SQLError) -> (any TableSource)? {
    var binding = ExpressionBinding(Scope(empty: environment), builder)
    var values: [Value] = []
    for argument in arguments {
      if case .identifier(let words) = argument.kind, words.count == 1 {
        values.append(.text(words[0]))
        continue
      }
      guard let value = try binding.bind(argument, in: .plain("a table function")).constant else {
        throw SQLError(
          .badArguments, "The arguments of table function \(name) must be constants",
          at: argument.range.lowerBound)
      }
      values.append(value)
    }
    do throws(SQLError) {
      return try builder.context.catalog.tableFunction(name, values)
    } catch {
      throw error.position == nil
        ? SQLError(error.code, error.message, at: range.lowerBound, hint: error.hint) : error
    }
  }

  /// `numbers(n)`, `numbers(first, n)`, `numbers(first, n, step)`.
  static func generated(
    _ name: String, _ arguments: [Expression], _ range: SourceRange, _ builder: ExpressionBuilder,
    _ environment: QueryEnvironment
  ) throws(SQLError) -> any TableSource {
    guard name == "numbers" else {
      if let table = try provided(name, arguments, range, builder, environment) { return table }
      throw SQLError(
        .unknownFunction, "Unknown table function \(name)", at: range.lowerBound,
        hint: NearestName.hint(for: name, among: ["numbers"]))
    }
    guard arguments.count <= 3 else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch, "Table function numbers takes up to three arguments",
        at: range.lowerBound)
    }
    var values: [UInt64] = []
    var binding = ExpressionBinding(Scope(empty: environment), builder)
    for argument in arguments {
      let bound = try binding.bind(argument, in: .plain("a table function"))
      guard case .uint(let value)? = bound.constant, bound.type.withoutNullable.isInteger else {
        throw SQLError(
          .illegalTypeOfArgument, "Table function numbers expects constant unsigned integers",
          at: argument.range.lowerBound)
      }
      values.append(value)
    }
    switch values.count {
    case 0: return GeneratedTable.numbers(from: 0, count: .max, step: 1)
    case 1: return GeneratedTable.numbers(from: 0, count: values[0], step: 1)
    case 2: return GeneratedTable.numbers(from: values[0], count: values[1], step: 1)
    default:
      guard values[2] > 0 else {
        throw SQLError(
          .badArguments, "The step of table function numbers must be positive",
          at: range.lowerBound)
      }
      // The second argument counts numbers passed over, as in ClickHouse.
      let count = values[1] / values[2] + (values[1] % values[2] == 0 ? 0 : 1)
      return GeneratedTable.numbers(from: values[0], count: count, step: values[2])
    }
  }
}
