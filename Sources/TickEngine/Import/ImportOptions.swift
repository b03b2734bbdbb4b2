/// What an import is told and what it tells.
import TickColumns
import TickFormats

/// What the user said about files. Everything but `table`, `rejectsPath` and `maxErrors` shapes rows.
public struct ImportOptions: Sendable {
  /// The target, `table` or `database.table`; nil: what the file's layout says.
  public var table: String?
  /// Nil: what the file's layout says, or its own column.
  public var exchange: String?
  /// Nil: from the file's name, or its own column.
  public var symbol: String?
  /// Seconds of one candle; nil: the distance of the first ones.
  public var interval: Int?
  /// `ColumnList`: which columns of the file become which of the table; nil: what the layout says.
  public var columns: String?
  /// CSV, TSV or JSONEachRow; nil: told by the content.
  public var format: String?
  /// The day of times of day, `YYYY-MM-DD`; nil: from the file's name.
  public var date: String?
  /// The zone of times that do not say theirs; nil: the column's.
  public var timeZone: String?
  /// How many rejected rows are too many; nil: no number is.
  public var maxErrors: ErrorLimit?
  /// Where rejected rows are reported; nil: beside the file, as `FILE.rejects.tsv`.
  public var rejectsPath: String?

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

/// How many rejected rows of a file are borne: a number, or a share of its rows.
public enum ErrorLimit: Hashable, Sendable {
  case count(Int)
  case percent(Double)

  /// `100` or `0.5%`; nil for anything else.
  public init?(_ text: String) {
    if text.hasSuffix("%") {
      guard let share = Double(text.dropLast()), (0...100).contains(share) else { return nil }
      self = .percent(share)
    } else {
      guard let count = Int(text), count >= 0 else { return nil }
      self = .count(count)
    }
  }

  public var text: String {
    switch self {
    case .count(let count): "\(count)"
    case .percent(let share): "\(share)%"
    }
  }
}

/// Seconds of `60`, `1m`, `4h`, `1d`, `1w`; nil for anything else.
public func secondsOfInterval(_ text: String) -> Int? {
  let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
  let factor = text.last.flatMap { units[$0] }
  let digits = factor == nil ? text[...] : text.dropLast()
  guard let number = Int(digits), number > 0 else { return nil }
  let (seconds, overflows) = number.multipliedReportingOverflow(by: factor ?? 1)
  return overflows || seconds > Int(UInt32.max) ? nil : seconds
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
  /// The time of the last row, in nanoseconds since 1970; nil where rows have none.
  public var dataTime: Int64?

  public init() {}

  /// `2024-08-08 23:54:15.342000000` for such a time.
  public static func text(of time: Int64) -> String {
    Column(MarketColumns.time, .int64([time])).text(at: 0)
  }
}

/// Rows with the same thing wrong, or odd, about them.
public struct RejectReason: Hashable, Sendable {
  public var column: String?
  /// Without the values of the single row.
  public var reason: String
  public var count: Int
  /// Of the first such row; 0 where it is not known.
  public var firstLine: Int
  /// True for rows that were taken and are odd.
  public var isKept: Bool

  public init(column: String?, reason: String, count: Int, firstLine: Int, isKept: Bool) {
    self.column = column
    self.reason = reason
    self.count = count
    self.firstLine = firstLine
    self.isKept = isKept
  }
}

/// What became of one file.
public struct ImportOutcome: Sendable {
  /// Rows that are in the table now and were not before.
  public var rows = 0
  /// Rows left out because the table keeps the first of those that agree in its `deduplicate_by` columns.
  public var duplicateRows = 0
  public var rejectedRows = 0
  /// Rows that were taken although something about them is odd.
  public var oddRows = 0
  /// True when this content was imported before, so that nothing was added.
  public var wasKnown = false
  /// Members of an archive that holds several; 1 for everything else.
  public var members = 1
  /// What was wrong, the commonest first.
  public var reasons: [RejectReason] = []
  /// Where the rejected rows are reported, if there are any.
  public var rejectsPath: String?
  /// Why they could not be reported.
  public var reportProblem: String?

  public init() {}

  /// Adds what became of another member.
  mutating func add(_ other: ImportOutcome) {
    rows += other.rows
    duplicateRows += other.duplicateRows
    rejectedRows += other.rejectedRows
    oddRows += other.oddRows
    wasKnown = wasKnown && other.wasKnown
    members += other.members
  }
}
