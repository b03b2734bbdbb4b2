import TickColumns

/// The names and types that stand before rows.
enum HeaderNames {
  /// The schema position of each name; nil for one that the table lacks, where the settings pass it by.
  static func positions(
    of names: [String], _ schema: Schema, _ options: InputOptions
  ) throws(FormatError) -> [Int?] {
    var found: [Int?] = []
    for name in names { found.append(try position(of: name, found, schema, options)) }
    return found
  }

  static func position(
    of name: String, _ found: [Int?], _ schema: Schema, _ options: InputOptions
  ) throws(FormatError) -> Int? {
    guard let position = schema.position(of: name) else {
      if options.skipsUnknownFields { return nil }
      throw FormatError(
        .incorrectData, "Unknown field found in the header: '\(name)'", row: 0, column: name)
    }
    guard !found.contains(position) else {
      throw FormatError(
        .incorrectData, "Duplicate field found in the header: '\(name)'", row: 0, column: name)
    }
    return position
  }

  static func check(
    types: [String], _ positions: [Int?], _ schema: Schema, _ options: InputOptions
  ) throws(FormatError) {
    guard options.usesHeaderTypes else { return }
    guard types.count == positions.count else {
      throw FormatError(
        .incorrectData, "the header has \(positions.count) names and \(types.count) types", row: 0)
    }
    for (type, position) in zip(types, positions) {
      guard let position, type != schema[position].type.description else { continue }
      throw FormatError(
        .incorrectData, "the header says \(type), the table has \(schema[position].type)", row: 0,
        column: schema[position].name)
    }
  }
}
