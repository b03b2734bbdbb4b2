/// From CREATE TABLE to what the manifest keeps. What a table may look like is the binder's to say.
import TickColumns
import TickSQL
import TickStorage

extension TableDefinition {
  /// The definition that a statement asks for. Field ids count from 1 in the order of the columns.
  init(
    _ statement: CreateTableStatement, id: TableID, currentDatabase: String
  ) throws(SQLError) {
    let specification = try Binder.bindCreateTable(statement)
    let fields = specification.fields.enumerated().map { position, field in
      TableField(
        id: UInt32(position + 1), name: field.name, type: field.type,
        codec: specification.codecs[field.name].map(Self.codecList))
    }
    self.init(
      id: id, database: specification.name.database ?? currentDatabase,
      name: specification.name.name, fields: fields, orderBy: specification.orderBy,
      partitionBy: specification.partitionBy, engine: "MergeTree",
      deduplicateBy: specification.deduplicateBy)
  }

  /// What stands between the brackets of `CODEC(...)`.
  private static func codecList(_ text: String) -> String {
    guard text.hasPrefix("CODEC("), text.hasSuffix(")") else { return text }
    return String(text.dropFirst("CODEC(".count).dropLast())
  }
}
