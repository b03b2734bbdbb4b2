internal import Glibc

/// What can go wrong below the engine: the world's faults, each with its evidence.
public enum StorageError: Error, Hashable, Sendable {
  /// The operating system refused. `errno` is its number.
  case io(operation: String, path: String, errno: Int32)
  /// The bytes of a file are not what was written. `detail` says what was expected and what was found.
  case corrupt(path: String, offset: Int, detail: String)
  /// A file written by another format version or with features this build does not know.
  case unsupportedFormat(path: String, detail: String)
  /// Another process holds the directory.
  case locked(path: String, holder: String)
  /// An earlier write or sync failed; nothing is written until the directory is opened again.
  case failedEarlier(reason: String)
  /// A limit of `StorageLimits` was reached.
  case limit(String)
  /// The change contradicts the catalog, for example a database that still has tables.
  case conflict(String)
  /// The change names a table that is no longer there.
  case unknownTable(TableID)
  /// A table of that name is there already.
  case tableExists(database: String, name: String)
  /// The same content was imported into the table before.
  case alreadyImported(TableID)
  /// An insert with this mark was committed to the table before.
  case alreadyInserted(TableID)

  /// The file will not be better when it is read again: its bytes are wrong, the medium does not give them, or it is gone.
  var isDamage: Bool {
    switch self {
    case .corrupt, .unsupportedFormat: true
    case .io(_, _, let number): number == EIO || number == ENOENT
    default: false
    }
  }

  /// One sentence: what, where, and what to do.
  public var sentence: String {
    switch self {
    case .io(let operation, let path, let number):
      "\(operation) of \(path) failed: \(describe(errno: number))"
    case .corrupt(let path, let offset, let detail):
      "\(path) is damaged at byte \(offset): \(detail)"
    case .unsupportedFormat(let path, let detail): "\(path) cannot be read: \(detail)"
    case .locked(let path, let holder):
      "\(path) is in use by \(holder); one process may open a data directory at a time"
    case .failedEarlier(let reason):
      "writes are refused since an earlier failure (\(reason)); restart to recover what was acknowledged"
    case .limit(let sentence), .conflict(let sentence): sentence
    case .unknownTable(let id): "table \(id) does not exist any more"
    case .tableExists(let database, let name): "table \(database).\(name) exists already"
    case .alreadyImported(let id): "this content was imported into table \(id) before"
    case .alreadyInserted(let id): "an insert with this mark was committed to table \(id) before"
    }
  }
}
