/// What is told of a statement when it starts and when it ends: a row of `system.query_log`, and what an observer gets.
import TickColumns
import TickSQL

public struct StatementRecord: Sendable {
  /// Numbers are ClickHouse's.
  public enum Event: Int8, Sendable {
    case started = 1
    case finished
    case failedBeforeStart
    case failed
  }

  public var event = Event.failedBeforeStart
  public var queryID: String
  public var user: String
  public var database: String
  public var client: ClientFacts
  /// Without data and secrets, and cut: see `LoggedText`.
  public var text = ""
  /// As in ClickHouse's `query_kind`: `Select`, `Insert`, ...; empty where the text was not understood.
  public var kind = ""
  /// Nanoseconds since 1970-01-01 UTC.
  public var startedAt: Int64
  /// The same, of this event.
  public var at: Int64
  public var figures = QuerySummary()
  public var error: EngineError?
  /// Settings that were not at their defaults, by name.
  public var settings: [String: String] = [:]
  public var comment = ""

  init(_ request: QueryRequest, startedAt: Int64) {
    queryID = request.queryID
    user = request.user
    database = request.database
    client = request.client
    self.startedAt = startedAt
    at = startedAt
  }

  /// The import of a file that a client sends. No text of SQL stands for it.
  init(_ request: ImportRequest, startedAt: Int64) {
    queryID = request.queryID
    user = request.user
    database = StandardTables.database
    client = request.client
    self.startedAt = startedAt
    at = startedAt
    kind = Self.importKind
    let table = request.options.table.map { " into " + $0 } ?? ""
    text = "import of \(request.fileName)\(table)\(request.isDryRun ? " (dry run)" : "")"
  }

  static let importKind = "Import"

  /// Bytes that it holds, about.
  var byteCount: Int {
    settings.reduce(512 + text.utf8.count + comment.utf8.count + (error?.message.utf8.count ?? 0)) {
      $0 + $1.key.utf8.count + $1.value.utf8.count + 64
    }
  }
}

/// Told what happens in a database; whoever opens it decides what becomes of that. Called by the thread that does the
/// work, so it must neither block nor call the database.
public protocol DatabaseObserver: Sendable {
  /// Told of every statement once, at its end.
  func ended(_ statement: StatementRecord)
}

extension Statement {
  /// ClickHouse's name of the kind.
  var kind: String {
    switch self {
    case .select: "Select"
    case .insert: "Insert"
    case .createDatabase, .createTable, .createView: "Create"
    case .rename: "Rename"
    case .alter: "Alter"
    case .drop, .truncate: "Drop"
    case .show, .showCreate, .showSettings, .showSetting: "Show"
    case .killQuery: "KillQuery"
    case .describe, .describeSource: "Describe"
    case .exists: "Exists"
    case .explain: "Explain"
    case .systemFlush: "System"
    case .optimize: "Optimize"
    case .delete: "Delete"
    case .use: "Use"
    case .set: "Set"
    case .with(let statement, _): statement.kind
    }
  }
}
