/// What `system.functions` and its neighbours tell of the language: the names that the binder and the parser know.
public struct FunctionFacts: Sendable {
  public let name: String
  public let isAggregate: Bool
  public let ignoresCase: Bool
  /// The name that this one stands for; empty for a name of its own.
  public let original: String
  public let arguments: String
  public let result: String
  public let summary: String
  /// The chapter of the reference.
  public let group: String
}

extension FunctionTable {
  /// All functions and aggregates with their other names, in the order of the names.
  public static let facts: [FunctionFacts] = {
    var out: [FunctionFacts] = []
    for function in scalars {
      for name in [function.name] + function.aliases {
        let isAlias = name != function.name
        out.append(
          FunctionFacts(
            name: name, isAggregate: false,
            ignoresCase: isAlias ? function.aliasesAnyCase : function.anyCase,
            original: isAlias ? function.name : "", arguments: function.arguments,
            result: function.result, summary: function.summary, group: function.group.rawValue))
      }
    }
    for function in AggregateFunction.all {
      for name in [function.name] + function.aliases {
        let isAlias = name != function.name
        out.append(
          FunctionFacts(
            name: name, isAggregate: true,
            ignoresCase: isAlias ? function.aliasesAnyCase : function.anyCase,
            original: isAlias ? function.name : "", arguments: function.arguments,
            result: function.result, summary: function.summary, group: "Aggregates"))
      }
    }
    return out.sorted { $0.name < $1.name }
  }()

  /// Suffixes of aggregate names.
  public static var combinators: [String] { Combinator.allCases.map(\.rawValue).sorted() }

  /// Table functions of FROM.
  public static var tableFunctions: [String] { TableFinder.functionNames }

  /// Words of the grammar.
  public static var keywords: [String] { Keyword.allCases.map(\.rawValue).sorted() }
}
