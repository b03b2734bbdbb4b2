/// USE, SET and the SHOW of settings.
import TickColumns
import TickSQL

extension StatementRun {
  /// Names of SET that are values of query parameters.
  private static let parameterPrefix = "param_"

  func use(_ name: QualifiedName) throws(SQLError) -> QuerySummary {
    guard catalog.databases.contains(name.name) else { throw unknownDatabase(name.name) }
    request.session?.use(name.name)
    return try done()
  }

  /// All assignments count or none does.
  func set(_ assignments: [SettingAssignment]) throws(SQLError) -> QuerySummary {
    var changes: [SettingAssignment] = []
    var parameters: [String: [UInt8]] = [:]
    for assignment in assignments {
      guard assignment.name.hasPrefix(Self.parameterPrefix) else {
        changes.append(assignment)
        continue
      }
      guard let value = assignment.value else {
        throw SQLError(
          .badQueryParameter, "a query parameter has no default; give it a value",
          at: assignment.range.lowerBound)
      }
      parameters[String(assignment.name.dropFirst(Self.parameterPrefix.count))] = Array(value.utf8)
    }
    _ = try settings(with: changes)
    if let session = request.session {
      do throws(EngineError) {
        try session.set(parameters: parameters)
      } catch {
        throw SQLError(error.code, error.message)
      }
      session.set(changes.map { SettingChange($0.name, $0.value) })
    }
    return try done()
  }

  func showSettings(_ show: ShowSettings) throws(SQLError) -> QuerySummary {
    let pattern = show.ignoresCase ? show.pattern?.lowercased() : show.pattern
    let rows = Setting.all.compactMap { setting -> [Value]? in
      let name = show.ignoresCase ? setting.name.lowercased() : setting.name
      if let pattern, !likePattern(pattern, matches: name) { return nil }
      let own = Setting.named(setting.name) ?? setting
      if show.onlyChanged, settings.changed[own.name] == nil { return nil }
      return [.text(setting.name), .text(own.type), .text(settings.value(of: own))]
    }
    return try answer(
      Schema([Field("name", .string), Field("type", .string), Field("value", .string)]), rows,
      show.format)
  }

  /// No row where there is no such setting, as in ClickHouse.
  func showSetting(_ name: String, _ format: FormatClause?) throws(SQLError) -> QuerySummary {
    let rows = Setting.named(name).map { [[Value.text(settings.value(of: $0))]] } ?? []
    return try answer(Schema([Field("value", .string)]), rows, format)
  }
}
