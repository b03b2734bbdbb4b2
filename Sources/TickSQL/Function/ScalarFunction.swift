/// What a scalar function is: a name with ClickHouse's rules of case, a rule that settles types, and the
/// kernel which that rule picks. The table of all of them is `FunctionTable`.
import TickColumns

/// The chapter of `sql/functions.md` a function is shown in.
enum FunctionGroup: String, CaseIterable, Sendable {
  case arithmetic = "Arithmetic"
  case comparison = "Comparison"
  case logic = "Logic"
  case conditional = "Conditional and NULL"
  case conversion = "Conversion"
  case dateTime = "Dates and times"
  case math = "Mathematics"
  case random = "Random numbers"
  case text = "Strings"
  case regex = "Regular expressions"
  case json = "JSON"
  case hash = "Hashes"
  case address = "UUIDs and addresses"
  case array = "Arrays"
  case map = "Maps"
  case tuple = "Tuples and IN"
  case server = "Query and server"
}

/// One scalar function.
struct ScalarFunction: Sendable {
  let name: String
  let aliases: [String]
  /// Case-insensitive as in ClickHouse: the names that come from the SQL standard.
  let anyCase: Bool
  /// The aliases come from the SQL standard while the name does not.
  let aliasesAnyCase: Bool
  let group: FunctionGroup
  /// Arguments for the reference, for example `a, b`.
  let arguments: String
  let result: String
  let summary: String
  let arity: ClosedRange<Int>
  let traits: Traits
  let resolve: @Sendable (FunctionBinding) throws(SQLError) -> Resolution

  struct Traits: OptionSet, Sendable {
    let rawValue: Int
    /// The kernel may throw for some rows.
    static let mayThrow = Traits(rawValue: 1)
    /// The function handles NULL arguments itself; otherwise NULL in gives NULL out.
    static let ownNulls = Traits(rawValue: 2)
    /// The kernel takes dictionary codes as they are.
    static let ownCodes = Traits(rawValue: 4)
    /// Never folded: the kernel must see rows.
    static let perRow = Traits(rawValue: 8)
    /// The function knows every type itself; without it some come widened (`NumberWidening`).
    static let exactTypes = Traits(rawValue: 16)
    /// The first argument may be a lambda; its results come as `FunctionBinding.mapped`.
    static let takesLambda = Traits(rawValue: 32)
  }

  init(
    _ name: String, _ group: FunctionGroup, arguments: String, result: String, summary: String,
    arity: ClosedRange<Int>, aliases: [String] = [], anyCase: Bool = false,
    aliasesAnyCase: Bool = false, traits: Traits = [],
    resolve: @escaping @Sendable (FunctionBinding) throws(SQLError) -> Resolution
  ) {
    self.name = name
    self.group = group
    self.arguments = arguments
    self.result = result
    self.summary = summary
    self.arity = arity
    self.aliases = aliases
    self.anyCase = anyCase
    self.aliasesAnyCase = aliasesAnyCase || anyCase
    self.traits = traits
    self.resolve = resolve
  }
}

/// What settling a call comes to.
enum Resolution {
  /// Run this kernel over the arguments (as given, or replaced).
  case kernel(DataType, arguments: [BoundExpression]? = nil, mayThrow: Bool? = nil, Kernel)
  /// The call is another expression.
  case expression(BoundExpression)
  /// The call is this value, whatever the rows.
  case constant(Value, DataType)
}

/// A call being settled: argument types are without NULL and codes where the framework takes care of them.
struct FunctionBinding {
  let name: String
  let position: Int?
  let types: [DataType]
  let arguments: [BoundExpression]
  let builder: ExpressionBuilder
  /// What the lambda of the call gave for all elements, as an array; nil without a lambda.
  var mapped: BoundExpression?

  var count: Int { arguments.count }

  /// The zone of times whose type names none.
  var session: TimeZone { builder.context.sessionZone }

  func constant(_ i: Int) -> Value? { arguments[i].constant }

  func illegal(_ i: Int, _ wanted: String) -> SQLError {
    SQLError(
      .illegalTypeOfArgument,
      "Illegal type \(types[i]) of argument \(i + 1) of function \(name), expected \(wanted)",
      at: arguments[i].position ?? position)
  }

  /// `Illegal types A and B of arguments of function name`.
  func illegalTypes() -> SQLError {
    SQLError(
      .illegalTypeOfArgument,
      "Illegal types \(types.map(\.description).joined(separator: " and ")) of arguments of "
        + "function \(name)", at: position)
  }
}
