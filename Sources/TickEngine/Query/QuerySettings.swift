/// Settings of one statement. A name acts, is harmless here, or is refused: nothing that could change an answer
/// is accepted and ignored.
import TickColumns
import TickFormats
import TickSQL
import TickStorage

struct QuerySettings: Sendable {
  /// Bytes that grouping, sorting and distinct may hold; ClickHouse's default is no limit, ours protects the
  /// server.
  var maxMemoryBytes = 4 << 30
  /// Bytes that one operator may hold before it puts rows aside; 0: a share of the memory.
  var sortSpillBytes = 0
  var groupSpillBytes = 0
  var joinSpillBytes = 0
  var distinctSpillBytes = 0
  /// Those shares; 0: rows are never put aside.
  var sortSpillRatio = 0.5
  var groupSpillRatio = 0.5
  var joinSpillRatio = 0.5
  var distinctSpillRatio = 0.5
  /// Bytes of files that one statement may put aside; 0 means no limit.
  var maxSpillBytes = 0
  /// What a query may read, hold and give, but for memory.
  var sizes = QueryLimits()
  /// 0 means no limit.
  var maxExecutionNanoseconds = 0
  /// 0 means the width of the pool.
  var maxThreads = 0
  var readonly = 0
  /// Errors are told in the format of the answer, where that has a place for them.
  var writesFailures = false
  var logsQueries = true
  var allowsDropDetached = false
  /// The figures go to whoever asked while the statement works, at this interval.
  var tellsProgress = false
  var progressMilliseconds = 100
  var logComment = ""
  /// How data is written and read.
  var format = FormatSettings()
  var options = QueryOptions()
  /// `timeout_overflow_mode = 'break'`: what was read in time is answered.
  var breaksAtTimeout = false
  /// The clock of times whose type names no zone.
  var sessionZone = TimeZone.utc

  /// What the rows of an INSERT are known by when they come again; empty for nothing.
  var insertToken = ""
  /// Who sends the rows, and the number of this INSERT among those of that producer.
  var insertProducer = ""
  var insertSequence: UInt64 = 0
  /// What must have the rows of an INSERT before it is answered.
  var acknowledgement = Acknowledgement.disk
  /// False: rows are stored whatever they are known by.
  var knowsInserts = true

  /// The bounds of a statement under these settings.
  var limits: QueryLimits {
    func spill(_ bytes: Int, _ ratio: Double) -> Int {
      guard bytes == 0 else { return bytes }
      return maxMemoryBytes == .max || ratio == 0
        ? 0 : max(1, Int(Double(maxMemoryBytes) * ratio))
    }
    var limits = sizes
    limits.memoryBytesMax = maxMemoryBytes
    limits.sortSpillBytes = spill(sortSpillBytes, sortSpillRatio)
    limits.groupSpillBytes = spill(groupSpillBytes, groupSpillRatio)
    limits.joinSpillBytes = spill(joinSpillBytes, joinSpillRatio)
    limits.distinctSpillBytes = spill(distinctSpillBytes, distinctSpillRatio)
    return limits
  }

  /// How much memory, disk and time the work may take, and nothing of what is read and how results look.
  var bounds: QuerySettings {
    var bounds = QuerySettings()
    bounds.maxMemoryBytes = maxMemoryBytes
    bounds.sortSpillBytes = sortSpillBytes
    bounds.groupSpillBytes = groupSpillBytes
    bounds.joinSpillBytes = joinSpillBytes
    bounds.distinctSpillBytes = distinctSpillBytes
    bounds.sortSpillRatio = sortSpillRatio
    bounds.groupSpillRatio = groupSpillRatio
    bounds.joinSpillRatio = joinSpillRatio
    bounds.distinctSpillRatio = distinctSpillRatio
    bounds.maxSpillBytes = maxSpillBytes
    bounds.maxExecutionNanoseconds = maxExecutionNanoseconds
    return bounds
  }

  /// What was set, by name, in its canonical form; the rest has its default.
  private(set) var changed: [String: String] = [:]

  /// Takes settings in order; one without a value goes back to its default. Throws 115 for an unknown name, 48 for
  /// one that is known and does not act, 36 for a value it cannot have, 164 where nothing may be changed: what
  /// `readonly` was before counts for all of them.
  mutating func apply(_ changes: [SettingChange]) throws(EngineError) {
    let level = readonly
    for change in changes { try apply(change, under: level) }
  }

  /// One of several; `level` is what `readonly` was before the first.
  mutating func apply(
    _ change: SettingChange, under level: Int
  ) throws(EngineError) {
    let setting = try Setting.required(change.name)
    let value = try setting.canonical(change.value ?? setting.defaultValue)
    // What was taken away is not given back by the one who lost it.
    let isLocked = level == 1 || level == 2 && setting.name == "readonly"
    guard !isLocked || value == self.value(of: setting) else {
      throw EngineError(.readonly, "Cannot modify '\(setting.name)' setting in readonly mode")
    }
    guard try setting.allows(value) else { throw Self.refusal(setting, value) }
    if setting.act == .acts {
      guard try act(setting.name, value) else {
        throw EngineError(.notImplemented, "setting '\(setting.name)' is not supported")
      }
    }
    changed[setting.name] = value == setting.defaultValue ? nil : value
  }

  /// Takes what a statement or a subquery writes.
  mutating func apply(_ assignments: [SettingAssignment]) throws(SQLError) {
    let level = readonly
    for assignment in assignments {
      do throws(EngineError) {
        try apply(SettingChange(assignment.name, assignment.value), under: level)
      } catch {
        throw SQLError(error.code, error.message, at: assignment.range.lowerBound)
      }
    }
  }

  /// Settings that act on a subquery alone.
  private static let ofSubqueries: Set<String> = ["join_use_nulls", "limit", "offset"]

  /// What a subquery is bound with: the options around it, changed by its own SETTINGS. Settings that change no answer
  /// may stand there; throws 48 for those that act on the whole statement.
  func options(
    ofSubquery assignments: [SettingAssignment], _ around: QueryOptions
  ) throws(SQLError) -> QueryOptions {
    var inner = self
    inner.options = around
    try inner.apply(assignments)
    for assignment in assignments {
      guard let setting = Setting.named(assignment.name), setting.act == .acts,
        !Self.ofSubqueries.contains(setting.name)
      else { continue }
      throw SQLError(
        .notImplemented,
        "setting '\(setting.name)' acts on a whole statement and is not supported in a subquery",
        at: assignment.range.lowerBound)
    }
    return inner.options
  }

  /// The value that a setting has now.
  func value(of setting: Setting) -> String {
    changed[setting.name] ?? setting.defaultValue
  }

  private static func refusal(_ setting: Setting, _ value: String) -> EngineError {
    guard case .only(let values) = setting.act else {
      preconditionFailure("only these are refused")
    }
    let allowed = values.map { "'\($0)'" }.joined(separator: " or ")
    return EngineError(
      .notImplemented,
      "setting '\(setting.name)' is '\(value)', which is not supported: only \(allowed) is")
  }

  /// Does what an acting setting asks for; false when no such setting acts.
  private mutating func act(_ name: String, _ value: String) throws(EngineError) -> Bool {
    switch name {
    case "max_memory_usage":
      let bytes = try settingCount(name, value)
      maxMemoryBytes = bytes == 0 ? .max : bytes
    case "max_bytes_before_external_sort": sortSpillBytes = try settingCount(name, value)
    case "max_bytes_before_external_group_by": groupSpillBytes = try settingCount(name, value)
    case "max_bytes_before_external_join": joinSpillBytes = try settingCount(name, value)
    case "max_bytes_before_external_distinct": distinctSpillBytes = try settingCount(name, value)
    case "max_bytes_ratio_before_external_join": joinSpillRatio = try settingRatio(name, value)
    case "max_bytes_ratio_before_external_distinct":
      distinctSpillRatio = try settingRatio(name, value)
    case "max_bytes_ratio_before_external_sort": sortSpillRatio = try settingRatio(name, value)
    case "max_bytes_ratio_before_external_group_by":
      groupSpillRatio = try settingRatio(name, value)
    case "max_temporary_data_on_disk_size_for_query":
      maxSpillBytes = try settingCount(name, value)
    case "max_execution_time":
      guard let seconds = Double(value), seconds >= 0, seconds < 1e9 else {
        throw invalidSetting(name, value, "a number of seconds")
      }
      maxExecutionNanoseconds = Int(seconds * 1e9)
    case "max_threads": maxThreads = value == "auto" ? 0 : try settingCount(name, value)
    case "readonly":
      readonly = try settingCount(name, value)
      guard readonly <= 2 else { throw invalidSetting(name, value, "0, 1 or 2") }
    case "send_progress_in_http_headers": tellsProgress = try settingFlag(name, value)
    case "http_write_exception_in_output_format": writesFailures = try settingFlag(name, value)
    case "http_headers_progress_interval_ms": progressMilliseconds = try settingCount(name, value)
    case "log_queries": logsQueries = try settingFlag(name, value)
    case "allow_drop_detached": allowsDropDetached = try settingFlag(name, value)
    case "log_comment": logComment = value
    case "session_timezone":
      guard let zone = value.isEmpty ? .utc : TimeZone.named(value) else {
        throw EngineError(.badArguments, "Invalid time zone: \(value)")
      }
      sessionZone = zone
      format.output.text.sessionZone = zone
      format.input.sessionZone = zone
    case "insert_deduplication_token": insertToken = value
    case "insert_deduplicate": knowsInserts = try settingFlag(name, value)
    case "insert_acknowledge":
      switch value {
      case "disk": acknowledgement = .disk
      case "os": acknowledgement = .system
      default: throw invalidSetting(name, value, "disk or os")
      }
    case "insert_producer":
      guard value.utf8.count <= InsertMark.producerBytesMax else {
        throw invalidSetting(name, value, "a name of up to \(InsertMark.producerBytesMax) bytes")
      }
      insertProducer = value
    case "insert_sequence":
      guard let sequence = UInt64(value) else {
        throw invalidSetting(name, value, "a whole number")
      }
      insertSequence = sequence
    case "join_use_nulls": options.joinUseNulls = try settingFlag(name, value)
    case "union_default_mode":
      switch value {
      case "": options.unionDefault = nil
      case "ALL": options.unionDefault = .all
      case "DISTINCT": options.unionDefault = .distinct
      default: throw invalidSetting(name, value, "'', ALL or DISTINCT")
      }
    default:
      if try applySelect(name: name, value: value) { return true }
      return try format.apply(name: name, value: value)
    }
    return true
  }
}

extension Database {
  /// Throws what `execute` would throw for these settings.
  public static func check(_ settings: [SettingChange]) throws(EngineError) {
    var checked = QuerySettings()
    try checked.apply(settings)
  }
}
