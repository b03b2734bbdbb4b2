import TickColumns

/// What a query inherits from the queries around it: the names that their WITH clauses give.
///
/// A list that grows inwards, so that a query sees what was named before it and never itself.
final class QueryEnvironment {
  enum Meaning {
    /// Bound anew wherever the name stands, in the environment in which it was written.
    case query(QueryStatement, QueryEnvironment)
    case expression(Expression)
    /// Bound already: what a subquery is joined with.
    case plan(QueryPlan)
  }
  private let parent: QueryEnvironment?
  private let name: String
  private let meaning: Meaning?
  let budget: BindingBudget
  /// The views around, the outermost first.
  private var views: [QualifiedTable] = []

  /// What the SETTINGS of a subquery around made of the statement's; nil: nothing.
  private(set) var options: QueryOptions?

  /// The outermost one: nothing is named.
  init() {
    parent = nil
    name = ""
    meaning = nil
    budget = BindingBudget()
  }

  private init(_ parent: QueryEnvironment, _ name: String, _ meaning: Meaning) {
    self.parent = parent
    self.name = name
    self.meaning = meaning
    budget = parent.budget
    views = parent.views
    options = parent.options
  }

  private init(_ parent: QueryEnvironment, _ options: QueryOptions) {
    self.parent = parent
    name = ""
    meaning = nil
    budget = parent.budget
    views = parent.views
    self.options = options
  }

  private init(views: [QualifiedTable], _ budget: BindingBudget) {
    parent = nil
    name = ""
    meaning = nil
    self.budget = budget
    self.views = views
  }

  /// Inside of a subquery with SETTINGS. A query named by WITH outside of it keeps what it was written under.
  func under(_ options: QueryOptions) -> QueryEnvironment { QueryEnvironment(self, options) }

  /// Inside of a view: no names of the queries around are seen, only their budget is shared.
  ///
  /// Throws 269 where the view is around already, 306 where views stand on views too deep.
  func entering(_ view: QualifiedTable, at place: Int) throws(SQLError) -> QueryEnvironment {
    guard !views.contains(view) else {
      throw SQLError(
        .infiniteLoop, "View \(view.database).\(view.name) selects from itself", at: place)
    }
    guard views.count < Self.viewDepthMax else {
      throw SQLError(
        .tooDeepRecursion, "Views select from views more than \(Self.viewDepthMax) deep", at: place)
    }
    return QueryEnvironment(views: views + [view], budget)
  }

  private static let viewDepthMax = 50

  /// The environment behind a WITH clause.
  func adding(_ items: [WithItem]) -> QueryEnvironment {
    var environment = self
    for item in items {
      switch item {
      case .query(let query, let name):
        environment = QueryEnvironment(environment, name, .query(query, environment))
      case .expression(let expression, let name):
        environment = QueryEnvironment(environment, name, .expression(expression))
      }
    }
    return environment
  }

  /// The environment in which a name that no text gives stands for rows.
  func adding(_ plan: QueryPlan, named name: String) -> QueryEnvironment {
    QueryEnvironment(self, name, .plan(plan))
  }

  func plan(named name: String) -> QueryPlan? {
    var next: QueryEnvironment? = self
    while let environment = next {
      if environment.name == name, case .plan(let plan)? = environment.meaning { return plan }
      next = environment.parent
    }
    return nil
  }

  func query(named name: String) -> (QueryStatement, QueryEnvironment)? {
    var next: QueryEnvironment? = self
    while let environment = next {
      if environment.name == name, case .query(let query, let outer)? = environment.meaning {
        return (query, outer)
      }
      next = environment.parent
    }
    return nil
  }

  func expression(named name: String) -> Expression? {
    var next: QueryEnvironment? = self
    while let environment = next {
      if environment.name == name, case .expression(let expression)? = environment.meaning {
        return expression
      }
      next = environment.parent
    }
    return nil
  }

  /// Names of queries, for hints.
  var queryNames: [String] {
    var names: [String] = []
    var next: QueryEnvironment? = self
    while let environment = next {
      if case .query? = environment.meaning { names.append(environment.name) }
      next = environment.parent
    }
    return names
  }
}

/// How much one statement may be bound: a query under a name is bound wherever the name stands, so a short text
/// could ask for endless work.
final class BindingBudget {
  /// SELECTs bound for one statement (168).
  static let selectsMax = 2_000
  private var selects = 0

  func countSelect(at place: Int) throws(SQLError) {
    selects += 1
    guard selects <= Self.selectsMax else {
      throw SQLError(
        .tooBigAst,
        "Query is too big: with the queries that names stand for it has more than "
          + "\(Self.selectsMax) SELECTs", at: place)
    }
  }
}
