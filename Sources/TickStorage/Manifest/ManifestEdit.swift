/// One transaction on the manifest: actions that become true together.

/// The identity of imported content, 16 bytes.
public struct ImportIdentity: Hashable, Sendable, Comparable {
  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  public static func < (left: ImportIdentity, right: ImportIdentity) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

public enum ManifestAction: Hashable, Sendable {
  case createDatabase(String)
  /// The database must have no tables left; drop them in the same edit.
  case dropDatabase(String)
  case createTable(TableDefinition)
  /// Forgets the table with its segments and import identities.
  case dropTable(TableID)
  /// Forgets the table's segments, import identities and every logged row below this edit.
  case truncateTable(TableID)
  case addSegments(TableID, [SegmentEntry])
  case removeSegments(TableID, [FileID])
  case importIdentity(TableID, ImportIdentity)
  /// Logged rows up to this LSN are in segments.
  case flushedTo(TableID, LSN)
  /// What `truncateTable` left behind; written by checkpoints.
  case truncatedAt(TableID, LSN)
  /// All at once, so tables may swap their names.
  case renameTables([TableRename])
  /// Another definition for a table that keeps its id, its name and its rows.
  case redefineTable(TableDefinition)
  /// Marks of inserts whose rows are in segments by this edit or by one before.
  case insertMarks(TableID, [InsertMark])
  /// Segments that the table keeps beside its rows: nothing reads them until they are attached.
  case addDetached(TableID, [SegmentEntry])
  /// They go, or become rows again by `addSegments` of the same edit.
  case removeDetached(TableID, [FileID])
  /// When rows of a table expire; nil where they do not. `onlyDropsParts`: they go with whole segments only.
  case tableTTL(TableID, String?, onlyDropsParts: Bool)
}

/// A table and its name from now on.
public struct TableRename: Hashable, Sendable {
  public let table: TableID
  public let database: String
  public let name: String

  public init(_ table: TableID, database: String, name: String) {
    self.table = table
    self.database = database
    self.name = name
  }
}

public struct ManifestEdit: Hashable, Sendable {
  public var actions: [ManifestAction]
  /// How many sequences the added rows take. When positive, the counter moves by so much and every added
  /// segment's `sequenceBase` is relative to where it stood; when zero, bases are final as given.
  public var newSequences: UInt64
  /// Added files whose bases are final all the same, since they hold rows of before.
  public var finalFiles: Set<FileID> = []

  public init(_ actions: [ManifestAction], newSequences: UInt64 = 0) {
    self.actions = actions
    self.newSequences = newSequences
  }

  /// The edit with final sequence bases; nil when the counter would pass 64 bits.
  func resolved(from counter: UInt64) -> ManifestEdit? {
    guard newSequences > 0 else { return self }
    guard !counter.addingReportingOverflow(newSequences).overflow else { return nil }
    var out = self
    for (position, action) in actions.enumerated() {
      guard case .addSegments(let table, var entries) = action else { continue }
      for index in entries.indices where !finalFiles.contains(entries[index].fileID) {
        let (base, overflow) = entries[index].sequenceBase.addingReportingOverflow(counter)
        if overflow { return nil }
        entries[index].sequenceBase = base
      }
      out.actions[position] = .addSegments(table, entries)
    }
    return out
  }
}

/// What a committed change received.
public struct Commit: Hashable, Sendable {
  public let lsn: LSN
  /// The first sequence that was given to the change's rows; the counter itself when it had none.
  public let firstSequence: UInt64
  /// The rows were there before, by their mark; nothing was stored.
  public let isRepeated: Bool

  init(lsn: LSN, firstSequence: UInt64, isRepeated: Bool = false) {
    self.lsn = lsn
    self.firstSequence = firstSequence
    self.isRepeated = isRepeated
  }
}

extension ManifestAction {
  private var kind: UInt16 {
    switch self {
    case .createDatabase: 1
    case .dropDatabase: 2
    case .createTable: 3
    case .dropTable: 4
    case .truncateTable: 5
    case .addSegments: 6
    case .removeSegments: 7
    case .importIdentity: 8
    case .flushedTo: 9
    case .truncatedAt: 10
    case .renameTables: 11
    case .redefineTable: 12
    case .insertMarks: 13
    case .addDetached: 15
    case .removeDetached: 16
    case .tableTTL: 17
    }
  }

  func encode(into out: inout FieldWriter) {
    out.put(kind)
    out.put(UInt16(0))
    let lengthAt = out.count
    out.put(UInt32(0))
    switch self {
    case .createDatabase(let name), .dropDatabase(let name): out.put(name)
    case .createTable(let definition), .redefineTable(let definition):
      definition.encode(into: &out)
    case .dropTable(let table), .truncateTable(let table): out.put(table)
    case .addSegments(let table, let entries), .addDetached(let table, let entries):
      out.put(table)
      out.put(UInt32(entries.count))
      for entry in entries { entry.encode(into: &out) }
    case .removeSegments(let table, let files), .removeDetached(let table, let files):
      out.put(table)
      out.put(UInt32(files.count))
      for file in files { out.put(file) }
    case .importIdentity(let table, let identity):
      out.put(table)
      out.put(identity.high)
      out.put(identity.low)
    case .flushedTo(let table, let lsn), .truncatedAt(let table, let lsn):
      out.put(table)
      out.put(lsn)
    case .insertMarks(let table, let marks):
      out.put(table)
      out.put(UInt32(marks.count))
      for mark in marks { mark.encode(into: &out) }
    case .tableTTL(let table, let text, let onlyDropsParts):
      out.put(table)
      out.put(optional: text)
      out.put(onlyDropsParts ? 1 : 0 as UInt8)
    case .renameTables(let renames):
      out.put(UInt32(renames.count))
      for rename in renames {
        out.put(rename.table)
        out.put(rename.database)
        out.put(rename.name)
      }
    }
    out.patch(UInt32(out.count - lengthAt - 4), at: lengthAt)
  }

  init(from reader: inout FieldReader, path: String) throws(StorageError) {
    let kind: UInt16 = try reader.integer()
    try reader.skip(2)
    let length = Int(try reader.integer(UInt32.self))
    let offset = reader.offsetInFile
    var body = FieldReader(try reader.take(length), path: path, fileOffset: offset)
    switch kind {
    case 1: self = .createDatabase(try body.text())
    case 2: self = .dropDatabase(try body.text())
    case 3: self = .createTable(try TableDefinition(from: &body))
    case 4: self = .dropTable(try body.integer())
    case 5: self = .truncateTable(try body.integer())
    case 6: self = .addSegments(try body.integer(), try body.segmentEntries())
    case 7: self = .removeSegments(try body.integer(), try body.fileIDs())
    case 8:
      let table: TableID = try body.integer()
      let high: UInt64 = try body.integer()
      self = .importIdentity(table, ImportIdentity(high: high, low: try body.integer()))
    case 9:
      let table: TableID = try body.integer()
      self = .flushedTo(table, try body.integer())
    case 10:
      let table: TableID = try body.integer()
      self = .truncatedAt(table, try body.integer())
    case 11:
      var renames: [TableRename] = []
      for _ in 0..<(try body.count(itemBytesMin: 16)) {
        let table: TableID = try body.integer()
        let database = try body.text()
        renames.append(TableRename(table, database: database, name: try body.text()))
      }
      self = .renameTables(renames)
    case 12: self = .redefineTable(try TableDefinition(from: &body))
    case 13:
      let table: TableID = try body.integer()
      var marks: [InsertMark] = []
      for _ in 0..<(try body.count(itemBytesMin: InsertMark.bytesMin)) {
        marks.append(try InsertMark(from: &body))
      }
      self = .insertMarks(table, marks)
    case 15: self = .addDetached(try body.integer(), try body.segmentEntries())
    case 16: self = .removeDetached(try body.integer(), try body.fileIDs())
    case 17:
      let table: TableID = try body.integer()
      let text = try body.optionalText()
      let mark: UInt8 = try body.integer()
      guard mark < 2 else { throw body.corrupt("a TTL with mark \(mark)") }
      self = .tableTTL(table, text, onlyDropsParts: mark == 1)
    default: throw body.corrupt("unknown action \(kind)")
    }
    try body.expectEnd()
  }
}

extension TableDefinition {
  /// The actions that make the table as it stands here.
  public var creation: [ManifestAction] { [.createTable(self)] + timeToLive }

  /// The action that makes rows expire, if they do.
  private var timeToLive: [ManifestAction] {
    guard ttl != nil || ttlOnlyDropsParts else { return [] }
    return [.tableTTL(id, ttl, onlyDropsParts: ttlOnlyDropsParts)]
  }

  /// The actions that make this of a table that is there as `old`.
  public func redefinition(of old: TableDefinition) -> [ManifestAction] {
    var without = (self, old)
    (without.0.ttl, without.1.ttl) = (nil, nil)
    (without.0.ttlOnlyDropsParts, without.1.ttlOnlyDropsParts) = (false, false)
    var actions: [ManifestAction] = []
    if without.0 != without.1 { actions.append(.redefineTable(self)) }
    if ttl != old.ttl || ttlOnlyDropsParts != old.ttlOnlyDropsParts {
      actions.append(.tableTTL(id, ttl, onlyDropsParts: ttlOnlyDropsParts))
    }
    return actions
  }
}

extension FieldReader {
  fileprivate mutating func segmentEntries() throws(StorageError) -> [SegmentEntry] {
    var out: [SegmentEntry] = []
    for _ in 0..<(try count(itemBytesMin: 81)) { out.append(try SegmentEntry(from: &self)) }
    return out
  }

  fileprivate mutating func fileIDs() throws(StorageError) -> [FileID] {
    var out: [FileID] = []
    for _ in 0..<(try count(itemBytesMin: 8)) { out.append(try integer()) }
    return out
  }
}
