/// Values that nobody gave: the DEFAULT, MATERIALIZED, ALIAS and EPHEMERAL expressions of a table's columns.
///
/// Invariants:
/// 1. `order` holds every column behind those that its expression reads, so one pass over it computes them all and no
///    step recurses.
/// 2. An expression runs for the rows that ask for it only: it may fail for others.
public import TickColumns

/// A column of a table with what it takes where nothing is given.
public struct DefinedColumn: Sendable {
  public var name: String
  /// Nil where the expression decides.
  public var type: DataType?
  public var origin: ColumnOrigin?

  public init(name: String, type: DataType?, origin: ColumnOrigin?) {
    self.name = name
    self.type = type
    self.origin = origin
  }
}

public final class ColumnDefaults: Sendable {
  /// The columns with their types, all of them: those that are not stored too.
  public let fields: [Field]
  /// Over the columns by position, already of the column's type; nil for the default of the type.
  private let expressions: [BoundExpression?]
  /// Positions that each expression reads.
  private let inputs: [Set<Int>]
  private let order: [Int]

  /// Throws 47 and the like for what cannot be bound, 116 for a query, 174 for expressions that need each other.
  public init(_ columns: [DefinedColumn], _ context: QueryContext) throws(SQLError) {
    let builder = ExpressionBuilder(context)
    var fields: [Field?] = columns.map { column in column.type.map { Field(column.name, $0) } }
    var expressions: [BoundExpression?] = Array(repeating: nil, count: columns.count)
    // A type that is left out is known once the expression is bound, which may read such columns itself.
    var waiting = columns.indices.filter { columns[$0].origin?.expression != nil }
    while !waiting.isEmpty {
      var failure: SQLError?
      var left: [Int] = []
      for position in waiting {
        do throws(SQLError) {
          let bound = try Self.bind(columns[position], fields, builder)
          expressions[position] = bound
          fields[position] = fields[position] ?? Field(columns[position].name, bound.type)
        } catch {
          guard error.code == .unknownIdentifier, fields.contains(where: { $0 == nil }) else {
            throw error
          }
          failure = failure ?? error
          left.append(position)
        }
      }
      if left.count == waiting.count, let failure { throw failure }
      waiting = left
    }
    let inputs = expressions.map { expression in
      expression.map { ExpressionWalk([$0]).columns } ?? []
    }
    self.fields = fields.compactMap { $0 }
    self.expressions = expressions
    self.inputs = inputs
    order = try Self.order(inputs, columns)
  }

  private static func bind(
    _ column: DefinedColumn, _ fields: [Field?], _ builder: ExpressionBuilder
  ) throws(SQLError) -> BoundExpression {
    guard let expression = column.origin?.expression else {
      preconditionFailure("a column without an expression")
    }
    if let place = expression.firstSubquery {
      throw SQLError(
        .thereIsNoDefaultValue, "Select query is not allowed in columns DEFAULT expression",
        at: place)
    }
    let known = fields.enumerated().compactMap { position, field in
      field.map {
        Scope.SourceColumn($0.name, builder.pool.column(position, $0.type, name: $0.name))
      }
    }
    let scope = Scope(
      tables: [Scope.Table(qualifiers: [], columns: known)], environment: QueryEnvironment())
    var binding = ExpressionBinding(scope, builder)
    let bound = try binding.bind(expression, in: .plain("a column's DEFAULT expression"))
    guard let type = column.type else { return bound }
    do throws(SQLError) {
      return try builder.cast(bound, to: type)
    } catch {
      throw SQLError(
        error.code,
        "\(column.name): default expression and column type are incompatible: "
          + error.message, at: error.position ?? expression.range.lowerBound)
    }
  }

  /// Depth first, without recursion: a chain may be as long as there are columns.
  private static func order(
    _ inputs: [Set<Int>], _ columns: [DefinedColumn]
  ) throws(SQLError) -> [Int] {
    enum Mark { case new, open, done }
    var marks = [Mark](repeating: .new, count: inputs.count)
    var order: [Int] = []
    for root in inputs.indices where marks[root] == .new {
      var stack = [root]
      while let position = stack.last {
        if marks[position] == .new {
          marks[position] = .open
          for input in inputs[position].sorted() where marks[input] != .done {
            guard marks[input] == .new else {
              throw SQLError(
                .cyclicAliases,
                "Cyclic DEFAULT expressions: columns \(columns[position].name) and "
                  + "\(columns[input].name) need each other",
                at: columns[position].origin?.expression?.range.lowerBound)
            }
            stack.append(input)
          }
        } else {
          stack.removeLast()
          guard marks[position] == .open else { continue }
          marks[position] = .done
          order.append(position)
        }
      }
    }
    return order
  }

  /// Positions of all columns that the expressions of a column read, those behind other columns included.
  public func sources(of position: Int) -> Set<Int> {
    var found: Set<Int> = []
    var open = inputs[position]
    while let next = open.popFirst() {
      if found.insert(next).inserted { open.formUnion(inputs[next]) }
    }
    return found
  }

  /// True when the column has an expression.
  public func isComputed(_ position: Int) -> Bool { expressions[position] != nil }

  /// What must be read so that `complete` gives the wanted columns: those that are there, and of the others what
  /// their expressions read.
  public func needed(for wanted: Set<Int>, present: Set<Int>) -> Set<Int> {
    var needed = wanted
    for position in order.reversed() where needed.contains(position) && !present.contains(position)
    {
      needed.formUnion(inputs[position])
    }
    return needed.intersection(present)
  }

  /// Fills what is missing of the wanted columns: each is the value of its expression, or the default of its type.
  ///
  /// - Parameter columns: by position; nil where there is nothing yet. Other columns may be filled on the way.
  /// - Parameter defaulted: of given columns the rows that take the expression all the same, ascending.
  public func complete(
    _ columns: inout [Column?], wanted: Set<Int>, defaulted: [Int: [Int32]] = [:], rowCount: Int
  ) throws(SQLError) {
    var needed = wanted
    for position in order.reversed() where needed.contains(position) {
      if columns[position] == nil || defaulted[position] != nil {
        needed.formUnion(inputs[position])
      }
    }
    for position in order where needed.contains(position) {
      if let given = columns[position] {
        guard let rows = defaulted[position], !rows.isEmpty,
          let expression = expressions[position]
        else { continue }
        let values = try expression.evaluate(batch(columns, rowCount).gather(rows))
        columns[position] = given.replacing(rows, with: values)
      } else if let expression = expressions[position] {
        columns[position] = try expression.evaluate(batch(columns, rowCount))
      } else {
        let type = fields[position].type
        columns[position] = Column(
          type, repeating: .defaultValue(of: type), count: rowCount)
      }
    }
  }

  /// A batch in which every column has its position; what nobody reads is empty.
  private func batch(_ columns: [Column?], _ rowCount: Int) -> Batch {
    let empty = Column(.nothing, .nothing(count: rowCount))
    return Batch(columns.map { $0 ?? empty }, rowCount: rowCount)
  }
}

extension Column {
  /// The column with other values in these rows, which ascend.
  fileprivate func replacing(_ rows: [Int32], with values: Column) -> Column {
    var positions = (0..<Int32(count)).map { $0 }
    for (place, row) in rows.enumerated() { positions[Int(row)] = Int32(count + place) }
    return Column.concatenate(type, [self, values.retyped(type)]).gather(positions)
  }
}

extension Expression {
  /// The first words of all names in it: columns, or parameters of lambdas.
  public var names: Set<String> {
    var names: Set<String> = []
    var open = [self]
    while let next = open.popLast() {
      switch next.kind {
      case .identifier(let parts): names.insert(parts[0])
      case .alias(let inner, _): open.append(inner)
      case .lambda(_, let body): open.append(body)
      case .call(let call): open += call.arguments + (call.parameters ?? [])
      case .literal, .matcher, .subquery: break
      }
    }
    return names
  }

  /// The expression with columns under other names.
  public func renamingColumns(_ renames: [String: String]) throws(SQLError) -> Expression {
    var rewriter = QueryRewriter()
    rewriter.renames = renames
    return try rewriter.rewritten(self)
  }

  /// Where something stands in it that is no constant: a name, a query, a list of columns.
  var firstInconstant: Int? {
    var open = [self]
    while let next = open.popLast() {
      switch next.kind {
      case .subquery, .identifier, .matcher, .lambda: return next.range.lowerBound
      case .alias(let inner, _): open.append(inner)
      case .call(let call): open += call.arguments + (call.parameters ?? [])
      case .literal: break
      }
    }
    return nil
  }

  /// Where a query stands in it.
  var firstSubquery: Int? {
    var open = [self]
    while let next = open.popLast() {
      switch next.kind {
      case .subquery: return next.range.lowerBound
      case .alias(let inner, _): open.append(inner)
      case .lambda(_, let body): open.append(body)
      case .call(let call): open += call.arguments + (call.parameters ?? [])
      case .literal, .identifier, .matcher: break
      }
    }
    return nil
  }
}
