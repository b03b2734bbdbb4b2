/// The words and signs that SQL text is made of.

/// What a token is.
enum TokenKind: UInt8 {
  case end
  /// A bare word: an identifier or a keyword.
  case word
  /// `` `a b` `` or `"a b"`.
  case quotedIdentifier
  case number
  /// `'text'`.
  case string
  /// `x'41'` and `b'01000001'`.
  case hexString, binaryString
  /// `$$text$$`, `$tag$text$tag$`.
  case heredoc
  case openParenthesis, closeParenthesis, openBracket, closeBracket, openBrace, closeBrace
  case comma, semicolon, dot, star, slash, percent, plus, minus, arrow, question, colon
  case doubleColon, equals, notEquals, less, lessOrEquals, greater, greaterOrEquals
  case nullSafeEquals, concat, matches, notMatches
  /// Not a token; `Lexer.complaint` says why.
  case invalid

  /// The sign as written, for messages.
  var sign: String {
    switch self {
    case .end: "end of query"
    case .word, .quotedIdentifier: "identifier"
    case .number: "number"
    case .string, .hexString, .binaryString, .heredoc: "string literal"
    case .openParenthesis: "("
    case .closeParenthesis: ")"
    case .openBracket: "["
    case .closeBracket: "]"
    case .openBrace: "{"
    case .closeBrace: "}"
    case .comma: ","
    case .semicolon: ";"
    case .dot: "."
    case .star: "*"
    case .slash: "/"
    case .percent: "%"
    case .plus: "+"
    case .minus: "-"
    case .arrow: "->"
    case .question: "?"
    case .colon: ":"
    case .doubleColon: "::"
    case .equals: "="
    case .notEquals: "!="
    case .less: "<"
    case .lessOrEquals: "<="
    case .greater: ">"
    case .greaterOrEquals: ">="
    case .nullSafeEquals: "<=>"
    case .concat: "||"
    case .matches: "~"
    case .notMatches: "!~"
    case .invalid: "token"
    }
  }
}

/// One token: its kind and its bytes `start..<end` of the text.
struct Token {
  var kind: TokenKind
  var start: Int
  var end: Int
  /// Set for a bare word that is a keyword somewhere; keywords are not reserved, the grammar decides.
  var keyword: Keyword?

  var range: SourceRange { start..<end }
}

/// The words that the grammar knows, in any case.
enum Keyword: String, CaseIterable {
  case select = "SELECT"
  case with = "WITH"
  case recursive = "RECURSIVE"
  case from = "FROM"
  case distinct = "DISTINCT"
  case all = "ALL"
  case top = "TOP"
  case on = "ON"
  case `as` = "AS"
  case prewhere = "PREWHERE"
  case `where` = "WHERE"
  case group = "GROUP"
  case by = "BY"
  case having = "HAVING"
  case window = "WINDOW"
  case qualify = "QUALIFY"
  case order = "ORDER"
  case limit = "LIMIT"
  case offset = "OFFSET"
  case fetch = "FETCH"
  case next = "NEXT"
  case row = "ROW"
  case rows = "ROWS"
  case range = "RANGE"
  case groups = "GROUPS"
  case unbounded = "UNBOUNDED"
  case preceding = "PRECEDING"
  case following = "FOLLOWING"
  case settings = "SETTINGS"
  case format = "FORMAT"
  case into = "INTO"
  case outfile = "OUTFILE"
  case union = "UNION"
  case except = "EXCEPT"
  case intersect = "INTERSECT"
  case replace = "REPLACE"
  case apply = "APPLY"
  case columns = "COLUMNS"
  case strict = "STRICT"
  case final = "FINAL"
  case sample = "SAMPLE"
  case stream = "STREAM"
  case array = "ARRAY"
  case join = "JOIN"
  case inner = "INNER"
  case left = "LEFT"
  case right = "RIGHT"
  case full = "FULL"
  case cross = "CROSS"
  case outer = "OUTER"
  case paste = "PASTE"
  case natural = "NATURAL"
  case global = "GLOBAL"
  case local = "LOCAL"
  case any = "ANY"
  case asof = "ASOF"
  case semi = "SEMI"
  case anti = "ANTI"
  case only = "ONLY"
  case using = "USING"
  case parallel = "PARALLEL"
  case ascending = "ASCENDING"
  case asc = "ASC"
  case descending = "DESCENDING"
  case desc = "DESC"
  case nulls = "NULLS"
  case first = "FIRST"
  case last = "LAST"
  case collate = "COLLATE"
  case fill = "FILL"
  case to = "TO"
  case step = "STEP"
  case staleness = "STALENESS"
  case ties = "TIES"
  case totals = "TOTALS"
  case rollup = "ROLLUP"
  case cube = "CUBE"
  case grouping = "GROUPING"
  case sets = "SETS"
  case interpolate = "INTERPOLATE"
  case null = "NULL"
  case `true` = "TRUE"
  case `false` = "FALSE"
  case nan = "NAN"
  case inf = "INF"
  case not = "NOT"
  case and = "AND"
  case or = "OR"
  case `is` = "IS"
  case unknown = "UNKNOWN"
  case between = "BETWEEN"
  case like = "LIKE"
  case ilike = "ILIKE"
  case regexp = "REGEXP"
  case escape = "ESCAPE"
  case `in` = "IN"
  case mod = "MOD"
  case div = "DIV"
  case `case` = "CASE"
  case when = "WHEN"
  case then = "THEN"
  case `else` = "ELSE"
  case caseEnd = "END"
  case interval = "INTERVAL"
  case cast = "CAST"
  case date = "DATE"
  case timestamp = "TIMESTAMP"
  case exists = "EXISTS"
  case filter = "FILTER"
  case over = "OVER"
  case ignore = "IGNORE"
  case respect = "RESPECT"
  case both = "BOTH"
  case leading = "LEADING"
  case trailing = "TRAILING"
  case insert = "INSERT"
  case values = "VALUES"
  case function = "FUNCTION"
  case infile = "INFILE"
  case create = "CREATE"
  case attach = "ATTACH"
  case temporary = "TEMPORARY"
  case database = "DATABASE"
  case table = "TABLE"
  case view = "VIEW"
  case materialized = "MATERIALIZED"
  case dictionary = "DICTIONARY"
  case `if` = "IF"
  case empty = "EMPTY"
  case engine = "ENGINE"
  case partition = "PARTITION"
  case primary = "PRIMARY"
  case key = "KEY"
  case ttl = "TTL"
  case comment = "COMMENT"
  case cluster = "CLUSTER"
  case uuid = "UUID"
  case codec = "CODEC"
  case `default` = "DEFAULT"
  case ephemeral = "EPHEMERAL"
  case alias = "ALIAS"
  case statistics = "STATISTICS"
  case autoIncrement = "AUTO_INCREMENT"
  case index = "INDEX"
  case projection = "PROJECTION"
  case constraint = "CONSTRAINT"
  case unsigned = "UNSIGNED"
  case signed = "SIGNED"
  case precision = "PRECISION"
  case `for` = "FOR"
  case drop = "DROP"
  case sync = "SYNC"
  case no = "NO"
  case delay = "DELAY"
  case truncate = "TRUNCATE"
  case show = "SHOW"
  case tables = "TABLES"
  case databases = "DATABASES"
  case describe = "DESCRIBE"
  case explain = "EXPLAIN"
  case syntax = "SYNTAX"
  case plan = "PLAN"
  case ast = "AST"
  case query = "QUERY"
  case tree = "TREE"
  case pipeline = "PIPELINE"
  case estimate = "ESTIMATE"
  case system = "SYSTEM"
  case flush = "FLUSH"
  case current = "CURRENT"
  case alter = "ALTER"
  case rename = "RENAME"
  case exchange = "EXCHANGE"
  case column = "COLUMN"
  case add = "ADD"
  case modify = "MODIFY"
  case clear = "CLEAR"
  case remove = "REMOVE"
  case after = "AFTER"
  case type = "TYPE"

  /// Longest keyword in bytes; longer words are not looked up.
  static let lengthMax = 14

  static let lookup: [String: Keyword] = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

  /// Words that cannot be an alias without AS, because a clause or an operator may start with them.
  var cannotBeBareAlias: Bool {
    switch self {
    case .all, .and, .anti, .any, .array, .as, .asof, .between, .cross, .div, .else, .except,
      .fetch, .final, .format, .from, .full, .global, .group, .having, .ilike, .in, .inner,
      .intersect, .into, .is, .join, .left, .like, .limit, .local, .mod, .natural, .not, .offset,
      .on, .only, .or, .order, .parallel, .paste, .prewhere, .qualify, .regexp, .right, .sample,
      .semi, .settings, .stream, .union, .using, .where, .window, .with:
      true
    default: false
    }
  }

  /// Words that go on after an expression: where one follows a word that may be a name, it is one.
  var continuesAfterExpression: Bool {
    switch self {
    case .asc, .ascending, .caseEnd, .desc, .descending, .nulls, .then, .collate: true
    default: cannotBeBareAlias
    }
  }

  /// Of those words the ones that a bracket makes the name of a function: `or(a, b)`, `left(s, 2)`.
  var isFunctionName: Bool {
    switch self {
    case .and, .any, .array, .format, .ilike, .in, .left, .like, .mod, .or, .right: true
    default: false
    }
  }
}
