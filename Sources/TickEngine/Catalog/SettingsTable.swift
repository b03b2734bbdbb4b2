/// `system.settings`: what each setting is for the statement that asks, and whether it may be another thing.
///
/// `readonly` says 1 for what is refused with any other value as well: clients look there before they send a setting.
import TickColumns
import TickSQL

extension SystemTables {
  static func settings(_ settings: QuerySettings) -> ComputedTable {
    ComputedTable(
      schema: Schema([
        Field("name", .string), Field("value", .string), Field("changed", .uint8),
        Field("description", .string), Field("min", .nullable(.string)),
        Field("max", .nullable(.string)), Field("disallowed_values", .array(.string)),
        Field("readonly", .uint8), Field("type", .string), Field("default", .string),
        Field("alias_for", .string), Field("is_obsolete", .uint8),
      ])
    ) {
      Setting.all.map { setting in
        let own = Setting.named(setting.name) ?? setting
        let isFixed =
          if case .only(let values) = own.act { values.count == 1 } else { false }
        return [
          .text(setting.name), .text(settings.value(of: own)),
          .uint(settings.changed[own.name] == nil ? 0 : 1), .text(own.summary), .null, .null,
          .array([]), .uint(isFixed || settings.readonly == 1 ? 1 : 0), .text(own.type),
          .text(own.defaultValue), .text(setting.original), .uint(own.act == .obsolete ? 1 : 0),
        ]
      }
    }
  }
}

extension Setting {
  /// What the setting does here, as a sentence.
  var summary: String {
    let what =
      switch act {
      case .acts: "Acts."
      case .harmless: "Taken; no answer here depends on it."
      case .obsolete: "Obsolete."
      case .only(let values):
        "Only \(values.map { "'\($0)'" }.joined(separator: " or ")) is supported."
      }
    return note.isEmpty ? what : what + " " + note
  }
}
