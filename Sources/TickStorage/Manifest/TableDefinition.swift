public import TickColumns

/// Never reused, not even after DROP.
public typealias TableID = UInt64
/// Names one segment file of the whole directory; never reused.
public typealias FileID = UInt64
/// The position of a change in the order of all changes.
public typealias LSN = UInt64

/// A table as CREATE gave it. Immutable: a change makes a new definition.
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
  /// The sequence counter when the table was created.
  public var createdSequence: UInt64

  public init(
    id: TableID, database: String, name: String, fields: [TableField], orderBy: [String],
    partitionBy: String? = nil, engine: String = "MergeTree", deduplicateBy: [String] = [],
    createdSequence: UInt64 = 0
  ) {
    self.id = id
    self.database = database
    self.name = name
    self.fields = fields
    self.orderBy = orderBy
    self.partitionBy = partitionBy
    self.engine = engine
    self.deduplicateBy = deduplicateBy
    self.createdSequence = createdSequence
  }

  public var schema: Schema { Schema(fields.map { Field($0.name, $0.type) }) }
}

/// One column of a table. The id binds stored columns to it, so a new name never touches old files.
public struct TableField: Hashable, Sendable {
  public var id: UInt32
  public var name: String
  public var type: DataType
  /// The CODEC clause as written; it changes no answer and is kept for SHOW CREATE.
  public var codec: String?

  public init(id: UInt32, name: String, type: DataType, codec: String? = nil) {
    self.id = id
    self.name = name
    self.type = type
    self.codec = codec
  }
}

extension TableDefinition {
  func encode(into out: inout FieldWriter) {
    out.put(id)
    out.put(database)
    out.put(name)
    out.put(UInt32(fields.count))
    for field in fields {
      out.put(field.id)
      out.put(field.name)
      out.put(field.type.description)
      out.put(optional: field.codec)
    }
    out.put(UInt32(orderBy.count))
    for text in orderBy { out.put(text) }
    out.put(optional: partitionBy)
    out.put(engine)
    out.put(UInt32(deduplicateBy.count))
    for text in deduplicateBy { out.put(text) }
    out.put(createdSequence)
  }

  init(from reader: inout FieldReader) throws(StorageError) {
    id = try reader.integer()
    database = try reader.text()
    name = try reader.text()
    fields = []
    for _ in 0..<(try reader.count(itemBytesMin: 13)) {
      let id: UInt32 = try reader.integer()
      let name = try reader.text()
      let type = try reader.type()
      fields.append(TableField(id: id, name: name, type: type, codec: try reader.optionalText()))
    }
    orderBy = try reader.texts()
    partitionBy = try reader.optionalText()
    engine = try reader.text()
    deduplicateBy = try reader.texts()
    createdSequence = try reader.integer()
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
    for field in deduplicateBy where !fields.contains(where: { $0.name == field }) {
      return "DEDUPLICATE BY names '\(field)', which is no column"
    }
    return flawOfName(database) ?? flawOfName(name)
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
      throw corrupt("'\(name)' is no type: \(error.message)")
    }
  }
}
