public import TickColumns

/// Never reused, not even after DROP.
public typealias TableID = UInt64
/// Names one segment file of the whole directory; never reused.
public typealias FileID = UInt64
/// The position of a change in the order of all changes.
public typealias LSN = UInt64

/// A table or view as CREATE gave it and ALTER left it. Immutable: a change makes a new definition.
///
/// Invariants:
/// 1. A field id means one column for ever: a dropped column's id is below `nextFieldID` and never given again, so
///    whatever was written with it is not taken for another column.
/// 2. Texts are SQL as the engine wrote them; Storage does not read them.
public struct TableDefinition: Hashable, Sendable {
  public var id: TableID
  public var database: String
  public var name: String
  public var fields: [TableField]
  /// SQL texts of the ORDER BY expressions; Storage does not read them.
  public var orderBy: [String]
  public var partitionBy: String?
  public var engine: String
  /// Names of the fields that may not repeat together; empty when rows may.
  public var deduplicateBy: [String]
  /// Which of rows that agree in them stays.
  public var deduplicateKeep = DeduplicateKeep.first
  /// The columns that segments keep candles of; nil for a table without.
  public var candles: CandleColumns?
  /// The sequence counter when the table was created.
  public var createdSequence: UInt64
  /// Every field so far has a lower id, those of dropped columns too.
  public var nextFieldID: UInt32
  public var comment: String
  /// What a view selects, with all names qualified; nil for a table.
  public var query: String?
  /// When rows expire, as SQL; nil where they do not. It and the next are no part of the encoded definition: an edit sets
  /// them by an action of their own, behind the one that makes the table.
  public var ttl: String?
  /// Rows that expired go with whole segments only.
  public var ttlOnlyDropsParts = false

  public init(
    id: TableID, database: String, name: String, fields: [TableField], orderBy: [String],
    partitionBy: String? = nil, engine: String = "MergeTree", deduplicateBy: [String] = [],
    candles: CandleColumns? = nil, createdSequence: UInt64 = 0, nextFieldID: UInt32? = nil,
    comment: String = "",
    query: String? = nil
  ) {
    self.id = id
    self.database = database
    self.name = name
    self.fields = fields
    self.orderBy = orderBy
    self.partitionBy = partitionBy
    self.engine = engine
    self.deduplicateBy = deduplicateBy
    self.candles = candles
    self.createdSequence = createdSequence
    self.nextFieldID = nextFieldID ?? (fields.map(\.id).max() ?? 0) + 1
    self.comment = comment
    self.query = query
  }

  /// The columns whose values are kept: what rows in the log, in memory and in segments consist of.
  public var storedFields: [TableField] {
    // Mostly all of them: then this is the same array and no copy, for every insert.
    fields.allSatisfy(\.isStored) ? fields : fields.filter(\.isStored)
  }

  public var schema: Schema { Schema(storedFields.map { Field($0.name, $0.type) }) }
}

/// Which of rows with the same key a table keeps.
public enum DeduplicateKeep: UInt8, Sendable {
  case first = 0
  case last
  case all
}

/// One column of a table. The id binds stored columns to it, so a new name never touches old files.
public struct TableField: Hashable, Sendable {
  public var id: UInt32
  public var name: String
  public var type: DataType
  /// The CODEC clause as written; it changes no answer and is kept for SHOW CREATE.
  public var codec: String?
  /// Where values come from that nobody gave; nil: the default of the type.
  public var origin: FieldOrigin?
  public var comment: String

  public init(
    id: UInt32, name: String, type: DataType, codec: String? = nil, origin: FieldOrigin? = nil,
    comment: String = ""
  ) {
    self.id = id
    self.name = name
    self.type = type
    self.codec = codec
    self.origin = origin
    self.comment = comment
  }

  /// ALIAS columns are computed when they are read, EPHEMERAL ones are gone when their row is complete.
  public var isStored: Bool { origin?.isStored ?? true }
}

/// The DEFAULT, MATERIALIZED, ALIAS or EPHEMERAL clause of a column.
public struct FieldOrigin: Hashable, Sendable {
  public enum Kind: UInt8, Sendable { case value = 1, materialized, alias, ephemeral }
  public var kind: Kind
  /// Empty for an EPHEMERAL column that has none.
  public var expression: String

  public init(_ kind: Kind, _ expression: String) {
    self.kind = kind
    self.expression = expression
  }

  public var isStored: Bool { kind == .value || kind == .materialized }
}

extension TableDefinition {
  func encode(into out: inout FieldWriter) {
    out.put(id)
    out.put(database)
    out.put(name)
    out.put(nextFieldID)
    out.put(UInt32(fields.count))
    for field in fields { field.encode(into: &out) }
    out.put(UInt32(orderBy.count))
    for text in orderBy { out.put(text) }
    out.put(optional: partitionBy)
    out.put(engine)
    out.put(UInt32(deduplicateBy.count))
    for text in deduplicateBy { out.put(text) }
    out.put(UInt8(candles == nil ? 0 : 1))
    candles?.encode(into: &out)
    out.put(createdSequence)
    out.put(comment)
    out.put(optional: query)
    out.put(deduplicateKeep.rawValue)
  }

  init(from reader: inout FieldReader) throws(StorageError) {
    id = try reader.integer()
    database = try reader.text()
    name = try reader.text()
    nextFieldID = try reader.integer()
    fields = []
    for _ in 0..<(try reader.count(itemBytesMin: 18)) {
      fields.append(try TableField(from: &reader))
    }
    orderBy = try reader.texts()
    partitionBy = try reader.optionalText()
    engine = try reader.text()
    deduplicateBy = try reader.texts()
    switch try reader.integer(UInt8.self) {
    case 0: candles = nil
    case 1: candles = try CandleColumns(from: &reader)
    case let other: throw reader.corrupt("candles of kind \(other)")
    }
    createdSequence = try reader.integer()
    comment = try reader.text()
    query = try reader.optionalText()
    // Definitions of before 1.0 end here.
    if reader.remaining > 0 {
      let keep: UInt8 = try reader.integer()
      guard let known = DeduplicateKeep(rawValue: keep) else {
        throw reader.corrupt("a way \(keep) to keep duplicates")
      }
      deduplicateKeep = known
    }
    if let flaw { throw reader.corrupt(flaw) }
  }

  /// What makes the definition unusable, as a sentence; nil when it is sound.
  var flaw: String? {
    if fields.isEmpty { return "a table without columns" }
    if fields.count > StorageLimits.fieldsMax {
      return "\(fields.count) columns, at most \(StorageLimits.fieldsMax) are allowed"
    }
    if Set(fields.map(\.name)).count != fields.count { return "a column name stands twice" }
    if Set(fields.map(\.id)).count != fields.count { return "a field id stands twice" }
    if nextFieldID > SegmentField.firstReservedID
      || fields.contains(where: { $0.id >= nextFieldID })
    {
      return "a field id that was not given"
    }
    for field in deduplicateBy where !fields.contains(where: { $0.name == field }) {
      return "DEDUPLICATE BY names '\(field)', which is no column"
    }
    return candles?.flaw(among: storedFields) ?? flawOfName(database) ?? flawOfName(name)
  }

  /// Why this cannot follow that definition of the same table; nil when it can. What is stored was written with the
  /// old one: keys stay, ids keep their columns, and types keep their layouts.
  func flaw(after old: TableDefinition) -> String? {
    if database != old.database || name != old.name { return "another name" }
    if orderBy != old.orderBy || partitionBy != old.partitionBy || engine != old.engine
      || deduplicateBy != old.deduplicateBy || deduplicateKeep != old.deduplicateKeep
      || candles != old.candles
      || createdSequence != old.createdSequence
    {
      return "another engine or other keys"
    }
    if nextFieldID < old.nextFieldID { return "a counter of fields that falls" }
    for field in fields where field.id < old.nextFieldID {
      guard let before = old.fields.first(where: { $0.id == field.id }) else {
        return "field \(field.id), which was dropped"
      }
      if field.isStored != before.isStored || !field.type.hasLayout(of: before.type) {
        return "field \(field.id) as \(field.type), which was \(before.type)"
      }
    }
    return nil
  }
}

extension TableField {
  fileprivate func encode(into out: inout FieldWriter) {
    out.put(id)
    out.put(name)
    out.put(type.description)
    out.put(optional: codec)
    out.put(origin?.kind.rawValue ?? 0)
    if let origin { out.put(origin.expression) }
    out.put(comment)
  }

  fileprivate init(from reader: inout FieldReader) throws(StorageError) {
    id = try reader.integer()
    name = try reader.text()
    type = try reader.type()
    codec = try reader.optionalText()
    let number: UInt8 = try reader.integer()
    if number != 0 {
      guard let kind = FieldOrigin.Kind(rawValue: number) else {
        throw reader.corrupt("a column of unknown origin \(number)")
      }
      origin = FieldOrigin(kind, try reader.text())
    }
    comment = try reader.text()
  }
}

/// Names are kept as written; only their size is bounded.
func flawOfName(_ name: String) -> String? {
  if name.isEmpty { return "an empty name" }
  if name.utf8.count > StorageLimits.nameBytesMax {
    return "a name of \(name.utf8.count) bytes, at most \(StorageLimits.nameBytesMax) are allowed"
  }
  return nil
}

extension FieldReader {
  mutating func texts() throws(StorageError) -> [String] {
    var out: [String] = []
    for _ in 0..<(try count(itemBytesMin: 4)) { out.append(try text()) }
    return out
  }

  mutating func type() throws(StorageError) -> DataType {
    let name = try text()
    do {
      return try DataType.parse(name)
    } catch {
      // The record's checksum was right: a later build knows it.
      throw .unsupportedFormat(
        path: path,
        detail: "it holds the type '\(name)', which this build does not know: \(error.message)")
    }
  }
}
