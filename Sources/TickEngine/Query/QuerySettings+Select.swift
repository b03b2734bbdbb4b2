/// Settings of what a SELECT may read, hold and give, and of what stands beside its rows.
import TickColumns
import TickSQL

extension QuerySettings {
  /// Takes one setting; false when it is none of these. Throws 36 for a value it cannot have, 145 and 213 for
  /// unknown modes.
  mutating func applySelect(name: String, value: String) throws(EngineError) -> Bool {
    if let (limit, part) = Self.sizeLimits[name] {
      switch part {
      case .rows: sizes[keyPath: limit].rowsMax = try settingCount(name, value)
      case .bytes: sizes[keyPath: limit].bytesMax = try settingCount(name, value)
      case .mode: sizes[keyPath: limit].breaks = try overflowMode(name, value) == "break"
      }
      return true
    }
    switch name {
    case "max_rows_to_group_by": sizes.groupsMax = try settingCount(name, value)
    case "group_by_overflow_mode":
      switch try overflowMode(name, value, orAny: true) {
      case "break": sizes.groupOverflow = .breaks
      case "any": sizes.groupOverflow = .keepsKnown
      default: sizes.groupOverflow = .fails
      }
    case "timeout_overflow_mode": breaksAtTimeout = try overflowMode(name, value) == "break"
    case "extremes": options.findsExtremes = try settingFlag(name, value)
    case "totals_mode":
      switch value {
      case "before_having", "after_having_exclusive", "after_having_inclusive", "after_having_auto":
        options.totalsBeforeHaving = value == "before_having"
        options.totalsCountOverflow = value != "after_having_exclusive"
      default:
        throw EngineError(.unknownTotalsMode, "setting '\(name)': unknown totals mode '\(value)'")
      }
    case "optimize_use_projections": options.readsCandles = try settingFlag(name, value)
    case "allow_deprecated_error_prone_window_functions":
      options.runsAlongRows = try settingFlag(name, value)
    case "limit": options.limit = try rowCount(name, value)
    case "offset": options.offset = try rowCount(name, value)
    default: return false
    }
    return true
  }

  private enum Part { case rows, bytes, mode }

  private static let sizeLimits:
    [String: (any WritableKeyPath<QueryLimits, SizeLimit> & Sendable, Part)] = [
      "max_rows_to_read": (\.read, .rows), "max_bytes_to_read": (\.read, .bytes),
      "read_overflow_mode": (\.read, .mode),
      "max_rows_to_sort": (\.sort, .rows), "max_bytes_to_sort": (\.sort, .bytes),
      "sort_overflow_mode": (\.sort, .mode),
      "max_rows_in_distinct": (\.distinct, .rows), "max_bytes_in_distinct": (\.distinct, .bytes),
      "distinct_overflow_mode": (\.distinct, .mode),
      "max_rows_in_set": (\.set, .rows), "max_bytes_in_set": (\.set, .bytes),
      "set_overflow_mode": (\.set, .mode),
      "max_rows_in_join": (\.join, .rows), "max_bytes_in_join": (\.join, .bytes),
      "join_overflow_mode": (\.join, .mode),
      "max_result_rows": (\.result, .rows), "max_result_bytes": (\.result, .bytes),
      "result_overflow_mode": (\.result, .mode),
    ]

  private func overflowMode(
    _ name: String, _ value: String, orAny: Bool = false
  ) throws(EngineError) -> String {
    guard value == "throw" || value == "break" || orAny && value == "any" else {
      throw EngineError(
        .unknownOverflowMode, "setting '\(name)': unknown overflow mode '\(value)'")
    }
    return value
  }

  /// A number of rows, from the end where it is negative, or a share of them; 0 is no limit.
  private func rowCount(_ name: String, _ value: String) throws(EngineError) -> RowCount? {
    if let rows = Int(value) {
      return rows == 0 ? nil : rows > 0 ? .rows(rows) : .fromEnd(Int(clamping: rows.magnitude))
    }
    guard let share = Double(value), share > 0, share < 1 else {
      throw invalidSetting(name, value, "a number of rows or a share of them")
    }
    return .share(share)
  }
}
