/// What one query sees: one moment of all tables, immutable, for as long as somebody holds it.
///
/// Files of segments that were dropped meanwhile stay until the last snapshot that sees them is gone.

public final class Snapshot: Sendable {
  /// The last change that is visible.
  public let lsn: LSN
  /// Every visible row has a lower sequence.
  public let nextSequence: UInt64
  /// Names in ascending order.
  public let databases: [String]
  private let byID: [TableID: TableSnapshot]
  private let names: [TableName: TableID]

  init(
    lsn: LSN, nextSequence: UInt64, databases: [String], tables: [TableID: TableSnapshot],
    names: [TableName: TableID]
  ) {
    self.lsn = lsn
    self.nextSequence = nextSequence
    self.databases = databases
    byID = tables
    self.names = names
  }

  public func table(_ id: TableID) -> TableSnapshot? { byID[id] }

  public func table(database: String, name: String) -> TableSnapshot? {
    names[TableName(database: database, name: name)].flatMap { byID[$0] }
  }

  /// All tables in ascending order of id.
  public var tables: [TableSnapshot] {
    byID.values.sorted { $0.definition.id < $1.definition.id }
  }

  /// Tables of a database in ascending order of name; nil when there is no such database.
  public func tables(in database: String) -> [TableSnapshot]? {
    guard databases.contains(database) else { return nil }
    return byID.values.filter { $0.definition.database == database }
      .sorted { $0.definition.name < $1.definition.name }
  }
}

/// One table of a snapshot.
public final class TableSnapshot: Sendable {
  public let definition: TableDefinition
  /// Published segments, in the order in which they were added.
  public let segments: [LiveSegment]
  /// Rows that are not in segments yet, oldest first.
  public let memtables: [Memtable]
  public let imports: Set<ImportIdentity>
  /// Of inserts whose rows are in segments.
  public let marks: InsertMarks
  /// Of producers whose rows are in memory: the highest sequence of each.
  private let pendingProducers: [[String: UInt64]]
  /// Kept beside the rows, in the order in which they were detached: their rows are no rows of the table.
  public let detached: [LiveSegment]

  package init(
    definition: TableDefinition, segments: [LiveSegment], memtables: [Memtable],
    imports: Set<ImportIdentity>, marks: InsertMarks = InsertMarks(),
    pendingProducers: [[String: UInt64]] = [], detached: [LiveSegment] = []
  ) {
    self.detached = detached
    self.definition = definition
    self.segments = segments
    self.memtables = memtables
    self.imports = imports
    self.marks = marks
    self.pendingProducers = pendingProducers
  }

  /// The highest sequence that each producer stored.
  public var producers: [String: UInt64] {
    pendingProducers.reduce(marks.producers) { $0.merging($1) { max($0, $1) } }
  }

  public var rowCount: Int {
    segments.reduce(0) { $0 + $1.entry.liveRowCount } + memtables.reduce(0) { $0 + $1.rowCount }
  }
}

/// A segment as one snapshot sees it.
public struct LiveSegment: Sendable {
  public let entry: SegmentEntry
  public let file: SegmentFile

  package init(entry: SegmentEntry, file: SegmentFile) {
    self.entry = entry
    self.file = file
  }
}
