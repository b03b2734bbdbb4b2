/// What an import is told and what it tells.

/// What the user said about a file.
public struct ImportOptions: Sendable {
  /// The target, `table` or `database.table`; nil: `trades`.
  public var table: String?
  /// Nil: what the file's layout says, or its own column.
  public var exchange: String?
  /// Nil: from the file's name, or its own column.
  public var symbol: String?
  /// Where rejected rows are reported; nil: beside the file, as `FILE.rejects.tsv`.
  public var rejectsPath: String?
  /// How they are reported.
  var rejectsStyle = RejectsReport.Style.table

  public init(
    table: String? = nil, exchange: String? = nil, symbol: String? = nil,
    rejectsPath: String? = nil
  ) {
    self.table = table
    self.exchange = exchange
    self.symbol = symbol
    self.rejectsPath = rejectsPath
  }
}

/// A file to import.
struct ImportFile: Sendable {
  /// Where its bytes are.
  let path: String
  /// What its sender calls it: named in messages, and asked for the symbol.
  let name: String
}

/// How far an import is.
public struct ImportProgress: Sendable {
  /// Of the file as it is stored, compressed or not.
  public var bytesRead = 0
  /// Nil when the input's size is not known.
  public var bytesTotal: Int?
  public var rows = 0
  public var rejectedRows = 0

  public init() {}
}

/// What became of one file.
public struct ImportOutcome: Sendable {
  /// Rows that are in the table now and were not before.
  public var rows = 0
  /// Rows left out because the table keeps the first of those that agree in its `deduplicate_by` columns.
  public var duplicateRows = 0
  public var rejectedRows = 0
  /// True when this content was imported before, so that nothing was added.
  public var wasKnown = false
  /// Where the rejected rows are reported, if there are any.
  public var rejectsPath: String?

  public init() {}
}
