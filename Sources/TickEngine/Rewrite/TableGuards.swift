/// Who keeps duplicates out of the tables of a database, and edits that take rows out of them.
///
/// Invariant: while rows go out of a table with `deduplicate_by`, nobody writes into it who looks for duplicates, and what is
/// known of its keys is forgotten: a row that is gone makes no other one a duplicate.
import Synchronization
import TickSQL
import TickStorage

final class TableGuards: Sendable {
  private let guards = Mutex<[TableID: DuplicateGuard]>([:])

  /// What keeps duplicates out of a table; nil when it takes them.
  func duplicates(of layout: TableLayout) -> DuplicateGuard? {
    guards.withLock { guards in
      if let known = guards[layout.definition.id] { return known }
      let made = DuplicateGuard(layout)
      guards[layout.definition.id] = made
      return made
    }
  }

  /// Publishes an edit by which rows go out of these tables.
  func publish(
    _ edit: ManifestEdit, emptying tables: [TableDefinition], in store: Store
  ) throws(SQLError) {
    // In ascending order of ids, so that two statements never wait for each other.
    var turns: [DuplicateGuard.Turn] = []
    for table in tables.sorted(by: { $0.id < $1.id }) where !table.deduplicateBy.isEmpty {
      if let duplicates = duplicates(of: try TableLayout(table)) {
        turns.append(duplicates.beginTurn())
      }
    }
    do throws(StorageError) {
      try store.publish(edit)
    } catch {
      throw SQLError(storage: error)
    }
    for turn in turns { turn.end(.emptied) }
  }
}
