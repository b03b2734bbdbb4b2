/// Everything the manifest says, as a value: what edits build and checkpoints write.
///
/// Invariants:
/// 1. `apply` changes nothing when it throws.
/// 2. Counters never fall; every id in use is below its counter.
/// 3. `checkpoint` applied to an empty state gives this state.
/// 4. A file id stands once: among the segments of one table, or among its detached ones.
struct ManifestState: Equatable, Sendable {
  private(set) var databases: Set<String> = []
  private(set) var tables: [TableID: TableState] = [:]
  private(set) var names: [TableName: TableID] = [:]
  private(set) var nextSequence: UInt64 = 0
  private(set) var nextTableID: TableID = 1
  private(set) var nextFileID: FileID = 1
  /// The last record of the write-ahead log before the last edit.
  private(set) var logLSN: LSN = 0
  /// The LSN of the last applied edit.
  private(set) var lsn: LSN = 0

  /// Applies one edit with final sequence bases and raises the counters to what it needs.
  mutating func apply(_ actions: [ManifestAction], lsn: LSN) throws(StorageError) {
    var next = self
    for action in actions { try next.apply(action, lsn: lsn) }
    next.lsn = lsn
    self = next
  }

  /// Raises the counters; they never fall.
  mutating func raise(to counters: ManifestCounters) throws(StorageError) {
    guard counters.nextSequence >= nextSequence, counters.nextTableID >= nextTableID,
      counters.nextFileID >= nextFileID, counters.logLSN >= logLSN
    else { throw .conflict("a counter would fall") }
    nextSequence = counters.nextSequence
    nextTableID = counters.nextTableID
    nextFileID = counters.nextFileID
    logLSN = counters.logLSN
  }

  var counters: ManifestCounters {
    ManifestCounters(
      nextSequence: nextSequence, nextTableID: nextTableID, nextFileID: nextFileID,
      logLSN: logLSN)
  }

  private mutating func apply(_ action: ManifestAction, lsn: LSN) throws(StorageError) {
    switch action {
    case .createDatabase(let name):
      if let flaw = flawOfName(name) { throw .conflict("the database has \(flaw)") }
      guard databases.insert(name).inserted else {
        throw .conflict("database \(name) exists already")
      }
    case .dropDatabase(let name):
      guard !names.keys.contains(where: { $0.database == name }) else {
        throw .conflict("database \(name) still has tables")
      }
      guard databases.remove(name) != nil else {
        throw .conflict("database \(name) does not exist")
      }
    case .createTable(let definition): try create(definition)
    case .dropTable(let id):
      guard let table = tables.removeValue(forKey: id) else { throw .unknownTable(id) }
      names.removeValue(forKey: table.name)
    case .truncateTable(let id):
      try change(id) { (table) throws(StorageError) in
        table.segments = []
        table.imports = []
        table.marks = InsertMarks()
        table.truncatedAt = max(table.truncatedAt, lsn)
      }
    case .addSegments(let id, let entries): try add(entries, to: id, \.segments)
    case .addDetached(let id, let entries): try add(entries, to: id, \.detached)
    case .removeSegments(let id, let files): try remove(files, from: id, \.segments)
    case .removeDetached(let id, let files): try remove(files, from: id, \.detached)
    case .importIdentity(let id, let identity):
      try change(id) { (table) throws(StorageError) in
        guard table.imports.insert(identity).inserted else { throw .alreadyImported(id) }
      }
    case .insertMarks(let id, let marks):
      try change(id) { (table) throws(StorageError) in
        for mark in marks { table.marks.insert(mark) }
      }
    case .flushedTo(let id, let position):
      try change(id) { (table) throws(StorageError) in
        table.flushedTo = max(table.flushedTo, position)
      }
    case .truncatedAt(let id, let position):
      try change(id) { (table) throws(StorageError) in
        table.truncatedAt = max(table.truncatedAt, position)
      }
    case .renameTables(let renames): try rename(renames)
    case .redefineTable(let definition):
      try change(definition.id) { (table) throws(StorageError) in
        if let flaw = definition.flaw ?? definition.flaw(after: table.definition) {
          throw .conflict("table \(definition.id) would have \(flaw)")
        }
        var new = definition
        new.ttl = table.definition.ttl
        new.ttlOnlyDropsParts = table.definition.ttlOnlyDropsParts
        table.definition = new
      }
    case .tableTTL(let id, let text, let onlyDropsParts):
      try change(id) { (table) throws(StorageError) in
        table.definition.ttl = text
        table.definition.ttlOnlyDropsParts = onlyDropsParts
      }
    }
  }

  /// Old names are free before the first new one is taken.
  private mutating func rename(_ renames: [TableRename]) throws(StorageError) {
    guard Set(renames.map(\.table)).count == renames.count else {
      throw .conflict("a table is renamed twice at once")
    }
    for rename in renames {
      guard let table = tables[rename.table] else { throw .unknownTable(rename.table) }
      names.removeValue(forKey: table.name)
    }
    for rename in renames {
      if let flaw = flawOfName(rename.name) { throw .conflict("the table has \(flaw)") }
      guard databases.contains(rename.database) else {
        throw .conflict("database \(rename.database) does not exist")
      }
      let name = TableName(database: rename.database, name: rename.name)
      guard names.updateValue(rename.table, forKey: name) == nil else {
        throw .tableExists(database: rename.database, name: rename.name)
      }
      try change(rename.table) { (table) throws(StorageError) in
        table.definition.database = rename.database
        table.definition.name = rename.name
      }
    }
  }

  private mutating func create(_ definition: TableDefinition) throws(StorageError) {
    if let flaw = definition.flaw { throw .conflict("the table has \(flaw)") }
    guard databases.contains(definition.database) else {
      throw .conflict("database \(definition.database) does not exist")
    }
    let name = TableName(definition)
    guard names[name] == nil else {
      throw .tableExists(database: definition.database, name: definition.name)
    }
    guard tables[definition.id] == nil, definition.id > 0, definition.id < .max else {
      throw .conflict("table id \(definition.id) cannot be used")
    }
    names[name] = definition.id
    var own = definition
    (own.ttl, own.ttlOnlyDropsParts) = (nil, false)
    tables[definition.id] = TableState(definition: own)
    nextTableID = max(nextTableID, definition.id + 1)
  }

  private mutating func remove(
    _ files: [FileID], from id: TableID, _ list: WritableKeyPath<TableState, [SegmentEntry]>
  ) throws(StorageError) {
    let gone = Set(files)
    try change(id) { (table) throws(StorageError) in
      let before = table[keyPath: list].count
      table[keyPath: list].removeAll { gone.contains($0.fileID) }
      guard before - table[keyPath: list].count == files.count else {
        throw .conflict("a segment to remove from table \(id) is not live")
      }
    }
  }

  private mutating func add(
    _ entries: [SegmentEntry], to id: TableID,
    _ list: WritableKeyPath<TableState, [SegmentEntry]>
  ) throws(StorageError) {
    var highestFile: FileID = 0
    var sequenceEnd: UInt64 = 0
    try change(id) { (table) throws(StorageError) in
      var live = Set(table.files.map(\.fileID))
      for entry in entries {
        if let flaw = entry.flaw { throw .conflict("segment \(entry.fileID) has \(flaw)") }
        guard entry.fileID > 0, entry.fileID < .max, live.insert(entry.fileID).inserted else {
          throw .conflict("segment \(entry.fileID) cannot be added to table \(id)")
        }
        highestFile = max(highestFile, entry.fileID)
        let last = entry.sequenceBase + entry.descriptor.sequenceMaximum
        guard last < .max else { throw .conflict("the sequence counter is used up") }
        sequenceEnd = max(sequenceEnd, last + 1)
      }
      table[keyPath: list] += entries
    }
    nextFileID = max(nextFileID, highestFile + 1)
    nextSequence = max(nextSequence, sequenceEnd)
  }

  private mutating func change(
    _ id: TableID, _ body: (inout TableState) throws(StorageError) -> Void
  ) throws(StorageError) {
    guard var table = tables.removeValue(forKey: id) else { throw .unknownTable(id) }
    try body(&table)
    tables[id] = table
  }

  /// The actions that build this state from nothing, in one order for one state.
  var checkpoint: [ManifestAction] {
    var actions: [ManifestAction] = databases.sorted().map { .createDatabase($0) }
    for (id, table) in tables.sorted(by: { $0.key < $1.key }) {
      actions += table.definition.creation
      if !table.segments.isEmpty { actions.append(.addSegments(id, table.segments)) }
      if !table.detached.isEmpty { actions.append(.addDetached(id, table.detached)) }
      for identity in table.imports.sorted() { actions.append(.importIdentity(id, identity)) }
      if !table.marks.isEmpty { actions.append(.insertMarks(id, table.marks.all)) }
      if table.flushedTo > 0 { actions.append(.flushedTo(id, table.flushedTo)) }
      if table.truncatedAt > 0 { actions.append(.truncatedAt(id, table.truncatedAt)) }
    }
    return actions
  }
}

/// One table as the manifest says it is.
struct TableState: Equatable, Sendable {
  var definition: TableDefinition
  var segments: [SegmentEntry] = []
  /// Kept beside the rows; no reader sees them.
  var detached: [SegmentEntry] = []
  var imports: Set<ImportIdentity> = []
  var marks = InsertMarks()
  var flushedTo: LSN = 0
  var truncatedAt: LSN = 0

  init(definition: TableDefinition) { self.definition = definition }

  /// Everything of the table that has a file.
  var files: [SegmentEntry] { segments + detached }

  var name: TableName { TableName(definition) }
  /// Logged rows up to here are not replayed.
  var replayAbove: LSN {
    PlantedBug.isOn(.truncatedRowsReplayed) ? flushedTo : max(flushedTo, truncatedAt)
  }
}

struct TableName: Hashable, Sendable {
  let database: String
  let name: String

  init(database: String, name: String) {
    self.database = database
    self.name = name
  }

  init(_ definition: TableDefinition) {
    self.init(database: definition.database, name: definition.name)
  }
}

struct ManifestCounters: Equatable, Sendable {
  var nextSequence: UInt64
  var nextTableID: TableID
  var nextFileID: FileID
  var logLSN: LSN
}
