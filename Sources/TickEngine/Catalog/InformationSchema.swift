/// `information_schema`: views over `system` with the names of the SQL standard, for clients that know no other.
///
/// As in ClickHouse the database, the views and the columns are there in lower and in upper case, and a view has its
/// columns in groups, each in both cases.
import TickColumns
import TickSQL

enum InformationSchema {
  static let databases = ["INFORMATION_SCHEMA", "information_schema"]
  static let names: [String] = (views.keys + views.keys.map { $0.uppercased() }).sorted()

  static func view(named name: String, _ context: QueryContext) -> (any TableSource)? {
    guard let view = views[name] ?? views[name.lowercased()],
      name == name.lowercased() || name == name.uppercased()
    else { return nil }
    return InformationView(schema: view.schema, query: view.query, context: context)
  }

  /// One view: groups of columns as name, type and expression, and where they come from.
  private struct View {
    let schema: Schema
    let query: String

    init(_ groups: [[(name: String, type: String, expression: String)]], from: String) {
      var columns: [String] = []
      var items: [String] = []
      for group in groups {
        columns += group.map { "\($0.name) \($0.type)" }
        columns += group.map { "\($0.name.uppercased()) \($0.type)" }
        items += group.map(\.expression) + group.map(\.expression)
      }
      schema = SystemTable.schema(columns.joined(separator: ", "))
      // By place: expressions may name columns of the source that are called like columns of the view.
      let numbered = items.enumerated().map { "\($0.element) AS _\($0.offset)" }
      query = "SELECT \(numbered.joined(separator: ", ")) \(from)"
    }
  }

  private static let noYes = "Enum8('NO' = 0, 'YES' = 1)"
  private static let optional = "Nullable(String)"
  private static let count = "Nullable(UInt64)"

  private static func nothing(
    _ names: [String], _ type: String = optional
  ) -> [(name: String, type: String, expression: String)] {
    names.map { ($0, type, "NULL") }
  }

  private static let views: [String: View] = [
    "schemata": View(
      [
        [
          ("catalog_name", "String", "name"), ("schema_name", "String", "name"),
          ("schema_owner", "String", "'default'"),
        ]
          + nothing([
            "default_character_set_catalog", "default_character_set_schema",
            "default_character_set_name", "sql_path",
          ]),
        [
          ("default_collation_name", "String", "'utf8mb4_0900_ai_ci'"),
          ("default_encryption", "String", "'NO'"),
        ],
      ], from: "FROM system.databases ORDER BY name"),
    "tables": View(
      [
        [
          ("table_catalog", "String", "database"), ("table_schema", "String", "database"),
          ("table_name", "String", "name"), ("table_type", "String", tableType),
          ("table_rows", count, "total_rows"), ("data_length", count, "total_bytes"),
          ("index_length", count, "toUInt64(0)"),
          ("table_collation", optional, "'utf8mb4_0900_ai_ci'"),
          ("table_comment", optional, "comment"),
        ],
        [
          (
            "engine", optional, "if(engine LIKE '%View' OR engine LIKE 'System%', NULL, engine)"
          )
        ]
          + nothing(["version"], count) + nothing(["row_format"])
          + nothing(["avg_row_length", "max_data_length", "data_free", "auto_increment"], count)
          + nothing(["create_time", "update_time", "check_time"], "Nullable(DateTime)")
          + nothing(["checksum"], "Nullable(Int64)") + nothing(["create_options"]),
      ], from: "FROM system.tables ORDER BY database, name"),
    "views": View(
      [
        [
          ("table_catalog", "String", "database"), ("table_schema", "String", "database"),
          ("table_name", "String", "name"), ("view_definition", "String", "as_select"),
          ("check_option", "String", "'NONE'"), ("is_updatable", noYes, "'NO'"),
          (
            "is_insertable_into", noYes, "if(engine = 'MaterializedView', 'YES', 'NO')"
          ),
          ("is_trigger_updatable", noYes, "'NO'"), ("is_trigger_deletable", noYes, "'NO'"),
          ("is_trigger_insertable_into", noYes, "'NO'"),
        ]
      ], from: "FROM system.tables WHERE engine LIKE '%View' ORDER BY database, name"),
    "columns": View(
      [
        [
          ("table_catalog", "String", "database"), ("table_schema", "String", "database"),
          ("table_name", "String", "table"), ("column_name", "String", "name"),
          ("ordinal_position", "UInt64", "position"),
          ("column_default", "String", "default_expression"),
          ("is_nullable", "String", "type LIKE 'Nullable(%)'"), ("data_type", "String", "type"),
          ("character_maximum_length", count, "character_octet_length"),
          ("character_octet_length", count, "character_octet_length"),
          ("numeric_precision", count, "numeric_precision"),
          ("numeric_precision_radix", count, "numeric_precision_radix"),
          ("numeric_scale", count, "numeric_scale"),
          ("datetime_precision", count, "datetime_precision"),
        ]
          + nothing([
            "character_set_catalog", "character_set_schema", "character_set_name",
            "collation_catalog", "collation_schema", "collation_name", "domain_catalog",
            "domain_schema", "domain_name",
          ])
          + [
            (
              "extra", optional,
              """
              multiIf(default_kind = 'DEFAULT', 'DEFAULT_GENERATED', \
              default_kind = 'MATERIALIZED', 'STORED GENERATED', \
              default_kind = 'ALIAS', 'VIRTUAL GENERATED', '')
              """
            ), ("column_comment", "String", "comment"), ("column_type", "String", "type"),
          ],
        [
          ("column_key", "String", "if(is_in_primary_key, 'PRI', '')"),
          ("privileges", "String", "''"),
          (
            "generation_expression", "String",
            "if(default_kind IN ('MATERIALIZED', 'ALIAS'), default_expression, '')"
          ), ("srs_id", "Nullable(UInt32)", "NULL"),
        ],
      ], from: "FROM system.columns"),
    "key_column_usage": keyColumnUsage,
    "referential_constraints": none(
      [
        ("constraint_catalog", "String"), ("constraint_schema", "String"),
        ("constraint_name", optional), ("unique_constraint_catalog", "String"),
        ("unique_constraint_schema", "String"), ("unique_constraint_name", optional),
        ("match_option", "String"), ("update_rule", "String"), ("delete_rule", "String"),
        ("table_name", "String"), ("referenced_table_name", "String"),
      ]),
    "statistics": none(
      [
        ("table_catalog", "String"), ("table_schema", "String"), ("table_name", "String"),
        ("non_unique", "Int32"), ("index_schema", "String"), ("index_name", optional),
        ("seq_in_index", "UInt32"), ("column_name", optional), ("collation", optional),
        ("cardinality", "Nullable(Int64)"), ("sub_part", "Nullable(Int64)"), ("packed", optional),
        ("nullable", "String"), ("index_type", "String"), ("comment", "String"),
        ("index_comment", "String"), ("is_visible", "String"), ("expression", optional),
      ]),
    "engines": View(
      [
        [
          ("engine", "String", "name"),
          ("support", "String", "if(name = 'MergeTree', 'DEFAULT', 'YES')"),
        ]
      ], from: "FROM system.table_engines ORDER BY name"),
    "character_sets": View(
      [
        [
          (
            "character_set_name", "String",
            "arrayJoin(['utf8', 'utf8mb4', 'ascii', 'binary'])"
          )
        ]
      ], from: ""),
    "collations": View(
      [
        [("collation_name", "String", "c.1")],
        [
          ("character_set_name", optional, "c.2"), ("id", count, "c.3"),
          ("is_default", optional, "'Yes'"), ("is_compiled", optional, "'Yes'"),
          ("sortlen", count, "c.4"), ("pad_attribute", optional, "'NO PAD'"),
        ],
      ],
      from: """
        FROM (SELECT arrayJoin([('utf8mb4_0900_ai_ci', 'utf8mb4', 255, 0), \
        ('binary', 'binary', 63, 1)]) AS c)
        """),
  ]

  private static let tableType = """
    multiIf(is_temporary, 'LOCAL TEMPORARY', engine LIKE '%View', 'VIEW', \
    engine LIKE 'System%', 'SYSTEM VIEW', has_own_data = 0, 'FOREIGN TABLE', 'BASE TABLE')
    """

  /// In ClickHouse two of its upper-case columns allow NULL where the lower-case ones do not; here both do not.
  private static let keyColumnUsage = View(
    [
      [
        ("constraint_catalog", "String", "'def'"), ("constraint_schema", "String", "database"),
        ("constraint_name", optional, "'PRIMARY'"), ("table_catalog", "String", "'def'"),
        ("table_schema", "String", "database"), ("table_name", "String", "table"),
        ("column_name", optional, "name"), ("ordinal_position", "UInt32", "1"),
        ("position_in_unique_constraint", "Nullable(UInt32)", "NULL"),
      ] + nothing(["referenced_table_schema", "referenced_table_name", "referenced_column_name"])
    ], from: "FROM system.columns WHERE is_in_primary_key")

  /// A view of things that there are none of.
  private static func none(_ columns: [(name: String, type: String)]) -> View {
    let group = columns.map { column in
      let value = column.type.hasPrefix("Nullable") ? "NULL" : column.type == "String" ? "''" : "0"
      return (name: column.name, type: column.type, expression: value)
    }
    return View([group], from: "WHERE 0")
  }
}

/// A view whose query is written here.
private struct InformationView: TableSource {
  let schema: Schema
  let hasSequence = false
  let query: String
  let context: QueryContext

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    guard case .select(let query) = try Parser.parse(Array(query.utf8)) else {
      throw SQLError(.logicalError, "a view that is no query: \(query)")
    }
    let execution = try Binder.bind(query, into: schema.fields, context).execute()
    let positions = request.columns.compactMap { schema.position(of: $0) }
    var batches: [Batch] = []
    while let batch = try execution.next() {
      batches.append(Batch(positions.map { batch.columns[$0] }, rowCount: batch.rowCount))
    }
    return BatchScan(
      batches: batches, explanation: ["view over system"], countsRows: false)
  }
}
